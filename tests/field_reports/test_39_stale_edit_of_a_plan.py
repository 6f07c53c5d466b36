"""Two people have the same step open: the later save never wipes the earlier one, and says who, what and when."""

import datetime as dt
import re
from collections.abc import Callable
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from publicity.models import PlanSummary
from registry import clock, county
from registry.enums import Role
from registry.models import Department, Inspector, RiskLevel, RiskScheme, User
from registry.stale import StaleError, marks
from sampling import services
from sampling.enums import PlanState
from sampling.models import Plan
from tests import factories as f
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db


class Page(HTMLParser):
    """What a browser would send from the forms of a page that belong to its main form."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: list[tuple[str, str]] = []
        self._area: list[str] | None = None
        self._select = ""
        self.feed(html[html.index("<main") :])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        name, kind = at.get("name", ""), at.get("type", "text")
        ticked = kind not in ("checkbox", "radio") or "checked" in at
        if tag == "input" and name and kind not in ("submit", "file") and ticked:
            self.sent.append((name, at.get("value", "on" if kind in ("checkbox", "radio") else "")))
        if tag == "textarea":
            self._area = [name, ""]
        if tag == "select":
            self._select = name
        if tag == "option" and self._select and "selected" in at:
            self.sent.append((self._select, at.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area:
            self.sent.append((self._area[0], self._area[1].lstrip("\n")))
            self._area = None
        if tag == "select":
            self._select = ""


def sent(html: str, **changes: Any) -> dict[str, Any]:
    data: dict[str, list[str]] = {}
    for name, value in Page(html).sent:
        data.setdefault(name, []).append(value)
    return data | {name: value if isinstance(value, list) else [value] for name, value in changes.items()}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def rows(html: str) -> list[tuple[str, ...]]:
    """(label, theirs, mine) of the differences."""
    found = re.findall(r'<fieldset class="stale">(.*?)</fieldset>', html, re.S)
    label = r"<legend>([^<]*)<"
    return [(*re.findall(label, one), *re.findall(r'<span class="stale-text">([^<]*)</span>', one)) for one in found]


@pytest.fixture
def two() -> tuple[Plan, Client, Client]:
    """A draft, and two people of the bureau that leads it; it is 09:17 for the first."""
    plan = p.county()
    first, second = (f.make_user(Role.LEAD, department=plan.lead, name=name) for name in ("张三", "李四"))
    p.at(dt.datetime(2024, 6, 3, 9, 17, tzinfo=f.SHANGHAI))
    return plan, signed_in(first), signed_in(second)


def url(plan: Plan, name: str = "plan_edit") -> str:
    return reverse(f"sampling:{name}", args=[plan.pk])


def test_the_reported_case(two: tuple[Plan, Client, Client]) -> None:
    plan, first, second = two
    old = second.get(url(plan)).content.decode()
    first.post(url(plan), sent(first.get(url(plan)).content.decode(), document_number="宽旅文〔2026〕7号"))
    answer = second.post(url(plan), sent(old, task_name="并发编辑试验（改名）"))
    now = Plan.objects.get(pk=plan.pk)
    assert (answer.status_code, now.document_number, now.task_name) == (200, "宽旅文〔2026〕7号", plan.task_name)
    page = answer.content.decode()
    assert page.count("没有保存：您打开这一页以后，张三在 09:17 改过文号。") == 1
    assert rows(page) == [("文号", "宽旅文〔2026〕7号", "（空）")]
    again = second.post(url(plan), sent(page))  # what the page now shows: both
    now = Plan.objects.get(pk=plan.pk)
    wanted = (302, "宽旅文〔2026〕7号", "并发编辑试验（改名）")
    assert (again.status_code, now.document_number, now.task_name) == wanted


@pytest.mark.parametrize(("choice", "kept"), [("theirs", "张三的名称"), ("mine", "李四的名称")])
def test_where_both_wrote_the_second_chooses(two: tuple[Plan, Client, Client], choice: str, kept: str) -> None:
    plan, first, second = two
    old = second.get(url(plan)).content.decode()
    first.post(url(plan), sent(first.get(url(plan)).content.decode(), task_name="张三的名称"))
    page = second.post(url(plan), sent(old, task_name="李四的名称")).content.decode()
    assert rows(page) == [("抽查任务名称", "张三的名称", "李四的名称")]
    second.post(url(plan), sent(page, take_task_name=choice))
    assert Plan.objects.get(pk=plan.pk).task_name == kept


def test_two_steps_and_two_fields_alike_are_no_conflict(two: tuple[Plan, Client, Client]) -> None:
    plan, first, second = two
    old, name = second.get(url(plan, "plan_people")).content.decode(), second.get(url(plan)).content.decode()
    first.post(url(plan), sent(first.get(url(plan)).content.decode(), document_number="文号一"))
    assert second.post(url(plan, "plan_people"), sent(old, teams="3")).status_code == 302
    assert second.post(url(plan), sent(name, document_number="文号一")).status_code == 302


def test_rates_one_by_one_and_items_by_name(two: tuple[Plan, Client, Client]) -> None:
    plan, first, second = two
    step = url(plan, "plan_scope")
    old = second.get(step).content.decode()
    assert first.post(step, sent(first.get(step).content.decode(), rate_A="20%")).status_code == 302
    page = second.post(step, sent(old, rate_B="30%")).content.decode()
    assert rows(page) == [("A级的比例", "20", "50")]
    assert second.post(step, sent(page)).status_code == 302
    held = {row.grade: str(row.fraction) for row in Plan.objects.get(pk=plan.pk).rates.all()}
    assert (held["A"], held["B"]) == ("1/5", "3/10")


def test_the_scheme_is_never_merged(two: tuple[Plan, Client, Client]) -> None:
    plan, _first, second = two
    step = url(plan, "plan_scope")
    old = second.get(step).content.decode()
    other = RiskScheme.objects.create(code="OTHER", name="另一个办法", order=9)
    RiskLevel.objects.create(scheme=other, code="H", name="高", order=1)
    changed = services.update_plan(
        actor=plan.created_by, plan=plan, scheme=other, rates={"H": Fraction(1), "N": Fraction(0)}
    )
    page = second.post(step, sent(old, rate_A="30%")).content.decode()
    assert page.count("打开这一步的最新内容") == 1
    assert Plan.objects.get(pk=plan.pk).scheme == changed.scheme


def test_three_in_a_row_each_hear_of_the_one_before(two: tuple[Plan, Client, Client]) -> None:
    plan, first, second = two
    old = second.get(url(plan)).content.decode()
    fresh = first.get(url(plan)).content.decode()
    first.post(url(plan), sent(fresh, entropy_place="会议室"))
    page = second.post(url(plan), sent(old, task_name="甲")).content.decode()
    first.post(url(plan), sent(first.get(url(plan)).content.decode(), entropy_place="大厅"))
    page = second.post(url(plan), sent(page)).content.decode()
    assert rows(page) == [("掷骰地点", "大厅", "会议室")]


# ------------------------------------------------------------------------------------------------------- the siblings


def county_case() -> tuple[str, dict[str, str], dict[str, str], Callable[[], tuple[str, str]]]:
    page = reverse("registry:county")
    one, other = {"complaint_phone": "0314-12345", "reason": "换号"}, {"name": "青山县", "reason": "改名"}
    return page, one, other, lambda: (county.current().complaint_phone, county.current().name)


def department_case() -> tuple[str, dict[str, str], dict[str, str], Callable[[], tuple[str, str]]]:
    pk = f.make_department("GA").pk
    page = reverse("registry:department", args=[pk])

    def held() -> tuple[str, str]:
        row = Department.objects.get(pk=pk)
        return row.phone, row.name

    return page, {"phone": "0314-110", "reason": "换号"}, {"name": "甲县公安局", "reason": "改名"}, held


def inspector_case() -> tuple[str, dict[str, str], dict[str, str], Callable[[], tuple[str, str]]]:
    pk = f.make_inspector(f.make_department("GA")).pk
    page = reverse("registry:inspector", args=[pk])

    def held() -> tuple[str, str]:
        row = Inspector.objects.get(pk=pk)
        return str(row.badge_valid_until), row.status

    away = {"status": "UNAVAILABLE", "unavailable_from": "2024-06-10"}
    return page, {"badge_valid_until": "2031-01-01"}, away, held


@pytest.mark.parametrize("case", [county_case, department_case, inspector_case])
def test_the_forms_of_the_registry_hold_it_too(case: Callable[[], Any]) -> None:
    p.at(dt.datetime(2024, 6, 3, 9, 17, tzinfo=f.SHANGHAI))
    f.make_department("WL")
    first, second = (signed_in(f.make_user(Role.SYSADMIN, name=name)) for name in ("张三", "李四"))
    page, one, other, held = case()
    was = held()
    old = second.get(page).content.decode()
    assert first.post(page, sent(first.get(page).content.decode(), **one)).status_code == 302
    saved = held()
    assert saved != was
    refused = second.post(page, sent(old, **other))
    assert (refused.status_code, held()) == (422, saved)
    html = refused.content.decode()
    assert html.count("没有保存：您打开这一页以后，张三在 09:17 改过") == 2  # above the form, and in it
    assert len(rows(html)) == 1
    assert second.post(page, sent(html)).status_code == 302
    assert held() == (saved[0], next(iter(other.values())) if case is not inspector_case else "UNAVAILABLE")


def test_the_summary_too(two: tuple[Plan, Client, Client]) -> None:
    plan, first, second = two
    Plan.objects.filter(pk=plan.pk).update(state=PlanState.INSPECTING)
    page = reverse("publicity:plan_summary", args=[plan.pk])
    texts = {
        "highlights": "亮点",
        "experience": "经验",
        "problems": "问题",
        "next_steps": "打算",
        "as_of": "2024-06-03",
    }
    assert first.post(page, sent(first.get(page).content.decode(), **texts)).status_code == 302
    old = second.get(page).content.decode()
    first.post(page, sent(first.get(page).content.decode(), problems="问题一，问题二"))
    refused = second.post(page, sent(old, next_steps="再看一遍")).content.decode()
    assert rows(refused) == [("存在问题", "问题一，问题二", "问题")]
    second.post(page, sent(refused))
    newest = PlanSummary.objects.filter(plan=plan).order_by("-version").first()
    assert newest is not None
    assert (newest.version, newest.problems, newest.next_steps) == (3, "问题一，问题二", "再看一遍")


def test_a_missing_row_counts_and_a_service_without_a_page_is_not_asked() -> None:
    plan = p.county()
    seen = marks(services.snapshot(plan))
    services.update_plan(actor=plan.created_by, plan=plan, caps={"A": 2})
    with pytest.raises(StaleError) as caught:
        services.update_plan(actor=plan.created_by, plan=plan, seen=seen, caps={})
    change = caught.value.changes[0]
    assert (change.name, change.label, change.who) == ("caps.A", "年度检查上限", plan.created_by.name)
    assert change.at == clock.now()
    services.update_plan(actor=plan.created_by, plan=plan, caps={})
