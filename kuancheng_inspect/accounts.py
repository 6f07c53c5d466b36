"""allauth adapter: no sign-up; accounts are made by the system administrator."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


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
