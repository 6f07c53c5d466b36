"""The two statements of a save that know the tables of answers: what one answer is now, and what it becomes."""

import functools
from dataclasses import dataclass

from inspections.models import DepartmentSection, ItemFinding
from inspections.services.writing import stream_of
from registry import clock
from registry.audit import Head
from registry.enums import SERVING
from registry.models import InspectionItem, User
from registry.statements import Columns, changed, first, locking, moment

FINDING = Columns(
    ItemFinding, "id", "section_id", "item_id", "order", "answer", "text", "corrected", "outcome", "version", table="f"
)
SECTION = Columns(
    DepartmentSection, "id", "record_id", "department_id", "state", "result_note", "result_confirmed", table="s"
)
ITEM = Columns(InspectionItem, "id", "code", "name", table="i")
KEEP = """
UPDATE inspections_itemfinding
SET answer = %s, text = %s, corrected = %s, outcome = %s, version = %s, updated_at = %s, updated_by_id = %s
WHERE id = %s AND version = %s
"""


@dataclass(frozen=True)
class Held:
    """An answer as it is now, with its section and item; the states of its record and task; the end of the record's
    trail, if it has begun."""

    finding: ItemFinding
    record_state: str
    plan_state: str
    head: Head | None


@functools.cache
def _holding() -> str:
    """The statement, with names of our own columns.

    Whatever the save relies on is locked, the record first (design.md §2). It must be: under READ COMMITTED a
    statement that has waited for a lock sees the locked rows as they are then, but others as they were before. The
    plan is not, or every save would wait for the next (as in ``lock_record``); the trail's head neither,
    ``audit.record`` finds out when it has moved. Who still serves is what ``writing.seats`` says; those who change an
    inspector (registry/services) lock no record, so nobody waits in a circle.
    """
    return f"""
SELECT {FINDING.sql}, {SECTION.sql}, {ITEM.sql}, r.state, t.state, h.seq, h.head
FROM inspections_inspectionrecord r
JOIN sampling_plan t ON t.id = r.plan_id
JOIN inspections_departmentsection s ON s.record_id = r.id
JOIN inspections_itemfinding f ON f.section_id = s.id
JOIN registry_inspectionitem i ON i.id = f.item_id
JOIN inspections_sectionmember m ON m.section_id = s.id AND NOT m.replaced
JOIN registry_inspector p ON p.id = m.inspector_id AND p.department_id = s.department_id
LEFT JOIN registry_audithead h ON h.stream = %s
WHERE r.id = %s AND f.id = %s AND p.user_id = %s AND p.status IN ({", ".join(["%s"] * len(SERVING))})
{locking("r", "s", "f", "m", shared="p")}
"""  # noqa: S608


def held_finding(actor: User, record: int, finding: int) -> Held | None:
    """An answer of a record, locked for a change by ``actor``; None when there is none such, or when ``actor`` is not
    (any more) one of the section's drawn inspectors."""
    row = first(_holding(), [stream_of(record), record, finding, actor.pk, *(status.value for status in SERVING)])
    if row is None:
        return None
    *columns, state, plan_state, seq, head = row
    found = FINDING.read(columns[: len(FINDING)])
    found.section = SECTION.read(columns[len(FINDING) : -len(ITEM)])
    found.item = ITEM.read(columns[-len(ITEM) :])
    return Held(found, state, plan_state, None if head is None else (seq, head))


def keep(finding: ItemFinding, actor: User) -> None:
    """Store a held ``finding`` as it stands, with its outcome: a version further, by ``actor``, now.

    That the statement asks once more for the version that was held makes a caller without the lock fail instead of
    overwrite. Raises RuntimeError then.
    """
    before, finding.version = finding.version, finding.version + 1
    finding.updated_at, finding.updated_by = clock.now(), actor
    row = [str(finding.answer), finding.text, finding.corrected, finding.outcome, finding.version]
    if changed(KEEP, [*row, moment(finding.updated_at), actor.pk, finding.pk, before]) != 1:
        raise RuntimeError(f"finding {finding.pk} was changed without the lock of its record")
