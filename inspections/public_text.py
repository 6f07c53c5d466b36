"""What the public will read of the words that inspectors type: made here, so that whoever types and whoever reviews
sees the same text that `publicity.snapshot` publishes."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from inspections.arrival import NOBODY_MET
from inspections.enums import Answer
from inspections.models import DepartmentSection, InspectionRecord
from registry.clock import SHANGHAI
from registry.masking import MASK, is_place, masked

MAX_TEXT = 300
NOT_DESCRIBED = "不符合要求"
NOTE = "备注"


class PublicText(NamedTuple):
    """``label``: what the public sees it under; ``text``: as it will be read; ``hidden``: something is struck out."""

    label: str
    text: str
    hidden: bool


def neutral(text: str, persons: Iterable[str], official: Iterable[str] = ()) -> str:
    """``text`` as the public may read it (`registry.masking.masked`): on one line, at most 300 characters long."""
    clean = masked(text, persons, official)
    return clean if len(clean) <= MAX_TEXT else clean[: MAX_TEXT - 1] + "…"


def persons_of(record: InspectionRecord) -> set[str]:
    """What a record knows of persons and must not be in any published text."""
    enterprise = record.selection.enterprise
    known = {enterprise.legal_rep, enterprise.contact_name, enterprise.contact_phone}
    known |= {record.signatory_name, record.witness_name, *(one.name for one in record.signatures.all())}
    known |= {word for call in record.phone_calls.all() for word in (call.name, call.phone)}
    places = {enterprise.address, record.address_at_dispatch, record.place}  # 店内 is typed as a place, and is a word
    known |= {place for place in places if is_place(place)}
    known |= {str(one.by) for one in record.confirmations.all() if one.by}
    for section in record.sections.all():
        known |= {section.met_name, section.onlooker_name}
        known |= {place for place in (section.found_at,) if is_place(place)}
        for member in section.members.all():
            known |= {member.inspector.name, member.inspector.badge, member.inspector.phone}
        known |= {assistant.name for assistant in section.assistants.all()}
        known |= {str(review.by) for review in section.reviews.all()}
        if (approval := getattr(section, "approval", None)) is not None:
            known.add(approval.approver)
    return {word for word in known if word}


def arrival_words(section: DepartmentSection) -> str:
    """What the public reads where nobody was met: 到场情况：无法联系（2024年9月24日）. Nothing of persons or places."""
    if section.arrival not in NOBODY_MET or section.arrived_at is None:
        return ""
    day = section.arrived_at.astimezone(SHANGHAI)
    return f"到场情况：{section.get_arrival_display()}（{day.year}年{day.month}月{day.day}日）"


def finding_text(finding: Any, persons: set[str], official: str) -> str:
    """What is published of an item that does not comply."""
    text = neutral(finding.text, persons, [official]) or NOT_DESCRIBED
    return f"{text}（已当场改正）" if finding.corrected else text


def remark_text(section: DepartmentSection, persons: set[str], official: str) -> str:
    """备注 as it is published: what the department says of its result, else that nobody was met."""
    return neutral(section.result_note or arrival_words(section), persons, [official])


def public_texts(record: InspectionRecord, section: DepartmentSection) -> list[PublicText]:
    """What a department's words will read in public if they are published as they stand now."""
    persons, official = persons_of(record), record.selection.enterprise.name
    rows = [
        (one.item.name, one.text, finding_text(one, persons, official))
        for one in section.findings.all()
        if one.answer == Answer.NOT_OK
    ]
    if remark := remark_text(section, persons, official):
        rows.append((NOTE, section.result_note, remark))
    return [PublicText(label, text, text.count(MASK) > typed.count(MASK)) for label, typed, text in rows]
