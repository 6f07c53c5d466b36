"""Changes as a phone sends them: each under its own key, in one short transaction, answered only after the commit.

The contract is docs/sync.md. Order inside the transaction (trust.md, Appendix A): key → record row → the change →
version → trail.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse

from inspections.enums import EvidenceKind
from inspections.models import DepartmentSection, Evidence, InspectionRecord, SectionMember
from inspections.services.arriving import Arrived, save_arrival
from inspections.services.attempts import stamp
from inspections.services.content import FINDING, HEAD_FACTS, content_version
from inspections.services.drawing import read_drawing
from inspections.services.entry import save_head, save_rest_ok, store_finding
from inspections.services.evidence import Taken, add_evidence, remove_evidence
from inspections.services.section_entry import FollowUpEntry, save_section, section_content
from inspections.services.signing import is_current, sign_as_inspector, sign_record
from inspections.services.submitting import check_section, submit_section
from inspections.services.writing import NotYours, SectionClosed, StaleVersion, own_section, why_not
from registry import audit, clock
from registry.errors import DomainError
from registry.models import User
from registry.operations import once

Answer = dict[str, Any]
GONE = "这份检查记录已不在您名下，或您不是本部门被抽中的检查人员。"


@dataclass(frozen=True)
class Sender:
    """The key of a change, the record it belongs to, and what the phone says of itself (for the trail)."""

    key: str
    record: int
    client: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One change of an item (``item``), of a ``field`` of the head or own section, or 其余全部符合.

    ``base``: what the field said when the change was made, when the phone told it; ``restore``: an item's change before
    is undone.
    """

    sender: Sender
    target: str
    item: int = 0
    field: str = ""
    value: Any = None
    version: int = 0
    base: Any = None
    has_base: bool = False
    restore: bool = False


class Incomplete(DomainError):
    """A submission that lacks something; ``rows`` say what, and where to put it right."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        super().__init__(f"还有 {len(rows)} 处要补充，补充后再提交。", problems=[row["text"] for row in rows])
        self.rows = rows


def store_change(*, actor: User, change: Change) -> tuple[Answer, bool]:
    """Store one change once; (answer, whether it ran now). Raises StaleVersion, SectionClosed, NotYours."""
    sender = change.sender
    expected = {"version": change.version + 1, "at": _now(), "warnings": []}

    def effect() -> Answer:
        if change.target == "rest_ok":
            section = _section(actor, sender.record)
            versions = save_rest_ok(actor=actor, section=section, findings=change.value)
            return {"versions": {str(key): version for key, version in versions.items()}, "at": expected["at"]}
        if change.target == "item":
            return expected | {"version": _save_item(actor, change)}
        if change.target == "head":
            return expected | _save_head(actor, change)
        if change.field == "arrival":
            return expected | _save_arrival(actor, change)
        return expected | {"version": _save_section(actor, change)}

    return _once(actor, sender, "sync_save", effect, expected)


def _once(
    actor: User, sender: Sender, action: str, effect: Callable[[], Answer], expected: Answer | None = None
) -> tuple[Answer, bool]:
    """Run under the key; who is not (any more) one of the record's inspectors learns nothing but that."""
    try:
        return once(key=sender.key, user=actor, action=action, effect=effect, expected=expected)
    except ObjectDoesNotExist:
        raise NotYours(why_not(actor, sender.record) or GONE) from None
    except NotYours as refusal:
        raise NotYours(why_not(actor, sender.record) or refusal.message) from None
    except SectionClosed:
        _section(actor, sender.record)
        raise


def _now() -> str:
    return clock.now().isoformat()


def _section(actor: User, record_id: int) -> DepartmentSection:
    """The actor's own section of a record."""
    record = InspectionRecord.objects.filter(pk=record_id).first()
    section = own_section(actor, record) if record else None
    if record is None or section is None:
        raise NotYours(GONE)
    section.record = record
    return section


