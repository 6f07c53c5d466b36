"""核对 and 签字: result, what follows, the enterprise's confirmation. What is asked is said by site_rules.py."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from inspections.enums import MARKET_ONLY_RESULTS, STATUS_RESULTS, Answer, Measure, ResultCode, SignatoryRole
from inspections.enums import SignatureState as Signed
from inspections.forms.fields import day_field, moment_field, text_field, tick_field
from inspections.models import DepartmentSection
from inspections.rule import broken
from inspections.services.results import (
    allowed_codes,
    codes_of,
    derive_results,
    facts_of,
    misfits,
    note_of,
    why_not,
)
from inspections.services.section_entry import FollowUpEntry
from inspections.site_facts import follow_facts, sign_facts
from inspections.site_rules import MEASURE_FIELDS, PROBLEM_RESULTS, RESULT, demands, of
from registry import webforms as forms

ASKED = "inspections/phone/_asked.html"  # its label says 必填 or 选填, as the rules have it
USUAL = [
    ResultCode.NO_PROBLEM, ResultCode.CORRECTED, ResultCode.PENDING, ResultCode.UNCOOPERATIVE,
    *(code for code in ResultCode if code in MARKET_ONLY_RESULTS),
]  # fmt: skip
GONE = [ResultCode.UNREACHABLE, *(code for code in ResultCode if code in STATUS_RESULTS)]
NOTHING = [ResultCode.NO_ACTIVITY, ResultCode.NO_ITEMS]
GROUPS = [("usual", "", USUAL), ("gone", "企业不在或不经营了", GONE), ("nothing", "没有开展这类活动", NOTHING)]
HINTS = {
    ResultCode.PENDING: "限期改正、立案、移送都算", ResultCode.CORRECTED: "每一项都当场改正了",
    ResultCode.UNCOOPERATIVE: "选它要写明经过", ResultCode.UNREACHABLE: "门锁着，电话打不通",
}  # fmt: skip
PAIR = 2
LENGTHS = {"reference": 60, "receiving": 100, "text": 500}
LABELS = {"reference": "文书号或案号", "receiving": "接收单位", "text": "说明"}


@dataclass(frozen=True)
class Row:
    """One result as the page offers it; ``why`` it cannot be chosen, and the item where that is mended."""

    code: ResultCode
    chosen: bool
    why: str
    hint: str
    mend: int | None


class Asking(forms.Form):
    """A form whose labels say 必填 or 选填 by the rules."""

    def _ask(self, words: Mapping[str, str]) -> None:
        """``words``: field → what its label says; the others are 选填."""
        for name, field in self.fields.items():
            field.asked = words.get(name, "选填")  # type: ignore[attr-defined]


class ResultForm(Asking):
    """部门检查结果 and 后续处置: derived, then confirmed."""

    results = forms.MultipleChoiceField(label="检查结果", required=False, widget=forms.CheckboxSelectMultiple)
    result_note = text_field("结果说明", rows=3, template_name=ASKED)
    measures = forms.MultipleChoiceField(
        label="后续处置", required=False, choices=Measure.choices, widget=forms.CheckboxSelectMultiple
    )
    confirmed = tick_field("确认结果")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any, *, section: DepartmentSection) -> None:
        self.section, self.findings = section, list(section.findings.select_related("item"))
        chosen = codes_of(section)
        if not chosen or (not section.result_confirmed and misfits(section, chosen)):
            chosen = [str(code) for code in derive_results(section)]
        self.suggested = note_of(self.findings) if set(chosen) & set(PROBLEM_RESULTS) else ""
        stored = {row.measure: row for row in section.follow_ups.all()}
        initial: dict[str, Any] = {"results": chosen, "measures": list(stored), "version": section.version}
        initial |= {"result_note": section.result_note or self.suggested, "confirmed": section.result_confirmed}
        super().__init__(data, initial=initial)
        self.fields["results"].choices = [(code.value, code.label) for code in allowed_codes(section)]  # type: ignore[attr-defined]
        for measure in Measure:
            row = stored.get(measure.value)
            for name in MEASURE_FIELDS[measure]:
                field = _measure_field(name)
                field.initial = getattr(row, name) if row else None
                self.fields[f"{measure.value}-{name}"] = field
        self._ask(self._demands())

    def _demands(self) -> dict[str, str]:
        note, codes = self["result_note"].value() or "", self["results"].value() or []
        found = demands("result", facts_of(self.section, codes, note))
        for measure in Measure:
            values = {name: self[f"{measure.value}-{name}"].value() for name in MEASURE_FIELDS[measure]}
            facts = _measure_facts(measure, values)
            found |= {f"{measure.value}-{name}": word for name, word in demands("measure", facts).items()}
        return found

    def measure_rows(self) -> list[tuple[Measure, bool, list[forms.BoundField]]]:
        """(measure, chosen, its own fields) for the page; only 市场监管 lists in 经营异常名录."""
        chosen = set(self["measures"].value() or [])
        return [
            (measure, measure.value in chosen, [self[f"{measure.value}-{name}"] for name in MEASURE_FIELDS[measure]])
            for measure in Measure
            if measure != Measure.ABNORMAL_LIST or self.section.department.code == "SJ"
        ]

    def groups(self) -> list[dict[str, Any]]:
        """The results in lists that have none in common: the usual ones, and those of an enterprise that is gone, or
        does nothing of the kind, each folded unless one of it is chosen. Every code that is allowed stands once."""
        chosen, allowed = set(self["results"].value() or []), set(allowed_codes(self.section))
        still = [one.pk for one in self.findings if one.answer == Answer.NOT_OK and not one.corrected]
        found = []
        for key, title, codes in GROUPS:
            rows = [self._row(code, chosen, still) for code in codes if code in allowed]
            picked = [row.code.label for row in rows if row.chosen]
            found.append({"key": key, "title": title, "rows": rows, "picked": "、".join(map(str, picked))})
        return found

    def _row(self, code: ResultCode, chosen: Collection[str], still: list[int]) -> Row:
        why = why_not(self.section, code)
        mend = still[0] if why and still and code == ResultCode.CORRECTED else None
        return Row(code, code.value in chosen and not why, why, HINTS.get(code, ""), mend)

    def clean(self) -> dict[str, Any]:
        """A result that is confirmed is whole: what is missing stands beside its field."""
        data = super().clean() or {}
        if not data.get("confirmed") or self.errors:
            return data
        facts = facts_of(self.section, data["results"], data["result_note"])
        lacking = [(rule.field, rule.words(facts)) for rule in broken(RESULT, facts)]
        facts = follow_facts(data["results"], data["measures"])
        lacking += [(rule.field, rule.words(facts)) for rule in broken(of("follow"), facts)]
        for measure in map(Measure, data["measures"]):
            values = {name: data[f"{measure}-{name}"] for name in MEASURE_FIELDS[measure]}
            facts = _measure_facts(measure, values)
            lacking += [(f"{measure}-{rule.field}", rule.words(facts)) for rule in broken(of("measure"), facts)]
        _add(self, lacking)
        return data

    def arguments(self) -> dict[str, Any]:
        """For services.save_section."""
        data = self.cleaned_data
        entries = []
        for measure in data["measures"]:
            extra = {name: data[f"{measure}-{name}"] for name in MEASURE_FIELDS[measure]}
            entries.append(FollowUpEntry(measure, **extra))
        return {
            "version": data["version"], "results": data["results"], "result_note": data["result_note"],
            "result_confirmed": data["confirmed"], "follow_ups": entries,
        }  # fmt: skip


def _measure_field(name: str) -> forms.Field:
    if name == "deadline":
        return day_field("整改期限", template_name=ASKED)
    return text_field(LABELS[name], length=LENGTHS[name], template_name=ASKED)


def _measure_facts(measure: Measure, values: Mapping[str, Any]) -> dict[str, Any]:
    blank = {"deadline": None, "receiving": "", "text": ""}
    return blank | values | {"measure": measure.value, "label": str(measure.label)}


def _add(form: forms.Form, lacking: Iterable[tuple[str, str]]) -> None:
    """Each sentence once, beside its field."""
    for name, words in dict.fromkeys(lacking):
        form.add_error(name, words)


class _Signing(Asking):
    """What both kinds of confirmation have in common. ``met``: the departments that met somebody."""

    key = forms.CharField(widget=forms.HiddenInput)
    shown = forms.CharField(
        required=False, widget=forms.HiddenInput
    )  # digests of what the page showed, as pairs name:digest

    def __init__(self, *args: Any, met: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.met = met
        values = {name: self[name].value() for name in self.fields}
        values["opinion_agrees"] = {"1": True, "0": False}.get(str(values.get("opinion_agrees")))
        self._ask({"signature": "必填"} | demands("sign", sign_facts(self._whole(values), met)))

    def _whole(self, values: Mapping[str, Any]) -> dict[str, Any]:
        return dict(values)

    def clean_shown(self) -> dict[str, Any] | None:
        """As the service takes it; nothing that is not ours."""
        parts = [part.split(":") for part in self.cleaned_data["shown"].split()]
        if any(len(part) != PAIR for part in parts):
            raise forms.ValidationError("页面不完整，请刷新后再签。")
        digests = {part[0]: part[1] for part in parts}
        return {"head": digests.pop("head", ""), "sections": digests} if digests else None

    def clean(self) -> dict[str, Any]:
        """What the rules miss, beside its field."""
        data = super().clean() or {}
        if not self.errors:
            facts = sign_facts(self._whole(data), self.met)
            _add(self, [(rule.field, rule.words(facts)) for rule in broken(of("sign"), facts)])
        return data


class SignedForm(_Signing):
    """企业签字或盖章."""

    signature = forms.ChoiceField(
        label="签字情况", widget=forms.RadioSelect, error_messages={"required": "请选择签字情况。"},
        choices=[(s.value, s.label) for s in (Signed.SIGNED, Signed.SEALED, Signed.SIGNED_AND_SEALED)],
    )  # fmt: skip
    signatory_name = text_field("签字人姓名", length=50, named=True, template_name=ASKED)
    signatory_role = forms.ChoiceField(
        label="签字人身份", required=False, template_name=ASKED, widget=forms.RadioSelect, choices=SignatoryRole.choices
    )
    signatory_post = text_field("职务", length=50, template_name=ASKED)
    opinion_agrees = forms.TypedChoiceField(
        label="企业意见", required=False, template_name=ASKED, widget=forms.RadioSelect, empty_value=None,
        coerce=lambda value: value == "1", choices=[("1", "属实"), ("0", "有异议")],
    )  # fmt: skip
    opinion_text = text_field("异议内容", rows=2, template_name=ASKED)

    def _whole(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Whoever is on this page signs; how is chosen below the pad."""
        return {**values, "signature": values.get("signature") or Signed.SIGNED.value}


