"""Statistics tables for templates: cells as text, group headings with their spans."""

from itertools import groupby
from typing import Any

from django import template

from publicity.statistics import Table, shown

register = template.Library()
SHORT, HASH = 24, 64  # what fits a line of a cell; the length of a digest


def _cell(text: str, number: bool) -> dict[str, Any]:
    longest = max(map(len, text.split("\n")))
    digest = len(text) == HASH and text.isalnum()
    return {"text": text, "num": number, "short": longest <= SHORT, "hash": digest}


def _cells(table: Table, row: list[Any]) -> list[dict[str, Any]]:
    return [_cell(shown(cell, column), column.kind != "text") for cell, column in zip(row, table.columns, strict=True)]


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
