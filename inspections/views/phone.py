"""The inspector's phone: today, the record, check, signature, submission. Works without JavaScript."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from inspections import services
from inspections.enums import OPEN_FOR_ENTRY, EvidenceKind, ReviewDecision
from inspections.forms.conclusion import ResultForm
from inspections.forms.phone import AssistantForm, EntryPage, EvidenceForm
from inspections.forms.taken import read_all_taken
from inspections.models import DepartmentSection, InspectionRecord, ItemFinding, Notice
from inspections.public_text import public_texts
from inspections.services.content import complete
from inspections.services.entry import EntryOutcome
from inspections.services.evidence import PER_ITEM
from inspections.services.results import derive_results
from inspections.services.submitting import check_section
from inspections.views import cards, packs
from inspections.views.arriving import arrival_context, finish
from inspections.views.showing import Clocks, attempt, day_words, moment_words, page_of, refuse
from registry import clock
from registry.errors import DomainError
from registry.models import User
from registry.operations import new_key, once
from registry.permissions import INSPECTOR, requires


@requires(INSPECTOR)
def record_today(request: HttpRequest) -> HttpResponse:
    """What I owe: begun first, then by what is due."""
    clocks, mine = Clocks(), cards.sections_of(request.user)
    owed = [cards.card_of(row, request.user, clocks) for row in mine.owed()]
    done = [
        cards.card_of(row, request.user, clocks)
        for row in mine.filter(submitted_at__isnull=False).exclude(state__in=list(OPEN_FOR_ENTRY))
        if row.submitted_at.astimezone(clock.SHANGHAI).date() == clocks.today
    ]
    owed.sort(key=cards.order_of)
    context = {"owed": owed, "done": done, "day": day_words(clocks.today), "unread": _unread(request.user)}
    return render(request, "inspections/phone/today.html", context)


@requires(INSPECTOR)
def record_list(request: HttpRequest) -> HttpResponse:
    """All my records, newest tasks first."""
    clocks = Clocks()
    rows = cards.sections_of(request.user).order_by("-record__plan_id", "record__number")
    page, query = page_of(request.GET, rows, 20)
    shown = [cards.card_of(row, request.user, clocks) for row in page]
    return render(request, "inspections/phone/list.html", {"cards": shown, "page": page, "query": query})


@requires(INSPECTOR, methods=("GET", "POST"))
def record_me(request: HttpRequest) -> HttpResponse:
    """Inbox, certificate, password, sign out."""
    notices = list(Notice.objects.filter(recipient=request.user)[:30])
    if request.method == "POST":
        services.read_notices(actor=request.user, notices=notices)
        return redirect("inspections:record_me")
    inspector = getattr(request.user, "inspector", None)
    context = {"notices": notices, "inspector": inspector, "unread": _unread(request.user)}
    return render(request, "inspections/phone/me.html", context)


def _unread(user: Any) -> int:
    return Notice.objects.filter(recipient=user, read_at=None).count()


@requires(INSPECTOR, methods=("GET", "POST"))
def record_record(request: HttpRequest, pk: int) -> HttpResponse:
    """The record: head, own items, others' sections to read. One form, one 保存."""
    record, section = cards.own_record(request.user, pk)
    page = EntryPage(record, section, request.POST if request.method == "POST" else None)
    outcome, status = None, 200
    if request.method == "POST":
        status = 422
        if page.is_valid():
            outcome = services.save_entry(actor=request.user, record=record, **page.arguments())
            if not outcome.conflicts and not outcome.refusals:
                return _after_entry(request, record, outcome)
            page, status = page.after(outcome, EntryPage(*cards.own_record(request.user, pk))), 409
    context = _entry_context(request, page, outcome)
    return render(request, "inspections/phone/record.html", context, status=status)


def _after_entry(request: HttpRequest, record: InspectionRecord, outcome: EntryOutcome) -> HttpResponse:
    for warning in outcome.warnings:
        messages.warning(request, warning)
    if outcome.saved:
        messages.success(request, f"已保存（{moment_words(clock.now())}）。")
    then, _, key = request.POST.get("then", "").partition("-")
    if then == "submit":
        return _finish(request, record)
    pages = {"check": "record_check", "assistant": "record_assistant", "files": "record_evidence"}
    address = reverse(f"inspections:{pages.get(then, 'record_record')}", args=[record.pk])
    if then == "files" and key:
        address += f"?finding={key}" if key.isdigit() else "?kind=DOOR"
    return redirect(address)


def _finish(request: HttpRequest, record: InspectionRecord) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    missing = finish(user, record, request.POST.get("section-result", ""))
    for line in missing:
        messages.error(request, line)
    if missing:
        return redirect(f"{reverse('inspections:record_record', args=[record.pk])}#arrival")
    return redirect("inspections:record_done", record.pk)


