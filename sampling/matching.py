"""The second random: inspectors into teams (TEAMS), teams to enterprises (MATCH), both of protocol `dr1`.

An inspector's ticket is SHA256(seed "/I/" dept "/" phase "/" pid); each category quota is a phase of its own, the rest
is phase "-". Drawn enterprises are dealt to teams block by block: a block is as many enterprises as there are teams,
its permutation is tried again until nobody meets an enterprise he is recused from and every need is held (rejection
sampling: uniform on the feasible permutations). If some block finds none in 4096 attempts, all is dealt anew by
augmenting paths without slack; what then cannot be assigned is explained, never relaxed.

Two points that the pseudo-code leaves open, fixed here: a seat number counts through the whole team, departments by
code, within a department in the order in which people were given; in the augmenting search the enterprises of a full
team are queued in deal order.

Public: `Person`, `Seat`, `Standby`, `Crews`, `Blocker`, `Infeasible`, `read_pool`, `form_teams`, `team_members`,
`lacking`, `blocked_teams`, `match`. Teams count from 0 inside (as in the hash inputs), from 1 in `Seat` and messages.
"""

from bisect import insort
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sampling.canonical import parse, ticket
from sampling.quotas import Plan

ATTEMPTS = 4096


@dataclass(frozen=True, slots=True)
class Person:
    """One row of pool.tsv."""

    dept: str
    pid: str
    categories: frozenset[str]


@dataclass(frozen=True, slots=True)
class Seat:
    """One place in a team: team and seat from 1, phase = quota category or "-", ticket 64 hex."""

    team: int
    dept: str
    seat: int
    pid: str
    phase: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Standby:
    """A pool member without a seat; `ticket` of phase "-" gives the order."""

    pid: str
    ticket: str


@dataclass(frozen=True, slots=True)
class Crews:
    """All teams: seats by (team, seat), and per department who stands by, in order."""

    seats: tuple[Seat, ...]
    standby: Mapping[str, tuple[Standby, ...]]


@dataclass(frozen=True, slots=True)
class Blocker:
    """Why enterprise-team pairs are forbidden: a recused `pid` or a `category` nobody holds; `pairs` of them, one
    `example` (enterprise id, team from 1).
    """

    pid: str | None
    category: str | None
    pairs: int
    example: tuple[str, int]


class Infeasible(ValueError):
    """The draw cannot be finished as planned; `str()` says so in Chinese with codes of departments and enterprises.

    `dept`/`category`/`needed`/`free`: a shortage of people. `ids`/`teams`/`room`/`blockers`: enterprises that fit into
    no team (the Hall set; teams from 1). Callers with names at hand may word it anew from these.
    """

    def __init__(
        self,
        message: str,
        *,
        dept: str | None = None,
        category: str | None = None,
        needed: int = 0,
        free: int = 0,
        ids: tuple[str, ...] = (),
        teams: tuple[int, ...] = (),
        room: int = 0,
        blockers: tuple[Blocker, ...] = (),
    ) -> None:
        """All parts beside the message are optional."""
        super().__init__(message)
        self.dept = dept
        self.category = category
        self.needed = needed
        self.free = free
        self.ids = ids
        self.teams = teams
        self.room = room
        self.blockers = blockers


def read_pool(data: bytes, draw_id: str | None = None) -> tuple[Person, ...]:
    """pool.tsv. Raises DrawFileError."""
    return tuple(
        Person(dept, pid, frozenset(() if codes == "-" else codes.split(",")))
        for dept, pid, codes in parse(data, "pool", draw_id).rows
    )


def _short(dept: str, category: str | None, needed: int, free: int) -> Infeasible:
    """The shortage of people, in words."""
    what = f"具备专业 {category} 的人员" if category else "人员"
    return Infeasible(
        f"部门 {dept} 还需要 {needed} 名{what}，可分配的只有 {free} 名。请补充人员、降低要求或减少队数",
        dept=dept,
        category=category,
        needed=needed,
        free=free,
    )


