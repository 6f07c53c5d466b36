"""接收未送达的检查内容: a phone's file, looked at first, then taken over with a reason. Nothing is kept of a file that
is only looked at."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from inspections import services
from inspections.forms.handover import HandoverForm
from inspections.services.handover import Sheet
from inspections.views.showing import refuse
from registry.errors import DomainError
from registry.permissions import LEAD, requires


@requires(LEAD, methods=("GET", "POST"))
def handover(request: HttpRequest) -> HttpResponse:
    """Look at a file; take it over."""
    sent = request.method == "POST"
    form = HandoverForm(request.POST if sent else None, request.FILES if sent else None)
    sheets: list[Sheet] = []
    if sent and form.is_valid():
        try:
            if "accept" in request.POST:
                ticks, reason = set(request.POST.getlist("tick")), form.cleaned_data["reason"]
                done = services.accept_unsent(actor=request.user, parcel=form.parcel, ticks=ticks, reason=reason)
                _tell(request, done)
                return redirect("inspections:handover")
        except DomainError as error:
            refuse(form, error)
        sheets = services.preview_unsent(actor=request.user, parcel=form.parcel)
    context = {"form": form, "sheets": sheets, "person": getattr(form, "person", None)}
    context |= {"parcel": getattr(form, "parcel", None), "ticks": request.POST.getlist("tick")}
    context |= {"open": sum(sheet.count("new", "conflict") for sheet in sheets)}
    return render(request, "inspections/desk/handover.html", context)


def _tell(request: HttpRequest, sheets: Iterable[Sheet]) -> None:
    """What became of the file, in words."""
    found = list(sheets)
    taken, records = sum(sheet.count("taken") for sheet in found), sum(sheet.count("taken") > 0 for sheet in found)
    if taken:
        messages.success(request, f"已接收 {taken} 项，涉及 {records} 份一企一表，已通知部门管理员和检查人员。")
    else:
        messages.info(request, "没有要保存的内容：文件里的各项都已收到过、没有变化，或不能接收。")
    if left := sum(sheet.count("conflict") for sheet in found):
        messages.warning(request, f"{left} 项与现在的内容不同，没有勾选，保留了现在的内容。")
    for sheet in found:
        for line in [one for one in sheet.lines if one.state == "refused"][:5]:
            messages.warning(request, f"{sheet.record.number if sheet.record else ''} {line.what}：{line.why}")
