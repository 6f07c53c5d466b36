"""The audit trail: append-only events, hash-chained per stream, written in the transaction of the change itself.

Chain entry (trust.md T): ``hash = SHA-256("audit1\\n" + prev_hash + "\\n" + canonical JSON of the event + "\\n")``.
"""

import datetime as dt
import decimal
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from registry import clock
from registry.models import AuditEvent, AuditHead, User
from registry.statements import changed, document, first, locking, moment
from registry.tracing import request_id

ZERO = "0" * 64
Head = tuple[int, str]  # number and chain value of the last event of a stream
SYSTEM = "系统"


def plain(value: Any) -> Any:
    """``value`` as JSON can hold it, without floats: dates as ISO text, model objects as their key and text, several
    of them (a link to many) as a list in the order of their text."""
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, models.Model):
        return f"{value.pk} {value}"
    if isinstance(value, models.Manager | models.QuerySet):
        return sorted(plain(one) for one in value.all())
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date | decimal.Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return str(value)


def fields_of(obj: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """The named fields of an object, as the trail keeps them."""
    return {name: plain(getattr(obj, name)) for name in names}


def canonical(event: AuditEvent) -> str:
    """The exact text of an event that its hash covers: sorted keys, UTF-8, no floats, times in UTC."""
    body = {
        "stream": event.stream,
        "seq": event.seq,
        "at": event.at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "actor": event.actor_id,
        "actor_name": event.actor_name,
        "action": event.action,
        "object": [event.object_type, event.object_id, event.object_text],
        "before": event.before,
        "after": event.after,
        "reason": event.reason,
        "request_id": event.request_id,
    }
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def link(prev: str, event: AuditEvent) -> str:
    """The chain value of ``event`` after ``prev``."""
    return hashlib.sha256(f"audit1\n{prev}\n{canonical(event)}\n".encode()).hexdigest()


def record(
    *,
    stream: str,
    actor: User | None,
    action: str,
    obj: models.Model,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    head: Head | None = None,
) -> AuditEvent:
    """Append one event; must run inside the transaction of the change. ``actor`` None is the system itself.

    The head row of the stream is locked last of all locks (plan → record → audit stream) and held shortest.
    ``head``: where the stream ended when the caller looked, which spares looking again unless it has moved since.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("audit.record() must run inside the transaction of the change it records")
    event = AuditEvent(
        stream=stream,
        at=clock.now(),
        actor=actor,
        actor_name=actor.name or actor.username if actor else SYSTEM,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        object_text=str(obj)[:300],
        before=plain(before or {}),
        after=plain(after or {}),
        reason=reason,
        request_id=request_id.get(),
    )
    if not (head and _append(event, head)) and not _append(event, _locked_head(stream)):
        raise RuntimeError(f"the trail {stream} moved under its lock")
    return event


def _locked_head(stream: str) -> Head:
    """Number and chain value of the last event of a stream, its head row locked; made when the stream begins."""
    sql = f"SELECT seq, head FROM registry_audithead WHERE stream = %s {locking()}"  # noqa: S608 -- no value in it
    row = first(sql, [stream])
    if row is None:
        AuditHead.objects.get_or_create(stream=stream)
        row = first(sql, [stream])
    assert row is not None  # noqa: S101 -- made above, and never deleted
    return row[0], row[1]


ADVANCE = "UPDATE registry_audithead SET seq = %s, head = %s WHERE stream = %s AND seq = %s AND head = %s"
APPEND = (
    "INSERT INTO registry_auditevent (stream, seq, prev_hash, hash, at, actor_id, actor_name, action, object_type, "
    "object_id, object_text, before, after, reason, request_id) "
    "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)


def _append(event: AuditEvent, head: Head) -> bool:
    """Put the event after ``head``; False, with nothing written, when that is not the end of its stream (any more)."""
    event.seq, event.prev_hash = head[0] + 1, head[1]
    event.hash = link(head[1], event)
    if not changed(ADVANCE, [event.seq, event.hash, event.stream, *head]):
        return False
    changed(
        APPEND,
        [
            event.stream, event.seq, event.prev_hash, event.hash, moment(event.at), event.actor_id, event.actor_name,
            event.action, event.object_type, event.object_id, event.object_text, document(event.before),
            document(event.after), event.reason, event.request_id,
        ],
    )  # fmt: skip
    return True


@dataclass(frozen=True)
class ChainFault:
    """What is wrong in a stream, and where."""

    stream: str
    seq: int
    message: str

    def __str__(self) -> str:
        return f"记录流 {self.stream} 第 {self.seq} 条：{self.message}"


def verify_stream(stream: str) -> ChainFault | None:
    """Recompute the chain of one stream; ``None`` when every link holds, else the first fault."""
    prev, seq = ZERO, 0
    for event in AuditEvent.objects.filter(stream=stream).order_by("seq").iterator(chunk_size=2000):
        seq += 1
        if event.seq != seq:
            return ChainFault(stream, seq, f"缺少这一条（下一条是第 {event.seq} 条）")
        if event.prev_hash != prev:
            return ChainFault(stream, seq, "与前一条接不上")
        if event.hash != link(prev, event):
            return ChainFault(stream, seq, f"内容被改动过（{event.action}，{event.object_text}）")
        prev = event.hash
    head = AuditHead.objects.filter(pk=stream).first()
    if head is None or (head.seq, head.head) != (seq, prev):
        return ChainFault(stream, seq, "链首与最后一条不符，末尾可能被删去")
    return None


def verify_all() -> list[ChainFault]:
    """Recompute every stream; the faults found, one per stream at most."""
    streams = set(AuditHead.objects.order_by().values_list("stream", flat=True))
    streams |= set(AuditEvent.objects.order_by().values_list("stream", flat=True).distinct())
    faults = (verify_stream(stream) for stream in sorted(streams))
    return [fault for fault in faults if fault]
