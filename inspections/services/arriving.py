"""到场情况 of a department: the first answer of a visit, and what it fills by itself (inspections/arrival.py).

It belongs to the section and not to the record: who fills items, confirms a result and submits is a department, two of
them may come on different days, and a section that was handed in must not change because another one came back.
Another outcome takes back what the one before filled, keeps what a person answered, and keeps every photo.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from inspections.arrival import NOBODY_MET, OUTCOMES, outcome_of
from inspections.enums import CLOSED_WITHOUT_VISIT, EXCLUSIVE_RESULTS, Answer, Arrival, EvidenceKind
from inspections.models import DepartmentSection, InspectionRecord
from inspections.services.attempts import EARLY, attempt_words
from inspections.services.content import FINDING
from inspections.services.entry import locking, write_head
from inspections.services.findings import keep
from inspections.services.results import codes_of
from inspections.services.section_entry import ARRIVED, replace_results, section_content, stale_section
from inspections.services.writing import Trail, begin, check_writable, lock_record, stream_of
from inspections.site_facts import same_kind
from registry import audit, clock
from registry.errors import DomainError
from registry.models import User

BY_OUTCOME = "按到场情况批量"


@dataclass
class Arrived:
    """A section after its arrival was told: the items that were filled or emptied, and the head as it is now."""

    section: DepartmentSection
    record: InspectionRecord
    items: list[Any] = field(default_factory=list)


@transaction.atomic
def save_arrival(
    *,
    actor: User,
    section: DepartmentSection,
    outcome: str,
    at: dt.datetime | None,
    version: int,
    base: Mapping[str, Any] | None = None,
) -> Arrived:
    """Store what the officers met with and when they came; fill what follows from it.

    Where nothing could be checked the unanswered items become 未检查（outcome）, the fitting result is proposed (an
    officer confirms it), and the ticks that need somebody to be met are taken back. ``base``: ``arrival`` and
    ``arrived_at`` as the writer saw them; while they still say so, other changes of the section are no collision.
    Raises StaleVersion, DomainError.
    """
    record = lock_record(InspectionRecord(pk=section.record_id))
    stored = DepartmentSection.objects.select_related("department").get(pk=section.pk)
    check_writable(actor, stored)
    return write_arrival(
        actor=actor, record=record, stored=stored, outcome=outcome, at=at, version=version, base=base,
        trail=Trail(ARRIVED),
    )  # fmt: skip


def write_arrival(
    *,
    actor: User,
    record: InspectionRecord,
    stored: DepartmentSection,
    outcome: str,
    at: dt.datetime | None,
    version: int,
    base: Mapping[str, Any] | None,
    trail: Trail,
) -> Arrived:
    """``save_arrival`` on a record that is locked, for whoever was found to be allowed to."""
    at = _checked(outcome, at)
    old, came = stored.arrival, stored.arrived_at
    if (old, came) == (outcome, at):
        return Arrived(stored, record)
    before = section_content(stored)
    stored.arrival, stored.arrived_at = outcome, at
    untouched = base is not None and all(before[name] == base.get(name) for name in ("arrival", "arrived_at"))
    if stored.version != version and not untouched:
        raise stale_section(stored, before, section_content(stored))
    if outcome != old:
        _propose(stored, old)
    after = section_content(stored)
    changed = [name for name in after if before[name] != after[name]]
    begin(stored)
    stored.version += 1
    stored.save(update_fields=["arrival", "arrived_at", "result_note", "result_confirmed", "state", "version"])
    audit.record(
        stream=stream_of(record.pk), actor=actor, action=trail.action, obj=stored,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed} | trail.more, reason=trail.reason,
    )  # fmt: skip
    items = _fill(actor, stored, trail) if outcome != old else []
    _head(actor, record, stored, old, came, trail)
    return Arrived(stored, record, items)


def _checked(outcome: str, at: dt.datetime | None) -> dt.datetime:
    if outcome not in OUTCOMES:
        raise DomainError(f"请在“{'、'.join(Arrival.labels)}”中选择到场情况。")
    if at is None:
        raise DomainError("请填写到达时间。")
    if at > clock.now() + EARLY:
        raise DomainError("到达时间在将来，请核对日期和时间。")
    return at


def _propose(section: DepartmentSection, old: str) -> None:
    """The result that fits, to be confirmed: what the outcome before proposed, or this one forbids, goes."""
    rule, codes = outcome_of(section.arrival), set(codes_of(section))
    kept = (codes & set(rule.results)) - {outcome_of(old).preset}
    if rule.preset and not (kept and (kept | {rule.preset}) & EXCLUSIVE_RESULTS):
        kept |= {rule.preset}
    if kept != codes:
        replace_results(section, kept)
        if codes and not same_kind(codes, kept):  # the note and the measures were about what was left
            section.follow_ups.all().delete()
            section.result_note = ""
    section.result_confirmed = False


def _fill(actor: User, section: DepartmentSection, trail: Trail) -> list[Any]:
    """The items that no person answered say what follows from the outcome; those that changed."""
    rule, changed = outcome_of(section.arrival), []
    filled = (Answer.NOT_CHECKED.value, str(Arrival(section.arrival).label), section.arrival)
    for finding in section.findings.select_related("item"):
        if finding.answer and not finding.outcome:
            continue
        wanted = filled if rule.fills else ("", "", "")
        if (finding.answer, finding.text, finding.outcome) == wanted:
            continue
        before = audit.fields_of(finding, FINDING)
        finding.answer, finding.text, finding.outcome = wanted
        finding.corrected = False
        keep(finding, actor)
        audit.record(
            stream=stream_of(section.record_id), actor=actor, action=BY_OUTCOME, obj=finding, before=before,
            after=audit.fields_of(finding, FINDING) | {"outcome": section.arrival} | trail.more, reason=trail.reason,
        )  # fmt: skip
        changed.append(finding)
    return changed


def _head(
    actor: User,
    record: InspectionRecord,
    section: DepartmentSection,
    old: str,
    came: dt.datetime | None,
    trail: Trail,
) -> None:
    """The times of the visit follow the arrival until somebody sets others; nobody met, nothing shown or told."""
    at, met = section.arrived_at, outcome_of(section.arrival).met
    assert at is not None  # noqa: S101 -- _checked
    fields: dict[str, Any] = {}
    if record.visit_from is None or record.visit_from == came:
        fields["visit_from"] = at
    start = fields.get("visit_from", record.visit_from)
    if met and came is not None and record.visit_to == came and old in NOBODY_MET:
        fields["visit_to"] = None
    elif not met and record.visit_to in {None, came}:
        fields["visit_to"] = at
    end = fields.get("visit_to", record.visit_to)
    if start and end and start > end:
        fields.pop("visit_from", None)
    if not met and not somebody_met(record):
        fields |= {"certificates_shown": False, "informed": False, "recusal_requested": None, "recusal_reason": ""}
    changes = {name: value for name, value in fields.items() if getattr(record, name) != value}
    if changes and locking(record) is None:
        write_head(
            actor=actor, stored=record, section=section, version=record.version, base=None, fields=changes,
            trail=Trail("填写入场信息", trail.reason, trail.more),
        )  # fmt: skip


def somebody_met(record: InspectionRecord) -> bool:
    """Whether any department that came met somebody."""
    came = record.sections.exclude(state__in=list(CLOSED_WITHOUT_VISIT)).filter(written_only=False)
    return came.exclude(arrival="").exclude(arrival__in=NOBODY_MET).exists()


# ------------------------------------------------------------------------------------------------------ what is read


def door_photos(section: DepartmentSection) -> list[Any]:
    """The photos of the door, in the order in which they were taken in."""
    return [row for row in section.evidence.all() if row.kind == EvidenceKind.DOOR and row.finding_id is None]


def arrival_lines(section: DepartmentSection) -> list[tuple[str, str]]:
    """(label, words) of what was noted of the arrival, for paper and desk: only what this outcome asks."""
    if not section.arrival:
        return []
    asks = outcome_of(section.arrival).asks
    when = section.arrived_at.astimezone(clock.SHANGHAI) if section.arrived_at else None
    stamp = f"，{when.year}年{when.month}月{when.day}日{when:%H时%M分}到达" if when else ""
    found = [("到场情况", f"{section.get_arrival_display()}{stamp}")]
    if "attempts" in asks and section.attempts:
        names = {row.pk: row.inspector.name for row in section.members.all()}
        found.append(("联系经过", attempt_words(section.attempts, names)))
    found += [(label, value) for name, label, value in _texts(section) if name in asks and value]
    if "door" in asks:
        found += [("门口照片", f"{_when(row)}，摘要 {row.sha256[:16].upper()}") for row in door_photos(section)]
    return found


def _texts(section: DepartmentSection) -> list[tuple[str, str, str]]:
    onlooker = f"{section.onlooker_name}，{section.onlooker_unit}".strip("，")
    reason = f"没有见证人：{section.no_onlooker}" if section.no_onlooker else ""
    met = f"{section.met_name}（{section.met_post}）" if section.met_post else section.met_name
    return [
        ("found_at", "现址或去向", section.found_at), ("said", "对方怎样说", section.said),
        ("onlooker", "见证人", onlooker or reason), ("met", "接待人", met),
    ]  # fmt: skip


def _when(row: Any) -> str:
    at = row.taken_at or row.uploaded_at
    return f"{at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M} {'拍摄' if row.taken_at else '送达'}"
