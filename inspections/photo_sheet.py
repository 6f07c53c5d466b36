"""照片和材料清单 of a printed record: what belongs to it, when, by whom and where it was taken. Never published."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from inspections.models import Evidence, InspectionRecord
from inspections.pictures import SHOT, early_words, moment, place_words, taken_words
from inspections.services.unsent_lines import small_picture

DIGEST = 16  # characters of the digest that are printed


@dataclass(frozen=True)
class Line:
    """One file. ``small``: the picture as an address of its own; empty for what is none."""

    number: int
    what: str
    taken: str
    early: str
    by: str
    place: str
    digest: str
    small: str


def lines_of(record: InspectionRecord, rows: Iterable[Evidence]) -> list[Line]:
    """The files of a record in the order of the sheet: departments, items, then what belongs to the whole."""
    ordered = sorted(rows, key=_order)
    return [_line(number, row, record) for number, row in enumerate(ordered, 1)]


def _order(row: Evidence) -> tuple[Any, ...]:
    section = row.section
    place = (section.department.order, section.department.code) if section else (1 << 30, "")
    return (*place, row.finding.order if row.finding else 1 << 30, row.pk)


def _line(number: int, row: Evidence, record: InspectionRecord) -> Line:
    shot = row.kind in SHOT
    what = f"{row.finding.order} {row.finding.item.name}" if row.finding else str(row.get_kind_display())
    if row.section:
        what = f"{row.section.department.short_name}：{what}"
    return Line(
        number=number, what=what, taken=taken_words(row) if shot else f"{moment(row.uploaded_at)} 上传",
        early=early_words(row, record.visit_from), by=str(row.shot_by or row.uploaded_by),
        place=place_words(row) if shot else "/", digest=row.sha256[:DIGEST].upper(), small=_small(row),
    )  # fmt: skip


def _small(row: Evidence) -> str:
    if row.content_type != "image/jpeg":
        return ""
    try:
        with row.file.open("rb") as file:
            return small_picture(file.read())
    except FileNotFoundError:
        return ""
