"""How fast the draw is, as ratios taken in one run.

`python -m benchmarks.draw` prints the figures; `run()` returns them for `make bench`. The floor is what plain Python
must pay at least: one SHA-256 per row and one sort. The peers are Rivest's consistent_sampler and cryptorandom as
published (requirements-bench.txt); they are left out, with a note, where they are not installed. The figures at 1 M and
10 M rows take two minutes.
"""

import gc
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from benchmarks import TINY
from sampling import bundle, draw
from sampling.outcome import compute

Figure = dict[str, float | str | list[str | float]]
SMALL, BIG = (1000, 2000) if TINY else (100_000, 1_000_000)
DRAW_ID = "2026-000018"
DICE = "4839201756603914857720194638572019463857"
STRATA = ("A0", "A1", "B0", "B1", "C0", "D0", "E0")
RATES = {"A": (1, 100), "B": (3, 100), "C": (1, 10), "D": (3, 10), "E": (1, 1)}


def stratum_of(row: int) -> str:
    """The grades of the large vector: 1 % E, 4 % D, 15 % C, 30 % B, 50 % A, a third of A and B recently inspected."""
    place = row % 100
    if place == 0:
        return "E0"
    if place < 5:
        return "D0"
    if place < 20:
        return "C0"
    return ("B" if place < 50 else "A") + ("1" if row % 3 == 0 else "0")


def roster_to(path: Path, rows: int) -> None:
    """An invented roster of 7 strata, written in pieces."""
    with path.open("wb") as file:
        file.write(f"dr1\troster\t{DRAW_ID}\t{rows}\n".encode())
        for start in range(0, rows, 100_000):
            stop = min(start + 100_000, rows)
            file.write("".join(f"9135{i:013d}X\t{stratum_of(i)}\t-\n" for i in range(start, stop)).encode())


def small_files() -> dict[str, bytes]:
    """Plan, pool and recusals of a draw of enterprises only."""
    plan = bundle.plan_file(
        DRAW_ID,
        groups=[bundle.Group(code, rate=rate) for code, rate in RATES.items()],
        strata=[bundle.Stratum(code, code[0], 1 if code in ("A1", "B1") else 4) for code in STRATA],
    )
    return {"plan": plan, "pool": bundle.pool_file(DRAW_ID, []), "recuse": bundle.recuse_file(DRAW_ID, [])}


def frozen(roster: bytes) -> dict[str, bytes]:
    """All files up to the entropy."""
    files = {**small_files(), "roster": roster}
    freeze = bundle.freeze_file(
        DRAW_ID,
        seq=18,
        prev=bundle.GENESIS,
        time="2026-04-17T09:00:00+08:00",
        files=files,
        nonces={},
        entropy=[("dice10", "40 digits")],
        not_before="2026-04-20T08:00:00+08:00",
    )
    return {**files, "freeze": freeze, "entropy": bundle.entropy_file([("dice10", DICE)])}


def ids_of(roster: bytes) -> list[bytes]:
    """The ids alone, already in memory, as the peers are given them."""
    return [line.split(b"\t", 1)[0] for line in roster.split(b"\n")[1:-1]]


def best(repeats: int, *jobs: Callable[[], object], clock: Callable[[], float] = time.process_time) -> list[float]:
    """The best time of each job, taken in turn so that a busy moment hits all. Processor time, which neighbours on the
    machine disturb less; wall time (`time.perf_counter`) where several processes work.
    """
    times = [float("inf")] * len(jobs)
    for _ in range(repeats):
        for number, job in enumerate(jobs):
            gc.collect()
            start = clock()
            job()
            times[number] = min(times[number], clock() - start)
    return times


def floor(ids: list[bytes], seed: str) -> list[bytes]:
    """One SHA-256 per row and one sort."""
    prefix = f"{seed}/E/".encode()
    return sorted(ids, key=lambda identifier: sha256(prefix + identifier).digest())


LIMITS: dict[str, list[str | float]] = {
    "draw_100k_vs_floor": ["<=", 1.3],
    "draw_100k_vs_consistent_sampler": [">=", 3],
    "draw_1m_vs_consistent_sampler": [">=", 3],
    "draw_1m_vs_cryptorandom": [">=", 1.5],
    "draw_1m_vs_hash": ["<=", 2.5],
    "draw_10m_vs_1m": ["<=", 1.3],
    "draw_10m_memory": ["<=", 1000],
    "draw_10m_two_processes": [">=", 1.5],
}


def ratio(value: float, against: str, unit: str = "ratio") -> Figure:
    """One line of the table."""
    return {"value": round(value, 3), "unit": unit, "against": against}


def peer(ids: list[bytes], seed: str, number: int) -> Callable[[], object]:
    """consistent_sampler drawing as many, without replacement, from the same ids."""
    from consistent_sampler import sampler  # type: ignore[import-untyped]  # noqa: PLC0415 a peer, not a dependency

    names = [identifier.decode() for identifier in ids]
    return lambda: list(sampler(names, seed=seed, take=number, output="id"))


