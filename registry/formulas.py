"""What a spreadsheet would take for something else than the text it is. Pure; one rule for every file that goes out.

A formula runs; a long number loses its last digits. In CSV the first gets an apostrophe, the second a tab behind it:
the cell then is text in Excel and WPS (quotes alone do not help, and ``="…"`` is a formula itself), and a program that
strips blanks reads the number unchanged. In .xlsx cells have a type, and formulas a quote prefix.
"""

import re
import unicodedata

from registry.text import IGNORABLE

FORMULA_SIGNS = frozenset("=+-@")
_LEADING = re.compile(rf"[\s\x00-\x1f\x7f-\x9f{IGNORABLE}]*")
_DIGITS_SHOWN = 11  # of a number in a cell of general format; from 16 on they are lost for good
_NUMBER = re.compile(rf"\d{{{_DIGITS_SHOWN + 1},}}|0\d+|\d+(?:\.\d+)?[Ee]\d{{1,3}}", re.ASCII)


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may run ``text``: behind any blanks and unseen marks it begins with = + - @ in any width,
    or it begins with a tab or a line end."""
    if text[:1] in {"\t", "\r", "\n", "\0"}:
        return True
    leading = _LEADING.match(text)
    place = leading.end() if leading else 0
    first = unicodedata.normalize("NFKC", text[place : place + 1]).replace("\u2212", "-")
    return first[:1] in FORMULA_SIGNS and first != ""


def csv_cell(value: object) -> str:
    """A value as a cell of a CSV file: numbers as they are, text so that it stays that text."""
    text = str(value)
    if isinstance(value, int | float):
        return text
    if is_formula(text):
        return f"'{text}"
    return f"{text}\t" if _NUMBER.fullmatch(text) else text
