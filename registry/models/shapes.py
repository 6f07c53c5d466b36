"""The shapes of codes: one validator for a person's mistake, one constraint that the database holds on its own.

What goes into the files of a draw must be of the protocol's alphabet, or no list of the whole county can be frozen.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db.models import F, Func, IntegerField, Q, TextField, Value
from django.db.models.functions import Length, Substr
from django.db.models.lookups import Exact, GreaterThan

from registry.uscc import ALPHABET, LENGTH, UsccError, clean_uscc

CODE_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-"
UNGRADED = "N"  # the group of 未评级 in every draw

# A lone hyphen is the empty field of a draw file.
ascii_code = RegexValidator(
    r"^(?!-\Z)[0-9A-Za-z._-]{1,32}\Z", "只能用英文字母、数字和 . _ -，不超过 32 个字符，也不能只是一个 -。"
)
# -1 and -2 behind a grade are its classes in the strata of a draw (sampling/strata.py).
grade_code = RegexValidator(
    rf"^(?!(?:{UNGRADED}|-)\Z)(?!.*-[12]\Z)[0-9A-Za-z._-]{{1,8}}\Z",
    "等级用英文字母、数字和 . _ -，不超过 8 个字符；N 留给未评级，也不能以 -1、-2 结尾。",
)


def sound_uscc(value: str) -> None:
    """Refuse what is no 统一社会信用代码 in its normal form, with the reason (GB 32100-2015)."""
    try:
        normal = clean_uscc(value)
    except UsccError as error:
        raise ValidationError(f"{error}。") from None
    if normal != value:
        raise ValidationError(f"请写成半角大写、不带空格：{normal}。")


def _only(text: Any, alphabet: str) -> Exact:
    """Nothing is left of ``text`` when the characters of ``alphabet`` are taken from its front; both engines agree."""
    rest = Func(text, Value(alphabet), function="LTRIM", output_field=TextField())
    return Exact(rest, Value("", output_field=TextField()))


def of_alphabet(field: str, alphabet: str) -> Q:
    """That a text is not empty, and of these characters alone."""
    return Q(GreaterThan(Length(F(field)), Value(0, output_field=IntegerField()))) & Q(_only(F(field), alphabet))


def code_shape(field: str) -> Q:
    """What ``ascii_code`` asks, as the database can hold it."""
    return of_alphabet(field, CODE_ALPHABET) & ~Q(**{field: "-"})


def level_shape(field: str) -> Q:
    """What the draw cannot do without of ``grade_code``."""
    return code_shape(field) & ~Q(**{field: UNGRADED})


def uscc_shape(field: str) -> Q:
    """18 characters of the code's alphabet, the first eight digits; its check digit is ``sound_uscc``'s."""
    eighteen = Exact(Length(F(field)), Value(LENGTH, output_field=IntegerField()))
    return Q(eighteen) & Q(_only(F(field), ALPHABET)) & Q(_only(Substr(F(field), 1, 8), "0123456789"))
