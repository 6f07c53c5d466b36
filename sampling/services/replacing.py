"""After the draw: the next reserve is called up, the next standby takes a seat. Nobody chooses (draw.md §2.3 EVENTS).

A draw is never edited: what happened is an event, its file and a line in the log. Who is in a team now is read from
the seats as drawn and the events since.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db import transaction

from registry import audit, clock
from registry.enums import Role
from registry.errors import DomainError
from registry.models import Enterprise, User
from sampling import bundle
from sampling.canonical import ticket
from sampling.enums import DrawEventKind, EOutReason, IOutReason, PickKind, PlanState
from sampling.models import Draw, DrawEvent, Match, Plan, Roster, Selection, TeamMember
from sampling.services import files as storage
from sampling.services.states import lock_plan, must_be, must_lead

AFTER_DRAW = (PlanState.DRAWN, PlanState.DISPATCHED, PlanState.INSPECTING)


@dataclass(frozen=True)
class Seated:
    """One seat of a team now: ``member`` sits in it, ``drawn`` was drawn into it (the same unless replaced)."""

    member: TeamMember
    drawn: TeamMember

    @property
    def replaced(self) -> bool:
        """Whether somebody else sits here than was drawn."""
        return self.member.pk != self.drawn.pk


def effective_teams(draw: Draw) -> dict[int, list[Seated]]:
    """Team → its seats with the people in them now, replacements applied in their order. Two queries."""
    members = list(draw.members.select_related("inspector", "department").order_by("team", "seat"))
    by_key = {member.pk: member for member in members}
    sitting = {member.pk: member for member in members if member.kind == PickKind.MAIN}
    seat_of = {key: key for key in sitting}
    events = draw.events.filter(kind=DrawEventKind.I_OUT, substitute_member__isnull=False).order_by("batch", "pk")
    for event in events:
        if event.member_id is None or event.substitute_member_id is None:
            continue
        seat = seat_of[event.member_id]
        sitting[seat] = by_key[event.substitute_member_id]
        seat_of[event.substitute_member_id] = seat
    teams: dict[int, list[Seated]] = defaultdict(list)
    for key, member in sitting.items():
        teams[by_key[key].team].append(Seated(member, by_key[key]))
    return dict(teams)


def effective_team(draw: Draw, team: int) -> list[Seated]:
    """The seats of one team with the people in them now."""
    return effective_teams(draw).get(team, [])


def _lock(draw: Draw, *states: PlanState) -> Plan:
    plan = lock_plan(draw.plan)
    must_be(plan, *states)
    if draw.events.filter(kind=DrawEventKind.VOID).exists():
        raise DomainError("这次抽取已作废，不能递补或换人。")
    return plan


def _write_batch(roster: Roster, event: tuple[str, str, str]) -> tuple[int, str, str, str]:
    """Write the next events-NNN.tsv of one event and its log line; (batch, substitute, team, place), "-" for none."""
    head = storage.lock_log(roster.stream)
    files = storage.stored_files(roster)
    content = bundle.events_file(files, [event])
    batch = sum(name.startswith("events-") for name in files) + 1
    name = f"events-{batch:03d}"
    storage.store_file(roster, name, content)
    storage.append_log(head, roster, name.upper(), name, content, storage.log_time(head))
    ((_, _, _, substitute, team, place),) = bundle.parse(content, "events", roster.draw_id).rows
    return batch, substitute, team, place


@transaction.atomic
def call_up_reserve(
    *, actor: User, selection: Selection, code: str, reason: str, evidence_sha256: str = ""
) -> DrawEvent:
    """Take a drawn enterprise out (E-OUT) and call up the next of its stratum's reserve, with its team.

    ``code``: EOutReason. The event's ``substitute`` is None when the reserve is exhausted. Raises DomainError for an
    enterprise that is out already, or for whose substitute no team is permitted.
    """
    draw = selection.draw
    plan = _lock(draw, *AFTER_DRAW)
    must_lead(actor, plan)
    if code not in EOutReason.values:
        raise DomainError("递补的理由只能是注销、吊销、撤销、迁出、不在范围、重复或频次上限。")
    if not reason.strip():
        raise DomainError("请写明递补的理由和依据，它会记入抽取记录。")
    uscc = selection.enterprise.uscc
    try:
        batch, called, team, rank = _write_batch(draw.roster, ("E-OUT", uscc, code))
    except bundle.DrawFileError as error:
        raise DomainError(f"{selection.enterprise}已经退出这次抽取，不能再次递补，请刷新页面。") from error
    except bundle.Infeasible as error:
        raise DomainError(
            f"候补企业没有任何一队可以检查（每队都有人须回避），不能递补{selection.enterprise}；请改为按状态结案。"
        ) from error
    substitute = None if called == "-" else _called(draw, selection.stratum, called, int(rank), int(team))
    event = DrawEvent.objects.create(
        draw=draw,
        batch=batch,
        kind=DrawEventKind.E_OUT,
        selection=selection,
        substitute=substitute,
        team=None if team == "-" else int(team),
        code=code,
        reason=reason.strip(),
        evidence_sha256=evidence_sha256,
        at=clock.now(),
        actor=actor,
    )
    audit.record(
        stream=f"plan:{plan.pk}",
        actor=actor,
        action="候补递补",
        obj=event,
        before={"enterprise": selection.enterprise},
        after={"enterprise": substitute.enterprise if substitute else None, "team": team, "rank": rank, "code": code},
        reason=reason.strip(),
    )
    return event


def _called(draw: Draw, stratum: str, uscc: str, rank: int, team: int) -> Selection:
    """The selection of a called-up enterprise, stored now if it stood deeper than the stored reserve, and its match."""
    found = Selection.objects.filter(draw=draw, enterprise__uscc=uscc).first()
    if found is None:
        found = Selection.objects.create(
            draw=draw,
            enterprise=Enterprise.objects.get(uscc=uscc),
            stratum=stratum,
            rank=rank,
            ticket=ticket(draw.seed, "E", uscc),
            kind=PickKind.RESERVE,
        )
    Match.objects.create(selection=found, team=team)
    return found


@transaction.atomic
def replace_inspector(*, actor: User, member: TeamMember, code: str, reason: str) -> DrawEvent:
    """Take an inspector out (I-OUT); the first permitted standby of the department takes the seat.

    ``code``: IOutReason; ``member``: whoever sits there now. The lead bureau or the member's department acts. An I-OUT
    of somebody on standby only takes the person out of the order. Raises DomainError when nobody may fill the seat.
    """
    draw = member.draw
    plan = _lock(draw, *AFTER_DRAW)
    own = Role.DEPT_ADMIN in actor.roles and actor.department_id == member.department_id
    if not own:
        must_lead(actor, plan)
    if code not in IOutReason.values:
        raise DomainError("换人的理由只能是病假、请假、调离、执法证失效或回避。")
    if not reason.strip():
        raise DomainError("请写明换人的理由，它会记入抽取记录。")
    inspector = member.inspector
    try:
        batch, called, team, seat = _write_batch(draw.roster, ("I-OUT", member.pid, code))
    except bundle.DrawFileError as error:
        raise DomainError(f"{inspector.name}已经退出这次抽取，请刷新页面。") from error
    except bundle.Infeasible as error:
        raise DomainError(
            f"{member.department}没有可以接替{inspector.name}的候补人员（没有候补，或都须回避、不具备所需专业）；"
            "请牵头部门协调。"
        ) from error
    substitute = TeamMember.objects.select_related("inspector").filter(draw=draw, pid=called).first()
    event = DrawEvent.objects.create(
        draw=draw,
        batch=batch,
        kind=DrawEventKind.I_OUT,
        member=member,
        substitute_member=substitute,
        team=None if team == "-" else int(team),
        seat=None if seat == "-" else int(seat),
        code=code,
        reason=reason.strip(),
        at=clock.now(),
        actor=actor,
    )
    audit.record(
        stream=f"plan:{plan.pk}",
        actor=actor,
        action="更换检查人员",
        obj=event,
        before={"inspector": inspector},
        after={"inspector": substitute.inspector if substitute else None, "team": team, "seat": seat, "code": code},
        reason=reason.strip(),
    )
    return event
