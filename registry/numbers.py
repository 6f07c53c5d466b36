"""Numbers that belong to people, found in text in any spelling: identity numbers, telephones, bank cards. Pure.

People part digits with blanks, hyphens, dots and brackets, write them full-width, in circles or as Chinese numerals.
A text is read as one sign for each character (`_signs`), so that a place in the signs is a place in the text.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

from registry.text import IGNORABLE

Span = tuple[int, int]
"""From (inclusive) and to (exclusive) in a text."""

_HAN_DIGITS: Final = dict(zip("〇○零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两", "00012345678911234567892", strict=True))
_DIGITS = re.compile(rf"[\d\u2070-\u2089\u2460-\u249b\u24ea-\u24ff\u2776-\u2793{''.join(_HAN_DIGITS)}]|[^\x00-\uffff]")
_MARK = re.compile(f"[{IGNORABLE}]")
_CROSSES = frozenset("XxＸｘ×✕Ⅹ")
_DOT_SIGNS = frozenset("._·•‧・･．﹒∙⋅。\\/／|~～*＊'’")

_S = r"[-()]{0,3}"  # what may stand between two digits of a number
_PREFIX = rf"(?:\+?(?:00)?{_S}8{_S}6{_S})?"
_IDENTITY_18 = re.compile(rf"(?<!\d)[1-9](?:{_S}\d){{16}}{_S}[\dX](?!\d)")
_IDENTITY_15 = re.compile(rf"(?<!\d)[1-9](?:{_S}\d){{14}}(?!\d)")
_MOBILE = re.compile(rf"(?<!\d){_PREFIX}\(?1{_S}[3-9](?:{_S}\d){{9}}(?!\d)")
_LANDLINE = re.compile(
    rf"(?<!\d)(?:{_PREFIX}\(?0(?:10|2\d|[3-9]\d\d)|\+(?:00)?86{_S}(?:10|2\d|[3-9]\d\d)){_S}[2-9](?:{_S}\d){{6,7}}(?!\d)"
)
_CARD = re.compile(rf"(?<!\d)(?:6{_S}2(?:{_S}\d){{14,17}}|[45](?:{_S}\d){{15}}|[45](?:{_S}\d){{18}})(?!\d)")
_DATE = re.compile(r"(?:19|20)\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])\Z")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_LATEST_WITHOUT_CHECK = 2010


def identity_numbers(text: str, *, certain: bool = False) -> list[Span]:
    """Where identity numbers of 15 or 18 digits stand in ``text``.

    The day of birth decides: a wrong check digit is a slip of the pen, not another kind of number. Only for people
    who would be children, whose numbers look like those of this year's papers, it must fit. ``certain``: for columns
    of other long numbers, 18 digits with a fitting check digit alone.
    """
    found: list[Span] = []
    if len(text) < 15 or len(_DIGITS.findall(text)) < 15:
        return found
    for signs in _readings(text):
        found += _spans(_IDENTITY_18, signs, lambda number: _is_identity_18(number, certain))
        if not certain:
            found += _spans(_IDENTITY_15, signs, _is_identity_15)
    return _apart(found)


def personal_numbers(text: str) -> list[Span]:
    """Where identity numbers, telephones and bank cards stand in ``text``, longest first where they overlap."""
    found = identity_numbers(text)
    for signs in _readings(text):
        found += _spans(_CARD, signs, lambda _: True)
        for pattern in (_MOBILE, _LANDLINE):
            found += [span for span in _spans(pattern, signs, lambda _: True) if _grouped(signs[slice(*span)])]
    return _apart(found)


def digits_of(text: str) -> str:
    """The digits of ``text`` alone, as ASCII."""
    return "".join(sign for sign in _signs(text, han=False) if sign.isdigit())


def spelled(digits: str, text: str) -> list[Span]:
    """Where a known number stands in ``text``, however its digits are parted."""
    pattern = re.compile(r"(?<!\d)\(?" + _S.join(digits) + r"(?!\d)")
    return _apart([span for signs in _readings(text) for span in _spans(pattern, signs, lambda _: True)])


def _readings(text: str) -> Iterator[str]:
    """The signs with Chinese numerals as words, and, should there be enough of them, as digits."""
    yield _signs(text, han=False)
    if sum(character in _HAN_DIGITS for character in text) >= 5:
        yield _signs(text, han=True)


def _signs(text: str, *, han: bool) -> str:
    return "".join(_sign(character, han) for character in text)


def _sign(character: str, han: bool) -> str:
    """A digit, X, ``-`` for what parts numbers, a bracket, ``+``, or ``字`` for anything else."""
    if han and character in _HAN_DIGITS:
        return _HAN_DIGITS[character]
    if (digit := unicodedata.digit(character, None)) is not None:
        return str(digit)
    if character in _CROSSES:
        return "X"
    if character.isspace() or character in _DOT_SIGNS or _MARK.match(character):
        return "-"
    category = unicodedata.category(character)
    if category == "Pd" or character in "−─":
        return "-"
    if category == "Ps":
        return "("
    if category == "Pe":
        return ")"
    return "+" if character in "+＋" else "字"


def _spans(pattern: re.Pattern[str], signs: str, accept: Callable[[str], bool]) -> list[Span]:
    found = []
    for match in pattern.finditer(signs):
        if accept("".join(sign for sign in match[0] if sign.isdigit() or sign == "X")):
            start, end = match.span()
            found.append((start + (match[0][0] == "(" and ")" not in match[0]), end))
    return found


def _is_identity_18(number: str, certain: bool) -> bool:
    if not _is_day(number[6:14]):
        return False
    fits = "10X98765432"[sum(int(sign) * weight for sign, weight in zip(number, _WEIGHTS, strict=False)) % 11]
    return number[17] == fits or (not certain and int(number[6:10]) < _LATEST_WITHOUT_CHECK)


def _is_identity_15(number: str) -> bool:
    return _is_day(f"19{number[6:12]}") and not _is_registration(number)


def _is_registration(number: str) -> bool:
    """A 注册号 of 15 digits as licences bore until 2015: it has a check digit of its own (ISO 7064 MOD 11,10)."""
    rest = 10
    for sign in number[:14]:
        rest = ((rest + int(sign)) % 10 or 10) * 2 % 11
    return (rest + int(number[14])) % 10 == 1


def _is_day(digits: str) -> bool:
    return _DATE.match(digits) is not None


def _grouped(signs: str) -> bool:
    """Whether the digits stand as a number is written: in one piece, a few groups, or each alone; not a list of
    numbers, nor a date after another number."""
    groups = re.findall(r"\d+", signs)
    tail = re.search(r"(?:^|[-()])(\d{4}-\d{1,2}-\d{1,2})$", signs)
    return (len(groups) <= 5 or all(len(group) == 1 for group in groups)) and not (tail and _DATE.match(tail[1]))


def _apart(spans: list[Span]) -> list[Span]:
    """Without those inside another, in order."""
    kept: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
        elif end > kept[-1][1]:
            kept[-1] = (kept[-1][0], end)
    return kept
