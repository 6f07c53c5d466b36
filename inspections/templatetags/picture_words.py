"""Words about a stored picture for templates."""

import datetime as dt
from typing import Any

from django import template

from inspections import pictures

register = template.Library()


@register.filter
def taken_words(row: Any) -> str:
    """When it was taken, with the year."""
    return pictures.taken_words(row)


@register.filter
def early_words(row: Any, visit_from: dt.datetime | None) -> str:
    """How long before the visit; empty when it was not."""
    return pictures.early_words(row, visit_from)


@register.filter
def place_words(row: Any) -> str:
    """Where it was taken."""
    return pictures.place_words(row)
