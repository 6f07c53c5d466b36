"""Excel out: every text cell is text (quote prefix), never a formula; A4 landscape with a frozen head (trust.md X)."""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any, BinaryIO
from unicodedata import east_asian_width

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange

from publicity.exporters.rows import RESULT_HEADERS, RESULT_WIDTHS, result_row
from publicity.models import PublishedResult
from publicity.statistics import Column, Facts, Table, all_tables

MAX_CELL = 32_767
LINE_HEIGHT, MAX_HEIGHT = 14.0, 409.0  # points; the second is Excel's own limit
LINE = Side(style="thin", color="FF7F7F7F")
GRID = Border(left=LINE, right=LINE, top=LINE, bottom=LINE)
HEAD = PatternFill("solid", fgColor="FFE8ECF1")
BODY, BOLD = Font(name="宋体", size=10), Font(name="宋体", size=10, bold=True)
TITLE = Font(name="黑体", size=16, bold=True)
MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
RIGHT = Alignment(horizontal="right", vertical="center")
LONG_TEXT = {"任务", "对象范围", "条件", "各部门结果", "名单摘要", "种子", "结果摘要", "补抽和替换", "后续处置"}


def clean(text: str) -> str:
    """``text`` as a cell can hold it: no control characters, no lone surrogates, at most 32,767 long."""
    kept: str = ILLEGAL_CHARACTERS_RE.sub("", text.encode("utf-8", "ignore").decode())
    return kept[:MAX_CELL]


def text_cell(sheet: Any, value: str, **style: Any) -> WriteOnlyCell:
    """A cell that stays text whatever it starts with, in Excel's own way: string type and quote prefix."""
    cell = WriteOnlyCell(sheet, value=None)
    cell.value = clean(value)
    cell.data_type = "s"
    _dress(cell, **style)
    cell.quotePrefix = True
    return cell


def number_cell(sheet: Any, value: int | float, number_format: str = "0", **style: Any) -> WriteOnlyCell:
    """A number."""
    cell = WriteOnlyCell(sheet, value=value)
    _dress(cell, **{"alignment": RIGHT, **style})
    cell.number_format = number_format
    return cell


def _dress(cell: Any, font: Font = BODY, alignment: Alignment = LEFT, grid: bool = True, fill: Any = None) -> None:
    cell.font, cell.alignment = font, alignment
    if grid:
        cell.border = GRID
    if fill is not None:
        cell.fill = fill


def _sheet(book: Workbook, title: str, widths: list[int], head_rows: tuple[int, int], frozen: str) -> Any:
    """A sheet for A4 landscape, one page wide, its head repeated on every page and frozen on the screen."""
    sheet = book.create_sheet(title[:31])
    for index, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    sheet.freeze_panes = frozen
    sheet.print_title_rows = f"{head_rows[0]}:{head_rows[1]}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
    return sheet


def _merge(sheet: Any, first: int, last: int, row: int, row_to: int = 0) -> None:
    if last > first or row_to > row:
        sheet.merged_cells.add(CellRange(min_col=first, max_col=last, min_row=row, max_row=row_to or row).coord)


def _lines(text: str, width: float) -> int:
    """How many lines a text takes in a column ``width`` wide, a Chinese character being two wide."""
    room = max(width - 1, 1)
    parts = [sum(2 if east_asian_width(one) in "WFA" else 1 for one in part) for part in text.split("\n")]
    return sum(max(1, math.ceil(part / room)) for part in parts)


def _append(sheet: Any, cells: list[Any], widths: Sequence[float], row: int, line: float = LINE_HEIGHT) -> None:
    """Append a row as tall as its longest text: a written height, because office programs do not measure wrapped text
    of a file they did not write themselves."""
    texts = ((one.value, width) for one, width in zip(cells, widths, strict=False) if isinstance(one.value, str))
    tallest = max((_lines(text, width) for text, width in texts), default=1)
    sheet.row_dimensions[row].height = min(tallest * line + 4, MAX_HEIGHT)
    sheet.append(cells)
    del sheet.row_dimensions[row]  # written by now; kept, a row would cost a kilobyte of memory


def write_results(rows: Iterable[PublishedResult], target: BinaryIO) -> int:
    """抽查结果公示: the twelve columns, one row per enterprise and department; how many rows there were."""
    book = Workbook(write_only=True)
    sheet = _sheet(book, "检查结果公告", RESULT_WIDTHS, (1, 1), "A2")
    heads = [text_cell(sheet, name, font=BOLD, alignment=MIDDLE, fill=HEAD) for name in RESULT_HEADERS]
    _append(sheet, heads, RESULT_WIDTHS, 1)
    count = 0
    for count, row in enumerate(rows, 1):
        number, *texts = result_row(count, row)
        cells = [number_cell(sheet, int(number)), *(text_cell(sheet, str(one)) for one in texts)]
        _append(sheet, cells, RESULT_WIDTHS, count + 1)
    book.save(target)
    return count


