"""The freeze: all or nothing, refused in words, complete lists, digests, nothing written twice."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from registry import audit, clock
from registry.enums import InspectorStatus, RegStatus, Role
from registry.errors import DomainError
from registry.models import Enterprise, Inspector, Recusal, RiskRating
from sampling import bundle, services
from sampling.enums import PlanState
from sampling.models import BundleFile, LogEntry, LogHead, Plan, Roster
from tests import factories as f
from tests.sampling.plans import FROZEN_AT, at, county, drawn, freeze, salts

pytestmark = pytest.mark.django_db


def rows(roster: Roster, name: str) -> list[list[str]]:
    """The rows of a stored TSV file."""
    content = roster.files.get(name=name).content
    return [line.split("\t") for line in content.splitlines()[1:]]


def refusal(plan: Plan) -> list[str]:
    """Why the freeze refuses; nothing may be left of it."""
    with pytest.raises(DomainError) as refused:
        freeze(plan)
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT
    assert (Roster.objects.count(), BundleFile.objects.count(), LogEntry.objects.count()) == (0, 0, 0)
    return refused.value.problems


# -------------------------------------------------------------------------------------------------- refused in words


def test_too_few_people_are_counted_out_loud() -> None:
    plan = county(people=5)
    away = Inspector.objects.filter(department__code="GA").order_by("badge").values_list("pk", flat=True)[:2]
    Inspector.objects.filter(pk__in=list(away)).update(status=InspectorStatus.UNAVAILABLE)
    (problem,) = refusal(plan)
    assert "公安局只有 3 名可抽取人员，每队 2 人、2 队需要 4 人" in problem


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda plan: plan.rates.filter(grade="C").delete(), "C级有 1 家，还没有设置比例"),
        (lambda plan: plan.industries.clear(), "定向抽查要写明行业"),
        (lambda plan: plan.items.clear(), "还没有选择抽查事项"),
        (lambda plan: plan.departments.all().delete(), "还没有选择参与部门"),
        (lambda plan: plan.rates.update(numerator=0, denominator=1), "一家也抽不到"),
        (lambda plan: Plan.objects.filter(pk=plan.pk).update(authority="别处"), "没有一家企业符合范围"),
        (lambda plan: Plan.objects.filter(pk=plan.pk).update(period_to=dt.date(2027, 5, 1)), "2025年日历未录入"),
        (lambda plan: Plan.objects.filter(pk=plan.pk).update(period_to=dt.date(2024, 6, 3)), "请在第 1 步延后"),
    ],
)
def test_what_is_missing_is_named(change: Callable[[Plan], Any], words: str) -> None:
    plan = county()
    change(plan)
    assert any(words in problem for problem in refusal(Plan.objects.get(pk=plan.pk)))


def test_an_enterprise_that_every_team_might_have_to_avoid_is_named() -> None:
    plan = county()
    enterprise = Enterprise.objects.order_by("uscc")[0]
    people = list(Inspector.objects.filter(department__code="GA").order_by("badge")[:2])
    for inspector in people:
        Recusal.objects.create(
            inspector=inspector, enterprise=enterprise, reason="近亲属", declared_by=plan.created_by,
            declared_at=FROZEN_AT,
        )  # fmt: skip
    (problem,) = refusal(plan)
    assert enterprise.name in problem
    assert all(inspector.name in problem for inspector in people)
    assert "2 队" in problem


def test_a_refused_recusal_does_not_count() -> None:
    plan = county()
    enterprise = Enterprise.objects.order_by("uscc")[0]
    for inspector in Inspector.objects.filter(department__code="GA").order_by("badge")[:2]:
        Recusal.objects.create(
            inspector=inspector, enterprise=enterprise, reason="近亲属", declared_by=plan.created_by,
            declared_at=FROZEN_AT, accepted=False,
        )  # fmt: skip
    assert rows(freeze(plan), "recuse") == []


# ------------------------------------------------------------------------------------------------------ what is frozen


def test_roster_and_exclusions_are_the_whole_registry() -> None:
    plan = county("AABBCN")
    f.make_enterprise("A", industries=("CINEMA",))
    f.make_enterprise("A", industries=())
    f.make_enterprise("B", authority="别县市场监督管理局")
    f.make_enterprise("B", status=RegStatus.DEREGISTERED)
    f.make_enterprise("", registered_on=dt.date(2024, 6, 1))
    roster = freeze(plan)
    inside = {row[0] for row in rows(roster, "roster")}
    outside = {row[0]: row[1] for row in rows(roster, "exclude")}
    assert inside.isdisjoint(outside)
    assert inside | set(outside) == set(Enterprise.objects.values_list("uscc", flat=True))
    assert len(inside) == roster.total == 6
    assert sorted(outside.values()) == ["after-cutoff", "authority", "industry", "industry", "status"]


def test_the_day_before_the_cut_off_is_in() -> None:
    plan = county("A" * 4)
    last = f.make_enterprise("A", registered_on=dt.date(2024, 5, 31))
    f.make_enterprise("A", registered_on=dt.date(2024, 6, 1))
    inside = {row[0] for row in rows(freeze(plan), "roster")}
    assert last.uscc in inside
    assert len(inside) == 5


def test_the_newest_grade_of_the_freeze_day_counts() -> None:
    plan = county("AAAA")
    enterprise = f.make_enterprise("A")
    scheme = f.make_scheme()
    for code, day in (("D", dt.date(2024, 6, 3)), ("E", dt.date(2024, 6, 4))):
        level = scheme.levels.get(code=code)
        RiskRating.objects.create(enterprise=enterprise, scheme=scheme, level=level, as_of=day, is_current=False)
    found = {row[0]: row[1] for row in rows(freeze(plan), "roster")}
    assert found[enterprise.uscc] == "D"


@pytest.mark.parametrize(
    "fields",
    [
        {"badge_valid_until": dt.date(2024, 10, 30)},
        {"status": "UNAVAILABLE"},
        {"unavailable_from": dt.date(2024, 6, 3), "unavailable_to": dt.date(2024, 6, 3)},
    ],
)
def test_who_cannot_go_is_not_in_the_pool(fields: dict[str, Any]) -> None:
    plan = county()
    out = f.make_inspector(f.make_department("GA"), **fields)
    kept = f.make_inspector(f.make_department("GA"), badge_valid_until=dt.date(2024, 10, 31))
    roster = freeze(plan)
    pool = set(roster.pool.values_list("inspector", flat=True))
    assert out.pk not in pool
    assert kept.pk in pool
    assert len(rows(roster, "pool")) == len(pool) == 11


def test_no_name_and_no_badge_stand_in_a_digested_file() -> None:
    plan = county()
    roster = freeze(plan)
    published = "".join(roster.files.exclude(name="names").values_list("content", flat=True))
    secret = [*Inspector.objects.values_list("name", flat=True), *Inspector.objects.values_list("badge", flat=True)]
    secret += list(Enterprise.objects.values_list("name", flat=True))
    assert [word for word in secret if word in published] == []
    assert all(salt not in published for salt in salts().values())


def test_every_file_has_its_own_digest_and_the_freeze_names_them() -> None:
    roster = freeze(county())
    stored = {row.name: row for row in roster.files.all()}
    assert set(stored) == {"exclude", "freeze", "names", "plan", "pool", "public-plan", "recuse", "roster"}
    for row in stored.values():
        assert row.sha256 == bundle.sha256_hex(row.content.encode())
        assert row.size == len(row.content.encode())
    assert roster.digest == stored["freeze"].sha256
    for name in ("exclude", "plan", "pool", "recuse", "roster"):
        assert stored[name].sha256 in stored["freeze"].content


def test_salts_handed_in_twice_give_the_same_bytes() -> None:
    plan = county()

    def files() -> dict[str, bytes]:
        with transaction.atomic():
            made = services.bundle_files(freeze(plan))
            transaction.set_rollback(True)
        return made

    first = files()
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.DRAFT)
    plan.refresh_from_db()
    assert files() == first


def test_salts_of_the_machine_differ_each_time() -> None:
    plan, pids = county(), []
    for _ in range(2):
        with transaction.atomic():
            at(FROZEN_AT)
            roster = services.freeze_plan(actor=plan.created_by, plan=plan)
            pids.append(set(roster.pool.values_list("pid", flat=True)))
            transaction.set_rollback(True)
        plan.refresh_from_db()
    assert pids[0].isdisjoint(pids[1])


def test_the_freeze_is_chained_and_in_the_trail() -> None:
    roster = freeze(county())
    entry, shown = LogEntry.objects.order_by("seq")
    assert (entry.seq, entry.kind, entry.sha256) == (1, "FREEZE", roster.digest)
    assert (shown.seq, shown.kind) == (2, "PUBLIC-PLAN")
    assert LogHead.objects.get().chain == shown.chain
    assert audit.verify_all() == []


def test_a_second_freeze_is_refused() -> None:
    plan = county()
    freeze(plan)
    with pytest.raises(DomainError, match="名单已冻结"):
        freeze(plan)
    assert Roster.objects.count() == 1


def test_a_clock_that_was_set_back_does_not_turn_the_log_round() -> None:
    first = freeze(county())
    plan = f.make_plan(departments=("WL", "GA"), created_by=first.plan.created_by)
    at(FROZEN_AT - dt.timedelta(hours=5))
    services.freeze_plan(actor=plan.created_by, plan=plan, salts=salts())
    times = list(LogEntry.objects.order_by("seq").values_list("time", flat=True))
    assert times == sorted(times)
    assert len(times) == 4


# ------------------------------------------------------------------------------------------------------- append-only

APPEND_ONLY = [
    "sampling_roster", "sampling_bundlefile", "sampling_poolmember", "sampling_logentry", "sampling_draw",
    "sampling_selection", "sampling_teammember", "sampling_match", "sampling_drawevent",
]  # fmt: skip


def _changeable(table: str) -> str:
    """Some column that is not the key."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} LIMIT 1")
        return str(next(column[0] for column in cursor.description if column[0] != "id"))


