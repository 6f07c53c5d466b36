"""What the progress page and the homes read of a plan: counts by department and stage, in a fixed number of queries."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, TruncDate

from inspections.enums import (
    CLOSED_WITHOUT_VISIT,
    OPEN_FOR_ENTRY,
    Decision,
    LeadDecision,
    RecordState,
    SectionState,
)
from inspections.models import Confirmation, DepartmentSection, Dispatch, InspectionRecord, Mention, Reminder
from registry import clock
from registry.models import Department, User
from sampling.enums import DrawEventKind, PickKind
from sampling.models import Plan

ALIVE = [RecordState.CONFIRMING, RecordState.OPEN]
ENTERED = {SectionState.SUBMITTED, SectionState.APPROVED}
COUNTS = ("sent", "pending", "confirmed", "sent_back", "total", "not_started", "visiting", "filled", "approved",
          "published", "late_confirm", "late_fill", "overdue")  # fmt: skip


@dataclass
class Progress:
    """Where a plan stands: a row of counts per department, and what is due on each day.

    ``due``: day → {"confirm": confirmations still waiting, "fill": sections still owed}.
    """

    rows: list[dict[str, Any]]
    due: dict[dt.date, Counter[str]] = field(default_factory=dict)

    @property
    def totals(self) -> dict[str, int]:
        """The sum of every count over the departments."""
        return {name: sum(row[name] for row in self.rows) for name in COUNTS}


def with_dispatch(plans: QuerySet[Plan]) -> QuerySet[Plan]:
    """Annotate ``dispatched_at`` (the newest dispatch) and ``enterprises`` (records that were not replaced)."""
    newest = Dispatch.objects.filter(draw__plan=OuterRef("pk")).order_by("-at").values("at")[:1]
    counted = InspectionRecord.objects.filter(plan=OuterRef("pk")).exclude(state=RecordState.REPLACED).order_by()
    number = counted.values("plan").annotate(n=Count("pk")).values("n")
    enterprises = Coalesce(Subquery(number, output_field=IntegerField()), 0)
    return plans.annotate(dispatched_at=Subquery(newest), enterprises=enterprises)


def with_mentions(rows: QuerySet[Any], plan: Plan, kind: str) -> QuerySet[Any]:
    """Annotate ``mentions`` (how often somebody was reminded of this deadline) and ``mentioned_at`` (the last time).

    ``kind``: as in `services.owing`. Part of the rows' own query, two probes of an index each.
    """
    own = Mention.objects.filter(plan=plan, kind=kind, object_id=OuterRef("pk")).order_by().values("object_id")
    number = Subquery(own.annotate(n=Count("pk")).values("n"), output_field=IntegerField())
    return rows.annotate(
        mentions=Coalesce(number, 0), mentioned_at=Subquery(own.annotate(last=Max("at")).values("last"))
    )


def progress_of(plan: Plan, first_open: dt.date) -> Progress:
    """The department × stage matrix of a plan, the latest department first; six queries whatever its size.

    ``first_open``: what was due before it is late (`registry.clock.first_open_day`)."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    due: dict[dt.date, Counter[str]] = defaultdict(Counter)
    _count_confirmations(plan, first_open, counts, due)
    _count_sections(plan, first_open, counts, due)
    # The name of the later app's table is all that is known of it here (design.md §1).
    published = Department.objects.filter(
        published_results__publication__plan=plan, published_results__publication__superseded_by=None
    ).order_by()
    for key, number in published.annotate(n=Count("published_results")).values_list("pk", "n"):
        counts[key]["published"] = number
    people = _people(plan)
    reminded = Reminder.objects.filter(object_id=f"plan:{plan.pk}").order_by().values("recipient__department_id")
    told = {row["recipient__department_id"]: row["last"] for row in reminded.annotate(last=Max("notice__at"))}
    rows = [
        {name: counts[one.pk][name] for name in COUNTS}
        | {"department": one, "reminded_at": told.get(one.pk), "people": 0, "never": 0, "last": None}
        | people.get(one.pk, {})
        for one in Department.objects.filter(plans__plan=plan)
    ]
    rows.sort(key=lambda row: (-row["overdue"], -row["pending"], row["department"].order))
    return Progress(rows, dict(due))


