"""The public acts around a draw, to the byte: freeze, entropy, nonces and the chained log (protocol `dr1`).

freeze.tsv is not sorted; its lines come in one fixed order, and `read_freeze` accepts only bytes that `freeze_file`
would write. entropy.tsv has no header: its k-th line is "TYPE VALUE" for the k-th `entropy` line of the freeze.

Public: `Freeze`, `FrozenFile`, `LogEntry`, `freeze_file`, `read_freeze`, `entropy_file`, `read_entropy`, `nonces_file`,
`read_nonces`, `log_line`, `log_chain`, `log_file`, `read_log`, `GENESIS`. Standard library only, no clock.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import comb

from sampling.canonical import CODE, HEX64, TIME, DrawFileError, commit, parse, sha256_hex, split_rows, write

GENESIS = "0" * 64
MIN_DICE_DIGITS = 40
_MIN_OUTCOMES = 2**128
_DICE = re.compile(r"[0-9]{40,4096}")
_DRAND_SPEC = re.compile(r"[0-9a-f]{64}:[1-9][0-9]*")
_SSQ = re.compile(r"([0-9]{5,7}):((?:[0-9]{2},){5}[0-9]{2})\+([0-9]{2})")
_BEACON_OUTCOMES = 2**256
_SSQ_OUTCOMES = comb(33, 6) * 16
_SPEC = re.compile(r"[!-~](?:[ -~]{0,198}[!-~])?")
_LOG_TYPE = re.compile(r"[A-Z][A-Z0-9-]{0,31}")
ENTROPY_TYPES = ("dice10", "drand", "ssq")


@dataclass(frozen=True, slots=True)
class FrozenFile:
    """One `file` line of the freeze: name without suffix, SHA-256 in hex, size in bytes."""

    name: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Freeze:
    """freeze.tsv as read. `seq` is the number in `draw_id`; `prev` the chain head before this draw's first log line;
    `nonces` are (party, commitment), `entropy` are (type, spec) in order; "-" in `reveal_by` and `supersedes` = none.
    """

    draw_id: str
    seq: int
    prev: str
    time: str
    files: tuple[FrozenFile, ...]
    nonces: tuple[tuple[str, str], ...]
    entropy: tuple[tuple[str, str], ...]
    not_before: str
    reveal_by: str
    supersedes: str


def _is_time(text: str) -> bool:
    """A real moment, written `YYYY-MM-DDThh:mm:ss+08:00`."""
    if not TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _check_freeze(freeze: Freeze) -> None:
    """Everything that freeze.tsv promises by itself. Raises DrawFileError."""

    def refuse(reason: str) -> DrawFileError:
        return DrawFileError("freeze", None, reason)

    if not CODE.fullmatch(freeze.draw_id):
        raise refuse(f"抽取编号 {freeze.draw_id!r} 不合规")
    number = re.search(r"([0-9]+)$", freeze.draw_id)
    if number is None or int(number[1]) != freeze.seq or freeze.seq < 1:
        raise refuse(f"seq 应为抽取编号 {freeze.draw_id} 末尾的数字，现为 {freeze.seq}")
    if not HEX64.fullmatch(freeze.prev):
        raise refuse("prev 应为 64 位小写十六进制的链值")
    for name, value in (("time", freeze.time), ("not-before", freeze.not_before), ("reveal-by", freeze.reveal_by)):
        if not (_is_time(value) or (name == "reveal-by" and value == "-")):
            raise refuse(f"{name} 应写成 2026-04-17T09:00:00+08:00 这样的时间，现为 {value!r}")
    if freeze.not_before < freeze.time:
        raise refuse("not-before 早于冻结时间")
    if freeze.reveal_by != "-" and freeze.reveal_by < freeze.not_before:
        raise refuse("reveal-by 早于 not-before")
    if freeze.supersedes != "-" and not CODE.fullmatch(freeze.supersedes):
        raise refuse(f"supersedes {freeze.supersedes!r} 不是抽取编号")
    if not freeze.files or any(
        not CODE.fullmatch(f.name) or not HEX64.fullmatch(f.digest) or f.size < 1 for f in freeze.files
    ):
        raise refuse("file 行应为文件名、SHA-256、字节数，且至少一个")
    if any(not CODE.fullmatch(party) or not HEX64.fullmatch(value) for party, value in freeze.nonces):
        raise refuse("nonce 行应为持有方代码、64 位承诺值")
    for names in ([f.name for f in freeze.files], [party for party, _ in freeze.nonces]):
        if names != sorted(set(names)):
            raise refuse("file 与 nonce 行要按名称升序、不重复")
    outcomes = 1
    for kind, spec in freeze.entropy:
        if not _SPEC.fullmatch(spec):
            raise refuse(f"随机来源 {kind} 的说明应为 1–200 个可打印的 ASCII 字符")
        outcomes *= _announced_outcomes(kind, spec)
    if outcomes < _MIN_OUTCOMES:
        raise refuse("公开随机来源不足 128 比特：至少要有 40 位骰子数字（dice10）或一轮 drand")


def _announced_outcomes(kind: str, spec: str) -> int:
    """How many values a source announced in the freeze can take at least. Raises DrawFileError."""
    if kind == "dice10":
        return int("1" + "0" * MIN_DICE_DIGITS)
    if kind == "drand":
        if not _DRAND_SPEC.fullmatch(spec):
            raise DrawFileError("freeze", None, "drand 的说明应为 链摘要（64 位十六进制）:轮次")
        return _BEACON_OUTCOMES
    if kind == "ssq":
        if not re.match(r"[0-9]{5,7}(?![0-9])", spec):
            raise DrawFileError("freeze", None, "ssq 的说明应以期号开头")
        return _SSQ_OUTCOMES
    raise DrawFileError("freeze", None, f"不认识的随机来源 {kind!r}，可用：{'、'.join(ENTROPY_TYPES)}")


def _freeze_bytes(freeze: Freeze) -> bytes:
    """The one spelling of a freeze."""
    rows: list[tuple[str, ...]] = [
        ("dr1", "freeze", freeze.draw_id),
        ("alg", "dr1"),
        ("seq", str(freeze.seq)),
        ("prev", freeze.prev),
        ("time", freeze.time),
        *(("file", f.name, f.digest, str(f.size)) for f in freeze.files),
        *(("nonce", party, value) for party, value in freeze.nonces),
        *(("entropy", str(k), kind, spec) for k, (kind, spec) in enumerate(freeze.entropy, start=1)),
        ("not-before", freeze.not_before),
        ("reveal-by", freeze.reveal_by),
        ("supersedes", freeze.supersedes),
    ]
    return "".join("\t".join(row) + "\n" for row in rows).encode("ascii")


def freeze_file(
    draw_id: str,
    *,
    seq: int,
    prev: str,
    time: str,
    files: Mapping[str, bytes],
    nonces: Mapping[str, str],
    entropy: Sequence[tuple[str, str]],
    not_before: str,
    reveal_by: str | None = None,
    supersedes: str | None = None,
) -> bytes:
    """freeze.tsv. `files`: name without suffix -> bytes (plan, pool, recuse, roster, perhaps exclude); `nonces`: party
    -> commitment (see `canonical.commit`); `entropy`: (type, spec) in the order in which values will be read;
    times `YYYY-MM-DDThh:mm:ss+08:00`. Raises DrawFileError; also when the announced sources hold fewer than 128 bits.
    """
    freeze = Freeze(
        draw_id=draw_id,
        seq=seq,
        prev=prev,
        time=time,
        files=tuple(FrozenFile(name, sha256_hex(files[name]), len(files[name])) for name in sorted(files)),
        nonces=tuple(sorted(nonces.items())),
        entropy=tuple(entropy),
        not_before=not_before,
        reveal_by=reveal_by or "-",
        supersedes=supersedes or "-",
    )
    _check_freeze(freeze)
    return _freeze_bytes(freeze)


def read_freeze(data: bytes) -> Freeze:
    """freeze.tsv, strictly. Raises DrawFileError."""
    single: dict[str, str] = {}
    files: list[FrozenFile] = []
    nonces: list[tuple[str, str]] = []
    entropy: list[tuple[str, str]] = []
    for number, line in enumerate(split_rows("freeze", data), start=1):
        match line.split("\t"):
            case ["dr1", "freeze", value]:
                single["draw_id"] = value
            case ["file", name, digest, size] if re.fullmatch(r"[1-9][0-9]{0,14}", size):
                files.append(FrozenFile(name, digest, int(size)))
            case ["nonce", party, value]:
                nonces.append((party, value))
            case ["entropy", _, kind, spec]:
                entropy.append((kind, spec))
            case ["seq", value] if not re.fullmatch(r"[1-9][0-9]{0,14}", value):
                raise DrawFileError("freeze", number, "seq 应为正整数")
            case ["alg" | "seq" | "prev" | "time" | "not-before" | "reveal-by" | "supersedes" as key, value]:
                single[key] = value
            case _:
                raise DrawFileError("freeze", number, f"不认识的行：{line[:120]!r}")
    for field in ("draw_id", "alg", "seq", "prev", "time", "not-before", "reveal-by", "supersedes"):
        if field not in single:
            raise DrawFileError("freeze", None, f"缺少{'首' if field == 'draw_id' else ' ' + field + ' '}行")
    freeze = Freeze(
        draw_id=single["draw_id"],
        seq=int(single["seq"]),
        prev=single["prev"],
        time=single["time"],
        files=tuple(files),
        nonces=tuple(nonces),
        entropy=tuple(entropy),
        not_before=single["not-before"],
        reveal_by=single["reveal-by"],
        supersedes=single["supersedes"],
    )
    _check_freeze(freeze)
    if single["alg"] != "dr1":
        raise DrawFileError("freeze", None, f"算法应为 dr1，现为 {single['alg']!r}")
    if _freeze_bytes(freeze) != data:
        raise DrawFileError("freeze", None, "各行的次数或顺序不符：dr1、alg、seq、prev、time、file、nonce、entropy…")
    return freeze


def _check_entropy(number: int, kind: str, value: str, spec: str | None) -> int:
    """How many values this source could have taken. Raises DrawFileError with the line number."""

    def refuse(reason: str) -> DrawFileError:
        return DrawFileError("entropy", number, reason)

    if kind == "dice10":
        if not _DICE.fullmatch(value):
            raise refuse(f"骰子数字应为至少 {MIN_DICE_DIGITS} 位 0–9，中间不留空格；读到 {len(value)} 个字符")
        return int("1" + "0" * len(value))
    if kind == "drand":
        event, _, randomness = value.rpartition(":")
        if not _DRAND_SPEC.fullmatch(event) or not HEX64.fullmatch(randomness):
            raise refuse("drand 应写成 链摘要:轮次:随机值（64 位小写十六进制）")
        if spec is not None and event != spec:
            raise refuse(f"drand 的链或轮次与冻结时指定的 {spec} 不同")
        return _BEACON_OUTCOMES
    if kind == "ssq":
        match = _SSQ.fullmatch(value)
        if match is None:
            raise refuse("双色球应写成 期号:01,02,03,04,05,06+07（红球升序、两位数）")
        reds = [int(red) for red in match[2].split(",")]
        if reds != sorted(set(reds)) or reds[0] < 1 or reds[-1] > 33 or not 1 <= int(match[3]) <= 16:
            raise refuse("双色球红球应为 01–33 升序不重复，蓝球 01–16")
        if spec is not None and not re.match(rf"{match[1]}(?![0-9])", spec):
            raise refuse(f"双色球期号 {match[1]} 与冻结时指定的 {spec} 不同")
        return _SSQ_OUTCOMES
    raise refuse(f"不认识的随机来源 {kind!r}，可用：{'、'.join(ENTROPY_TYPES)}")


def entropy_file(values: Sequence[tuple[str, str]], announced: Sequence[tuple[str, str]] | None = None) -> bytes:
    """entropy.tsv from (type, value) in the order of the freeze; `announced` = `Freeze.entropy`, to be obeyed exactly
    (same number, same types, same events). Raises DrawFileError; fewer than 128 bits together are refused.
    """
    if announced is not None and [kind for kind, _ in values] != [kind for kind, _ in announced]:
        wanted = "、".join(kind for kind, _ in announced)
        raise DrawFileError("entropy", None, f"随机来源应依次为 {wanted}，一个不多、一个不少")
    outcomes = 1
    for number, (kind, value) in enumerate(values, start=1):
        spec = None if announced is None else announced[number - 1][1]
        outcomes *= _check_entropy(number, kind, value, spec)
    if outcomes < _MIN_OUTCOMES:
        raise DrawFileError("entropy", None, "公开随机数不足 128 比特，不能抽取")
    return "".join(f"{kind} {value}\n" for kind, value in values).encode("ascii")


def read_entropy(data: bytes, announced: Sequence[tuple[str, str]] | None = None) -> tuple[str, ...]:
    """The lines "TYPE VALUE" of entropy.tsv, checked as in `entropy_file`. Raises DrawFileError."""
    lines = split_rows("entropy", data)
    pairs: list[tuple[str, str]] = []
    for number, line in enumerate(lines, start=1):
        kind, space, value = line.partition(" ")
        if not space:
            raise DrawFileError("entropy", number, "每行应为 类型、一个空格、数值")
        pairs.append((kind, value))
    entropy_file(pairs, announced)
    return tuple(lines)


def nonces_file(nonces: Mapping[str, str]) -> bytes:
    """nonces.tsv: party and its 64 hex, by party. Raises DrawFileError."""
    for number, party in enumerate(sorted(nonces), start=1):
        if not CODE.fullmatch(party) or not HEX64.fullmatch(nonces[party]):
            raise DrawFileError("nonces", number, "应为持有方代码、64 位小写十六进制随机数")
    return "".join(f"{party}\t{nonces[party]}\n" for party in sorted(nonces)).encode("ascii")


def read_nonces(data: bytes, freeze: Freeze | None = None) -> dict[str, str]:
    """nonces.tsv as party -> hex; with `freeze`, every commitment must be opened and nothing else. DrawFileError."""
    nonces: dict[str, str] = {}
    for number, line in enumerate(split_rows("nonces", data), start=1):
        party, _, value = line.partition("\t")
        nonces[party] = value
        promised = dict(freeze.nonces).get(party) if freeze is not None else None
        if freeze is None or promised is None or not HEX64.fullmatch(value):
            continue
        if commit(freeze.draw_id, party, value) != promised:
            raise DrawFileError("nonces", number, f"{party} 的随机数与冻结时的承诺不符")
    if nonces_file(nonces) != data:
        raise DrawFileError("nonces", None, "应每方一行、按持有方升序、不重复")
    if freeze is not None and sorted(nonces) != [party for party, _ in freeze.nonces]:
        raise DrawFileError("nonces", None, f"应有 {'、'.join(p for p, _ in freeze.nonces) or '零'} 方的随机数")
    return nonces


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One line of the log with its chain value. `type` lower-cased is the name of the record file it seals."""

    seq: int
    time: str
    type: str
    draw_id: str
    digest: str
    chain: str


