"""Reads of plans and draws."""

from typing import TYPE_CHECKING, Any

from django.db import models

from registry.enums import Role
from sampling.enums import PickKind, PlanState

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

    def with_counts(self) -> "PlanQuerySet":
        """Annotate ``total`` (enterprises of the newest frozen list) and ``picks`` (drawn, of the newest draw)."""
        from sampling.models import Roster, Selection  # noqa: PLC0415 -- models import querysets

        newest = Roster.objects.filter(plan=models.OuterRef("pk")).order_by("-round")
        main = Selection.objects.filter(draw__roster=models.OuterRef("newest"), kind=PickKind.MAIN).order_by()
        counted = main.values("draw__roster").annotate(n=models.Count("pk")).values("n")
        return self.annotate(
            newest=models.Subquery(newest.values("pk")[:1]),
            total=models.Subquery(newest.values("total")[:1]),
            picks=models.Subquery(counted, output_field=models.IntegerField()),
        )

    def public(self) -> "PlanQuerySet":
        """Plans the public may know of: frozen or later, cancelled and void ones that had been frozen included; never
        a rehearsal."""
        return self.filter(roster__isnull=False, rehearsal=False).distinct()

    def real(self) -> "PlanQuerySet":
        """Without rehearsals: what is counted, published and reported."""
        return self.filter(rehearsal=False)