def at_100k() -> dict[str, Figure]:
    """Frozen files to picks, with every check, against the floor and the peer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roster.tsv"
        roster_to(path, SMALL)
        files = frozen(path.read_bytes())
    outcome = compute(files, reserve=0)
    ids = ids_of(files["roster"])
    ours, least = best(9, lambda: compute(files, reserve=0), lambda: floor(ids, outcome.seed))
    figures = {"draw_100k_vs_floor": ratio(ours / least, "每行一次 SHA-256 加一次排序（纯 Python）")}
    if find_spec("consistent_sampler"):
        again, theirs = best(3, lambda: compute(files, reserve=0), peer(ids, outcome.seed, len(outcome.picks)))
        figures["draw_100k_vs_consistent_sampler"] = ratio(
            theirs / again, "consistent_sampler 1.0.10（其耗时 ÷ 本项目）"
        )
    else:
        print("未安装 consistent_sampler，略去比较（requirements-bench.txt）", file=sys.stderr)
    return figures


def stream(path: Path, seed: str, processes: int = 1) -> int:
    """The draw of a roster on disk: digest, strict check, order, 7 strata, ranks. Number of picks."""
    roster = draw.Roster.from_path(path, DRAW_ID, processes)
    return len(compute(small_files(), seed=seed, roster=roster, reserve=0, processes=processes).picks)


def memory_of_stream(path: Path, seed: str) -> float:
    """Highest resident memory in MB of a process of its own that draws from `path`."""
    program = (
        "import resource, sys; from pathlib import Path; from benchmarks.draw import stream;"
        "stream(Path(sys.argv[1]), sys.argv[2]); print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(path), seed], capture_output=True, text=True, check=True, env=os.environ
    )
    return int(ran.stdout) / 1024


def hash_per_row(ids: list[bytes], seed: str) -> None:
    """One bare hashlib SHA-256 per row and nothing else."""
    prefix = f"{seed}/E/".encode()
    for identifier in ids:
        sha256(prefix + identifier).digest()


def at_1m_and_10m(millions: int = 2 if TINY else 10) -> dict[str, Figure]:
    """The two-pass stream over big rosters on disk."""
    seed = sha256(b"dr1 large vector").hexdigest()
    figures: dict[str, Figure] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roster.tsv"
        roster_to(path, BIG)
        ids = ids_of(path.read_bytes())
        ours, bare = best(3, lambda: stream(path, seed), lambda: hash_per_row(ids, seed))
        figures["draw_1m_vs_hash"] = ratio(ours / bare, "每行一次 hashlib SHA-256")
        if find_spec("consistent_sampler"):
            (theirs,) = best(1, peer(ids, seed, stream(path, seed)))
            figures["draw_1m_vs_consistent_sampler"] = ratio(
                theirs / ours, "consistent_sampler 1.0.10（其耗时 ÷ 本项目）"
            )
        if find_spec("cryptorandom"):
            (theirs,) = best(1, lambda: cryptorandom_pikk(len(ids), seed))
            figures["draw_1m_vs_cryptorandom"] = ratio(theirs / ours, "cryptorandom 0.4 PIKK（其耗时 ÷ 本项目）")
        ids.clear()
        roster_to(path, millions * BIG)
        (big,) = best(1, lambda: stream(path, seed))
        figures["draw_10m_vs_1m"] = ratio(big / millions / ours, "1 M 名单的每行耗时")
        one, two = best(1, lambda: stream(path, seed), lambda: stream(path, seed, 2), clock=time.perf_counter)
        figures["draw_10m_two_processes"] = ratio(one / two, "一个进程 ÷ 两个进程")
        figures["draw_10m_memory"] = ratio(memory_of_stream(path, seed), "进程最高常驻内存", "MB")
    return figures


def cryptorandom_pikk(rows: int, seed: str) -> object:
    """Their sample with one hash per row."""
    from cryptorandom.cryptorandom import SHA256  # type: ignore[import-untyped]  # noqa: PLC0415 a peer
    from cryptorandom.sample import random_sample  # type: ignore[import-untyped]  # noqa: PLC0415 a peer

    return random_sample(rows, rows // 20, method="PIKK", prng=SHA256(seed))


def run() -> dict[str, Figure]:
    """The figures of the draw at 100 k, 1 M and 10 M rows: {name: {"value", "unit", "against", "limit"}}."""
    figures = {**at_100k(), **at_1m_and_10m()}
    return {name: {**figure, "limit": LIMITS[name]} for name, figure in figures.items()}


if __name__ == "__main__":
    for name, figure in run().items():
        print(f"{name:36} {figure['value']:>9} {figure['unit']:6} {figure['against']}")
