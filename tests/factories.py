"""Builders of test data. They write rows directly, so that each app can be tested without the services of another."""

import datetime as dt
import itertools
from typing import Any
from zoneinfo import ZoneInfo

from inspections.enums import RecordState, SectionState
from inspections.models import (
    Confirmation,
    DepartmentSection,
    Dispatch,
    InspectionRecord,
    ItemFinding,
    SectionMember,
)
from registry.enums import EntityType, RegStatus, Role
from registry.models import (
    CalendarDay,
    CalendarYear,
    Department,
    Enterprise,
    Industry,
    InspectionItem,
    Inspector,
    LegalBasis,
    RiskLevel,
    RiskRating,
    RiskScheme,
    User,
)
from sampling.enums import PickKind, PlanState
from sampling.models import Draw, Match, Plan, PlanDepartment, PlanRate, Roster, Selection, TeamMember

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = dt.datetime(2024, 6, 3, 9, 0, tzinfo=SHANGHAI)
PASSWORD = "演示-口令-2024"
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_serial = itertools.count(1)

DEPARTMENTS = [
    ("WL", "演示县旅游和文化广电局", "旅文广电局"),
    ("GA", "演示县公安局", "公安局"),
    ("WS", "演示县卫生健康局", "卫生健康局"),
    ("SJ", "演示县市场监督管理局", "市场监管局"),
    ("XF", "演示县消防救援大队", "消防救援大队"),
]


def uscc(number: int) -> str:
    """A valid credit code of region 999999 with the given running number."""
    body = f"91999999{number:09d}"
    weights = [3**i % 31 for i in range(17)]
    total = sum(USCC_ALPHABET.index(c) * w for c, w in zip(body, weights, strict=True))
    return body + USCC_ALPHABET[-total % 31]


def make_department(code: str = "WL") -> Department:
    """One of the five departments of the notice, made once."""
    for order, (one, name, short) in enumerate(DEPARTMENTS):
        if one == code:
            return Department.objects.get_or_create(
                code=code, defaults={"name": name, "short_name": short, "order": order}
            )[0]
    raise KeyError(code)


def make_user(*roles: Role, department: Department | None = None, username: str = "", **fields: Any) -> User:
    """An active account with the given roles; its password is ``PASSWORD``."""
    needs_department = {Role.LEAD, Role.DEPT_ADMIN, Role.INSPECTOR} & set(roles)
    if department is None and needs_department:
        department = make_department("WL")
    number = next(_serial)
    user = User(
        username=username or f"用户{number}",
        name=fields.pop("name", f"演示{number}"),
        department=department,
        is_lead=Role.LEAD in roles,
        is_dept_admin=Role.DEPT_ADMIN in roles,
        is_inspector=Role.INSPECTOR in roles,
        is_auditor=Role.AUDITOR in roles,
        is_sysadmin=Role.SYSADMIN in roles,
        **fields,
    )
    user.set_password(PASSWORD)
    user.save()
    return user


def make_inspector(department: Department | None = None, *, account: bool = False, **fields: Any) -> Inspector:
    """A drawable inspector of 2024; ``account=True`` gives a sign-in."""
    department = department or make_department("WL")
    number = next(_serial)
    name = fields.pop("name", f"检查员{number:02d}")
    user = make_user(Role.INSPECTOR, department=department, name=name) if account else None
    return Inspector.objects.create(
        department=department,
        name=name,
        badge=fields.pop("badge", f"演示{department.code}{number:05d}"),
        badge_valid_until=fields.pop("badge_valid_until", dt.date(2026, 12, 31)),
        user=user,
        **fields,
    )


def make_industry(code: str = "INTERNET_CAFE") -> Industry:
    """An industry label, made once."""
    names = {"INTERNET_CAFE": "互联网上网服务营业场所", "KTV_DANCE": "歌舞娱乐场所", "CINEMA": "电影放映"}
    return Industry.objects.get_or_create(code=code, defaults={"name": names.get(code, code)})[0]


def make_scheme() -> RiskScheme:
    """The default scheme with levels A–E, made once."""
    scheme, made = RiskScheme.objects.get_or_create(code="S1", defaults={"name": "互联网+监管 企业信用风险等级"})
    if made:
        for order, code in enumerate("ABCDE"):
            RiskLevel.objects.create(scheme=scheme, code=code, name=f"{code}级", order=order)
    return scheme


