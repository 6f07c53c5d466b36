"""Step 3 of the wizard: which enterprises, the rate of each grade, and what recent inspections do to it."""

import dataclasses
from fractions import Fraction
from typing import Any

from registry import webforms as forms
from registry.errors import DomainError
from registry.models import Enterprise, Industry, RiskScheme
from registry.operations import new_key
from registry.seenforms import seen
from sampling.enums import DrawType
from sampling.forms.wizard import StepForm, day_field, number_field, text_field
from sampling.models import Plan
from sampling.services.plans import MAX_CAP, UNGRADED, grades_of, snapshot
from sampling.services.rates import parse_rate, rate_text
from sampling.services.scope import ScopeSpec

# Settings about the past that mean "off" when left empty.
PAST = {"recent_months": 0, "weight_other": 4, "weight_recent": 1, "cap_reason": ""}


class ScopeForm(StepForm):
    """Step 3: which enterprises, and the rate of each grade."""

    apart = frozenset({"scheme"})  # another scheme has other grades

    industries = forms.ModelMultipleChoiceField(
        queryset=Industry.objects.all(), label="行业", required=False, widget=forms.CheckboxSelectMultiple
    )
    authority = forms.ChoiceField(label="登记机关", error_messages={"required": "请选择登记机关。"})
    registered_before = day_field("登记日期早于", required=False)
    scheme = forms.ModelChoiceField(
        queryset=RiskScheme.objects.all(), label="分级办法", empty_label=None,
        error_messages={"required": "请选择分级办法。"},
    )  # fmt: skip
    recent_months = number_field("recent_months", label="看近几个月的检查和抽取", required=False)
    weight_other = number_field("weight_other", label="没查过的权重", required=False)
    weight_recent = number_field("weight_recent", label="查过的权重", required=False)
    cap_reason = text_field(
        "超过上限仍列入的理由",
        limit=500,
        rows=2,
        required=False,
        help_text="留空：已到上限的企业不列入名单，原因记“本年检查次数已达上限”。",
    )

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        rates: dict[str, Any] = {}
        for row in plan.rates.all():
            rates |= {f"rate_{row.grade}": rate_text(row.fraction), f"cap_{row.grade}": row.cap,
                      f"classed_{row.grade}": row.classes}  # fmt: skip
        own = {"industries": list(plan.industries.all()), "scheme": plan.scheme_id, "authority": plan.authority}
        own |= {name: getattr(plan, name) for name in ("registered_before", *PAST)}
        super().__init__(*args, initial={"key": new_key(), "seen": seen(snapshot(plan)), **own, **rates}, **kwargs)
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
            words = f"{label}的年度上限应是 1 到 {MAX_CAP} 的整数，不设上限就空着。"
            self.fields[f"cap_{grade}"] = forms.IntegerField(
                label=f"{label}的年度检查上限",
                required=False,
                min_value=1,
                max_value=MAX_CAP,
                widget=forms.NumberInput(attrs={"class": "w-num"}),
                error_messages={"invalid": words, "min_value": words, "max_value": words},
            )
            self.fields[f"classed_{grade}"] = forms.BooleanField(label=f"{label}分两类抽", required=False)

    def _grades(self) -> list[str]:
        """The grades of the scheme that is chosen now, else of the plan's."""
        chosen = str(self.data.get("scheme", "")) if self.is_bound else ""
        scheme = RiskScheme.objects.filter(pk=chosen).first() if chosen.isdigit() else None
        return grades_of(scheme or self.plan.scheme)

    def clean(self) -> dict[str, Any]:
        """Rates become exact fractions, in ``rates``."""
        data = super().clean() or {}
        for name, usual in PAST.items():
            data[name] = usual if data.get(name) in (None, "") else data[name]
        rates: dict[str, Fraction] = {}
        for grade in self.grades:
            if typed := data.pop(f"rate_{grade}", ""):
                try:
                    rates[grade] = parse_rate(typed)
                except DomainError as error:
                    self.add_error(f"rate_{grade}", error.message)
        data["rates"] = rates
        data["caps"] = {grade: data.pop(f"cap_{grade}", None) for grade in self.grades}
        data["classes"] = [grade for grade in self.grades if data.pop(f"classed_{grade}", False)]
        if data["classes"] and not data.get("recent_months", 0):
            self.add_error("recent_months", "勾选了分两类抽的等级，请填写看近几个月，例如 12。")
        return data

    def fields_for(self, name: str) -> list[str]:
        """Rates and caps stand one by one, the ticks of 分两类 as one value."""
        top, _, grade = name.partition(".")
        if top == "classes":
            return [f"classed_{one}" for one in self.grades]
        return super().fields_for({"rates": f"rate_{grade}", "caps": f"cap_{grade}"}.get(top, name))

    @property
    def rate_fields(self) -> dict[str, forms.BoundField]:
        """Grade → its field."""
        return {grade: self[f"rate_{grade}"] for grade in self.grades}

    @property
    def past_fields(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """(grade in words, two classes or not, yearly cap) per grade."""
        label = {grade: "未评级" if grade == UNGRADED else f"{grade}级" for grade in self.grades}
        return [(label[grade], self[f"classed_{grade}"], self[f"cap_{grade}"]) for grade in self.grades]

    def spec(self, spec: ScopeSpec) -> ScopeSpec:
        """``spec`` with what is typed now as far as it is valid, for the live count."""
        self.is_valid()
        data = self.cleaned_data
        changes: dict[str, Any] = {"rates": data.get("rates", {}), "grades": tuple(self.grades)}
        caps = data.get("caps", {})
        changes |= {"caps": {grade: cap for grade, cap in caps.items() if cap}, "classed": frozenset(data["classes"])}
        changes["weights"] = (data.get("weight_other", 4), data.get("weight_recent", 1))
        changes |= {"recent_months": data.get("recent_months", 0), "over_cap": data.get("cap_reason", "")}
        for name in ("authority", "registered_before"):
            if name in data:
                changes[name] = data[name]
        if "industries" in data:
            changes["industries"] = frozenset(one.pk for one in data["industries"])
        if "scheme" in data:
            changes["scheme_id"] = data["scheme"].pk
        return dataclasses.replace(spec, **changes)
