"""An office in the middle of its work, through the services: the finished campaign of 2024 and one of 2026 under way.

For tests that look at many pages at once. Every list has rows, every kind of object exists, and every state that
asks somebody to act is there: to confirm, to decide, to approve, to fill, to review, to publish, to answer.
"""

import datetime as dt
import io
from pathlib import Path
from unittest import mock

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import load_workbook
from PIL import Image

from inspections import services as inspecting
from inspections.enums import RecordState, SectionState
from inspections.models import Confirmation, DepartmentSection
from inspections.services.drawing import Drawing
from kuancheng_inspect.demo import invented
from kuancheng_inspect.demo.campaign import DIGITS, WITNESSES, Campaign, second_plan
from kuancheng_inspect.demo.fieldwork import FieldWork
from kuancheng_inspect.demo.times import at
from publicity import services as publishing
from publicity.enums import ExportKind
from publicity.models import Publication
from registry import jobs
from registry import services as registry
from registry.enums import ImportKind
from registry.importers import preview_of, read_registry_file
from registry.models import Enterprise, Job, RiskScheme
from sampling import services as sampling
from sampling.enums import PickKind
from sampling.models import Draw, Plan

ENTERPRISES = 200
NOW = "2026-09-22 10:00"


def make_county(folder: Path) -> "County":
    """Play it all; ``folder`` takes the two Excel files. The clock stands at NOW afterwards. About ten seconds."""
    with mock.patch.object(invented, "ENTERPRISES", ENTERPRISES):
        county = County(folder=folder, say=lambda words: None)
        county.run()
    county.go_on()
    return county


