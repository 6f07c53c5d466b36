"""Another county changes name, region, platform, telephone and departments on pages, and the past keeps its own."""

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from inspections import services as inspecting
from inspections.printing import notice_html, records_html, sheets_of
from registry import county
from registry import services as registry
from registry.enums import Role
from registry.errors import DomainError
from registry.models import AuditEvent, CountyProfile, Department, InspectionItem, User
from sampling import printing
from sampling import services as sampling
from tests import factories as f
from tests.paper_form import controls, missing, sent
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db
OURS = {
    "name": "青河县",
    "region_code": "654325",
    "upstream_platform": "新疆双随机监管平台",
    "complaint_phone": "0906-12345",
}


@pytest.fixture
def chief() -> User:
    return f.make_user(Role.SYSADMIN, name="韩某")


@pytest.fixture
def client(chief: User) -> Client:
    made = Client()
    made.force_login(chief)
    return made


def save(chief: User, **changed: Any) -> CountyProfile | None:
    return registry.save_county(actor=chief, **{**OURS, "reason": "系统启用", **changed})


def test_the_environment_says_until_somebody_saves(settings: Any, chief: User) -> None:
    settings.COUNTY_NAME, settings.REGION_CODE = "东河县", "150202"
    assert county.current() == county.County("东河县", "150202", settings.UPSTREAM_PLATFORM, settings.COMPLAINT_PHONE)
    save(chief)
    settings.COUNTY_NAME = "西河县"
    assert county.current() == county.County(**OURS)


def test_saving_is_in_the_trail_with_before_after_and_reason(chief: User) -> None:
    old = county.current()
    save(chief)
    event = AuditEvent.objects.get(action="修改本县设置")
    assert (event.stream, event.actor, event.reason) == ("registry", chief, "系统启用")
    assert (event.before, event.after) == (vars(old), OURS)
    save(chief, complaint_phone="12345", reason="换了热线")
    newer = AuditEvent.objects.filter(action="修改本县设置").order_by("-seq")[0]
    assert (newer.before, newer.after) == ({"complaint_phone": "0906-12345"}, {"complaint_phone": "12345"})


def test_saving_the_same_again_writes_nothing(chief: User) -> None:
    save(chief)
    assert save(chief) is None
    assert AuditEvent.objects.filter(action="修改本县设置").count() == 1


def test_what_the_installation_came_with_can_be_confirmed_once(chief: User) -> None:
    """The set-up list asks to look at it and save it, and it is right as it is."""
    came_with = vars(county.current())
    row = save(chief, **came_with)
    assert row is not None
    assert (row.saved_by, row.name) == (chief, came_with["name"])
    assert save(chief, **came_with) is None
    [event] = AuditEvent.objects.filter(stream="registry", actor=chief)
    assert (event.action, event.before, event.after) == ("核对本县设置", {}, came_with)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"region_code": "13082"}, "行政区划代码是 6 位数字，如 130827。"),
        ({"name": "  "}, "此字段不能为空。"),
        ({"reason": " "}, "请写明修改的理由，例如：系统启用。"),
    ],
)
def test_what_is_not_taken(chief: User, changed: dict[str, str], said: str) -> None:
    with pytest.raises(DomainError) as refused:
        save(chief, **changed)
    assert refused.value.message == said
    assert county.current() == county.initial()


def test_only_the_system_administrator(chief: User) -> None:
    for role in (Role.LEAD, Role.DEPT_ADMIN, Role.AUDITOR):
        user = f.make_user(role)
        with pytest.raises(DomainError):
            save(user)
        with pytest.raises(DomainError):
            registry.save_department(actor=user, department=None, reason="x", code="X", name="X局", short_name="X")


