"""演练 on every page: the bases ask whether what a page shows belongs to a rehearsal."""

from typing import Any

from django import template

from inspections.models import Confirmation, DepartmentSection, InspectionRecord, SectionMember
from sampling.models import Draw, Plan, Roster

register = template.Library()

# Names under which views hand over what a page is about, and how each kind leads to its plan.
NAMES = ("plan", "roster", "draw", "record", "section", "sheet", "confirmation", "member", "row")


def plan_of(shown: Any) -> Plan | None:
    """The plan that something belongs to; None for what belongs to none."""
    match shown:
        case Plan():
            return shown
        case Roster() | Draw() | InspectionRecord():
            return shown.plan
        case DepartmentSection() | Confirmation():
            return shown.record.plan
        case SectionMember():
            return shown.section.record.plan
    return None


@register.inclusion_tag("_rehearsal.html", takes_context=True)
def rehearsal_banner(context: template.Context) -> dict[str, bool]:
    """The banner, on a page about a rehearsal or a part of one."""
    plans = (plan_of(context.get(name)) for name in NAMES)
    return {"rehearsal": any(plan is not None and plan.rehearsal for plan in plans)}
