"""What a department does with its sections at the desk: approval before the visit, review after it, what follows."""

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import transaction

from inspections.enums import (
    CLOSED_WITHOUT_VISIT,
    SECTION_TRANSITIONS,
    Decision,
    Measure,
    RecordState,
    ReviewDecision,
    SectionState,
)
from inspections.models import Approval, DepartmentSection, FollowUp, InspectionRecord, Review
from inspections.services import people
from inspections.services.confirming import settle_plan
from registry import audit, clock
from registry.enums import Role
from registry.errors import DomainError
from registry.models import User


class StaleReview(DomainError):
    """The section changed after the reviewer had opened it."""


def _locked(section_ids: Iterable[int]) -> list[DepartmentSection]:
    """Sections freshly read, their plans and records locked before."""
    rows = DepartmentSection.objects.filter(pk__in=list(section_ids))
    people.lock_plans(rows.values_list("record__plan_id", flat=True))
    people.lock_records(rows.values_list("record_id", flat=True))
    return list(rows.select_related("department", "record__plan", "record__selection__enterprise").order_by("pk"))


@transaction.atomic
def record_approval(
    *,
    actor: User,
    sections: Iterable[DepartmentSection],
    approver: str,
    day: dt.date,
    urgent: bool = False,
    urgent_reason: str = "",
) -> list[Approval]:
    """Note who approved the inspections and when (司法部 2025-04-18 解答), for many sections at once.

    Raises DomainError, a line per section, when one is not confirmed yet, needs no visit or is approved already.
    """
    approver, urgent_reason = approver.strip(), urgent_reason.strip()
    rows = _locked(section.pk for section in sections)
    if not rows:
        raise DomainError("请先勾选要登记审批的企业。")
    for department in {row.department for row in rows}:
        people.must_administer(actor, department)
    if not approver:
        raise DomainError("请填写批准人。")
    if day > clock.today():
        raise DomainError("批准日期晚于今天，请核对。")
    if urgent and not urgent_reason:
        raise DomainError("紧急情况先行检查的，请写明紧急理由。")
    problems = [words for row in rows if (words := _against_approval(row))]
    if problems:
        raise DomainError("有企业不能登记审批，请取消勾选后再登记。", problems=problems)
    made = []
    for row in rows:
        approval = Approval.objects.create(
            section=row, approver=approver, day=day, urgent=urgent, urgent_reason=urgent_reason if urgent else "",
            recorded_by=actor, recorded_at=clock.now(),
        )  # fmt: skip
        after = audit.fields_of(approval, ["approver", "day", "urgent"])
        stream = f"record:{row.record_id}"
        audit.record(stream=stream, actor=actor, action="登记审批", obj=row, after=after, reason=approval.urgent_reason)
        made.append(approval)
    return made


def _against_approval(section: DepartmentSection) -> str:
    """Why an approval cannot be noted; empty when it can."""
    name = section.record.selection.enterprise
    if section.state in CLOSED_WITHOUT_VISIT:
        return f"{name}：{section.get_state_display()}，不用审批。"
    if Approval.objects.filter(section=section).exists():
        return f"{name}：已经登记过审批。"
    own = section.record.confirmations.filter(department_id=section.department_id)
    if section.record.state != RecordState.OPEN and not own.filter(decision=Decision.CONFIRMED).exists():
        return f"{name}：本部门还没有确认，请先比对确认。"
    return ""


