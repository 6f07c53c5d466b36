"""What is counted as what: the bases every page, statistic and picture counts by, each named once (docs/glossary.md).

Two numbers differ only when their bases do, and then the page names them. For the sections of one plan, always:

    全部份 = 应检 + 无检查事项 + 不属本部门        应检 = 已完成 + 剩余
    已完成 = 待复核 + 已复核 + 按状态结案           剩余 = 待回填 + 还在比对确认 + 任务取消后不再检查

Records that a reserve replaced are counted nowhere here; they belong to the story of the draw.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from inspections.enums import OPEN_FOR_ENTRY, Decision, LeadDecision, RecordState, SectionState
from sampling.enums import PlanState

NOBODY = frozenset({SectionState.NO_ITEMS, SectionState.NOT_MINE})
ENTERED = frozenset({SectionState.SUBMITTED, SectionState.APPROVED})
DONE = ENTERED | {SectionState.CLOSED}
SECTION_COUNTS = (
    "all", "no_items", "not_mine", "due", "left", "confirming", "open", "not_started", "visiting", "late",
    "dropped", "done", "submitted", "approved", "closed", "published",
)  # fmt: skip
CONFIRMATION_COUNTS = ("sent", "confirmed", "pending", "late", "sent_back", "otherwise")

COUNTED = ~Q(record__state=RecordState.REPLACED)
RUNNING = ~Q(record__plan__state=PlanState.CANCELLED)
DUE = COUNTED & ~Q(state__in=sorted(NOBODY))
OWED = RUNNING & Q(record__state=RecordState.OPEN, state__in=sorted(OPEN_FOR_ENTRY))
LEFT = DUE & ~Q(state__in=sorted(DONE))
CONFIRMED = Q(decision=Decision.CONFIRMED) | Q(lead_decision=LeadDecision.KEEP)
PENDING = RUNNING & Q(decision=Decision.PENDING, record__state=RecordState.CONFIRMING)
SENT_BACK = RUNNING & Q(decision=Decision.RETURNED, lead_decision="", record__state=RecordState.CONFIRMING)


def published() -> Q:
    """Sections whose result a current publication holds (the name of the later app's table is all that is known)."""
    return Q(record__publications__superseded_by=None, record__publications__results__department=F("department"))


class Counts:
    """Counts by name under one key, and what of it is due on which day; numbers that are not there are 0."""

    def __init__(self, names: Iterable[str]) -> None:
        self.number: Counter[str] = Counter(dict.fromkeys(names, 0))
        self.due_on: Counter[dt.date] = Counter()

    def __getitem__(self, name: str) -> int:
        return self.number[name]

    def __add__(self, other: "Counts") -> "Counts":
        total = Counts(self.number)
        for one in (self, other):
            total.number.update(one.number)
            total.due_on.update(one.due_on)
        return total

    def earliest(self) -> dt.date | None:
        """The first day on which something is still due."""
        return min((day for day, n in self.due_on.items() if n), default=None)


def count_sections(
    rows: QuerySet[Any], first_open: dt.date, *by: str, with_published: bool = False
) -> dict[tuple[Any, ...], Counts]:
    """Key (values of ``by``) → counts of its sections under the names of SECTION_COUNTS; one query.

    ``first_open``: what was due before it is late (`registry.clock.first_open_day`). ``due_on`` holds what is owed.
    """
    names = (*by, "state", "record__state", "record__plan__state", "due_on")
    rows = rows.order_by().filter(COUNTED)
    if with_published:
        out = rows.model.objects.filter(published(), pk=OuterRef("pk"))
        rows, names = rows.annotate(is_published=Exists(out)), (*names, "is_published")
    found: dict[tuple[Any, ...], Counts] = defaultdict(lambda: Counts(SECTION_COUNTS))
    for *values, n in rows.values_list(*names).annotate(n=Count("pk")):
        key, rest = tuple(values[: len(by)]), values[len(by) :]
        state, record, plan, day = rest[:4]
        one = found[key]
        one.number.update(dict.fromkeys(_section_names(state, record, plan), n))
        if state not in NOBODY and with_published and rest[4]:
            one.number["published"] += n
        if record == RecordState.OPEN and state in OPEN_FOR_ENTRY and plan != PlanState.CANCELLED and day:
            one.due_on[day] += n
            one.number["late"] += n * (day < first_open)
    return dict(found)


def _section_names(state: str, record: str, plan: str) -> list[str]:
    if state in NOBODY:
        return ["all", "no_items" if state == SectionState.NO_ITEMS else "not_mine"]
    if state in DONE:
        return ["all", "due", "done", SectionState(state).value.lower()]
    if plan == PlanState.CANCELLED:
        return ["all", "due", "left", "dropped"]
    if record != RecordState.OPEN:
        return ["all", "due", "left", "confirming"]
    return ["all", "due", "left", "open", "not_started" if state == SectionState.NOT_STARTED else "visiting"]


def count_confirmations(rows: QuerySet[Any], first_open: dt.date, *by: str) -> dict[tuple[Any, ...], Counts]:
    """Key → counts of its confirmations under the names of CONFIRMATION_COUNTS; one query.

    ``confirmed``: so decided, or returned and kept · ``otherwise``: closed by status, not concerned, or never
    answered when the lead bureau let the inspection go on. ``due_on`` holds what is pending.
    """
    names = (*by, "decision", "lead_decision", "record__state", "record__plan__state", "due_on")
    found: dict[tuple[Any, ...], Counts] = defaultdict(lambda: Counts(CONFIRMATION_COUNTS))
    counted = rows.order_by().filter(COUNTED).values_list(*names).annotate(n=Count("pk"))
    for *values, n in counted:
        key, (decision, lead, record, plan, day) = tuple(values[: len(by)]), values[len(by) :]
        one = found[key]
        name = _confirmation_name(decision, lead, record == RecordState.CONFIRMING and plan != PlanState.CANCELLED)
        one.number.update({"sent": n, name: n})
        if name == "pending":
            one.due_on[day] += n
            one.number["late"] += n * (day < first_open)
    return dict(found)


def _confirmation_name(decision: str, lead: str, waiting: bool) -> str:
    if decision == Decision.CONFIRMED or lead == LeadDecision.KEEP:
        return "confirmed"
    if waiting and decision == Decision.PENDING:
        return "pending"
    return "sent_back" if waiting and not lead else "otherwise"


def total_of(counts: Iterable[Counts], names: Iterable[str]) -> Counts:
    """The sum over several keys."""
    total = Counts(names)
    for one in counts:
        total = total + one
    return total


def explained(counts: Counts) -> str:
    """Why 全部 is more than 应检, in words: ``含无检查事项 21 份``; empty when it is not."""
    parts = [f"{words} {counts[name]} 份" for name, words in (("no_items", "无检查事项"), ("not_mine", "不属本部门"))
             if counts[name]]  # fmt: skip
    return f"含{'、'.join(parts)}" if parts else ""
