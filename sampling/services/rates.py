"""抽查比例 as people write it and as exact fractions; never a float."""

import re
import unicodedata
from fractions import Fraction

from registry.errors import DomainError

MAX_DENOMINATOR = 1_000_000
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?)%?")
_FRACTION = re.compile(r"([0-9]{1,7})/([0-9]{1,7})")


def parse_rate(text: str) -> Fraction:
    """A rate from what was typed: ``2`` and ``2.5%`` are percent, ``1/3`` is one third of the enterprises.

    Full-width characters are read as their half-width twins. Raises DomainError when it is no rate between 0 and 100 %.
    """
    typed = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))
    if match := _PERCENT.fullmatch(typed):
        rate = Fraction(match[1]) / 100
    elif (match := _FRACTION.fullmatch(typed)) and int(match[2]):
        rate = Fraction(int(match[1]), int(match[2]))
    else:
        raise DomainError("比例请写百分数，如 2、2.5；或写分数，如 1/3；不抽取写 0。")
    if rate > 1:
        raise DomainError("比例不能超过 100%。")
    if rate.denominator > MAX_DENOMINATOR:
        raise DomainError(f"分数的分母请不要超过 {MAX_DENOMINATOR:,}。")
    return rate


def rate_text(rate: Fraction) -> str:
    """A rate as it would be typed: percent where that is exact with at most four decimals, else ``p/q``."""
    hundred = rate * 100
    if hundred.denominator == 1:
        return str(hundred.numerator)
    ten_thousandths = hundred * 10_000
    if ten_thousandths.denominator != 1:
        return f"{rate.numerator}/{rate.denominator}"
    whole, rest = divmod(ten_thousandths.numerator, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0")
