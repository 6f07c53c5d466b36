"""From a handed-out password to one's own work, as a person goes: over HTTP, from accounts that services made."""

import datetime as dt
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from registry import clock
from registry.enums import Role
from registry.models import AuditEvent, CalendarYear, Department, InspectionItem, User
from registry.services import create_account, reset_access, set_roles
from tests.factories import PASSWORD, make_department, make_user

pytestmark = pytest.mark.django_db

OWN = "清溪-木桥-七盏-河灯"
OTHER = "石磨-山门-三场-春雨"
CHANGE = "account_change_password"


def sign_in(username: str, password: str) -> Client:
    """A browser in which the sign-in form was sent; the form must have let it in."""
    client = Client()
    answer = client.post(reverse("account_login"), {"login": username, "password": password})
    assert answer.status_code == 302, answer.content.decode()
    return client


def change(client: Client, old: str, new: str) -> Any:
    return client.post(reverse(CHANGE), {"oldpassword": old, "password1": new, "password2": new})


def goes_to(client: Client, name: str = "home") -> tuple[int, str]:
    answer = client.get(reverse(name))
    return answer.status_code, answer.get("Location", "")


def issued(*roles: Role) -> tuple[User, str]:
    department = make_department("WL")
    return create_account(actor=None, username="初来", name="张三", department=department, roles=roles)


class TestOwnPassword:
    def test_the_first_sign_in_ends_at_the_desk(self) -> None:
        _, password = issued(Role.LEAD)
        client = sign_in("初来", password)
        assert goes_to(client) == (302, reverse(CHANGE))
        answer = change(client, password, OWN)
        assert (answer.status_code, answer["Location"]) == (302, reverse("home"))
        assert goes_to(client) == (200, "")
        assert goes_to(sign_in("初来", OWN)) == (200, "")
        assert Client().post(reverse("account_login"), {"login": "初来", "password": password}).status_code == 200

    def test_the_change_is_on_the_trail_without_a_word_of_the_password(self) -> None:
        user, password = issued(Role.LEAD)
        change(sign_in("初来", password), password, OWN)
        event = AuditEvent.objects.filter(stream="accounts").latest("seq")
        assert (event.action, event.actor, event.object_id) == ("修改密码", user, str(user.pk))
        assert (event.before, event.after) == (
            {"must_change_password": True},
            {"must_change_password": False, "ended_sessions": 0},
        )

    def test_every_other_browser_is_signed_out(self) -> None:
        _, password = issued(Role.LEAD)
        here, there, stranger = sign_in("初来", password), sign_in("初来", password), Client()
        stranger.force_login(make_user(Role.LEAD, username="别人"))
        change(here, password, OWN)
        assert goes_to(here) == (200, "")
        assert goes_to(stranger) == (200, "")
        assert goes_to(there) == (302, f"{reverse('account_login')}?next={reverse('home')}")
        assert Session.objects.filter(session_key=there.cookies["sessionid"].value).count() == 0

    def test_neither_the_present_nor_the_handed_out_password_is_taken(self) -> None:
        _, password = issued(Role.LEAD)
        client = sign_in("初来", password)
        same, used = "新密码和现在的密码相同，请换一个。", "这是发给您的一次性密码，用过就作废了，请换一个。"
        assert change(client, password, password).context["form"].errors["password1"] == [same]
        assert goes_to(client) == (302, reverse(CHANGE))
        change(client, password, OWN)
        assert change(client, OWN, OWN).context["form"].errors["password1"] == [same]
        assert change(client, OWN, password).context["form"].errors["password1"] == [used]
        assert change(client, OWN, OTHER).status_code == 302

    def test_a_password_chosen_long_ago_may_not_stay_either(self) -> None:
        user = make_user(Role.LEAD, username="老人")
        user.set_password(OWN)
        user.save(update_fields=["password"])
        client = sign_in("老人", OWN)
        errors = change(client, OWN, OWN).context["form"].errors
        assert errors == {"password1": ["新密码和现在的密码相同，请换一个。"]}

    @pytest.mark.parametrize(
        ("new", "said"),
        [("太短", "密码太短，至少 10 个字符。"), ("1234567890", "这个密码太常见了。")],
    )
    def test_refusals_are_chinese(self, new: str, said: str) -> None:
        _, password = issued(Role.LEAD)
        client = sign_in("初来", password)
        errors = change(client, password, new).context["form"].errors["password1"]
        assert errors == [said]

    def test_a_reset_in_between_is_not_overruled(self, monkeypatch: pytest.MonkeyPatch) -> None:
        user, password = issued(Role.LEAD)
        client = sign_in("初来", password)
        from registry.services import passwords

        real = passwords.why_not_password

        def meanwhile(who: User, new: str) -> str:
            reset_access(actor=None, users=[user], reason="本人来电")
            monkeypatch.setattr(passwords, "why_not_password", real)
            monkeypatch.setattr("registry.services.why_not_password", real)
            return real(who, new)

        monkeypatch.setattr("registry.services.why_not_password", meanwhile)
        assert change(client, password, OWN).status_code == 409
        user.refresh_from_db()
        assert (user.must_change_password, user.check_password(OWN)) == (True, False)

    def test_again_after_a_reset(self) -> None:
        user, password = issued(Role.LEAD)
        client = sign_in("初来", password)
        change(client, password, OWN)
        (slip,) = reset_access(actor=make_user(Role.SYSADMIN), users=[user], reason="本人来电，忘记密码")
        assert goes_to(client)[0] == 302
        assert Client().post(reverse("account_login"), {"login": "初来", "password": OWN}).status_code == 200
        client = sign_in("初来", slip.password)
        assert goes_to(client) == (302, reverse(CHANGE))
        change(client, slip.password, OTHER)
        assert goes_to(client) == (200, "")

    def test_a_blocked_account_comes_back_without_its_old_sign_ins(self) -> None:
        user, password = issued(Role.LEAD)
        client = sign_in("初来", password)
        change(client, password, OWN)
        words = {"actor": None, "user": user, "roles": [Role.LEAD], "department": user.department, "reason": "借调"}
        set_roles(active=False, **words)
        set_roles(active=True, **words)
        assert goes_to(client)[0] == 302
        assert goes_to(sign_in("初来", OWN)) == (200, "")


