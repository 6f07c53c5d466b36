"""The first day: every page without a key in its address, opened by every role on an empty database.

No page may speak of a filter that nobody set, whether the address is bare or the filter form was sent blank; and a list
that is empty says what to do next.
"""

import re

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.urls.exceptions import NoReverseMatch

from registry.enums import Role
from tests.factories import make_user
from tests.house_rules import APPS
from tests.paper_form import controls, missing
from tests.test_access import TABLE

pytestmark = pytest.mark.django_db
CLAIMS = re.compile(
    "没有符合条件|清除条件|清除筛选|换个条件|换一个条件|放宽条件|[人家个项条]符合条件 · |[人家个项条]符合条件<"
)
EMPTY = re.compile(r'<div class="empty".*?</div>', re.S)
ASK = {
    "inspections:sync_hello",
    "inspections:print_batch",
    "publicity:export_file",
    "publicity:log_head",
    "healthz",
    "readyz",
    "inspections:phone_worker",
}
ROLES = [Role.LEAD, Role.DEPT_ADMIN, Role.AUDITOR, Role.SYSADMIN, Role.INSPECTOR, Role.PUBLIC]


def address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def pages(role: Role) -> list[str]:
    """Addresses without a key that the role may open."""
    return [
        address(name)
        for name, rule in TABLE.items()
        if "GET" in rule.methods
        and (role in rule.roles or Role.PUBLIC in rule.roles)
        and name not in ASK
        and address(name)
    ]


@pytest.fixture
def signed_in(request: pytest.FixtureRequest) -> Client:
    client = Client()
    if request.param is not Role.PUBLIC:
        client.force_login(make_user(request.param))
    return client


def page_of(client: Client, url: str) -> str:
    answer = client.get(url, follow=True)
    assert answer.status_code == 200, url
    return answer.content.decode() if "html" in answer["Content-Type"] else ""


def blank(page: str) -> str:
    """The address that the filter form of a page leads to when nothing was chosen."""
    found = re.findall(r'<form[^>]*class="filters"[^>]*>.*?</form>', page, re.S)
    names = [name for form in found for name in controls(form)]
    return "?" + "&".join(f"{name}=" for name in names) if names else ""


@pytest.mark.parametrize(("role", "signed_in"), [(role, role) for role in ROLES], ids=ROLES, indirect=["signed_in"])
def test_no_page_of_an_empty_office_claims_a_filter_that_was_not_set(role: Role, signed_in: Client) -> None:
    urls = pages(role)
    assert len(urls) >= 10
    claiming = []
    for url in urls:
        page = page_of(signed_in, url)
        claiming += [url] if CLAIMS.search(page) else []
        if query := blank(page):
            claiming += [url + query] if CLAIMS.search(page_of(signed_in, url + query)) else []
    assert claiming == []


@pytest.mark.parametrize(("role", "signed_in"), [(role, role) for role in ROLES], ids=ROLES, indirect=["signed_in"])
def test_an_empty_list_says_what_comes_next(role: Role, signed_in: Client) -> None:
    mute, seen = [], 0
    for url in pages(role):
        for box in EMPTY.findall(page_of(signed_in, url)):
            seen += 1
            words = re.sub(r"<[^>]+>|\s", "", box)
            mute += [] if len(words) >= 12 else [f"{url} {words}"]
    assert mute == []
    assert seen >= 1


def test_a_filter_that_was_set_is_named_and_can_be_cleared() -> None:
    client = Client()
    client.force_login(make_user(Role.LEAD))
    lists = ["registry:enterprise_list", "registry:inspector_list", "registry:item_list", "inspections:task_list"]
    for name in lists:
        page = page_of(client, reverse(name) + ("?q=甲" if name != "inspections:task_list" else "?overdue=on"))
        assert missing(page, "没有符合条件的") == []
        assert missing(page, "清除条件") == []


@pytest.mark.parametrize("role", [Role.LEAD, Role.DEPT_ADMIN, Role.AUDITOR, Role.SYSADMIN])
def test_the_registry_without_a_page_leads_to_a_list(role: Role) -> None:
    client = Client()
    client.force_login(make_user(role))
    name = "registry:inspector_list" if role == Role.SYSADMIN else "registry:enterprise_list"
    assert client.get("/mingku/").url == reverse(name)


def test_the_repair_site_opens_every_list_of_an_empty_office() -> None:
    client = Client()
    client.force_login(make_user(Role.SYSADMIN))
    broken = []
    for model in [one for one in admin.site._registry if one._meta.app_label in APPS]:
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        broken += [] if client.get(url).status_code == 200 else [url]
    assert broken == []