def test_a_version_is_never_rewritten(chief: User) -> None:
    save(chief)
    for sql in ("UPDATE registry_countyprofile SET name = '别县'", "DELETE FROM registry_countyprofile"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_papers_of_the_past_keep_the_name_and_new_ones_take_the_new(chief: User) -> None:
    old = county.current()
    plan = p.county()
    roster = p.freeze(plan)
    draw = p.draw(plan)
    p.at(p.DRAWN_AT + dt.timedelta(hours=1))
    inspecting.dispatch_draw(actor=plan.created_by, draw=draw)
    record = plan.records.order_by("number")[0]
    p.at(p.DRAWN_AT + dt.timedelta(days=2))
    save(chief)
    assert missing(printing.freeze_sheet_html(roster), f"{old.name}　抽取编号") == []
    assert missing(records_html(sheets_of([record], blank=True)), f'<h1 class="form-title">{old.name}“双随机') == []
    assert missing(notice_html(record.sections.first()), OURS["complaint_phone"]) == []
    days = {"period_from": dt.date(2024, 7, 1), "period_to": dt.date(2024, 10, 31)}
    again = sampling.copy_plan(actor=plan.created_by, plan=plan, **days)
    assert again.task_code.startswith("654325")
    assert sampling.copy_plan(actor=plan.created_by, plan=plan, **days).task_code != again.task_code
    p.at(p.DRAWN_AT + dt.timedelta(days=3))
    roster = sampling.freeze_plan(actor=plan.created_by, plan=again)
    assert missing(printing.freeze_sheet_html(roster), "青河县　抽取编号") == []


def test_every_page_says_the_new_name_and_telephone(client: Client, chief: User) -> None:
    save(chief)
    home = Client().get(reverse("publicity:home")).content.decode()
    assert home.count("青河县") >= 2
    assert missing(home, "0906-12345") == []
    assert missing(Client().get(reverse("publicity:method")).content.decode(), "新疆双随机监管平台") == []
    pages = [reverse("publicity:feedback"), reverse("publicity:accessibility")]
    assert [page for page in pages if "0906-12345" not in Client().get(page).content.decode()] == []
    for page in (home, client.get(reverse("home")).content.decode()):
        assert county.initial().name not in page


def test_the_page_changes_the_county_and_renames_its_departments(client: Client) -> None:
    registry.load_reference_data()
    page = reverse("registry:county")
    found = controls(client.get(page).content.decode())
    for name, value in {**OURS, "reason": "系统启用"}.items():
        found[name].values = [value]
    assert found["rename_departments"].values == ["on"]
    assert client.post(page, sent(found)).status_code == 302
    assert county.current() == county.County(**OURS)
    assert sorted(Department.objects.values_list("name", flat=True)) == sorted(
        ["青河县旅游和文化广电局", "青河县公安局", "青河县卫生健康局", "青河县市场监督管理局", "青河县消防救援大队"]
    )
    renamed = AuditEvent.objects.filter(action="修改部门")
    assert renamed.count() == 5
    assert {event.reason for event in renamed} == {"系统启用"}


def test_a_wrong_county_stands_beside_the_form(client: Client) -> None:
    response = client.post(reverse("registry:county"), {**OURS, "region_code": "13", "reason": "启用"})
    assert response.status_code == 422
    assert missing(response.content.decode(), "行政区划代码是 6 位数字") == []


# ------------------------------------------------------------------------------------------------------- departments


def fill(client: Client, page: str, **values: str) -> Any:
    found = controls(client.get(page).content.decode())
    for name, value in values.items():
        found[name].values = [value] if value else []
    return client.post(page, sent(found))


def test_departments_are_added_renamed_put_out_of_use_on_pages(client: Client) -> None:
    said = {"code": "JT", "name": "青河县教育局", "short_name": "教育局", "order": "7", "kind": "教育",
            "phone": "0906-1111111", "reason": "通知列入"}  # fmt: skip
    assert fill(client, reverse("registry:department_new"), **said).status_code == 302
    one = Department.objects.get(code="JT")
    assert (one.name, one.short_name, one.order, one.kind, one.phone, one.active) == (
        "青河县教育局", "教育局", 7, "教育", "0906-1111111", True,
    )  # fmt: skip
    page = reverse("registry:department", args=[one.pk])
    changed = {"code": "JY", "name": "青河县教育和体育局", "short_name": "教体局", "order": "3", "kind": "教育体育",
               "phone": "0906-2222222", "active": "", "reason": "机构改革"}  # fmt: skip
    assert fill(client, page, **changed).status_code == 302
    one.refresh_from_db()
    assert (one.code, one.name, one.short_name, one.order, one.kind, one.phone, one.active) == (
        "JY", "青河县教育和体育局", "教体局", 3, "教育体育", "0906-2222222", False,
    )  # fmt: skip
    event = AuditEvent.objects.get(action="修改部门")
    assert set(event.before) == set(event.after) == {"code", "name", "short_name", "order", "kind", "phone", "active"}
    assert (event.before["name"], event.after["name"], event.reason) == (
        "青河县教育局",
        "青河县教育和体育局",
        "机构改革",
    )
    assert missing(client.get(reverse("registry:county")).content.decode(), "教体局") == []


def test_two_departments_never_share_a_name_or_code(client: Client) -> None:
    f.make_department("GA")
    response = fill(client, reverse("registry:department_new"), code="GA", name="演示县公安局", short_name="公安局",
                    reason="重复")  # fmt: skip
    assert response.status_code == 422
    assert Department.objects.count() == 1


def test_a_code_is_settled_by_the_first_frozen_list(client: Client, chief: User) -> None:
    plan = p.county()
    one = f.make_department("GA")
    registry.save_department(actor=chief, department=one, code="GAJ", reason="改代码")
    p.freeze(plan)
    page = reverse("registry:department", args=[one.pk])
    assert missing(controls(client.get(page).content.decode())["code"].attrs, "disabled") == []
    client.post(page, {"code": "XX", "name": "演示县公安局", "short_name": "公安局", "order": "1", "reason": "再改"})
    one.refresh_from_db()
    assert one.code == "GAJ"
    with pytest.raises(DomainError) as refused:
        registry.save_department(actor=chief, department=one, code="XX", reason="再改")
    assert refused.value.message == "公安局参加过抽取，代码 GAJ 已写进抽取文件，不能再改。"
    registry.save_department(actor=chief, department=one, name="演示县公安分局", reason="更名")


# --------------------------------------------------------------------------------------------------- reference data


def test_reference_data_takes_the_countys_own_name(settings: Any) -> None:
    settings.COUNTY_NAME = "青河县"
    registry.load_reference_data()
    assert Department.objects.get(code="GA").name == "青河县公安局"


def test_loading_again_brings_back_nothing_that_an_office_has_changed(chief: User) -> None:
    registry.load_reference_data()
    one = Department.objects.get(code="WL")
    registry.save_department(
        actor=chief, department=one, code="WH", name="青河县文体局", short_name="文体局", reason="本县"
    )
    counts = registry.load_reference_data()
    assert counts == {"departments": 0, "industries": 0, "schemes": 0, "items": 0, "years": 0}
    assert Department.objects.count() == 5


def test_a_county_with_other_departments_gets_the_items_of_those_it_has(chief: User) -> None:
    f.make_department("GA")
    registry.load_reference_data()
    assert list(Department.objects.values_list("code", flat=True)) == ["GA"]
    assert set(InspectionItem.objects.values_list("department__code", flat=True)) == {"GA"}
