"""Filters of the list of plans."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, QuerySet

from registry.models import Enterprise, PastInspection
from registry.querysets import found_by, matching
from sampling.enums import PlanState
from sampling.models import Plan


class PlanFilter(django_filters.FilterSet):
    """By words, state and year."""

    q = django_filters.CharFilter(label="名称或编号", method="search", widget=forms.TextInput(attrs={"type": "search"}))
    state = django_filters.ChoiceFilter(label="状态", choices=PlanState.choices, empty_label="全部")
    year = django_filters.NumberFilter(
        label="年度", min_value=2000, max_value=2999, widget=forms.NumberInput(attrs={"class": "w-num"})
    )

    class Meta:
        model = Plan
        fields = ["q", "state", "year"]

    def search(self, queryset: QuerySet[Plan], name: str, value: str) -> QuerySet[Plan]:
        """In the names and in all numbers."""
        names = ("task_name", "task_code", "plan_code", "platform_task_code")
        return queryset.filter(pk__in=matching(queryset, value, *names))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.form.label_suffix = ""


class PreviewFilter(django_filters.FilterSet):
    """Enterprises of 名单预览: by words, or only those that were inspected this year."""

    q = django_filters.CharFilter(label="名称或代码", method="search", widget=forms.TextInput(attrs={"type": "search"}))
    checked = django_filters.BooleanFilter(
        label="今年", method="only_checked", widget=forms.Select(choices=[("", "全部"), ("true", "今年有检查记录的")])
    )

    class Meta:
        model = Enterprise
        fields = ["q", "checked"]

    def __init__(self, *args: Any, year: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.year = year
        self.form.label_suffix = ""

    def search(self, queryset: QuerySet[Enterprise], name: str, value: str) -> QuerySet[Enterprise]:
        """In name and code."""
        return queryset.filter(found_by(value, name="search_key", codes=("uscc",)))

    def only_checked(self, queryset: QuerySet[Enterprise], name: str, value: bool) -> QuerySet[Enterprise]:
        """With an inspection this year."""
        past = PastInspection.objects.filter(enterprise=OuterRef("pk"), day__year=self.year)
        return queryset.filter(Exists(past)) if value else queryset
