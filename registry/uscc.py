"""统一社会信用代码 (GB 32100-2015): one call to python-stdnum, with Chinese messages that say what is wrong.

The library decides. In front of it stands the same sum without its per-call cost, because an import checks 20,000
codes; a test holds the two equal.
"""

import re
import unicodedata
from operator import mul

from stdnum.cn import uscc
from stdnum.exceptions import ValidationError

LENGTH = 18
LOST_DIGITS = "单元格被 Excel 存成数字，已丢失末位，请设为文本后重新填写"

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1)
_SHAPE = re.compile(rf"[0-9]{{8}}[{ALPHABET}]{{10}}")
_LOOKALIKE = {"O": "0", "I": "1", "Z": "2", "S": "5", "V": "U"}
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]{1,2}")
_INVISIBLE = re.compile(r"[\s\-\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


class UsccError(ValueError):
    """The text is no valid 统一社会信用代码; `str()` is the Chinese reason."""


def clean_uscc(value: str) -> str:
    """The code in its normal form: 18 half-width capitals and digits, without spaces or hyphens.

    Full-width and lower-case input is accepted. Raises `UsccError` with what is wrong and where.
    """
    if _is_sound(value):
        return value
    code = _INVISIBLE.sub("", unicodedata.normalize("NFKC", value)).upper()
    if _is_sound(code):
        return code
    try:
        return uscc.validate(code)
    except ValidationError:
        raise UsccError(_reason(code)) from None


def _is_sound(code: str) -> bool:
    """Form and check digit of an already normal code: the weighted sum of all 18 values is a multiple of 31."""
    return _SHAPE.fullmatch(code) is not None and not sum(map(mul, _WEIGHTS, map(_VALUES.__getitem__, code))) % 31


def _reason(code: str) -> str:
    if not code:
        return "统一社会信用代码为空"
    if _SCIENTIFIC.fullmatch(code):
        return LOST_DIGITS
    if len(code) == 15 and code.isdigit():
        return "这是15位的旧注册号，请改填18位统一社会信用代码"
    if len(code) < LENGTH:
        return f"只有{len(code)}位，应为18位"
    if len(code) > LENGTH:
        return f"有{len(code)}位，应为18位"
    for place, character in enumerate(code, start=1):
        if character not in _VALUES:
            return _foreign_character(place, character)
        if place <= 8 and not character.isdigit():
            return f"第{place}位是字母{character}，前8位只能是数字"
    return f"最后一位校验不符，应为{uscc.calc_check_digit(code[:17])}：请核对各位有无抄错"


def _foreign_character(place: int, character: str) -> str:
    if guess := _LOOKALIKE.get(character):
        kind = "数字" if guess.isdigit() else "字母"
        return f"第{place}位是字母{character}，代码里没有这个字母，多半是{kind}{guess}"
    return f"第{place}位是“{character}”，代码里只有数字和大写字母"
