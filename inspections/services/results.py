"""Department result (部门检查结果): derived from the answers, then chosen and confirmed by the inspectors.

Rules of domain.md §2.2 and decisions.md; what may stand with what is site_rules.py, here asked of a stored section.
Nothing here writes.
"""

from collections.abc import Collection, Iterable
from typing import Any

from inspections.enums import MARKET_ONLY_RESULTS, RESULTS_WITHOUT_NOTE, Answer, ResultCode
from inspections.models import DepartmentSection
from inspections.rule import Rule, broken
from inspections.site_facts import result_facts
from inspections.site_rules import EXCLUSIVE, RESULT, RESULT_FITS, RESULT_HOLDS

MARKET_CODE = "SJ"  # 市场监管: the only department that judges 公示信息


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


def note_of(findings: Iterable[Any]) -> str:
    """A 结果说明 as the items already say it: what is wrong, item by item; empty when nothing is."""
    lines = [
        f"{one.order} {one.item.name}：{one.text}" + ("（已当场改正）" if one.corrected else "")
        for one in findings
        if one.answer == Answer.NOT_OK and one.text
    ]
    return "；".join(lines)


def allowed_codes(section: DepartmentSection) -> list[ResultCode]:
    """Codes that this department may choose at all (公示信息 only by 市场监管)."""
    return [code for code in ResultCode if is_market(section) or code not in MARKET_ONLY_RESULTS]


def is_market(section: DepartmentSection) -> bool:
    """Whether the department judges 公示信息."""
    return bool(section.department.code == MARKET_CODE)


def facts_of(
    section: DepartmentSection, codes: Collection[str], note: str, *, confirmed: bool = False
) -> dict[str, Any]:
    """What the rules are asked of, for codes that are chosen or might be."""
    items = [(one.order, one.answer, one.corrected) for one in section.findings.all()]
    arrival = "" if section.written_only else section.arrival
    return result_facts(items, codes, note, market=is_market(section), confirmed=confirmed, arrival=arrival)


def result_problems(section: DepartmentSection, codes: Collection[str], note: str) -> list[str]:
    """What is wrong with the chosen codes, in words; empty when they may stand."""
    return _problems(section, codes, note, RESULT)


def misfits(section: DepartmentSection, codes: Collection[str]) -> list[str]:
    """What keeps the codes from being stored at all, also as a draft: they exclude each other, or the answers do."""
    return _problems(section, codes, "", RESULT_FITS)


def _problems(section: DepartmentSection, codes: Collection[str], note: str, rules: Iterable[Rule]) -> list[str]:
    if unknown := sorted(set(codes) - set(ResultCode.values)):
        return [f"没有“{'、'.join(unknown)}”这种检查结果，请重新选择。"]
    facts = facts_of(section, codes, note)
    return [rule.words(facts) for rule in broken(rules, facts)]


def why_not(section: DepartmentSection, code: ResultCode) -> str:
    """Why the answers forbid a code, in short; empty when it may be chosen."""
    together = [code] if code in EXCLUSIVE else [code, *derive_results(section)]
    facts = facts_of(section, together, "")
    return next((rule.why.format_map(facts) for rule in broken([*RESULT_FITS, *RESULT_HOLDS], facts) if rule.why), "")
