"""People on the move: who is away, gone or without a valid certificate, and what still stands under the name."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from inspections.enums import OPEN_FOR_ENTRY, RecordState
from inspections.models import SectionMember
from registry.enums import InspectorStatus
from registry.models import Inspector
from sampling.enums import Decision, IOutReason
from sampling.models import EventRequest

AHEAD = dt.timedelta(days=7)
CERTIFICATE_DAYS = 60


@dataclass(frozen=True)
class Absence:
    """What one person who is away still owes in one plan.

    ``member``: a seat on a record that can be given to the next standby, None when the person took part in all visits.
    ``asked``: a replacement was asked for and waits for the lead bureau.
    """

    inspector: Inspector
    plan: int
    plan_name: str
    count: int
    due: dt.date | None
    member: int | None
    words: str
    asked: bool = False


def _day(day: dt.date) -> str:
    return f"{day.month}月{day.day}日"


def why_away(person: Inspector, day: dt.date) -> tuple[str, str]:
    """(reason code of an I-OUT, words) of somebody who cannot inspect on ``day`` or leaves within a week; ("", "") of
    everybody else. The code is empty where the office has to say why."""
    if person.status == InspectorStatus.LEFT:
        return IOutReason.TRANSFERRED, "已调离或退休"
    if person.status == InspectorStatus.DISABLED:
        return "", "已停用"
    if person.badge_valid_until < day:
        return IOutReason.CERTIFICATE, f"执法证{_day(person.badge_valid_until)}到期"
    start, end = person.unavailable_from, person.unavailable_to
    if person.status == InspectorStatus.UNAVAILABLE or start:
        begins, over = start or day, end is not None and end < day
        if not over and begins <= day + AHEAD:
            until = f"至{_day(end)}" if end else ""
            return IOutReason.LEAVE, f"{_day(begins)}起请假{until}" if begins > day or not end else f"请假{until}"
    if person.user is not None and not person.user.is_active:
        return "", "账号已停用"
    return "", ""


def _gone(day: dt.date) -> Q:
    """The people `why_away` has words for, as a condition on a seat."""
    leave = Q(inspector__status=InspectorStatus.UNAVAILABLE) | Q(inspector__unavailable_from__isnull=False)
    leave &= Q(inspector__unavailable_from=None) | Q(inspector__unavailable_from__lte=day + AHEAD)
    leave &= Q(inspector__unavailable_to=None) | Q(inspector__unavailable_to__gte=day)
    return (
        leave
        | Q(inspector__status__in=[InspectorStatus.LEFT, InspectorStatus.DISABLED])
        | Q(inspector__badge_valid_until__lt=day)
        | Q(inspector__user__is_active=False)
    )


def absences(day: dt.date, **scope: Any) -> list[Absence]:
    """Who is away on ``day`` and owes something, a row per person and plan, the earliest deadline first; three queries.

    ``scope``: lookups on the seat, such as ``section__department_id=…`` or ``section__record__plan__lead_id=…``.
    """
    seats = SectionMember.objects.filter(
        _gone(day), replaced=False, section__state__in=list(OPEN_FOR_ENTRY),
        section__record__state__in=[RecordState.CONFIRMING, RecordState.OPEN], **scope,
    )  # fmt: skip
    names = ("inspector_id", "section__record__plan", "section__record__plan__task_name")
    rows = list(
        seats.order_by()
        .values_list(*names)
        .annotate(n=Count("pk"), due=Min("section__due_on"), seat=Min("pk", filter=Q(present=False)))
    )
    people = Inspector.objects.select_related("user", "department").in_bulk({row[0] for row in rows})
    waiting = EventRequest.objects.filter(decision=Decision.PENDING, member__inspector__in=people)
    asked = set(waiting.values_list("member__inspector", "draw__plan"))
    found = [
        Absence(people[row[0]], *row[1:], words=why_away(people[row[0]], day)[1], asked=(row[0], row[1]) in asked)
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.due or dt.date.max, one.inspector.badge, one.plan))


def expiring(day: dt.date, people: Any = None) -> QuerySet[Inspector]:
    """Whose certificate ends within 60 days from ``day``, the earliest first."""
    rows = Inspector.objects.all() if people is None else people
    until = (day, day + dt.timedelta(days=CERTIFICATE_DAYS))
    found: QuerySet[Inspector] = rows.filter(
        status__in=[InspectorStatus.ACTIVE, InspectorStatus.UNAVAILABLE], badge_valid_until__range=until
    ).order_by("badge_valid_until", "badge")
    return found
