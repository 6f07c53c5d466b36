"""全部企业，抽中的亮出: dots in the order of the codes, as numbers for an inline SVG.

Up to MOST enterprises a dot is one enterprise. Above that a dot stands for ``per`` neighbours and lights up when one of
them was drawn, so that a page stays small; it says so.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from math import isqrt

from sampling.models import Draw, Selection

COLUMNS, FEWEST, TALL, STEP, MOST = 58, 30, 10, 14, 3000


@dataclass(frozen=True)
class Dot:
    """Place in the picture; ``order`` from 1 when drawn (0: not), and then what to call it."""

    x: int
    y: int
    order: int
    name: str


@dataclass(frozen=True)
class Dots:
    """The picture: its size and dots, how many enterprises a dot stands for."""

    width: int
    height: int
    dots: list[Dot]
    total: int
    drawn: int
    per: int

    @property
    def rest(self) -> int:
        """How many enterprises were not drawn."""
        return self.total - self.drawn

    @property
    def compact(self) -> bool:
        """Whether a dot stands for several enterprises."""
        return self.per > 1


def dots_of(draw: Draw, picks: Iterable[Selection], *, tall: bool = False, hidden: bool = False) -> Dots:
    """The picture of a draw in which ``picks`` light up in their order; ``tall`` for a screen of its own.

    ``hidden`` (a sealed draw before its reveal): no names, and the places in an order that only the seed gives, which
    the room does not know, so that nobody can tell from a place which enterprise it is.
    """
    order = {
        row.enterprise.uscc: (number, "" if hidden else row.enterprise.name) for number, row in enumerate(picks, 1)
    }
    codes = [line.split("\t", 1)[0] for line in draw.roster.files.get(name="roster").content.splitlines()[1:]]
    if hidden:
        codes.sort(key=lambda code: hashlib.sha256(f"{draw.seed}/place/{code}".encode()).digest())
    per = -(-len(codes) // MOST) or 1
    places = -(-len(codes) // per)
    columns = max(TALL, isqrt(17 * places // 10)) if tall else min(COLUMNS, max(FEWEST, isqrt(3 * places)))
    dots = []
    for place in range(places):
        lit = [order[code] for code in codes[place * per : (place + 1) * per] if code in order]
        number, name = min(lit, default=(0, ""))
        words = f"{name}等 {len(lit)} 家" if name and len(lit) > 1 else name
        dots.append(Dot(STEP // 2 + place % columns * STEP, STEP // 2 + place // columns * STEP, number, words))
    return Dots(columns * STEP, -(-places // columns) * STEP, dots, len(codes), len(order), per)
