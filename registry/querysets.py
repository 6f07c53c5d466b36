"""Reads with names. Views start from ``visible_to(user)``, so nothing unscoped is ever listed."""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery

from registry.enums import InspectorStatus, RegStatus, Role
from registry.text import folded, folded_code

if TYPE_CHECKING:
    from registry.models import User


def found_by(text: str, *, name: str, codes: Iterable[str]) -> Q:
    """What a search box finds: ``name`` is the path of a column that holds folded names, ``codes`` are paths of numbers
    in capitals. Nothing to be seen in ``text``: everything."""
    word, code = folded(text), folded_code(text)
    wanted = Q(**{f"{name}__contains": word})
    for path in codes:
        wanted |= Q(**{f"{path}__contains": code})
    return wanted if word and code else Q(**{f"{name}__contains": word}) if word else Q()


def matching(rows: Any, text: str, *columns: str) -> list[Any]:
    """The keys of the rows of a short list (tasks, items) in which one of ``columns`` holds ``text``, both folded."""
    word = folded(text)
    found = rows.order_by().values_list("pk", *columns)
    return list({pk for pk, *values in found if any(word in folded(value or "") for value in values)})


class EnterpriseQuerySet(models.QuerySet[Any]):
    """Reads of enterprises."""

    def visible_to(self, user: "User") -> "EnterpriseQuerySet":
        """The registry is readable by lead bureau, auditor and department admins."""
        if user.roles & {Role.LEAD, Role.AUDITOR, Role.DEPT_ADMIN, Role.SYSADMIN}:
            return self
        return self.none()

    def search(self, text: str) -> "EnterpriseQuerySet":
        """By part of the name, however it is typed, or of the code."""
        return self.filter(found_by(text, name="search_key", codes=("uscc",)))

    def with_grade(self, scheme_id: int, on: dt.date) -> "EnterpriseQuerySet":
        """Annotate ``grade``: code of the newest rating with as_of ≤ ``on``; None is 未评级 (decisions.md)."""
        from registry.models.enterprises import RiskRating  # noqa: PLC0415 -- models import querysets

        newest = RiskRating.objects.filter(enterprise=OuterRef("pk"), scheme_id=scheme_id, as_of__lte=on).order_by(
            "-as_of"
        )
        return self.annotate(grade=Subquery(newest.values("level__code")[:1]))

    def active(self) -> "EnterpriseQuerySet":
        """Registered and existing (存续)."""
        return self.filter(status=RegStatus.ACTIVE)


class InspectorQuerySet(models.QuerySet[Any]):
    """Reads of inspectors."""

    def visible_to(self, user: "User") -> "InspectorQuerySet":
        """Lead bureau, auditor, system administrator: all; a department admin: the own department's people."""
        if user.roles & {Role.LEAD, Role.AUDITOR, Role.SYSADMIN}:
            return self
        if Role.DEPT_ADMIN in user.roles:
            return self.filter(department_id=user.department_id)
        return self.none()

    def search(self, text: str) -> "InspectorQuerySet":
        """By part of the name, however it is typed, or of the number of the certificate."""
        return self.filter(found_by(text, name="search_key", codes=("badge",)))

    def drawable(self, on: dt.date, last_plan_day: dt.date) -> "InspectorQuerySet":
        """Who can be drawn; the rows for which ``Inspector.why_not_drawable`` is empty."""
        away = Q(unavailable_from__lte=on) & (Q(unavailable_to__gte=on) | Q(unavailable_to__isnull=True))
        return self.filter(status=InspectorStatus.ACTIVE, badge_valid_until__gte=last_plan_day).exclude(away)


class RecusalQuerySet(models.QuerySet[Any]):
    """Reads of recusals."""

    def visible_to(self, user: "User") -> "RecusalQuerySet":
        """Lead bureau, auditor, system administrator: all; department admin: the own department's."""
        if user.roles & {Role.LEAD, Role.AUDITOR, Role.SYSADMIN}:
            return self
        if Role.DEPT_ADMIN in user.roles:
            return self.filter(inspector__department_id=user.department_id)
        return self.none()

    def in_force(self) -> "RecusalQuerySet":
        """Declared and not refused: a pending recusal is honoured."""
        return self.exclude(accepted=False)


class ItemQuerySet(models.QuerySet[Any]):
    """Reads of inspection items."""

    def in_force(self, on: dt.date) -> "ItemQuerySet":
        """Active versions in force on a day."""
        return self.effective(on).filter(active=True)

    def effective(self, on: dt.date) -> "ItemQuerySet":
        """The version of every item on a day, switched off or not."""
        return self.filter(effective_from__lte=on).filter(Q(effective_to__isnull=True) | Q(effective_to__gte=on))


class AuditQuerySet(models.QuerySet[Any]):
    """Reads of the trail."""

    def visible_to(self, user: "User") -> "AuditQuerySet":
        """Auditor and system administrator read it whole; nobody else."""
        if user.roles & {Role.AUDITOR, Role.SYSADMIN}:
            return self
        return self.none()
