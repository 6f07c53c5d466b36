"""Who owes what by when, as tuples: 20,000 open deadlines are read in a fixed number of queries. Reads only."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from inspections import bases
from inspections.enums import FREE_TO_PUBLISH
from inspections.models import Confirmation, DepartmentSection, FollowUp, SectionMember
from registry.models import Department, User
from sampling.enums import PlanState
from sampling.models import Plan

CONFIRM, SECTION, FOLLOW_UP, PUBLISH, SUMMARY = "CONFIRM", "SECTION", "FOLLOW_UP", "PUBLISH", "SUMMARY"
WHAT = {
    CONFIRM: ("家企业", "待比对确认"),
    SECTION: ("份检查记录", "待填报"),
    FOLLOW_UP: ("项后续处置", "待完结"),
    PUBLISH: ("份检查结果", "待公示"),
    SUMMARY: ("份总结", "待报送"),
}
PAGES = {CONFIRM: "task_inbox", SECTION: "record_today", FOLLOW_UP: "follow_up_list"}


@dataclass(frozen=True, slots=True)
class Owed:
    """One open deadline. ``department`` is None where the lead bureau owes it; ``section`` whose people owe it."""

    kind: str
    pk: int
    plan: int
    department: int | None
    due: dt.date | None
    section: int | None = None


def owed_until(day: dt.date) -> list[Owed]:
    """Every open deadline up to ``day``: confirmations, sections, follow-ups, publications, summaries."""
    confirmations, sections = Confirmation.objects.due_by(day), DepartmentSection.objects.due_by(day)
    follow_ups = FollowUp.objects.still_open().filter(deadline__lte=day)
    out = DepartmentSection.objects.filter(bases.published(), publish_due_on__lte=day).values("pk")
    free = DepartmentSection.objects.filter(state__in=list(FREE_TO_PUBLISH), publish_due_on__lte=day)
    plans = Plan.objects.filter(state=PlanState.COMPLETED, summary_due__lte=day)
    return [
        *owed_confirmations(confirmations),
        *owed_sections(sections),
        *(
            Owed(FOLLOW_UP, pk, plan, department, due, section)
            for pk, plan, department, due, section in follow_ups.order_by().values_list(
                "pk", "section__record__plan_id", "section__department_id", "deadline", "section_id"
            )
        ),
        *(
            Owed(PUBLISH, pk, plan, None, due)
            for pk, plan, due in free.exclude(pk__in=out)
            .order_by()
            .values_list("pk", "record__plan_id", "publish_due_on")
        ),
        *(
            Owed(SUMMARY, pk, pk, None, due)
            for pk, due in plans.order_by().values_list("pk", "summary_due")
        ),
    ]  # fmt: skip


def owed_confirmations(rows: QuerySet[Any]) -> list[Owed]:
    """The confirmations of a queryset."""
    values = rows.order_by().values_list("pk", "record__plan_id", "department_id", "due_on")
    return [Owed(CONFIRM, *row) for row in values]


def owed_sections(rows: QuerySet[Any]) -> list[Owed]:
    """The sections of a queryset."""
    values = rows.order_by().values_list("pk", "record__plan_id", "department_id", "due_on")
    return [Owed(SECTION, pk, plan, department, due, pk) for pk, plan, department, due in values]


class People:
    """Who answers for a deadline: those who fill it in, their department's administrators, the lead bureau.

    Read once for all deadlines of a run: three queries.
    """

    def __init__(self, rows: Iterable[Owed]) -> None:
        rows = list(rows)
        sections = {row.section for row in rows if row.section}
        self.members: dict[int, list[int]] = defaultdict(list)
        if sections:
            first, last = min(sections), max(sections)  # a range: twenty thousand keys do not fit into one IN ()
            found = SectionMember.objects.filter(
                section__pk__range=(first, last), replaced=False, inspector__user__is_active=True
            ).order_by("section_id", "order", "pk")
            for section, user in found.values_list("section_id", "inspector__user_id"):
                if section in sections:
                    self.members[section].append(user)
        self.admins: dict[int, list[int]] = defaultdict(list)
        leads: dict[int, list[int]] = defaultdict(list)
        staff = User.objects.filter(is_active=True).order_by("pk")
        for user, department, admin, lead in staff.values_list("pk", "department_id", "is_dept_admin", "is_lead"):
            if admin:
                self.admins[department].append(user)
            if lead:
                leads[department].append(user)
        plans = Plan.objects.filter(pk__in={row.plan for row in rows}).select_related("lead")
        self.plans = {plan.pk: plan for plan in plans}
        self.leads = {plan.pk: leads[plan.lead_id] for plan in self.plans.values()}
        self.departments = dict(Department.objects.values_list("pk", "short_name"))

    def own(self, row: Owed) -> list[int]:
        """Those whose work it is. Without an account among them, the department's administrators."""
        if row.department is None:
            return self.leads[row.plan]
        if row.section is None:
            return self.admins[row.department]
        return self.members[row.section] or self.admins[row.department]

    def above(self, row: Owed, days_late: int) -> list[int]:
        """Who is told besides: after one working day the department's administrators, after two the lead bureau."""
        found: list[int] = []
        if days_late >= 1 and row.department is not None:
            found += self.admins[row.department]
        if days_late >= 2:
            found += self.leads[row.plan]
        own = set(self.own(row))
        return [user for user in dict.fromkeys(found) if user not in own]
