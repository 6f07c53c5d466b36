"""The page's JavaScript against the Python of the draw: the vectors, tampered folders, random plans of every kind."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling import bundle
from sampling.bundle import Infeasible, VerifyError
from sampling.canonical import DrawFileError
from sampling.quotas import CategoryQuota, Department, Group, Stratum
from tests.sampling.draws import BIG_SEED, SEED, frozen, identifier, invented, person, small_files, store, vector
from tests.sampling.javascript import node_or_skip
from tests.sampling.test_bundle import changed_bytes, complete, log_of
from tests.sampling.test_public import bound, partial, rewritten, rewritten_public

DRAW_ID = "2026-000031"


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    return node_or_skip(tmp_path_factory.mktemp("node"))


def test_vectors(node):
    big = {"plan": vector("big_plan.tsv"), "roster": vector("big_roster.tsv")}
    whole, public, large = node(
        [
            {"do": "verify", "files": complete()},
            {"do": "verify", "files": partial()},
            {"do": "draw", "files": big, "seed": BIG_SEED},
        ]
    )
    assert whole == {"verdict": "VERIFIED 9 picks", "seed": SEED, "branch": "block", "bad": []}
    assert public == {"verdict": "PARTIAL 9 tickets", "seed": SEED, "branch": "", "bad": []}
    assert large["result"].encode() == vector("big_result.tsv")


def python_verdict(folder, files, head=None):
    """The first line of the command line."""
    try:
        verified = bundle.verify_folder(store(folder, files), head)
    except VerifyError as error:
        return f"FAILED {error}"
    return f"PARTIAL {verified.picks} tickets" if verified.partial else f"VERIFIED {verified.picks} picks"


def tampered():
    """Folders with one byte changed, a file missing, a line taken out; whole, public and early ones."""
    early = {name: partial()[name] for name in ("freeze", "log", "public-plan")}
    for files in (complete(), partial(), early, {**complete(), **partial()}, bound()):
        for name in files:
            yield from ({**files, name: changed} for changed in changed_bytes(files[name]))
            yield {other: data for other, data in files.items() if other != name}
            yield {**files, name: b"".join(files[name].splitlines(keepends=True)[:-1])}
            yield {**files, name: files[name].replace(b"\n", b"\r\n", 1)}
            yield {**files, name: files[name][:-1] + "甲\n".encode()}
    yield from rewritten_public()
    without_log = {name: data for name, data in complete().items() if name != "log"}
    yield from ({**without_log, name: c} for name in without_log for c in changed_bytes(without_log[name]))


def test_tampered_folders_get_the_same_words(node, tmp_path):
    cases = list(tampered())
    expected = [python_verdict(tmp_path / str(number), files) for number, files in enumerate(cases)]
    assert sum(verdict.startswith("FAILED") for verdict in expected) > 150
    answers = node([{"do": "verify", "files": files} for files in cases])
    assert [answer["verdict"] for answer in answers] == expected


def test_the_lights_that_go_out(node):
    """① list, ② seed, ③ draw, ④ log: only the light whose file was changed, and what hangs on it is not judged."""
    files = complete()
    changed = {
        "roster": files["roster"].replace(b"37A\tA1", b"37A\tA0"),
        "entropy": files["entropy"].replace(b"48392", b"48393"),
        "nonces": files["nonces"].replace(b"3d27", b"3d28"),
        "result": files["result"].replace(b"\tA0\t1\t", b"\tA0\t2\t"),
        "events-001": files["events-001"].replace(b"sick", b"leave", 1),
        "log": files["log"].replace(b"10:12", b"10:11"),
    }
    answers = node([{"do": "verify", "files": {**files, name: data}} for name, data in changed.items()])
    assert dict(zip(changed, (answer["bad"] for answer in answers), strict=True)) == {
        "roster": [0],
        "entropy": [1],
        "nonces": [1],
        "result": [2],
        "events-001": [2],
        "log": [3],
    }


def test_a_recomputed_chain_fails_with_the_anchor_only(node):
    honest, forged = rewritten()
    head = honest["log"].decode().splitlines()[-1].split("\t")
    anchor = f"{head[0]}:{head[-1]}"
    free, held, good = node(
        [
            {"do": "verify", "files": forged},
            {"do": "verify", "files": forged, "head": anchor},
            {"do": "verify", "files": honest, "head": anchor},
        ]
    )
    assert (free["verdict"], good["verdict"]) == ("VERIFIED 10 picks", "VERIFIED 10 picks")
    assert held["verdict"].startswith("FAILED log.tsv：第 3 条的链值与留存的链首不符")


def test_a_seed_shown_beside_the_files_must_be_theirs(node):
    asked = [
        {"do": "verify", "files": f, "shown": shown} for f in (complete(), partial()) for shown in (SEED, "0" * 64)
    ]
    answers = node(asked)
    assert [answer["bad"] for answer in answers] == [[], [1], [], [1]]
    assert answers[1]["verdict"] == f"FAILED 种子：抽取页面上写的是 {'0' * 64}，由公布的文件算出的是 {SEED}"


def python_draw(files, seed):
    """What run_verify.mjs says of a draw."""
    try:
        outcome = bundle.compute(files, seed=seed)
    except DrawFileError as error:
        return {"error": str(error)}
    except Infeasible as error:
        return {"result": error.outcome.result_tsv.decode(), "branch": "none", "stopped": str(error)}
    return {"result": outcome.result_tsv.decode(), "branch": outcome.branch, "stopped": ""}


def test_dense_recusals_take_the_fallback_in_both(node):
    """Every enterprise barred from all teams but one or two: blocks find no permutation."""
    rows = [(identifier(n), "AB"[n % 2], "-") for n in range(12)]
    people = [person("GA", n) for n in range(8)]
    pairs = tuple((p, identifier(n)) for n, (k, p) in product(range(12), enumerate(people)) if (k + n) % 4)
    cases = []
    for number in range(12):
        some = tuple(pair for i, pair in enumerate(pairs) if (i * 7 + number) % 12 < 4 + number % 5)
        cases.append(invented(rows, teams=4, people=8, recused=some))
    seeds = [bundle.sha256_hex(str(number).encode()) for number in range(len(cases))]
    expected = [python_draw(files, seed) for files, seed in zip(cases, seeds, strict=True)]
    assert {answer["branch"] for answer in expected} >= {"global", "none"}
    answers = node([{"do": "draw", "files": f, "seed": seed} for f, seed in zip(cases, seeds, strict=True)])
    assert answers == expected


CATEGORIES = ("FS", "SE")
needs_of = st.sets(st.sampled_from(CATEGORIES)).map(lambda codes: ",".join(sorted(codes)) or "-")


@st.composite
def plans(draw):
    """The files of a random small draw, often short of people, sometimes with an impossible total."""
    strata = draw(st.lists(st.sampled_from(["A0", "A1", "B", "N.x", "N_y"]), min_size=1, max_size=4, unique=True))
    groups = {code: draw(st.sampled_from(["A", "B"])) for code in strata}
    made = []
    for code in sorted(set(groups.values())):
        if draw(st.booleans()):
            q = draw(st.integers(1, 12))
            made.append(Group(code, rate=(draw(st.integers(0, q)), q)))
        else:
            made.append(Group(code, total=draw(st.integers(0, 12))))
    rows = [(identifier(n), draw(st.sampled_from(strata)), draw(needs_of)) for n in range(draw(st.integers(0, 24)))]
    teams = draw(st.one_of(st.none(), st.integers(1, 4)))
    depts = [Department(code, draw(st.integers(1, 3))) for code in ("GA", "SJ")[: draw(st.integers(1, 2))]]
    people = [
        (dept.code, person(dept.code, n), draw(needs_of))
        for dept in depts
        for n in range(max(0, dept.seats * (teams or 0) + draw(st.integers(-1, 3))))
    ]
    quotas = [
        CategoryQuota(dept.code, c, draw(st.integers(1, 2)))
        for dept in depts
        for c in CATEGORIES
        if draw(st.booleans())
    ]
    pairs = st.tuples(st.sampled_from([p for _, p, _ in people] or ["0" * 32]), st.sampled_from(rows or [("Z",)]))
    recused = {(p, row[0]) for p, row in draw(st.lists(pairs, max_size=20))}
    plan = bundle.plan_file(
        DRAW_ID,
        groups=made,
        strata=[Stratum(code, groups[code], draw(st.integers(0, 3))) for code in strata],
        depts=depts if teams else [],
        quotas=quotas if teams else [],
        teams=teams,
    )
    return {
        "plan": plan,
        "pool": bundle.pool_file(DRAW_ID, people),
        "recuse": bundle.recuse_file(DRAW_ID, recused),
        "roster": bundle.roster_file(DRAW_ID, rows),
    }


def with_events(files, number):
    """Result, one batch of events if it can be had, and the log of a frozen draw; None when it cannot be drawn."""
    files = frozen(files, dice=f"{number:040d}")
    try:
        outcome = bundle.compute(files)
    except ValueError:
        return None
    files["result"] = outcome.result_tsv
    batch = [("E-OUT", pick.id, "cap") for pick in outcome.picks[::2]]
    batch += [("I-OUT", seat.pid, "sick") for seat in outcome.teams[:1]]
    try:
        files["events-001"] = bundle.events_file(files, batch)
    except ValueError:
        files["events-001"] = bundle.events_file(files, [])
    return {**files, "log": log_of(DRAW_ID, files)}


@settings(max_examples=6)
@given(cases=st.lists(plans(), min_size=30, max_size=40), salt=st.integers(0, 10**6))
def test_random_plans(node, cases, salt):
    seeds = [bundle.sha256_hex(f"{salt} {number}".encode()) for number in range(len(cases))]
    whole = [files for number, case in enumerate(cases) if (files := with_events(case, salt + number))]
    asked = [{"do": "draw", "files": files, "seed": seed} for files, seed in zip(cases, seeds, strict=True)]
    answers = node([*asked, *({"do": "verify", "files": files} for files in whole)])
    expected = [python_draw(files, seed) for files, seed in zip(cases, seeds, strict=True)]
    assert answers[: len(cases)] == expected
    picks = [sum(line.startswith(b"pick") for line in files["result"].splitlines()) for files in whole]
    assert [answer["verdict"] for answer in answers[len(cases) :]] == [f"VERIFIED {n} picks" for n in picks]


def test_a_big_list_tells_how_far_it_is_and_can_be_stopped(node):
    roster = vector("big_roster.tsv").replace(b"2026-000018", DRAW_ID.encode())
    plan = vector("big_plan.tsv").replace(b"2026-000018", DRAW_ID.encode())
    files = frozen({**invented([], teams=None), "plan": plan, "roster": roster})
    (answer,) = node([{"do": "cancel", "files": {**files, "result": b"\n"}}])
    assert answer["cancelled"]
    assert answer["told"] == sorted(answer["told"])
    assert 0 < answer["told"][-1] < 1


def test_small_files_are_the_vector(node):
    """The page draws from the files alone, as the command line does."""
    (answer,) = node([{"do": "draw", "files": small_files(), "seed": SEED}])
    assert answer["result"].encode() == vector("result.tsv")
