"""The legal clocks as they run: started by the end of a visit, moved when the calendar changes, never once closed."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Q

from inspections import deadlines
from inspections.enums import CLOSED_WITHOUT_VISIT, OPEN_FOR_ENTRY, SectionState
from inspections.models import Confirmation, DepartmentSection, InspectionRecord
from inspections.services import people
from registry import audit, clock
from registry.models import User
from registry.services import current_calendar
from registry.workdays import Calendar, CalendarNotLoaded
from sampling.models import Plan

CONFIRM, FILL, PUBLISH = "确认", "回填", "公示"
SHOWN = 50  # lines of an audit event; the numbers beside them are complete
Pair = tuple[int, int]


def is_late(due: dt.date | None, at: dt.datetime) -> bool:
    """Whether ``at`` is too late for a due day: after its last second in Shanghai, or after the close of business
    where ``CLOSE_OF_BUSINESS`` sets one (民法典 第二百零三条). Without a due day nothing is late."""
    return due is not None and deadlines.is_late(due, at.astimezone(clock.SHANGHAI), settings.CLOSE_OF_BUSINESS)


def due_dates(record: InspectionRecord, calendar: Calendar) -> tuple[dt.date | None, dt.date | None]:
    """(back-fill by, publish by) from the day the visit ended; None while the visit runs or the year is not loaded."""
    if record.visit_to is None:
        return None, None
    day = record.visit_to.astimezone(clock.SHANGHAI).date()
    return (
        _or_none(deadlines.backfill_by, day, record.plan.backfill_days, calendar),
        _or_none(deadlines.publish_by, day, record.plan.publish_days, calendar),
    )


def _or_none(rule: deadlines.Rule, day: dt.date, days: int, calendar: Calendar) -> dt.date | None:
    try:
        return rule(day, days, calendar)
    except CalendarNotLoaded:
        return None


def start_clocks(record: InspectionRecord) -> None:
    """Set both due dates of every section still open for entry; the caller holds the record's lock."""
    calendar, version = current_calendar()
    due, publish = due_dates(record, calendar)
    record.sections.filter(state__in=list(OPEN_FOR_ENTRY)).update(
        due_on=due, publish_due_on=publish, calendar_version=version, publish_calendar_version=version
    )


@dataclass
class Move:
    """One deadline that a calendar gives another day. ``before`` None: it waited for a year (期限待定)."""

    kind: str
    row: Confirmation | DepartmentSection
    before: dt.date | None
    after: dt.date

    @property
    def plan_id(self) -> int:
        """The plan it belongs to."""
        plan_id: int = self.row.record.plan_id
        return plan_id

    def __str__(self) -> str:
        before = f"{self.before}" if self.before else "待定"
        return f"{self.row.record} {self.row.department} {self.kind}期限 {before} → {self.after}"


