"""企业名录: the list and one enterprise."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from registry import clock
from registry.access_log import personal_data_read
from registry.enums import Role
from registry.filters import EnterpriseFilter, may_see_grades
from registry.models import Enterprise, RiskScheme
from registry.permissions import AUDITOR, DEPT_ADMIN, LEAD, SYSADMIN, requires
from registry.views.paging import page_of


@requires(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN)
def registry_home(request: HttpRequest) -> HttpResponse:
    """名录 without a page: the list one may see (the system administrator keeps people, not enterprises)."""
    sees = request.user.roles & {LEAD, DEPT_ADMIN, AUDITOR}
    return redirect("registry:enterprise_list" if sees else "registry:inspector_list")


@requires(LEAD, DEPT_ADMIN, AUDITOR)
def enterprise_list(request: HttpRequest) -> HttpResponse:
    """All enterprises, in about the order of pinyin."""
    scheme, grades = RiskScheme.objects.first(), may_see_grades(request.user.roles)
    rows = Enterprise.objects.visible_to(request.user).order_by("name_sort", "uscc").prefetch_related("industries")
    found = EnterpriseFilter(request.GET, queryset=rows, scheme=scheme, may_see_grades=grades)
    listed = found.qs.with_grade(scheme.pk if scheme else 0, clock.today()) if grades else found.qs
    context = {
        "filter": found,
        "grades": grades,
        "scheme": scheme,
        "may_import": Role.LEAD in request.user.roles,
        **page_of(listed, request.GET),
    }
    return render(request, "registry/enterprise_list.html", context)


@requires(LEAD, DEPT_ADMIN, AUDITOR)
def enterprise(request: HttpRequest, pk: int) -> HttpResponse:
    """Facts, grades through time, licences, past inspections, recusals."""
    one = get_object_or_404(Enterprise.objects.visible_to(request.user), pk=pk)
    grades = may_see_grades(request.user.roles)
    personal_data_read(user=request.user, what="企业", key=one.uscc)
    context = {
        "enterprise": one,
        "industries": one.industries.all(),
        "grades": grades,
        "ratings": one.ratings.select_related("scheme", "level").order_by("scheme__order", "-as_of") if grades else [],
        "licences": one.licences.all(),
        "inspections": one.past_inspections.select_related("department"),
        "recusals": one.recusals.visible_to(request.user).select_related("inspector__department"),
        "today": clock.today(),
    }
    return render(request, "registry/enterprise.html", context)
