"""公示: publishing records and correcting what was published. Publications are append-only versions."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from inspections.enums import RecordState
from inspections.models import DepartmentSection, InspectionRecord
from inspections.public_text import persons_of
from publicity import reads
from publicity import snapshot as snapshots
from publicity.models import Publication, PublishedResult
from registry import audit, clock
from registry.enums import Role
from registry.errors import DomainError
from registry.masking import masked
from registry.models import User
from sampling.models import Plan

STREAM = "publication"
LATER_REASON = "补充公示"


def require_lead(actor: User, plan: Plan) -> None:
    """Refuse whoever is not the plan's lead bureau. Raises DomainError."""
    if Role.LEAD not in actor.roles or actor.department_id != plan.lead_id:
        raise DomainError(f"“{plan}”由牵头部门{plan.lead}公示，请联系该部门办理。")


def unsettled(record: InspectionRecord) -> list[DepartmentSection]:
    """The sections that still stand in the way of a whole publication."""
    return [section for section in record.sections.all() if section.state not in snapshots.SETTLED]


def publish_by(record: InspectionRecord) -> dt.date | None:
    """The earliest publish-by day of the departments that are free; ``None`` while no clock runs."""
    days = [section.publish_due_on for section in snapshots.free_sections(record) if section.publish_due_on]
    return min(days, default=None)


def why_not_publishable(record: InspectionRecord, published: Iterable[int], today: dt.date) -> str:
    """Why a record cannot be published today, in words; empty when it can. ``published``: department ids already out.

    All free: at once. On or after the publish-by day: those that are free (decisions.md).
    """
    name = record.selection.enterprise.name
    if record.state == RecordState.REPLACED:
        return f"{name}已由候补企业递补，不公示检查结果。"
    if record.state == RecordState.CONFIRMING:
        return f"{name}还在比对确认，没有检查结果可公示。"
    free, known = snapshots.free_sections(record), set(published)
    if not free:
        return f"{name}还没有部门完成复核，请等部门复核通过后再公示。"
    if all(section.department_id in known for section in free):
        return f"{name}的结果已经公示，没有新的内容；内容有错请用“更正”。"
    waiting = unsettled(record)
    due = publish_by(record)
    if not known and waiting and (due is None or today < due):
        names = "、".join(f"{section.department}（{section.get_state_display()}）" for section in waiting)
        rest = f"；到公示期限 {due:%Y-%m-%d} 仍未完成的，当天起可以先公示已复核的部门" if due else ""
        return f"{name}还有{names}没有复核完{rest}。"
    return ""


@dataclass(frozen=True)
class Waiting:
    """A record that can be published today, and its publish-by day."""

    record: InspectionRecord
    due: dt.date | None


def publishable_records(plan: Plan, today: dt.date) -> list[Waiting]:
    """What the lead bureau can publish of ``plan`` today (one query)."""
    rows = reads.publishable(InspectionRecord.objects.filter(plan=plan), today).order_by("number")
    return [Waiting(record, record.publish_by) for record in rows]  # type: ignore[attr-defined]


def _locked(records: Iterable[InspectionRecord]) -> list[InspectionRecord]:
    """The records with all that a snapshot reads, their plans and themselves locked in the fixed order."""
    wanted = sorted({record.pk for record in records})
    plans = InspectionRecord.objects.filter(pk__in=wanted).order_by().values_list("plan_id", flat=True).distinct()
    list(Plan.objects.select_for_update(of=("self",)).filter(pk__in=list(plans)).order_by("pk"))
    list(InspectionRecord.objects.select_for_update(of=("self",)).filter(pk__in=wanted).order_by("pk"))
    found = InspectionRecord.objects.filter(pk__in=wanted).select_related("plan__lead").order_by("plan_id", "number")
    return list(snapshots.with_everything(found))


def _latest(records: list[InspectionRecord]) -> dict[int, Publication]:
    found = Publication.objects.filter(record__in=records).current().prefetch_related("results")
    return {publication.record_id: publication for publication in found}


def _store(
    *, actor: User, record: InspectionRecord, content: dict[str, Any], previous: Publication | None, reason: str
) -> Publication:
    publication = Publication.objects.create(
        record=record,
        plan=record.plan,
        enterprise=record.selection.enterprise,
        version=previous.version + 1 if previous else 1,
        name=content["name"],
        uscc=content["uscc"],
        snapshot=content,
        digest=snapshots.digest_of(content),
        published_at=clock.now(),
        published_by=actor,
        supersedes=previous,
        reason=reason,
    )
    organs = {section.department.name: section for section in record.sections.all()}
    kept = {row.organ: row for row in previous.results.all()} if previous else {}
    PublishedResult.objects.bulk_create(
        [_row(publication, record, entry, organs.get(entry["organ"]), kept) for entry in content["departments"]]
    )
    return publication


def _record(actor: User, publications: Iterable[Publication]) -> None:
    """The trail of publications that are stored: after everything else, since its head is one for the whole office."""
    for publication in publications:
        previous, reason = publication.supersedes, publication.reason
        audit.record(
            stream=STREAM,
            actor=actor,
            action="公示" if previous is None else "更正公示" if reason != LATER_REASON else LATER_REASON,
            obj=publication,
            before={"version": previous.version, "digest": previous.digest} if previous else {},
            after={"record": publication.record.number, "version": publication.version, "digest": publication.digest},
            reason=reason,
        )


