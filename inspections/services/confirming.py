"""比对和确认, and what the lead bureau does with what comes back."""

import datetime as dt
from collections.abc import Iterable, Sequence

from django.db import transaction

from inspections import deadlines
from inspections.enums import (
    CLOSED_WITHOUT_VISIT,
    RECORD_TRANSITIONS,
    RETURN_DECISIONS,
    RETURN_RESULTS,
    RETURN_TO_E_OUT,
    SECTION_TRANSITIONS,
    STATUS_RESULTS,
    Decision,
    LeadDecision,
    RecordState,
    ResultCode,
    ReturnReason,
    SectionState,
)
from inspections.models import Confirmation, DepartmentSection, InspectionRecord, SectionResult
from inspections.services import dispatch as dispatching
from inspections.services import people
from inspections.services.clocks import is_late
from registry import audit, clock
from registry.errors import DomainError
from registry.models import User
from registry.services import current_calendar
from registry.workdays import CalendarNotLoaded
from sampling import services as sampling_services
from sampling.enums import PlanState
from sampling.models import DrawEvent, Plan, Selection


def standing_words(confirmation: Confirmation) -> str:
    """What has become of a confirmation, for a person who came too late: 演示网吧 已由 王某 6月4日 10:02 退回."""
    name = confirmation.record.selection.enterprise
    if confirmation.decision == Decision.PENDING:
        state = confirmation.record.get_state_display()
        return f"{name}：牵头部门已处理，现在是“{state}”，不用再确认。"
    at = confirmation.at.astimezone(clock.SHANGHAI) if confirmation.at else None
    when = f"{at.month}月{at.day}日 {at:%H:%M} " if at else ""
    verb = "退回" if confirmation.decision == Decision.RETURNED else "确认"
    return f"{name}：已由 {confirmation.by} {when}{verb}。"


def move_record(record: InspectionRecord, to: RecordState) -> None:
    """Check the arrow and save the state of a locked record."""
    if to not in RECORD_TRANSITIONS[RecordState(record.state)]:
        raise DomainError(f"{record}现在是“{record.get_state_display()}”，不能变为“{to.label}”。请刷新页面再看。")
    record.state = to
    record.version += 1
    record.save(update_fields=["state", "version", "opened_at", "proceed_reason"])


def close_section(section: DepartmentSection, to: SectionState, result: ResultCode | None, note: str) -> None:
    """End a section without a visit, with a status result where there is one."""
    if to not in SECTION_TRANSITIONS[SectionState(section.state)]:
        raise DomainError(f"{section}现在是“{section.get_state_display()}”，不能变为“{to.label}”。")
    section.state = to
    section.result_note = note
    section.version += 1
    section.save(update_fields=["state", "result_note", "version", "publish_due_on", "publish_calendar_version"])
    if result:
        SectionResult.objects.create(section=section, code=result)


def settled(confirmation: Confirmation) -> bool:
    """Whether a department has had its say: confirmed, or returned and kept or exempted by the lead bureau."""
    return confirmation.decision == Decision.CONFIRMED or confirmation.lead_decision in {
        LeadDecision.KEEP,
        LeadDecision.EXEMPT,
    }


def open_if_settled(actor: User, record: InspectionRecord) -> bool:
    """Open a locked record once every department has confirmed; True if it opened now."""
    if record.state != RecordState.CONFIRMING or not all(settled(row) for row in record.confirmations.all()):
        return False
    open_record(actor, record)
    return True


def open_record(actor: User, record: InspectionRecord, reason: str = "") -> None:
    """Open a locked record for entry. Its inspectors are told by `tell_inspectors`, once for many records."""
    record.opened_at = clock.now()
    record.proceed_reason = reason
    move_record(record, RecordState.OPEN)
    audit.record(stream=f"record:{record.pk}", actor=actor, action="开始检查", obj=record, reason=reason)


def tell_inspectors(plan: Plan, records: Sequence[InspectionRecord]) -> None:
    """Tell the inspectors of records that have just opened, each person once."""
    sections = DepartmentSection.objects.filter(record__in=[record.pk for record in records])
    owing = list(sections.filter(state=SectionState.NOT_STARTED))
    text = f"《{plan}》有 {len(records)} 家企业已确认，可以开始检查。"
    if owing:
        people.notify(people.inspectors_of(owing), text, people.link("record_today"))


