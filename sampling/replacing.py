"""After the draw: replacements and substitutions in batches (EVENTS of protocol `dr1`), without choice but the trigger.

A batch is a set: its lines are processed in byte order, whatever order the office received them in. A drawn enterprise
that drops out (E-OUT) gives its place to the first of its stratum's reserve that was never used; an inspector who drops
out (I-OUT) to the first standby of his department who keeps the team's quotas and meets nobody he is recused from.
Nobody returns. Earlier batches are applied first.

Where the pseudo-code is silent: an E-OUT of an enterprise still in the reserve, or an I-OUT of somebody on standby,
only takes it out of the order ("-" in the three result fields); an exhausted reserve gives "-" (a stratum drawn whole
has none); an enterprise for which no team is permitted, or a seat nobody may fill, raises `Infeasible` with the reason.

Public: `Standing`, `apply_batch`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sampling.canonical import DrawFileError, ticket
from sampling.draw import Ranking
from sampling.matching import Crews, Infeasible, Person, Seat, Standby, blocked_teams, lacking, team_members
from sampling.quotas import Plan


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is in play at one moment.

    `team_of`: enterprise in play -> team from 0 (None without teams); `stratum_of` and `needs_of` for the same ids;
    `used`: ids that were ever drawn, called up or reported; `out`: pids that dropped out; `crews`: seats and standby.
    """

    team_of: Mapping[str, int | None]
    stratum_of: Mapping[str, str]
    needs_of: Mapping[str, str]
    used: frozenset[str]
    out: frozenset[str]
    crews: Crews


@dataclass(frozen=True, slots=True)
class _Frame:
    """What does not change from batch to batch."""

    plan: Plan
    pool: Sequence[Person]
    recused: frozenset[tuple[str, str]]
    reserve: Mapping[str, Ranking]
    seed: str


def _members(frame: _Frame, standing: Standing) -> list[list[Person]]:
    """The people of each team now."""
    return team_members(standing.crews, frame.pool, frame.plan.teams or 0)


def _enterprise_out(frame: _Frame, standing: Standing, identifier: str) -> tuple[Standing, tuple[str, str, str]]:
    """One E-OUT: the new standing and (substitute, team, rank) as written."""
    if identifier not in standing.team_of:
        return standing, ("-", "-", "-")
    stratum = standing.stratum_of[identifier]
    team_of = dict(standing.team_of)
    vacated = team_of.pop(identifier)
    reserve = frame.reserve.get(stratum, Ranking([]))
    called = next((ranked for ranked in reserve if ranked.id not in standing.used), None)
    if called is None:
        return replace(standing, team_of=team_of), ("-", "-", "-")
    team = vacated
    if vacated is not None:
        members = _members(frame, standing)
        blocked = blocked_teams([(called.id, called.needs)], members, frame.recused).get(called.id, frozenset())
        if vacated in blocked:
            loads = [sum(t == team for t in team_of.values()) for team in range(len(members))]
            allowed = [t for t in range(len(members)) if t not in blocked]
            if not allowed:
                raise Infeasible(
                    f"替补主体 {called.id} 没有任何一队可去：各队都有须回避的人员或缺所需专业", ids=(called.id,)
                )
            team = min(allowed, key=lambda t: (loads[t], ticket(frame.seed, "X", called.id, t)))
    team_of[called.id] = team
    after = replace(
        standing,
        team_of=team_of,
        stratum_of={**standing.stratum_of, called.id: stratum},
        needs_of={**standing.needs_of, called.id: called.needs},
        used=standing.used | {called.id},
    )
    return after, (called.id, "-" if team is None else str(team + 1), str(called.rank))


def _fits(frame: _Frame, standing: Standing, seat: Seat, candidate: Person) -> bool:
    """Whether the team keeps its quotas and may still visit all its enterprises with `candidate` in this seat."""
    team = [person for person in _members(frame, standing)[seat.team - 1] if person.pid != seat.pid] + [candidate]
    for quota in frame.plan.quotas:
        holders = sum(person.dept == quota.dept and quota.category in person.categories for person in team)
        if holders < quota.count:
            return False
    return not any(
        (candidate.pid, identifier) in frame.recused or lacking(standing.needs_of[identifier], team)
        for identifier, where in standing.team_of.items()
        if where == seat.team - 1
    )


def _inspector_out(frame: _Frame, standing: Standing, pid: str) -> tuple[Standing, tuple[str, str, str]]:
    """One I-OUT: the new standing and (substitute, team, seat) as written. `standing.out` already holds the batch."""
    crews = standing.crews
    seat = next((seat for seat in crews.seats if seat.pid == pid), None)
    if seat is None:
        return standing, ("-", "-", "-")
    people = {person.pid: person for person in frame.pool}
    waiting = crews.standby.get(seat.dept, ())
    called: Standby | None = next(
        (s for s in waiting if s.pid not in standing.out and _fits(frame, standing, seat, people[s.pid])), None
    )
    if called is None:
        raise Infeasible(
            f"部门 {seat.dept} 没有可替补第 {seat.team} 队第 {seat.seat} 席（{pid}）的待命人员："
            f"{len(waiting)} 人待命，均须回避、不具备所需专业或已退出",
            dept=seat.dept,
            needed=1,
        )
    seats = tuple(replace(s, pid=called.pid, ticket=called.ticket, phase="-") if s is seat else s for s in crews.seats)
    standby = {**crews.standby, seat.dept: tuple(s for s in waiting if s is not called)}
    return replace(standing, crews=Crews(seats, standby)), (called.pid, str(seat.team), str(seat.seat))


def apply_batch(
    plan: Plan,
    pool: Sequence[Person],
    recused: Iterable[tuple[str, str]],
    reserve: Mapping[str, Ranking],
    seed: str,
    standing: Standing,
    batch: Iterable[tuple[str, str, str]],
) -> tuple[Standing, list[tuple[str, ...]]]:
    """Apply one batch of (E-OUT | I-OUT, id or pid, reason code).

    Returns the standing after it and the rows of events-NNN.tsv. Raises DrawFileError for somebody unknown, already out
    or named twice, Infeasible when no substitute is permitted.
    """
    frame = _Frame(plan, pool, frozenset(recused), reserve, seed)
    lines = sorted(batch)
    names = [name for _, name, _ in lines]
    known = {person.pid for person in pool}
    reported = {name for kind, name, _ in lines if kind == "E-OUT"}
    waiting = (
        {ranked.id for ranking in reserve.values() for ranked in ranking} if reported - set(standing.team_of) else set()
    )
    for line, (kind, name, _) in enumerate(lines, start=2):
        gone = name in standing.out or (name in standing.used and name not in standing.team_of)
        if names.count(name) > 1 or gone:
            raise DrawFileError("events", line, f"{name} 已经退出或重复")
        if name not in (known if kind == "I-OUT" else set(standing.team_of) | waiting):
            raise DrawFileError("events", line, f"{name} 不在{'备选人员' if kind == 'I-OUT' else '抽取名单与后备'}之中")
    standing = replace(
        standing,
        used=standing.used | reported,
        out=standing.out | {name for kind, name, _ in lines if kind == "I-OUT"},
    )
    rows: list[tuple[str, ...]] = []
    for kind, name, reason in lines:
        step = _enterprise_out if kind == "E-OUT" else _inspector_out
        standing, result = step(frame, standing, name)
        rows.append((kind, name, reason, *result))
    return standing, rows
