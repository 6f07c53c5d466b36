"""The files of a draw as stored, the global draw log, and how both go out."""

import io
import zipfile

from django.db.models import Max, Min

from registry import clock
from registry.models import AuditHead
from sampling import bundle
from sampling.models import BundleFile, LogEntry, Roster

LOG_LOCK = "draw-log"
NOT_DIGESTED = "names"


def store_file(roster: Roster, name: str, content: bytes) -> BundleFile:
    """Keep one file of a draw, byte for byte."""
    return BundleFile.objects.create(
        roster=roster,
        name=name,
        content=content.decode("utf-8"),
        sha256=bundle.sha256_hex(content),
        size=len(content),
    )


def stored_files(roster: Roster) -> dict[str, bytes]:
    """The stored files by name, without the log."""
    return {name: text.encode("utf-8") for name, text in roster.files.order_by("name").values_list("name", "content")}


def lock_log() -> LogEntry | None:
    """Hold the global draw log to the end of the transaction; its last line, None when it is empty.

    The lock is a head row of its own: two freezes at once get consecutive numbers.
    """
    AuditHead.objects.get_or_create(stream=LOG_LOCK)
    AuditHead.objects.select_for_update().get(pk=LOG_LOCK)
    return LogEntry.objects.order_by("-seq").first()


def append_log(roster: Roster, kind: str, record: str, content: bytes) -> LogEntry:
    """Append a line for a record file; the log must be held. Times never go back (the clock may)."""
    last = lock_log()
    time = clock.local_iso(clock.now())
    if last is not None and last.time > time:
        time = last.time
    seq, prev = (last.seq + 1, last.chain) if last else (1, bundle.GENESIS)
    line = bundle.log_line(seq, time, kind, roster.draw_id, content)
    (chain,) = bundle.log_chain(prev, [line])
    return LogEntry.objects.create(
        seq=seq, time=time, kind=kind, roster=roster, record=record, sha256=bundle.sha256_hex(content), chain=chain
    )


def log_head() -> tuple[int, str]:
    """Number and chain value of the last line of the draw log."""
    last = LogEntry.objects.order_by("-seq").first()
    return (last.seq, last.chain) if last else (0, bundle.GENESIS)


def log_of(roster: Roster) -> bytes:
    """log.tsv of a draw: the global log from its first line to its last, lines of other draws between them included."""
    span = roster.log.aggregate(first=Min("seq"), last=Max("seq"))
    entries = LogEntry.objects.filter(seq__range=(span["first"], span["last"])).select_related("roster")
    lines = [
        bundle.log_line(entry.seq, entry.time, entry.kind, entry.roster.draw_id, entry.sha256)
        for entry in entries.order_by("seq")
    ]
    return bundle.log_file(roster.draw_id, lines, roster.prev)


def bundle_files(roster: Roster, *, names: bool = True) -> dict[str, bytes]:
    """All files of a draw by name, as the auditor gets them; ``names=False`` leaves the companion of names out."""
    files = stored_files(roster)
    if not names:
        files.pop(NOT_DIGESTED, None)
    return files | {"log": log_of(roster)}


def bundle_zip(roster: Roster, *, names: bool = True) -> bytes:
    """The files as one ZIP with fixed dates, so that the same draw gives the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(bundle_files(roster, names=names).items()):
            entry = zipfile.ZipInfo(f"{roster.draw_id}/{name}.tsv", date_time=(2020, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return target.getvalue()
