"""What the tables count: every event of a plan up to the end of a day, in a fixed number of queries."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from inspections import bases
from inspections.enums import Decision, LeadDecision, ResultCode, ReturnReason, SectionState
from inspections.models import Confirmation, DepartmentSection, FollowUp, InspectionRecord, SectionMember, SectionResult
from inspections.services import is_late
from publicity.models import Publication, PublishedResult
from publicity.snapshot import PROBLEM_RESULTS, STATUS_OF_RETURN
from registry import clock
from registry.clock import SHANGHAI
from registry.models import Department, Enterprise, Industry
from sampling.enums import PickKind
from sampling.models import BundleFile, Draw, DrawEvent, Plan, Roster, Selection

UNGRADED = "N"


def default_as_of() -> dt.date:
    """统计截止日期 of what goes on paper: yesterday, a day that is over (domain.md §6.1). Pages look at today."""
    return clock.today() - dt.timedelta(days=1)


def first_open_on(day: dt.date) -> dt.date:
    """What was due before this was late at the end of ``day``; today it is what every other page calls late now."""
    return min(day + dt.timedelta(days=1), clock.first_open_day())


def end_of(day: dt.date) -> dt.datetime:
    """The first moment after ``day`` in Shanghai."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), SHANGHAI)


def local_day(moment: dt.datetime | None) -> dt.date | None:
    """The day of a moment in Shanghai."""
    return moment.astimezone(SHANGHAI).date() if moment else None


@dataclass
class SectionFact:
    """One department at one enterprise, as it stood at the end of the day."""

    department_id: int
    entered_on: dt.date | None = None
    due_passed: bool = False
    late: bool = False
    overdue: bool = False
    published_on: dt.date | None = None
    codes: list[ResultCode] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
    inspectors: list[tuple[str, bool]] = field(default_factory=list)
    people: list[int] = field(default_factory=list)

    @property
    def on_time(self) -> bool:
        """Its day has passed, and it had been entered by then."""
        return self.due_passed and self.entered_on is not None and not self.late

    @property
    def problem(self) -> bool:
        """Entered, with a problem."""
        return self.entered_on is not None and bool(PROBLEM_RESULTS & set(self.codes))


@dataclass
class RecordFact:
    """One enterprise of the plan, as it stood at the end of the day."""

    record: InspectionRecord
    enterprise: Enterprise
    grade: str
    industries: list[str]
    sections: list[SectionFact]
    published_on: dt.date | None

    @property
    def checked(self) -> bool:
        """已检: every department that owes a result has entered it."""
        return bool(self.sections) and all(section.entered_on for section in self.sections)

    @property
    def problem(self) -> bool:
        """问题户: checked, and a department found a problem."""
        return self.checked and any(section.problem for section in self.sections)


@dataclass(frozen=True)
class Moved:
    """An enterprise that left the list because a reserve was called up, or the reserve that came onto it."""

    grade: str
    industries: tuple[str, ...]


@dataclass
class ConfirmationFact:
    """One 比对确认: in time, late (or still owed after its day), or not due yet."""

    department_id: int
    in_time: bool
    late: bool


@dataclass
class Facts:
    """Everything the tables need."""

    plan: Plan
    as_of: dt.date
    departments: list[Department]
    grades: list[str]
    rates: dict[str, Any]
    industries: list[Industry]
    draws: list[Draw]
    events: list[DrawEvent]
    base_by_grade: dict[str, int]
    picks_by_grade: Counter[str]
    base_by_industry: dict[str, int] | None
    picks_by_industry: Counter[str]
    base: int
    picks: int
    records: list[RecordFact]
    went: list[Moved]
    came: list[Moved]
    confirmations: list[ConfirmationFact]


def grade_of(stratum: str, grades: Iterable[str]) -> str:
    """The grade a stratum belongs to: strata are named after the grade, with a class behind it or none."""
    known = [code for code in grades if stratum == code or stratum.rstrip("0123456789-") == code]
    return known[0] if known else UNGRADED


def _by(rows: Iterable[Any], name: str) -> dict[int, list[Any]]:
    grouped: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        grouped[getattr(row, name)].append(row)
    return grouped


