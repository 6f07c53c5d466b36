"""Forms of the wizard, the freeze and the draw: raw input to clean data, all errors at once."""

import dataclasses
from fractions import Fraction
from typing import Any

from django import forms

from registry.errors import DomainError
from registry.models import Department, Enterprise, Industry, InspectionItem, RiskScheme, User
from registry.operations import new_key
from sampling.enums import DrawType
from sampling.models import Plan
from sampling.services.attaching import SIGNATURES
from sampling.services.plans import NUMBERS, UNGRADED, grades_of
from sampling.services.rates import parse_rate, rate_text
from sampling.services.scope import ScopeSpec

GROUPS, GROUP_LENGTH = 8, 5
WITNESS_ROWS = 5


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


def number_field(name: str) -> forms.IntegerField:
    """A number with the limits of the plan service."""
    label, low, high = NUMBERS[name]
    words = f"{label}应在 {low} 到 {high} 之间。"
    return forms.IntegerField(
        label=label,
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
        return {name: value for name, value in self.cleaned_data.items() if name != "key"}


class NameForm(KeyForm):
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
    basis = text_field("抽查依据", limit=2000, rows=3, required=False)
    content = text_field("抽查内容", limit=2000, rows=3, required=False)
    methods = text_field("检查方式", limit=2000, rows=3, required=False)
    duties_and_rights = text_field("配合义务和相关权利", limit=2000, rows=4, required=False)

    def clean(self) -> dict[str, Any]:
        """The period runs forward."""
        data = super().clean() or {}
        start, end = data.get("period_from"), data.get("period_to")
        if start and end and end < start:
            self.add_error("period_to", "抽查时间的结束日期早于开始日期，请核对。")
        return data


class ItemsForm(KeyForm):
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


class ScopeForm(KeyForm):
    """Step 3: which enterprises, and the rate of each grade."""

    industries = forms.ModelMultipleChoiceField(
        queryset=Industry.objects.all(), label="行业", required=False, widget=forms.CheckboxSelectMultiple
    )
    authority = forms.ChoiceField(label="登记机关", error_messages={"required": "请选择登记机关。"})
    registered_before = day_field("登记日期早于", required=False)
    scheme = forms.ModelChoiceField(
        queryset=RiskScheme.objects.all(), label="分级办法", empty_label=None,
        error_messages={"required": "请选择分级办法。"},
    )  # fmt: skip

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        rates = {f"rate_{row.grade}": rate_text(row.fraction) for row in plan.rates.all()}
        own = {"industries": list(plan.industries.all()), "scheme": plan.scheme_id, "authority": plan.authority}
        own |= {"registered_before": plan.registered_before}
        super().__init__(*args, initial={"key": new_key(), **own, **rates}, **kwargs)
        self.fields["industries"].required = plan.draw_type == DrawType.DIRECTED
        self.fields["industries"].error_messages["required"] = "定向抽查至少要勾选 1 个行业。"
        names = Enterprise.objects.order_by("authority").values_list("authority", flat=True).distinct()
        known = sorted({*names, plan.authority} - {""})
        self.fields["authority"].choices = [("", "请选择"), *((name, name) for name in known)]
        self.plan = plan
        self.grades = self._grades()
        for grade in self.grades:
            label = "未评级" if grade == UNGRADED else f"{grade}级"
            self.fields[f"rate_{grade}"] = forms.CharField(
                label=f"{label}的比例",
                max_length=20,
                widget=forms.TextInput(attrs={"class": "w-num", "inputmode": "decimal"}),
                error_messages={"required": f"请填写{label}的比例；不抽取写 0。"},
            )

    def _grades(self) -> list[str]:
        """The grades of the scheme that is chosen now, else of the plan's."""
        chosen = str(self.data.get("scheme", "")) if self.is_bound else ""
        scheme = RiskScheme.objects.filter(pk=chosen).first() if chosen.isdigit() else None
        return grades_of(scheme or self.plan.scheme)

    def clean(self) -> dict[str, Any]:
        """Rates become exact fractions, in ``rates``."""
        data = super().clean() or {}
        rates: dict[str, Fraction] = {}
        for grade in self.grades:
            if typed := data.pop(f"rate_{grade}", ""):
                try:
                    rates[grade] = parse_rate(typed)
                except DomainError as error:
                    self.add_error(f"rate_{grade}", error.message)
        data["rates"] = rates
        return data

    @property
    def rate_fields(self) -> dict[str, forms.BoundField]:
        """Grade → its field."""
        return {grade: self[f"rate_{grade}"] for grade in self.grades}

    def spec(self, spec: ScopeSpec) -> ScopeSpec:
        """``spec`` with what is typed now as far as it is valid, for the live count."""
        self.is_valid()
        data = self.cleaned_data
        changes: dict[str, Any] = {"rates": data.get("rates", {}), "grades": tuple(self.grades)}
        for name in ("authority", "registered_before"):
            if name in data:
                changes[name] = data[name]
        if "industries" in data:
            changes["industries"] = frozenset(one.pk for one in data["industries"])
        if "scheme" in data:
            changes["scheme_id"] = data["scheme"].pk
        return dataclasses.replace(spec, **changes)


class PeopleForm(KeyForm):
    """Step 4: how many inspectors a department sends into a team, and how many teams."""

    seats = number_field("seats")
    teams = number_field("teams")

    def spec(self, spec: ScopeSpec) -> ScopeSpec:
        """``spec`` with what is typed now as far as it is valid."""
        self.is_valid()
        return dataclasses.replace(spec, **{k: v for k, v in self.cleaned_data.items() if k in ("seats", "teams")})


class FreezeForm(KeyForm):
    """The freeze: what was looked at, and that it was."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    checked = forms.BooleanField(
        label="我已核对名单、比例和人员，知道冻结后都不能再改",
        error_messages={"required": "请核对后勾选“我已核对”。"},
    )


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


class DrawForm(KeyForm):
    """The ceremony: witnesses by name and unit, 40 digits in eight groups of five."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in range(1, WITNESS_ROWS + 1):
            for part, label in (("name", "姓名"), ("unit", "单位")):
                widget = forms.TextInput(attrs={"autocomplete": "off"})
                self.fields[f"witness_{part}_{row}"] = forms.CharField(
                    label=f"第 {row} 名见证人{label}", max_length=100, required=False, widget=widget
                )
        for number in range(1, GROUPS + 1):
            words = f"第 {number} 组要 {GROUP_LENGTH} 位数字（0 到 9）。"
            attrs = {"inputmode": "numeric", "autocomplete": "off", "class": "digits"}
            self.fields[f"group_{number}"] = forms.RegexField(
                r"^\s*[0-9]{5}\s*$",
                label=f"第 {number} 组",
                max_length=12,
                widget=forms.TextInput(attrs=attrs),
                error_messages={"required": words, "invalid": words, "max_length": words},
            )

    @property
    def witness_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """(name, unit) fields per row."""
        return [(self[f"witness_name_{n}"], self[f"witness_unit_{n}"]) for n in range(1, WITNESS_ROWS + 1)]

    @property
    def groups(self) -> list[forms.BoundField]:
        """The eight fields of digits."""
        return [self[f"group_{number}"] for number in range(1, GROUPS + 1)]

    def clean(self) -> dict[str, Any]:
        """``digits`` and ``witnesses`` as the service takes them; a row is filled or empty."""
        data = super().clean() or {}
        data["digits"] = "".join(data.get(f"group_{n}", "").strip() for n in range(1, GROUPS + 1))
        data["witnesses"] = []
        for row in range(1, WITNESS_ROWS + 1):
            name, unit = data.get(f"witness_name_{row}", "").strip(), data.get(f"witness_unit_{row}", "").strip()
            if name and unit:
                data["witnesses"].append({"name": name, "unit": unit})
            elif name or unit:
                missing = "unit" if name else "name"
                self.add_error(f"witness_{missing}_{row}", "见证人的姓名和单位都要填写。")
        if not data["witnesses"] and not self.errors.keys() & {f"witness_name_{n}" for n in range(1, 6)}:
            self.add_error("witness_name_1", "至少要有 1 名见证人，请填写姓名和单位。")
        return data
