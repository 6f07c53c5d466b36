"""检查告知: where the QR code of a notice leads. Inspectors to their record, the enterprise to a page without login."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from inspections.models import DepartmentSection, InspectionRecord
from publicity import visits
from registry.models import User
from registry.permissions import PUBLIC, requires


@never_cache
@requires(PUBLIC)
def visit(request: HttpRequest, token: str) -> HttpResponse:
    """Who comes, why, on what, with which rights; ``?zheng=`` checks a certificate number. No login, no cookie."""
    record = visits.find(token)
    if record is None:
        raise Http404
    if isinstance(request.user, User):
        return _own_view(request.user, record)
    request.user = AnonymousUser()
    context = {
        "csrf_token": "", "messages": [], "record": record, "enterprise": record.selection.enterprise,
        "plan": record.plan, "parts": visits.parts_of(record), "row": visits.own_row(record),
        "cancelled": visits.cancelled(record), "publication": visits.publication_of(record),
        "check": visits.check_badge(record, request.GET.get("zheng", "")),
        "host": urlsplit(settings.PUBLIC_ORIGIN).hostname,
    }  # fmt: skip
    return _unlisted(render(request, "publicity/visit.html", context | _days(record)))


def _own_view(user: User, record: InspectionRecord) -> HttpResponse:
    """Who is signed in goes on to the own view of the record; a stranger finds nothing."""
    if not InspectionRecord.objects.visible_to(user).filter(pk=record.pk).exists():
        raise Http404
    mine = DepartmentSection.objects.filter(
        record=record, members__inspector__user=user, members__replaced=False
    ).exists()
    return redirect("inspections:record_record" if mine else "inspections:task_detail", record.pk)


def _days(record: InspectionRecord) -> dict[str, Any]:
    """When they come and until when the result is published, as far as it is known."""
    known = [section.publish_due_on for section in record.sections.all() if section.publish_due_on]
    return {"publish_by": max(known, default=None), "items": sum(len(s.findings.all()) for s in record.sections.all())}


def _unlisted(response: HttpResponse) -> HttpResponse:
    """For no search engine: whoever holds the paper holds the address."""
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return response
