"""What the desk pages share: days in words with their tag, one page of a list, refusals beside the form."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.forms import Form
from django.http import QueryDict

from inspections.enums import SectionState
from registry import clock
from registry.errors import DomainError
from registry.models import User
from registry.operations import once
from registry.services import current_calendar
from registry.views.paging import conditions
from registry.workdays import countdown

WEEKDAYS = "一二三四五六日"
STATE_TAGS = {
    SectionState.NOT_STARTED: "todo",
    SectionState.DRAFT: "doing",
    SectionState.SUBMITTED: "todo",
    SectionState.RETURNED: "soon",
    SectionState.APPROVED: "done",
    SectionState.NO_ITEMS: "mute",
    SectionState.NOT_MINE: "mute",
    SectionState.CLOSED: "mute",
}


def day_words(day: dt.date) -> str:
    """``9月21日（周一）``."""
    return f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def moment_words(moment: dt.datetime) -> str:
    """``9月22日 11:20`` in Shanghai."""
    at = moment.astimezone(clock.SHANGHAI)
    return f"{at.month}月{at.day}日 {at:%H:%M}"


@dataclass(frozen=True)
class Due:
    """A due day as shown: ``9月21日（周一）``, ``soon``, ``还剩 1 个工作日``."""

    date: str
    kind: str
    text: str


class Clocks:
    """Turns days into words; reads the calendar once for a page."""

    def __init__(self) -> None:
        self.today, self.first_open = clock.today(), clock.first_open_day()
        self.calendar, _version = current_calendar()

    def due(self, day: dt.date) -> Due:
        """A due day that is still owed."""
        standing = countdown(day, self.today, self.calendar, self.first_open)
        return Due(day_words(day), standing.kind, standing.text)

    def missing(self, last: dt.date) -> str:
        """Which year up to ``last`` has no notice yet, in words; empty when all have."""
        gaps = [year for year in range(self.today.year, last.year + 1) if year not in self.calendar.years]
        return f"{gaps[0]}年日历未录入" if gaps else ""


def page_of(params: QueryDict, rows: Any, size: int = 50) -> tuple[Page, str]:
    """One page of a list, and the rest of the address for its links; a page that does not exist is the nearest one."""
    return Paginator(rows, size).get_page(params.get("page")), conditions(params)


def refuse(form: Form, error: DomainError) -> None:
    """Show a refusal beside the form, its single problems below it."""
    lines = dict.fromkeys([error.message, *error.problems[:20]])  # a single problem is the message itself
    for line in lines:
        form.add_error(None, line)
    if len(error.problems) > 20:
        form.add_error(None, f"……另有 {len(error.problems) - 20} 处。")


def attempt(user: User, form: Form, action: str, effect: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """Make a change once under the key of a form; None when nothing was sent, or it was refused (then the form says
    why, and keeps what was typed)."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        answer, _now = once(key=form.cleaned_data["key"], user=user, action=action, effect=effect)
    except DomainError as error:
        refuse(form, error)
        return None
    return answer
