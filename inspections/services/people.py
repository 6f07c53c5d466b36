"""Who may act, who is told, and who stands in for whom on the records."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse

from inspections.enums import OPEN_FOR_ENTRY, RecordState
from inspections.models import DepartmentSection, InspectionRecord, Notice, SectionMember
from inspections.services.delivering import shortened, store_notices
from registry import audit, clock
from registry.enums import Role
from registry.errors import DomainError
from registry.models import Department, User
from sampling.enums import DrawEventKind
from sampling.models import DrawEvent, Plan


def must_lead(actor: User, plan: Plan) -> None:
    """Refuse whoever is not of the lead bureau of this plan."""
    if Role.LEAD not in actor.roles or actor.department_id != plan.lead_id:
        raise DomainError(f"这一步由牵头部门（{plan.lead}）办理。")


def must_administer(actor: User, department: Department) -> None:
    """Refuse whoever is not the department's administrator."""
    if Role.DEPT_ADMIN not in actor.roles or actor.department_id != department.pk:
        raise DomainError(f"这一步由{department}的部门管理员办理。")


def must_serve(actor: User, section: DepartmentSection) -> None:
    """Refuse whoever is neither the department's administrator nor an inspector of this section."""
    admin = Role.DEPT_ADMIN in actor.roles and actor.department_id == section.department_id
    if not admin and not section.members.filter(inspector__user_id=actor.pk, replaced=False).exists():
        raise DomainError(f"这一步由{section.department}的部门管理员或本表的检查人员办理。")


def administrators(department_ids: Iterable[int]) -> list[User]:
    """The active administrators of the departments."""
    wanted = User.objects.filter(is_active=True, is_dept_admin=True, department_id__in=list(department_ids))
    return list(wanted.order_by("pk"))


def lead_users(plan: Plan) -> list[User]:
    """The active accounts of the lead bureau of a plan."""
    return list(User.objects.filter(is_active=True, is_lead=True, department_id=plan.lead_id).order_by("pk"))


def inspectors_of(sections: Iterable[DepartmentSection]) -> list[User]:
    """The active accounts of those who fill the sections."""
    keys = [section.pk for section in sections]
    members = Q(inspector__section_members__section_id__in=keys, inspector__section_members__replaced=False)
    return list(User.objects.filter(members, is_active=True).distinct().order_by("pk"))


def notify(users: Iterable[User], text: str, url: str = "") -> list[Notice]:
    """Put a message into the inboxes, and on the ways out each person has chosen; the same person gets it once."""
    once = {user.pk: user for user in users}
    return store_notices(
        [Notice(recipient=user, text=shortened(text), url=url, at=clock.now()) for user in once.values()]
    )


def link(name: str, *args: object) -> str:
    """Address of a page of this app, for an inbox message."""
    return reverse(f"inspections:{name}", args=args)


def lock_plans(plan_ids: Iterable[int]) -> dict[int, Plan]:
    """Lock plans in the order of their keys, as the first of all locks."""
    rows = Plan.objects.select_for_update(of=("self",)).filter(pk__in=set(plan_ids)).order_by("pk")
    return {plan.pk: plan for plan in rows}


def lock_records(record_ids: Iterable[int]) -> dict[int, InspectionRecord]:
    """Lock records in the order of their keys, after the plans."""
    rows = InspectionRecord.objects.select_for_update(of=("self",)).filter(pk__in=set(record_ids)).order_by("pk")
    return {record.pk: record for record in rows}


@transaction.atomic
def replace_on_records(*, actor: User, event: DrawEvent) -> list[DepartmentSection]:
    """Carry an I-OUT event of the draw over to the records: the substitute joins every section that is still to be
    visited; returns those sections. A section whose visit the old inspector took part in keeps that inspector.

    Safe to repeat. Raises DomainError for an event of another kind, or by whom it does not concern.
    """
    if event.kind != DrawEventKind.I_OUT or event.member is None or event.substitute_member is None:
        raise DomainError("只有人员替换才需要更新检查人员，请从“换人”进入。")
    old, new = event.member, event.substitute_member
    plan = lock_plans([event.draw.plan_id])[event.draw.plan_id]
    own_admin = Role.DEPT_ADMIN in actor.roles and actor.department_id == old.department_id
    if not own_admin:
        must_lead(actor, plan)
    sections = list(
        DepartmentSection.objects.filter(
            department_id=old.department_id,
            record__plan=plan,
            record__state__in=[RecordState.CONFIRMING, RecordState.OPEN],
            state__in=list(OPEN_FOR_ENTRY),
            members__inspector_id=old.inspector_id,
            members__replaced=False,
            members__present=False,
        ).order_by("record_id")
    )
    lock_records(section.record_id for section in sections)
    for section in sections:
        leaving = section.members.get(inspector_id=old.inspector_id)
        SectionMember.objects.filter(pk=leaving.pk).update(replaced=True)
        SectionMember.objects.get_or_create(
            section=section, inspector_id=new.inspector_id, defaults={"order": leaving.order}
        )
        DepartmentSection.objects.filter(pk=section.pk).update(version=F("version") + 1)
        audit.record(
            stream=f"record:{section.record_id}",
            actor=actor,
            action="更换检查人员",
            obj=section,
            before={"inspector": old.inspector},
            after={"inspector": new.inspector},
            reason=event.reason,
        )
    if sections:
        text = f"《{plan}》：{old.inspector.name}不再参加，您接替检查 {len(sections)} 家企业。"
        joining = User.objects.filter(inspector=new.inspector_id, is_active=True)
        notify(joining, text, link("record_today"))
    return sections
