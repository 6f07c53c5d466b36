"""allauth adapter: no sign-up; accounts are made by the system administrator. And the account behind a session."""

import functools
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.urls import reverse

from registry.models import User
from registry.statements import Columns, first
from registry.text import account_name


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
        if isinstance(credentials.get("username"), str):
            credentials["username"] = account_name(credentials["username"])
        return super().authenticate(request, **credentials)

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
