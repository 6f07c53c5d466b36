"""The whole draw as one pure function of its files, and what happened to it since.

Public: `Pick`, `Picks`, `Outcome`, `DrawInfeasible`, `compute`, `replay`, `events_file`, `event_names`,
`first_difference`.
`files` is a mapping name -> bytes, see `sampling.bundle`. Standard library only.
"""

import re
from binascii import hexlify
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple, overload

from sampling.canonical import DrawFileError, parse, sha256_hex, write
from sampling.canonical import seed as seed_from
from sampling.draw import Ranking, Roster, select
from sampling.feasibility import need, recused_pairs
from sampling.freezing import Freeze, read_entropy, read_freeze, read_nonces
from sampling.matching import Crews, Infeasible, Person, Seat, Standby, form_teams, match, read_pool, team_members
from sampling.quotas import Allocation, Plan, allocate, read_plan
from sampling.replacing import Standing, apply_batch

_EVENTS_NAME = re.compile(r"events-[0-9]{3}")


class Pick(NamedTuple):
    """One drawn enterprise: rank from 1 in its stratum, ticket 64 hex, team from 1 (None: no teams)."""

    stratum: str
    rank: int
    id: str
    ticket: str
    team: int | None


class Picks(Sequence[Pick]):
    """All drawn enterprises in deal order (stratum, rank). Keeps the rankings and makes a `Pick` only when asked: a
    province has half a million.
    """

    __slots__ = ("_drawn", "_length", "_teams")

    def __init__(self, drawn: Mapping[str, Ranking], teams: Sequence[int] = ()) -> None:
        """`drawn`: stratum -> its drawn, by code; `teams`: from 1, one for each pick in deal order, or none at all."""
        self._drawn = drawn
        self._teams = teams
        self._length = sum(map(len, drawn.values()))

    def __len__(self) -> int:
        """How many enterprises were drawn."""
        return self._length

    def _team_of(self) -> Iterator[int | None]:
        return iter(self._teams) if self._teams else repeat(None)

    def __iter__(self) -> Iterator[Pick]:
        """In deal order."""
        teams = self._team_of()
        for code, ranking in self._drawn.items():
            for entry, team in zip(ranking, teams, strict=False):
                yield Pick(code, entry.rank, entry.id, entry.ticket, team)

    @overload
    def __getitem__(self, index: int) -> Pick: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Pick, ...]: ...
    def __getitem__(self, index: int | slice) -> Pick | tuple[Pick, ...]:
        """By position in deal order."""
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        """The same picks in the same order."""
        return isinstance(other, Picks) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # compared by content, never a key

    def lines(self) -> Iterator[bytes]:
        """The `pick` rows of result.tsv."""
        teams = self._team_of()
        for code, ranking in self._drawn.items():
            head = b"pick\t%b\t" % code.encode("ascii")
            for (rank, identifier, digest), team in zip(ranking.raw(), teams, strict=False):
                place = b"-" if team is None else b"%d" % team
                yield b"%b%d\t%b\t%b\t%b\n" % (head, rank, identifier, hexlify(digest), place)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything a draw decides.

    `strata` by code with N, n and the exact x; `picks` in deal order (stratum, rank); `reserve`: stratum -> the order
    behind the drawn, as deep as asked; `teams`: seats by (team, seat); `standby`: department -> in order; `branch`:
    how enterprises met teams: "block", "global", or "none" without teams; `result_tsv`: the bytes of result.tsv.
    """

    draw_id: str
    seed: str
    strata: tuple[Allocation, ...]
    picks: Picks
    reserve: Mapping[str, Ranking]
    teams: tuple[Seat, ...]
    standby: Mapping[str, tuple[Standby, ...]]
    branch: str
    result_tsv: bytes


class DrawInfeasible(Infeasible):
    """`Infeasible` after the entropy exists: `outcome` holds the picks (team None, branch "none") and the result.tsv of
    the VOID draw, which the successor takes with certainty.
    """

    def __init__(self, cause: Infeasible, outcome: Outcome) -> None:
        """Same words and parts as `cause`."""
        super().__init__(
            str(cause),
            dept=cause.dept,
            category=cause.category,
            needed=cause.needed,
            free=cause.free,
            ids=cause.ids,
            teams=cause.teams,
            room=cause.room,
            blockers=cause.blockers,
        )
        self.outcome = outcome


def first_difference(name: str, found: bytes, expected: bytes) -> DrawFileError:
    """Name the first line that differs from the recomputed one."""
    have, want = found.split(b"\n"), expected.split(b"\n")
    line = next((n for n, (a, b) in enumerate(zip(have, want, strict=False)) if a != b), min(len(have), len(want)))
    told = want[line].decode("ascii") if line < len(want) else "（到此为止）"
    return DrawFileError(
        name,
        line + 1,
        f"与重算结果不符，应为 {told!r}。不是这个文件被改，就是种子的来源（freeze.tsv、entropy.tsv、nonces.tsv）被改",
    )


def _check_frozen(freeze: Freeze, present: Mapping[str, tuple[str, int]]) -> None:
    """Refuse a file that is not the one that was frozen. `present`: name -> (digest, bytes) of the files at hand."""
    frozen = {entry.name: (entry.digest, entry.size) for entry in freeze.files}
    for name in ("plan", "pool", "recuse", "roster"):
        if name not in frozen:
            raise DrawFileError("freeze", None, f"没有列出 {name}.tsv")
    for name, (digest, size) in frozen.items():
        if name not in present and name != "exclude":
            raise DrawFileError(name, None, "冻结清单列有这个文件，却没有提供")
        if name in present and present[name] != (digest, size):
            now = f"{present[name][0]}（{present[name][1]} 字节）"
            raise DrawFileError(name, None, f"冻结后被改动：freeze.tsv 所列摘要为 {digest}（{size} 字节），现为 {now}")
    if "exclude" in present and "exclude" not in frozen:
        raise DrawFileError("exclude", None, "冻结清单没有列出这个文件")


def _seed_of(files: Mapping[str, bytes], roster: Roster) -> str:
    """Check freeze, digests, entropy and nonces; the seed."""
    freeze = read_freeze(need(files, "freeze"))
    present = {name: (sha256_hex(data), len(data)) for name, data in files.items() if name != "roster"}
    _check_frozen(freeze, {**present, "roster": (roster.digest, roster.size)})
    if roster.draw_id != freeze.draw_id:
        raise DrawFileError("roster", 1, f"属于抽取 {roster.draw_id}，不是 {freeze.draw_id}")
    values = read_entropy(need(files, "entropy"), freeze.entropy)
    nonces = read_nonces(need(files, "nonces"), freeze) if freeze.nonces else {}
    return seed_from(files["freeze"], values, nonces)


def _result_tsv(draw_id: str, strata: Sequence[Allocation], picks: Picks, seats: Sequence[Seat]) -> bytes:
    """The bytes of result.tsv. Rows are made from checked fields, so they are sorted and written without more ado."""
    texts = [
        f"strat\t{a.stratum}\t{a.size}\t{a.drawn}\t{a.expected.numerator}/{a.expected.denominator}\n" for a in strata
    ]
    texts += [f"team\t{s.team}\t{s.dept}\t{s.seat}\t{s.pid}\t{s.phase}\t{s.ticket}\n" for s in seats]
    lines = [*picks.lines(), *(text.encode("ascii") for text in texts)]
    lines.sort()
    return b"dr1\tresult\t%b\t%d\n" % (draw_id.encode("ascii"), len(lines)) + b"".join(lines)


def compute(
    files: Mapping[str, bytes],
    *,
    seed: str | None = None,
    roster: Roster | None = None,
    reserve: int | None = None,
    processes: int = 1,
) -> Outcome:
    """The whole draw from its files: plan, roster, freeze, entropy; pool and recuse with teams; nonces if frozen.

    `seed`: take this seed and look at neither freeze nor entropy (test vectors); `roster`: an already opened one, for
    rosters on disk; `reserve`: how many ranks behind the drawn to keep per stratum (None: all, 0: none);
    `processes`: for rosters on disk. Raises DrawFileError, DrawInfeasible.
    """
    roster = roster or Roster.from_bytes(need(files, "roster"))
    seed = seed or _seed_of(files, roster)
    plan = read_plan(need(files, "plan"), roster.draw_id)
    strata = allocate(plan, roster.counts, seed)
    wanted = {a.stratum: a.size if reserve is None else a.drawn + reserve for a in strata}
    rankings = select(roster, seed, wanted, processes)
    drawn = {a.stratum: rankings.get(a.stratum, Ranking([]))[: a.drawn] for a in strata}
    behind = {a.stratum: rankings.get(a.stratum, Ranking([]))[a.drawn :] for a in strata}
    crews, branch = Crews((), {}), "none"
    places: list[int] = []
    stopped: Infeasible | None = None
    if plan.teams is not None:
        pool = read_pool(need(files, "pool"), plan.draw_id)
        try:
            crews = form_teams(plan, pool, seed)
            members = team_members(crews, pool, plan.teams)
            recused = recused_pairs(files, plan.draw_id)
            dealt = [(entry.id, entry.needs) for ranking in drawn.values() for entry in ranking]
            places, branch = match(dealt, members, recused, seed)
        except Infeasible as error:
            crews, stopped = Crews((), {}), error
    picks = Picks(drawn, [place + 1 for place in places])
    result = _result_tsv(plan.draw_id, strata, picks, crews.seats)
    outcome = Outcome(plan.draw_id, seed, strata, picks, behind, crews.seats, crews.standby, branch, result)
    if stopped is not None:
        raise DrawInfeasible(stopped, outcome)
    return outcome


def replay(files: Mapping[str, bytes], outcome: Outcome | None = None) -> Standing:
    """Who is in play after the events-NNN files in `files`, each checked to be what its triggers give.

    `outcome`: the computed draw with its whole reserve, if at hand. Raises DrawFileError, Infeasible.
    """
    outcome = outcome or compute(files)
    plan, pool, recused, standing = _start(files, outcome)
    for number, name in enumerate(event_names(files), start=1):
        if name != f"events-{number:03d}":
            raise DrawFileError(name, None, f"事项文件应从 events-001 起连续编号，缺 events-{number:03d}")
        try:
            batch = [(row[0], row[1], row[2]) for row in parse(files[name], "events", outcome.draw_id).rows]
            standing, rows = apply_batch(plan, pool, recused, outcome.reserve, outcome.seed, standing, batch)
        except DrawFileError as error:
            raise DrawFileError(name, error.line, error.reason) from None
        expected = write("events", outcome.draw_id, rows)
        if expected != files[name]:
            raise first_difference(name, files[name], expected)
    return standing


def events_file(files: Mapping[str, bytes], batch: Iterable[tuple[str, str, str]]) -> bytes:
    """The next events-NNN.tsv: `batch` of (E-OUT | I-OUT, id | pid, reason code) on top of the events in `files`.

    Raises DrawFileError (unknown, already out, named twice), Infeasible (no permitted substitute).
    """
    outcome = compute(files)
    standing = replay(files, outcome)
    plan, pool, recused, _ = _start(files, outcome)
    _, rows = apply_batch(plan, pool, recused, outcome.reserve, outcome.seed, standing, batch)
    return write("events", outcome.draw_id, rows)


def event_names(files: Mapping[str, bytes]) -> list[str]:
    """events-001, events-002, … present."""
    return sorted(name for name in files if _EVENTS_NAME.fullmatch(name))


def _start(
    files: Mapping[str, bytes], outcome: Outcome
) -> tuple[Plan, tuple[Person, ...], frozenset[tuple[str, str]], Standing]:
    """Plan, pool, recusals and the standing right after the draw."""
    plan = read_plan(need(files, "plan"))
    pool = read_pool(files["pool"], plan.draw_id) if "pool" in files else ()
    drawn = {pick.id for pick in outcome.picks}
    needs = _needs_of(files["roster"], drawn)
    standing = Standing(
        team_of={pick.id: None if pick.team is None else pick.team - 1 for pick in outcome.picks},
        stratum_of={pick.id: pick.stratum for pick in outcome.picks},
        needs_of=needs,
        used=frozenset(drawn),
        out=frozenset(),
        crews=Crews(outcome.teams, outcome.standby),
    )
    return plan, pool, recused_pairs(files, plan.draw_id), standing


def _needs_of(roster: bytes, ids: set[str]) -> dict[str, str]:
    """id -> needs for the given ids."""
    rows = (line.split("\t") for line in roster.decode("ascii").split("\n")[1:-1])
    return {row[0]: row[2] for row in rows if row[0] in ids}
