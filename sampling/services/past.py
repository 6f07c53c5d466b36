"""What the past does to a draw (draw.md §4): classes of recently inspected enterprises, and yearly caps.

Read at the freeze from `registry.PastInspection` and from the draws of this system, without rehearsals and void draws:
"drawn and not replaced" counts, also before anybody came. A joint visit of several departments on one day is one
inspection (国办发〔2024〕54号: 频次上限, 跨部门联合检查).
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from django.db.models import BooleanField, Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from registry.models import PastInspection
from sampling.enums import DrawEventKind, ExcludeReason, PickKind, Stream
from sampling.models import DrawEvent, Selection
from sampling.quotas import shares
from sampling.services.rates import rate_text
from sampling.strata import RECENT


@dataclass(frozen=True)
class Past:
    """Which past counts: ``months`` back (0 = not looked at), ``caps`` a year by grade, ``lenient``: over the cap only
    warns, since the plan gives a reason."""

    months: int = 0
    caps: Mapping[str, int] = field(default_factory=dict)
    lenient: bool = False


@dataclass(frozen=True)
class ClassLine:
    """One class of a grade: its stratum, size, weight, and the exact expected number of drawn."""

    grade: str
    stratum: str
    size: int
    weight: int
    expected: Fraction

    @property
    def recent(self) -> bool:
        """Whether these were inspected or drawn lately."""
        return self.stratum.endswith(RECENT)

    @property
    def words(self) -> str:
        """How many will be drawn: ``3 家``, or ``3 或 4 家，平均 3.33 家``."""
        low, rest = divmod(self.expected.numerator, self.expected.denominator)
        if not rest:
            return f"{low} 家"
        hundredths = (self.expected.numerator * 200 + self.expected.denominator) // (2 * self.expected.denominator)
        return f"{low} 或 {low + 1} 家，平均 {hundredths // 100}.{hundredths % 100:02d} 家"

    @property
    def chance(self) -> str:
        """The exact probability of one enterprise of the class, as it would be typed."""
        return rate_text(self.expected / self.size) if self.size else "0"


def months_before(day: dt.date, months: int) -> dt.date:
    """The same day ``months`` earlier, or the last day of that month."""
    total = day.year * 12 + day.month - 1 - months
    first = dt.date(total // 12, total % 12 + 1, 1)
    following = dt.date((total + 1) // 12, (total + 1) % 12 + 1, 1)
    return first.replace(day=min(day.day, (following - first).days))


def _drawn_since(day: dt.date) -> QuerySet[Selection]:
    """Selections in play of draws since ``day``: drawn or called up, not taken out, not void, no rehearsal."""
    void = DrawEvent.objects.filter(draw=OuterRef("draw"), kind=DrawEventKind.VOID)
    rows = Selection.objects.filter(
        enterprise=OuterRef("pk"), draw__roster__stream=Stream.MAIN, draw__drawn_at__date__gte=day
    )
    return rows.filter(Q(kind=PickKind.MAIN) | Q(in_events__isnull=False), ~Exists(void), out_events__isnull=True)


def with_past(rows: QuerySet[Any], past: Past, on: dt.date) -> QuerySet[Any]:
    """Annotate ``year_count`` and ``recent`` as ``past`` asks; constants where it does not."""
    own = PastInspection.objects.filter(enterprise=OuterRef("pk"), day__lte=on)
    count: Any = Value(0)
    if past.caps:
        year = own.filter(day__year=on.year).order_by().values("enterprise").annotate(n=Count("day", distinct=True))
        count = Coalesce(Subquery(year.values("n"), output_field=IntegerField()), 0)
    recent: Any = Value(False, output_field=BooleanField())
    if past.months:
        since = months_before(on, past.months)
        recent = Exists(own.filter(day__gt=since)) | Exists(_drawn_since(since))
    return rows.annotate(year_count=count, recent=recent)


def cap_cases(past: Past) -> list[When]:
    """The exclusions with reason ``cap``; none where the plan gives a reason to go over it."""
    if past.lenient:
        return []
    return [
        When(_grade(code) & Q(year_count__gte=cap), then=Value(ExcludeReason.CAP.value))
        for code, cap in sorted(past.caps.items())
    ]


def _grade(code: str) -> Q:
    return Q(grade__isnull=True) if code == "N" else Q(grade=code)


def class_lines(
    past: Past,
    classed: frozenset[str],
    weights: tuple[int, int],
    numbers: Mapping[str, int],
    cells: Mapping[tuple[str, bool, int], int],
) -> list[ClassLine]:
    """The classes of every grade that has them. ``numbers``: how many each grade draws; ``cells``: (grade, recent,
    count this year) → enterprises in scope; ``weights``: (other, recent)."""
    if not past.months:
        return []
    found = []
    for grade in sorted(classed & set(numbers)):
        sizes = [sum(n for (code, recent, _), n in cells.items() if code == grade and recent == wanted)
                 for wanted in (False, True)]  # fmt: skip
        for recent, expected in enumerate(shares(numbers[grade], sizes, weights)):
            stratum = grade + (RECENT if recent else "")
            found.append(ClassLine(grade, stratum, sizes[recent], weights[recent], expected))
    return found


def cap_warnings(past: Past, cells: Mapping[tuple[str, bool, int], int]) -> list[str]:
    """Who reaches the cap with this inspection, and who is over it although listed, in words."""
    last: Counter[str] = Counter()
    over: Counter[str] = Counter()
    for (grade, _, count), number in cells.items():
        cap = past.caps.get(grade)
        if cap is not None and count >= cap:
            over[grade] += number
        elif cap is not None and cap > 1 and count == cap - 1:
            last[grade] += number
    label = {grade: "未评级" if grade == "N" else f"{grade}级" for grade in past.caps}
    found = [f"{label[one]}有 {last[one]} 家再检查一次就达到本年上限 {past.caps[one]} 次" for one in sorted(last)]
    found += [
        f"{label[one]}有 {over[one]} 家已达到本年上限 {past.caps[one]} 次，按写明的理由仍列入" for one in sorted(over)
    ]
    return found
