"""Filling the record in the field: head, answers, department result, assistants.

Only the section's own drawn inspectors write, and only while the record is open and the section not yet submitted.
Every object that two people may fill carries a version: a stale one is refused with both values, nothing is
overwritten (ux.md §2.1). Lock order: record, then audit stream.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction

from inspections.arrival import NOBODY_MET
from inspections.enums import Answer, SectionState
from inspections.models import Assistant, DepartmentSection, InspectionRecord, ItemFinding
from inspections.services.clocks import due_dates, fill_missing_due_dates, start_clocks
from inspections.services.content import FINDING, HEAD, HEAD_FACTS
from inspections.services.findings import Held, held_finding, keep
from inspections.services.leaving import after_answer
from inspections.services.results import derive_results
from inspections.services.section_entry import FollowUpEntry, save_section
from inspections.services.writing import (
    TAKEN_OVER,
    NotYours,
    StaleVersion,
    Trail,
    check_open,
    check_state,
    check_writable,
    lock_record,
    own_section,
    stream_of,
    value_words,
)
from inspections.site_rules import TEXT_NAMES
from registry import audit, clock
from registry.enums import CheckMethod, Role
from registry.errors import DomainError
from registry.models import AuditEvent, User

__all__ = [
    "EntryOutcome", "FollowUpEntry", "StaleVersion", "add_assistant", "derive_results", "due_dates",
    "fill_missing_due_dates", "own_section", "save_entry", "save_finding", "save_head", "save_rest_ok", "save_section",
]  # fmt: skip

FILLED = "填写入场信息"


@dataclass
class EntryOutcome:
    """What became of one page of entries: how many pieces were stored, what to warn of, what collided."""

    saved: int = 0
    warnings: list[str] = field(default_factory=list)
    conflicts: dict[str, StaleVersion] = field(default_factory=dict)
    refusals: dict[str, list[str]] = field(default_factory=dict)


# ------------------------------------------------------------------------------------------------------------ answers


@transaction.atomic
def save_finding(
    *,
    actor: User,
    finding: ItemFinding,
    answer: str,
    text: str,
    corrected: bool,
    version: int,
    action: str = "填写事项",
) -> ItemFinding:
    """``store_finding`` in a transaction of its own, or a part of one that can be undone alone."""
    return store_finding(
        actor=actor, record=finding.section.record_id, finding=finding.pk, answer=answer, text=text,
        corrected=corrected, version=version, action=action,
    )  # fmt: skip


def store_finding(
    *,
    actor: User,
    record: int,
    finding: int,
    answer: str,
    text: str,
    corrected: bool,
    version: int,
    action: str = "填写事项",
    client: Mapping[str, Any] | None = None,
    restore: bool = False,
) -> ItemFinding:
    """Store the answer to one item of a record, both named by their ids. ``answer`` '' clears it; texts may be filled
    later and are asked for on submission. What belonged to an answer that is left goes (``leaving``); ``restore``: the
    change before is undone.

    Runs inside the caller's transaction, which a refusal must undo as a whole: no savepoint, two round trips less.
    The same content again is no change whatever the version. ``client``: what the phone says of itself, for the trail.
    Raises StaleVersion when somebody changed it meanwhile.
    """
    if answer and answer not in Answer.values:
        raise DomainError("请在“符合、不符合、合理缺项、未检查”中选择。")
    held = _held(actor, record, finding)
    stored = held.finding
    text = text.strip() if answer in TEXT_NAMES else ""  # 符合 says all there is to say
    corrected = corrected and answer == Answer.NOT_OK
    if (stored.answer, stored.text, stored.corrected) == (answer, text, corrected):
        return stored
    before = audit.fields_of(stored, FINDING)
    if stored.version != version:
        raise StaleVersion(
            what=f"{stored.order} {stored.item.name}", theirs=answer_words(stored.answer, stored.text),
            mine=answer_words(answer, text), by=str(stored.updated_by or "他人"), at=stored.updated_at,
            version=stored.version, value=before,
        )  # fmt: skip
    stored.answer, stored.text, stored.corrected, stored.outcome = answer, text, corrected, ""
    keep(stored, actor)
    audit.record(
        stream=stream_of(record), actor=actor, action=action, obj=stored, head=held.head,
        before=before, after=audit.fields_of(stored, FINDING) | ({"client": dict(client)} if client else {}),
    )  # fmt: skip
    after_answer(actor=actor, finding=stored, before=before, restore=restore)
    return stored


def _held(actor: User, record: int, finding: int) -> Held:
    """The finding locked for a change; refuses whoever may not write it."""
    held = held_finding(actor, record, finding) if Role.INSPECTOR in actor.roles else None
    if held is None:
        lock_record(InspectionRecord(pk=record))
        section = DepartmentSection.objects.select_related("department").get(record=record, findings=finding)
        raise NotYours(f"只有{section.department}被抽中的检查人员可以填写这一部分，您可以查看。")
    check_state(held.record_state, held.plan_state)
    check_open(held.finding.section)
    return held


@transaction.atomic
def save_rest_ok(*, actor: User, section: DepartmentSection, findings: Iterable[int]) -> dict[int, int]:
    """``其余全部符合``: the named unanswered items of a section become 符合; their versions afterwards.

    Only where the office allows it (``REST_OK``), and only after an item was answered one by one; each stands in the
    trail as 批量填写符合. An item answered meanwhile is left as it is. Raises DomainError.
    """
    if not settings.REST_OK:
        raise DomainError("本地没有开放“其余全部符合”，请逐项填写。")
    lock_record(InspectionRecord(pk=section.record_id))
    rows = list(section.findings.select_related("section"))
    if not any(row.answer for row in rows):
        raise DomainError("请先逐项填写至少一项，再用“其余全部符合”。")
    wanted = set(findings)
    if strangers := wanted - {row.pk for row in rows}:
        raise DomainError(f"有 {len(strangers)} 项不属于本部门，请刷新页面再试。")
    return {
        row.pk: save_finding(
            actor=actor, finding=row, answer=Answer.OK, text="", corrected=False, version=row.version,
            action="批量填写符合",
        ).version
        for row in rows
        if row.pk in wanted and not row.answer
    }  # fmt: skip


def answer_words(answer: str, text: str) -> str:
    """An answer as people read it: 不符合：日志不足60日."""
    label = Answer(answer).label if answer else "未填"
    return f"{label}：{text}" if text else str(label)


# --------------------------------------------------------------------------------------------------------------- head


@transaction.atomic
def save_head(
    *, actor: User, record: InspectionRecord, version: int, base: Mapping[str, Any] | None = None, **fields: Any
) -> list[str]:
    """Store named fields of the head (HEAD; times aware, methods as CheckMethod codes); return warnings.

    The end of the visit starts the clocks of all open sections (back-fill and publication, counted from that day in
    Shanghai). A visit outside the plan's period warns and is saved. ``base``: what these fields said when the writer
    began; while they still say so, changes of other fields are no collision. Raises StaleVersion, DomainError.
    """
    if unknown := set(fields) - set(HEAD):
        raise TypeError(f"not fields of the head: {sorted(unknown)}")
    stored = lock_record(record)
    section = own_section(actor, stored)
    if section is None:
        raise NotYours("只有这份一企一表被抽中的检查人员可以填写入场信息。")
    check_writable(actor, section)
    return write_head(
        actor=actor, stored=stored, section=section, version=version, base=base, fields=fields, trail=Trail(FILLED)
    )  # fmt: skip


def write_head(
    *,
    actor: User,
    stored: InspectionRecord,
    section: DepartmentSection,
    version: int,
    base: Mapping[str, Any] | None,
    fields: Mapping[str, Any],
    trail: Trail,
) -> list[str]:
    """``save_head`` on a record that is locked, for whoever was found to be allowed to; ``section``: whose work."""
    changes = {name: value for name, value in fields.items() if getattr(stored, name) != value}
    if not changes:
        return head_warnings(stored)
    untouched = base is not None and all(getattr(stored, name) == base.get(name) for name in changes)
    if stored.version != version and not untouched:
        raise _stale_head(stored, changes)
    _check_head(stored, changes)
    before = audit.fields_of(stored, changes)
    for name, value in changes.items():
        setattr(stored, name, value)
    stored.version += 1
    stored.save(update_fields=[*changes, "version"])
    audit.record(
        stream=stream_of(stored.pk), actor=actor, action=trail.action, obj=stored, before=before,
        after=audit.fields_of(stored, changes) | trail.more, reason=trail.reason,
    )  # fmt: skip
    if "visit_to" in changes:
        start_clocks(stored)
    DepartmentSection.objects.filter(pk=section.pk, state=SectionState.NOT_STARTED).update(state=SectionState.DRAFT)
    return head_warnings(stored)


def _stale_head(stored: InspectionRecord, changes: Mapping[str, Any]) -> StaleVersion:
    acts = AuditEvent.objects.filter(
        stream=stream_of(stored.pk), action__in=[FILLED, TAKEN_OVER], object_type=stored._meta.label_lower
    )  # fmt: skip
    last = acts.order_by("-seq").first()
    name = next(iter(changes))
    label = str(getattr(InspectionRecord._meta.get_field(name), "verbose_name", name))
    return StaleVersion(
        what=label, theirs=value_words(name, getattr(stored, name)), mine=value_words(name, changes[name]),
        by=last.actor_name if last else "他人", at=last.at if last else None, version=stored.version,
        value=audit.plain(getattr(stored, name)),
    )  # fmt: skip


def _check_head(stored: InspectionRecord, changes: Mapping[str, Any]) -> None:
    start = changes.get("visit_from", stored.visit_from)
    end = changes.get("visit_to", stored.visit_to)
    if end and not start:
        raise DomainError("请先填检查开始时间，再填结束时间。")
    if start and end and end < start:
        raise DomainError("检查结束时间早于开始时间，请核对。")
    if any(moment and moment > clock.now() + dt.timedelta(minutes=10) for moment in (start, end)):
        raise DomainError("检查时间在将来，请核对日期和时间。")
    if unknown := set(changes.get("methods", [])) - set(CheckMethod.values):
        raise DomainError(f"没有“{'、'.join(sorted(unknown))}”这种检查方式，请重新选择。")
    if changes.get("recusal_requested", stored.recusal_requested) and not changes.get(
        "recusal_reason", stored.recusal_reason
    ):
        raise DomainError("当事人申请回避的，请写明申请的理由，由部门负责人决定。")
    if set(changes) & set(HEAD_FACTS) and (first := locking(stored)):
        raise DomainError(f"{first.department}已按现在的入场信息提交，不能再改。确有错误时，请该部门管理员先退回。")


def locking(record: InspectionRecord) -> DepartmentSection | None:
    """A section that was submitted with the head as it is. One that met nobody has a time of its own and no part in it,
    so that another department can still come on another day and find somebody in."""
    handed_in = record.sections.filter(state__in=[SectionState.SUBMITTED, SectionState.APPROVED], written_only=False)
    return handed_in.exclude(arrival__in=NOBODY_MET).select_related("department").first()


def head_warnings(record: InspectionRecord) -> list[str]:
    """What is unusual about the visit but does not stop it (decisions.md)."""
    days = [
        moment.astimezone(clock.SHANGHAI).date()
        for moment in (record.visit_from, record.visit_to)
        if moment is not None
    ]
    plan = record.plan
    if any(not plan.period_from <= day <= plan.period_to for day in days):
        period = f"{plan.period_from:%Y-%m-%d} 至 {plan.period_to:%Y-%m-%d}"
        return [f"检查日期不在任务的抽查时间（{period}）内，已照实保存，请在现场情况里说明。"]
    return []


# -------------------------------------------------------------------------------------------------- one page of entries


@transaction.atomic
def save_entry(
    *,
    actor: User,
    record: InspectionRecord,
    head: Mapping[str, Any] | None,
    section: Mapping[str, Any] | None,
    findings: Iterable[Mapping[str, Any]],
    arrival: Callable[..., Any] | None = None,
) -> EntryOutcome:
    """Store a whole page: keyword arguments for ``save_head``, ``save_section`` and one ``save_finding`` per item.

    Pieces that collide with somebody else's change are left out and reported; everything else is stored. ``arrival``
    comes last (``save_arrival`` with its values, asked for the rest): what was answered by hand is not filled again.
    """
    outcome = EntryOutcome()
    lock_record(record)

    def attempt(name: str, call: Any, arguments: Mapping[str, Any]) -> Any:
        answer = None
        try:
            with transaction.atomic():
                answer = call(actor=actor, **arguments)
        except StaleVersion as stale:
            outcome.conflicts[name] = stale
        except DomainError as refusal:
            outcome.refusals[name] = refusal.problems or [refusal.message]
        else:
            outcome.saved += 1
            outcome.warnings += answer if name == "head" else []
        return answer

    if head is not None:
        attempt("head", save_head, {"record": record, **head})
    for arguments in findings:
        attempt(f"item-{arguments['finding'].pk}", save_finding, arguments)
    stored = attempt("section", save_section, section) if section is not None else None
    if arrival is not None:
        own_step = stored is not None and section is not None and stored.version - section["version"] in {0, 1}
        attempt("arrival", arrival, {"version": stored.version} if own_step and stored is not None else {})
    return outcome


# --------------------------------------------------------------------------------------------------------- assistants


@transaction.atomic
def add_assistant(
    *, actor: User, section: DepartmentSection, name: str, unit: str, role: str, reason: str
) -> Assistant:
    """Register a 协助人员 (通知六(一)3): chosen by the department, not counted towards the two, with the reason."""
    record = lock_record(InspectionRecord(pk=section.record_id))
    stored = DepartmentSection.objects.select_related("department").get(pk=section.pk)
    check_writable(actor, stored)
    values = {"name": name.strip(), "unit": unit.strip(), "role": role.strip(), "reason": reason.strip()}
    labels = {"name": "姓名", "unit": "单位", "role": "专业或职务", "reason": "协助理由"}
    if missing := [labels[key] for key, value in values.items() if not value]:
        raise DomainError(f"请填写协助人员的{'、'.join(missing)}。")
    if stored.members.filter(replaced=False, inspector__name=values["name"]).exists():
        raise DomainError(f"{values['name']}是本部门被抽中的检查人员，不能再登记为协助人员。")
    assistant = Assistant.objects.create(section=stored, added_by=actor, added_at=clock.now(), **values)
    audit.record(stream=stream_of(record.pk), actor=actor, action="登记协助人员", obj=assistant, after=values)
    return assistant