def settle_plan(actor: User, plan: Plan) -> Plan:
    """Move a locked plan on: INSPECTING with the first open record, COMPLETED when every section is free."""
    plan = Plan.objects.get(pk=plan.pk)
    records = InspectionRecord.objects.filter(plan=plan)
    confirming = records.filter(state=RecordState.CONFIRMING).exists()
    opened = records.filter(state=RecordState.OPEN)
    if plan.state == PlanState.DISPATCHED and (opened.exists() or not confirming):
        plan = sampling_services.advance_plan(actor=actor, plan=plan, to=PlanState.INSPECTING)
    if plan.state == PlanState.INSPECTING and not confirming:
        busy = DepartmentSection.objects.filter(record__in=opened).exclude(
            state__in=[SectionState.APPROVED, *CLOSED_WITHOUT_VISIT]
        )
        if not busy.exists():
            plan = sampling_services.advance_plan(actor=actor, plan=plan, to=PlanState.COMPLETED)
    return plan


def _locked(keys: Iterable[int]) -> tuple[dict[int, Plan], list[Confirmation]]:
    """Confirmations with their plans and records locked, freshly read. Whoever comes second sees what the first did."""
    wanted = list(keys)
    rows = Confirmation.objects.filter(pk__in=wanted)
    plans = people.lock_plans(rows.values_list("record__plan_id", flat=True))
    records = people.lock_records(rows.values_list("record_id", flat=True))
    fresh = list(
        rows.select_related("department", "by", "lead_by", "record__selection__enterprise").order_by("record_id")
    )
    for row in fresh:
        name = row.record.selection
        row.record = records[row.record_id]
        row.record.selection = name
        row.record.plan = plans[row.record.plan_id]
    return plans, fresh


@transaction.atomic
def confirm_records(*, actor: User, confirmations: Iterable[Confirmation], note: str = "") -> list[Confirmation]:
    """Confirm many at once; returns those confirmed now. ``note``: why it is late, kept with the late ones alone.

    What somebody decided in the meantime is left alone and is not in the answer (`standing_words` says what became of
    it). After 24:00 of the due day (Shanghai) the confirmation is marked late, and refused without a reason: all or
    nothing, the late ones by name. When the last department has confirmed, the record opens and its inspectors are
    told. Raises DomainError for another department's rows.
    """
    plans, rows = _locked(row.pk for row in confirmations)
    for department in {row.department for row in rows}:
        people.must_administer(actor, department)
    done = [r for r in rows if r.decision == Decision.PENDING and r.record.state == RecordState.CONFIRMING]
    opened, now, note = [], clock.now(), note.strip()
    _must_explain([row for row in done if is_late(row.due_on, now)], note)
    for row in done:
        row.decision, row.at, row.by, row.late = Decision.CONFIRMED, now, actor, is_late(row.due_on, now)
        row.note = note if row.late else ""
        row.save(update_fields=["decision", "at", "by", "note", "late"])
        audit.record(
            stream=f"record:{row.record_id}",
            actor=actor,
            action="逾期确认" if row.late else "确认",
            obj=row,
            after=audit.fields_of(row, ["decision", "at", "late", "note"]),
        )
        if open_if_settled(actor, row.record):
            opened.append(row.record)
    _after_opening(actor, plans, opened)
    return done


def _must_explain(late: list[Confirmation], reason: str) -> None:
    """Refuse late confirmations without a reason, each by its name, plan and day."""
    if not late or reason:
        return
    problems = [
        f"{row.record.selection.enterprise}（《{row.record.plan}》，{row.due_on.month}月{row.due_on.day}日到期）"
        for row in late
    ]
    raise DomainError(
        f"下面 {len(late)} 家已超过确认期限，请写明逾期原因再确认；没有逾期的也可以先单独勾选确认。", problems=problems
    )


def _after_opening(actor: User, plans: dict[int, Plan], opened: list[InspectionRecord]) -> None:
    for key in sorted({record.plan_id for record in opened}):
        tell_inspectors(plans[key], [record for record in opened if record.plan_id == key])
        settle_plan(actor, plans[key])


