"""Forms of the desk: confirming, deciding, approving, reviewing, reminding."""

import json
from dataclasses import dataclass
from typing import Any

from inspections.enums import (
    RETURN_DECISIONS,
    RETURN_RESULTS,
    STATUS_RESULTS,
    LeadDecision,
    ResultCode,
    ReturnReason,
    ReviewDecision,
)
from inspections.models import Confirmation, DepartmentSection, InspectionRecord
from registry import clock
from registry import webforms as forms
from registry.models import Department
from registry.operations import new_key
from sampling.enums import IOutReason
from sampling.models import Plan


def day_field(label: str, **options: Any) -> forms.DateField:
    """A day, chosen with the browser's own calendar."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    errors = {"required": f"请填写{label}。", "invalid": f"{label}请按“2024-06-03”的样子填写。"}
    return forms.DateField(label=label, widget=widget, error_messages=errors, **options)


def text_field(label: str, *, rows: int = 2, **options: Any) -> forms.CharField:
    """Some lines of text."""
    widget = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, widget=widget, error_messages={"required": f"请填写{label}。"}, **options)


class KeyForm(forms.Form):
    """A form whose key makes a double click harmless."""

    key = forms.CharField(widget=forms.HiddenInput, initial=new_key)


def _many(queryset: Any, what: str) -> forms.ModelMultipleChoiceField:
    errors = {
        "required": f"请先勾选{what}。",
        "invalid_choice": f"有一项已不在您的{what}名单里，请刷新页面再选。",
        "invalid_pk_value": f"有一项已不在您的{what}名单里，请刷新页面再选。",
    }
    return forms.ModelMultipleChoiceField(queryset=queryset, label=what, error_messages=errors)


class ConfirmForm(KeyForm):
    """Which enterprises the department confirms; ``queryset``: its own confirmations."""

    note = forms.CharField(label="说明", required=False, max_length=200)

    def __init__(self, *args: Any, queryset: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pk"] = _many(Confirmation.objects.none() if queryset is None else queryset, "要确认的企业")


class ReturnForm(KeyForm):
    """Why one enterprise goes back to the lead bureau."""

    reason = forms.ChoiceField(
        label="退回原因",
        choices=ReturnReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择退回原因。"},
    )
    note = forms.CharField(
        label="情况说明",
        required=False,
        max_length=500,
        help_text="选“地址不符”或“其他”时必填；其他原因可写依据和日期。",
    )

    def clean(self) -> dict[str, Any]:
        """地址不符 and 其他 say nothing by themselves."""
        data = super().clean() or {}
        reason = data.get("reason")
        if reason in {ReturnReason.ADDRESS, ReturnReason.OTHER} and not data.get("note", "").strip():
            self.add_error("note", f"退回原因是“{ReturnReason(reason).label}”，请写明情况。")
        return data


class DecideForm(KeyForm):
    """What the lead bureau does with a returned enterprise; only what the return reason admits is offered."""

    decision = forms.ChoiceField(
        label="处理方式", widget=forms.RadioSelect, error_messages={"required": "请选择处理方式。"}
    )
    result = forms.ChoiceField(label="按哪种状态结案", required=False)
    reason = text_field("处理理由", max_length=500)

    def __init__(self, *args: Any, confirmation: Confirmation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        returned = ReturnReason(confirmation.reason)
        allowed = RETURN_DECISIONS[returned]
        self.fields["decision"].choices = [(one, one.label) for one in LeadDecision if one in allowed]
        if LeadDecision.CLOSE in allowed and returned not in RETURN_RESULTS:
            options = [(one, one.label) for one in ResultCode if one in STATUS_RESULTS]
            self.fields["result"].choices = [("", "（选“按状态结案”时必选）"), *options]
        else:
            del self.fields["result"]

    def clean(self) -> dict[str, Any]:
        """Closing by status needs to say which."""
        data = super().clean() or {}
        if data.get("decision") == LeadDecision.CLOSE and "result" in self.fields and not data.get("result"):
            self.add_error("result", "请选择按哪种登记状态结案。")
        return data


class ProceedForm(KeyForm):
    """Which records the lead bureau opens although departments are silent, and why."""

    reason = text_field("继续检查的理由", max_length=500, help_text="例如：公安局逾期 2 个工作日未确认，已电话催办。")

    def __init__(self, *args: Any, queryset: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = InspectionRecord.objects.none() if queryset is None else queryset
        self.fields["pk"] = _many(rows, "要继续检查的企业")


class ApprovalForm(KeyForm):
    """Who approved the inspections, when, and why first if it was urgent."""

    approver = forms.CharField(label="批准人", max_length=50, named=True, error_messages={"required": "请填写批准人。"})
    day = day_field("批准日期")
    urgent = forms.BooleanField(label="紧急情况，先行检查、补办审批", required=False)
    urgent_reason = forms.CharField(label="紧急理由", max_length=200, required=False)

    def __init__(self, *args: Any, queryset: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = DepartmentSection.objects.none() if queryset is None else queryset
        self.fields["pk"] = _many(rows, "要登记审批的企业")

    def clean(self) -> dict[str, Any]:
        """No approval of tomorrow, no urgency without a reason."""
        data = super().clean() or {}
        if data.get("day") and data["day"] > clock.today():
            self.add_error("day", "批准日期晚于今天，请核对。")
        if data.get("urgent") and not data.get("urgent_reason", "").strip():
            self.add_error("urgent_reason", "紧急情况先行检查的，请写明紧急理由。")
        return data


STALE_PAGE = "页面已过期，请刷新页面再复核。"


@dataclass(frozen=True)
class Seen:
    """What a reviewer's page showed of a section: its version, and per finding (answer, text, corrected, files)."""

    version: int
    findings: dict[int, tuple[str, str, bool, int]]

    @classmethod
    def of(cls, section: DepartmentSection) -> "Seen":
        """The section as it is now, its findings and their evidence prefetched."""
        shown = {
            one.pk: (one.answer, one.text, one.corrected, len(one.evidence.all())) for one in section.findings.all()
        }
        return cls(section.version, shown)

    @property
    def packed(self) -> str:
        """As a hidden field."""
        return json.dumps([self.version, self.findings], ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def unpacked(cls, text: str) -> "Seen":
        """Back from a hidden field. Raises ValueError for anything but ``packed``."""
        try:
            version, found = json.loads(text[:500_000])
            rows = {int(key): (str(a), str(t), bool(c), int(n)) for key, (a, t, c, n) in found.items()}
            return cls(int(version), rows)
        except (TypeError, AttributeError, RecursionError) as error:
            raise ValueError("not what a page of ours sends") from error


class ReviewForm(KeyForm):
    """Pass or return, with an overall opinion and one per item (``item_<key of the finding>``).

    ``seen``: what the page showed (``Seen.packed``), so that nobody decides on what has changed meanwhile.
    """

    seen = forms.CharField(label="", widget=forms.HiddenInput, error_messages={"required": STALE_PAGE})

    decision = forms.ChoiceField(
        label="复核意见", choices=ReviewDecision.choices, error_messages={"required": "请选择“通过”或“退回修改”。"}
    )
    reason = text_field("总的意见", required=False, max_length=1000)

    def __init__(self, *args: Any, section: DepartmentSection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = [finding.pk for finding in section.findings.all()]
        for key in self.keys:
            self.fields[f"item_{key}"] = text_field("退回意见", required=False, max_length=300)

    def clean_seen(self) -> Seen:
        """The page's own hidden field; anything else is not a page of ours."""
        try:
            return Seen.unpacked(self.cleaned_data["seen"])
        except ValueError:
            raise forms.ValidationError(STALE_PAGE) from None

    @property
    def item_reasons(self) -> dict[int, str]:
        """Opinions that say something, by the key of the finding."""
        given = {key: self.cleaned_data.get(f"item_{key}", "").strip() for key in self.keys}
        return {key: text for key, text in given.items() if text}

    def clean(self) -> dict[str, Any]:
        """A return says why."""
        data = super().clean() or {}
        said = data.get("reason", "").strip() or any(data.get(f"item_{key}", "").strip() for key in self.keys)
        if data.get("decision") == ReviewDecision.RETURN and not said:
            self.add_error("reason", "退回修改要写明理由：写在这里，或写在有问题的事项下面。")
        return data


class UpstreamForm(KeyForm):
    """已在上级平台录入."""

    number = forms.CharField(label="录入编号", max_length=60, error_messages={"required": "请填写上级平台的录入编号。"})
    day = day_field("录入日期")


class CloseFollowUpForm(KeyForm):
    """How a follow-up ended."""

    closed_on = day_field("完结日期")
    text = text_field("完结情况", max_length=500, help_text="例如：9月29日复查，已改正。")


class ReplaceForm(KeyForm):
    """Why an inspector is to leave; the substitute follows from the order of the draw (P12)."""

    code = forms.ChoiceField(
        label="换人原因",
        choices=IOutReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择换人原因。"},
    )
    reason = text_field("情况说明", max_length=300)
    evidence = forms.FileField(
        label="证明材料",
        required=False,
        help_text="病假单、调令等。PDF、Word、Excel 或图片，不超过 10 MB；系统只公布它的摘要。",
        error_messages={"empty": "这个文件是空的，请重新选择。"},
    )


class RemindForm(KeyForm):
    """Who is reminded: departments (``pk``) for all they owe, single late ones (``confirmation``, ``section``), or
    both. ``plan``: whose."""

    def __init__(self, *args: Any, plan: Plan | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = {
            "pk": (Department.objects.filter(plans__plan=plan), "要提醒的部门"),
            "confirmation": (Confirmation.objects.filter(record__plan=plan), "要提醒的企业"),
            "section": (DepartmentSection.objects.filter(record__plan=plan), "要提醒的记录"),
        }
        for name, (queryset, label) in rows.items():
            self.fields[name] = _many(queryset if plan else queryset.none(), label)
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Something must be ticked."""
        data = super().clean() or {}
        if not self.errors and not any(data.get(name) for name in ("pk", "confirmation", "section")):
            self.add_error(None, "请先勾选要提醒的部门或企业。")
        return data


class ScanForm(KeyForm):
    """A scan of the sheet that was signed on paper."""

    file = forms.FileField(
        label="扫描件或照片",
        help_text="PDF 不超过 20 MB；JPG、PNG、WEBP 不超过 8 MB。几页的请扫成一个 PDF，或分几次上传。",
        widget=forms.ClearableFileInput(attrs={"accept": "application/pdf,image/jpeg,image/png,image/webp"}),
        error_messages={"required": "请选择扫描件。", "empty": "文件是空的，请重新选择。"},
    )
