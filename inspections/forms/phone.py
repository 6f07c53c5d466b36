"""Forms of the phone: one page of entries, assistants, files. Plain HTML, no script needed.

The page of entries is three kinds of forms in one: head, own section, one per item. Each knows what the page showed
when it was loaded: only what this person changed is sent on, and a colleague's entry is not mistaken for a collision.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from inspections.enums import EvidenceKind
from inspections.forms.arriving import ArrivalForm
from inspections.forms.fields import OWED, day_field, moment_field, text_field, tick_field
from inspections.models import DepartmentSection, InspectionRecord, ItemFinding
from inspections.services.content import HEAD
from inspections.services.entry import EntryOutcome
from registry import webforms as forms
from registry.clock import SHANGHAI
from registry.enums import CheckMethod

TEXT_FIELDS = {"NOT_OK": "text_bad", "NOT_APPLICABLE": "text_na", "NOT_CHECKED": "text_skip"}


class HeadForm(forms.Form):
    """入场信息, common to all departments."""

    visit_from = moment_field("到达时间")
    visit_to = moment_field("离开时间")
    place = text_field("检查地点", length=300, show_hidden_initial=True)
    methods = forms.MultipleChoiceField(
        label="检查方式", choices=CheckMethod.choices, required=False, template_name=OWED,
        widget=forms.CheckboxSelectMultiple,
        show_hidden_initial=True, error_messages={"invalid_choice": "没有这种检查方式，请重新选择。"},
    )  # fmt: skip
    certificates_shown = tick_field("已出示执法证件", show_hidden_initial=True)
    informed = tick_field("已告知检查事由、依据、权利义务和申请回避权", show_hidden_initial=True)
    recusal_requested = forms.TypedChoiceField(
        label="当事人是否申请回避", required=False, widget=forms.RadioSelect, empty_value=None,
        coerce=lambda value: value == "1", choices=[("0", "不申请"), ("1", "申请回避")], show_hidden_initial=True,
    )  # fmt: skip
    recusal_reason = text_field("申请回避的理由", length=200, show_hidden_initial=True)
    overall = text_field("现场情况", rows=3, show_hidden_initial=True)
    consultation = text_field("企业咨询与答复", rows=2, show_hidden_initial=True)
    recorder = text_field("执法记录仪编号", length=100, show_hidden_initial=True)
    version = forms.IntegerField(widget=forms.HiddenInput)

    @staticmethod
    def stored(record: InspectionRecord) -> dict[str, Any]:
        """The values of a record, as initial data."""
        asked = {None: "", True: "1", False: "0"}[record.recusal_requested]
        return {name: getattr(record, name) for name in (*HEAD, "version")} | {"recusal_requested": asked}


class SectionForm(forms.Form):
    """本部门: who came, whether only on paper, another body's result."""

    present = forms.MultipleChoiceField(
        label="到场的检查人员", required=False, template_name=OWED, show_hidden_initial=True,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "有人不是本部门被抽中的检查人员，请刷新页面再选。"},
    )  # fmt: skip
    written_only = tick_field("本部门为书面检查，未到现场", show_hidden_initial=True)
    other_body = text_field("出具单位", length=100, show_hidden_initial=True)
    other_body_number = text_field("编号", length=60, show_hidden_initial=True)
    other_body_day = day_field("日期", show_hidden_initial=True)
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
    text_bad = text_field("问题描述", rows=2, template_name=OWED)
    text_na = text_field("缺项原因", rows=2, template_name=OWED)
    text_skip = text_field("未检查原因", rows=2, template_name=OWED)
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
        values = {"answer": finding.answer, "version": finding.version, "was": was}
        return values | corrected | ({text: finding.text} if text else {})

    def given(self) -> dict[str, Any]:
        """Arguments for save_finding apart from the finding."""
        data = self.cleaned_data
        answer = data["answer"]
        text = data[TEXT_FIELDS[answer]].strip() if answer in TEXT_FIELDS else ""  # 符合 has none
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
        self.arrival = ArrivalForm(data, section=section, members=members)
        self.items = {
            f"item-{one.pk}": FindingForm(data, prefix=f"item-{one.pk}", initial=FindingForm.stored(one))
            for one in self.findings
        }

    def forms(self) -> list[forms.Form]:
        """All forms of the page."""
        return [self.head, self.own, self.arrival, *self.items.values()]

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
        own = self.own.chosen() | self.arrival.facts()
        return {
            "head": head | {"version": self.head.cleaned_data["version"]} if head else None,
            "section": own | {"version": self.own.cleaned_data["version"], "section": self.section} if own else None,
            "findings": [
                {"finding": one, **form.given()}
                for one, form in zip(self.findings, self.items.values(), strict=True)
                if form.touched()
            ],
            "arrival": self.arrival.told(self.own.cleaned_data["version"]),
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
                data = _rebased(data, name, fresh.arrival.initial)
                fresh.arrival = ArrivalForm(data, section=fresh.section, members=members)
            elif name == "arrival":
                continue  # both values are told beside it; the outcome is chosen anew
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


class AssistantForm(forms.Form):
    """协助人员."""

    name = text_field("姓名", length=50, named=True, template_name=OWED)
    unit = text_field("单位", length=100, template_name=OWED)
    role = text_field("专业或职务", length=50, template_name=OWED)
    reason = text_field("协助理由", length=200, template_name=OWED)
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
    facts = forms.CharField(required=False, widget=forms.HiddenInput)  # what the phone read of each file, as JSON
