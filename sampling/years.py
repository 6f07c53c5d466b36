"""Years in texts: which year a text speaks of, and moving a text on to another year. Pure: texts in, places out.

A plan of 2026 that cites “2024年度全县跨部门抽查计划” cites the wrong plan. But many a year in such a text is right:
the version of a law (2019年修订), its number (国办发〔2024〕54号, 总局令2019年第3号), the day it took effect,
a standard (GB 50016-2014), a span of years that takes in the plan's own (2023—2026年). Those are not found here.
"""

import datetime as dt
import re
from collections.abc import Collection
from dataclasses import dataclass

YEAR = re.compile(r"(?<![\dA-Za-z])((?:19|20)\d\d)(?!\d)")
WIDE = str.maketrans("０１２３４５６７８９", "0123456789")
HAN = dict(zip("〇○零一二三四五六七八九", "000123456789", strict=True))
HAN_YEAR = re.compile(r"二[〇○零][〇○零一二三四五六七八九]{2}(?=\s*年)")
DATE = re.compile(r"\s*(?:年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*日|([-./])(\d{1,2})\3(\d{1,2})(?!\d))")
IN_FORCE = re.compile(r"[^，。；、\n]{0,8}?(?:施行|修订|修正|修改|通过|公布|颁布|发布|实施|印发|批准|签署)")
VERSION = re.compile(r"\s*年?\s*(?:第[一二三四]次)?\s*(?:修订|修正|修改|版|制定|公布|颁布|通过|发布)")
DECREE = re.compile(r"\s*年\s*第?\s*\d+\s*号")
SPAN = re.compile(r"\s*年?\s*(?:[-－—–~～至到]){1,2}\s*((?:19|20)\d\d)\s*年")
STANDARD = re.compile(r"[A-Z]{2,}(?:/[A-Z]+)?\s*\d[\d.]*\s*[-－—–]{1,2}\s*$")
OPEN, CLOSE = "〔[［（(【﹝", "〕]］）)】﹞"
NUMBER = re.compile(rf"\s*[{re.escape(CLOSE)}]\s*第?\s*\d*\s*号")
# What is counted after a bare number of four digits: 2024户 is no year.
UNITS = "户家人名份项件个台套号元万米平吨路室栋条张次"
# Issuers whose documents are law for every county: the state, its ministries, the provinces.
ISSUERS = (
    "中|国|全国|最高|市监|公|文|卫|应急|消|司|财|人社|教|商|农|药监|"
    "京|津|冀|晋|蒙|内|辽|吉|黑|沪|苏|浙|皖|闽|赣|鲁|豫|鄂|湘|粤|桂|琼|渝|川|蜀|贵|黔|云|滇|藏|陕|甘|青|宁|新"
)
LEADING = "按照|按|根据|依据|依照|贯彻|落实|参照|执行|以及|见|和|及|与"


@dataclass(frozen=True)
class Mention:
    """A year that a text speaks of: where it stands, and what it is (``number``, ``date`` or ``year``)."""

    year: int
    start: int
    end: int
    kind: str
    day: dt.date | None = None


def mentions(text: str, *, own: str = "") -> list[Mention]:
    """The years a text speaks of, without those of laws and standards. ``own``: with what the document numbers of the
    office itself begin (宽): they are never taken for a ministry's."""
    plain = _plain(text)
    return [one for match in YEAR.finditer(plain) if (one := _mention(plain, match, own))]


def foreign(text: str, year: int, *, own: str = "", days: Collection[dt.date] = ()) -> list[Mention]:
    """The mentions of another year than ``year``; the plan's own days (``days``) are right whatever their year, and so
    is a span of years that takes in the plan's."""
    plain = _plain(text)
    inside = [
        (match.start(), span.end())
        for match in YEAR.finditer(plain)
        if (span := SPAN.match(plain, match.end())) and int(match.group(1)) <= year <= int(span.group(1))
    ]
    return [
        one
        for one in mentions(text, own=own)
        if one.year != year
        and (one.day is None or one.day not in days)
        and not any(start <= one.start < end for start, end in inside)
    ]


def carried(text: str, old: int, new: int, *, own: str = "") -> str:
    """The text with the years it speaks of moved from ``old`` to ``new``; days and document numbers stay, they belong
    to the earlier plan and are to be looked at."""
    for one in reversed(mentions(text, own=own)):
        if one.year == old and one.kind == "year":
            text = f"{text[: one.start]}{new}{text[one.end :]}"
    return text


def around(text: str, one: Mention, reach: int = 12) -> str:
    """A mention with the words around it."""
    start, end = max(one.start - reach, 0), min(one.end + reach, len(text))
    words = text[start:end].replace("\n", " ").replace("\r", "")
    return f"{'…' if start else ''}{words}{'…' if end < len(text) else ''}"


def _plain(text: str) -> str:
    """The text with its years in plain digits, every character in its place."""
    return HAN_YEAR.sub(lambda found: "".join(HAN[one] for one in found.group()), text.translate(WIDE))


def _mention(plain: str, match: re.Match[str], own: str) -> Mention | None:
    year, start, end = int(match.group(1)), match.start(), match.end()
    before, after = plain[:start], plain[end:]
    if STANDARD.search(before) or VERSION.match(after) or DECREE.match(after):
        return None
    if date := DATE.match(after):
        if IN_FORCE.match(after[date.end() :]):
            return None
        return Mention(year, start, end, "date", _day(year, int(date[1] or date[4]), int(date[2] or date[5])))
    if before.rstrip().endswith(tuple(OPEN)) and after.lstrip().startswith(tuple(CLOSE)):
        if NUMBER.match(after):
            return None if _national(before.rstrip()[:-1], own) else Mention(year, start, end, "number")
        return Mention(year, start, end, "year")
    if SPAN.match(plain, end):
        return Mention(year, start, end, "year")
    bare = after[:1] and "\u4e00" <= after[0] <= "\u9fff" and after[0] not in UNITS and 2000 <= year <= 2099
    return Mention(year, start, end, "year") if re.match(r"\s*年", after) or bare else None


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _national(before: str, own: str) -> bool:
    """Whether the words before the bracket end with an issuer of the state or a province."""
    issuer = re.search(rf"(?:^|[^\u4e00-\u9fff]|{LEADING})((?:{ISSUERS})[\u4e00-\u9fff]{{0,8}})$", before.rstrip())
    return bool(issuer) and not (own and issuer.group(1).startswith(own))
