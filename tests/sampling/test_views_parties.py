"""Outside parties on the page of the freeze and at the ceremony (draw.md §0.4)."""

import html
import re
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client

from registry.operations import new_key
from sampling import bundle, services
from sampling.models import Draw, Nonce, Plan, Roster
from tests.sampling import plans as p
from tests.sampling.test_views import ceremony, signed_in, url

pytestmark = pytest.mark.django_db
CODE = "代码要填英文字母或数字，各单位不同，也不能用 office，例如 jijian、notary。"
HEX = "承诺值是 64 位十六进制字符（0 到 9、a 到 f），请核对。随机数本身不要填在这里。"


def row(number: int, code: str, name: str, commitment: str) -> dict[str, str]:
    return {f"party_code_{number}": code, f"party_name_{number}": name, f"party_commitment_{number}": commitment}


def shown(client: Client, plan: Plan) -> dict[str, str]:
    """What the page of the freeze sends when only its tick is set."""
    form = client.get(url("plan_freeze", plan.pk)).context["form"]
    return {name: form[name].value() for name in ("key", "seen", "draw_id")} | {"checked": "on"}


@pytest.fixture
def plan() -> Plan:
    p.at(p.FROZEN_AT)
    return p.sealed()


@pytest.fixture
def client_of_lead(plan: Plan) -> Client:
    return signed_in(plan.created_by)


def test_only_a_sealed_plan_asks_for_outside_parties(plan: Plan, client_of_lead: Client) -> None:
    opened = p.county()
    page = signed_in(opened.created_by).get(url("plan_freeze", opened.pk)).content.decode()
    assert "其他单位的保密随机数" not in page
    page = client_of_lead.get(url("plan_freeze", plan.pk)).content.decode()
    assert '<details class="panel parties">' in page
    assert f'<strong class="code">{services.next_draw_id(plan)}</strong>' in page


def test_every_wrong_row_is_named_at_once(plan: Plan, client_of_lead: Client) -> None:
    good = "ab" * 32
    data = shown(client_of_lead, plan) | row(1, "office", "演示县公证处", good) | row(2, "纪委", "", good[:-1])
    answer = client_of_lead.post(url("plan_freeze", plan.pk), data | row(3, "", "演示县司法局", good))
    assert answer.context["form"].errors == {
        "party_code_1": [CODE],
        "party_code_2": [CODE],
        "party_name_2": ["请写明是哪个单位。"],
        "party_commitment_2": [HEX],
        "party_code_3": [CODE],
    }
    twice = shown(client_of_lead, plan) | row(1, "notary", "甲", good) | row(2, "notary", "乙", good)
    assert client_of_lead.post(url("plan_freeze", plan.pk), twice).context["form"].errors == {"party_code_2": [CODE]}
    assert '<details class="panel parties" open>' in answer.content.decode()
    assert not Roster.objects.exists()


def test_commitments_for_another_number_are_refused_and_emptied(plan: Plan, client_of_lead: Client) -> None:
    other = p.county()
    data = shown(client_of_lead, plan) | row(1, "jijian", "演示县纪委监委", "ab" * 32)
    assert p.freeze(other).draw_id == data["draw_id"]  # takes the number that was shown
    answer = client_of_lead.post(url("plan_freeze", plan.pk), data)
    form, number = answer.context["form"], services.next_draw_id(plan)
    assert form.non_field_errors() == [f"抽取编号现在是 {number}，各方要用这个编号重新计算承诺值，请收齐后再冻结。"]
    values = [form[name].value() for name in ("draw_id", "party_code_1", "party_commitment_1")]
    assert values == [number, "jijian", ""]
    assert not Roster.objects.filter(plan=plan).exists()


def _by_the_line_shown(client: Client, plan: Plan, code: str) -> tuple[str, str]:
    """(number, commitment) as an outside party gets them from the line shown on the page."""
    page = client.get(url("plan_freeze", plan.pk)).content.decode()
    line = html.unescape(re.search(r"<code data-commit>(.*?)</code>", page)[1]).replace("jijian", code)
    program = re.fullmatch(r'python -c "([^"]*)"', line)[1]  # one pair of double quotes: the same for cmd and sh
    command = [sys.executable, "-X", "utf8", "-c", program]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    first, second = (said.split() for said in run.stdout.splitlines())
    assert (first[0], second[0]) == ("随机数", "承诺值")
    return first[1], second[1]


def test_the_number_handed_over_opens_the_commitment(plan: Plan, client_of_lead: Client) -> None:
    theirs, commitment = _by_the_line_shown(client_of_lead, plan, "notary")
    data: dict[str, Any] = shown(client_of_lead, plan) | row(2, "notary", " 演示县公证处 ", commitment.upper())
    assert client_of_lead.post(url("plan_freeze", plan.pk), data).url == url("plan_frozen", plan.pk)
    kept = Nonce.objects.exclude(party=Nonce.OFFICE).values_list("party", "name", "commitment")
    assert list(kept) == [("notary", "演示县公证处", commitment)]
    assert commitment == bundle.commit(Roster.objects.get().draw_id, "notary", theirs)

    p.at(p.DRAWN_AT)
    page = client_of_lead.get(url("plan_draw", plan.pk)).context["form"]
    assert [field.label for field in page.handed] == ["演示县公证处当场交出的随机数"]
    wrong = "cd" * 32
    for value, said in (
        ("", "64 位十六进制"),
        (theirs[:-1], "64 位十六进制"),
        (wrong, "与冻结时的承诺值不符，请逐位核对"),
    ):
        answer = client_of_lead.post(url("plan_draw", plan.pk), ceremony() | {"nonce_notary": value})
        ((words,),) = answer.context["form"].errors.values()
        assert said in words
        assert "演示县公证处" in words
    assert not Draw.objects.exists()
    answer = client_of_lead.post(
        url("plan_draw", plan.pk), ceremony(new_key()) | {"nonce_notary": f" {theirs.upper()} "}
    )
    assert answer.url == url("plan_show", plan.pk)
    assert Draw.objects.get().roster.nonces.get(party="notary").kept.value == theirs
