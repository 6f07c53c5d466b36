"""Accounts: made by the system administrator with a one-time password; roles with separated powers."""

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from registry import audit
from registry.enums import Role
from registry.errors import DomainError
from registry.models import Department, User
from registry.services.passwords import give_password
from registry.services.sessions import end_sessions

FLAGS = {
    Role.LEAD: "is_lead",
    Role.DEPT_ADMIN: "is_dept_admin",
    Role.INSPECTOR: "is_inspector",
    Role.AUDITOR: "is_auditor",
    Role.SYSADMIN: "is_sysadmin",
}
NAMES = ["name", *FLAGS.values(), "department", "is_active"]


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
    user = User(username=username.strip(), name=name.strip() or username.strip())
    if not user.username:
        raise DomainError("请填写登录名。")
    _apply(user, roles, department)
    password = give_password(user)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        raise DomainError(f"登录名“{user.username}”已有人使用，请换一个。") from None
    after = audit.fields_of(user, NAMES)
    audit.record(stream="accounts", actor=actor, action="开设账号", obj=user, after=after)
    return user, password


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
