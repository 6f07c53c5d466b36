"""Exports: text stays text, the columns are the agreed ones, a file is there whole or not at all."""

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.conf import settings

from inspections.models import DepartmentSection
from publicity.enums import ExportKind, ExportState
from publicity.exporters import as_csv, as_json, xlsx
from publicity.models import ExportJob, PublishedResult
from publicity.services import build_export, expire_exports, exporting, publish_records, request_export, retry_export
from registry.clock import SHANGHAI
from registry.errors import DomainError
from registry.models import AuditEvent, Enterprise, Job
from sampling.models import Plan
from tests.publicity.scene import Campaign, make_campaign, when

pytestmark = pytest.mark.django_db
HOSTILE = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x","y")',
           "<script>alert(1)</script>", "{{7*7}}", 'a"b,c\nd', "＝1+1"]  # fmt: skip
COLUMNS = ["序号", "抽查计划编号", "抽查计划名称", "抽查任务编号", "抽查任务名称", "抽查类型", "检查机关",
           "抽查市场主体名称", "统一社会信用代码/注册号", "检查完成日期", "检查结果", "备注"]  # fmt: skip


def build(campaign: Campaign, kind: str, actor: Any = None, **parameters: Any) -> ExportJob:
    job = request_export(actor=actor or campaign.lead, plan=campaign.plan, kind=kind, parameters=parameters)
    return build_export(job.pk)


def book(job: ExportJob) -> Any:
    return openpyxl.load_workbook(io.BytesIO(job.file.open("rb").read()))


def rows() -> Any:
    return PublishedResult.objects.current().in_notice_order()


def files() -> list[str]:
    folder = Path(settings.MEDIA_ROOT) / "exports"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def hostile_campaign(text: str) -> Campaign:
    campaign = make_campaign(publish=0)
    Enterprise.objects.filter(pk=campaign.enterprises[0].pk).update(name=text)
    Plan.objects.filter(pk=campaign.plan.pk).update(task_name=text, plan_name=text)
    DepartmentSection.objects.filter(record=campaign.records[0]).update(result_note=text)
    campaign.records[0].sections.first().findings.update(answer="NOT_OK", text=text)
    with when("2024-06-18 10:00"):
        publish_records(actor=campaign.lead, records=campaign.records[:1])
    return campaign


def test_results_have_the_twelve_columns_by_code_then_department() -> None:
    campaign = make_campaign(publish=2)
    job = build(campaign, ExportKind.RESULTS_XLSX)
    sheet = book(job).active
    values = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert values[0] == COLUMNS
    codes = sorted(one.uscc for one in campaign.enterprises[:2])
    organs = ["演示县旅游和文化广电局", "演示县公安局"]
    assert [(row[0], row[8], row[6]) for row in values[1:]] == [
        (index * 2 + place + 1, code, organ) for index, code in enumerate(codes) for place, organ in enumerate(organs)
    ]
    assert (job.state, job.rows, sheet.freeze_panes) == (ExportState.READY, 4, "A2")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.print_title_rows) == (
        "landscape",
        9,
        "$1:$1",
    )
    assert job.filename == f"抽查结果公示_{campaign.plan.task_code}_{job.finished_at.astimezone(SHANGHAI):%Y%m%d}.xlsx"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", [ExportKind.RESULTS_XLSX, ExportKind.STATISTICS_XLSX])
