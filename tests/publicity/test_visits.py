"""检查告知: where the QR code of a notice leads, what it says, and what it never says."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inspections.enums import RecordState, SectionState
from inspections.models import DepartmentSection, InspectionRecord, SectionMember
from inspections.printing import notice_html, qr_svg, records_html, scan_address, sheets_of
from publicity import visits
from publicity.models import Feedback
from registry.enums import Role
from registry.models import Department, Inspector, LegalBasis
from sampling.enums import DrawEventKind, PickKind
from sampling.models import DrawEvent, Plan, Selection
from tests import factories as f
from tests.publicity.scene import PLANTED, make_campaign, when

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _summer() -> Any:
    with when("2024-06-18 12:00"):
        yield


def record_of(grade: str = "E") -> InspectionRecord:
    plan = f.make_plan()
    record: InspectionRecord = f.make_records(f.make_draw(plan, [f.make_enterprise(grade, **PLANTED)], strata=[grade]))[
        0
    ]
    return record


def address(record: InspectionRecord, **query: str) -> str:
    from urllib.parse import urlencode

    return reverse("publicity:visit", args=[record.token]) + (f"?{urlencode(query)}" if query else "")


def page(record: InspectionRecord, **query: str) -> str:
    response = Client().get(address(record, **query))
    assert response.status_code == 200
    return response.content.decode()


def words(html: str) -> str:
    """The text of a page without tags and spaces."""
    return re.sub(r"\s", "", re.sub(r"<[^>]*>", "", html))


def test_every_record_has_a_token_of_its_own_that_cannot_be_guessed() -> None:
    plan = f.make_plan()
    records = f.make_records(f.make_draw(plan, [f.make_enterprise() for _ in range(3)]))
    tokens = {record.token for record in records}
    assert len(tokens) == 3
    assert all(re.fullmatch(r"[\w-]{22}", token) for token in tokens)
    for guess in (records[0].number, str(records[0].pk), "x" * 22, records[0].token[:-1]):
        assert Client().get(reverse("publicity:visit", args=[guess])).status_code == 404


def test_the_notice_and_the_record_carry_the_address_as_qr(settings: Any) -> None:
    record = record_of()
    assert scan_address(record) == f"{settings.PUBLIC_ORIGIN}/gs/tongzhi/{record.token}/"
    code = str(qr_svg(scan_address(record)))
    assert code in records_html(sheets_of([record]))
    assert code in notice_html(record.sections.get(department__code="WL"))


def test_the_enterprise_reads_who_why_what_and_its_rights_without_login_or_cookie(settings: Any) -> None:
    record = record_of()
    section = record.sections.get(department__code="WL")
    item = section.findings.get().item
    LegalBasis.objects.create(item=item, law="演示旧条例", duty_articles="9", effective_from="2001-01-01",
                              effective_to="2010-01-01")  # fmt: skip
    Department.objects.filter(pk=record.plan.lead_id).update(phone="0314-0000009")
    response = Client().get(address(record))
    text = words(response.content.decode())
    for member in section.members.select_related("inspector"):
        assert f"{member.inspector.name}，证号{member.inspector.badge}" in text
    for part in (
        record.selection.enterprise.name, record.number, record.plan.task_name, record.plan.lead.name, item.name,
        "依据：《演示条例》第21条", "从1家中抽取1家", record.dispatch.draw.roster.draw_id, "同组第1名，前1名抽中",
        "可以申请回避", "申请行政复议或者提起行政诉讼", "检查结束后20个工作日内", "提出异议", settings.COMPLAINT_PHONE,
        "0314-0000009", "2024年6月1日至10月31日之间",
    ):  # fmt: skip
        assert part in text, part
    assert "演示旧条例" not in text
    assert list(response.cookies) == []
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"].startswith("noindex")
    assert '<meta name="robots" content="noindex, nofollow">' in response.content.decode()


def test_no_grade_no_phone_no_representative() -> None:
    text = page(record_of("E"))
    for secret in [*PLANTED.values(), "E级", "E 级", "信用风险", "未评级", ">E<"]:
        assert secret not in text, secret


def test_a_certificate_is_checked_against_this_visit_only() -> None:
    record = record_of()
    seat = SectionMember.objects.filter(section__record=record).select_related("inspector").first()
    assert seat is not None
    full_width = "".join(chr(ord(c) + 0xFEE0) if c.isascii() and c.isdigit() else c for c in seat.inspector.badge)
    for typed in (seat.inspector.badge, f" {seat.inspector.badge.lower()} ", full_width):
        text = words(page(record, zheng=typed))
        assert "相符请再对照" in text, typed
        assert f"{seat.inspector.name}，{seat.section.department.name}，证件有效期至" in text
    other = f.make_inspector(seat.section.department)
    for typed in (other.badge, "' OR 1=1 --", "0"):
        assert "不符这个号码不在本次检查的人员里" in words(page(record, zheng=typed)), typed
    assert "不符这个号码" not in words(page(record, zheng="  "))
    assert "<script>x</script>" not in page(record, zheng="<script>x</script>")
    Inspector.objects.filter(pk=seat.inspector_id).update(badge_valid_until="2024-06-17")
    assert "号码相符，但证件已过有效期" in page(record, zheng=seat.inspector.badge)
    SectionMember.objects.filter(pk=seat.pk).update(replaced=True)
    assert "不符这个号码" in words(page(record, zheng=seat.inspector.badge))
    assert seat.inspector.name not in page(record)


def test_departments_that_do_not_come_are_not_named() -> None:
    record = record_of()
    section = record.sections.get(department__code="GA")
    DepartmentSection.objects.filter(pk=section.pk).update(state=SectionState.NOT_MINE)
    assert section.department.name not in page(record)


def test_who_is_signed_in_goes_to_the_own_view_or_nowhere() -> None:
    record = record_of()
    mine = SectionMember.objects.filter(section__record=record).first()
    assert mine is not None

    def lands(user: Any) -> tuple[int, str]:
        client = Client()
        client.force_login(user)
        response = client.get(address(record))
        return response.status_code, response.get("Location", "")

    detail = reverse("inspections:task_detail", args=[record.pk])
    assert lands(mine.inspector.user) == (302, reverse("inspections:record_record", args=[record.pk]))
    for user in (record.plan.created_by, f.make_user(Role.DEPT_ADMIN, department=f.make_department("GA")),
                 f.make_user(Role.AUDITOR)):  # fmt: skip
        assert lands(user) == (302, detail)
    strangers = [f.make_user(Role.DEPT_ADMIN, department=f.make_department("XF")),
                 f.make_inspector(f.make_department("WL"), account=True).user]  # fmt: skip
    assert [lands(user)[0] for user in strangers] == [404, 404]
    SectionMember.objects.filter(pk=mine.pk).update(replaced=True)
    assert lands(mine.inspector.user)[0] == 404


def test_an_enterprise_called_up_sees_so_and_one_left_out_sees_that_nobody_comes() -> None:
    plan = f.make_plan()
    draw = f.make_draw(plan, [f.make_enterprise() for _ in range(2)])
    records = f.make_records(draw)
    reserve = Selection.objects.create(
        draw=draw, enterprise=f.make_enterprise(), stratum="A", rank=3, ticket="3" * 64, kind=PickKind.RESERVE
    )
    InspectionRecord.objects.filter(pk=records[1].pk).update(selection=reserve)
    text = words(page(records[1]))
    assert "候补次序递补" in text
    assert "同组第3名，前2名抽中" in text
    InspectionRecord.objects.filter(pk=records[0].pk).update(state=RecordState.REPLACED)
    gone = words(page(records[0]))
    assert "这次检查已经取消" in gone
    assert "谁来检查" not in gone
    DrawEvent.objects.create(draw=draw, batch=1, kind=DrawEventKind.VOID, code="x", reason="演示", at=f.NOW,
                             actor=plan.created_by)  # fmt: skip
    assert "这次检查已经取消" in page(records[1])


def test_after_publication_the_page_leads_to_the_result() -> None:
    campaign = make_campaign()
    record = campaign.records[0]
    html = page(record)
    assert "检查结果已经公示" in html
    assert reverse("publicity:result_detail", args=[record.plan_id, campaign.enterprises[0].uscc]) in html
    DepartmentSection.objects.filter(record=campaign.records[1]).update(publish_due_on="2024-07-10")
    assert "最迟 2024年7月10日在本站公示" in page(campaign.records[1])


def test_an_objection_reaches_the_lead_bureaus_inbox() -> None:
    record = record_of()
    url = reverse("publicity:feedback") + f"?kind=OBJECTION&tongzhi={record.token}"
    assert url.replace("&", "&amp;") in page(record)
    form = Client().get(url).context["form"]
    subject = f"{record.selection.enterprise.name}（记录表 {record.number}）"
    assert (form["subject"].value(), form["kind"].value()) == (subject, "OBJECTION")
    sent = {"kind": "OBJECTION", "subject": subject, "text": "当时门口没有堆放杂物", "contact": ""}
    for number in range(5):
        assert Client().post(url, sent).status_code == 302, number
    assert "一小时内最多提交 5 次" in Client().post(url, sent).content.decode()
    letter = Feedback.objects.first()
    assert letter is not None
    assert letter.plan == record.plan
    assert list(Feedback.objects.visible_to(record.plan.created_by)) == list(Feedback.objects.all())
    assert Client().get(reverse("publicity:feedback") + "?tongzhi=nobody").context["form"]["subject"].value() == ""


def test_the_page_costs_the_same_for_two_departments_and_for_four() -> None:
    def count(codes: tuple[str, ...]) -> int:
        plan = f.make_plan(departments=codes)
        record = f.make_records(f.make_draw(plan, [f.make_enterprise()]))[0]
        with CaptureQueriesContext(connection) as seen:
            page(record)
        return len(seen)

    assert count(("WL", "GA")) == count(("WL", "GA", "WS", "SJ")) <= 16


def test_another_enterprises_number_is_shown_only_where_the_strata_are_public() -> None:
    record = record_of()
    assert page(record).count(record.selection.ticket[:16]) == 1
    found = visits.find(record.token)
    assert found is not None
    roster = found.dispatch.draw.roster  # append-only: changed in memory alone
    shown = {}
    for sealed, strata in ((False, False), (False, True), (True, True)):
        roster.sealed, roster.strata_public = sealed, strata
        row = visits.own_row(found)
        shown[sealed, strata] = (row.ticket, row.last_ticket, row.revealed)
    ticket = record.selection.ticket
    assert shown == {
        (False, False): (ticket, "", True), (False, True): (ticket, ticket, True), (True, True): (ticket, "", False),
    }  # fmt: skip


def test_a_cancelled_task_says_so() -> None:
    record = record_of()
    Plan.objects.filter(pk=record.plan_id).update(state="CANCELLED", cancelled_reason="演示")
    assert "这次检查已经取消" in page(record)
    assert visits.find(record.token) == record
