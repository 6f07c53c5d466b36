"""派发: a draw becomes records, sections, findings, confirmations."""

import datetime as dt

import pytest
import time_machine

from inspections import services
from inspections.enums import RecordState, ResultCode, SectionState
from inspections.models import Confirmation, DepartmentSection, Dispatch, InspectionRecord, ItemFinding, Notice
from registry import audit
from registry.enums import EntityType, Role
from registry.errors import DomainError
from registry.models import AuditEvent
from sampling.enums import DrawEventKind, PlanState
from sampling.models import DrawEvent
from tests import factories
from tests.inspections.desk import MONDAY, make_desk

pytestmark = pytest.mark.django_db


def test_one_record_per_enterprise_in_drawn_order() -> None:
    desk = make_desk(3)
    dispatch = desk.dispatch()
    records = desk.records
    assert [r.number for r in records] == [f"{desk.plan.task_code}-{n:02d}" for n in (1, 2, 3)]
    assert [r.selection.enterprise for r in records] == desk.enterprises
    assert [r.team for r in records] == [1, 2, 1]
    assert {r.state for r in records} == {RecordState.CONFIRMING}
    assert [r.address_at_dispatch for r in records] == [e.address for e in desk.enterprises]
    assert dispatch.confirm_due_on == dt.date(2024, 6, 5)
    assert dispatch.calendar_version == "2024v1 2025v1"
    desk.plan.refresh_from_db()
    assert desk.plan.state == PlanState.DISPATCHED


def test_sections_people_items_confirmations() -> None:
    desk = make_desk(1)
    desk.dispatch()
    [record] = desk.records
    sections = list(record.sections.all())
    assert [s.department.code for s in sections] == ["WL", "GA"]
    assert {s.state for s in sections} == {SectionState.NOT_STARTED}
    for section in sections:
        drawn = desk.draw.members.filter(department=section.department, team=record.team).order_by("seat")
        assert [m.inspector for m in section.members.all()] == [m.inspector for m in drawn]
        assert [f.item.department for f in section.findings.all()] == [section.department]
    assert list(ItemFinding.objects.order_by("order").values_list("order", flat=True)) == [1, 2]
    due = list(Confirmation.objects.values_list("department__code", "due_on", "decision").order_by("pk"))
    assert due == [("WL", dt.date(2024, 6, 5), "PENDING"), ("GA", dt.date(2024, 6, 5), "PENDING")]


def test_a_department_without_items_owes_nothing() -> None:
    for number in range(2):
        factories.make_item(factories.make_department("WS"), code=f"WS-{number}", industries=("CINEMA",))
    desk = make_desk(1, departments=("WL", "WS"))
    desk.dispatch()
    section = DepartmentSection.objects.get(department__code="WS")
    assert section.state == SectionState.NO_ITEMS
    assert [r.code for r in section.results.all()] == [ResultCode.NO_ITEMS]
    assert not section.members.exists()
    assert not section.findings.exists()
    assert [c.department.code for c in Confirmation.objects.all()] == ["WL"]


def test_items_fit_the_industry_and_the_kind_of_entity() -> None:
    wl = factories.make_department("WL")
    fits = factories.make_item(wl, code="WL-9")
    everywhere = factories.make_item(wl, code="WL-1", industries=())
    factories.make_item(wl, code="WL-2", industries=("CINEMA",))
    factories.make_item(wl, code="WL-3", entity_types=[EntityType.INDIVIDUAL])
    desk = make_desk(1, departments=("WL",))
    desk.dispatch()
    assert [f.item for f in ItemFinding.objects.order_by("order")] == [everywhere, fits]


def test_replacements_before_the_dispatch_are_honoured() -> None:
    desk = make_desk(2)
    out = desk.draw.members.get(department__code="WL", team=1, seat=1)
    standby = desk.draw.members.get(department__code="WL", team=0)
    common = {"draw": desk.draw, "batch": 1, "at": factories.NOW, "actor": desk.lead, "reason": "病假", "team": 1}
    DrawEvent.objects.create(
        kind=DrawEventKind.I_OUT, member=out, substitute_member=standby, code="sick", seat=1, **common
    )
    desk.dispatch()
    section = desk.records[0].sections.get(department__code="WL")
    names = [m.inspector for m in section.members.all()]
    assert names == [standby.inspector, desk.draw.members.get(department__code="WL", team=1, seat=2).inspector]


def test_administrators_are_told_and_the_trail_holds() -> None:
    desk = make_desk(2)
    desk.dispatch()
    assert set(Notice.objects.values_list("recipient_id", flat=True)) == {desk.wl.pk, desk.ga.pk}
    text = Notice.objects.get(recipient=desk.wl).text
    assert text == f"《{desk.plan}》派发给旅文广电局 2 家企业，请于 6月5日前比对确认。"
    event = AuditEvent.objects.get(action="派发")
    assert (event.stream, event.actor, event.after["records"]) == (f"plan:{desk.plan.pk}", desk.lead, 2)
    assert audit.verify_all() == []


def refused(desk: object, actor: object, words: str) -> None:
    with time_machine.travel(MONDAY, tick=False), pytest.raises(DomainError) as caught:
        services.dispatch_draw(actor=actor, draw=desk.draw)
    assert words in " ".join([caught.value.message, *caught.value.problems])
    assert not InspectionRecord.objects.exists()


def test_only_the_lead_bureau_of_the_plan() -> None:
    desk = make_desk(1)
    refused(desk, desk.wl, "由牵头部门（旅文广电局）办理")
    refused(desk, factories.make_user(Role.LEAD, department=factories.make_department("GA")), "由牵头部门")


@pytest.mark.parametrize("state", [state for state in PlanState if state != PlanState.DRAWN])
def test_only_a_drawn_plan(state: str) -> None:
    desk = make_desk(1)
    type(desk.plan).objects.filter(pk=desk.plan.pk).update(state=state)
    refused(desk, desk.lead, "只有“已抽取”的任务才能派发")


def test_not_a_void_draw() -> None:
    desk = make_desk(1)
    DrawEvent.objects.create(
        draw=desk.draw, batch=1, kind=DrawEventKind.VOID, code="void", reason="演示", at=factories.NOW, actor=desk.lead
    )
    refused(desk, desk.lead, "已作废")


def test_not_without_the_calendar() -> None:
    desk = make_desk(1, calendar=False)
    refused(desk, desk.lead, "2024年日历未录入")


def test_not_an_enterprise_without_any_item() -> None:
    desk = make_desk(1)
    desk.enterprises[0].industries.set([factories.make_industry("CINEMA")])
    refused(desk, desk.lead, f"{desk.enterprises[0]}没有任何部门的检查事项")


def test_not_a_team_without_people() -> None:
    desk = make_desk(1)
    item = factories.make_item(factories.make_department("XF"))
    desk.plan.departments.create(department=item.department)
    desk.plan.items.add(item)
    refused(desk, desk.lead, "消防救援大队的第 1 队没有检查人员")


def test_not_twice() -> None:
    desk = make_desk(1)
    desk.dispatch()
    with pytest.raises(DomainError, match="已经派发过"):
        desk.dispatch()
    assert (Dispatch.objects.count(), InspectionRecord.objects.count()) == (1, 1)


def test_the_number_of_queries_of_the_preview_does_not_grow() -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    counts = []
    for size in (1, 12):
        desk = make_desk(size, reserves=0)
        with CaptureQueriesContext(connection) as seen:
            assert len(services.preview_dispatch(desk.draw, dt.date(2024, 6, 3)).parcels) == size
        counts.append(len(seen))
    assert counts[0] == counts[1]
