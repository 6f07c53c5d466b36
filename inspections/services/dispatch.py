"""派发: a draw becomes one record per enterprise, a section per department, a confirmation each."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Prefetch

from inspections import deadlines
from inspections.enums import ResultCode, SectionState
from inspections.models import (
    Confirmation,
    DepartmentSection,
    Dispatch,
    InspectionRecord,
    ItemFinding,
    SectionMember,
    SectionResult,
)
from inspections.services import people
from registry import audit, clock
from registry.errors import DomainError
from registry.models import Department, Enterprise, InspectionItem, Inspector, User
from registry.services import current_calendar
from registry.workdays import CalendarNotLoaded
from sampling import services as sampling_services
from sampling.enums import DrawEventKind, PickKind, PlanState
from sampling.models import Draw, Plan, Selection


@dataclass(frozen=True)
class Parcel:
    """What one enterprise will get: the team, and per department its people and its items."""

    selection: Selection
    team: int
    parts: list[tuple[Department, list[Inspector], list[InspectionItem]]]

    @property
    def items(self) -> int:
        """Number of items over all departments."""
        return sum(len(items) for _, _, items in self.parts)

    @property
    def without_items(self) -> list[Department]:
        """The departments that have nothing to check here."""
        return [department for department, _, items in self.parts if not items]


@dataclass(frozen=True)
class Preview:
    """What a dispatch would send, to whom, and what stands against it (in words)."""

    parcels: list[Parcel]
    departments: list[tuple[Department, int, list[User]]]
    confirm_due_on: dt.date | None
    calendar_version: str
    problems: list[str]


def plan_departments(plan: Plan) -> list[Department]:
    """The participating departments in the order of the notice."""
    return [row.department for row in plan.departments.select_related("department")]


def confirm_due(plan: Plan, day: dt.date) -> tuple[dt.date, str]:
    """Until when the departments confirm what is dispatched on ``day``, and by which calendar.

    Raises DomainError when the holiday notice of the year is not loaded: an act of the office is then refused.
    """
    calendar, version = current_calendar()
    try:
        return deadlines.confirm_by(day, plan.confirm_days, calendar), version
    except CalendarNotLoaded as error:
        raise DomainError(f"不能派发，确认期限算不出来：{error}。") from None


def fits(item: InspectionItem, enterprise: Enterprise) -> bool:
    """Whether an item is to be checked at an enterprise: a common industry, and its kind of entity (empty = all)."""
    own = {industry.pk for industry in item.industries.all()}
    shared = not own or bool(own & {industry.pk for industry in enterprise.industries.all()})
    return shared and (not item.entity_types or enterprise.entity_type in item.entity_types)


def parcels_of(draw: Draw, selections: Iterable[Selection]) -> list[Parcel]:
    """The parcels of some selections of a draw, in their order. A fixed number of queries."""
    departments = plan_departments(draw.plan)
    people_of: dict[tuple[int, int], list[Inspector]] = {}
    for team, seats in sampling_services.effective_teams(draw).items():
        for seat in seats:
            people_of.setdefault((team, seat.member.department_id), []).append(seat.member.inspector)
    items = list(draw.plan.items.prefetch_related("industries").order_by("code"))
    found = []
    for selection in selections:
        team = selection.match.team
        parts = [
            (
                department,
                people_of.get((team, department.pk), []),
                [i for i in items if i.department_id == department.pk and fits(i, selection.enterprise)],
            )
            for department in departments
        ]
        found.append(Parcel(selection, team, parts))
    return found


def selections_to_send(draw: Draw) -> list[Selection]:
    """Who is inspected, in drawn order: the main picks and those called up for them, without those taken out."""
    out = draw.events.filter(kind=DrawEventKind.E_OUT)
    gone = set(out.values_list("selection_id", flat=True))
    called = set(out.exclude(substitute=None).values_list("substitute_id", flat=True))
    rows = draw.selections.select_related("enterprise", "match").prefetch_related(Prefetch("enterprise__industries"))
    return [
        row
        for row in rows.order_by("stratum", "rank")
        if row.pk not in gone and (row.kind == PickKind.MAIN or row.pk in called)
    ]


def preview_dispatch(draw: Draw, day: dt.date) -> Preview:
    """What would be sent on ``day``, and every obstacle in words. Reads only."""
    parcels = parcels_of(draw, selections_to_send(draw))
    problems = [
        f"{parcel.selection.enterprise}没有任何部门的检查事项，请先在任务里补上事项。"
        for parcel in parcels
        if not parcel.items
    ]
    problems += [
        f"{department}的第 {parcel.team} 队没有检查人员，请先换人。"
        for parcel in {parcel.team: parcel for parcel in parcels}.values()
        for department, members, _ in parcel.parts
        if not members
    ]
    departments = plan_departments(draw.plan)
    admins = people.administrators(department.pk for department in departments)
    due, version = None, ""
    try:
        due, version = confirm_due(draw.plan, day)
    except DomainError as error:
        problems.append(error.message)
    rows = [
        (
            department,
            sum(1 for p in parcels for d, _, items in p.parts if d.pk == department.pk and items),
            [user for user in admins if user.department_id == department.pk],
        )
        for department in departments
    ]
    return Preview(parcels, rows, due, version, problems)


@transaction.atomic
def dispatch_draw(*, actor: User, draw: Draw) -> Dispatch:
    """Send a draw to the departments: a record per enterprise, its sections, people, items and confirmations.

    The clock of ``plan.confirm_days`` working days starts today (notice 五(一)). Raises DomainError when the plan is
    not at this step, the draw is void, the calendar is not loaded, or an enterprise or a team would be left empty.
    """
    plan = people.lock_plans([draw.plan_id])[draw.plan_id]
    people.must_lead(actor, plan)
    if draw.events.filter(kind=DrawEventKind.VOID).exists():
        raise DomainError("这次抽取已作废，不能派发。请用新的一次抽取。")
    if Dispatch.objects.filter(draw=draw).exists():
        raise DomainError(f"《{plan}》已经派发过，不用再派发。")
    if plan.state != PlanState.DRAWN:
        raise DomainError(f"《{plan}》现在是“{plan.get_state_display()}”，只有“已抽取”的任务才能派发。")
    sampling_services.must_be_whole(draw.roster)
    today = clock.today()
    due, version = confirm_due(plan, today)
    preview = preview_dispatch(draw, today)
    if preview.problems:
        raise DomainError("还不能派发，请先处理下面的问题。", problems=preview.problems)
    dispatch = Dispatch.objects.create(
        draw=draw, at=clock.now(), by=actor, confirm_due_on=due, calendar_version=version
    )
    width = max(2, len(str(draw.selections.count())))
    for number, parcel in enumerate(preview.parcels, 1):
        create_record(dispatch, plan, parcel, number=f"{plan.task_code}-{number:0{width}d}", due=(due, version))
    counts = {str(department): count for department, count, _ in preview.departments}
    audit.record(
        stream=f"plan:{plan.pk}",
        actor=actor,
        action="派发",
        obj=dispatch,
        after={"records": len(preview.parcels), "confirm_due_on": due, "calendar": version, "departments": counts},
    )
    sampling_services.advance_plan(actor=actor, plan=plan, to=PlanState.DISPATCHED)
    for department, count, admins in preview.departments:
        if count:
            tell_departments(plan, admins, f"派发给{department} {count} 家企业", due)
    return dispatch


def tell_departments(plan: Plan, admins: Iterable[User], what: str, due: dt.date) -> None:
    """The inbox message that starts a department's clock."""
    text = f"《{plan}》{what}，请于 {due.month}月{due.day}日前比对确认。"
    people.notify(admins, text, people.link("task_inbox"))


