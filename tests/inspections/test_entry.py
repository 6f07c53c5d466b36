"""Filling the record: versions, who may write, the clock that the visit starts."""

from __future__ import annotations

import datetime as dt
import threading
import time
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction

from inspections.enums import RecordState, SectionState
from inspections.models import InspectionRecord, ItemFinding
from inspections.services import entry
from registry import audit
from registry.enums import InspectorStatus, Role
from registry.errors import DomainError
from registry.models import AuditEvent, CalendarDay, CalendarYear
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db


def answer(
    finding: ItemFinding, actor: Any, value: str, text: str = "", version: int | None = None, **more: Any
) -> ItemFinding:
    return entry.save_finding(
        actor=actor, finding=finding, answer=value, text=text, corrected=more.get("corrected", False),
        version=finding.version if version is None else version,
    )  # fmt: skip


def test_the_first_answer_begins_the_section_and_is_in_the_trail() -> None:
    section = x.section_of(x.make_record())
    one, _ = x.inspectors(section)
    finding = section.findings.get()
    stored = answer(finding, one, "NOT_OK", " 日志不足60日 ", corrected=True)
    assert (stored.answer, stored.text, stored.corrected, stored.version) == ("NOT_OK", "日志不足60日", True, 1)
    section.refresh_from_db()
    assert section.state == SectionState.DRAFT
    event = AuditEvent.objects.get(action="填写事项")
    assert (event.stream, event.actor) == (f"record:{section.record_id}", one)
    assert event.after == {"answer": "NOT_OK", "text": "日志不足60日", "corrected": True}
    assert audit.verify_stream(event.stream) is None


def test_a_stale_version_names_who_and_both_values_and_overwrites_nothing() -> None:
    section = x.section_of(x.make_record())
    one, two = x.inspectors(section)
    finding = section.findings.get()
    with time_machine.travel(dt.datetime(2024, 9, 24, 14, 32, tzinfo=f.SHANGHAI), tick=False):
        answer(finding, one, "NOT_OK", "日志不足60日")
    with pytest.raises(entry.StaleVersion) as caught:
        answer(finding, two, "OK", version=0)
    assert caught.value.message == (
        f"“{finding.order} {finding.item.name}”已由{one}于 14:32 改为“不符合：日志不足60日”，您填的是“符合”。"
        "您的内容没有覆盖对方的，请核对后再保存一次。"
    )
    assert caught.value.version == 1
    finding.refresh_from_db()
    assert (finding.answer, finding.text, finding.version) == ("NOT_OK", "日志不足60日", 1)


def test_the_same_content_twice_is_one_change() -> None:
    section = x.section_of(x.make_record())
    one, two = x.inspectors(section)
    finding = section.findings.get()
    answer(finding, one, "OK")
    assert answer(finding, two, "OK", version=0).version == 1
    assert AuditEvent.objects.filter(action="填写事项").count() == 1


def test_clearing_an_answer_clears_its_text() -> None:
    section = x.section_of(x.make_record())
    one, _ = x.inspectors(section)
    finding = answer(section.findings.get(), one, "NOT_CHECKED", "设备停用")
    cleared = answer(finding, one, "")
    assert (cleared.answer, cleared.text, cleared.version) == ("", "", 2)


def test_texts_may_wait_until_submission_and_corrected_belongs_to_what_is_wrong() -> None:
    section = x.section_of(x.make_record())
    one, _ = x.inspectors(section)
    assert answer(section.findings.get(), one, "NOT_APPLICABLE", corrected=True).corrected is False


def test_only_the_sections_own_inspectors_write() -> None:
    record = x.make_record()
    finding = x.section_of(record).findings.get()
    admin = f.make_user(Role.DEPT_ADMIN, department=f.make_department("WL"))
    for stranger in (x.inspectors(x.section_of(record, "GA"))[0], admin, f.make_inspector(account=True).user):
        with pytest.raises(DomainError, match="只有旅文广电局被抽中的检查人员可以填写"):
            answer(finding, stranger, "OK")
    member = x.section_of(record).members.first()
    member.replaced = True
    member.save()
    with pytest.raises(DomainError, match="只有旅文广电局"):
        answer(finding, member.inspector.user, "OK")
    assert ItemFinding.objects.get(pk=finding.pk).answer == ""


@pytest.mark.parametrize("state", [RecordState.CONFIRMING, RecordState.REPLACED, RecordState.CLOSED])
def test_only_while_the_record_is_open(state: str) -> None:
    section = x.section_of(x.make_record())
    InspectionRecord.objects.filter(pk=section.record_id).update(state=state)
    with pytest.raises(DomainError, match="不能填写"):
        answer(section.findings.get(), x.inspectors(section)[0], "OK")


