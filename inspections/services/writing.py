"""Who may write into a record, and what a writer is told when somebody else was there first."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from inspections.enums import OPEN_FOR_ENTRY, SECTION_TRANSITIONS, RecordState, SectionState
from inspections.models import DepartmentSection, InspectionRecord, SectionMember
from registry import clock
from registry.enums import SERVING, CheckMethod, Role
from registry.errors import DomainError
from registry.models import User
from sampling.enums import PlanState

TAKEN_OVER = "接收未送达的内容"


@dataclass(frozen=True)
class Trail:
    """What the trail says of a change beyond its values: the act, the reason, and what else belongs to it."""

    action: str
    reason: str = ""
    more: dict[str, Any] = field(default_factory=dict)


class SectionClosed(DomainError):
    """Not open for entry (any more): submitted, approved, not opened yet, closed."""

    def __init__(self, message: str, state: str) -> None:
        super().__init__(message)
        self.state = state


class NotYours(DomainError):
    """Not one of the drawn inspectors of this section (any more)."""


class StaleVersion(DomainError):
    """Somebody else changed the same thing meanwhile. Holds both values, so that a page can show them side by side.

    ``value``: what is stored now, as plain data.
    """

    def __init__(
        self, *, what: str, theirs: str, mine: str, by: str, at: dt.datetime | None, version: int, value: Any = None
    ) -> None:
        when = f"于 {at.astimezone(clock.SHANGHAI):%H:%M} " if at else ""
        super().__init__(
            f"“{what}”已由{by}{when}改为“{theirs}”，您填的是“{mine}”。您的内容没有覆盖对方的，请核对后再保存一次。"
        )
        self.what, self.theirs, self.mine, self.by, self.at, self.version = what, theirs, mine, by, at, version
        self.value = value


def lock_record(record: InspectionRecord) -> InspectionRecord:
    """The record's row, locked; refuses unless it is open for entry."""
    locked: InspectionRecord = (
        InspectionRecord.objects.select_for_update(of=("self",)).select_related("plan").get(pk=record.pk)
    )
    check_state(locked.state, locked.plan.state)
    return locked


def check_state(state: str, plan_state: str) -> None:
    """Refuse unless the record is open for entry and its task not cancelled."""
    if plan_state == PlanState.CANCELLED:
        raise SectionClosed("该任务已取消，不能再填写。已保存的内容仍可查看；如有疑问请联系牵头部门。", plan_state)
    if state != RecordState.OPEN:
        words = f"这份一企一表现在是“{RecordState(state).label}”，不能填写。如有疑问请联系牵头部门。"
        raise SectionClosed(words, state)


def own_section(user: User, record: InspectionRecord) -> DepartmentSection | None:
    """The section of this record into which the person was drawn and still serves, if any."""
    if Role.INSPECTOR not in user.roles:
        return None
    mine = record.sections.filter(Exists(seats(user).filter(section=OuterRef("pk"))))
    section: DepartmentSection | None = mine.select_related("department").first()
    return section


def seats(user: User) -> QuerySet[SectionMember]:
    """Where this person was drawn, and still serves: not replaced, not moved to another department, not gone."""
    return SectionMember.objects.filter(
        inspector__user=user, inspector__status__in=SERVING, inspector__department=F("section__department"),
        replaced=False,
    )  # fmt: skip


def why_not(user: User, record_id: int) -> str:
    """Why a person whose phone still holds work on a record may not send it any more; empty for a stranger."""
    seat = (
        SectionMember.objects.filter(section__record=record_id, inspector__user=user)
        .select_related("inspector__department", "section__department", "section__record__plan__lead")
        .order_by("replaced", "pk")
        .first()
    )
    if seat is None:
        return ""
    person, department, lead = seat.inspector, seat.section.department, seat.section.record.plan.lead
    if seat.replaced:
        why = f"您已不再是这份一企一表的检查人员，{department}已按候补顺序换人"
    elif person.department_id != department.pk:
        why = f"您已调到{person.department}，不能再填写{department}的检查"
    elif person.status not in SERVING:
        why = f"您在检查人员名录里已登记为“{person.get_status_display()}”，不能再填写"
    elif Role.INSPECTOR not in user.roles:
        why = "您的账号已没有执法检查人员的权限"
    else:
        return ""
    return f"{why}。这次没有保存，内容还在本机：请导出备查，交给牵头部门{lead}，由其登记接收。"


def check_writable(actor: User, section: DepartmentSection) -> None:
    """Refuse unless ``actor`` is one of the section's inspectors and the section is open for entry."""
    if not seats(actor).filter(section=section).exists() or Role.INSPECTOR not in actor.roles:
        raise NotYours(f"只有{section.department}被抽中的检查人员可以填写这一部分，您可以查看。")
    check_open(section)


def check_open(section: DepartmentSection) -> None:
    """Refuse unless the section is open for entry."""
    if section.state not in OPEN_FOR_ENTRY:
        words = f"{section.department}这一部分是“{section.get_state_display()}”，已锁定。需要修改时，请部门管理员退回。"
        raise SectionClosed(words, section.state)


def begin(section: DepartmentSection) -> None:
    """NOT_STARTED → DRAFT on the first entry; the caller saves ``state``."""
    if section.state == SectionState.NOT_STARTED:
        assert SectionState.DRAFT in SECTION_TRANSITIONS[SectionState.NOT_STARTED]  # noqa: S101
        section.state = SectionState.DRAFT


def stream_of(record_id: int) -> str:
    return f"record:{record_id}"


def value_words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"
    if name == "methods":
        return "、".join(str(CheckMethod(code).label) for code in value)
    return str(value or "空")
