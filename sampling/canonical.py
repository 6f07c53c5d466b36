"""The exact bytes of `dr1` row files: one way to write them, one strict way to read them, and their digests.

Format (protocol `dr1`): ASCII text, LF after every line including the last, TAB between fields, `-` for an empty
field. First line `dr1 TAB kind TAB draw_id TAB number_of_rows`; rows strictly ascending by their bytes. Whatever
differs (BOM, CR, missing last LF, wrong count, wrong order, a field outside its alphabet) is refused, never mended, so
that one meaning has exactly one digest.

Public: `DrawFileError`, `Parsed`, `write`, `parse`, `split_rows`, `check_text`, `check_row`, `sha256_hex`, `ticket`,
`pid`, `commit`, `seed_input`, `seed`, the alphabets `ID`, `CODE`, `PID`, `HEX64`, `INTEGER`, `TIME`, and the reason
codes `EXCLUDE_REASONS`, `ENTERPRISE_OUT_REASONS`, `INSPECTOR_OUT_REASONS`. No clock, no database, no floats.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

PROTOCOL = "dr1"

_ID = r"[0-9A-Z]{1,32}"
# A lone "-" is the empty field, so it is never a code.
_CODE = r"(?!-(?![0-9A-Za-z._-]))[0-9A-Za-z._-]{1,32}"
_INT = r"(?:0|[1-9][0-9]*)"
_POSITIVE = r"[1-9][0-9]*"
_PID = r"[0-9a-f]{32}"
_HEX64 = r"[0-9a-f]{64}"
_CODES = rf"(?:-|{_CODE}(?:,{_CODE})*)"
_TEAM = rf"(?:-|{_POSITIVE})"

ID = re.compile(_ID)
CODE = re.compile(_CODE)
PID = re.compile(_PID)
HEX64 = re.compile(_HEX64)
INTEGER = re.compile(_INT)
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00")

EXCLUDE_REASONS = ("industry", "after-cutoff", "authority", "status", "no-id", "cap")
ENTERPRISE_OUT_REASONS = ("deregistered", "revoked", "annulled", "moved-out", "not-in-scope", "duplicate", "cap")
INSPECTOR_OUT_REASONS = ("sick", "leave", "transferred", "certificate", "recused")

# kind -> (whole-row pattern, what the row should look like)
_SHAPES: dict[str, tuple[re.Pattern[str], str]] = {
    kind: (re.compile(pattern.replace(" ", r"\t")), shape)
    for kind, pattern, shape in (
        ("roster", f"{_ID} {_CODE} {_CODES}", "主体代码、分层、所需专业（没有写 -）"),
        ("pool", f"{_CODE} {_PID} {_CODES}", "部门、人员号（32 位小写十六进制）、专业（没有写 -）"),
        ("recuse", f"{_PID} {_ID}", "人员号、主体代码"),
        ("exclude", f"{_ID} (?:{'|'.join(EXCLUDE_REASONS)})", f"主体代码、原因（{'/'.join(EXCLUDE_REASONS)}）"),
        (
            "plan",
            f"group {_CODE} (?:rate {_INT}/{_POSITIVE}|total {_INT})|stratum {_CODE} {_CODE} {_INT}"
            f"|dept {_CODE} {_POSITIVE}|quota {_CODE} {_CODE} {_POSITIVE}|teams {_POSITIVE}",
            "group G rate p/q、group G total n、stratum 分层 G 权重、dept 部门 席位、quota 部门 专业 人数、"
            "teams 队数 之一",
        ),
        (
            "result",
            f"pick {_CODE} {_POSITIVE} {_ID} {_HEX64} {_TEAM}|strat {_CODE} {_INT} {_INT} {_INT}/{_POSITIVE}"
            f"|team {_POSITIVE} {_CODE} {_POSITIVE} {_PID} (?:-|{_CODE}) {_HEX64}",
            "pick 分层 名次 代码 签值 队、strat 分层 N n x、team 队 部门 席 人员号 轮次 签值 之一",
        ),
        (
            "events",
            f"E-OUT {_ID} (?:{'|'.join(ENTERPRISE_OUT_REASONS)}) (?:-|{_ID}) {_TEAM} (?:-|{_POSITIVE})"
            f"|I-OUT {_PID} (?:{'|'.join(INSPECTOR_OUT_REASONS)}) (?:-|{_PID}) {_TEAM} (?:-|{_POSITIVE})",
            "E-OUT 代码 原因 替补 队 名次、I-OUT 人员号 原因 替补 队 席 之一",
        ),
        ("public", f"count {_INT} {_INT}|pick {_ID} {_HEX64}", "count 名单户数 抽中户数、pick 代码 号码 之一"),
        (
            "public-plan",
            f"dept {_CODE} {_POSITIVE}|quota {_CODE} {_CODE} {_POSITIVE}|teams {_POSITIVE}",
            "dept 部门 席位、quota 部门 专业 人数、teams 队数 之一",
        ),
        (
            "log",
            rf"{_POSITIVE} {TIME.pattern} [A-Z][A-Z0-9-]{{0,31}} {_CODE} {_HEX64} {_HEX64}",
            "序号、时间、类型、抽取编号、摘要、链值",
        ),
    )
}
# A log is in the order of its numbers, 10 after 9; public.tsv in the order of its tickets.
_KINDS_IN_OWN_ORDER = frozenset({"log", "public"})
_CATEGORY_FIELD = {"roster": 2, "pool": 2}


class DrawFileError(ValueError):
    """A file of the draw is not exactly what the protocol asks. `file` is its name without suffix, `line` counts from
    1 (None: the file as a whole), `reason` is a Chinese sentence; `str()` joins the three.
    """

    def __init__(self, file: str, line: int | None, reason: str) -> None:
        """Keep the three parts for callers that show them apart."""
        where = f"{file}.tsv" if line is None else f"{file}.tsv 第 {line} 行"
        super().__init__(f"{where}：{reason}")
        self.file = file
        self.line = line
        self.reason = reason

    def __reduce__(self) -> tuple[type["DrawFileError"], tuple[str, int | None, str]]:
        """Survive the way back from a worker process."""
        return type(self), (self.file, self.line, self.reason)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A row file after the strict reader: the draw it belongs to and its rows as tuples of fields, in file order."""

    draw_id: str
    rows: tuple[tuple[str, ...], ...]


