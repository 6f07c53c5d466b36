"""Reads of records, sections and confirmations, scoped to who may see them."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count, Exists, F, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Concat

from inspections import bases
from inspections.enums import (
    OPEN_FOR_ENTRY,
    Decision,
    DeliveryState,
    Measure,
    RecordState,
    SectionState,
)
from registry.enums import SERVING, Role

if TYPE_CHECKING:
    from registry.models import User


class RecordQuerySet(models.QuerySet[Any]):
    """Reads of records."""

    def visible_to(self, user: "User") -> "RecordQuerySet":
        """Auditor, system administrator: all. Lead bureau: own plans. Department admin: records with a section of
        the department. Inspector: records whose team the person is in (decisions.md: others' sections readable)."""
        roles = user.roles
        if roles & {Role.AUDITOR, Role.SYSADMIN}:
            return self
        wanted = Q(pk__in=[])
        if Role.LEAD in roles:
            wanted |= Q(plan__lead_id=user.department_id)
        if Role.DEPT_ADMIN in roles:
            wanted |= Q(sections__department_id=user.department_id)
        if Role.INSPECTOR in roles:
            wanted |= Q(sections__members__inspector__user_id=user.pk, sections__members__replaced=False)
        return self.filter(wanted).distinct()

    def open(self) -> "RecordQuerySet":
        """Open for entry."""
        return self.filter(state=RecordState.OPEN)

    def stuck(self, day: dt.date) -> "RecordQuerySet":
        """Still confirming after the time of some department is over on ``day``, and no return to be decided first:
        what the lead bureau may let proceed."""
        from inspections.models import Confirmation  # noqa: PLC0415 -- models import querysets

        own = Confirmation.objects.filter(record=OuterRef("pk"))
        late = own.filter(decision=Decision.PENDING, due_on__lt=day)
        not_yet = own.filter(decision=Decision.PENDING, due_on__gte=day)
        undecided = own.filter(decision=Decision.RETURNED, lead_decision="")
        return self.filter(Exists(late), ~Exists(not_yet), ~Exists(undecided), state=RecordState.CONFIRMING)


class SectionQuerySet(models.QuerySet[Any]):
    """Reads of sections."""

    def visible_to(self, user: "User") -> "SectionQuerySet":
        """Sections of records the user may see."""
        from inspections.models import InspectionRecord  # noqa: PLC0415 -- models import querysets

        return self.filter(record__in=InspectionRecord.objects.visible_to(user).values("pk"))

    def listed_for(self, user: "User") -> "SectionQuerySet":
        """Rows of the task list: auditor all, lead bureau own plans, administrator own department."""
        if user.roles & {Role.AUDITOR, Role.SYSADMIN}:
            return self
        wanted = Q(pk__in=[])
        if Role.LEAD in user.roles:
            wanted |= Q(record__plan__lead_id=user.department_id)
        if Role.DEPT_ADMIN in user.roles:
            wanted |= Q(department_id=user.department_id)
        return self.filter(wanted)

    def fillable_by(self, user: "User") -> "SectionQuerySet":
        """Sections this inspector may fill: own department's, drawn into, still serving, record open."""
        return self.filter(
            members__inspector__user_id=user.pk,
            members__replaced=False,
            members__inspector__department=F("department"),
            members__inspector__status__in=SERVING,
            record__state=RecordState.OPEN,
        )

    def owed(self) -> "SectionQuerySet":
        """Still to be entered; nothing is owed to a cancelled plan."""
        return self.filter(bases.OWED)

    def due_by(self, day: dt.date) -> "SectionQuerySet":
        """Owed and due on or before ``day``."""
        return self.owed().filter(due_on__lte=day)

    def overdue(self, day: dt.date) -> "SectionQuerySet":
        """Owed and due before ``day``: 逾期 is computed, never a state."""
        return self.owed().filter(due_on__lt=day)

    def to_review(self, user: "User") -> "SectionQuerySet":
        """Submitted sections of the department this user administers, the oldest first."""
        if Role.DEPT_ADMIN not in user.roles:
            return self.none()
        return self.filter(department_id=user.department_id, state=SectionState.SUBMITTED).order_by(
            "submitted_at", "pk"
        )

    def to_approve(self, user: "User") -> "SectionQuerySet":
        """Confirmed sections of the department this user administers that have no approval noted and no visit yet."""
        if Role.DEPT_ADMIN not in user.roles:
            return self.none()
        from inspections.models import Confirmation  # noqa: PLC0415 -- models import querysets

        confirmed = Confirmation.objects.filter(
            record=OuterRef("record"), department=OuterRef("department"), decision=Decision.CONFIRMED
        )
        return self.filter(
            bases.RUNNING,
            Q(record__state=RecordState.OPEN) | Q(Exists(confirmed), record__state=RecordState.CONFIRMING),
            department_id=user.department_id,
            approval=None,
            state__in=list(OPEN_FOR_ENTRY),
        )

    def owed_by_department(self, day: dt.date) -> list[dict[str, Any]]:
        """One row per plan and department that still owes sections: ``plan`` ``plan_name`` ``department``
        ``department_name`` ``count`` ``overdue`` ``earliest`` (None while no visit has ended), the earliest first."""
        rows = (
            self.owed()
            .order_by()
            .values("record__plan", "record__plan__task_name", "department", "department__short_name")
            .annotate(count=Count("pk"), overdue=Count("pk", filter=Q(due_on__lt=day)), earliest=Min("due_on"))
        )
        return _by_clock(
            {
                "plan": row["record__plan"],
                "plan_name": row["record__plan__task_name"],
                "department": row["department"],
                "department_name": row["department__short_name"],
                "count": row["count"],
                "overdue": row["overdue"],
                "earliest": row["earliest"],
            }
            for row in rows
        )


class ConfirmationQuerySet(models.QuerySet[Any]):
    """Reads of confirmations."""

    def visible_to(self, user: "User") -> "ConfirmationQuerySet":
        """Auditor, system administrator: all; lead bureau: own plans; department admin: own department."""
        roles = user.roles
        if roles & {Role.AUDITOR, Role.SYSADMIN}:
            return self
        wanted = Q(pk__in=[])
        if Role.LEAD in roles:
            wanted |= Q(record__plan__lead_id=user.department_id)
        if Role.DEPT_ADMIN in roles:
            wanted |= Q(department_id=user.department_id)
        return self.filter(wanted)

    def pending(self) -> "ConfirmationQuerySet":
        """Waiting for the department."""
        return self.filter(bases.PENDING)

    def returned(self) -> "ConfirmationQuerySet":
        """Returned, waiting for the lead bureau."""
        return self.filter(bases.SENT_BACK)

    def due_by(self, day: dt.date) -> "ConfirmationQuerySet":
        """Pending and due on or before ``day``."""
        return self.pending().filter(due_on__lte=day)

    def inbox_of(self, user: "User") -> "ConfirmationQuerySet":
        """All confirmations of the department this user administers, whatever has become of them."""
        if Role.DEPT_ADMIN not in user.roles:
            return self.none()
        return self.filter(department_id=user.department_id)

    def led_by(self, user: "User") -> "ConfirmationQuerySet":
        """Confirmations of the plans this user leads."""
        return self.filter(record__plan__lead_id=user.department_id) if Role.LEAD in user.roles else self.none()

    def returned_to(self, user: "User") -> "ConfirmationQuerySet":
        """Returned ones that the lead bureau decides, or has decided; the auditor reads all."""
        rows = self.visible_to(user) if Role.AUDITOR in user.roles else self.led_by(user)
        return rows.filter(decision=Decision.RETURNED).select_related(
            "record__plan", "record__selection__enterprise", "department", "by", "lead_by"
        )

    def with_inbox_columns(self) -> "ConfirmationQuerySet":
        """Annotate what the inbox shows: ``items`` (number of the department's items), ``last_day`` and
        ``last_result`` of its previous inspection of the enterprise."""
        from inspections.models import ItemFinding  # noqa: PLC0415 -- models import querysets
        from registry.models import PastInspection  # noqa: PLC0415 -- models import querysets

        items = (
            ItemFinding.objects.filter(section__record=OuterRef("record"), section__department=OuterRef("department"))
            .order_by()
            .values("section__record")
            .annotate(n=Count("pk"))
            .values("n")
        )
        past = PastInspection.objects.filter(
            enterprise=OuterRef("record__selection__enterprise"), department=OuterRef("department")
        )
        past = past.exclude(source__endswith=Concat(Value(" "), OuterRef("record__number"))).order_by("-day")
        return self.select_related("record__plan", "record__selection__enterprise", "department", "by").annotate(
            items=Subquery(items),
            last_day=Subquery(past.values("day")[:1]),
            last_result=Subquery(past.values("result")[:1]),
        )

    def tab_counts(self) -> dict[str, int]:
        """Number of ``pending`` (record still confirming), ``confirmed`` and ``returned``."""
        return self.aggregate(
            pending=Count("pk", filter=bases.PENDING),
            confirmed=Count("pk", filter=Q(decision=Decision.CONFIRMED)),
            returned=Count("pk", filter=Q(decision=Decision.RETURNED)),
        )

    def pending_by_plan(self, day: dt.date) -> list[dict[str, Any]]:
        """One row per plan, department and due day that waits for confirmation: ``plan`` ``plan_name`` ``department``
        ``department_name`` ``due_on`` ``count`` ``overdue``, the earliest first."""
        names = ("record__plan", "record__plan__task_name", "department", "department__short_name", "due_on")
        rows = self.pending().order_by().values(*names).annotate(count=Count("pk"))
        return _by_clock(
            {
                "plan": row["record__plan"],
                "plan_name": row["record__plan__task_name"],
                "department": row["department"],
                "department_name": row["department__short_name"],
                "due_on": row["due_on"],
                "earliest": row["due_on"],
                "count": row["count"],
                "overdue": row["count"] if row["due_on"] < day else 0,
            }
            for row in rows
        )


class FollowUpQuerySet(models.QuerySet[Any]):
    """Reads of follow-ups."""

    def visible_to(self, user: "User") -> "FollowUpQuerySet":
        """Follow-ups of sections the user may see."""
        from inspections.models import DepartmentSection  # noqa: PLC0415 -- models import querysets

        return self.filter(section__in=DepartmentSection.objects.visible_to(user).values("pk"))

    def still_open(self) -> "FollowUpQuerySet":
        """Not closed yet; 无需后续处置 is nothing to close."""
        return self.filter(closed_on=None).exclude(measure=Measure.NONE)


class NoticeQuerySet(models.QuerySet[Any]):
    """Reads of the inbox."""

    def visible_to(self, user: "User") -> "NoticeQuerySet":
        """A person's own messages."""
        return self.filter(recipient=user)

    def unread(self) -> "NoticeQuerySet":
        """Not opened yet."""
        return self.filter(read_at=None)


class DeliveryQuerySet(models.QuerySet[Any]):
    """Reads of messages on their way out."""

    def visible_to(self, user: "User") -> "DeliveryQuerySet":
        """A person's own; the system administrator sees all."""
        return self if Role.SYSADMIN in user.roles else self.filter(notice__recipient=user)

    def failed(self) -> "DeliveryQuerySet":
        """Given up."""
        return self.filter(state=DeliveryState.FAILED)

    def due(self, now: dt.datetime) -> "DeliveryQuerySet":
        """To be tried now, the longest waiting first."""
        return self.filter(state=DeliveryState.WAITING, next_try__lte=now).order_by("next_try", "pk")


def _by_clock(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the earliest day first, those without one last."""
    return sorted(rows, key=lambda row: (row["earliest"] or dt.date.max, row["plan"], row["department"]))
