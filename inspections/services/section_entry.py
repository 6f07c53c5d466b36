"""What a department says of its own part of a record: who came, the result, the follow-up, another body's result."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction

from inspections.arrival import FACTS, FIELDS
from inspections.enums import Arrival, Measure, ResultCode
from inspections.models import DepartmentSection, FollowUp, InspectionRecord, SectionMember, SectionResult
from inspections.services.attempts import attempt_words, read_attempts
from inspections.services.results import codes_of, misfits, result_problems
from inspections.services.writing import (
    TAKEN_OVER,
    StaleVersion,
    Trail,
    begin,
    check_writable,
    lock_record,
    stream_of,
    value_words,
)
from inspections.site_facts import same_kind
from inspections.site_rules import MEASURE_FIELDS
from registry import audit
from registry.errors import DomainError
from registry.models import AuditEvent, User

SECTION_FIELDS = (
    "written_only", "result_note", "result_confirmed", "other_body", "other_body_number", "other_body_day", *FIELDS,
)  # fmt: skip
KEEP: Any = object()
FILLED = "填写部门结果"
ARRIVED = "选择到场情况"


@dataclass(frozen=True)
class FollowUpEntry:
    """后续处置 as typed: one measure with what belongs to it."""

    measure: str
    text: str = ""
    deadline: dt.date | None = None
    reference: str = ""
    receiving: str = ""


@transaction.atomic
def save_section(
    *,
    actor: User,
    section: DepartmentSection,
    version: int,
    present: Collection[SectionMember] | None = None,
    written_only: bool | None = None,
    results: Collection[str] | None = None,
    result_note: str | None = None,
    result_confirmed: bool | None = None,
    follow_ups: Collection[FollowUpEntry] | None = None,
    other_body: str | None = None,
    other_body_number: str | None = None,
    other_body_day: dt.date | None = KEEP,
    base: Mapping[str, Any] | None = None,
    **facts: Any,
) -> DepartmentSection:
    """Store what a department says of its own part; whatever is left out stays as it is.

    ``facts``: fields of ``arrival.FACTS``. The outcome of the arrival itself is ``save_arrival``'s.

    ``present``: those of the drawn inspectors who came. ``results`` with ``result_confirmed=True`` must be valid
    (``result_problems``), else DomainError with all problems. ``base``: what the changed parts of ``section_content``
    said when the writer began; while they still say so, other changes are no collision. Raises StaleVersion when the
    section was changed.
    """
    if unknown := set(facts) - set(FACTS):
        raise TypeError(f"not facts of an arrival: {sorted(unknown)}")
    lock_record(InspectionRecord(pk=section.record_id))
    stored = DepartmentSection.objects.select_related("department").get(pk=section.pk)
    check_writable(actor, stored)
    values: dict[str, Any] = {
        "written_only": written_only, "result_note": result_note, "result_confirmed": result_confirmed,
        "other_body": other_body, "other_body_number": other_body_number,
    }  # fmt: skip
    values = {name: value for name, value in values.items() if value is not None} | facts
    if other_body_day is not KEEP:
        values["other_body_day"] = other_body_day
    parts = {"present": present, "results": results, "follow_ups": follow_ups}
    return write_section(
        actor=actor, stored=stored, version=version, base=base, values=values, parts=parts, trail=Trail(FILLED)
    )  # fmt: skip


def write_section(
    *,
    actor: User,
    stored: DepartmentSection,
    version: int,
    base: Mapping[str, Any] | None,
    values: Mapping[str, Any],
    parts: Mapping[str, Any],
    trail: Trail,
) -> DepartmentSection:
    """``save_section`` on a section whose record is locked, for whoever was found to be allowed to.

    ``values``: fields of the row; ``parts``: ``present`` ``results`` ``follow_ups``, left out or None = unchanged.
    """
    before = section_content(stored)
    values, parts = _without_what_was_left(before, values, parts)
    _apply_section(stored, values, parts.get("present"), parts.get("results"), parts.get("follow_ups"))
    after = section_content(stored)
    if before == after:
        return stored
    changed = [name for name in after if before[name] != after[name]]
    untouched = base is not None and all(before[name] == base.get(name) for name in changed)
    if stored.version != version and not untouched:
        raise stale_section(stored, before, after)
    if stored.result_confirmed and (problems := result_problems(stored, codes_of(stored), stored.result_note)):
        raise DomainError(problems[0], problems=problems)
    if "results" in changed and (problems := misfits(stored, after["results"])):
        raise DomainError(problems[0], problems=problems)
    begin(stored)
    stored.version += 1
    stored.save(update_fields=[*SECTION_FIELDS, "state", "version"])
    audit.record(
        stream=stream_of(stored.record_id), actor=actor, action=trail.action, obj=stored,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed} | trail.more, reason=trail.reason,
    )  # fmt: skip
    return stored


def _without_what_was_left(
    before: Mapping[str, Any], values: Mapping[str, Any], parts: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """A result of another kind takes neither the note nor the measures of the one that was left with it: what is sent
    as it stood there, or not sent at all, goes. Typed anew it stays."""
    values, parts = dict(values), dict(parts)
    results = parts.get("results")
    if results is None or not before["results"] or same_kind(before["results"], results):
        return values, parts
    if before["result_note"] == values.get("result_note", before["result_note"]).strip():
        values["result_note"] = ""
    given = parts.get("follow_ups")
    parts["follow_ups"] = [
        entry for entry in given or () if audit.plain(asdict(entry)) not in before["follow_ups"]
    ]  # fmt: skip
    return values, parts


def section_content(section: DepartmentSection) -> dict[str, Any]:
    """What the inspectors say in a section apart from the items, as plain data."""
    content = audit.fields_of(section, SECTION_FIELDS)
    content["present"] = [member.inspector_id for member in section.members.all() if member.present]
    content["results"] = codes_of(section)
    content["follow_ups"] = sorted(
        (audit.fields_of(row, asdict(FollowUpEntry(""))) for row in section.follow_ups.all()),
        key=lambda row: Measure.values.index(row["measure"]),
    )
    return content


def _apply_section(
    section: DepartmentSection,
    values: Mapping[str, Any],
    present: Collection[SectionMember] | None,
    results: Collection[str] | None,
    follow_ups: Collection[FollowUpEntry] | None,
) -> None:
    """Write the parts into their rows; undone by the surrounding transaction if the whole is refused."""
    if "attempts" in values:
        values = {**values, "attempts": read_attempts(section, values["attempts"])}
    for name, value in values.items():
        setattr(section, name, value.strip() if isinstance(value, str) else value)
    if present is not None:
        keys = {member.pk for member in present}
        if strangers := keys - set(section.members.filter(replaced=False).values_list("pk", flat=True)):
            raise DomainError(f"到场人员里有 {len(strangers)} 人不是本部门被抽中的检查人员，请登记为协助人员。")
        for member in section.members.all():
            if member.present != (member.pk in keys):
                member.present = member.pk in keys
                member.save(update_fields=["present"])
    if results is not None:
        replace_results(section, set(results))
    if follow_ups is not None:
        _replace_follow_ups(section, list(follow_ups))


def replace_results(section: DepartmentSection, codes: set[str]) -> None:
    """The codes of a section become these; the caller's trail says so."""
    if unknown := sorted(codes - set(ResultCode.values)):
        raise DomainError(f"没有“{'、'.join(unknown)}”这种检查结果，请重新选择。")
    kept = set(section.results.values_list("code", flat=True))
    section.results.filter(code__in=kept - codes).delete()
    SectionResult.objects.bulk_create(SectionResult(section=section, code=code) for code in sorted(codes - kept))