@pytest.mark.parametrize("state", [SectionState.SUBMITTED, SectionState.APPROVED])
def test_a_submitted_section_is_locked(state: str) -> None:
    section = x.section_of(x.make_record())
    section.state, section.submitted_at = state, f.NOW
    section.save()
    with pytest.raises(DomainError, match="已锁定"):
        answer(section.findings.get(), x.inspectors(section)[0], "OK")


def test_a_changed_answer_takes_back_a_result_that_no_longer_fits() -> None:
    section = x.section_of(x.make_record())
    one = x.fill(section)
    assert section.result_confirmed
    answer(section.findings.get(), one, "NOT_OK", "无证")
    section.refresh_from_db()
    assert not section.result_confirmed


# ---------------------------------------------------------------------------------------------------- head and clocks


def save_head(record: InspectionRecord, actor: Any, **fields: Any) -> list[str]:
    record.refresh_from_db()
    return entry.save_head(actor=actor, record=record, version=record.version, **fields)


def test_the_end_of_the_visit_starts_the_clock_of_every_section() -> None:
    f.load_calendar()
    record = x.make_record()
    section = x.section_of(record)
    save_head(record, x.inspectors(section)[0], visit_from=x.VISIT_FROM, visit_to=x.VISIT_TO)
    # 2024-09-29 (Sunday) is a working day, 10-01 to 10-07 are not: domain.md §7.4
    assert set(record.sections.values_list("due_on", "publish_due_on")) == {
        (dt.date(2024, 9, 30), dt.date(2024, 10, 25))
    }
    section.refresh_from_db()
    assert section.state == SectionState.DRAFT
    assert record.sections.get(department__code="GA").state == SectionState.NOT_STARTED


def test_a_visit_after_midnight_utc_counts_by_the_day_in_shanghai() -> None:
    f.load_calendar()
    record = x.make_record()
    late = dt.datetime(2024, 9, 24, 0, 30, tzinfo=f.SHANGHAI)  # still the 23rd in UTC
    save_head(record, x.inspectors(x.section_of(record))[0], visit_from=late, visit_to=late)
    assert record.sections.first().due_on == dt.date(2024, 9, 30)


def test_a_year_that_is_not_loaded_leaves_the_due_date_open_until_it_is() -> None:
    record = x.make_record()
    actor = x.inspectors(x.section_of(record))[0]
    save_head(record, actor, visit_from=x.VISIT_FROM, visit_to=x.VISIT_TO)
    assert set(record.sections.values_list("due_on", flat=True)) == {None}
    assert entry.fill_missing_due_dates() == 0
    f.load_calendar()
    assert entry.fill_missing_due_dates() == 2
    assert set(record.sections.values_list("due_on", flat=True)) == {dt.date(2024, 9, 30)}
    assert entry.fill_missing_due_dates() == 0


def test_each_clock_waits_only_for_its_own_year() -> None:
    f.load_calendar(2026)
    record = x.make_record()
    visit = dt.datetime(2026, 12, 20, 10, 0, tzinfo=f.SHANGHAI)
    with time_machine.travel(dt.datetime(2026, 12, 21, tzinfo=f.SHANGHAI)):
        save_head(record, x.inspectors(x.section_of(record))[0], visit_from=visit, visit_to=visit)
    assert set(record.sections.values_list("due_on", "publish_due_on")) == {(dt.date(2026, 12, 25), None)}


def test_a_visit_outside_the_period_is_saved_with_a_warning() -> None:
    f.load_calendar()
    record = x.make_record()
    actor = x.inspectors(x.section_of(record))[0]
    late = dt.datetime(2024, 11, 5, 10, 0, tzinfo=f.SHANGHAI)
    warnings = save_head(record, actor, visit_from=late, visit_to=late)
    assert warnings == ["检查日期不在任务的抽查时间（2024-06-01 至 2024-10-31）内，已照实保存，请在现场情况里说明。"]
    record.refresh_from_db()
    assert record.visit_to == late
    assert save_head(record, actor, visit_from=x.VISIT_FROM, visit_to=x.VISIT_TO) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"visit_to": x.VISIT_TO}, "请先填检查开始时间"),
        ({"visit_from": x.VISIT_TO, "visit_to": x.VISIT_FROM}, "检查结束时间早于开始时间"),
        ({"visit_from": dt.datetime(2124, 1, 1, tzinfo=f.SHANGHAI)}, "检查时间在将来"),
        ({"methods": ["TELEPATHY"]}, "没有“TELEPATHY”这种检查方式"),
        ({"recusal_requested": True}, "请写明申请的理由"),
    ],
)
def test_what_a_head_may_not_say(fields: dict[str, Any], words: str) -> None:
    record = x.make_record()
    with pytest.raises(DomainError, match=words):
        save_head(record, x.inspectors(x.section_of(record))[0], **fields)
    record.refresh_from_db()
    assert record.version == 1


