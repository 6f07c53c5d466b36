"""Drafts: numbers, rates without floats, the notice's preset, copies, and who may move a plan on."""

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from registry import audit, clock
from registry.county import initial
from registry.enums import Role
from registry.errors import DomainError
from registry.models import AuditEvent, Department, InspectionItem
from registry.services import load_reference_data, read_fixture
from sampling import services
from sampling.enums import PlanState
from sampling.models import Plan
from tests import factories as f
from tests.sampling.plans import DIGITS, FROZEN_AT, WITNESSES, at, copied, county, freeze, notice

# ----------------------------------------------------------------------------------------------------------- rates


@pytest.mark.parametrize(
    ("typed", "rate"),
    [
        ("2", Fraction(1, 50)), ("2.5", Fraction(1, 40)), ("2.5%", Fraction(1, 40)), ("７％", Fraction(7, 100)),
        (" 1 / 3 ", Fraction(1, 3)), ("100", Fraction(1)), ("0", Fraction(0)), ("0/5", Fraction(0)),
        ("0.0001", Fraction(1, 1_000_000)), ("2/4", Fraction(1, 2)),
    ],
)  # fmt: skip
def test_a_rate_is_read_exactly(typed: str, rate: Fraction) -> None:
    assert services.parse_rate(typed) == rate


@pytest.mark.parametrize(
    "typed", ["", "abc", "-1", "101", "4/3", "1/0", "1e2", "nan", "2.", ".5", "1//2", "٣", "2,5", "1.00001"]
)
def test_what_is_no_rate_is_refused_in_words(typed: str) -> None:
    with pytest.raises(DomainError, match="比例"):
        services.parse_rate(typed)


