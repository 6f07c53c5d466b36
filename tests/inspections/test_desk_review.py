"""Reviewing: what is shown, opinions that stay, and nobody decides on what has changed meanwhile."""

import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inspections.enums import SectionState
from inspections.models import DepartmentSection, InspectionRecord, ItemFinding, Review
from inspections.services import StaleReview, add_evidence, entry, review_section, submitting
from registry.enums import Role
from registry.errors import DomainError
from registry.models import PastInspection
from registry.operations import new_key
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture(autouse=True)
def _tuesday() -> Any:
    with time_machine.travel("2024-09-24T16:00:00+08:00", tick=False):
        yield


@pytest.fixture
def section() -> DepartmentSection:
    """WL's three items, submitted: the first 不符合 with a photo."""
    f.load_calendar()
    record = x.make_record("WL", items=3, grade="E")
    made = x.section_of(record)
    actor = x.fill(made)
    bad = made.findings.first()
    entry.save_finding(
        actor=actor, finding=bad, answer="NOT_OK", text="日志不足60日", corrected=True, version=bad.version
    )
    add_evidence(actor=actor, record=record, kind="PHOTO", upload=x.picture(), finding=bad)
    conclude(made)
    x.sign(InspectionRecord.objects.get(pk=record.pk), actor)
    submitting.submit_section(actor=actor, section=made)
    made.refresh_from_db()
    return made


def conclude(section: DepartmentSection) -> None:
    """The result that goes with one problem corrected on the spot."""
    section.refresh_from_db()
    entry.save_section(
        actor=x.inspectors(section)[0], section=section, version=section.version, results=["CORRECTED"],
        result_note="日志", result_confirmed=True, follow_ups=[entry.FollowUpEntry(measure="NONE")],
    )  # fmt: skip


def admin() -> Any:
    return f.make_user(Role.DEPT_ADMIN, department=f.make_department("WL"))


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(section: DepartmentSection) -> str:
    return reverse("inspections:task_review", args=[section.pk])


def seen_by(client: Client, section: DepartmentSection) -> str:
    return str(client.get(url(section)).context["seen"])


def mend(section: DepartmentSection) -> None:
    """The inspector writes the first item anew, adds a photo, submits again."""
    actor = x.inspectors(section)[0]
    bad = section.findings.first()
    assert bad is not None
    entry.save_finding(
        actor=actor, finding=bad, answer="NOT_OK", text="日志只有20日", corrected=True, version=bad.version
    )
    add_evidence(actor=actor, record=section.record, kind="PHOTO", upload=x.picture(colour=(1, 99, 200)), finding=bad)
    conclude(section)
    x.sign(InspectionRecord.objects.get(pk=section.record_id), actor)
    submitting.submit_section(actor=actor, section=section)


def test_what_was_seen_is_what_is_decided_on_else_409_with_both(section: DepartmentSection) -> None:
    first, second = signed_in(admin()), signed_in(admin())
    old = seen_by(first, section)
    [bad, *_] = section.findings.all()
    review_section(actor=admin(), section=section, decision="RETURN", item_reasons={bad.pk: "写明天数"})
    mend(section)
    data = {"key": new_key(), "seen": old, "decision": "PASS", f"item_{bad.pk}": "我写了一半的意见"}
    answer = first.post(url(section), data)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "您打开以后有了新的版本，没有按旧内容处理" in page
    [row] = answer.context["changes"]
    assert (row["finding"], row["was"], row["is"]) == (
        bad, "不符合，日志不足60日，当场改正，1 个文件", "不符合，日志只有20日，当场改正，2 个文件",
    )  # fmt: skip
    assert "我写了一半的意见" in page
    assert x.section_of(section.record).state == SectionState.SUBMITTED
    again = {**data, "seen": answer.context["seen"]}
    assert second.post(url(section), again).status_code == 302
    assert x.section_of(section.record).state == SectionState.APPROVED


def test_the_service_refuses_a_version_that_was_not_read(section: DepartmentSection) -> None:
    with pytest.raises(StaleReview, match="有了新的版本"):
        review_section(actor=admin(), section=section, decision="PASS", seen=section.version - 1)
    assert not Review.objects.exists()
    review_section(actor=admin(), section=section, decision="PASS", seen=section.version)


@pytest.mark.parametrize("junk", ["", "7", "[]", "{}", '[1,{"x":1}]', "[[[[", '[1,{"1":["OK","",false]}]', "null"])
def test_a_page_that_is_not_ours_decides_nothing(section: DepartmentSection, junk: str) -> None:
    answer = signed_in(admin()).post(url(section), {"key": new_key(), "seen": junk, "decision": "PASS"})
    assert answer.status_code == 200
    assert "页面已过期，请刷新页面再复核" in answer.content.decode()
    assert x.section_of(section.record).state == SectionState.SUBMITTED


