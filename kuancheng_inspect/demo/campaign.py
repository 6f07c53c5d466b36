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
from inspections.enums import Decision, LeadDecision, RecordState
from inspections.models import Confirmation, DepartmentSection, InspectionRecord
from kuancheng_inspect.demo import invented, letters
from kuancheng_inspect.demo.accounts import Cast, give_inspectors_accounts, make_cast
from kuancheng_inspect.demo.fieldwork import FieldWork
from kuancheng_inspect.demo.pictures import paper
from kuancheng_inspect.demo.times import at
from publicity import services as publishing
from registry import clock
from registry import services as registry
from registry.enums import ImportKind
from registry.errors import DomainError
from registry.importers import read_registry_file
from registry.models import Enterprise, Inspector, RiskScheme
from sampling import services as sampling
from sampling.models import Draw, Plan, Roster

DIGITS = "48392 01756 60391 48577 20194 63857 20194 63857".replace(" ", "")
WITNESSES = [
    {"name": "见证人甲", "unit": "演示县纪委监委派驻组"},
    {"name": "见证人乙", "unit": "演示县互联网上网服务行业协会"},
]


REHEARSED = "演练：抽取流程试走"
SEALED_WITH = {"holder": "见证人甲", "unit": "演示县纪委监委派驻组"}
NONCE = hashlib.sha256(b"demo nonce office").hexdigest()


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
        letters.of_2024(self.cast, self.plan)
        work = FieldWork(self.cast, self.plan, self.say)
        work.inspect()
        work.review_and_publish()
        self.audit_the_draw()
        self.summarise()

    # ------------------------------------------------------------------------------------------------------- registry

    def fill_registry(self) -> None:
        """Reference data, accounts, both Excel files, recusals, last year's inspections."""
        at("2024-06-03 08:00")
        registry.load_reference_data()
        self.cast = make_cast()
        files = invented.write_files(self.folder)
        for path, kind in zip(files, (ImportKind.ENTERPRISES, ImportKind.INSPECTORS), strict=True):
            self.say(f"导入{kind.label}：{self._import(kind, path)}")
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

    def _import(self, kind: ImportKind, path: Path) -> str:
        scheme = RiskScheme.objects.order_by("order")[0] if kind == ImportKind.ENTERPRISES else None
        reading = read_registry_file(path, kind=kind, scheme=scheme)
        if reading.problems:
            raise DomainError(
                f"{path.name} 有 {len(reading.problems)} 处不对", problems=list(map(str, reading.problems))
            )
        batch = registry.store_upload(
            actor=self.cast.lead, kind=kind, filename=path.name, content=path.read_bytes(), scheme=scheme
        )
        batch = registry.import_rows(actor=self.cast.lead, batch=batch, rows=reading.rows)
        return f"共 {batch.counts['rows']} 行，新增 {batch.counts['new']}，更新 {batch.counts['changed']}"

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
        roster = sampling.freeze_plan(actor=self.cast.lead, plan=self.plan, salts=salts(), nonce=NONCE)
        sampling.print_sealed_copy(actor=self.cast.lead, roster=roster, **SEALED_WITH)
        self.say(f"冻结名单：{roster.total} 家，冻结文件摘要 {roster.digest[:16]}…，结果封存")
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
                inspecting.confirm_records(actor=admin, confirmations=list(pending), note="经办人外出培训（演示）")

    def approve(self) -> None:
        """Each department attaches its own form and records its approval before anybody goes out."""
        at("2024-06-12 10:00")
        attach_forms(self.cast, self.plan)
        for admin in self.cast.admins.values():
            sections = DepartmentSection.objects.owed().filter(department=admin.department)
            if sections.exists():
                inspecting.record_approval(
                    actor=admin, sections=list(sections), approver=f"{admin.department}主要负责人", day=clock.today()
                )

    def audit_the_draw(self) -> None:
        """With the last publication the draw was opened; the auditor draws it again from all its files."""
        at("2024-07-17 09:30")
        roster = Roster.objects.select_related("plan").get(pk=self.draw.roster_id)
        if not roster.revealed:
            raise RuntimeError("the last publication did not open the draw")
        sampling.audit_draw(actor=self.cast.auditor, roster=roster)
        kinds = "、".join(roster.log.order_by("seq").values_list("kind", flat=True))
        self.say(f"揭示：结果全部公示后公开；审计已用全部文件复算（记录链 {kinds}）")

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


def attach_forms(cast: Cast, plan: Plan) -> None:
    """现场检查文书 of every department, attached by its administrator."""
    for admin in cast.admins.values():
        title = f"{admin.department.short_name}现场检查记录"
        words = [str(admin.department), "检查时间　　　　检查地点", "检查人员　　　　执法证号", "检查情况"]
        form = paper(title, words)
        sampling.attach_document(actor=admin, plan=plan, department=admin.department, title=title, upload=form)


def second_plan(cast: Cast) -> Plan:
    """A plan of 2026 made from the first, frozen and ready to be drawn; open with all its files, so that whoever draws
    it can verify the whole at once."""
    at("2026-09-14 09:00")
    preset = registry.read_fixture("plan_2024")["plan"] | {
        "year": 2026,
        "title": "2026年度文化娱乐经营主体跨部门双随机联合抽查",
        "document_number": "",
        "registered_before": "2026-09-01",
        "period_start": "2026-09-21",
        "period_end": "2026-11-30",
        "summary_due": "2026-11-20",
    }
    plan = sampling.create_plan_from_preset(actor=cast.lead, preset=preset, sealed=False, strata_public=True)
    at("2026-09-14 15:00")
    sampling.freeze_plan(actor=cast.lead, plan=plan)
    return Plan.objects.get(pk=plan.pk)


def rehearse(cast: Cast) -> Plan:
    """A rehearsal of the pending plan, drawn by two people and finished: numbers and log of its own, never public."""
    at("2026-09-15 09:00")
    pending = Plan.objects.order_by("-created_at")[0]
    days = {name: getattr(pending, name) for name in ("period_from", "period_to", "summary_due")}
    plan = sampling.copy_plan(actor=cast.lead, plan=pending, task_name=REHEARSED, rehearsal=True, **days)
    sampling.update_plan(actor=cast.lead, plan=plan, not_before_hours=0, second_person=True)
    sampling.freeze_plan(actor=cast.lead, plan=plan)
    at("2026-09-15 09:20")
    request = sampling.request_draw(
        actor=cast.lead, plan=plan, digits=DIGITS[::-1], witnesses=WITNESSES, key="demo-rehearsal-2026-1"
    )
    sampling.confirm_draw(actor=cast.deputy, request=request)
    at("2026-09-15 10:00")
    return sampling.cancel_plan(actor=cast.lead, plan=Plan.objects.get(pk=plan.pk), reason="演练结束")
