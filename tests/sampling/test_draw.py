"""The first random: vectors, independence of everything but the seed and the id, and rosters read in pieces."""

import os
import random
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling import bundle, draw
from sampling.canonical import DrawFileError, ticket
from sampling.draw import Ranked, Roster
from tests.sampling.draws import BIG_SEED, SEED, identifier, vector

BASE = Path(__file__).resolve().parents[2]


def roster_of(ids, stratum="A"):
    return Roster.from_bytes(bundle.roster_file("2026-000001", [(i, stratum, "-") for i in ids]))


def by_hand(ids, seed):
    """SELECT in one line: everything sorted by (ticket, id)."""
    return [i for _, i in sorted((sha256(f"{seed}/E/{i}".encode()).hexdigest(), i) for i in ids)]


def names(ranking):
    return [ranked.id for ranked in ranking]


def test_ticket_vector():
    expected = "08c75503572c6c30514e24f849260d555fc71e9a24902af07a0396bb542fe386"
    assert ticket(SEED, "E", "91350100000000111B") == expected


def test_large_vector():
    outcome = bundle.compute(
        {"roster": vector("big_roster.tsv"), "plan": vector("big_plan.tsv")}, seed=BIG_SEED, reserve=1
    )
    assert outcome.result_tsv == vector("big_result.tsv")
    assert len(outcome.picks) == 5100
    assert {p.stratum: p.id for p in outcome.picks if p.rank == 1} == {
        "A0": "913500000000821931",
        "A1": "913500000000207848",
        "B0": "91350000000004249L",
        "B1": "91350000000048033H",
        "C0": "913500000000767068",
        "D0": "913500000000656027",
        "E0": "913500000000401001",
    }
    assert (outcome.reserve["A0"][0].rank, outcome.reserve["A0"][0].id) == (446, "91350000000062164H")


def test_golden_digest_of_a_thousand_draws():
    ids = {code: [identifier(i, code) for i in range(40)] for code in "AB"}
    roster = Roster.from_bytes(bundle.roster_file("2026-000001", [(i, code, "-") for code in "AB" for i in ids[code]]))
    digest = sha256()
    for number in range(1000):
        chosen = draw.select(roster, sha256(f"stat{number}".encode()).hexdigest(), {"A": 6, "B": 12})
        digest.update(repr([sorted(ids[code].index(i) for i in names(chosen[code])) for code in "AB"]).encode())
    assert digest.hexdigest()[:12] == "b30c1f955df4"


@given(
    st.sets(st.from_regex(r"[0-9A-Z]{1,32}", fullmatch=True), max_size=60),
    st.integers(0, 2**256 - 1),
    st.integers(0, 70),
)
def test_selection_is_the_sorted_tickets(ids, number, wanted):
    seed = f"{number:064x}"
    ranking = draw.select(roster_of(ids), seed, {"A": wanted}).get("A", [])
    expected = by_hand(ids, seed)[:wanted]
    assert list(ranking) == [Ranked(rank, i, ticket(seed, "E", i), "-") for rank, i in enumerate(expected, start=1)]


@pytest.mark.parametrize("wanted", [0, 1, 40, 1500, 1999, 2000, 5000])
def test_bounded_selection_is_exact(wanted):
    ids = [identifier(n) for n in range(2000)]
    assert names(draw.select(roster_of(ids), SEED, {"A": wanted})["A"]) == by_hand(ids, SEED)[:wanted]


def test_a_bound_that_was_too_low_is_widened(monkeypatch):
    ids = [identifier(n) for n in range(500)]
    rows = [(i, "AB"[n % 2], "-") for n, i in enumerate(ids)]
    roster = Roster.from_bytes(bundle.roster_file("2026-000001", rows))
    monkeypatch.setattr(draw, "_bound", lambda wanted, size: b"\x01")
    chosen = draw.select(roster, SEED, {"A": 30, "B": 7})
    assert names(chosen["A"]) == by_hand(ids[0::2], SEED)[:30]
    assert names(chosen["B"]) == by_hand(ids[1::2], SEED)[:7]


