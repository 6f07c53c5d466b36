"""A user name pasted with an invisible mark was “用户名或密码不正确”, and counted for the lock."""

import pytest
from django.test import Client
from django.urls import reverse

from registry.models import User
from registry.services import create_account

pytestmark = pytest.mark.django_db
SPELLINGS = [
    "公安管理员01",
    "公安\u200b管理员01",
    " 公安管理员01",
    "公安管理员０１",
    "公安 管理员01",
    "\u2060公安管理员01\ufeff",
]


@pytest.mark.parametrize("typed", SPELLINGS)
def test_the_account_is_found(typed: str) -> None:
    user = User.objects.create_user("公安管理员01", password="口令-很长-的一个")
    client = Client()
    client.post(reverse("account_login"), {"login": typed, "password": "口令-很长-的一个"})
    assert client.session.get("_auth_user_id") == str(user.pk)


def test_it_is_stored_as_it_is_looked_up() -> None:
    user, _ = create_account(actor=None, username="公安\u200b管理员 ０２", name="甲", department=None, roles=[])
    assert user.username == "公安管理员02"


def test_another_name_is_another_name() -> None:
    User.objects.create_user("公安管理员01", password="口令-很长-的一个")
    client = Client()
    client.post(reverse("account_login"), {"login": "公安管理员1", "password": "口令-很长-的一个"})
    assert client.session.get("_auth_user_id") is None
