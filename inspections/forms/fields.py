"""The kinds of fields that the phone's forms are made of."""

from typing import Any

from registry import webforms as forms

TEXT = 2000
OWED = "inspections/phone/_field.html"  # asked for on submission though a draft may lack it: not marked 选填
MINUTE = "%Y-%m-%dT%H:%M"


def moment_field(label: str, **options: Any) -> forms.DateTimeField:
    """A moment to the minute; a draft may lack it."""
    widget = forms.DateTimeInput(format=MINUTE, attrs={"type": "datetime-local"})
    words = {"invalid": f"{label}请按“2024-09-24 14:05”的样子填写。"}
    options = {"show_hidden_initial": True, "template_name": OWED} | options
    return forms.DateTimeField(label=label, required=False, widget=widget, error_messages=words, **options)


def day_field(label: str, **options: Any) -> forms.DateField:
    """A day."""
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    words = {"invalid": f"{label}请按“2024-09-24”的样子填写。"}
    return forms.DateField(label=label, required=False, widget=widget, error_messages=words, **options)


def text_field(label: str, *, rows: int = 0, length: int = TEXT, **options: Any) -> forms.CharField:
    """A text, of several lines with ``rows``."""
    widget = forms.Textarea(attrs={"rows": rows}) if rows else forms.TextInput()
    return forms.CharField(label=label, required=False, max_length=length, widget=widget, **options)


def tick_field(label: str, **options: Any) -> forms.BooleanField:
    """A tick."""
    return forms.BooleanField(label=label, required=False, **options)