def test_a_stale_head_is_refused_with_both_values() -> None:
    record = x.make_record()
    one, other = x.inspectors(x.section_of(record))[0], x.inspectors(x.section_of(record, "GA"))[0]
    entry.save_head(actor=one, record=record, version=1, place="示例街1号")
    with pytest.raises(entry.StaleVersion, match=f"“检查地点”已由{one}.*改为“示例街1号”，您填的是“二楼”"):
        entry.save_head(actor=other, record=record, version=1, place="二楼")
    record.refresh_from_db()
    assert (record.place, record.version) == ("示例街1号", 2)


def test_facts_of_the_visit_are_locked_by_the_first_submission_texts_are_not() -> None:
    record = x.make_record()
    other = x.inspectors(x.section_of(record, "GA"))[0]
    section = x.section_of(record)
    section.state, section.submitted_at = SectionState.SUBMITTED, f.NOW
    section.save()
    with pytest.raises(DomainError, match="旅文广电局已按现在的入场信息提交"):
        save_head(record, other, place="二楼")
    save_head(record, other, consultation="咨询许可证换发，已答复")
    section.written_only = True
    section.save()
    save_head(record, other, place="二楼")


# ------------------------------------------------------------------------------------------------------------ section


def test_only_drawn_inspectors_are_present() -> None:
    record = x.make_record()
    section = x.section_of(record)
    one, _ = x.inspectors(section)
    stranger = x.section_of(record, "GA").members.first()
    with pytest.raises(DomainError, match="1 人不是本部门被抽中的检查人员，请登记为协助人员"):
        entry.save_section(actor=one, section=section, version=1, present=[*section.members.all(), stranger])
    assert section.members.filter(present=True).count() == 0
    entry.save_section(actor=one, section=section, version=1, present=list(section.members.all()))
    assert section.members.filter(present=True).count() == 2


def test_a_wrong_result_is_refused_whole() -> None:
    section = x.section_of(x.make_record())
    one, _ = x.inspectors(section)
    answer(section.findings.get(), one, "NOT_OK", "无证")
    with pytest.raises(DomainError) as caught:
        entry.save_section(
            actor=one, section=section, version=1, results=["NO_PROBLEM", "UNCOOPERATIVE"], result_confirmed=True
        )
    assert caught.value.problems == [
        "“未发现问题”只能单独选择，请取消其他结果或取消这一项。",
        "有 1 项不符合，结果应包含“发现问题已责令改正”或“发现问题待后续处理”。",
        "选择“不配合检查情节严重”时，请在结果说明里写清情况。",
    ]
    assert section.results.count() == 0


def test_follow_ups_are_replaced_as_a_whole() -> None:
    section = x.section_of(x.make_record())
    one, _ = x.inspectors(section)
    order = entry.FollowUpEntry("ORDER_CORRECT", deadline=dt.date(2024, 10, 9))
    entry.save_section(
        actor=one, section=section, version=1,
        follow_ups=[order, entry.FollowUpEntry("NOTIFY_DEPT", receiving="应急管理局")],
    )  # fmt: skip
    entry.save_section(actor=one, section=section, version=2, follow_ups=[order])
    assert list(section.follow_ups.values_list("measure", "deadline")) == [("ORDER_CORRECT", dt.date(2024, 10, 9))]
    with pytest.raises(DomainError, match="“无需后续处置”只能单独选择"):
        entry.save_section(actor=one, section=section, version=3, follow_ups=[order, entry.FollowUpEntry("NONE")])


def test_a_stale_section_is_refused() -> None:
    section = x.section_of(x.make_record())
    one, two = x.inspectors(section)
    entry.save_section(actor=one, section=section, version=1, results=["NO_PROBLEM"])
    with pytest.raises(entry.StaleVersion, match="改为“未发现问题”，您填的是“不配合检查情节严重”"):
        entry.save_section(actor=two, section=section, version=1, results=["UNCOOPERATIVE"])
    assert list(section.results.values_list("code", flat=True)) == ["NO_PROBLEM"]


