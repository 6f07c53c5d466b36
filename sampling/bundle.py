"""The published folder of a draw: its files, drawing from them and verifying them. Standard library only, no Django.

    python -m sampling.bundle draw DIR      checks the digests of the freeze, writes DIR/result.tsv
    python -m sampling.bundle verify DIR    exit 0 and "VERIFIED n picks"; exit 2 and "PARTIAL n tickets" for a folder
                                            of what the public has (strata not public, or not yet revealed), with what
                                            was and was not checked; exit 1 and "FAILED" and what is wrong; on stdout
    … verify DIR --head SEQ:CHAIN           also holds the log against a chain value noted down elsewhere

In code, `files` is a mapping name -> bytes with names as in the freeze: plan, pool, recuse, roster, exclude, freeze,
entropy, nonces, result, log, events-001, public, public-plan, …  The road of a draw:

    files = {"plan": plan_file(…), "pool": pool_file(…), "recuse": recuse_file(…), "roster": roster_file(…)}
    problems = check_feasible(files)                        # before the freeze; each has .message and its numbers
    files["freeze"] = freeze_file(draw_id, files=files, …)  # then publish it and chain it into the log
    files["entropy"] = entropy_file(values, announced)      # after the freeze; nonces_file(…) if it lists any
    outcome = compute(files)                                # Infeasible carries .outcome, the picks without teams
    files["result"] = outcome.result_tsv
    files["events-001"] = events_file(files, batch)         # a batch of replacements and substitutions
    files["public"] = public_file(draw_id, rows, total)     # where strata stay inside: instead of roster and result,
    files["public-plan"] = public_plan_file(files["plan"])  # and instead of the plan

Errors: `DrawFileError` (a file is not what the protocol asks; Chinese, with file and line), `Infeasible` (the plan
cannot be finished; Chinese, with codes), `VerifyError` (step and what is wrong there).
"""

import sys
from collections.abc import Iterable, Sequence
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
from sampling.outcome import DrawInfeasible, Outcome, Pick, compute, events_file, replay
from sampling.public import PublicDraw, check_tickets, public_file, public_plan_file, read_public, read_public_plan
from sampling.quotas import Allocation, CategoryQuota, Department, Group, Plan, Stratum, plan_rows
from sampling.replacing import Standing
from sampling.verifying import TO_DRAW, Verified, VerifyError, read_folder, verify_folder

__all__ = [
    "GENESIS",
    "Allocation",
    "Blocker",
    "CategoryQuota",
    "Department",
    "DrawFileError",
    "DrawInfeasible",
    "Freeze",
    "FrozenFile",
    "Group",
    "Infeasible",
    "LogEntry",
    "Outcome",
    "Parsed",
    "Pick",
    "Plan",
    "Problem",
    "PublicDraw",
    "Ranked",
    "Ranking",
    "Roster",
    "Seat",
    "Standby",
    "Standing",
    "Stratum",
    "Verified",
    "VerifyError",
    "check_feasible",
    "check_tickets",
    "commit",
    "compute",
    "draw_folder",
    "entropy_file",
    "events_file",
    "exclude_file",
    "freeze_file",
    "log_chain",
    "log_file",
    "log_line",
    "main",
    "nonces_file",
    "parse",
    "pid",
    "plan_file",
    "pool_file",
    "public_file",
    "public_plan_file",
    "read_entropy",
    "read_freeze",
    "read_log",
    "read_nonces",
    "read_public",
    "read_public_plan",
    "recuse_file",
    "replay",
    "roster_file",
    "seed",
    "seed_input",
    "sha256_hex",
    "verify_folder",
]  # fmt: skip


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


def draw_folder(path: Path | str, processes: int = 1) -> Outcome:
    """Draw from the files of a folder (digests of the freeze first) and write its result.tsv. Keeps no reserve.

    Raises DrawFileError, DrawInfeasible (nothing is written), VerifyError for a missing folder, OSError.
    """
    folder = Path(path)
    files = read_folder(folder, TO_DRAW)
    freeze = read_freeze(files["freeze"])
    roster = Roster.from_path(folder / "roster.tsv", freeze.draw_id, processes)
    outcome = compute(files, roster=roster, reserve=0, processes=processes)
    unfinished = folder / "result.tsv.part"
    unfinished.write_bytes(outcome.result_tsv)
    unfinished.replace(folder / "result.tsv")
    return outcome


def main(arguments: Sequence[str]) -> int:
    """The command line: exit 0 done, 1 something is wrong (said on standard output), 2 in part, or wrong usage."""
    command, folder, head = _read_arguments(arguments)
    if not command:
        print("用法：python -m sampling.bundle verify 文件夹 [--head 序号:链值]，或 draw 文件夹")
        return 2
    try:
        if command == "draw":
            print(f"DRAWN {len(draw_folder(folder).picks)} picks")
            return 0
        verified = verify_folder(folder, head)
    except (VerifyError, ValueError, OSError) as error:
        print(f"FAILED {error}")
        return 1
    print(f"PARTIAL {verified.picks} tickets" if verified.partial else f"VERIFIED {verified.picks} picks")
    for note in verified.notes:
        print(note)
    return 2 if verified.partial else 0


def _read_arguments(arguments: Sequence[str]) -> tuple[str, str, str | None]:
    """(command, folder, head); an empty command for wrong usage."""
    match list(arguments):
        case ["verify" | "draw" as command, folder]:
            return command, folder, None
        case ["verify", folder, "--head", head] | ["verify", "--head", head, folder]:
            return "verify", folder, head
    return "", "", None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
