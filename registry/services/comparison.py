"""What an import would do, and did: counts and field-by-field changes, small enough to be shown and kept."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

PERSONAL = frozenset({"法定代表人", "联系人", "联系电话", "手机"})
SHOWN = 20
RECORDED = 200


class Change(NamedTuple):
    """One row that differs from the registry: ``fields`` is label → (old, new) in words."""

    number: int
    key: str
    name: str
    fields: dict[str, tuple[str, str]]


@dataclass(slots=True)
class Comparison:
    """Rows of a file sorted by what they do. ``changed`` holds (row, what the registry has, change); ``notices`` is
    what whoever imports should look at first."""

    new: list[Any] = field(default_factory=list)
    changed: list[tuple[Any, Any, Change]] = field(default_factory=list)
    unchanged: int = 0
    notices: list[str] = field(default_factory=list)

    @property
    def changes(self) -> list[Change]:
        """The changes alone."""
        return [change for _, _, change in self.changed]

    def counts(self) -> dict[str, int]:
        """``new``, ``changed``, ``unchanged``."""
        return {"new": len(self.new), "changed": len(self.changed), "unchanged": self.unchanged}

    def summary(self) -> list[dict[str, Any]]:
        """Per changed field: ``label``, ``rows`` and up to three examples (name, old, new), most frequent first."""
        found: dict[str, dict[str, Any]] = {}
        for change in self.changes:
            for label, (old, new) in change.fields.items():
                entry = found.setdefault(label, {"label": label, "rows": 0, "examples": []})
                entry["rows"] += 1
                if len(entry["examples"]) < 3:
                    entry["examples"].append({"name": change.name, "old": old[:120], "new": new[:120]})
        return sorted(found.values(), key=lambda entry: -entry["rows"])

    def shown(self) -> list[dict[str, Any]]:
        """The first changed rows, field by field, for the preview."""
        return [
            {
                "row": change.number,
                "key": change.key,
                "name": change.name,
                "fields": [
                    {"label": label, "old": old[:120], "new": new[:120]} for label, (old, new) in change.fields.items()
                ],
            }
            for change in self.changes[:SHOWN]
        ]

    def for_the_trail(self) -> dict[str, Any]:
        """What the audit event keeps: how many rows per field, the codes of all changed rows as one text, and old and
        new values of the first 200 (personal data is named, not copied)."""
        changes = self.changes
        return {
            "fields": {entry["label"]: entry["rows"] for entry in self.summary()},
            "codes": " ".join(change.key for change in changes),
            "changes": {
                change.key: {
                    label: ["（个人信息）"] if label in PERSONAL else [old[:200], new[:200]]
                    for label, (old, new) in change.fields.items()
                }
                for change in changes[:RECORDED]
            },
        }
