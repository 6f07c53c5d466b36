"""Plans, freeze, draw and replacements: what they do, what they refuse, what the database holds whatever is tried."""

import datetime as dt
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from registry import audit
from registry.enums import Role
from registry.errors import DomainError
from registry.models import AuditEvent, CalendarDay, CalendarYear, Inspector, Recusal, RiskRating, Specialty
from sampling import bundle, services
from sampling.enums import DrawEventKind, PickKind, PlanState
from sampling.models import Draw, DrawEvent, LogEntry, LogHead, Plan, Roster
from sampling.services.drawing import clean_digits
from tests import factories as f
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db


def recuse(inspector: Inspector, enterprise: Any, **fields: Any) -> Recusal:
    return Recusal.objects.create(
        inspector=inspector, enterprise=enterprise, reason="近亲属", declared_at=f.NOW,
        declared_by=fields.pop("declared_by", None) or f.make_user(Role.DEPT_ADMIN), **fields,
    )  # fmt: skip


def refused(call: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value


# ---------------------------------------------------------------------------------------------------------------- rates


@pytest.mark.parametrize(
    ("typed", "rate"),
    [("2", Fraction(1, 50)), ("2.5", Fraction(1, 40)), (" 2.5 % ", Fraction(1, 40)), ("１００％", Fraction(1)),
     ("1/3", Fraction(1, 3)), ("2/6", Fraction(1, 3)), ("0", Fraction(0)), ("0.07", Fraction(7, 10_000)),
     ("0/5", Fraction(0))],
)  # fmt: skip
def test_rates_as_people_write_them(typed: str, rate: Fraction) -> None:
    assert services.parse_rate(typed) == rate


@pytest.mark.parametrize("typed", ["", "x", "-1", "1e2", "101", "100.1", "3/2", "1/0", "2,5", "1/2000000", "½%", "٣x"])
def test_what_is_no_rate(typed: str) -> None:
    refused(lambda: services.parse_rate(typed))


@given(st.fractions(min_value=0, max_value=1, max_denominator=1000))
def test_a_rate_survives_being_shown_and_typed_again(rate: Fraction) -> None:
    assert services.parse_rate(services.rate_text(rate)) == rate


# ---------------------------------------------------------------------------------------------------------------- plans


def test_numbers_run_on_by_year_and_by_day() -> None:
    lead = f.make_user(Role.LEAD)
    f.make_scheme()
    days = {"period_from": dt.date(2024, 6, 10), "period_to": dt.date(2024, 7, 1)}
    p.at(p.FROZEN_AT)
    one = services.create_plan(actor=lead, task_name="一", **days)
    two = services.create_plan(actor=lead, task_name="二", **days)
    p.at(p.DRAWN_AT)
    three = services.create_plan(actor=lead, task_name="三", **days)
    assert [(plan.plan_code, plan.task_code) for plan in (one, two, three)] == [
        ("13082720241001", "130827202406031001"),
        ("13082720241002", "130827202406031002"),
        ("13082720241003", "130827202406041001"),
    ]


def test_all_problems_of_a_plan_at_once() -> None:
    lead = f.make_user(Role.LEAD)
    f.make_scheme()
    p.at(p.FROZEN_AT)
    wrong = refused(
        lambda: services.create_plan(
            actor=lead, task_name=" ", period_from=dt.date(2024, 6, 1), period_to=dt.date(2024, 5, 1), seats=1
        )
    )
    assert wrong.problems == [
        "请填写抽查任务名称。",
        "抽查时间的结束日期早于开始日期，请核对。",
        "每部门人数应在 2 到 20 之间。",
        "抽查开始日期已经过去，请改为今天或以后。",
    ]
    assert Plan.objects.count() == 0


def test_only_the_own_lead_bureau_changes_a_draft_and_the_trail_says_what() -> None:
    plan = p.county()
    stranger = f.make_user(Role.LEAD, department=f.make_department("GA"))
    refused(lambda: services.update_plan(actor=stranger, plan=plan, teams=1))
    services.update_plan(actor=plan.created_by, plan=plan, teams=1, rates=p.RATES | {"C": Fraction(1, 40)})
    event = AuditEvent.objects.filter(stream=f"plan:{plan.pk}").order_by("-seq")[0]
    assert event.before == {"teams": 2, "rates": dict.fromkeys("ABCDEN", "1/2")}
    assert event.after == {"teams": 1, "rates": dict.fromkeys("ABCDEN", "1/2") | {"C": "1/40"}}
    assert audit.verify_stream(event.stream) is None


# ---------------------------------------------------------------------------------------------------------------- scope


def test_who_is_in_scope_and_why_the_others_are_not() -> None:
    plan = p.county("AAB")
    f.make_enterprise("A", industries=("CINEMA",))
    f.make_enterprise("A", authority="别处市场监督管理局")
    f.make_enterprise("A", status="SUSPENDED")
    f.make_enterprise("A", registered_on=dt.date(2024, 6, 1))
    f.make_enterprise("A", registered_on=dt.date(2024, 5, 31))
    summary = services.scope_summary(plan, dt.date(2024, 6, 3))
    assert {line.code: line.total for line in summary.grades} == {"A": 3, "B": 1, "C": 0, "D": 0, "E": 0, "N": 0}
    assert summary.excluded == {"after-cutoff": 1, "authority": 1, "industry": 1, "status": 1}
    assert summary.picks == 3


def test_the_grade_is_the_newest_of_the_day_and_an_empty_one_is_ungraded() -> None:
    plan = p.county("A")
    enterprise = plan.scheme.riskrating_set.get().enterprise
    levels = {level.code: level for level in plan.scheme.levels.all()}
    rate = {"enterprise": enterprise, "scheme": plan.scheme, "is_current": False}
    RiskRating.objects.create(**rate, level=levels["E"], as_of=dt.date(2024, 6, 3))
    RiskRating.objects.create(**rate, level=None, as_of=dt.date(2024, 6, 4))

    def grades(day: int) -> list[str]:
        return [line.code for line in services.scope_summary(plan, dt.date(2024, 6, day)).grades if line.total]

    assert [grades(day) for day in (2, 3, 4)] == [["A"], ["E"], ["N"]]


def test_who_is_left_out_of_the_pool_and_why() -> None:
    plan = p.county(people=2)
    department = f.make_department("GA")
    f.make_inspector(department, name="证满", badge_valid_until=dt.date(2024, 10, 30))
    f.make_inspector(department, name="调走", status="LEFT")
    f.make_inspector(department, name="休假", unavailable_from=dt.date(2024, 6, 3))
    summary = services.scope_summary(plan, dt.date(2024, 6, 3))
    police = summary.pools[1]
    assert (len(police.drawable), police.needed) == (2, 4)
    assert [(one.name, why) for one, why in police.left_out] == [
        ("证满", "执法证2024-10-30到期"), ("调走", "调离或退休"), ("休假", "不在岗"),
    ]  # fmt: skip


def test_infeasible_plans_are_refused_in_words() -> None:
    plan = p.county(people=4)
    Inspector.objects.filter(department__code="GA").order_by("pk")[0].delete()
    error = refused(lambda: p.freeze(plan))
    assert error.problems == ["公安局只有 3 名可抽取人员，每队 2 人、2 队需要 4 人"]
    assert (Roster.objects.count(), LogEntry.objects.count()) == (0, 0)
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT


def test_an_enterprise_avoided_by_as_many_people_as_teams_is_named() -> None:
    plan = p.county("AAAA")
    enterprise = f.make_enterprise("A", name="演示蓝天网吧")
    police = list(Inspector.objects.filter(department__code="GA").order_by("badge")[:2])
    recuse(police[0], enterprise)
    assert services.scope_summary(plan, dt.date(2024, 6, 3)).problems == []
    second = recuse(police[1], enterprise)
    assert refused(lambda: p.freeze(plan)).problems == [
        f"演示蓝天网吧有 2 名可抽取人员须回避（{police[0].name}、{police[1].name}），而只有 2 队，可能无队可去；"
        "请增加队数，或先让须回避的人员不参加"
    ]
    second.accepted = False
    second.save()
    assert p.freeze(plan).total == 5


def test_what_a_plan_lacks_is_all_said_at_once() -> None:
    plan = p.county()
    CalendarDay.objects.all().delete()
    CalendarYear.objects.all().delete()
    plan.items.clear()
    plan.rates.filter(grade="B").delete()
    assert refused(lambda: p.freeze(plan)).problems == [
        "还没有选择抽查事项，请在第 2 步选择",
        "2024年日历未录入，期限算不出来；请先在“日历”录入国务院办公厅放假通知",
        "B级有 2 家，还没有设置比例",
    ]


def test_the_summary_asks_the_same_number_of_questions_for_10_and_200_enterprises(
    django_assert_num_queries: Any,
) -> None:
    plan = p.county()
    assert plan.scheme.code == "S1"
    with django_assert_num_queries(7):
        services.scope_summary(plan, dt.date(2024, 6, 3))
    for _ in range(190):
        f.make_enterprise("B")
    with django_assert_num_queries(7):
        assert services.scope_summary(plan, dt.date(2024, 6, 3)).total == 200


# --------------------------------------------------------------------------------------------------- freeze and draw


def test_the_notice_from_preset_to_a_folder_that_verifies(tmp_path: Path) -> None:
    lead, plan = p.notice()
    assert [(row.grade, str(row.fraction)) for row in plan.rates.all()] == [
        ("A", "1/50"), ("B", "1/50"), ("C", "3/50"), ("D", "1"), ("E", "1"), ("N", "1/50"),
    ]  # fmt: skip
    p.at(p.FROZEN_AT)
    roster = services.freeze_plan(actor=lead, plan=plan, salts=p.salts())
    assert (roster.draw_id, roster.total, roster.prev) == ("2024-000001", 90, "0" * 64)
    assert roster.not_before - roster.frozen_at == dt.timedelta(hours=24)
    p.at(p.DRAWN_AT)
    draw = services.run_draw(actor=lead, plan=plan, digits=p.DIGITS, witnesses=p.WITNESSES, key="notice-2024-key-01")
    assert {one["stratum"]: one["drawn"] for one in draw.strata} == {"A": 1, "B": 1, "C": 1, "D": 6, "E": 6, "N": 1}
    verified = bundle.verify_folder(p.export(roster, tmp_path))
    assert (verified.picks, verified.log_lines, verified.seed) == (16, 5, draw.seed)
    teams = services.effective_teams(draw)
    assert {team: len(seats) for team, seats in teams.items()} == {1: 10, 2: 10}
    assert draw.selections.filter(kind=PickKind.MAIN, match__isnull=False).count() == 16
    freeze = bundle.read_freeze((tmp_path / "freeze.tsv").read_bytes())
    assert (freeze.reveal_by, freeze.nonces, [kind for kind, _ in freeze.entropy]) == (
        "2024-10-31T18:00:00+08:00", (), ["dice10"],
    )  # fmt: skip
    assert audit.verify_all() == []


def test_the_same_registry_salts_and_digits_give_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for _ in range(2):
        with transaction.atomic():
            lead, plan = p.notice()
            Inspector.objects.all().delete()
            for department in [row.department for row in plan.departments.all()]:
                for number in range(5):
                    f.make_inspector(department, badge=f"{department.code}{number}", name=f"人{number}")
            p.at(p.FROZEN_AT)
            roster = services.freeze_plan(actor=lead, plan=plan, salts=p.salts())
            files = services.bundle_files(roster)
            written.append({name: files[name] for name in ("plan", "exclude")} | {"pool": files["pool"]})
            transaction.set_rollback(True)
    assert written[0] == written[1]


def test_without_salts_handed_in_every_person_gets_another_one() -> None:
    plan = p.county()
    p.at(p.FROZEN_AT)
    roster = services.freeze_plan(actor=plan.created_by, plan=plan)
    salts = list(roster.pool.values_list("salt", flat=True))
    assert len(set(salts)) == len(salts) == 10
    assert {len(salt) for salt in salts} == {32}


def test_the_draw_reads_the_frozen_bytes_and_never_the_tables() -> None:
    plan = p.county()
    roster = p.freeze(plan)
    before = services.bundle_files(roster)
    for _ in range(5):
        f.make_enterprise("A")
    RiskRating.objects.update(level=plan.scheme.levels.get(code="E"))
    Inspector.objects.update(status="LEFT")
    draw = p.draw(plan)
    assert sum(one["size"] for one in draw.strata) == 10
    files = services.bundle_files(roster)
    assert {name: files[name] for name in before if name != "log"} == {n: c for n, c in before.items() if n != "log"}


def test_a_frozen_plan_is_closed_and_is_not_frozen_twice() -> None:
    plan = p.county()
    p.freeze(plan)
    lead = plan.created_by
    assert "只有“编制中”的任务" in refused(lambda: services.update_plan(actor=lead, plan=plan, teams=1)).message
    assert "只有“编制中”的任务" in refused(lambda: p.freeze(plan)).message
    for state in (PlanState.DRAFT, PlanState.DRAWN, PlanState.DISPATCHED):
        refused(lambda state=state: services.advance_plan(actor=lead, plan=plan, to=state))
    assert Roster.objects.count() == 1


def test_a_draw_before_its_time_or_before_the_freeze_is_refused() -> None:
    plan = p.county()
    refused(lambda: p.draw(plan))
    p.freeze(plan)
    p.at(p.FROZEN_AT + dt.timedelta(hours=24, seconds=-1))
    early = refused(
        lambda: services.run_draw(
            actor=plan.created_by, plan=plan, digits=p.DIGITS, witnesses=p.WITNESSES, key="test-early-key-01"
        )
    )
    assert early.message == "冻结后至少 24 小时才能抽取，供各方核对名单；最早 2024-06-04 10:00 可以抽取。"
    assert Draw.objects.count() == 0


def test_the_same_key_gives_the_stored_draw_and_another_key_says_who_drew() -> None:
    plan = p.county()
    p.freeze(plan)
    draw = p.draw(plan)
    assert p.draw(plan).pk == draw.pk
    other = refused(lambda: p.draw(plan, key="another-draw-key-01"))
    assert other.message == (f"该计划已于 2024-06-04 10:06 由 {plan.created_by} 抽取，抽取只有一次，结果不能更改。")
    assert (Draw.objects.count(), LogEntry.objects.count()) == (1, 5)


@pytest.mark.parametrize("digits", ["", "1" * 39, "1" * 39 + "x", "1" * 101, "-" + "1" * 40, "1" * 39 + "²"])
def test_digits_that_are_none(digits: str) -> None:
    refused(lambda: clean_digits(digits))


def test_digits_may_be_grouped() -> None:
    assert clean_digits(" ".join(["48392"] * 8)) == "48392" * 8


@pytest.mark.parametrize("witnesses", [[], [{"name": "甲", "unit": ""}], [{"name": " ", "unit": " "}]])
def test_witnesses_need_name_and_unit(witnesses: list[dict[str, str]]) -> None:
    plan = p.county()
    p.freeze(plan)
    p.at(p.DRAWN_AT)
    refused(
        lambda: services.run_draw(
            actor=plan.created_by, plan=plan, digits=p.DIGITS, witnesses=witnesses, key="test-witness-key"
        )
    )
    assert Draw.objects.count() == 0


def test_two_plans_share_one_log_and_both_folders_verify(tmp_path: Path) -> None:
    first = p.county()
    second = p.copied(first)
    rosters = [p.freeze(first), p.freeze(second)]
    assert [roster.draw_id for roster in rosters] == ["2024-000001", "2024-000002"]
    p.draw(first)
    p.draw(second, key="second-plan-key-01", digits="7" * 40)
    assert list(LogEntry.objects.values_list("seq", "kind")) == [
        (1, "FREEZE"), (2, "PUBLIC-PLAN"), (3, "FREEZE"), (4, "PUBLIC-PLAN"), (5, "ENTROPY"), (6, "RESULT"),
        (7, "PUBLIC"), (8, "ENTROPY"), (9, "RESULT"), (10, "PUBLIC"),
    ]  # fmt: skip
    lines = [bundle.verify_folder(p.export(roster, tmp_path / roster.draw_id)).log_lines for roster in rosters]
    assert lines == [7, 8]
    assert LogHead.objects.get().chain == LogEntry.objects.order_by("-seq")[0].chain


def test_a_clock_set_back_does_not_send_the_log_backwards() -> None:
    plan = p.county()
    second = p.copied(plan)
    p.freeze(plan)
    p.at(p.FROZEN_AT - dt.timedelta(minutes=5))
    services.freeze_plan(actor=plan.created_by, plan=second)
    times = list(LogEntry.objects.values_list("time", flat=True))
    assert times == ["2024-06-03T10:00:00+08:00"] * 4


def test_a_need_becomes_a_quota_and_a_shortage_of_holders_is_said() -> None:
    plan = p.county()
    electric = Specialty.objects.create(code="ELEC", name="电气")
    plan.items.get(department__code="GA").needs.add(electric)
    assert refused(lambda: p.freeze(plan)).problems == [
        "公安局具备“电气”专业的可抽取人员只有 0 名，2 队需要 2 名",
        "10 家企业需要“电气”专业，可抽取人员中没有人具备",
    ]
    for inspector in Inspector.objects.filter(department__code="GA").order_by("badge")[:2]:
        inspector.specialties.add(electric)
    p.freeze(plan)
    draw = p.draw(plan)
    holders = draw.members.filter(kind=PickKind.MAIN, inspector__specialties=electric)
    assert sorted(holders.values_list("team", "phase")) == [(1, "ELEC"), (2, "ELEC")]


# ------------------------------------------------------------------------------------------------------- void and after


def stuck() -> Plan:
    """Four enterprises drawn whole, two teams with room for two each, everybody of the pool in a seat."""
    plan = p.county("AAAA", people=4)
    services.update_plan(actor=plan.created_by, plan=plan, rates=p.RATES | {"A": Fraction(1)})
    return Plan.objects.get(pk=plan.pk)


def test_a_draw_that_cannot_be_matched_is_void_and_its_picks_come_again(tmp_path: Path) -> None:
    plan = stuck()
    avoider = Inspector.objects.filter(department__code="GA").order_by("badge")[0]
    for rating in RiskRating.objects.select_related("enterprise"):
        recuse(avoider, rating.enterprise)
    first = p.freeze(plan)
    draw = p.draw(plan)
    event = DrawEvent.objects.get()
    assert (event.kind, event.code, draw.branch) == (DrawEventKind.VOID, "infeasible", "none")
    assert (draw.selections.filter(kind=PickKind.MAIN).count(), draw.members.count()) == (4, 0)
    assert [entry.kind for entry in first.log.order_by("seq")] == [
        "FREEZE", "PUBLIC-PLAN", "ENTROPY", "RESULT", "PUBLIC", "VOID",
    ]  # fmt: skip
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT
    assert bundle.verify_folder(p.export(first, tmp_path / "void")).picks == 4
    Recusal.objects.update(accepted=False)
    services.update_plan(actor=plan.created_by, plan=plan, rates=p.RATES | {"A": Fraction(0)})
    f.make_enterprise("A")
    f.make_enterprise("B")
    second = p.freeze(plan)
    assert (second.round, second.counts) == (2, {"A": 1, "A-1": 4, "B": 1})
    p.at(p.DRAWN_AT + dt.timedelta(days=1))
    again = services.run_draw(
        actor=plan.created_by, plan=plan, digits="5" * 40, witnesses=p.WITNESSES, key="successor-draw-key"
    )
    assert again.supersedes == event
    assert {one["stratum"]: one["drawn"] for one in again.strata if one["drawn"]} == {"A-1": 4, "B": 1}
    assert bundle.read_freeze(services.bundle_files(second)["freeze"]).supersedes == first.draw_id
    assert bundle.verify_folder(p.export(second, tmp_path / "next")).picks == 5


def test_the_next_reserve_takes_the_place_and_the_files_still_verify(tmp_path: Path) -> None:
    draw = p.drawn()
    lead = draw.plan.created_by
    gone = draw.selections.get(kind=PickKind.MAIN, stratum="A", rank=1)
    event = services.call_up_reserve(actor=lead, selection=gone, code="deregistered", reason="6月5日注销")
    substitute = event.substitute
    assert (substitute.stratum, substitute.rank, substitute.match.team) == ("A", 3, gone.match.team)
    again = services.call_up_reserve(actor=lead, selection=substitute, code="moved-out", reason="迁出")
    assert (again.substitute.rank, again.batch) == (4, 2)
    last = services.call_up_reserve(actor=lead, selection=again.substitute, code="duplicate", reason="重复")
    assert last.substitute is None
    assert (
        refused(
            lambda: services.call_up_reserve(actor=lead, selection=gone, code="deregistered", reason="再一次")
        ).message
        == f"{gone.enterprise}已经退出这次抽取，不能再次递补，请刷新页面。"
    )
    verified = bundle.verify_folder(p.export(draw.roster, tmp_path))
    assert (verified.batches, verified.log_lines) == (3, 8)


def test_a_reserve_deeper_than_the_stored_twenty_is_called_up_too() -> None:
    draw = p.drawn(grades="A" * 50)
    lead = draw.plan.created_by
    assert draw.selections.filter(kind=PickKind.RESERVE).count() == 20
    current = draw.selections.get(kind=PickKind.MAIN, rank=1)
    for _ in range(21):
        event = services.call_up_reserve(actor=lead, selection=current, code="revoked", reason="吊销")
        current = event.substitute
    assert (current.rank, current.ticket) == (
        46,
        bundle.sha256_hex(f"{draw.seed}/E/{current.enterprise.uscc}".encode()),
    )


def test_the_next_standby_takes_the_seat_and_nobody_returns(tmp_path: Path) -> None:
    draw = p.drawn()
    member = draw.members.get(kind=PickKind.MAIN, team=2, seat=1)
    admin = f.make_user(Role.DEPT_ADMIN, department=member.department)
    event = services.replace_inspector(actor=admin, member=member, code="sick", reason="病假条")
    standby = draw.members.get(kind=PickKind.RESERVE, department=member.department, seat=1)
    assert event.substitute_member == standby
    seat = services.effective_team(draw, 2)[0]
    assert (seat.member, seat.drawn, seat.replaced) == (standby, member, True)
    assert len(services.effective_team(draw, 2)) == 4
    refused(lambda: services.replace_inspector(actor=admin, member=member, code="sick", reason="又一次"))
    empty = refused(lambda: services.replace_inspector(actor=admin, member=standby, code="leave", reason="请假"))
    assert "没有可以接替" in empty.message
    stranger = f.make_user(Role.DEPT_ADMIN, department=f.make_department("XF"))
    refused(lambda: services.replace_inspector(actor=stranger, member=standby, code="leave", reason="请假"))
    assert bundle.verify_folder(p.export(draw.roster, tmp_path)).batches == 1


@pytest.mark.parametrize(("code", "reason"), [("sick", "x"), ("", "x"), ("deregistered", " ")])
def test_calling_up_needs_a_reason_of_the_list(code: str, reason: str) -> None:
    draw = p.drawn()
    one = draw.selections.filter(kind=PickKind.MAIN)[0]
    refused(lambda: services.call_up_reserve(actor=draw.plan.created_by, selection=one, code=code, reason=reason))
    assert DrawEvent.objects.count() == 0


# ------------------------------------------------------------------------------------------- what the database holds


@pytest.mark.parametrize(
    "table",
    ["roster", "bundlefile", "poolmember", "logentry", "draw", "selection", "teammember", "match", "drawevent"],
)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
def test_raw_sql_changes_nothing(table: str, verb: str) -> None:
    draw = p.drawn()
    one = draw.selections.filter(kind=PickKind.MAIN)[0]
    services.call_up_reserve(actor=draw.plan.created_by, selection=one, code="revoked", reason="吊销")
    name = f"sampling_{table}"
    statement = f"DELETE FROM {name}" if verb == "DELETE" else f"UPDATE {name} SET id = id"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {name}")
        (rows,) = cursor.fetchone()
    assert rows > 0
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {name}")
        assert cursor.fetchone() == (rows,)


def together(count: int, work: Any) -> list[Any]:
    """``work(n)`` in ``count`` threads that start at once; what each returned or raised."""
    gate, answers = threading.Barrier(count), [None] * count

    def run(number: int) -> None:
        try:
            gate.wait()
            answers[number] = work(number)
        except DomainError as error:
            answers[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_of_the_plan_the_same_race_reaches_the_constraint(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: take the lock away and both get as far as writing; the unique constraints stop the second."""
    plan = p.county()
    p.freeze(plan)
    p.at(p.DRAWN_AT)
    both = threading.Barrier(2)

    def unlocked(row: Plan) -> Plan:
        found = Plan.objects.select_related("lead", "scheme").get(pk=row.pk)
        both.wait(timeout=10)
        return found

    monkeypatch.setattr("sampling.services.drawing.lock_plan", unlocked)
    failures = []

    def work(number: int) -> Any:
        try:
            return services.run_draw(
                actor=plan.created_by, plan=plan, digits=str(number) * 40, witnesses=p.WITNESSES,
                key=f"key-of-person-{number:04d}",
            )  # fmt: skip
        except DatabaseError as error:
            failures.append(error)
            return None

    together(2, work)
    assert (len(failures), Draw.objects.count()) == (1, 1)
