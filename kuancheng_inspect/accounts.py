"""allauth adapter: no sign-up; accounts are made by the system administrator. And the account behind a session."""

import functools
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.db import models
from django.http import HttpRequest

from registry.models import User
from registry.statements import Columns, first


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


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in by user name only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never (decisions.md)."""
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """To the password page while a one-time password is in use, else home."""
        from django.urls import reverse  # noqa: PLC0415 -- the URLconf loads this module

        user: Any = request.user
        if getattr(user, "must_change_password", False):
            return reverse("account_change_password")
        return super().get_login_redirect_url(request)