def _refusals(outcome: EntryOutcome | None) -> list[str]:
    """What was refused of head and section; an item's stands at the item."""
    names = ("head", "section", "arrival")
    return [line for name in names for line in outcome.refusals.get(name, [])] if outcome else []


def _entry_context(request: HttpRequest, page: EntryPage, outcome: EntryOutcome | None) -> dict[str, Any]:
    record, section = page.record, page.section
    returned = [row for row in section.reviews.all() if row.decision == ReviewDecision.RETURN]
    opinions = packs.opinions_of(section)
    items = [
        {
            "finding": one, "form": page.items[f"item-{one.pk}"],
            "bases": cards.bases_on(one.item.bases.all(), cards.visit_day(record)),
            "conflict": outcome.conflicts.get(f"item-{one.pk}") if outcome else None,
            "refusals": outcome.refusals.get(f"item-{one.pk}", []) if outcome else [],
            "opinion": opinions.get(str(one.pk), ""),
        }
        for one in page.findings
    ]  # fmt: skip
    return {
        "record": record, "section": section, "page": page, "items": items, "errors": page.errors(),
        "conflicts": dict(outcome.conflicts) if outcome else {}, "refusals": _refusals(outcome),
        "others": complete(record.sections.exclude(pk=section.pk)), "last": cards.last_inspection(section),
        "filled": sum(bool(one.answer) for one in page.findings), "total": len(page.findings),
        "open": section.state in OPEN_FOR_ENTRY, "returned": returned[-1] if opinions or returned else None,
        "saved": max((one.updated_at for one in page.findings if one.updated_at), default=None),
        "signature": services.signature_status(record), "due": cards.due_of(section, Clocks()),
        "told": arrival_context(record, section), **packs.script_context(record, section, request.user),
    }  # fmt: skip


@requires(INSPECTOR, methods=("GET", "POST"))
def record_check(request: HttpRequest, pk: int) -> HttpResponse:
    """核对: what is missing, what is wrong, the derived result to confirm, the follow-up."""
    record, section = cards.own_record(request.user, pk)
    form = ResultForm(request.POST if request.method == "POST" else None, section=section)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_section(actor=request.user, section=section, **form.arguments())
        except DomainError as error:
            refuse(form, error)
        else:
            return _after_check(request, record, section)
    return render(request, "inspections/phone/check.html", _check_context(request.user, record, section, form))


def _after_check(request: HttpRequest, record: InspectionRecord, section: DepartmentSection) -> HttpResponse:
    """Where the button leads: to what is missing on the form, to the signature, else here again."""
    messages.success(request, f"{section.department}的检查结果已保存。")
    problems = check_section(cards.own_record(request.user, record.pk)[1])
    on_record = [problem for problem in problems if problem.page == "record"]
    if request.POST.get("then") == "record" and on_record:
        return redirect(reverse("inspections:record_record", args=[record.pk]) + f"#{on_record[0].anchor}")
    if problems and all(problem.page == "sign" for problem in problems):
        return redirect("inspections:record_sign", record.pk)
    return redirect("inspections:record_check", record.pk)


def _check_context(user: Any, record: InspectionRecord, section: DepartmentSection, form: ResultForm) -> dict[str, Any]:
    problems = check_section(section)
    findings = list(section.findings.all())
    groups = {kind: [one for one in findings if one.answer == kind] for kind in ("NOT_OK", "NOT_APPLICABLE", "OK")}
    others = record.sections.exclude(pk=section.pk).select_related("department")
    return {
        "record": record, "section": section, "form": form, "problems": problems, "key": new_key(),
        "bad": groups["NOT_OK"], "na": groups["NOT_APPLICABLE"], "ok": groups["OK"],
        "skipped": [one for one in findings if one.answer == "NOT_CHECKED"],
        "empty": [one for one in findings if not one.answer], "derived": derive_results(section),
        "on_record": [problem for problem in problems if problem.page == "record"],
        "on_check": [problem for problem in problems if problem.page == "check"],
        "on_sign": [problem for problem in problems if problem.page == "sign"],
        "open": section.state in OPEN_FOR_ENTRY, "signature": services.signature_status(record),
        "others": others.prefetch_related("results", "members__inspector"), "public": public_texts(record, section),
        "pack": packs.pack_for_check(record, section, user, problems),
    }  # fmt: skip


