"""Publishing: what may go out, when, and that it never changes afterwards."""

import json

import pytest
from django.db import DatabaseError, connection, transaction

from inspections.enums import SectionState
from inspections.models import DepartmentSection, InspectionRecord
from publicity import snapshot
from publicity.models import Publication, PublishedResult
from publicity.services import correct_publication, publish_records, publishable_records
from registry.audit import verify_stream
from registry.enums import Role
from registry.errors import DomainError
from registry.models import AuditEvent
from tests.factories import make_department, make_inspector, make_user
from tests.publicity.scene import PLANTED, make_campaign, reopen, when

pytestmark = pytest.mark.django_db


def test_first_version_holds_the_public_fields_and_no_others() -> None:
    campaign = make_campaign()
    (publication,) = campaign.publications
    content = publication.snapshot
    assert set(content) == {*snapshot.HEAD_FIELDS, "departments"}
    assert {frozenset(row) for row in content["departments"]} == {frozenset(snapshot.DEPARTMENT_FIELDS)}
    assert [(row["organ"], row["finished_on"], row["results"]) for row in content["departments"]] == [
        ("演示县旅游和文化广电局", "2024-06-10", "未发现问题"),
        ("演示县公安局", "2024-06-10", "发现问题已责令改正"),
    ]
    assert content["departments"][1]["items"][0]["result"] == "消防通道堆放杂物，**（**）当场清理（已当场改正）"
    assert (publication.version, publication.digest) == (1, snapshot.digest_of(content))
    rows = list(publication.results.order_by("department__order").values_list("organ", "results", "problem"))
    assert rows == [("演示县旅游和文化广电局", "未发现问题", False), ("演示县公安局", "发现问题已责令改正", True)]
    assert AuditEvent.objects.filter(stream="publication", action="公示").count() == 1
    assert verify_stream("publication") is None


def test_no_personal_data_and_no_grade_in_any_snapshot() -> None:
    campaign = make_campaign()
    record = campaign.records[0]
    inspector = record.sections.first().members.first().inspector
    texts = "，".join(
        [*PLANTED.values(), "令狐冲丙", inspector.name, inspector.badge, "110101199003074518", "0314-6862345"]
    )
    for section in record.sections.all():
        DepartmentSection.objects.filter(pk=section.pk).update(result_note=texts)
        section.findings.update(answer="NOT_OK", text=texts)
    InspectionRecord.objects.filter(pk=record.pk).update(overall=texts, consultation=texts, place=texts[:200])
    record = InspectionRecord.objects.get(pk=record.pk)
    written = json.dumps(snapshot.snapshot_of(record), ensure_ascii=False)
    for secret in [*PLANTED.values(), "令狐冲丙", inspector.name, inspector.badge, "110101199003074518", "6862345"]:
        assert secret not in written
    for word in ("E级", "A级", "stratum", "grade", "等级", "legal", "phone", "address"):
        assert word not in written


def test_a_record_waits_for_all_departments_until_its_publish_by_day() -> None:
    campaign = make_campaign()
    waiting = campaign.records[2]
    with when("2024-07-05 10:00"), pytest.raises(DomainError) as refused:
        publish_records(actor=campaign.lead, records=[waiting])
    assert refused.value.message == (
        f"{campaign.enterprises[2].name}还有公安局（填写中）没有复核完；"
        "到公示期限 2024-07-08 仍未完成的，当天起可以先公示已复核的部门。"
    )
    with when("2024-07-08 00:01"):
        (publication,) = publish_records(actor=campaign.lead, records=[waiting])
    assert [row["organ"] for row in publication.snapshot["departments"]] == ["演示县旅游和文化广电局"]


