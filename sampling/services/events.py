"""What may happen to a draw afterwards: the next reserve, the next standby; no choice but the trigger."""

from collections import defaultdict

from django.db import transaction

from registry import audit, clock
from registry.errors import DomainError
from registry.models import Enterprise, Inspector, User
from sampling import bundle
from sampling.enums import DrawEventKind, EOutReason, IOutReason, PickKind
from sampling.models import Draw, DrawEvent, Match, Selection, TeamMember
from sampling.services.files import append_log, store_file, stored_files
from sampling.services.states import lock_plan, must_lead, stream_of

Seats = dict[tuple[int, int], list[Inspector]]


def _next_batch(actor: User, draw: Draw, line: tuple[str, str, str]) -> tuple[int, list[str]]:
    """Write the next events file for one trigger; its number and the row the protocol gives."""
    if draw.events.filter(kind=DrawEventKind.VOID).exists():
        raise DomainError("这次抽取已经作废，不能再递补或换人。")
    files = stored_files(draw.roster)
    number = sum(name.startswith("events-") for name in files) + 1
    try:
        content = bundle.events_file(files, [line])
    except bundle.Infeasible as error:
        raise DomainError(f"没有符合规则的替补：{error}") from None
    except bundle.DrawFileError as error:
        raise DomainError(f"不能替换：{error.reason}") from None
    name = f"events-{number:03d}"
    store_file(draw.roster, name, content)
    append_log(draw.roster, name.upper(), name, content)
    row = list(bundle.parse(content, "events", draw.roster.draw_id).rows[0])
    return number, row


@transaction.atomic
def call_up_reserve(
    *, actor: User, selection: Selection, code: str, reason: str, evidence_sha256: str = ""
) -> DrawEvent:
    """E-OUT: a drawn enterprise leaves with a reason of draw.md §2.2; the next of its stratum takes its place.

    Raises DomainError when the reason is missing, the enterprise is out already, or the stratum has no reserve left.
    """
    plan = lock_plan(selection.draw.plan)
    must_lead(actor, plan)
    draw = Draw.objects.select_related("roster", "plan").get(pk=selection.draw_id)
    if code not in EOutReason.values:
        raise DomainError("请选择退出的理由：注销、吊销、撤销、迁出、不在范围、重复或频次上限。")
    if not reason.strip():
        raise DomainError("请写明依据，例如：登记机关系统可查 6 月 5 日注销。")
    number, row = _next_batch(actor, draw, (DrawEventKind.E_OUT, selection.enterprise.uscc, code))
    substitute, team = row[3], row[4]
    if substitute == "-":
        raise DomainError(f"{selection.enterprise}所在的层已没有候补，请按状态结案。")
    found = _substitute(draw, selection.stratum, substitute, int(row[5]))
    if team != "-":
        Match.objects.create(selection=found, team=int(team))
    event = DrawEvent.objects.create(
        draw=draw,
        batch=number,
        kind=DrawEventKind.E_OUT,
        selection=selection,
        substitute=found,
        team=int(team) if team != "-" else None,
        code=code,
        reason=reason.strip(),
        evidence_sha256=evidence_sha256,
        at=clock.now(),
        actor=actor,
    )
    after = {"out": selection.enterprise, "in": found.enterprise, "team": team, "code": code}
    audit.record(stream=stream_of(plan), actor=actor, action="企业递补", obj=event, after=after, reason=reason.strip())
    return event


def _substitute(draw: Draw, stratum: str, uscc: str, rank: int) -> Selection:
    """The reserve's row; one further down than the rows stored at the draw is added now, with its ticket."""
    found = draw.selections.filter(enterprise__uscc=uscc).select_related("enterprise").first()
    if found is not None:
        return found
    return Selection.objects.create(
        draw=draw,
        enterprise=Enterprise.objects.get(uscc=uscc),
        stratum=stratum,
        rank=rank,
        ticket=bundle.sha256_hex(f"{draw.seed}/E/{uscc}".encode()),
        kind=PickKind.RESERVE,
    )


@transaction.atomic
def replace_inspector(*, actor: User, member: TeamMember, code: str, reason: str) -> DrawEvent:
    """I-OUT: a drawn inspector leaves; the first of the department's standby who may take the seat takes it.

    By the lead bureau or the person's department (it asks, the order decides). Raises DomainError.
    """
    plan = lock_plan(member.draw.plan)
    if not (actor.is_dept_admin and actor.department_id == member.department_id):
        must_lead(actor, plan)
    draw = Draw.objects.select_related("roster", "plan").get(pk=member.draw_id)
    if code not in IOutReason.values:
        raise DomainError("请选择换人的理由：病假、请假、调离、执法证失效或回避。")
    if not reason.strip():
        raise DomainError("请写明换人的依据，例如：6 月 6 日起病假，附病假条。")
    number, row = _next_batch(actor, draw, (DrawEventKind.I_OUT, member.pid, code))
    pid, team, seat = row[3], row[4], row[5]
    if pid == "-":
        raise DomainError(f"{member.department}已没有候补人员，请部门补充名录后联系牵头部门。")
    substitute = draw.members.select_related("inspector").get(pid=pid)
    event = DrawEvent.objects.create(
        draw=draw,
        batch=number,
        kind=DrawEventKind.I_OUT,
        member=member,
        substitute_member=substitute,
        team=int(team),
        seat=int(seat),
        code=code,
        reason=reason.strip(),
        at=clock.now(),
        actor=actor,
    )
    after = {"out": member.inspector, "in": substitute.inspector, "team": team, "seat": seat, "code": code}
    audit.record(stream=stream_of(plan), actor=actor, action="人员替换", obj=event, after=after, reason=reason.strip())
    return event


def effective_members(draw: Draw) -> Seats:
    """(team, department) → inspectors in seat order, after all replacements."""
    seats: dict[tuple[int, int], tuple[int, Inspector]] = {}
    members = draw.members.filter(kind=PickKind.MAIN).select_related("inspector__department")
    for member in members:
        seats[member.team, member.seat] = (member.department_id, member.inspector)
    events = draw.events.filter(kind=DrawEventKind.I_OUT).select_related("substitute_member__inspector__department")
    for event in events.order_by("batch", "pk"):
        substitute = event.substitute_member
        if substitute is not None and event.team is not None and event.seat is not None:
            seats[event.team, event.seat] = (substitute.department_id, substitute.inspector)
    found: Seats = defaultdict(list)
    for (team, _seat), (department, inspector) in sorted(seats.items()):
        found[team, department].append(inspector)
    return dict(found)
