"""Pages that look into every app: home by role, health, error pages."""

import sys
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render

from inspections.models import Notice
from kuancheng_inspect import answers, desk, expired, health
from kuancheng_inspect.desk_rows import WEEKDAYS
from kuancheng_inspect.setup_list import setup_of
from registry import clock
from registry.enums import Role
from registry.permissions import PUBLIC, STAFF, requires


@requires(*STAFF)
def home(request: HttpRequest) -> HttpResponse:
    """What I owe, sorted by clock; an inspector without a desk role goes to the phone pages, unless the desk is asked
    for."""
    user = request.user
    roles = user.roles
    if roles == {Role.INSPECTOR} and "zhuomian" not in request.GET:
        return redirect("inspections:record_today")
    today = clock.today()
    mine = desk.desk_of(user, today)
    auditor = Role.AUDITOR in roles
    context = {
        "desk": mine,
        "lead": Role.LEAD in roles,
        "sysadmin": Role.SYSADMIN in roles,
        "setup": setup_of(user, today),
        "auditor": auditor,
        "facts": desk.facts_for_auditor(clock.now()) if auditor else {},
        "weekdays": WEEKDAYS,
        "day_text": desk.day_text(today),
        "unread": Notice.objects.visible_to(user).unread().count(),
    }
    return render(request, "home.html", context)


@requires(PUBLIC)
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


@requires(PUBLIC)
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether the service can do its work: 503 when it cannot, 200 with what is degraded otherwise."""
    checks = health.readiness()
    return JsonResponse({"ok": checks.ok, "checks": checks.words}, status=200 if checks.ok else 503)


@requires(PUBLIC)
def kit(request: HttpRequest) -> HttpResponse:
    """Every component in every state, for eyes and screenshots (DEBUG only)."""
    return render(request, "kit.html", {"debug": settings.DEBUG})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400 in words."""
    return render(request, "409.html", {"message": "提交的内容不完整，请返回上一页重新填写。"}, status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: what is needed, who can grant it."""
    if answers.wants_json(request):
        return JsonResponse({"sync": 1, "code": "not_yours", "error": str(exception)}, status=403)
    return render(request, "403.html", {"message": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, the same for what does not exist and what is not yours."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500 with the request's id and nothing else; 503 or 507 when the database or the storage failed before a view ran
    (a session, a user) or inside an error page."""
    return answers.for_fault(request, sys.exc_info()[1]) or answers.broken(request)


def csrf_failure(request: HttpRequest, reason: str = "", **kwargs: Any) -> HttpResponse:
    """A form whose token is stale: what was typed is given back."""
    if answers.wants_json(request):
        return JsonResponse({"sync": 1, "code": "csrf", "error": "页面停留太久，请刷新后再试。"}, status=403)
    return expired.page(request)
