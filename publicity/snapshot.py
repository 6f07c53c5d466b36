"""The one list of public fields (domain.md §3.6), and nothing else of a record ever leaves for the public.

A snapshot is a plain dict: ``plan_code plan_name task_code task_name draw_type name uscc`` and, per department that
is free to publish, ``organ finished_on results remark items[{item, result}]``. Never the legal representative, a
phone, an address, an inspector, a badge or a grade (domain.md §8.2): texts that people typed are passed through
``neutral``, which takes out what the record knows of persons.
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from inspections.arrival import NOBODY_MET
from inspections.enums import (
    CLOSED_WITHOUT_VISIT,
    FREE_TO_PUBLISH,
    Answer,
    LeadDecision,
    RecordState,
    ResultCode,
    ReturnReason,
    SectionState,
)
from inspections.models import DepartmentSection, InspectionRecord
from inspections.public_text import finding_text, neutral, persons_of, remark_text  # noqa: F401 -- the gate, by name
from registry.clock import SHANGHAI

HEAD_FIELDS = ("plan_code", "plan_name", "task_code", "task_name", "draw_type", "name", "uscc")
DEPARTMENT_FIELDS = ("organ", "finished_on", "results", "remark", "items")
LABELS = {
    "plan_code": "抽查计划编号",
    "plan_name": "抽查计划名称",
    "task_code": "抽查任务编号",
    "task_name": "抽查任务名称",
    "draw_type": "抽查类型",
    "organ": "检查机关",
    "name": "抽查市场主体名称",
    "uscc": "统一社会信用代码/注册号",
    "finished_on": "检查完成日期",
    "results": "检查结果",
    "remark": "备注",
}
JOINER = "；"
NO_PROBLEM, NOT_THERE, NOT_CHECKED = "未发现问题", "无此项", "未检查"
PROBLEM_RESULTS = frozenset(
    {
        ResultCode.NOT_PUBLISHED,
        ResultCode.FALSE_PUBLISHED,
        ResultCode.UNREACHABLE,
        ResultCode.CORRECTED,
        ResultCode.UNCOOPERATIVE,
        ResultCode.PENDING,
    }
)
STATUS_OF_RETURN = {
    ReturnReason.DEREGISTERED: ResultCode.DEREGISTERED,
    ReturnReason.REVOKED: ResultCode.REVOKED,
    ReturnReason.ANNULLED: ResultCode.ANNULLED,
    ReturnReason.MOVED_OUT: ResultCode.MOVED_OUT,
}
SETTLED = CLOSED_WITHOUT_VISIT | {SectionState.APPROVED}  # nothing to wait for
CLOSED_BY_STATUS = "按登记状态结案，未实施检查"


def with_everything(records: Any) -> Any:
    """A queryset of records with all that ``snapshot_of`` reads, in a fixed number of queries."""
    return records.select_related("plan", "selection__enterprise").prefetch_related(
        "sections__department",
        "sections__results",
        "sections__findings__item",
        "sections__members__inspector",
        "sections__assistants",
        "sections__reviews__by",
        "sections__approval",
        "confirmations__by",
        "signatures",
        "phone_calls",
    )


def free_sections(record: InspectionRecord) -> list[DepartmentSection]:
    """The sections that may be published, in the order of the notice."""
    found = [section for section in record.sections.all() if section.state in FREE_TO_PUBLISH]
    return sorted(found, key=lambda section: (section.department.order, section.department.code))


def result_codes(record: InspectionRecord, section: DepartmentSection) -> list[ResultCode]:
    """The result codes of a section in the order of the code table; of a record closed by status, the status."""
    codes = {ResultCode(row.code) for row in section.results.all()}
    if not codes and record.state == RecordState.CLOSED:
        closing = [row for row in record.confirmations.all() if row.lead_decision == LeadDecision.CLOSE]
        codes = {STATUS_OF_RETURN[ReturnReason(row.reason)] for row in closing if row.reason in STATUS_OF_RETURN}
    return [code for code in ResultCode if code in codes]


def finished_on(record: InspectionRecord, section: DepartmentSection) -> dt.date | None:
    """检查完成日期: the end of the visit; of a written check its submission; of a closed record the decision."""
    if record.state == RecordState.CLOSED:
        decided = [row.lead_at for row in record.confirmations.all() if row.lead_at]
        moment = max(decided, default=section.submitted_at)
    elif section.written_only or record.visit_to is None:
        moment = section.submitted_at
    elif section.arrival in NOBODY_MET:
        moment = section.arrived_at or record.visit_to
    else:
        moment = record.visit_to
    return moment.astimezone(SHANGHAI).date() if moment else None


def _item_result(finding: Any, persons: set[str], official: str) -> str:
    if finding.answer == Answer.OK:
        return NO_PROBLEM
    if finding.answer == Answer.NOT_APPLICABLE:
        return NOT_THERE
    if finding.answer == Answer.NOT_CHECKED:
        return f"{NOT_CHECKED}（{finding.get_outcome_display()}）" if finding.outcome else NOT_CHECKED
    return finding_text(finding, persons, official)


def department_snapshot(record: InspectionRecord, section: DepartmentSection, persons: set[str]) -> dict[str, Any]:
    """What the public may see of one department; ``persons`` from ``persons_of``."""
    official = record.selection.enterprise.name
    codes = result_codes(record, section)
    day = finished_on(record, section)
    answered = [one for one in section.findings.all() if one.answer]
    return {
        "organ": section.department.name,
        "finished_on": day.isoformat() if day else "",
        "results": JOINER.join(code.label for code in codes) or CLOSED_BY_STATUS,
        "remark": remark_text(section, persons, official),
        "items": [{"item": one.item.name, "result": _item_result(one, persons, official)} for one in answered],
    }


def snapshot_of(record: InspectionRecord) -> dict[str, Any]:
    """What the public may see of a record now: its head and every department that is free to publish.

    Give a record from ``with_everything``; one without prefetches works too, with more queries.
    """
    plan, enterprise = record.plan, record.selection.enterprise
    persons = persons_of(record)
    return {
        "plan_code": plan.plan_code,
        "plan_name": plan.plan_name,
        "task_code": plan.task_code,
        "task_name": plan.task_name,
        "draw_type": plan.get_draw_type_display(),
        "name": enterprise.name,
        "uscc": enterprise.uscc,
        "departments": [department_snapshot(record, section, persons) for section in free_sections(record)],
    }


def digest_of(snapshot: dict[str, Any]) -> str:
    """SHA-256 of the snapshot as JSON with sorted keys and no spaces, UTF-8."""
    text = json.dumps(snapshot, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Change:
    """One public field before and after; empty = was not, or is no longer, there."""

    where: str
    label: str
    old: str
    new: str


def _flat(snapshot: dict[str, Any]) -> dict[tuple[str, str], str]:
    flat = {("企业", LABELS[key]): str(snapshot.get(key, "")) for key in HEAD_FIELDS}
    for row in snapshot.get("departments", []):
        flat |= {(row["organ"], LABELS[key]): row[key] for key in ("finished_on", "results", "remark")}
        flat |= {(row["organ"], one["item"]): one["result"] for one in row["items"]}
    return flat


def difference(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """The public fields in which two snapshots differ, in the order of the newer one."""
    before, after = _flat(old), _flat(new)
    keys = [*after, *(key for key in before if key not in after)]
    return [
        Change(where, label, before.get((where, label), ""), after.get((where, label), ""))
        for where, label in keys
        if before.get((where, label), "") != after.get((where, label), "")
    ]
