"""Approval before the visit, review after it, what follows, and changing an inspector."""

import datetime as dt
from itertools import product

import pytest
import time_machine

from inspections import services
from inspections.enums import SECTION_TRANSITIONS, Measure, ReviewDecision, SectionState
from inspections.models import Approval, DepartmentSection, FollowUp, Notice, Review, SectionMember
from registry import audit
from registry.enums import Role
from registry.errors import DomainError
from registry.models import AuditEvent
from sampling import services as sampling_services
from sampling.enums import IOutReason, PlanState
from sampling.models import Plan
from tests import factories
from tests.inspections.desk import Desk, make_desk, make_drawn_desk

WEDNESDAY = dt.date(2024, 6, 5)


@pytest.fixture
def desk(db: None) -> Desk:
    made = make_desk(1)
    made.dispatch()
    made.confirm_all()
    return made


@pytest.fixture(autouse=True)
def _wednesday() -> None:
    with time_machine.travel("2024-06-05T09:00:00+08:00", tick=False):
        yield


def section_of(desk: Desk, code: str = "WL", state: str = "") -> DepartmentSection:
    section = desk.records[0].sections.get(department__code=code)
    if state:
        DepartmentSection.objects.filter(pk=section.pk).update(state=state, submitted_at=factories.NOW)
        section.refresh_from_db()
    return section


# Approval


def approve(desk: Desk, *sections: DepartmentSection, **fields: object) -> list[Approval]:
    given = {"approver": "刘局长", "day": WEDNESDAY} | fields
    return services.record_approval(actor=fields.pop("actor", desk.wl), sections=sections, **given)


def test_an_approval_is_noted_once(desk: Desk) -> None:
    section = section_of(desk)
    [approval] = approve(desk, section)
    assert (approval.approver, approval.day, approval.urgent, approval.recorded_by) == (
        "刘局长", WEDNESDAY, False, desk.wl,
    )  # fmt: skip
    with pytest.raises(DomainError) as caught:
        approve(desk, section)
    assert caught.value.problems == [f"{desk.enterprises[0]}：已经登记过审批。"]


def test_an_approval_needs_a_name_a_past_day_and_a_reason_for_urgency(desk: Desk) -> None:
    section = section_of(desk)
    for fields, words in [
        ({"approver": " "}, "请填写批准人"),
        ({"day": dt.date(2024, 6, 6)}, "晚于今天"),
        ({"urgent": True}, "请写明紧急理由"),
    ]:
        with pytest.raises(DomainError, match=words):
            approve(desk, section, **fields)
    with pytest.raises(DomainError, match="请先勾选"):
        approve(desk)
    assert approve(desk, section, urgent=True, urgent_reason="有群众举报")[0].urgent_reason == "有群众举报"


def test_an_approval_comes_after_the_departments_own_confirmation(db: None) -> None:
    desk = make_desk(1)
    desk.dispatch()
    with pytest.raises(DomainError) as caught:
        approve(desk, section_of(desk))
    assert caught.value.problems == [f"{desk.enterprises[0]}：本部门还没有确认，请先比对确认。"]
    assert list(DepartmentSection.objects.to_approve(desk.wl)) == []
    services.confirm_records(actor=desk.wl, confirmations=desk.confirmations("WL"))
    assert list(DepartmentSection.objects.to_approve(desk.wl)) == [section_of(desk)]
    assert len(approve(desk, section_of(desk))) == 1
    assert list(DepartmentSection.objects.to_approve(desk.wl)) == []


def test_no_approval_of_another_department_or_without_a_visit(desk: Desk) -> None:
    with pytest.raises(DomainError, match="由公安局的部门管理员办理"):
        approve(desk, section_of(desk, "GA"))
    with pytest.raises(DomainError) as caught:
        approve(desk, section_of(desk, state=SectionState.NO_ITEMS))
    assert caught.value.problems == [f"{desk.enterprises[0]}：无检查事项，不用审批。"]


# Review


def review(desk: Desk, section: DepartmentSection, decision: str = ReviewDecision.PASS, **more: object) -> None:
    services.review_section(actor=more.pop("actor", desk.wl), section=section, decision=decision, **more)


