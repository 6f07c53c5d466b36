"""List filters. A value that is no choice is ignored: an old link never breaks a list."""

import datetime as dt
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from registry import clock
from registry.enums import InspectorStatus, RegStatus, Role
from registry.models import (
    AuditEvent,
    Department,
    Enterprise,
    Industry,
    InspectionItem,
    Inspector,
    Recusal,
    RiskRating,
    RiskScheme,
    User,
)
from registry.querysets import matching
from registry.text import folded, tidied

SOON_DAYS = 60
UNRATED = "N"


class ListFilter(django_filters.FilterSet):
    """Base: junk in one field leaves that field out instead of emptying the list."""

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Apply the fields that are valid."""
        for name, value in self.form.cleaned_data.items():
            queryset = self.filters[name].filter(queryset, value)
        return queryset

    @property
    def qs(self) -> QuerySet[Any]:
        """The filtered rows; cached as in the base class."""
        if not hasattr(self, "_qs"):
            self.form.full_clean()
            self._qs = self.filter_queryset(self.queryset.all()) if self.is_bound else self.queryset.all()
        return self._qs


def _search(label: str, method: str) -> django_filters.CharFilter:
    return django_filters.CharFilter(
        label=label, method=method, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )


def _day(label: str, method: str) -> django_filters.DateFilter:
    return django_filters.DateFilter(label=label, method=method, widget=forms.DateInput(attrs={"type": "date"}))


class EnterpriseFilter(ListFilter):
    """Name or code, industry, status, township; the grade for lead bureau and auditor only."""

    q = _search("企业名称或代码", "find")
    industry = django_filters.ModelChoiceFilter(
        label="行业", field_name="industries", queryset=Industry.objects.all(), empty_label="全部"
    )
    status = django_filters.ChoiceFilter(label="登记状态", choices=RegStatus.choices, empty_label="全部")
    township = django_filters.ChoiceFilter(label="乡镇", choices=(), empty_label="全部")
    grade = django_filters.ChoiceFilter(label="信用风险等级", choices=(), empty_label="全部", method="by_grade")

    class Meta:
        model = Enterprise
        fields = ("q", "industry", "status", "township", "grade")

    def __init__(self, *args: Any, scheme: RiskScheme | None, may_see_grades: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.scheme = scheme
        towns = Enterprise.objects.exclude(township="").order_by("township").values_list("township", flat=True)
        self.filters["township"].extra["choices"] = [(town, town) for town in towns.distinct()[:500]]
        if not may_see_grades or scheme is None:
            del self.filters["grade"]
            return
        levels = [(level.code, level.code.replace(".plus", "+")) for level in scheme.levels.all()]
        self.filters["grade"].extra["choices"] = [*levels, (UNRATED, "未评级")]

    def find(self, rows: Any, name: str, value: str) -> Any:
        """Part of the name or of the code."""
        return rows.search(value)

    def by_grade(self, rows: Any, name: str, value: str) -> Any:
        """The current grade in the default scheme; N = none."""
        rated = RiskRating.objects.filter(
            enterprise=OuterRef("pk"), scheme=self.scheme, is_current=True, level__isnull=False
        )
        if value == UNRATED:
            return rows.filter(~Exists(rated))
        return rows.filter(Exists(rated.filter(level__code=value)))


class InspectorFilter(ListFilter):
    """Name or certificate number, department, status, certificate that ends soon."""

    q = _search("姓名或执法证号", "find")
    department = django_filters.ModelChoiceFilter(label="部门", queryset=Department.objects.all(), empty_label="全部")
    status = django_filters.ChoiceFilter(label="状态", choices=InspectorStatus.choices, empty_label="全部")
    expiring = django_filters.ChoiceFilter(
        label="执法证",
        choices=[("soon", f"{SOON_DAYS} 天内到期"), ("past", "已过期")],
        empty_label="全部",
        method="ends",
    )

    class Meta:
        model = Inspector
        fields = ("q", "department", "status", "expiring")

    def find(self, rows: Any, name: str, value: str) -> Any:
        """Part of the name or of the number."""
        return rows.search(value)

    def ends(self, rows: Any, name: str, value: str) -> Any:
        """By the last day of the certificate."""
        today = clock.today()
        if value == "past":
            return rows.filter(badge_valid_until__lt=today)
        return rows.filter(badge_valid_until__gte=today, badge_valid_until__lte=today + dt.timedelta(days=SOON_DAYS))


class AccountFilter(ListFilter):
    """Name or login name, department, role, and what an account still lacks."""

    q = _search("姓名或登录名", "find")
    department = django_filters.ModelChoiceFilter(label="部门", queryset=Department.objects.all(), empty_label="全部")
    role = django_filters.ChoiceFilter(
        label="权限", choices=[(role.value, role.label) for role in Role if role is not Role.PUBLIC],
        empty_label="全部", method="by_role",
    )  # fmt: skip
    state = django_filters.ChoiceFilter(
        label="状态",
        choices=[("never", "从未登录"), ("waiting", "一次性密码还没改"), ("off", "已停用")],
        empty_label="全部",
        method="by_state",
    )

    class Meta:
        model = User
        fields = ("q", "department", "role", "state")

    def find(self, rows: Any, name: str, value: str) -> Any:
        """Part of either name."""
        return rows.filter(pk__in=matching(rows, value, "name", "username"))

    def by_role(self, rows: Any, name: str, value: str) -> Any:
        """Who holds the role."""
        return rows.filter(**{f"is_{value.lower()}": True})

    def by_state(self, rows: Any, name: str, value: str) -> Any:
        """What the person has still to do, or that the account is blocked."""
        if value == "off":
            return rows.filter(is_active=False)
        waiting = {"never": Q(last_login=None), "waiting": Q(must_change_password=True)}[value]
        return rows.filter(waiting, is_active=True)


class RecusalFilter(ListFilter):
    """Person or enterprise, and whether it has been decided."""

    q = _search("姓名或企业", "find")
    state = django_filters.ChoiceFilter(
        label="状态",
        choices=[("open", "待决定"), ("yes", "准许"), ("no", "不准许")],
        empty_label="全部",
        method="by_state",
    )

    class Meta:
        model = Recusal
        fields = ("q", "state")

    def find(self, rows: Any, name: str, value: str) -> Any:
        """Part of either name."""
        word = folded(value)
        return rows.filter(Q(inspector__search_key__contains=word) | Q(enterprise__search_key__contains=word))

    def by_state(self, rows: Any, name: str, value: str) -> Any:
        """None = not decided."""
        return rows.filter(accepted={"open": None, "yes": True, "no": False}[value])


class ItemFilter(ListFilter):
    """Code, name or law; department; industry; whether the basis has been checked against the text of the law."""

    q = _search("编码、名称或法律", "find")
    department = django_filters.ModelChoiceFilter(label="部门", queryset=Department.objects.all(), empty_label="全部")
    industry = django_filters.ModelChoiceFilter(
        label="适用行业", field_name="industries", queryset=Industry.objects.all(), empty_label="全部"
    )
    verified = django_filters.ChoiceFilter(
        label="依据", choices=[("yes", "已核对原文"), ("no", "待核对")], empty_label="全部", method="by_basis"
    )

    class Meta:
        model = InspectionItem
        fields = ("q", "department", "industry", "verified")

    def find(self, rows: Any, name: str, value: str) -> Any:
        """Part of the code, the name or a law's title."""
        return rows.filter(pk__in=matching(rows, value, "code", "name", "bases__law"))

    def by_basis(self, rows: Any, name: str, value: str) -> Any:
        """Verified = every basis of the item is."""
        unverified = Q(bases__verified=False) | Q(bases__isnull=True)
        return rows.filter(unverified).distinct() if value == "no" else rows.exclude(unverified)


