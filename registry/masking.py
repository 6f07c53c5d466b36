"""What is struck out of people's words before they are published for good. Pure.

Both sides are folded (`registry.text.bare_places`): a name is found however its blanks, dots, widths and radicals are
written in the text or in the registry. Where a text may mean a person or a thing, the person is protected; the two
exceptions are the official name of the enterprise, which is public anyway, and everyday words of inspections that are
somebody's name as well.
"""

import re
from collections.abc import Iterable
from typing import Final

from registry.numbers import Span, digits_of, identity_numbers, personal_numbers, spelled
from registry.person_words import COMPOUND_SURNAMES, PLACEHOLDERS, ROLES, SURNAMES, TITLES, WORDS
from registry.text import HAN, bare, bare_places, folded, tidied

MASK: Final = "**"
_ROLE = "|".join(sorted((one for one in ROLES if one != "总"), key=len, reverse=True))
_SURNAME = f"[{''.join(sorted(SURNAMES))}]"
_TITLE = rf"(?:{'|'.join(TITLES)}|总(?![的共计数量部体之]|\d)|某某?)"
_BRACKETED = re.compile(r"[(（\[【〔][^)）\]】〕]*[)）\]】〕]?")
_PARTS = re.compile(r"[、,，;；/／|\\&＆和及]|\s{2,}|\d+|[:：]")
_LEADING_ROLE = re.compile(rf"^(?:{_ROLE})(?=[{HAN}]{{2,}})")
_TRAILING_ROLE = re.compile(rf"(?<=[{HAN}]{{2}})(?:{_ROLE})$")
_HAN_NAME = re.compile(rf"[{HAN}]")
_LETTERS = re.compile(r"[^\W\d_]")
_SAID = re.compile(
    rf"(?:{_ROLE})(?:的?姓名)?(?:\s*[:：]\s*({_SURNAME}\s?[{HAN}·•]{{1,3}})|\s*[为是叫]\s*({_SURNAME}\s?[{HAN}]{{1,2}}))"
    rf"(?![{HAN}])"
)
_SEX = re.compile(rf"(?<![{HAN}])({_SURNAME}[{HAN}]{{1,2}})(?=\s*[,，(（]\s*[男女](?![{HAN}]))")
_CUE_NUMBER = re.compile(
    r"(?:电话|座机|固话|手机|传真|联系方式|号码|tel|phone|fax)\D{0,4}?([2-9](?:[-－—\s.]{0,2}\d){6,7})(?!\d)",
    re.IGNORECASE,
)
_CUE_ACCOUNT = re.compile(r"(?:微信|QQ|ＱＱ|扣扣)号?码?\s*[:：为是]?\s*([A-Za-z0-9][-_A-Za-z0-9]{4,19})", re.IGNORECASE)
_CUE_PAPER = re.compile(
    r"(?:身份证|证件|护照|通行证|居住证)(?:号码?|编号)?\s*[:：为是]?\s*([A-Za-z]{0,2}\d(?:[-－—\s.]{0,2}[\dXx]){5,19})"
)
_MAIL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]*\s?[@＠]\s?[A-Za-z0-9-]+(?:[.．][A-Za-z0-9-]+)+")
_OTHER_PAPER = re.compile(r"(?:注册号|执照|许可证|备案|批准文号|编号|文号|批号|条码)\D{0,6}$")
_PLACE_WORD = re.compile(r"[省市县区镇乡村路街巷]|\d[号楼室层栋]")
_LEAST_PLACE = 5  # characters of an address or a badge; 店内 is a word


def masked(text: str, persons: Iterable[str], official: Iterable[str] = ()) -> str:
    """``text`` on one line with names, numbers, telephones and addresses of people as ``**``.

    ``persons``: what is known of people: names in any spelling, badges, telephones, addresses. ``official``: names of
    enterprises, which stay whole although they hold somebody's name.
    """
    clean = tidied(text)
    known = [one for one in persons if one]
    spans = [*_numbers(clean, known), *_names(clean, known, official), *_typed(clean)]
    out, at = [], 0
    for start, end in _merged(spans):
        out += [clean[at:start], MASK]
        at = end
    return "".join(out) + clean[at:]