class County(Campaign):
    """The campaign of 2024 and what has happened since."""

    running: Plan
    running_draw: Draw

    def go_on(self) -> None:
        """A second campaign, with something waiting for every role; letters, exports, an import that has faults."""
        self.running = second_plan(self.cast)
        self._dispatch()
        self._confirm_most()
        at("2026-09-18 16:00")
        days = {"period_from": dt.date(2026, 10, 12), "period_to": dt.date(2026, 12, 11)}
        sampling.copy_plan(actor=self.cast.lead, plan=self.running, **days)
        frozen = sampling.copy_plan(actor=self.cast.lead, plan=self.running, **days)
        sampling.freeze_plan(actor=self.cast.lead, plan=frozen)
        at("2026-09-21 09:00")
        self._inspect_some()
        at("2026-09-21 16:00")
        self._letters_and_files()
        at(NOW)

    def _dispatch(self) -> None:
        at("2026-09-15 16:00")
        self.running_draw = sampling.run_draw(
            actor=self.cast.lead, plan=self.running, digits=DIGITS, witnesses=WITNESSES, key="county-draw-2026-1"
        )
        at("2026-09-16 09:00")
        inspecting.dispatch_draw(actor=self.cast.lead, draw=self.running_draw)

    def _confirm_most(self) -> None:
        """The last record waits for everybody, the one before was returned by one, the rest are confirmed."""
        at("2026-09-17 09:00")
        *ready, returned, waiting = self.running.records.order_by("number")
        confirmations = Confirmation.objects.filter(record=returned)
        first = confirmations.select_related("department").order_by("pk")[0]
        admin = self.cast.admins[first.department.code]
        inspecting.return_record(actor=admin, confirmation=first, reason="ADDRESS", note="原址已拆除")
        open_ones = Confirmation.objects.exclude(record=waiting).pending().filter(record__plan=self.running)
        for admin in self.cast.admins.values():
            inspecting.confirm_records(actor=admin, confirmations=list(open_ones.filter(department=admin.department)))
        for admin in self.cast.admins.values():
            sections = DepartmentSection.objects.to_approve(admin).filter(record__in=ready[:-1])
            inspecting.record_approval(
                actor=admin, sections=list(sections), approver="演示负责人", day=dt.date(2026, 9, 17)
            )

    def _inspect_some(self) -> None:
        """The first is reviewed and may be published, the second waits for review, the third is a draft."""
        reviewed, submitted, draft, *_ = self.running.records.filter(state=RecordState.OPEN).order_by("number")
        work = FieldWork(self.cast, self.running, self.say)
        for number, record in ((1, reviewed), (2, submitted)):
            work._visit(record, number, dt.date(2026, 9, 21))
        for section in reviewed.sections.filter(state=SectionState.SUBMITTED).select_related("department"):
            inspecting.review_section(actor=self.cast.admins[section.department.code], section=section, decision="PASS")
        at("2026-09-22 09:00")
        section = draft.sections.filter(state=SectionState.NOT_STARTED).select_related("department")[0]
        self.inspector = work._inspector(section)
        self.draft = draft
        finding = section.findings.order_by("order")[0]
        inspecting.save_finding(
            actor=self.inspector, finding=finding, answer="NOT_OK", text="灭火器压力不足（演示）", corrected=False,
            version=finding.version,
        )  # fmt: skip
        ink = Drawing(300, 150, [[[20, 20, 0], [120, 90, 40], [240, 30, 80]]])
        member = section.members.filter(replaced=False, inspector__user=self.inspector)[0]
        inspecting.sign_as_inspector(actor=self.inspector, section=section, member=member, drawing=ink)
        inspecting.add_evidence(
            actor=self.inspector, record=draft, kind="PHOTO", upload=photo(), section=section, finding=finding
        )

    def _letters_and_files(self) -> None:
        publication = Publication.objects.current().order_by("pk")[0]
        for kind, linked in (("OBJECTION", publication), ("QUESTION", None)):
            publishing.submit_feedback(
                kind=kind, subject="演示来信", text="请核实（演示）。", contact="演示某", publication=linked
            )
        admin = self.cast.admins["XF"]
        sampling.attach_document(
            actor=admin, plan=self.running, department=admin.department, title="现场检查文书", upload=photo()
        )
        for kind in (ExportKind.RESULTS_XLSX, ExportKind.STATISTICS_XLSX):
            publishing.request_export(actor=self.cast.lead, plan=self.plan, kind=kind)
        for job in Job.objects.filter(state="PENDING", task__startswith="publicity"):
            jobs.run(job.pk)
        self._import_with_faults()
        leaving = self.running_draw.members.filter(kind=PickKind.MAIN, department=admin.department).order_by("pk")[0]
        sampling.request_event(
            actor=admin, draw=self.running_draw, member=leaving, code="sick", reason="住院（演示）", evidence=photo()
        )
        inspector = self.running_draw.members.filter(kind=PickKind.MAIN).select_related("inspector")[0].inspector
        registry.declare_recusal(
            actor=self.cast.admins[inspector.department.code], inspector=inspector,
            enterprise=Enterprise.objects.order_by("uscc")[0], reason="与法定代表人是亲属（演示）",
        )  # fmt: skip

    def _import_with_faults(self) -> None:
        """An uploaded file with wrong rows that nobody has confirmed yet."""
        path = self.folder / "有错的名录.xlsx"
        book = load_workbook(next(self.folder.glob("*企业*.xlsx")))
        sheet = book.active
        for row in (3, 4, 5):
            sheet.cell(row, 1).value = "91999999MA0000000X"
        book.save(path)
        kind, scheme = ImportKind.ENTERPRISES, RiskScheme.objects.order_by("order")[0]
        reading = read_registry_file(path, kind=kind, scheme=scheme)
        comparison = registry.compare_rows(kind=kind, rows=reading.rows, scheme=scheme)
        registry.store_upload(
            actor=self.cast.lead, kind=kind, filename=path.name, content=path.read_bytes(), scheme=scheme,
            preview=preview_of(reading, comparison),
        )  # fmt: skip


def photo() -> SimpleUploadedFile:
    """A small picture as a phone sends it."""
    out = io.BytesIO()
    Image.new("RGB", (60, 40), (200, 30, 30)).save(out, "JPEG")
    return SimpleUploadedFile("现场.jpg", out.getvalue(), content_type="image/jpeg")
