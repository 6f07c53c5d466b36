"""A copy of an uploaded file with a red 错误说明 column: to be mended row by row and uploaded again."""

import datetime as dt
from contextlib import closing
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font, PatternFill

from registry.formulas import is_formula
from registry.importers.reading import Reading, Source
from registry.spreadsheets import SpreadsheetError
from registry.xlsx_guard import DAMAGED

COLUMN = "错误说明"
MAX_COLUMNS = 100
RED = "FFB42318"


def error_copy(file: Source, reading: Reading) -> bytes:
    """The first visible sheet of ``file`` as values, every row at its own number, with the problems of ``reading``
    in red. ``file`` must be the one that ``reading`` was read from (it has passed the guard)."""
    try:
        return _copy(file, reading)
    except Exception as error:
        raise SpreadsheetError(DAMAGED) from error


def _copy(file: Source, reading: Reading) -> bytes:
    words: dict[int, list[str]] = {}
    for problem in reading.problems:
        words.setdefault(problem.row, []).append(f"{problem.column}：{problem.message}")
    last = max(words, default=0)
    book = openpyxl.Workbook(write_only=True)
    target = book.create_sheet("数据")
    with closing(openpyxl.load_workbook(file, read_only=True, keep_links=False)) as source:
        sheet = source[reading.sheet.name]
        sheet.reset_dimensions()
        limit = max(last, reading.sheet.header_row + reading.total)
        place = min(reading.sheet.width, MAX_COLUMNS)
        for number, row in enumerate(sheet.iter_rows(max_row=limit + 200), start=1):
            cells = [_value(target, cell) for cell in row[:place]]
            if number == reading.sheet.header_row:
                cells += [None] * (place - len(cells)) + [_red(target, COLUMN, bold=True)]
            elif number in words:
                cells += [None] * (place - len(cells)) + [_red(target, "；".join(words[number]))]
            target.append(cells)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def _value(sheet: Any, cell: Any) -> Any:
    """The value as text that no program takes for a formula; dates and numbers stay what they are."""
    value = cell.value
    if value is None or isinstance(value, bool | int | float | dt.date | dt.time | dt.timedelta):
        return value
    return _text(sheet, str(value))


def _text(sheet: Any, value: str) -> WriteOnlyCell:
    clean = ILLEGAL_CHARACTERS_RE.sub("", value).encode("utf-8", "ignore").decode("utf-8")[:32_000]
    cell = WriteOnlyCell(sheet)
    cell.value = clean
    cell.data_type = "s"  # also for “=…”: openpyxl would write a formula
    cell.number_format = "@"
    if is_formula(clean):
        cell.quotePrefix = True
    return cell


def _red(sheet: Any, value: str, *, bold: bool = False) -> WriteOnlyCell:
    cell = _text(sheet, value)
    cell.font = Font(color=RED, bold=bold)
    cell.fill = PatternFill("solid", fgColor="FFFDE8E7")
    return cell