def _save_item(actor: User, change: Change) -> int:
    sender = change.sender
    return store_finding(
        actor=actor, record=sender.record, finding=change.item, version=change.version, client=sender.client,
        restore=change.restore, **change.value,
    ).version  # fmt: skip


def _save_head(actor: User, change: Change) -> Answer:
    record = InspectionRecord.objects.get(pk=change.sender.record)
    base = {change.field: change.base} if change.has_base else None
    warnings = save_head(
        actor=actor, record=record, version=change.version, base=base, **{change.field: change.value}
    )  # fmt: skip
    stored = InspectionRecord.objects.values_list("version", flat=True).get(pk=record.pk)
    return {"version": stored, "warnings": warnings}


def _save_section(actor: User, change: Change) -> int:
    section = _section(actor, change.sender.record)
    members = {row.pk: row for row in section.members.all()}

    base = section_terms(change.field, change.base, members) if change.has_base else None
    try:
        stored = save_section(
            actor=actor, section=section, version=change.version, base=base,
            **section_arguments(change.field, change.value, members),
        )  # fmt: skip
    except StaleVersion as stale:
        stale.value = _in_terms_of_the_phone(change.field, section_content(section), members)
        raise
    return stored.version


def _save_arrival(actor: User, change: Change) -> Answer:
    section = _section(actor, change.sender.record)
    base = section_terms("arrival", change.base, {}) if change.has_base else None
    try:
        told = save_arrival(actor=actor, section=section, version=change.version, base=base, **change.value)
    except StaleVersion as stale:
        stale.value = _in_terms_of_the_phone("arrival", section_content(section), {})
        raise
    return arrival_answer(told)


def arrival_answer(told: Arrived) -> Answer:
    """What an arrival changed beside itself, so that the phone's copy goes on from there: items, head, the result."""
    items = {str(row.pk): audit.fields_of(row, FINDING) for row in told.items}
    return {
        "version": told.section.version, "versions": {str(row.pk): row.version for row in told.items}, "items": items,
        "head": audit.fields_of(told.record, HEAD_FACTS), "head_version": told.record.version,
        "conclusion": _in_terms_of_the_phone("conclusion", section_content(told.section), {}),
    }  # fmt: skip


def _in_terms_of_the_phone(name: str, content: Mapping[str, Any], members: Mapping[int, SectionMember]) -> Any:
    """What a field says now, in the form in which the phone sends it."""
    if name == "present":
        return [key for key, row in members.items() if row.inspector_id in content["present"]]
    if name == "arrival":
        return {"outcome": content["arrival"], "at": content["arrived_at"]}
    if name == "conclusion":
        return {part: content[part] for part in ("results", "result_note", "result_confirmed", "follow_ups")}
    return content[name]


def section_arguments(name: str, value: Any, members: Mapping[int, SectionMember]) -> dict[str, Any]:
    """What the phone says of a field of the section, as arguments of ``save_section``."""
    if name == "present":
        if unknown := set(value) - set(members):
            raise DomainError(f"到场人员里有 {len(unknown)} 人不是本部门被抽中的检查人员，请登记为协助人员。")
        return {"present": [members[key] for key in value]}
    if name == "arrival":
        return {"arrival": value["outcome"], "arrived_at": value["at"]}
    if name == "conclusion":
        rows = value.get("follow_ups")
        return value | ({} if rows is None else {"follow_ups": [FollowUpEntry(**row) for row in rows]})
    return {name: value}


def section_terms(name: str, value: Any, members: Mapping[int, SectionMember]) -> dict[str, Any]:
    """What the phone says of a field of the section, in the form of ``section_content``."""
    if name == "present":
        return {"present": [row.inspector_id for key, row in members.items() if key in set(value)]}
    if name == "arrival":
        return {"arrival": value["outcome"], "arrived_at": audit.plain(value["at"])}
    if name == "attempts":
        return {"attempts": [row | {"at": stamp(row["at"]) if row["at"] else None} for row in value]}
    if name == "conclusion":
        return {part: audit.plain(one) for part, one in value.items()}
    return {name: audit.plain(value)}


