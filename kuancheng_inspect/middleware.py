"""Request ids, access to unmarked views, and refusals turned into pages."""

import functools
import logging
import secrets
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from kuancheng_inspect import answers, expired
from registry.enums import Role
from registry.errors import DomainError
from registry.models import User
from registry.tracing import request_id

Handler = Callable[[HttpRequest], HttpResponse]
TWO_FACTOR_ROLES = {Role.LEAD, Role.AUDITOR, Role.SYSADMIN, Role.DEPT_ADMIN}


log = logging.getLogger(__name__)


class RequestIdMiddleware:
    """A short id per request: in the log, in the audit trail and on every error page."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = request_id.set(secrets.token_hex(4).upper())
        request.request_id = request_id.get()  # type: ignore[attr-defined]
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(token)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        if self._signed_in(request):
            response.setdefault("Cache-Control", "no-store")
        return response

    @staticmethod
    def _signed_in(request: HttpRequest) -> bool:
        """Whether the page was somebody's; when the database cannot say, it may have been."""
        try:
            return hasattr(request, "user") and request.user.is_authenticated
        except DatabaseError:
            return True


class ContentPolicyMiddleware(CSPMiddleware):
    """django-csp's, which builds the header anew for every answer; ours is the same for all that ask for nothing."""

    @functools.cached_property
    def _policy(self) -> str:
        return build_policy(**asdict(self.get_policy_parts(HttpRequest(), HttpResponse())))

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Put the header on, unless the answer has one; what a view or a template asks for is django-csp's to do."""
        own = "_csp_nonce" in vars(request) or any(name.startswith("_csp_") for name in vars(response))
        if own or settings.DEBUG:
            return super().process_response(request, response)
        response.setdefault(HEADER, self._policy)
        return response


class AccessMiddleware:
    """Holds signed-in people to their duties: a one-time password is changed, a second factor set up."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if seconds := getattr(request, "sign_in_wait", 0):  # set where the password would have been looked at
            response.status_code, response["Retry-After"] = 429, str(seconds)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Redirect until the account is in order; account pages themselves stay open."""
        name = getattr(request.resolver_match, "view_name", "") or ""
        public = Role.PUBLIC in getattr(view, "access", (frozenset(), ()))[0]
        if public or name.startswith(("account_", "mfa_")):
            return None  # before the user is looked at: public pages stay free of cookies
        user = request.user
        if not isinstance(user, User):
            return self._signed_out(request)
        if user.must_change_password:
            return self._first(request, "请先修改一次性密码。", "account_change_password")
        if settings.REQUIRE_TWO_FACTORS and user.roles & TWO_FACTOR_ROLES:
            from allauth.mfa.utils import is_mfa_enabled  # noqa: PLC0415 -- app registry must be ready

            if not is_mfa_enabled(user):
                return self._first(request, "请先开通两步验证。", "mfa_activate_totp")
        return None

    @staticmethod
    def _signed_out(request: HttpRequest) -> HttpResponse | None:
        """What somebody typed whose sign-in had ended is given back; who typed nothing goes to the sign-in page."""
        if request.method != "POST" or answers.wants_json(request) or not expired.typed_in(request).anything:
            return None
        return expired.page(request)

    @staticmethod
    def _first(request: HttpRequest, words: str, name: str) -> HttpResponse:
        """To the page that must come first; a phone's program is told in JSON where that is."""
        if answers.wants_json(request):
            return JsonResponse({"sync": 1, "code": "account", "error": words, "url": reverse(name)}, status=403)
        return redirect(name)


class DomainErrorMiddleware:
    """Turns a refusal no view caught into a 409 page (or JSON), and what broke below the view into words."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """409 for DomainError; 503 for a database that is busy or away, 507 for storage that takes nothing."""
        if isinstance(exception, DomainError):
            return self._refused(request, exception)
        answer = answers.for_fault(request, exception)
        if answer is not None:
            log.error("database or storage failed", exc_info=exception)
        return answer

    @staticmethod
    def _refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
        if answers.wants_json(request):
            body = {
                "sync": 1,
                "code": "invalid",
                "error": refusal.message,
                "problems": refusal.problems,
                "retry": False,
            }
            return JsonResponse(body, status=409)
        context = {"heading": "", "message": refusal.message, "problems": refusal.problems, "status": 409}
        return render(request, "409.html", context, status=409)
