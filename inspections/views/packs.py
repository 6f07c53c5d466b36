"""The pack of a record for the phone: what the form shows, what is filled in, each with its version (docs/sync.md)."""

from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.urls import reverse

from inspections import services
from inspections.arrival import FACTS, as_json
from inspections.enums import OPEN_FOR_ENTRY, EvidenceKind, ReviewDecision, SectionState
from inspections.models import DepartmentSection, InspectionRecord, ReasonPhrase
from inspections.services.arriving import door_photos
from inspections.services.content import FINDING, HEAD, complete, content_version
from inspections.services.results import is_market
from inspections.services.section_entry import section_content
from inspections.services.signing import standing
from inspections.services.submitting import Problem
from inspections.services.sync import photo_facts
from inspections.site_rules import tables
from inspections.views import cards
from inspections.views.showing import Clocks
from registry import audit
from registry.models import User

CONCLUSION = ("results", "result_note", "result_confirmed", "follow_ups")
OWN = ("written_only", "other_body", "other_body_number", "other_body_day")


def packs_of(user: User, only: int | None) -> dict[str, Any]:
    """All own records open for entry, or the one asked for."""
    rows = cards.sections_of(user).owed()
    rows = rows.filter(record=only) if only is not None else rows
    clocks = Clocks()
    sections = complete(rows.order_by("record__number"))
    return {
        "user": {"id": user.pk, "name": str(user)},
        "records": [pack_of(section, user, clocks) for section in sections],
        "reasons": reasons(),
    }


def reasons() -> dict[str, list[str]]:
    """The usual reasons per answer."""
    found: dict[str, list[str]] = {"NOT_APPLICABLE": [], "NOT_CHECKED": []}
    for row in ReasonPhrase.objects.filter(active=True):
        found[row.answer].append(row.text)
    return found


def opinions_of(section: DepartmentSection) -> dict[str, str]:
    """The reviewer's word on each item of a returned section."""
    if section.state != SectionState.RETURNED:
        return {}
    returned = [row for row in section.reviews.all() if row.decision == ReviewDecision.RETURN]
    opinions: dict[str, str] = returned[-1].item_reasons if returned else {}
    return opinions


def told_of(section: DepartmentSection) -> dict[str, Any]:
    """What was said of the arrival, each in the form in which the phone sends it (section_terms)."""
    content = section_content(section)
    return {"arrival": {"outcome": content["arrival"], "at": content["arrived_at"]}} | {
        name: content[name] for name in FACTS
    }


def pack_of(section: DepartmentSection, user: User, clocks: Clocks) -> dict[str, Any]:
    """One record, seen from one's own section (``complete``)."""
    record = section.record
    enterprise, plan = record.selection.enterprise, record.plan
    label, due = cards.due_of(section, clocks)
    past = cards.last_inspection(section)
    status = services.signature_status(record)
    others = record.sections.exclude(pk=section.pk).select_related("department")
    counted = others.annotate(total=Count("findings"), filled=Count("findings", filter=~Q(findings__answer="")))
    names = ("name", "uscc", "address", "contact_name", "contact_phone")
    return {
        "id": record.pk, "number": record.number, "version": record.version, "state": record.state,
        "content_version": content_version(record), "team": record.team, "outcomes": as_json(),
        "enterprise": audit.fields_of(enterprise, names),
        "plan": {"name": plan.task_name, "period_to": str(plan.period_to)},
        "due": {"label": label, "date": due.date, "words": due.text, "kind": due.kind},
        "head": audit.fields_of(record, HEAD),
        "section": _section(section, user),
        "others": [
            {"department": row.department.short_name, "state": row.get_state_display(), "filled": row.filled,
             "total": row.total} for row in counted
        ],
        "last": {"day": str(past.day), "result": past.result} if past else None,
        "signature": {
            "state": record.signature, "words": status.words if status else "", **standing(record, section, status)
        },
    }  # fmt: skip