@transaction.atomic
def return_record(*, actor: User, confirmation: Confirmation, reason: str, note: str) -> Confirmation:
    """Return one enterprise to the lead bureau with a reason (`ReturnReason`); 其他 and 地址不符 need a note.

    Raises DomainError when it has been decided in the meantime, or a needed explanation is missing.
    """
    if reason not in ReturnReason.values:
        raise DomainError("请选择退回原因。")
    note = note.strip()
    if reason in {ReturnReason.OTHER, ReturnReason.ADDRESS} and not note:
        raise DomainError(f"退回原因是“{ReturnReason(reason).label}”，请写明情况。")
    plans, rows = _locked([confirmation.pk])
    row = rows[0]
    people.must_administer(actor, row.department)
    if row.decision != Decision.PENDING or row.record.state != RecordState.CONFIRMING:
        raise DomainError(standing_words(row))
    row.decision, row.at, row.by, row.reason, row.note = Decision.RETURNED, clock.now(), actor, reason, note
    row.late = is_late(row.due_on, row.at)
    row.save(update_fields=["decision", "at", "by", "reason", "note", "late"])
    label = ReturnReason(reason).label
    audit.record(
        stream=f"record:{row.record_id}",
        actor=actor,
        action="退回",
        obj=row,
        after=audit.fields_of(row, ["decision", "at", "late", "note"]),
        reason=label,
    )
    plan = plans[row.record.plan_id]
    text = f"《{plan}》{row.department}退回{row.record.selection.enterprise}（{label}），请处理。"
    people.notify(people.lead_users(plan), text, people.link("return_decide", row.pk))
    return row


@transaction.atomic
def decide_return(
    *, actor: User, confirmation: Confirmation, decision: str, reason: str, result: str = "", evidence_sha256: str = ""
) -> Confirmation:
    """What the lead bureau does with a returned enterprise, with its reason.

    KEEP counts as confirmed · CLOSE ends the record with the status result of the return reason (or ``result``, a
    status code, where the reason names none) · REPLACE calls up the next reserve and dispatches it with a new clock ·
    EXEMPT takes only this department out. Which of them a return reason admits: `RETURN_DECISIONS` (P07: a target is
    never replaced because it is inconvenient). Raises DomainError otherwise.
    """
    plans, rows = _locked([confirmation.pk])
    row = rows[0]
    plan = plans[row.record.plan_id]
    people.must_lead(actor, plan)
    reason = reason.strip()
    _check_decision(row, decision, reason)
    row.lead_decision, row.lead_reason, row.lead_at, row.lead_by = decision, reason, clock.now(), actor
    row.save(update_fields=["lead_decision", "lead_reason", "lead_at", "lead_by"])
    audit.record(
        stream=f"record:{row.record_id}",
        actor=actor,
        action="处理退回",
        obj=row,
        after=audit.fields_of(row, ["lead_decision", "lead_at"]) | ({"result": result} if result else {}),
        reason=reason,
    )
    if decision == LeadDecision.CLOSE:
        _close_by_status(row, result, reason)
    elif decision == LeadDecision.REPLACE:
        _replace(actor, row, plan, reason, evidence_sha256)
    elif decision == LeadDecision.EXEMPT:
        section = row.record.sections.get(department=row.department)
        close_section(section, SectionState.NOT_MINE, None, reason)
    opened = [row.record] if open_if_settled(actor, row.record) else []
    _after_opening(actor, plans, opened)
    settle_plan(actor, plan)
    return row


def _check_decision(row: Confirmation, decision: str, reason: str) -> None:
    if row.record.state != RecordState.CONFIRMING:
        raise DomainError(f"{row.record}现在是“{row.record.get_state_display()}”，不用再处理退回。")
    if row.decision != Decision.RETURNED:
        raise DomainError("这家企业没有被退回，不用处理。")
    if row.lead_decision:
        raise DomainError(f"这次退回已由 {row.lead_by} 处理：{row.get_lead_decision_display()}。")
    allowed = RETURN_DECISIONS[ReturnReason(row.reason)]
    if decision not in allowed:
        names = "、".join(f"“{LeadDecision(one).label}”" for one in LeadDecision if one in allowed)
        raise DomainError(f"退回原因是“{row.get_reason_display()}”，只能选{names}。")
    if not reason:
        raise DomainError("请写明处理理由，它会记入操作记录。")


def _close_by_status(row: Confirmation, result: str, reason: str) -> None:
    code = RETURN_RESULTS.get(ReturnReason(row.reason)) or result
    if code not in STATUS_RESULTS:
        raise DomainError("请选择按哪种登记状态结案（注销、吊销、撤销、迁出、歇业、关闭停业或正在组织清算）。")
    due, version = publish_due(row.record.plan, clock.today())
    for section in row.record.sections.exclude(state__in=list(CLOSED_WITHOUT_VISIT)):
        section.publish_due_on, section.publish_calendar_version = due, version
        close_section(section, SectionState.CLOSED, ResultCode(code), reason)
    move_record(row.record, RecordState.CLOSED)


