"""核对: what the tables say, held against the files, the files against the log, the log against itself and a note.

A change of one row by whoever owns the database is found here; a whole chain rewritten is found only with a head that
was noted down elsewhere (trust.md T).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from registry import audit, clock
from registry.enums import Role
from registry.errors import DomainError
from registry.models import User
from sampling import bundle
from sampling.enums import DrawEventKind, PickKind, Stream
from sampling.models import BundleFile, Draw, DrawEvent, LogEntry, LogHead, NonceValue, Roster
from sampling.services import files as storage
from sampling.services.drawing import RESERVE_DEPTH
from sampling.services.drawn_rows import member_rows, selection_rows
from sampling.services.revealing import PUBLIC, PUBLIC_PLAN, public_parts
from sampling.services.states import lock_plan

_HEAD = re.compile(r"([0-9]{1,15}):([0-9a-f]{64})")
AUDIT = "audit"
SHOWN = 5


@dataclass
class Report:
    """What was looked at and what is wrong, in words; ``head``: the last line as SEQ:CHAIN."""

    draws: int = 0
    lines: int = 0
    head: str = ""
    faults: list[str] = field(default_factory=list)


def verify_draws(*, stream: str = Stream.MAIN, heads: Sequence[str] = ()) -> Report:
    """Check every draw of a log. ``heads``: "SEQ:CHAIN" as noted down outside the system. Reads only."""
    report = Report()
    chains = _check_chain(report, stream)
    _check_heads(report, chains, heads)
    records: dict[int, list[LogEntry]] = defaultdict(list)
    for entry in LogEntry.objects.filter(stream=stream).order_by("seq"):
        records[entry.roster_id].append(entry)
    for roster in Roster.objects.filter(stream=stream).select_related("plan").order_by("seq"):
        report.draws += 1
        report.faults += [f"{roster.draw_id}：{fault}" for fault in roster_faults(roster, records[roster.pk])]
    return report


def _check_chain(report: Report, stream: str) -> dict[int, str]:
    """The log against itself and its stored head. Returns number → chain value as computed."""
    chain, time, computed = bundle.GENESIS, "", {0: bundle.GENESIS}
    rows = LogEntry.objects.filter(stream=stream).select_related("roster").order_by("seq")
    for expected, entry in enumerate(rows, start=1):
        report.lines += 1
        if entry.seq != expected:
            report.faults.append(f"记录链缺第 {expected} 条")
            return computed
        if entry.time < time:
            report.faults.append(f"记录链第 {entry.seq} 条的时间倒退")
        line = bundle.log_line(entry.seq, entry.time, entry.kind, entry.roster.draw_id, entry.sha256)
        (chain,) = bundle.log_chain(chain, [line])
        computed[entry.seq], time = chain, entry.time
        if entry.chain != chain:
            report.faults.append(f"记录链第 {entry.seq} 条断开：应为 {chain}，记的是 {entry.chain}")
            return computed
    report.head = f"{report.lines}:{chain}"
    head = LogHead.objects.filter(stream=stream).first()
    if head is not None and (head.seq, head.chain) != (report.lines, chain):
        report.faults.append(f"链首记的是第 {head.seq} 条，记录链只到第 {report.lines} 条，末尾被截短或改动")
    return computed


def _check_heads(report: Report, chains: Mapping[int, str], heads: Iterable[str]) -> None:
    for text in heads:
        noted = _HEAD.fullmatch(text)
        if noted is None:
            report.faults.append(f"留存的链首应写成 序号:链值，读到 {text[:80]!r}")
        elif int(noted[1]) not in chains:
            report.faults.append(f"留存了第 {noted[1]} 条，记录链里没有这一条")
        elif chains[int(noted[1])] != noted[2]:
            report.faults.append(f"第 {noted[1]} 条与留存的链值不符，记录被整体改写过")


def roster_faults(roster: Roster, log: Sequence[LogEntry]) -> list[str]:
    """Everything wrong with one freeze and its draw: files, log records, recomputation, tables."""
    files = storage.stored_files(roster)
    found = [
        f"文件 {row.name}.tsv 与登记的摘要不符"
        for row in BundleFile.objects.filter(roster=roster).order_by("name")
        if bundle.sha256_hex(row.content.encode()) != row.sha256
    ]
    for entry in log:
        content = files.get(entry.record)
        if content is None:
            found.append(f"记录链第 {entry.seq} 条（{entry.kind}）的文件 {entry.record}.tsv 不见了")
        elif bundle.sha256_hex(content) != entry.sha256:
            found.append(f"文件 {entry.record}.tsv 与记录链第 {entry.seq} 条（{entry.kind}）不符")
    logged = {entry.record for entry in log}
    found += [f"文件 {name}.tsv 没有记录链的记录" for name in sorted(files) if _needs_line(name) and name not in logged]
    if found:
        return found
    try:
        return _content_faults(roster, files)
    except bundle.DrawFileError as error:
        return [str(error)]
    except bundle.Infeasible as error:
        return [f"分队与配对：{error}"]


def _needs_line(name: str) -> bool:
    alone = ("freeze", "entropy", "result", "void", storage.NONCES, PUBLIC_PLAN, PUBLIC, AUDIT)
    return name in alone or name.startswith("events-")


def _content_faults(roster: Roster, files: dict[str, bytes]) -> list[str]:
    freeze = bundle.read_freeze(files["freeze"])
    frozen = {one.name: one.digest for one in freeze.files}
    found = [
        f"文件 {name}.tsv 冻结后被改动或不见了"
        for name, digest in frozen.items()
        if name not in files or bundle.sha256_hex(files[name]) != digest
    ]
    expected = (freeze.draw_id, freeze.seq, freeze.prev, bundle.sha256_hex(files["freeze"]))
    if (roster.draw_id, roster.seq, roster.prev, roster.digest) != expected:
        found.append("冻结名单的登记与 freeze.tsv 不符")
    found += _nonce_faults(roster, freeze)
    if not found:
        made = public_parts(roster, files)
        found += [f"文件 {name}.tsv 与全部文件不符" for name in made if files.get(name, made[name]) != made[name]]
    pool = {(one.department.code, one.pid) for one in roster.pool.select_related("department")}
    if not found and pool != {row[:2] for row in bundle.parse(files["pool"], "pool").rows}:
        found.append("冻结人员与 pool.tsv 不符")
    draw = Draw.objects.filter(roster=roster).first()
    if draw is None and "result" in files:
        found.append("抽取的登记不见了")
    if found or draw is None:
        return found
    return _draw_faults(draw, files)


def _nonce_faults(roster: Roster, freeze: bundle.Freeze) -> list[str]:
    stored = tuple(roster.nonces.order_by("party").values_list("party", "commitment"))
    found = [] if stored == freeze.nonces else ["保密随机数的承诺值与 freeze.tsv 不符"]
    for row in NonceValue.objects.filter(nonce__roster=roster).select_related("nonce"):
        if bundle.commit(roster.draw_id, row.nonce.party, row.value) != row.nonce.commitment:
            found.append(f"{row.nonce.party} 的保密随机数与承诺值不符")
    return found


def _draw_faults(draw: Draw, files: dict[str, bytes]) -> list[str]:
    """The draw computed again, against result.tsv and every row of the tables."""
    if draw.roster.sealed and storage.NONCES not in files:
        files[storage.NONCES] = storage.nonces_tsv(draw.roster)
    try:
        outcome = bundle.compute(files)
    except bundle.DrawInfeasible as error:
        if "void" not in files:
            raise
        outcome = error.outcome
    found = []
    if outcome.result_tsv != files["result"] or draw.result_digest != bundle.sha256_hex(outcome.result_tsv):
        found.append("抽取结果与重算不符")
    announced = bundle.read_freeze(files["freeze"]).entropy
    typed = [("dice10", draw.digits)] + [(kind, draw.beacon) for kind, _ in announced[1:]]
    if files["entropy"] != bundle.entropy_file(typed, announced):
        found.append("登记的数字与 entropy.tsv 不符")
    if draw.seed != outcome.seed:
        found.append(f"种子与重算不符，应为 {outcome.seed}")
    if any(name.startswith("events-") for name in files):
        bundle.replay(files, outcome)  # raises for a batch that is not what its triggers give
    return found + _selection_faults(draw, outcome) + _member_faults(draw, outcome) + _event_faults(draw, files)


def _selection_faults(draw: Draw, outcome: bundle.Outcome) -> list[str]:
    called = DrawEvent.objects.filter(draw=draw, substitute__isnull=False).values("substitute")
    matched = draw.selections.filter(match__isnull=False).exclude(pk__in=called).select_related("match")
    team = {row.pk: row.match.team for row in matched}
    stored = {
        (one.stratum, one.rank, one.enterprise.uscc, one.ticket, one.kind, team.get(one.pk))
        for one in draw.selections.select_related("enterprise")
    }
    everything = selection_rows(outcome)
    drawn = {one.stratum: one.drawn for one in outcome.strata}
    must = {row for row in everything if row[1] <= drawn[row[0]] + RESERVE_DEPTH}
    return _differences("抽中企业", must, stored, set(everything))


def _member_faults(draw: Draw, outcome: bundle.Outcome) -> list[str]:
    stored = {(one.pid, one.team, one.seat, one.phase, one.ticket, one.kind) for one in draw.members.all()}
    rows = set(member_rows(outcome))
    return _differences("检查队成员", rows, stored, rows)


def _event_faults(draw: Draw, files: Mapping[str, bytes]) -> list[str]:
    """Every line of the batches has its event with the same substitute, and no event is without a line."""
    written = {
        (int(name.rpartition("-")[2]), row[0], row[1], row[2], row[3], row[4])
        for name in files
        if name.startswith("events-")
        for row in bundle.parse(files[name], "events").rows
    }
    rows = draw.events.exclude(kind=DrawEventKind.VOID).select_related(
        "selection__enterprise", "substitute__enterprise", "substitute__match", "member", "substitute_member"
    )
    stored = set()
    for one in rows:
        if one.selection is not None:
            out, joins = one.selection.enterprise.uscc, one.substitute.enterprise.uscc if one.substitute else "-"
            team = str(one.substitute.match.team) if one.substitute else "-"
        else:
            out = one.member.pid if one.member else "-"
            joins = one.substitute_member.pid if one.substitute_member else "-"
            team = "-" if one.team is None else str(one.team)
        stored.add((one.batch, str(one.kind), out, one.code, joins, team))
    return _differences("抽取后事件", written, stored, written)


def _differences(what: str, must: set[Any], stored: set[Any], may: set[Any]) -> list[str]:
    missing, strange = sorted(must - stored, key=str), sorted(stored - may, key=str)
    found = [f"{what}少了或被改：{_short(row)}" for row in missing[:SHOWN]]
    return found + [f"{what}多了或被改：{_short(row)}" for row in strange[:SHOWN]]


def _short(row: Sequence[object]) -> str:
    return " ".join(str(part) for part in row if part is not None)


@transaction.atomic
def audit_draw(*, actor: User, roster: Roster) -> BundleFile:
    """审计核对: the auditor's own recomputation of a draw from all its files, noted in the log (draw.md §0.6).

    Raises DomainError for another role, an undrawn freeze, one that was audited, or naming what is wrong.
    """
    if Role.AUDITOR not in actor.roles:
        raise DomainError("核对由审计账号办理。")
    lock_plan(roster.plan)
    head = storage.lock_log(roster.stream)
    if BundleFile.objects.filter(roster=roster, name=AUDIT).exists():
        raise DomainError("这次抽取已经核对并记录，不用再核对。")
    draw = Draw.objects.filter(roster=roster).first()
    if draw is None:
        raise DomainError("这次冻结还没有抽取，不能核对。")
    faults = roster_faults(roster, list(roster.log.order_by("seq")))
    if faults:
        raise DomainError("核对不符，没有记录，请立即报告。", problems=faults)
    time = storage.log_time(head)
    picks = draw.selections.filter(kind=PickKind.MAIN).count()
    lines = [("dr1", AUDIT, roster.draw_id), ("time", time), ("freeze", roster.digest), ("result", draw.result_digest),
             ("roster", str(roster.total)), ("picks", str(picks))]  # fmt: skip
    content = "".join("\t".join(line) + "\n" for line in lines).encode("ascii")
    row = storage.store_file(roster, AUDIT, content)
    storage.append_log(head, roster, AUDIT.upper(), AUDIT, content, time)
    after = {"draw_id": roster.draw_id, "result": draw.result_digest, "picks": picks, "at": clock.now()}
    audit.record(stream=f"plan:{roster.plan_id}", actor=actor, action="审计核对", obj=roster, after=after)
    return row
