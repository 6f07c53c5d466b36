"""Statistics tables for templates: cells as text, group headings with their spans."""

from itertools import groupby
from typing import Any

from django import template

from publicity.statistics import Table, shown

register = template.Library()


def _cells(table: Table, row: list[Any]) -> list[dict[str, Any]]:
    pairs = zip(row, table.columns, strict=True)
    return [{"text": shown(cell, column), "num": column.kind != "text"} for cell, column in pairs]


@register.filter
def lines(table: Table) -> list[list[dict[str, Any]]]:
    """The rows of a table as cells."""
    return [_cells(table, row) for row in table.rows]


@register.filter
def total_line(table: Table) -> list[dict[str, Any]]:
    """The last row as cells; empty when there is none."""
    return _cells(table, table.total) if table.total else []


@register.filter
def grouped(table: Table) -> list[dict[str, Any]]:
    """Group headings with their spans; empty when no column belongs to a group."""
    if not any(column.group for column in table.columns):
        return []
    return [{"label": name, "span": len(list(group))} for name, group in groupby(table.columns, lambda one: one.group)]