def sha256_hex(data: bytes) -> str:
    """SHA-256 of `data` as 64 lower-case hexadecimal characters."""
    return hashlib.sha256(data).hexdigest()


def check_row(kind: str, line: int, row: str) -> None:
    """Raise DrawFileError unless `row` (fields joined by TAB) has the shape that `kind` asks."""
    pattern, shape = _SHAPES[kind]
    if not pattern.fullmatch(row):
        raise DrawFileError(kind, line, f"格式不符，应为{shape}，以制表符分隔；读到 {row[:120]!r}")
    field = _CATEGORY_FIELD.get(kind)
    if field is not None:
        codes = row.split("\t")[field].split(",")
        if any(a >= b for a, b in pairwise(codes)):
            raise DrawFileError(kind, line, "专业代码要按字节升序、不重复，用英文逗号相连")


def header(kind: str, draw_id: str, rows: int) -> bytes:
    """The first line of a row file, with its LF."""
    if not CODE.fullmatch(draw_id):
        raise DrawFileError(kind, 1, f"抽取编号 {draw_id!r} 只能用 1–32 个数字、字母、点、下划线、连字符")
    return f"{PROTOCOL}\t{kind}\t{draw_id}\t{rows}\n".encode("ascii")


def write(kind: str, draw_id: str, rows: Iterable[tuple[str, ...]]) -> bytes:
    """The bytes of a row file. Rows may come in any order; a row given twice or out of its alphabet is refused.

    kind: roster, pool, recuse, exclude, plan, result, events or public-plan (`log`, `public`: order of `rows` kept).
    Raises DrawFileError.
    """
    lines = ["\t".join(row) for row in rows]
    if kind not in _KINDS_IN_OWN_ORDER:
        lines.sort()  # code points of ASCII sort like bytes, whatever the locale; anything else fails check_row
    for number, line in enumerate(lines, start=2):
        check_row(kind, number, line)
        if number > 2 and line == lines[number - 3]:
            raise DrawFileError(kind, number, f"与上一行重复：{line!r}")
    return header(kind, draw_id, len(lines)) + "".join(f"{line}\n" for line in lines).encode("ascii")


def check_text(file: str, data: bytes) -> None:
    """Refuse BOM, CR, anything outside ASCII and a missing last LF."""
    if data.startswith(b"\xef\xbb\xbf"):
        raise DrawFileError(file, 1, "开头有 BOM，应另存为不带 BOM 的文本")
    if b"\r" in data:
        raise DrawFileError(file, data[: data.index(b"\r")].count(b"\n") + 1, "含回车符 CR，换行应只用 LF")
    if not data.isascii():
        line = next(n for n, text in enumerate(data.split(b"\n"), start=1) if not text.isascii())
        raise DrawFileError(file, line, "含 ASCII 以外的字符，冻结文件只写代码不写名称")
    if not data.endswith(b"\n"):
        raise DrawFileError(file, None, "最后一行之后缺换行 LF，文件可能不完整")


