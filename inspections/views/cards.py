"""What the phone's pages show of a section: a card with its clock, the items as read by others."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Prefetch, Q
from django.http import Http404
from django.shortcuts import get_object_or_404

from inspections.deadlines import CalendarNotLoaded, backfill_by
from inspections.enums import CLOSED_WITHOUT_VISIT, OPEN_FOR_ENTRY, RecordState, SectionState
from inspections.models import DepartmentSection, InspectionRecord, SectionMember
from inspections.querysets import SectionQuerySet
from inspections.services.content import complete
from inspections.services.submitting import source_of
from inspections.services.writing import own_section
from inspections.views.showing import STATE_TAGS, Clocks, Due, moment_words
from registry import clock
from registry.models import LegalBasis, PastInspection, User
from registry.workdays import pending
from sampling.enums import PlanState

COUNTED = (
    ("OK", "符合"),
    ("NOT_OK", "不符合"),
    ("NOT_APPLICABLE", "合理缺项"),
    ("NOT_CHECKED", "未检查"),
    ("", "未填"),
)
SOON = {"soon": 1, "late": 0}


@dataclass(frozen=True)
class Card:
    """One section of mine, as 今日 and 任务 show it."""

    section: DepartmentSection
    filled: int
    total: int
    due: Due
    due_label: str
    mates: str
    others: int
    saved: str
    kind: str
    text: str

    @property
    def open(self) -> bool:
        """Whether the section may still be filled."""
        return self.section.state in OPEN_FOR_ENTRY

    @property
    def map_url(self) -> str:
        """The address in a map: a plain link, which phones open in their map app; nothing is loaded before the tap."""
        return "https://uri.amap.com/search?" + urlencode({"keyword": self.record.selection.enterprise.address})

    @property
    def record(self) -> InspectionRecord:
        """The record the section belongs to."""
        return self.section.record


def own_record(user: Any, pk: int) -> tuple[InspectionRecord, DepartmentSection]:
    """A record the person was drawn into, and the own section of it with its items; 404 for anybody else."""
    visible = InspectionRecord.objects.visible_to(user).select_related("plan__lead", "selection__enterprise")
    record = get_object_or_404(visible, pk=pk)
    mine = own_section(user, record)
    if mine is None:
        raise Http404
    section = complete([mine])[0]
    section.record = record
    return record, section


def last_inspection(section: DepartmentSection) -> PastInspection | None:
    """The department's inspection of the enterprise before this one (which is among them once it was submitted)."""
    past = PastInspection.objects.filter(
        enterprise=section.record.selection.enterprise_id, department=section.department_id
    )  # fmt: skip
    return past.exclude(source=source_of(section.record)).order_by("-day").first()


def is_open(section: DepartmentSection) -> bool:
    """Whether record and section may be written now."""
    record = section.record
    running = record.state == RecordState.OPEN and record.plan.state != PlanState.CANCELLED
    return section.state in OPEN_FOR_ENTRY and running


def sections_of(user: User) -> SectionQuerySet:
    """My sections with everything a card shows; the number of queries does not grow with the rows."""
    members = SectionMember.objects.filter(replaced=False).select_related("inspector")
    return (
        DepartmentSection.objects.fillable_by(user)
        .select_related("record__selection__enterprise", "record__plan", "department")
        .prefetch_related(Prefetch("members", members), "record__sections")
        .annotate(
            total=Count("findings", distinct=True),
            filled=Count("findings", filter=~Q(findings__answer=""), distinct=True),
            saved_at=Max("findings__updated_at"),
        )
    )


def card_of(section: Any, user: User, clocks: Clocks) -> Card:
    """A card; ``section`` comes from ``sections_of``."""
    label, due = due_of(section, clocks)
    kind, text = state_words(section, due)
    mates = [row.inspector.name for row in section.members.all() if row.inspector.user_id != user.pk]
    others = [s for s in section.record.sections.all() if s.pk != section.pk and s.state not in CLOSED_WITHOUT_VISIT]
    saved = moment_words(section.saved_at) if section.saved_at else ""
    return Card(
        section, section.filled, section.total, due, label, "、".join(mates), len(others), saved, kind, text
    )  # fmt: skip


def due_of(section: DepartmentSection, clocks: Clocks) -> tuple[str, Due]:
    """What the shown day is, and the day in words: the back-fill after a visit, the end of the plan before it."""
    record = section.record
    if section.submitted_at and section.state not in OPEN_FOR_ENTRY:  # the clock stopped at the submission
        late = "逾期回填" if section.late else ""
        return "已提交", Due(moment_words(section.submitted_at), "late" if late else "todo", late)
    if section.due_on:
        return "回填截止", clocks.due(section.due_on)
    if record.visit_to is None:
        return "检查截止", clocks.due(record.plan.period_to)
    return "回填截止", Due(pending_words(record, clocks), "soon", "期限待定")


def pending_words(record: InspectionRecord, clocks: Clocks) -> str:
    """期限待定：2027年日历未录入."""
    assert record.visit_to is not None  # noqa: S101
    day = record.visit_to.astimezone(clock.SHANGHAI).date()
    try:
        backfill_by(day, record.plan.backfill_days, clocks.calendar)
    except CalendarNotLoaded as error:
        return pending(error.year)
    return "期限待定"


def state_words(section: DepartmentSection, due: Due) -> tuple[str, str]:
    """Tag of a card: what is late or close first, else the state."""
    if section.state in OPEN_FOR_ENTRY and due.kind in SOON:
        return due.kind, due.text
    words = {SectionState.NOT_STARTED: "待办", SectionState.DRAFT: "进行中"}
    state = SectionState(section.state)
    return STATE_TAGS[state], str(words.get(state, state.label))


def order_of(card: Card) -> tuple[bool, bool, dt.date, str]:
    """Begun first, then by what is due."""
    begun = card.section.state == SectionState.DRAFT
    returned = card.section.state == SectionState.RETURNED
    day = card.section.due_on or card.record.plan.period_to
    return (not begun, not returned, day, card.record.number)


def bases_on(bases: Iterable[LegalBasis], day: dt.date) -> list[str]:
    """The legal bases in force on a day, as printed: 《娱乐场所管理条例》第25条."""
    return [
        str(basis)
        for basis in bases
        if basis.effective_from <= day and (basis.effective_to is None or basis.effective_to >= day)
    ]


def visit_day(record: InspectionRecord) -> dt.date:
    """The day whose law applies: that of the visit, today before it."""
    return record.visit_from.astimezone(clock.SHANGHAI).date() if record.visit_from else clock.today()