def test_the_open_page_is_told_of_a_newer_version(section: DepartmentSection) -> None:
    client = signed_in(admin())
    page = client.get(url(section))
    ask = reverse("inspections:review_version", args=[section.pk])
    assert f'hx-get="{ask}?v={section.version}"' in page.content.decode()
    assert client.get(ask, {"v": section.version}).status_code == 204
    review_section(actor=admin(), section=section, decision="RETURN", reason="请补充")
    told = client.get(ask, {"v": section.version})
    assert told.status_code == 200
    assert "这份记录有了新的版本" in told.content.decode()
    assert "退回修改" in told.content.decode()
    stranger = signed_in(f.make_user(Role.DEPT_ADMIN, department=f.make_department("XF")))
    assert stranger.get(ask).status_code == 404


def test_the_inspector_finds_each_opinion_at_its_item_and_the_reviewer_what_was_done(
    section: DepartmentSection,
) -> None:
    [bad, fine, _] = section.findings.all()
    reviewer = admin()
    opinions = {bad.pk: "请写明日志天数", fine.pk: "请附台账照片"}
    review_section(actor=reviewer, section=section, decision="RETURN", item_reasons=opinions)
    phone = signed_in(x.inspectors(section)[0])
    page = phone.get(reverse("inspections:record_record", args=[section.record_id])).content.decode()
    for key, words in opinions.items():
        article = page.split(f'id="item-{key}"')[1].split("</article>")[0]
        assert words in article
    assert page.count("请附台账照片") == 1
    with time_machine.travel("2024-09-24T17:00:00+08:00", tick=False):
        mend(section)
        context = signed_in(reviewer).get(url(section)).context
        html = signed_in(reviewer).get(url(section)).content.decode()
    assert [(one.pk, one.mended) for one in context["asked"]] == [
        (bad.pk, "改过填写，补了 1 个文件"), (fine.pk, "没有改动"),
    ]  # fmt: skip
    assert "上次退回的 2 项" in html
    assert f"9月24日 16:00 {reviewer}退回：" in html
    assert context["bad"] == []


def test_decisions_and_opinions_cannot_be_changed_afterwards(section: DepartmentSection) -> None:
    review_section(actor=admin(), section=section, decision="RETURN", reason="请补充")
    for change in (lambda: Review.objects.update(reason="从没说过"), lambda: Review.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


def test_what_the_page_shows_of_the_record_and_never_a_grade(section: DepartmentSection) -> None:
    enterprise = section.record.selection.enterprise
    PastInspection.objects.create(
        enterprise=enterprise, department=section.department, day="2023-08-15", source="导入", result="发现问题"
    )
    response = signed_in(admin()).get(url(section))
    text = response.content.decode()
    assert (response.context["photos"], response.context["minutes"]) == (1, 57)
    for words in ("日志不足60日", "57<small>分钟", "2023年8月15日，发现问题", "不符合项都有照片", "data-photo"):
        assert words in text, words
    photo = section.findings.first().evidence.get()
    assert f'href="{reverse("inspections:evidence_file", args=[photo.pk])}"' in text
    for secret in ("E级", "E 级", "信用风险", "风险等级"):
        assert secret not in text


def test_a_problem_found_before_is_pointed_out(section: DepartmentSection) -> None:
    item, enterprise = section.findings.first().item, section.record.selection.enterprise

    def repeated() -> list[str]:
        checks = signed_in(admin()).get(url(section)).context["checks"]
        return [words for well, words in checks if not well]

    plan = f.make_plan(departments=("WL",))
    others, same = f.make_records(f.make_draw(plan, [f.make_enterprise(), enterprise], teams=1))
    for past, expected in ((others, []), (same, ["第 1 项以前也不符合，属重复出现"])):
        ItemFinding.objects.filter(section__record=past, item=item).update(answer="NOT_OK")
        DepartmentSection.objects.filter(record=past).update(state="APPROVED", submitted_at=f.NOW)
        assert repeated() == expected


def test_the_page_costs_the_same_for_three_items_and_for_thirty() -> None:
    f.load_calendar()
    client = signed_in(admin())

    def cost(items: int) -> int:
        record = x.make_record("WL", items=items)
        made = x.section_of(record)
        made.findings.update(answer="NOT_OK", text="演示")
        DepartmentSection.objects.filter(pk=made.pk).update(state="SUBMITTED", submitted_at=f.NOW)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url(made)).status_code == 200
        return len(seen)

    few = cost(3)
    assert cost(30) == few


def test_a_refusal_keeps_what_was_typed(section: DepartmentSection) -> None:
    client = signed_in(admin())
    data = {"key": new_key(), "seen": seen_by(client, section), "decision": "RETURN", "reason": "   "}
    answer = client.post(url(section), data)
    assert "退回修改要写明理由" in answer.content.decode()
    assert json.loads(answer.context["seen"])[0] == section.version
    with pytest.raises(DomainError):
        review_section(actor=f.make_user(Role.LEAD), section=section, decision="PASS", seen=section.version)
