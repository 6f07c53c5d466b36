"""签字: what is confirmed stands above the pad; enterprise, witness, inspectors. Works without script."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from inspections import services
from inspections.enums import CLOSED_WITHOUT_VISIT, SectionState, SignerKind
from inspections.forms.conclusion import PhoneForm, RefusedForm, SignedForm
from inspections.models import DepartmentSection, InspectionRecord
from inspections.services.content import complete, content_version, digest, record_content
from inspections.services.signing import met, shown_digests
from inspections.site_rules import tables
from inspections.views import cards
from inspections.views.showing import attempt
from registry.operations import new_key
from registry.permissions import INSPECTOR, requires

ABSENT = "负责人不在场"


@requires(INSPECTOR, methods=("GET", "POST"))
def record_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """The signature; with ``?refused=1`` the refusal and its witness (``?absent=1``: nobody in charge was there)."""
    record, section = cards.own_record(request.user, pk)
    refused = "refused" in request.GET
    cls = RefusedForm if refused else SignedForm
    initial = {name: getattr(record, name, "") for name in cls.base_fields} | {"key": new_key()}
    digests = shown_digests(record, complete(record.sections.all()))
    initial["shown"] = " ".join(
        f"{name}:{one}" for name, one in {"head": digests["head"], **digests["sections"]}.items()
    )
    initial |= {"opinion_agrees": {True: "1", False: "0", None: None}[record.opinion_agrees]}
    if refused and "absent" in request.GET:
        initial |= {"signature": "UNABLE", "refusal_reason": initial["refusal_reason"] or ABSENT}
    form = cls(request.POST if request.method == "POST" else None, initial=initial, met=met(record))

    def sign() -> dict[str, Any]:
        data = {name: value for name, value in form.cleaned_data.items() if name != "key"}
        return {"record": services.sign_record(actor=request.user, record=record, **data).pk}

    if attempt(request.user, form, "record_sign", sign):  # type: ignore[arg-type]
        messages.success(request, "企业确认情况已保存。")
        return redirect("inspections:record_check", record.pk)
    context = {"record": record, "section": section, "form": form, "refused": refused}
    return render(request, "inspections/phone/sign.html", context | _sign_context(request.user, record, section))


@requires(INSPECTOR, methods=("GET", "POST"))
def record_call(request: HttpRequest, pk: int) -> HttpResponse:
    """已电话确认: the enterprise agreed by telephone to what was changed after it had signed."""
    record, section = cards.own_record(request.user, pk)
    form = PhoneForm(request.POST if request.method == "POST" else None, initial={"key": new_key()})

    def confirm() -> dict[str, Any]:
        data = {name: value for name, value in form.cleaned_data.items() if name != "key"}
        return {"call": services.confirm_by_phone(actor=request.user, section=section, **data).pk}

    if attempt(request.user, form, "record_call", confirm):  # type: ignore[arg-type]
        messages.success(request, "电话确认已登记，会印在一企一表上。")
        return redirect("inspections:record_check", record.pk)
    status = services.signature_status(record)
    context = {"record": record, "section": section, "form": form, "status": status, "open": cards.is_open(section)}
    return render(request, "inspections/phone/call.html", context)


def _sign_context(user: Any, record: InspectionRecord, section: DepartmentSection) -> dict[str, Any]:
    every = complete(record.sections.all())
    shown = [row for row in every if row.state not in {SectionState.NOT_STARTED, *CLOSED_WITHOUT_VISIT}]
    findings = [one for row in shown for one in row.findings.all()]
    answers = [one.answer for one in findings]
    latest = {row.member_id: row for row in record.signatures.filter(kind=SignerKind.INSPECTOR)}
    urls = {"hello": "sync_hello", "sign": "sync_sign", "photo": "sync_photo"}
    pack = {
        "user": user.pk, "record": record.pk, "seen": content_version(record),
        "urls": {name: reverse(f"inspections:{page}") for name, page in urls.items()}
        | {"check": reverse("inspections:record_check", args=[record.pk])},
        "site": tables(), "met": met(record), "shown": shown_digests(record, every),
    }  # fmt: skip
    return {
        "shown": shown, "pack": pack, "total": len(findings), "open": cards.is_open(section),
        "counts": [(label, answers.count(code)) for code, label in cards.COUNTED],
        "digest": digest(record_content(record, every))[:16],
        "members": [(row, latest.get(row.pk)) for row in section.members.all() if not row.replaced],
        "elsewhere": _elsewhere(every, section, latest),
    }  # fmt: skip


def _elsewhere(every: list[DepartmentSection], own: DepartmentSection, signed: Any) -> list[tuple[str, int]]:
    """(department, inspectors who neither confirmed that they are there nor signed) of the others."""
    others = [row for row in every if row.pk != own.pk and row.state not in CLOSED_WITHOUT_VISIT]
    return [
        (
            row.department.short_name,
            sum(not (one.replaced or one.attended_at or one.pk in signed) for one in row.members.all()),
        )
        for row in others
    ]
