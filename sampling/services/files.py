"""The files of a draw as they are stored, and the lines of the draw log."""

import io
import zipfile
from collections.abc import Iterable, Mapping

from registry import clock
from registry.services import LONG_WAIT, waiting
from sampling import bundle
from sampling.enums import Stream
from sampling.models import BundleFile, LogEntry, LogHead, NonceValue, Roster

NAMES = "names"
NONCES = "nonces"


def store_file(roster: Roster, name: str, content: bytes) -> BundleFile:
    """Keep one file byte for byte."""
    return BundleFile.objects.create(
        roster=roster, name=name, content=content.decode(), sha256=bundle.sha256_hex(content), size=len(content)
    )


def stored_files(roster: Roster) -> dict[str, bytes]:
    """Every stored file by name, without the log."""
    rows = BundleFile.objects.filter(roster=roster).order_by("name").values_list("name", "content")
    return {name: content.encode() for name, content in rows}


def stored_file(roster: Roster, name: str) -> bytes:
    """One stored file by name. Raises BundleFile.DoesNotExist."""
    return BundleFile.objects.get(roster=roster, name=name).content.encode()


def frozen_files(roster: Roster) -> list[BundleFile]:
    """The files whose digests stand in freeze.tsv, by name and without content: what came later is not among them."""
    names = [one.name for one in bundle.read_freeze(stored_file(roster, "freeze")).files]
    return list(BundleFile.objects.filter(roster=roster, name__in=names).defer("content").order_by("name"))


def nonces_tsv(roster: Roster) -> bytes:
    """nonces.tsv from the numbers that are kept; for the draw and the reveal alone. Raises DrawFileError."""
    kept = NonceValue.objects.filter(nonce__roster=roster).values_list("nonce__party", "value")
    return bundle.nonces_file(dict(kept))


def lock_log(stream: str) -> LogHead:
    """The head of a draw log, locked: taken after the plan and before the audit stream."""
    LogHead.objects.get_or_create(stream=stream)
    with waiting(LONG_WAIT):  # a freeze of a large registry holds it for its number until it is written
        return LogHead.objects.select_for_update().get(stream=stream)


def log_time(head: LogHead) -> str:
    """The present second as written in files; never before the last line, whatever a clock that was set back says."""
    return max(clock.local_iso(clock.now()), head.time)


def append_log(head: LogHead, roster: Roster, kind: str, record: str, content: bytes, time: str) -> LogEntry:
    """Append one line to the draw log (draw.md §2.1) and move its locked head on."""
    line = bundle.log_line(head.seq + 1, time, kind, roster.draw_id, content)
    (chain,) = bundle.log_chain(head.chain, [line])
    head.seq, head.chain, head.time = head.seq + 1, chain, time
    head.save(update_fields=["seq", "chain", "time"])
    return LogEntry.objects.create(
        stream=head.stream,
        seq=head.seq,
        time=time,
        kind=kind,
        roster=roster,
        record=record,
        sha256=bundle.sha256_hex(content),
        chain=chain,
    )


def append_void(
    head: LogHead, roster: Roster, code: str, time: str, *, text: str = "", ids: Iterable[str] = ()
) -> LogEntry:
    """The record of a VOID line and the line: ``code`` for machines, the digest of the reason in words, ``ids`` that
    could not be matched."""
    lines = [("dr1", "void", roster.draw_id), ("reason", code), ("time", time)]
    if text:
        lines.append(("text", bundle.sha256_hex(text.encode())))
    lines += [("id", uscc) for uscc in sorted(ids)]
    content = "".join("\t".join(line) + "\n" for line in lines).encode("ascii")
    store_file(roster, "void", content)
    return append_log(head, roster, "VOID", "void", content, time)


def log_tsv(roster: Roster) -> bytes:
    """log.tsv of a draw: the log of its stream from its first line to its last, lines of other draws in between
    included, so that the chain can be followed."""
    own = [entry.seq for entry in roster.log.order_by("seq")]
    if not own:
        return bundle.log_file(roster.draw_id, [], roster.prev)
    entries = LogEntry.objects.filter(stream=roster.stream, seq__range=(own[0], own[-1]))
    entries = entries.select_related("roster").order_by("seq")
    lines = [
        bundle.log_line(entry.seq, entry.time, entry.kind, entry.roster.draw_id, entry.sha256) for entry in entries
    ]
    return bundle.log_file(roster.draw_id, lines, roster.prev)


def names_tsv(draw_id: str, enterprises: Mapping[str, str], people: Iterable[tuple[str, str, str, str]]) -> bytes:
    """names.tsv, for the auditor only and not digested: (id, name) and (pid, name, badge, salt) rows, UTF-8."""
    rows = [(code, _clean(name)) for code, name in sorted(enterprises.items())]
    lines = ["\t".join(row) for row in rows]
    lines += ["\t".join((pid, _clean(name), _clean(badge), salt)) for pid, name, badge, salt in sorted(people)]
    return f"dr1\tnames\t{draw_id}\t{len(lines)}\n".encode() + "".join(f"{line}\n" for line in lines).encode()


def _clean(text: str) -> str:
    return " ".join(text.split()) or "-"


def bundle_files(roster: Roster) -> dict[str, bytes]:
    """All files of a draw by name without suffix, log and names included; nonces only once they are revealed."""
    return {**stored_files(roster), "log": log_tsv(roster)}


def zipped(roster: Roster, files: Mapping[str, bytes]) -> bytes:
    """Files as one ZIP with fixed dates, so that the same draw gives the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{roster.draw_id}/{name}.tsv", date_time=(2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return target.getvalue()


def bundle_zip(roster: Roster) -> bytes:
    """`bundle_files` as one ZIP."""
    return zipped(roster, bundle_files(roster))


def log_head(stream: str = Stream.MAIN) -> tuple[int, str]:
    """Number and chain value of the last line of a draw log."""
    head = LogHead.objects.filter(stream=stream).first()
    return (head.seq, head.chain) if head else (0, bundle.GENESIS)