def publish_due(plan: Plan, day: dt.date) -> tuple[dt.date | None, str]:
    """Until when a result of ``day`` is published, and by which calendar; None while its year is not loaded."""
    calendar, version = current_calendar()
    try:
        return deadlines.publish_by(day, plan.publish_days, calendar), version
    except CalendarNotLoaded:
        return None, ""


def _replace(actor: User, row: Confirmation, plan: Plan, reason: str, evidence_sha256: str) -> InspectionRecord:
    """Call up the reserve and dispatch it with a confirmation clock of its own."""
    record = row.record
    event = sampling_services.call_up_reserve(
        actor=actor,
        selection=record.selection,
        code=RETURN_TO_E_OUT[ReturnReason(row.reason)],
        reason=reason,
        evidence_sha256=evidence_sha256,
    )
    return replace_record(actor, record, plan, event)


def replace_record(actor: User, record: InspectionRecord, plan: Plan, event: DrawEvent) -> InspectionRecord:
    """Carry an E-OUT event over to a locked record: it is replaced, the substitute gets one of its own.

    Raises DomainError when the reserve is exhausted or nobody has anything to check at the substitute.
    """
    if event.substitute is None:
        raise DomainError("这一层已没有候补企业，请改为“保留，按状态结案”。")
    due, version = dispatching.confirm_due(plan, clock.today())
    move_record(record, RecordState.REPLACED)
    substitute = Selection.objects.select_related("enterprise", "match").get(pk=event.substitute.pk)
    [parcel] = dispatching.parcels_of(record.dispatch.draw, [substitute])
    if not parcel.items:
        raise DomainError(f"候补企业{substitute.enterprise}没有任何部门的检查事项，请先在任务里补上事项。")
    last = record.number.rpartition("-")[2]
    number = f"{plan.task_code}-{InspectionRecord.objects.filter(plan=plan).count() + 1:0{len(last)}d}"
    new = dispatching.create_record(record.dispatch, plan, parcel, number=number, due=(due, version))
    audit.record(
        stream=f"plan:{plan.pk}",
        actor=actor,
        action="递补派发",
        obj=new,
        before={"record": record},
        after={"record": new, "confirm_due_on": due},
        reason=event.reason,
    )
    owing = [department.pk for department, _, items in parcel.parts if items]
    what = f"由{substitute.enterprise}递补{record.selection.enterprise}"
    dispatching.tell_departments(plan, people.administrators(owing), what, due)
    return new


@transaction.atomic
def proceed_records(*, actor: User, records: Iterable[InspectionRecord], reason: str) -> list[InspectionRecord]:
    """Open records although departments have not answered, after their time is over, with a reason.

    Silence never confirms (decisions.md): the confirmations stay open in the books. Raises DomainError, with a line
    per record that stands against it, when the time is not over yet or a return waits for a decision.
    """
    keys = [record.pk for record in records]
    if not reason.strip():
        raise DomainError("请写明继续检查的理由，它会记入操作记录。")
    if not keys:
        raise DomainError("请先勾选要继续检查的企业。")
    owners = InspectionRecord.objects.filter(pk__in=keys).values_list("plan_id", flat=True)
    plans = people.lock_plans(owners)
    for plan in plans.values():
        people.must_lead(actor, plan)
    locked = list(people.lock_records(keys).values())
    problems = [words for record in locked if (words := _against_proceeding(record))]
    if problems:
        raise DomainError("有企业还不能继续检查，请取消勾选或先处理。", problems=problems)
    for record in locked:
        open_record(actor, record, reason.strip())
    _after_opening(actor, plans, locked)
    return locked


def _against_proceeding(record: InspectionRecord) -> str:
    """Why a record cannot be opened by the lead bureau alone; empty when it can."""
    name = f"{record} {record.selection.enterprise}"
    if record.state != RecordState.CONFIRMING:
        return f"{name}：现在是“{record.get_state_display()}”。"
    rows = list(record.confirmations.select_related("department"))
    if any(row.decision == Decision.RETURNED and not row.lead_decision for row in rows):
        return f"{name}：有部门退回，请先处理退回。"
    early = [row for row in rows if row.decision == Decision.PENDING and row.due_on >= clock.first_open_day()]
    if early:
        due = early[0].due_on
        return f"{name}：{early[0].department}的确认期限（{due.month}月{due.day}日）还没有过。"
    return ""
