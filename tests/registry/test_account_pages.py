"""The administrator's pages about accounts: found, opened by the dozen, issued anew; each slip is shown once."""

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from kuancheng_inspect import desk_rows
from registry.enums import InspectorStatus, Role
from registry.models import AuditEvent, Inspector, User
from registry.operations import new_key
from tests.factories import PASSWORD, make_department, make_inspector, make_user

pytestmark = pytest.mark.django_db

REASON = "本人 6 月 3 日来电，手机遗失"
BY_PAGE = (
    "不能在网页上重置自己的账号。密码请在“修改密码”里改；两步验证丢了，请另一位系统管理员重置，"
    "或在服务器上运行 manage.py reset_account。"
)


@pytest.fixture
def boss() -> User:
    return make_user(Role.SYSADMIN, username="管理员", name="管")


@pytest.fixture
def admin(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def send(client: Client, where: str, **data: Any) -> Any:
    return client.post(reverse(f"registry:{where}"), {"key": new_key(), **data})


def reset(client: Client, *users: User, **data: Any) -> Any:
    filled = {"what": ["password"], "reason": REASON, **data}
    return send(client, "account_reset", users=[one.pk for one in users], **filled)


def names(client: Client, **query: str) -> list[str]:
    answer = client.get(reverse("registry:account_list"), query)
    return [one.username for one in answer.context["page"].object_list]


def lets_in(username: str, password: str) -> bool:
    answer = Client().post(reverse("account_login"), {"login": username, "password": password})
    return bool(answer.status_code == 302)


class TestList:
    def test_search_and_filters(self, admin: Client) -> None:
        make_user(Role.LEAD, username="甲", name="张三", must_change_password=True)
        make_user(Role.AUDITOR, username="乙ab", name="李四", is_active=False)
        assert names(admin, q="张") == ["甲"]
        assert names(admin, q="ＡＢ") == ["乙ab"]
        assert names(admin, state="never") == ["甲"]
        assert names(admin, state="waiting") == ["甲"]
        assert names(admin, state="off") == ["乙ab"]
        assert names(admin, role="lead") == ["甲"]
        assert sorted(names(admin)) == sorted(["管理员", "甲", "乙ab"])

    def test_the_desk_row_leads_to_the_people_it_counts(self, admin: Client) -> None:
        make_user(Role.LEAD, username="甲")
        rows = {one.about: one for one in desk_rows.accounts()}
        assert rows["accounts-unused"].title == "1 个账号从未登录"
        answer = admin.get(rows["accounts-unused"].url)
        assert [one.username for one in answer.context["page"].object_list] == ["甲"]

    def test_ones_own_box_and_a_blocked_persons_are_not_there(self, admin: Client) -> None:
        lost = make_user(Role.LEAD, username="甲")
        make_user(Role.AUDITOR, username="乙", is_active=False)
        html = admin.get(reverse("registry:account_list")).content.decode()
        assert html.count('name="users"') == 1
        assert html.count(f'name="users" value="{lost.pk}"') == 1


class TestIssuedAnew:
    def test_password_and_second_factor_of_several(self, admin: Client, boss: User) -> None:
        people = [make_user(Role.LEAD, username="甲"), make_user(Role.AUDITOR, username="乙")]
        TOTP.activate(people[0], generate_totp_secret())
        elsewhere = Client()
        elsewhere.force_login(people[0])
        answer = reset(admin, *people, what=["password", "second_factor"])
        slips = answer.context["slips"]
        assert (answer.status_code, [slip.user for slip in slips]) == (200, people)
        assert answer["Cache-Control"] == "no-store"
        assert [answer.content.decode().count(slip.password) for slip in slips] == [1, 1]
        assert [lets_in(slip.user.username, slip.password) for slip in slips] == [True, True]
        assert [lets_in(one.username, PASSWORD) for one in people] == [False, False]
        assert (elsewhere.get(reverse("home")).status_code, Authenticator.objects.count()) == (302, 0)
        events = AuditEvent.objects.filter(stream="accounts", reason=REASON).order_by("seq")
        assert [(one.action, one.actor) for one in events] == [("重置两步验证", boss), ("重置密码", boss)] * 2

    def test_second_factor_alone_leaves_the_password(self, admin: Client) -> None:
        lost = make_user(Role.LEAD, username="甲")
        TOTP.activate(lost, generate_totp_secret())
        elsewhere = Client()
        elsewhere.force_login(lost)
        assert elsewhere.get(reverse("home")).status_code == 200
        answer = reset(admin, lost, what=["second_factor"])
        assert [slip.password for slip in answer.context["slips"]] == [""]
        assert elsewhere.get(reverse("home")).status_code == 302
        assert (Authenticator.objects.count(), lets_in("甲", PASSWORD)) == (0, True)

    @pytest.mark.parametrize(
        ("data", "field", "said"),
        [
            ({"reason": " "}, "reason", "请写明重新发放的理由，例如：本人 6 月 3 日来电，手机遗失。"),
            ({"what": []}, "what", "请选择重新发放什么：密码、两步验证，或两样都选。"),
        ],
    )
    def test_refusals(self, admin: Client, data: dict[str, Any], field: str, said: str) -> None:
        lost = make_user(Role.LEAD, username="甲")
        answer = reset(admin, lost, **data)
        assert (answer.status_code, answer.context["form"].errors) == (422, {field: [said]})
        assert lets_in("甲", PASSWORD)

    def test_never_ones_own_and_then_nobodys(self, admin: Client, boss: User) -> None:
        lost = make_user(Role.LEAD, username="甲")
        answer = reset(admin, lost, boss)
        assert (answer.status_code, answer.context["form"].errors) == (422, {"__all__": [BY_PAGE]})
        assert (lets_in("甲", PASSWORD), lets_in("管理员", PASSWORD)) == (True, True)
        assert AuditEvent.objects.filter(action="重置密码").count() == 0

    def test_a_blocked_account_is_named(self, admin: Client) -> None:
        gone = make_user(Role.LEAD, username="甲", is_active=False)
        said = "账号“甲”已停用，请先恢复使用，再重新发放。"
        assert reset(admin, gone).context["form"].errors == {"__all__": [said]}

    def test_sent_twice_shows_no_password_again(self, admin: Client) -> None:
        lost, key = make_user(Role.LEAD, username="甲"), new_key()
        first = reset(admin, lost, key=key)
        again = reset(admin, lost, key=key)
        assert (again.status_code, again["Location"]) == (302, reverse("registry:account_list"))
        assert lets_in("甲", first.context["slips"][0].password)


class TestByTheDozen:
    def test_everybody_on_the_list_in_one_step(self, admin: Client) -> None:
        people = [make_inspector(name="张三", badge=f"冀 H-{4000 + one}") for one in range(3)]
        make_inspector(account=True)
        make_inspector(status=InspectorStatus.LEFT)
        form = admin.get(reverse("registry:account_inspectors")).context["form"]
        assert [one.username for one in form.wanted] == ["h4000", "h4001", "h4002"]
        answer = send(admin, "account_inspectors", departments=[make_department().pk])
        slips = answer.context["slips"]
        assert [slip.user.username for slip in slips] == ["h4000", "h4001", "h4002"]
        tied = [Inspector.objects.get(pk=one.pk).user for one in people]
        assert tied == [slip.user for slip in slips]
        assert [(user.roles, user.department, user.name) for user in tied if user] == [
            (frozenset({Role.INSPECTOR}), make_department(), "张三")
        ] * 3
        assert [lets_in(slip.user.username, slip.password) for slip in slips] == [True] * 3
        assert AuditEvent.objects.filter(action="关联账号").count() == 3
        assert admin.get(reverse("registry:account_inspectors")).context["form"].wanted == []

    def test_only_the_chosen_departments(self, admin: Client) -> None:
        here, there = make_inspector(badge="A4000"), make_inspector(make_department("GA"), badge="B4000")
        send(admin, "account_inspectors", departments=[here.department.pk])
        accounts = [Inspector.objects.get(pk=one.pk).user for one in (here, there)]
        assert [one and one.username for one in accounts] == ["a4000", None]

    def test_names_that_are_taken_get_a_number(self, admin: Client) -> None:
        make_user(Role.AUDITOR, username="A4000")
        make_inspector(badge="A-4000", name="张三")
        make_inspector(badge="12", name="李 四")
        make_inspector(badge="13", name="李四")
        form = admin.get(reverse("registry:account_inspectors")).context["form"]
        assert [one.username for one in form.wanted] == ["李四", "李四-2", "a4000-2"]

    def test_one_by_hand(self, admin: Client) -> None:
        lead = {"name": "王五", "department": make_department().pk, "roles": ["lead"]}
        (slip,) = send(admin, "account_new", username="Ｌ牵头", **lead).context["slips"]
        assert (slip.user.username, lets_in("L牵头", slip.password)) == ("L牵头", True)
        again = send(admin, "account_new", username="l牵头", **lead)
        said = "登录名“l牵头”已有人使用（不分大小写），请换一个。"
        assert (again.status_code, again.context["form"].errors) == (422, {"__all__": [said]})