def read_header(kind: str, first_line: str, draw_id: str | None = None) -> tuple[str, int]:
    """`(draw_id, number of rows)` from the first line (without LF). Raises DrawFileError."""
    fields = first_line.split("\t")
    if len(fields) != 4 or fields[0] != PROTOCOL or fields[1] != kind or not INTEGER.fullmatch(fields[3]):
        raise DrawFileError(kind, 1, f"首行应为 dr1、{kind}、抽取编号、行数；读到 {first_line[:120]!r}")
    if not CODE.fullmatch(fields[2]):
        raise DrawFileError(kind, 1, f"抽取编号 {fields[2]!r} 不合规")
    if draw_id is not None and fields[2] != draw_id:
        raise DrawFileError(kind, 1, f"属于抽取 {fields[2]}，不是 {draw_id}")
    return fields[2], int(fields[3])


def split_rows(file: str, data: bytes) -> list[str]:
    """The lines of a file that passed `check_text`, without their LF."""
    check_text(file, data)
    return data.decode("ascii").split("\n")[:-1]


def parse(data: bytes, kind: str, draw_id: str | None = None) -> Parsed:
    """Read a row file strictly. `draw_id`: refuse a file of another draw. Raises DrawFileError with file and line.

    Makes a tuple per row: for rosters of any size use `draw.Roster`, which stays bytes.
    """
    first, *lines = split_rows(kind, data)
    found_id, count = read_header(kind, first, draw_id)
    if count != len(lines):
        raise DrawFileError(kind, 1, f"首行写 {count} 行，实有 {len(lines)} 行")
    previous = ""
    for number, line in enumerate(lines, start=2):
        check_row(kind, number, line)
        if kind not in _KINDS_IN_OWN_ORDER and line <= previous:
            raise DrawFileError(kind, number, "没有按字节升序排列，或与上一行重复")
        previous = line
    return Parsed(found_id, tuple(tuple(line.split("\t")) for line in lines))


def ticket(seed: str, tag: str, *parts: str | int) -> str:
    """`SHA256(seed "/" tag "/" part "/" …)` in hex. Tags: E enterprise, I inspector, R rounding, M block order,
    G fallback order, X replacement team.
    """
    return sha256_hex("/".join((seed, tag, *map(str, parts))).encode("ascii"))


def pid(draw_id: str, dept: str, badge: str, salt_hex: str) -> str:
    """The public name of an inspector in one draw: 32 hex. `salt_hex`: 128 random bits of this person in this draw,
    so that badge numbers (8–11 digits) cannot be found by trial. Raises ValueError.
    """
    if not re.fullmatch(_PID, salt_hex):
        raise ValueError("盐值应为 32 位小写十六进制（128 比特）")
    if not badge or "\n" in badge:
        raise ValueError("执法证号为空或含换行")
    return sha256_hex(f"dr1 pid\n{draw_id}\n{dept}\n{badge}\n{salt_hex}\n".encode())[:32]


def commit(draw_id: str, party: str, nonce_hex: str) -> str:
    """The commitment of `party` to its nonce (32 bytes as 64 hex), 64 hex. Raises ValueError."""
    if not HEX64.fullmatch(nonce_hex):
        raise ValueError("随机数应为 64 位小写十六进制（32 字节）")
    if not CODE.fullmatch(party):
        raise ValueError(f"持有方代码 {party!r} 不合规")
    return sha256_hex(f"dr1 nonce\n{draw_id}\n{party}\n{nonce_hex}\n".encode("ascii"))


def seed_input(freeze_bytes: bytes, entropy_values: Sequence[str], nonces: Mapping[str, str]) -> bytes:
    """The text whose SHA-256 is the seed. `entropy_values`: lines "TYPE VALUE" in the order of the freeze;
    `nonces`: party -> 64 hex, empty for an open draw.
    """
    lines = ["dr1 seed", f"freeze {sha256_hex(freeze_bytes)}"]
    lines += [f"entropy {number} {value}" for number, value in enumerate(entropy_values, start=1)]
    lines += [f"nonce {party} {nonces[party]}" for party in sorted(nonces)]
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def seed(freeze_bytes: bytes, entropy_values: Sequence[str], nonces: Mapping[str, str]) -> str:
    """The seed, 64 hex: SHA-256 of `seed_input(...)`."""
    return sha256_hex(seed_input(freeze_bytes, entropy_values, nonces))
