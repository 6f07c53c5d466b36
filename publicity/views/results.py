"""Public pages of results: the list, its CSV, one record with its versions, one enterprise."""

from typing import Any

from django.db.models import Count, Max, Q
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect

from publicity import snapshot
from publicity.exporters import as_csv
from publicity.filters import ResultFilter
from publicity.models import Publication, PublishedResult
from publicity.querysets import published_by_words
from publicity.views.pages import page_of, public_page
from registry import clock
from registry.permissions import PUBLIC, requires
from registry.text import folded, tidied
from sampling.models import Plan

ORDER = ("-publication__published_at", "publication__uscc", "department__order", "pk")
MOST_FOUND = 50


def _filtered(request: HttpRequest) -> ResultFilter:
    return ResultFilter(request.GET, queryset=PublishedResult.objects.current())


@requires(PUBLIC)
def result_list(request: HttpRequest) -> HttpResponse:
    """检查结果公告 with search, filters and counts; never by grade."""
    found = _filtered(request)
    counts = found.qs.aggregate(
        rows=Count("pk", distinct=True),
        enterprises=Count("publication", distinct=True),
        problems=Count("publication", filter=Q(problem=True), distinct=True),
        updated=Max("publication__published_at"),
    )
    rows = found.qs.select_related("publication__plan", "department").order_by(*ORDER)
    context = {"filter": found, "counts": counts, **page_of(request, rows)}
    return public_page(request, "publicity/result_list.html", context)


@requires(PUBLIC)
def result_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """The filtered list as CSV, the twelve columns."""
    rows = _filtered(request).qs.in_notice_order().iterator(chunk_size=500)
    response = StreamingHttpResponse(as_csv.lines(rows), content_type="text/csv; charset=utf-8")
    name = f"%E6%A3%80%E6%9F%A5%E7%BB%93%E6%9E%9C%E5%85%AC%E5%91%8A_{clock.today():%Y%m%d}.csv"  # 检查结果公告
    response["Content-Disposition"] = f"attachment; filename=\"results.csv\"; filename*=UTF-8''{name}"
    response["Cache-Control"] = "public, max-age=0, s-maxage=30"
    return response


def versions_of(publications: list[Publication]) -> list[dict[str, Any]]:
    """Newest first, each with what it changed in the one before."""
    rows = []
    for index, publication in enumerate(publications):
        older = publications[index + 1] if index + 1 < len(publications) else None
        changes = snapshot.difference(older.snapshot, publication.snapshot) if older else []
        rows.append({"publication": publication, "changes": changes})
    return rows


@requires(PUBLIC)
def result_detail(request: HttpRequest, plan: int, uscc: str) -> HttpResponse:
    """One enterprise in one campaign: what is published, and every version before it, struck through."""
    campaign = get_object_or_404(Plan.objects.public(), pk=plan)
    records = Publication.objects.filter(plan=campaign, uscc=uscc).values("record")
    found = Publication.objects.filter(record__in=records).select_related("plan__lead")
    publications = list(found.order_by("-version"))
    if not publications:
        raise Http404
    context = {"current": publications[0], "versions": versions_of(publications)}
    return public_page(request, "publicity/result_detail.html", context)


@requires(PUBLIC)
def enterprise(request: HttpRequest) -> HttpResponse:
    """查企业: by name or code; exactly one found opens at once."""
    text = tidied(request.GET.get("q", ""))[:100]
    found: list[Publication] = []
    if len(folded(text)) >= 2:
        rows = Publication.objects.current().filter(published_by_words(text))
        rows = rows.select_related("plan").prefetch_related("results")
        found = list(rows.order_by("name", "-published_at")[: MOST_FOUND + 1])
    if len(found) == 1 and request.GET.get("list") != "1":
        return redirect("publicity:result_detail", plan=found[0].plan_id, uscc=found[0].uscc)
    context = {"q": text, "found": found[:MOST_FOUND], "more": len(found) > MOST_FOUND, "most": MOST_FOUND}
    return public_page(request, "publicity/enterprise.html", context)
