"""Forms of the phone: one page of entries, result, signature, assistants, files. Plain HTML, no script needed.

The page of entries is three kinds of forms in one: head, own section, one per item. Each knows what the page showed
when it was loaded: only what this person changed is sent on, and a colleague's entry is not mistaken for a collision.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict

from inspections.enums import EvidenceKind, Measure, ResultCode, SignatoryRole, SignatureState
from inspections.models import DepartmentSection, InspectionRecord, ItemFinding
from inspections.services.content import HEAD
from inspections.services.entry import EntryOutcome
from inspections.services.results import allowed_codes, codes_of, derive_results, result_problems
from inspections.services.section_entry import FollowUpEntry
from registry.clock import SHANGHAI
from registry.enums import CheckMethod

TEXT = 2000
OWED = "inspections/phone/_field.html"  # asked for on submission though a draft may lack it: not marked 选填
MINUTE = "%Y-%m-%dT%H:%M"
TEXT_FIELDS = {"NOT_OK": "text_bad", "NOT_APPLICABLE": "text_na", "NOT_CHECKED": "text_skip"}


def _moment(label: str) -> forms.DateTimeField:
    widget = forms.DateTimeInput(format=MINUTE, attrs={"type": "datetime-local"})
    words = {"invalid": f"{label}请按“2024-09-24 14:05”的样子填写。"}
    return forms.DateTimeField(
        label=label, required=False, widget=widget, error_messages=words, show_hidden_initial=True, template_name=OWED
    )


def _day(label: str, **options: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    words = {"invalid": f"{label}请按“2024-09-24”的样子填写。"}
    return forms.DateField(label=label, required=False, widget=widget, error_messages=words, **options)


def _text(label: str, *, rows: int = 0, length: int = TEXT, **options: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    words = {"max_length": f"{label}最多 {length} 个字，请缩短。"}
    return forms.CharField(
        label=label, required=False, max_length=length, widget=widget, error_messages=words, **options
    )


def _tick(label: str, **options: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, **options)


class HeadForm(forms.Form):
    """入场信息, common to all departments."""

    visit_from = _moment("到达时间")
    visit_to = _moment("离开时间")
    place = _text("检查地点", length=300, show_hidden_initial=True)
    methods = forms.MultipleChoiceField(
        label="检查方式", choices=CheckMethod.choices, required=False, template_name=OWED,
        widget=forms.CheckboxSelectMultiple,
        show_hidden_initial=True, error_messages={"invalid_choice": "没有这种检查方式，请重新选择。"},
    )  # fmt: skip
    certificates_shown = _tick("已出示执法证件", show_hidden_initial=True)
    informed = _tick("已告知检查事由、依据、权利义务和申请回避权", show_hidden_initial=True)
    recusal_requested = _tick("当事人申请回避", show_hidden_initial=True)
    recusal_reason = _text("申请回避的理由", length=200, show_hidden_initial=True)
    overall = _text("现场情况", rows=3, show_hidden_initial=True)
    consultation = _text("企业咨询与答复", rows=2, show_hidden_initial=True)
    recorder = _text("执法记录仪编号", length=100, show_hidden_initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput)

    @staticmethod
    def stored(record: InspectionRecord) -> dict[str, Any]:
        """The values of a record, as initial data."""
        return {name: getattr(record, name) for name in (*HEAD, "version")}


class SectionForm(forms.Form):
    """本部门: who came, whether only on paper, another body's result."""

    present = forms.MultipleChoiceField(
        label="到场的检查人员", required=False, template_name=OWED, show_hidden_initial=True,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "有人不是本部门被抽中的检查人员，请刷新页面再选。"},
    )  # fmt: skip
    written_only = _tick("本部门为书面检查，未到现场", show_hidden_initial=True)
    other_body = _text("出具单位", length=100, show_hidden_initial=True)
    other_body_number = _text("编号", length=60, show_hidden_initial=True)
    other_body_day = _day("日期", show_hidden_initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, members: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.members = {str(member.pk): member for member in members if not member.replaced}
        choices = [(key, f"{one.inspector.name} {one.inspector.badge}") for key, one in self.members.items()]
        self.fields["present"].choices = choices  # type: ignore[attr-defined]

    @staticmethod
    def stored(section: DepartmentSection) -> dict[str, Any]:
        """The values of a section, as initial data."""
        names = ("written_only", "other_body", "other_body_number", "other_body_day", "version")
        present = [str(member.pk) for member in section.members.all() if member.present and not member.replaced]
        return {name: getattr(section, name) for name in names} | {"present": present}

    def chosen(self) -> dict[str, Any]:
        """Arguments for save_section: only what was changed on the page."""
        found = {name: self.cleaned_data[name] for name in self.changed_data if name != "version"}
        if "present" in found:
            found["present"] = [self.members[key] for key in found["present"]]
        return found


class FindingForm(forms.Form):
    """One item: answer, a text for each answer that needs one, whether put right on the spot."""

    answer = forms.CharField(required=False, max_length=16)
    text_bad = _text("问题描述", rows=2, template_name=OWED)
    text_na = _text("缺项原因", rows=2, template_name=OWED)
    text_skip = _text("未检查原因", rows=2, template_name=OWED)
    corrected = forms.ChoiceField(
        label="是否当场改正", required=False, template_name=OWED, choices=[("1", "已当场改正"), ("0", "未改正，限期")],
        widget=forms.RadioSelect,
    )  # fmt: skip
    version = forms.IntegerField(widget=forms.HiddenInput)
    was = forms.CharField(required=False, widget=forms.HiddenInput)

    @staticmethod
    def stored(finding: ItemFinding) -> dict[str, Any]:
        """The values of a finding, as initial data."""
        text = TEXT_FIELDS.get(finding.answer, "")
        corrected = {"corrected": "1" if finding.corrected else "0"} if finding.answer == "NOT_OK" else {}
        was = fingerprint(finding.answer, finding.text, finding.corrected)
        values = {"answer": finding.answer, "version": finding.version, "was": was, "remark": finding.text}
        return values | corrected | ({text: finding.text} if text else {})

    def given(self) -> dict[str, Any]:
        """Arguments for save_finding apart from the finding."""
        data = self.cleaned_data
        answer = data["answer"]
        if answer in TEXT_FIELDS:
            text = data[TEXT_FIELDS[answer]].strip()
        else:  # 符合 has no field of its own; a remark kept from a conflict stays with it
            text = self.initial.get("remark", "") if answer and answer == self.initial.get("answer") else ""
        corrected = answer == "NOT_OK" and data["corrected"] == "1"
        return {"answer": answer, "text": text, "corrected": corrected, "version": data["version"]}

    def touched(self) -> bool:
        """Whether this person changed the item since the page was loaded."""
        given = self.given()
        now = fingerprint(given["answer"], given["text"], given["corrected"])
        return str(now) != self.cleaned_data["was"]


def fingerprint(answer: str, text: str, corrected: bool) -> str:
    """A short mark of what an item said when the page was loaded."""
    text = text.replace("\r\n", "\n")
    return hashlib.sha256(f"{answer}\n{int(corrected)}\n{text}".encode()).hexdigest()[:12]


class EntryPage:
    """The forms of one page of entries, bound or not, and what to tell the services."""

    def __init__(self, record: InspectionRecord, section: DepartmentSection, data: QueryDict | None = None) -> None:
        self.record, self.section, self.data = record, section, data
        self.findings = list(section.findings.all())
        members = list(section.members.all())
        self.head = HeadForm(data, prefix="head", initial=HeadForm.stored(record))
        self.own = SectionForm(data, prefix="section", members=members, initial=SectionForm.stored(section))
        self.items = {
            f"item-{one.pk}": FindingForm(data, prefix=f"item-{one.pk}", initial=FindingForm.stored(one))
            for one in self.findings
        }

    def forms(self) -> list[forms.Form]:
        """All forms of the page."""
        return [self.head, self.own, *self.items.values()]

    def is_valid(self) -> bool:
        """Every form, so that all errors show at once."""
        return not [form for form in self.forms() if not form.is_valid()]

    def errors(self) -> list[tuple[str, str]]:
        """(id of the field, words) of everything wrong on the page."""
        return [
            (field.id_for_label or field.auto_id, str(error))
            for form in self.forms()
            for field in form
            for error in field.errors
        ]

    def arguments(self) -> dict[str, Any]:
        """For services.save_entry: only what this person changed."""
        head = {name: self.head.cleaned_data[name] for name in self.head.changed_data if name != "version"}
        own = self.own.chosen()
        return {
            "head": head | {"version": self.head.cleaned_data["version"]} if head else None,
            "section": own | {"version": self.own.cleaned_data["version"], "section": self.section} if own else None,
            "findings": [
                {"finding": one, **form.given()}
                for one, form in zip(self.findings, self.items.values(), strict=True)
                if form.touched()
            ],
        }

    def after(self, outcome: EntryOutcome, fresh: "EntryPage") -> "EntryPage":
        """``fresh`` with what this person typed kept where it was not stored, ready to be saved deliberately."""
        stored: dict[str, Mapping[str, Any]] = {"head": fresh.head.initial, "section": fresh.own.initial}
        stored |= {name: form.initial for name, form in fresh.items.items()}
        for name in [*outcome.conflicts, *outcome.refusals]:
            data = _rebased(self.data or QueryDict(), name, stored[name])
            if name == "head":
                fresh.head = HeadForm(data, prefix=name, initial=stored[name])
            elif name == "section":
                members = list(fresh.section.members.all())
                fresh.own = SectionForm(data, prefix=name, members=members, initial=stored[name])
            else:
                fresh.items[name] = FindingForm(data, prefix=name, initial=stored[name])
        return fresh


def _rebased(data: QueryDict, prefix: str, stored: Mapping[str, Any]) -> QueryDict:
    """Typed values of one form as a change of what is stored now, no longer of what the page had shown."""
    copy = data.copy()
    for name in ("version", "was"):
        if name in stored:
            copy[f"{prefix}-{name}"] = str(stored[name])
    for name, value in stored.items():
        if isinstance(value, list):
            copy.setlist(f"initial-{prefix}-{name}", value)
        elif isinstance(value, dt.datetime):
            copy[f"initial-{prefix}-{name}"] = f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
        else:
            copy[f"initial-{prefix}-{name}"] = "" if value is None else str(value)
    return copy


class ResultForm(forms.Form):
    """部门检查结果 and 后续处置: derived, then confirmed."""

    results = forms.MultipleChoiceField(label="检查结果", required=False, widget=forms.CheckboxSelectMultiple)
    result_note = _text("结果说明", rows=3)
    measures = forms.MultipleChoiceField(
        label="后续处置", required=False, choices=Measure.choices, widget=forms.CheckboxSelectMultiple
    )
    confirmed = _tick("确认结果")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: QueryDict | None, *, section: DepartmentSection) -> None:
        self.section = section
        chosen = codes_of(section)
        if not chosen or (not section.result_confirmed and result_problems(section, chosen, "-")):
            chosen = [str(code) for code in derive_results(section)]
        stored = {row.measure: row for row in section.follow_ups.all()}
        initial: dict[str, Any] = {"results": chosen, "measures": list(stored), "version": section.version}
        initial |= {"result_note": section.result_note, "confirmed": section.result_confirmed}
        super().__init__(data, initial=initial)
        self.fields["results"].choices = [(code.value, code.label) for code in allowed_codes(section)]  # type: ignore[attr-defined]
        for measure in Measure:
            row = stored.get(measure.value)
            for name, field in _measure_fields(measure).items():
                field.initial = getattr(row, name) if row else None
                self.fields[f"{measure.value}-{name}"] = field

    def measure_rows(self) -> list[tuple[Measure, bool, list[forms.BoundField]]]:
        """(measure, chosen, its own fields) for the page; only 市场监管 lists in 经营异常名录."""
        chosen = set(self["measures"].value() or [])
        return [
            (measure, measure.value in chosen, [self[f"{measure.value}-{name}"] for name in _measure_fields(measure)])
            for measure in Measure
            if measure != Measure.ABNORMAL_LIST or self.section.department.code == "SJ"
        ]

    def result_rows(self, *, status: bool = False) -> list[tuple[ResultCode, bool, str]]:
        """(code, chosen, why it cannot be chosen) for the page; with ``status`` those about the enterprise itself."""
        chosen = set(self["results"].value() or [])
        bad = sum(one.answer == "NOT_OK" for one in self.section.findings.all())
        why = {ResultCode.NO_PROBLEM: f"有 {bad} 项不符合，不能选", ResultCode.NO_ITEMS: f"有 {bad} 项不符合，不能选"}
        return [(code, code.value in chosen, why.get(code, "") if bad else "") for code in allowed_codes(self.section)]

    def status_rows(self) -> list[tuple[ResultCode, bool, str]]:
        """注销、迁出 and the like."""
        return self.result_rows(status=True)

    def arguments(self) -> dict[str, Any]:
        """For services.save_section."""
        data = self.cleaned_data
        entries = []
        for measure in data["measures"]:
            extra = {name: data[f"{measure}-{name}"] for name in _measure_fields(Measure(measure))}
            entries.append(FollowUpEntry(measure, **extra))
        return {
            "version": data["version"], "results": data["results"], "result_note": data["result_note"],
            "result_confirmed": data["confirmed"], "follow_ups": entries,
        }  # fmt: skip


