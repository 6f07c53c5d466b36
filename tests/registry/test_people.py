"""People and recusals: who sees whom, who changes what."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from registry import clock
from registry.enums import Role
from registry.models import AuditEvent, Inspector, Recusal
from registry.operations import new_key
from tests.factories import SHANGHAI, make_department, make_enterprise, make_inspector, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> None:
    clock.pin(dt.datetime(2024, 6, 3, 9, 0, tzinfo=SHANGHAI), running=False)


def signed_in(*roles: Role, code: str = "WL") -> Client:
    client = Client()
    client.force_login(make_user(*roles, department=make_department(code)))
    return client


def names(client: Client, **query: str) -> list[str]:
    return [one.name for one in client.get(reverse("registry:inspector_list"), query).context["page"]]


def test_the_own_department_and_certificates_that_end() -> None:
    wl, ga = make_department("WL"), make_department("GA")
    make_inspector(wl, name="甲", phone="13811111111")
    make_inspector(wl, name="乙", badge_valid_until=dt.date(2024, 7, 1))
    make_inspector(ga, name="丙", badge_valid_until=dt.date(2024, 6, 2))
    admin, lead, auditor = signed_in(Role.DEPT_ADMIN), signed_in(Role.LEAD), signed_in(Role.AUDITOR)
    assert names(admin) == ["甲", "乙"]
    assert names(lead) == ["甲", "乙", "丙"]
    assert names(lead, expiring="soon") == ["乙"]
    assert names(lead, expiring="past") == ["丙"]
    assert names(lead, q="丙") == ["丙"]
    page = lead.get(reverse("registry:inspector_list")).content.decode()
    assert (page.count("即将到期"), page.count("已过期</span>")) == (1, 1)
    assert "13811111111" in page
    assert "13811111111" not in auditor.get(reverse("registry:inspector_list")).content.decode()


def test_the_department_admin_changes_a_status() -> None:
    person = make_inspector(make_department("WL"))
    url = reverse("registry:inspector", args=[person.pk])
    admin = signed_in(Role.DEPT_ADMIN)
    data = {"status": "UNAVAILABLE", "badge_valid_until": "2026-12-31"}
    page = admin.post(url, data)
    assert page.status_code == 422
    assert "休假或借调请写明从哪一天开始。" in page.content.decode()
    data |= {"unavailable_from": "2024-06-10", "unavailable_to": "2024-06-01"}
    assert "早于" in admin.post(url, data).content.decode()
    data["unavailable_to"] = ""
    assert admin.post(url, data | {"department": "2", "name": "别人"}).status_code == 302
    person.refresh_from_db()
    assert (person.status, person.unavailable_from, person.department.code) == (
        "UNAVAILABLE",
        dt.date(2024, 6, 10),
        "WL",
    )
    assert AuditEvent.objects.get(action="人员状态").after["status"] == "UNAVAILABLE"
    assert signed_in(Role.DEPT_ADMIN, code="GA").get(url).status_code == 404
    assert signed_in(Role.LEAD).get(url).status_code == 200
    assert signed_in(Role.LEAD).post(url, data).status_code == 403


def recusal_form(person: Inspector, word: str, **extra: Any) -> dict[str, Any]:
    return {"inspector": person.pk, "uscc": word, "reason": "近亲属", "key": new_key(), **extra}


def test_a_recusal_is_declared_once_and_decided_once() -> None:
    person, one = make_inspector(make_department("WL")), make_enterprise(name="独一网吧")
    admin = signed_in(Role.DEPT_ADMIN)
    new, listed = reverse("registry:recusal_new"), reverse("registry:recusal_list")
    data = recusal_form(person, one.uscc.lower())
    for _ in range(2):
        assert admin.post(new, data)["Location"] == listed
    assert Recusal.objects.count() == 1
    page = admin.post(new, recusal_form(person, "独一网吧"))
    assert page.status_code == 422
    assert "已经登记过了" in page.content.decode()
    assert "名录里没有这家企业" in admin.post(new, recusal_form(person, "没有")).content.decode()
    stranger = make_inspector(make_department("GA"))
    assert admin.post(new, recusal_form(stranger, one.uscc)).status_code == 422
    decide = reverse("registry:recusal_decide", args=[Recusal.objects.get().pk])
    assert "请选择准许或不准许" in admin.post(decide, {}, follow=True).content.decode()
    assert "的回避：不准许" in admin.post(decide, {"accepted": "no"}, follow=True).content.decode()
    assert "已经决定过了" in admin.post(decide, {"accepted": "yes"}, follow=True).content.decode()
    assert Recusal.objects.get().accepted is False
    assert signed_in(Role.DEPT_ADMIN, code="GA").post(decide, {"accepted": "yes"}).status_code == 404
    assert [row.pk for row in admin.get(listed, {"state": "no"}).context["page"]] == [Recusal.objects.get().pk]
    assert list(admin.get(listed, {"state": "open"}).context["page"]) == []
