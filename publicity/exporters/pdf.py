"""工作总结 on paper: GB/T 9704 margins and type, the outline of domain.md §6.3, numbers from the statistics."""

from typing import Any

from django.template.loader import render_to_string

from inspections.enums import ResultCode
from publicity import statistics
from publicity.models import PlanSummary
from publicity.snapshot import PROBLEM_RESULTS
from publicity.statistics import Facts, Table


def _by_department(facts: Facts) -> list[dict[str, Any]]:
    """Per department: entered, and the results with their counts in the order of the code table."""
    rows = []
    for department in facts.departments:
        entered = [one for record in facts.records for one in record.sections
                   if one.department_id == department.pk and one.entered_on]  # fmt: skip
        results = [(code.label, sum(code in one.codes for one in entered)) for code in ResultCode]
        found = [(label, count) for label, count in results if count]
        rows.append({"name": department.name, "entered": len(entered), "results": found})
    return rows


def _measures(facts: Facts) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for record in facts.records:
        for section in record.sections:
            for row in section.follow_ups:
                counts[row.get_measure_display()] = counts.get(row.get_measure_display(), 0) + 1
    return list(counts.items())


def summary_context(summary: PlanSummary) -> dict[str, Any]:
    """The words and the numbers of a summary."""
    facts = statistics.gather(summary.plan, summary.as_of)
    tables = {table.code: table for table in statistics.all_tables(facts, grades=True)}
    checked = [one for one in facts.records if one.checked]
    people = [pk for record in facts.records for section in record.sections for pk in section.people]
    kinds = sum(len(PROBLEM_RESULTS & set(one.codes)) for record in facts.records for one in record.sections)
    shown: list[Table] = [tables[code] for code in ("T1", "T2", "T3", "T4")]
    return {
        "summary": summary,
        "plan": summary.plan,
        "facts": facts,
        "checked": len(checked),
        "problems": sum(one.problem for one in checked),
        "problem_sections": kinds,
        "persons": len(set(people)),
        "visits": len(people),
        "actual": statistics.percent(statistics.rate(facts.picks, facts.base)),
        "departments": _by_department(facts),
        "grades": _split_rows(tables["T3"]),
        "industries": _split_rows(tables["T4"]),
        "measures": _measures(facts),
        "tables": shown,
        "pdf": True,
        "draft": False,
        "rehearsal": summary.plan.rehearsal,
    }


def _split_rows(table: Table) -> list[dict[str, Any]]:
    """The rows of T3 or T4 as the letter names them."""
    names = {
        "picks": "抽取数",
        "went": "递补换出",
        "came": "递补换入",
        "due": "应检",
        "checked": "已检",
        "bad": "问题户数",
    }
    return [
        {"name": row[0]} | {key: table.value(index, label) for key, label in names.items()}
        for index, row in enumerate(table.rows)
    ]


def render_summary(summary: PlanSummary) -> bytes:
    """The summary as PDF: the letter, then T1–T4 on A4 landscape."""
    from registry.printing import to_pdf  # noqa: PLC0415 -- slow import, on demand

    return to_pdf(render_to_string("print/summary.html", summary_context(summary)))
