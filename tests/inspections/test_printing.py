"""Paper: what stands on it, how many pages, no missing glyph, a fixed number of queries."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from inspections import printing
from inspections.enums import SectionState
from inspections.models import InspectionRecord
from inspections.services import add_evidence, signing
from inspections.services.content import complete, digest, record_content
from inspections.services.drawing import Drawing
from inspections.services.entry import save_head
from registry.models import LegalBasis, Licence
from registry.printing import to_pdf
from registry.services import load_reference_data
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db

DRAFT = re.compile("草稿|稿草")  # the watermark is turned, so its two characters may come either way round
FIVE = ("WL", "GA", "WS", "SJ", "XF")


def run(program: str, pdf: bytes, *options: str) -> str:
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        Path(file.name).write_bytes(pdf)
        command = [program, *options, file.name, *(["-"] if program == "pdftotext" else [])]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def text_of(pdf: bytes) -> str:
    """The text layer without spaces and line breaks, so that wrapping does not matter."""
    return re.sub(r"\s", "", run("pdftotext", pdf, "-layout"))


def pages_of(pdf: bytes) -> int:
    return int(re.search(r"Pages:\s+(\d+)", run("pdfinfo", pdf)).group(1))  # type: ignore[union-attr]


def submitted(record: InspectionRecord) -> None:
    for section in record.sections.select_related("department", "record__plan"):
        actor = x.fill(section)
        x.sign(InspectionRecord.objects.get(pk=record.pk), actor)
        from inspections.services import submitting

        submitting.submit_section(actor=actor, section=section)


def test_a_submitted_record_says_everything_and_no_grade() -> None:
    f.load_calendar()
    record = x.make_record(grade="E", legal_rep="喆堃", contact_name="张祎", contact_phone="13812340000")
    enterprise = record.selection.enterprise
    Licence.objects.create(enterprise=enterprise, name="网络文化经营许可证", number="演网0018")
    submitted(record)
    pdf = printing.render_records([record])
    text = text_of(pdf)
    for words in (
        "宽城满族自治县“双随机、一公开”", "部门联合抽查检查记录表", "（一企一表）", f"编号：{record.number}",
        record.plan.plan_name, record.plan.plan_code, enterprise.name, enterprise.uscc, "喆堃", "张祎138****0000",
        "演网0018", "2024年9月24日14时05分至15时02分", "实地核查", "示例街1号", "[1]21", "《演示条例》",
        "一、旅文广电局（1项）", "二、公安局（1项）", "检查结果未发现问题", "共2项，符合2项", "签字：陈某",
        "第1页，共2页",
    ):  # fmt: skip
        assert words in text, words
    for member in record.sections.first().members.select_related("inspector"):
        assert f"{member.inspector.name}{member.inspector.badge}" in text
    assert "138123" not in text
    assert not re.search(r"[A-E]级|信用风险|风险等级", text)
    assert not DRAFT.search(text)
    assert re.search(r"记录摘要[0-9A-F]{16}", text)


def test_before_submission_it_is_a_draft_and_a_blank_copy_is_empty() -> None:
    record = x.make_record()
    x.fill(x.section_of(record))
    assert DRAFT.search(text_of(printing.render_records([record])))
    blank = text_of(printing.render_records([record], blank=True))
    assert not DRAFT.search(blank)
    assert "14时05分" not in blank
    assert "未发现问题" not in blank
    assert "记录摘要" not in blank
    assert "年月日时分至时分" in blank


def test_five_departments_with_their_items_stay_within_two_pages_each() -> None:
    for code in FIVE:
        department = f.make_department(code)
        for _ in range(9):
            item = f.make_item(
                department, check_points="核对、登记有效身份证件，记录上网信息\n保存不少于60日，不得修改删除"
            )
            LegalBasis.objects.create(
                item=item, law="互联网上网服务营业场所管理条例", duty_articles="23", effective_from=f.NOW.date()
            )
    record = x.make_record(*FIVE)
    pages = pages_of(printing.render_records([record]))
    assert 2 <= pages <= 2 * len(FIVE)


def test_the_real_items_keep_to_two_pages_a_department_and_one_alone_is_compact() -> None:
    load_reference_data()
    for code in FIVE:
        record = x.make_record(code, items=0)
        items = record.sections.get().findings.count()
        pdf = printing.render_records([record])
        assert items >= 8
        assert pages_of(pdf) <= 2, (code, items)
        assert f"（{items}项）" in text_of(pdf)
    everything = x.make_record(*FIVE, items=0)
    assert everything.sections.count() == 5
    assert pages_of(printing.render_records([everything])) <= 6


def test_the_result_and_the_signatures_never_stand_alone_on_a_page() -> None:
    load_reference_data()
    record = x.make_record(*FIVE, items=0)
    pages = run("pdftotext", printing.render_records([record]), "-layout").split("\f")
    for page in pages:
        body = re.sub(r"\s", "", page.split("问题说明")[-1])  # what follows the repeated head of the table
        assert not body.startswith(("检查结果", "检查人员签名")), page[:300]
    assert sum(page.count("问题说明") for page in pages) == len([page for page in pages if "检查事项" in page])


def test_many_records_in_one_file_each_count_their_own_pages() -> None:
    f.load_calendar()
    plan = f.make_plan()
    records = f.make_records(f.make_draw(plan, [f.make_enterprise() for _ in range(3)], teams=1))
    submitted(records[1])
    pdf = printing.render_records(records)
    text = run("pdftotext", pdf, "-layout")
    assert pages_of(pdf) == 6
    assert text.count("第 1 页，共 2 页") == text.count("第 2 页，共 2 页") == 3
    sheets = [re.sub(r"\s", "", sheet) for sheet in text.split("\f")]
    assert [records[at // 2].number in sheets[at] for at in range(6)] == [True] * 6
    # on a full page other lines stand between the two characters of the watermark; the last page is nearly empty
    assert [bool(DRAFT.search(sheet)) for sheet in sheets[1:6:2]] == [True, False, True]


def test_a_batch_is_laid_out_in_runs_and_tells_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "RUN", 2)
    plan = f.make_plan()
    records = f.make_records(f.make_draw(plan, [f.make_enterprise() for _ in range(5)], teams=1))
    told: list[int] = []
    pdf = printing.render_records(records, blank=True, progress=told.append)
    assert told == [2, 4, 5]
    sheets = run("pdftotext", pdf, "-layout").split("\f")
    numbers = [re.search(r"编号：(\S+)", sheet) for sheet in sheets]
    assert [found.group(1) for found in numbers if found] == [record.number for record in records]
    assert sum("第 1 页" in sheet for sheet in sheets) == 5


RARE = ["喆", "堃", "赟", "祎", "䶮", "㛃", "㼆", "\U00020bb7", "\U0002cb4e", "\U0002cb5a"]  # extensions A, B and E


def test_rare_characters_of_names_are_printed(missing_glyphs: list[str]) -> None:
    name = "".join(RARE)
    record = x.make_record(name=f"{name}商行", legal_rep=name, contact_name=name)
    text = text_of(printing.render_records([record]))
    assert text.count(name) == 4  # name, head of the second page, representative, contact
    assert name in text_of(printing.render_notice(x.section_of(record)))
    assert missing_glyphs == []


def test_a_character_that_no_font_has_is_written_as_its_number_not_as_a_box(missing_glyphs: list[str]) -> None:
    record = x.make_record(legal_rep="王\U00030001")
    text = text_of(printing.render_records([record]))
    assert "王〔手写U+30001〕" in text
    assert missing_glyphs[-1] == "no font has U+30001"
    missing_glyphs.clear()


def test_the_digest_on_paper_is_that_of_what_was_sealed() -> None:
    f.load_calendar()
    record = x.make_record("WL")

    def digest_on_paper() -> str:
        found = re.search(r"记录摘要([0-9A-F]{16})", text_of(printing.render_records([record])))
        assert found is not None
        return found.group(1)

    actor = x.fill(x.section_of(record))
    before = digest_on_paper()
    x.sign(InspectionRecord.objects.get(pk=record.pk), actor)
    assert digest_on_paper() == before == InspectionRecord.objects.get(pk=record.pk).signed_digest[:16].upper()
    submitted(record)
    sealed = digest_on_paper()
    assert sealed != before
    record.sections.get().findings.update(text="事后改动")
    assert digest_on_paper() == sealed
    record.sections.update(sealed_digest="0" * 64)
    assert digest_on_paper() != sealed


def test_a_scan_of_paper_is_named_with_its_digest() -> None:
    record = x.make_record()
    actor = x.fill(x.section_of(record))
    scan = add_evidence(actor=actor, record=record, kind="SIGNED_SCAN", upload=x.picture())
    text = text_of(printing.render_records([record]))
    assert f"纸质签字，扫描件1件存卷，摘要{scan.sha256[:16].upper()}" in text
    assert "扫描件" not in text_of(printing.render_records([record], blank=True))


def letter(characters: int) -> bytes:
    """A letter that is nothing but text."""
    body = "文" * characters
    html = f'<html lang="zh-CN"><body class="letter"><div class="doc-sheet">{body}</div></body></html>'
    return to_pdf(html)


def test_a_letter_has_22_lines_of_28_characters() -> None:
    """GB/T 9704 (domain.md §8.6)."""
    full = run("pdftotext", letter(22 * 28), "-layout")
    lines = [re.sub(r"\s", "", line) for line in full.splitlines() if "文" in line]
    assert [len(line) for line in lines] == [28] * 22
    assert (pages_of(letter(22 * 28)), pages_of(letter(22 * 28 + 1))) == (1, 2)


def test_the_number_of_queries_does_not_grow() -> None:
    plan = f.make_plan()
    records = f.make_records(f.make_draw(plan, [f.make_enterprise() for _ in range(8)], teams=1))

    def count(some: list[Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            printing.records_html(printing.sheets_of(some))
        return len(queries)

    assert count(records[:2]) == count(records)


def test_refusals_and_disagreement_are_printed_as_such() -> None:
    record = x.make_record()
    actor = x.fill(x.section_of(record))
    x.sign(
        record, actor, signature="REFUSED", signatory_name="", signatory_role="", opinion_agrees=None,
        refusal_reason="对结果有异议", witness_name="刘某", witness_unit="兴达社区",
    )  # fmt: skip
    text = text_of(printing.render_records([record]))
    assert "原因：对结果有异议" in text
    assert "刘某，兴达社区" in text
    assert "执法记录仪编号：/" in text
    assert "协助人员：/" in text  # blanks are struck out


def test_the_recorder_is_printed_and_may_be_noted_after_the_signature() -> None:
    record = x.make_record("WL")
    actor = x.fill(x.section_of(record))
    old = digest(record_content(InspectionRecord.objects.get(pk=record.pk), complete(record.sections.all())))
    x.sign(InspectionRecord.objects.get(pk=record.pk), actor)
    record = InspectionRecord.objects.get(pk=record.pk)
    assert record.signed_digest == old
    save_head(actor=actor, record=record, version=record.version, recorder="DSJ-0312")
    record = InspectionRecord.objects.get(pk=record.pk)
    status = signing.signature_status(record)
    assert status is not None
    assert status.words == ""
    assert digest(record_content(record, complete(record.sections.all()))) != old
    assert "执法记录仪编号：DSJ-0312" in text_of(printing.render_records([record]))
    assert "DSJ" not in text_of(printing.render_records([record], blank=True))


def test_an_empty_recorder_does_not_move_digests_made_before_it_existed() -> None:
    record = x.make_record("WL")
    assert "recorder" not in record_content(record, complete(record.sections.all()))["head"]


PEN = Drawing(320, 300, [[[41, 80, 0], [44, 92, 16], [140, 60, 40]], [[60, 70, 420], [61, 99, 440], [180, 130, 460]]])


def drawings_in(record: InspectionRecord, **options: Any) -> int:
    """Signature drawings in the HTML of a sheet (the QR code is an SVG, too)."""
    return printing.records_html(printing.sheets_of([record], **options)).count('stroke-linecap="round"')


def test_drawn_signatures_stand_where_they_belong_and_an_old_one_does_not() -> None:
    record = x.make_record("WL")
    section = x.section_of(record)
    actor = x.fill(section)
    first, second = section.members.select_related("inspector")
    second.inspector.name = "演示某"  # short: a longer name wraps and the text of the page is cut in two
    second.inspector.save()
    signing.sign_as_inspector(actor=actor, section=section, member=first, drawing=PEN)
    second.attended_at = f.NOW
    second.save()
    x.sign(InspectionRecord.objects.get(pk=record.pk), actor, drawing=PEN)
    assert drawings_in(record) == 2
    assert drawings_in(record, blank=True) == 0
    pdf = printing.render_records([record])
    text = text_of(pdf)
    assert f"{second.inspector.name}（登录确认到场）" in text
    assert pages_of(pdf) <= 2
    x.sign(InspectionRecord.objects.get(pk=record.pk), actor, signatory_name="另一人")
    assert drawings_in(record) == 1  # the inspector's; the drawing of 陈某 is no signature of 另一人
    x.sign(
        InspectionRecord.objects.get(pk=record.pk), actor, signature="REFUSED", signatory_name="", signatory_role="",
        opinion_agrees=None, refusal_reason="不认可", witness_name="刘某", witness_unit="社区", witness_drawing=PEN,
    )  # fmt: skip
    assert drawings_in(record) == 2


def test_a_section_without_items_and_one_not_mine() -> None:
    record = x.make_record("WL", "GA", "WS")
    for code, state in (("GA", SectionState.NO_ITEMS), ("WS", SectionState.NOT_MINE)):
        record.sections.filter(department__code=code).update(state=state)
    x.section_of(record, "GA").findings.all().delete()
    text = text_of(printing.render_records([record]))
    assert "二、公安局（0项）：无检查事项" in text
    assert "卫生健康局" not in text


def test_the_notice_names_organ_items_people_rights_and_phone(settings: Any) -> None:
    record = x.make_record()
    section = x.section_of(record)
    section.department.phone = "0314-0000000"
    section.department.save()
    pdf = printing.render_notice(section)
    text = text_of(pdf)
    finding = section.findings.get()
    member = section.members.select_related("inspector").first()
    for words in (
        "演示县旅游和文化广电局检查通知书", record.selection.enterprise.name, record.plan.task_code, finding.item.name,
        f"{member.inspector.name}（执法证号{member.inspector.badge}）", "有权拒绝检查", "申请行政复议或者提起行政诉讼",
        "申请回避", "需要准备的资料", "2024年6月1日至2024年10月31日", "0314-0000000", settings.COMPLAINT_PHONE,
    ):  # fmt: skip
        assert words in text, words
    assert "领导小组" not in text
    assert pages_of(pdf) <= 3


def test_what_was_typed_is_text_on_paper() -> None:
    record = x.make_record(name="<b>演示</b>&\"'商行")
    assert "<b>演示</b>&\"'商行" in text_of(printing.render_records([record]))