def _measure_fields(measure: Measure) -> dict[str, forms.Field]:
    """What belongs to a measure (domain.md §2.3)."""
    if measure == Measure.NONE:
        return {}
    fields: dict[str, forms.Field] = {}
    if measure == Measure.ORDER_CORRECT:
        fields["deadline"] = _day("整改期限")
    if measure in {Measure.ORDER_CORRECT, Measure.OPEN_CASE}:
        fields["reference"] = _text("文书号或案号", length=60)
    if measure in {Measure.TRANSFER_CASE, Measure.NOTIFY_DEPT, Measure.FEEDBACK_ROUTINE}:
        fields["receiving"] = _text("接收单位", length=100)
    fields["text"] = _text("说明", length=500)
    return fields


class SignedForm(forms.Form):
    """企业签字或盖章."""

    signature = forms.ChoiceField(
        label="签字情况", widget=forms.RadioSelect, error_messages={"required": "请选择签字情况。"},
        choices=[(s.value, s.label) for s in (
            SignatureState.SIGNED, SignatureState.SEALED, SignatureState.SIGNED_AND_SEALED)],
    )  # fmt: skip
    signatory_name = _text("签字人姓名", length=50, template_name=OWED)
    signatory_role = forms.ChoiceField(
        label="签字人身份", required=False, template_name=OWED, widget=forms.RadioSelect, choices=SignatoryRole.choices
    )
    signatory_post = _text("职务", length=50)
    opinion_agrees = forms.TypedChoiceField(
        label="企业意见", required=False, template_name=OWED, widget=forms.RadioSelect, empty_value=None,
        coerce=lambda value: value == "1", choices=[("1", "属实"), ("0", "有异议")],
    )  # fmt: skip
    opinion_text = _text("异议内容", rows=2)
    key = forms.CharField(widget=forms.HiddenInput)


