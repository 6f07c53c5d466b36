"""The published folder of a draw: its files, drawing from them and verifying them. Standard library only, no Django.

    python -m sampling.bundle draw DIR      checks the digests of the freeze, writes DIR/result.tsv
    python -m sampling.bundle verify DIR    exit 0 and "VERIFIED n picks", or exit 1 and what is wrong, on stdout

In code, `files` is a mapping name -> bytes with names as in the freeze: plan, pool, recuse, roster, exclude, freeze,
entropy, nonces, result, log, events-001, …  The road of a draw:

    files = {"plan": plan_file(…), "pool": pool_file(…), "recuse": recuse_file(…), "roster": roster_file(…)}
    problems = check_feasible(files)                        # before the freeze; each has .message and its numbers
    files["freeze"] = freeze_file(draw_id, files=files, …)  # then publish it and chain it into the log
    files["entropy"] = entropy_file(values, announced)      # after the freeze; nonces_file(…) if it lists any
    outcome = compute(files)                                # Infeasible carries .outcome, the picks without teams
    files["result"] = outcome.result_tsv
    files["events-001"] = events_file(files, batch)         # a batch of replacements and substitutions

Errors: `DrawFileError` (a file is not what the protocol asks; Chinese, with file and line), `Infeasible` (the plan
cannot be finished; Chinese, with codes), `VerifyError` (step and what is wrong there).
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sampling.canonical import DrawFileError, Parsed, commit, parse, pid, seed, seed_input, sha256_hex, write
from sampling.draw import Ranked, Ranking, Roster
from sampling.feasibility import Problem, check_feasible
from sampling.freezing import (
    GENESIS,
    Freeze,
    FrozenFile,
    LogEntry,
    entropy_file,
    freeze_file,
    log_chain,
    log_file,
    log_line,
    nonces_file,
    read_entropy,
    read_freeze,
    read_log,
    read_nonces,
)
from sampling.matching import Blocker, Infeasible, Seat, Standby
from sampling.outcome import (
    DrawInfeasible,
    Outcome,
    Pick,
    compute,
    event_names,
    events_file,
    first_difference,
    replay,
)
from sampling.quotas import Allocation, CategoryQuota, Department, Group, Plan, Stratum, plan_rows
from sampling.replacing import Standing

__all__ = [
    "GENESIS", "Allocation", "Blocker", "CategoryQuota", "Department", "DrawFileError", "DrawInfeasible", "Freeze",
    "FrozenFile", "Group", "Infeasible", "LogEntry", "Outcome", "Parsed", "Pick", "Plan", "Problem", "Ranked",
    "Ranking", "Roster", "Seat", "Standby", "Standing", "Stratum", "Verified", "VerifyError", "check_feasible",
    "commit", "compute", "draw_folder", "entropy_file", "events_file", "exclude_file", "freeze_file", "log_chain",
    "log_file", "log_line", "main", "nonces_file", "parse", "pid", "plan_file", "pool_file", "read_entropy",
    "read_freeze", "read_log", "read_nonces", "recuse_file", "replay", "roster_file", "seed", "seed_input",
    "sha256_hex", "verify_folder",
]  # fmt: skip

_TO_DRAW = ("freeze", "plan", "pool", "recuse", "roster", "entropy")


def roster_file(draw_id: str, rows: Iterable[tuple[str, str, str]]) -> bytes:
    """roster.tsv from (id, stratum, needs); needs = categories joined by "," ascending, or "-". Raises DrawFileError,
    also for an id given twice.
    """
    lines = sorted("\t".join(row) for row in rows)
    text = f"dr1\troster\t{draw_id}\t{len(lines)}\n" + "".join(f"{line}\n" for line in lines)
    data = text.encode()
    Roster.from_bytes(data, draw_id)
    return data


def pool_file(draw_id: str, rows: Iterable[tuple[str, str, str]]) -> bytes:
    """pool.tsv from (dept, pid, categories or "-"). Raises DrawFileError."""
    return write("pool", draw_id, rows)


def recuse_file(draw_id: str, rows: Iterable[tuple[str, str]]) -> bytes:
    """recuse.tsv from (pid, id). Raises DrawFileError."""
    return write("recuse", draw_id, rows)


def exclude_file(draw_id: str, rows: Iterable[tuple[str, str]]) -> bytes:
    """exclude.tsv from (id, reason code of draw.md §2.2). Raises DrawFileError."""
    return write("exclude", draw_id, rows)


def plan_file(
    draw_id: str,
    *,
    groups: Sequence[Group],
    strata: Sequence[Stratum],
    depts: Sequence[Department] = (),
    quotas: Sequence[CategoryQuota] = (),
    teams: int | None = None,
) -> bytes:
    """plan.tsv. Group rates are written as given (p, q). Raises DrawFileError."""
    plan = Plan(draw_id, tuple(groups), tuple(strata), tuple(depts), tuple(quotas), teams)
    return write("plan", draw_id, plan_rows(plan))


class VerifyError(Exception):
    """Verification failed. `step`: the file name (with suffix) or the step; `message`: Chinese, what is wrong there."""

    def __init__(self, step: str, message: str) -> None:
        """`str()` names the step once."""
        super().__init__(message if message.startswith(step) else f"{step}：{message}")
        self.step = step
        self.message = message


@dataclass(frozen=True, slots=True)
class Verified:
    """A folder that is right: the draw, its seed, the number of picks, event batches replayed, log lines checked."""

    draw_id: str
    seed: str
    picks: int
    batches: int
    log_lines: int


def _read_folder(path: Path, required: Sequence[str]) -> dict[str, bytes]:
    """All .tsv files of a folder but the roster, which is opened apart. Raises DrawFileError for a missing one."""
    if not path.is_dir():
        raise VerifyError(str(path), "没有这个文件夹")
    for name in required:
        if not (path / f"{name}.tsv").is_file():
            raise DrawFileError(name, None, "缺少这个文件")
    return {entry.stem: entry.read_bytes() for entry in sorted(path.glob("*.tsv")) if entry.stem != "roster"}


def _check_log(files: Mapping[str, bytes], freeze: Freeze) -> int:
    """The chain of log.tsv, and that its records are the files at hand. Number of lines; 0 without a log."""
    if "log" not in files:
        return 0
    entries = read_log(files["log"], freeze.draw_id, freeze.prev)
    own = [entry for entry in entries if entry.draw_id == freeze.draw_id]
    if not own or own[0].type != "FREEZE":
        raise DrawFileError("log", 2, "这次抽取的第一条记录应为 FREEZE")
    for entry in own:
        name = entry.type.lower()
        if name in files and sha256_hex(files[name]) != entry.digest:
            raise DrawFileError(name, None, f"摘要与记录链第 {entry.seq} 条（{entry.type}）不符，应为 {entry.digest}")
        if entry.type == "ENTROPY" and entry.time < freeze.not_before:
            raise DrawFileError("log", None, f"随机数在 not-before（{freeze.not_before}）之前就已记录")
    return len(entries)


def _check_exclusions(files: Mapping[str, bytes], roster: Roster) -> None:
    """exclude.tsv is well formed and shares no id with the roster."""
    if "exclude" not in files:
        return
    excluded = {row[0] for row in parse(files["exclude"], "exclude", roster.draw_id).rows}
    both = sorted(excluded.intersection(roster.ids()))
    if both:
        raise DrawFileError("exclude", None, f"{both[0]} 既在名单中又在排除清单中")


def _verify(path: Path) -> Verified:
    """`verify_folder` with the errors of its parts."""
    files = _read_folder(path, (*_TO_DRAW, "result"))
    freeze = read_freeze(files["freeze"])
    log_lines = _check_log(files, freeze)
    frozen = next((entry.digest for entry in freeze.files if entry.name == "roster"), None)
    batches = event_names(files)
    if batches:
        files["roster"] = (path / "roster.tsv").read_bytes()
    try:
        roster = Roster.from_path(path / "roster.tsv", freeze.draw_id)
    except DrawFileError as error:
        changed = sha256_hex((path / "roster.tsv").read_bytes()) != frozen
        raise DrawFileError("roster", error.line, ("冻结后被改动：" if changed else "") + error.reason) from None
    try:
        outcome = compute(files, roster=roster, reserve=None if batches else 0)
    except DrawInfeasible as error:
        if "void" not in files:
            raise
        outcome = error.outcome
    if outcome.result_tsv != files["result"]:
        raise first_difference("result", files["result"], outcome.result_tsv)
    _check_exclusions(files, roster)
    if batches:
        replay(files, outcome)
    return Verified(outcome.draw_id, outcome.seed, len(outcome.picks), len(batches), log_lines)


def verify_folder(path: Path | str) -> Verified:
    """Check a folder of published files from nothing but itself: freeze, log chain, nonces, seed, result, events.

    Needs freeze, plan, pool, recuse, roster, entropy and result (`NAME.tsv`); nonces where the freeze lists some;
    exclude, log and events-NNN when present; other files are not looked at. Raises VerifyError.
    """
    try:
        return _verify(Path(path))
    except DrawFileError as error:
        raise VerifyError(f"{error.file}.tsv", str(error)) from error
    except Infeasible as error:
        raise VerifyError("分队与配对", str(error)) from error
    except OSError as error:
        raise VerifyError(str(error.filename), "无法读取") from error


def draw_folder(path: Path | str, processes: int = 1) -> Outcome:
    """Draw from the files of a folder (digests of the freeze first) and write its result.tsv. Keeps no reserve.

    Raises DrawFileError, DrawInfeasible (nothing is written), VerifyError for a missing folder, OSError.
    """
    folder = Path(path)
    files = _read_folder(folder, _TO_DRAW)
    freeze = read_freeze(files["freeze"])
    roster = Roster.from_path(folder / "roster.tsv", freeze.draw_id, processes)
    outcome = compute(files, roster=roster, reserve=0, processes=processes)
    unfinished = folder / "result.tsv.part"
    unfinished.write_bytes(outcome.result_tsv)
    unfinished.replace(folder / "result.tsv")
    return outcome


def main(arguments: Sequence[str]) -> int:
    """The command line: exit 0 done, 1 something is wrong (said on standard output), 2 wrong usage."""
    if len(arguments) != 2 or arguments[0] not in ("verify", "draw"):
        print("用法：python -m sampling.bundle verify|draw 文件夹")
        return 2
    command, folder = arguments
    try:
        if command == "verify":
            print(f"VERIFIED {verify_folder(folder).picks} picks")
        else:
            print(f"DRAWN {len(draw_folder(folder).picks)} picks")
    except (VerifyError, ValueError, OSError) as error:
        print(f"FAILED {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
