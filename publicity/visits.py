"""What the QR code of a notice opens for the enterprise: who comes, why, on which items, with which rights.

Nobody signs in. The address holds an unguessable token, never a key. Shown is what the printed notice says already
(names and certificate numbers of the inspectors, domain.md §8.2), and the enterprise's own row of the draw. Never a
grade: the strata of a draw are grades, so they are counted but not named.
"""

import datetime as dt
import unicodedata
from dataclasses import dataclass

from django.db.models import Prefetch

from inspections.enums import RecordState, SectionState
from inspections.models import DepartmentSection, InspectionRecord, ItemFinding, SectionMember
from publicity.models import Publication
from registry import clock
from registry.models import Department, Inspector
from sampling.enums import DrawEventKind, PickKind, PlanState

UNCONCERNED = (SectionState.NO_ITEMS, SectionState.NOT_MINE)


@dataclass(frozen=True)
class VisitItem:
    """One item to be checked, what is looked at, and the laws in force (《…》第n条)."""

    order: int
    name: str
    points: list[str]
    bases: list[str]


@dataclass(frozen=True)
class VisitPart:
    """One department that comes: its people, its items, and until when its result is published."""

    department: Department
    people: list[Inspector]
    items: list[VisitItem]
    publish_due_on: dt.date | None


@dataclass(frozen=True)
class OwnRow:
    """Where the enterprise stood in its draw: ``rank`` in its group, of which the first ``cut_off`` were drawn.

    ``last_ticket`` belongs to another enterprise: empty unless the strata of the draw are public by now.
    """

    draw_id: str
    drawn_at: dt.datetime
    total: int
    picks: int
    rank: int
    cut_off: int
    ticket: str
    last_ticket: str
    called_up: bool
    revealed: bool


@dataclass(frozen=True)
class BadgeCheck:
    """What was typed from a certificate, and whose it is; nobody's: ``inspector`` is None."""

    typed: str
    inspector: Inspector | None
    expired: bool = False


def find(token: str) -> InspectionRecord | None:
    """The record of a token, with its sections (departments that come, in order), people, items and bases."""
    members = SectionMember.objects.filter(replaced=False).select_related("inspector__department")
    findings = ItemFinding.objects.select_related("item").prefetch_related("item__bases").order_by("order")
    sections = (
        DepartmentSection.objects.exclude(state__in=UNCONCERNED)
        .select_related("department")
        .prefetch_related(Prefetch("members", members), Prefetch("findings", findings))
        .order_by("department__order", "department__code")
    )
    rows = InspectionRecord.objects.select_related(
        "plan__lead", "selection__enterprise", "dispatch__draw__roster__reveal"
    )
    found: InspectionRecord | None = rows.prefetch_related(Prefetch("sections", sections)).filter(token=token).first()
    return found


def parts_of(record: InspectionRecord) -> list[VisitPart]:
    """The departments that come (``record`` from ``find``)."""
    day = record.visit_from.astimezone(clock.SHANGHAI).date() if record.visit_from else clock.today()
    return [
        VisitPart(
            section.department,
            [member.inspector for member in section.members.all()],
            [_item(finding, day) for finding in section.findings.all()],
            section.publish_due_on,
        )
        for section in record.sections.all()
    ]


def _item(finding: ItemFinding, day: dt.date) -> VisitItem:
    points = [line.strip() for line in finding.item.check_points.splitlines() if line.strip()]
    in_force = [
        str(basis)
        for basis in finding.item.bases.all()
        if basis.effective_from <= day and (basis.effective_to is None or basis.effective_to >= day)
    ]
    return VisitItem(finding.order, finding.item.name, points, in_force)


def own_row(record: InspectionRecord) -> OwnRow:
    """What an enterprise that is being visited may see of its draw: its own row and where its group was cut."""
    selection, draw, roster = record.selection, record.dispatch.draw, record.dispatch.draw.roster
    main = draw.selections.filter(kind=PickKind.MAIN)
    group = main.filter(stratum=selection.stratum).order_by("rank")
    last = group.last() if roster.revealed and roster.strata_public else None
    return OwnRow(
        draw_id=roster.draw_id,
        drawn_at=draw.drawn_at,
        total=roster.total,
        picks=main.count(),
        rank=selection.rank,
        cut_off=group.count(),
        ticket=selection.ticket,
        last_ticket=last.ticket if last else "",
        called_up=selection.kind != PickKind.MAIN,
        revealed=roster.revealed,
    )


def cancelled(record: InspectionRecord) -> bool:
    """Whether nobody comes any more: another enterprise was called up, the task was cancelled, the draw is void."""
    void = record.dispatch.draw.events.filter(kind=DrawEventKind.VOID)
    return record.state == RecordState.REPLACED or record.plan.state == PlanState.CANCELLED or void.exists()


def publication_of(record: InspectionRecord) -> Publication | None:
    """The published result, if there is one."""
    newest: Publication | None = Publication.objects.current().filter(record=record).first()
    return newest


def check_badge(record: InspectionRecord, typed: str) -> BadgeCheck | None:
    """Compare the number on a certificate with those of this visit; None when nothing was typed.

    Full-width figures, spaces and small letters are read as what they mean. A number of somebody who was replaced, or
    of any other inspector, is 不符: it is not on this notice.
    """
    wanted = _plain(typed)
    if not wanted:
        return None
    for section in record.sections.all():
        for member in section.members.all():
            if _plain(member.inspector.badge) == wanted:
                expired = member.inspector.badge_valid_until < clock.today()
                return BadgeCheck(typed.strip()[:40], member.inspector, expired)
    return BadgeCheck(typed.strip()[:40], None)


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text[:80]).split()).upper()
