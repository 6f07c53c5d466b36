"""The second officer: a code and a QR on the first one's phone, confirmed from the second one's own login."""

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from inspections import services
from inspections.forms.attending import AttendForm
from inspections.views import cards
from registry import clock
from registry.errors import DomainError
from registry.permissions import INSPECTOR, requires


@requires(INSPECTOR, methods=("GET", "POST"))
def record_attend(request: HttpRequest, pk: int) -> HttpResponse:
    """Show my code (``make``), or confirm with my colleague's."""
    record, section = cards.own_record(request.user, pk)
    code, form = (
        None,
        AttendForm(request.POST if "code" in request.POST else None, initial={"code": request.GET.get("ma", "")}),
    )
    try:
        if request.method == "POST" and "make" in request.POST:
            code = services.issue_code(actor=request.user, section=section)
        elif form.is_bound and form.is_valid():
            services.confirm_attendance(actor=request.user, record=record, code=form.cleaned_data["code"])
            messages.success(request, "已确认：您和另一名检查人员都在现场。")
            return redirect("inspections:record_record", record.pk)
    except DomainError as error:
        if isinstance(error, services.WrongCode):
            services.count_wrong_try(actor=request.user, section=section)
        form.add_error("code", error.message) if form.is_bound else messages.error(request, error.message)
    members = section.members.filter(replaced=False).select_related("inspector")
    minutes = max(1, round((code.expires_at - clock.now()).total_seconds() / 60)) if code else 0
    context = {"record": record, "section": section, "form": form, "code": code, "members": members, "minutes": minutes}
    return render(request, "inspections/phone/attend.html", context | {"qr": _qr(record.pk, code.code) if code else ""})


def _qr(record: int, code: str) -> SafeString:
    """The address behind the code as inline SVG."""
    address = f"{settings.PUBLIC_ORIGIN}{reverse('inspections:attend_scan')}?b={record}&ma={code}"
    made = segno.make(address, error="m")
    return mark_safe(made.svg_inline(border=2, omitsize=True))  # noqa: S308 -- segno's own markup, no foreign text


@requires(INSPECTOR)
def attend_scan(request: HttpRequest) -> HttpResponse:
    """Where the QR leads: to the page of the record, with the code filled in; confirming is a click there."""
    record, code = request.GET.get("b", ""), request.GET.get("ma", "")
    if not record.isdigit() or not code.isdigit() or len(record) > 18 or len(code) != 6:
        return redirect("inspections:record_today")
    return redirect(f"{reverse('inspections:record_attend', args=[int(record)])}?ma={code}")