# ------------------------------------------------------------------------------------------------------------- photos


def store_photo(
    *, actor: User, sender: Sender, kind: str, finding: int | None, upload: UploadedFile, taken: Taken | None = None
) -> tuple[Answer, bool]:
    """Store one file once; the same picture at the same place answers with the row there is."""

    def effect() -> Answer:
        section = _section(actor, sender.record)
        place = None if kind == EvidenceKind.SIGNED_SCAN else section
        item = section.findings.get(pk=finding) if finding else None
        row = add_evidence(
            actor=actor, record=section.record, kind=kind, upload=upload, section=place, finding=item, taken=taken
        )  # fmt: skip
        return photo_facts(row)

    return _once(actor, sender, "sync_photo", effect)


def photo_facts(row: Evidence) -> Answer:
    """What the phone needs to show a stored file."""
    url = reverse("inspections:evidence_file", args=[row.pk])
    return {"id": row.pk, "url": url, "small": f"{url}?small=1", "sha256": row.sha256, "size": row.size}


def remove_photo(*, actor: User, sender: Sender, evidence: int) -> tuple[Answer, bool]:
    """Take a file back once; one that is gone already is no error."""

    def effect() -> Answer:
        section = _section(actor, sender.record)
        row = section.record.evidence.filter(pk=evidence).first()
        if row is not None:
            remove_evidence(actor=actor, evidence=row)
        return {"id": evidence}

    return _once(actor, sender, "sync_photo_delete", effect)


# ------------------------------------------------------------------------------------------------ signature, submission


def store_signing(
    *,
    actor: User,
    sender: Sender,
    seen: int,
    fields: Mapping[str, Any],
    drawings: Mapping[str, Any],
    own_only: bool = False,
    shown: Mapping[str, Any] | None = None,
) -> tuple[Answer, bool]:
    """The enterprise's signature or refusal, once. ``seen``: the content version that was shown; ``own_only``: of it
    the own section alone; ``shown``: what that was."""

    def effect() -> Answer:
        record = _section(actor, sender.record).record
        drawn: dict[str, Any] = {name: read_drawing(data) for name, data in drawings.items() if data is not None}
        stored = sign_record(actor=actor, record=record, own_only=own_only, shown=shown, **fields, **drawn)
        section = _section(actor, sender.record)
        return _signed(stored, seen, stored.signed_digest) | {"current": is_current(section.record, section)}

    return _once(actor, sender, "sync_sign", effect)


def store_inspector_signature(
    *, actor: User, sender: Sender, seen: int, member: int, drawing: Any
) -> tuple[Answer, bool]:
    """An inspector's signature, once."""

    def effect() -> Answer:
        section = _section(actor, sender.record)
        row = sign_as_inspector(
            actor=actor, section=section, member=section.members.get(pk=member), drawing=read_drawing(drawing)
        )  # fmt: skip
        return _signed(section.record, seen, row.content_digest) | {"signature": row.pk}

    return _once(actor, sender, "sync_sign", effect)


def _signed(record: InspectionRecord, seen: int, digest: str) -> Answer:
    version = content_version(record)
    return {"version": version, "digest": digest, "changed": version != seen, "at": _now()}


def store_submission(*, actor: User, sender: Sender) -> tuple[Answer, bool]:
    """Check → lock → hand to review, once. Raises Incomplete with every problem and its place."""

    def effect() -> Answer:
        section = _section(actor, sender.record)
        try:
            stored = submit_section(actor=actor, section=section)
        except DomainError as refusal:
            if not refusal.problems:
                raise
            rows = [vars(problem) for problem in check_section(section)]
            raise Incomplete(rows) from refusal
        return {
            "done": reverse("inspections:record_done", args=[sender.record]), "number": section.record.number,
            "at": _now(), "late": stored.late,
        }  # fmt: skip

    return _once(actor, sender, "sync_submit", effect)
