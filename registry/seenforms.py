"""A form that remembers what its page was made from, and offers both sides when somebody else saved meanwhile.

Give ``initial`` the stored values (on POST too) and `seen` of them; hand ``form.seen_marks`` to the service; when it
raises StaleError call ``form.offer(error)`` and show the page again: ``templates/_stale.html`` lists the differences.
What only the other one changed is taken over into the form; what both changed is asked for, field by field.
"""

import json
from collections.abc import Mapping
from typing import Any

from django.forms import BoundField
from django.forms.widgets import Input

from registry import stale
from registry import webforms as forms

TAKE = "take_"
WIRE = 20_000  # characters


def seen(values: Mapping[str, Any]) -> str:
    """What the hidden field carries."""
    return json.dumps(stale.marks(values), separators=(",", ":"))


class SeenForm(forms.Form):
    """A form of stored values that several people may edit."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=WIRE)
    apart: frozenset[str] = frozenset()  # values that change the form itself: these are never merged
    stale_rows: list[dict[str, Any]]
    stale_apart = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stale_rows = []

    @property
    def seen_marks(self) -> dict[str, str] | None:
        """The marks the page carried; None for a request that carries none."""
        try:
            read = json.loads(self.cleaned_data.get("seen") or "null")
        except ValueError:
            return None
        return {str(name): str(mark) for name, mark in read.items()} if isinstance(read, dict) else None

    def fields_for(self, name: str) -> list[str]:
        """The fields that show a value."""
        return [name] if name in self.fields else []

    def full_clean(self) -> None:
        """Where the other one's was chosen, it is what was typed."""
        if self.is_bound:
            for name in [one for one in self.fields if self.data.get(f"{TAKE}{one}") == "theirs"]:
                self._type(name, _held(self[name]))
        super().full_clean()

    def _type(self, name: str, values: list[str]) -> None:
        data = self.data.copy()
        data.setlist(self.add_prefix(name), values)
        data.pop(f"{TAKE}{name}", None)
        self.data = data

    def offer(self, error: stale.StaleError) -> None:
        """Say who changed what; take over what only they changed; list both sides of the rest."""
        self.stale_apart = any(one.name.split(".")[0] in self.apart for one in error.changes)
        for change in error.changes:
            for name in self.fields_for(change.name):
                theirs, mine = _held(self[name]), _typed(self[name])
                if theirs == mine:
                    continue
                words = _difference(self[name], theirs, mine)
                self.stale_rows.append({
                    "name": name, "label": self.fields[name].label, "who": change.who, "when": stale.when(change.at),
                    "theirs": words[0], "mine": words[1], "asked": change.touched and not self.stale_apart,
                    "take": f"{TAKE}{name}",
                })  # fmt: skip
                if not (change.touched or self.stale_apart):
                    self._type(name, theirs)
        data = self.data.copy()
        if not self.stale_apart:
            data["seen"] = self.get_initial_for_field(self.fields["seen"], "seen") or ""
        self.data = data
        self.add_error(None, error.message)


def _held(field: BoundField) -> list[str]:
    """The stored value as the page would send it."""
    value = field.field.prepare_value(field.initial)
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        return ["on"] if value else []
    if isinstance(value, list | tuple | set):
        return sorted(str(field.field.prepare_value(one)) for one in value)
    shown = widget.format_value(value) if isinstance(widget, Input | forms.Textarea) else value
    return ["" if shown is None else str(shown).replace("\r\n", "\n")]


def _typed(field: BoundField) -> list[str]:
    """What was sent."""
    sent = field.form.data
    values = sent.getlist(field.html_name) if hasattr(sent, "getlist") else [sent.get(field.html_name, "")]
    if isinstance(field.field.widget, forms.CheckboxInput):
        return ["on"] if values else []
    if isinstance(field.field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
        return sorted(values)
    return [one.replace("\r\n", "\n").strip() for one in values[-1:]] or [""]


def _difference(field: BoundField, theirs: list[str], mine: list[str]) -> tuple[str, str]:
    """Both sides in words; of long lists only what the other has not."""
    if isinstance(field.field.widget, forms.CheckboxInput):
        return ("勾选" if theirs else "不勾选", "勾选" if mine else "不勾选")
    choices = {str(code): str(label) for code, label in getattr(field.field, "choices", ())}
    if isinstance(field.field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField):
        left, right = ([one for one in a if one not in b] for a, b in ((theirs, mine), (mine, theirs)))
        return _listed(choices, left, "您的没有"), _listed(choices, right, "对方的没有")
    said = [choices.get(one, one) or "（空）" for one in (*theirs, *mine)]
    return said[0], said[1]


def _listed(choices: dict[str, str], values: list[str], words: str) -> str:
    names = "、".join(choices.get(one, one) for one in values)
    return f"有而{words}：{names}" if names else f"没有别的（{words}的一项也没有）"
