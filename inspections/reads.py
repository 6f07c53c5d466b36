"""What the progress page and the homes read of a plan: counts by department and stage, in a fixed number of queries."""

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Max, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce, TruncDate

from inspections import bases
from inspections.enums import LeadDecision, RecordState, SectionState
from inspections.models import Confirmation, DepartmentSection, Dispatch, InspectionRecord, Mention, Reminder
from registry import clock
from registry.models import Department, User
from sampling.enums import DrawEventKind, PickKind
from sampling.models import Plan

ALIVE = [RecordState.CONFIRMING, RecordState.OPEN]
COUNTS = ("sent", "pending", "confirmed", "sent_back", "otherwise", "all", "no_items", "not_mine", "total",
          "confirming", "open", "left", "dropped", "not_started", "visiting", "filled", "submitted", "approved",
          "closed", "published", "late_confirm", "late_fill", "overdue")  # fmt: skip


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
    """The department × stage matrix of a plan, the latest department first; five queries whatever its size.

    ``first_open``: what was due before it is late (`registry.clock.first_open_day`). The bases are those of
    `inspections.bases`; ``total`` is 应检, ``filled`` what is done, ``approved`` with what was closed by status."""
    confirmations = bases.count_confirmations(
        Confirmation.objects.filter(record__plan=plan), first_open, "department_id"
    )
    own = DepartmentSection.objects.filter(record__plan=plan)
    sections = bases.count_sections(own, first_open, "department_id", with_published=True)
    due: dict[dt.date, Counter[str]] = defaultdict(Counter)
    for name, counted in (("confirm", confirmations), ("fill", sections)):
        for counts in counted.values():
            for day, number in counts.due_on.items():
                due[day][name] += number
    people = _people(plan)
    reminded = Reminder.objects.filter(object_id=f"plan:{plan.pk}").order_by().values("recipient__department_id")
    told = {row["recipient__department_id"]: row["last"] for row in reminded.annotate(last=Max("notice__at"))}
    rows = [
        _row(confirmations.get((one.pk,)), sections.get((one.pk,)))
        | {"department": one, "reminded_at": told.get(one.pk), "people": 0, "never": 0, "last": None}
        | people.get(one.pk, {})
        for one in Department.objects.filter(plans__plan=plan)
    ]
    rows.sort(key=lambda row: (-row["overdue"], -row["pending"], row["department"].order))
    return Progress(rows, dict(due))


def _row(confirmed: bases.Counts | None, sections: bases.Counts | None) -> dict[str, Any]:
    """The counts of one department by the names of COUNTS."""
    asked = confirmed or bases.Counts(bases.CONFIRMATION_COUNTS)
    made = sections or bases.Counts(bases.SECTION_COUNTS)
    row: dict[str, Any] = {name: asked[name] for name in ("sent", "pending", "confirmed", "sent_back", "otherwise")}
    same = ("all", "no_items", "not_mine", "confirming", "open", "left", "dropped", "not_started", "visiting",
            "submitted", "closed", "published")  # fmt: skip
    row |= {name: made[name] for name in same}
    row |= {"total": made["due"], "filled": made["done"], "approved": made["approved"] + made["closed"]}
    row |= {"late_confirm": asked["late"], "late_fill": made["late"], "overdue": asked["late"] + made["late"]}
    return row


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


def with_done_at(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate ``done_at`` on sections that are done: submitted, or closed by status by the lead bureau."""
    closing = Confirmation.objects.filter(record=OuterRef("record"), lead_decision=LeadDecision.CLOSE)
    closed_at = Subquery(closing.order_by("-lead_at").values("lead_at")[:1])
    return rows.annotate(done_at=Case(When(state=SectionState.CLOSED, then=closed_at), default=F("submitted_at")))


def done_by_day(plan: Plan) -> dict[int, dict[dt.date, int]]:
    """Department → day → how many of its sections that are done now were done on it; one query.

    A section that was returned is to be done again and counts as left from the beginning.
    """
    rows = DepartmentSection.objects.filter(bases.DUE, record__plan=plan, state__in=sorted(bases.DONE))
    days = with_done_at(rows.order_by()).annotate(day=TruncDate("done_at", tzinfo=clock.SHANGHAI))
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
    """Department → how many sections it has to enter (应检); one query."""
    rows = DepartmentSection.objects.filter(bases.DUE, record__plan=plan).order_by()
    return dict(rows.values_list("department_id").annotate(n=Count("pk")))