@given(st.integers(0, 2**256 - 1), st.integers(1, 20))
def test_one_enterprise_more_changes_the_sample_by_at_most_itself(number, wanted):
    seed = f"{number:064x}"
    ids = [identifier(n) for n in range(60)]
    newcomer = identifier(999)
    before = set(names(draw.select(roster_of(ids), seed, {"A": wanted})["A"]))
    after = set(names(draw.select(roster_of([*ids, newcomer]), seed, {"A": wanted})["A"]))
    assert after - before <= {newcomer}
    assert len(before - after) == len(after - before)


def test_an_enterprise_less_keeps_the_order_of_the_others():
    ids = [identifier(n) for n in range(100)]
    order = names(draw.select(roster_of(ids), SEED, {"A": 100})["A"])
    gone = order[3]
    rest = names(draw.select(roster_of([i for i in ids if i != gone]), SEED, {"A": 99})["A"])
    assert rest == [i for i in order if i != gone]


@pytest.mark.parametrize(("hash_seed", "locale"), [("0", "C"), ("1", "zh_CN.UTF-8"), ("4242", "tr_TR.UTF-8")])
def test_hash_seed_locale_and_process_do_not_matter(hash_seed, locale):
    program = (
        "import sys; sys.path.insert(0, '.')\n"
        "from tests.sampling.draws import small_files\n"
        "from sampling.bundle import compute, sha256_hex\n"
        "print(sha256_hex(compute(small_files()).result_tsv))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=BASE,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "LC_ALL": locale, "TZ": "America/New_York"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "35dd6533be31debff8761f8388763d6efda944ed3426aa8dd127d6c1aa2ecef6\n"


def test_row_order_of_the_source_does_not_matter():
    rows = [(identifier(n), "ABC"[n % 3], "-") for n in range(300)]
    expected = bundle.roster_file("2026-000001", rows)
    random.Random(5).shuffle(rows)
    assert bundle.roster_file("2026-000001", rows) == expected


def test_a_roster_on_disk_and_in_slices_gives_the_same(tmp_path, monkeypatch):
    path = tmp_path / "roster.tsv"
    path.write_bytes(vector("big_roster.tsv"))
    whole = Roster.from_bytes(vector("big_roster.tsv"))
    wanted = {"A0": 445, "B1": 100, "E0": 1000}
    expected = {code: list(r) for code, r in draw.select(whole, BIG_SEED, wanted).items()}
    monkeypatch.setattr(draw, "_KEEP_COLUMNS", 0)
    monkeypatch.setattr(draw, "_BLOCK", 10_007)
    for roster, processes in (
        (Roster.from_bytes(vector("big_roster.tsv")), 1),
        (Roster.from_path(path), 1),
        (Roster.from_path(path, processes=2), 2),
    ):
        assert roster.columns is None
        assert (roster.digest, roster.size, roster.total) == (whole.digest, whole.size, whole.total)
        assert roster.counts == whole.counts
        found = draw.select(roster, BIG_SEED, wanted, processes)
        assert {code: list(ranking) for code, ranking in found.items()} == expected
    assert sum(1 for _ in Roster.from_path(path).ids()) == 100_000
    assert Roster.from_path(path).needs() == {"-": 100_000}


@pytest.mark.parametrize("processes", [1, 2])
def test_errors_in_a_roster_on_disk_name_the_line(tmp_path, processes):
    lines = vector("big_roster.tsv").split(b"\n")
    lines[70_000], lines[70_001] = lines[70_001], lines[70_000]
    path = tmp_path / "roster.tsv"
    path.write_bytes(b"\n".join(lines))
    with pytest.raises(DrawFileError, match="升序") as error:
        Roster.from_path(path, processes=processes)
    assert error.value.line == 70_002


def test_rankings_are_sequences():
    ranking = draw.select(roster_of([identifier(n) for n in range(9)]), SEED, {"A": 9})["A"]
    assert [r.rank for r in ranking[4:]] == [5, 6, 7, 8, 9]
    assert ranking[-1].rank == 9
    assert ranking[4:][0] == ranking[4]
    with pytest.raises(IndexError):
        ranking[9]
    with pytest.raises(ValueError, match="step 1"):
        ranking[::2]
