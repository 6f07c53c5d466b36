"""Clean rows of an enterprise file against the registry: what is new, what changed, and writing both in bulk.

Nothing here opens a transaction or writes the trail; `registry.services.importing` does, around it.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from registry.enums import EntityType, RegStatus
from registry.models import Enterprise, Industry, Licence, RiskLevel, RiskRating, RiskScheme
from registry.pinyin import sort_key
from registry.services.comparison import Change, Comparison
from registry.services.same_names import same_names

__all__ = ["EnterpriseRow", "compare_enterprises", "sort_key", "write_enterprises"]

CHUNK = 5_000
BATCH = 2_000
LABELS = {
    "name": "名称",
    "entity_type": "主体类型",
    "authority": "登记机关",
    "status": "登记状态",
    "registered_on": "成立日期",
    "address": "住所",
    "township": "乡镇",
    "legal_rep": "法定代表人",
    "contact_name": "联系人",
    "contact_phone": "联系电话",
}
CHOICES = {"entity_type": dict(EntityType.choices), "status": dict(RegStatus.choices)}
STORED = ("pk", "uscc", *LABELS, "status_changed_on")

LicenceRow = tuple[str, str, dt.date | None]
"""Name, number, valid until (None = 长期)."""


class EnterpriseRow(NamedTuple):
    """A clean row. ``values`` holds the model fields the file states (``uscc`` and ``name`` always); a column that the
    file does not have is not in it. ``level`` None with ``as_of`` None is a blank grade: 未评级. ``licences`` None:
    the file has no such columns."""

    number: int
    values: dict[str, Any]
    industries: tuple[str, ...]
    level: int | None
    as_of: dt.date | None
    licences: tuple[LicenceRow, ...] | None


class Held(NamedTuple):
    """What the registry holds of one enterprise. ``ratings``: day → (pk, level pk, is current)."""

    values: dict[str, Any]
    industries: frozenset[str]
    licences: tuple[LicenceRow, ...]
    ratings: dict[dt.date, tuple[int, int | None, bool]]


class RatingStep(NamedTuple):
    """What a row does to the grades: correct the row ``pk``, or add one (``pk`` None)."""

    pk: int | None
    level: int | None
    as_of: dt.date
    current: bool


def chunks(values: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    """``values`` in pieces: a database takes only so many parameters at once."""
    remaining = iter(values)
    while piece := list(islice(remaining, size)):
        yield piece


def compare_enterprises(rows: Sequence[EnterpriseRow], scheme: RiskScheme, today: dt.date) -> Comparison:
    """Sort the rows into new, changed and unchanged; seven queries for every 5,000 rows."""
    result = Comparison()
    kept: list[EnterpriseRow] = []
    levels: dict[int | None, str] = dict(RiskLevel.objects.filter(scheme=scheme).values_list("pk", "code"))
    levels[None] = "未评级"
    industries = dict(Industry.objects.values_list("code", "name"))
    for part in chunks(rows):
        held = _held([row.values["uscc"] for row in part], scheme)
        for row in part:
            known = held.get(row.values["uscc"])
            if known is None:
                result.new.append(row)
                continue
            step = _rating_step(row, known, today)
            fields = _differences(row, known, industries) | _grade_difference(step, known, levels)
            if fields:
                change = Change(row.number, row.values["uscc"], row.values["name"], fields)
                result.changed.append((row, (known, step), change))
            else:
                kept.append(row)
                result.unchanged += 1
    renamed = [row for row, _, change in result.changed if "名称" in change.fields]
    kept += [row for row, _, change in result.changed if "名称" not in change.fields]
    result.notices = same_names([*result.new, *renamed], kept)
    return result


def write_enterprises(
    comparison: Comparison, *, scheme: RiskScheme, source: str, now: dt.datetime, today: dt.date
) -> None:
    """Write what ``compare_enterprises`` found, in bulk. ``source`` is kept with each grade that is added."""
    made = _insert([row.values for row in comparison.new], now)
    links = [(pk, code) for pk, row in zip(made, comparison.new, strict=True) for code in row.industries]
    licences = [(pk, row.licences or ()) for pk, row in zip(made, comparison.new, strict=True)]
    steps = [
        (pk, RatingStep(None, row.level, row.as_of, True))
        for pk, row in zip(made, comparison.new, strict=True)
        if row.as_of is not None
    ]
    _update([(row, known) for row, (known, _), _ in comparison.changed], now, today)
    relinked = [(row, known) for row, (known, _), change in comparison.changed if "行业" in change.fields]
    relicensed = [(row, known) for row, (known, _), change in comparison.changed if "许可证" in change.fields]
    through = Enterprise.industries.through
    for part in chunks([known.values["pk"] for _, known in relinked]):
        through.objects.filter(enterprise_id__in=part).delete()
    for part in chunks([known.values["pk"] for _, known in relicensed]):
        Licence.objects.filter(enterprise_id__in=part).delete()
    links += [(known.values["pk"], code) for row, known in relinked for code in row.industries]
    licences += [(known.values["pk"], row.licences or ()) for row, known in relicensed]
    steps += [(known.values["pk"], step) for _, (known, step), _ in comparison.changed if step is not None]
    through.objects.bulk_create([through(enterprise_id=pk, industry_id=code) for pk, code in links], batch_size=BATCH)
    Licence.objects.bulk_create(
        [Licence(enterprise_id=pk, name=n, number=no, valid_until=day) for pk, some in licences for n, no, day in some],
        batch_size=BATCH,
    )
    _write_ratings(steps, scheme, source)


def _held(codes: Sequence[str], scheme: RiskScheme) -> dict[str, Held]:
    found = list(Enterprise.objects.filter(uscc__in=codes).order_by().values(*STORED))
    if not found:
        return {}
    keys = [values["pk"] for values in found]
    industries: dict[int, set[str]] = {}
    licences: dict[int, list[LicenceRow]] = {}
    ratings: dict[int, dict[dt.date, tuple[int, int | None, bool]]] = {}
    links = Enterprise.industries.through.objects.filter(enterprise_id__in=keys)
    for pk, code in links.values_list("enterprise_id", "industry_id"):
        industries.setdefault(pk, set()).add(code)
    held = Licence.objects.filter(enterprise_id__in=keys).order_by("enterprise_id", "pk")
    for pk, name, number, until in held.values_list("enterprise_id", "name", "number", "valid_until"):
        licences.setdefault(pk, []).append((name, number, until))
    rated = RiskRating.objects.filter(enterprise_id__in=keys, scheme=scheme).order_by()
    for pk, as_of, key, level, current in rated.values_list("enterprise_id", "as_of", "pk", "level_id", "is_current"):
        ratings.setdefault(pk, {})[as_of] = (key, level, current)
    return {
        values["uscc"]: Held(
            values,
            frozenset(industries.get(values["pk"], ())),
            tuple(licences.get(values["pk"], ())),
            ratings.get(values["pk"], {}),
        )
        for values in found
    }


def _differences(row: EnterpriseRow, known: Held, names: dict[str, str]) -> dict[str, tuple[str, str]]:
    fields = {}
    for name, label in LABELS.items():
        if name in row.values and row.values[name] != known.values[name]:
            words = CHOICES.get(name, {})
            old, new = known.values[name], row.values[name]
            fields[label] = (words.get(old, str(old)), words.get(new, str(new)))
    if frozenset(row.industries) != known.industries:
        fields["行业"] = (_joined(known.industries, names), _joined(row.industries, names))
    if row.licences is not None and sorted(row.licences, key=str) != sorted(known.licences, key=str):
        fields["许可证"] = (licences_in_words(known.licences), licences_in_words(row.licences))
    return fields


def _joined(codes: Sequence[str] | frozenset[str], names: dict[str, str]) -> str:
    return "、".join(names.get(code, code) for code in sorted(codes))


def licences_in_words(licences: Sequence[LicenceRow]) -> str:
    """Licences as one line."""
    return "；".join(f"{name} {number}（{until or '长期'}）" for name, number, until in licences)


def _current(known: Held) -> tuple[dt.date | None, int | None]:
    return next(((day, level) for day, (_, level, current) in known.ratings.items() if current), (None, None))


def _rating_step(row: EnterpriseRow, known: Held, today: dt.date) -> RatingStep | None:
    """The newest day is the current grade; a day that is known is corrected in place (decisions.md)."""
    day, level = _current(known)
    as_of = row.as_of
    if as_of is None:
        if level is None:
            return None
        as_of = today  # a blank grade says 未评级 without a day: so it is from today
    if as_of in known.ratings:
        pk, held, current = known.ratings[as_of]
        return None if held == row.level else RatingStep(pk, row.level, as_of, current)
    return RatingStep(None, row.level, as_of, day is None or as_of > day)


def _grade_difference(
    step: RatingStep | None, known: Held, levels: dict[int | None, str]
) -> dict[str, tuple[str, str]]:
    if step is None:
        return {}
    day, level = _current(known)
    if not step.current:
        held = known.ratings.get(step.as_of)
        old = levels[held[1]] if held else "无"
        return {"以往等级": (f"{step.as_of} {old}", f"{step.as_of} {levels[step.level]}")}
    if day is not None and level == step.level:
        return {"等级日期": (str(day), str(step.as_of))}
    return {"信用风险等级": (levels[level], levels[step.level])}


def _insert(rows: Sequence[dict[str, Any]], now: dt.datetime) -> list[int]:
    objects = [Enterprise(**values, updated_at=now) for values in rows]
    return [one.pk for one in Enterprise.objects.bulk_create(objects, batch_size=BATCH)]


def _update(changed: Sequence[tuple[EnterpriseRow, Held]], now: dt.datetime, today: dt.date) -> None:
    """One INSERT … ON CONFLICT for each batch: many times faster than bulk_update's CASE for every column."""
    objects = []
    for row, known in changed:
        values = {name: known.values[name] for name in STORED if name != "pk"} | row.values
        if values["status"] != known.values["status"]:
            values["status_changed_on"] = today
        objects.append(Enterprise(**values, updated_at=now))
    Enterprise.objects.bulk_create(
        objects,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["uscc"],
        update_fields=[*LABELS, "status_changed_on", "name_sort", "search_key", "updated_at"],
    )


def _write_ratings(steps: Sequence[tuple[int, RatingStep]], scheme: RiskScheme, source: str) -> None:
    added = [(enterprise, step) for enterprise, step in steps if step.pk is None]
    for part in chunks([enterprise for enterprise, step in added if step.current]):
        RiskRating.objects.filter(enterprise_id__in=part, scheme=scheme, is_current=True).update(is_current=False)
    RiskRating.objects.bulk_create(
        [
            RiskRating(
                enterprise_id=enterprise,
                scheme=scheme,
                level_id=step.level,
                as_of=step.as_of,
                source=source,
                is_current=step.current,
            )
            for enterprise, step in added
        ],
        batch_size=BATCH,
    )
    by_level: dict[int | None, list[int]] = {}
    for _, step in steps:
        if step.pk is not None:
            by_level.setdefault(step.level, []).append(step.pk)
    for level, keys in by_level.items():
        for part in chunks(keys):
            RiskRating.objects.filter(pk__in=part).update(level_id=level, source=source)
