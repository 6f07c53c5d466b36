"""Who may open which page. Every view carries ``@requires``; the start-up check and tests/test_access.py hold it."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.urls import reverse

from registry.enums import Role
from registry.models import User

View = TypeVar("View", bound=Callable[..., HttpResponse])

LEAD, DEPT_ADMIN, INSPECTOR = Role.LEAD, Role.DEPT_ADMIN, Role.INSPECTOR
AUDITOR, SYSADMIN, PUBLIC = Role.AUDITOR, Role.SYSADMIN, Role.PUBLIC
STAFF = (LEAD, DEPT_ADMIN, INSPECTOR, AUDITOR, SYSADMIN)


def requires(*roles: Role, methods: tuple[str, ...] = ("GET",), writes: tuple[Role, ...] | None = None) -> Any:
    """Admit the named roles (``PUBLIC`` = everybody) and HTTP methods; everything else is answered here.

    ``writes``: the roles that may use methods other than GET, when fewer than may read (the auditor never writes).
    Not logged in: to the sign-in page (JSON clients get 401). Wrong role: 403 page. Wrong method: 405.
    Objects of others are a matter of ``visible_to(user)`` and answer 404.
    """
    allowed = frozenset(roles)
    write_roles = frozenset(roles if writes is None else writes) - ({AUDITOR} if PUBLIC not in allowed else set())
    admitted = (*methods, "HEAD") if "GET" in methods else methods

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in admitted:
                return HttpResponseNotAllowed(methods)
            if PUBLIC in allowed:
                return view(request, *args, **kwargs)
            user = request.user
            if not isinstance(user, User) or not user.is_authenticated:
                if request.headers.get("accept", "").startswith("application/json"):
                    body = {
                        "sync": 1,
                        "code": "login",
                        "error": "登录已失效，请重新登录。",
                        "login": reverse("account_login"),
                    }
                    return JsonResponse(body, status=401)
                return redirect_to_login(request.get_full_path())
            needed = allowed if request.method in ("GET", "HEAD") else write_roles
            if not user.roles & needed:
                names = "、".join(Role(role).label for role in sorted(needed, key=list(Role).index))
                raise PermissionDenied(f"此操作需要“{names}”权限。如确需办理，请联系系统管理员开通。")
            return view(request, *args, **kwargs)

        guarded.access = (allowed, tuple(methods))  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate
