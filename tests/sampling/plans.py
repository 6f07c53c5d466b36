"""What the tests of plans and draws start from: a small county, its lead bureau, a plan ready to be frozen."""

import datetime as dt
import hashlib
from fractions import Fraction
from pathlib import Path
from typing import Any

from registry import clock
from registry import services as registry
from registry.enums import Role
from registry.models import Department, Industry, Inspector, RiskLevel, RiskRating, RiskScheme, User
from sampling import services
from sampling.models import Draw, Plan, Roster
from tests import factories as f

DIGITS = "4839201756603914857720194638572019463857"
WITNESSES = [{"name": "见证人甲", "unit": "演示县公证处"}]
FROZEN_AT = dt.datetime(2024, 6, 3, 10, 0, tzinfo=f.SHANGHAI)
DRAWN_AT = dt.datetime(2024, 6, 4, 10, 6, tzinfo=f.SHANGHAI)
RATES = {grade: Fraction(1, 2) for grade in "ABCDEN"}


def at(moment: dt.datetime) -> None:
    """Let the clock stand still."""
    clock.pin(moment, running=False)


def salts() -> dict[str, str]:
    """A fixed salt per badge."""
    badges = Inspector.objects.values_list("badge", flat=True)
    return {badge: hashlib.sha256(badge.encode()).hexdigest()[:32] for badge in badges}


def county(grades: str = "AAAABBCDEN", *, people: int = 5, departments: tuple[str, ...] = ("WL", "GA")) -> Plan:
    """Enterprises of the given grades (N = 未评级), ``people`` inspectors a department, and a plan at rate 1/2."""
    at(FROZEN_AT)
    f.load_calendar(2024)
    for grade in grades:
        f.make_enterprise("" if grade == "N" else grade)
    plan = f.make_plan(departments=departments)
    for code in departments:
        for _ in range(people):
            f.make_inspector(f.make_department(code))
    lead = plan.created_by
    services.update_plan(actor=lead, plan=plan, rates=RATES)
    return Plan.objects.get(pk=plan.pk)


def copied(plan: Plan, **options: Any) -> Plan:
    """A copy of ``plan`` on its own days, from today where they have begun."""
    start = max(plan.period_from, clock.today())
    days = {"period_from": start, "period_to": max(plan.period_to, start + dt.timedelta(days=20))}
    return services.copy_plan(**{"actor": plan.created_by, "plan": plan, **days, **options})


def freeze(plan: Plan, **options: Any) -> Roster:
    """Freeze with fixed salts at 10:00 on 3 June 2024."""
    at(FROZEN_AT)
    return services.freeze_plan(actor=plan.created_by, plan=plan, salts=salts(), **options)


def draw(plan: Plan, key: str = "test-draw-key-000001", digits: str = DIGITS, **options: Any) -> Draw:
    """Draw 24 hours and 6 minutes after the freeze."""
    at(DRAWN_AT)
    lead = plan.created_by
    return services.run_draw(actor=lead, plan=plan, digits=digits, witnesses=WITNESSES, key=key, **options)


def drawn(**options: Any) -> Draw:
    """A county whose plan is frozen and drawn."""
    plan = county(**options)
    freeze(plan)
    return draw(plan)


def export(roster: Roster, folder: Path) -> Path:
    """The published files of a draw, as its bundle holds them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in services.bundle_files(roster).items():
        (folder / f"{name}.tsv").write_bytes(content)
    return folder


def notice(people: int = 6) -> tuple[User, Plan]:
    """The notice's own plan on the reference data: 90 venues over all its industries and grades, five departments."""
    at(FROZEN_AT)
    registry.load_reference_data()
    scheme = RiskScheme.objects.get(code="S1")
    levels = {level.code: level for level in RiskLevel.objects.filter(scheme=scheme)}
    venues = list(Industry.objects.filter(code__in=["INTERNET_CAFE", "KTV_DANCE", "GAME_ARCADE", "CINEMA"]))
    for number in range(90):
        enterprise = f.make_enterprise("", industries=(), authority="宽城满族自治县市场监督管理局")
        enterprise.industries.set([venues[number % 4]])
        grade = "AAAABBBBBCCDEN"[number % 14]
        if grade != "N":
            RiskRating.objects.create(
                enterprise=enterprise, scheme=scheme, level=levels[grade], as_of=dt.date(2024, 5, 1)
            )
    for department in Department.objects.all():
        for _ in range(people):
            f.make_inspector(department)
    lead = f.make_user(Role.LEAD, department=Department.objects.get(code="WL"))
    preset = registry.read_fixture("plan_2024")["plan"]
    return lead, services.create_plan_from_preset(actor=lead, preset=preset, sealed=False)


NONCE = hashlib.sha256(b"test nonce office").hexdigest()


def sealed(*, second: bool = False, **options: Any) -> Plan:
    """A county whose plan seals its result; ``second``: a second person confirms the draw."""
    plan = county(**options)
    services.update_plan(actor=plan.created_by, plan=plan, sealed=True, second_person=second)
    return Plan.objects.get(pk=plan.pk)


def sealed_draw(**options: Any) -> Draw:
    """A sealed plan, frozen with a known number and drawn."""
    plan = sealed(**options)
    freeze(plan, nonce=NONCE)
    return draw(plan)


def colleague(plan: Plan) -> User:
    """Another account of the lead bureau."""
    return f.make_user(Role.LEAD, department=plan.lead)
