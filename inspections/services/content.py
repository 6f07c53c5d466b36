"""The canonical content of a record: what is digested when the enterprise signs and when a department submits.

Canonical JSON: sorted keys, UTF-8, no spaces, no floats, times in UTC; SHA-256 in lower-case hex.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects

from inspections.arrival import FIELDS as ARRIVAL_FIELDS
from inspections.arrival import NOBODY_MET
from inspections.enums import OPEN_FOR_ENTRY
from inspections.models import DepartmentSection, InspectionRecord, ItemFinding, SectionMember
from inspections.services.section_entry import section_content
from registry import audit

HEAD_FACTS = (
    "visit_from", "visit_to", "place", "methods", "certificates_shown", "informed", "recusal_requested",
    "recusal_reason",
)  # fmt: skip
HEAD = (*HEAD_FACTS, "overall", "consultation", "recorder")
# Filled in after the representative has signed, without touching what was signed for.
AFTER_SIGNING = {"visit_to", "consultation", "recorder"}
# Joined head and section later: left out while empty, so that digests made before still hold.
LATER = {"recorder", *ARRIVAL_FIELDS}
FINDING = ("answer", "text", "corrected")


def digest(content: Any) -> str:
    """SHA-256 of the canonical JSON of plain data."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def complete(sections: Iterable[DepartmentSection]) -> list[DepartmentSection]:
    """The sections with everything that their content needs, in a number of queries that does not grow with them."""
    found = list(sections)
    findings = ItemFinding.objects.select_related("item", "updated_by").prefetch_related("item__bases", "evidence")
    members = SectionMember.objects.select_related("inspector")
    prefetch_related_objects(
        found, "department", Prefetch("findings", findings), Prefetch("members", members), "results", "follow_ups",
        "assistants", "evidence",
    )  # fmt: skip
    return found


def findings_content(section: DepartmentSection) -> list[dict[str, Any]]:
    """The answers of a section in the order of the form, each with its item's code and version day."""
    return [
        {
            "order": finding.order,
            "item": [finding.item.code, str(finding.item.effective_from)],
            **audit.fields_of(finding, FINDING),
            "evidence": sorted(row.sha256 for row in finding.evidence.all()),
            **({"outcome": finding.outcome} if finding.outcome else {}),
        }
        for finding in section.findings.all()
    ]


def sealed_content(section: DepartmentSection) -> dict[str, Any]:
    """Everything a department submits: what ``sealed_digest`` covers."""
    complete([section])
    record = section.record
    return {
        "record": record.number,
        "department": section.department.code,
        # a written check, or one that met nobody, may be submitted before the visit whose head others still fill
        "head": {} if section.written_only or section.arrival in NOBODY_MET else audit.fields_of(record, HEAD_FACTS),
        "section": _without_later(section_content(section)),
        "findings": findings_content(section),
        "assistants": [audit.fields_of(row, ("name", "unit", "role", "reason")) for row in section.assistants.all()],
        "evidence": sorted(row.sha256 for row in section.evidence.all()),
    }


def _without_later(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value or name not in LATER}


def section_digest(section: DepartmentSection) -> str:
    """Digest of what the enterprise sees of a section (``complete``) when it signs."""
    content = _without_later(section_content(section))
    shown = {name: value for name, value in content.items() if name != "result_confirmed"}
    return digest({"section": shown, "findings": findings_content(section)})


def head_digest(record: InspectionRecord) -> str:
    """Digest of what the enterprise sees of the head when it signs."""
    return digest(audit.fields_of(record, [name for name in HEAD if name not in AFTER_SIGNING]))


def record_content(record: InspectionRecord, sections: Iterable[DepartmentSection]) -> dict[str, Any]:
    """What a signature covers: the head and every section's digest (``sections``: all of the record, complete)."""
    return {
        "record": record.number,
        "enterprise": record.selection.enterprise.uscc,
        "head": audit.fields_of(record, [name for name in HEAD if name not in LATER or getattr(record, name)]),
        "sections": {section.department.code: section_digest(section) for section in sections},
    }


def seal(record: InspectionRecord, sections: Iterable[DepartmentSection]) -> str:
    """The digest that paper and pages name a record by (``sections``: all of the record, complete).

    Once every department has submitted: over what was sealed then, so that a later change does not move it. Before:
    over the content as it is now, the same that a signature is put under.
    """
    rows = list(sections)
    if any(section.state in OPEN_FOR_ENTRY for section in rows):
        return digest(record_content(record, rows))
    sealed = {section.department.code: section.sealed_digest or section.state for section in rows}
    return digest({"record": record.number, "sections": sealed})


def short(hexes: str) -> str:
    """The first 16 digits of a digest in fours, as printed: ``3F9A 7C21 D04E 8B56``."""
    return " ".join(hexes[at : at + 4].upper() for at in range(0, 16, 4))


def content_version(record: InspectionRecord) -> int:
    """第 n 版: rises by one with every stored change of the head, of a section or of an answer."""
    sections = list(record.sections.values_list("version", flat=True))
    answers = list(record.sections.values_list("findings__version", flat=True))
    return record.version + sum(sections) - len(sections) + sum(number or 0 for number in answers)