def create_record(
    dispatch: Dispatch, plan: Plan, parcel: Parcel, *, number: str, due: tuple[dt.date, str]
) -> InspectionRecord:
    """One 一企一表 with everything below it. A department without items owes neither a visit nor a confirmation.

    ``due``: until when to confirm what is sent today, and by which calendar, as ``confirm_due`` gives it.
    """
    record = InspectionRecord.objects.create(
        selection=parcel.selection,
        dispatch=dispatch,
        plan=plan,
        team=parcel.team,
        number=number,
        address_at_dispatch=parcel.selection.enterprise.address,
    )
    order = 0
    members, findings, confirmations = [], [], []
    for department, inspectors, items in parcel.parts:
        state = SectionState.NOT_STARTED if items else SectionState.NO_ITEMS
        section = DepartmentSection.objects.create(record=record, department=department, state=state)
        if not items:
            SectionResult.objects.create(section=section, code=ResultCode.NO_ITEMS)
            continue
        members += [
            SectionMember(section=section, inspector=inspector, order=seat)
            for seat, inspector in enumerate(inspectors, 1)
        ]
        for item in items:
            order += 1
            findings.append(ItemFinding(section=section, item=item, order=order))
        confirmations.append(
            Confirmation(
                record=record, department=department, started_on=clock.today(), due_on=due[0], calendar_version=due[1]
            )
        )
    SectionMember.objects.bulk_create(members)
    ItemFinding.objects.bulk_create(findings)
    Confirmation.objects.bulk_create(confirmations)
    return record
