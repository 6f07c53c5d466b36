"""Accounts of the demonstration. One password for all, hashed once; the sign-in page of a demonstration names it."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import transaction

from registry import audit
from registry.models import Department, Inspector, User

PASSWORD = "yanshi-2024"  # noqa: S105 -- printed by make demo, refused without DEMO
NAMES = {"WL": "旅文", "GA": "公安", "WS": "卫健", "SJ": "市监", "XF": "消防"}


@dataclass(frozen=True)
class Cast:
    """Who plays the campaign."""

    lead: User
    deputy: User
    auditor: User
    sysadmin: User
    admins: dict[str, User]


def _account(hashed: str, username: str, name: str, department: Department | None, **flags: bool) -> User:
    user = User.objects.create(
        username=username, name=name, department=department, password=hashed, is_active=True, **flags
    )
    audit.record(stream="accounts", actor=None, action="开设演示账号", obj=user, after=dict(flags))
    return user


@transaction.atomic
def make_cast() -> Cast:
    """Lead bureau, auditor, system administrator and a department admin for each of the five departments."""
    hashed = make_password(PASSWORD)
    departments = {one.code: one for one in Department.objects.all()}
    admins = {
        code: _account(hashed, f"{short}管理员", f"{short}管理员", departments[code], is_dept_admin=True)
        for code, short in NAMES.items()
    }
    return Cast(
        lead=_account(hashed, "牵头经办", "牵头经办", departments["WL"], is_lead=True),
        deputy=_account(hashed, "牵头复核", "牵头复核", departments["WL"], is_lead=True),
        auditor=_account(hashed, "审计员", "审计员", None, is_auditor=True),
        sysadmin=_account(hashed, "系统管理员", "系统管理员", None, is_sysadmin=True),
        admins=admins,
    )


@transaction.atomic
def give_inspectors_accounts() -> int:
    """A sign-in for every inspector without one, named like the inspector; returns how many were made."""
    hashed = make_password(PASSWORD)
    without = Inspector.objects.filter(user__isnull=True).select_related("department")
    for inspector in without:
        inspector.user = _account(hashed, inspector.name, inspector.name, inspector.department, is_inspector=True)
        inspector.save(update_fields=["user"])
    return len(without)
