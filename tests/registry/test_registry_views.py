"""The registry's pages in use: an import from upload to done, lists, filters, the same queries for 1 and 50 rows."""

import datetime as dt
import io
import logging
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry import clock
from registry.enums import Role
from registry.models import Enterprise, ImportBatch, InspectionItem
from registry.services import load_reference_data
from tests.factories import SHANGHAI, make_enterprise, make_inspector, make_user, uscc
from tests.registry import files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today() -> None:
    clock.pin(dt.datetime(2024, 6, 3, 9, 0, tzinfo=SHANGHAI), running=False)


def signed_in(*roles: Role, **fields: Any) -> Client:
    client = Client()
    client.force_login(make_user(*roles, **fields))
    return client


def upload(client: Client, content: bytes, kind: str = "enterprises", name: str = "名录.xlsx") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("registry:import"), {"kind": kind, "file": file}, follow=True)


def text(response: Any) -> str:
    return str(response.content.decode())


# ------------------------------------------------------------------------------------------------------------ import


def test_an_import_from_upload_to_done() -> None:
    load_reference_data(actor=None)
    lead = signed_in(Role.LEAD)
    assert lead.get(reverse("registry:import")).status_code == 200
    page = upload(lead, files.book(files.enterprise(1), files.enterprise(2)))
    batch = ImportBatch.objects.get()
    assert page.redirect_chain == [(reverse("registry:import_preview", args=[batch.pk]), 302)]
    assert "导入 2 家" in text(page)
    assert Enterprise.objects.count() == 0
    done = lead.post(reverse("registry:import_preview", args=[batch.pk]), {"do": "import"}, follow=True)
    assert done.redirect_chain == [(reverse("registry:import_done", args=[batch.pk]), 302)]
    assert "新增 2，更新 0" in text(done)
    assert Enterprise.objects.count() == 2
    again = lead.post(reverse("registry:import_preview", args=[batch.pk]), {"do": "import"}, follow=True)
    assert again.redirect_chain == [(reverse("registry:import_done", args=[batch.pk]), 302)]
    same = upload(lead, files.book(files.enterprise(1), files.enterprise(2, 住所="新址")))
    assert "导入 1 家" in text(same)
    assert "新址" in text(same)


def test_the_button_names_both_numbers_and_skips_on_request_only() -> None:
    load_reference_data(actor=None)
    lead = signed_in(Role.LEAD)
    wrong = files.enterprise(2, 名称="<b>x</b>", 统一社会信用代码="9199999900000001")
    page = upload(lead, files.book(files.enterprise(1), wrong))
    assert "跳过 1 行，导入 1 家" in text(page)
    assert "&lt;b&gt;x&lt;/b&gt;" in text(page)
    assert "只有16位" in text(page)
    batch = ImportBatch.objects.get()
    refused = lead.post(reverse("registry:import_preview", args=[batch.pk]), {"do": "import"}, follow=True)
    assert "有 1 行有错，请先改好，或选择跳过有错的行。" in text(refused)
    assert Enterprise.objects.count() == 0
    copy = lead.get(reverse("registry:import_errors", args=[batch.pk]))
    sheet = openpyxl.load_workbook(io.BytesIO(copy.content)).active
    assert sheet.cell(3, 18).value == "统一社会信用代码：只有16位，应为18位"
    assert copy["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E5%90%8D%E5%BD%95-")
    done = lead.post(reverse("registry:import_preview", args=[batch.pk]), {"do": "skip"}, follow=True)
    assert "下载错误清单" in text(done)
    assert Enterprise.objects.get().uscc == uscc(900_001)


def test_the_same_bytes_again_are_noticed() -> None:
    load_reference_data(actor=None)
    lead = signed_in(Role.LEAD)
    content = files.book(files.enterprise(1))
    upload(lead, content)
    lead.post(reverse("registry:import_preview", args=[ImportBatch.objects.get().pk]), {"do": "import"})
    page = text(upload(lead, content, name="别名.xlsx"))
    assert "同样内容的文件已于 2024年6月3日 09:00" in page
    assert "名录已经和文件一致，没有要写入的内容。" in page
    assert 'value="import"' not in page


def test_a_file_that_cannot_be_used_is_refused_beside_the_field() -> None:
    load_reference_data(actor=None)
    lead = signed_in(Role.LEAD)
    page = upload(lead, b"a,b,c")
    assert page.status_code == 422
    assert "这是 CSV 或文本文件，不是 .xlsx" in text(page)
    assert ImportBatch.objects.count() == 0
    nothing = lead.post(reverse("registry:import"), {})
    assert nothing.status_code == 422
    assert "请选择要导入的 .xlsx 文件。" in text(nothing)


def test_another_file_instead() -> None:
    load_reference_data(actor=None)
    lead = signed_in(Role.LEAD)
    upload(lead, files.book(files.inspector(1)), kind="inspectors")
    batch = ImportBatch.objects.get()
    url = reverse("registry:import_preview", args=[batch.pk])
    assert lead.post(url, {"do": "discard"})["Location"] == reverse("registry:import")
    assert "已经放弃" in text(lead.get(url))
    assert "已放弃，不能再导入一次" in text(lead.post(url, {"do": "import"}, follow=True))


def test_a_lost_file_is_no_error_page() -> None:
    load_reference_data(actor=None)
    lead = signed_in(Role.LEAD)
    upload(lead, files.book(files.enterprise(1)))
    batch = ImportBatch.objects.get()
    batch.file.storage.delete(batch.file.name)
    page = lead.post(reverse("registry:import_preview", args=[batch.pk]), {"do": "import"}, follow=True)
    assert "找不到当时上传的文件" in text(page)
    copy = lead.get(reverse("registry:import_errors", args=[batch.pk]), follow=True)
    assert "找不到当时上传的文件" in text(copy)