def _count_confirmations(
    plan: Plan, first_open: dt.date, counts: dict[int, Counter[str]], due: dict[dt.date, Counter[str]]
) -> None:
    names = ("department_id", "decision", "lead_decision", "record__state", "due_on")
    rows = Confirmation.objects.filter(record__plan=plan).order_by().values_list(*names).annotate(n=Count("pk"))
    for department, decision, lead, state, day, n in rows:
        row = counts[department]
        row["sent"] += n
        if decision == Decision.CONFIRMED or lead == LeadDecision.KEEP:
            row["confirmed"] += n
        elif state == RecordState.CONFIRMING and decision == Decision.PENDING:
            row["pending"] += n
            row["late_confirm"] += n * (day < first_open)
            row["overdue"] += n * (day < first_open)
            due[day]["confirm"] += n
        elif state == RecordState.CONFIRMING and not lead:
            row["sent_back"] += n


def _count_sections(
    plan: Plan, first_open: dt.date, counts: dict[int, Counter[str]], due: dict[dt.date, Counter[str]]
) -> None:
    alive = DepartmentSection.objects.filter(record__plan=plan, record__state__in=ALIVE)
    alive = alive.exclude(state__in=list(CLOSED_WITHOUT_VISIT)).order_by()
    rows = alive.values_list("department_id", "state", "record__state", "due_on").annotate(n=Count("pk"))
    for department, state, record_state, day, n in rows:
        row = counts[department]
        row["total"] += n
        row["filled"] += n * (state in ENTERED)
        row["approved"] += n * (state == SectionState.APPROVED)
        if record_state != RecordState.OPEN or state not in OPEN_FOR_ENTRY:
            continue
        row["not_started" if state == SectionState.NOT_STARTED else "visiting"] += n
        if day:
            row["late_fill"] += n * (day < first_open)
            row["overdue"] += n * (day < first_open)
            due[day]["fill"] += n


def _people(plan: Plan) -> dict[int, dict[str, Any]]:
    """Department → ``people`` concerned with the plan (its administrators, and who sits in a team or stands in for
    somebody), how many ``never`` signed in, the ``last`` sign-in."""
    seated = Q(inspector__memberships__draw__plan=plan) & (
        Q(inspector__memberships__kind=PickKind.MAIN) | Q(inspector__memberships__in_events__kind=DrawEventKind.I_OUT)
    )
    concerned = Q(is_dept_admin=True) | seated
    users = User.objects.filter(concerned, is_active=True, department__plans__plan=plan).order_by()
    rows = users.values("department_id").annotate(
        people=Count("pk", distinct=True),
        never=Count("pk", distinct=True, filter=Q(last_login=None)),
        last=Max("last_login"),
    )
    return {row["department_id"]: {name: row[name] for name in ("people", "never", "last")} for row in rows}


def done_by_day(plan: Plan) -> dict[int, dict[dt.date, int]]:
    """Department → day → how many of its sections that are entered now were submitted on it; one query.

    A section that was returned is to be done again and counts as left from the beginning.
    """
    rows = DepartmentSection.objects.filter(record__plan=plan, record__state__in=ALIVE, state__in=list(ENTERED))
    days = rows.order_by().annotate(day=TruncDate("submitted_at", tzinfo=clock.SHANGHAI))
    found: dict[int, dict[dt.date, int]] = defaultdict(dict)
    for department, day, number in days.values_list("department_id", "day").annotate(n=Count("pk")):
        found[department][day] = number
    return dict(found)


def merged(done: dict[int, dict[dt.date, int]]) -> dict[dt.date, int]:
    """The days of ``done_by_day`` summed over the departments."""
    found: Counter[dt.date] = Counter()
    for days in done.values():
        found.update(days)
    return dict(found)


def totals_of(plan: Plan) -> dict[int, int]:
    """Department → how many sections it has to enter; one query."""
    alive = DepartmentSection.objects.filter(record__plan=plan, record__state__in=ALIVE)
    alive = alive.exclude(state__in=list(CLOSED_WITHOUT_VISIT)).order_by()
    return dict(alive.values_list("department_id").annotate(n=Count("pk")))


def published_filter() -> Q:
    """Sections whose result a current publication holds."""
    return Q(record__publications__superseded_by=None, record__publications__results__department=F("department"))
