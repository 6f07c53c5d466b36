"""到场情况: what an outcome fills, asks and proposes; what a changed one takes back and what it keeps."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from typing import Any

import pytest

from inspections import arrival, printing
from inspections.enums import Arrival, ResultCode, SectionState
from inspections.models import DepartmentSection, InspectionRecord
from inspections.services import arriving, entry, evidence, results, section_entry, signing, submitting, sync, writing
from inspections.services.content import digest, sealed_content
from publicity.snapshot import snapshot_of, with_everything
from registry import clock
from registry.errors import DomainError
from registry.models import AuditEvent
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db
OUTCOMES = list(arrival.OUTCOMES)
FILLS = {code: str(Arrival(code).label) for code, one in arrival.OUTCOMES.items() if one.fills}
PRESET = {
    "NORMAL": [], "UNREACHABLE": ["UNREACHABLE"], "CLOSED": ["WOUND_UP"], "MOVED": ["MOVED_OUT"],
    "REFUSED": ["UNCOOPERATIVE"], "ABSENT": [],
}  # fmt: skip
NOBODY = {"UNREACHABLE", "CLOSED", "MOVED"}
LATER = x.VISIT_FROM + dt.timedelta(minutes=30)


def at(day: int) -> None:
    """Half past three on a day of the visit's month."""
    clock.pin(dt.datetime(2024, 9, day, 15, 30, tzinfo=f.SHANGHAI), running=False)


@pytest.fixture
def section() -> DepartmentSection:
    f.load_calendar()
    at(24)
    return x.section_of(x.make_record("WL", items=3))


def fresh(section: DepartmentSection) -> DepartmentSection:
    return DepartmentSection.objects.select_related("department", "record__plan").get(pk=section.pk)


def answers(section: DepartmentSection) -> list[tuple[str, str, str]]:
    return list(section.findings.values_list("answer", "text", "outcome"))


def words(section: DepartmentSection) -> list[str]:
    return [problem.text for problem in submitting.check_section(fresh(section))]


def door(section: DepartmentSection, colour: Any = (9, 9, 9)) -> None:
    evidence.add_evidence(
        actor=x.inspectors(section)[0], record=section.record, kind="DOOR", upload=x.picture(colour=colour),
        section=section,
    )  # fmt: skip


def note(section: DepartmentSection, **facts: Any) -> DepartmentSection:
    actor, now = x.inspectors(section)[0], fresh(section)
    return section_entry.save_section(actor=actor, section=now, version=now.version, **facts)


def tries(section: DepartmentSection, *ways: str) -> list[dict[str, Any]]:
    by = section.members.all()[0].pk
    return [{"how": how, "at": x.VISIT_FROM, "by": by, "note": ""} for how in ways]


