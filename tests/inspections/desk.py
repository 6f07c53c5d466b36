"""A small campaign for the tests of the desk: two departments, a few cafés, the clock in June 2024."""

from dataclasses import dataclass
from typing import Any

import time_machine

from inspections import services
from inspections.models import Confirmation, Dispatch, InspectionRecord
from registry.enums import Role
from registry.models import Enterprise, User
from sampling import services as sampling_services
from sampling.enums import PickKind
from sampling.models import Draw, Plan, Selection, TeamMember
from tests import factories

MONDAY = "2024-06-03T09:00:00+08:00"


@dataclass
class Desk:
    """Who plays, and on what."""

    plan: Plan
    draw: Draw
    enterprises: list[Enterprise]
    lead: User
    wl: User
    ga: User

    @property
    def records(self) -> list[InspectionRecord]:
        """All records by number."""
        return list(InspectionRecord.objects.filter(plan=self.plan).order_by("number"))

    def confirmations(self, code: str) -> list[Confirmation]:
        """A department's confirmations by number of the record."""
        rows = Confirmation.objects.filter(record__plan=self.plan, department__code=code)
        return list(rows.order_by("record__number"))

    def dispatch(self) -> Dispatch:
        """Dispatch on Monday, 2024-06-03, 09:00."""
        with time_machine.travel(MONDAY, tick=False):
            return services.dispatch_draw(actor=self.lead, draw=self.draw)

    def confirm_all(self) -> None:
        """Both departments confirm everything on the day of dispatch."""
        with time_machine.travel(MONDAY, tick=False):
            services.confirm_records(actor=self.wl, confirmations=self.confirmations("WL"))
            services.confirm_records(actor=self.ga, confirmations=self.confirmations("GA"))


def make_desk(count: int = 3, *, reserves: int = 1, calendar: bool = True, **plan: Any) -> Desk:
    """A drawn plan of WL and GA over ``count`` cafés, one standby person a department, ``reserves`` in the stratum."""
    if calendar:
        factories.load_calendar(2024, 2025)
    made = factories.make_plan(**plan)
    enterprises = [factories.make_enterprise() for _ in range(count)]
    draw = factories.make_draw(made, enterprises)
    for rank in range(count + 1, count + 1 + reserves):
        Selection.objects.create(
            draw=draw, enterprise=factories.make_enterprise(), stratum="A", rank=rank, ticket=f"{rank:064x}",
            kind=PickKind.RESERVE,
        )  # fmt: skip
    for row in made.departments.all():
        inspector = factories.make_inspector(row.department, account=True)
        TeamMember.objects.create(
            draw=draw, department=row.department, inspector=inspector, team=0, seat=1, pid=f"{inspector.pk:032x}",
            ticket=f"{inspector.pk:064x}", kind=PickKind.RESERVE,
        )  # fmt: skip
    return Desk(
        plan=made,
        draw=draw,
        enterprises=enterprises,
        lead=made.created_by,
        wl=factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("WL")),
        ga=factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("GA")),
    )


def make_drawn_desk(count: int = 4, *, departments: tuple[str, ...] = ("WL", "GA"), idle: str = "") -> Desk:
    """As ``make_desk``, frozen and drawn by the services of sampling: half of ``count`` cafés drawn, the others in
    reserve, two teams of two, two standby people a department. ``idle``: a department with nothing to check there."""
    factories.load_calendar(2024, 2025)
    plan = factories.make_plan(departments=(*departments, *filter(None, [idle])))
    if idle:
        factories.make_department(idle).items.get().industries.set([factories.make_industry("CINEMA")])
    plan.rates.filter(grade="A").update(numerator=1, denominator=2)
    for _ in range(count):
        factories.make_enterprise()
    for row in plan.departments.all():
        for _ in range(6):
            factories.make_inspector(row.department, account=True)
    with time_machine.travel("2024-06-02T08:00:00+08:00", tick=False):
        sampling_services.freeze_plan(actor=plan.created_by, plan=plan)
    with time_machine.travel("2024-06-03T08:30:00+08:00", tick=False):
        witnesses = [{"name": "见证人甲", "unit": "演示单位"}]
        draw = sampling_services.run_draw(
            actor=plan.created_by, plan=plan, digits="0123456789" * 4, witnesses=witnesses, key="k" * 32
        )
    plan.refresh_from_db()
    drawn = draw.selections.filter(kind=PickKind.MAIN).order_by("stratum", "rank")
    return Desk(
        plan=plan,
        draw=draw,
        enterprises=[row.enterprise for row in drawn],
        lead=plan.created_by,
        wl=factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("WL")),
        ga=factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("GA")),
    )
