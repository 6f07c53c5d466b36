"""Statistics tables for templates: cells as text, group headings with their spans."""

from itertools import groupby
from typing import Any

from django import template

from publicity.statistics import Table, shown

register = template.Library()
FOLD, HASH = 16, 64  # characters a line of a cell; the length of a digest


def _cell(text: str, number: bool) -> dict[str, Any]:
    """A cell that keeps its lines: a browser would squeeze a long Chinese text to one character a line."""
    raw, digest = text, len(text) == HASH and text.isalnum()
    if not digest and text:
        lines_ = [
            line[start : start + FOLD] for line in text.split("\n") for start in range(0, max(1, len(line)), FOLD)
        ]
        text = "\n".join(lines_)
    return {"text": text, "raw": raw, "num": number, "hash": digest}


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
