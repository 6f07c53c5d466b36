"""比对和确认, returns and what the lead bureau does with them."""

import datetime as dt
from itertools import product

import pytest
import time_machine

from inspections import services
from inspections.enums import (
    RECORD_TRANSITIONS,
    RETURN_DECISIONS,
    SECTION_TRANSITIONS,
    Decision,
    LeadDecision,
    RecordState,
    ResultCode,
    ReturnReason,
    SectionState,
)
from inspections.models import Confirmation, DepartmentSection, InspectionRecord, Notice
from inspections.services.confirming import close_section, move_record
from registry import audit
from registry.enums import Role
from registry.errors import DomainError
from sampling.enums import PlanState
from sampling.models import Plan
from tests import factories
from tests.inspections.desk import Desk, make_desk, make_drawn_desk

TUESDAY = "2024-06-04T10:02:00+08:00"


@pytest.fixture
def desk(db: None) -> Desk:
    made = make_desk(2)
    made.dispatch()
    return made


def returned(desk: Desk, reason: str = ReturnReason.DEREGISTERED, note: str = "已核实") -> Confirmation:
    with time_machine.travel(TUESDAY, tick=False):
        return services.return_record(actor=desk.wl, confirmation=desk.confirmations("WL")[0], reason=reason, note=note)


def decide(desk: Desk, row: Confirmation, decision: str, **more: str) -> Confirmation:
    with time_machine.travel(TUESDAY, tick=False):
        return services.decide_return(
            actor=desk.lead, confirmation=row, decision=decision, reason=more.pop("reason", "核实属实"), **more
        )


# Confirming:


def test_a_record_opens_when_the_last_department_has_confirmed(desk: Desk) -> None:
    with time_machine.travel(TUESDAY, tick=False):
        first = services.confirm_records(actor=desk.wl, confirmations=desk.confirmations("WL"))
        assert [r.decision for r in first] == [Decision.CONFIRMED, Decision.CONFIRMED]
        assert {r.state for r in desk.records} == {RecordState.CONFIRMING}
        services.confirm_records(actor=desk.ga, confirmations=desk.confirmations("GA")[:1])
    one, two = desk.records
    assert (one.state, two.state) == (RecordState.OPEN, RecordState.CONFIRMING)
    assert one.opened_at == dt.datetime.fromisoformat(TUESDAY)
    row = desk.confirmations("GA")[0]
    assert (row.by, row.note, row.late, row.at) == (desk.ga, "", False, dt.datetime.fromisoformat(TUESDAY))
    assert Plan.objects.get(pk=desk.plan.pk).state == PlanState.INSPECTING
    inspectors = {m.inspector.user_id for s in one.sections.all() for m in s.members.all()}
    told = Notice.objects.filter(text__contains="可以开始检查")
    assert sorted(told.values_list("recipient_id", flat=True)) == sorted(inspectors)
    assert audit.verify_all() == []


@pytest.mark.parametrize(
    ("moment", "late"), [("2024-06-05T23:59:59+08:00", False), ("2024-06-06T00:00:00+08:00", True)]
)
def test_late_from_the_first_second_after_the_due_day_in_shanghai(desk: Desk, moment: str, late: bool) -> None:
    with time_machine.travel(moment, tick=False):
        [row] = services.confirm_records(actor=desk.wl, confirmations=desk.confirmations("WL")[:1], note="停电")
        other = services.return_record(
            actor=desk.wl, confirmation=desk.confirmations("WL")[1], reason=ReturnReason.REVOKED, note=""
        )
    assert (row.late, other.late) == (late, late)


def test_rows_decided_meanwhile_are_left_alone_and_named(desk: Desk) -> None:
    asked = desk.confirmations("WL")
    colleague = factories.make_user(Role.DEPT_ADMIN, department=desk.wl.department, name="王某")
    with time_machine.travel(TUESDAY, tick=False):
        services.return_record(actor=colleague, confirmation=asked[0], reason=ReturnReason.REVOKED, note="")
    with time_machine.travel("2024-06-04T11:00:00+08:00", tick=False):
        done = services.confirm_records(actor=desk.wl, confirmations=asked)
    assert [row.pk for row in done] == [asked[1].pk]
    left = Confirmation.objects.get(pk=asked[0].pk)
    assert (left.decision, left.by) == (Decision.RETURNED, colleague)
    assert services.standing_words(left) == f"{desk.enterprises[0]}：已由 王某 6月4日 10:02 退回。"


