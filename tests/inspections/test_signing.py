"""The enterprise's confirmation: signature, seal, refusal, and what it stands for afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from inspections.enums import SignatureState
from inspections.models import InspectionRecord
from inspections.services import entry, signing
from registry.errors import DomainError
from registry.models import AuditEvent
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db

REFUSED: dict[str, Any] = {
    "signature": "REFUSED", "signatory_name": "", "signatory_role": "", "opinion_agrees": None,
    "refusal_reason": "对结果有异议", "witness_name": "刘某", "witness_unit": "兴达社区",
}  # fmt: skip


@pytest.fixture
def filled() -> tuple[InspectionRecord, Any]:
    f.load_calendar()
    record = x.make_record()
    return record, x.fill(x.section_of(record))


@pytest.mark.parametrize("state", ["SIGNED", "SEALED", "SIGNED_AND_SEALED"])
def test_signed_or_sealed(filled: tuple[InspectionRecord, Any], state: str) -> None:
    record, actor = filled
    stored = x.sign(record, actor, signature=state, signatory_role="SITE_MANAGER")
    assert (stored.signature, stored.signatory_name, stored.signatory_role) == (state, "陈某", "SITE_MANAGER")
    assert len(stored.signed_digest) == 64
    event = AuditEvent.objects.get(action="企业签字确认")
    assert (event.after["signature"], list(event.after["sections"])) == (state, ["WL"])


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({"signatory_name": " "}, ["请填写签字人姓名。"]),
        ({"signatory_role": "OWNER"}, ["请选择签字人身份。"]),
        ({"opinion_agrees": None}, ["请选择企业意见：属实，或有异议。"]),
        ({"opinion_agrees": False}, ["企业有异议的，请写明异议内容。"]),
        (
            {"signatory_name": "", "signatory_role": "", "opinion_agrees": None},
            ["请填写签字人姓名。", "请选择签字人身份。", "请选择企业意见：属实，或有异议。"],
        ),
        ({"signature": "PENDING"}, ["请选择签字情况。"]),
        (REFUSED | {"refusal_reason": ""}, ["请写明拒绝签字的原因。"]),
        (REFUSED | {"witness_name": ""}, ["请填写见证人姓名和单位；没有见证人的，请写明原因。"]),
        (REFUSED | {"witness_unit": ""}, ["请填写见证人的单位或身份。"]),
        (REFUSED | {"signature": "UNABLE", "refusal_reason": " "}, ["请写明无法签字的原因。"]),
        (
            {"signature": "NOT_APPLICABLE"},
            ["旅文广电局、公安局到过现场，不能选“不适用”；企业不签字的，请登记为拒绝签字或无法签字。"],
        ),
    ],
)
def test_what_is_missing_is_named_at_once(
    filled: tuple[InspectionRecord, Any], fields: dict[str, Any], problems: list[str]
) -> None:
    record, actor = filled
    with pytest.raises(DomainError) as caught:
        x.sign(record, actor, **fields)
    assert caught.value.problems == problems
    record.refresh_from_db()
    assert (record.signature, record.signed_digest) == (SignatureState.PENDING, "")


def test_a_refusal_with_or_without_a_witness(filled: tuple[InspectionRecord, Any]) -> None:
    record, actor = filled
    assert x.sign(record, actor, **REFUSED).witness_name == "刘某"
    alone = x.sign(record, actor, **REFUSED | {"witness_name": "", "witness_unit": "", "no_witness_reason": "夜间无人"})
    assert alone.refusal_reason == "对结果有异议（无见证人：夜间无人）"
    assert AuditEvent.objects.filter(action="企业签字确认").count() == 2


def test_not_applicable_when_nobody_was_met(filled: tuple[InspectionRecord, Any]) -> None:
    record, actor = filled
    record.sections.update(written_only=True)
    stored = x.sign(
        record, actor, signature="NOT_APPLICABLE", signatory_name="", signatory_role="", opinion_agrees=None
    )
    assert stored.signature == "NOT_APPLICABLE"


def test_a_later_change_is_marked_with_the_version_that_was_signed(filled: tuple[InspectionRecord, Any]) -> None:
    record, actor = filled
    assert signing.signature_status(record) is None
    record = x.sign(record, actor)
    status = signing.signature_status(record)
    assert status is not None
    assert (status.changed, status.words) == (False, "")
    finding = x.section_of(record).findings.get()
    entry.save_finding(actor=actor, finding=finding, answer="NOT_OK", text="无证", corrected=False, version=1)
    changed = signing.signature_status(record)
    assert changed is not None
    assert changed.words == f"签字对应的是第 {status.version} 版，之后内容有改动"
    again = signing.signature_status(x.sign(record, actor))
    assert again is not None
    assert (again.words, again.version) == ("", status.version + 1)


def test_the_time_of_leaving_may_be_noted_after_the_signature(filled: tuple[InspectionRecord, Any]) -> None:
    record, actor = filled
    record = x.sign(InspectionRecord.objects.get(pk=record.pk), actor)
    entry.save_head(actor=actor, record=record, version=record.version, visit_to=x.VISIT_TO.replace(minute=20))
    status = signing.signature_status(InspectionRecord.objects.get(pk=record.pk))
    assert status is not None
    assert not status.changed


def test_a_section_that_was_not_shown_needs_its_own(filled: tuple[InspectionRecord, Any]) -> None:
    record, actor = filled
    record = x.sign(record, actor)
    late = x.section_of(record, "GA")
    assert signing.is_covered(record, x.section_of(record))
    assert not signing.is_covered(record, late)
    other = x.inspectors(late)[0]
    entry.save_finding(actor=other, finding=late.findings.get(), answer="OK", text="", corrected=False, version=0)
    status = signing.signature_status(record)
    assert status is not None
    assert status.words == "签字时未出示：公安局"
    record = x.sign(record, other)
    assert signing.is_covered(record, late)


def test_only_the_records_inspectors_register_it(filled: tuple[InspectionRecord, Any]) -> None:
    record, _ = filled
    with pytest.raises(DomainError, match="只有这份一企一表被抽中的检查人员"):
        x.sign(record, f.make_inspector(account=True).user)
