"""Paper: 一企一表 and 检查通知书, record → HTML → PDF (WeasyPrint), one or many in one file.

A4, the same templates as the preview, print.css. Fonts are read once per process. Queries do not grow with the number
of records. The risk grade is never printed: the enterprise signs this sheet (domain.md §4.2 B).
"""

import datetime as dt
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Prefetch
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString

from inspections import ink, photo_sheet
from inspections.arrival import NOBODY_MET
from inspections.enums import (
    CLOSED_WITHOUT_VISIT,
    OPEN_FOR_ENTRY,
    Answer,
    EvidenceKind,
    ResultCode,
    SectionState,
    SignatureState,
    SignerKind,
)
from inspections.models import DepartmentSection, Evidence, InspectionRecord, ItemFinding, PhoneConfirmation
from inspections.services.arriving import arrival_lines
from inspections.services.content import complete, seal, short
from inspections.services.results import codes_of
from inspections.services.signing import SIGNED_STATES, SignatureStatus, signings, status_of
from registry import clock, county
from registry.enums import CheckMethod
from registry.printing import layout, press, qr_svg, to_pdf, write

NUMERALS = "一二三四五六七八九十"
FILE = ("finding__item", "section__department", "shot_by", "uploaded_by")
RUN = 20  # forms laid out at a time


# ------------------------------------------------------------------------------------------------------ what is printed


@dataclass(frozen=True)
class Row:
    """One item on paper. ``basis``: ``[1]25``, law and article; the laws stand in the remarks."""

    finding: ItemFinding
    content: str
    basis: str
    ticks: tuple[bool, bool, bool, bool]
    text: str


@dataclass(frozen=True)
class Part:
    """One department on paper."""

    title: str
    section: DepartmentSection
    rows: list[Row]
    results: str
    measures: str
    deadline: str
    day: dt.date | None
    arrival: list[tuple[str, str]] = field(default_factory=list)
    signers: list[tuple[str, SafeString, bool]] = field(default_factory=list)


@dataclass
class Sheet:
    """One record on paper; ``blank`` leaves everything of the visit open for a pen."""

    record: InspectionRecord
    blank: bool
    parts: list[Part]
    people: list[tuple[DepartmentSection, list[Any]]]
    laws: list[str]
    qr: SafeString
    status: SignatureStatus | None
    short: str
    draft: bool
    county: str
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def enterprise(self) -> Any:
        """The enterprise."""
        return self.record.selection.enterprise

    @property
    def signed(self) -> bool:
        """Signed or sealed (not refused)."""
        return not self.blank and self.record.signature in SIGNED_STATES

    @property
    def refused(self) -> bool:
        """拒绝签字."""
        return not self.blank and self.record.signature == SignatureState.REFUSED

    @property
    def unable(self) -> bool:
        """无法签字."""
        return not self.blank and self.record.signature == SignatureState.UNABLE

    @property
    def alone(self) -> bool:
        """Departments came and none of them met anybody: there was nobody to show anything to, or to sign."""
        came = [part.section for part in self.parts if part.section.arrival and not part.section.written_only]
        return not self.blank and bool(came) and all(one.arrival in NOBODY_MET for one in came)

    @property
    def ink(self) -> SafeString:
        """The drawing of the enterprise's representative."""
        return ink.of_enterprise(self.record, SignerKind.ENTERPRISE) if self.signed else SafeString("")

    @property
    def witness_ink(self) -> SafeString:
        """The drawing of the witness of a refusal."""
        return ink.of_enterprise(self.record, SignerKind.WITNESS) if self.refused or self.unable else SafeString("")

    @property
    def scans(self) -> list[Any]:
        """Scans of the sheet signed on paper."""
        if self.blank:
            return []
        return [one for one in self.record.evidence.all() if one.kind == EvidenceKind.SIGNED_SCAN]

    @property
    def files(self) -> list[photo_sheet.Line]:
        """照片和材料清单, a page of its own; none on a blank copy."""
        return [] if self.blank else photo_sheet.lines_of(self.record, self.record.evidence.all())

    @property
    def assistants(self) -> list[Any]:
        """协助人员 of all departments."""
        return [one for section, _ in self.people for one in section.assistants.all()]

    @property
    def methods(self) -> str:
        """检查方式 in words."""
        return "、".join(str(CheckMethod(code).label) for code in self.record.methods)

    @property
    def phone(self) -> str:
        """Contact with the middle of the number covered: the sheet leaves the office."""
        number = self.enterprise.contact_phone
        masked = f"{number[:3]}****{number[-4:]}" if len(number) >= 11 else number
        return f"{self.enterprise.contact_name}　{masked}".strip("　")