class TestDutiesOfAProgram:
    """A phone's program gets JSON that names the page, for every duty that a person is redirected for."""

    def ask(self, client: Client) -> tuple[int, dict[str, Any]]:
        answer = client.get(reverse("registry:inspector_list"), headers={"accept": "application/json"})
        return answer.status_code, answer.json()

    def test_one_time_password(self) -> None:
        _, password = issued(Role.DEPT_ADMIN)
        status, body = self.ask(sign_in("初来", password))
        said = {"sync": 1, "code": "account", "error": "请先修改一次性密码。", "url": reverse(CHANGE)}
        assert (status, body) == (403, said)

    def test_second_factor(self, settings: Any) -> None:
        settings.REQUIRE_TWO_FACTORS = True
        _, password = issued(Role.DEPT_ADMIN)
        client = sign_in("初来", password)
        change(client, password, OWN)
        status, body = self.ask(client)
        said = {"sync": 1, "code": "account", "error": "请先开通两步验证。", "url": reverse("mfa_activate_totp")}
        assert (status, body) == (403, said)
        assert goes_to(client) == (302, reverse("mfa_activate_totp"))


def command(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    try:
        call_command(*words)
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    return code, *capsys.readouterr()


class TestCommands:
    def test_one_command_makes_the_first_account_and_what_it_needs(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert (Department.objects.count(), CalendarYear.objects.count()) == (0, 0)
        code, out, err = command(capsys, "create_account", "管理员", "--name", "张三")
        assert (code, err, out.count("\n")) == (0, "", 4)
        assert (Department.objects.count(), InspectionItem.objects.count()) == (5, 69)
        assert "/account/login/" in out.splitlines()[1]
        password = out.split("一次性密码 ")[1].split("（")[0]
        client = sign_in("管理员", password)
        change(client, password, OWN)
        assert goes_to(client) == (200, "")
        assert goes_to(client, "admin:index") == (200, "")

    @pytest.mark.parametrize(
        ("words", "right"),
        [
            (("createsuperuser",), "create_account 登录名 --name 姓名"),
            (("createsuperuser", "--noinput", "--username", "甲"), "create_account 登录名 --name 姓名"),
            (("changepassword",), "reset_account 登录名 --reason 理由"),
            (("changepassword", "甲"), "reset_account 登录名 --reason 理由"),
        ],
    )
    def test_the_commands_that_lead_nowhere_name_the_right_one(
        self, words: tuple[str, ...], right: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        code, out, err = command(capsys, *words)
        assert (code, out, err.splitlines()[1]) == (2, "", f"  manage.py {right}")
        assert User.objects.count() == 0

    def test_reset_account_gives_the_administrator_a_way_back_in(self, capsys: pytest.CaptureFixture[str]) -> None:
        from allauth.mfa.models import Authenticator
        from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
        from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

        user = make_user(Role.SYSADMIN, username="管理员")
        TOTP.activate(user, generate_totp_secret())
        RecoveryCodes.activate(user)
        client = Client()
        client.force_login(user)
        assert command(capsys, "reset_account", "管理员")[0] == 2
        assert command(capsys, "reset_account", "没有", "--reason", "忘了")[0] == 2
        code, out, _ = command(capsys, "reset_account", "管理员", "--reason", "手机遗失", "--second-factor")
        assert (code, Authenticator.objects.count(), goes_to(client)[0]) == (0, 0, 302)
        password = out.split("一次性密码 ")[1].split("（")[0]
        client = sign_in("管理员", password)
        change(client, password, OWN)
        assert goes_to(client) == (200, "")
        events = AuditEvent.objects.filter(stream="accounts", reason="手机遗失").order_by("seq")
        assert [(one.action, one.actor_name) for one in events] == [("重置两步验证", "系统"), ("重置密码", "系统")]
        assert events[0].before == {"second_factor": ["totp", "recovery_codes"]}


def test_a_sign_in_is_timed_by_the_clock_that_pages_show():
    at = dt.datetime(2026, 9, 16, 9, 0, tzinfo=clock.SHANGHAI)
    user = make_user(Role.LEAD, username="准点")
    clock.pin(at, running=False)
    try:
        sign_in("准点", PASSWORD)
    finally:
        clock.pin(None)
    user.refresh_from_db()
    assert user.last_login == at