def nobody_in(section: DepartmentSection, outcome: str = "UNREACHABLE") -> None:
    """All that an outcome without anybody owes, the proposed result confirmed."""
    x.arrive(section, outcome)
    door(section)
    note(
        section, present=list(section.members.all()), attempts=tries(section, "KNOCK", "CALL"), found_at="去向不明",
        results=results.codes_of(fresh(section)), result_confirmed=True,
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------- what is filled


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_fills_what_nobody_answered(section: DepartmentSection, outcome: str) -> None:
    x.arrive(section, outcome)
    filled = ("NOT_CHECKED", FILLS[outcome], outcome) if outcome in FILLS else ("", "", "")
    assert answers(section) == [filled] * 3
    assert results.codes_of(fresh(section)) == PRESET[outcome]
    assert fresh(section).result_confirmed is False
    if outcome in FILLS:
        assert [str(one.words) for one in section.findings.all()] == [f"未检查（{FILLS[outcome]}）"] * 3
    acts = AuditEvent.objects.filter(action="按到场情况批量")
    assert [act.after["outcome"] for act in acts] == [outcome] * (3 if outcome in FILLS else 0)
    record = InspectionRecord.objects.get(pk=section.record_id)
    ends = x.VISIT_FROM if outcome in NOBODY else None
    assert (record.visit_from, record.visit_to) == (x.VISIT_FROM, ends)


@pytest.mark.parametrize(("first", "second"), [*itertools.product(OUTCOMES, OUTCOMES)])
def test_any_outcome_after_any_other(section: DepartmentSection, first: str, second: str) -> None:
    """The hand-made answer, its photo and the door's stay; all else is as if the second had been the only one."""
    actor, mine = x.inspectors(section)[0], section.findings.all()[1]
    x.arrive(section, first)
    mine.refresh_from_db()
    entry.save_finding(
        actor=actor, finding=mine, answer="NOT_APPLICABLE", text="没有包房", corrected=False, version=mine.version
    )
    door(section)
    x.arrive(section, second, LATER)
    rest = ("NOT_CHECKED", FILLS[second], second) if second in FILLS else ("", "", "")
    assert answers(section) == [rest, ("NOT_APPLICABLE", "没有包房", ""), rest]
    now = fresh(section)
    assert (now.arrival, now.arrived_at) == (second, LATER)
    assert results.codes_of(now) == PRESET[second]
    assert (len(arriving.door_photos(now)), now.result_confirmed) == (1, False)
    record = InspectionRecord.objects.get(pk=section.record_id)
    assert (record.visit_from, record.visit_to) == (LATER, LATER if second in NOBODY else None)


@pytest.mark.parametrize(("first", "second"), [*itertools.permutations(OUTCOMES, 2)])
def test_the_same_through_sync(section: DepartmentSection, first: str, second: str) -> None:
    actor = x.inspectors(section)[0]
    base: dict[str, Any] = {"outcome": "", "at": None}
    version = section.version
    for outcome, at in ((first, x.VISIT_FROM), (second, LATER)):
        sender = sync.Sender(uuid.uuid4().hex, section.record_id)
        value = {"outcome": outcome, "at": at}
        change = sync.Change(
            sender, "section", field="arrival", value=value, version=version, base=base, has_base=True
        )  # fmt: skip
        answer, ran = sync.store_change(actor=actor, change=change)
        again, once_more = sync.store_change(actor=actor, change=change)
        assert (ran, once_more, answer["version"]) == (True, False, again["version"])
        base, version = value, answer["version"]
    stored = {str(one.pk): (one.version, one.answer) for one in section.findings.all()}
    changed = bool({first, second} & set(FILLS)) and not (first not in FILLS and second not in FILLS)
    assert set(answer["versions"]) == (set(stored) if changed else set())
    assert {key: (answer["versions"][key], one["answer"]) for key, one in answer["items"].items()} == (
        stored if changed else {}
    )
    assert answer["conclusion"]["results"] == PRESET[second]
    assert answer["head_version"] == InspectionRecord.objects.get(pk=section.record_id).version


def test_the_same_again_changes_nothing(section: DepartmentSection) -> None:
    x.arrive(section, "CLOSED")
    before = (fresh(section).version, AuditEvent.objects.count())
    x.arrive(section, "CLOSED")
    assert (fresh(section).version, AuditEvent.objects.count()) == before


def test_a_stale_outcome_says_who_chose_which(section: DepartmentSection) -> None:
    one, two = x.inspectors(section)
    arriving.save_arrival(actor=one, section=section, outcome="CLOSED", at=x.VISIT_FROM, version=section.version)
    with pytest.raises(writing.StaleVersion) as stale:
        arriving.save_arrival(actor=two, section=section, outcome="NORMAL", at=LATER, version=section.version)
    assert (stale.value.theirs, stale.value.mine, stale.value.by) == ("已关闭", "正常检查", str(one))
    note(section, said="等一下")  # another field of the section is no collision for one who saw the outcome
    base = {"arrival": "CLOSED", "arrived_at": x.VISIT_FROM.astimezone(dt.UTC).isoformat()}
    arriving.save_arrival(actor=two, section=section, outcome="NORMAL", at=LATER, version=1, base=base)
    assert fresh(section).arrival == "NORMAL"


@pytest.mark.parametrize(
    ("outcome", "at", "said"),
    [
        ("", x.VISIT_FROM, "请在“正常检查、无法联系、已关闭、搬走、拒绝检查、负责人不在”中选择到场情况。"),
        ("CLOSED", None, "请填写到达时间。"),
        ("CLOSED", x.VISIT_FROM + dt.timedelta(days=1), "到达时间在将来，请核对日期和时间。"),
    ],
)
def test_an_outcome_needs_its_time(section: DepartmentSection, outcome: str, at: Any, said: str) -> None:
    with pytest.raises(DomainError) as refused:
        arriving.save_arrival(
            actor=x.inspectors(section)[0], section=section, outcome=outcome, at=at, version=section.version
        )
    assert refused.value.message == said


def test_another_department_s_inspector_may_not(section: DepartmentSection) -> None:
    with pytest.raises(writing.NotYours):
        arriving.save_arrival(actor=f.make_user(), section=section, outcome="NORMAL", at=x.VISIT_FROM, version=1)


# ------------------------------------------------------------------------------------------------- what is owed, stored


OWED = {
    "NORMAL": ["请确认已出示执法证件。", "请确认已告知检查事由、依据、权利义务和申请回避权。", "请填写检查结束时间。",
               "请选择检查方式。"],
    "UNREACHABLE": ["请拍一张门口的照片。", "请记下怎样联系过，至少两种办法。"],
    "CLOSED": ["请拍一张门口的照片。"],
    "MOVED": ["请拍一张门口的照片。", "请填写现在的地址；不知道的，写“去向不明”。"],
    "REFUSED": ["请确认已出示执法证件。", "请确认已告知检查事由、依据、权利义务和申请回避权。", "请填写检查结束时间。",
                "请照原话写下对方怎样说。", "请填写见证人姓名和单位；没有见证人的，请写明原因。"],
    "ABSENT": ["请确认已出示执法证件。", "请确认已告知检查事由、依据、权利义务和申请回避权。", "请填写检查结束时间。",
               "请选择检查方式。", "请填写接待人的姓名。"],
}  # fmt: skip


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_outcome_owes_its_own_short_list(section: DepartmentSection, outcome: str) -> None:
    x.arrive(section, outcome)
    note(section, present=list(section.members.all()))
    owed = [one.text for one in submitting.check_section(fresh(section)) if one.page == "record"]
    empty = [] if outcome in FILLS else [f"{one.order} {one.item.name}：还没有填" for one in section.findings.all()]
    assert owed == OWED[outcome] + empty
    signs = [one.text for one in submitting.check_section(fresh(section)) if one.page == "sign"]
    owes_a_signature = ["请企业签字或盖章；拒绝签字的，登记原因和见证人。"]
    assert signs == ([] if outcome in FILLS else owes_a_signature)


@pytest.mark.parametrize("outcome", sorted(NOBODY))
def test_where_nobody_was_met_the_short_list_is_enough(section: DepartmentSection, outcome: str) -> None:
    nobody_in(section, outcome)
    assert words(section) == []
    stored = submitting.submit_section(actor=x.inspectors(section)[0], section=fresh(section))
    assert (stored.state, results.codes_of(stored)) == (SectionState.SUBMITTED, PRESET[outcome])
    record = InspectionRecord.objects.get(pk=section.record_id)
    assert (record.certificates_shown, record.informed, record.recusal_requested) == (False, False, None)
    assert (record.signature, record.methods) == ("PENDING", [])


def test_one_way_twice_is_not_two_ways(section: DepartmentSection) -> None:
    nobody_in(section)
    note(section, attempts=tries(section, "KNOCK", "KNOCK"))
    assert words(section) == ["请记下怎样联系过，至少两种办法。"]


def test_a_refusal_needs_the_unit_of_its_witness_or_why_there_is_none(section: DepartmentSection) -> None:
    x.arrive(section, "REFUSED")
    note(section, said="不许进", onlooker_name="刘某")
    assert [one for one in words(section) if "见证人" in one] == ["请填写见证人的单位或身份。"]
    note(section, onlooker_name="", no_onlooker="现场没有其他人")
    assert [one for one in words(section) if "见证人" in one] == []


@pytest.mark.parametrize("outcome", sorted(NOBODY))
@pytest.mark.parametrize("answer", ["OK", "NOT_OK"])
def test_nobody_saw_anything_through_a_locked_door(section: DepartmentSection, outcome: str, answer: str) -> None:
    nobody_in(section, outcome)
    one = section.findings.all()[0]
    entry.save_finding(
        actor=x.inspectors(section)[0], finding=one, answer=answer, text="坏了", corrected=False, version=one.version
    )
    label = {"OK": "符合", "NOT_OK": "不符合"}[answer]
    said = (
        f"{one.order} {one.item.name}：到场情况是“{Arrival(outcome).label}”，不能填“{label}”；"
        "没有查的改为未检查，查过的请更改到场情况。"
    )
    assert words(section)[0] == said


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize("code", ResultCode.values)
def test_only_a_result_that_fits_may_be_stored(section: DepartmentSection, outcome: str, code: str) -> None:
    x.arrive(section, outcome)
    told = f"到场情况是“{Arrival(outcome).label}”，不能选“{ResultCode(code).label}”。"
    problems = results.result_problems(fresh(section), [code], "说明")
    assert (told in problems) == (code not in arrival.OUTCOMES[outcome].results)
    if told in problems:
        with pytest.raises(DomainError):
            note(section, results=[code])
        assert results.codes_of(fresh(section)) == PRESET[outcome]


def test_a_tick_that_needs_somebody_goes_when_nobody_was_met(section: DepartmentSection) -> None:
    actor = x.arrive(section, "NORMAL")
    record = InspectionRecord.objects.get(pk=section.record_id)
    entry.save_head(
        actor=actor, record=record, version=record.version, certificates_shown=True, informed=True,
        recusal_requested=False,
    )  # fmt: skip
    x.arrive(section, "UNREACHABLE")
    record.refresh_from_db()
    assert (record.certificates_shown, record.informed, record.recusal_requested) == (False, False, None)


def test_a_result_of_another_kind_takes_its_note_and_measures_along(section: DepartmentSection) -> None:
    actor = x.arrive(section, "NORMAL")
    one = section.findings.all()[0]
    entry.save_finding(actor=actor, finding=one, answer="NOT_OK", text="坏了", corrected=False, version=one.version)
    measure = entry.FollowUpEntry("ORDER_CORRECT", deadline=dt.date(2024, 10, 9))
    note(section, results=["PENDING"], result_note="坏了一处", follow_ups=[measure])
    x.arrive(section, "CLOSED")
    now = fresh(section)
    assert (results.codes_of(now), now.result_note, now.follow_ups.count()) == (["WOUND_UP"], "", 0)


# ------------------------------------------------------------------------------------------ two departments, two days


def test_another_department_comes_on_another_day_and_finds_it_open() -> None:
    """What one department handed in stays as it was sealed; the other is asked what a normal visit asks."""
    f.load_calendar()
    at(24)
    record = x.make_record("WL", "GA")
    first, second = x.section_of(record, "WL"), x.section_of(record, "GA")
    nobody_in(first)
    submitting.submit_section(actor=x.inspectors(first)[0], section=fresh(first))
    sealed = fresh(first).sealed_digest
    at(26)
    day = x.VISIT_FROM + dt.timedelta(days=2)
    actor = x.arrive(second, "NORMAL", day)
    record.refresh_from_db()
    entry.save_head(
        actor=actor, record=record, version=record.version, visit_from=day, visit_to=day + dt.timedelta(hours=1),
        certificates_shown=True, informed=True, methods=["ON_SITE"],
    )  # fmt: skip
    assert digest(sealed_content(fresh(first))) == sealed == fresh(first).sealed_digest
    made = snapshot_of(with_everything(InspectionRecord.objects.filter(pk=record.pk)).get())
    assert made["departments"] == []
    DepartmentSection.objects.filter(pk=first.pk).update(state=SectionState.APPROVED)
    made = snapshot_of(with_everything(InspectionRecord.objects.filter(pk=record.pk)).get())
    assert made["departments"][0]["finished_on"] == "2024-09-24"
    x.arrive(second, "CLOSED", day)
    record.refresh_from_db()
    assert record.certificates_shown is False  # nobody met by anybody: the tick has nothing to stand on


def test_a_tick_stays_where_another_department_met_somebody() -> None:
    f.load_calendar()
    at(24)
    record = x.make_record("WL", "GA")
    first, second = x.section_of(record, "WL"), x.section_of(record, "GA")
    actor = x.arrive(second, "NORMAL")
    record.refresh_from_db()
    entry.save_head(actor=actor, record=record, version=record.version, certificates_shown=True, informed=True)
    x.arrive(first, "UNREACHABLE")
    record.refresh_from_db()
    assert (record.certificates_shown, record.informed) == (True, True)
    assert signing.met(record) == [str(second.department)]


# --------------------------------------------------------------------------------------------- paper and the public


def test_paper_and_public_page_say_what_was_met_with_and_nothing_that_was_not_asked(section: DepartmentSection) -> None:
    nobody_in(section)
    actor = x.inspectors(section)[0]
    submitting.submit_section(actor=actor, section=fresh(section))
    record = InspectionRecord.objects.get(pk=section.record_id)
    [sheet] = printing.sheets_of([record])
    assert [row.text for row in sheet.parts[0].rows] == ["未检查（无法联系）"] * 3
    assert [row.ticks for row in sheet.parts[0].rows] == [(False, False, True, False)] * 3
    lines = dict(sheet.parts[0].arrival)
    assert lines["到场情况"] == "无法联系，2024年9月24日14时05分到达"
    assert (
        lines["联系经过"]
        == f"打电话（9月24日 14:05，{actor.inspector.name}）、敲门（9月24日 14:05，{actor.inspector.name}）"
    )
    assert lines["门口照片"].startswith("2024-09-24 15:30 送达，摘要 ")
    html = printing.records_html([sheet])
    for box in ("已出示执法证件", "已告知检查事由、依据、权利义务和申请回避权", "不申请回避"):
        assert html.count(f'<span class="box"></span>{box}') == 1
    assert html.count("到场未见到当事人，未出示证件、未作告知。") == 1
    assert html.count("未见到当事人，不需签字。") == 1
    DepartmentSection.objects.filter(pk=section.pk).update(state=SectionState.APPROVED)
    [public] = snapshot_of(with_everything(InspectionRecord.objects.filter(pk=record.pk)).get())["departments"]
    assert public["results"] == "通过登记的住所（经营场所）无法联系"
    assert public["remark"] == "到场情况：无法联系（2024年9月24日）"
    assert [one["result"] for one in public["items"]] == ["未检查（无法联系）"] * 3


@pytest.mark.parametrize(("asked", "no", "yes"), [(None, "", ""), (False, " on", ""), (True, "", " on")])
def test_recusal_is_printed_as_it_was_answered(section: DepartmentSection, asked: Any, no: str, yes: str) -> None:
    actor = x.arrive(section, "NORMAL")
    record = InspectionRecord.objects.get(pk=section.record_id)
    entry.save_head(
        actor=actor, record=record, version=record.version, informed=True, recusal_requested=asked,
        recusal_reason="亲属" if asked else "",
    )  # fmt: skip
    html = printing.records_html(printing.sheets_of([record]))
    assert html.count(f'<span class="box{no}"></span>不申请回避') == 1
    assert html.count(f'<span class="box{yes}"></span>申请回避，理由') == 1


# ------------------------------------------------------------------------------------------------------------- attempts


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"how": "DRUM"}, "联系经过里有一次没有写明办法（敲门、打电话等），请重新选择。"),
        ({"at": None}, "联系经过里有一次没有时间，请补上。"),
        ({"at": "2024-09-24T14:05"}, "联系经过里有一次没有时间，请补上。"),
        ({"at": x.VISIT_FROM + dt.timedelta(days=1)}, "联系经过里有一次的时间在将来，请核对。"),
        ({"by": 0}, "联系经过里有一次的联系人不是本部门被抽中的检查人员，请重新选择。"),
        ({"note": "话" * 101}, "联系经过的说明最多 100 字，现在有 101 字，多了 1 字，请删减后再提交。"),
    ],
)
def test_an_attempt_that_cannot_be_is_refused(section: DepartmentSection, change: dict[str, Any], said: str) -> None:
    rows = [row | change for row in tries(section, "KNOCK")]
    with pytest.raises(DomainError) as refused:
        note(section, attempts=rows)
    assert refused.value.message == said
    assert fresh(section).attempts == []


def test_attempts_of_two_days_stand_in_their_order(section: DepartmentSection) -> None:
    early, late = tries(section, "KNOCK", "CALL")
    early["at"] -= dt.timedelta(days=1)
    note(section, attempts=[late, early])
    assert [(row["how"], row["at"]) for row in fresh(section).attempts] == [
        ("KNOCK", "2024-09-23T06:05:00+00:00"), ("CALL", "2024-09-24T06:05:00+00:00"),
    ]  # fmt: skip
