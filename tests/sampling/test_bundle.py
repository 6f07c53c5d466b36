"""The published folder: what it gives, and that a change anywhere in it is found and named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sampling import bundle
from sampling.bundle import Infeasible, VerifyError
from sampling.canonical import DrawFileError
from sampling.quotas import CategoryQuota
from tests.sampling.draws import DICE, SEED, frozen, identifier, invented, person, small_files, store, vector

BASE = Path(__file__).resolve().parents[2]
BATCH = [tuple(line.split("\t")) for line in vector("events_in.tsv").decode().splitlines()]


def log_of(draw_id, files, prev=bundle.GENESIS):
    lines = [
        bundle.log_line(1, "2026-04-17T09:00:00+08:00", "FREEZE", draw_id, files["freeze"]),
        bundle.log_line(2, "2026-04-20T10:12:00+08:00", "ENTROPY", draw_id, files["entropy"]),
        bundle.log_line(3, "2026-04-20T10:13:00+08:00", "RESULT", draw_id, files["result"]),
    ]
    if "events-001" in files:
        lines.append(bundle.log_line(4, "2026-04-21T10:13:00+08:00", "EVENTS-001", draw_id, files["events-001"]))
    return bundle.log_file(draw_id, lines, prev)


def complete():
    """The small vector with result, one batch of events and the log."""
    files = {**small_files(), "result": vector("result.tsv"), "events-001": vector("events.tsv")}
    return {**files, "log": log_of("2026-000017", files)}


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "sampling.bundle", *map(str, arguments)],
        cwd=BASE,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_small_vector():
    outcome = bundle.compute(small_files())
    assert outcome.result_tsv == vector("result.tsv")
    assert outcome.seed == SEED
    assert outcome.branch == "block"
    assert [(a.stratum, a.size, a.drawn, str(a.expected)) for a in outcome.strata] == [
        ("A0", 7, 1, "28/31"),
        ("A1", 3, 0, "3/31"),
        ("B0", 5, 2, "40/21"),
        ("B1", 1, 0, "2/21"),
        ("C0", 4, 2, "2"),
        ("D0", 2, 2, "2"),
        ("E0", 2, 2, "2"),
    ]
    assert [(p.stratum, p.rank) for p in outcome.picks] == sorted((p.stratum, p.rank) for p in outcome.picks)
    assert {code: [r.rank for r in rest] for code, rest in outcome.reserve.items()} == {
        "A0": [2, 3, 4, 5, 6, 7],
        "A1": [1, 2, 3],
        "B0": [3, 4, 5],
        "B1": [1],
        "C0": [3, 4],
        "D0": [],
        "E0": [],
    }


def test_events_vector_whatever_the_order_of_the_batch():
    files = small_files()
    assert bundle.events_file(files, BATCH) == vector("events.tsv")
    assert bundle.events_file(files, BATCH[::-1]) == vector("events.tsv")


def test_second_batch_goes_on_from_the_first():
    files = {**small_files(), "events-001": vector("events.tsv")}
    standing = bundle.replay(files)
    assert "91350100000000111B" not in standing.team_of
    assert standing.team_of["91350100000000000H"] == 1
    second = bundle.events_file(files, [("E-OUT", "91350100000000000H", "duplicate")])
    third_of_a0 = bundle.compute(small_files()).reserve["A0"][1]
    assert second.splitlines()[1].split(b"\t")[3:] == [third_of_a0.id.encode(), b"2", b"3"]
    for gone in (("E-OUT", "91350100000000111B", "cap"), ("I-OUT", "89725ae3c200528411e1745ab10332b0", "sick")):
        with pytest.raises(DrawFileError, match="已经退出"):
            bundle.events_file(files, [gone])


def test_reported_reserves_are_passed_over_and_exhausted_strata_give_nobody():
    files = small_files()
    first, second = bundle.compute(files).reserve["A0"][:2]
    batch = [
        ("E-OUT", "91350100000000111B", "revoked"),
        ("E-OUT", first.id, "revoked"),
        ("E-OUT", "91350100000000814C", "cap"),
    ]
    rows = {
        row.split(b"\t")[1].decode(): row.split(b"\t")[3:] for row in bundle.events_file(files, batch).splitlines()[1:]
    }
    assert rows == {
        "91350100000000111B": [second.id.encode(), b"2", b"3"],
        first.id: [b"-", b"-", b"-"],
        "91350100000000814C": [b"-", b"-", b"-"],
    }


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ([("E-OUT", "91350100000000999X", "cap")], "不在抽取名单与后备之中"),
        ([("I-OUT", "0" * 32, "sick")], "不在备选人员之中"),
        ([("E-OUT", "91350100000000111B", "cap"), ("E-OUT", "91350100000000111B", "revoked")], "重复"),
        ([("E-OUT", "91350100000000111B", "sick")], "格式不符"),
    ],
)
def test_events_are_refused(batch, words):
    with pytest.raises(DrawFileError, match=words):
        bundle.events_file(small_files(), batch)


def test_no_substitute_is_explained():
    files = frozen(invented([(identifier(1), "A", "-")], people=4))
    seat = bundle.compute(files).teams[0]
    with pytest.raises(Infeasible, match="部门 GA 没有可替补第 1 队第 1 席"):
        bundle.events_file(files, [("I-OUT", seat.pid, "sick")])


def test_substitutes_keep_recusals_and_quotas():
    rows = [(identifier(n), "A", "-") for n in range(6)]
    holders = dict.fromkeys(range(0, 10, 2), "SE")
    recused = tuple((person("GA", n), identifier(m)) for n, m in ((1, 1), (3, 2), (4, 3), (6, 4)))
    quota = (CategoryQuota("GA", "SE", 1),)
    base = invented(rows, people=10, categories=holders, quotas=quota, recused=recused)
    checked = 0
    for number in range(40):
        files = frozen(base, dice=f"{number:040d}")
        outcome = bundle.compute(files)
        for seat in outcome.teams:
            try:
                event = bundle.events_file(files, [("I-OUT", seat.pid, "leave")])
            except Infeasible:
                continue
            standing = bundle.replay({**files, "events-001": event})
            for team in (1, 2):
                members = {s.pid for s in standing.crews.seats if s.team == team}
                assert any(person("GA", n) in members for n in holders)
                visits = {i for i, t in standing.team_of.items() if t == team - 1}
                assert not {(p, i) for p in members for i in visits} & set(recused)
            assert seat.pid not in {s.pid for s in standing.crews.seats}
            checked += 1
    assert checked > 100


def test_open_draw_without_nonces_and_without_teams():
    files = frozen(invented([(identifier(n), "AB"[n % 2], "-") for n in range(20)], teams=None, rates={"A": (1, 5)}))
    outcome = bundle.compute(files)
    assert (outcome.branch, outcome.teams, len(outcome.picks)) == ("none", (), 12)
    assert {pick.team for pick in outcome.picks} == {None}
    assert bundle.events_file(files, [("E-OUT", outcome.picks[0].id, "cap")]).split(b"\t")[7] == b"-"


def test_draw_then_verify_on_the_command_line(tmp_path):
    folder = store(tmp_path / "draw", small_files())
    drawn = run("draw", folder)
    assert (drawn.returncode, drawn.stdout, drawn.stderr) == (0, "DRAWN 9 picks\n", "")
    assert (folder / "result.tsv").read_bytes() == vector("result.tsv")
    assert sorted(path.name for path in folder.iterdir()) == sorted(f"{n}.tsv" for n in [*small_files(), "result"])
    verified = run("verify", folder)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "VERIFIED 9 picks\n", "")


def test_command_line_says_what_is_wrong(tmp_path):
    folder = store(tmp_path, {**small_files(), "result": vector("result.tsv").replace(b"\tA0\t1\t", b"\tA0\t2\t")})
    verified = run("verify", folder)
    assert (verified.returncode, verified.stderr) == (1, "")
    assert verified.stdout.startswith("FAILED result.tsv 第 2 行：与重算结果不符")
    assert run("verify", tmp_path / "nowhere").returncode == 1
    assert run("verify").returncode == 2
    assert run("redraw", folder).returncode == 2


def test_draw_refuses_changed_files_and_writes_nothing(tmp_path):
    files = small_files()
    folder = store(tmp_path, {**files, "roster": files["roster"].replace(b"37A\tA1", b"37A\tA0")})
    drawn = run("draw", folder)
    assert drawn.returncode == 1
    assert drawn.stdout.startswith("FAILED roster.tsv：冻结后被改动")
    assert not (folder / "result.tsv").exists()


def test_the_interpreter_needs_nothing_but_the_standard_library(tmp_path):
    folder = store(tmp_path, complete())
    ran = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, '.'); from sampling.bundle import main;"
         f"code = main(['verify', {str(folder)!r}]); assert 'django' not in sys.modules; sys.exit(code)"],
        cwd=BASE,
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "VERIFIED 9 picks\n", "")


def test_complete_folder_is_verified(tmp_path):
    verified = bundle.verify_folder(store(tmp_path, complete()))
    assert (verified.picks, verified.batches, verified.log_lines, verified.seed) == (9, 1, 4, SEED)


def changed_bytes(data):
    """One byte changed, at several places: the last digit or letter of some lines."""
    for position in {len(data) // 3, len(data) // 2, len(data) - 2, 4}:
        new = b"1" if data[position : position + 1] != b"1" else b"2"
        yield data[:position] + new + data[position + 1 :]


@pytest.mark.parametrize("name", complete())
def test_one_byte_changed_is_found_and_named(tmp_path, name):
    files = complete()
    for changed in changed_bytes(files[name]):
        with pytest.raises(VerifyError) as error:
            bundle.verify_folder(store(tmp_path, {**files, name: changed}))
        assert error.value.step == f"{name}.tsv"
        assert f"{name}.tsv" in str(error.value)


@pytest.mark.parametrize("name", [*small_files(), "result"])
def test_without_a_log_every_change_is_still_found_and_named(tmp_path, name):
    files = {**small_files(), "result": vector("result.tsv")}
    for changed in changed_bytes(files[name]):
        with pytest.raises(VerifyError) as error:
            bundle.verify_folder(store(tmp_path, {**files, name: changed}))
        assert f"{name}.tsv" in str(error.value)


@pytest.mark.parametrize("name", [*small_files(), "result"])
def test_a_missing_file_is_named(tmp_path, name):
    files = complete()
    del files[name]
    with pytest.raises(VerifyError, match=r"没有提供|缺少") as error:
        bundle.verify_folder(store(tmp_path, files))
    assert error.value.step == f"{name}.tsv"


def test_a_line_taken_out_or_added_is_named(tmp_path):
    files = complete()
    for name in ("roster", "pool", "plan", "recuse", "log", "result", "events-001"):
        shorter = b"".join(files[name].splitlines(keepends=True)[:-1])
        with pytest.raises(VerifyError) as error:
            bundle.verify_folder(store(tmp_path, {**files, name: shorter}))
        assert error.value.step == f"{name}.tsv"


def test_files_of_another_freeze_do_not_pass(tmp_path):
    """A whole consistent redraw with other dice fails against the log of the first."""
    base = invented([(identifier(n), "A", "-") for n in range(30)], rates={"A": (1, 3)})
    first = frozen(base)
    first["result"] = bundle.compute(first).result_tsv
    second = frozen(base, dice=DICE[::-1])
    second["result"] = bundle.compute(second).result_tsv
    assert first["result"] != second["result"]
    folder = store(tmp_path, {**second, "log": log_of("2026-000031", first)})
    with pytest.raises(VerifyError, match="记录链第 2 条") as error:
        bundle.verify_folder(folder)
    assert error.value.step == "entropy.tsv"


def test_entropy_before_its_time_and_a_gap_in_the_events(tmp_path):
    files = complete()
    lines = [
        bundle.log_line(1, "2026-04-17T09:00:00+08:00", "FREEZE", "2026-000017", files["freeze"]),
        bundle.log_line(2, "2026-04-20T07:59:59+08:00", "ENTROPY", "2026-000017", files["entropy"]),
    ]
    early = bundle.log_file("2026-000017", lines, bundle.GENESIS)
    with pytest.raises(VerifyError, match="not-before"):
        bundle.verify_folder(store(tmp_path / "early", {**files, "log": early}))
    files["events-002"] = files.pop("events-001")
    del files["log"]
    with pytest.raises(VerifyError, match="缺 events-001"):
        bundle.verify_folder(store(tmp_path / "gap", files))


def test_exclusions_are_frozen_and_disjoint(tmp_path):
    base = invented([(identifier(n), "A", "-") for n in range(4)])
    for row, words in ((identifier(9), None), (identifier(2), "既在名单中又在排除清单中")):
        files = frozen({**base, "exclude": bundle.exclude_file("2026-000031", [(row, "status")])})
        files["result"] = bundle.compute(files).result_tsv
        folder = store(tmp_path / row, files)
        if words is None:
            assert bundle.verify_folder(folder).picks == 4
            (folder / "exclude.tsv").write_bytes(files["exclude"].replace(b"status", b"no-id"))
        with pytest.raises(VerifyError, match=words or "exclude.tsv：冻结后被改动"):
            bundle.verify_folder(folder)


def test_nothing_impossible_in_the_vector():
    assert bundle.check_feasible(small_files()) == []


def test_problems_before_the_freeze():
    rows = [(identifier(1), "A", "FS"), (identifier(2), "A", "-"), (identifier(3), "A", "FS,SE")]
    pairs = ((person("GA", 0), identifier(2)), (person("GA", 1), identifier(2)), (person("GA", 0), identifier(3)))
    quota = (CategoryQuota("GA", "SE", 3),)
    problems = bundle.check_feasible(invented(rows, people=3, recused=pairs, categories={0: "SE"}, quotas=quota))
    assert [(p.kind, p.dept, p.category, p.id, p.needed, p.available) for p in problems] == [
        ("people", "GA", "", "", 4, 3),
        ("quota-seats", "GA", "", "", 3, 2),
        ("quota", "GA", "SE", "", 6, 1),
        ("recused", "", "", identifier(2), 2, 2),
        ("need", "", "FS", "", 2, 0),
    ]
    assert problems[0].message == ("部门 GA 只有 3 名可抽取人员，各队合计需要 4 人。请补充人员、减少每队人数或减少队数")
    assert all(p.message.isprintable() and ("请" in p.message) for p in problems)


def test_problems_of_numbers_before_the_freeze():
    files = invented([(identifier(1), "A", "-"), (identifier(2), "B", "-")], teams=None)
    files["plan"] = bundle.plan_file(
        "2026-000031", groups=[bundle.Group("A", total=2)], strata=[bundle.Stratum("A", "A")]
    )
    assert [(p.kind, p.dept, p.id, p.needed, p.available) for p in bundle.check_feasible(files)] == [
        ("stratum", "", "B", 1, 0),
        ("total", "A", "", 2, 1),
    ]


def test_recusals_outside_the_roster_do_not_count():
    pairs = tuple((person("GA", n), identifier(9)) for n in range(3))
    assert bundle.check_feasible(invented([(identifier(1), "A", "-")], recused=pairs)) == []


def test_stopped_after_the_entropy_keeps_the_picks(tmp_path):
    """4 of 4 people recused from one enterprise: refused before the freeze; frozen anyway, void with its picks."""
    rows = [(identifier(n), "A", "-") for n in range(3)]
    pairs = tuple((person("GA", n), identifier(1)) for n in range(4))
    files = invented(rows, people=4, recused=pairs)
    assert [(p.kind, p.id, p.needed) for p in bundle.check_feasible(files)] == [("recused", identifier(1), 4)]
    files = frozen(files)
    with pytest.raises(Infeasible, match=f"{identifier(1)} 没有任何一队可去") as error:
        bundle.compute(files)
    outcome = error.value.outcome
    assert sorted(pick.id for pick in outcome.picks) == [row[0] for row in rows]
    assert (outcome.branch, outcome.teams) == ("none", ())
    assert b"team\t" not in outcome.result_tsv
    folder = store(tmp_path, {**files, "result": outcome.result_tsv})
    with pytest.raises(VerifyError, match="分队与配对"):
        bundle.verify_folder(folder)
    drawn = run("draw", folder)
    assert drawn.returncode == 1
    assert identifier(1) in drawn.stdout
    (folder / "void.tsv").write_bytes(b"dr1\tvoid\t2026-000031\t1\nreason\tinfeasible\n")
    assert bundle.verify_folder(folder).picks == 3