def test_confirming_twice_changes_nothing(desk: Desk) -> None:
    rows = desk.confirmations("WL")
    with time_machine.travel(TUESDAY, tick=False):
        services.confirm_records(actor=desk.wl, confirmations=rows)
    with time_machine.travel("2024-06-05T09:00:00+08:00", tick=False):
        assert services.confirm_records(actor=desk.wl, confirmations=rows) == []
    assert desk.confirmations("WL")[0].at == dt.datetime.fromisoformat(TUESDAY)


def test_only_the_departments_own_administrator(desk: Desk) -> None:
    inspector = factories.make_user(Role.INSPECTOR, department=desk.wl.department)
    rows = desk.confirmations("WL")
    for actor in (desk.ga, desk.lead, inspector, factories.make_user(Role.AUDITOR)):
        with pytest.raises(DomainError, match="由旅文广电局的部门管理员办理"):
            services.confirm_records(actor=actor, confirmations=rows)
        with pytest.raises(DomainError, match="由旅文广电局的部门管理员办理"):
            services.return_record(actor=actor, confirmation=rows[0], reason=ReturnReason.REVOKED, note="")
    assert {row.decision for row in desk.confirmations("WL")} == {Decision.PENDING}


# What is returned:


def test_a_return_goes_to_the_lead_bureau(desk: Desk) -> None:
    row = returned(desk)
    assert (row.decision, row.reason, row.note) == (Decision.RETURNED, ReturnReason.DEREGISTERED, "已核实")
    notice = Notice.objects.get(recipient=desk.lead)
    assert notice.text == f"《{desk.plan}》旅文广电局退回{desk.enterprises[0]}（已注销），请处理。"
    assert list(Confirmation.objects.returned()) == [row]
    assert desk.records[0].state == RecordState.CONFIRMING


@pytest.mark.parametrize("reason", [ReturnReason.OTHER, ReturnReason.ADDRESS])
def test_reasons_that_say_nothing_need_a_note(desk: Desk, reason: str) -> None:
    with pytest.raises(DomainError, match="请写明情况"):
        returned(desk, reason, note="  ")
    with pytest.raises(DomainError, match="请选择退回原因"):
        returned(desk, "不知道")


def test_a_decided_row_is_not_returned(desk: Desk) -> None:
    desk.confirm_all()
    with pytest.raises(DomainError, match=r"已由 .* 6月3日 09:00 确认"):
        returned(desk)


# Deciding:


def test_keep_counts_as_confirmed(desk: Desk) -> None:
    row = returned(desk, ReturnReason.ADDRESS, "搬到对面")
    with time_machine.travel(TUESDAY, tick=False):
        services.confirm_records(actor=desk.ga, confirmations=desk.confirmations("GA")[:1])
    decide(desk, row, LeadDecision.KEEP)
    assert desk.records[0].state == RecordState.OPEN
    row.refresh_from_db()
    assert (row.lead_decision, row.lead_by, row.lead_reason) == (LeadDecision.KEEP, desk.lead, "核实属实")


def test_close_ends_every_section_with_the_status(desk: Desk) -> None:
    decide(desk, returned(desk, ReturnReason.REVOKED), LeadDecision.CLOSE)
    record = desk.records[0]
    assert record.state == RecordState.CLOSED
    for section in record.sections.all():
        assert (section.state, section.publish_due_on) == (SectionState.CLOSED, dt.date(2024, 7, 3))
        assert [r.code for r in section.results.all()] == [ResultCode.REVOKED]


def test_close_for_another_reason_names_the_status(desk: Desk) -> None:
    row = returned(desk, ReturnReason.OTHER, "停业半年")
    with pytest.raises(DomainError, match="按哪种登记状态结案"):
        decide(desk, row, LeadDecision.CLOSE)
    with pytest.raises(DomainError, match="按哪种登记状态结案"):
        decide(desk, row, LeadDecision.CLOSE, result=ResultCode.NO_PROBLEM)
    decide(desk, row, LeadDecision.CLOSE, result=ResultCode.SUSPENDED)
    assert [r.code for r in desk.records[0].sections.first().results.all()] == [ResultCode.SUSPENDED]


