"""Forms of the wizard and the freeze: raw input to clean data, all errors at once."""

import dataclasses
from typing import Any

from registry import webforms as forms
from registry.models import Department, InspectionItem, User
from registry.operations import new_key
from registry.seenforms import SeenForm
from sampling.enums import Beacon
from sampling.models import Plan
from sampling.services.attaching import SIGNATURES
from sampling.services.plans import NUMBERS
from sampling.services.scope import ScopeSpec


def day_field(label: str, **options: Any) -> forms.DateField:
    """A day, chosen with the browser's own calendar."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    errors = {"required": f"请填写{label}。", "invalid": f"{label}请按“2024-06-03”的样子填写。"}
    return forms.DateField(label=label, widget=widget, error_messages=errors, **options)


def text_field(label: str, *, limit: int, rows: int = 0, css: str = "w-l", **options: Any) -> forms.CharField:
    """One line of text, or ``rows`` lines."""
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput(attrs={"class": css})
    return forms.CharField(
        label=label, max_length=limit, widget=widget, error_messages={"required": f"请填写{label}。"}, **options
    )


def number_field(name: str, *, label: str = "", required: bool = True) -> forms.IntegerField:
    """A number with the limits of the plan service."""
    usual, low, high = NUMBERS[name]
    words = f"{label or usual}应在 {low} 到 {high} 之间。"
    return forms.IntegerField(
        label=label or usual,
        required=required,
        min_value=low,
        max_value=high,
        widget=forms.NumberInput(attrs={"class": "w-num"}),
        error_messages={"required": words, "invalid": words, "min_value": words, "max_value": words},
    )


class KeyForm(forms.Form):
    """A form whose key makes a double click harmless."""

    key = forms.CharField(widget=forms.HiddenInput, initial=new_key)

    @property
    def changes(self) -> dict[str, Any]:
        """What a service is to be told: the cleaned fields without the key."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("key", "seen")}


class StepForm(SeenForm, KeyForm):
    """A step of a draft that a second person of the bureau may have open too."""


class NameForm(StepForm):
    """Step 1: name, numbers, days and what the public is told."""

    task_name = text_field("抽查任务名称", limit=200, help_text="和文件名称一致，公示时原样显示。")
    plan_name = text_field("抽查计划名称", limit=200, required=False, help_text="留空则按年度自动命名。")
    document_number = text_field("文号", limit=60, required=False, css="w-m")
    draw_type = forms.ChoiceField(
        label="抽查类型",
        choices=Plan._meta.get_field("draw_type").choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择抽查类型。"},
    )
    platform_plan_code = text_field("上级平台计划编号", limit=40, required=False, css="w-m")
    platform_task_code = text_field("上级平台任务编号", limit=40, required=False, css="w-m")
    period_from = day_field("抽查开始日期")
    period_to = day_field("抽查结束日期")
    summary_due = day_field("总结报送期限", required=False)
    not_before_hours = number_field("not_before_hours")
    confirm_days = number_field("confirm_days")
    backfill_days = number_field("backfill_days")
    publish_days = number_field("publish_days")
    sealed = forms.TypedChoiceField(
        label="抽取结果",
        choices=[("True", "封存，到期揭示"), ("False", "当场公开")],
        coerce=lambda value: value == "True",
        widget=forms.RadioSelect,
        error_messages={"required": "请选择抽取结果封存还是公开。"},
        help_text="封存：揭示以前只公开时间、数目和摘要，不惊动被抽中的企业。公开：抽取后马上公开名单。",
    )
    reveal_on = day_field("揭示日期", required=False, help_text="只用于封存。留空：最后一户检查结果公示时揭示。")
    strata_public = forms.BooleanField(
        label="揭示后连同信用风险等级一起公开",
        required=False,
        help_text="一般不勾选。不勾选时，等级和各级数目只给审计核验，公众核对号码和记录链。",
    )
    second_person = forms.BooleanField(
        label="抽取须第二人用自己的账号确认",
        required=False,
        help_text="要有两个牵头账号：一人录入数字，另一人核对后确认，确认即抽取。",
    )
    entropy_at = forms.DateTimeField(
        label="掷骰时间",
        required=False,
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        help_text="写进冻结文件，冻结后不能换。留空：等待期满后随时。",
        error_messages={"invalid": "掷骰时间请按“2024-06-04T10:00”的样子填写。"},
    )
    entropy_place = text_field("掷骰地点", limit=200, required=False, css="w-m")
    beacon = forms.ChoiceField(label="公共随机信标", choices=Beacon.choices, required=False)
    beacon_spec = text_field(
        "信标期次",
        limit=100,
        required=False,
        help_text="双色球写 7 位期号，例如 2026110；drand 写“链摘要:轮次”。必须是冻结以后才公布的一期。",
    )
    basis = text_field("抽查依据", limit=2000, rows=3, required=False)
    content = text_field("抽查内容", limit=2000, rows=3, required=False)
    methods = text_field("检查方式", limit=2000, rows=3, required=False)
    duties_and_rights = text_field("配合义务和相关权利", limit=2000, rows=4, required=False)

    def clean(self) -> dict[str, Any]:
        """The period runs forward; no beacon is none."""
        data = super().clean() or {}
        data["beacon"] = data.get("beacon") or Beacon.NONE
        start, end = data.get("period_from"), data.get("period_to")
        if start and end and end < start:
            self.add_error("period_to", "抽查时间的结束日期早于开始日期，请核对。")
        return data


