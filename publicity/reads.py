"""What the public pages and the desk of the lead bureau read, each in a fixed number of queries."""

import datetime as dt
from typing import Any

from django.db.models import Count, DateTimeField, Exists, F, IntegerField, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from inspections.enums import FREE_TO_PUBLISH, RecordState
from inspections.models import DepartmentSection, InspectionRecord
from publicity import snapshot
from publicity.models import Publication, PublishedResult
from publicity.querysets import without_publication
from publicity.snapshot import SETTLED
from registry import clock
from registry.models import AuditHead
from sampling.enums import DrawEventKind, PickKind, Stream
from sampling.models import DrawEvent, FreezeVoid, LogEntry, Plan, Roster, Selection


def _counted(queryset: QuerySet[Any], group: str) -> Coalesce:
    counts = queryset.order_by().values(group).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)


def public_rosters() -> QuerySet[Roster]:
    """Frozen lists the public may know of, newest first, with their draw, ``picks`` and ``published``."""
    picks = Selection.objects.filter(draw__roster=OuterRef("pk"), kind=PickKind.MAIN)
    published = Publication.objects.filter(record__dispatch__draw__roster=OuterRef("pk"), version=1)
    return (
        Roster.objects.filter(plan__in=Plan.objects.public())
        .select_related("plan__lead", "draw")
        .annotate(
            picks=_counted(picks, "draw__roster"),
            published=_counted(published, "record__dispatch__draw__roster"),
            departments=_counted(Plan.departments.rel.related_model.objects.filter(plan=OuterRef("plan")), "plan"),
            voided=Exists(DrawEvent.objects.filter(draw__roster=OuterRef("pk"), kind=DrawEventKind.VOID))
            | Exists(FreezeVoid.objects.filter(roster=OuterRef("pk"))),
        )
        .order_by("-frozen_at", "-seq")
    )


def draw_notices(roster: Roster) -> list[str]:
    """What everybody must know of a draw: that it is void and why, that digits were retyped."""
    found = []
    void: Any = DrawEvent.objects.filter(draw__roster=roster, kind=DrawEventKind.VOID).first()
    void = void or FreezeVoid.objects.filter(roster=roster).first()
    if void is not None:
        found.append(f"已于 {_minute(void.at)} 作废，不用于检查。理由：{void.reason}")
    for row in roster.draw_requests.filter(withdrawn_at__isnull=False).order_by("withdrawn_at"):
        found.append(f"{_minute(row.withdrawn_at)} 撤回过一次录入的数字。理由：{row.withdrawn_reason}")
    return found


def _minute(moment: dt.datetime) -> str:
    return f"{moment.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"


def public_plans() -> QuerySet[Plan]:
    """Plans the public may know of, newest first, with ``published`` enterprises."""
    published = Publication.objects.filter(plan=OuterRef("pk"), version=1)
    return (
        Plan.objects.filter(pk__in=Plan.objects.public().order_by().values("pk"))
        .select_related("lead")
        .prefetch_related("departments__department", "industries")
        .annotate(published=_counted(published, "plan"))
        .order_by("-year", "-period_from", "-pk")
    )


def figures(year: int) -> dict[str, int]:
    """Draws, enterprises drawn, published, and published with a problem, of the plans of a year; no rehearsals."""
    real = Plan.objects.real().filter(year=year)
    void = DrawEvent.objects.filter(draw=OuterRef("draw"), kind=DrawEventKind.VOID)
    drawn = Selection.objects.filter(~Exists(void), draw__plan__in=real, kind=PickKind.MAIN)
    rows = PublishedResult.objects.current().filter(publication__plan__year=year)
    published = rows.aggregate(
        all=Count("publication", distinct=True), bad=Count("publication", filter=Q(problem=True), distinct=True)
    )
    return {
        "draws": Roster.objects.filter(plan__in=real, draw__isnull=False).count(),
        "picks": drawn.count(),
        "published": published["all"],
        "problems": published["bad"],
    }


def newest_year(today: dt.date) -> int:
    """The year of the newest plan that was drawn; this year while there is none."""
    newest: int | None = Plan.objects.real().filter(draws__isnull=False).aggregate(year=Max("year"))["year"]
    return newest or today.year


def log_heads() -> dict[str, Any]:
    """The head of the draw log and of every stream of the trail, to be noted down outside this system."""
    last = LogEntry.objects.filter(stream=Stream.MAIN).order_by("-seq").values("seq", "time", "chain").first()
    streams = AuditHead.objects.order_by("stream").values("stream", "seq", "head")
    return {"draw_log": last or {"seq": 0, "time": "", "chain": "0" * 64}, "audit": list(streams)}


def log_head() -> str:
    """The chain value of the last line of the draw log; empty while the log is."""
    return LogEntry.objects.filter(stream=Stream.MAIN).order_by("-seq").values_list("chain", flat=True).first() or ""


def publishable(records: QuerySet[InspectionRecord], today: dt.date) -> QuerySet[InspectionRecord]:
    """Records that ``publish_records`` would take today: all departments settled, past the publish-by day, or later."""
    open_ones = DepartmentSection.objects.filter(record=OuterRef("pk")).exclude(state__in=list(SETTLED))
    rows = _waiting(records).annotate(
        unsettled=Exists(open_ones),
        known=Exists(Publication.objects.filter(record=OuterRef("pk"))),
    )
    return rows.filter(Q(unsettled=False) | Q(known=True) | Q(publish_by__lte=today))


def waiting_for_others(records: QuerySet[InspectionRecord], today: dt.date) -> QuerySet[InspectionRecord]:
    """Records with a free department that must still wait for the others."""
    return _waiting(records).exclude(pk__in=publishable(records, today).values("pk"))


def _waiting(records: QuerySet[InspectionRecord]) -> QuerySet[InspectionRecord]:
    states = [str(state) for state in FREE_TO_PUBLISH]
    alive = records.filter(state__in=[RecordState.OPEN, RecordState.CLOSED], plan__rehearsal=False)
    free = Q(sections__state__in=states)
    return without_publication(alive, states).annotate(publish_by=Min("sections__publish_due_on", filter=free))


def changed_since(records: QuerySet[InspectionRecord]) -> QuerySet[InspectionRecord]:
    """Published records of which a department has entered something new since, and it was reviewed: to be corrected."""
    newest = Publication.objects.filter(record=OuterRef("record"), superseded_by__isnull=True).values("published_at")
    sections = (
        DepartmentSection.objects.filter(record=OuterRef("pk"), state__in=[str(state) for state in FREE_TO_PUBLISH])
        .annotate(published_at=Subquery(newest, output_field=DateTimeField()))
        .filter(
            submitted_at__gt=F("published_at"),
            pk__in=DepartmentSection.objects.filter(
                department__published_results__publication__record=F("record")
            ).values("pk"),
        )
    )
    return records.filter(Exists(sections))


def for_publishing(records: QuerySet[InspectionRecord]) -> QuerySet[InspectionRecord]:
    """With everything a preview prints."""
    prepared: QuerySet[InspectionRecord] = snapshot.with_everything(records.select_related("plan__lead"))
    return prepared.order_by("plan", "number")
