"""The notice's campaign of 2024, played through the services as the different roles, with the clock handed in.

Nothing here reaches round the services: what they refuse stops the campaign. Times, dice digits and salts are fixed, so
two runs draw the same enterprises and write the same bytes.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inspections import services as inspecting
from inspections.enums import Answer, Decision, LeadDecision, Measure, RecordState, ResultCode, SectionState
from inspections.models import Confirmation, DepartmentSection, InspectionRecord
from inspections.services.section_entry import FollowUpEntry
from kuancheng_inspect.demo import invented
from kuancheng_inspect.demo.accounts import Cast, give_inspectors_accounts, make_cast
from publicity import services as publishing
from publicity.models import Publication
from registry import clock
from registry import services as registry
from registry.enums import ImportKind
from registry.models import Enterprise, Inspector, User
from sampling import services as sampling
from sampling.models import Draw, Plan

DIGITS = "48392 01756 60391 48577 20194 63857 20194 63857".replace(" ", "")
WITNESSES = [
    {"name": "见证人甲", "unit": "演示县纪委监委派驻组"},
    {"name": "见证人乙", "unit": "演示县互联网上网服务行业协会"},
]
SIGNATORY = "负责人某"


def at(text: str) -> None:
    """Let the clock stand still at a Shanghai time, ``YYYY-MM-DD HH:MM``."""
    clock.pin(dt.datetime.fromisoformat(text).replace(tzinfo=clock.SHANGHAI), running=False)


def moment(day: str, hour: int, minute: int) -> dt.datetime:
    """An aware Shanghai time."""
    return dt.datetime.fromisoformat(day).replace(hour=hour, minute=minute, tzinfo=clock.SHANGHAI)


def salts() -> dict[str, str]:
    """A fixed salt per badge, so that the drawn files are the same in every run of the demonstration."""
    badges = Inspector.objects.values_list("badge", flat=True)
    return {badge: hashlib.sha256(f"demo salt {badge}".encode()).hexdigest()[:32] for badge in badges}


@dataclass
class Campaign:
    """The campaign in the making: who plays, what exists, and what was said about each step."""

    folder: Path
    say: Callable[[str], None]
    cast: Cast = field(init=False)
    plan: Plan = field(init=False)
    draw: Draw = field(init=False)

    def run(self) -> None:
        """All steps of the notice in their order."""
        self.fill_registry()
        self.make_plan()
        self.freeze_and_draw()
        self.dispatch_and_confirm()
        self.approve()
        self.inspect()
        self.review_and_publish()
        self.summarise()

    # ------------------------------------------------------------------------------------------------------- registry

    def fill_registry(self) -> None:
        """Reference data, accounts, both Excel files, recusals, last year's inspections."""
        at("2024-05-28 09:00")
        registry.load_reference_data()
        self.cast = make_cast()
        files = invented.write_files(self.folder)
        for path, kind in zip(files, (ImportKind.ENTERPRISES, ImportKind.INSPECTORS), strict=True):
            counts = registry.import_file(actor=self.cast.lead, kind=kind, path=path)
            self.say(f"导入{kind.label}：新增 {counts['new']} 行")
        give_inspectors_accounts()
        for inspector in Inspector.objects.filter(status="UNAVAILABLE").select_related("department"):
            registry.set_inspector_status(
                actor=self.cast.admins[inspector.department.code],
                inspector=inspector,
                status="UNAVAILABLE",
                unavailable_from=dt.date(2024, 5, 1),
                unavailable_to=dt.date(2025, 12, 31),
            )
        self._recuse()
        self._last_year()

    def _recuse(self) -> None:
        venues = Enterprise.objects.filter(industries__code="INTERNET_CAFE").order_by("uscc")
        people = Inspector.objects.filter(status="ACTIVE").select_related("department").order_by("badge")
        chosen = [people.filter(department__code=code)[0] for code in ("WL", "GA", "SJ")]
        for inspector, enterprise in zip(chosen, venues[:3], strict=True):
            admin = self.cast.admins[inspector.department.code]
            recusal = registry.declare_recusal(
                actor=admin, inspector=inspector, enterprise=enterprise, reason="与该企业负责人是近亲属（演示）"
            )
            registry.decide_recusal(actor=admin, recusal=recusal, accepted=True)

    def _last_year(self) -> None:
        departments = {admin.department.code: admin.department for admin in self.cast.admins.values()}
        venues = Enterprise.objects.exclude(industries__code="OTHER").order_by("uscc")
        for number, enterprise in enumerate(venues[:40]):
            if number % 3 == 0:
                registry.record_past_inspection(
                    actor=self.cast.lead,
                    enterprise=enterprise,
                    department=departments[("WL", "GA", "XF")[number % 9 // 3]],
                    day=dt.date(2023, 6, 1) + dt.timedelta(days=number),
                    source="导入（演示）",
                    result="未发现问题",
                )

    # ----------------------------------------------------------------------------------------------------------- draw

    def make_plan(self) -> None:
        """The notice's plan from its preset."""
        at("2024-06-03 08:30")
        preset = registry.read_fixture("plan_2024")["plan"]
        self.plan = sampling.create_plan_from_preset(actor=self.cast.lead, preset=preset)
        self.say(f"编制计划：{self.plan.task_code} {self.plan.task_name}")

    def freeze_and_draw(self) -> None:
        """Freeze; 24 hours later 40 digits before witnesses; one transaction draws, teams and matches."""
        at("2024-06-03 10:00")
        roster = sampling.freeze_plan(actor=self.cast.lead, plan=self.plan, salts=salts())
        self.say(f"冻结名单：{roster.total} 家，冻结文件摘要 {roster.digest[:16]}…")
        at("2024-06-04 10:06")
        self.draw = sampling.run_draw(
            actor=self.cast.lead, plan=self.plan, digits=DIGITS, witnesses=WITNESSES, key="walkthrough-draw-2024-1"
        )
        picked = self.draw.selections.filter(kind="MAIN").count()
        self.say(
            f"抽取：{roster.total} 家抽中 {picked} 家，{self.plan.teams} 队，结果摘要 {self.draw.result_digest[:16]}…"
        )

    # ------------------------------------------------------------------------------------------------------ confirming

    def dispatch_and_confirm(self) -> None:
        """Dispatch; four departments confirm in time, one late; one enterprise is returned and replaced."""
        at("2024-06-04 10:30")
        dispatch = inspecting.dispatch_draw(actor=self.cast.lead, draw=self.draw)
        self.say(f"派发：{dispatch.records.count()} 份一企一表，{dispatch.confirm_due_on} 前比对确认")
        returned = self._returned_record()
        at("2024-06-06 15:00")
        self._confirm(["WL", "GA", "WS"], skip=[])
        self._confirm(["SJ"], skip=[returned.pk])
        confirmation = returned.confirmations.get(department__code="SJ")
        inspecting.return_record(
            actor=self.cast.admins["SJ"],
            confirmation=confirmation,
            reason="DEREGISTERED",
            note="6 月 5 日已办理注销",
        )
        at("2024-06-07 09:20")
        self._confirm(["XF"], skip=[])
        inspecting.decide_return(
            actor=self.cast.lead,
            confirmation=Confirmation.objects.get(pk=confirmation.pk),
            decision=LeadDecision.REPLACE,
            reason="登记机关系统可查已注销，按同层候补顺位递补",
        )
        at("2024-06-11 16:00")
        self._confirm(list(self.cast.admins), skip=[])
        opened = self.plan.records.filter(state=RecordState.OPEN).count()
        self.say(f"比对确认：{opened} 份打开，1 家注销由候补递补，消防逾期 1 个工作日")

    def _returned_record(self) -> InspectionRecord:
        """The first record whose grade still has a reserve to call up."""
        for record in self.plan.records.select_related("selection").order_by("number"):
            if self.draw.selections.filter(kind="RESERVE", stratum=record.selection.stratum).exists():
                return record
        raise RuntimeError("no drawn enterprise of the demonstration has a reserve behind it")

    def _confirm(self, codes: Iterable[str], skip: Sequence[int]) -> None:
        for code in codes:
            admin = self.cast.admins[code]
            pending = Confirmation.objects.visible_to(admin).pending().exclude(record_id__in=skip)
            if pending.exists():
                inspecting.confirm_records(actor=admin, confirmations=list(pending))

    def approve(self) -> None:
        """Each department records its approval before anybody goes out."""
        at("2024-06-12 10:00")
        for admin in self.cast.admins.values():
            sections = DepartmentSection.objects.owed().filter(department=admin.department)
            if sections.exists():
                inspecting.record_approval(
                    actor=admin, sections=list(sections), approver=f"{admin.department}主要负责人", day=clock.today()
                )

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
        first = self._inspector(sections[0])
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
        finding = returned.findings.order_by("order")[0]
        inspector = self._inspector(returned)
        inspecting.save_finding(
            actor=inspector, finding=finding, answer=Answer.OK, text="补充：许可证编号已核对。", corrected=False,
            version=finding.version,
        )  # fmt: skip
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

    def _close_follow_ups(self) -> None:
        from inspections.models import FollowUp  # noqa: PLC0415 -- only this step needs it

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
        inspecting.submit_section(actor=inspector, section=DepartmentSection.objects.get(pk=section.pk))
        inspecting.review_section(actor=admin, section=DepartmentSection.objects.get(pk=section.pk), decision="PASS")
        publishing.correct_publication(
            actor=self.cast.lead, record=InspectionRecord.objects.get(pk=record.pk), reason="企业提出异议，经核实更正"
        )
        versions = Publication.objects.filter(record=record).count()
        self.say(f"更正：{record.selection.enterprise} 现有 {versions} 个公示版本")

    def summarise(self) -> None:
        """The summary and the tables, by 25 October on what is known by the 24th."""
        at("2024-10-24 16:00")
        publishing.save_summary(
            actor=self.cast.lead,
            plan=self.plan,
            as_of=dt.date(2024, 10, 24),
            highlights="五个部门一次进门，企业只接待一次。",
            experience="冻结名单提前公布摘要，抽取由见证人掷出的数字决定，没有人提出异议。",
            problems="个别部门比对确认逾期；个别场所夜间营业，白天无法检查。",
            next_steps="夜间营业的场所安排在晚上检查；逾期事项每日提醒。",
        )
        self.plan = publishing.summarise_plan(actor=self.cast.lead, plan=self.plan)
        pending = self.plan.records.filter(confirmations__decision=Decision.PENDING).count()
        self.say(f"总结：计划状态“{self.plan.get_state_display()}”，未确认 {pending} 家")


def second_plan(cast: Cast) -> Plan:
    """A plan of 2026 made from the first, frozen and ready to be drawn."""
    at("2026-09-14 09:00")
    preset = registry.read_fixture("plan_2024")["plan"] | {
        "year": 2026,
        "title": "2026年度文化娱乐经营主体跨部门双随机联合抽查",
        "document_number": "",
        "registered_before": "2026-09-01",
        "period_start": "2026-09-14",
        "period_end": "2026-11-30",
        "summary_due": "2026-11-20",
    }
    plan = sampling.create_plan_from_preset(actor=cast.lead, preset=preset)
    at("2026-09-14 15:00")
    sampling.freeze_plan(actor=cast.lead, plan=plan)
    return Plan.objects.get(pk=plan.pk)