def _industries_of(ids: Iterable[int]) -> dict[int, list[str]]:
    through = Enterprise.industries.through.objects
    found: dict[int, list[str]] = defaultdict(list)
    for enterprise_id, code in through.filter(enterprise__in=list(ids)).values_list("enterprise_id", "industry_id"):
        found[enterprise_id].append(code)
    return found


def _base_by_industry(roster: Roster | None, industries: list[Industry]) -> dict[str, int] | None:
    """Enterprises of the frozen list per industry, by today's registry; ``None`` when the list is not at hand."""
    content = BundleFile.objects.filter(roster=roster, name="roster").values_list("content", flat=True).first()
    if content is None:
        return None
    listed = {line.split("\t", 1)[0] for line in content.splitlines()}
    through = Enterprise.industries.through.objects.filter(industry__in=industries)
    counts = Counter(
        code for code, uscc in through.values_list("industry_id", "enterprise__uscc").iterator() if uscc in listed
    )
    return {industry.pk: counts[industry.pk] for industry in industries}


def _not_there(events: list[DrawEvent], cutoff: dt.datetime) -> set[int]:
    """Selections that are off the list at ``cutoff``: replaced by then, or substitutes called up later."""
    replaced = {event.selection_id for event in events if event.selection_id and event.at < cutoff}
    return replaced | {event.substitute_id for event in events if event.substitute_id and event.at >= cutoff}


def _entered(section: DepartmentSection, closed_at: dt.datetime | None, cutoff: dt.datetime) -> dt.date | None:
    moment = closed_at or section.submitted_at if section.state == SectionState.CLOSED else section.submitted_at
    if section.state not in bases.DONE or moment is None or moment >= cutoff:
        return None
    return local_day(moment)


def _section_facts(records: list[InspectionRecord], closes: dict[int, list[Confirmation]],
                   cutoff: dt.datetime) -> dict[int, list[SectionFact]]:  # fmt: skip
    sections = list(DepartmentSection.objects.filter(record__in=records).order_by("department__order", "pk"))
    results = _by(SectionResult.objects.filter(section__record__in=records), "section_id")
    follow_ups = _by(FollowUp.objects.filter(section__record__in=records), "section_id")
    members = SectionMember.objects.filter(section__record__in=records, replaced=False).select_related("inspector")
    people = _by(members, "section_id")
    rows = PublishedResult.objects.filter(publication__record__in=records, publication__published_at__lt=cutoff)
    published: dict[tuple[int, int], dt.datetime] = {}
    for record_id, department_id, at in rows.order_by("-publication__version").values_list(
        "publication__record", "department", "publication__published_at"
    ):
        published[record_id, department_id] = at
    facts: dict[int, list[SectionFact]] = defaultdict(list)
    first_open = first_open_on(cutoff.astimezone(SHANGHAI).date() - dt.timedelta(days=1))
    for section in sections:
        if section.state in bases.NOBODY:
            continue
        closing = closes.get(section.record_id, [])
        closed_at = max((row.lead_at for row in closing if row.lead_at), default=None)
        entered_on = _entered(section, closed_at, cutoff)
        codes = [ResultCode(row.code) for row in results[section.pk]]
        if not codes and section.state == SectionState.CLOSED:
            codes = sorted({STATUS_OF_RETURN[ReturnReason(row.reason)] for row in closing
                            if row.reason in STATUS_OF_RETURN})  # fmt: skip
        due, timed = section.due_on, section.state != SectionState.CLOSED
        passed = bool(timed and due and due < first_open)
        facts[section.record_id].append(
            SectionFact(
                department_id=section.department_id,
                entered_on=entered_on,
                due_passed=passed,
                late=bool(passed and entered_on and is_late(due, section.submitted_at)),
                overdue=passed and entered_on is None,
                published_on=local_day(published.get((section.record_id, section.department_id))),
                codes=codes if entered_on else [],
                follow_ups=follow_ups[section.pk] if entered_on else [],
                inspectors=[(row.inspector.name, row.present) for row in people[section.pk]],
                people=[row.inspector_id for row in people[section.pk] if row.present and entered_on],
            )
        )
    return facts


