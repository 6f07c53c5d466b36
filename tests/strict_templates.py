"""An undefined variable in one of our own templates fails the test that rendered it.

Django looks at `string_if_invalid` whenever `{{ name }}` (or an argument of `with`, `include`, `url` …) cannot be
resolved. The value put there asks which template is being rendered: ours raise; Django's, allauth's and the admin's
go on as if it were the usual empty string, with filters such as `default` applied.
`{% if name %}` and `{% for x in name %}` never ask; that is Django's rule and stays as it is.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

from django.template import engines
from django.template.base import FilterExpression, Node

OWN = Path(__file__).resolve().parent.parent / "templates"


class UndefinedVariable(AssertionError):
    """A template of ours used a name that its view does not pass."""


class Strict(str):
    """The empty string, watched."""

    __slots__ = ()

    def __bool__(self) -> bool:
        expression, origin = _asked_by(sys._getframe(1))
        if expression is not None and Path(origin).is_relative_to(OWN):
            raise UndefinedVariable(f"{Path(origin).relative_to(OWN)}: {{{{ {expression} }}}} is not defined")
        return False


def install() -> None:
    """Make the configured template engine strict; harmless when repeated."""
    engines["django"].engine.string_if_invalid = Strict()


def _asked_by(frame: FrameType | None) -> tuple[str | None, str]:
    """The expression being resolved and the file of the node that holds it; (None, "") outside of a resolution."""
    if frame is None or frame.f_code is not FilterExpression.resolve.__code__:
        return None, ""
    expression: Any = frame.f_locals["self"]
    while frame is not None:
        node = frame.f_locals.get("self")
        origin = getattr(node, "origin", None)
        if isinstance(node, Node) and origin is not None:
            return expression.token, str(origin.name)
        frame = frame.f_back
    return None, ""
