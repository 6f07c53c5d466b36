"""Stale edits: a page that was read before somebody else saved never wipes what that one wrote.

A page carries a mark of every value it was made from. Saving compares under the lock: a value that moved since, and
would be written over, refuses the save in words: who changed what and when. `registry.seenforms` shows both sides.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from registry import clock
from registry.audit import plain
from registry.errors import DomainError
from registry.models import AuditEvent, User

Author = Callable[[str], tuple[str, dt.datetime | None]]
SOMEBODY = "别人"
MARK = 12  # hex digits; nobody else's value has to be hidden from a mark, only told apart


@dataclass(frozen=True)
class Change:
    """A value that somebody saved after the page was read. ``touched``: the page's reader wrote another one too."""

    name: str
    label: str
    who: str
    at: dt.datetime | None
    touched: bool


class StaleError(DomainError):
    """The refusal, with what was changed meanwhile."""

    def __init__(self, message: str, changes: Iterable[Change]) -> None:
        super().__init__(message)
        self.changes = tuple(changes)


def _flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """``{"rates": {"A": …}}`` as ``{"rates.A": …}``: two people may change two of them."""
    flat: dict[str, Any] = {}
    for name, value in plain(values).items():
        flat |= {f"{name}.{key}": one for key, one in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _mark(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:MARK]


def marks(values: Mapping[str, Any]) -> dict[str, str]:
    """The mark of each value; what is nothing has none, so that a row that is added counts as changed."""
    return {name: _mark(value) for name, value in _flat(values).items() if value is not None}


def from_trail(obj: models.Model, stream: str, *, any_row: bool = False) -> Author:
    """Who changed a value last, by the trail. ``any_row``: of an object that is stored anew with every change."""
    events = AuditEvent.objects.filter(stream=stream, object_type=obj._meta.label_lower).order_by("-seq")
    if not any_row:
        events = events.filter(object_id=str(obj.pk))

    def author(name: str) -> tuple[str, dt.datetime | None]:
        event = events.filter(after__has_key=name).first()
        return (event.actor_name, event.at) if event else (SOMEBODY, None)

    return author


def refuse_overwriting(
    seen: Mapping[str, str] | None,
    *,
    actor: User,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    author: Author,
    label: Callable[[str], str],
) -> None:
    """Raise StaleError when ``after`` would write over values of ``before`` that moved since ``seen`` was marked.

    Call it under the lock. ``seen`` None: not from a page (an import, a command). A value that both set alike is no
    conflict, nor is one that the page does not show.
    """
    if seen is None:
        return
    held, wanted = marks(before), marks(after)
    moved = [
        name for name in sorted({*held, *wanted})
        if held.get(name) != seen.get(name) and held.get(name) != wanted.get(name)
    ]  # fmt: skip
    if not moved:
        return
    changes = []
    for name in moved:
        top = name.split(".")[0]
        changes.append(Change(name, label(top), *author(top), touched=wanted.get(name) != seen.get(name)))
    raise StaleError(_sentence(actor, changes), changes)


def _sentence(actor: User, changes: list[Change]) -> str:
    """``张三 09:17 改过文号、名称；李四 09:20 改过…。`` and what to do."""
    by: dict[tuple[str, str], list[str]] = {}
    for one in changes:
        labels = by.setdefault((one.who, when(one.at)), [])
        if one.label not in labels:
            labels.append(one.label)
    own = actor.name or actor.username
    said = "；".join(
        f"{'您自己' if who == own else who}{f'在 {at} ' if at else '后来'}改过{'、'.join(labels)}"
        for (who, at), labels in by.items()
    )
    return f"没有保存：您打开这一页以后，{said}。两边的内容都列在下面，选好再保存，谁的也不会不声不响地丢掉。"


def when(at: dt.datetime | None) -> str:
    """``09:17`` today, with the day before today, nothing when nobody knows."""
    if at is None:
        return ""
    local = at.astimezone(clock.SHANGHAI)
    return f"{local:%H:%M}" if local.date() == clock.today() else f"{local.month}月{local.day}日 {local:%H:%M}"


def labels_of(model: type[models.Model], **more: str) -> Callable[[str], str]:
    """The Chinese name of a value: the field's own, or one of ``more``."""

    def label(name: str) -> str:
        if name in more:
            return more[name]
        try:
            return str(getattr(model._meta.get_field(name), "verbose_name", name))
        except FieldDoesNotExist:
            return name

    return label