def make_enterprise(grade: str = "A", *, industries: tuple[str, ...] = ("INTERNET_CAFE",), **fields: Any) -> Enterprise:
    """An existing enterprise registered in 2020, graded ``grade`` as of 2024-01-01 (empty = 未评级)."""
    number = next(_serial)
    enterprise = Enterprise.objects.create(
        uscc=fields.pop("uscc", uscc(number)),
        name=fields.pop("name", f"演示{number:04d}号网吧"),
        entity_type=fields.pop("entity_type", EntityType.COMPANY),
        authority=fields.pop("authority", "演示县市场监督管理局"),
        status=fields.pop("status", RegStatus.ACTIVE),
        registered_on=fields.pop("registered_on", dt.date(2020, 1, 1)),
        address=fields.pop("address", f"演示镇示例街{number}号"),
        updated_at=fields.pop("updated_at", NOW),
        **fields,
    )
    enterprise.industries.set([make_industry(code) for code in industries])
    if grade:
        scheme = make_scheme()
        level = scheme.levels.get(code=grade)
        RiskRating.objects.create(enterprise=enterprise, scheme=scheme, level=level, as_of=dt.date(2024, 1, 1))
    return enterprise


def make_item(department: Department | None = None, **fields: Any) -> InspectionItem:
    """An item of a department for internet cafés, with one legal basis."""
    department = department or make_department("WL")
    number = next(_serial)
    industries = fields.pop("industries", ("INTERNET_CAFE",))
    item = InspectionItem.objects.create(
        code=fields.pop("code", f"{department.code}-{number:03d}"),
        effective_from=fields.pop("effective_from", dt.date(2024, 1, 1)),
        department=department,
        name=fields.pop("name", f"演示事项{number}"),
        check_points=fields.pop("check_points", "演示检查内容"),
        **fields,
    )
    item.industries.set([make_industry(code) for code in industries])
    LegalBasis.objects.create(item=item, law="演示条例", duty_articles="21", effective_from=dt.date(2024, 1, 1))
    return item


def load_calendar(*years: int) -> None:
    """Load the calendars of 2024–2026 (or the named years) from chinesecalendar, as the fixtures hold them."""
    import chinese_calendar

    for year in years or (2024, 2025, 2026):
        row, made = CalendarYear.objects.get_or_create(year=year, defaults={"notice": "测试", "loaded_at": NOW})
        if not made:
            continue
        day = dt.date(year, 1, 1)
        while day.year == year:
            works = chinese_calendar.is_workday(day)
            if works != (day.weekday() < 5):
                CalendarDay.objects.create(year=row, day=day, kind="WORK" if works else "OFF")
            day += dt.timedelta(days=1)


def make_plan(
    *, departments: tuple[str, ...] = ("WL", "GA"), lead: str = "WL", state: str = PlanState.DRAFT, **fields: Any
) -> Plan:
    """An open plan of 2024 over internet cafés, one item per department, rates A–E and N all 1/1, 2 teams of 2."""
    number = next(_serial)
    lead_department = make_department(lead)
    plan = Plan.objects.create(
        state=state,
        year=2024,
        plan_code=f"99999920241{number:03d}",
        plan_name="2024年度演示联合抽查计划",
        task_code=f"99999920240601{number:04d}",
        task_name=fields.pop("task_name", f"演示联合抽查任务{number}"),
        lead=lead_department,
        period_from=dt.date(2024, 6, 1),
        period_to=dt.date(2024, 10, 31),
        summary_due=dt.date(2024, 10, 25),
        scheme=make_scheme(),
        authority="演示县市场监督管理局",
        registered_before=dt.date(2024, 6, 1),
        created_by=fields.pop("created_by", None) or make_user(Role.LEAD, department=lead_department),
        created_at=NOW,
        sealed=fields.pop("sealed", False),
        **fields,
    )
    plan.industries.set([make_industry("INTERNET_CAFE")])
    for code in departments:
        department = make_department(code)
        PlanDepartment.objects.create(plan=plan, department=department)
        if not department.items.exists():
            make_item(department)
        plan.items.add(*department.items.all())
    for grade in "ABCDEN":
        PlanRate.objects.create(plan=plan, grade=grade, numerator=1, denominator=1)
    return plan


