"""打印所选: chosen records of the task list become one file a task, made by a job that tells how far it is."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inspections import printing
from publicity.enums import ExportKind, ExportState
from publicity.models import ExportJob
from publicity.services import build_export, request_prints
from registry.enums import Role
from registry.errors import DomainError
from registry.models import Job
from registry.operations import new_key
from sampling.models import Plan
from tests import factories as f
from tests.inspections.test_printing import text_of
from tests.publicity.scene import make_campaign

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_chosen_records_are_printed_by_a_job_that_is_seen_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "RUN", 1)
    campaign = make_campaign(publish=0)
    client = signed_in(campaign.lead)
    tasks = client.get(reverse("inspections:task_list"))
    assert tasks.content.decode().count('name="records"') == 4  # once, in its first row
    keys = [campaign.records[0].pk, campaign.records[0].pk, campaign.records[2].pk]
    sent = {"key": tasks.context["key"], "records": keys}
    for _ in range(2):
        page = client.post(reverse("publicity:print_new"), sent, follow=True).content.decode()
        assert "正在生成 2 份一企一表，做好后在这里下载。" in page
    assert 'hx-trigger="every 2s"' in page
    job = ExportJob.objects.get()
    assert (job.kind, job.parameters) == (ExportKind.RECORDS_PDF, {"records": [keys[0], keys[2]]})
    assert Job.objects.filter(task="publicity.tasks.build_export_job", object_id=str(job.pk)).count() == 1
    seen: list[tuple[str, int]] = []
    told = printing.render_records

    def watched(records: Any, *, progress: Any, **options: Any) -> bytes:
        def tell(done: int) -> None:
            progress(done)
            seen.append(ExportJob.objects.values_list("state", "progress").get())

        return told(records, progress=tell, **options)

    monkeypatch.setattr(printing, "render_records", watched)
    build_export(job.pk)
    assert seen == [(ExportState.RUNNING, 45), (ExportState.RUNNING, 90)]
    job.refresh_from_db()
    assert (job.state, job.progress, job.rows) == (ExportState.READY, 100, 2)
    done = client.get(reverse("publicity:export_list")).content.decode()
    assert "hx-trigger" not in done
    file = client.get(reverse("publicity:export_file", args=[job.pk]))
    assert b"".join(file.streaming_content)[:5] == b"%PDF-"


def test_the_records_of_two_tasks_are_one_file_a_rehearsal_is_another() -> None:
    first, second, third = (make_campaign(publish=0) for _ in range(3))
    Plan.objects.filter(pk=third.plan.pk).update(rehearsal=True)
    chosen = (*first.records[:2], *second.records[:1])
    keys = [str(record.pk) for record in (*chosen, *third.records[:1])]
    jobs = request_prints(actor=first.lead, records=keys, blank=True)
    assert [(job.kind, job.plan, len(job.parameters["records"])) for job in jobs] == [
        (ExportKind.BLANK_RECORDS_PDF, None, 3), (ExportKind.BLANK_RECORDS_PDF, third.plan, 1),
    ]  # fmt: skip
    assert jobs[0].scope == f"{first.plan.task_name}、{second.plan.task_name}"
    for job in jobs:
        build_export(job.pk)
        job.refresh_from_db()
    assert [(job.state, job.rows) for job in jobs] == [(ExportState.READY, 3), (ExportState.READY, 1)]
    assert [job.filename.startswith("演练-") for job in jobs] == [False, True]
    client = signed_in(first.lead)
    assert (
        f"{first.plan.task_name}、{second.plan.task_name}"
        in client.get(reverse("publicity:export_list")).content.decode()
    )
    file = client.get(reverse("publicity:export_file", args=[jobs[0].pk]))
    text = text_of(b"".join(file.streaming_content))
    assert [text.count(record.number) >= 1 for record in chosen] == [True] * 3
    auditor_only = f.make_user(Role.AUDITOR)
    with pytest.raises(DomainError, match="只有牵头部门和参与部门的管理员"):
        request_prints(actor=auditor_only, records=keys)


def test_nothing_chosen_somebody_elses_and_too_many_are_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_campaign(publish=0)
    stranger = f.make_user(Role.DEPT_ADMIN, department=f.make_department("XF"))
    keys = [str(record.pk) for record in campaign.records]
    for actor, chosen in ((campaign.lead, []), (campaign.lead, ["x", "²", "-1"]), (stranger, keys)):
        with pytest.raises(DomainError, match="请先勾选"):
            request_prints(actor=actor, records=chosen)
    monkeypatch.setattr("publicity.services.exporting.MAX_RECORDS", 3)
    with pytest.raises(DomainError, match="一次最多打印 3 份，现在有 4 份"):
        request_prints(actor=campaign.lead, records=keys)
    client = signed_in(campaign.lead)
    answer = client.post(reverse("publicity:print_new"), {"key": new_key()}, follow=True)
    assert answer.redirect_chain == [(reverse("inspections:task_list"), 302)]
    assert "请先勾选要打印的企业" in answer.content.decode()
    assert not ExportJob.objects.exists()


def test_who_may_not_export_sees_no_ticks() -> None:
    campaign = make_campaign(publish=0)
    for user, count in ((campaign.admin, 4), (campaign.auditor, 0)):
        page = signed_in(user).get(reverse("inspections:task_list")).content.decode()
        assert page.count('name="records"') == count
        assert ("打印所选" in page) == bool(count)