class RefusedForm(forms.Form):
    """拒绝签字、无法签字、不适用."""

    signature = forms.ChoiceField(
        label="情况", widget=forms.RadioSelect, error_messages={"required": "请选择是哪一种情况。"},
        choices=[(s.value, s.label) for s in (
            SignatureState.REFUSED, SignatureState.UNABLE, SignatureState.NOT_APPLICABLE)],
    )  # fmt: skip
    refusal_reason = _text("原因（照当事人原话记）", rows=3, template_name=OWED)
    witness_name = _text("见证人姓名", length=50)
    witness_unit = _text("见证人单位或身份", length=100)
    no_witness_reason = _text("没有见证人的，写明原因", length=200)
    key = forms.CharField(widget=forms.HiddenInput)


class AssistantForm(forms.Form):
    """协助人员."""

    name = _text("姓名", length=50, template_name=OWED)
    unit = _text("单位", length=100, template_name=OWED)
    role = _text("专业或职务", length=50, template_name=OWED)
    reason = _text("协助理由", length=200, template_name=OWED)
    key = forms.CharField(widget=forms.HiddenInput)


class ManyFilesInput(forms.FileInput):
    """A file input for several files at once."""

    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files; the cleaned value is a list."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Each file by Django's own rules."""
        files = data if isinstance(data, list | tuple) and data else [data or None]
        return [super(ManyFilesField, self).clean(one, initial) for one in files]


class EvidenceForm(forms.Form):
    """照片和扫描件."""

    kind = forms.ChoiceField(label="种类", choices=EvidenceKind.choices, widget=forms.RadioSelect)
    files = ManyFilesField(
        label="文件", help_text="照片 JPG、PNG、WEBP，每张不超过 8 MB；扫描件 PDF，不超过 20 MB。",
        allow_empty_file=True, max_length=300,
        error_messages={
            "required": "请选择文件。",
            "max_length": "文件名太长，请改短后再传。",
            "invalid": "没有收到文件，请重新选择。",
        },
    )  # fmt: skip
