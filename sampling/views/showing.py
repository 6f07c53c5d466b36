"""What the pages of plans share: refusals beside the form, days in words, the tag and the next step of a plan."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.http import content_disposition_header

from registry import clock
from registry.enums import Role
from registry.errors import DomainError
from registry.formulas import csv_cell
from registry.models import User
from registry.operations import once
from registry.seenforms import SeenForm
from registry.stale import StaleError
from sampling.enums import PlanState
from sampling.models import Plan

WEEKDAYS = "一二三四五六日"
STEPS = ["名称和时间", "检查事项", "范围和比例", "检查人员", "核对并冻结"]
TAGS = {
    PlanState.DRAFT: "doing",
    PlanState.FROZEN: "todo",
    PlanState.DRAWN: "todo",
    PlanState.DISPATCHED: "doing",
    PlanState.INSPECTING: "doing",
    PlanState.COMPLETED: "todo",
    PlanState.SUMMARISED: "done",
    PlanState.ARCHIVED: "done",
    PlanState.CANCELLED: "mute",
}
# state → (words, name of the page)
NEXT = {
    PlanState.DRAFT: ("核对并冻结", "sampling:plan_check"),
    PlanState.FROZEN: ("抽取", "sampling:plan_draw"),
    PlanState.DRAWN: ("派发", "inspections:plan_dispatch"),
    PlanState.DISPATCHED: ("看确认进度", "inspections:plan_progress"),
    PlanState.INSPECTING: ("看检查进度", "inspections:plan_progress"),
    PlanState.COMPLETED: ("总结", "publicity:plan_summary"),
}


def day_words(day: dt.date) -> str:
    """``9月21日（周一）``."""
    return f"{day.month}月{day.day}日（周{WEEKDAYS[day.weekday()]}）"


def moment_words(moment: dt.datetime) -> str:
    """``2024年6月4日（周二）10:06:00`` in Shanghai."""
    at = moment.astimezone(clock.SHANGHAI)
    return f"{at.year}年{day_words(at.date())}{at:%H:%M:%S}"


def span_words(span: dt.timedelta) -> str:
    """``43 小时 30 分``; less than a minute in seconds."""
    seconds = max(int(span.total_seconds()), 0)
    if seconds < 60:
        return f"{seconds} 秒"
    hours, minutes = divmod(seconds // 60, 60)
    return f"{hours} 小时 {minutes} 分" if hours else f"{minutes} 分"


def groups_of(text: str, size: int) -> list[str]:
    """A digest or a row of digits in groups that can be read aloud."""
    return [text[start : start + size] for start in range(0, len(text), size)]


def address(name: str, *args: object) -> str:
    """The address of a page of another app; empty while that app has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def next_step(plan: Plan) -> tuple[str, str] | None:
    """(words, address) of what comes next for the lead bureau, None when nothing does."""
    step = NEXT.get(PlanState(plan.state))
    url = address(step[1], plan.pk) if step else ""
    return (step[0], url) if step and url else None


def leads(user: User, plan: Plan) -> bool:
    """Whether this person may change this plan."""
    return Role.LEAD in user.roles and user.department_id == plan.lead_id


def refuse(form: Form, error: DomainError) -> None:
    """Show a refusal beside the form, its single problems below it; both sides when somebody else saved meanwhile."""
    if isinstance(error, StaleError) and isinstance(form, SeenForm):
        form.offer(error)
        return
    lines = error.problems if error.message == " ".join(error.problems) else [error.message, *error.problems]
    for line in lines[:30]:
        form.add_error(None, line)


def attempt(user: User, form: Any, action: str, effect: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """Make a change once under the key of a form; None when nothing was sent, or it was refused (then the form says
    why, and keeps what was typed)."""
    if not form.is_bound or not form.is_valid():
        return None
    try:
        answer, _ = once(key=form.cleaned_data["key"], user=user, action=action, effect=effect)
    except DomainError as error:
        refuse(form, error)
        return None
    return answer


# ------------------------------------------------------------------------------------------------------------- files


def attached(content: bytes, kind: str, name: str, *, inline: bool = False) -> HttpResponse:
    """A file to be saved (``inline``: shown) under a name, which may be Chinese."""
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = content_disposition_header(not inline, name) or "attachment"
    return answer


def file_name(plan: Plan, name: str) -> str:
    """The name of a file of this plan; a rehearsal's says so first."""
    return f"演练-{name}" if plan.rehearsal else name


def csv_answer(plan: Plan, name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Rows as CSV that Excel opens, each cell the text it is; a rehearsal says so in its first line."""
    out = io.StringIO()
    writer = csv.writer(out)
    if plan.rehearsal:
        writer.writerow([f"演练：{plan}，不是正式抽取"])
    writer.writerow(head)
    writer.writerows([csv_cell(cell) for cell in row] for row in rows)
    content = out.getvalue().encode("utf-8-sig")
    return attached(content, "text/csv; charset=utf-8", file_name(plan, f"{plan.task_code}-{name}.csv"))


def pdf_answer(plan: Plan, name: str, content: bytes, *, save: bool = False) -> HttpResponse:
    """A printed paper, shown in the browser, or to be saved."""
    return attached(content, "application/pdf", file_name(plan, f"{name}.pdf"), inline=not save)
