"""``django.forms`` with text fields that fold what comes in: import it as ``forms`` wherever a form holds text.

``from registry import webforms as forms``. A house rule finds a form whose text escapes the folding.
"""

from typing import Any

from django import forms as plain
from django.core.validators import MaxLengthValidator
from django.forms import *  # noqa: F403 -- this module stands for the other

from registry.text import TextError, name, stored, too_long


class LongestText(MaxLengthValidator):
    """Says how many characters too many; a field of its own message would keep that from the reader."""

    code = "too_long"

    def __call__(self, value: Any) -> None:
        if len(value) > self.limit_value:
            raise plain.ValidationError(too_long(len(value), self.limit_value), code=self.code)


class CharField(plain.CharField):
    """Text as it is stored (`registry.text`); several lines where the widget has several. ``named``: the name of a
    person or an enterprise. Passwords and hidden fields hold what they hold. Too long is said with how many too many,
    in one sentence for all forms."""

    def __init__(self, *args: Any, named: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.named = named
        if self.max_length is not None:
            self.limit(self.max_length)

    def limit(self, length: int) -> None:
        """At most so many characters, counted as they are stored: a line end is one, whatever the browser sends."""
        self.max_length = length
        others = [one for one in self.validators if not isinstance(one, MaxLengthValidator)]
        self.validators = [*others, LongestText(length)]
        self.widget.attrs.update(self.widget_attrs(self.widget))

    def to_python(self, value: Any) -> Any:
        """Fold; a character that cannot be stored is an error with its place."""
        value = super().to_python(value)
        if not isinstance(value, str) or self.widget.is_hidden or isinstance(self.widget, plain.PasswordInput):
            return value
        try:
            return name(value) if self.named else stored(value, lines=isinstance(self.widget, plain.Textarea))
        except TextError as error:
            raise plain.ValidationError(f"{self.label or '这一栏'}的{error}。", code="unstorable") from None