def test_seven_percent_of_a_hundred_is_seven() -> None:
    rate = services.parse_rate("7")
    assert -(-rate.numerator * 100 // rate.denominator) == 7  # 0.07 * 100 as floats is 7.000000000000001, so 8


@given(st.integers(0, 1_000_000))
def test_every_rate_to_four_decimals_survives_typing(millionths: int) -> None:
    rate = Fraction(millionths, 1_000_000)
    assert services.parse_rate(services.rate_text(rate)) == rate


@given(st.integers(1, 1_000_000).flatmap(lambda q: st.tuples(st.integers(0, q), st.just(q))))
def test_every_fraction_survives_typing(pair: tuple[int, int]) -> None:
    rate = Fraction(*pair)
    assert services.parse_rate(f"{pair[0]}/{pair[1]}") == rate
    assert services.parse_rate(services.rate_text(rate)) == rate


@given(st.text(max_size=30))
def test_any_text_is_a_rate_between_0_and_1_or_a_refusal(text: str) -> None:
    try:
        rate = services.parse_rate(text)
    except DomainError:
        return
    assert isinstance(rate, Fraction)
    assert 0 <= rate <= 1


# ---------------------------------------------------------------------------------------------------------- drafts


def _fields(**changed: Any) -> dict[str, Any]:
    days = {"period_from": dt.date(2024, 6, 10), "period_to": dt.date(2024, 10, 31)}
    return {"task_name": "演示抽查", **days, "scheme": f.make_scheme(), **changed}


@pytest.fixture
def lead(db: None) -> Any:
    at(FROZEN_AT)
    return f.make_user(Role.LEAD)


def test_numbers_count_up_behind_region_and_day(lead: Any, settings: Any) -> None:
    made = [services.create_plan(actor=lead, **_fields()) for _ in range(2)]
    region = initial().region_code
    assert [plan.plan_code for plan in made] == [f"{region}20241001", f"{region}20241002"]
    assert [plan.task_code for plan in made] == [f"{region}202406031001", f"{region}202406031002"]
    assert [plan.state for plan in made] == [PlanState.DRAFT, PlanState.DRAFT]
    assert [row.department for row in made[0].departments.all()] == [lead.department]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"period_to": dt.date(2024, 6, 9)}, "结束日期早于开始日期"),
        ({"period_from": dt.date(2024, 6, 2)}, "已经过去"),
        ({"seats": 1}, "每部门人数应在 2 到 20 之间"),
        ({"teams": 0}, "检查队数应在 1 到 500 之间"),
        ({"task_name": "  "}, "请填写抽查任务名称"),
        ({"summary_due": dt.date(2024, 5, 1)}, "总结报送期限早于抽查开始日期"),
    ],
)
def test_a_wrong_draft_is_refused_in_words_and_not_stored(lead: Any, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(DomainError, match=words):
        services.create_plan(actor=lead, **_fields(**changed))
    assert Plan.objects.count() == 0


def test_all_problems_of_a_draft_are_said_at_once(lead: Any) -> None:
    with pytest.raises(DomainError) as refused:
        services.create_plan(actor=lead, **_fields(seats=1, teams=0, task_name=""))
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize("role", [Role.DEPT_ADMIN, Role.INSPECTOR, Role.AUDITOR, Role.SYSADMIN])
def test_only_a_lead_bureau_makes_plans(lead: Any, role: Role) -> None:
    with pytest.raises(DomainError, match="只有牵头部门"):
        services.create_plan(actor=f.make_user(role), **_fields())


def test_another_bureau_changes_nothing(db: None) -> None:
    plan = county()
    stranger = f.make_user(Role.LEAD, department=f.make_department("GA"))
    for act in (
        lambda: services.update_plan(actor=stranger, plan=plan, teams=3),
        lambda: copied(plan, actor=stranger),
        lambda: services.cancel_plan(actor=stranger, plan=plan, reason="测试"),
        lambda: services.freeze_plan(actor=stranger, plan=plan),
    ):
        with pytest.raises(DomainError, match="牵头"):
            act()
    plan.refresh_from_db()
    assert (plan.teams, plan.state, Plan.objects.count()) == (2, PlanState.DRAFT, 1)


def test_a_change_is_in_the_trail_with_before_and_after(db: None) -> None:
    plan = county()
    services.update_plan(actor=plan.created_by, plan=plan, teams=3, rates={"A": Fraction(1, 3)})
    event = AuditEvent.objects.filter(stream=f"plan:{plan.pk}").order_by("-seq")[0]
    assert (event.before["teams"], event.after["teams"]) == (2, 3)
    assert (event.before["rates"]["A"], event.after["rates"]["A"]) == ("1/2", "1/3")
    assert audit.verify_all() == []


def test_a_grade_the_scheme_does_not_have_gets_no_rate(db: None) -> None:
    plan = county()
    with pytest.raises(DomainError, match="没有等级 Z"):
        services.update_plan(actor=plan.created_by, plan=plan, rates={"Z": Fraction(1)})
    assert plan.rates.count() == 6


def test_nothing_changes_after_the_freeze(db: None) -> None:
    plan = county()
    freeze(plan)
    with pytest.raises(DomainError, match="编制中"):
        services.update_plan(actor=plan.created_by, plan=plan, teams=3)
    plan.refresh_from_db()
    assert plan.teams == 2


# ------------------------------------------------------------------------------------------------- preset and copies


def test_the_preset_is_what_the_notice_says(db: None) -> None:
    _, plan = notice()
    rates = {row.grade: (row.numerator, row.denominator) for row in plan.rates.all()}
    assert rates == {"A": (1, 50), "B": (1, 50), "C": (3, 50), "D": (1, 1), "E": (1, 1), "N": (1, 50)}
    assert [row.department.code for row in plan.departments.all()] == ["WL", "GA", "WS", "SJ", "XF"]
    assert (plan.seats, plan.teams, plan.confirm_days, plan.backfill_days) == (2, 2, 2, 5)
    assert plan.registered_before == dt.date(2024, 6, 1)
    assert plan.lead.code == "WL"
    chosen = set(plan.items.values_list("department__code", flat=True))
    assert chosen == {"WL", "GA", "WS", "SJ", "XF"}
    assert not plan.items.filter(active=False).exists()


def test_the_preset_says_what_is_missing(lead: Any) -> None:
    f.make_department("WL")
    with pytest.raises(DomainError, match="没有部门 GA、WS、SJ、XF"):
        services.create_plan_from_preset(actor=lead, preset=read_fixture("plan_2024")["plan"])
    assert Plan.objects.count() == 0


def test_a_copy_moves_to_this_year_with_fresh_numbers(db: None) -> None:
    lead, plan = notice()
    services.update_plan(actor=lead, plan=plan, platform_task_code="P-1", document_number="宽〔2024〕1号")
    f.load_calendar(2026)
    at(dt.datetime(2026, 3, 2, 9, 0, tzinfo=f.SHANGHAI))
    days = {"period_from": dt.date(2026, 6, 1), "period_to": dt.date(2026, 10, 31)}
    copy = services.copy_plan(actor=lead, plan=Plan.objects.get(pk=plan.pk), **days)
    assert (copy.year, copy.period_from, copy.period_to) == (2026, dt.date(2026, 6, 1), dt.date(2026, 10, 31))
    assert (copy.platform_task_code, copy.document_number) == ("", "")
    assert copy.task_code != plan.task_code
    assert copy.copied_from == plan
    assert "2026" in copy.task_name
    assert "2024" not in copy.task_name
    assert (copy.basis[:16], copy.registered_before, copy.summary_due) == (
        "2026年度全县跨部门抽查计划；", dt.date(2026, 6, 1), None,
    )  # fmt: skip
    assert services.other_years(copy) == []
    assert {row.grade: row.fraction for row in copy.rates.all()} == {
        row.grade: row.fraction for row in plan.rates.all()
    }
    assert set(copy.items.values_list("code", flat=True)) == set(plan.items.values_list("code", flat=True))
    assert list(copy.departments.values_list("department", flat=True)) == list(
        plan.departments.values_list("department", flat=True)
    )


def test_a_copy_has_days_ahead_and_a_name_of_its_own(lead: Any) -> None:
    at(dt.datetime(2024, 6, 10, 9, 0, tzinfo=f.SHANGHAI))
    plan = services.create_plan(actor=lead, **_fields(period_from=dt.date(2024, 6, 12)))
    days = {"period_from": dt.date(2024, 7, 1), "period_to": dt.date(2024, 7, 31)}
    namesake = f"已有同名的任务（{plan.task_code}），请换一个名称，例如加上年份或批次。"
    for changed, words in (
        ({"period_from": dt.date(2024, 6, 9)}, "抽查开始日期已经过去，请改为今天或以后。"),
        ({"period_to": dt.date(2024, 6, 30)}, "抽查时间的结束日期早于开始日期，请核对。"),
        ({"task_name": f" {plan.task_name} "}, namesake),
    ):
        with pytest.raises(DomainError) as refused:
            services.copy_plan(actor=lead, plan=plan, **days | changed)
        assert refused.value.message == words
    assert Plan.objects.count() == 1
    names = [services.copy_plan(actor=lead, plan=plan, **days).task_name for _ in range(2)]
    assert names == [f"{plan.task_name}（第 2 批）", f"{plan.task_name}（第 3 批）"]


def test_the_last_day_of_registration_moves_from_29_february_to_the_28th(lead: Any) -> None:
    at(dt.datetime(2024, 1, 8, 9, 0, tzinfo=f.SHANGHAI))
    plan = services.create_plan(actor=lead, **_fields(registered_before=dt.date(2024, 2, 29)))
    at(dt.datetime(2025, 1, 8, 9, 0, tzinfo=f.SHANGHAI))
    assert services.proposed_copy(plan)["registered_before"] == dt.date(2025, 2, 28)
    assert copied(plan).registered_before == dt.date(2025, 2, 28)


# ---------------------------------------------------------------------------------------------------------- states


def test_cancelling_needs_a_reason(db: None) -> None:
    plan = county()
    with pytest.raises(DomainError, match="理由"):
        services.cancel_plan(actor=plan.created_by, plan=plan, reason="  ")
    services.cancel_plan(actor=plan.created_by, plan=plan, reason="机构改革")
    plan.refresh_from_db()
    assert (plan.state, plan.cancelled_reason) == (PlanState.CANCELLED, "机构改革")
    with pytest.raises(DomainError):
        services.cancel_plan(actor=plan.created_by, plan=plan, reason="再一次")


@pytest.mark.parametrize("to", [PlanState.FROZEN, PlanState.DRAWN, PlanState.DISPATCHED, PlanState.ARCHIVED])
def test_no_state_is_skipped(db: None, to: PlanState) -> None:
    plan = county()
    with pytest.raises(DomainError):
        services.advance_plan(actor=plan.created_by, plan=plan, to=to)
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT


def test_the_system_does_not_cancel(db: None) -> None:
    plan = county()
    with pytest.raises(DomainError, match="牵头部门"):
        services.advance_plan(actor=None, plan=plan, to=PlanState.CANCELLED, reason="测试")
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT


# ----------------------------------------------------------------------------------------------------------- scope


def test_the_summary_counts_what_the_freeze_writes(db: None) -> None:
    plan = county("AAAABBCDEN")
    f.make_enterprise("A", industries=("CINEMA",))
    f.make_enterprise("A", authority="别县市场监督管理局")
    f.make_enterprise("A", registered_on=dt.date(2024, 6, 1))
    summary = services.scope_summary(plan, clock.today())
    roster = freeze(plan)
    assert {line.code: line.total for line in summary.grades if line.total} == roster.counts
    assert (summary.total, summary.picks) == (roster.total, 2 + 1 + 1 + 1 + 1 + 1)
    assert summary.excluded == roster.excluded == {"after-cutoff": 1, "authority": 1, "industry": 1}


def test_the_summary_asks_as_often_for_many_as_for_few(db: None, django_assert_num_queries: Any) -> None:
    key = county("AB").pk
    with CaptureQueriesContext(connection) as few:
        services.scope_summary(Plan.objects.get(pk=key), clock.today())
    for _ in range(60):
        f.make_enterprise("C")
        f.make_inspector(f.make_department("GA"))
    with django_assert_num_queries(len(few)):
        assert services.scope_summary(Plan.objects.get(pk=key), clock.today()).total == 62


def test_the_summary_does_not_write(db: None) -> None:
    plan = county()
    before = AuditEvent.objects.count()
    services.scope_summary(plan, clock.today())
    assert AuditEvent.objects.count() == before


def test_reference_data_can_be_loaded_twice_under_a_plan(db: None) -> None:
    notice()
    before = (Department.objects.count(), InspectionItem.objects.count())
    assert not any(load_reference_data().values())
    assert (Department.objects.count(), InspectionItem.objects.count()) == before


@pytest.mark.django_db
def test_a_real_plan_leaves_a_day_between_freeze_and_draw_and_a_rehearsal_need_not() -> None:
    words = "正式任务冻结后至少 24 小时才能抽取，供各方核对名单；想马上试抽的，请建演练任务。"
    plan = county()
    for hours in (0, 23):
        with pytest.raises(DomainError) as error:
            services.update_plan(actor=plan.created_by, plan=plan, not_before_hours=hours)
        assert error.value.problems == [words]
    services.update_plan(actor=plan.created_by, plan=plan, not_before_hours=48)
    trial = copied(plan, rehearsal=True)
    services.update_plan(actor=plan.created_by, plan=trial, not_before_hours=0)
    freeze(Plan.objects.get(pk=trial.pk))
    services.run_draw(actor=plan.created_by, plan=trial, digits=DIGITS, witnesses=WITNESSES, key="trial-draw-key-01")
    assert copied(trial).not_before_hours == 24
    Plan.objects.filter(pk=plan.pk).update(not_before_hours=2)  # past the services: the freeze looks again
    with pytest.raises(DomainError) as refused:
        freeze(Plan.objects.get(pk=plan.pk))
    assert f"{words[:-1]}（第 1 步）" in refused.value.problems


@pytest.mark.django_db
def test_a_document_number_that_the_notice_left_blank_is_none() -> None:
    preset = read_fixture("plan_2024")["plan"]
    assert preset["document_number"] == "宽双随机办〔2024〕  号"  # as printed
    assert notice()[1].document_number == ""
    lead = f.make_user(Role.LEAD, department=Department.objects.get(code="WL"))
    numbered = preset | {"document_number": "宽双随机办〔2024〕3号"}
    plan = services.create_plan_from_preset(actor=lead, preset=numbered)
    assert plan.document_number == "宽双随机办〔2024〕3号"
