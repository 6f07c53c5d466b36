"""随机抽查事项清单: items by department, and one item with its versions."""

from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from registry import clock
from registry.enums import CheckMethod, EntityType
from registry.filters import ItemFilter
from registry.models import InspectionItem
from registry.permissions import AUDITOR, DEPT_ADMIN, LEAD, requires
from registry.views.paging import page_of


@requires(LEAD, DEPT_ADMIN, AUDITOR)
def item_list(request: HttpRequest) -> HttpResponse:
    """The items of today by department, those switched off marked."""
    rows = (
        InspectionItem.objects.effective(clock.today())
        .select_related("department")
        .prefetch_related("industries", "bases")
        .order_by("department__order", "code")
    )
    found = ItemFilter(request.GET, queryset=rows)
    totals = InspectionItem.objects.effective(clock.today()).aggregate(
        all=Count("pk", distinct=True),
        off=Count("pk", filter=Q(active=False), distinct=True),
        open=Count("pk", filter=Q(bases__verified=False) | Q(bases__isnull=True), distinct=True),
    )
    context = {"filter": found, "totals": totals, **page_of(found.qs, request.GET, size=100)}
    return render(request, "registry/item_list.html", context)


@requires(LEAD, DEPT_ADMIN, AUDITOR)
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One version of an item, its legal bases, and its other versions."""
    one = get_object_or_404(InspectionItem.objects.select_related("department"), pk=pk)
    context = {
        "item": one,
        "bases": one.bases.all(),
        "industries": one.industries.all(),
        "needs": one.needs.all(),
        "methods": [dict(CheckMethod.choices).get(code, code) for code in one.methods],
        "entity_types": [dict(EntityType.choices).get(code, code) for code in one.entity_types],
        "versions": InspectionItem.objects.filter(code=one.code).order_by("-effective_from"),
        "points": [point for point in one.check_points.split("；") if point],
    }
    return render(request, "registry/item.html", context)
