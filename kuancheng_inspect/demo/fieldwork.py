"""The visits, the reviews and the publication of the 2024 campaign, played by inspectors and department admins."""

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from inspections import services as inspecting
from inspections.enums import Answer, Arrival, EvidenceKind, Measure, RecordState, ResultCode, SectionState, Way
from inspections.models import DepartmentSection, FollowUp, InspectionRecord
from inspections.services.section_entry import FollowUpEntry
from kuancheng_inspect.demo.accounts import Cast
from kuancheng_inspect.demo.times import at, moment
from publicity import services as publishing
from publicity.models import Publication
from registry import clock
from registry.models import User
from sampling.models import Plan

SIGNATORY = "负责人某"
UNREACHABLE = 8  # the record whose shop nobody opens


def door() -> SimpleUploadedFile:
    """A drawn shop front with its shutter down; the demonstration shows nobody's real door."""
    picture = Image.new("RGB", (640, 480), (139, 147, 158))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((90, 40, 550, 110), fill=(46, 79, 116))
    for top in range(130, 440, 26):
        draw.rectangle((110, top, 530, top + 20), fill=(176, 182, 189))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return SimpleUploadedFile("门口.jpg", out.getvalue(), content_type="image/jpeg")


@dataclass
class FieldWork:
    """Everything between the opened records and the published results."""

    cast: Cast
    plan: Plan
    say: Callable[[str], None]

    # ------------------------------------------------------------------------------------------------------ inspecting

    def inspect(self) -> None:
        """Every open record is visited, filled, signed or refused, and submitted; two a day from 18 June on."""
        records = list(self.plan.records.filter(state=RecordState.OPEN).order_by("number"))
        day = dt.date(2024, 6, 18)
        for number, record in enumerate(records):
            if number and number % 2 == 0:
                day += dt.timedelta(days=1 if day.weekday() < 4 else 3)
            self._visit(record, number, day)
        submitted = DepartmentSection.objects.filter(record__plan=self.plan, state=SectionState.SUBMITTED).count()
        self.say(f"检查：{len(records)} 家，{submitted} 个部门检查已提交")

    def _visit(self, record: InspectionRecord, number: int, day: dt.date) -> None:
        evening = number % 3 == 0
        start, end = moment(str(day), 19 if evening else 9, 5), moment(str(day), 20 if evening else 10, 20)
        clock.pin(end, running=False)
        sections = list(record.sections.filter(state=SectionState.NOT_STARTED).select_related("department"))
        if number == UNREACHABLE:
            self._nobody_in(sections, end)
            return
        first = self._inspector(sections[0])
        for section in sections:
            inspecting.save_arrival(
                actor=self._inspector(section), section=section, outcome=Arrival.NORMAL, at=start,
                version=section.version,
            )  # fmt: skip
        record.refresh_from_db()
        inspecting.save_head(
            actor=first,
            record=record,
            version=record.version,
            visit_from=start,
            visit_to=end,
            place=record.selection.enterprise.address,
            methods=["ON_SITE", "COMPARISON"],
            certificates_shown=True,
            informed=True,
            overall="现场由负责人陪同检查（演示）。",
            consultation="咨询延时营业的办理方式，已当场解答。" if number % 4 == 0 else "",
        )
        for section in sections:
            self._fill(section, number, day)
        self._sign(record, first, number)
        late = number == 5
        clock.pin(end + dt.timedelta(days=9 if late else 1), running=False)
        for section in sections:
            if late and section.department.code != "XF":
                clock.pin(end + dt.timedelta(days=1), running=False)
            elif late:
                clock.pin(end + dt.timedelta(days=9), running=False)
            inspecting.submit_section(
                actor=self._inspector(section), section=DepartmentSection.objects.get(pk=section.pk)
            )

    def _nobody_in(self, sections: list[DepartmentSection], at: dt.datetime) -> None:
        """The door is locked: photo, two ways of looking for somebody, the proposed result confirmed, handed in."""
        for section in sections:
            actor = self._inspector(section)
            inspecting.add_evidence(
                actor=actor, record=section.record, kind=EvidenceKind.DOOR, upload=door(), section=section
            )
            told = inspecting.save_arrival(
                actor=actor, section=section, outcome=Arrival.UNREACHABLE, at=at, version=section.version
            ).section
            members = list(section.members.filter(replaced=False))
            tries = [{"how": how, "at": at, "by": members[0].pk} for how in (Way.KNOCK, Way.CALL)]
            inspecting.save_section(
                actor=actor, section=told, version=told.version, present=members, attempts=tries,
                results=[ResultCode.UNREACHABLE], result_confirmed=True,
            )  # fmt: skip
            inspecting.submit_section(actor=actor, section=DepartmentSection.objects.get(pk=section.pk))

    @staticmethod
    def _inspector(section: DepartmentSection) -> User:
        member = section.members.filter(replaced=False).select_related("inspector__user").order_by("order").first()
        if member is None or member.inspector.user is None:
            raise RuntimeError(f"{section} has no inspector who can sign in")
        return member.inspector.user

    def _fill(self, section: DepartmentSection, number: int, day: dt.date) -> None:
        actor = self._inspector(section)
        code = section.department.code
        troubled = (number, code) in {(1, "WL"), (1, "XF"), (3, "GA"), (4, "SJ"), (6, "XF"), (7, "WL")}
        corrected = number != 6 and (number, code) != (7, "WL")
        for place, finding in enumerate(section.findings.order_by("order")):
            answer, text = Answer.OK, ""
            if troubled and place == 1:
                answer, text = Answer.NOT_OK, "现场查看记录不全，已拍照（演示）。"
            elif place == 3 and number % 3 == 1:
                answer, text = Answer.NOT_APPLICABLE, "无此设施（演示）。"
            inspecting.save_finding(
                actor=actor,
                finding=finding,
                answer=answer,
                text=text,
                corrected=corrected and answer == Answer.NOT_OK,
                version=finding.version,
            )
        section.refresh_from_db()
        results = [code.value for code in inspecting.derive_results(section)]
        deadline = day + dt.timedelta(days=15)
        follow_ups = [FollowUpEntry(measure=Measure.NONE)]
        note = ""
        if ResultCode.PENDING in results:
            follow_ups = [FollowUpEntry(measure=Measure.ORDER_CORRECT, text="责令限期改正（演示）", deadline=deadline)]
            note = "发现 1 项问题，责令限期改正。"
        elif ResultCode.CORRECTED in results:
            follow_ups = [FollowUpEntry(measure=Measure.ORDER_CORRECT, text="已当场改正（演示）", deadline=deadline)]
            note = "发现 1 项问题，已责令改正。"
        inspecting.save_section(
            actor=actor,
            section=section,
            version=section.version,
            present=list(section.members.filter(replaced=False)),
            results=results,
            result_note=note,
            result_confirmed=True,
            follow_ups=follow_ups,
        )
        if (number, code) == (2, "XF"):
            inspecting.add_assistant(
                actor=actor, section=section, name="协助人员某", unit="演示消防技术服务机构", role="电气检测",
                reason="电气线路检测需要专业仪器",
            )  # fmt: skip

    @staticmethod
    def _sign(record: InspectionRecord, actor: User, number: int) -> None:
        record = InspectionRecord.objects.get(pk=record.pk)
        if number == 3:
            inspecting.sign_record(
                actor=actor, record=record, signature="REFUSED", refusal_reason="负责人对问题项有不同意见，拒绝签字",
                witness_name="见证人丙", witness_unit="演示社区居民委员会", opinion_agrees=False,
                opinion_text="认为登记台账已补全",
            )  # fmt: skip
            return
        role = "LEGAL_REP" if number % 2 == 0 else "SITE_MANAGER"
        inspecting.sign_record(
            actor=actor, record=record, signature="SIGNED_AND_SEALED" if number % 2 == 0 else "SIGNED",
            signatory_name=SIGNATORY, signatory_role=role, opinion_agrees=True,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------------ publishing

    def review_and_publish(self) -> None:
        """Departments review (one is returned and mended), the lead bureau publishes, one result is corrected."""
        at("2024-07-08 09:00")
        returned = self._return_one()
        for admin in self.cast.admins.values():
            waiting = DepartmentSection.objects.filter(
                record__plan=self.plan, department=admin.department, state=SectionState.SUBMITTED
            )
            for section in waiting.exclude(pk=returned.pk).order_by("pk"):
                inspecting.review_section(actor=admin, section=section, decision="PASS")
        at("2024-07-09 10:00")
        inspector = self._inspector(returned)
        record = InspectionRecord.objects.get(pk=returned.record_id)
        overall = f"{record.overall}补充：许可证编号已核对。"
        inspecting.save_head(actor=inspector, record=record, version=record.version, overall=overall)
        self._call(returned, inspector)
        inspecting.submit_section(actor=inspector, section=DepartmentSection.objects.get(pk=returned.pk))
        at("2024-07-09 15:00")
        inspecting.review_section(
            actor=self.cast.admins["WS" if returned.department.code == "WS" else returned.department.code],
            section=DepartmentSection.objects.get(pk=returned.pk),
            decision="PASS",
        )
        self._close_follow_ups()
        at("2024-07-10 09:30")
        records = list(self.plan.records.filter(state__in=[RecordState.OPEN, RecordState.CLOSED]).order_by("number"))
        published = publishing.publish_records(actor=self.cast.lead, records=records)
        self.say(f"公示：{len(published)} 家")
        self._correct(records[0])

    def _return_one(self) -> DepartmentSection:
        section = (
            DepartmentSection.objects.filter(record__plan=self.plan, state=SectionState.SUBMITTED)
            .select_related("department")
            .order_by("pk")
            .first()
        )
        if section is None:
            raise RuntimeError("nothing was submitted")
        inspecting.review_section(
            actor=self.cast.admins[section.department.code], section=section, decision="RETURN",
            reason="第 1 项请补充核对了哪些证照",
        )  # fmt: skip
        return DepartmentSection.objects.select_related("department").get(pk=section.pk)

    @staticmethod
    def _call(section: DepartmentSection, inspector: User) -> None:
        """What was changed after the signature is read to the enterprise on the telephone."""
        inspecting.confirm_by_phone(
            actor=inspector, section=section, name=SIGNATORY, role="SITE_MANAGER", phone="13800000000",
            called_at=clock.now(),
        )  # fmt: skip

    def _close_follow_ups(self) -> None:
        open_ones = FollowUp.objects.filter(section__record__plan=self.plan, closed_on__isnull=True)
        for follow_up in open_ones.exclude(measure=Measure.NONE).select_related("section__department").order_by("pk"):
            if follow_up.text.startswith("已当场改正"):
                inspecting.close_follow_up(
                    actor=self.cast.admins[follow_up.section.department.code],
                    follow_up=follow_up,
                    closed_on=clock.today(),
                    text="复查已改正（演示）",
                )

    def _correct(self, record: InspectionRecord) -> None:
        """One correction: the department reopens, mends and passes; the lead bureau publishes version 2."""
        at("2024-07-16 10:00")
        section = record.sections.filter(state=SectionState.APPROVED).select_related("department").order_by("pk")[0]
        admin = self.cast.admins[section.department.code]
        inspecting.review_section(
            actor=admin, section=section, decision="RETURN", reason="企业提出异议，核实后更正第 1 项说明"
        )
        finding = section.findings.order_by("order")[0]
        inspector = self._inspector(section)
        inspecting.save_finding(
            actor=inspector, finding=finding, answer=Answer.NOT_APPLICABLE, text="检查时该项业务已停办（核实更正）。",
            corrected=False, version=finding.version,
        )  # fmt: skip
        section.refresh_from_db()
        results = [code.value for code in inspecting.derive_results(section)]
        inspecting.save_section(
            actor=inspector, section=section, version=section.version, results=results, result_confirmed=True
        )
        self._call(section, inspector)
        inspecting.submit_section(actor=inspector, section=DepartmentSection.objects.get(pk=section.pk))
        inspecting.review_section(actor=admin, section=DepartmentSection.objects.get(pk=section.pk), decision="PASS")
        publishing.correct_publication(
            actor=self.cast.lead, record=InspectionRecord.objects.get(pk=record.pk), reason="企业提出异议，经核实更正"
        )
        versions = Publication.objects.filter(record=record).count()
        self.say(f"更正：{record.selection.enterprise} 现有 {versions} 个公示版本")
