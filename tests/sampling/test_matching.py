"""The second random: teams and enterprises. What is promised holds for every seed; what is impossible is explained."""

from collections import Counter
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sampling import matching, quotas
from sampling.matching import Infeasible, Person
from sampling.quotas import CategoryQuota, Department, Plan
from tests.sampling.draws import SEED, person, vector

AB = "ab" * 32


def single(teams):
    """Teams of one person each, named p0, p1, …"""
    return [[Person("GA", f"p{team}", frozenset())] for team in range(teams)]


def plan_of(teams, depts=(("GA", 2),), quotas_=()):
    return Plan("2026-000001", (), (), tuple(Department(*d) for d in depts), tuple(quotas_), teams)


def test_fallback_vector():
    drawn = [(f"E{n}", "-") for n in range(1, 8)]
    recused = {(f"p{team}", e) for e in ("E1", "E2", "E3") for team in (0, 1)} | {("p2", "E4")}
    places, branch = matching.match(drawn, single(3), recused, AB)
    assert ([team + 1 for team in places], branch) == ([3, 3, 3, 1, 1, 2, 2], "global")


def test_teams_of_the_small_vector_and_who_stands_by():
    plan = quotas.read_plan(vector("plan.tsv"))
    pool = matching.read_pool(vector("pool.tsv"))
    crews = matching.form_teams(plan, pool, SEED)
    rows = {f"team\t{s.team}\t{s.dept}\t{s.seat}\t{s.pid}\t{s.phase}\t{s.ticket}" for s in crews.seats}
    assert rows == {line for line in vector("result.tsv").decode().splitlines() if line.startswith("team\t")}
    waiting = {dept: [s.pid for s in people] for dept, people in crews.standby.items()}
    seated = {s.pid for s in crews.seats}
    expected = {
        dept: [p for _, p in sorted((matching.ticket(SEED, "I", dept, "-", p.pid), p.pid) for p in pool
               if p.dept == dept and p.pid not in seated)]
        for dept in ("CJ", "SC")
    }  # fmt: skip
    assert waiting == expected
    assert [len(people) for people in waiting.values()] == [2, 4]


@given(st.integers(1, 5), st.integers(1, 3), st.integers(0, 4), st.integers(0, 2**256 - 1), st.randoms())
def test_every_team_has_its_seats_and_nobody_sits_twice(teams, seats, spare, number, shuffler):
    pool = [
        Person(dept, person(dept, n), frozenset({"SE"} if n % 2 else ()))
        for dept in ("GA", "WS")
        for n in range(2 * teams * seats + spare)
    ]
    plan = plan_of(teams, (("GA", seats), ("WS", 1)), [CategoryQuota("GA", "SE", 1)])
    crews = matching.form_teams(plan, pool, f"{number:064x}")
    shuffler.shuffle(pool)
    assert matching.form_teams(plan, pool, f"{number:064x}") == crews
    people = {p.pid: p for p in pool}
    assert [(s.team, s.seat) for s in crews.seats] == [(t, n) for t in range(1, teams + 1) for n in range(1, seats + 2)]
    for members in matching.team_members(crews, pool, teams):
        assert Counter(p.dept for p in members) == {"GA": seats, "WS": 1}
        assert any("SE" in p.categories for p in members if p.dept == "GA")
    everybody = [s.pid for s in crews.seats] + [s.pid for waiting in crews.standby.values() for s in waiting]
    assert sorted(everybody) == sorted(people)


@pytest.mark.parametrize(
    ("people", "holders", "words"),
    [
        (3, 3, "部门 GA 还需要 4 名人员，可分配的只有 3 名"),
        (8, 1, "部门 GA 还需要 2 名具备专业 SE 的人员，可分配的只有 1 名"),
    ],
)
def test_a_shortage_of_people_is_explained(people, holders, words):
    pool = [Person("GA", person("GA", n), frozenset({"SE"} if n < holders else ())) for n in range(people)]
    quota = [CategoryQuota("GA", "SE", 1)] if people == 8 else []
    with pytest.raises(Infeasible, match=words) as error:
        matching.form_teams(plan_of(2, quotas_=quota), pool, SEED)
    assert (error.value.dept, error.value.free) == ("GA", min(people, holders))


@st.composite
def cases(draw):
    """Drawn enterprises, teams of one, recusals at a random density."""
    teams = draw(st.integers(1, 5))
    number = draw(st.integers(0, 14))
    ids = [f"E{n:02d}" for n in range(number)]
    pairs = [(f"p{t}", i) for t in range(teams) for i in ids]
    forbidden = draw(st.sets(st.sampled_from(pairs), max_size=len(pairs))) if pairs else set()
    return ids, teams, forbidden, f"{draw(st.integers(0, 2**256 - 1)):064x}"


