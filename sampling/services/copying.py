"""Drafts made after something earlier: a notice, a plan of before. Each has a name and days of its own."""

import datetime as dt
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django.db import transaction

from registry import clock, county
from registry.errors import DomainError
from registry.models import Department, Industry, InspectionItem, RiskScheme, User
from sampling import years
from sampling.enums import PlanState
from sampling.models import Plan
from sampling.services.own_year import own_prefix
from sampling.services.plans import CARRIED, DISPUTE_HOURS, OWN_DATES, PLAIN, by_code, create_plan, suitable_items
from sampling.services.states import must_lead


def _numbered(number: str) -> str:
    """A document number, or nothing where the office's running number was left blank (宽双随机办〔2024〕  号)."""
    return number if re.search(r"\d\s*号", number) else ""


@transaction.atomic
def create_plan_from_preset(*, actor: User, preset: Mapping[str, Any], rehearsal: bool = False, **options: Any) -> Plan:
    """A draft with everything a notice fixes (fixtures/plan_2024.json); the lead bureau edits it from there.

    ``options``: further fields of ``create_plan``, such as ``sealed``.

    The actor's department leads. Raises DomainError when departments, industries or the scheme are not loaded yet.
    """
    departments = by_code(Department, preset["departments"], "部门")
    industries = by_code(Industry, [code for row in preset["industries"] for code in row["codes"]], "行业")
    (scheme,) = by_code(RiskScheme, [preset["risk_scheme"]], "分级办法")
    start = dt.date.fromisoformat(preset["period_start"])
    return create_plan(
        actor=actor,
        rehearsal=rehearsal,
        **{"past_start": True, **options},
        year=preset["year"],
        task_name=preset["title"],
        plan_name=f"{preset['year']}年度{county.current().name}跨部门抽查计划",
        document_number=_numbered(preset["document_number"]),
        draw_type=preset["draw_type"],
        period_from=start,
        period_to=dt.date.fromisoformat(preset["period_end"]),
        summary_due=dt.date.fromisoformat(preset["summary_due"]) if preset["summary_due"] else None,
        scheme=scheme,
        authority=preset["authority"],
        registered_before=dt.date.fromisoformat(preset["registered_before"]) if preset["registered_before"] else None,
        seats=preset["inspectors_per_department"],
        teams=preset["teams"],
        **{name: preset[name] for name in ("confirm_days", "backfill_days", "publish_days")},
        **{name: preset[name].replace("{year}", str(preset["year"])) for name in CARRIED},
        departments=departments,
        industries=industries,
        items=suitable_items(departments, industries, start),
        rates={row["group"]: Fraction(row["numerator"], row["denominator"]) for row in preset["rates"]},
    )


def proposed_preset(preset: Mapping[str, Any]) -> dict[str, Any]:
    """What a plan made today after a notice would be called, and until when its enterprises were registered."""
    year = max(clock.today().year, preset["year"])
    name = years.carried(preset["title"], preset["year"], year, own=own_prefix())
    day = dt.date.fromisoformat(preset["registered_before"])
    return {"task_name": free_name(name), "registered_before": _moved(day, year - preset["year"])}


def preset_on(
    preset: Mapping[str, Any], *, task_name: str, period_from: dt.date, period_to: dt.date,
    summary_due: dt.date | None, registered_before: dt.date | None,
) -> dict[str, Any]:  # fmt: skip
    """The preset of a notice under another name and on other days; the number of the notice stays behind. Raises
    DomainError for the name of another plan."""
    must_be_free(task_name)
    days = {"period_start": period_from, "period_end": period_to, "summary_due": summary_due,
            "registered_before": registered_before}  # fmt: skip
    return {
        **preset, "year": period_from.year, "title": task_name.strip(), "document_number": "",
        **{name: day.isoformat() if day else "" for name, day in days.items()},
    }  # fmt: skip


def _moved(day: dt.date | None, years: int) -> dt.date | None:
    """The same day ``years`` later; 29 February becomes the 28th where the year has none."""
    if day is None:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def free_name(name: str, rehearsal: bool = False) -> str:
    """``name``, or the first （第 n 批） of it that no other plan bears."""
    number, found = 1, name
    while _namesake(found, rehearsal):
        number += 1
        found = f"{name}（第 {number} 批）"
    return found


def must_be_free(name: str, rehearsal: bool = False) -> None:
    """Refuse a name that another plan bears. Raises DomainError."""
    if other := _namesake(name, rehearsal):
        raise DomainError(f"已有同名的任务（{other.task_code}），请换一个名称，例如加上年份或批次。")


def _namesake(name: str, rehearsal: bool) -> Plan | None:
    same = Plan.objects.filter(task_name=name.strip(), rehearsal=rehearsal).exclude(state=PlanState.CANCELLED)
    found: Plan | None = same.first()
    return found


def proposed_copy(plan: Plan, rehearsal: bool = False) -> dict[str, Any]:
    """What a copy made today would be called, and until when its enterprises were registered; its days are not
    guessed."""
    year = max(clock.today().year, plan.year)
    name = years.carried(plan.task_name, plan.year, year, own=own_prefix())
    return {
        "task_name": free_name(name, rehearsal),
        "registered_before": _moved(plan.registered_before, year - plan.year),
    }


@transaction.atomic
def copy_plan(
    *, actor: User, plan: Plan, period_from: dt.date, period_to: dt.date, task_name: str = "",
    summary_due: dt.date | None = None, registered_before: dt.date | None = None, rehearsal: bool = False,
) -> Plan:  # fmt: skip
    """A new draft like ``plan`` with days and a name of its own: the year is that of its first day, texts speak of it
    where they spoke of the old one, document and platform numbers are empty, items in their version in force now, dice
    and beacon not fixed yet; a rehearsal's haste is not taken over. ``rehearsal``: whether the copy is one.

    Raises DomainError for days in the past and for the name of another plan.
    """
    must_lead(actor, plan)
    year, own = period_from.year, own_prefix()
    items = InspectionItem.objects.in_force(clock.today())
    left = {*OWN_DATES, "platform_plan_code", "platform_task_code", "document_number", "summary_due"}
    kept = {name: getattr(plan, name) for name in PLAIN if name not in left}
    for name in (*CARRIED, "plan_name", "task_name"):
        kept[name] = years.carried(kept[name], plan.year, year, own=own)
    kept["task_name"] = task_name.strip() or free_name(kept["task_name"], rehearsal)
    must_be_free(kept["task_name"], rehearsal)
    if not rehearsal:
        kept["not_before_hours"] = max(plan.not_before_hours, DISPUTE_HOURS)
    kept |= {"period_from": period_from, "period_to": period_to, "summary_due": summary_due}
    kept["registered_before"] = registered_before or _moved(plan.registered_before, max(year - plan.year, 0))
    made = create_plan(
        actor=actor,
        rehearsal=rehearsal,
        year=year,
        **kept,
        departments=[row.department for row in plan.departments.select_related("department")],
        industries=list(plan.industries.all()),
        items=list(items.filter(code__in=plan.items.values("code"))),
        rates={row.grade: row.fraction for row in plan.rates.all()},
        caps={row.grade: row.cap for row in plan.rates.all()},
        classes=[row.grade for row in plan.rates.all() if row.classes],
    )
    made.copied_from = plan
    made.save(update_fields=["copied_from"])
    return made