def test_pass_frees_the_section_and_the_last_one_completes_the_plan(desk: Desk) -> None:
    review(desk, section_of(desk, state=SectionState.SUBMITTED))
    assert section_of(desk).state == SectionState.APPROVED
    assert Plan.objects.get(pk=desk.plan.pk).state == PlanState.INSPECTING
    review(desk, section_of(desk, "GA", SectionState.SUBMITTED), actor=desk.ga)
    assert Plan.objects.get(pk=desk.plan.pk).state == PlanState.COMPLETED
    assert audit.verify_all() == []


def test_return_says_why_per_item_and_tells_the_inspectors(desk: Desk) -> None:
    section = section_of(desk, state=SectionState.SUBMITTED)
    [finding] = section.findings.all()
    review(desk, section, ReviewDecision.RETURN, item_reasons={finding.pk: " 请补拍照片 "})
    stored = Review.objects.get()
    assert (stored.decision, stored.reason, stored.item_reasons) == (
        "RETURN", "见各事项意见", {str(finding.pk): "请补拍照片"},
    )  # fmt: skip
    section.refresh_from_db()
    assert (section.state, section.version) == (SectionState.RETURNED, 2)
    told = Notice.objects.filter(text__contains="被退回修改").values_list("recipient_id", flat=True)
    assert sorted(told) == sorted(m.inspector.user_id for m in section.members.all())


def test_a_return_needs_a_reason_and_own_items(desk: Desk) -> None:
    section = section_of(desk, state=SectionState.SUBMITTED)
    foreign = section_of(desk, "GA").findings.get()
    with pytest.raises(DomainError, match="退回修改要写明理由"):
        review(desk, section, ReviewDecision.RETURN, reason="  ")
    with pytest.raises(DomainError, match="不属于这份记录的事项"):
        review(desk, section, ReviewDecision.RETURN, item_reasons={foreign.pk: "看不清"})
    with pytest.raises(DomainError, match="请选择"):
        review(desk, section, "MAYBE")
    assert section_of(desk).state == SectionState.SUBMITTED


@pytest.mark.parametrize(("old", "decision"), list(product(SectionState, ReviewDecision)))
def test_every_arrow_of_a_review(desk: Desk, old: SectionState, decision: ReviewDecision) -> None:
    section = section_of(desk, state=old)
    to = SectionState.APPROVED if decision == ReviewDecision.PASS else SectionState.RETURNED
    if to in SECTION_TRANSITIONS[old]:
        review(desk, section, decision, reason="请补充")
        assert section_of(desk).state == to
    else:
        with pytest.raises(DomainError, match="请刷新页面"):
            review(desk, section, decision, reason="请补充")
        assert (section_of(desk).state, Review.objects.count()) == (old, 0)


def test_only_the_departments_administrator_reviews(desk: Desk) -> None:
    section = section_of(desk, state=SectionState.SUBMITTED)
    inspector = section.members.first().inspector.user
    for actor in (desk.ga, desk.lead, inspector, factories.make_user(Role.AUDITOR)):
        with pytest.raises(DomainError, match="由旅文广电局的部门管理员办理"):
            review(desk, section, actor=actor)
    assert list(DepartmentSection.objects.to_review(desk.wl)) == [section]
    assert list(DepartmentSection.objects.to_review(desk.ga)) == []


# Afterwards


def test_upstream_entry_is_a_separate_tick(desk: Desk) -> None:
    section = section_of(desk, state=SectionState.SUBMITTED)
    inspector = section.members.first().inspector.user
    services.set_upstream(actor=inspector, section=section, number=" HB-7 ", day=WEDNESDAY)
    section.refresh_from_db()
    assert (section.upstream_number, section.upstream_day, section.upstream_by) == ("HB-7", WEDNESDAY, inspector)
    assert section.state == SectionState.SUBMITTED
    for fields, words in [({"number": ""}, "录入编号"), ({"day": dt.date(2024, 6, 6)}, "晚于今天")]:
        with pytest.raises(DomainError, match=words):
            services.set_upstream(actor=desk.wl, section=section, **({"number": "1", "day": WEDNESDAY} | fields))
    with pytest.raises(DomainError, match="由旅文广电局的部门管理员或本表的检查人员办理"):
        services.set_upstream(actor=desk.ga, section=section, number="1", day=WEDNESDAY)