def test_replace_dispatches_the_reserve_with_a_new_clock(db: None) -> None:
    desk = make_drawn_desk(4)
    desk.dispatch()
    decide(desk, returned(desk), LeadDecision.REPLACE)
    out, _two, new = desk.records
    assert out.state == RecordState.REPLACED
    reserve = desk.draw.selections.filter(kind="RESERVE").order_by("rank").first()
    assert (new.selection, new.number, new.team) == (reserve, f"{desk.plan.task_code}-03", out.team)
    assert {c.due_on for c in new.confirmations.all()} == {dt.date(2024, 6, 6)}
    assert new.sections.count() == 2
    event = desk.draw.events.get()
    assert (event.kind, event.selection, event.substitute, event.code) == (
        "E-OUT", out.selection, reserve, "deregistered",
    )  # fmt: skip
    assert desk.confirmations("GA")[0] not in Confirmation.objects.pending()


def test_exempt_closes_only_that_department(desk: Desk) -> None:
    row = returned(desk, ReturnReason.NOT_MINE)
    with time_machine.travel(TUESDAY, tick=False):
        services.confirm_records(actor=desk.ga, confirmations=desk.confirmations("GA")[:1])
    decide(desk, row, LeadDecision.EXEMPT)
    record = desk.records[0]
    assert record.state == RecordState.OPEN
    states = {s.department.code: s.state for s in record.sections.all()}
    assert states == {"WL": SectionState.NOT_MINE, "GA": SectionState.NOT_STARTED}
    assert [s.department.code for s in DepartmentSection.objects.owed()] == ["GA"]


@pytest.mark.parametrize(
    ("reason", "decision"),
    [pair for pair in product(ReturnReason, LeadDecision) if pair[1] not in RETURN_DECISIONS[pair[0]]],
)
def test_no_other_decision_than_the_reason_admits(desk: Desk, reason: str, decision: str) -> None:
    row = returned(desk, reason)
    with pytest.raises(DomainError, match="只能选"):
        decide(desk, row, decision, result=ResultCode.SUSPENDED)
    row.refresh_from_db()
    assert (row.lead_decision, desk.records[0].state) == ("", RecordState.CONFIRMING)


def test_a_return_is_decided_once_by_the_lead_bureau_with_a_reason(desk: Desk) -> None:
    row = returned(desk)
    with pytest.raises(DomainError, match="由牵头部门"):
        services.decide_return(actor=desk.wl, confirmation=row, decision=LeadDecision.KEEP, reason="因为")
    with pytest.raises(DomainError, match="请写明处理理由"):
        decide(desk, row, LeadDecision.KEEP, reason=" ")
    with pytest.raises(DomainError, match="没有被退回"):
        decide(desk, desk.confirmations("GA")[0], LeadDecision.KEEP)
    decide(desk, row, LeadDecision.KEEP)
    with pytest.raises(DomainError, match=r"已由 .* 处理：保留，继续检查"):
        decide(desk, row, LeadDecision.CLOSE)


def test_a_plan_whose_enterprises_are_all_closed_is_completed(db: None) -> None:
    desk = make_desk(1)
    desk.dispatch()
    decide(desk, returned(desk), LeadDecision.CLOSE)
    assert Plan.objects.get(pk=desk.plan.pk).state == PlanState.COMPLETED


# Proceeding:


def proceed(desk: Desk, moment: str, reason: str = "公安局逾期未确认，已催办") -> list[InspectionRecord]:
    with time_machine.travel(moment, tick=False):
        return services.proceed_records(actor=desk.lead, records=desk.records, reason=reason)


def test_the_lead_bureau_proceeds_after_the_time_with_a_reason(desk: Desk) -> None:
    with pytest.raises(DomainError) as caught:
        proceed(desk, "2024-06-05T23:59:59+08:00")
    assert "的确认期限（6月5日）还没有过" in caught.value.problems[0]
    with pytest.raises(DomainError, match="请写明继续检查的理由"):
        proceed(desk, "2024-06-06T09:00:00+08:00", " ")
    assert list(InspectionRecord.objects.stuck(dt.date(2024, 6, 5))) == []
    assert list(InspectionRecord.objects.stuck(dt.date(2024, 6, 6))) == desk.records
    proceed(desk, "2024-06-06T09:00:00+08:00")
    assert {r.state for r in desk.records} == {RecordState.OPEN}
    assert {r.proceed_reason for r in desk.records} == {"公安局逾期未确认，已催办"}
    assert {c.decision for c in Confirmation.objects.all()} == {Decision.PENDING}  # silence never confirms
    late = services.confirm_records(actor=desk.wl, confirmations=desk.confirmations("WL"))
    assert late == []
    assert services.standing_words(desk.confirmations("WL")[0]).endswith("现在是“检查中”，不用再确认。")


