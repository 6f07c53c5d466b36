"""Rates as exact fractions: never a float on the way from the form to the frozen file."""

import re
import unicodedata
from fractions import Fraction

from registry.errors import DomainError

PERCENT = re.compile(r"^(\d{1,3})(?:\.(\d{1,6}))?%?$")
RATIO = re.compile(r"^(\d{1,6})/(\d{1,6})$")


def parse_rate(text: str) -> Fraction:
    """``2``, ``2.5``, ``2.5%`` (percent) or ``1/3`` as an exact fraction between 0 and 1. Raises DomainError."""
    clean = unicodedata.normalize("NFKC", text).replace(" ", "")
    if match := PERCENT.match(clean):
        decimals = match[2] or ""
        rate = Fraction(int(match[1] + decimals), 100 * 10 ** len(decimals))
    elif (match := RATIO.match(clean)) and int(match[2]):
        rate = Fraction(int(match[1]), int(match[2]))
    else:
        raise DomainError(f"比例“{text[:20]}”看不懂：请写百分数，如 2 或 2.5，也可以写分数，如 1/3。")
    if rate > 1:
        raise DomainError(f"比例“{text[:20]}”超过 100%，请改小。")
    return rate


def percent_text(rate: Fraction) -> str:
    """The rate as a percentage if that is exact within six decimals, else as a fraction."""
    scaled = rate * 100 * 10**6
    if scaled.denominator != 1:
        return f"{rate.numerator}/{rate.denominator}"
    whole, rest = divmod(scaled.numerator, 10**6)
    return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
