"""Recent-inspection classes and yearly caps (draw.md §4)."""

import datetime as dt
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from registry.errors import DomainError
from registry.models import Enterprise, PastInspection
from sampling import bundle, services
from sampling.models import Plan
from sampling.services.past import months_before
from tests import factories as f
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db
TODAY = p.FROZEN_AT.date()


def visited(enterprise: Enterprise, *days: dt.date, departments: str = "WL") -> None:
    for day in days:
        for code in departments.split():
            PastInspection.objects.create(
                enterprise=enterprise, department=f.make_department(code), day=day, source="导入"
            )


def classed(grades: str, recent: int, **fields: Any) -> tuple[Plan, list[Enterprise]]:
    """A plan whose grade A has classes over six months; the first ``recent`` enterprises were visited in May."""
    plan = p.county(grades)
    rows = list(Enterprise.objects.order_by("uscc"))
    for one in rows[:recent]:
        visited(one, dt.date(2024, 5, 6))
    services.update_plan(
        actor=plan.created_by, plan=plan, recent_months=6, weight_other=4, weight_recent=1, classes=["A"], **fields
    )
    return Plan.objects.get(pk=plan.pk), rows


def test_recent_ones_are_a_stratum_of_their_grade_with_the_smaller_weight(tmp_path: Path) -> None:
    plan, _ = classed("A" * 12 + "B" * 4, recent=6)
    summary = services.scope_summary(plan, TODAY)
    assert [(one.stratum, one.size, one.weight, one.expected) for one in summary.classes] == [
        ("A", 6, 4, Fraction(24, 5)), ("A-2", 6, 1, Fraction(6, 5)),
    ]  # fmt: skip
    assert [one.words for one in summary.classes] == ["4 或 5 家，平均 4.80 家", "1 或 2 家，平均 1.20 家"]
    assert [one.chance for one in summary.classes] == ["80", "20"]
    roster = p.freeze(plan)
    assert roster.counts == {"A": 6, "A-2": 6, "B": 4}
    lines = services.bundle_files(roster)["plan"].decode().splitlines()
    assert {"stratum\tA\tA\t4", "stratum\tA-2\tA\t1", "stratum\tB\tB\t1", "group\tA\trate\t1/2"} <= set(lines)
    draw = p.draw(plan)
    drawn = {one["stratum"]: (one["drawn"], one["expected"]) for one in draw.strata}
    assert drawn["A"][0] + drawn["A-2"][0] == 6  # the grade's total is unchanged
    assert (drawn["A"][1], drawn["A-2"][1]) == ("24/5", "6/5")
    assert bundle.verify_folder(p.export(roster, tmp_path)).picks == 8


def test_off_by_default_and_for_grades_without_classes() -> None:
    plan = p.county("AAAA")
    visited(Enterprise.objects.order_by("uscc")[0], dt.date(2024, 5, 6))
    assert services.scope_summary(plan, TODAY).classes == []
    assert p.freeze(plan).counts == {"A": 4}


def test_drawn_lately_counts_before_anybody_came_but_not_in_a_rehearsal_or_a_void_draw() -> None:
    first = p.county("AAAA")
    p.freeze(first)
    draw = p.draw(first)
    plan = p.copied(first)
    services.update_plan(actor=plan.created_by, plan=plan, recent_months=6, classes=["A"])
    plan = Plan.objects.get(pk=plan.pk)
    sizes = {one.stratum: one.size for one in services.scope_summary(plan, p.DRAWN_AT.date()).classes}
    assert sizes == {"A": 2, "A-2": 2}
    gone = draw.selections.filter(kind="MAIN")[0]
    services.call_up_reserve(actor=first.created_by, selection=gone, code="duplicate", reason="重复")
    listed = {one.stratum: one.size for one in services.scope_summary(plan, p.DRAWN_AT.date()).classes}
    assert listed == {"A": 2, "A-2": 2}  # the one taken out is free again, the one called up is not
    request = services.request_void(actor=first.created_by, plan=first, reason="试")
    services.confirm_void(actor=p.colleague(first), request=request)
    assert services.scope_summary(plan, p.DRAWN_AT.date()).classes[1].size == 0


def test_at_the_cap_an_enterprise_is_left_out_with_the_reason_and_before_it_a_warning() -> None:
    plan = p.county("AAAA")
    rows = list(Enterprise.objects.order_by("uscc"))
    visited(rows[0], dt.date(2024, 2, 1), dt.date(2024, 3, 1))
    visited(rows[1], dt.date(2024, 2, 1), departments="WL GA")  # a joint visit of one day is one inspection
    visited(rows[2], dt.date(2023, 2, 1), dt.date(2023, 3, 1))  # last year does not count
    services.update_plan(actor=plan.created_by, plan=plan, caps={"A": 2})
    plan = Plan.objects.get(pk=plan.pk)
    summary = services.scope_summary(plan, TODAY)
    assert (summary.total, summary.excluded) == (3, {"cap": 1})
    assert "A级有 1 家再检查一次就达到本年上限 2 次" in summary.warnings
    roster = p.freeze(plan)
    assert services.bundle_files(roster)["exclude"].decode().splitlines()[1:] == [f"{rows[0].uscc}\tcap"]


def test_over_the_cap_only_with_a_reason_that_is_recorded() -> None:
    plan = p.county("AAAA")
    visited(Enterprise.objects.order_by("uscc")[0], dt.date(2024, 2, 1))
    services.update_plan(actor=plan.created_by, plan=plan, caps={"A": 1}, cap_reason="省局专项部署")
    plan = Plan.objects.get(pk=plan.pk)
    summary = services.scope_summary(plan, TODAY)
    assert (summary.total, summary.excluded) == (4, {})
    assert "A级有 1 家已达到本年上限 1 次，按写明的理由仍列入" in summary.warnings
    roster = p.freeze(plan)
    assert roster.counts == {"A": 4}
    from registry.models import AuditEvent

    assert AuditEvent.objects.get(action="冻结名单").after["cap_reason"] == "省局专项部署"


def test_a_grade_that_is_wholly_over_the_cap_leaves_nothing_to_draw() -> None:
    plan = p.county("AA")
    for one in Enterprise.objects.all():
        visited(one, dt.date(2024, 2, 1))
    services.update_plan(actor=plan.created_by, plan=plan, caps={"A": 1})
    with pytest.raises(DomainError) as caught:
        p.freeze(Plan.objects.get(pk=plan.pk))
    assert "没有一家企业符合范围" in "".join(caught.value.problems)


def test_the_settings_survive_a_copy_and_a_change_of_rates() -> None:
    plan, _ = classed("AAAA", recent=0, caps={"A": 2})
    services.update_plan(actor=plan.created_by, plan=plan, rates=p.RATES)
    copy = p.copied(plan)
    row = copy.rates.get(grade="A")
    assert (row.cap, row.classes, copy.recent_months) == (2, True, 6)


def test_the_day_months_before() -> None:
    assert months_before(dt.date(2024, 8, 31), 6) == dt.date(2024, 2, 29)
    assert months_before(dt.date(2024, 1, 15), 12) == dt.date(2023, 1, 15)
    assert months_before(dt.date(2024, 1, 15), 1) == dt.date(2023, 12, 15)
