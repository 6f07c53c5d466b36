"""allauth adapter: no sign-up; accounts are made by the system administrator. And the account behind a session."""

import functools
from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.urls import reverse

from registry.addresses import client_address
from registry.models import User
from registry.statements import Columns, first
from registry.text import account_name

DEVICE_COOKIE = "__Host-device" if settings.HTTPS else "device"
DEVICE_DAYS = 180
DEVICE_ACCOUNTS = 20  # a computer that an office shares


def known_accounts(request: HttpRequest) -> list[int]:
    """The accounts that signed in with this browser within half a year, the last one first."""
    try:
        found = signing.loads(request.COOKIES.get(DEVICE_COOKIE, ""), salt="device", max_age=DEVICE_DAYS * 86400)
    except signing.BadSignature:
        return []
    return [pk for pk in found if isinstance(pk, int)] if isinstance(found, list) else []


def remember_device(response: Any, accounts: Iterable[int]) -> None:
    """Let the browser say next time that these accounts signed in with it. It opens nothing; see ADR 0008."""
    value = signing.dumps(list(dict.fromkeys(accounts))[:DEVICE_ACCOUNTS], salt="device")
    options: dict[str, Any] = {"httponly": True, "samesite": "Lax", "secure": settings.HTTPS, "path": "/"}
    response.set_cookie(DEVICE_COOKIE, value, max_age=DEVICE_DAYS * 86400, **options)


def waiting_words(seconds: int) -> str:
    """Why nobody looks at the password now, and what to do."""
    minutes = -(-seconds // 60)
    return (
        f"密码输错次数太多，请等 {minutes} 分钟再试。急用的，用以前登录过的电脑或手机登录，或请系统管理员重新发放密码。"
    )


class Backend(AuthenticationBackend):
    """Signs in as allauth does; the account of a session is read by one plain statement, anew for every request."""

    def get_user(self, user_id: int) -> User | None:
        """The account as it is now; None when it is gone or blocked."""
        account, sql = _account()
        row = first(sql, [user_id])
        user = None if row is None else account.read(row)
        return user if user is not None and self.user_can_authenticate(user) else None


@functools.cache
def _account() -> tuple[Columns[User], str]:
    """All of an account but its times, and the statement."""
    names = [field.attname for field in User._meta.concrete_fields if not isinstance(field, models.DateField)]
    account = Columns(User, *names, table="registry_user")
    return account, f"SELECT {account.sql} FROM registry_user WHERE id = %s"  # noqa: S608 -- names of our own columns


class MinimumLength(MinimumLengthValidator):
    """Django's, whose refusal is not translated."""

    def get_error_message(self) -> str:
        """Of a password that is too short."""
        return f"密码太短，至少 {self.min_length} 个字符。"


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in by user name only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never (decisions.md)."""
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """With the name as accounts are stored: a mark that nobody sees is no wrong password, and no second name under
        which to guess (`registry.text.account_name`)."""
        from registry.services import Caller, note_failure, seconds_to_wait  # noqa: PLC0415 -- as below

        if isinstance(credentials.get("username"), str):
            credentials["username"] = account_name(credentials["username"])
        known = frozenset(known_accounts(request))
        caller = Caller(credentials.get("username", ""), client_address(request), known)
        if seconds := seconds_to_wait(caller):
            request.sign_in_wait = seconds  # type: ignore[attr-defined] -- the middleware makes it 429
            raise ValidationError(waiting_words(seconds))
        user = super().authenticate(request, **credentials)
        if user is None:
            note_failure(caller)
        return user

    def get_client_ip(self, request: HttpRequest) -> str:
        """As everywhere (`registry.addresses`)."""
        return client_address(request) or super().get_client_ip(request)

    def post_login(self, request: HttpRequest, user: Any, **options: Any) -> Any:
        """Signed in, with everything that is asked for: the browser is known from now on, and the owner is told."""
        from registry.services import Caller, note_success  # noqa: PLC0415 -- settings are read before the apps stand

        known = known_accounts(request)
        strangers = note_success(Caller(user.username, client_address(request), frozenset(known)))
        response = super().post_login(request, user, **options)
        if strangers:
            words = f"上次登录以来，有人在别处用您的用户名输错了 {strangers} 次密码。不是您本人的，请告诉系统管理员。"
            messages.warning(request, words)
        remember_device(response, [user.pk, *known])
        return response

    def login(self, request: HttpRequest, user: Any) -> None:
        """The time of it by the product's clock, as everything else that is shown beside it."""
        from registry.services import note_sign_in  # noqa: PLC0415 -- settings are read before the apps stand

        super().login(request, user)
        note_sign_in(user)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """To the password page while a one-time password is in use, else home."""
        user: Any = request.user
        if getattr(user, "must_change_password", False):
            return reverse("account_change_password")
        return super().get_login_redirect_url(request)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """On to the work; the password page has nothing more to say."""
        return reverse("home")

    def clean_password(self, password: str, user: Any = None) -> str:
        """The validators of the settings, and nobody keeps the password that must go."""
        from registry.services import why_not_password  # noqa: PLC0415 -- settings are read before the apps stand

        clean = super().clean_password(password, user=user)
        if user is not None and (why := why_not_password(user, clean)):
            raise ValidationError(why)
        return str(clean)

    def set_password(self, user: Any, password: str) -> None:
        """The owner's own change; the session it is made in goes on, all others end."""
        from registry.services import change_password  # noqa: PLC0415 -- as above

        change_password(actor=user, password=password, keep=self.request.session.session_key or "")
        # The present password was typed for it: the second factor, which comes next, does not ask for it once more.
        reauthenticate_by_password(self.request)
