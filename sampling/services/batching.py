"""Replacements and substitutions in batches: a department asks with evidence, the lead bureau decides (draw.md §2.3).

Nobody names who comes in. A batch is a set: whatever was approved together is processed in byte order.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from registry import audit, clock
from registry.enums import Role
from registry.errors import DomainError
from registry.models import User
from sampling.enums import Decision, DrawEventKind
from sampling.models import Draw, DrawEvent, EventRequest, Plan, Selection, TeamMember
from sampling.services.attaching import checked_upload
from sampling.services.replacing import Trigger, check_trigger, lock_drawn, write_batch
from sampling.services.states import must_lead


def _must_concern(actor: User, plan: Plan, member: TeamMember | None) -> None:
    """The lead bureau of the plan, or the administrator of a department in it: for people only of the own one."""
    if Role.LEAD in actor.roles and actor.department_id == plan.lead_id:
        return
    takes_part = actor.department is not None and plan.departments.filter(department=actor.department).exists()
    if Role.DEPT_ADMIN not in actor.roles or not takes_part:
        raise DomainError("替换由参加这次抽查的部门管理员申请。")
    if member is not None and member.department_id != actor.department_id:
        raise DomainError(f"{member.inspector.name}属于{member.department}，请由该部门申请。")


@transaction.atomic
def request_event(
    *,
    actor: User,
    draw: Draw,
    code: str,
    reason: str,
    selection: Selection | None = None,
    member: TeamMember | None = None,
    evidence: UploadedFile | None = None,
) -> EventRequest:
    """Ask that a drawn enterprise (``selection``) or an inspector (``member``) be taken out.

    ``code``: EOutReason or IOutReason; ``evidence``: a document, required for an enterprise. Raises DomainError for
    somebody else's people, a reason off the list, a missing document, or a subject that is out or asked for already.
    """
    plan = lock_drawn(draw)
    _must_concern(actor, plan, member)
    if (selection is None) == (member is None):
        raise DomainError("请选择要替换的一家企业或一名检查人员。")
    trigger = Trigger(selection, member, code, reason)
    check_trigger(trigger)
    _must_be_in(draw, selection, member)
    if selection is not None and evidence is None:
        raise DomainError("请附上证明材料，例如登记机关系统的查询结果；没有证明不能替换企业。")
    row = EventRequest(
        draw=draw,
        kind=DrawEventKind.E_OUT if selection is not None else DrawEventKind.I_OUT,
        selection=selection,
        member=member,
        code=code,
        reason=reason.strip(),
        department=actor.department,
        requested_by=actor,
        requested_at=clock.now(),
    )
    if evidence is not None:
        content, suffix = checked_upload(evidence)
        row.evidence_sha256 = hashlib.sha256(content).hexdigest()
        row.evidence.save(f"{draw.pk}-{row.evidence_sha256[:24]}{suffix}", ContentFile(content), save=False)
    row.save()
    after = {"subject": trigger.name, "kind": row.kind, "code": code, "evidence": row.evidence_sha256}
    audit.record(stream=f"plan:{plan.pk}", actor=actor, action="申请替换", obj=row, after=after, reason=reason.strip())
    return row


def _must_be_in(draw: Draw, selection: Selection | None, member: TeamMember | None) -> None:
    """Refuse a subject of another draw, one that is out, or one that is asked for already."""
    subject: Any = selection or member
    field = "selection" if selection is not None else "member"
    if subject.draw_id != draw.pk:
        raise DomainError("所选的不在这次抽取中，请刷新页面。")
    if draw.events.filter(**{field: subject}).exists():
        raise DomainError("所选的已经退出这次抽取，请刷新页面。")
    if EventRequest.objects.filter(**{field: subject}, decision=Decision.PENDING).exists():
        raise DomainError("已经有一份替换申请在等待牵头部门办理，不用再申请。")


def _pending(draw: Draw, keys: Iterable[int]) -> list[EventRequest]:
    """Requests of a draw, locked, freshly read. Raises DomainError when one is missing or decided."""
    wanted = sorted(set(keys))
    rows = EventRequest.objects.select_for_update(of=("self",)).filter(pk__in=wanted, draw=draw)
    found = list(
        rows.select_related(
            "selection__enterprise", "member__inspector", "member__department", "requested_by"
        ).order_by("pk")
    )
    if not found or len(found) != len(wanted):
        raise DomainError("请先勾选这次抽取的替换申请。")
    decided = next((row for row in found if row.decision != Decision.PENDING), None)
    if decided is not None:
        raise DomainError(f"{_trigger(decided).name}的替换申请{decided.get_decision_display()}，请刷新页面。")
    return found


def _trigger(row: EventRequest) -> Trigger:
    return Trigger(row.selection, row.member, row.code, row.reason, row.evidence_sha256, row.requested_by)


def _decide(row: EventRequest, actor: User, decision: Decision, reason: str) -> None:
    row.decision, row.decision_reason, row.decided_by, row.decided_at = decision, reason, actor, clock.now()
    row.save(update_fields=["decision", "decision_reason", "decided_by", "decided_at", "event"])


@transaction.atomic
def run_batch(*, actor: User, draw: Draw, requests: Iterable[EventRequest], note: str = "") -> list[DrawEvent]:
    """Approve requests together and write them as one batch; returns their events in the order of the requests.

    All or nothing. Raises DomainError for a request of the actor's own, one that is decided, or a batch for which no
    permitted substitute exists. Later apps that keep records of the draw carry the events over.
    """
    plan = lock_drawn(draw)
    must_lead(actor, plan)
    rows = _pending(draw, (one.pk for one in requests))
    own = next((row for row in rows if row.requested_by_id == actor.pk), None)
    if own is not None:
        raise DomainError("自己申请的替换要由另一个牵头账号办理。")
    events = write_batch(actor, draw, [_trigger(row) for row in rows])
    for row, event in zip(rows, events, strict=True):
        row.event = event
        _decide(row, actor, Decision.APPROVED, note.strip())
    return events


@transaction.atomic
def refuse_event(*, actor: User, request: EventRequest, reason: str) -> EventRequest:
    """Refuse a request, with the reason. Raises DomainError when it is decided already or nothing is said."""
    plan = lock_drawn(request.draw)
    must_lead(actor, plan)
    if not reason.strip():
        raise DomainError("请写明不同意的理由，申请部门会看到。")
    (row,) = _pending(request.draw, [request.pk])
    _decide(row, actor, Decision.REFUSED, reason.strip())
    audit.record(stream=f"plan:{plan.pk}", actor=actor, action="不同意替换", obj=row, after={}, reason=reason.strip())
    return row


@transaction.atomic
def withdraw_event(*, actor: User, request: EventRequest) -> EventRequest:
    """Take back a request of the own department. Raises DomainError for somebody else's, or one that is decided."""
    plan = lock_drawn(request.draw)
    (row,) = _pending(request.draw, [request.pk])
    if row.department_id != actor.department_id:
        raise DomainError(f"这份申请由{row.department}提出，请由该部门撤回。")
    _must_concern(actor, plan, row.member)
    _decide(row, actor, Decision.WITHDRAWN, "")
    audit.record(stream=f"plan:{plan.pk}", actor=actor, action="撤回替换申请", obj=row, after={})
    return row
