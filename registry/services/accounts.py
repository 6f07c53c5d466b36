"""Accounts: made by the system administrator with a one-time password; roles with separated powers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from registry import audit
from registry.enums import Role
from registry.errors import DomainError
from registry.login_names import login_for
from registry.models import Department, Inspector, User
from registry.services.passwords import Slip, give_password
from registry.services.sessions import end_sessions
from registry.text import account_name

FLAGS = {
    Role.LEAD: "is_lead",
    Role.DEPT_ADMIN: "is_dept_admin",
    Role.INSPECTOR: "is_inspector",
    Role.AUDITOR: "is_auditor",
    Role.SYSADMIN: "is_sysadmin",
}
NAMES = ["name", *FLAGS.values(), "department", "is_active"]
IN_USE = "登录名“{}”已有人使用（不分大小写），请换一个。"


@dataclass(frozen=True)
class NewAccount:
    """One of several accounts that are made together; ``inspector``: whose it will be."""

    username: str
    name: str
    department: Department | None
    roles: tuple[Role, ...]
    inspector: Inspector | None = None


def _check_actor(actor: User | None) -> None:
    if actor is not None and Role.SYSADMIN not in actor.roles:
        raise DomainError("账号由系统管理员开设和修改。")


def _apply(user: User, roles: Iterable[Role], department: Department | None) -> None:
    wanted = set(roles)
    for role, flag in FLAGS.items():
        setattr(user, flag, role in wanted)
    user.department = department
    try:
        user.validate_constraints()
    except ValidationError as error:
        raise DomainError(error.messages[0]) from None


@transaction.atomic
def create_account(
    *, actor: User | None, username: str, name: str, department: Department | None, roles: Iterable[Role]
) -> tuple[User, str]:
    """Make an account; returns it with its one-time password, which must be changed at the first sign-in.

    ``actor`` None is the installation itself. Raises DomainError for a name in use or powers that must be separate.
    """
    _check_actor(actor)
    login = account_name(username)
    if not login:
        raise DomainError("请填写登录名。")
    if User.objects.filter(username__iexact=login).exists():
        raise DomainError(IN_USE.format(login))
    user = User(username=login, name=name.strip() or login)
    _apply(user, roles, department)
    password = give_password(user)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise DomainError(IN_USE.format(login)) from None
    after = audit.fields_of(user, NAMES)
    audit.record(stream="accounts", actor=actor, action="开设账号", obj=user, after=after)
    return user, password


@transaction.atomic
def create_accounts(*, actor: User, wanted: Sequence[NewAccount]) -> list[Slip]:
    """Make all of them or none; a slip per person, in order. An inspector's account is tied to the inspector."""
    if not wanted:
        raise DomainError("没有要开设的账号，请先选择人员。")
    slips = []
    for one in wanted:
        user, password = create_account(
            actor=actor, username=one.username, name=one.name, department=one.department, roles=one.roles
        )
        if one.inspector is not None:
            _tie(actor, one.inspector, user)
        slips.append(Slip(user, password))
    return slips


def _tie(actor: User, inspector: Inspector, user: User) -> None:
    person = Inspector.objects.select_for_update(of=("self",)).get(pk=inspector.pk)
    if person.user_id is not None:
        raise DomainError(f"{person}已有账号，请刷新页面，只选还没有账号的人。")
    person.user = user
    person.save(update_fields=["user"])
    words: dict[str, Any] = {"before": {"user": None}, "after": {"user": user}, "reason": "开设账号"}
    audit.record(stream="registry", actor=actor, action="关联账号", obj=person, **words)


def accounts_for(inspectors: Iterable[Inspector]) -> list[NewAccount]:
    """The accounts that these people would get, with login names nobody has."""
    taken = {name.lower() for name in User.objects.values_list("username", flat=True)}
    wanted = []
    for person in inspectors:
        login = login_for(name=person.name, badge=person.badge, taken=taken)
        taken.add(login.lower())
        wanted.append(NewAccount(login, person.name, person.department, (Role.INSPECTOR,), person))
    return wanted


@transaction.atomic
def set_roles(
    *,
    actor: User | None,
    user: User,
    roles: Iterable[Role],
    department: Department | None,
    active: bool = True,
    name: str = "",
    reason: str,
) -> User:
    """Change roles, department or whether the account may sign in; takes effect at the person's next request."""
    _check_actor(actor)
    if not reason.strip():
        raise DomainError("请写明修改账号的理由。")
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    before = audit.fields_of(user, NAMES)
    _apply(user, roles, department)
    user.is_active = active
    user.name = name.strip() or user.name
    user.save(update_fields=NAMES)
    if not active:
        end_sessions(people=[user.pk])
    audit.record(
        stream="accounts",
        actor=actor,
        action="修改账号",
        obj=user,
        before=before,
        after=audit.fields_of(user, NAMES),
        reason=reason.strip(),
    )
    return user
