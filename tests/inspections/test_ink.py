"""What makes a signature is the length of its ink, in one stroke or in many; phone and server have one rule."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from inspections import ink
from inspections.services.drawing import AGAIN, read_drawing
from registry.errors import DomainError

PAD = Path(__file__).resolve().parents[2] / "static" / "js" / "phone" / "pad.js"
WAVE = [[20 + i * 5, 60 + int(30 * math.sin(i / 3)), i * 20] for i in range(60)]


def drawing(*strokes: list[list[int]]) -> dict[str, object]:
    return {"width": 340, "height": 180, "strokes": list(strokes)}


@pytest.mark.parametrize(
    "strokes",
    [
        (WAVE,),  # a name in one line, the finger never lifted
        ([[10, 10, 0], [10 + ink.LEAST_INK, 10, 9]],),
        ([[0, 0, 0], [20, 0, 1]], [[0, 9, 2], [20, 9, 3]]),
        ([[9, 0, 0], [9, 5, 1]],) * 9,
    ],
)
def test_enough_ink_is_a_signature(strokes: tuple[list[list[int]], ...]) -> None:
    assert read_drawing(drawing(*strokes)).length >= ink.LEAST_INK


@pytest.mark.parametrize(
    "strokes",
    [
        ([[10, 10, 0]],),
        ([[10, 10, 0]],) * 50,  # many dots are no name
        ([[10, 10, 0], [9 + ink.LEAST_INK, 10, 9]],),
        ([[0, 0, 0], [20, 0, 1]], [[0, 9, 2], [19, 9, 3]]),
    ],
)
def test_too_little_ink_is_none_however_often_the_finger_came_down(strokes: tuple[list[list[int]], ...]) -> None:
    with pytest.raises(DomainError) as refused:
        read_drawing(drawing(*strokes))
    assert refused.value.message == AGAIN


def test_the_phone_has_the_same_numbers_and_words() -> None:
    text = PAD.read_text(encoding="utf-8")
    numbers = dict(re.findall(r"const (LEAST_INK|MOST_POINTS) = (\d+);", text))
    assert numbers == {"LEAST_INK": str(ink.LEAST_INK), "MOST_POINTS": str(ink.MOST_POINTS)}
    assert text.count(f'"{AGAIN}"') == 1
