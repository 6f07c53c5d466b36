"""接收未送达的内容: what a phone can no longer send itself is taken over by the lead bureau from the file it exported.

The inspector was replaced, moved, disabled, or the phone is broken (trust.md F22). A clerk of the lead bureau looks at
what the file would change and takes it over with a reason. The rules are those of a save from the phone; the trail
names the clerk, whose work it is, and the file by its digest. Signatures and submissions are never taken over: one
belongs to a person who was there, the other to an inspector in office. Order: record row → key → change → trail.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from inspections.models import DepartmentSection, InspectionRecord, SectionMember
from inspections.services.people import administrators, inspectors_of, link, notify
from inspections.services.unsent_lines import Line, Piece, line_of, small_picture
from inspections.services.writing import TAKEN_OVER, Trail, lock_record
from registry import clock
from registry.errors import DomainError
from registry.models import OperationKey, User
from registry.operations import once
from sampling.models import Plan


@dataclass(frozen=True)
class Parcel:
    """A phone's file: whose work it is, when it was made, its SHA-256, its changes in their order."""

    user: int
    made: str
    digest: str
    pieces: Sequence[Piece]


@dataclass
class Sheet:
    """One record of the file: its rows, or why nothing of it can be taken over."""

    record: InspectionRecord | None
    number: int
    refusal: str = ""
    lines: list[Line] = field(default_factory=list)

    def count(self, *states: str) -> int:
        """How many rows are in one of the states."""
        return sum(line.state in states for line in self.lines)


def person_of(parcel: Parcel) -> User:
    """Whose phone it was. Raises DomainError for nobody known."""
    person: User | None = User.objects.filter(pk=parcel.user, inspector__isnull=False).first()
    if person is None:
        raise DomainError("文件里的账号不是本系统的检查人员，请核对是不是从本系统的手机页面导出的文件。")
    return person


def preview_unsent(*, actor: User, parcel: Parcel) -> list[Sheet]:
    """What the file would change, record by record; changes nothing. Raises DomainError for an unknown person."""
    person = person_of(parcel)
    found = []
    for number, pieces in _by_record(parcel).items():
        with transaction.atomic():
            found.append(_sheet(actor, person, number, pieces))
        for line in found[-1].lines:  # when the record is free again
            line.small = small_picture(line.piece.photo) if line.piece.photo and line.state == "new" else ""
    return found


def accept_unsent(*, actor: User, parcel: Parcel, ticks: Collection[str], reason: str) -> list[Sheet]:
    """Take over what the preview showed, one transaction per record; the rows say what became of them.

    ``ticks``: the conflicts that are to be overwritten, each with the value that was shown. Safe to repeat: the keys of
    the file are used up, also for the phone. Raises DomainError without a reason or for an unknown person.
    """
    reason = reason.strip()
    if not reason:
        raise DomainError("请写明为什么由牵头部门接收，例如：张某9月20日调离，手机里的内容没有送出。")
    person = person_of(parcel)
    more = {"handover": {"inspector": str(person), "account": person.username, "file": parcel.digest}}
    trail = Trail(TAKEN_OVER, reason, more)
    return [_accept(actor, person, number, pieces, ticks, trail) for number, pieces in _by_record(parcel).items()]


@transaction.atomic
def _accept(actor: User, person: User, number: int, pieces: list[Piece], ticks: Collection[str], trail: Trail) -> Sheet:
    """One record, under its lock."""
    sheet = _sheet(actor, person, number, pieces)
    for line in sheet.lines:
        if line.state in {"same", "new"} or (line.state == "conflict" and line.tick in ticks):
            _store(actor, person, line, trail)
    taken = [line for line in sheet.lines if line.state == "taken"]
    if taken and sheet.record is not None:
        sections = list({line.section.pk: line.section for line in taken if line.section}.values())
        name = sheet.record.selection.enterprise.name
        text = f"{name}：{person}手机里未送达的 {len(taken)} 项已由{actor}接收，请核对。"
        told = [*administrators(one.department_id for one in sections), *inspectors_of(sections)]
        notify(told, text, link("task_detail", number))
    return sheet


def _store(actor: User, person: User, line: Line, trail: Trail) -> None:
    """One row, under the key of the phone's change and in the name in which the phone would have sent it."""
    action = "sync_photo" if line.piece.photo is not None else "sync_save"
    store = line.store

    def effect() -> dict[str, Any]:
        answer = {} if store is None else store(actor, trail)
        return {"at": clock.now().isoformat(), "warnings": []} | answer if action == "sync_save" else answer

    try:
        _answer, now = once(key=line.piece.key, user=person, action=action, effect=effect)
    except DomainError as refusal:
        line.state, line.why = "refused", " ".join([refusal.message, *refusal.problems[:5]])
        return
    if line.state != "same":
        line.state = "taken" if now else "done"


def _by_record(parcel: Parcel) -> dict[int, list[Piece]]:
    """The changes of each record, in the order of the records' keys (which is the order of the locks)."""
    found: dict[int, list[Piece]] = defaultdict(list)
    for piece in parcel.pieces:
        found[piece.record].append(piece)
    return dict(sorted(found.items()))


# -------------------------------------------------------------------------------------------------------- looking at it


def _sheet(actor: User, person: User, number: int, pieces: list[Piece]) -> Sheet:
    """The rows of one record, its row locked. What is not this bureau's is refused without saying what it is."""
    rows = InspectionRecord.objects.filter(plan__in=Plan.objects.led_by(actor))
    record = rows.select_related("plan", "selection__enterprise").filter(pk=number).first()
    if record is None:
        return Sheet(None, number, "没有这份一企一表，或者它不属于本部门牵头的任务，请与该任务的牵头部门联系。")
    members = SectionMember.objects.filter(section__record=record, inspector__user=person).order_by("replaced", "pk")
    keys = list(members.values_list("section_id", flat=True))
    if not keys:
        return Sheet(record, number, f"{person}从未被抽到检查这一家，不能接收。请核对是谁的手机。")
    try:
        record = lock_record(record)
    except DomainError as refusal:
        return Sheet(record, number, refusal.message)
    found = DepartmentSection.objects.select_related("department").in_bulk(keys)
    sections = [found[key] for key in dict.fromkeys(keys)]
    for section in sections:
        section.record = record
    used = set(OperationKey.objects.filter(key__in=[one.key for one in pieces]).values_list("key", flat=True))
    lines = []
    for place, piece in enumerate(pieces):
        later = any(one.name == piece.name for one in pieces[place + 1 :])
        before = [one for one in pieces[:place] if one.name == piece.name]
        lines.append(line_of(record, sections, piece, before, later=later, used=used))
    return Sheet(record, number, "", lines)