def test_no_cell_is_ever_a_formula(text: str, kind: str) -> None:
    campaign = hostile_campaign(text)
    found = book(build(campaign, kind, as_of="2024-06-18"))
    cells = [cell for sheet in found for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    texts = [cell for cell in cells if cell.data_type == "s"]
    assert all(cell.quotePrefix for cell in texts)
    if text.startswith(("=", "+", "-", "@", "＝", "<", "{")):
        assert text in [cell.value for cell in texts]


@pytest.mark.parametrize("text", HOSTILE)
def test_csv_is_guarded(text: str) -> None:
    import csv

    hostile_campaign(text)
    written = "".join(as_csv.lines(rows()))
    assert written.startswith("\ufeff")
    table = list(csv.reader(io.StringIO(written[1:])))
    assert table[0] == COLUMNS
    assert len(table) == 3
    dangerous = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
    assert [cell for row in table for cell in row if cell.lstrip(" ").startswith(dangerous)] == []


def test_json_has_the_agreed_keys() -> None:
    campaign = make_campaign()
    target = io.BytesIO()
    assert as_json.write_results(rows(), target) == 2
    found = json.loads(target.getvalue())
    assert list(found[0]) == ["plan_code", "plan_name", "task_code", "task_name", "draw_type", "organ", "name", "uscc",
                              "finished_on", "results", "remark", "items"]  # fmt: skip
    assert [set(item) for item in found[0]["items"]] == [{"item", "result"}]
    assert found[1]["organ"] == "演示县公安局"
    assert found[1]["results"] == "发现问题已责令改正"
    empty = io.BytesIO()
    assert as_json.write_results(PublishedResult.objects.none(), empty) == 0
    assert json.loads(empty.getvalue()) == []
    assert build(campaign, ExportKind.RESULTS_JSON).rows == 2


def test_statistics_workbook_has_a_sheet_per_table_and_who_reports() -> None:
    campaign = make_campaign()
    with when("2024-06-19 10:00"):
        found = book(build(campaign, ExportKind.STATISTICS_XLSX))
    assert found.sheetnames == ["T1 任务总表", "T2 部门情况表", "T3 风险等级表", "T4 行业表", "T5 检查对象明细（台账）",
                                "T8 抽取情况表"]  # fmt: skip
    sheet = found["T2 部门情况表"]
    everything = "".join(str(cell.value or "") for row in sheet.iter_rows() for cell in row)
    signs = (
        "填报人： 审核人： 联系电话： 填报日期：2024年6月19日 "
        "统计截止日期：2024年6月18日 填报单位（盖章）：演示县旅游和文化广电局"
    )
    assert [words for words in signs.split(" ") if words not in everything] == []
    assert [sheet.cell(7, 1).value, sheet.cell(7, 7).value, sheet.cell(7, 10).value] == ["合计", 8, 0.25]
    assert sheet.cell(7, 10).number_format == "0.0%"
    assert sheet.freeze_panes == "B5"


def test_a_department_gets_no_grades() -> None:
    campaign = make_campaign()
    job = build(campaign, ExportKind.STATISTICS_XLSX, actor=campaign.admin, as_of="2024-06-18", grades=True)
    found = book(job)
    assert "T3 风险等级表" not in found.sheetnames
    everything = "".join(str(cell.value or "") for sheet in found for row in sheet.iter_rows() for cell in row)
    assert "A级" not in everything
    assert "未评级" not in everything


def test_forms_come_from_the_printing_of_inspections(monkeypatch: pytest.MonkeyPatch) -> None:
    from inspections import printing

    campaign = make_campaign()
    asked: list[Any] = []
    monkeypatch.setattr(
        printing,
        "render_records",
        lambda records, *, blank=False, progress=None: asked.append((records, blank)) or b"%PDF-",
    )
    assert build(campaign, ExportKind.RECORDS_PDF).rows == 4
    assert build(campaign, ExportKind.BLANK_RECORDS_PDF, records=[campaign.records[1].pk]).rows == 1
    assert asked == [(campaign.records, False), ([campaign.records[1]], True)]


@pytest.mark.parametrize("broken", [RuntimeError("disk"), DomainError("没有数据，请先公示。")])
def test_a_build_that_breaks_leaves_no_file_and_says_why(broken: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_campaign()
    job = request_export(actor=campaign.lead, plan=campaign.plan, kind=ExportKind.RESULTS_XLSX)

    def half(export: Any, target: Any) -> int:
        target.write(b"half a file")
        raise broken

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "write_export", half)
        if isinstance(broken, DomainError):
            build_export(job.pk)
        else:
            with pytest.raises(RuntimeError):
                build_export(job.pk)
    job.refresh_from_db()
    assert (job.state, job.file.name, files()) == (ExportState.FAILED, "", [])
    assert job.error == (str(broken) if isinstance(broken, DomainError) else exporting.FAILED_WORDS)
    with pytest.raises(DomainError, match="别人申请的"):
        retry_export(actor=campaign.admin, export=job)
    retry_export(actor=campaign.lead, export=job)
    assert build_export(job.pk).state == ExportState.READY
    with pytest.raises(DomainError, match="不需要重试"):
        retry_export(actor=campaign.lead, export=job)


def test_a_build_killed_half_way_is_finished_by_the_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = make_campaign()
    job = request_export(actor=campaign.lead, plan=campaign.plan, kind=ExportKind.RESULTS_XLSX)

    class Killed(BaseException):
        """What SIGKILL leaves behind: no handler ran."""

    def half(export: Any, target: Any) -> int:
        target.write(b"half a file")
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(exporting, "write_export", half)
        with pytest.raises(Killed):
            build_export(job.pk)
    job.refresh_from_db()
    assert (job.state, job.file.name) == (ExportState.RUNNING, "")
    assert [name for name in files() if not name.endswith(".part")] == []
    done = build_export(job.pk)
    assert done.state == ExportState.READY
    assert [name for name in files() if not name.endswith(".part")] == [Path(done.file.name).name]
    again = build_export(job.pk)
    assert (again.file.name, again.sha256, again.finished_at) == (done.file.name, done.sha256, done.finished_at)


def test_exports_expire_after_seven_days_and_their_record_stays() -> None:
    campaign = make_campaign()
    with when("2024-06-19 10:00"):
        job = build(campaign, ExportKind.RESULTS_JSON)
    with when("2024-06-26 09:59"):
        assert expire_exports() == 0
    with when("2024-06-26 10:00"):
        assert expire_exports() == 1
        assert expire_exports() == 0
    job.refresh_from_db()
    assert (job.state, job.file.name, job.rows, files()) == (ExportState.EXPIRED, "", 2, [])


def test_asking_is_recorded_and_queued_once() -> None:
    campaign = make_campaign()
    job = request_export(actor=campaign.lead, plan=campaign.plan, kind=ExportKind.RESULTS_JSON)
    assert list(Job.objects.values_list("task", "object_id")) == [("publicity.tasks.build_export_job", str(job.pk))]
    event = AuditEvent.objects.get(action="导出")
    assert (event.actor, event.stream, event.after["kind"]) == (campaign.lead, "export", "抽查结果（JSON）")


@pytest.mark.parametrize(
    ("kind", "parameters", "words"),
    [
        ("nonsense", {}, "请选择要导出的内容"),
        (ExportKind.STATISTICS_XLSX, {"as_of": "昨天"}, "看不懂"),
        (ExportKind.STATISTICS_XLSX, {"as_of": "2099-01-01"}, "在今天以后"),
        (ExportKind.RECORDS_PDF, {"records": ["x"]}, "重新勾选"),
        (ExportKind.RECORDS_PDF, {"records": [10**12]}, "派发以后才有"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_words(kind: str, parameters: dict[str, Any], words: str) -> None:
    campaign = make_campaign()
    with pytest.raises(DomainError, match=words):
        request_export(actor=campaign.lead, plan=campaign.plan, kind=kind, parameters=parameters)
    assert ExportJob.objects.count() == 0
    with pytest.raises(DomainError, match="管理员能导出"):
        request_export(actor=campaign.auditor, plan=campaign.plan, kind=ExportKind.RESULTS_JSON)


def test_control_characters_do_not_break_a_workbook() -> None:
    assert xlsx.clean("a\x00b\x0bc\ud800d\u202e") == "abcd\u202e"


def test_rows_are_as_tall_as_their_wrapped_text():
    """Office programs show a wrapped row of a foreign file one line high unless the file says how high it is."""
    book, target = openpyxl.Workbook(write_only=True), io.BytesIO()
    sheet = book.create_sheet()
    texts = ["短", "ab\n长", "长" * 20]
    for row, text in enumerate(texts, 1):
        xlsx._append(sheet, [xlsx.text_cell(sheet, text), xlsx.number_cell(sheet, 1 / 3)], [21, 5], row)
    book.save(target)
    heights = openpyxl.load_workbook(target).active.row_dimensions
    assert [heights[row].height for row in (1, 2, 3)] == [18, 32, 32]
