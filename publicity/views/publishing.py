"""The lead bureau's desk of publicity: what waits, the preview exactly as the public will see it, corrections."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from inspections.models import InspectionRecord
from publicity import reads, services, snapshot
from publicity.forms import ReasonForm
from publicity.services.publishing import corrected_content, why_not_publishable
from publicity.views.pages import number, page_of
from publicity.views.results import versions_of
from registry import clock
from registry.errors import DomainError
from registry.operations import new_key, once
from registry.permissions import AUDITOR, LEAD, requires
from sampling.models import Plan

TABS = [("ready", "待公示"), ("waiting", "等其他部门"), ("changed", "公示后有改动"), ("done", "已公示")]


def _records(request: HttpRequest) -> tuple[Any, Plan | None]:
    """Records of the plans the user may see, or of the chosen one."""
    plans = Plan.objects.visible_to(request.user)
    plan = plans.filter(pk=number(request.GET.get("plan"))).first()
    records = InspectionRecord.objects.filter(plan__in=plans.values("pk"))
    return (records.filter(plan=plan) if plan else records), plan


def _tabs(records: Any) -> dict[str, Any]:
    today = clock.today()
    return {
        "ready": reads.publishable(records, today),
        "waiting": reads.waiting_for_others(records, today),
        "changed": reads.changed_since(records),
        "done": records.filter(publications__version=1),
    }


def _publish(request: HttpRequest) -> None:
    """Publish the ticked records; the refusal or the success as a message."""
    chosen = [pk for pk in map(number, request.POST.getlist("pk")) if pk]
    plans = Plan.objects.visible_to(request.user)
    records = list(InspectionRecord.objects.filter(pk__in=chosen, plan__in=plans.values("pk")))

    def effect() -> dict[str, Any]:
        return {"count": len(services.publish_records(actor=request.user, records=records))}

    try:
        answer, _ = once(key=request.POST.get("key", ""), user=request.user, action="publicity:publish", effect=effect)
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"已公示 {answer['count']} 家，公众现在就能看到。")


@requires(LEAD, AUDITOR, methods=("GET", "POST"), writes=(LEAD,))
def publish_list(request: HttpRequest) -> HttpResponse:
    """What waits to be published, each row as the public will see it; publish the ticked ones."""
    if request.method == "POST":
        _publish(request)
        return redirect(request.get_full_path())
    records, plan = _records(request)
    tabs = _tabs(records)
    tab = request.GET.get("tab", "ready")
    tab = tab if tab in tabs else "ready"
    listing = page_of(request, reads.for_publishing(tabs[tab]))
    rows = [{"record": record, "public": snapshot.snapshot_of(record)} for record in listing["page"]]
    context = {
        "tabs": [{"code": code, "label": label, "count": tabs[code].count()} for code, label in TABS],
        "tab": tab, "rows": rows, "plan": plan, "plans": Plan.objects.visible_to(request.user),
        "today": clock.today(), "key": new_key(), "may_publish": LEAD in request.user.roles, **listing,
    }  # fmt: skip
    return render(request, "publicity/publish_list.html", context)


def _record(request: HttpRequest, pk: int) -> InspectionRecord:
    plans = Plan.objects.visible_to(request.user)
    found = InspectionRecord.objects.filter(plan__in=plans.values("pk"))
    record: InspectionRecord = get_object_or_404(reads.for_publishing(found), pk=pk)
    return record


@requires(LEAD, AUDITOR)
def publish_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """One record exactly as the public will see it, and what stands in the way."""
    record = _record(request, pk)
    versions = list(record.publications.order_by("-version").prefetch_related("results"))
    published = [row.department_id for row in versions[0].results.all()] if versions else []
    context = {
        "record": record,
        "public": snapshot.snapshot_of(record),
        "problem": why_not_publishable(record, published, clock.today()),
        "versions": versions_of(versions),
        "key": new_key(),
        "may_publish": LEAD in request.user.roles,
    }
    return render(request, "publicity/publish_preview.html", context)


@requires(LEAD, AUDITOR, methods=("GET", "POST"), writes=(LEAD,))
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """更正: what is published beside what the record says now, and the reason."""
    record = _record(request, pk)
    previous = get_object_or_404(record.publications.current())
    form = ReasonForm(request.POST or None, initial={"key": new_key()})
    if request.method == "POST" and form.is_valid():

        def effect() -> dict[str, Any]:
            reason = form.cleaned_data["reason"]
            return {"version": services.correct_publication(actor=request.user, record=record, reason=reason).version}

        try:
            answer, _ = once(key=form.cleaned_data["key"], user=request.user, action="publicity:correct", effect=effect)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, f"已更正，现在公示的是第 {answer['version']} 版；旧版本仍可查。")
            return redirect("publicity:publish_preview", pk=pk)
    changes = snapshot.difference(previous.snapshot, corrected_content(record, previous))
    context = {"record": record, "previous": previous, "changes": changes, "form": form}
    return render(request, "publicity/correct.html", context)
