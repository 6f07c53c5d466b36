"""Reads of what goes out."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from registry.enums import Role
from registry.querysets import found_by
from registry.text import tidied

if TYPE_CHECKING:
    from registry.models import User


def published_by_words(text: str, path: str = "") -> Q:
    """What a search of the public finds: the name of today in any spelling, the published name, the published code;
    ``path`` leads to the publication."""
    found = found_by(text, name=f"{path}enterprise__search_key", codes=(f"{path}uscc",))
    return found | Q(**{f"{path}name__icontains": tidied(text)}) if found else found


class PublicationQuerySet(models.QuerySet[Any]):
    """Reads of publications."""

    def current(self) -> "PublicationQuerySet":
        """The newest version of each record."""
        return self.filter(superseded_by__isnull=True)


class PublishedResultQuerySet(models.QuerySet[Any]):
    """Reads of the rows of 检查结果公告."""

    def current(self) -> "PublishedResultQuerySet":
        """The rows of the newest version of each record."""
        return self.filter(publication__superseded_by__isnull=True)

    def in_notice_order(self) -> "PublishedResultQuerySet":
        """By code, then department in the order of the notice (decisions.md), with what a row prints."""
        return self.select_related("publication", "publication__plan", "department").order_by(
            "publication__uscc", "publication__plan__task_code", "department__order", "department__code", "pk"
        )


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


def without_publication(records: "models.QuerySet[Any]", free_states: list[str]) -> "models.QuerySet[Any]":
    """Of ``records`` those with a department free to publish whose result no publication holds yet."""
    from inspections.models import DepartmentSection  # noqa: PLC0415 -- models import querysets
    from publicity.models import PublishedResult  # noqa: PLC0415 -- models import querysets

    published = PublishedResult.objects.filter(
        publication__record=OuterRef("record"), department=OuterRef("department")
    )
    waiting = DepartmentSection.objects.filter(record=OuterRef("pk"), state__in=free_states).filter(~Exists(published))
    return records.filter(Exists(waiting))
