"""What the record page shows of an arrival: the six choices, what the chosen one asks, the result it proposes."""

from typing import Any

from inspections import services
from inspections.arrival import NOBODY_MET, OUTCOMES, outcome_of
from inspections.enums import OPEN_FOR_ENTRY, Arrival, ResultCode, Way
from inspections.models import DepartmentSection, InspectionRecord
from inspections.services.arriving import door_photos
from inspections.services.attempts import attempt_words
from inspections.services.results import codes_of
from inspections.views import cards
from registry.errors import DomainError
from registry.models import User


def arrival_context(record: InspectionRecord, section: DepartmentSection) -> dict[str, Any]:
    """``told`` of the templates; ``section`` with its members, results and evidence read."""
    chosen, rule = section.arrival in OUTCOMES and not section.written_only, outcome_of(section.arrival)
    members = [row for row in section.members.all() if not row.replaced]
    names = {row.pk: row.inspector.name for row in section.members.all()}
    codes = codes_of(section)
    open_ones = {code for outcome in NOBODY_MET for code in OUTCOMES[outcome].results}
    others = record.sections.exclude(pk=section.pk).exclude(arrival="").select_related("department")
    return {
        "outcomes": [(one.value, one.label, OUTCOMES[one.value]) for one in Arrival],
        "rule": rule if section.arrival in OUTCOMES else None, "label": section.get_arrival_display(),
        "on_site": chosen or section.state not in OPEN_FOR_ENTRY,
        "all": chosen or section.written_only or section.state not in OPEN_FOR_ENTRY,
        "met": rule.met or not chosen, "asks": rule.asks if chosen else (), "fills": chosen and rule.fills,
        "others": list(others), "door": door_photos(section), "ways": Way.choices,
        "tries": [attempt_words([row], names) for row in section.attempts],
        "people": [(row.pk, row.inspector.name) for row in members],
        "results": [(code, code.value in codes) for code in ResultCode if code.value in open_ones],
        "fitting": rule.results if chosen else open_ones,
    }  # fmt: skip


def finish(user: User, record: InspectionRecord, code: str) -> list[str]:
    """Where nobody was met: the result (``code``, or the one proposed) is confirmed and the section submitted on the
    page of the arrival itself. What is missing, in words."""
    record, section = cards.own_record(user, record.pk)
    results = [code] if code in ResultCode.values else codes_of(section)
    try:
        services.save_section(
            actor=user, section=section, version=section.version, results=results, result_confirmed=True
        )
        services.submit_section(actor=user, section=section)
    except DomainError as error:
        return [error.message, *error.problems]
    return []
