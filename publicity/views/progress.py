"""The burndown of a plan as a picture of its own, so that no page waits for it."""

import hashlib

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control

from inspections.burndown import track
from inspections.reads import done_by_day, merged, totals_of, with_dispatch
from publicity import burndown_chart
from registry import clock
from registry.permissions import AUDITOR, DEPT_ADMIN, LEAD, requires
from registry.services import current_calendar
from registry.workdays import CalendarNotLoaded
from sampling.models import Plan


@requires(LEAD, DEPT_ADMIN, AUDITOR)
def burndown(request: HttpRequest, pk: int, department: int) -> HttpResponse:
    """What is left of one department's sections, of all departments when ``department`` is 0; SVG with an ETag."""
    plans = with_dispatch(Plan.objects.visible_to(request.user)).exclude(dispatched_at=None)
    plan = get_object_or_404(plans, pk=pk)
    names = {0: "各部门"} | dict(plan.departments.values_list("department", "department__short_name"))
    if department not in names:
        raise Http404
    content = _picture(plan, department, f"{names[department]}剩余记录", "small" if department else "large")
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response = HttpResponse(content, content_type="image/svg+xml")
    response["ETag"] = etag
    patch_cache_control(response, private=True, max_age=0)
    return get_conditional_response(request, etag=etag, response=response) or response


def _picture(plan: Plan, department: int, title: str, size: str) -> bytes:
    today, (calendar, _version) = clock.today(), current_calendar()
    start = plan.dispatched_at.astimezone(clock.SHANGHAI).date()
    try:
        days = track(start, plan.period_to, today, calendar)
    except CalendarNotLoaded as error:
        return burndown_chart.sentence(title, f"{error.year}年日历未录入，画不出进度图。")
    totals, done = totals_of(plan), done_by_day(plan)
    total = totals.get(department, 0) if department else sum(totals.values())
    entered = done.get(department, {}) if department else merged(done)
    return burndown_chart.burndown(title, days, total, days.left(total, entered), size)