def _section(section: DepartmentSection, user: User) -> dict[str, Any]:
    content = section_content(section)
    members = [row for row in section.members.all() if not row.replaced]
    day, opinions = cards.visit_day(section.record), opinions_of(section)
    return {
        "id": section.pk, "department": section.department.short_name, "state": section.state,
        "version": section.version, "open": section.state in OPEN_FOR_ENTRY,
        "members": [
            {"id": row.pk, "name": row.inspector.name, "badge": row.inspector.badge, "present": row.present,
             "me": row.inspector.user_id == user.pk, "attended": row.attended_at} for row in members
        ],
        "present": [row.pk for row in members if row.present],
        **{name: content[name] for name in OWN}, **told_of(section),
        "door": [photo_facts(row) for row in door_photos(section)],
        "conclusion": {name: content[name] for name in CONCLUSION},
        "items": [
            {
                "id": one.pk, "order": one.order, "name": one.item.name, "text": one.item.check_points,
                "bases": cards.bases_on(one.item.bases.all(), day), "phrases": one.item.phrases,
                "value": audit.fields_of(one, FINDING), "version": one.version, "outcome": one.outcome,
                "opinion": opinions.get(str(one.pk), ""),
                "photos": [photo_facts(row) for row in one.evidence.all()],
            } for one in section.findings.all()
        ],
    }  # fmt: skip


def script_context(record: InspectionRecord, section: DepartmentSection, user: Any) -> dict[str, Any]:
    """What the record page needs for its scripts, chips and the two officers."""
    return {
        "pack": pack_for_page(record, section, user), "reasons": reasons(), "rest_ok": settings.REST_OK,
        "attended": sum(one.attended_at is not None for one in section.members.all()),
    }  # fmt: skip


def pack_for_check(
    record: InspectionRecord, section: DepartmentSection, user: User, problems: list[Problem]
) -> dict[str, Any]:
    """What 核对 hands to its scripts: the whole record as it is downloaded, and the rules of the site."""
    pages = {"check": "record_check", "sign": "record_sign", "record": "record_record"}
    urls = {name: reverse(f"inspections:sync_{name}") for name in ("hello", "save", "submit")}
    signed = record.signatures.filter(member__section=section).values_list("member_id", flat=True)
    return {
        "urls": urls | {name: reverse(f"inspections:{page}", args=[record.pk]) for name, page in pages.items()},
        "user": user.pk, "record": record.pk, "site": tables(),
        "whole": pack_of(complete([section])[0], user, Clocks()) | {"signed": sorted(set(signed))},
        "problems": [vars(one) for one in problems if one.page == "record"], "market": is_market(section),
        "second_officer": settings.REQUIRE_SECOND_OFFICER is not False,
        "scan": record.evidence.filter(kind=EvidenceKind.SIGNED_SCAN).exists(),
    }  # fmt: skip


def pack_for_page(record: InspectionRecord, section: DepartmentSection, user: User) -> dict[str, Any]:
    """What the record page hands to its scripts: versions and addresses, no text that the page shows already."""
    pages = {"check": "record_check", "assistant": "record_assistant", "files": "record_evidence"}
    urls = {name: reverse(f"inspections:sync_{name}") for name in ("hello", "save", "photo", "photo_delete", "submit")}
    urls["offline"] = reverse("inspections:phone_shell")
    return {
        "urls": urls | {name: reverse(f"inspections:{page}", args=[record.pk]) for name, page in pages.items()},
        "user": user.pk, "record": record.pk, "head": {"version": record.version, **audit.fields_of(record, HEAD)},
        "section": {
            "version": section.version,
            "present": [row.pk for row in section.members.all() if row.present and not row.replaced],
            **{name: section_content(section)[name] for name in OWN}, **told_of(section),
        },
        "conclusion": {name: section_content(section)[name] for name in CONCLUSION},
        "site": tables({"visit", "item"}),
        "filled": [one.pk for one in section.findings.all() if one.outcome],
        "me": next((row.pk for row in section.members.all() if row.inspector.user_id == user.pk), None),
        "items": {
            str(one.pk): {"version": one.version, **audit.fields_of(one, FINDING)} for one in section.findings.all()
        },
    }  # fmt: skip