class RefusedForm(_Signing):
    """拒绝签字、无法签字、不适用."""

    signature = forms.ChoiceField(
        label="情况", widget=forms.RadioSelect, error_messages={"required": "请选择是哪一种情况。"},
        choices=[(s.value, s.label) for s in (Signed.REFUSED, Signed.UNABLE, Signed.NOT_APPLICABLE)],
    )  # fmt: skip
    refusal_reason = text_field("原因（照当事人原话记）", rows=3, template_name=ASKED)
    witness_name = text_field("见证人姓名", length=50, named=True, template_name=ASKED)
    witness_unit = text_field("见证人单位或身份", length=100, template_name=ASKED)
    no_witness_reason = text_field("没有见证人的，写明原因", length=200, template_name=ASKED)


class PhoneForm(forms.Form):
    """已电话确认, after something was changed that had been signed."""

    name = text_field("接电话的人", length=50, named=True, template_name=ASKED)
    role = forms.ChoiceField(
        label="身份", required=False, template_name=ASKED, widget=forms.RadioSelect, choices=SignatoryRole.choices
    )
    phone = text_field("拨打的电话号码", length=40, template_name=ASKED)
    called_at = moment_field("通话时间")
    key = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.asked = "必填"  # type: ignore[attr-defined]
        self.fields["called_at"].template_name = ASKED
