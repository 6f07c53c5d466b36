"""Checking a folder of published files from nothing but itself: everything, or what the public can see of it.

A whole folder (draw.md §2.2) is drawn again and compared: `Verified`. Where strata are not public (§0.6) the public has
freeze, public-plan, entropy, nonces, log and public; the seed, every published ticket and the chain are checked, and
what cannot be is said: `Verified` with `partial`. Before a sealed draw is revealed there are only freeze and log.

Public: `Verified`, `VerifyError`, `verify_folder`, `read_folder`, `TO_DRAW`. Standard library only.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sampling.canonical import HEX64, DrawFileError, parse, seed, sha256_hex
from sampling.draw import Roster
from sampling.freezing import Freeze, LogEntry, read_entropy, read_freeze, read_log, read_nonces
from sampling.matching import Infeasible
from sampling.outcome import DrawInfeasible, Outcome, compute, event_names, first_difference, replay
from sampling.public import check_tickets, public_file, public_plan_file, read_public, read_public_plan

TO_DRAW = ("freeze", "plan", "pool", "recuse", "roster", "entropy")
_WHOLE = (*TO_DRAW, "result")
_HEAD = re.compile(rf"(0|[1-9][0-9]{{0,14}}):({HEX64.pattern})")


class VerifyError(Exception):
    """Verification failed. `step`: the file name (with suffix) or the step; `message`: Chinese, what is wrong there."""

    def __init__(self, step: str, message: str) -> None:
        """`str()` names the step once."""
        super().__init__(message if message.startswith(step) else f"{step}：{message}")
        self.step = step
        self.message = message


@dataclass(frozen=True, slots=True)
class Verified:
    """A folder that is right: the draw, its seed ("" while sealed), the number of picks (tickets, when `partial`),
    event batches replayed, log lines checked; `notes`: Chinese sentences to be told beside the verdict.
    """

    draw_id: str
    seed: str
    picks: int
    batches: int
    log_lines: int
    partial: bool = False
    notes: tuple[str, ...] = ()


def read_folder(path: Path, required: Sequence[str]) -> dict[str, bytes]:
    """All .tsv files of a folder but the roster, which is opened apart. Raises DrawFileError for a missing one."""
    if not path.is_dir():
        raise VerifyError(str(path), "没有这个文件夹")
    for name in required:
        if not (path / f"{name}.tsv").is_file():
            raise DrawFileError(name, None, "缺少这个文件")
    return {entry.stem: entry.read_bytes() for entry in sorted(path.glob("*.tsv")) if entry.stem != "roster"}


def _check_log(files: Mapping[str, bytes], freeze: Freeze) -> tuple[LogEntry, ...]:
    """The chain of log.tsv, and that its records are the files at hand. Its lines; none without a log."""
    if "log" not in files:
        return ()
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
    return entries


def _check_head(head: str, entries: Sequence[LogEntry], freeze: Freeze) -> None:
    """The log holds the chain value that was noted down elsewhere, "SEQ:CHAIN". Raises DrawFileError."""
    noted = _HEAD.fullmatch(head)
    if noted is None:
        raise VerifyError("--head", f"应写成 序号:链值（64 位小写十六进制），读到 {head[:100]!r}")
    if not entries:
        raise DrawFileError("log", None, "没有这个文件，无法与留存的链首对照")
    number, chain = int(noted[1]), noted[2]
    known = {entry.seq: entry.chain for entry in entries} | {entries[0].seq - 1: freeze.prev}
    if number not in known:
        first, last = entries[0].seq, entries[-1].seq
        raise DrawFileError("log", None, f"只有第 {first} 到第 {last} 条，无法与留存的第 {number} 条对照")
    if known[number] != chain:
        raise DrawFileError(
            "log", None, f"第 {number} 条的链值与留存的链首不符：留存 {chain}，文件 {known[number]}。记录被整体改写过"
        )


def _check_exclusions(files: Mapping[str, bytes], roster: Roster) -> None:
    """exclude.tsv is well formed and shares no id with the roster."""
    if "exclude" not in files:
        return
    excluded = {row[0] for row in parse(files["exclude"], "exclude", roster.draw_id).rows}
    both = sorted(excluded.intersection(roster.ids()))
    if both:
        raise DrawFileError("exclude", None, f"{both[0]} 既在名单中又在排除清单中")


def _check_public(files: Mapping[str, bytes], outcome: Outcome, total: int) -> None:
    """public.tsv and public-plan.tsv, where they lie beside the whole files, say the same as those."""
    expected: dict[str, bytes] = {}
    if "public" in files:
        expected["public"] = public_file(outcome.draw_id, ((p.id, p.ticket) for p in outcome.picks), total)
    if "public-plan" in files:
        expected["public-plan"] = public_plan_file(files["plan"])
    for name, data in expected.items():
        if files[name] != data:
            raise first_difference(name, files[name], data)


def _void_note(entries: Sequence[LogEntry], draw_id: str) -> tuple[str, ...]:
    """That the draw is void, if the log says so."""
    void = next((entry for entry in entries if entry.draw_id == draw_id and entry.type == "VOID"), None)
    return () if void is None else (f"这次抽取已于 {void.time} 作废（记录链第 {void.seq} 条），结果不用于检查。",)


def _verify(path: Path, head: str | None) -> Verified:
    """`verify_folder` with the errors of its parts."""
    names = {entry.stem for entry in path.glob("*.tsv")}
    if "result" not in names and "roster" not in names and names & {"public", "log"}:
        return _verify_public(path, head)
    files = read_folder(path, _WHOLE)
    freeze = read_freeze(files["freeze"])
    entries = _check_log(files, freeze)
    if head is not None:
        _check_head(head, entries, freeze)
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
    _check_public(files, outcome, roster.total)
    if batches:
        replay(files, outcome)
    notes = _void_note(entries, freeze.draw_id)
    return Verified(outcome.draw_id, outcome.seed, len(outcome.picks), len(batches), len(entries), notes=notes)


def _verify_public(path: Path, head: str | None) -> Verified:
    """What can be checked without roster and result."""
    files = read_folder(path, ("freeze", "entropy", "log") if (path / "public.tsv").is_file() else ("freeze", "log"))
    freeze = read_freeze(files["freeze"])
    entries = _check_log(files, freeze)
    if head is not None:
        _check_head(head, entries, freeze)
    if "public-plan" in files:
        read_public_plan(files["public-plan"], freeze.draw_id)
    notes = _void_note(entries, freeze.draw_id)
    found, tickets, total = "", 0, 0
    if "entropy" in files:
        values = read_entropy(files["entropy"], freeze.entropy)
        nonces = read_nonces(files["nonces"], freeze) if "nonces" in files else {}
        if len(nonces) == len(freeze.nonces):
            found = seed(files["freeze"], values, nonces)
    if "public" in files:
        if not found:
            raise DrawFileError("nonces", None, "缺少这个文件")
        public = read_public(files["public"], freeze.draw_id)
        check_tickets(public, found)
        tickets, total = len(public.picks), public.total
        notes += (*_public_notes(tickets, total, entries), _audit_note(entries, freeze.draw_id))
    else:
        notes += _early_notes(entries, freeze)
    return Verified(freeze.draw_id, found, tickets, 0, len(entries), partial=True, notes=notes)


def _public_notes(tickets: int, total: int, entries: Sequence[LogEntry]) -> tuple[str, str]:
    """What was checked, and what the public files cannot show."""
    return (
        f"已核对：冻结清单、种子、公布的 {tickets} 家的号码逐一重算相同、记录链 {len(entries)} 条。",
        f"公开文件不能核对：名单 {total} 家是否完整、抽中的 {tickets} 家是否齐全（各等级的名单不公开）。",
    )


def _audit_note(entries: Sequence[LogEntry], draw_id: str) -> str:
    """Who checked the rest: the newest AUDIT line of the log."""
    audit = next((entry for entry in reversed(entries) if entry.draw_id == draw_id and entry.type == "AUDIT"), None)
    if audit is None:
        return "这两项由审计角色用全部文件核对；记录链里还没有核对记录。"
    return f"这两项已由审计角色核对：{audit.time}，摘要 {audit.digest}。"


def _early_notes(entries: Sequence[LogEntry], freeze: Freeze) -> tuple[str, ...]:
    """Before anything but digests is public."""
    checked = f"现在能核对的：冻结清单、记录链 {len(entries)} 条，均无误。请抄下最后一条的链值，以后对照。"
    if not any(entry.draw_id == freeze.draw_id and entry.type == "RESULT" for entry in entries):
        return (f"名单已冻结，还没有抽取（最早 {freeze.not_before}）。", checked)
    when = "" if freeze.reveal_by == "-" else f"，最迟 {freeze.reveal_by}"
    return (f"这次抽取结果封存，还没有揭示{when}。公开以后可以核对种子和每一个号码。", checked)


def verify_folder(path: Path | str, head: str | None = None) -> Verified:
    """Check a folder of published files from nothing but itself: freeze, log chain, nonces, seed, result, events.

    Whole: needs freeze, plan, pool, recuse, roster, entropy and result (`NAME.tsv`); nonces where the freeze lists
    some; exclude, log, events-NNN, public and public-plan when present; other files are not looked at. Without roster
    and result: freeze, entropy, nonces, log and public, or freeze and log alone. `head`: "SEQ:CHAIN", a line of the log
    as noted down elsewhere. Raises VerifyError.
    """
    try:
        return _verify(Path(path), head)
    except DrawFileError as error:
        raise VerifyError(f"{error.file}.tsv", str(error)) from error
    except Infeasible as error:
        raise VerifyError("分队与配对", str(error)) from error
    except OSError as error:
        raise VerifyError(str(error.filename), "无法读取") from error
