"""Reads of records, sections and confirmations, scoped to who may see them."""

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q

from inspections.enums import OPEN_FOR_ENTRY, Decision, RecordState
from registry.enums import Role

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


class SectionQuerySet(models.QuerySet[Any]):
    """Reads of sections."""

    def visible_to(self, user: "User") -> "SectionQuerySet":
        """Sections of records the user may see."""
        from inspections.models import InspectionRecord  # noqa: PLC0415 -- models import querysets

        return self.filter(record__in=InspectionRecord.objects.visible_to(user).values("pk"))

    def fillable_by(self, user: "User") -> "SectionQuerySet":
        """Sections this inspector may fill: own department's, drawn into, not replaced, record open."""
        return self.filter(
            members__inspector__user_id=user.pk,
            members__replaced=False,
            record__state=RecordState.OPEN,
        )

    def owed(self) -> "SectionQuerySet":
        """Still to be entered."""
        return self.filter(record__state=RecordState.OPEN, state__in=list(OPEN_FOR_ENTRY))

    def due_by(self, day: dt.date) -> "SectionQuerySet":
        """Owed and due on or before ``day``."""
        return self.owed().filter(due_on__lte=day)


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
        return self.filter(decision=Decision.PENDING, record__state=RecordState.CONFIRMING)

    def returned(self) -> "ConfirmationQuerySet":
        """Returned, waiting for the lead bureau."""
        return self.filter(decision=Decision.RETURNED, lead_decision="", record__state=RecordState.CONFIRMING)

    def due_by(self, day: dt.date) -> "ConfirmationQuerySet":
        """Pending and due on or before ``day``."""
        return self.pending().filter(due_on__lte=day)
