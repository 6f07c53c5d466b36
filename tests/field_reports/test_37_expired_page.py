"""A page that expired says so and gives back what was typed; never passwords and files, never another site's."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from kuancheng_inspect import expired
from publicity.models import Feedback
from registry.enums import Role
from registry.operations import new_key
from sampling.models import Plan
from tests import factories as f
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db
ORIGIN = "http://testserver"
TYPED = "第一行 <b>&\n第二行 “引号”"


def token(client: Client, page: str) -> str:
    return re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(page).content.decode())[0]


def browser() -> Client:
    return Client(enforce_csrf_checks=True, headers={"origin": ORIGIN})


def fields(html: str) -> dict[str, str]:
    """What the page's own form would send."""
    form = re.search(r'<form method="post" action="([^"]*)".*?</form>', html, re.S)
    assert form is not None
    found = dict(re.findall(r'<textarea name="([^"]+)" hidden>\n([^<]*)</textarea>', form[0]))
    csrf = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', form[0])[0]
    return {unescape(name): unescape(value) for name, value in found.items()} | {"csrfmiddlewaretoken": csrf}


def shown(html: str) -> list[tuple[str, str]]:
    found = re.findall(r'<label for="typed-\d+">([^<]+)</label><textarea [^>]*readonly>\n([^<]*)<', html)
    return [(label, unescape(value)) for label, value in found]


def cancelling(client: Client, plan: Plan) -> tuple[str, dict[str, str]]:
    page = reverse("sampling:plan_cancel", args=[plan.pk])
    return page, {"csrfmiddlewaretoken": token(client, page), "key": new_key(), "reason": TYPED}


@pytest.fixture
def plan() -> Plan:
    return p.county()


def test_signed_in_again_elsewhere_the_text_is_offered_and_sent_again(plan: Plan) -> None:
    client = browser()
    client.force_login(plan.created_by)
    page, data = cancelling(client, plan)
    client.cookies["csrftoken"] = "a" * 32  # the other tab has signed in anew
    answer = client.post(page, data)
    html = answer.content.decode()
    assert (answer.status_code, answer["Cache-Control"]) == (403, "no-store")
    assert re.findall("<h1>([^<]+)</h1>", html) == ["页面已过期，还没有保存"]
    assert re.findall(r"现在登录的是 ([^<]+)<", html) == [str(plan.created_by)]
    assert shown(html) == [("取消的理由", TYPED)]
    again = client.post(page, fields(html))
    assert (again.status_code, Plan.objects.get(pk=plan.pk).state) == (302, "CANCELLED")


def test_signed_out_meanwhile_the_text_waits_for_the_sign_in(plan: Plan) -> None:
    client = browser()
    client.force_login(plan.created_by)
    page, data = cancelling(client, plan)
    del client.cookies["sessionid"]
    answer = client.post(page, data)
    html = answer.content.decode()
    assert (answer.status_code, shown(html)) == (403, [("取消的理由", TYPED)])
    assert re.findall(r'href="([^"]+)" target="_blank"', html) == [f"{reverse('account_login')}?next=%2Fdaiban%2F"]
    client.force_login(plan.created_by)
    again = client.post(page, fields(html))
    assert (again.status_code, Plan.objects.get(pk=plan.pk).state) == (302, "CANCELLED")


def test_files_and_passwords_are_never_given_back(plan: Plan) -> None:
    client = browser()
    client.force_login(plan.created_by)
    page = reverse("registry:import")
    sheet = SimpleUploadedFile("名录.xlsx", b"PK\x03\x04secret")
    html = client.post(page, {"csrfmiddlewaretoken": "b" * 64, "kind": "ENTERPRISES", "file": sheet}).content.decode()
    assert re.findall("文件要重新选择：([^<]+)。", html) == ["名录.xlsx"]
    assert re.findall('<form method="post"', html) == []
    for page, data in (
        (
            reverse("account_change_password"),
            {"oldpassword": "旧的 密码", "password1": "新的 密码", "password2": "新的"},
        ),
        (reverse("registry:department_new"), {"name": "甲", "password": "旧的 密码", "my_passwd": "新的 密码"}),
    ):
        html = client.post(page, {"csrfmiddlewaretoken": "b" * 64, **data}).content.decode()
        assert (page, [word for word in ("旧的", "新的") if word in html]) == (page, [])
        assert re.findall("密码不会留下来", html) == ["密码不会留下来"]
        assert re.findall('<form method="post"', html) == []


@pytest.mark.parametrize("headers", [{"origin": "https://evil.example"}, {"referer": "https://evil.example/x"}, {}])
def test_what_another_site_sent_cannot_be_sent_on_with_one_click(plan: Plan, headers: dict[str, str]) -> None:
    client = Client(enforce_csrf_checks=True, headers=headers)
    client.force_login(plan.created_by)
    page = reverse("sampling:plan_cancel", args=[plan.pk])
    html = client.post(page, {"key": new_key(), "reason": TYPED}).content.decode()
    assert re.findall('<form method="post"', html) == []
    assert Plan.objects.get(pk=plan.pk).state == "DRAFT"


def test_the_second_sign_in_page_leads_on_to_the_work() -> None:
    user = f.make_user(Role.LEAD, username="乙")
    client = browser()
    page = reverse("account_login")
    stale = token(client, page)
    client.force_login(user)
    client.cookies["csrftoken"] = "c" * 32
    data: dict[str, Any] = {"csrfmiddlewaretoken": stale, "login": "乙", "password": f.PASSWORD}
    answer = client.post(page, data)
    assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
    assert client.post(f"{page}?next=/jihua/", data)["Location"] == "/jihua/"
    assert client.post(f"{page}?next=https://evil.example/", data)["Location"] == reverse("home")
    out = browser()
    assert out.post(page, data)["Location"] == page  # nobody is signed in: a fresh sign-in page
    assert SESSION_KEY not in out.session


def test_a_citizen_s_letter_comes_back_too() -> None:
    client = browser()
    page = reverse("publicity:feedback")
    data = {"kind": "QUESTION", "subject": "怎样申请", "text": TYPED, "contact": "", "key": new_key()}
    html = client.post(page, {**data, "csrfmiddlewaretoken": "d" * 64}).content.decode()
    assert shown(html) == [("涉及的企业或事项", "怎样申请"), ("具体情况", TYPED)]
    assert client.post(page, fields(html)).status_code == 302
    assert [letter.text for letter in Feedback.objects.all()] == [TYPED]


def test_a_phone_and_who_typed_nothing_are_answered_as_before(plan: Plan) -> None:
    page = reverse("sampling:plan_cancel", args=[plan.pk])
    assert browser().post(page).status_code == 403  # no token at all
    assert Client().post(page)["Location"] == f"{reverse('account_login')}?next={page}"
    told = Client().post(page, {"reason": "甲"}, headers={"accept": "application/json"})
    assert (told.status_code, told.json()["code"]) == (401, "login")
    wrong = browser().post(page, {"reason": "甲"}, headers={"accept": "application/json"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "csrf")


def test_every_password_field_of_every_form_is_known() -> None:
    reverse("home")  # the addresses bring in every form
    names = {"password", "oldpassword", "password1", "password2"}
    assert names & expired.passwords() == names