class AuditFilter(ListFilter):
    """Who, what, when, to what."""

    who = _search("操作人", "by_who")
    action = _search("操作", "by_action")
    obj = _search("对象", "by_object")
    stream = django_filters.CharFilter(label="记录流", max_length=60, lookup_expr="exact")
    since = _day("从", "after")
    until = _day("到", "before")
    request = django_filters.CharFilter(label="请求编号", max_length=40, field_name="request_id", lookup_expr="exact")

    class Meta:
        model = AuditEvent
        fields = ("who", "action", "obj", "stream", "since", "until", "request")

    def by_who(self, rows: Any, name: str, value: str) -> Any:
        """Part of the name at the time."""
        return rows.filter(actor_name__icontains=tidied(value))

    def by_action(self, rows: Any, name: str, value: str) -> Any:
        """Part of the action."""
        return rows.filter(action__icontains=tidied(value))

    def by_object(self, rows: Any, name: str, value: str) -> Any:
        """Part of the object's text, or its number."""
        return rows.filter(Q(object_text__icontains=tidied(value)) | Q(object_id=tidied(value)))

    def after(self, rows: Any, name: str, value: dt.date) -> Any:
        """From that day on, in Shanghai."""
        return rows.filter(at__gte=dt.datetime.combine(value, dt.time.min, clock.SHANGHAI))

    def before(self, rows: Any, name: str, value: dt.date) -> Any:
        """To the end of that day, in Shanghai."""
        return rows.filter(at__lte=dt.datetime.combine(value, dt.time.max, clock.SHANGHAI))


def may_see_grades(roles: set[Role]) -> bool:
    """Grades are an internal tool of the lead bureau; the auditor checks them (decisions.md)."""
    return bool(roles & {Role.LEAD, Role.AUDITOR})