def _confirmation_facts(rows: list[Confirmation], cutoff: dt.datetime) -> list[ConfirmationFact]:
    first_open = first_open_on(cutoff.astimezone(SHANGHAI).date() - dt.timedelta(days=1))
    facts = []
    for row in rows:
        day = local_day(row.at) if row.at and row.at < cutoff and row.decision != Decision.PENDING else None
        late = is_late(row.due_on, row.at) if day else row.due_on < first_open
        facts.append(ConfirmationFact(row.department_id, in_time=bool(day) and not late, late=late))
    return facts


def gather(plan: Plan, as_of: dt.date) -> Facts:
    """Read what the tables of ``plan`` need, with every event up to the end of ``as_of`` (Shanghai)."""
    cutoff = end_of(as_of)
    grades = [*plan.scheme.levels.order_by("order").values_list("code", flat=True), UNGRADED]
    industries = list(plan.industries.all()) or list(Industry.objects.all())
    draws = list(plan.draws.filter(drawn_at__lt=cutoff).select_related("roster", "drawn_by").order_by("round"))
    draw = draws[-1] if draws else None
    rosters = list(plan.roster.filter(frozen_at__lt=cutoff).order_by("-round")[:1])
    roster = draw.roster if draw else rosters[0] if rosters else None
    events = list(DrawEvent.objects.filter(draw__plan=plan).order_by("at", "pk"))
    not_there = _not_there(events, cutoff)
    base_by_grade = Counter[str]()
    for stratum, count in (roster.counts if roster else {}).items():
        base_by_grade[grade_of(stratum, grades)] += count
    gone = {event.selection_id for event in events if event.selection_id and event.at < cutoff}
    called = {event.substitute_id for event in events if event.substitute_id and event.at < cutoff} - gone
    listed = Selection.objects.filter(draw=draw).filter(Q(kind=PickKind.MAIN) | Q(pk__in=called))
    seats = list(listed.values_list("pk", "kind", "enterprise", "stratum"))
    picked = [(enterprise, stratum) for _, kind, enterprise, stratum in seats if kind == PickKind.MAIN]
    found = InspectionRecord.objects.filter(plan=plan, dispatch__at__lt=cutoff).select_related("selection__enterprise")
    records = [record for record in found.order_by("number") if record.selection_id not in not_there]
    industry_of = _industries_of({pk for _, _, pk, _ in seats} | {record.selection.enterprise_id for record in records})
    moved = {
        pk: Moved(grade_of(stratum, grades), tuple(industry_of[enterprise])) for pk, _, enterprise, stratum in seats
    }
    confirmations = list(Confirmation.objects.filter(record__in=records))
    closes = _by([row for row in confirmations if row.lead_decision == LeadDecision.CLOSE], "record_id")
    sections = _section_facts(records, closes, cutoff)
    first = Publication.objects.filter(record__in=records, version=1, published_at__lt=cutoff)
    published = dict(first.values_list("record", "published_at"))
    return Facts(
        plan=plan,
        as_of=as_of,
        departments=[row.department for row in plan.departments.select_related("department")],
        grades=grades,
        rates={row.grade: row.fraction for row in plan.rates.all()},
        industries=industries,
        draws=draws,
        events=[event for event in events if event.at < cutoff],
        base_by_grade=dict(base_by_grade),
        picks_by_grade=Counter(grade_of(stratum, grades) for _, stratum in picked),
        base_by_industry=_base_by_industry(roster, industries) if roster else None,
        picks_by_industry=Counter(code for pk, _ in picked for code in industry_of[pk]),
        base=roster.total if roster else 0,
        picks=len(picked),
        records=[
            RecordFact(
                record=record,
                enterprise=record.selection.enterprise,
                grade=grade_of(record.selection.stratum, grades),
                industries=industry_of[record.selection.enterprise_id],
                sections=sections[record.pk],
                published_on=local_day(published.get(record.pk)),
            )
            for record in records
        ],
        went=[moved[pk] for pk, kind, _, _ in seats if kind == PickKind.MAIN and pk in gone],
        came=[moved[pk] for pk, _, _, _ in seats if pk in called],
        confirmations=_confirmation_facts(confirmations, cutoff),
    )
