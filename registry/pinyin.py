"""The order of Chinese names: a key that both engines sort alike, by pinyin, character by character.

The key is plain ASCII whose digits stand before its letters, so that no collation can disagree. A Han character is its
syllable, its tone and then itself (鑫 → ``xin1``…): names that begin with the same character stand together. What is
no Han character stands before them, in the order of its folded form; Han characters without a reading stand last.
"""

import functools
import unicodedata
from typing import Final

from registry.text import folded, tidied

LENGTH: Final = 400
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_TONES: Final = {"\u0304": 1, "\u0301": 2, "\u030c": 3, "\u0300": 4}
_NO_TONES: Final = dict.fromkeys(map(ord, _TONES))
_UMLAUT: Final = "u\u0308"
# The dictionary's first reading of these is not the one of names.
_READ: Final = {
    "晟": "sheng4", "长": "chang2", "曾": "zeng1", "行": "hang2", "都": "du1", "吧": "ba1", "地": "di4", "单": "shan4",
    "解": "xie4", "仇": "qiu2", "查": "zha1", "区": "ou1", "任": "ren2", "尉": "wei4", "朴": "piao2", "翟": "zhai2",
}  # fmt: skip
_SURNAME_ONLY: Final = frozenset("单解仇查区任朴翟")  # read so at the beginning only
_TOGETHER: Final = {"重庆": "chong2", "厦门": "xia4", "朝阳": "chao2", "旅行": "lu8", "行者": "xing2"}


def sort_key(name: str) -> str:
    """The key of ``name``, at most `LENGTH` characters long."""
    shown = tidied(name).replace(" ", "")
    parts = []
    length = 0
    for place, character in enumerate(shown):
        part = _part(character, not place)
        if (read := _TOGETHER.get(shown[place : place + 2])) is not None:
            part = read + _itself(character)
        parts.append(part)
        length += len(part)
        if length >= LENGTH:
            break
    return "".join(parts)[:LENGTH]


@functools.lru_cache(maxsize=20_000)
def _part(character: str, first: bool) -> str:
    if not _is_han(character):
        return "".join("0" + _itself(one) for one in folded(character))
    read = _READ.get(character, "") if first or character not in _SURNAME_ONLY else ""
    return (read or _reading(character) or "zzz9") + _itself(character)


def _is_han(character: str) -> bool:
    return character == "〇" or unicodedata.name(character, "").startswith("CJK UNIFIED")


def _itself(character: str) -> str:
    """The character as four digits of base 36."""
    number, out = ord(character), ""
    for _ in range(4):
        number, rest = divmod(number, 36)
        out = _DIGITS[rest] + out
    return out


def _reading(character: str) -> str:
    """The first reading as ``xin1``; empty when the dictionary has none. The light tone is 5; lü stands behind lu and
    before luan, so its tones are 6 to 9; lüe and nüe stand where lue and nue would."""
    marked = unicodedata.normalize("NFD", _dictionary().get(ord(character), "").split(",")[0])
    tone = next((_TONES[sign] for sign in marked if sign in _TONES), 5)
    if _UMLAUT in marked.translate(_NO_TONES) and "e" not in marked.translate(_NO_TONES) and tone < 5:
        tone += 5
    letters = "".join(sign for sign in marked if sign.isascii() and sign.isalpha())
    return f"{letters}{tone}" if letters else ""


@functools.cache
def _dictionary() -> dict[int, str]:
    from pypinyin.pinyin_dict import pinyin_dict  # noqa: PLC0415 -- half a second, and only whoever writes names needs it

    return pinyin_dict
