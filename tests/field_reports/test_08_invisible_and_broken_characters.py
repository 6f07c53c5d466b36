"""Marks that nobody sees were stored in names, and counted in codes (“有19位” to somebody who sees 18)."""

import pytest

from tests.factories import uscc
from tests.field_reports.registry_files import problems, store, stored
from tests.registry import files

pytestmark = pytest.mark.usefixtures("registry_data")
UNSEEN = [
    "\ufe0f",
    "\U000e0100",
    "\u034f",
    "\u061c",
    "\u3164",
    "\uffa0",
    "\u2800",
    "\U000e0041",
    "\u200b",
    "\u180b",
    "\u115f",
    "\ufff9",
]
BROKEN = ["\ufffd", "\ufffc", "\ufdd0", "\U0001ffff"]


@pytest.mark.parametrize("mark", UNSEEN)
def test_unseen_marks_are_taken_away_everywhere(mark: str) -> None:
    code = uscc(900_001)
    store(
        files.enterprise(
            1,
            统一社会信用代码=code[:9] + mark + code[9:],
            名称=f"宽城{mark}网吧",
            住所=f"街{mark}1号",
            联系电话=f"139{mark}00000001",
        )
    )
    found = [stored(name) for name in ("uscc", "name", "address", "contact_phone")]
    assert found == [[code], ["宽城网吧"], ["街1号"], ["13900000001"]]


@pytest.mark.parametrize("sign", BROKEN)
def test_broken_characters_are_refused_with_their_place(sign: str) -> None:
    code = uscc(900_001)
    words = f"个字是乱码（U+{ord(sign):04X}），请对照原件改正"
    assert problems(files.enterprise(1, 统一社会信用代码=code[:9] + sign + code[9:], 名称=f"宽城{sign}网吧")) == [
        f"第2行 统一社会信用代码: 第10{words}",
        f"第2行 名称: 第3{words}",
    ]
