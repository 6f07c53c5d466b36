"""The desk in the browser's place: who sees what, forms, double clicks, numbers of queries."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inspections.enums import Decision, LeadDecision, RecordState, ReturnReason, SectionState
from inspections.models import (
    Approval,
    Confirmation,
    DepartmentSection,
    Dispatch,
    FollowUp,
    InspectionRecord,
    Notice,
    Review,
)
from registry.enums import Role
from registry.models import AuditEvent, User
from registry.operations import new_key
from tests import factories
from tests.inspections.desk import Desk, make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _tuesday() -> Any:
    with time_machine.travel("2024-06-04T10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def desk() -> Desk:
    made = make_desk(3)
    made.dispatch()
    return made


def as_user(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(name: str, *args: object) -> str:
    return reverse(f"inspections:{name}", args=args)


def post(user: User, name: str, *args: object, **data: object) -> Any:
    return as_user(user).post(url(name, *args), {"key": new_key()} | data)


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


# Who may open what


def pages(desk: Desk) -> dict[str, str]:
    record = desk.records[0]
    section = record.sections.get(department__code="WL")
    return {
        "plan_dispatch": url("plan_dispatch", desk.plan.pk),
        "task_inbox": url("task_inbox"),
        "task_return": url("task_return", desk.confirmations("WL")[0].pk),
        "return_list": url("return_list"),
        "progress": url("progress"),
        "plan_progress": url("plan_progress", desk.plan.pk),
        "plan_proceed": url("plan_proceed", desk.plan.pk),
        "approval": url("approval"),
        "task_list": url("task_list"),
        "task_detail": url("task_detail", record.pk),
        "task_assign": url("task_assign", section.members.first().pk),
        "task_review": url("task_review", section.pk),
        "upstream": url("upstream", section.pk),
        "notice_list": url("notice_list"),
        "follow_up_list": url("follow_up_list"),
    }


LEAD_PAGES = {"return_list", "progress", "plan_progress", "plan_proceed", "task_list", "task_detail", "task_assign"}
EVERYBODY = {"notice_list"}
OWN = {"task_inbox", "task_return", "approval", "task_list", "task_detail", "task_assign", "task_review", "upstream"}


def test_the_matrix_of_access(desk: Desk) -> None:
    inspector = desk.records[0].sections.get(department__code="WL").members.first().inspector.user
    stranger = factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("XF"))
    other_lead = factories.make_user(Role.LEAD, department=factories.make_department("XF"))
    expected = {
        desk.lead: LEAD_PAGES | EVERYBODY | {"follow_up_list"},
        desk.wl: OWN | EVERYBODY | {"follow_up_list"},
        desk.ga: EVERYBODY | {"follow_up_list", "task_inbox", "approval", "task_list", "task_detail"},
        stranger: EVERYBODY | {"follow_up_list", "task_inbox", "approval", "task_list"},
        other_lead: EVERYBODY | {"follow_up_list", "return_list", "progress", "task_list"},
        inspector: EVERYBODY | {"follow_up_list", "task_detail", "upstream"},
        factories.make_user(Role.AUDITOR): (LEAD_PAGES - {"task_assign"}) | EVERYBODY | {"follow_up_list"},
    }
    for user, opens in expected.items():
        client = as_user(user)
        answers = {name: client.get(address).status_code for name, address in pages(desk).items()}
        assert {name for name, status in answers.items() if status == 200} == opens, user
        answers.pop("plan_dispatch")  # dispatched already: 302 to the progress page
        assert set(answers.values()) <= {200, 403, 404}


def test_strangers_get_404_not_403(desk: Desk) -> None:
    record, section = desk.records[0], desk.records[0].sections.get(department__code="WL")
    stranger = as_user(factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("XF")))
    for name, pk in [("task_detail", record.pk), ("task_review", section.pk), ("upstream", section.pk)]:
        assert stranger.get(url(name, pk)).status_code == 404
    assert as_user(desk.ga).post(url("task_return", desk.confirmations("WL")[0].pk)).status_code == 404
    assert as_user(desk.ga).post(url("task_review", section.pk)).status_code == 404


def test_the_auditor_changes_nothing(desk: Desk) -> None:
    auditor = factories.make_user(Role.AUDITOR)
    row = desk.confirmations("WL")[0]
    for name, args in [
        ("task_confirm", ()), ("task_return", (row.pk,)), ("plan_remind", (desk.plan.pk,)),
        ("plan_proceed", (desk.plan.pk,)), ("plan_dispatch", (desk.plan.pk,)), ("notice_read", ()),
        ("return_decide", (row.pk,)),
    ]:  # fmt: skip
        assert post(auditor, name, *args).status_code == 403, name


# Dispatch and confirmation


def test_dispatch_page_previews_and_sends_once() -> None:
    desk = make_desk(2)
    client, key = as_user(desk.lead), new_key()
    page = client.get(url("plan_dispatch", desk.plan.pk)).content.decode()
    assert "把 2 家企业派发给 2 个部门" in page
    assert "6月6日（周四）" in page
    assert not Dispatch.objects.exists()
    for _ in range(2):
        answer = client.post(url("plan_dispatch", desk.plan.pk), {"key": key})
        assert answer.headers["Location"] == url("plan_progress", desk.plan.pk)
    assert (Dispatch.objects.count(), InspectionRecord.objects.count()) == (1, 2)


def test_dispatch_page_says_what_is_missing() -> None:
    desk = make_desk(1, calendar=False)
    answer = post(desk.lead, "plan_dispatch", desk.plan.pk)
    assert answer.status_code == 200
    assert "2024年日历未录入" in answer.content.decode()


def test_the_inbox_shows_the_registry_of_today(desk: Desk) -> None:
    one, two, _three = desk.enterprises
    type(one).objects.filter(pk=one.pk).update(status="DEREGISTERED", status_changed_on=dt.date(2024, 6, 4))
    type(two).objects.filter(pk=two.pk).update(address="演示镇新街77号")
    page = as_user(desk.wl).get(url("task_inbox")).content.decode()
    assert "确认派发给旅文广电局的 3 家企业" in page
    assert "还剩 1 个工作日" in page
    assert "2024年6月4日" in page
    assert "今天登记：演示镇新街77号" in page
    assert "没有查过" in page
    assert "checked" not in page  # nothing is ticked beforehand


def test_confirming_what_was_ticked(desk: Desk) -> None:
    rows = desk.confirmations("WL")
    client, key = as_user(desk.wl), new_key()
    post(desk.wl, "task_return", rows[0].pk, reason=ReturnReason.REVOKED)
    answer = client.post(url("task_confirm"), {"key": key, "pk": [rows[0].pk, rows[1].pk]}, follow=True)
    words = [str(message) for message in answer.context["messages"]]
    assert words[0] == "1 家已确认。"
    assert words[1].startswith(f"1 家未变。{desk.enterprises[0]}：已由 ")
    again = client.post(url("task_confirm"), {"key": key, "pk": [rows[2].pk]}, follow=True)
    assert "1 家已确认。" in again.content.decode()  # the same key: the first answer, nothing new
    assert [row.decision for row in desk.confirmations("WL")] == ["RETURNED", "CONFIRMED", "PENDING"]


def test_confirming_nothing_or_another_departments_row(desk: Desk) -> None:
    answer = post(desk.wl, "task_confirm")
    assert "请先勾选要确认的企业。" in answer.content.decode()
    answer = post(desk.wl, "task_confirm", pk=[desk.confirmations("GA")[0].pk])
    assert "已不在您的要确认的企业名单里" in answer.content.decode()
    assert {row.decision for row in Confirmation.objects.all()} == {Decision.PENDING}


def test_late_confirmation_is_said_and_asked_for(desk: Desk) -> None:
    with time_machine.travel("2024-06-06T09:00:00+08:00", tick=False):
        page = as_user(desk.wl).get(url("task_inbox")).content.decode()
        assert "已超过确认期限，逾期 1 个工作日。" in page
        answer = as_user(desk.wl).post(
            url("task_confirm"),
            {"key": new_key(), "pk": [desk.confirmations("WL")[0].pk], "note": "外出培训"},
            follow=True,
        )
    assert "其中 1 家记为逾期确认" in answer.content.decode()
    row = desk.confirmations("WL")[0]
    assert (row.late, row.note) == (True, "外出培训")


def test_the_inbox_is_grouped_by_plan_each_with_its_own_deadline(desk: Desk) -> None:
    """The same enterprise stands in two plans: one late, one in time. The late one speaks for itself alone."""
    same = desk.records[0].selection.enterprise
    other = factories.make_plan(created_by=desk.lead)
    [twin] = factories.make_records(factories.make_draw(other, [same]), state=RecordState.CONFIRMING)
    Confirmation.objects.filter(record=twin).update(due_on=dt.date(2024, 6, 11))
    with time_machine.travel("2024-06-06T09:00:00+08:00", tick=False):
        client = as_user(desk.wl)
        answer = client.get(url("task_inbox"))
        heads = [(head["plan"], head["count"], head["late"], head["due"].text, [row.record for row in rows])
                 for head, rows in answer.context["groups"]]  # fmt: skip
        assert heads == [
            (desk.plan, 3, 3, "逾期 1 个工作日", desk.records), (other, 1, 0, "还剩 2 个工作日", [twin]),
        ]  # fmt: skip
        page = answer.content.decode()
        assert [page.count(words) for words in ("data-select-all", "也在另一任务中", "已超过确认期限")] == [2, 2, 1]
        late, fine = desk.confirmations("WL")[0], Confirmation.objects.get(record=twin, department__code="WL")
        data = {"key": new_key(), "pk": [late.pk, fine.pk]}
        refused = client.post(url("task_confirm"), data).content.decode()
        assert [refused.count(words) for words in ("请写明逾期原因再确认", " checked>")] == [1, 2]
        assert post(desk.wl, "task_confirm", pk=[fine.pk]).status_code == 302
        assert post(desk.wl, "task_confirm", pk=[late.pk], note="外出培训").status_code == 302
    found = Confirmation.objects.filter(pk__in=[late.pk, fine.pk]).order_by("pk").values_list("late", "note")
    assert list(found) == [(True, "外出培训"), (False, "")]


def test_returning_keeps_what_was_typed(desk: Desk) -> None:
    row = desk.confirmations("WL")[0]
    answer = post(desk.wl, "task_return", row.pk, reason=ReturnReason.OTHER, note="")
    assert "退回原因是“其他”，请写明情况。" in answer.content.decode()
    answer = post(desk.wl, "task_return", row.pk, note="门头已换")
    assert "门头已换" in answer.content.decode()
    assert post(desk.wl, "task_return", row.pk, reason=ReturnReason.OTHER, note="门头已换").status_code == 302
    assert desk.confirmations("WL")[0].note == "门头已换"


def test_the_lead_bureau_decides_a_return(desk: Desk) -> None:
    row = desk.confirmations("WL")[0]
    post(desk.wl, "task_return", row.pk, reason=ReturnReason.ADDRESS, note="搬走")
    page = as_user(desk.lead).get(url("return_list")).content.decode()
    assert "待处理 1" in page
    decide = as_user(desk.lead).get(url("return_decide", row.pk)).content.decode()
    assert [value in decide for value in ('value="KEEP"', 'value="REPLACE"')] == [True, False]
    answer = post(desk.lead, "return_decide", row.pk, decision=LeadDecision.CLOSE, reason="核实")
    assert answer.status_code == 200
    answer = post(desk.lead, "return_decide", row.pk, decision=LeadDecision.KEEP, reason="仍到登记住所核查")
    assert answer.headers["Location"] == url("return_list")
    row.refresh_from_db()
    assert row.lead_decision == LeadDecision.KEEP


def test_proceeding_from_the_page(desk: Desk) -> None:
    keys = [record.pk for record in desk.records]
    with time_machine.travel("2024-06-06T09:00:00+08:00", tick=False):
        page = as_user(desk.lead).get(url("plan_proceed", desk.plan.pk)).content.decode()
        assert "3 家企业逾期没有全部确认" in page
        assert "请填写继续检查的理由" in post(desk.lead, "plan_proceed", desk.plan.pk, pk=keys).content.decode()
        assert post(desk.lead, "plan_proceed", desk.plan.pk, pk=keys, reason="已催办").status_code == 302
    assert {record.state for record in desk.records} == {RecordState.OPEN}


# Approval, list, review


@pytest.fixture
def opened(desk: Desk) -> Desk:
    desk.confirm_all()
    return desk


def submitted(desk: Desk, *codes: str) -> list[DepartmentSection]:
    rows = DepartmentSection.objects.filter(record__plan=desk.plan, department__code__in=codes)
    rows.update(state=SectionState.SUBMITTED, submitted_at=factories.NOW, due_on=dt.date(2024, 6, 14))
    return list(rows.order_by("record__number"))


def test_approvals_in_bulk(opened: Desk) -> None:
    sections = [record.sections.get(department__code="WL") for record in opened.records]
    answer = post(opened.wl, "approval", pk=[sections[0].pk], approver="", day="2024-06-04")
    page = answer.content.decode()
    assert "请填写批准人。" in page
    assert page.count("checked") == 1  # the tick comes back
    answer = post(opened.wl, "approval", pk=[s.pk for s in sections], approver="刘局长", day="2024-06-04")
    assert answer.status_code == 302
    assert Approval.objects.count() == 3
    page = as_user(opened.wl).get(url("approval")).content.decode()
    assert "检查审批都已登记" in page
    assert url("notice_print", sections[0].pk) in page


def test_the_task_list_filters(opened: Desk) -> None:
    submitted(opened, "WL")
    DepartmentSection.objects.filter(record=opened.records[2]).update(
        due_on=dt.date(2024, 6, 3), state=SectionState.DRAFT, submitted_at=None
    )

    def shown(user: User, query: str) -> list[tuple[str, str]]:
        page = as_user(user).get(f"{url('task_list')}?{query}").context["page"]
        return [(row.record.number[-2:], row.department.code) for row in page]

    assert shown(opened.wl, "") == [("01", "WL"), ("02", "WL"), ("03", "WL")]
    assert len(shown(opened.lead, "")) == 6
    assert shown(opened.wl, "state=SUBMITTED") == [("01", "WL"), ("02", "WL")]
    assert shown(opened.lead, "overdue=on") == [("03", "WL"), ("03", "GA")]
    assert shown(opened.wl, f"q={opened.enterprises[1].uscc.lower()}") == [("02", "WL")]
    assert shown(opened.lead, f"plan={opened.plan.pk}&department={opened.ga.department_id}&state=DRAFT") == [
        ("03", "GA")
    ]
    assert len(shown(opened.wl, "page=junk")) == 3
    assert as_user(opened.wl).get(f"{url('task_list')}?state=NONSENSE&plan=x").status_code == 200


def test_one_record_shows_all_sections_and_no_phones_to_others(opened: Desk) -> None:
    record = opened.records[0]
    type(opened.enterprises[0]).objects.filter(pk=opened.enterprises[0].pk).update(
        contact_name="孙某", contact_phone="13900000000"
    )
    own = as_user(opened.wl).get(url("task_detail", record.pk)).content.decode()
    assert ("旅文广电局" in own, "公安局" in own, "13900000000" in own) == (True, True, True)
    lead = factories.make_user(Role.LEAD, department=opened.plan.lead)
    record.sections.filter(department=opened.plan.lead).update(department=factories.make_department("XF"))
    assert "13900000000" not in as_user(lead).get(url("task_detail", record.pk)).content.decode()


def test_the_auditors_reading_is_in_the_trail(opened: Desk) -> None:
    auditor = factories.make_user(Role.AUDITOR)
    assert as_user(auditor).get(url("task_detail", opened.records[0].pk)).status_code == 200
    assert AuditEvent.objects.filter(action="查看一企一表", actor=auditor).count() == 1


def decide(client: Client, section: DepartmentSection, decision: str, **more: str) -> Any:
    """What the page of a review sends."""
    seen = client.get(url("task_review", section.pk)).context["seen"]
    data = {"key": new_key(), "seen": seen, "decision": decision, **more}
    return client.post(url("task_review", section.pk), data, follow=True)


def test_review_passes_and_opens_the_next(opened: Desk) -> None:
    first, second, third = submitted(opened, "WL")
    client = as_user(opened.wl)
    assert client.get(url("review_next")).headers["Location"] == url("task_review", first.pk)
    page = client.get(url("task_review", first.pk)).content.decode()
    assert "第 1 份，共 3 份待复核" in page
    answer = decide(client, first, "PASS")
    assert answer.redirect_chain[-1][0] == url("task_review", second.pk)
    finding = second.findings.get()
    DepartmentSection.objects.filter(pk=second.pk).update(version=1)
    second.findings.update(answer="NOT_OK", text="未登记")
    answer = decide(client, second, "RETURN")
    assert "退回修改要写明理由" in answer.content.decode()
    answer = decide(client, second, "RETURN", **{f"item_{finding.pk}": "请补拍照片"})
    assert answer.redirect_chain[-1][0] == url("task_review", third.pk)
    assert Review.objects.get(section=second).item_reasons == {str(finding.pk): "请补拍照片"}
    decide(client, third, "PASS")
    assert client.get(url("review_next")).headers["Location"] == url("task_list")


def test_upstream_and_follow_ups(opened: Desk) -> None:
    [section, *_] = submitted(opened, "WL")
    answer = post(opened.wl, "upstream", section.pk, number="HB-1", day="2024-06-04")
    assert answer.headers["Location"] == url("task_detail", section.record_id)
    row = FollowUp.objects.create(section=section, measure="ORDER_CORRECT", deadline=dt.date(2024, 6, 3))
    page = as_user(opened.wl).get(url("follow_up_list")).content.decode()
    assert ("逾期 1 个工作日" in page, url("follow_up_close", row.pk) in page) == (True, True)
    assert url("follow_up_close", row.pk) not in as_user(opened.ga).get(url("follow_up_list")).content.decode()
    assert as_user(opened.ga).get(url("follow_up_close", row.pk)).status_code == 404
    assert "请填写完结情况" in post(opened.wl, "follow_up_close", row.pk, closed_on="2024-06-04").content.decode()
    assert post(opened.wl, "follow_up_close", row.pk, closed_on="2024-06-04", text="已改").status_code == 302
    assert "已完结 1" in as_user(opened.wl).get(f"{url('follow_up_list')}?tab=closed").content.decode()


# Progress and inbox


def test_the_matrix_counts_and_puts_the_late_first(opened: Desk) -> None:
    submitted(opened, "GA")
    DepartmentSection.objects.filter(record=opened.records[0], department__code="GA").update(
        state=SectionState.RETURNED, due_on=dt.date(2024, 6, 3)
    )
    User.objects.filter(pk=opened.wl.pk).update(last_login=factories.NOW)
    context = as_user(opened.lead).get(url("plan_progress", opened.plan.pk)).context
    names = ["sent", "pending", "confirmed", "not_started", "filled", "visiting", "overdue"]
    rows = {row["department"].code: tuple(row[name] for name in names) for row in context["rows"]}
    assert list(rows) == ["GA", "WL"]
    assert rows == {"GA": (3, 0, 3, 0, 2, 1, 1), "WL": (3, 0, 3, 3, 0, 0, 0)}
    never = {row["department"].code: (row["people"], row["never"]) for row in context["rows"]}
    assert never == {"GA": (5, 5), "WL": (5, 4)}
    assert [(row["enterprise"], row["stage"], row["due"].text) for row in context["late"]] == [
        (opened.enterprises[0], "退回修改", "逾期 1 个工作日")
    ]
    only = as_user(opened.lead).get(f"{url('plan_progress', opened.plan.pk)}?show=late").context["rows"]
    assert [row["department"].code for row in only] == ["GA"]


def test_reminding_from_the_page(desk: Desk) -> None:
    answer = post(desk.lead, "plan_remind", desk.plan.pk)
    assert "请先勾选要提醒的部门或企业。" in answer.content.decode()
    chosen = [desk.wl.department_id, desk.ga.department_id]
    answer = as_user(desk.lead).post(url("plan_remind", desk.plan.pk), {"key": new_key(), "pk": chosen}, follow=True)
    assert "已提醒 2 人。" in answer.content.decode()
    assert "6月4日 10:00 提醒过" in answer.content.decode()


def test_the_inbox_of_messages(desk: Desk) -> None:
    mine = Notice.objects.get(recipient=desk.wl)
    foreign = Notice.objects.get(recipient=desk.ga)
    client = as_user(desk.wl)
    assert "1 条未读通知" in client.get(url("notice_list")).content.decode()
    assert client.post(url("notice_read"), {"pk": foreign.pk}).status_code == 404
    assert client.post(url("notice_read"), {"pk": mine.pk}).headers["Location"] == url("task_inbox")
    mine.refresh_from_db()
    assert mine.read_at is not None
    Notice.objects.filter(pk=mine.pk).update(read_at=None, url="https://example.org/")
    assert client.post(url("notice_read"), {"pk": mine.pk}).headers["Location"] == url("notice_list")
    assert client.get(url("notice_read")).status_code == 405


# Numbers of queries


def test_lists_cost_the_same_for_one_and_for_fifty() -> None:
    auditor = factories.make_user(Role.AUDITOR)
    seen: dict[str, list[int]] = {}
    for size in (1, 50):
        desk = make_desk(size)
        desk.dispatch()
        clients = {"wl": as_user(desk.wl), "lead": as_user(desk.lead), "auditor": as_user(auditor)}
        names = [("wl", "task_inbox", ()), ("lead", "task_list", ()), ("auditor", "progress", ())]
        names += [("lead", "plan_progress", (desk.plan.pk,)), ("lead", "plan_proceed", (desk.plan.pk,))]
        for who, name, args in names:
            seen.setdefault(name, []).append(queries(clients[who], url(name, *args)))
        desk.confirm_all()
        seen.setdefault("approval", []).append(queries(clients["wl"], url("approval")))
        sections = submitted(desk, "WL")
        for section in sections:
            FollowUp.objects.create(section=section, measure="ORDER_CORRECT", deadline=dt.date(2024, 6, 20))
        seen.setdefault("follow_up_list", []).append(queries(clients["wl"], url("follow_up_list")))
        seen.setdefault("task_review", []).append(queries(clients["wl"], url("task_review", sections[0].pk)))
        Confirmation.objects.filter(record__plan=desk.plan).update(decision="RETURNED", reason="REVOKED")
        InspectionRecord.objects.filter(plan=desk.plan).update(state=RecordState.CONFIRMING)
        seen.setdefault("return_list", []).append(queries(clients["lead"], url("return_list")))
        InspectionRecord.objects.all().update(state=RecordState.CLOSED)
    assert {name: counts for name, counts in seen.items() if counts[0] != counts[1]} == {}
    assert seen["plan_progress"][0] <= 15
