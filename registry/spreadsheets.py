"""Rows of an uploaded .xlsx with the sheet's own row numbers, behind the guard; and templates to fill in.

The file is first checked by `xlsx_guard`, then read once, row by row, with openpyxl's read-only mode. A whole file
is refused with `SpreadsheetError`; a single cell that cannot be used becomes a `Problem` of its row, and reading
goes on, so that all problems of a file are known at once.
"""

import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from io import BytesIO
from itertools import chain, islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.worksheet.datavalidation import DataValidation

from registry.cells import (
    FORMULA,
    CellError,
    clean_text,
    date_reader,
    dates_reader,
    parse_date,
    to_code,
    to_phone,
    to_text,
)
from registry.xlsx_guard import DAMAGED, PartScan, SpreadsheetError, check_xlsx

__all__ = [
    "Header",
    "Kind",
    "Problem",
    "Row",
    "Sheet",
    "SpreadsheetError",
    "parse_date",
    "read_rows",
    "template_workbook",
]

if not openpyxl.DEFUSEDXML:
    raise ImportError("defusedxml is missing or switched off: openpyxl would expand XML entities of uploaded files")

HEADER_SEARCH = 20
EMPTY_ROWS_END = 1_000
KNOWN_TEXTS = 2_000
TEMPLATE_ROWS = 100_000
HINT_SHEET = "填写说明"
TOTALS = frozenset({"合计", "总计", "小计", "共计"})
_NOISE = re.compile(r"[\s*:\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
_BRACKETS = re.compile(r"(?<=.)[(\[【].*[)\]】]$")


class Kind(Enum):
    """How the cells of a column are read."""

    TEXT = "text"
    CODE = "code"
    PHONE = "phone"
    DATE = "date"
    DATES = "dates"


@dataclass(frozen=True, slots=True)
class Header:
    """A column that is looked for. `required` means that the column must be there, not that its cells must be filled.

    `words` are texts that a date column may hold besides dates, such as 长期. A column of `Kind.DATES` gives tuples.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = True
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class Problem(NamedTuple):
    """One cell (or, with an empty column, one row) that cannot be used."""

    row: int
    column: str
    message: str

    def __str__(self) -> str:
        return f"第{self.row}行 {self.column}: {self.message}" if self.column else f"第{self.row}行: {self.message}"


class Row(NamedTuple):
    """`number` is the sheet's own. `cells` has a key for every found column; a cell with a problem is None there."""

    number: int
    cells: dict[str, Any]
    problems: list[Problem]


@dataclass(slots=True)
class Sheet:
    """The first visible sheet: `columns` are the names of the found headers in the sheet's order, `ignored` notices
    for the person who uploads (other sheets, unknown columns, skipped totals); `header_row` is the number of the row
    of the headers and `width` the number of its last filled column."""

    name: str
    columns: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    header_row: int = 0
    width: int = 0


class _Column(NamedTuple):
    name: str
    index: int
    read: Callable[[object], object]
    known: dict[str, object]  # the results for the first texts: towns, grades and kinds repeat on every row


def read_rows(file: IO[bytes] | str | Path, headers: Sequence[Header], *, max_rows: int = 100_000) -> Sheet:
    """Read the first visible sheet of `file` (a path or a seekable binary file).

    Titles above the header row, reordered and extra columns, decorated headers and 合计 rows are tolerated. 1,000
    empty rows in a row end the sheet. Raises `SpreadsheetError` and nothing else, whatever the file holds.
    """
    if isinstance(file, str | Path):
        with Path(file).open("rb") as stream:
            return read_rows(stream, headers, max_rows=max_rows)
    scans = check_xlsx(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(file, scans, headers, max_rows)
    except SpreadsheetError:
        raise
    except Exception as error:
        # On damaged XML openpyxl raises whatever comes first: KeyError, TypeError, ParseError, AttributeError.
        raise SpreadsheetError(DAMAGED) from error
    finally:
        file.seek(0)


def _read(file: IO[bytes], scans: Mapping[str, PartScan], headers: Sequence[Header], max_rows: int) -> Sheet:
    with closing(openpyxl.load_workbook(file, read_only=True, keep_links=False)) as book:
        worksheet, notices = _first_visible(book)
        # The archive's part of the sheet is known to openpyxl alone; the guard has scanned it under that name.
        scan = scans.get(worksheet._worksheet_path)
        if scan is None:
            raise SpreadsheetError(DAMAGED)
        worksheet.reset_dimensions()  # some programs write a wrong <dimension>, which would cut columns off
        raw = _values(worksheet, with_formulas=scan.has_formula)
        sheet = Sheet(name=worksheet.title, ignored=notices)
        top = list(islice(raw, HEADER_SEARCH))
        header_row, columns = _find_header(sheet, top, headers, book.epoch)
        _refuse_merges(scan, header_row)
        if scan.has_hidden:
            sheet.ignored.append("表中有隐藏的行或列，也一并读取了")
        sheet.rows = list(_data_rows(sheet, chain(top[header_row:], raw), header_row, columns, max_rows))
        return sheet


def _first_visible(book: openpyxl.Workbook) -> tuple[Any, list[str]]:
    sheets = [sheet for sheet in book.worksheets if sheet.title != HINT_SHEET] or book.worksheets
    visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"]
    if not visible:
        raise SpreadsheetError("文件里没有可见的工作表，请取消隐藏后再上传")
    notices = []
    if others := [sheet.title for sheet in visible[1:]]:
        notices.append(f"只读取第一张工作表“{visible[0].title}”，未读取：{'、'.join(others)}")
    if hidden := [sheet.title for sheet in sheets if sheet.sheet_state != "visible"]:
        notices.append(f"隐藏的工作表未读取：{'、'.join(hidden)}")
    return visible[0], notices


def _values(worksheet: Any, *, with_formulas: bool) -> Iterator[tuple]:
    """Rows of plain values from row 1 on. A formula is told from a text that begins with “=” only by the cell's
    type, and cells cost more than values: the long way is taken only if the guard has seen a formula."""
    if not with_formulas:
        yield from worksheet.iter_rows(values_only=True)
        return
    for row in worksheet.iter_rows():
        yield tuple(FORMULA if cell.data_type == "f" else cell.value for cell in row)


def _find_header(
    sheet: Sheet, top: list[tuple], headers: Sequence[Header], epoch: datetime
) -> tuple[int, list[_Column]]:
    """The row number of the header and its columns: the first of the top rows that names the most headers."""
    names = {_normal(name): header for header in headers for name in (header.name, *header.aliases)}
    bare = {_BRACKETS.sub("", name): header for name, header in names.items()}
    matches = [[_header_of(cell, names, bare) for cell in row] for row in top]
    counts = [len({header.name for header in row if header}) for row in matches]
    if not counts or not max(counts):
        raise SpreadsheetError("没有找到表头，请下载模板，照模板的表头填写后再上传")
    at = counts.index(max(counts))
    found: dict[str, int] = {}
    for index, header in enumerate(matches[at]):
        if header and header.name in found:
            both = f"{get_column_letter(found[header.name] + 1)}列和{get_column_letter(index + 1)}列"
            raise SpreadsheetError(f"表头“{header.name}”出现了两次（{both}），请只留一列")
        if header:
            found[header.name] = index
    if missing := [header.name for header in headers if header.required and header.name not in found]:
        raise SpreadsheetError(f"缺少这些列：{'、'.join(missing)}。请下载模板，照模板的表头填写后再上传")
    extra = [_shown(cell) for cell, header in zip(top[at], matches[at], strict=True) if not header and _shown(cell)]
    if extra:
        sheet.ignored.append(f"不认识的列未读取：{'、'.join(extra[:20])}{'等' if len(extra) > 20 else ''}")
    by_name = {header.name: header for header in headers}
    sheet.columns = list(found)
    sheet.header_row = at + 1
    sheet.width = max(index for index, cell in enumerate(top[at], start=1) if cell is not None)
    return at + 1, [_Column(name, index, _reader(by_name[name], epoch), {}) for name, index in found.items()]


def _normal(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text))


def _header_of(cell: object, names: Mapping[str, Header], bare: Mapping[str, Header]) -> Header | None:
    if not isinstance(cell, str) or len(cell) > 200:
        return None
    text = _normal(cell)
    return names.get(text) or bare.get(_BRACKETS.sub("", text))


def _shown(cell: object) -> str:
    """A short form of an unknown header for a notice."""
    try:
        return clean_text(cell)[:20] if isinstance(cell, str) else ""
    except CellError:
        return "（乱码）"


def _reader(header: Header, epoch: datetime) -> Callable[[object], object]:
    if header.kind is Kind.DATE:
        return date_reader(epoch, header.words)
    if header.kind is Kind.DATES:
        return dates_reader(epoch, header.words)
    return {Kind.TEXT: to_text, Kind.CODE: to_code, Kind.PHONE: to_phone}[header.kind]


def _refuse_merges(scan: PartScan, header_row: int) -> None:
    for merge in scan.merges:
        if range_boundaries(merge)[3] >= header_row:
            raise SpreadsheetError(f"单元格 {merge} 是合并的，请取消合并并在每一格填上内容后再上传")


def _data_rows(
    sheet: Sheet, raw: Iterable[tuple], header_row: int, columns: list[_Column], max_rows: int
) -> Iterator[Row]:
    width = max(column.index for column in columns) + 1
    empty = count = 0
    for number, values in enumerate(raw, start=header_row + 1):
        if _is_empty(values):
            empty += 1
            if empty >= EMPTY_ROWS_END:
                return
            continue
        empty = 0
        if (label := _total_label(values)) is not None:
            sheet.ignored.append(f"第{number}行是“{label}”行，已跳过")
            continue
        count += 1
        if count > max_rows:
            raise SpreadsheetError(f"最多 {max_rows:,} 行，请分成几个文件上传")
        filled = values if len(values) >= width else values + (None,) * (width - len(values))
        yield _row(number, filled, columns)


def _is_empty(values: tuple) -> bool:
    for value in values:
        if value is not None and not (type(value) is str and (not value or value.isspace())):
            return False
    return True


def _total_label(values: tuple) -> str | None:
    """The word of a totals row: the first filled cell says 合计, also with spaces between or a colon."""
    for value in values:
        if value is not None and value != "":
            if type(value) is str and len(value) <= 12 and (text := _normal(value)) in TOTALS:
                return text
            return None
    return None


def _row(number: int, values: tuple, columns: list[_Column]) -> Row:
    cells: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, index, read, known in columns:
        value = values[index]
        try:
            if type(value) is not str:
                cells[name] = None if value is None else read(value)
            elif value in known:
                cells[name] = known[value]
            else:
                cells[name] = read(value)
                if len(known) < KNOWN_TEXTS:
                    known[value] = cells[name]
        except CellError as error:
            cells[name] = None
            problems.append(Problem(number, name, str(error)))
    return Row(number, cells, problems)


def template_workbook(headers: Sequence[Header], hints: Mapping[str, str]) -> bytes:
    """An empty .xlsx to fill in: a title line, the header row, every column in text format (Excel then leaves codes
    and dates as typed), `hints` by header name as input prompts and on a second sheet, which `read_rows` passes
    over."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("数据")
    sheet.freeze_panes = "A3"
    for index, header in enumerate(headers, start=1):
        letter = get_column_letter(index)
        sheet.column_dimensions[letter].number_format = "@"
        sheet.column_dimensions[letter].width = max(12, 2 * len(header.name) + 4)
        if hint := hints.get(header.name):
            prompt = DataValidation(showInputMessage=True, promptTitle=header.name[:32], prompt=hint[:255])
            prompt.add(f"{letter}3:{letter}{TEMPLATE_ROWS + 2}")
            sheet.data_validations.append(prompt)
    title = WriteOnlyCell(sheet, value=f"从第3行起每行填一条，表头不要改动；填写要求见“{HINT_SHEET}”")
    title.font = Font(color="FF666666")
    sheet.append([title])
    sheet.append([_header_cell(sheet, header.name) for header in headers])
    notes = book.create_sheet(HINT_SHEET)
    notes.column_dimensions["A"].width, notes.column_dimensions["B"].width = 24, 80
    notes.append([_header_cell(notes, "列名"), _header_cell(notes, "填写要求")])
    for header in headers:
        notes.append([header.name, hints.get(header.name, "")])
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _header_cell(sheet: Any, text: str) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=text)
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="FFE8EEF7")
    cell.alignment = Alignment(horizontal="center", vertical="center")
    cell.number_format = "@"
    return cell