@pytest.mark.parametrize("kind", ["enterprises", "inspectors"])
def test_templates_are_downloaded(kind: str) -> None:
    found = signed_in(Role.LEAD).get(reverse("registry:import_template", args=[kind]))
    assert openpyxl.load_workbook(io.BytesIO(found.content)).sheetnames == ["数据", "填写说明"]


def test_there_is_no_template_of_anything_else() -> None:
    assert signed_in(Role.LEAD).get(reverse("registry:import_template", args=["ships"])).status_code == 404


# ------------------------------------------------------------------------------------------------------- enterprises


def shown(client: Client, **query: str) -> list[str]:
    page = client.get(reverse("registry:enterprise_list"), query)
    assert page.status_code == 200
    return [one.name for one in page.context["page"]]


def test_filters_of_the_list() -> None:
    make_enterprise("A", name="甲", township="东镇")
    make_enterprise("E", name="乙", industries=("CINEMA",))
    make_enterprise("", name="丙", status="DEREGISTERED", uscc=uscc(777))
    lead = signed_in(Role.LEAD)
    assert sorted(shown(lead)) == sorted(["甲", "乙", "丙"])
    for query, names in (
        ({"q": "甲"}, ["甲"]),
        ({"q": uscc(777)[6:].lower()}, ["丙"]),
        ({"industry": "CINEMA"}, ["乙"]),
        ({"grade": "E"}, ["乙"]),
        ({"grade": "N"}, ["丙"]),
        ({"status": "DEREGISTERED"}, ["丙"]),
        ({"township": "东镇"}, ["甲"]),
    ):
        assert shown(lead, **query) == names, query
    for junk in ({"status": "'; DROP"}, {"industry": "9" * 40}, {"page": "-1"}, {"page": "x"}, {"q": "\x00"}):
        assert len(shown(lead, **junk)) == 3, junk


def test_department_admins_see_no_grades() -> None:
    one = make_enterprise("E", name="甲")
    make_enterprise("A", name="乙")
    admin, auditor = signed_in(Role.DEPT_ADMIN), signed_in(Role.AUDITOR)
    assert sorted(shown(admin, grade="E")) == sorted(["甲", "乙"])
    assert shown(auditor, grade="E") == ["甲"]
    url = reverse("registry:enterprise", args=[one.pk])
    assert "信用风险等级" not in text(admin.get(url))
    assert "信用风险等级" in text(auditor.get(url))


def test_an_auditor_who_reads_personal_data_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    one = make_enterprise(contact_phone="13900000001")
    url = reverse("registry:enterprise", args=[one.pk])
    with caplog.at_level(logging.INFO, logger="access"):
        assert "13900000001" in text(signed_in(Role.LEAD).get(url))
        assert [record for record in caplog.records if record.name == "access"] == []
        assert "13900000001" in text(signed_in(Role.AUDITOR).get(url))
    (record,) = [record for record in caplog.records if record.name == "access"]
    assert one.uscc in record.getMessage()


def _queries(client: Client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as found:
        assert client.get(url).status_code == 200
    return len(found)


@pytest.mark.parametrize("name", ["enterprise_list", "inspector_list", "recusal_list", "item_list", "audit_log"])
def test_lists_take_the_same_queries_for_1_and_50_rows(name: str) -> None:
    from registry.services import declare_recusal, record_past_inspection
    from tests.factories import make_item

    client = signed_in(Role.AUDITOR) if name == "audit_log" else signed_in(Role.LEAD)
    admin = make_user(Role.DEPT_ADMIN)

    def add() -> None:
        one, person = make_enterprise(), make_inspector()
        declare_recusal(actor=admin, inspector=person, enterprise=one, reason="亲属")
        day = dt.date(2024, 5, 1)
        record_past_inspection(actor=None, enterprise=one, department=person.department, day=day, source="测试")
        make_item()

    add()
    url = reverse(f"registry:{name}")
    few = _queries(client, url)
    for _ in range(49):
        add()
    assert _queries(client, url) == few
    assert len(client.get(url).context["page"].object_list) == 50


def test_a_list_of_more_than_a_page_keeps_its_filters() -> None:
    for _ in range(51):
        make_enterprise(name="同名")
    page = signed_in(Role.LEAD).get(reverse("registry:enterprise_list"), {"q": "同名"})
    assert "?q=%E5%90%8C%E5%90%8D&amp;page=2" in text(page)


# ------------------------------------------------------------------------------------------------------------- items


def test_the_69_items_and_what_is_verified() -> None:
    load_reference_data(actor=None)
    lead = signed_in(Role.LEAD)
    page = lead.get(reverse("registry:item_list"))
    in_force = InspectionItem.objects.effective(clock.today()).count()
    assert (in_force, page.context["totals"]["off"]) == (69, 1)
    assert page.context["totals"]["all"] == in_force
    assert page.context["page"].paginator.count == in_force
    verified = lead.get(reverse("registry:item_list"), {"verified": "yes"}).context["page"].paginator.count
    unverified = lead.get(reverse("registry:item_list"), {"verified": "no"}).context["page"].paginator.count
    assert verified + unverified == in_force
    assert unverified == page.context["totals"]["open"]
    one = InspectionItem.objects.get(code="WL-01")
    found = text(lead.get(reverse("registry:item", args=[one.pk])))
    assert "第7条、第12条" in found
    assert "互联网上网服务营业场所管理条例" in found