def scan_address(record: InspectionRecord) -> str:
    """What the QR code holds: the record for its inspectors, who comes and why for the enterprise."""
    return f"{settings.PUBLIC_ORIGIN}{reverse('publicity:visit', args=[record.token])}"


def load(records: Iterable[InspectionRecord]) -> list[InspectionRecord]:
    """The records in the given order with everything a sheet needs, in a fixed number of queries."""
    keys = [record.pk for record in records]
    found = {
        record.pk: record
        for record in InspectionRecord.objects.filter(pk__in=keys)
        .select_related("plan__lead", "dispatch__draw", "selection__enterprise")
        .prefetch_related(
            Prefetch("sections", DepartmentSection.objects.select_related("department")),
            "selection__enterprise__industries",
            "selection__enterprise__licences",
            Prefetch("evidence", Evidence.objects.select_related(*FILE)),
            "signatures",
            Prefetch("phone_calls", PhoneConfirmation.objects.select_related("by")),
        )
    }
    complete([section for record in found.values() for section in record.sections.all()])
    return [found[key] for key in keys]


def sheets_of(records: Iterable[InspectionRecord], *, blank: bool = False) -> list[Sheet]:
    """What is printed of each record."""
    loaded = load(records)
    trail = {} if blank else signings(loaded)
    names = {one: county.at(one).name for one in {record.dispatch.at for record in loaded}}
    return [_sheet(one, blank, trail.get(one.pk, []), names[one.dispatch.at]) for one in loaded]


def _sheet(record: InspectionRecord, blank: bool, events: Sequence[Any], county_name: str) -> Sheet:
    sections = list(record.sections.all())
    day = record.visit_from.astimezone(clock.SHANGHAI).date() if record.visit_from else record.plan.period_from
    laws: list[str] = []
    shown = [section for section in sections if section.state != SectionState.NOT_MINE]
    parts = [_part(record, number, section, laws, day, blank) for number, section in enumerate(shown)]
    people = [
        (section, [member for member in section.members.all() if not member.replaced])
        for section in shown
        if section.state != SectionState.NO_ITEMS
    ]
    answers = [one.answer for section in shown for one in section.findings.all()]
    return Sheet(
        record=record, blank=blank, parts=parts, people=people, laws=laws, qr=qr_svg(scan_address(record)),
        status=None if blank else status_of(record, sections, events, list(record.phone_calls.all())),
        short="" if blank else short(seal(record, sections)),
        draft=not blank and any(section.state in OPEN_FOR_ENTRY for section in sections), county=county_name,
        counts={answer.value: answers.count(answer.value) for answer in Answer} | {"all": len(answers)},
    )  # fmt: skip


def _part(
    record: InspectionRecord, number: int, section: DepartmentSection, laws: list[str], day: dt.date, blank: bool
) -> Part:
    rows = [_row(one, laws, day, blank) for one in section.findings.all()]
    title = f"{NUMERALS[number]}、{section.department}（{len(rows)}项）"
    if section.state in CLOSED_WITHOUT_VISIT:
        title += f"：{section.get_state_display()}"
    if blank:
        return Part(title, section, rows, "", "", "", None)
    follow_ups = list(section.follow_ups.all())
    days = [row.deadline for row in follow_ups if row.deadline]
    deadlines = [f"{day.year}年{day.month}月{day.day}日" for day in days]
    return Part(
        title, section, rows,
        results="、".join(str(ResultCode(code).label) for code in codes_of(section)),
        measures="、".join(_measure(row) for row in follow_ups) or "/",
        deadline="、".join(deadlines) or "/",
        day=section.submitted_at.astimezone(clock.SHANGHAI).date() if section.submitted_at else None,
        arrival=[] if section.written_only else arrival_lines(section),
        signers=ink.of_inspectors(record, section.members.all()),
    )  # fmt: skip


def _measure(row: Any) -> str:
    extra = "，".join(text for text in (row.receiving, row.reference, row.text) if text)
    return f"{row.get_measure_display()}（{extra}）" if extra else row.get_measure_display()


