"""Filters of the desk's lists."""

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Q

from inspections.enums import SectionState
from inspections.models import DepartmentSection
from registry import clock
from registry.models import Department
from sampling.models import Plan


def _plans(request: Any) -> Any:
    return Plan.objects.visible_to(request.user).filter(records__isnull=False).distinct()


def _departments(request: Any) -> Any:
    return Department.objects.filter(sections__in=DepartmentSection.objects.listed_for(request.user)).distinct()


class TaskFilter(filters.FilterSet):
    """Sections by words, plan, department, state and lateness."""

    q = filters.CharFilter(label="企业或编号", method="by_words")
    plan = filters.ModelChoiceFilter(label="任务", field_name="record__plan", queryset=_plans, empty_label="全部任务")
    department = filters.ModelChoiceFilter(label="部门", queryset=_departments, empty_label="全部部门")
    state = filters.ChoiceFilter(label="状态", choices=SectionState.choices, empty_label="全部状态")
    overdue = filters.BooleanFilter(label="只看逾期", method="late_only", widget=forms.CheckboxInput)

    class Meta:
        model = DepartmentSection
        fields: list[str] = []

    def by_words(self, queryset: Any, name: str, value: str) -> Any:
        """Part of the name, the credit code or the number of the record."""
        text = value.strip()
        found = Q(record__selection__enterprise__name__icontains=text) | Q(record__number__icontains=text)
        return queryset.filter(found | Q(record__selection__enterprise__uscc__icontains=text.upper()))

    def late_only(self, queryset: Any, name: str, value: bool) -> Any:
        """逾期 as of today."""
        return queryset.overdue(clock.today()) if value else queryset
