"""全部企业，抽中的亮出: one dot an enterprise in the order of the codes, as numbers for an inline SVG."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isqrt
from typing import Any

from sampling.models import Roster

COLUMNS, FEWEST, STEP, MOST = 58, 30, 14, 3000


@dataclass(frozen=True)
class Dot:
    """One enterprise: place in the picture, and its name when it was drawn."""

    x: int
    y: int
    name: str


@dataclass(frozen=True)
class Dots:
    """The picture: its size and dots; ``too_many`` leaves it out, a page stays small."""

    width: int
    height: int
    dots: list[Dot]
    total: int
    drawn: int

    @property
    def too_many(self) -> bool:
        """Whether the roster is too long for a picture."""
        return self.total > MOST

    @property
    def rest(self) -> int:
        """How many were not drawn."""
        return self.total - self.drawn


def dots_of(roster: Roster, strata: Iterable[Mapping[str, Any]]) -> Dots:
    """The picture of a roster with the drawn of ``strata`` (their ``main`` selections) named."""
    names = {row.enterprise.uscc: row.enterprise.name for one in strata for row in one["main"]}
    if roster.total > MOST:
        return Dots(0, 0, [], roster.total, len(names))
    lines = roster.files.get(name="roster").content.splitlines()[1:]
    columns = min(COLUMNS, max(FEWEST, isqrt(3 * len(lines))))
    dots = [
        Dot(
            STEP // 2 + place % columns * STEP,
            STEP // 2 + place // columns * STEP,
            names.get(line.split("\t", 1)[0], ""),
        )
        for place, line in enumerate(lines)
    ]
    rows = -(-len(lines) // columns)
    return Dots(columns * STEP, rows * STEP, dots, len(lines), len(names))