def _row(finding: ItemFinding, laws: list[str], day: dt.date, blank: bool) -> Row:
    answer = "" if blank else finding.answer
    order = (Answer.OK, Answer.NOT_OK, Answer.NOT_CHECKED, Answer.NOT_APPLICABLE)
    words = "" if blank else finding.words if finding.outcome else finding.text
    if not blank and finding.corrected:
        words = f"{words}（已当场改正）"
    return Row(
        finding=finding,
        content="；".join(line.strip() for line in finding.item.check_points.splitlines() if line.strip()),
        basis=" ".join(_basis(one, laws) for one in finding.item.bases.all() if _in_force(one, day)),
        ticks=(answer == order[0], answer == order[1], answer == order[2], answer == order[3]),
        text="" if blank else words or "/",
    )


def _in_force(basis: Any, day: dt.date) -> bool:
    return basis.effective_from <= day and (basis.effective_to is None or basis.effective_to >= day)


def _basis(basis: Any, laws: list[str]) -> str:
    """``[1]25`` (article 25); the law is added to ``laws`` when it is new."""
    if basis.law not in laws:
        laws.append(basis.law)
    return f"[{laws.index(basis.law) + 1}]{basis.duty_articles}"


# -------------------------------------------------------------------------------------------------------------- to PDF


def records_html(sheets: Sequence[Sheet]) -> str:
    """The sheets of one run (all drafts or none, all of a rehearsal or none) as one document."""
    context = {
        "sheets": sheets, "draft": bool(sheets) and sheets[0].draft, "pdf": True, "demo": settings.DEMO,
        "rehearsal": bool(sheets) and sheets[0].record.plan.rehearsal,
    }  # fmt: skip
    return render_to_string("print/record.html", context)


def _runs(sheets: Iterable[Sheet]) -> Iterator[list[Sheet]]:
    """Sheets in runs of at most ``RUN``, alike in their watermark: one document each, so that progress can be told."""
    for _, alike in itertools.groupby(sheets, key=lambda sheet: (sheet.draft, sheet.record.plan.rehearsal)):
        while run := list(itertools.islice(alike, RUN)):
            yield run


def render_records(
    records: Iterable[InspectionRecord], *, blank: bool = False, progress: Callable[[int], None] | None = None
) -> bytes:
    """一企一表 of the records as one PDF, in their order; each counts its own pages.

    Records not yet wholly submitted carry the watermark 草稿; ``blank`` copies are for a day without phone.
    ``progress`` is told how many forms are laid out, the drawing of the file still to come.
    """
    documents, sources, done = [], [], 0
    for run in _runs(sheets_of(records, blank=blank)):
        sources.append(records_html(run))
        with press:
            documents.append(layout(sources[-1]))
        done += len(run)
        if progress:
            progress(done)
    with press:
        return write(documents, sources)


def notice_html(section: DepartmentSection) -> str:
    """检查通知书 of one department for one enterprise."""
    [record] = load([section.record])
    part = next(one for one in record.sections.all() if one.pk == section.pk)
    approval = getattr(part, "approval", None)
    day = record.plan.period_from
    laws: list[str] = []
    phone = county.current().complaint_phone
    context = {
        "record": record, "section": part, "enterprise": record.selection.enterprise, "plan": record.plan,
        "approval": approval, "day": approval.day if approval else None,
        "rows": [_row(one, laws, day, True) for one in part.findings.all()], "laws": laws,
        "people": [member for member in part.members.all() if not member.replaced],
        "methods": _methods(part), "qr": qr_svg(scan_address(record)), "pdf": True, "draft": False,
        "rehearsal": record.plan.rehearsal,
        "demo": settings.DEMO, "phone": part.department.phone or phone,
        "complaints": phone,
    }  # fmt: skip
    return render_to_string("print/notice.html", context)


def _methods(section: DepartmentSection) -> str:
    codes = {code for one in section.findings.all() for code in one.item.methods}
    return "、".join(str(method.label) for method in CheckMethod if method in codes) or CheckMethod.ON_SITE.label


def render_notice(section: DepartmentSection) -> bytes:
    """检查通知书 as PDF (国办发〔2024〕54号: 检查前送达; 检查机关 is the section's department)."""
    return to_pdf(notice_html(section))
