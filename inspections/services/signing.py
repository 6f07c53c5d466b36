"""The enterprise's confirmation of the record: signature, seal, refusal (notice 六(二)2, domain.md §4.2 G and H).

The inspectors' own signatures are here as well. A drawn signature is kept with its strokes, its picture and the digest
of the content it was put under; it is not a 可靠的电子签名 (电子签名法 第13条), and no page calls it one.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from inspections.enums import (
    CLOSED_WITHOUT_VISIT,
    ResultCode,
    SectionState,
    SignatoryRole,
    SignatureState,
    SignerKind,
)
from inspections.models import DepartmentSection, InspectionRecord, SectionMember, Signature
from inspections.services.content import complete, content_version, digest, head_digest, record_content, section_digest
from inspections.services.drawing import Drawing, keep_signature
from inspections.services.writing import NotYours, check_writable, lock_record, own_section, stream_of
from registry import audit, clock
from registry.errors import DomainError
from registry.models import AuditEvent, User

ACTION = "企业签字确认"
SIGNED_STATES = {SignatureState.SIGNED, SignatureState.SEALED, SignatureState.SIGNED_AND_SEALED}
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

    @property
    def words(self) -> str:
        """A sentence for pages and paper; empty when the signature covers the record as it is."""
        if self.missing:
            return f"签字时未出示：{'、'.join(self.missing)}"
        return f"签字对应的是第 {self.version} 版，之后内容有改动" if self.changed else ""


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
) -> InspectionRecord:
    """Store how the enterprise confirmed the record, with the digests of the sections shown to it.

    ``own_only``: what was shown was the own section alone, on a phone without a network.
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
    if problems := _problems(stored, values, no_witness_reason.strip()):
        raise DomainError(problems[0], problems=problems)
    before = audit.fields_of(stored, SIGNATURE_FIELDS)
    sections = complete(stored.sections.all())
    values["signed_digest"] = digest(record_content(stored, sections))
    for name, value in values.items():
        setattr(stored, name, value)
    stored.save(update_fields=list(values))
    seen = [row for row in _shown(sections) if not own_only or row.pk == own.pk]
    shown = {row.department.code: section_digest(row) for row in seen}
    after = audit.fields_of(stored, SIGNATURE_FIELDS)
    after |= {"version": content_version(stored), "head": head_digest(stored), "sections": shown}
    after["drawn"] = _keep_drawings(actor, stored, after["version"], drawing, witness_drawing)
    audit.record(stream=stream_of(stored.pk), actor=actor, action=ACTION, obj=stored, before=before, after=after)
    return stored


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


def _problems(record: InspectionRecord, values: Mapping[str, object], no_witness: str) -> list[str]:
    signature = values["signature"]
    if signature not in SignatureState.values or signature == SignatureState.PENDING:
        return ["请选择签字情况。"]
    if signature in SIGNED_STATES:
        return _signed_problems(values)
    if signature == SignatureState.NOT_APPLICABLE:
        return _not_applicable_problems(record)
    word = SignatureState(str(signature)).label
    problems = [] if values["refusal_reason"] else [f"请写明{word}的原因。"]
    if signature == SignatureState.UNABLE:
        return problems
    if not values["witness_name"] and not no_witness:
        problems.append("请填写见证人姓名和单位；没有见证人的，请写明原因。")
    elif values["witness_name"] and not values["witness_unit"]:
        problems.append("请填写见证人的单位或身份。")
    return problems


def _signed_problems(values: Mapping[str, object]) -> list[str]:
    problems = []
    if not values["signatory_name"]:
        problems.append("请填写签字人姓名。")
    if values["signatory_role"] not in SignatoryRole.values:
        problems.append("请选择签字人身份。")
    if values["opinion_agrees"] is None:
        problems.append("请选择企业意见：属实，或有异议。")
    if values["opinion_agrees"] is False and not values["opinion_text"]:
        problems.append("企业有异议的，请写明异议内容。")
    return problems


def _not_applicable_problems(record: InspectionRecord) -> list[str]:
    """不适用 only when nobody was met: every section written, or the enterprise could not be reached."""
    met = [
        section
        for section in record.sections.exclude(state__in=list(CLOSED_WITHOUT_VISIT)).prefetch_related("results")
        if not section.written_only and ResultCode.UNREACHABLE not in {row.code for row in section.results.all()}
    ]
    if not met:
        return []
    names = "、".join(str(section.department) for section in met)
    return [f"{names}到过现场，不能选“不适用”；企业不签字的，请登记为拒绝签字或无法签字。"]


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
        return True
    return any(section.department.code in event.after["sections"] for event in signings([record])[record.pk])


def signature_status(record: InspectionRecord) -> SignatureStatus | None:
    """What the signature stands for now; None while none is recorded."""
    return status_of(record, complete(record.sections.all()), signings([record])[record.pk])


def status_of(
    record: InspectionRecord, sections: Iterable[DepartmentSection], events: Sequence[AuditEvent]
) -> SignatureStatus | None:
    """``signature_status`` from what is already read: complete sections and the record's ``signings``."""
    if record.signature == SignatureState.PENDING or not events:
        return None
    covered: dict[str, str] = {}
    for event in events:
        covered |= event.after["sections"]
    shown, last = _shown(sections), events[-1]
    missing = tuple(str(row.department) for row in shown if row.department.code not in covered)
    changed = any(covered.get(row.department.code) != section_digest(row) for row in shown)
    return SignatureStatus(last.after["version"], changed or last.after["head"] != head_digest(record), missing)
