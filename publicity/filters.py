"""Filters of the public result list: never by grade (decisions.md)."""

from typing import Any

import django_filters
from django.db.models import QuerySet

from publicity.models import PublishedResult
from publicity.querysets import published_by_words
from registry.models import Department, Industry
from sampling.models import Plan


def _years(_: Any = None) -> list[tuple[str, str]]:
    years = Plan.objects.filter(publications__isnull=False).order_by("-year").values_list("year", flat=True).distinct()
    return [(str(year), f"{year}年") for year in years]


class ResultFilter(django_filters.FilterSet):
    """Search text, year, department, industry. What cannot be understood is left out, never an error page."""

    q = django_filters.CharFilter(label="企业名称或代码", method="search", max_length=100)
    year = django_filters.ChoiceFilter(
        label="年度", field_name="publication__plan__year", choices=_years, empty_label="全部年度"
    )
    department = django_filters.ModelChoiceFilter(
        label="检查部门", queryset=Department.objects.filter(active=True), to_field_name="code", empty_label="全部部门"
    )
    industry = django_filters.ModelChoiceFilter(
        label="行业", queryset=Industry.objects.all(), field_name="publication__enterprise__industries",
        empty_label="全部行业",
    )  # fmt: skip

    class Meta:
        model = PublishedResult
        fields = ["q", "year", "department", "industry"]

    def search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """By part of the published name or code."""
        return queryset.filter(published_by_words(value, "publication__"))
