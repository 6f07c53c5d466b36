"""The inbox and the follow-ups."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from inspections import services
from inspections.forms.desk import CloseFollowUpForm, KeyForm
from inspections.models import FollowUp, Notice
from inspections.views.showing import Clocks, attempt, page_of
from registry import clock
from registry.models import User
from registry.permissions import AUDITOR, DEPT_ADMIN, INSPECTOR, LEAD, STAFF, requires


@requires(*STAFF)
def notice_list(request: HttpRequest) -> HttpResponse:
    """My messages, unread ones marked."""
    mine = Notice.objects.visible_to(request.user)
    page, query = page_of(request.GET, mine)
    context = {"page": page, "query": query, "unread": mine.unread().count(), "form": KeyForm()}
    return render(request, "inspections/desk/notice_list.html", context)


@requires(LEAD, DEPT_ADMIN, INSPECTOR, methods=("POST",))
def notice_read(request: HttpRequest) -> HttpResponse:
    """Mark one message as read and go where it points; without ``pk``, all of them."""
    mine = Notice.objects.visible_to(request.user)
    target = request.POST.get("pk", "")
    if target.isdecimal():
        notice = get_object_or_404(mine, pk=int(target))
        services.read_notices(actor=request.user, notices=[notice])
        if notice.url and url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None):
            return redirect(notice.url)
    else:
        services.read_notices(actor=request.user, notices=mine.unread())
    return redirect("inspections:notice_list")


@requires(LEAD, DEPT_ADMIN, INSPECTOR, AUDITOR)
def follow_up_list(request: HttpRequest) -> HttpResponse:
    """后续处置: what is still open, the earliest deadline first, and what was closed."""
    rows = FollowUp.objects.visible_to(request.user).select_related(
        "section__department", "section__record__plan", "section__record__selection__enterprise"
    )
    tab = "closed" if request.GET.get("tab") == "closed" else "open"
    waiting, closed = rows.still_open(), rows.filter(closed_on__isnull=False)
    ordered = {"open": waiting.order_by("deadline", "pk"), "closed": closed.order_by("-closed_on", "pk")}[tab]
    page, query = page_of(request.GET, ordered)
    clocks = Clocks()
    for row in page:
        row.due = clocks.due(row.deadline) if row.deadline and not row.closed_on else None
    tabs = [("open", "未完结", waiting.count()), ("closed", "已完结", closed.count())]
    own = request.user.department_id if request.user.roles & {DEPT_ADMIN, INSPECTOR} else None
    context = {"page": page, "query": query, "tab": tab, "tabs": tabs, "own": own}
    return render(request, "inspections/desk/follow_up_list.html", context)


@requires(DEPT_ADMIN, INSPECTOR, methods=("GET", "POST"))
def follow_up_close(request: HttpRequest, pk: int) -> HttpResponse:
    """How and when a follow-up ended."""
    own = FollowUp.objects.visible_to(request.user).filter(section__department_id=request.user.department_id)
    row = get_object_or_404(own.select_related("section__department", "section__record__selection__enterprise"), pk=pk)
    form = CloseFollowUpForm(request.POST or None, initial={"closed_on": clock.today()})
    if attempt(request.user, form, f"follow-up:{pk}", lambda: _close(request.user, row, form)):
        messages.success(request, f"{row.section.record.selection.enterprise}的“{row}”已登记完结。")
        return redirect("inspections:follow_up_list")
    return render(request, "inspections/desk/follow_up_close.html", {"form": form, "row": row})


def _close(user: User, row: FollowUp, form: CloseFollowUpForm) -> dict[str, Any]:
    data = form.cleaned_data
    services.close_follow_up(actor=user, follow_up=row, closed_on=data["closed_on"], text=data["text"])
    return {"pk": row.pk}
