"""The pages of the trail."""

import pytest
from django.test import Client
from django.urls import reverse

from registry.enums import Role
from registry.models import AuditEvent, AuditHead
from registry.services import record_past_inspection, set_roles
from tests.factories import NOW, make_department, make_enterprise, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor() -> Client:
    client = Client()
    client.force_login(make_user(Role.AUDITOR, name="审计甲"))
    return client


def _two_events() -> None:
    one = make_enterprise(name="演示网吧")
    record_past_inspection(actor=None, enterprise=one, department=make_department(), day=NOW.date(), source="测试")
    admin, user = make_user(Role.SYSADMIN, name="管理员乙"), make_user(Role.LEAD)
    set_roles(actor=admin, user=user, roles=[Role.LEAD], department=user.department, name="改名", reason="工作调动")


def test_filters_and_changes(auditor: Client) -> None:
    _two_events()
    url = reverse("registry:audit_log")
    page = auditor.get(url)
    assert [event.action for event in page.context["page"]] == ["修改账号", "登记检查"]
    for query, count in (
        ({"who": "管理员乙"}, 1),
        ({"action": "登记"}, 1),
        ({"obj": "演示网吧"}, 1),
        ({"stream": "accounts"}, 1),
        ({"since": "2999-01-01"}, 0),
        ({"until": "2000-01-01"}, 0),
        ({"since": "不是日期"}, 2),
        ({"request": "无此编号"}, 0),
    ):
        assert auditor.get(url, query).context["page"].paginator.count == count, query
    body = page.content.decode()
    assert "工作调动" in body
    assert page.context["page"][1].changes[:2] == [
        ("日期", None, "2024-06-03"),
        ("部门", None, "旅文广电局"),
    ]
    assert "改名" in body


def test_one_object_and_its_history(auditor: Client) -> None:
    _two_events()
    event = AuditEvent.objects.get(action="登记检查")
    url = reverse("registry:audit_object", args=[event.object_type, event.object_id])
    assert [one.pk for one in auditor.get(url).context["page"]] == [event.pk]
    nothing = auditor.get(reverse("registry:audit_object", args=["registry.enterprise", "0"]))
    assert "这个对象没有操作记录" in nothing.content.decode()


def test_the_chains_are_recomputed(auditor: Client) -> None:
    _two_events()
    page = auditor.get(reverse("registry:audit_verify"), follow=True).content.decode()
    assert "已逐条重算 2 条操作记录，2 个记录流全部完好。" in page
    AuditHead.objects.filter(pk="registry").update(seq=2)
    page = auditor.get(reverse("registry:audit_verify"), follow=True).content.decode()
    assert "断链：记录流 registry 第 1 条" in page
