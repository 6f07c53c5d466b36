"""Report 30: behind the proxy the whole county was one sender, and its sixth letter of the hour was refused."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from publicity.models import Feedback
from publicity.services import feedback
from registry.operations import new_key

pytestmark = pytest.mark.django_db
LETTER = {"kind": "QUESTION", "subject": "咨询", "text": "怎样申请回避"}


def send(address: str, **changed: str) -> int:
    """Through the one proxy of the office."""
    meta = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": address}
    return Client().post(reverse("publicity:feedback"), LETTER | {"key": new_key()} | changed, **meta).status_code


def test_letters_of_many_people_behind_one_proxy_are_all_taken(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert [send(f"203.0.113.{number}") for number in range(1, 41)] == [302] * 40
    assert Feedback.objects.count() == 40


def test_a_street_behind_one_address_is_heard(settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert [send("203.0.113.1", text=f"第 {number} 封") for number in range(40)] == [302] * 40


def test_a_program_at_one_address_stops_nobody_else(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    monkeypatch.setattr(feedback, "PER_HOUR", 3)
    assert [send("203.0.113.1", text=f"第 {number} 封") for number in range(4)] == [302, 302, 302, 200]
    assert send("203.0.113.2") == 302
    assert send("198.51.100.9, 203.0.113.1", text="换个写法") == 200  # a list of one's own changes nothing
