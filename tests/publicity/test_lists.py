"""导出 Excel of any list: the rows and columns of the page, the filter in words, nothing a person may not see."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.urls import reverse

from inspections.models import Confirmation
from publicity.enums import ExportState
from publicity.listings import LISTINGS
from publicity.models import ExportJob
from publicity.services import build_export, request_list
from publicity.services.exporting import counted
from registry.enums import Role
from registry.errors import DomainError
from registry.models import AuditEvent, User
from registry.operations import new_key
from tests import factories
from tests.publicity.scene import Campaign, make_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(publish=1)


def sheet_of(job: ExportJob) -> list[list[Any]]:
    book = openpyxl.load_workbook(io.BytesIO(job.file.open("rb").read()))
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


def export(user: User, name: str, query: str = "") -> ExportJob:
    return build_export(request_list(actor=user, name=name, query=query).pk)


def test_every_list_can_be_written_by_whoever_may(campaign: Campaign):
    sysadmin = factories.make_user(Role.SYSADMIN)
    for name, listing in LISTINGS.items():
        users = {Role.LEAD: campaign.lead, Role.DEPT_ADMIN: campaign.admin, Role.SYSADMIN: sysadmin}
        user = next(one for role, one in users.items() if role in listing.roles)
        job = export(user, name, f"plan={campaign.plan.pk}")
        head, *rows = sheet_of(job)
        assert head == [column[0] for column in listing.columns(user)]
        assert (job.state, job.rows, job.total) == (ExportState.READY, len(rows), len(rows))
        assert job.title == listing.title


def test_the_filter_of_the_page_is_the_filter_of_the_file(campaign: Campaign):
    client = Client()
    client.force_login(campaign.lead)
    department = factories.make_department("GA")
    query = f"plan={campaign.plan.pk}&department={department.pk}&stage=published"
    page = client.get(f"{reverse('inspections:task_list')}?{query}").context["page"]
    job = export(campaign.lead, "renwu", query)
    _head, *rows = sheet_of(job)
    assert page.paginator.count == 1
    assert [row[:3] for row in rows] == [
        [row.record.selection.enterprise.name, row.record.selection.enterprise.uscc, row.record.number] for row in page
    ]
    assert job.scope == f"任务：{campaign.plan}，部门：公安局，进度：已公示"
    assert (job.plan, job.personal) == (campaign.plan, True)
    everything = export(campaign.lead, "renwu")
    assert (everything.scope, everything.rows) == ("全部", 2 * len(campaign.records))


def test_a_department_gets_its_own_rows_and_no_grades(campaign: Campaign):
    own = {row[4] for row in sheet_of(export(campaign.admin, "renwu"))[1:]}
    assert own == {campaign.admin.department.short_name}
    assert {row[2] for row in sheet_of(export(campaign.admin, "renyuan"))[1:]} == own
    assert "信用风险等级" not in sheet_of(export(campaign.admin, "qiye"))[0]
    assert "信用风险等级" in sheet_of(export(campaign.lead, "qiye"))[0]
    for user, name in ((campaign.admin, "jindu"), (factories.make_user(Role.AUDITOR), "renwu"), (campaign.lead, "x")):
        with pytest.raises(DomainError, match="不能导出"):
            request_list(actor=user, name=name, query="")


def test_who_has_lost_the_role_gets_no_file(campaign: Campaign):
    job = request_list(actor=campaign.admin, name="renwu", query="")
    User.objects.filter(pk=campaign.admin.pk).update(is_dept_admin=False)
    assert build_export(job.pk).state == ExportState.FAILED


def test_one_click_one_row_and_the_auditor_sees_who_took_what(campaign: Campaign, caplog: pytest.LogCaptureFixture):
    client = Client()
    client.force_login(campaign.admin)
    page = client.get(f"{reverse('inspections:task_list')}?plan={campaign.plan.pk}").content.decode()
    address = reverse("publicity:export_rows", args=["renwu"])
    assert f'action="{address}"' in page
    assert f'name="query" value="plan={campaign.plan.pk}"' in page
    data = {"key": new_key(), "query": f"plan={campaign.plan.pk}"}
    assert {client.post(address, data).headers["Location"] for _ in "12"} == {reverse("publicity:export_list")}
    job = ExportJob.objects.get()
    build_export(job.pk)
    event = AuditEvent.objects.get(action="导出")
    assert (event.actor, event.after["personal"], event.after["scope"]) == (campaign.admin, True, job.scope)
    auditor = Client()
    auditor.force_login(factories.make_user(Role.AUDITOR))
    listed = auditor.get(reverse("publicity:export_list")).content.decode()
    wanted = ["检查记录（Excel）", f"任务：{campaign.plan}", "含个人信息", str(campaign.admin)]
    assert [words for words in wanted if words not in listed] == []
    with caplog.at_level("INFO", logger="access"):
        auditor.get(reverse("publicity:export_file", args=[job.pk]))
    assert f"object=导出文件 id={job.pk}" in caplog.text
    ExportJob.objects.update(state=ExportState.EXPIRED, file="")
    again = client.get(reverse("publicity:export_list")).content.decode()
    assert ("重新导出" in again, f'action="{address}"' in again) == (True, True)


def test_progress_is_written_down_while_it_runs(campaign: Campaign):
    job = request_list(actor=campaign.lead, name="renwu", query="")
    ExportJob.objects.update(state=ExportState.RUNNING)
    rows = counted(job, range(450), 450)
    seen = [(ExportJob.objects.get().rows, ExportJob.objects.get().total) for row in rows if row in (0, 199, 200, 401)]
    assert seen == [(0, 450), (0, 450), (200, 450), (400, 450)]


def test_the_matrix_is_exported_as_it_is_shown(campaign: Campaign):
    client = Client()
    client.force_login(campaign.lead)
    address = reverse("inspections:plan_progress", args=[campaign.plan.pk])
    page = client.get(f"{address}?show=never")
    assert f'value="show=never&amp;plan={campaign.plan.pk}"' in page.content.decode()
    job = export(campaign.lead, "jindu", f"show=never&plan={campaign.plan.pk}")
    shown = [[row["department"].short_name, row["sent"], row["published"]] for row in page.context["rows"]]
    assert [[row[0], row[1], row[8]] for row in sheet_of(job)[1:]] == shown
    assert job.scope == f"任务：{campaign.plan}，有人从未登录"


def test_plans_returns_and_the_trail_are_exported_as_their_pages_show_them(campaign: Campaign):
    Confirmation.objects.filter(record=campaign.records[0], department__code="GA").update(
        decision="RETURNED", reason="ADDRESS", note="原址已拆除", lead_decision="KEEP", at=factories.NOW
    )
    _head, *returned = sheet_of(export(campaign.lead, "tuihui", "tab=done"))
    assert [(row[2], row[7], row[8]) for row in returned] == [(campaign.records[0].number, "地址不符", "原址已拆除")]
    assert sheet_of(export(campaign.lead, "tuihui"))[1:] == []
    _head, *plans = sheet_of(export(campaign.lead, "jihua", f"q={campaign.plan.task_code}"))
    assert [(row[0], row[5]) for row in plans] == [(campaign.plan.task_code, "旅文广电局、公安局")]
    job = export(factories.make_user(Role.SYSADMIN), "jilu", "action=导出")
    assert {row[2] for row in sheet_of(job)[1:]} == {"导出"}
    assert (job.personal, job.scope) == (True, "操作：导出")
