"""A campaign under way in September 2026, so that whoever opens the demonstration sees the clocks run: enterprises that
nobody confirmed in time, records that are late, in work, submitted, reviewed, and an enterprise that was returned."""

import datetime as dt
from dataclasses import dataclass

from inspections import services as inspecting
from inspections.enums import RecordState, SectionState
from inspections.models import Confirmation, DepartmentSection, InspectionRecord
from kuancheng_inspect.demo import letters
from kuancheng_inspect.demo.accounts import Cast
from kuancheng_inspect.demo.campaign import WITNESSES, attach_forms, salts
from kuancheng_inspect.demo.fieldwork import FieldWork
from kuancheng_inspect.demo.times import at
from publicity import services as publishing
from registry import clock
from registry import services as registry
from registry.models import User
from sampling import services as sampling
from sampling.models import Draw, Plan

DIGITS = "60391 48392 01756 48577 57201 20194 63857 94638".replace(" ", "")
TITLE = "2026年度互联网上网服务营业场所、娱乐场所跨部门双随机联合抽查"
SUBMITTED = 4  # records that are visited and handed in


@dataclass
class Running:
    """The campaign in the making."""

    cast: Cast
    plan: Plan

    def run(self) -> Plan:
        """From the freeze to the morning of 14 September; returns the plan."""
        self._confirm(self._draw())
        self._inspect()
        remind_all(dt.date(2026, 9, 14))
        self._have_signed_in()
        return Plan.objects.get(pk=self.plan.pk)

    def _draw(self) -> Draw:
        at("2026-09-01 09:00")
        lead = self.cast.lead
        sampling.freeze_plan(actor=lead, plan=self.plan, salts=salts())
        at("2026-09-02 09:30")
        draw = sampling.run_draw(
            actor=lead, plan=self.plan, digits=DIGITS, witnesses=WITNESSES, key="demo-running-2026-1"
        )
        at("2026-09-02 10:00")
        inspecting.dispatch_draw(actor=lead, draw=draw)
        return draw

    def _confirm(self, draw: Draw) -> None:
        """One enterprise comes back, the last waits for the police alone, who are late; the others are confirmed."""
        at("2026-09-03 15:00")
        attach_forms(self.cast, self.plan)
        *_ready, returned, waiting = self.plan.records.order_by("number")
        confirmation = Confirmation.objects.get(record=returned, department__code="SJ")
        inspecting.return_record(
            actor=self.cast.admins["SJ"], confirmation=confirmation, reason="ADDRESS", note="原址已拆除（演示）"
        )
        for code, admin in self.cast.admins.items():
            mine = Confirmation.objects.pending().filter(record__plan=self.plan, department=admin.department)
            mine = mine.exclude(record=waiting) if code == "GA" else mine
            inspecting.confirm_records(actor=admin, confirmations=list(mine))
            sections = DepartmentSection.objects.to_approve(admin).filter(record__state=RecordState.OPEN)
            if sections:
                inspecting.record_approval(
                    actor=admin, sections=list(sections), approver="演示负责人", day=dt.date(2026, 9, 3)
                )

    def _inspect(self) -> None:
        """Four records are handed in, one of them published; two are visited and left lying, the others untouched."""
        work = FieldWork(self.cast, self.plan, lambda words: None)
        records = list(self.plan.records.filter(state=RecordState.OPEN).order_by("number"))
        self._leave_lying(work, records[SUBMITTED], "2026-09-04 16:00")
        for number, record in enumerate(records[:SUBMITTED]):
            work._visit(record, number, dt.date(2026, 9, 7 + number))
        self._leave_lying(work, records[SUBMITTED + 1], "2026-09-10 16:00")
        letters.of_2026(self.cast, self.plan)
        remind_all(dt.date(2026, 9, 11))
        at("2026-09-11 16:00")
        for record in records[:2]:
            for section in record.sections.filter(state=SectionState.SUBMITTED).select_related("department"):
                admin = self.cast.admins[section.department.code]
                inspecting.review_section(actor=admin, section=section, decision="PASS")
        publishing.publish_records(actor=self.cast.lead, records=records[:1])

    def _have_signed_in(self) -> None:
        """Everybody who did something was signed in; of the police's inspectors one never was."""
        seated = User.objects.filter(inspector__memberships__draw__plan=self.plan, inspector__memberships__kind="MAIN")
        people = seated | User.objects.filter(is_lead=True)
        keys = [*people.values_list("pk", flat=True), *(admin.pk for admin in self.cast.admins.values())]
        never = seated.filter(department__code="GA").order_by("-pk").values_list("pk", flat=True)[:1]
        User.objects.filter(pk__in=keys).exclude(pk__in=list(never)).update(last_login=clock.now())

    def _leave_lying(self, work: FieldWork, record: InspectionRecord, end: str) -> None:
        """The visit is over, the clock runs, one department has begun to write, nobody has handed in."""
        at(end)
        section = record.sections.filter(state=SectionState.NOT_STARTED).select_related("department")[0]
        actor = work._inspector(section)
        now = dt.datetime.fromisoformat(f"{end}+08:00")
        inspecting.save_arrival(
            actor=actor, section=section, outcome="NORMAL", at=now - dt.timedelta(hours=1), version=section.version
        )
        record.refresh_from_db()
        inspecting.save_head(
            actor=actor, record=record, version=record.version, visit_from=now - dt.timedelta(hours=1), visit_to=now,
            place=record.selection.enterprise.address, methods=["ON_SITE"], certificates_shown=True, informed=True,
        )  # fmt: skip
        finding = section.findings.order_by("order")[0]
        inspecting.save_finding(
            actor=actor, finding=finding, answer="OK", text="", corrected=False, version=finding.version
        )


def remind_all(day: dt.date) -> None:
    """The daily messages of a morning."""
    at(f"{day} 08:30")
    inspecting.send_due_reminders(day=day)


def running_plan(cast: Cast) -> Plan:
    """The 2024 preset without its cinemas, in its third week."""
    at("2026-08-31 09:00")
    preset = registry.read_fixture("plan_2024")["plan"] | {
        "year": 2026, "title": TITLE, "document_number": "", "registered_before": "2026-08-01",
        "period_start": "2026-09-03", "period_end": "2026-09-25", "summary_due": "2026-10-16",
        "industries": [{"codes": ["INTERNET_CAFE", "KTV_DANCE", "GAME_ARCADE"]}],
    }  # fmt: skip
    plan = sampling.create_plan_from_preset(actor=cast.lead, preset=preset, sealed=False, strata_public=True)
    return Running(cast, plan).run()
