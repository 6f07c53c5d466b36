"""The rows of a draw: enterprises with their teams, the first of each reserve, seats and standby."""

from typing import Any

from registry.errors import DomainError
from registry.models import Enterprise
from sampling import bundle
from sampling.enums import PickKind
from sampling.models import Draw, Match, PoolMember, Selection, TeamMember


def selection_rows(outcome: bundle.Outcome) -> list[tuple[str, int, str, str, PickKind, int | None]]:
    """(stratum, rank, code, ticket, kind, team) of every selection that is stored."""
    rows = [(one.stratum, one.rank, one.id, one.ticket, PickKind.MAIN, one.team) for one in outcome.picks]
    for stratum, ranking in outcome.reserve.items():
        rows += [(stratum, one.rank, one.id, one.ticket, PickKind.RESERVE, None) for one in ranking]
    return rows


def member_rows(outcome: bundle.Outcome) -> list[tuple[str, int, int, str, str, PickKind]]:
    """(pid, team, seat, phase, ticket, kind) of every seat and place on standby."""
    rows = [(one.pid, one.team, one.seat, one.phase, one.ticket, PickKind.MAIN) for one in outcome.teams]
    for waiting in outcome.standby.values():
        rows += [(one.pid, 0, place, "-", one.ticket, PickKind.RESERVE) for place, one in enumerate(waiting, start=1)]
    return rows


def store_selections(draw: Draw, outcome: bundle.Outcome) -> None:
    """Picks with their teams, and the first of each stratum's reserve."""
    rows = selection_rows(outcome)
    known = Enterprise.objects.only("uscc", "name").in_bulk([row[2] for row in rows], field_name="uscc")
    missing = sorted({row[2] for row in rows} - set(known))
    if missing:
        raise DomainError(f"冻结名单中的 {'、'.join(missing[:5])} 在名录里已找不到，请先由系统管理员改正代码。")
    made = Selection.objects.bulk_create(
        [
            Selection(draw=draw, enterprise=known[uscc], stratum=stratum, rank=rank, ticket=ticket, kind=kind)
            for stratum, rank, uscc, ticket, kind, _ in rows
        ],
        batch_size=500,
    )
    Match.objects.bulk_create(
        [Match(selection=one, team=row[5]) for one, row in zip(made, rows, strict=True) if row[5] is not None],
        batch_size=500,
    )


def store_members(draw: Draw, outcome: bundle.Outcome) -> None:
    """Seats of all teams, and the standby order of each department."""
    pool: dict[str, Any] = {member.pid: member for member in PoolMember.objects.filter(roster=draw.roster)}
    TeamMember.objects.bulk_create(
        [
            TeamMember(
                draw=draw,
                department_id=pool[pid].department_id,
                inspector_id=pool[pid].inspector_id,
                pid=pid,
                team=team,
                seat=seat,
                phase=phase,
                ticket=ticket,
                kind=kind,
            )
            for pid, team, seat, phase, ticket, kind in member_rows(outcome)
        ],
        batch_size=500,
    )