def test_a_department_freed_later_makes_a_new_version_and_leaves_the_rest_alone() -> None:
    campaign = make_campaign()
    record = campaign.records[2]
    with when("2024-07-08 09:00"):
        (first,) = publish_records(actor=campaign.lead, records=[record])
        with pytest.raises(DomainError, match="已经公示，没有新的内容"):
            publish_records(actor=campaign.lead, records=[record])
    section = record.sections.get(department__code="GA")
    section.results.create(code="PENDING")
    DepartmentSection.objects.filter(pk=section.pk).update(state="APPROVED", submitted_at=first.published_at)
    record.sections.get(department__code="WL").results.update(code="CORRECTED")  # not by the back door
    with when("2024-07-09 09:00"):
        (second,) = publish_records(actor=campaign.lead, records=[record])
    assert (second.version, second.supersedes, second.reason) == (2, first, "补充公示")
    assert [row["results"] for row in second.snapshot["departments"]] == ["未发现问题", "发现问题待后续处理"]
    assert list(second.results.order_by("department__order").values_list("problem", flat=True)) == [False, True]
    assert list(Publication.objects.filter(record=record).current()) == [second]


def test_all_or_nothing_and_only_by_the_lead_bureau() -> None:
    campaign = make_campaign(publish=0)
    with when("2024-06-18 10:00"):
        with pytest.raises(DomainError):
            publish_records(actor=campaign.lead, records=campaign.records)
        assert Publication.objects.count() == 0
        stranger = make_user(Role.LEAD, department=make_department("SJ"))
        for actor in (stranger, campaign.admin, campaign.auditor):
            with pytest.raises(DomainError, match="由牵头部门旅文广电局公示"):
                publish_records(actor=actor, records=campaign.records[:1])
        with pytest.raises(DomainError, match="没有选中"):
            publish_records(actor=campaign.lead, records=[])


@pytest.mark.parametrize(("state", "words"), [("CONFIRMING", "还在比对确认"), ("REPLACED", "已由候补企业递补")])
def test_a_record_that_has_no_result_is_refused(state: str, words: str) -> None:
    campaign = make_campaign(publish=0)
    InspectionRecord.objects.filter(pk=campaign.records[0].pk).update(state=state)
    with pytest.raises(DomainError, match=words):
        publish_records(actor=campaign.lead, records=campaign.records[:1])


def test_a_record_closed_by_status_publishes_the_status() -> None:
    campaign = make_campaign(publish=0)
    record = campaign.records[3]
    InspectionRecord.objects.filter(pk=record.pk).update(state="CLOSED", visit_to=None, visit_from=None)
    record.sections.update(state=SectionState.CLOSED)
    for section in record.sections.all():
        section.results.all().delete()
        section.findings.update(answer="")
    with when("2024-06-20 09:00"):
        from registry import clock

        record.confirmations.update(
            decision="RETURNED", reason="DEREGISTERED", lead_decision="CLOSE", lead_at=clock.now()
        )
        (publication,) = publish_records(actor=campaign.lead, records=[record])
    rows = [(row["results"], row["finished_on"], row["items"]) for row in publication.snapshot["departments"]]
    assert rows == [("注销", "2024-06-20", []), ("注销", "2024-06-20", [])]
    assert not publication.results.filter(problem=True).exists()


def test_departments_without_items_are_neither_owed_nor_published() -> None:
    campaign = make_campaign(publish=0)
    record = campaign.records[2]
    record.sections.filter(department__code="GA").update(state=SectionState.NO_ITEMS)
    (publication,) = publish_records(actor=campaign.lead, records=[record])
    assert [row["organ"] for row in publication.snapshot["departments"]] == ["演示县旅游和文化广电局"]


def test_correction_is_a_new_version_with_its_reason_and_the_difference() -> None:
    campaign = make_campaign()
    record, first = campaign.records[0], campaign.publications[0]
    with pytest.raises(DomainError, match="没有可更正的"):
        correct_publication(actor=campaign.lead, record=record, reason="企业异议")
    record.sections.get(department__code="GA").results.update(code="NO_PROBLEM")
    with pytest.raises(DomainError, match="请写明更正理由"):
        correct_publication(actor=campaign.lead, record=record, reason="  ")
    second = correct_publication(actor=campaign.lead, record=record, reason="经核实当时符合要求")
    assert (second.version, second.supersedes, second.reason) == (2, first, "经核实当时符合要求")
    assert snapshot.difference(first.snapshot, second.snapshot) == [
        snapshot.Change("演示县公安局", "检查结果", "发现问题已责令改正", "未发现问题")
    ]
    assert not second.results.filter(problem=True).exists()
    assert AuditEvent.objects.get(stream="publication", action="更正公示").reason == "经核实当时符合要求"
    assert set(PublishedResult.objects.current().values_list("publication", flat=True)) == {second.pk}


