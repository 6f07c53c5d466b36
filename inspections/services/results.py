"""Department result (部门检查结果): derived from the answers, then chosen and confirmed by the inspectors.

Rules of domain.md §2.2 and decisions.md. Nothing here writes.
"""

from collections.abc import Collection, Iterable

from inspections.enums import (
    EXCLUSIVE_RESULTS,
    MARKET_ONLY_RESULTS,
    RESULTS_WITHOUT_NOTE,
    STATUS_RESULTS,
    Answer,
    ResultCode,
)
from inspections.models import DepartmentSection

MARKET_CODE = "SJ"  # 市场监管: the only department that judges 公示信息
PROBLEM_RESULTS = {ResultCode.CORRECTED, ResultCode.PENDING}
# What may stand when nothing was looked at: the state of the enterprise, or why it could not be inspected.
WITHOUT_CHECK = STATUS_RESULTS | {ResultCode.UNREACHABLE, ResultCode.NO_ACTIVITY, ResultCode.UNCOOPERATIVE}


def results_of(answers: Iterable[tuple[str, bool]]) -> list[ResultCode]:
    """The result that (answer, put right on the spot) pairs lead to; unanswered items ('') are left out.

    Any 不符合: CORRECTED if each was put right on the spot, else PENDING; else at least one 符合: NO_PROBLEM; only
    合理缺项: NO_ITEMS. An empty list means that the inspectors have to choose (nothing answered, or only 未检查).
    """
    given = [(answer, corrected) for answer, corrected in answers if answer]
    kinds = {answer for answer, _ in given}
    if Answer.NOT_OK in kinds:
        on_the_spot = all(corrected for answer, corrected in given if answer == Answer.NOT_OK)
        return [ResultCode.CORRECTED if on_the_spot else ResultCode.PENDING]
    if Answer.OK in kinds:
        return [ResultCode.NO_PROBLEM]
    if kinds == {Answer.NOT_APPLICABLE}:
        return [ResultCode.NO_ITEMS]
    return []


def derive_results(section: DepartmentSection) -> list[ResultCode]:
    """``results_of`` the findings of a section."""
    return results_of((finding.answer, finding.corrected) for finding in section.findings.all())


def codes_of(section: DepartmentSection) -> list[str]:
    """The codes chosen so far, in the order of the table of results."""
    order = list(ResultCode.values)
    return sorted((row.code for row in section.results.all()), key=order.index)


def needs_note(codes: Iterable[str]) -> bool:
    """Whether a 结果说明 is owed for these codes."""
    return any(code not in RESULTS_WITHOUT_NOTE for code in codes)


def allowed_codes(section: DepartmentSection) -> list[ResultCode]:
    """Codes that this department may choose at all (公示信息 only by 市场监管)."""
    market = section.department.code == MARKET_CODE
    return [code for code in ResultCode if market or code not in MARKET_ONLY_RESULTS]


def result_problems(section: DepartmentSection, codes: Collection[str], note: str) -> list[str]:
    """What is wrong with the chosen codes, in words; empty when they may stand."""
    if not codes:
        return ["请选择检查结果。"]
    if unknown := sorted(set(codes) - set(ResultCode.values)):
        return [f"没有“{'、'.join(unknown)}”这种检查结果，请重新选择。"]
    chosen = [ResultCode(code) for code in ResultCode.values if code in set(codes)]
    problems = []
    alone = next((code for code in chosen if code in EXCLUSIVE_RESULTS), None)
    if alone and len(chosen) > 1:
        problems.append(f"“{alone.label}”只能单独选择，请取消其他结果或取消这一项。")
    problems += [
        f"“{code.label}”只能由市场监管部门选择，请取消。"
        for code in chosen
        if code in MARKET_ONLY_RESULTS and section.department.code != MARKET_CODE
    ]
    problems += _against_answers(section, set(chosen))
    if needs_note(chosen) and not note.strip():
        first = next(code for code in chosen if code not in RESULTS_WITHOUT_NOTE)
        problems.append(f"选择“{first.label}”时，请在结果说明里写清情况。")
    return problems


def _against_answers(section: DepartmentSection, chosen: set[ResultCode]) -> list[str]:
    answers = [finding.answer for finding in section.findings.all() if finding.answer]
    bad = answers.count(Answer.NOT_OK)
    if bad and not chosen & PROBLEM_RESULTS:
        return [
            f"有 {bad} 项不符合，结果应包含“{ResultCode.CORRECTED.label}”或“{ResultCode.PENDING.label}”。",
        ]
    problems = []
    if not bad and ResultCode.CORRECTED in chosen:
        problems.append(f"没有不符合的事项，不能选“{ResultCode.CORRECTED.label}”；请先在事项里写明问题。")
    if ResultCode.NO_PROBLEM in chosen and Answer.OK not in answers:
        problems.append(f"没有一项是“符合”，不能选“{ResultCode.NO_PROBLEM.label}”。")
    if ResultCode.NO_ITEMS in chosen and set(answers) != {Answer.NOT_APPLICABLE}:
        problems.append(f"只有全部事项都是合理缺项时，才能选“{ResultCode.NO_ITEMS.label}”。")
    unchecked = Answer.NOT_CHECKED in answers and not {Answer.OK, Answer.NOT_OK} & set(answers)
    if unchecked and not chosen & WITHOUT_CHECK and not problems:
        problems.append("没有一项实际检查过，请按企业状况选择结果（如注销、无法联系、未发现经营活动）。")
    return problems
