"""What a changed mind leaves behind: an answer that is left takes with it whatever belonged to it.

Text and 当场改正 are part of the answer itself. Photos of a finding that was taken back are withdrawn, not deleted
(docs/adr/0004). A result, its note and its measures that rested on the old answer go, and are confirmed anew.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Max

from inspections.enums import Answer, SectionState
from inspections.models import DepartmentSection, Evidence, ItemFinding
from inspections.services.results import codes_of, misfits, note_of, result_problems
from inspections.services.section_entry import FILLED, section_content
from inspections.services.writing import begin, stream_of
from registry import audit, clock
from registry.models import User

PHOTO_FACTS = ("kind", "sha256", "original_name", "finding")


def after_answer(*, actor: User, finding: ItemFinding, before: Mapping[str, Any], restore: bool = False) -> None:
    """Put right what hung on the answer ``before``; the record is locked. ``restore``: this undoes the change before,
    so that the photos it withdrew belong to the finding again."""
    was_bad, is_bad = before["answer"] == Answer.NOT_OK, finding.answer == Answer.NOT_OK
    if was_bad and not is_bad:
        for row in finding.evidence.all():
            _withdraw(actor, row, finding.updated_at)  # one moment for all: what went together comes back together
    if restore and is_bad and not was_bad:
        _bring_back(actor, finding)
    section = finding.section
    if section.state == SectionState.NOT_STARTED:
        begin(section)
        section.save(update_fields=["state"])
    if before["answer"] or is_bad:
        _check_result(actor, finding, before, touched=was_bad or is_bad)
    elif section.result_confirmed and result_problems(section, codes_of(section), section.result_note):
        section.result_confirmed = False
        section.save(update_fields=["result_confirmed"])


def _withdraw(actor: User, row: Evidence, at: dt.datetime | None) -> None:
    """The file stays, and is no part of the record any more."""
    row.withdrawn_at, row.withdrawn_by = at or clock.now(), actor
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    _note(actor, row, "撤下材料", "事项改了结果，原来的照片不再属于这一项")


def bring_back(actor: User, row: Evidence) -> None:
    """It belongs to its finding again."""
    row.withdrawn_at = row.withdrawn_by = None
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    _note(actor, row, "恢复材料", "照片重新属于这一项")


def _note(actor: User, row: Evidence, action: str, reason: str) -> None:
    after = audit.fields_of(row, (*PHOTO_FACTS, "withdrawn_at"))
    audit.record(stream=stream_of(row.record_id), actor=actor, action=action, obj=row, after=after, reason=reason)


def _bring_back(actor: User, finding: ItemFinding) -> None:
    gone = Evidence.everything.filter(finding=finding, withdrawn_at__isnull=False)
    last = gone.aggregate(last=Max("withdrawn_at"))["last"]
    for row in gone.filter(withdrawn_at=last):
        bring_back(actor, row)


def _check_result(actor: User, finding: ItemFinding, before: Mapping[str, Any], *, touched: bool) -> None:
    """What the department concluded from the answers, looked at again after one was changed."""
    section = DepartmentSection.objects.select_related("department").get(pk=finding.section_id)
    codes = codes_of(section)
    if not codes and not section.result_note:
        return
    old = section_content(section)
    findings = list(section.findings.select_related("item"))
    if section.result_note and section.result_note == note_of([_as_it_was(one, finding, before) for one in findings]):
        section.result_note = note_of(findings)  # it was taken from the items, so it follows them
    if codes and (misfits(section, codes) or (touched and _stands_on_nothing(findings, codes))):
        section.results.all().delete()
        section.follow_ups.all().delete()
        section.result_note = ""
    if touched or result_problems(section, codes_of(section), section.result_note):
        section.result_confirmed = False
    _store(actor, section, old)
    finding.section.result_note = section.result_note
    finding.section.result_confirmed = section.result_confirmed


def _as_it_was(one: ItemFinding, changed: ItemFinding, before: Mapping[str, Any]) -> ItemFinding:
    if one.pk != changed.pk:
        return one
    return ItemFinding(item=one.item, order=one.order, **before)


def _stands_on_nothing(findings: list[ItemFinding], codes: list[str]) -> bool:
    """Whether a found problem is the result though no item says any more what is wrong."""
    return "PENDING" in codes and not any(one.answer == Answer.NOT_OK for one in findings)


def _store(actor: User, section: DepartmentSection, old: Mapping[str, Any]) -> None:
    new = section_content(section)
    changed = [name for name in new if old[name] != new[name]]
    if not changed:
        return
    # the version stays: the answer has its own, and whoever concludes from the new answers overwrites nobody
    section.save(update_fields=["result_note", "result_confirmed"])
    if changed == ["result_confirmed"]:
        return
    audit.record(
        stream=stream_of(section.record_id), actor=actor, action=FILLED, obj=section,
        before={name: old[name] for name in changed}, after={name: new[name] for name in changed},
        reason="事项改了结果，原来的结论不再成立，请重新核对",
    )  # fmt: skip
