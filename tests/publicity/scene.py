"""A small campaign whose every number can be counted by hand; see the table in test_statistics.py."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import time_machine

from inspections.enums import RecordState, SectionState
from inspections.models import DepartmentSection, FollowUp, InspectionRecord
from publicity.models import Publication
from publicity.services import publish_records
from registry.enums import Role
from registry.models import Enterprise, User
from sampling.enums import PlanState
from sampling.models import Draw, Plan
from tests.factories import (
    SHANGHAI,
    approve_sections,
    make_department,
    make_draw,
    make_enterprise,
    make_plan,
    make_records,
    make_user,
)

PLANTED = {
    "legal_rep": "独孤求败甲",
    "contact_name": "东方不败乙",
    "contact_phone": "13812345678",
    "address": "演示镇绝密街七号",
}


def at(text: str) -> dt.datetime:
    """A moment in Shanghai."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def when(text: str) -> Any:
    """Let the test live at a moment in Shanghai."""
    return time_machine.travel(at(text), tick=False)


def complete(record: InspectionRecord, day: str, *, results: dict[str, str] | None = None) -> None:
    """Visit on ``day``, submitted the same evening, every section reviewed; ``results`` by department code."""
    InspectionRecord.objects.filter(pk=record.pk).update(
        visit_from=at(f"{day} 09:00"), visit_to=at(f"{day} 11:00"), signature="SIGNED", signatory_name="令狐冲丙"
    )
    record.refresh_from_db()
    approve_sections(record)
    for section in record.sections.select_related("department"):
        code = (results or {}).get(section.department.code)
        if code:
            section.results.update(code=code)
        DepartmentSection.objects.filter(pk=section.pk).update(submitted_at=at(f"{day} 18:00"))


def reopen(record: InspectionRecord, code: str, state: str = SectionState.DRAFT) -> DepartmentSection:
    """Take one department's section back to a state before review."""
    section = record.sections.get(department__code=code)
    section.results.all().delete()
    DepartmentSection.objects.filter(pk=section.pk).update(state=state, submitted_at=None)
    section.refresh_from_db()
    return section


@dataclass
class Campaign:
    """What the scene made."""

    plan: Plan
    draw: Draw
    lead: User
    admin: User
    auditor: User
    enterprises: list[Enterprise]
    records: list[InspectionRecord]
    publications: list[Publication]


def make_campaign(count: int = 4, *, publish: int = 1) -> Campaign:
    """``count`` enterprises drawn and inspected by 旅文广电局 and 公安局; the first ``publish`` are published.

    Strata: the first A, the second E, the others N; the frozen list has A 10, B 5, E 1, N 4.
    First: 公安 发现问题已责令改正 (follow-up closed 2024-06-20), entered 6-10. Second: both in order, entered 6-12.
    Others: 旅文 entered 6-14 in order, 公安 still a draft, due 6-21.
    """
    plan = make_plan()
    lead = plan.created_by
    admin = make_user(Role.DEPT_ADMIN, department=make_department("GA"))
    enterprises = [make_enterprise("A" if index == 0 else "E" if index == 1 else "", **PLANTED)
                   for index in range(count)]  # fmt: skip
    strata = ["A" if index == 0 else "E" if index == 1 else "N" for index in range(count)]
    draw = make_draw(plan, enterprises, strata=strata, counts={"A": 10, "B": 5, "E": 1, "N": 4})
    records = make_records(draw)
    complete(records[0], "2024-06-10", results={"GA": "CORRECTED"})
    section = records[0].sections.get(department__code="GA")
    finding = section.findings.first()
    finding.answer, finding.text = "NOT_OK", "消防通道堆放杂物，独孤求败甲（13812345678）当场清理"
    finding.corrected = True
    finding.save()
    FollowUp.objects.create(section=section, measure="ORDER_CORRECT", closed_on=dt.date(2024, 6, 20))
    if count > 1:
        complete(records[1], "2024-06-12")
    for record in records[2:]:
        complete(record, "2024-06-14")
        draft = reopen(record, "GA")
        DepartmentSection.objects.filter(pk=draft.pk).update(due_on=dt.date(2024, 6, 21))
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.INSPECTING)
    plan.refresh_from_db()
    with when("2024-06-18 10:00"):
        publications = publish_records(actor=lead, records=records[:publish]) if publish else []
    fresh = list(InspectionRecord.objects.filter(plan=plan, state=RecordState.OPEN).order_by("pk"))
    return Campaign(plan, draw, lead, admin, make_user(Role.AUDITOR), enterprises, fresh, publications)
