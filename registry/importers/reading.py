"""The frame of every registry importer: rows of a sheet → clean rows, problems, duplicates by row number."""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import IO, Any

from registry.numbers import identity_numbers
from registry.spreadsheets import Header, Problem, Row, Sheet, read_rows
from registry.text import name

Source = IO[bytes] | str | Path

EMPTY = "没有填写"
PHONE = re.compile(r"\d{3,12}(-\d{1,8}){0,3}")
MOBILE = re.compile(r"1\d{10}")
_SPLIT = re.compile(r"[、/；;,，]")
_BLANK = re.compile(r"\s+")


class Wrong(ValueError):
    """A cell that cannot be used; ``str()`` says why and what to do."""


@dataclass(slots=True)
class Reading:
    """A read file: clean ``rows``, the ``problems`` of all others in order, ``total`` rows, notices of the reader, and
    for each wrong row what names it (``labels``: row → (name, code) as typed)."""

    sheet: Sheet
    rows: list[Any] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    labels: dict[int, tuple[str, str]] = field(default_factory=dict)
    total: int = 0

    @property
    def wrong(self) -> int:
        """How many rows have a problem."""
        return len(self.labels)

    @property
    def notices(self) -> list[str]:
        """What the reader passed over (other sheets, unknown columns, totals)."""
        return self.sheet.ignored


class Cleaner(ABC):
    """Cleans the rows of one kind of file. ``columns``: header → function from the raw value to the clean one, which
    raises `Wrong`; ``key`` is the column that names a row, ``title`` the one that people know it by."""

    headers: Sequence[Header]
    key: str
    title: str
    columns: Mapping[str, Callable[[Any], Any]]

    def check_columns(self, found: Sequence[str]) -> None:
        """Refuse a set of columns that makes no sense together. Raises SpreadsheetError."""
        return

    @abstractmethod
    def build(self, number: int, cells: dict[str, Any], wrong: set[str], report: Callable[[str, str], None]) -> Any:
        """The clean row from clean cells; ``wrong`` are columns that already have a problem, ``report(column,
        message)`` adds one."""


def read_file(file: Source, cleaner: Cleaner, max_rows: int) -> Reading:
    """Read ``file`` with ``cleaner``; never stops at the first wrong row."""
    sheet = read_rows(file, cleaner.headers, max_rows=max_rows)
    cleaner.check_columns(sheet.columns)
    reading = Reading(sheet)
    order = {header.name: place for place, header in enumerate(cleaner.headers)}
    seen: dict[Any, int] = {}
    for row in sheet.rows:
        reading.total += 1
        problems = list(row.problems)
        cells = _clean_cells(row, cleaner, problems)
        key = cells.get(cleaner.key)
        if key is not None and seen.setdefault(key, row.number) != row.number:
            problems.append(Problem(row.number, cleaner.key, f"与第{seen[key]}行重复，请删去一行"))

        def report(column: str, message: str, row: Row = row, problems: list[Problem] = problems) -> None:
            problems.append(Problem(row.number, column, message))

        built = cleaner.build(row.number, cells, {problem.column for problem in problems}, report)
        if problems:
            problems.sort(key=lambda problem: order.get(problem.column, -1))
            reading.problems += problems
            reading.labels[row.number] = (_typed(row, cleaner.title), _typed(row, cleaner.key))
        else:
            reading.rows.append(built)
    sheet.rows = []  # the clean rows stand for them; a large file is held once
    return reading


def _clean_cells(row: Row, cleaner: Cleaner, problems: list[Problem]) -> dict[str, Any]:
    bad = {problem.column for problem in problems}
    cells: dict[str, Any] = {}
    for column, value in row.cells.items():
        if column in bad:
            continue
        try:
            cells[column] = cleaner.columns[column](value)
        except Wrong as error:
            problems.append(Problem(row.number, column, str(error)))
    return cells


def _typed(row: Row, column: str) -> str:
    value = row.cells.get(column)
    return "" if value is None else str(value)[:100]


# ------------------------------------------------------------------------------------------------- column functions


def remembered(clean: Callable[[Any], Any], limit: int = 5_000) -> Callable[[Any], Any]:
    """``clean`` with its answers kept: towns, kinds and grades repeat on every row."""
    known: dict[Any, Any] = {}

    def read(value: Any) -> Any:
        try:
            return known[value]
        except KeyError:
            answer = clean(value)
            if len(known) < limit:
                known[value] = answer
            return answer

    return read


def text(limit: int, *, required: bool = False, named: bool = False) -> Callable[[str | None], str]:
    """Text of at most ``limit`` characters; ``named`` columns hold names of people or enterprises."""

    def clean(value: str | None) -> str:
        if not value:
            if required:
                raise Wrong(EMPTY)
            return ""
        if len(value) > limit:
            raise Wrong(f"有{len(value)}个字，最多{limit}个字，请缩短")
        return name(value) if named else value

    return clean


def refuse_identity(value: str) -> None:
    """Refuse an identity number in a column of other long numbers: 18 digits with a fitting check digit."""
    if identity_numbers(value, certain=True):
        raise Wrong("含有身份证号，这里不需要也不得填写，请删除")


def phone(limit: int) -> Callable[[str | None], str]:
    """One or several telephone numbers joined by 、 in their normal form."""

    def clean(value: str | None) -> str:
        if not value:
            return ""
        plain = unicodedata.normalize("NFKC", value).translate(str.maketrans("－—–()", "-----"))
        numbers = [part.strip("-") for part in _SPLIT.split(_BLANK.sub("", plain)) if part.strip("-")]
        for place, number in enumerate(numbers):
            digits = number.replace("-", "")
            if MOBILE.fullmatch(digits):
                numbers[place] = digits
            elif not (PHONE.fullmatch(number) and len(digits) >= 5):
                raise Wrong(f"“{value[:30]}”不是电话号码，请填11位手机号，或带区号的座机号如 0314-6862000")
        joined = "、".join(numbers)
        if len(joined) > limit:
            raise Wrong(f"号码太多（{len(numbers)}个），请留最常用的一个")
        return joined

    return clean


def past_day(value: date | None, today: date, *, required: bool) -> date | None:
    """A day that is not in the future."""
    if value is None:
        if required:
            raise Wrong(EMPTY)
        return None
    if value > today:
        raise Wrong(f"{value}在今天（{today}）之后，请核对")
    return value


def normal_word(value: str) -> str:
    """A word as it is compared: half-width, capitals, without spaces."""
    return _BLANK.sub("", unicodedata.normalize("NFKC", value)).upper()


def choice(words: Mapping[str, Any], shown: Sequence[str], what: str) -> Callable[[str | None], Any]:
    """One of ``words`` (normal form → value); ``shown`` are the ways of writing that a refusal names."""

    def clean(value: str | None) -> Any:
        if not value:
            raise Wrong(EMPTY)
        found = words.get(normal_word(value))
        if found is None:
            raise Wrong(unknown_word(value, shown, what))
        return found

    return remembered(clean)


def unknown_word(value: str, shown: Sequence[str], what: str) -> str:
    """“歌午娱乐”不在行业表里，多半是“歌舞娱乐场所”; with few words all of them are named."""
    text_shown = value if len(value) <= 30 else f"{value[:30]}…"
    close = get_close_matches(value[:30], shown, n=1, cutoff=0.5)
    if close:
        return f"“{text_shown}”不在{what}里，多半是“{close[0]}”"
    return f"“{text_shown}”不在{what}里，请填{'、'.join(shown[:12])}之一" if shown else f"“{text_shown}”不在{what}里"
