"""One spreadsheet cell → one clean value. Pure: a value as openpyxl gives it in, `str` or `date` out, or a
`CellError`.

What people see in a cell and what the file holds differ: numbers for codes, serials for dates, invisible characters
pasted from web pages and phones. Harmless decoration is removed, anything that would change the meaning is refused
in words.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from openpyxl.cell.cell import ERROR_CODES
from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel

from registry.numbers import identity_numbers
from registry.text import TextError, stored
from registry.uscc import LOST_DIGITS

MAX_TEXT = 2_000
DATE_EXAMPLE = "请写成 2024-06-01 这样的年月日"
FIRST_YEAR, LAST_YEAR = 1900, 2199
FIRST_SERIAL = 10_000  # 1927; smaller numbers in a date column are years or slips, not days

FORMULA: Final = object()
"""Stands for the value of a cell that holds a formula."""

_ERRORS = frozenset(ERROR_CODES) | {"#SPILL!", "#CALC!", "#GETTING_DATA"}
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")  # Excel's own way of writing a control character
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+?[0-9]{1,2}")
_PHONE_NOISE = re.compile(r"\s+|^(\+|00)86-?")
_CLOCK = r"(?:[ T]*\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?)?"
_DATE = re.compile(rf"(\d+)(?:[-/.](\d{{1,2}})[-/.](\d{{1,2}})| ?年 ?(\d{{1,2}}) ?月 ?(\d{{1,2}}) ?[日号]){_CLOCK}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL = re.compile(r"[1-9]\d{4}(\.0+)?")
_MONTH_ONLY = re.compile(r"\d{4}(?:[-/.]\d{1,2}|年\d{1,2}月)")
_DAY_LAST = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")


class CellError(ValueError):
    """The cell cannot be used; `str()` is the Chinese reason and what to do."""


def clean_text(value: str) -> str:
    """`value` as it is stored (`registry.text.stored`): one line in NFC without invisible marks.

    Raises `CellError` for characters that cannot be stored, error values and more than `MAX_TEXT` characters.
    """
    if "_x" in value:
        value = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)
    try:
        value = stored(value)
    except TextError as error:
        raise CellError(str(error)) from None
    if len(value) > MAX_TEXT:
        raise CellError(f"内容过长（{len(value)} 字），请缩短到 {MAX_TEXT} 字以内")
    if value[:1] == "#" and value in _ERRORS:
        raise CellError(f"是错误值 {value}，请改正后粘贴为值")
    return value


def to_code(value: object) -> str | None:
    """A code of digits and letters, as text. A number of 16 digits or more has lost its last digits and is
    refused."""
    text = clean_text(value) if type(value) is str else _text_of(value)
    if text and _SCIENTIFIC.fullmatch(text):
        raise CellError(LOST_DIGITS)
    return text or None


def to_text(value: object) -> str | None:
    """Ordinary text. Identity numbers in any spelling are refused: nothing in the registry needs them (个人信息保护法
    第六条)."""
    text = clean_text(value) if type(value) is str else _text_of(value)
    if found := identity_numbers(text):
        what = "像是" if found[0] == (0, len(text)) else "含有"
        raise CellError(f"{what}身份证号，这里不需要也不得填写，请删除")
    return text or None


def to_phone(value: object) -> str | None:
    """A telephone number as text, without spaces and the country code 86."""
    text = to_text(value)
    return _PHONE_NOISE.sub("", text) or None if text else None


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if value is FORMULA:
        raise CellError("含公式，请粘贴为值")
    if type(value) is bool:
        raise CellError(f"是逻辑值 {str(value).upper()}，请填写文字")
    if isinstance(value, int | float):
        if abs(value) >= 1e15:
            raise CellError(LOST_DIGITS)
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, date):
        raise CellError(f"被 Excel 存成日期 {value.strftime('%Y-%m-%d')}，请把该列设为文本后重新填写")
    raise CellError("不是文字，请把该列设为文本后重新填写")


def date_reader(epoch: datetime, words: tuple[str, ...] = ()) -> Callable[[object], date | str | None]:
    """A function from a cell to a date. `words` (such as 长期) are returned as they are; with words, a date in the
    year 9999 is the first of them, as in real templates (9999-09-09 = 长期)."""

    def read(value: object) -> date | str | None:
        if value is None:
            return None
        if type(value) is str:
            value = clean_text(value)
            if not value or value in words:
                return value or None
        if words and _is_endless(value):
            return words[0]
        return parse_date(value, epoch)

    return read


def dates_reader(epoch: datetime, words: tuple[str, ...] = ()) -> Callable[[object], tuple[date | str, ...] | None]:
    """As `date_reader`, for a cell with one or several dates joined by 、; a tuple out."""
    read = date_reader(epoch, words)

    def read_all(value: object) -> tuple[date | str, ...] | None:
        parts = clean_text(value).split("、") if type(value) is str else [value]
        found = [read(part) for part in parts]
        if len(found) > 1 and None in found:
            raise CellError(f"第{found.index(None) + 1}个日期为空，几个日期之间用一个“、”隔开")
        return None if found == [None] else tuple(found)  # type: ignore[arg-type]

    return read_all


def parse_date(value: object, epoch: datetime = WINDOWS_EPOCH) -> date:
    """The day that a cell means: a date, a serial number counted from `epoch`, or text in any usual Chinese form.

    Text: 2024-6-1, 2024/6/1, 2024.6.1, 2024年6月1日, 20240601, each with or without a time of day, or a serial as
    text. Raises `CellError` for anything else, for days that do not exist and for years outside 1900–2199.
    """
    if isinstance(value, datetime):
        return _in_range(value.date())
    if isinstance(value, date):
        return _in_range(value)
    if type(value) is str:
        return _date_from_text(unicodedata.normalize("NFKC", clean_text(value)).strip(), epoch)
    if isinstance(value, int | float) and type(value) is not bool:
        return _date_from_number(value, epoch)
    if value is FORMULA:
        raise CellError("含公式，请粘贴为值")
    raise CellError(f"不是日期，{DATE_EXAMPLE}")


def _date_from_text(text: str, epoch: datetime) -> date:
    if found := _DATE.fullmatch(text):
        year, *rest = (part for part in found.groups() if part is not None)
        if len(year) != 4 and not _DAY_LAST.fullmatch(text):
            raise CellError(f"年份“{year}”不对，应为四位数，{DATE_EXAMPLE}")
        if len(year) == 4:
            return _make(int(year), int(rest[0]), int(rest[1]))
    if found := _COMPACT.fullmatch(text):
        return _make(int(found[1]), int(found[2]), int(found[3]))
    if _SERIAL.fullmatch(text):
        return _date_from_number(float(text), epoch)
    if _MONTH_ONLY.fullmatch(text):
        raise CellError(f"“{text}”没有写日，{DATE_EXAMPLE}")
    if _DAY_LAST.fullmatch(text):
        raise CellError(f"“{text}”分不清年月日，{DATE_EXAMPLE}")
    shown = text if len(text) <= 20 else f"{text[:20]}…"
    raise CellError(f"“{shown}”不是日期，{DATE_EXAMPLE}")


def _date_from_number(value: float, epoch: datetime) -> date:
    if abs(value) < 1e9 and (found := _COMPACT.fullmatch(f"{value:.0f}")):
        return _make(int(found[1]), int(found[2]), int(found[3]))
    try:
        moment = from_excel(value, epoch) if value >= FIRST_SERIAL else None
    except (OverflowError, ValueError):
        moment = None
    if not isinstance(moment, datetime):
        raise CellError(f"数字 {value:g} 不是日期，{DATE_EXAMPLE}")
    return _in_range(moment.date())


def _make(year: int, month: int, day: int) -> date:
    try:
        made = date(year, month, day)
    except ValueError:
        raise CellError(f"没有{year}年{month}月{day}日这一天，{DATE_EXAMPLE}") from None
    return _in_range(made)


def _in_range(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CellError(f"年份{day.year:04d}不对，应在{FIRST_YEAR}到{LAST_YEAR}之间，请核对")
    return day


def _is_endless(value: object) -> bool:
    return value.year == 9999 if isinstance(value, date) else str(value).startswith("9999")
