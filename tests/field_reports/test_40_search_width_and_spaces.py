"""Full-width digits, a blank or (集团) for （集团） found nothing, on the public page and at the desk."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from publicity.models import PublishedResult
from registry.enums import Role
from registry.models import Enterprise
from tests import factories as f
from tests.publicity.scene import make_campaign

pytestmark = pytest.mark.django_db
NAME = "宽城测试（集团）枫林影院2847"
SPELLINGS = [
    "枫林影院２８４７",
    "枫林 影院",
    "枫林\u3000影院 2847",
    "测试(集团)",
    "测试（集团）",
    "测试【集团】枫林",
    "枫\u200b林影院",
    "枫林影院\ufeff",
]


def found(client: Client, name: str, words: str, **more: str) -> bool:
    page = client.get(reverse(name), {"q": words, **more}).content.decode()
    return NAME in re.sub(r"<mark>|</mark>", "", page)


@pytest.fixture
def campaign() -> Any:
    made = make_campaign()
    record = PublishedResult.objects.current().first().publication.record
    enterprise = Enterprise.objects.get(pk=record.selection.enterprise_id)
    enterprise.name = NAME
    enterprise.save(update_fields=["name"])
    made.named = enterprise
    return made


@pytest.mark.parametrize("words", SPELLINGS)
def test_the_public_finds_it(campaign: Any, words: str) -> None:
    code = campaign.named.uscc
    page = Client().get(reverse("publicity:enterprise"), {"q": words})
    assert (page.status_code, code in page.get("Location", "")) == (302, True)
    lists = [
        Client().get(reverse("publicity:result_list"), {"q": typed}).content.decode()
        for typed in (words, f"{words}别家")
    ]
    assert [code in page for page in lists] == [True, False]


@pytest.mark.parametrize("words", SPELLINGS)
def test_the_desk_finds_it(campaign: Any, words: str) -> None:
    client = Client()
    client.force_login(campaign.lead)
    assert found(client, "registry:enterprise_list", words)
    assert found(client, "inspections:task_list", words)
    assert not found(client, "registry:enterprise_list", f"{words}别家")


def test_codes_in_any_spelling(campaign: Any) -> None:
    code = campaign.named.uscc
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
    for words in (code.lower(), wide, f"{code[:8]} {code[8:]}", f"{code[4:8]}-{code[8:]}"):
        assert list(Enterprise.objects.search(words)) == [campaign.named]


def test_plans_people_and_recusals() -> None:
    lead = f.make_user(Role.LEAD, department=f.make_department("WL"))
    plan = f.make_plan(task_name="2024年（联合）抽查")
    client = Client()
    client.force_login(lead)
    for words in ("2024年(联合)", "２０２４年 （联合）抽查", plan.task_code):
        page = client.get(reverse("sampling:plan_list"), {"q": words}).content.decode()
        assert ("2024年（联合）抽查" in page, words) == (True, words)
    f.make_inspector(f.make_department("WL"), name="阿不都·热西提")
    for words in ("阿不都•热西提", "阿不都．热西提"):
        page = client.get(reverse("registry:inspector_list"), {"q": words}).content.decode()
        assert ("阿不都·热西提" in page, words) == (True, words)


@pytest.mark.parametrize("words", ["", " ", "\u200b", "\u3000"])
def test_nothing_to_be_seen_finds_everything(campaign: Any, words: str) -> None:
    assert Enterprise.objects.search(words).count() == Enterprise.objects.count()