def form_teams(plan: Plan, pool: Sequence[Person], seed: str) -> Crews:
    """TEAMS: every department's people into `plan.teams` teams. Raises Infeasible when people or holders run short."""
    teams = range(plan.teams or 0)
    taken: list[tuple[int, str, Person, str]] = []  # team from 0, phase, person, ticket; in the order given
    standby: dict[str, tuple[Standby, ...]] = {}
    for dept in plan.depts:
        free = {person.pid: person for person in pool if person.dept == dept.code}
        members: dict[int, list[Person]] = {team: [] for team in teams}

        def give(todo: list[int], phase: str, candidates: list[Person]) -> list[tuple[str, str]]:
            """Seat candidates in ticket order; what is left, as (ticket, pid)."""
            order = sorted((ticket(seed, "I", dept.code, phase, p.pid), p.pid) for p in candidates)  # noqa: B023
            if len(order) < len(todo):
                raise _short(dept.code, None if phase == "-" else phase, len(todo), len(order))  # noqa: B023
            for team, (drawn, pid) in zip(todo, order, strict=False):
                person = free.pop(pid)  # noqa: B023
                members[team].append(person)  # noqa: B023
                taken.append((team, phase, person, drawn))
            return order[len(todo) :]

        for quota in (q for q in plan.quotas if q.dept == dept.code):
            holders = {t: sum(quota.category in p.categories for p in members[t]) for t in teams}
            todo = [t for r in range(quota.count) for t in teams if holders[t] <= r]
            give(todo, quota.category, [p for p in free.values() if quota.category in p.categories])
        todo = [t for r in range(dept.seats) for t in teams if len(members[t]) <= r]
        left = give(todo, "-", list(free.values()))
        standby[dept.code] = tuple(Standby(pid, drawn) for drawn, pid in left)
    seats: list[Seat] = []
    for team in teams:
        mine = [entry for entry in taken if entry[0] == team]  # already department by department
        seats += [
            Seat(team + 1, person.dept, number, person.pid, phase, drawn)
            for number, (_, phase, person, drawn) in enumerate(mine, start=1)
        ]
    return Crews(tuple(seats), standby)


def team_members(crews: Crews, pool: Sequence[Person], teams: int) -> list[list[Person]]:
    """The people of each team (index from 0)."""
    people = {person.pid: person for person in pool}
    members: list[list[Person]] = [[] for _ in range(teams)]
    for seat in crews.seats:
        members[seat.team - 1].append(people[seat.pid])
    return members


def lacking(needs: str, members: Sequence[Person]) -> list[str]:
    """The categories of `needs` ("a,b" or "-") that nobody in the team holds."""
    return [] if needs == "-" else [c for c in needs.split(",") if not any(c in p.categories for p in members)]


def blocked_teams(
    drawn: Iterable[tuple[str, str]], members: Sequence[Sequence[Person]], recused: Iterable[tuple[str, str]]
) -> dict[str, frozenset[int]]:
    """Enterprise id -> teams (from 0) it must not go to; ids without any are left out.

    `drawn`: (id, needs); `recused`: (pid, id).
    """
    team_of = {person.pid: team for team, people in enumerate(members) for person in people}
    blocked: dict[str, set[int]] = {}
    for pid, identifier in recused:
        if pid in team_of:
            blocked.setdefault(identifier, set()).add(team_of[pid])
    without: dict[str, set[int]] = {}
    result: dict[str, frozenset[int]] = {}
    for identifier, needs in drawn:
        if needs not in without:
            without[needs] = {team for team, people in enumerate(members) if lacking(needs, people)}
        teams = blocked.get(identifier, set()) | without[needs]
        if teams:
            result[identifier] = frozenset(teams)
    return result


def _by_hash(prefix: str, teams: int) -> list[int]:
    """Teams sorted by SHA256(prefix t)."""
    start = prefix.encode("ascii")
    return sorted(range(teams), key=lambda t: (sha256(start + b"%d" % t).digest(), t))


def _deal_block(seed: str, number: int, block: Sequence[frozenset[int]], teams: int) -> list[int] | None:
    """The first permutation of the block without a forbidden pair, or None after all attempts."""
    if any(len(forbidden) == teams for forbidden in block):
        return None
    for attempt in range(ATTEMPTS):
        order = _by_hash(f"{seed}/M/{number}/{attempt}/", teams)
        if not any(team in forbidden for forbidden, team in zip(block, order, strict=False)):
            return order[: len(block)]
    return None