def test_a_department_under_repair_keeps_what_was_published() -> None:
    campaign = make_campaign()
    record = campaign.records[0]
    reopen(record, "GA", SectionState.RETURNED)
    record.sections.get(department__code="WL").results.update(code="PENDING")
    second = correct_publication(actor=campaign.lead, record=record, reason="更正")
    assert [row["results"] for row in second.snapshot["departments"]] == ["发现问题待后续处理", "发现问题已责令改正"]
    assert list(second.results.order_by("department__order").values_list("problem", flat=True)) == [True, True]


def test_the_reason_of_a_correction_is_public_and_names_nobody() -> None:
    campaign = make_campaign()
    record = campaign.records[0]
    record.sections.get(department__code="GA").results.update(code="NO_PROBLEM")
    made = correct_publication(actor=campaign.lead, record=record, reason="独孤　求败甲 138－1234－5678 来电说明")
    assert made.reason == "** ** 来电说明"


def test_correction_needs_a_publication() -> None:
    campaign = make_campaign(publish=0)
    with pytest.raises(DomainError, match="还没有公示，不能更正"):
        correct_publication(actor=campaign.lead, record=campaign.records[0], reason="更正")


@pytest.mark.parametrize("table", ["publicity_publication", "publicity_publishedresult", "publicity_plansummary"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET id = id"])
def test_what_was_published_cannot_be_changed_by_sql(table: str, statement: str) -> None:
    from tests.publicity.test_summary import write

    campaign = make_campaign()
    write(campaign)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))
    assert Publication.objects.count() == 1


def test_what_the_desk_of_the_lead_bureau_lists_is_what_publish_takes() -> None:
    campaign = make_campaign(publish=0)
    early, late = (when("2024-06-18 10:00"), when("2024-07-08 10:00"))
    from registry import clock

    with early:
        listed = publishable_records(campaign.plan, clock.today())
        assert [one.record for one in listed] == campaign.records[:2]
        assert [str(one.due) for one in listed] == ["2024-07-08", "2024-07-08"]
        publish_records(actor=campaign.lead, records=[one.record for one in listed])
        assert publishable_records(campaign.plan, clock.today()) == []
    with late:
        listed = publishable_records(campaign.plan, clock.today())
        assert [one.record for one in listed] == campaign.records[2:]
        publish_records(actor=campaign.lead, records=[one.record for one in listed])
        assert publishable_records(campaign.plan, clock.today()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("联系13812345678", "联系**"),
        ("电话0314-6862345。", "电话**。"),
        ("身份证11010119900307451X在", "身份证**在"),
        ("第12条第3项，2024-06-10 复查", "第12条第3项，2024-06-10 复查"),
        ("编号 13082720240601001 的通知", "编号 13082720240601001 的通知"),
        ("张三丰说\u202e倒\x07过来", "**说倒过来"),
        ("字" * 400, "字" * 299 + "…"),
    ],
)
def test_neutral_text(text: str, expected: str) -> None:
    assert snapshot.neutral(text, {"张三丰", "李"}) == expected


def test_inspectors_are_never_public_whoever_they_are() -> None:
    campaign = make_campaign(publish=0)
    inspector = make_inspector(make_department("GA"), name="欧阳锋丁")
    section = campaign.records[0].sections.get(department__code="GA")
    section.members.create(inspector=inspector)
    section.findings.update(answer="NOT_OK", text="欧阳锋丁认为灯太暗")
    assert "欧阳锋丁" not in json.dumps(snapshot.snapshot_of(campaign.records[0]), ensure_ascii=False)
