"""Submission: everything missing at once, then the lock, the seal and who is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine

from inspections.enums import SectionState
from inspections.models import DepartmentSection, InspectionRecord, Notice
from inspections.services import entry, evidence, submitting
from inspections.services.content import digest, sealed_content
from registry.enums import Role
from registry.errors import DomainError
from registry.models import AuditEvent, PastInspection
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db


@pytest.fixture
def section() -> DepartmentSection:
    f.load_calendar()
    return x.section_of(x.make_record())


RESIGN = "企业确认之后内容有改动：请重新签字，或登记“已电话确认”。"


def fresh(section: DepartmentSection) -> DepartmentSection:
    return DepartmentSection.objects.select_related("department", "record__plan").get(pk=section.pk)


def ready(section: DepartmentSection) -> Any:
    actor = x.fill(section)
    x.sign(InspectionRecord.objects.get(pk=section.record_id), actor)
    return actor


def words(section: DepartmentSection) -> list[str]:
    return [problem.text for problem in submitting.check_section(fresh(section))]


def test_everything_that_is_missing_is_named_at_once(section: DepartmentSection) -> None:
    finding = section.findings.get()
    problems = submitting.check_section(section)
    assert [(problem.text, problem.anchor, problem.page) for problem in problems] == [
        ("到场的检查人员只有 0 人，不少于 2 人才能提交（通知第六部分（二）2）。", "present", "record"),
        ("请先选现场是什么情况。", "arrival", "record"),
        ("请确认已出示执法证件。", "certificates", "record"),
        ("请确认已告知检查事由、依据、权利义务和申请回避权。", "informed", "record"),
        ("请填写检查开始和结束时间。", "visit", "record"),
        ("请选择检查方式。", "methods", "record"),
        (f"{finding.order} {finding.item.name}：还没有填", f"item-{finding.pk}", "record"),
        ("请选择检查结果。", "result", "check"),
        ("请企业签字或盖章；拒绝签字的，登记原因和见证人。", "sign", "sign"),
    ]


def test_a_complete_section_has_no_problem(section: DepartmentSection) -> None:
    ready(section)
    assert words(section) == []


@pytest.mark.parametrize(
    ("answer", "missing"),
    [("NOT_OK", "请写明问题"), ("NOT_APPLICABLE", "请写明缺项的原因"), ("NOT_CHECKED", "请写明未检查的原因")],
)
def test_what_is_not_conform_is_explained(section: DepartmentSection, answer: str, missing: str) -> None:
    ready(section)
    section.findings.update(answer=answer, text=" ")
    finding = section.findings.get()
    assert words(section)[0] == f"{finding.order} {finding.item.name}：{missing}"


def test_one_inspector_is_not_enough(section: DepartmentSection) -> None:
    actor = ready(section)
    entry.save_section(
        actor=actor, section=section, version=section.version, present=[section.members.get(inspector__user=actor)]
    )
    assert words(section) == ["到场的检查人员只有 1 人，不少于 2 人才能提交（通知第六部分（二）2）。", RESIGN]
    section.refresh_from_db()
    section.written_only = True
    section.save()
    assert words(section) == []


@pytest.mark.parametrize(
    ("follow_up", "missing"),
    [
        (None, ["发现问题的，请选择后续处置。"]),
        (entry.FollowUpEntry("ORDER_CORRECT"), ["“责令限期改正”要填整改期限。"]),
        (entry.FollowUpEntry("ORDER_CORRECT", deadline=dt.date(2024, 10, 9)), []),
        (entry.FollowUpEntry("NOTIFY_DEPT"), ["“抄告相关部门”要填接收单位。"]),
        (entry.FollowUpEntry("OTHER"), ["选了“其他”处置，请写明怎样处置。"]),
        (entry.FollowUpEntry("NONE"), ["结果是“发现问题待后续处理”，不能选“无需后续处置”。"]),
    ],
)
def test_a_problem_needs_its_follow_up(
    section: DepartmentSection, follow_up: entry.FollowUpEntry | None, missing: list[str]
) -> None:
    actor = ready(section)
    entry.save_finding(
        actor=actor, finding=section.findings.get(), answer="NOT_OK", text="无证", corrected=False, version=1
    )
    entry.save_section(
        actor=actor, section=section, version=section.version, results=["PENDING"], result_note="另案",
        result_confirmed=True, follow_ups=[follow_up] if follow_up else [],
    )  # fmt: skip
    x.sign(InspectionRecord.objects.get(pk=section.record_id), actor)
    assert words(section) == missing


def test_another_bodys_result_needs_number_day_and_file(section: DepartmentSection) -> None:
    actor = ready(section)
    section.refresh_from_db()
    entry.save_section(actor=actor, section=section, version=section.version, other_body="县检测中心")
    lacking = ["采用其他部门结果的，编号和日期都要填。", "采用其他部门结果的，请上传该结果的文件。"]
    assert words(section) == [*lacking, RESIGN]
    section.refresh_from_db()
    entry.save_section(
        actor=actor, section=section, version=section.version, other_body_number="检〔2024〕5号",
        other_body_day=dt.date(2024, 9, 1),
    )  # fmt: skip
    evidence.add_evidence(actor=actor, record=section.record, kind="OTHER_BODY", upload=x.picture(), section=section)
    x.sign(InspectionRecord.objects.get(pk=section.record_id), actor)
    assert words(section) == []


def test_submission_locks_seals_and_tells(section: DepartmentSection) -> None:
    admin = f.make_user(Role.DEPT_ADMIN, department=section.department)
    f.make_user(Role.DEPT_ADMIN, department=f.make_department("GA"))
    actor = ready(section)
    with time_machine.travel(dt.datetime(2024, 9, 30, 23, 59, tzinfo=f.SHANGHAI), tick=False):
        stored = submitting.submit_section(actor=actor, section=section)
    assert (stored.state, stored.submitted_by, stored.late) == (SectionState.SUBMITTED, actor, False)
    assert stored.sealed_digest == digest(sealed_content(fresh(section)))
    past = PastInspection.objects.get()
    assert (past.department.code, past.day, past.result) == ("WL", dt.date(2024, 9, 24), "未发现问题")
    assert list(Notice.objects.values_list("recipient", flat=True)) == [admin.pk]
    assert AuditEvent.objects.get(action="提交").after["sealed_digest"] == stored.sealed_digest
    for call in (
        lambda: submitting.submit_section(actor=actor, section=section),
        lambda: entry.save_section(actor=actor, section=section, version=9, result_note="改"),
    ):
        with pytest.raises(DomainError, match="已锁定"):
            call()


def test_one_minute_after_the_due_day_in_shanghai_is_late(section: DepartmentSection) -> None:
    actor = ready(section)
    with time_machine.travel(dt.datetime(2024, 10, 1, 0, 1, tzinfo=f.SHANGHAI), tick=False):
        assert submitting.submit_section(actor=actor, section=section).late


def test_an_incomplete_section_is_refused_whole(section: DepartmentSection) -> None:
    actor = x.fill(section)
    with pytest.raises(DomainError, match="还有 1 处要补充") as caught:
        submitting.submit_section(actor=actor, section=section)
    assert caught.value.problems == ["请企业签字或盖章；拒绝签字的，登记原因和见证人。"]
    section.refresh_from_db()
    assert (section.state, section.sealed_digest, PastInspection.objects.count()) == (SectionState.DRAFT, "", 0)


def test_a_returned_section_is_mended_and_submitted_again(section: DepartmentSection) -> None:
    actor = ready(section)
    first = submitting.submit_section(actor=actor, section=section).sealed_digest
    DepartmentSection.objects.filter(pk=section.pk).update(state=SectionState.RETURNED)
    finding = section.findings.get()
    entry.save_finding(
        actor=actor, finding=finding, answer="NOT_APPLICABLE", text="许可证已换发", corrected=False, version=1
    )
    entry.save_section(
        actor=actor, section=section, version=fresh(section).version, results=["NO_ITEMS"], result_confirmed=True
    )
    with pytest.raises(DomainError) as caught:
        submitting.submit_section(actor=actor, section=section)
    assert caught.value.problems == [RESIGN]
    x.sign(InspectionRecord.objects.get(pk=section.record_id), actor)
    again = submitting.submit_section(actor=actor, section=section)
    assert again.state == SectionState.SUBMITTED
    assert again.sealed_digest != first
    assert PastInspection.objects.count() == 1


def test_the_seal_covers_answers_result_and_presence(section: DepartmentSection) -> None:
    actor = ready(section)
    sealed = submitting.submit_section(actor=actor, section=section).sealed_digest
    for change in (
        lambda: section.findings.update(text="改动"),
        lambda: section.results.update(code="PENDING"),
        lambda: section.members.update(present=False),
    ):
        change()
        assert digest(sealed_content(fresh(section))) != sealed
