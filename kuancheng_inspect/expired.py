"""A page that expired while somebody wrote on it: it says so, and gives back what was typed.

Two ways lead here: the form's token is of an earlier sign-in, or nobody is signed in any more. Nothing was saved. What
was typed is shown to be copied, and can be sent again from here by the person who sees it; never passwords and files,
never what another site's page sent.
"""

import functools
import re
import sys
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.forms import BaseForm, HiddenInput, PasswordInput
from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from registry.enums import Role
from registry.models import User

SECRET = re.compile(r"pass|pwd|otp|secret|recovery", re.IGNORECASE)
OWN = "csrfmiddlewaretoken"
MOST = 2_000  # fields that are carried along


@dataclass
class Typed:
    """What a request carried: all of it to be sent again, and what a person wrote, to be read and copied."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    shown: list[dict[str, Any]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    secrets: bool = False

    @property
    def anything(self) -> bool:
        """Whether there is anything to give back or to mention."""
        return bool(self.fields or self.files or self.secrets)


@functools.cache
def _forms() -> tuple[type[Any], ...]:
    """Every form of the product."""
    found: list[type[Any]] = []
    stack: list[type[Any]] = [BaseForm]
    while stack:
        form = stack.pop()
        stack += form.__subclasses__()
        found += [form] if getattr(form, "base_fields", None) else []
    return tuple(found)


@functools.cache
def passwords() -> frozenset[str]:
    """Names under which any form asks for a password."""
    return frozenset(
        name for form in _forms() for name, one in form.base_fields.items() if isinstance(one.widget, PasswordInput)
    )


def _fields_of(request: HttpRequest) -> dict[str, Any]:
    """The fields of the form that was most likely sent: of the view's own module, with most of the names."""
    match = request.resolver_match
    module = sys.modules.get(match.func.__module__) if match else None
    near = [form for form in _forms() if form in vars(module).values()] if match and module else []
    code = getattr(getattr(match.func, "__wrapped__", match.func), "__code__", None) if match else None
    near = [form for form in near if code and form.__name__ in code.co_names] or near
    names = set(request.POST)
    best = max(near, key=lambda form: (len(names & set(form.base_fields)), -len(form.base_fields)), default=None)
    return dict(best.base_fields) if best else {}


def typed_in(request: HttpRequest) -> Typed:
    """What was sent, passwords and files left out."""
    typed = Typed()
    try:
        sent = [(name, value) for name, values in request.POST.lists() for value in values if name != OWN]
        typed.files = [one.name or "文件" for _, files in request.FILES.lists() for one in files]
    except UnreadablePostError:
        return typed
    fields = _fields_of(request)
    for name, value in sent[:MOST]:
        if name in passwords() or SECRET.search(name):
            typed.secrets = True
            continue
        typed.fields.append((name, value))
        one = fields.get(name)
        if _worth_reading(value) and not (one and isinstance(one.widget, HiddenInput)):
            label = str(one.label) if one and one.label else "填写的内容"
            typed.shown.append(
                {"label": label, "value": value, "rows": min(value.count("\n") + 1 + len(value) // 40, 8)}
            )
    return typed


def _worth_reading(value: str) -> bool:
    """Words, not a tick or a key."""
    return bool(value.strip()) and (bool(re.search(r"[^\x00-\x7f]", value)) or " " in value.strip() or "\n" in value)


def from_ours(request: HttpRequest) -> bool:
    """Whether one of our own pages sent it: only that is offered to be sent again with one click."""
    own = (request.scheme, request.get_host())
    said = request.headers.get("origin") or request.headers.get("referer") or ""
    return (urlsplit(said).scheme, urlsplit(said).netloc) == own


def page(request: HttpRequest) -> HttpResponse:
    """403 with what was typed; from the sign-in page on to the work."""
    signed_in = isinstance(request.user, User)
    login = reverse("account_login")
    if request.path == login:
        return redirect(_next(request) if signed_in else request.get_full_path())
    account = request.path.startswith(reverse("account_login").removesuffix("login/"))
    typed = Typed(secrets=True) if account else typed_in(request)
    again = from_ours(request) and not typed.files and not typed.secrets and bool(typed.fields)
    context = {
        "typed": typed, "again": again, "signed_in": signed_in, "who": str(request.user) if signed_in else "",
        "back": _back(request), "login": f"{login}?{urlencode({'next': _back(request)})}",
        "target": request.get_full_path(),
        "public": not signed_in and _for_everybody(request),
    }  # fmt: skip
    answer = render(request, "expired.html", context, status=403)
    answer["Cache-Control"] = "no-store"
    return answer


def _for_everybody(request: HttpRequest) -> bool:

    match = request.resolver_match
    return match is not None and Role.PUBLIC in getattr(match.func, "access", (frozenset(), ()))[0]


def _back(request: HttpRequest) -> str:
    """The page the form stood on, where it is ours; else home."""
    said = request.headers.get("referer", "")
    if url_has_allowed_host_and_scheme(said, {request.get_host()}, require_https=request.is_secure()):
        parts = urlsplit(said)
        return parts.path + (f"?{parts.query}" if parts.query else "")
    return reverse("home")


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    fits = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if fits else reverse("home")
