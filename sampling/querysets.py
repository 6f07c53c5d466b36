"""Reads of plans and draws."""

from typing import TYPE_CHECKING, Any

from django.db import models

from registry.enums import Role
from sampling.enums import PlanState

if TYPE_CHECKING:
    from registry.models import User


class PlanQuerySet(models.QuerySet[Any]):
    """Reads of plans."""

    def visible_to(self, user: "User") -> "PlanQuerySet":
        """Lead bureau: plans it leads; auditor and system administrator: all; others: plans their department is in.

        A department sees a plan from its dispatch on (nobody outside the lead bureau learns who was drawn earlier).
        """
        roles = user.roles
        if roles & {Role.AUDITOR, Role.SYSADMIN}:
            return self
        wanted = models.Q(pk__in=[])
        if Role.LEAD in roles:
            wanted |= models.Q(lead_id=user.department_id)
        if roles & {Role.DEPT_ADMIN, Role.INSPECTOR}:
            wanted |= models.Q(departments__department_id=user.department_id) & ~models.Q(
                state__in=[PlanState.DRAFT, PlanState.FROZEN, PlanState.DRAWN]
            )
        return self.filter(wanted).distinct()

    def led_by(self, user: "User") -> "PlanQuerySet":
        """Plans this user may change: lead bureau, own plans."""
        return self.filter(lead_id=user.department_id) if Role.LEAD in user.roles else self.none()

    def public(self) -> "PlanQuerySet":
        """Plans the public may know of: frozen or later, cancelled ones that had been frozen included."""
        return self.filter(roster__isnull=False).exclude(state=PlanState.DRAFT).distinct()