@pytest.mark.parametrize("state", [SectionState.NOT_STARTED, SectionState.DRAFT, SectionState.RETURNED])
def test_upstream_entry_comes_after_submission(desk: Desk, state: str) -> None:
    with pytest.raises(DomainError, match="提交之后"):
        services.set_upstream(actor=desk.wl, section=section_of(desk, state=state), number="1", day=WEDNESDAY)


def test_a_follow_up_is_closed_once(desk: Desk) -> None:
    section = section_of(desk, state=SectionState.APPROVED)
    row = FollowUp.objects.create(section=section, measure=Measure.ORDER_CORRECT, deadline=WEDNESDAY)
    none = FollowUp.objects.create(section=section, measure=Measure.NONE)
    assert list(FollowUp.objects.visible_to(desk.wl).still_open()) == [row]
    for fields, words in [({"text": " "}, "请写明完结情况"), ({"closed_on": dt.date(2024, 6, 6)}, "晚于今天")]:
        given = {"closed_on": WEDNESDAY, "text": "已复查"} | fields
        with pytest.raises(DomainError, match=words):
            services.close_follow_up(actor=desk.wl, follow_up=row, **given)
    with pytest.raises(DomainError, match="办理"):
        services.close_follow_up(actor=desk.ga, follow_up=row, closed_on=WEDNESDAY, text="已复查")
    services.close_follow_up(actor=desk.wl, follow_up=row, closed_on=WEDNESDAY, text="已复查")
    row.refresh_from_db()
    assert (row.closed_on, row.closing_text) == (WEDNESDAY, "已复查")
    with pytest.raises(DomainError, match="已在 2024-06-05 登记完结"):
        services.close_follow_up(actor=desk.wl, follow_up=row, closed_on=WEDNESDAY, text="又一次")
    with pytest.raises(DomainError, match="不用登记完结"):
        services.close_follow_up(actor=desk.wl, follow_up=none, closed_on=WEDNESDAY, text="无")


def test_only_the_auditors_reading_leaves_a_trace(desk: Desk) -> None:
    record = desk.records[0]
    services.note_reading(actor=desk.lead, record=record)
    assert not AuditEvent.objects.filter(action="查看一企一表").exists()
    auditor = factories.make_user(Role.AUDITOR)
    services.note_reading(actor=auditor, record=record)
    assert AuditEvent.objects.get(action="查看一企一表").actor == auditor


# Changing an inspector


def test_the_next_standby_takes_the_seat_on_the_open_records(db: None) -> None:
    desk = make_drawn_desk(8)
    desk.dispatch()
    team_one = [record for record in desk.records if record.team == 1]
    out = desk.draw.members.filter(department__code="WL", team=1).order_by("seat").first()
    visited = team_one[0].sections.get(department__code="WL")
    visited.members.filter(inspector=out.inspector).update(present=True)
    asked = sampling_services.request_event(
        actor=desk.wl, draw=desk.draw, member=out, code=IOutReason.SICK, reason="病假条已交"
    )
    (event,) = services.run_event_batch(actor=desk.lead, draw=desk.draw, requests=[asked])
    new = event.substitute_member.inspector
    assert new.department.code == "WL"
    kept = {m.inspector for m in visited.members.filter(replaced=False)}
    assert out.inspector in kept
    for record in team_one[1:]:
        now = {m.inspector for m in record.sections.get(department__code="WL").members.filter(replaced=False)}
        assert (out.inspector in now, new in now, len(now)) == (False, True, 2)
    before = SectionMember.objects.count()
    assert services.replace_on_records(actor=desk.wl, event=event) == []
    assert SectionMember.objects.count() == before
    assert list(Notice.objects.filter(text__contains="您接替").values_list("recipient_id", flat=True)) == [new.user_id]


def test_another_departments_administrator_changes_nobody(db: None) -> None:
    desk = make_drawn_desk(4)
    desk.dispatch()
    out = desk.draw.members.filter(department__code="WL", team=1).first()
    with pytest.raises(DomainError):
        sampling_services.request_event(actor=desk.ga, draw=desk.draw, member=out, code=IOutReason.SICK, reason="病假")
    assert not desk.draw.event_requests.exists()
    assert not desk.draw.events.exists()