def test_a_return_is_decided_before_proceeding(desk: Desk) -> None:
    returned(desk)
    with pytest.raises(DomainError) as caught:
        proceed(desk, "2024-06-06T09:00:00+08:00")
    assert caught.value.problems == [f"{desk.records[0]} {desk.enterprises[0]}：有部门退回，请先处理退回。"]
    with pytest.raises(DomainError, match="由牵头部门"):
        services.proceed_records(actor=desk.ga, records=desk.records, reason="因为")


# State tables:


@pytest.mark.parametrize(("old", "new"), list(product(RecordState, RecordState)))
def test_every_arrow_of_a_record(desk: Desk, old: RecordState, new: RecordState) -> None:
    record = desk.records[0]
    InspectionRecord.objects.filter(pk=record.pk).update(state=old)
    record.refresh_from_db()
    if new in RECORD_TRANSITIONS[old]:
        move_record(record, new)
        record.refresh_from_db()
        assert (record.state, record.version) == (new, 2)
    else:
        with pytest.raises(DomainError, match="不能变为"):
            move_record(record, new)


@pytest.mark.parametrize(("old", "new"), list(product(SectionState, [SectionState.CLOSED, SectionState.NOT_MINE])))
def test_every_arrow_out_of_a_section_without_a_visit(desk: Desk, old: SectionState, new: SectionState) -> None:
    section = desk.records[0].sections.first()
    DepartmentSection.objects.filter(pk=section.pk).update(state=old, submitted_at=factories.NOW)
    section.refresh_from_db()
    if new in SECTION_TRANSITIONS[old]:
        close_section(section, new, None, "演示")
        section.refresh_from_db()
        assert section.state == new
    else:
        with pytest.raises(DomainError, match="不能变为"):
            close_section(section, new, None, "演示")


@pytest.mark.parametrize("state", [RecordState.OPEN, RecordState.REPLACED, RecordState.CLOSED])
def test_nothing_is_confirmed_returned_or_decided_once_the_record_has_moved_on(desk: Desk, state: str) -> None:
    row = returned(desk)
    InspectionRecord.objects.filter(plan=desk.plan).update(state=state)
    assert services.confirm_records(actor=desk.ga, confirmations=desk.confirmations("GA")) == []
    with pytest.raises(DomainError):
        services.return_record(
            actor=desk.ga, confirmation=desk.confirmations("GA")[0], reason=ReturnReason.REVOKED, note=""
        )
    with pytest.raises(DomainError, match="不用再处理退回"):
        decide(desk, row, LeadDecision.KEEP)


def test_a_late_confirmation_needs_a_reason_and_says_whose(desk: Desk) -> None:
    """All or nothing: what is on time is neither held up for good nor given a reason that is not its own."""
    one, two = desk.confirmations("WL")
    Confirmation.objects.filter(pk=two.pk).update(due_on=dt.date(2024, 6, 12))
    with time_machine.travel("2024-06-06T09:00:00+08:00", tick=False):
        for note in ("", " \u3000"):
            with pytest.raises(DomainError, match="下面 1 家已超过确认期限，请写明逾期原因再确认") as refused:
                services.confirm_records(actor=desk.wl, confirmations=[one, two], note=note)
            assert refused.value.problems == [
                f"{one.record.selection.enterprise}（《{desk.plan}》，6月5日到期）"
            ]  # fmt: skip
        assert {row.decision for row in desk.confirmations("WL")} == {Decision.PENDING}
        services.confirm_records(actor=desk.wl, confirmations=[one, two], note=" 外出培训 ")
    assert [(row.late, row.note) for row in desk.confirmations("WL")] == [(True, "外出培训"), (False, "")]