def names_in(value: str) -> set[str]:
    """The names of people in a registry cell: 李 四（经营者）13800000000 → 李四; placeholders and roles are none."""
    found = set()
    for part in _PARTS.split(_BRACKETED.sub(" ", tidied(value))):
        pieces = part.split(" ")
        several = len(pieces) > 1 and all(len(_HAN_NAME.findall(piece)) >= 2 for piece in pieces)
        for word in pieces if several else [part]:
            plain = folded(word).strip(" -—.…*_()'\"!?。，！？·")
            plain = _TRAILING_ROLE.sub("", _LEADING_ROLE.sub("", plain))
            if _is_name(plain):
                found.add(plain)
    return found


def _is_name(plain: str) -> bool:
    if plain in PLACEHOLDERS or "**" in plain or len(set(plain)) < 2:
        return False
    return len(_HAN_NAME.findall(plain)) >= 2 or len(_LETTERS.findall(plain)) >= 3


def _numbers(clean: str, known: Iterable[str]) -> list[Span]:
    papers = [span for span in identity_numbers(clean) if span[1] - span[0] == 15]
    spans = [
        span
        for span in personal_numbers(clean)
        if not (span in papers and _OTHER_PAPER.search(clean[: span[0]]) and "身份证" not in clean[: span[0]][-8:])
    ]
    for value in known:
        for part in re.split(r"[、,，;；/／\s]", value):
            digits = digits_of(part)
            if len(digits) >= 5 and not _HAN_NAME.search(part):
                spans += spelled(digits, clean)
    return spans


def _names(clean: str, known: Iterable[str], official: Iterable[str]) -> list[Span]:
    plain, places = bare_places(clean)
    public = [bare(one) for one in official if one]
    spans: list[Span] = []
    surnames: set[str] = set()
    for value in known:
        words = {value} if is_place(value) or _is_code(value) else set()
        words |= set() if is_place(value) else names_in(value)
        for word in map(bare, words):
            if _HAN_NAME.match(word) and not is_place(value):
                surnames.add(word[:2] if word[:2] in COMPOUND_SURNAMES else word[:1])
            spans += [
                (places[start], places[end - 1] + 1)
                for start, end in _occurrences(word, plain)
                if _whole(clean, places[start], places[end - 1] + 1, word)
                and not _is_public(plain, start, end, public)
                and not (word in WORDS and not _beside_a_role(plain, start, end))
            ]
    for surname in surnames:
        for match in re.finditer(re.escape(surname) + _TITLE, plain):
            if not _is_public(plain, *match.span(), public):
                spans.append((places[match.start()], places[match.end() - 1] + 1))
    return spans


def is_place(value: str) -> bool:
    """An address rather than a name or 店内: long, with a word of addresses."""
    return len(bare(value)) >= _LEAST_PLACE and _PLACE_WORD.search(folded(value)) is not None


def _is_code(value: str) -> bool:
    return len(bare(value)) >= _LEAST_PLACE and any(character.isdigit() for character in value)


def _occurrences(word: str, plain: str) -> list[Span]:
    return [match.span() for match in re.finditer(re.escape(word), plain)] if word else []


def _whole(clean: str, start: int, end: int, word: str) -> bool:
    """A name in letters or a badge is no part of a longer word; ideographs have no such edges."""
    first, last = word[0], word[-1]
    if first.isascii() and start and clean[start - 1].isascii() and clean[start - 1].isalnum():
        return False
    return not (last.isascii() and end < len(clean) and clean[end].isascii() and clean[end].isalnum())


def _is_public(plain: str, start: int, end: int, public: Iterable[str]) -> bool:
    """Whether the place belongs to the name of an enterprise, whole or from the person's name to its end."""
    word = plain[start:end]
    for official in public:
        for at, _ in _occurrences(word, official):
            tail = official[at:]
            if len(tail) > len(word) and plain.startswith(tail, start):
                return True
    return False


def _beside_a_role(plain: str, start: int, end: int) -> bool:
    before = re.search(rf"(?:{_ROLE})[:为是叫(]?$", plain[max(0, start - 8) : start])
    return before is not None or re.match(rf"\)?{_TITLE}|[(,，]?[男女][),，]", plain[end:]) is not None


def _typed(clean: str) -> list[Span]:
    """Of people nobody has on record: 联系人：王五, 王五（男）, an account, a mail address, a paper's number."""
    spans = [match.span(match.lastindex or 0) for pattern in (_SAID, _SEX, _CUE_NUMBER, _CUE_ACCOUNT, _CUE_PAPER)
             for match in pattern.finditer(clean)]  # fmt: skip
    spans = [span for span in spans if folded(clean[slice(*span)]) not in PLACEHOLDERS | WORDS]
    return spans + [match.span() for match in _MAIL.finditer(clean)]


def _merged(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for start, end in sorted(spans):
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return kept
