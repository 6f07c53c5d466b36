"""Raw input of this app."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet

from publicity import statistics
from publicity.enums import ExportKind, FeedbackKind
from publicity.models import PlanSummary
from publicity.services.feedback import MAX_TEXT
from publicity.services.summary import TEXTS
from registry import clock
from registry import webforms as forms
from registry.seenforms import SeenForm
from sampling.models import Plan

DATE = {"type": "date"}


class DateField(forms.DateField):
    """A date of the browser's own picker."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs=DATE))
        kwargs.setdefault("error_messages", {"invalid": "日期看不懂，请按 2024-10-24 的格式填写。"})
        super().__init__(**kwargs)


def _not_in_future(day: dt.date | None) -> dt.date:
    if day is None:
        return statistics.default_as_of()
    if day > clock.today():
        raise forms.ValidationError(f"统计截止日期 {day:%Y-%m-%d} 在今天以后，请选今天或以前的日期。")
    return day


class AsOfForm(forms.Form):
    """统计截止日期; yesterday when left empty."""

    as_of = DateField(label="统计截止日期", required=False)

    def clean_as_of(self) -> dt.date:
        """Today or earlier."""
        return _not_in_future(self.cleaned_data.get("as_of"))


class ExportForm(forms.Form):
    """What to export, of which plan."""

    plan = forms.ModelChoiceField(label="任务", queryset=Plan.objects.none(), empty_label="请选择")
    kind = forms.ChoiceField(label="导出内容", choices=ExportKind.choices, widget=forms.RadioSelect)
    as_of = DateField(label="统计截止日期", required=False, help_text="只用于统计表；不填就是昨天。")
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, plans: QuerySet[Plan], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = plans  # type: ignore[attr-defined]

    def clean_as_of(self) -> dt.date:
        """Today or earlier."""
        return _not_in_future(self.cleaned_data.get("as_of"))


class ReasonForm(forms.Form):
    """Why what was published is corrected."""

    reason = forms.CharField(
        label="更正理由", max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="理由随新版本一起公开，请不要写个人信息。",
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


class AnswerForm(forms.Form):
    """The answer to a letter."""

    answer = forms.CharField(
        label="答复", max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 6}),
        help_text="来信人凭受理编号在网上能看到；答复后不能改写。",
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)


class FeedbackForm(forms.Form):
    """举报、异议、咨询."""

    kind = forms.ChoiceField(label="您要反映什么", choices=FeedbackKind.choices, widget=forms.RadioSelect)
    subject = forms.CharField(label="涉及的企业或事项", max_length=200)
    text = forms.CharField(
        label="具体情况", max_length=MAX_TEXT, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=f"写明时间、地点和经过，最多 {MAX_TEXT} 字。请不要写身份证号和银行账号。",
    )  # fmt: skip
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    contact = forms.CharField(
        label="您的联系方式", max_length=100, required=False, help_text="需要我们直接联系您时填写；只有经办人能看到。"
    )


class SummaryForm(SeenForm, forms.ModelForm):
    """The words of the 工作总结; the numbers come from the statistics as of the day."""

    as_of = DateField(label="统计截止日期")
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    class Meta:
        model = PlanSummary
        fields = ["as_of", *TEXTS]
        field_classes = dict.fromkeys(TEXTS, forms.CharField)
        widgets = {name: forms.Textarea(attrs={"rows": 5}) for name in TEXTS}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in TEXTS:
            self.fields[name].limit(5000)

    def clean_as_of(self) -> dt.date:
        """Today or earlier."""
        return _not_in_future(self.cleaned_data.get("as_of"))
