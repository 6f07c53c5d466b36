"""A form of a page as a person fills it in: the controls are read from the HTML, never from the code behind it."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

SKIPPED = {"submit", "button", "image", "reset", "file"}


@dataclass
class Control:
    """One control: its kind, what it holds, what it offers."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    attrs: dict[str, str] = field(default_factory=dict)

    @property
    def many(self) -> bool:
        """Whether several values may be chosen."""
        return self.kind in {"checkbox", "multiple"}


class _Reader(HTMLParser):
    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.wanted, self.inside, self.found = form_id, False, {}
        self.found: dict[str, Control] = {}
        self.now: Control | None = None

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        said = {key: value or "" for key, value in attrs}
        if tag == "form":
            self.inside = said.get("id", "") == self.wanted if self.wanted else True
        if not self.inside:
            return
        name = said.get("name", "")
        if tag == "input" and name and said.get("type", "text") not in SKIPPED:
            kind = said.get("type", "text")
            one = self.found.setdefault(name, Control(name, kind, attrs=said))
            if kind in {"checkbox", "radio"}:
                one.offered.append(said.get("value", "on"))
                one.values += [said.get("value", "on")] if "checked" in said else []
            else:
                one.values = [said.get("value", "")]
        elif tag == "textarea" and name:
            self.now = self.found[name] = Control(name, "textarea", [""], attrs=said)
        elif tag == "select" and name:
            kind = "multiple" if "multiple" in said else "select"
            self.now = self.found[name] = Control(name, kind, attrs=said)
        elif tag == "option" and self.now is not None:
            self.now.offered.append(said.get("value", ""))
            if "selected" in said:
                self.now.values.append(said.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"textarea", "select"}:
            self.now = None
        elif tag == "form":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.now is not None and self.now.kind == "textarea":
            self.now.values[0] += data


def controls(page: str, form_id: str = "") -> dict[str, Control]:
    """The controls of a form (the last one of the page without an id) by name; the token is left out."""
    reader = _Reader(form_id)
    reader.feed(page)
    reader.found.pop("csrfmiddlewaretoken", None)
    for one in reader.found.values():
        if one.kind == "textarea":
            one.values = [one.values[0].removeprefix("\n").removeprefix("\r\n")]
        if one.kind == "select" and not one.values and one.offered:
            one.values = one.offered[:1]
    return reader.found


def offers(client: Client, one: Control) -> list[str]:
    """What a select can be set to; one that asks the server while typing is asked."""
    if "data-ajax--url" not in one.attrs:
        return [value for value in one.offered if value]
    wanted = {f"{key}_name" if key != "app" else "app_label": one.attrs[f"data-{key}-{what}"]
              for key, what in (("app", "label"), ("model", "name"), ("field", "name"))}  # fmt: skip
    answer = client.get(one.attrs["data-ajax--url"], wanted)
    assert answer.status_code == 200, one.name
    return [row["id"] for row in json.loads(answer.content)["results"]]


def missing(page: Any, *words: str) -> list[str]:
    """Which of the words a page (or a set of names) does not hold."""
    return [one for one in words if one not in page]


def sent(found: dict[str, Control]) -> dict[str, Any]:
    """What the browser would send."""
    data: dict[str, Any] = {}
    for name, one in found.items():
        if one.many:
            if one.values:
                data[name] = one.values
        elif one.kind != "radio" or one.values:
            data[name] = one.values[-1] if one.values else ""
    return data