def log_line(seq: int, time: str, type_: str, draw_id: str, record: bytes | str) -> str:
    """One log line without chain value. `type_`: FREEZE, ENTROPY, RESULT, EVENTS-001, VOID, …; `record`: the bytes of
    the record file, or their digest in hex. Raises DrawFileError.
    """
    digest = record if isinstance(record, str) else sha256_hex(record)
    good = seq >= 1 and _is_time(time) and _LOG_TYPE.fullmatch(type_) and CODE.fullmatch(draw_id)
    if not good or not HEX64.fullmatch(digest):
        raise DrawFileError("log", None, f"记录行不合规：{(seq, time, type_, draw_id, digest)!r}")
    return f"{seq}\t{time}\t{type_}\t{draw_id}\t{digest}"


def log_chain(prev: str, lines: Iterable[str]) -> tuple[str, ...]:
    """The chain value after each line: `SHA256("dr1 log\\n" prev "\\n" line "\\n")`, beginning from `prev` (64 hex)."""
    values: list[str] = []
    for line in lines:
        prev = sha256_hex(f"dr1 log\n{prev}\n{line}\n".encode("ascii"))
        values.append(prev)
    return tuple(values)


def log_file(draw_id: str, lines: Sequence[str], prev: str) -> bytes:
    """log.tsv of one draw: the log from its first line on, each with its chain value. `prev`: head before them."""
    rows = [(*line.split("\t"), value) for line, value in zip(lines, log_chain(prev, lines), strict=True)]
    return write("log", draw_id, rows)


def read_log(data: bytes, draw_id: str, prev: str) -> tuple[LogEntry, ...]:
    """log.tsv, strictly: numbers consecutive, times not going back, every chain value right from `prev` on.

    Raises DrawFileError naming the first broken line.
    """
    entries: list[LogEntry] = []
    chain = prev
    for number, row in enumerate(parse(data, "log", draw_id).rows, start=2):
        entry = LogEntry(int(row[0]), row[1], row[2], row[3], row[4], row[5])
        (chain,) = log_chain(chain, ["\t".join(row[:5])])
        if not _is_time(entry.time):
            raise DrawFileError("log", number, f"{entry.time} 不是一个时间")
        if entries and (entry.seq != entries[-1].seq + 1 or entry.time < entries[-1].time):
            raise DrawFileError("log", number, "序号不连续或时间倒退")
        if not entries and prev == GENESIS and entry.seq != 1:
            raise DrawFileError("log", number, "链从头开始，序号却不是 1")
        if entry.chain != chain:
            raise DrawFileError("log", number, f"链值断开：应为 {chain}")
        entries.append(entry)
    return tuple(entries)