def test_raw_sql_cannot_touch_what_was_drawn() -> None:
    draw = drawn()
    services.call_up_reserve(
        actor=draw.plan.created_by, selection=draw.selections.filter(kind="MAIN", stratum="A")[0], code="moved-out",
        reason="已迁出",
    )  # fmt: skip
    touched = []
    for table in APPEND_ONLY:
        column = _changeable(table)
        for statement in (f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}"):
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT count(*) FROM {table}")
                assert cursor.fetchone()[0] > 0, table
            with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)
            touched.append(statement)
    assert len(touched) == 2 * len(APPEND_ONLY)


# ------------------------------------------------------------------------------------------------------------- size


@pytest.mark.slow
def test_twenty_thousand_enterprises_freeze_at_once() -> None:
    plan = county("AB")
    authority = "演示县市场监督管理局"
    made = Enterprise.objects.bulk_create(
        [
            Enterprise(
                uscc=f.uscc(1_000_000 + number), name=f"演示{number}", entity_type="COMPANY", authority=authority,
                status=RegStatus.ACTIVE, registered_on=dt.date(2020, 1, 1), address="演示", updated_at=FROZEN_AT,
            )
            for number in range(20_000)
        ],
        batch_size=2000,
    )  # fmt: skip
    through = Enterprise.industries.through
    industry = f.make_industry().pk
    tagged = [through(enterprise_id=one.pk, industry_id=industry) for one in made]
    through.objects.bulk_create(tagged, batch_size=5000)
    level = f.make_scheme().levels.get(code="B")
    RiskRating.objects.bulk_create(
        [RiskRating(enterprise=one, scheme=level.scheme, level=level, as_of=dt.date(2024, 1, 1)) for one in made[::2]],
        batch_size=5000,
    )
    roster = freeze(plan)
    assert roster.total == 20_002
    assert roster.counts == {"A": 1, "B": 10_001, "N": 10_000}


def test_the_earliest_draw_is_a_day_later() -> None:
    roster = freeze(county())
    assert roster.not_before == FROZEN_AT + dt.timedelta(hours=24)
    assert clock.now() == FROZEN_AT


def test_only_the_lead_bureau_freezes() -> None:
    plan = county()
    for role in (Role.AUDITOR, Role.SYSADMIN, Role.DEPT_ADMIN):
        with pytest.raises(DomainError, match="牵头"):
            services.freeze_plan(actor=f.make_user(role), plan=plan)
    assert Roster.objects.count() == 0
