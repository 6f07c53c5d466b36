"""The enterprise's confirmation of the record: signature, seal, refusal (notice 六(二)2, domain.md §4.2 G and H).

The inspectors' own signatures are here as well. A drawn signature is kept with its strokes, its picture and the digest
of the content it was put under; it is not a 可靠的电子签名 (电子签名法 第13条), and no page calls it one.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from inspections.arrival import NOBODY_MET
from inspections.enums import (
    CLOSED_WITHOUT_VISIT,
    SectionState,
    SignatoryRole,
    SignatureState,
    SignerKind,
)
from inspections.models import DepartmentSection, InspectionRecord, PhoneConfirmation, SectionMember, Signature
from inspections.rule import broken
from inspections.services.content import complete, content_version, digest, head_digest, record_content, section_digest
from inspections.services.drawing import Drawing, keep_signature
from inspections.services.results import codes_of
from inspections.services.writing import NotYours, check_writable, lock_record, own_section, stream_of
from inspections.site_facts import sign_facts
from inspections.site_rules import SIGNED_STATES, of
from registry import audit, clock
from registry.errors import DomainError
from registry.models import AuditEvent, User

ACTION = "企业签字确认"
OUTDATED = "outdated"  # in place of a digest: what was signed is not what is stored
MIN_DIGITS = 7
EARLY = dt.timedelta(minutes=10)  # clocks differ
SIGNATURE_FIELDS = (
    "signature", "signatory_name", "signatory_role", "signatory_post", "opinion_agrees", "opinion_text",
    "refusal_reason", "witness_name", "witness_unit", "signed_on", "signed_digest",
)  # fmt: skip


@dataclass(frozen=True)
class SignatureStatus:
    """What the last signature stands for: its version, whether the record changed since, the sections not shown."""

    version: int
    changed: bool
    missing: tuple[str, ...]
    call: PhoneConfirmation | None = None

    @property
    def words(self) -> str:
        """A sentence for pages and paper; empty when the signature covers the record as it is."""
        if self.missing:
            return f"签字时未出示：{'、'.join(self.missing)}"
        if not self.changed:
            return ""
        said = f"签字对应的是第 {self.version} 版，之后内容有改动"
        return f"{said}；{call_words(self.call)}" if self.call else said


def call_words(call: PhoneConfirmation) -> str:
    """Who agreed by telephone to which version, when, and who called; the middle of the number is covered."""
    at = call.called_at.astimezone(clock.SHANGHAI)
    who = f"{call.name}（{call.get_role_display()}，{call.masked}）"
    return f"第 {call.content_version} 版已由{call.by}于{at.year}年{at.month}月{at.day}日{at:%H:%M}电话向{who}确认"


@transaction.atomic
def sign_record(
    *,
    actor: User,
    record: InspectionRecord,
    signature: str,
    signatory_name: str = "",
    signatory_role: str = "",
    opinion_agrees: bool | None = None,
    opinion_text: str = "",
    refusal_reason: str = "",
    witness_name: str = "",
    witness_unit: str = "",
    no_witness_reason: str = "",
    signatory_post: str = "",
    signed_on: dt.date | None = None,
    drawing: Drawing | None = None,
    witness_drawing: Drawing | None = None,
    own_only: bool = False,
    shown: Mapping[str, Any] | None = None,
) -> InspectionRecord:
    """Store how the enterprise confirmed the record, with the digests of the sections shown to it.

    ``own_only``: what was shown was the own section alone, on a phone without a network. ``shown``: what stood above
    the pad, for what is stored may be another thing by now: the digests of ``shown_digests``, or the ``items`` and
    ``results`` of the own section (``_digests``).
    ``drawing``: what the signatory drew on the pad (none: signed or sealed on paper); ``witness_drawing``: the witness.

    A refusal needs its reason and a witness (name and unit), or why there was none; it does not invalidate the record.
    May be given again: the earlier ones stay in the trail. Raises DomainError naming everything that is missing.
    """
    stored = lock_record(record)
    own = own_section(actor, stored)
    if own is None:
        raise NotYours("只有这份一企一表被抽中的检查人员可以登记签字。")
    reason = refusal_reason.strip()
    if signature in {SignatureState.REFUSED, SignatureState.UNABLE} and no_witness_reason.strip():
        reason = f"{reason}（无见证人：{no_witness_reason.strip()}）" if reason else ""
    values = {
        "signature": signature, "signatory_name": signatory_name.strip(), "signatory_role": signatory_role,
        "signatory_post": signatory_post.strip(), "opinion_agrees": opinion_agrees,
        "opinion_text": opinion_text.strip(), "refusal_reason": reason, "witness_name": witness_name.strip(),
        "witness_unit": witness_unit.strip(), "signed_on": signed_on or clock.today(),
    }  # fmt: skip
    facts = sign_facts(values | {"no_witness_reason": no_witness_reason.strip()}, met(stored))
    if problems := [rule.words(facts) for rule in broken(of("sign"), facts)]:
        raise DomainError(problems[0], problems=problems)
    before = audit.fields_of(stored, SIGNATURE_FIELDS)
    sections = complete(stored.sections.all())
    values["signed_digest"] = digest(record_content(stored, sections))
    for name, value in values.items():
        setattr(stored, name, value)
    stored.save(update_fields=list(values))
    seen = [row for row in _shown(sections) if not own_only or row.pk == own.pk]
    head, digests = _digests(stored, own, seen, shown or {})
    after = audit.fields_of(stored, SIGNATURE_FIELDS)
    after |= {"version": content_version(stored), "head": head, "sections": digests}
    after["drawn"] = _keep_drawings(actor, stored, after["version"], drawing, witness_drawing)
    audit.record(stream=stream_of(stored.pk), actor=actor, action=ACTION, obj=stored, before=before, after=after)
    return stored


def shown_digests(record: InspectionRecord, sections: Iterable[DepartmentSection]) -> dict[str, Any]:
    """What a page that asks for a signature shows, for ``sign_record`` (``sections``: all of the record, complete)."""
    shown = {row.department.code: section_digest(row) for row in _shown(sections)}
    return {"head": head_digest(record), "sections": shown}


def _digests(
    record: InspectionRecord, own: DepartmentSection, seen: Iterable[DepartmentSection], shown: Mapping[str, Any]
) -> tuple[str, dict[str, str]]:
    """Digests of head and sections as they were shown; of the stored ones where nobody told."""
    if "sections" in shown:
        told = {row.department.code: shown["sections"].get(row.department.code) for row in seen}
        return str(shown.get("head", ""))[:64], {code: str(value)[:64] for code, value in told.items() if value}
    now = {row.department.code: section_digest(row) for row in seen}
    if "items" in shown:
        [mine] = [row for row in seen if row.pk == own.pk] or complete([own])
        there = {str(one.pk): [one.answer, one.text, one.corrected] for one in mine.findings.all()}
        concluded = [codes_of(mine), mine.result_note]
        if shown["items"] != there or [shown.get("results"), shown.get("result_note")] != concluded:
            now[own.department.code] = OUTDATED
    return head_digest(record), now


def _keep_drawings(
    actor: User, record: InspectionRecord, version: int, drawing: Drawing | None, witness: Drawing | None
) -> list[str]:
    """Digests of the pictures kept: the signatory's when signed, the witness's when named."""
    kept = []
    under: dict[str, Any] = {"actor": actor, "record": record, "version": version, "digest": record.signed_digest}
    if drawing is not None and record.signature in SIGNED_STATES:
        post = record.signatory_post or record.get_signatory_role_display()
        kept.append(
            keep_signature(
                kind=SignerKind.ENTERPRISE, name=record.signatory_name, post=post, drawing=drawing, **under
            ).sha256
        )
    if witness is not None and record.witness_name:
        kept.append(
            keep_signature(
                kind=SignerKind.WITNESS, name=record.witness_name, post=record.witness_unit, drawing=witness, **under
            ).sha256
        )
    return kept


@transaction.atomic
def sign_as_inspector(*, actor: User, section: DepartmentSection, member: SectionMember, drawing: Drawing) -> Signature:
    """An inspector of a section signs on the pad, on the own phone or the colleague's (``actor``: whose login it is).

    Covers the record as it is; may be given again, the newest counts. Raises DomainError.
    """
    record = lock_record(InspectionRecord(pk=section.record_id))
    stored = DepartmentSection.objects.select_related("department").get(pk=section.pk)
    check_writable(actor, stored)
    if member.section_id != stored.pk or member.replaced:
        raise DomainError("签字的人不是本部门被抽中的检查人员，请刷新页面再试。")
    version = content_version(record)
    sealed = digest(record_content(record, complete(record.sections.all())))
    row = keep_signature(
        actor=actor, record=record, kind=SignerKind.INSPECTOR, name=member.inspector.name, drawing=drawing,
        version=version, digest=sealed, post=f"{stored.department} {member.inspector.badge}", member=member,
    )  # fmt: skip
    after = {"member": member.inspector, "version": version, "digest": sealed, "picture": row.sha256}
    audit.record(stream=stream_of(record.pk), actor=actor, action="检查人员签字", obj=row, after=after)
    return row


def _shown(sections: Iterable[DepartmentSection]) -> list[DepartmentSection]:
    """Sections that have something to show: begun, not closed without a visit."""
    hidden = {SectionState.NOT_STARTED, *CLOSED_WITHOUT_VISIT}
    return [section for section in sections if section.state not in hidden]


def met(record: InspectionRecord) -> list[str]:
    """The departments that met somebody: 不适用 is theirs to say only where every section was written, or nobody was
    met."""
    open_ones = record.sections.exclude(state__in=list(CLOSED_WITHOUT_VISIT)).select_related("department")
    return [
        str(section.department)
        for section in open_ones
        if not section.written_only and section.arrival not in NOBODY_MET
    ]


def signings(records: Iterable[InspectionRecord]) -> dict[int, list[AuditEvent]]:
    """Record key → its signings in the trail, oldest first; one query."""
    streams = {stream_of(record.pk): record.pk for record in records}
    found: dict[int, list[AuditEvent]] = {key: [] for key in streams.values()}
    for event in AuditEvent.objects.filter(stream__in=streams, action=ACTION).order_by("stream", "seq"):
        found[streams[event.stream]].append(event)
    return found


def is_covered(record: InspectionRecord, section: DepartmentSection) -> bool:
    """Whether a signature or refusal is recorded that the section was shown for."""
    if record.signature == SignatureState.PENDING:
        return False
    if record.signature == SignatureState.NOT_APPLICABLE:
        return str(section.department) not in met(record)
    return any(section.department.code in event.after["sections"] for event in signings([record])[record.pk])


def is_current(record: InspectionRecord, section: DepartmentSection) -> bool:
    """Whether the enterprise confirmed what the section and the head say now: by the last signature it was shown for,
    or by telephone after it."""
    if record.signature == SignatureState.NOT_APPLICABLE:
        return str(section.department) not in met(record)
    events = signings([record])[record.pk]
    [complete_section] = complete([section])
    return _confirmed(record, complete_section, events, list(record.phone_calls.all()))


def _confirmed(
    record: InspectionRecord, section: DepartmentSection, events: Iterable[AuditEvent], calls: Iterable[Any]
) -> bool:
    code, head, now = section.department.code, head_digest(record), section_digest(section)
    told = [(event.after["head"], event.after["sections"]) for event in events]
    told += [(call.head, call.sections) for call in calls]
    return any(there == head and sections.get(code) == now for there, sections in told)


@transaction.atomic
def confirm_by_phone(
    *, actor: User, section: DepartmentSection, name: str, role: str, phone: str, called_at: dt.datetime | None
) -> PhoneConfirmation:
    """已电话确认: somebody of the enterprise agreed by telephone to what was changed after the signature.

    Covers the head and the own section as they are now. Raises DomainError naming everything that is missing.
    """
    record = lock_record(InspectionRecord(pk=section.record_id))
    stored = DepartmentSection.objects.select_related("department").get(pk=section.pk)
    check_writable(actor, stored)
    problems = [
        words
        for words, lacks in (
            ("请填写接电话的人的姓名。", not name.strip()),
            ("请选择接电话的人的身份。", role not in SignatoryRole.values),
            ("请填写拨打的电话号码。", sum(char.isdigit() for char in phone) < MIN_DIGITS),
            ("请填写通话时间，不能在将来。", called_at is None or called_at > clock.now() + EARLY),
        )
        if lacks
    ]
    if not problems and not is_covered(record, stored):
        problems = ["企业还没有签字，不能用电话确认代替；请先签字，或登记拒绝签字。"]
    if problems or called_at is None:
        raise DomainError(problems[0], problems=problems)
    signed = signings([record])[record.pk]
    if signed and called_at < signed[-1].at - EARLY:
        raise DomainError("通话时间早于企业签字的时间，电话确认的是签字以后的改动，请核对。")
    [shown] = complete([stored])
    row = PhoneConfirmation.objects.create(
        record=record, section=stored, name=name.strip(), role=role, phone=phone.strip(), called_at=called_at,
        head=head_digest(record), sections={stored.department.code: section_digest(shown)},
        content_version=content_version(record), at=clock.now(), by=actor,
    )  # fmt: skip
    after = audit.fields_of(row, ("name", "role", "called_at", "content_version")) | {"phone": row.masked}
    audit.record(stream=stream_of(record.pk), actor=actor, action="登记电话确认", obj=row, after=after)
    return row


def standing(record: InspectionRecord, section: DepartmentSection, status: SignatureStatus | None) -> dict[str, bool]:
    """``is_covered`` and ``is_current`` for the phone, from the record's ``signature_status``."""
    covered = is_covered(record, section)
    current = covered and (status is None or not status.changed or is_current(record, section))
    return {"covered": covered, "current": current}


def signature_status(record: InspectionRecord) -> SignatureStatus | None:
    """What the signature stands for now; None while none is recorded."""
    calls = list(record.phone_calls.all())
    return status_of(record, complete(record.sections.all()), signings([record])[record.pk], calls)


def status_of(
    record: InspectionRecord,
    sections: Iterable[DepartmentSection],
    events: Sequence[AuditEvent],
    calls: Sequence[PhoneConfirmation],
) -> SignatureStatus | None:
    """``signature_status`` from what is already read: complete sections, the record's ``signings`` and calls."""
    if record.signature == SignatureState.PENDING or not events:
        return None
    covered: dict[str, str] = {}
    for event in events:
        covered |= event.after["sections"]
    shown, last = _shown(sections), events[-1]
    missing = tuple(str(row.department) for row in shown if row.department.code not in covered)
    changed = any(covered.get(row.department.code) != section_digest(row) for row in shown)
    changed = changed or last.after["head"] != head_digest(record)
    seen = [row for row in shown if row.department.code in covered]
    agreed = changed and all(_confirmed(record, row, events, calls) for row in seen)
    return SignatureStatus(last.after["version"], changed, missing, calls[-1] if agreed and calls else None)