def make_draw(
    plan: Plan,
    enterprises: list[Enterprise],
    *,
    teams: int = 2,
    accounts: bool = True,
    strata: list[str] | None = None,
    counts: dict[str, int] | None = None,
) -> Draw:
    """A stored draw of ``plan`` that picked ``enterprises`` in order; two new inspectors a department and team.

    ``strata`` of the enterprises (all A), ``counts`` of the frozen list per stratum (none, the list has those drawn).
    The hashes are invented; use the services of sampling where they matter.
    """
    number = next(_serial)
    roster = Roster.objects.create(
        plan=plan, seq=number, draw_id=f"2024-{number:06d}", prev="0" * 64, digest="1" * 64,
        total=sum(counts.values()) if counts else len(enterprises), counts=counts or {}, excluded={}, not_before=NOW,
        frozen_at=NOW, frozen_by=plan.created_by,
    )  # fmt: skip
    draw = Draw.objects.create(
        plan=plan, roster=roster, digits="0123456789" * 4, witnesses=[{"name": "见证人甲", "unit": "演示单位"}],
        seed="ab" * 32, branch="block", result_digest="2" * 64, drawn_at=NOW, drawn_by=plan.created_by,
    )  # fmt: skip
    for row in plan.departments.all():
        for team in range(1, teams + 1):
            for seat in (1, 2):
                inspector = make_inspector(row.department, account=accounts)
                TeamMember.objects.create(
                    draw=draw, department=row.department, inspector=inspector, team=team, seat=seat,
                    pid=f"{inspector.pk:032x}", ticket=f"{inspector.pk:064x}", kind=PickKind.MAIN,
                )  # fmt: skip
    for rank, enterprise in enumerate(enterprises, 1):
        selection = Selection.objects.create(
            draw=draw, enterprise=enterprise, stratum=strata[rank - 1] if strata else "A", rank=rank,
            ticket=f"{rank:064x}", kind=PickKind.MAIN,
        )  # fmt: skip
        Match.objects.create(selection=selection, team=(rank - 1) % teams + 1)
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.DRAWN)
    plan.refresh_from_db()
    return draw


def make_records(draw: Draw, *, state: str = RecordState.OPEN) -> list[InspectionRecord]:
    """Records of a draw as a dispatch leaves them (``state`` CONFIRMING) or after confirmation (``OPEN``)."""
    plan = draw.plan
    dispatch = Dispatch.objects.create(
        draw=draw, at=NOW, by=plan.created_by, confirm_due_on=dt.date(2024, 6, 5), calendar_version="test"
    )
    records = []
    for selection in draw.selections.filter(kind=PickKind.MAIN).select_related("match"):
        record = InspectionRecord.objects.create(
            selection=selection, dispatch=dispatch, plan=plan, team=selection.match.team,
            number=f"{plan.task_code}-{selection.pk:04d}", state=state,
        )  # fmt: skip
        order = 0
        for row in plan.departments.select_related("department"):
            section = DepartmentSection.objects.create(record=record, department=row.department)
            members = draw.members.filter(department=row.department, team=selection.match.team, kind=PickKind.MAIN)
            for member in members:
                SectionMember.objects.create(section=section, inspector=member.inspector, order=member.seat)
            for item in plan.items.filter(department=row.department):
                order += 1
                ItemFinding.objects.create(section=section, item=item, order=order)
            Confirmation.objects.create(
                record=record, department=row.department, due_on=dispatch.confirm_due_on,
                decision="PENDING" if state == RecordState.CONFIRMING else "CONFIRMED",
                at=None if state == RecordState.CONFIRMING else NOW,
            )  # fmt: skip
        records.append(record)
    Plan.objects.filter(pk=plan.pk).update(
        state=PlanState.DISPATCHED if state == RecordState.CONFIRMING else PlanState.INSPECTING
    )
    plan.refresh_from_db()
    return records


def approve_sections(record: InspectionRecord, result: str = "NO_PROBLEM") -> None:
    """Bring every section of a record to APPROVED with one result, all items 符合."""
    for section in record.sections.all():
        section.findings.update(answer="OK", version=1, updated_at=NOW)
        section.members.update(present=True)
        section.results.create(code=result)
        DepartmentSection.objects.filter(pk=section.pk).update(
            state=SectionState.APPROVED, submitted_at=NOW, result_confirmed=True, due_on=dt.date(2024, 6, 17),
            publish_due_on=dt.date(2024, 7, 8),
        )  # fmt: skip