def write_list(title: str, columns: list[tuple[str, int]], rows: Iterable[list[str | int]], target: BinaryIO) -> int:
    """Any list: a head of ``columns`` (heading, width), a row of cells each; how many rows there were."""
    book = Workbook(write_only=True)
    widths = [width for _, width in columns]
    sheet = _sheet(book, title, widths, (1, 1), "A2")
    heads = [text_cell(sheet, name, font=BOLD, alignment=MIDDLE, fill=HEAD) for name, _ in columns]
    _append(sheet, heads, widths, 1)
    count = 0
    for count, row in enumerate(rows, 1):
        cells = [number_cell(sheet, one) if isinstance(one, int) else text_cell(sheet, str(one)) for one in row]
        _append(sheet, cells, widths, count + 1)
    book.save(target)
    return count


def _width(column: Column, table: Table, index: int) -> int:
    if column.kind != "text":
        return 9
    if column.label in LONG_TEXT:
        return 34
    longest = max((len(str(row[index] or "")) for row in table.rows), default=0)
    return min(max(12, 2 * longest + 2), 26)


def _value(sheet: Any, cell: Any, column: Column, font: Font) -> WriteOnlyCell:
    if isinstance(cell, Fraction):
        return number_cell(sheet, float(cell), "0.0%", font=font)
    if isinstance(cell, int):
        return number_cell(sheet, cell, font=font)
    alignment = LEFT if column.kind == "text" else RIGHT
    return text_cell(sheet, "—" if cell is None else str(cell), font=font, alignment=alignment)


def _heads(sheet: Any, table: Table, row: int, widths: list[int]) -> None:
    """Two rows of headings: groups above, columns below; a column without a group spans both."""
    style = {"font": BOLD, "alignment": MIDDLE, "fill": HEAD}
    sheet.append([text_cell(sheet, column.group or column.label, **style) for column in table.columns])
    below = [text_cell(sheet, column.label if column.group else "", **style) for column in table.columns]
    _append(sheet, below, widths, row + 1)
    start = 1
    for index, column in enumerate(table.columns, 1):
        if not column.group:
            _merge(sheet, index, index, row, row + 1)
            start = index + 1
        elif index == len(table.columns) or table.columns[index].group != column.group:
            _merge(sheet, start, index, row)
            start = index + 1


def _statistics_sheet(book: Workbook, table: Table, facts: Facts, filled_on: dt.date) -> int:
    """One table: title, who reports and to which day, heads, rows, total, notes, who signs."""
    last = len(table.columns)
    widths = [_width(column, table, index) for index, column in enumerate(table.columns)]
    sheet = _sheet(book, f"{table.code} {table.title}", widths, (3, 4), "A5" if last < 12 else "B5")
    plain = {"grid": False}

    def line(text: str, row: int, height: float = LINE_HEIGHT, **style: Any) -> None:
        _append(sheet, [text_cell(sheet, text, **{**plain, **style})], [sum(widths)], row, height)

    mark = "演练　" if facts.plan.rehearsal else ""
    line(f"{mark}“双随机、一公开”部门联合抽查统计表　{table.title}", 1, 24, font=TITLE, alignment=MIDDLE)
    _merge(sheet, 1, last, 1)
    line(f"填报单位（盖章）：{facts.plan.lead.name}　　任务编号：{facts.plan.task_code}　　"
         f"统计截止日期：{facts.as_of:%Y年%-m月%-d日}", 2)  # fmt: skip
    _merge(sheet, 1, last, 2)
    _heads(sheet, table, 3, widths)
    for place, row in enumerate(table.rows, 5):
        cells = [_value(sheet, cell, column, BODY) for cell, column in zip(row, table.columns, strict=True)]
        _append(sheet, cells, widths, place)
    if table.total is not None:
        sheet.append(
            [_value(sheet, cell, column, BOLD) for cell, column in zip(table.total, table.columns, strict=True)]
        )
    at = 5 + len(table.rows) + (table.total is not None)
    signed = f"填报人：　　　　　　审核人：　　　　　　联系电话：　　　　　　填报日期：{filled_on:%Y年%-m月%-d日}"
    for text in [
        *(f"说明：{note}" if not index else f"　　　{note}" for index, note in enumerate(table.notes)),
        signed,
    ]:
        line(text, at)
        _merge(sheet, 1, last, at)
        at += 1
    return len(table.rows)


def write_statistics(facts: Facts, target: BinaryIO, *, grades: bool, filled_on: dt.date) -> int:
    """统计表: a sheet per table; how many rows there were. ``grades`` False leaves T3 and the grade column out."""
    book = Workbook(write_only=True)
    rows = sum(_statistics_sheet(book, table, facts, filled_on) for table in all_tables(facts, grades=grades))
    book.save(target)
    return rows
