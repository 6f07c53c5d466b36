"""Department result: derived from the answers, then chosen and confirmed (decisions.md, domain.md §2.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.enums import Answer, ResultCode
from inspections.models import DepartmentSection
from inspections.services.results import derive_results, needs_note, result_problems, results_of
from tests import factories as f

ANSWERS = st.lists(st.tuples(st.sampled_from(["", *Answer.values]), st.booleans()), max_size=8)


def expected(pairs: list[tuple[str, bool]]) -> list[str]:
    """The rule of decisions.md, written a second time with counts."""
    count = {answer: sum(one == answer for one, _ in pairs) for answer in Answer.values}
    if count["NOT_OK"]:
        on_the_spot = sum(one == "NOT_OK" and corrected for one, corrected in pairs)
        return ["CORRECTED" if on_the_spot == count["NOT_OK"] else "PENDING"]
    if count["OK"]:
        return ["NO_PROBLEM"]
    return ["NO_ITEMS"] if count["NOT_APPLICABLE"] and not count["NOT_CHECKED"] else []


@given(ANSWERS)
def test_the_rule(pairs: list[tuple[str, bool]]) -> None:
    assert results_of(pairs) == expected(pairs)


@given(ANSWERS, st.randoms(use_true_random=False))
def test_order_does_not_matter(pairs: list[tuple[str, bool]], chance: object) -> None:
    mixed = list(pairs)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert results_of(mixed) == results_of(pairs)


@given(ANSWERS)
def test_corrected_counts_only_for_what_is_wrong(pairs: list[tuple[str, bool]]) -> None:
    cleaned = [(answer, corrected and answer == Answer.NOT_OK) for answer, corrected in pairs]
    assert results_of(cleaned) == results_of(pairs)


STILL = "填的是未改正，不能选“发现问题已责令改正”；已经改正的，请先在事项里选已当场改正。"
BOTH = "“发现问题已责令改正”和“发现问题待后续处理”只能选一项：有一项没有当场改正，就是待后续处理。"
SHOULD = "结果应包含“发现问题已责令改正”或“发现问题待后续处理”。"


def section_with(answers: list[tuple[str, bool]], department: str = "WL") -> DepartmentSection:
    f.make_item(f.make_department(department))
    plan = f.make_plan(departments=(department,), lead=department)
    for _ in range(len(answers) - plan.items.count()):
        plan.items.add(f.make_item(f.make_department(department)))
    record = f.make_records(f.make_draw(plan, [f.make_enterprise()], teams=1))[0]
    section: DepartmentSection = record.sections.get()
    for finding, (answer, corrected) in zip(section.findings.order_by("order"), answers, strict=False):
        finding.answer, finding.corrected = answer, corrected
        finding.save()
    return section


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("answers", "codes", "note", "problems"),
    [
        ([("OK", False)], [], "", ["请选择检查结果。"]),
        ([("OK", False)], ["NO_PROBLEM"], "", []),
        (
            [("OK", False)],
            ["NO_PROBLEM", "UNCOOPERATIVE"],
            "拒不提供资料",
            ["“未发现问题”只能单独选择，请取消其他结果或取消这一项。"],
        ),
        ([("OK", False)], ["UNCOOPERATIVE"], "", ["选择“不配合检查情节严重”时，请在结果说明里写清情况。"]),
        ([("OK", False)], ["UNCOOPERATIVE"], "拒不提供资料", []),
        (
            [("OK", False)],
            ["FALSE_PUBLISHED"],
            "年报不实",
            ["“公示信息隐瞒真实情况、弄虚作假”只能由市场监管部门选择，请取消。"],
        ),
        (
            [("NOT_OK", False)],
            ["UNCOOPERATIVE"],
            "拒不提供资料",
            ["有 1 项不符合，" + SHOULD],
        ),
        ([("NOT_OK", True)], ["CORRECTED"], "已当场责令", []),
        ([("NOT_OK", True), ("NOT_OK", False)], ["CORRECTED"], "已当场责令", ["第 2 项" + STILL]),
        ([("NOT_OK", True)], ["CORRECTED", "PENDING"], "x", [BOTH]),
        ([("OK", False)], ["PENDING"], "x", ["没有不符合的事项，不能选“发现问题待后续处理”；请先在事项里写明问题。"]),
        ([("NOT_OK", False)], ["UNREACHABLE"], "x", ["有 1 项不符合，" + SHOULD]),
        ([("NOT_OK", True)], ["PENDING", "UNCOOPERATIVE"], "另案处理", []),
        ([("OK", False)], ["CORRECTED"], "x", ["没有不符合的事项，不能选“发现问题已责令改正”；请先在事项里写明问题。"]),
        ([("NOT_APPLICABLE", False)], ["NO_PROBLEM"], "", ["没有一项是“符合”，不能选“未发现问题”。"]),
        ([("NOT_APPLICABLE", False)], ["NO_ITEMS"], "", []),
        ([("OK", False)], ["NO_ITEMS"], "", ["只有全部事项都是合理缺项时，才能选“无检查事项”。"]),
        (
            [("NOT_CHECKED", False)],
            ["PENDING"],
            "x",
            ["没有一项实际检查过，请按企业状况选择结果（如注销、无法联系、未发现经营活动）。"],
        ),
        ([("NOT_CHECKED", False)], ["UNREACHABLE"], "两次上门，无人应答", []),
        ([("NOT_CHECKED", False)], ["DEREGISTERED"], "9月1日注销", []),
        ([("OK", False)], ["没有这种"], "", ["没有“没有这种”这种检查结果，请重新选择。"]),
    ],
)
def test_what_may_be_chosen(answers: list[tuple[str, bool]], codes: list[str], note: str, problems: list[str]) -> None:
    assert result_problems(section_with(answers), codes, note) == problems


@pytest.mark.django_db
def test_market_regulation_may_judge_published_information() -> None:
    section = section_with([("NOT_OK", False)], department="SJ")
    assert result_problems(section, ["FALSE_PUBLISHED", "PENDING"], "年报资产不实") == []


@pytest.mark.django_db
def test_derived_from_the_stored_answers() -> None:
    section = section_with([("NOT_OK", True), ("OK", False), ("NOT_OK", False)])
    assert derive_results(section) == [ResultCode.PENDING]
    section.findings.filter(answer="NOT_OK").update(corrected=True)
    assert derive_results(section) == [ResultCode.CORRECTED]


def test_only_two_results_need_no_note() -> None:
    assert [code for code in ResultCode.values if not needs_note([code])] == ["NO_PROBLEM", "NO_ITEMS"]
