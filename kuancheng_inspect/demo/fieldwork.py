"""The visits, the reviews and the publication of the 2024 campaign, played by inspectors and department admins."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from inspections import services as inspecting
from inspections.enums import Answer, Arrival, EvidenceKind, Measure, RecordState, ResultCode, SectionState, Way
from inspections.models import DepartmentSection, FollowUp, InspectionRecord, ItemFinding
from inspections.services.section_entry import FollowUpEntry
from kuancheng_inspect.demo import letters
from kuancheng_inspect.demo.accounts import Cast
from kuancheng_inspect.demo.pictures import door, ink, paper, scene
from kuancheng_inspect.demo.times import at, moment
from publicity import services as publishing
from publicity.models import Publication
from registry import clock
from registry.models import User
from sampling.models import Plan

SIGNATORY = "负责人某"
WITNESS = "见证人丙"
UNREACHABLE = 8  # the record whose shop nobody opens
ABSENT = 9  # the record whose manager is away
SCANNED = 2  # the record that was signed and sealed on paper as well
REFUSED = 3
CORRECTED = "责令当场改正，检查结束前已改正（演示）"


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
        clock.pin(start, running=False)
        sections = list(record.sections.filter(state=SectionState.NOT_STARTED).select_related("department"))
        for section in sections:
            self._both_came(section)
        clock.pin(end, running=False)
        if number == UNREACHABLE:
            self._nobody_in(sections, start, end)
            return
        self._arrive(record, sections, number, start, end)
        for section in sections:
            self._fill(section, number, start)
        self._sign(record, sections, number)
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
            self._close_corrected(section, day)

    def _both_came(self, section: DepartmentSection) -> None:
        """Each colleague enters the first one's code from the own account."""
        first = self._inspector(section)
        for colleague in self._colleagues(section):
            code = inspecting.issue_code(actor=first, section=section)
            inspecting.confirm_attendance(actor=colleague, record=section.record, code=code.code)
        section.refresh_from_db()

    def _arrive(
        self,
        record: InspectionRecord,
        sections: list[DepartmentSection],
        number: int,
        start: dt.datetime,
        end: dt.datetime,
    ) -> None:
        """Who was met, the front of the shop, and the head."""
        away = number == ABSENT
        for section in sections:
            actor = self._inspector(section)
            outcome = Arrival.ABSENT if away else Arrival.NORMAL
            told = inspecting.save_arrival(
                actor=actor, section=section, outcome=outcome, at=start, version=section.version
            ).section
            if away:
                told = inspecting.save_section(
                    actor=actor, section=told, version=told.version, met_name="店员某", met_post="前台"
                )
            section.version = told.version
        first = self._inspector(sections[0])
        inspecting.add_evidence(
            actor=first, record=record, kind=EvidenceKind.PHOTO, section=sections[0],
            upload=scene("营业场所公示栏", start + dt.timedelta(minutes=5), [record.number]),
        )  # fmt: skip
        record.refresh_from_db()
        inspecting.save_head(
            actor=first, record=record, version=record.version, visit_from=start, visit_to=end,
            place=record.selection.enterprise.address, methods=["ON_SITE", "COMPARISON"], certificates_shown=True,
            informed=True, overall=f"现场由{'店员' if away else '负责人'}陪同检查（演示）。",
            consultation="咨询延时营业的办理方式，已当场解答。" if number % 4 == 0 else "",
        )  # fmt: skip

    def _nobody_in(self, sections: list[DepartmentSection], start: dt.datetime, end: dt.datetime) -> None:
        """The door is locked: photo, two ways of looking for somebody, the proposed result confirmed, handed in."""
        for section in sections:
            actor = self._inspector(section)
            seen = door(start + dt.timedelta(minutes=2), [section.department.short_name])
            inspecting.add_evidence(
                actor=actor, record=section.record, kind=EvidenceKind.DOOR, upload=seen, section=section
            )
            told = inspecting.save_arrival(
                actor=actor, section=section, outcome=Arrival.UNREACHABLE, at=start, version=section.version
            ).section
            members = list(section.members.filter(replaced=False).order_by("order"))
            tries = [
                {"how": how, "at": start + dt.timedelta(minutes=minutes), "by": members[0].pk}
                for how, minutes in ((Way.KNOCK, 3), (Way.CALL, 10))
            ]
            inspecting.save_section(
                actor=actor, section=told, version=told.version, present=members, attempts=tries,
                results=[ResultCode.UNREACHABLE], result_confirmed=True,
            )  # fmt: skip
            self._officers_sign(section)
        clock.pin(end + dt.timedelta(days=1), running=False)
        for section in sections:
            inspecting.submit_section(
                actor=self._inspector(section), section=DepartmentSection.objects.get(pk=section.pk)
            )

    def _officers_sign(self, section: DepartmentSection) -> None:
        for member in section.members.filter(replaced=False).select_related("inspector").order_by("order"):
            inspecting.sign_as_inspector(
                actor=self._inspector(section), section=section, member=member, drawing=ink(member.inspector.name)
            )

    @staticmethod
    def _colleagues(section: DepartmentSection) -> list[User]:
        """The others of the team, who sign in for themselves."""
        members = section.members.filter(replaced=False).select_related("inspector__user").order_by("order")
        return [member.inspector.user for member in members[1:] if member.inspector.user]

    @staticmethod
    def _inspector(section: DepartmentSection) -> User:
        member = section.members.filter(replaced=False).select_related("inspector__user").order_by("order").first()
        if member is None or member.inspector.user is None:
            raise RuntimeError(f"{section} has no inspector who can sign in")
        return member.inspector.user

    def _fill(self, section: DepartmentSection, number: int, start: dt.datetime) -> None:
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
            if answer == Answer.NOT_OK:
                self._prove(actor, section, finding, start)
        section.refresh_from_db()
        results = [code.value for code in inspecting.derive_results(section)]
        day = start.astimezone(clock.SHANGHAI).date()
        deadline = day + dt.timedelta(days=15)
        follow_ups = [FollowUpEntry(measure=Measure.NONE)]
        note = ""
        if ResultCode.PENDING in results:
            follow_ups = [FollowUpEntry(measure=Measure.ORDER_CORRECT, text="责令限期改正（演示）", deadline=deadline)]
            note = "发现 1 项问题，责令限期改正。"
        elif ResultCode.CORRECTED in results:
            follow_ups = [FollowUpEntry(measure=Measure.ORDER_CORRECT, text=CORRECTED, deadline=day)]
            note = "发现 1 项问题，已当场改正。"
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
    def _prove(actor: User, section: DepartmentSection, finding: ItemFinding, start: dt.datetime) -> None:
        """The photo that the words speak of, and the department's own paper about it."""
        record = section.record
        inspecting.add_evidence(
            actor=actor, record=record, kind=EvidenceKind.PHOTO, finding=finding,
            upload=scene("记录不全", start + dt.timedelta(minutes=30), [record.number, section.department.short_name]),
        )  # fmt: skip
        inspecting.add_evidence(
            actor=actor, record=record, kind=EvidenceKind.DEPARTMENT_FORM, section=section,
            upload=paper("责令改正通知书", [f"编号 {record.number}", f"{section.department}", finding.item.name[:24]]),
        )  # fmt: skip

    def _sign(self, record: InspectionRecord, sections: list[DepartmentSection], number: int) -> None:
        """The officers sign first, then the enterprise, or a witness to its refusal."""
        for section in sections:
            self._officers_sign(section)
        record = InspectionRecord.objects.get(pk=record.pk)
        actor = self._inspector(sections[0])
        if number == REFUSED:
            inspecting.sign_record(
                actor=actor, record=record, signature="REFUSED", refusal_reason="负责人对问题项有不同意见，拒绝签字",
                witness_name=WITNESS, witness_unit="演示社区居民委员会", opinion_agrees=False,
                opinion_text="认为登记台账已补全", witness_drawing=ink(WITNESS),
            )  # fmt: skip
            return
        role = "ENTRUSTED" if number == ABSENT else "LEGAL_REP" if number % 2 == 0 else "SITE_MANAGER"
        name = "店员某" if number == ABSENT else SIGNATORY
        inspecting.sign_record(
            actor=actor, record=record, signature="SIGNED_AND_SEALED" if number == SCANNED else "SIGNED",
            signatory_name=name, signatory_role=role, opinion_agrees=True, drawing=ink(name),
        )  # fmt: skip
        if number == SCANNED:
            words = [f"编号 {record.number}", record.selection.enterprise.name, "企业签字并盖章"]
            scan = paper("一企一表（签字盖章件）", words, sealed=True)
            inspecting.add_evidence(actor=actor, record=record, kind=EvidenceKind.SIGNED_SCAN, upload=scan)

    def _close_corrected(self, section: DepartmentSection, day: dt.date) -> None:
        """What was put right before the officers left is not waited for."""
        for follow_up in FollowUp.objects.filter(section=section, text=CORRECTED, closed_on__isnull=True):
            inspecting.close_follow_up(
                actor=self._inspector(section), follow_up=follow_up, closed_on=day, text="检查当场复核，已改正（演示）"
            )

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
        finding = returned.findings.order_by("order")[0]
        inspecting.save_finding(
            actor=inspector, finding=finding, answer=Answer.OK, text="已核对许可证的编号（演示）。", corrected=False,
            version=finding.version,
        )  # fmt: skip
        returned.refresh_from_db()
        inspecting.save_section(actor=inspector, section=returned, version=returned.version, result_confirmed=True)
        self._call(returned, inspector)
        inspecting.submit_section(actor=inspector, section=DepartmentSection.objects.get(pk=returned.pk))
        at("2024-07-09 15:00")
        inspecting.review_section(
            actor=self.cast.admins["WS" if returned.department.code == "WS" else returned.department.code],
            section=DepartmentSection.objects.get(pk=returned.pk),
            decision="PASS",
        )
        self._check_again()
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

    def _call(self, section: DepartmentSection, inspector: User) -> None:
        """What was changed after the signatures: the officers sign anew, the enterprise agrees on the telephone."""
        self._officers_sign(section)
        inspecting.confirm_by_phone(
            actor=inspector, section=section, name=SIGNATORY, role="SITE_MANAGER", phone="13800000000",
            called_at=clock.now(),
        )  # fmt: skip

    def _check_again(self) -> None:
        """One of the two problems that were left open is put right within its time; the other one is still owed."""
        open_ones = FollowUp.objects.filter(section__record__plan=self.plan, closed_on__isnull=True)
        owed = open_ones.exclude(measure=Measure.NONE).select_related("section__department").order_by("pk")
        for follow_up in owed[:1]:
            inspecting.close_follow_up(
                actor=self.cast.admins[follow_up.section.department.code], follow_up=follow_up,
                closed_on=clock.today(), text="到期前复查，已改正（演示）",
            )  # fmt: skip

    def _correct(self, record: InspectionRecord) -> None:
        """One correction: the enterprise objects, the department mends, the lead bureau publishes version 2 and
        answers."""
        at("2024-07-12 15:20")
        objection = letters.object_to(record)
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
        letters.answer(self.cast, objection, "已核实：该项业务检查时已停办，第 1 项已更正，公示为第 2 版（演示）。")
        versions = Publication.objects.filter(record=record).count()
        self.say(f"更正：{record.selection.enterprise} 现有 {versions} 个公示版本")
