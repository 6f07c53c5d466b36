"""The first random: seed -> tickets -> who is drawn, and the reserve behind them (SELECT of protocol `dr1`).

Every enterprise has one ticket, SHA256(seed "/E/" id); in each stratum the lowest tickets are drawn and the others are
the reserve in the same order. Nothing else decides, so the order of the rows, other rows, the machine or the language
do not matter, and an enterprise added to a list changes the sample by at most itself.

Big rosters stay bytes (an object per row would cost twice its hash). `Roster` reads blocks of whole lines, from memory
or from a file: the first pass takes the digest, checks every row and the order and counts the strata; the second makes
the tickets and keeps only those below a bound that surely holds the wanted number (and widens the bound if it did not).
Bounds are integers. With `processes` > 1 a file is read in slices by worker processes, which send back only candidates.

Public: `Roster`, `Ranked`, `Ranking`, `select`. Standard library only.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice, pairwise
from math import isqrt
from multiprocessing import get_context
from operator import lt
from pathlib import Path
from typing import NamedTuple, overload

from sampling.canonical import DrawFileError, check_row, check_text, read_header

_BLOCK = 1 << 20
_KEEP_COLUMNS = 8 << 20  # rosters up to this size keep their split columns between the two passes
_NOT_SEPARATOR = bytes(c for c in range(256) if c not in b"\t\n")
_ID_BYTES = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_EVERYTHING = b"\xff" * 33  # longer than a digest, so no digest is above it

_Columns = tuple[list[bytes], list[bytes], list[bytes]]


class Ranked(NamedTuple):
    """One enterprise in the order of its stratum: rank from 1, ticket 64 hex, needs = categories by "," or "-"."""

    rank: int
    id: str
    ticket: str
    needs: str


class Ranking(Sequence[Ranked]):
    """The lowest tickets of one stratum in order, from rank `first`. Keeps 32 bytes and the row of each, and makes a
    `Ranked` only when asked.
    """

    __slots__ = ("_first", "_rows")

    def __init__(self, rows: list[bytes], first: int = 1) -> None:
        """`rows`: digest (32 bytes) followed by the roster row, sorted."""
        self._rows = rows
        self._first = first

    def __len__(self) -> int:
        """How many ranks are held."""
        return len(self._rows)

    def __iter__(self) -> Iterator[Ranked]:
        """In order of rank."""
        for rank, row in enumerate(self._rows, start=self._first):
            identifier, _, needs = row[32:].decode("ascii").split("\t")
            yield Ranked(rank, identifier, row[:32].hex(), needs)

    def raw(self) -> Iterator[tuple[int, bytes, bytes]]:
        """(rank, id, digest) in order of rank, undecoded: for writers of many rows."""
        for rank, row in enumerate(self._rows, start=self._first):
            yield rank, row[32 : row.index(b"\t", 32)], row[:32]

    @overload
    def __getitem__(self, index: int) -> Ranked: ...
    @overload
    def __getitem__(self, index: slice) -> "Ranking": ...
    def __getitem__(self, index: "int | slice") -> "Ranked | Ranking":
        """Position 0 is rank `first`; a slice (step 1) keeps the ranks."""
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self._rows))
            if step != 1:
                raise ValueError("a ranking is sliced with step 1 only")
            return Ranking(self._rows[start:stop], self._first + start)
        position = range(len(self._rows))[index]
        row = self._rows[position]
        fields = row[32:].decode("ascii").split("\t")
        return Ranked(self._first + position, fields[0], row[:32].hex(), fields[2])


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """A frozen roster after the strict first pass; the rows themselves stay bytes or on disk.

    `counts`: stratum -> rows, by code; `digest`: SHA-256 of the file in hex; `size`: bytes; `total`: rows.
    """

    draw_id: str
    digest: str
    size: int
    total: int
    counts: Mapping[str, int]
    source: bytes | Path
    columns: tuple[_Columns, ...] | None = None

    @classmethod
    def from_bytes(cls, data: bytes, draw_id: str | None = None) -> "Roster":
        """Read roster.tsv from memory. Raises DrawFileError with the line."""
        check_text("roster", data)
        return _first_pass(data, draw_id, 1)

    @classmethod
    def from_path(cls, path: Path, draw_id: str | None = None, processes: int = 1) -> "Roster":
        """Read roster.tsv from disk in blocks. Raises DrawFileError with the line, OSError."""
        return _first_pass(path, draw_id, processes)

    def ids(self) -> Iterator[str]:
        """All ids, ascending."""
        for ids, _, _ in _columns_of(self.source, *_body(self.source)):
            yield from (identifier.decode("ascii") for identifier in ids)

    def needs(self) -> Mapping[str, int]:
        """needs -> rows, over the whole roster."""
        found: Counter[bytes] = Counter()
        for _, _, needs in _columns_of(self.source, *_body(self.source)):
            found.update(needs)
        return {key.decode("ascii"): found[key] for key in sorted(found)}


def _blocks(source: bytes | Path, start: int, stop: int) -> Iterator[bytes]:
    """Whole lines of `source` from `start` (a line start) to `stop` (a line end), about a megabyte at a time."""
    if isinstance(source, bytes):
        while start < stop:
            end = source.find(b"\n", min(start + _BLOCK, stop) - 1) + 1 or stop
            yield source[start:end]
            start = end
        return
    with source.open("rb") as file:
        file.seek(start)
        rest = b""
        while start < stop:
            piece = file.read(min(_BLOCK, stop - start))
            if not piece:
                raise DrawFileError("roster", None, "读到一半文件变短了，请重新核对摘要")
            start += len(piece)
            end = piece.rfind(b"\n") + 1
            if end:
                yield rest + piece[:end]
                rest = piece[end:]
            else:
                rest += piece
        if rest:
            yield rest


def _split(block: bytes) -> _Columns:
    """ids, strata, needs of a block of whole, well-formed lines."""
    flat = block.replace(b"\n", b"\t").split(b"\t")
    return flat[0:-1:3], flat[1::3], flat[2::3]


def _columns_of(source: bytes | Path, start: int, stop: int) -> Iterator[_Columns]:
    """The columns block by block, unchecked."""
    for block in _blocks(source, start, stop):
        yield _split(block)


def _body(source: bytes | Path) -> tuple[int, int]:
    """Where the rows begin and end."""
    if isinstance(source, bytes):
        return source.find(b"\n") + 1, len(source)
    with source.open("rb") as file:
        return len(file.readline(256)), os.fstat(file.fileno()).st_size


def _well_formed(block: bytes, columns: _Columns, previous: bytes) -> bool:
    """Separators, alphabet and length of ids, ids strictly ascending after `previous`. TAB sorts below every byte of an
    id, so ascending ids are ascending rows.
    """
    ids = columns[0]
    return (
        block.translate(None, _NOT_SEPARATOR) == b"\t\t\n" * len(ids)
        and previous < ids[0]
        and all(map(lt, ids, islice(ids, 1, None)))
        and max(map(len, ids)) <= 32
        and not b"".join(ids).translate(None, _ID_BYTES)
    )


def _explain(block: bytes, lines_before: int, previous: bytes) -> DrawFileError:
    """Find the line that `_well_formed` or the codes refused."""
    try:
        check_text("roster", block)
    except DrawFileError as error:
        line = None if error.line is None else error.line + lines_before
        return DrawFileError("roster", line, error.reason)
    for number, line_text in enumerate(block.decode("ascii").split("\n")[:-1], start=lines_before + 1):
        try:
            check_row("roster", number, line_text)
        except DrawFileError as error:
            return error
        identifier = line_text.split("\t")[0].encode("ascii")
        if identifier <= previous:
            return DrawFileError("roster", number, "没有按主体代码升序排列，或代码重复")
        previous = identifier
    return DrawFileError("roster", lines_before + 1, "格式不符")


@dataclass(slots=True)
class _Scan:
    """What the first pass learns from one slice."""

    rows: int
    counts: Counter[bytes]
    first: bytes
    last: bytes
    columns: tuple[_Columns, ...] | None


def _scan(source: bytes | Path, start: int, stop: int, lines_before: int, keep: bool) -> _Scan:
    """Check and count the rows between two offsets. Line numbers in errors count from `lines_before`."""
    scan = _Scan(0, Counter(), b"", b"", None)
    seen_needs: set[bytes] = set()
    kept: list[_Columns] = []
    for block in _blocks(source, start, stop):
        columns = _split(block)
        ids, strata, needs = columns
        if not ids or not block.endswith(b"\n") or not _well_formed(block, columns, scan.last):
            raise _explain(block, lines_before + scan.rows, scan.last)
        scan.counts.update(strata)
        new_needs = set(needs) - seen_needs
        seen_needs |= new_needs
        try:
            for codes in new_needs:
                check_row("roster", 0, f"0\tX\t{codes.decode('ascii')}")
            for stratum in scan.counts:
                check_row("roster", 0, f"0\t{stratum.decode('ascii')}\t-")
        except ValueError:
            raise _explain(block, lines_before + scan.rows, scan.last) from None
        scan.first = scan.first or ids[0]
        scan.last = ids[-1]
        scan.rows += len(ids)
        if keep:
            kept.append(columns)
    if keep:
        scan.columns = tuple(kept)
    return scan


def _slices(path: Path, start: int, stop: int, parts: int) -> list[tuple[int, int]]:
    """Cut a file into `parts` pieces of whole lines."""
    cuts = [start]
    with path.open("rb") as file:
        for part in range(1, parts):
            file.seek(max(cuts[-1], start + (stop - start) * part // parts))
            file.readline()
            cuts.append(min(file.tell(), stop))
    return [(a, b) for a, b in zip(cuts, [*cuts[1:], stop], strict=True) if a < b]


def _digest(source: bytes | Path) -> str:
    """SHA-256 of the whole source."""
    if isinstance(source, bytes):
        return sha256(source).hexdigest()
    digest = sha256()
    with source.open("rb") as file:
        while piece := file.read(_BLOCK):
            digest.update(piece)
    return digest.hexdigest()


def _first_pass(source: bytes | Path, draw_id: str | None, processes: int) -> Roster:
    """Digest, strict check, counts."""
    start, size = _body(source)
    if isinstance(source, bytes):
        head = source[:start]
    else:
        with source.open("rb") as file:
            head = file.read(start)
    check_text("roster", head)
    found_id, count = read_header("roster", head[:-1].decode("ascii"), draw_id)
    keep = size <= _KEEP_COLUMNS
    if processes > 1 and isinstance(source, Path):
        pieces = _slices(source, start, size, processes)
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            jobs = [pool.submit(_scan, source, a, b, 0, False) for a, b in pieces]
            digest = _digest(source)
            try:
                scans = [job.result() for job in jobs]
                broken = any(not a.last < b.first for a, b in pairwise(scans))
            except DrawFileError:
                broken = True
        if broken:  # a slice does not know its line numbers: read again from the top to name the line
            scans = [_scan(source, start, size, 1, False)]
    else:
        digest = _digest(source)
        scans = [_scan(source, start, size, 1, keep)] if start < size else []
    rows = sum(scan.rows for scan in scans)
    if rows != count:
        raise DrawFileError("roster", 1, f"首行写 {count} 行，实有 {rows} 行")
    counts: Counter[bytes] = Counter()
    for scan in scans:
        counts.update(scan.counts)
    ordered = {code.decode("ascii"): counts[code] for code in sorted(counts)}
    columns = scans[0].columns if len(scans) == 1 else None
    return Roster(found_id, digest, size, rows, ordered, source, columns)


def _bound(wanted: int, size: int) -> bytes:
    """A digest below which `wanted` of `size` uniform tickets lie for all practical purposes (six deviations and 16
    more). Exactness does not depend on it: `select` looks again when it was too low.
    """
    if wanted <= 0:
        return b""
    generous = wanted + 6 * isqrt(wanted) + 16
    if generous >= size:
        return _EVERYTHING
    return (generous * 2**256 // size).to_bytes(32, "big")


def _candidates(
    ids: list[bytes], strata: list[bytes], needs: list[bytes], prefix: bytes, bounds: Mapping[bytes, bytes]
) -> list[bytes]:
    """digest + row of every row whose ticket is below the bound of its stratum: the hot loop, one SHA-256 per row."""
    limits = map(bounds.__getitem__, strata)
    return [
        digest + b"\t".join((identifier, stratum, need))
        for identifier, stratum, need, limit in zip(ids, strata, needs, limits, strict=True)
        if (digest := sha256(prefix + identifier).digest()) < limit
    ]


def _by_stratum(found: list[bytes]) -> dict[bytes, list[bytes]]:
    """Candidates sorted by ticket, put apart by stratum."""
    found.sort()
    grouped: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for row in found:
        grouped[row[row.index(b"\t", 32) + 1 : row.rindex(b"\t")]].append(row)
    return dict(grouped)


def _second_pass(
    source: bytes | Path, start: int, stop: int, prefix: bytes, bounds: Mapping[bytes, bytes]
) -> dict[bytes, list[bytes]]:
    """Candidates of one slice by stratum, sorted: joining sorted slices costs the caller next to nothing."""
    found: list[bytes] = []
    for columns in _columns_of(source, start, stop):
        found += _candidates(*columns, prefix, bounds)
    return _by_stratum(found)


def _collect(roster: Roster, prefix: bytes, bounds: Mapping[bytes, bytes], processes: int) -> dict[bytes, list[bytes]]:
    """Candidates of the whole roster: stratum -> rows sorted by ticket; strata without any are left out."""
    if roster.columns is not None:
        return _by_stratum([row for columns in roster.columns for row in _candidates(*columns, prefix, bounds)])
    if processes < 2 or not isinstance(roster.source, Path):
        return _second_pass(roster.source, *_body(roster.source), prefix, bounds)
    pieces = _slices(roster.source, *_body(roster.source), processes)
    joined: defaultdict[bytes, list[bytes]] = defaultdict(list)
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        jobs = [pool.submit(_second_pass, roster.source, a, b, prefix, bounds) for a, b in pieces]
        for job in jobs:
            for stratum, rows in job.result().items():
                joined[stratum] += rows
    for rows in joined.values():
        rows.sort()
    return joined


def select(roster: Roster, seed: str, wanted: Mapping[str, int], processes: int = 1) -> dict[str, Ranking]:
    """SELECT: the first `wanted[stratum]` of every stratum by (ticket, id), as rankings from rank 1.

    `wanted` may exceed the size of a stratum (then all of it is ranked); a stratum left out gives an empty ranking.
    `processes` works for rosters on disk only. The caller checks `roster.digest` against the freeze.
    """
    prefix = f"{seed}/E/".encode("ascii")
    result: dict[str, Ranking] = {}
    missing = {code: min(max(wanted.get(code, 0), 0), size) for code, size in roster.counts.items()}
    bounds = {code.encode("ascii"): _bound(missing[code], roster.counts[code]) for code in missing}
    while missing:
        found = _collect(roster, prefix, bounds, processes)
        for code in list(missing):
            rows = found.get(code.encode("ascii"), [])
            if len(rows) >= missing[code]:
                result[code] = Ranking(rows[: missing.pop(code)])
        bounds = {code.encode("ascii"): (_EVERYTHING if code in missing else b"") for code in roster.counts}
    return {code: result[code] for code in sorted(result)}
