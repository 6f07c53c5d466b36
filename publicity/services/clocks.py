"""What a change of the calendar moves. Here, because only this app knows which results are already published."""

from inspections import services as inspections_services
from publicity.models import PublishedResult
from registry.models import CalendarYear, User
from registry.workdays import Calendar


def published_pairs() -> set[tuple[int, int]]:
    """(record, department) of every result that is published: their clocks have stopped."""
    rows = PublishedResult.objects.order_by().values_list("publication__record_id", "department_id").distinct()
    return set(rows)


def calendar_impact(calendar: Calendar) -> dict[str, int]:
    """How many open deadlines of each kind (确认, 回填, 公示) ``calendar`` would move. Reads only."""
    return inspections_services.moves(calendar, published_pairs()).counts()


def recompute_deadlines(*, actor: User | None = None, why: str) -> int:
    """Move every open deadline to where the loaded calendar puts it; number of deadlines moved. Safe to repeat."""
    if not CalendarYear.objects.exists():
        return 0
    done = inspections_services.recompute_deadlines(actor=actor, why=why, published=published_pairs())
    return len(done.rows)
