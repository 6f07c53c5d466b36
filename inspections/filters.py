"""Filters of the desk's lists."""

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import F, Q

from inspections import bases
from inspections.enums import OPEN_FOR_ENTRY, Decision, LeadDecision, RecordState, SectionState
from inspections.models import DepartmentSection
from inspections.reads import ALIVE
from registry import clock
from registry.models import Department
from registry.querysets import found_by
from registry.text import tidied
from sampling.models import Plan


def _plans(request: Any) -> Any:
    return Plan.objects.visible_to(request.user).filter(records__isnull=False).distinct()


def _departments(request: Any) -> Any:
    return Department.objects.filter(sections__in=DepartmentSection.objects.listed_for(request.user)).distinct()


STAGES = [
    ("pending", "未确认"),
    ("returned", "已退回，等牵头部门处理"),
    ("confirmed", "已确认"),
    ("visiting", "检查中"),
    ("filled", "已回填"),
    ("approved", "已复核"),
    ("published", "已公示"),
]


def of_department(**lookups: Any) -> Q:
    """Sections whose own department's confirmation answers to ``lookups``."""
    own = {f"record__confirmations__{name}": value for name, value in lookups.items()}
    return Q(record__confirmations__department=F("department"), **own)


def in_stage(stage: str) -> Q:
    """The sections a number of the progress page counts (`inspections.reads.progress_of`)."""
    waiting = bases.RUNNING & Q(record__state=RecordState.CONFIRMING)
    confirmed = of_department(decision=Decision.CONFIRMED) | of_department(lead_decision=LeadDecision.KEEP)
    return {
        "pending": waiting & of_department(decision=Decision.PENDING),
        "returned": waiting & of_department(decision=Decision.RETURNED, lead_decision=""),
        "confirmed": bases.COUNTED & confirmed,
        "visiting": Q(record__state=RecordState.OPEN, state__in=[SectionState.DRAFT, SectionState.RETURNED]),
        "filled": bases.DUE & Q(state__in=sorted(bases.DONE)),
        "approved": bases.DUE & Q(state__in=[SectionState.APPROVED, SectionState.CLOSED]),
        "published": bases.DUE & bases.published(),
    }[stage]


class TaskFilter(filters.FilterSet):
    """Sections by words, plan, department, state and lateness."""

    q = filters.CharFilter(label="企业或编号", method="by_words")
    plan = filters.ModelChoiceFilter(label="任务", field_name="record__plan", queryset=_plans, empty_label="全部任务")
    department = filters.ModelChoiceFilter(label="部门", queryset=_departments, empty_label="全部部门")
    state = filters.ChoiceFilter(label="状态", choices=SectionState.choices, empty_label="全部状态")
    stage = filters.ChoiceFilter(
        label="进度", choices=STAGES, method="by_stage", empty_label="全部进度", widget=forms.HiddenInput
    )
    due = filters.DateFilter(label="到期日", method="by_due", widget=forms.HiddenInput)
    person = filters.NumberFilter(label="检查人员", method="by_person", widget=forms.HiddenInput)
    overdue = filters.BooleanFilter(label="只看逾期", method="late_only", widget=forms.CheckboxInput)

    class Meta:
        model = DepartmentSection
        fields: list[str] = []

    def by_words(self, queryset: Any, name: str, value: str) -> Any:
        """Part of the name, the credit code or the number of the record."""
        enterprise = "record__selection__enterprise"
        return queryset.filter(
            found_by(value, name=f"{enterprise}__search_key", codes=(f"{enterprise}__uscc",))
            | Q(record__number__icontains=tidied(value))
        )

    def by_stage(self, queryset: Any, name: str, value: str) -> Any:
        """The list behind a number of the progress page."""
        return queryset.filter(in_stage(value)).distinct()

    def by_due(self, queryset: Any, name: str, value: Any) -> Any:
        """What waits for its department, or is still to be entered, by that day."""
        owed = bases.OWED & Q(due_on=value)
        waiting = (
            bases.RUNNING
            & Q(record__state=RecordState.CONFIRMING)
            & of_department(decision=Decision.PENDING, due_on=value)
        )
        return queryset.filter(owed | waiting).distinct()

    def by_person(self, queryset: Any, name: str, value: Any) -> Any:
        """What one inspector still has to do."""
        mine = Q(members__inspector=int(value), members__replaced=False)
        return queryset.filter(mine, record__state__in=ALIVE, state__in=list(OPEN_FOR_ENTRY)).distinct()

    def late_only(self, queryset: Any, name: str, value: bool) -> Any:
        """逾期 as of today."""
        return queryset.overdue(clock.first_open_day()) if value else queryset
