"""Two guards against formulas differed, and both let a line end or a no-break space in front pass."""

from __future__ import annotations

import io

import openpyxl
import pytest

from registry.formulas import csv_cell, is_formula
from registry.importers import error_copy
from tests.field_reports.registry_files import read
from tests.house_rules import BASE
from tests.registry import files

BEFORE = ["", " ", "\t", "\r", "\n", "\xa0", "\u3000", "\u200b", "\ufeff", "\x00", " \xa0\n"]
SIGNS = ["=1+1", "+1", "-1+1", "@x", "＝1", "＋1", "－1", "＠x", "﹦1", "﹢1", "﹣1", "﹫x", "−1"]


@pytest.mark.parametrize("before", BEFORE)
@pytest.mark.parametrize("sign", SIGNS)
def test_every_beginning_is_guarded(before: str, sign: str) -> None:
    assert csv_cell(before + sign) == f"'{before}{sign}"


@pytest.mark.parametrize("text", ["宽城网吧", "1=1", "a-b", "（=1）", "", " ", "2024-06-03", "—", "’=1"])
def test_other_text_is_left(text: str) -> None:
    assert (csv_cell(text), is_formula(text)) == (text, False)


def test_a_tab_or_line_end_in_front_is_guarded_whatever_follows() -> None:
    assert [csv_cell(sign + "x") for sign in "\t\r\n\0"] == ["'\tx", "'\rx", "'\nx", "'\0x"]


@pytest.mark.usefixtures("registry_data")
@pytest.mark.parametrize("text", [" =1+1", "＝1", "\xa0@x"])
def test_the_copy_with_the_errors(text: str) -> None:
    row = files.enterprise(1, 名称=text, 成立日期="不是日期")
    book = openpyxl.load_workbook(io.BytesIO(error_copy(io.BytesIO(files.book(row)), read(row))))
    cell = next(one for one in book.active[2] if one.value == text)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_there_is_one_guard() -> None:
    """Whoever writes CSV does it through ``csv_cell``."""
    product = [
        path for app in ("registry", "sampling", "inspections", "publicity") for path in (BASE / app).rglob("*.py")
    ]
    writers = [path for path in product if "csv.writer(" in path.read_text(encoding="utf-8")]
    assert {path.name for path in writers} == {"as_csv.py", "showing.py"}
    assert all("csv_cell(cell)" in path.read_text(encoding="utf-8") for path in writers)