@transaction.atomic
def review_section(
    *,
    actor: User,
    section: DepartmentSection,
    decision: str,
    reason: str = "",
    item_reasons: Mapping[int, str] | None = None,
    seen: int | None = None,
) -> DepartmentSection:
    """部门复核: PASS frees the section for publication, RETURN sends it back with a reason.

    ``item_reasons``: opinion per finding (its key → text), kept with the review and shown beside the items; one of
    them is reason enough. ``seen``: the version that was read; StaleReview when there is a newer one by now. The last
    section that becomes free completes the plan. Raises DomainError when the section is not waiting for a review (an
    approved one may still be returned, for a correction), or a reason is missing.
    """
    [row] = _locked([section.pk])
    people.must_administer(actor, row.department)
    if decision not in ReviewDecision.values:
        raise DomainError("请选择“通过”或“退回修改”。")
    if seen is not None and seen != row.version:
        raise StaleReview(f"{row}在您打开以后有了新的版本，您还没有看过。下面是现在的内容，请看过再决定。")
    to = SectionState.APPROVED if decision == ReviewDecision.PASS else SectionState.RETURNED
    if to not in SECTION_TRANSITIONS[SectionState(row.state)]:
        raise DomainError(f"{row}现在是“{row.get_state_display()}”，不能{ReviewDecision(decision).label}。请刷新页面。")
    opinions = _opinions(row, item_reasons or {}) if to == SectionState.RETURNED else {}
    reason = reason.strip() or ("见各事项意见" if opinions else "")
    if to == SectionState.RETURNED and not reason:
        raise DomainError("退回修改要写明理由：写在总的意见里，或写在有问题的事项下面。")
    before = audit.fields_of(row, ["state"])
    row.state, row.version = to, row.version + 1
    row.save(update_fields=["state", "version"])
    Review.objects.create(
        section=row, decision=decision, reason=reason, item_reasons=opinions, at=clock.now(), by=actor
    )
    audit.record(
        stream=f"record:{row.record_id}",
        actor=actor,
        action=f"复核{ReviewDecision(decision).label}",
        obj=row,
        before=before,
        after=audit.fields_of(row, ["state"]) | ({"items": opinions} if opinions else {}),
        reason=reason,
    )
    if to == SectionState.RETURNED:
        text = f"{row.record.selection.enterprise}的检查记录被退回修改：{reason}"
        people.notify(people.inspectors_of([row]), text, people.link("record_today"))
    else:
        settle_plan(actor, row.record.plan)
    return row


def _opinions(section: DepartmentSection, given: Mapping[int, str]) -> dict[str, str]:
    """The opinions that say something, by the key of the finding; others' findings are refused."""
    said = {int(key): text.strip() for key, text in given.items() if text.strip()}
    own = set(section.findings.values_list("pk", flat=True))
    if not set(said) <= own:
        raise DomainError("意见里有不属于这份记录的事项，请刷新页面再填。")
    return {str(key): said[key] for key in sorted(said)}


@transaction.atomic
def set_upstream(*, actor: User, section: DepartmentSection, number: str, day: dt.date) -> DepartmentSection:
    """Tick 已在上级平台录入: number there, day, and who says so. Separate from our own clock; may be corrected.

    Raises DomainError before the section is submitted, without a number, or for a day to come.
    """
    [row] = _locked([section.pk])
    people.must_serve(actor, row)
    number = number.strip()
    if row.state not in {SectionState.SUBMITTED, SectionState.APPROVED, SectionState.CLOSED}:
        raise DomainError(f"{row}现在是“{row.get_state_display()}”，提交之后才登记上级平台的录入。")
    if not number:
        raise DomainError("请填写上级平台的录入编号。")
    if day > clock.today():
        raise DomainError("录入日期晚于今天，请核对。")
    before = audit.fields_of(row, ["upstream_number", "upstream_day"])
    row.upstream_number, row.upstream_day, row.upstream_by = number, day, actor
    row.save(update_fields=["upstream_number", "upstream_day", "upstream_by"])
    after = audit.fields_of(row, ["upstream_number", "upstream_day"])
    audit.record(
        stream=f"record:{row.record_id}", actor=actor, action="登记上级平台录入", obj=row, before=before, after=after
    )
    return row


@transaction.atomic
def close_follow_up(*, actor: User, follow_up: FollowUp, closed_on: dt.date, text: str) -> FollowUp:
    """完结 a follow-up with its day and how it ended. Raises DomainError when it is closed, or the day is to come."""
    section = FollowUp.objects.values_list("section_id", flat=True).get(pk=follow_up.pk)
    [own] = _locked([section])
    people.must_serve(actor, own)
    row = FollowUp.objects.select_related("section__record").get(pk=follow_up.pk)
    if row.measure == Measure.NONE:
        raise DomainError("“无需后续处置”不用登记完结。")
    if row.closed_on:
        raise DomainError(f"这项处置已在 {row.closed_on} 登记完结。")
    if closed_on > clock.today():
        raise DomainError("完结日期晚于今天，请核对。")
    if not text.strip():
        raise DomainError("请写明完结情况，例如复查结果。")
    row.closed_on, row.closing_text = closed_on, text.strip()
    row.save(update_fields=["closed_on", "closing_text"])
    after = audit.fields_of(row, ["measure", "closed_on", "closing_text"])
    audit.record(stream=f"record:{own.record_id}", actor=actor, action="后续处置完结", obj=row, after=after)
    return row


@transaction.atomic
def note_reading(*, actor: User, record: InspectionRecord) -> None:
    """Log that the auditor opened a record: reading personal data leaves a trace there (decisions.md)."""
    if Role.AUDITOR in actor.roles:
        audit.record(stream=f"record:{record.pk}", actor=actor, action="查看一企一表", obj=record)