class _Fallback:
    """GLOBAL: augmenting paths over all drawn enterprises, loads at most `cap`."""

    def __init__(self, seed: str, ids: Sequence[str], forbidden: Sequence[frozenset[int]], teams: int) -> None:
        """`ids` in deal order."""
        self.preference = [
            [t for t in _by_hash(f"{seed}/G/{identifier}/", teams) if t not in blocked]
            for identifier, blocked in zip(ids, forbidden, strict=True)
        ]
        self.team: list[int | None] = [None] * len(ids)
        self.load: list[list[int]] = [[] for _ in range(teams)]

    def search(self, start: int, cap: int) -> tuple[bool, list[int], list[int]]:
        """Breadth first from one enterprise. (assigned?, enterprises reached, teams reached)."""
        came_from: dict[int, int] = {}
        reached = [start]
        queue = deque(reached)
        while queue:
            enterprise = queue.popleft()
            for team in self.preference[enterprise]:
                if team in came_from:
                    continue
                came_from[team] = enterprise
                if len(self.load[team]) < cap:
                    self._augment(team, came_from)
                    return True, [], []
                queue.extend(self.load[team])
                reached.extend(self.load[team])
        return False, reached, list(came_from)

    def _augment(self, team: int, came_from: dict[int, int]) -> None:
        """Move everybody along the path one step on."""
        while True:
            enterprise = came_from[team]
            before = self.team[enterprise]
            self.team[enterprise] = team
            insort(self.load[team], enterprise)
            if before is None:
                return
            self.load[before].remove(enterprise)
            team = before

    def run(self) -> tuple[int, list[int], list[int]] | None:
        """Assign all, or (cap, enterprises reached, teams reached) for the first that cannot be."""
        number, teams = len(self.team), len(self.load)
        for cap in (number // teams, -(-number // teams)):
            stuck = None
            for enterprise in range(number):
                if self.team[enterprise] is None:
                    done, reached, around = self.search(enterprise, cap)
                    if not done and stuck is None:
                        stuck = (cap, reached, around)
        return stuck


def _why_not(
    ids: Sequence[str],
    needs: Mapping[str, str],
    teams: Sequence[int],
    cap: int,
    members: Sequence[Sequence[Person]],
    recused: frozenset[tuple[str, str]],
) -> Infeasible:
    """The Hall set in words. `teams` from 0 are those that the enterprises `ids` can go to."""
    counts: Counter[tuple[str, str]] = Counter()
    example: dict[tuple[str, str], tuple[str, int]] = {}
    for identifier in ids:
        for team in sorted(set(range(len(members))) - set(teams)):
            reasons = [("pid", p.pid) for p in members[team] if (p.pid, identifier) in recused]
            reasons += [("category", category) for category in lacking(needs[identifier], members[team])]
            for reason in reasons:
                counts[reason] += 1
                example.setdefault(reason, (identifier, team + 1))
    blockers = tuple(
        Blocker(value if kind == "pid" else None, value if kind == "category" else None, number, example[(kind, value)])
        for (kind, value), number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )
    places = "、".join(str(team + 1) for team in sorted(teams))
    room = cap * len(teams)
    if teams:
        text = (
            f"这 {len(ids)} 家（{'、'.join(ids)}）只能由第 {places} 队检查，而合计只容得下 {room} 家（每队 {cap} 家）。"
        )
    else:
        text = f"{'、'.join(ids)} 没有任何一队可去。"
    lift = [
        f"{'人员 ' + b.pid + ' 的回避' if b.pid else '专业 ' + str(b.category) + ' 的需要'}"
        f"（挡住 {b.pairs} 对，如 {b.example[0]} 与第 {b.example[1]} 队）"
        for b in blockers[:5]
    ]
    text += f"可解除其一：{'；'.join(lift)}；或增加队数。" if lift else "请增加队数。"
    return Infeasible(
        text, ids=tuple(ids), teams=tuple(team + 1 for team in sorted(teams)), room=room, blockers=blockers
    )


def match(
    drawn: Sequence[tuple[str, str]],
    members: Sequence[Sequence[Person]],
    recused: Iterable[tuple[str, str]],
    seed: str,
) -> tuple[list[int], str]:
    """MATCH: a team (from 0) for each drawn enterprise, and the branch used, "block" or "global".

    `drawn`: (id, needs) in deal order, that is by (stratum, ticket, id); `members[t]`: people of team t;
    `recused`: (pid, id). Raises Infeasible with the Hall set.
    """
    pairs = frozenset(recused)
    blocked = blocked_teams(drawn, members, pairs)
    ids = [identifier for identifier, _ in drawn]
    forbidden = [blocked.get(identifier, frozenset()) for identifier in ids]
    teams = len(members)
    dealt: list[int] = []
    for number, start in enumerate(range(0, len(ids), teams)):
        order = _deal_block(seed, number, forbidden[start : start + teams], teams)
        if order is None:
            break
        dealt += order
    else:
        return dealt, "block"
    fallback = _Fallback(seed, ids, forbidden, teams)
    stuck = fallback.run()
    if stuck is not None:
        cap, reached, around = stuck
        names = [ids[enterprise] for enterprise in sorted(reached)]
        raise _why_not(names, dict(drawn), around, cap, members, pairs)
    return [team for team in fallback.team if team is not None], "global"
