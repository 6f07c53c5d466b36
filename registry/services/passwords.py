"""Passwords and second factors: a one-time password ends when its owner changes it; what is lost is issued anew."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password, get_hasher, make_password
from django.db import transaction

from registry import audit
from registry.enums import Role
from registry.errors import DomainError
from registry.models import User
from registry.services.sessions import end_sessions
from registry.services.signin import forgive

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is misread aloud
ISSUED_ROUNDS = 20_000
STATE = ["must_change_password"]


@dataclass(frozen=True)
class Slip:
    """What is handed to a person: the one-time password, empty when it stayed; whether the second factor is gone."""

    user: User
    password: str = ""
    second_factor: bool = False


def one_time_password() -> str:
    """A password to be handed over once: 15 characters, about 74 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(3))


def give_password(user: User) -> str:
    """Put a new one-time password on an account (not saved); its hash is kept, so that it is never chosen again."""
    password = one_time_password()
    user.password = user.issued_password = _hash(password)
    user.must_change_password = True
    return password


def _hash(password: str) -> str:
    """As Django hashes, in fewer rounds: they slow down guessing a poor password, and this one has 74 random bits. A
    sheet of a hundred takes a second instead of a minute; the first sign-in hashes it anew in full."""
    hasher = get_hasher()
    if isinstance(hasher, PBKDF2PasswordHasher):
        return str(hasher.encode(password, hasher.salt(), iterations=ISSUED_ROUNDS))
    return make_password(password)


def why_not_password(user: User, password: str) -> str:
    """Why ``password`` may not follow the present one, in words; empty when it may."""
    if check_password(password, user.password):
        return "新密码和现在的密码相同，请换一个。"
    if user.issued_password and check_password(password, user.issued_password):
        return "这是发给您的一次性密码，用过就作废了，请换一个。"
    return ""


@transaction.atomic
def change_password(*, actor: User, password: str, keep: str = "") -> None:
    """The owner's own change: the one-time password ends, and every sign-in of the person but session ``keep``.

    ``actor`` is the account as it was when the present password was proved; one reset since then is not overruled.
    """
    user = User.objects.select_for_update(of=("self",)).get(pk=actor.pk)
    if user.password != actor.password:
        raise DomainError("密码刚刚在别处改过或被重置。请重新登录，再修改密码。")
    if why := why_not_password(user, password):
        raise DomainError(why)
    before = audit.fields_of(user, STATE)
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", *STATE])
    ended = end_sessions(people=[user.pk], keep=keep)
    after = audit.fields_of(user, STATE) | {"ended_sessions": ended}
    audit.record(stream="accounts", actor=user, action="修改密码", obj=user, before=before, after=after)
    actor.password, actor.must_change_password = user.password, False


@transaction.atomic
def reset_password(*, actor: User | None, user: User, reason: str) -> str:
    """A new one-time password; the old one and all sessions of the person end with it."""
    user = _hold(actor, user, reason)
    before = audit.fields_of(user, STATE)
    password = give_password(user)
    user.save(update_fields=["password", "issued_password", *STATE])
    forgive(user)
    after = audit.fields_of(user, STATE) | {"ended_sessions": end_sessions(people=[user.pk])}
    words: dict[str, Any] = {"before": before, "after": after, "reason": reason.strip()}
    audit.record(stream="accounts", actor=actor, action="重置密码", obj=user, **words)
    return password


@transaction.atomic
def reset_second_factor(*, actor: User | None, user: User, reason: str) -> None:
    """Authenticator and recovery codes are gone, sessions end; who needs a second factor sets it up at sign-in."""
    user = _hold(actor, user, reason)
    kinds = list(Authenticator.objects.filter(user=user).order_by("pk").values_list("type", flat=True))
    Authenticator.objects.filter(user=user).delete()
    after: dict[str, Any] = {"second_factor": [], "ended_sessions": end_sessions(people=[user.pk])}
    words: dict[str, Any] = {"before": {"second_factor": kinds}, "after": after, "reason": reason.strip()}
    audit.record(stream="accounts", actor=actor, action="重置两步验证", obj=user, **words)


@transaction.atomic
def reset_access(
    *, actor: User | None, users: Iterable[User], reason: str, password: bool = True, second_factor: bool = False
) -> list[Slip]:
    """Hand out anew what these people lost, all or nothing; a slip per person. ``actor`` None is the command."""
    if not password and not second_factor:
        raise DomainError("请选择重新发放什么：密码、两步验证，或两样都选。")
    slips = []
    for user in sorted(users, key=lambda one: one.pk):
        if second_factor:
            reset_second_factor(actor=actor, user=user, reason=reason)
        new = reset_password(actor=actor, user=user, reason=reason) if password else ""
        slips.append(Slip(user, new, second_factor))
    if not slips:
        raise DomainError("没有选中任何账号。请先勾选要重新发放的人。")
    return slips


def _hold(actor: User | None, user: User, reason: str) -> User:
    """The account, locked, for a reset that is allowed."""
    if actor is not None and Role.SYSADMIN not in actor.roles:
        raise DomainError("密码和两步验证由系统管理员重新发放。")
    if actor is not None and actor.pk == user.pk:
        raise DomainError(
            "不能在网页上重置自己的账号。密码请在“修改密码”里改；两步验证丢了，请另一位系统管理员重置，"
            "或在服务器上运行 manage.py reset_account。"
        )
    if not reason.strip():
        raise DomainError("请写明重新发放的理由，例如：本人 6 月 3 日来电，手机遗失。")
    held = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if not held.is_active:
        raise DomainError(f"账号“{held.username}”已停用，请先恢复使用，再重新发放。")
    return held
