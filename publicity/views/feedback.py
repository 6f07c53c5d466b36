"""举报、异议、咨询: the public form (the one public page with a token), and the lead bureau's inbox."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache

from publicity import services, visits
from publicity.enums import FeedbackKind
from publicity.forms import AnswerForm, FeedbackForm
from publicity.models import Feedback, Publication
from publicity.views.pages import number as whole
from publicity.views.pages import page_of
from registry.addresses import client_address
from registry.errors import DomainError
from registry.operations import new_key, once
from registry.permissions import AUDITOR, LEAD, PUBLIC, requires
from sampling.models import Plan


def _about(request: HttpRequest) -> tuple[Plan | None, Publication | None, str]:
    """What the link that led here was about: plan, publication, and the subject in words."""
    visited = visits.find(request.GET.get("tongzhi", "")[:64])
    if visited:
        return visited.plan, None, f"{visited.selection.enterprise.name}（记录表 {visited.number}）"
    publication = Publication.objects.filter(pk=whole(request.GET.get("result"))).select_related("plan").first()
    plan = Plan.objects.public().filter(pk=whole(request.GET.get("plan"))).first()
    if publication:
        return publication.plan, publication, publication.name
    return plan, None, plan.task_name if plan else ""


@never_cache
@requires(PUBLIC, methods=("GET", "POST"))
def feedback(request: HttpRequest) -> HttpResponse:
    """Report, object, ask. Answered under a number."""
    plan, publication, subject = _about(request)
    kind = request.GET.get("kind", "")
    initial = {"subject": subject, "kind": kind if kind in FeedbackKind.values else "", "key": new_key()}
    form = FeedbackForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            number = services.receive_letter(
                plan=plan, publication=publication, sender=client_address(request), **form.cleaned_data
            )
            return redirect("publicity:feedback_done", number=number)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
    context = {"form": form, "plan": plan, "publication": publication}
    return render(request, "publicity/feedback.html", context)


@never_cache
@requires(PUBLIC)
def feedback_done(request: HttpRequest, number: str) -> HttpResponse:
    """The number, and the answer once there is one; never what was written, nor by whom."""
    letter = get_object_or_404(Feedback, number=number)
    context = {"letter": letter}
    return render(request, "publicity/feedback_done.html", context)


@requires(LEAD, AUDITOR)
def feedback_list(request: HttpRequest) -> HttpResponse:
    """The inbox: unanswered first."""
    rows = Feedback.objects.visible_to(request.user).select_related("plan", "answered_by")
    waiting = rows.filter(answered_at__isnull=True)
    open_only = request.GET.get("tab", "open") != "done"
    listed = waiting if open_only else rows.filter(answered_at__isnull=False)
    context = {"open_only": open_only, "waiting": waiting.count(), **page_of(request, listed)}
    return render(request, "publicity/feedback_list.html", context)


@requires(LEAD, AUDITOR, methods=("GET", "POST"), writes=(LEAD,))
def feedback_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """One letter and its answer."""
    letter = get_object_or_404(
        Feedback.objects.visible_to(request.user).select_related("plan", "publication", "answered_by"), pk=pk
    )
    form = AnswerForm(request.POST or None, initial={"key": new_key()})
    if request.method == "POST" and form.is_valid():

        def effect() -> dict[str, Any]:
            services.answer_feedback(actor=request.user, feedback=letter, answer=form.cleaned_data["answer"])
            return {"number": letter.number}

        try:
            once(key=form.cleaned_data["key"], user=request.user, action="publicity:answer", effect=effect)
            messages.success(request, f"已答复 {letter.number}，来信人凭编号能看到。")
            return redirect("publicity:feedback_list")
        except DomainError as refusal:
            form.add_error(None, refusal.message)
    context = {"letter": letter, "form": form, "may_answer": LEAD in request.user.roles}
    return render(request, "publicity/feedback_answer.html", context)