@dataclass
class Moves:
    """All deadlines a calendar would move, or has moved."""

    rows: list[Move] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Kind (确认, 回填, 公示) → how many."""
        return dict(Counter(move.kind for move in self.rows))


def moves(calendar: Calendar, published: Collection[Pair] = (), plans: Collection[int] | None = None) -> Moves:
    """The open deadlines that ``calendar`` gives another day than the stored one. Reads only.

    Open: a confirmation still pending, a section still owed, a result not yet published (``published`` holds the
    (record, department) pairs that are). A day that ``calendar`` cannot tell stays as it is.
    """
    confirmations = Confirmation.objects.pending().exclude(started_on=None)
    sections = DepartmentSection.objects.exclude(state__in=[SectionState.NO_ITEMS, SectionState.NOT_MINE])
    sections = sections.filter(Q(record__visit_to__isnull=False) | Q(state=SectionState.CLOSED))
    if plans is not None:
        confirmations, sections = confirmations.filter(record__plan__in=plans), sections.filter(record__plan__in=plans)
    found = Moves()
    for row in confirmations.select_related("record__plan", "department").order_by("pk"):
        due = _or_none(deadlines.confirm_by, row.started_on, row.record.plan.confirm_days, calendar)
        if due and due != row.due_on:
            found.rows.append(Move(CONFIRM, row, row.due_on, due))
    sections = sections.annotate(closed_at=Max("record__confirmations__lead_at"))
    for section in sections.select_related("record__plan", "department").order_by("pk"):
        found.rows += _of_section(section, calendar, published)
    return found


def _of_section(section: DepartmentSection, calendar: Calendar, published: Collection[Pair]) -> Iterable[Move]:
    due, publish = due_dates(section.record, calendar)
    owed = section.state in OPEN_FOR_ENTRY or (section.due_on is None and section.state not in CLOSED_WITHOUT_VISIT)
    if due and owed and due != section.due_on:
        yield Move(FILL, section, section.due_on, due)
    closed_at = section.closed_at  # type: ignore[attr-defined]
    if section.state == SectionState.CLOSED and closed_at:
        day = closed_at.astimezone(clock.SHANGHAI).date()
        publish = _or_none(deadlines.publish_by, day, section.record.plan.publish_days, calendar)
    out = (section.record_id, section.department_id) in published
    if publish and publish != section.publish_due_on and not out:
        yield Move(PUBLISH, section, section.publish_due_on, publish)


@transaction.atomic
def recompute_deadlines(*, actor: User | None, why: str, published: Collection[Pair] = ()) -> Moves:
    """Move every open deadline to where the loaded calendar puts it; an audit event per plan, a message to whoever is
    concerned. Closed ones stay. Safe to repeat: what stands right is not touched."""
    calendar, version = current_calendar()
    plan_ids = {move.plan_id for move in moves(calendar, published).rows}
    plans = people.lock_plans(plan_ids)
    records = InspectionRecord.objects.filter(plan__in=plan_ids).order_by().values_list("pk", flat=True)
    people.lock_records(list(records))
    done = moves(calendar, published, plan_ids)
    by_plan: dict[int, list[Move]] = defaultdict(list)
    for move in done.rows:
        _set(move, version)
        by_plan[move.plan_id].append(move)
    for plan_id, rows in sorted(by_plan.items()):
        audit.record(
            stream=f"plan:{plan_id}",
            actor=actor,
            action="日历变更，重算期限",
            obj=plans[plan_id],
            after={"calendar": version, "moved": Moves(rows).counts(), "lines": [str(row) for row in rows[:SHOWN]]},
            reason=why,
        )
        _tell(plans[plan_id], rows, why)
    return done


def _set(move: Move, version: str) -> None:
    row = move.row
    if move.kind == PUBLISH:
        DepartmentSection.objects.filter(pk=row.pk).update(publish_due_on=move.after, publish_calendar_version=version)
    elif isinstance(row, Confirmation):
        Confirmation.objects.filter(pk=row.pk).update(due_on=move.after, calendar_version=version)
    else:
        late = is_late(move.after, row.submitted_at) if row.submitted_at else row.late
        DepartmentSection.objects.filter(pk=row.pk).update(
            due_on=move.after, calendar_version=version, late=late
        )  # fmt: skip


def _tell(plan: Plan, rows: list[Move], why: str) -> None:
    """One message per person and plan: how many of their deadlines moved, and why."""
    mine: dict[int, list[Move]] = defaultdict(list)
    users: dict[int, User] = {}
    for move in rows:
        for user in _concerned(plan, move):
            users[user.pk] = user
            mine[user.pk].append(move)
    for key, moved in mine.items():
        first = min(moved, key=lambda move: move.after)
        parts = "、".join(f"{kind} {count} 件" for kind, count in Moves(moved).counts().items())
        due = f"最早 {first.after.month}月{first.after.day}日到期"
        text = f"《{plan}》工作日历有变更（{why}），您经办的期限已重算：{parts}，{due}。"
        people.notify([users[key]], text, people.link("notice_list"))


def _concerned(plan: Plan, move: Move) -> list[User]:
    if move.kind == CONFIRM:
        return people.administrators([move.row.department_id])
    if move.kind == PUBLISH:
        return people.lead_users(plan)
    assert isinstance(move.row, DepartmentSection)  # noqa: S101
    return people.inspectors_of([move.row]) or people.administrators([move.row.department_id])


@transaction.atomic
def fill_missing_due_dates() -> int:
    """Compute due dates that waited for a calendar year (期限待定); how many sections got one. Safe to repeat."""
    waiting = DepartmentSection.objects.filter(record__visit_to__isnull=False, publish_due_on=None)
    waiting = waiting.exclude(state__in=list(CLOSED_WITHOUT_VISIT))
    plans = set(waiting.order_by().values_list("record__plan", flat=True).distinct())
    if not plans:
        return 0
    calendar, version = current_calendar()
    done = [move for move in moves(calendar, (), plans).rows if move.before is None]
    for move in done:
        _set(move, version)
    return len({move.row.pk for move in done})