@requires(INSPECTOR, methods=("POST",))
def record_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """提交 my section, once."""
    record, section = cards.own_record(request.user, pk)
    user: User = request.user  # type: ignore[assignment]

    def submit() -> dict[str, Any]:
        return {"section": services.submit_section(actor=user, section=section).pk}

    try:
        once(key=request.POST.get("key", ""), user=user, action="record_submit", effect=submit)
    except DomainError as error:
        for line in [error.message, *error.problems]:
            messages.error(request, line)
        return redirect("inspections:record_check", record.pk)
    return redirect("inspections:record_done", record.pk)


@requires(INSPECTOR)
def record_done(request: HttpRequest, pk: int) -> HttpResponse:
    """已提交: number, time, what happens next, the next enterprise."""
    record, section = cards.own_record(request.user, pk)
    if section.submitted_at is None or section.state in OPEN_FOR_ENTRY:
        return redirect("inspections:record_record", record.pk)
    clocks = Clocks()
    owed = cards.sections_of(request.user).owed()
    waiting = sorted((cards.card_of(row, request.user, clocks) for row in owed), key=cards.order_of)
    context = {
        "record": record, "section": section, "at": moment_words(section.submitted_at),
        "next": waiting[0] if waiting else None,
        "publish": section.publish_due_on and day_words(section.publish_due_on),
        "due": cards.due_of(section, clocks), "orders": [row for row in section.follow_ups.all() if row.deadline],
    }  # fmt: skip
    return render(request, "inspections/phone/done.html", context)


@requires(INSPECTOR, methods=("GET", "POST"))
def record_assistant(request: HttpRequest, pk: int) -> HttpResponse:
    """协助人员 of my department, with the reason."""
    record, section = cards.own_record(request.user, pk)
    form = AssistantForm(request.POST if request.method == "POST" else None, initial={"key": new_key()})

    def add() -> dict[str, Any]:
        data = {name: value for name, value in form.cleaned_data.items() if name != "key"}
        return {"assistant": services.add_assistant(actor=request.user, section=section, **data).pk}

    if attempt(request.user, form, "record_assistant", add):  # type: ignore[arg-type]
        messages.success(request, f"已登记协助人员{form.cleaned_data['name']}。")
        return redirect("inspections:record_assistant", record.pk)
    context = {"record": record, "section": section, "form": form, "open": section.state in OPEN_FOR_ENTRY}
    return render(request, "inspections/phone/assistant.html", context)


@requires(INSPECTOR, methods=("GET", "POST"))
def record_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """照片和扫描件 of my section, or of one item with ``?finding=``."""
    record, section = cards.own_record(request.user, pk)
    if request.method == "POST" and "remove" in request.POST:
        return _remove(request, record, section)
    key = request.GET.get("finding", "")
    finding = next((one for one in section.findings.all() if key and str(one.pk) == key), None)
    initial = {"kind": EvidenceKind.PHOTO if finding else request.GET.get("kind", "")}
    sent = request.method == "POST"
    form = EvidenceForm(request.POST if sent else None, request.FILES if sent else None, initial=initial)
    if sent and form.is_valid() and (count := _store(request, record, section, finding, form)):
        messages.success(request, f"已上传 {count} 个文件。")
        return redirect(request.get_full_path())
    rows = finding.evidence.all() if finding else record.evidence.select_related("finding", "section__department")
    context = {"record": record, "section": section, "finding": finding, "form": form, "rows": rows, "most": PER_ITEM}
    context |= {"open": section.state in OPEN_FOR_ENTRY}
    return render(request, "inspections/phone/evidence.html", context)


def _remove(request: HttpRequest, record: InspectionRecord, section: DepartmentSection) -> HttpResponse:
    """Take a file of my section back; one that is gone already is no fault."""
    key = request.POST.get("remove", "")
    row = record.evidence.filter(pk=int(key), section=section).first() if key.isdigit() and len(key) < 18 else None
    if row is not None:
        services.remove_evidence(actor=request.user, evidence=row)
        messages.success(request, f"已删除“{row.original_name}”。")
    return redirect(request.get_full_path())


def _store(
    request: HttpRequest,
    record: InspectionRecord,
    section: DepartmentSection,
    finding: ItemFinding | None,
    form: EvidenceForm,
) -> int:
    """Store each file; those refused are named beside the form, the good ones stay. Number stored, 0 on a refusal."""
    kind, stored = form.cleaned_data["kind"], 0
    place = None if kind == EvidenceKind.SIGNED_SCAN else section
    files = form.cleaned_data["files"]
    for upload, taken in zip(files, read_all_taken(form.cleaned_data["facts"], len(files)), strict=True):
        try:
            services.add_evidence(
                actor=request.user, record=record, kind=kind, upload=upload, section=place, finding=finding, taken=taken
            )
        except DomainError as error:
            form.add_error("files", f"{upload.name}：{error.message}")
        else:
            stored += 1
    return 0 if form.errors else stored
