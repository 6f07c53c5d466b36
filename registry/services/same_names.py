"""One name under two codes: mostly the old and the new code of one enterprise, which then has two chances in a draw."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from registry.enums import RegStatus
from registry.models import Enterprise
from registry.text import folded

GONE = frozenset({RegStatus.DEREGISTERED, RegStatus.REVOKED, RegStatus.ANNULLED, RegStatus.MOVED_OUT})
CHUNK = 5_000
SHOWN = 10


def same_names(fresh: Sequence[Any], kept: Sequence[Any]) -> list[str]:
    """Notices for the names that ``fresh`` rows (new, or with another name) bring a second time: among the rows of the
    file (``kept`` are its others) and in the registry. Names are compared folded; who is deregistered or gone does
    not count. Two queries at most for every 5,000 names."""
    file = {row.values["uscc"]: row for row in (*fresh, *kept)}
    bearers: dict[str, dict[str, str]] = {}
    for row in fresh:
        if _stands(row):
            bearers.setdefault(folded(row.values["name"]), {})[row.values["uscc"]] = row.values["name"]
    for row in kept:
        if _stands(row) and (key := folded(row.values["name"])) in bearers:
            bearers[key][row.values["uscc"]] = row.values["name"]
    for keys in _pieces(iter(bearers)):
        held = Enterprise.objects.filter(search_key__in=keys).exclude(status__in=GONE).order_by()
        for code, name, key in held.values_list("uscc", "name", "search_key"):
            if code not in file:
                bearers[key][code] = name
    return _in_words([found for found in bearers.values() if len(found) > 1])


def _stands(row: Any) -> bool:
    return row.values.get("status") not in GONE


def _pieces(keys: Iterator[str]) -> Iterator[list[str]]:
    while piece := list(islice(keys, CHUNK)):
        yield piece


def _in_words(found: list[dict[str, str]]) -> list[str]:
    words = [
        f"名称相同、代码不同：“{next(iter(codes.values()))}”（{'、'.join(sorted(codes))}）。"
        "多半是同一家企业的新旧代码，请核对后把不再使用的一个改为注销，否则抽取时它有两次机会"
        for codes in found[:SHOWN]
    ]
    return [*words, f"另有{len(found) - SHOWN}个名称相同、代码不同"] if len(found) > SHOWN else words