@given(cases())
def test_matching_honours_recusals_with_even_loads_or_explains(case):
    ids, teams, forbidden, seed = case
    drawn = [(i, "-") for i in ids]
    allowed = {i: {t for t in range(teams) if (f"p{t}", i) not in forbidden} for i in ids}
    failure = None
    try:
        places, branch = matching.match(drawn, single(teams), forbidden, seed)
    except Infeasible as error:
        failure = error
    if failure is not None:
        # the explanation is a proof: these enterprises know no team outside, and inside there is not room for them
        assert {t + 1 for i in failure.ids for t in allowed[i]} <= set(failure.teams)
        assert failure.room == len(failure.teams) * -(-len(ids) // teams)
        assert len(failure.ids) > failure.room
        assert all(i in str(failure) for i in failure.ids)
        blocked = sum(1 for i in failure.ids for t in range(teams) if t + 1 not in failure.teams)
        assert sum(b.pairs for b in failure.blockers) == blocked
        assert list(failure.blockers) == sorted(failure.blockers, key=lambda b: -b.pairs)
        return
    assert all(team in allowed[i] for i, team in zip(ids, places, strict=True))
    loads = [places.count(team) for team in range(teams)]
    assert max(loads) <= -(-len(ids) // teams)
    if branch == "block":
        assert max(loads) - min(loads) <= 1
        for start in range(0, len(ids), teams):
            assert len(set(places[start : start + teams])) == len(places[start : start + teams])


@given(cases())
def test_fallback_loads_differ_by_one_where_that_is_possible(case):
    ids, teams, forbidden, seed = case
    assume(len(ids) % teams == 0)  # then floor = ceil and every assignment without slack is even
    try:
        places, _ = matching.match([(i, "-") for i in ids], single(teams), forbidden, seed)
    except Infeasible:
        return
    assert {places.count(team) for team in range(teams)} <= {len(ids) // teams}


def test_needs_send_enterprises_to_teams_with_a_holder():
    members = [[Person("GA", "p0", frozenset({"SE"}))], [Person("GA", "p1", frozenset({"FS"}))]]
    drawn = [("E1", "SE"), ("E2", "FS"), ("E3", "-"), ("E4", "SE")]
    for number in range(50):
        places, _ = matching.match(drawn, members, (), f"{number:064x}")
        assert (places[0], places[1], places[3]) == (0, 1, 0)
    with pytest.raises(Infeasible, match="专业 SE 的需要") as error:
        matching.match([("E1", "SE"), ("E2", "SE")], members, (), SEED)
    assert (error.value.ids, error.value.teams, error.value.room) == (("E1", "E2"), (1,), 1)


def test_infeasible_names_enterprises_teams_and_what_to_lift():
    drawn = [("E1", "-"), ("E2", "-"), ("E3", "-")]
    with pytest.raises(Infeasible) as error:
        matching.match(drawn, single(3), {("p0", "E1"), ("p0", "E2"), ("p2", "E1"), ("p2", "E2")}, SEED)
    assert str(error.value) == (
        "这 2 家（E1、E2）只能由第 2 队检查，而合计只容得下 1 家（每队 1 家）。"
        "可解除其一：人员 p0 的回避（挡住 2 对，如 E1 与第 1 队）；"
        "人员 p2 的回避（挡住 2 对，如 E1 与第 3 队）；或增加队数。"
    )


def test_an_enterprise_that_no_team_may_visit():
    with pytest.raises(Infeasible, match="E1 没有任何一队可去"):
        matching.match([("E1", "-")], single(2), {("p0", "E1"), ("p1", "E1")}, SEED)


CONFLICTS = {("p0", "E0"), ("p1", "E1"), ("p2", "E2"), ("p0", "E1"), ("p3", "E3"), ("p4", "E3"), ("p4", "E4")}


def chi_square_of_matching(match):
    """Counts over all feasible permutations of a 5x5 case with 7 conflicts, 3 000 seeds: (chi², degrees of freedom)."""
    drawn = [(f"E{n}", "-") for n in range(5)]
    feasible = [p for p in permutations(range(5)) if not any((f"p{t}", f"E{n}") in CONFLICTS for n, t in enumerate(p))]
    seeds = 3000
    counts = Counter(tuple(match(drawn, f"{number:064x}")) for number in range(seeds))
    assert set(counts) <= set(feasible)
    expected = seeds / len(feasible)
    return sum((counts[p] - expected) ** 2 / expected for p in feasible), len(feasible) - 1


def test_block_matching_is_uniform_on_the_feasible_permutations(monkeypatch):
    def run(drawn, seed):
        return matching.match(drawn, single(5), CONFLICTS, seed)[0]

    chi, freedom = chi_square_of_matching(run)
    assert chi < freedom + 6 * (2 * freedom) ** 0.5
    # the control: augmenting paths alone are far from uniform, and this test sees it
    monkeypatch.setattr(matching, "ATTEMPTS", 0)
    chi, freedom = chi_square_of_matching(run)
    assert chi > freedom + 20 * (2 * freedom) ** 0.5


def holders_z(draws):
    """6 holders and 4 others for 3 teams of 2 with one holder each: z of the left-over holders' further seats."""
    pool = [Person("GA", person("GA", n), frozenset({"SE"} if n < 6 else ())) for n in range(10)]
    holders = {p.pid for p in pool if p.categories}
    plan = plan_of(3, quotas_=[CategoryQuota("GA", "SE", 1)])
    total = 0
    for number in range(draws):
        crews = matching.form_teams(plan, pool, f"{number:064x}")
        total += sum(s.phase == "-" and s.pid in holders for s in crews.seats)
    # 3 further seats among 7 people left, 3 of them holders: hypergeometric
    mean, variance = 3 * 3 / 7, 3 * (3 / 7) * (4 / 7) * (4 / 6)
    return (total - draws * mean) / (draws * variance) ** 0.5


def test_each_phase_has_its_own_tickets(monkeypatch):
    assert abs(holders_z(1500)) < 5
    own = matching.ticket
    monkeypatch.setattr(matching, "ticket", lambda seed, tag, dept, phase, pid: own(seed, tag, dept, "-", pid))
    assert holders_z(1500) < -10
