"""账号: who has one, new ones, and what was lost issued anew. A one-time password is shown once, on the slips."""

from collections.abc import Callable, Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from registry import clock
from registry.errors import DomainError
from registry.filters import AccountFilter
from registry.forms_accounts import InspectorAccountsForm, NewAccountForm, ResetForm
from registry.models import User
from registry.operations import new_key, once
from registry.permissions import SYSADMIN, requires
from registry.services import Slip, accounts_for, create_accounts, reset_access
from registry.views.paging import page_of
from registry.views.posted import sent


@requires(SYSADMIN)
def account_list(request: HttpRequest) -> HttpResponse:
    """Everybody with an account, and what each still has to do."""
    second = Exists(Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP))
    found = AccountFilter(request.GET, queryset=User.objects.select_related("department").annotate(second=second))
    context = {"filter": found, **page_of(found.qs, request.GET)}
    for user in context["page"].object_list:
        user.role_names = "、".join(role.label for role in user.roles)
    return render(request, "registry/account_list.html", context)


@requires(SYSADMIN, methods=("GET", "POST"))
def account_reset(request: HttpRequest) -> HttpResponse:
    """Password and second factor of the chosen people, with a reason; the slips."""
    chosen = (request.POST or request.GET).getlist("users")
    form = ResetForm(*sent(request)[:1], chosen=chosen)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        answer = _slips(
            request,
            form,
            "reset_access",
            lambda: reset_access(
                actor=request.user,
                users=form.people,
                reason=data["reason"],
                password="password" in data["what"],
                second_factor="second_factor" in data["what"],
            ),
        )
        if answer is not None:
            return answer
    return _form_page(request, "registry/account_reset.html", form)


@requires(SYSADMIN, methods=("GET", "POST"))
def account_inspectors(request: HttpRequest) -> HttpResponse:
    """An account for every inspector of the chosen departments who has none, in one step."""
    form = InspectorAccountsForm(*sent(request)[:1])
    if request.method == "POST" and form.is_valid():
        wanted = accounts_for(form.cleaned_data["people"])
        answer = _slips(request, form, "create_accounts", lambda: create_accounts(actor=request.user, wanted=wanted))
        if answer is not None:
            return answer
    return _form_page(request, "registry/account_inspectors.html", form)


@requires(SYSADMIN, methods=("GET", "POST"))
def account_new(request: HttpRequest) -> HttpResponse:
    """One account for somebody who is no inspector."""
    form = NewAccountForm(*sent(request)[:1])
    if request.method == "POST" and form.is_valid():
        wanted = [form.wanted()]
        answer = _slips(request, form, "create_accounts", lambda: create_accounts(actor=request.user, wanted=wanted))
        if answer is not None:
            return answer
    return _form_page(request, "registry/account_new.html", form)


def _form_page(request: HttpRequest, template: str, form: Any) -> HttpResponse:
    context = {"form": form, "key": request.POST.get("key") or new_key()}
    return render(request, template, context, status=422 if form.errors else 200)


def _slips(request: HttpRequest, form: Any, action: str, act: Callable[[], Sequence[Slip]]) -> HttpResponse | None:
    """Do it once and show the slips; None with the refusal on the form. A second sending shows no password again."""
    made: list[Slip] = []

    def effect() -> dict[str, Any]:
        made.extend(act())
        return {"users": [slip.user.pk for slip in made]}

    try:
        _, now = once(key=request.POST.get("key", ""), user=request.user, action=action, effect=effect)
    except DomainError as error:
        form.add_error(None, error.message)
        return None
    if not now:
        messages.warning(request, "这一次已经办好，一次性密码只显示一遍。没有印下来的，请勾选本人重新发放。")
        return redirect("registry:account_list")
    context = {"slips": made, "origin": settings.PUBLIC_ORIGIN, "two": settings.REQUIRE_TWO_FACTORS}
    return render(request, "registry/account_slips.html", context | {"day": clock.today()})
