"""开办清单: from an empty database to the first draw, each step ticked by doing it where the list sends one."""

import datetime as dt
import re

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kuancheng_inspect.setup_list import Setup, setup_of
from registry import services as registry
from registry.enums import Role
from registry.models import Department, Inspector, User
from sampling.models import Plan
from tests import factories as f
from tests.paper_form import missing
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db
TODAY = dt.date(2024, 6, 3)


@pytest.fixture
def chief() -> User:
    return f.make_user(Role.SYSADMIN, name="韩某")


def seen(user: User, today: dt.date = TODAY) -> Setup:
    found = setup_of(User.objects.get(pk=user.pk), today)
    assert found is not None
    return found


def states(user: User, today: dt.date = TODAY) -> dict[str, str]:
    return {step.title: step.state for step in seen(user, today).steps}


def home(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.get(reverse("home")).content.decode()


def test_an_empty_office_starts_with_its_name_and_departments(chief: User) -> None:
    mine = seen(chief)
    assert [step.title for step in mine.steps] == [
        "本县和部门", "账号", "工作日历", "企业名录", "抽查事项", "检查人员", "第一个计划",
    ]  # fmt: skip
    assert {step.state for step in mine.steps} == {"todo"}
    assert (mine.done, mine.mine, mine.others) == (0, 4, 3)
    assert (mine.next.title, mine.next.url) == ("本县和部门", reverse("registry:county"))
    page = home(chief)
    assert missing(page, "<h1>下一步：核对本县设置</h1>") == []
    assert missing(page, f'<a class="btn btn-primary" href="{reverse("registry:county")}">核对本县设置</a>') == []


def test_each_step_is_ticked_by_doing_it_and_the_first_draw_folds_the_list(chief: User) -> None:
    def ticked() -> list[str]:
        return [title for title, state in states(chief).items() if state == "done"]

    registry.load_reference_data()
    assert ticked() == ["工作日历", "抽查事项"]  # what every installation brings
    for code in ("SJ", "XF", "WS"):
        one = Department.objects.get(code=code)
        registry.save_department(actor=chief, department=one, active=False, reason="本县不参加")
    registry.save_county(actor=chief, name="青河县", region_code="654325", upstream_platform="平台",
                         complaint_phone="12345", reason="系统启用")  # fmt: skip
    assert ticked() == ["本县和部门", "工作日历", "抽查事项"]
    lead = f.make_user(Role.LEAD, department=Department.objects.get(code="WL"))
    assert states(chief)["账号"] == "doing"
    for code in ("WL", "GA"):
        f.make_user(Role.DEPT_ADMIN, department=Department.objects.get(code=code))
    assert states(chief)["账号"] == "done"
    f.make_enterprise("A")
    assert states(chief)["企业名录"] == "done"
    plan = p.county(grades="AABB")
    assert states(chief)["检查人员"] == "doing"
    assert seen(chief).steps[5].roles == (Role.SYSADMIN,)  # enough people, none of them with an account
    for one in Inspector.objects.all():
        one.user = f.make_user(Role.INSPECTOR, department=one.department)
        one.save()
    assert states(chief)["检查人员"] == "done"
    assert states(chief)["第一个计划"] == "doing"
    assert seen(lead).next.title == "第一个计划"
    assert seen(chief).next is None
    p.freeze(plan)
    assert setup_of(chief, TODAY) is None
    p.draw(Plan.objects.get(pk=plan.pk))
    Inspector.objects.update(user=None)
    assert setup_of(chief, TODAY) is None
    assert "开办清单" not in home(chief)


def test_the_lead_sees_the_own_steps_first_and_who_does_the_others(chief: User) -> None:
    lead = f.make_user(Role.LEAD)
    mine = seen(lead)
    assert [(step.title, step.who) for step in mine.steps if step.mine] == [
        ("工作日历", "牵头部门、系统管理员"), ("企业名录", "牵头部门"), ("检查人员", "牵头部门"),
        ("第一个计划", "牵头部门"),
    ]  # fmt: skip
    assert mine.next.url == f"{reverse('registry:calendar_import')}?year=2024"
    page = home(lead)
    assert missing(page, "<h1>下一步：导入工作日历</h1>") == []
    assert missing(page, "等第 3、4、5、6 步") == []


@pytest.mark.parametrize(("day", "missing"), [(dt.date(2024, 9, 30), ""), (dt.date(2024, 10, 1), "2025")])
def test_in_the_fourth_quarter_the_next_calendar_is_wanted_too(chief: User, day: dt.date, missing: str) -> None:
    f.load_calendar(2024)
    step = seen(chief, day).steps[2]
    assert step.state == ("doing" if missing else "done")
    assert (f"year={missing}" in step.url) == bool(missing)


def test_departments_that_lack_something_are_named(chief: User) -> None:
    for code in ("WL", "GA", "WS"):
        f.make_department(code)
    f.make_item(f.make_department("WL"))
    for _ in range(2):
        f.make_inspector(f.make_department("WL"))
    f.make_inspector(f.make_department("GA"))
    steps = {step.title: step for step in seen(chief).steps}
    assert steps["抽查事项"].note == "旅文广电局 1 项；公安局、卫生健康局还没有"
    assert steps["检查人员"].note == (
        "旅文广电局 2 人、公安局 1 人；卫生健康局还没有；公安局不足 2 人；3 人还没有账号，抽中后不能在手机上填表"
    )
    assert steps["账号"].note == "还没有牵头部门的账号，还没有管理员的部门：旅文广电局、公安局、卫生健康局"


@pytest.mark.parametrize("role", [Role.DEPT_ADMIN, Role.AUDITOR, Role.INSPECTOR])
def test_the_others_are_not_shown_the_list(role: Role) -> None:
    assert setup_of(f.make_user(role), TODAY) is None


def test_every_link_of_the_list_leads_to_a_page_its_reader_may_open(chief: User) -> None:
    registry.load_reference_data()
    for user in (chief, f.make_user(Role.LEAD)):
        client = Client()
        client.force_login(user)
        for step in seen(user).steps:
            if step.url:
                assert client.get(step.url).status_code == 200, step.url
        assert all(step.url for step in seen(user).steps if step.mine)


def test_the_same_queries_for_few_and_many_and_one_when_it_is_over(chief: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            setup_of(chief, TODAY)
        return len(asked)

    registry.load_reference_data()
    few = queries()
    for department in Department.objects.all():
        for _ in range(3):
            f.make_inspector(department, account=True)
            f.make_enterprise()
    assert queries() == few <= 14
    p.drawn()
    assert queries() == 1


@time_machine.travel("2024-06-03T09:00:00+08:00", tick=False)
def test_the_admins_beside_the_list_show_who_has_never_signed_in() -> None:
    lead = f.make_user(Role.LEAD)
    f.make_user(Role.DEPT_ADMIN, department=f.make_department("WL"))
    f.make_user(Role.DEPT_ADMIN, department=f.make_department("GA"), last_login=f.NOW)
    f.make_department("WS")
    page = home(lead)
    panel = page[page.index('id="h-admins"') :]
    words = re.sub(r"<[^>]+>|\s+", " ", panel[: panel.index("</section>")])
    assert [name for name in ("旅文广电局", "公安局", "卫生健康局") if name not in words] == []
    assert (words.count("从未登录"), words.count("还没有账号"), words.count("6月3日 09:00")) == (1, 1, 1)
