"""How many from each stratum: the published vector, and what must hold for every plan."""

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling import bundle, quotas
from sampling.canonical import DrawFileError
from sampling.quotas import CategoryQuota, Department, Group, Plan, Stratum
from tests.sampling.draws import BIG_SEED, SEED, vector

CELLS = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9)), min_size=1, max_size=8)
UNIFORM = st.integers(0, 2**256 - 1).map(lambda number: Fraction(number, 2**256))


def test_exact_allocation_vector():
    assert quotas.shares(100, [10, 100, 1000], [10, 5, 1]) == [Fraction(25, 4), Fraction(125, 4), Fraction(125, 2)]


def test_rounding_number_vector():
    number = "a788b0d027bb01fe20bd701d255a40434f8247f3c136ba35077f9ea33b7e4b20"
    assert quotas.rounding_number(SEED, "A") == Fraction(int(number, 16), 2**256)


def test_large_vector():
    plan = quotas.read_plan(vector("big_plan.tsv"), "2026-000018")
    counts = {"A0": 33333, "A1": 16667, "B0": 20000, "B1": 10000, "C0": 15000, "D0": 4000, "E0": 1000}
    found = {a.stratum: (a.size, a.drawn, a.expected) for a in quotas.allocate(plan, counts, BIG_SEED)}
    assert found == {
        "A0": (33333, 445, Fraction(66666000, 149999)),
        "A1": (16667, 55, Fraction(8333500, 149999)),
        "B0": (20000, 800, Fraction(800)),
        "B1": (10000, 100, Fraction(100)),
        "C0": (15000, 1500, Fraction(1500)),
        "D0": (4000, 1200, Fraction(1200)),
        "E0": (1000, 1000, Fraction(1000)),
    }


@pytest.mark.parametrize(
    ("rate", "sizes", "weights", "number"),
    [
        ((7, 100), [100], [1], 7),  # in floats 7/100*100 is 7.000000000000001, and its ceiling 8
        ((1, 100), [101], [1], 2),
        ((0, 1), [50], [1], 0),
        ((1, 1), [50, 7], [1, 1], 57),
        ((1, 1), [50, 7], [1, 0], 50),
        ((1, 2), [1, 9], [1, 0], 1),
        ((1, 10), [], [], 0),
    ],
)
def test_rate_rounds_up_once(rate, sizes, weights, number):
    assert quotas.group_number(Group("A", rate=rate), sizes, weights) == number


def test_total_beyond_what_can_be_drawn():
    assert quotas.group_number(Group("A", total=50), [50, 7], [1, 0]) == 50
    with pytest.raises(DrawFileError, match="要抽 51 家，可抽的只有 50 家"):
        quotas.group_number(Group("A", total=51), [50, 7], [1, 0])


@given(CELLS, st.data())
def test_shares_are_the_water_filling_solution(cells, data):
    sizes, weights = [size for size, _ in cells], [weight for _, weight in cells]
    drawable = sum(size for size, weight in cells if weight)
    number = data.draw(st.integers(0, drawable))
    x = quotas.shares(number, sizes, weights)
    assert sum(x) == number
    assert all(0 <= share <= size for share, size in zip(x, sizes, strict=True))
    assert all(share == 0 for share, weight in zip(x, weights, strict=True) if weight == 0)
    # one common level: x = weight * size * level, but never above the size
    levels = {share / (w * n) for share, w, n in zip(x, weights, sizes, strict=True) if w * n and share < n}
    assert len(levels) <= 1
    full = [w for share, w, n in zip(x, weights, sizes, strict=True) if w * n and share == n]
    assert all(w * level >= 1 for w in full for level in levels)


@given(CELLS, UNIFORM, st.data())
def test_rounding_keeps_the_total_and_the_neighbours(cells, uniform, data):
    sizes, weights = [size for size, _ in cells], [weight for _, weight in cells]
    number = data.draw(st.integers(0, sum(size for size, weight in cells if weight)))
    x = quotas.shares(number, sizes, weights)
    drawn = quotas.round_shares(x, uniform)
    assert sum(drawn) == number
    assert all(n in (floor(share), -floor(-share)) for n, share in zip(drawn, x, strict=True))


def test_mean_of_the_rounding_is_the_share():
    """20 000 seeds: |z| < 5 for every stratum, as for a sum of Bernoulli numbers."""
    x = quotas.shares(5, [7, 3, 11], [4, 1, 2])
    seeds = 20_000
    totals = [0, 0, 0]
    for number in range(seeds):
        drawn = quotas.round_shares(x, quotas.rounding_number(f"{number:064x}", "A"))
        totals = [total + n for total, n in zip(totals, drawn, strict=True)]
    for total, share in zip(totals, x, strict=True):
        part = float(share - floor(share))
        assert part not in (0.0, 1.0)
        assert abs(total - seeds * float(share)) / (seeds * part * (1 - part)) ** 0.5 < 5


def test_plan_is_rebuilt_from_its_parts():
    plan = quotas.read_plan(vector("plan.tsv"))
    assert plan.teams == 3
    assert plan.groups[1] == Group("B", rate=(3, 10))
    assert plan.quotas == (CategoryQuota("SC", "SE", 1),)
    rebuilt = bundle.plan_file(
        "2026-000017",
        groups=plan.groups[::-1],
        strata=plan.strata[::-1],
        depts=plan.depts,
        quotas=plan.quotas,
        teams=plan.teams,
    )
    assert rebuilt == vector("plan.tsv")


GOOD = Plan("2026-000001", (Group("A", rate=(1, 2)),), (Stratum("A0", "A"),), (Department("GA", 2),), (), 2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"groups": (Group("A", rate=(3, 2)),)}, "不在 0 与 1 之间"),
        ({"groups": (Group("A"),)}, "比例或总数之一"),
        ({"groups": (Group("A", rate=(1, 2)), Group("A", total=2))}, "分组 A 写了两次"),
        ({"strata": (Stratum("A0", "B"),)}, "未写明的分组 B"),
        ({"strata": (Stratum("A0", "A"), Stratum("A0", "A", 2))}, "分层 A0 写了两次"),
        ({"strata": (Stratum("A0", "A", -1),)}, "格式不符"),
        ({"quotas": (CategoryQuota("WS", "SE", 1),)}, "未写明的部门 WS"),
        ({"teams": None}, "要么都写"),
        ({"depts": ()}, "要么都写"),
        ({"teams": 0}, "格式不符"),
    ],
)
def test_plan_writer_refuses(changes, words):
    parts = {name: getattr(GOOD, name) for name in ("groups", "strata", "depts", "quotas", "teams")}
    assert bundle.plan_file("2026-000001", **parts)
    with pytest.raises(DrawFileError, match=words):
        bundle.plan_file("2026-000001", **{**parts, **changes})


def test_plan_reader_refuses_what_the_writer_would_not_write():
    for row, words in ((b"group\tA\trate\t3/2", "大于 1"), (b"group\tA\trate\t01/2", "格式不符")):
        with pytest.raises(DrawFileError, match=words):
            quotas.read_plan(b"dr1\tplan\t2026-000001\t1\n" + row + b"\n")
    with pytest.raises(DrawFileError, match="写了两次"):
        quotas.read_plan(b"dr1\tplan\t2026-000001\t3\ndept\tGA\t2\nteams\t2\nteams\t3\n")


def test_roster_stratum_unknown_to_the_plan():
    with pytest.raises(DrawFileError, match="分层 Z 不在"):
        quotas.allocate(GOOD, {"A0": 3, "Z": 1}, SEED)
