"""Submission of a section: everything that is missing at once, then the lock."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from inspections.arrival import FACTS, outcome_of
from inspections.enums import SECTION_TRANSITIONS, EvidenceKind, ResultCode, SectionState
from inspections.models import DepartmentSection, InspectionRecord, Signature
from inspections.rule import broken
from inspections.services.arriving import door_photos
from inspections.services.attending import not_attested
from inspections.services.clocks import is_late
from inspections.services.content import digest, sealed_content
from inspections.services.people import administrators, link, notify
from inspections.services.results import codes_of, facts_of
from inspections.services.signing import is_covered, is_current
from inspections.services.writing import check_writable, lock_record, stream_of
from inspections.site_facts import VISIT_HEAD, follow_facts, item_facts, visit_facts
from inspections.site_rules import CONFIRMED, RESULT, of
from registry import audit, clock
from registry.enums import CheckMethod
from registry.errors import DomainError
from registry.models import User
from registry.services import record_past_inspection

SOURCE = "双随机抽查"
RESULT_PLACES = {"results": "result", "result_note": "id_result_note"}


@dataclass(frozen=True)
class Problem:
    """Something that stops the submission, and the element of the page where it is put right.

    ``page``: ``record`` (the form), ``check`` (result and follow-up) or ``sign``.
    """

    text: str
    anchor: str
    page: str = "record"

    def __str__(self) -> str:
        return self.text


def check_section(section: DepartmentSection) -> list[Problem]:
    """Everything that stops this section from being submitted, in the order of the form; empty when it may be."""
    return [*_visit_problems(section), *_item_problems(section), *_result_problems(section), *_sign_problems(section)]


def _arrival(section: DepartmentSection) -> str:
    """What the officers met with; of a written check nothing."""
    return "" if section.written_only else section.arrival


def _visit_problems(section: DepartmentSection) -> list[Problem]:
    """What the visit itself owes, by what the officers met with."""
    record = section.record
    head = {name: getattr(record, name) for name in VISIT_HEAD}
    own = {name: getattr(section, name) for name in ("written_only", "arrival", *FACTS)}
    present = section.members.filter(present=True, replaced=False).count()
    facts = visit_facts(head | own, present=present, door=len(door_photos(section)))
    return [Problem(rule.words(facts), rule.field) for rule in broken(of("visit"), facts)]


def _item_problems(section: DepartmentSection) -> list[Problem]:
    problems = []
    for finding in section.findings.select_related("item"):
        facts = item_facts(
            finding.order, finding.item.name, finding.answer, finding.text, arrival=_arrival(section)
        )  # fmt: skip
        problems += [Problem(rule.words(facts), f"item-{finding.pk}") for rule in broken(of("item"), facts)]
    if CheckMethod.OTHER_BODY in section.record.methods and section.written_only and not section.other_body:
        problems.append(Problem("采用其他部门结果的，请填写出具单位、编号、日期并上传文件。", "other-body"))
    if section.other_body:
        if not section.other_body_number or not section.other_body_day:
            problems.append(Problem("采用其他部门结果的，编号和日期都要填。", "other-body"))
        if not section.evidence.filter(kind="OTHER_BODY").exists():
            problems.append(Problem("采用其他部门结果的，请上传该结果的文件。", "other-body"))
    return problems


def _result_problems(section: DepartmentSection) -> list[Problem]:
    codes = codes_of(section)
    facts = facts_of(section, codes, section.result_note, confirmed=section.result_confirmed)
    lacking = broken(RESULT, facts) or broken([CONFIRMED], facts)
    problems = [Problem(rule.words(facts), RESULT_PLACES[rule.field], "check") for rule in lacking]
    follow_ups = list(section.follow_ups.all())
    facts = follow_facts(codes, [row.measure for row in follow_ups])
    problems += [Problem(rule.words(facts), "follow-up", "check") for rule in broken(of("follow"), facts)]
    for row in follow_ups:
        facts = audit.fields_of(row, ("measure", "deadline", "receiving", "text")) | {
            "label": row.get_measure_display()
        }
        problems += [
            Problem(rule.words(facts), f"id_{row.measure}-{rule.field}", "check")
            for rule in broken(of("measure"), facts)
        ]
    return problems


def _sign_problems(section: DepartmentSection) -> list[Problem]:
    record = section.record
    shared: dict[str, object] = {"written_only": section.written_only}
    problems = []
    if settings.REQUIRE_SECOND_OFFICER is not False:
        scan = record.evidence.filter(kind=EvidenceKind.SIGNED_SCAN).exists()
        signed = Signature.objects.filter(member__section=section).values_list("member_id", flat=True)
        for one in not_attested(section, signed):
            facts = shared | {
                "name": one.inspector.name, "attested": False, "scan": scan, "second_officer": True, "present": True,
            }  # fmt: skip
            problems += [Problem(rule.words(facts), rule.field, "sign") for rule in broken(of("officer"), facts)]
    covered = is_covered(record, section)
    facts = shared | {
        "signs": outcome_of(section.arrival).signs, "covered": covered,
        "current": covered and is_current(record, section),
    }  # fmt: skip
    return problems + [Problem(rule.words(facts), rule.field, "sign") for rule in broken(of("gate"), facts)]


@transaction.atomic
def submit_section(*, actor: User, section: DepartmentSection) -> DepartmentSection:
    """Lock a section and hand it to the department's review: DRAFT or RETURNED → SUBMITTED.

    Stops the back-fill clock (late: after ``due_on``), seals the content (``sealed_digest``), notes the inspection in
    the registry and tells the department's administrators. Raises DomainError with every problem of check_section.
    """
    record = lock_record(InspectionRecord(pk=section.record_id))
    stored = DepartmentSection.objects.select_related("department", "record__plan").get(pk=section.pk)
    check_writable(actor, stored)
    if SectionState.SUBMITTED not in SECTION_TRANSITIONS[SectionState(stored.state)]:
        raise DomainError("还没有填写任何内容，请先填写再提交。")
    if problems := check_section(stored):
        words = [problem.text for problem in problems]
        raise DomainError(f"还有 {len(words)} 处要补充，补充后再提交。", problems=words)
    before = {"state": stored.state}
    now = clock.now()
    stored.state, stored.submitted_at, stored.submitted_by = SectionState.SUBMITTED, now, actor
    stored.late = is_late(stored.due_on, now)
    stored.sealed_digest = digest(sealed_content(stored))
    stored.save(update_fields=["state", "submitted_at", "submitted_by", "late", "sealed_digest"])
    after = {name: getattr(stored, name) for name in ("state", "late", "sealed_digest", "due_on")}
    audit.record(stream=stream_of(record.pk), actor=actor, action="提交", obj=stored, before=before, after=after)
    text = f"{record.selection.enterprise.name}的检查记录已由{actor}提交，请复核。"
    notify(administrators([stored.department_id]), text, link("task_detail", record.pk))
    # last: its stream is one for the whole office, and is held to the end of the transaction
    _note_in_registry(actor, record, stored, (record.visit_to or now).astimezone(clock.SHANGHAI).date())
    return stored


def source_of(record: InspectionRecord) -> str:
    """How this inspection is named among the past ones of its enterprise."""
    return f"{SOURCE} {record.number}"


def _note_in_registry(actor: User, record: InspectionRecord, section: DepartmentSection, day: dt.date) -> None:
    """What later draws and yearly counts know of this inspection; nobody was inspected in a rehearsal."""
    if record.plan.rehearsal:
        return
    record_past_inspection(
        actor=actor,
        enterprise=record.selection.enterprise,
        department=section.department,
        day=day,
        source=source_of(record),
        result="、".join(str(ResultCode(code).label) for code in codes_of(section)),
    )