def _replace_follow_ups(section: DepartmentSection, entries: list[FollowUpEntry]) -> None:
    measures = [entry.measure for entry in entries]
    if set(measures) - set(Measure.values) or len(measures) != len(set(measures)):
        raise DomainError("处置措施有误，请重新选择。")
    if Measure.NONE in measures and len(measures) > 1:
        raise DomainError(f"“{Measure.NONE.label}”只能单独选择，请取消其他措施或取消这一项。")
    section.follow_ups.exclude(measure__in=measures).delete()
    for entry in entries:
        FollowUp.objects.update_or_create(
            section=section, measure=entry.measure,
            defaults=_belonging(entry),
        )  # fmt: skip


def _belonging(entry: FollowUpEntry) -> dict[str, Any]:
    """The fields of a measure; what does not belong to it is not kept."""
    blank, given = asdict(FollowUpEntry(entry.measure)), asdict(entry)
    kept = MEASURE_FIELDS[entry.measure]
    return {name: given[name] if name in kept else blank[name] for name in given if name != "measure"}


def stale_section(stored: DepartmentSection, before: Mapping[str, Any], after: Mapping[str, Any]) -> StaleVersion:
    """What a writer is told whose section somebody else changed meanwhile."""
    last = AuditEvent.objects.filter(
        stream=stream_of(stored.record_id), action__in=[FILLED, ARRIVED, TAKEN_OVER], object_id=str(stored.pk),
        object_type=stored._meta.label_lower,
    ).order_by("-seq").first()  # fmt: skip
    name = next(name for name in after if before[name] != after[name])
    return StaleVersion(
        what=f"{stored.department}的{_field_label(name)}", theirs=content_words(name, before[name]),
        mine=content_words(name, after[name]), by=last.actor_name if last else "他人",
        at=last.at if last else None, version=stored.version,
        value={name: before[name] for name in after if before[name] != after[name]},
    )  # fmt: skip


def _field_label(name: str) -> str:
    """What a part of the section is called: the facts of an arrival by their own names, all else by the result's."""
    return str(DepartmentSection._meta.get_field(name).verbose_name) if name in FIELDS else "检查结果"  # type: ignore[union-attr]


def content_words(name: str, value: Any) -> str:
    """A part of ``section_content`` as people read it."""
    if name == "results":
        return "、".join(str(ResultCode(code).label) for code in value) or "未选"
    if name == "follow_ups":
        return "、".join(str(Measure(row["measure"]).label) for row in value) or "未选"
    if name == "arrival":
        return str(Arrival(value).label) if value else "未选"
    if name == "attempts":
        return attempt_words(value)
    if name == "present":
        return f"到场 {len(value)} 人"
    return value_words(name, value)