class NewForm(NameForm):
    """Step 1 of a plan that does not exist yet: only here it can be made a rehearsal."""

    rehearsal = forms.BooleanField(
        label="这是演练",
        required=False,
        help_text="走完全部步骤，每一页、每份文件都标“演练”，另有编号和记录链，不能公示。建好以后不能改成正式任务。",
    )


class DatesForm(KeyForm):
    """What a plan made after an earlier one is asked: a name and days of its own. Nothing exists before it is sent."""

    task_name = text_field("新任务的名称", limit=200, help_text="和文件名称一致，公示时原样显示；不能和别的任务同名。")
    period_from = day_field("抽查开始日期", help_text="今天或以后。新任务算作这一天所在的年度。")
    period_to = day_field("抽查结束日期")
    summary_due = day_field("总结报送期限", required=False)
    registered_before = day_field("列入此日以前登记的企业", required=False)


class ItemsForm(StepForm):
    """Step 2: who takes part and what each department checks. Items of a department that is not ticked are left out."""

    departments = forms.ModelMultipleChoiceField(
        queryset=Department.objects.filter(active=True),
        label="参与部门",
        error_messages={"required": "请勾选参与部门。", "invalid_choice": "有一个部门已停用，请刷新页面。"},
    )
    items = forms.ModelMultipleChoiceField(
        queryset=InspectionItem.objects.none(),
        label="抽查事项",
        required=False,
        error_messages={"invalid_choice": "有一个事项已失效，请刷新页面。"},
    )

    def __init__(self, *args: Any, queryset: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["items"].queryset = queryset

    def clean(self) -> dict[str, Any]:
        """Only items of the departments that take part; at least one."""
        data = super().clean() or {}
        taking_part = {one.pk for one in data.get("departments", [])}
        data["items"] = [one for one in data.get("items", []) if one.department_id in taking_part]
        if taking_part and not data["items"]:
            self.add_error("items", "请至少勾选 1 个参与部门的抽查事项。")
        return data


class PeopleForm(StepForm):
    """Step 4: how many inspectors a department sends into a team, and how many teams."""

    seats = number_field("seats")
    teams = number_field("teams")

    def spec(self, spec: ScopeSpec) -> ScopeSpec:
        """``spec`` with what is typed now as far as it is valid."""
        self.is_valid()
        return dataclasses.replace(spec, **{k: v for k, v in self.cleaned_data.items() if k in ("seats", "teams")})


class CancelForm(KeyForm):
    """Why a plan is cancelled."""

    reason = text_field("取消的理由", limit=500, rows=2, help_text="名单冻结以后取消的，理由会对外公开。")


class AttachForm(KeyForm):
    """A document a department hands out with each record."""

    department = forms.ModelChoiceField(
        queryset=Department.objects.none(), label="部门", empty_label=None,
        error_messages={"required": "请选择部门。", "invalid_choice": "只能为参加这次抽查的部门上传。"},
    )  # fmt: skip
    title = text_field("文书名称", limit=100, css="w-m")
    upload = forms.FileField(
        label="文件",
        widget=forms.FileInput(attrs={"accept": ",".join(SIGNATURES)}),
        help_text="PDF、Word、Excel 或图片，不超过 10 MB。",
        error_messages={"required": "请选择文件。", "empty": "这个文件是空的，请重新选择。"},
    )

    def __init__(self, *args: Any, plan: Plan, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        departments = Department.objects.filter(plans__plan=plan)
        if user.department_id != plan.lead_id or not user.is_lead:
            departments = departments.filter(pk=user.department_id)
        self.fields["department"].queryset = departments
