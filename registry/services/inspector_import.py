"""Clean rows of an inspector file against the registry, and writing them in bulk (see enterprise_import)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from registry.enums import InspectorStatus
from registry.models import Department, Inspector, Specialty
from registry.services.comparison import Change, Comparison
from registry.services.enterprise_import import BATCH, chunks

LABELS = {
    "name": "姓名",
    "department_id": "部门",
    "badge_valid_until": "执法证有效期至",
    "position": "职务",
    "phone": "手机",
    "status": "状态",
}
STORED = ("pk", "badge", *LABELS, "unavailable_from", "unavailable_to")


class InspectorRow(NamedTuple):
    """A clean row. ``values`` holds the model fields the file states (``badge`` always); ``specialties`` None: the
    file has no such column."""

    number: int
    values: dict[str, Any]
    specialties: tuple[int, ...] | None


class Held(NamedTuple):
    """What the registry holds of one inspector."""

    values: dict[str, Any]
    specialties: frozenset[int]


def compare_inspectors(rows: Sequence[InspectorRow]) -> Comparison:
    """Sort the rows into new, changed and unchanged, known by the number of the certificate."""
    result = Comparison()
    departments = dict(Department.objects.values_list("pk", "short_name"))
    specialties = dict(Specialty.objects.values_list("pk", "name"))
    for part in chunks(rows):
        held = _held([row.values["badge"] for row in part])
        for row in part:
            known = held.get(row.values["badge"])
            if known is None:
                result.new.append(row)
            elif fields := _differences(row, known, departments, specialties):
                change = Change(row.number, row.values["badge"], row.values["name"], fields)
                result.changed.append((row, known, change))
            else:
                result.unchanged += 1
    return result


def write_inspectors(comparison: Comparison) -> None:
    """Write what ``compare_inspectors`` found, in bulk. Who is back on duty is no longer marked as away."""
    fresh = [Inspector(**row.values) for row in comparison.new]
    made = [one.pk for one in Inspector.objects.bulk_create(fresh, batch_size=BATCH)]
    links = [(pk, key) for pk, row in zip(made, comparison.new, strict=True) for key in row.specialties or ()]
    objects = []
    for row, known, _ in comparison.changed:
        values = {name: known.values[name] for name in STORED if name != "pk"} | row.values
        if values["status"] == InspectorStatus.ACTIVE != known.values["status"]:
            values |= {"unavailable_from": None, "unavailable_to": None}
        objects.append(Inspector(**values))
    Inspector.objects.bulk_create(
        objects,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["badge"],
        update_fields=[*LABELS, "search_key", "unavailable_from", "unavailable_to"],
    )
    through = Inspector.specialties.through
    relinked = [(row, known) for row, known, change in comparison.changed if "专业" in change.fields]
    for part in chunks([known.values["pk"] for _, known in relinked]):
        through.objects.filter(inspector_id__in=part).delete()
    links += [(known.values["pk"], key) for row, known in relinked for key in row.specialties or ()]
    through.objects.bulk_create([through(inspector_id=pk, specialty_id=key) for pk, key in links], batch_size=BATCH)


def _held(badges: Sequence[str]) -> dict[str, Held]:
    found = list(Inspector.objects.filter(badge__in=badges).order_by().values(*STORED))
    specialties: dict[int, set[int]] = {}
    links = Inspector.specialties.through.objects.filter(inspector_id__in=[values["pk"] for values in found])
    for pk, key in links.values_list("inspector_id", "specialty_id"):
        specialties.setdefault(pk, set()).add(key)
    return {values["badge"]: Held(values, frozenset(specialties.get(values["pk"], ()))) for values in found}


def _differences(
    row: InspectorRow, known: Held, departments: dict[int, str], specialties: dict[int, str]
) -> dict[str, tuple[str, str]]:
    words: dict[str, dict[Any, str]] = {"department_id": departments, "status": dict(InspectorStatus.choices)}
    fields = {}
    for name, label in LABELS.items():
        if name in row.values and row.values[name] != known.values[name]:
            old, new = known.values[name], row.values[name]
            fields[label] = (words.get(name, {}).get(old, str(old)), words.get(name, {}).get(new, str(new)))
    if row.specialties is not None and frozenset(row.specialties) != known.specialties:
        pairs = (known.specialties, row.specialties)
        old, new = ("、".join(sorted(specialties[key] for key in keys)) for keys in pairs)
        fields["专业"] = (old, new)
    return fields