def test_one_page_stores_what_it_can_and_reports_the_rest() -> None:
    section = x.section_of(x.make_record(items=2))
    one, two = x.inspectors(section)
    first, second = section.findings.all()
    answer(first, one, "NOT_OK", "无证")
    outcome = entry.save_entry(
        actor=two, record=section.record, head={"version": 1, "place": "二楼"}, section=None,
        findings=[
            {"finding": first, "answer": "OK", "text": "", "corrected": False, "version": 0},
            {"finding": second, "answer": "OK", "text": "", "corrected": False, "version": 0},
        ],
    )  # fmt: skip
    assert (outcome.saved, list(outcome.conflicts), outcome.refusals) == (2, [f"item-{first.pk}"], {})
    assert list(section.findings.values_list("answer", flat=True)) == ["NOT_OK", "OK"]


def test_an_assistant_needs_a_reason_and_is_not_one_of_the_two() -> None:
    section = x.section_of(x.make_record())
    one, _ = x.inspectors(section)
    with pytest.raises(DomainError, match="请填写协助人员的单位、协助理由"):
        entry.add_assistant(actor=one, section=section, name="赵某", unit=" ", role="电气工程师", reason="")
    drawn = section.members.first().inspector.name
    with pytest.raises(DomainError, match="不能再登记为协助人员"):
        entry.add_assistant(actor=one, section=section, name=drawn, unit="县局", role="科员", reason="专业")
    made = entry.add_assistant(
        actor=one, section=section, name="赵某", unit="县电力公司", role="电气工程师", reason="线路检测需专业人员"
    )
    assert list(section.assistants.all()) == [made]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_save_the_same_item_at_once_one_wins_the_other_is_told() -> None:
    section = x.section_of(x.make_record())
    finding = section.findings.get()
    start, told, done = threading.Barrier(2), [], []

    def save(actor: Any, value: str) -> None:
        try:
            start.wait(10)
            done.append(answer(finding, actor, value, version=0).answer)
        except entry.StaleVersion as stale:
            told.append(stale.theirs)
        finally:
            connection.close()

    one, two = x.inspectors(section)
    threads = [threading.Thread(target=save, args=pair) for pair in ((one, "OK"), (two, "NOT_APPLICABLE"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    words = {"OK": "符合", "NOT_APPLICABLE": "合理缺项"}
    assert len(done) == 1
    assert told == [words[done[0]]]
    finding.refresh_from_db()
    assert (finding.answer, finding.version) == (done[0], 1)
    assert CalendarYear.objects.count() == CalendarDay.objects.count() == 0


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["submitted", "replaced", "left", "moved", "closed", "item", "colleague"])
def test_a_save_that_waited_for_the_record_sees_what_happened_meanwhile(what: str) -> None:
    """Locked rows are read as they are after the waiting; rows read beside them would be as they were before."""
    section = x.section_of(x.make_record(items=2))
    one, two = x.inspectors(section)
    mine, other = section.findings.all()
    answer(other, two, "OK")  # the trail of the record has begun
    waiting, outcome = threading.Event(), []

    def save() -> None:
        try:
            waiting.set()
            outcome.append(answer(mine, one, "OK").answer)
        except DomainError as refusal:
            outcome.append(type(refusal).__name__)
        finally:
            connection.close()

    thread = threading.Thread(target=save)
    with transaction.atomic():
        InspectionRecord.objects.select_for_update().get(pk=section.record_id)
        thread.start()
        waiting.wait(10)
        time.sleep(0.3)  # the save hangs at the record's row
        assert outcome == []
        if what == "submitted":
            section.__class__.objects.filter(pk=section.pk).update(state="SUBMITTED", submitted_at=f.NOW)
        elif what == "replaced":
            section.members.filter(inspector__user=one).update(replaced=True)
        elif what == "left":
            one.inspector.status = InspectorStatus.LEFT
            one.inspector.save()
        elif what == "moved":
            one.inspector.department = f.make_department("GA")
            one.inspector.save()
        elif what == "closed":
            InspectionRecord.objects.filter(pk=section.record_id).update(state=RecordState.CLOSED)
        elif what == "item":
            answer(mine, two, "NOT_APPLICABLE")
        else:
            answer(other, two, "NOT_APPLICABLE", version=1)
    thread.join(20)
    expected = {
        "replaced": "NotYours",
        "left": "NotYours",
        "moved": "NotYours",
        "item": "StaleVersion",
        "colleague": "OK",
    }
    assert outcome == [expected.get(what, "SectionClosed")]
    assert audit.verify_stream(f"record:{section.record_id}") is None