def _row(
    publication: Publication,
    record: InspectionRecord,
    entry: dict[str, Any],
    section: DepartmentSection | None,
    kept: dict[str, PublishedResult],
) -> PublishedResult:
    """The row of one department. One taken over from the version before keeps what was judged then."""
    old = kept.get(entry["organ"])
    if section is None and old is None:
        raise DomainError(f"{entry['organ']}不在这份一企一表里，请刷新后再公示。")
    if old is not None and old.results == entry["results"]:
        department_id, problem = old.department_id, old.problem
    else:
        department_id = section.department_id if section else old.department_id  # type: ignore[union-attr]
        codes = snapshots.result_codes(record, section) if section else []
        problem = bool(snapshots.PROBLEM_RESULTS & set(codes))
    return PublishedResult(
        publication=publication,
        department_id=department_id,
        organ=entry["organ"],
        finished_on=entry["finished_on"] or None,
        results=entry["results"],
        remark=entry["remark"],
        problem=problem,
    )


def _with_later(previous: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """The version before, unchanged, with the departments that have become free since."""
    known = {row["organ"]: row for row in previous["departments"]}
    fresh = [known.get(row["organ"], row) for row in now["departments"]]
    gone = [row for row in previous["departments"] if row["organ"] not in {one["organ"] for one in fresh}]
    return {**previous, "departments": [*fresh, *gone]}


@transaction.atomic
def publish_records(*, actor: User, records: Iterable[InspectionRecord]) -> list[Publication]:
    """Publish records: all free → version 1; on the publish-by day those that are; a later department → 补充公示.

    All or nothing: one record that cannot be published refuses the whole selection, by name. Raises DomainError.
    """
    locked = _locked(records)
    if not locked:
        raise DomainError("没有选中要公示的企业，请先勾选。")
    plans = {record.plan_id: record.plan for record in locked}.values()
    for plan in plans:
        require_lead(actor, plan)
        _must_be_real(plan)
    latest, today = _latest(locked), clock.today()
    problems = []
    for record in locked:
        previous = latest.get(record.pk)
        published = [row.department_id for row in previous.results.all()] if previous else []
        if problem := why_not_publishable(record, published, today):
            problems.append(problem)
    if problems:
        raise DomainError(problems[0] if len(problems) == 1 else "有企业还不能公示：" + "".join(problems),
                          problems=problems)  # fmt: skip
    made = []
    for record in locked:
        previous = latest.get(record.pk)
        content = snapshots.snapshot_of(record)
        if previous:
            content = _with_later(previous.snapshot, content)
        reason = LATER_REASON if previous else ""
        made.append(_store(actor=actor, record=record, content=content, previous=previous, reason=reason))
    for plan in plans:
        _reveal_if_last(actor, plan)
    _record(actor, made)
    return made


def _must_be_real(plan: Plan) -> None:
    if plan.rehearsal:
        raise DomainError(f"“{plan}”是演练，结果不能公示。")


def _reveal_if_last(actor: User, plan: Plan) -> None:
    """Open a sealed draw with the publication of its last record (draw.md §0.4)."""
    from sampling.services import reveal_published  # noqa: PLC0415 -- a big package, needed for this step alone

    alive = InspectionRecord.objects.filter(plan=plan).exclude(state=RecordState.REPLACED)
    if not alive.filter(publications__isnull=True).exists():
        reveal_published(actor=actor, plan=plan)


def corrected_content(record: InspectionRecord, previous: Publication) -> dict[str, Any]:
    """What a correction would publish: everything that is free now; a department under repair keeps its old text."""
    content = snapshots.snapshot_of(record)
    free = {row["organ"]: row for row in content["departments"]}
    entries = [free.pop(row["organ"], row) for row in previous.snapshot["departments"]]
    order = {section.department.name: section.department.order for section in record.sections.all()}
    entries = sorted([*entries, *free.values()], key=lambda row: order.get(row["organ"], 10_000))
    return {**content, "departments": entries}


@transaction.atomic
def correct_publication(*, actor: User, record: InspectionRecord, reason: str) -> Publication:
    """更正: a new version from what the record says now, with the reason (公示条例 第12条).

    Refuses without a reason, without a publication, and when nothing differs. Raises DomainError.
    """
    (locked,) = _locked([record])
    require_lead(actor, locked.plan)
    _must_be_real(locked.plan)
    if not reason.strip():
        raise DomainError("请写明更正理由，例如：企业 7 月 2 日提出异议，经核实该项当时符合要求。")
    previous = _latest([locked]).get(locked.pk)
    if previous is None:
        raise DomainError("这家企业的结果还没有公示，不能更正；请先公示。")
    content = corrected_content(locked, previous)
    if not snapshots.difference(previous.snapshot, content):
        raise DomainError("现在的内容与已公示的一样，没有可更正的；请先由检查部门退回并改好，再来更正。")
    public = masked(reason, persons_of(locked), [locked.selection.enterprise.name])  # read beside the new version
    publication = _store(actor=actor, record=locked, content=content, previous=previous, reason=public)
    _record(actor, [publication])
    return publication
