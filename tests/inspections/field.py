"""A record in the field, for the tests of this folder."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from inspections.models import DepartmentSection, InspectionRecord
from registry.models import User
from tests import factories as f

VISIT_FROM = dt.datetime(2024, 9, 24, 14, 5, tzinfo=f.SHANGHAI)
VISIT_TO = dt.datetime(2024, 9, 24, 15, 2, tzinfo=f.SHANGHAI)


def make_record(*departments: str, items: int = 1, **enterprise: Any) -> InspectionRecord:
    """An open record of a plan with the departments (WL and GA by default), ``items`` items each."""
    codes = departments or ("WL", "GA")
    for code in codes:
        for _ in range(items):
            f.make_item(f.make_department(code))
    plan = f.make_plan(departments=codes, lead=codes[0])
    record: InspectionRecord = f.make_records(f.make_draw(plan, [f.make_enterprise(**enterprise)], teams=1))[0]
    return record


def section_of(record: InspectionRecord, code: str = "WL") -> DepartmentSection:
    """The section of a department."""
    section: DepartmentSection = record.sections.select_related("department", "record__plan").get(department__code=code)
    return section


def inspectors(section: DepartmentSection) -> list[User]:
    """The accounts of a section's two inspectors, in their order."""
    return [member.inspector.user for member in section.members.select_related("inspector__user")]


def fill(section: DepartmentSection, *, answers: dict[str, Any] | None = None) -> User:
    """Everything but the signature, through the services: present, visited, all 符合, result confirmed."""
    from inspections.services import entry

    actor = inspectors(section)[0]
    record = InspectionRecord.objects.get(pk=section.record_id)
    entry.save_head(
        actor=actor, record=record, version=record.version, visit_from=VISIT_FROM, visit_to=VISIT_TO,
        place="示例街1号", methods=["ON_SITE"], certificates_shown=True, informed=True,
    )  # fmt: skip
    arrive(section)
    for finding in section.findings.all():
        entry.save_finding(actor=actor, finding=finding, answer="OK", text="", corrected=False, version=finding.version)
    section.refresh_from_db()
    entry.save_section(
        actor=actor, section=section, version=section.version, present=list(section.members.all()),
        results=["NO_PROBLEM"], result_confirmed=True,
    )  # fmt: skip
    section.refresh_from_db()
    return actor


def arrive(section: DepartmentSection, outcome: str = "NORMAL", at: dt.datetime = VISIT_FROM) -> User:
    """A section's first inspector says what was met with, on the section as it is stored now."""
    from inspections.services import arriving

    actor = inspectors(section)[0]
    section.refresh_from_db()
    arriving.save_arrival(actor=actor, section=section, outcome=outcome, at=at, version=section.version)
    section.refresh_from_db()
    return actor


def look_for_somebody(section: DepartmentSection) -> None:
    """A photo of the door, a knock and a call: what an outcome without anybody owes."""
    from inspections.services import entry, evidence

    actor = inspectors(section)[0]
    evidence.add_evidence(actor=actor, record=section.record, kind="DOOR", upload=picture(), section=section)
    section.refresh_from_db()
    by = section.members.all()[0].pk
    tries = [{"how": how, "at": VISIT_FROM, "by": by, "note": ""} for how in ("KNOCK", "CALL")]
    entry.save_section(actor=actor, section=section, version=section.version, attempts=tries)
    section.refresh_from_db()


def sign(record: InspectionRecord, actor: User, **fields: Any) -> InspectionRecord:
    """The legal representative signs and agrees."""
    from inspections.services import signing

    return signing.sign_record(
        actor=actor, record=record,
        **{"signature": "SIGNED", "signatory_name": "陈某", "signatory_role": "LEGAL_REP", "opinion_agrees": True}
        | fields,
    )  # fmt: skip


def picture(
    size: tuple[int, int] = (60, 40), *, kind: str = "JPEG", mode: str = "RGB", name: str = "现场.jpg", **options: Any
) -> SimpleUploadedFile:
    """An uploaded picture of one colour."""
    out = io.BytesIO()
    colour: Any = options.pop("colour", {"RGB": (200, 30, 30), "CMYK": (0, 200, 200, 0), "L": 90}.get(mode, 0))
    Image.new(mode, size, colour).save(out, kind, **options)
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/jpeg")
