"""Reads of what goes out."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef

from registry.enums import Role

if TYPE_CHECKING:
    from registry.models import User


class PublicationQuerySet(models.QuerySet[Any]):
    """Reads of publications."""

    def current(self) -> "PublicationQuerySet":
        """The newest version of each record."""
        newer = self.model.objects.filter(record=OuterRef("record"), version__gt=OuterRef("version"))
        return self.filter(~Exists(newer))


class ExportQuerySet(models.QuerySet[Any]):
    """Reads of exports."""

    def visible_to(self, user: "User") -> "ExportQuerySet":
        """Auditor and system administrator see who exported what; others their own."""
        if user.roles & {Role.AUDITOR, Role.SYSADMIN}:
            return self
        return self.filter(requested_by=user)


class FeedbackQuerySet(models.QuerySet[Any]):
    """Reads of feedback."""

    def visible_to(self, user: "User") -> "FeedbackQuerySet":
        """Lead bureau: own plans and those naming no plan; auditor: all."""
        roles = user.roles
        if roles & {Role.AUDITOR, Role.SYSADMIN}:
            return self
        if Role.LEAD in roles:
            return self.filter(models.Q(plan__isnull=True) | models.Q(plan__lead_id=user.department_id))
        return self.none()
