"""After the draw: the next reserve is called up, the next standby takes a seat. Nobody chooses (draw.md §2.3 EVENTS).

A draw is never edited: what happened is an event, its file and a line in the log. Who is in a team now is read from
the seats as drawn and the events since.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from registry import audit, clock
from registry.enums import Role
from registry.errors import DomainError
from registry.models import Enterprise, User
from sampling import bundle
from sampling.canonical import ticket
from sampling.enums import DrawEventKind, EOutReason, IOutReason, PickKind, PlanState
from sampling.models import Draw, DrawEvent, Match, Plan, Selection, TeamMember
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


def lock_drawn(draw: Draw) -> Plan:
    """The locked plan of a draw to which something may still happen. Raises DomainError."""
    plan = lock_plan(draw.plan)
    must_be(plan, *AFTER_DRAW)
    if draw.events.filter(kind=DrawEventKind.VOID).exists():
        raise DomainError("这次抽取已作废，不能递补或换人。")
    return plan


@dataclass(frozen=True)
class Trigger:
    """Who drops out and why: a drawn enterprise or an inspector. Who comes in follows from the order of the draw."""

    selection: Selection | None
    member: TeamMember | None
    code: str
    reason: str
    evidence_sha256: str = ""
    second: User | None = None

    @property
    def line(self) -> tuple[str, str, str]:
        """(kind, code or pid, reason code) as the batch file takes it."""
        if self.selection is not None:
            return DrawEventKind.E_OUT.value, self.selection.enterprise.uscc, self.code
        assert self.member is not None  # noqa: S101 -- one of the two, held by whoever makes a Trigger
        return DrawEventKind.I_OUT.value, self.member.pid, self.code

    @property
    def name(self) -> str:
        """Who drops out, in words."""
        return str(self.selection.enterprise) if self.selection else self.member.inspector.name  # type: ignore[union-attr]


def check_trigger(trigger: Trigger) -> None:
    """Refuse a reason that is not on the closed list, or without words."""
    if trigger.selection is not None and trigger.code not in EOutReason.values:
        raise DomainError("递补的理由只能是注销、吊销、撤销、迁出、不在范围、重复或频次上限。")
    if trigger.member is not None and trigger.code not in IOutReason.values:
        raise DomainError("换人的理由只能是病假、请假、调离、执法证失效或回避。")
    if not trigger.reason.strip():
        raise DomainError("请写明理由和依据，它会记入抽取记录。")


def write_batch(actor: User, draw: Draw, triggers: Sequence[Trigger]) -> list[DrawEvent]:
    """Write the next events-NNN.tsv of a locked plan's draw, its log line and an event per trigger, in the order given.

    The batch is a set, processed in byte order whatever the order here. Raises DomainError in words.
    """
    roster = draw.roster
    head = storage.lock_log(roster.stream)
    files = storage.stored_files(roster)
    if roster.sealed and storage.NONCES not in files:
        files[storage.NONCES] = storage.nonces_tsv(roster)
    try:
        content = bundle.events_file(files, [one.line for one in triggers])
    except bundle.DrawFileError as error:
        if error.file != "events":
            raise DomainError(f"抽取文件核对不符，不能替换，请立即报告系统管理员和审计：{error}") from error
        out = next((one for one in triggers if one.line[1] in error.reason), triggers[0])
        again = "不能再次递补，" if out.selection else ""
        raise DomainError(f"{out.name}已经退出这次抽取，{again}请刷新页面。") from error
    except bundle.Infeasible as error:
        raise DomainError(_infeasible(triggers, error)) from error
    batch = len([name for name in files if name.startswith("events-")]) + 1
    name = f"events-{batch:03d}"
    storage.store_file(roster, name, content)
    storage.append_log(head, roster, name.upper(), name, content, storage.log_time(head))
    rows = {(row[0], row[1]): row[3:] for row in bundle.parse(content, "events", roster.draw_id).rows}
    made = {trigger.line: _event(actor, draw, batch, trigger, rows[trigger.line[:2]])
            for trigger in sorted(triggers, key=lambda one: one.line)}  # fmt: skip
    return [made[trigger.line] for trigger in triggers]


def _infeasible(triggers: Sequence[Trigger], error: bundle.Infeasible) -> str:
    leaving = [one.member for one in triggers if one.member and one.member.department.code == error.dept]
    if leaving:
        names = "、".join(member.inspector.name for member in leaving)
        return (
            f"{leaving[0].department}没有可以接替{names}的候补人员（没有候补，或都须回避、不具备所需专业）；"
            "请牵头部门协调。"
        )
    names = "、".join(one.name for one in triggers if one.selection)
    return f"候补企业没有任何一队可以检查（每队都有人须回避），不能递补{names}；请改为按状态结案。"


def _event(actor: User, draw: Draw, batch: int, trigger: Trigger, row: tuple[str, ...]) -> DrawEvent:
    """The event of one line of a batch: (substitute, team, place) as written, "-" for none; and its trail."""
    called, team, place = row
    event = DrawEvent(
        draw=draw,
        batch=batch,
        kind=trigger.line[0],
        team=None if team == "-" else int(team),
        code=trigger.code,
        reason=trigger.reason.strip(),
        evidence_sha256=trigger.evidence_sha256,
        at=clock.now(),
        actor=actor,
        second=trigger.second,
    )
    before: dict[str, Any]
    after: dict[str, Any] = {"team": team, "code": trigger.code}
    if trigger.selection is not None:
        event.selection = trigger.selection
        if called != "-":
            event.substitute = _called(draw, trigger.selection.stratum, called, int(place), int(team))
        action, before = "候补递补", {"enterprise": trigger.selection.enterprise}
        after |= {"enterprise": event.substitute.enterprise if event.substitute else None, "rank": place}
    elif trigger.member is not None:
        seated = TeamMember.objects.select_related("inspector").filter(draw=draw, pid=called).first()
        event.member, event.substitute_member = trigger.member, seated
        event.seat = None if place == "-" else int(place)
        action, before = "更换检查人员", {"inspector": trigger.member.inspector}
        after |= {"inspector": seated.inspector if seated else None, "seat": place}
    event.save(force_insert=True)
    audit.record(
        stream=f"plan:{draw.plan_id}",
        actor=actor,
        action=action,
        obj=event,
        before=before,
        after=after,
        reason=trigger.reason.strip(),
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
def call_up_reserve(
    *, actor: User, selection: Selection, code: str, reason: str, evidence_sha256: str = ""
) -> DrawEvent:
    """Take a drawn enterprise out (E-OUT) and call up the next of its stratum's reserve, with its team.

    ``code``: EOutReason. The event's ``substitute`` is None when the reserve is exhausted. Raises DomainError for an
    enterprise that is out already, or for whose substitute no team is permitted.
    """
    plan = lock_drawn(selection.draw)
    must_lead(actor, plan)
    trigger = Trigger(selection, None, code, reason, evidence_sha256)
    check_trigger(trigger)
    return write_batch(actor, selection.draw, [trigger])[0]


@transaction.atomic
def replace_inspector(*, actor: User, member: TeamMember, code: str, reason: str) -> DrawEvent:
    """Take an inspector out (I-OUT); the first permitted standby of the department takes the seat.

    ``code``: IOutReason; ``member``: whoever sits there now. The lead bureau or the member's department acts. An I-OUT
    of somebody on standby only takes the person out of the order. Raises DomainError when nobody may fill the seat.
    """
    plan = lock_drawn(member.draw)
    own = Role.DEPT_ADMIN in actor.roles and actor.department_id == member.department_id
    if not own:
        must_lead(actor, plan)
    trigger = Trigger(None, member, code, reason)
    check_trigger(trigger)
    return write_batch(actor, member.draw, [trigger])[0]
