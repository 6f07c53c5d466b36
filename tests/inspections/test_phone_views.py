"""The phone's pages without JavaScript: the whole road of one inspector through Django's test client."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inspections.enums import SectionState
from inspections.models import InspectionRecord, Notice
from inspections.services import entry
from registry.enums import Role
from registry.models import PastInspection
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def at(name: str, *args: Any) -> str:
    return reverse(f"inspections:{name}", args=args)


def inputs(html: str) -> dict[str, list[str]]:
    """What a browser would send back of a page as it stands: hidden, checked and text inputs, textareas."""
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input\b[^>]*>", html):
        attr = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        kind = attr.get("type", "text")
        ticked = kind not in {"radio", "checkbox"} or re.search(r"\schecked\b", tag)
        if "name" in attr and kind != "file" and ticked and not re.search(r"\sdisabled\b", tag):
            found.setdefault(attr["name"], []).append(attr.get("value", "on" if kind in {"radio", "checkbox"} else ""))
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?([^<]*)</textarea>', html):
        found[name] = [text]
    return found


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return str(response.content.decode())


@pytest.fixture
def record() -> InspectionRecord:
    f.load_calendar()
    return x.make_record(items=2, contact_phone="13800000000", contact_name="张某")


def test_the_whole_road_without_script(record: InspectionRecord) -> None:
    section = x.section_of(record)
    client = signed_in(x.inspectors(section)[0])
    today = page(client, at("record_today"))
    assert record.selection.enterprise.name in today
    assert "开始填写 0/2" in today
    assert 'href="tel:13800000000"' in today

    data = inputs(page(client, at("record_record", record.pk)))
    first, second = section.findings.all()
    data |= {
        "head-visit_from": ["2024-09-24T14:05"], "head-visit_to": ["2024-09-24T15:02"], "head-methods": ["ON_SITE"],
        "head-certificates_shown": ["on"], "head-informed": ["on"], "head-place": ["二楼"],
        "head-recorder": ["DSJ-0312"],
        "section-arrival": ["NORMAL"], "section-arrived_at": ["2024-09-24T14:05"],
        "section-present": [str(member.pk) for member in section.members.all()],
        f"item-{first.pk}-answer": ["OK"], f"item-{second.pk}-answer": ["NOT_OK"],
        f"item-{second.pk}-text_bad": ["日志不足60日"], f"item-{second.pk}-corrected": ["0"], "then": ["check"],
    }  # fmt: skip
    saved = client.post(at("record_record", record.pk), data)
    assert (saved.status_code, saved["Location"]) == (302, at("record_check", record.pk))
    record.refresh_from_db()
    assert (record.place, record.certificates_shown, record.visit_to) == ("二楼", True, x.VISIT_TO)
    assert record.recorder == "DSJ-0312"

    check = page(client, at("record_check", record.pk))
    assert "按各项填写情况，结果是“发现问题待后续处理”" in check
    assert "日志不足60日" in check
    assert "执法记录仪编号 DSJ-0312" in check
    data = inputs(check) | {
        "results": ["PENDING"], "result_note": ["已责令改正"], "measures": ["ORDER_CORRECT"],
        "ORDER_CORRECT-deadline": ["2024-10-09"], "confirmed": ["on"],
    }  # fmt: skip
    confirmed = client.post(at("record_check", record.pk), data)
    assert (confirmed.status_code, confirmed["Location"]) == (302, at("record_sign", record.pk))
    assert "去签字" in page(client, at("record_check", record.pk))

    data = inputs(page(client, at("record_sign", record.pk))) | {
        "signature": ["SIGNED"], "signatory_name": ["陈某"], "signatory_role": ["LEGAL_REP"], "opinion_agrees": ["1"],
    }  # fmt: skip
    assert client.post(at("record_sign", record.pk), data).status_code == 302

    ready = page(client, at("record_check", record.pk))
    assert "都填齐了，可以提交" in ready
    key = re.search(r'action="[^"]*tijiao/".*?name="key" value="(\w+)"', ready, re.DOTALL)
    assert key
    for _ in range(2):  # a double click
        done = client.post(at("record_submit", record.pk), {"key": key.group(1)})
        assert (done.status_code, done["Location"]) == (302, at("record_done", record.pk))
    section.refresh_from_db()
    assert (section.state, section.submitted_by) == (SectionState.SUBMITTED, x.inspectors(section)[0])
    assert PastInspection.objects.count() == 1
    final = page(client, at("record_done", record.pk))
    assert record.number in final
    assert "10月9日后复查" in final


def test_two_on_the_same_record_do_not_disturb_each_other(record: InspectionRecord) -> None:
    section = x.section_of(record)
    one, two = (signed_in(user) for user in x.inspectors(section))
    first, second = section.findings.all()
    mine = inputs(page(one, at("record_record", record.pk)))
    theirs = inputs(page(two, at("record_record", record.pk)))
    two.post(at("record_record", record.pk), theirs | {f"item-{second.pk}-answer": ["OK"], "head-place": ["二楼"]})
    sent = mine | {f"item-{first.pk}-answer": ["OK"], "head-overall": ["秩序正常"]}
    answer = one.post(at("record_record", record.pk), sent)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.answer, second.answer) == ("OK", "OK")
    assert answer.status_code == 409  # only the head was changed by both
    assert "秩序正常" in answer.content.decode()
    record.refresh_from_db()
    assert (record.place, record.overall) == ("二楼", "")


def test_a_collision_shows_both_values_and_a_second_save_is_deliberate(record: InspectionRecord) -> None:
    section = x.section_of(record)
    client = signed_in(x.inspectors(section)[1])
    first = section.findings.first()
    data = inputs(page(client, at("record_record", record.pk)))
    entry.save_finding(
        actor=x.inspectors(section)[0], finding=first, answer="NOT_OK", text="无证", corrected=False, version=0
    )
    sent = data | {f"item-{first.pk}-answer": ["NOT_CHECKED"], f"item-{first.pk}-text_skip": ["设备<停用>"]}
    answer = client.post(at("record_record", record.pk), sent)
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "改为“不符合：无证”，您填的是“未检查：设备&lt;停用&gt;”" in html
    first.refresh_from_db()
    assert first.answer == "NOT_OK"
    again = inputs(html)
    assert again[f"item-{first.pk}-answer"] == ["NOT_CHECKED"]
    again[f"item-{first.pk}-text_skip"] = ["设备<停用>"]
    assert client.post(at("record_record", record.pk), again).status_code == 302
    first.refresh_from_db()
    assert (first.answer, first.text, first.version) == ("NOT_CHECKED", "设备<停用>", 2)


def test_a_wrong_time_keeps_everything_typed(record: InspectionRecord) -> None:
    section = x.section_of(record)
    client = signed_in(x.inspectors(section)[0])
    first = section.findings.first()
    data = inputs(page(client, at("record_record", record.pk))) | {
        f"item-{first.pk}-answer": ["NOT_OK"], f"item-{first.pk}-text_bad": ["无证"], "head-visit_from": ["下午两点"],
    }  # fmt: skip
    answer = client.post(at("record_record", record.pk), data)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "到达时间请按“2024-09-24 14:05”的样子填写。" in html
    assert "<title>错误：" in html
    kept = inputs(html)
    assert (kept[f"item-{first.pk}-answer"], kept[f"item-{first.pk}-text_bad"]) == (["NOT_OK"], ["无证"])
    order = data | {"head-visit_from": ["2024-09-24T15:02"], "head-visit_to": ["2024-09-24T14:05"]}
    answer = client.post(at("record_record", record.pk), order)
    assert answer.status_code == 409
    assert "检查结束时间早于开始时间" in answer.content.decode()
    assert inputs(answer.content.decode())["head-visit_to"] == ["2024-09-24T14:05"]


def test_an_answer_can_be_cleared_and_junk_is_not_an_answer(record: InspectionRecord) -> None:
    section = x.section_of(record)
    client = signed_in(x.inspectors(section)[0])
    first = section.findings.first()
    for value, status, stored in (("OK", 302, "OK"), ("", 302, ""), ("MAYBE", 409, "")):
        data = inputs(page(client, at("record_record", record.pk))) | {f"item-{first.pk}-answer": [value]}
        assert client.post(at("record_record", record.pk), data).status_code == status
        first.refresh_from_db()
        assert first.answer == stored


def test_missing_things_are_all_named_with_links(record: InspectionRecord) -> None:
    section = x.section_of(record)
    client = signed_in(x.inspectors(section)[0])
    html = page(client, at("record_check", record.pk))
    first = section.findings.first()
    assert f'href="{at("record_record", record.pk)}#item-{first.pk}"' in html
    assert f"{first.order} {first.item.name}：还没有填" in html
    refused = client.post(at("record_submit", record.pk), {"key": "0" * 32}, follow=True)
    assert "还没有填写任何内容" in refused.content.decode()


def test_a_refusal_is_registered(record: InspectionRecord) -> None:
    section = x.section_of(record)
    client = signed_in(x.fill(section))
    address = f"{at('record_sign', record.pk)}?refused=1"
    data = inputs(page(client, address)) | {"signature": ["REFUSED"], "refusal_reason": ["对结果有异议"]}
    html = client.post(address, data).content.decode()
    assert "请填写见证人姓名和单位；没有见证人的，请写明原因。" in html
    assert "对结果有异议" in html
    data |= {"witness_name": ["刘某"], "witness_unit": ["兴达社区"]}
    assert client.post(address, data).status_code == 302
    record.refresh_from_db()
    assert (record.signature, record.witness_name) == ("REFUSED", "刘某")


def test_assistants_and_files(record: InspectionRecord) -> None:
    section = x.section_of(record)
    client = signed_in(x.inspectors(section)[0])
    data = inputs(page(client, at("record_assistant", record.pk)))
    data |= {"name": ["赵某"], "unit": ["县电力公司"], "role": ["工程师"], "reason": ["线路检测"]}
    for _ in range(2):
        assert client.post(at("record_assistant", record.pk), data).status_code == 302
    assert section.assistants.count() == 1
    assert "请填写协助人员的" in client.post(at("record_assistant", record.pk), {"key": "1" * 32}).content.decode()

    address = f"{at('record_evidence', record.pk)}?finding={section.findings.first().pk}"
    page(client, address)
    files = [x.picture(), x.picture(colour=(1, 200, 3)), x.picture(name="坏.jpg")]
    files[2].file.truncate(10)
    files[2].size = 10
    answer = client.post(address, {"kind": "PHOTO", "files": files})
    assert "坏.jpg：打不开这张图片" in answer.content.decode()
    assert section.findings.first().evidence.count() == 2
    assert "请选择文件" in client.post(address, {"kind": "PHOTO"}).content.decode()


def test_strangers_get_404_and_others_403(record: InspectionRecord) -> None:
    stranger = signed_in(f.make_inspector(account=True).user)
    names = ["record_record", "record_check", "record_sign", "record_done", "record_assistant", "record_evidence"]
    for name in names:
        page(stranger, at(name, record.pk), 404)
    assert stranger.post(at("record_submit", record.pk)).status_code == 404
    admin = signed_in(f.make_user(Role.DEPT_ADMIN, department=f.make_department("WL")))
    page(admin, at("record_record", record.pk), 403)
    assert Client().get(at("record_today"))["Location"].startswith("/account/login/")
    assert stranger.get(at("record_submit", record.pk)).status_code == 405


def test_a_submitted_record_is_read_only_and_other_departments_are_readable(record: InspectionRecord) -> None:
    section, other = x.section_of(record), x.section_of(record, "GA")
    entry.save_finding(
        actor=x.inspectors(other)[0], finding=other.findings.first(), answer="NOT_OK", text="无监控", corrected=False,
        version=0,
    )  # fmt: skip
    client = signed_in(x.inspectors(section)[0])
    assert "无监控" in page(client, at("record_record", record.pk))
    section.state, section.submitted_at = SectionState.SUBMITTED, f.NOW
    section.save()
    html = page(client, at("record_record", record.pk))
    assert "内容已锁定" in html
    assert 'form="entry"' not in html


def test_due_words_when_the_year_is_not_loaded() -> None:
    record = x.make_record()
    section = x.section_of(record)
    client = signed_in(x.fill(section))
    assert "期限待定：2024年日历未录入" in page(client, at("record_today"))
    assert "期限待定：2024年日历未录入" in page(client, at("record_record", record.pk))


def test_as_many_queries_for_one_record_as_for_many() -> None:
    f.load_calendar()
    plan = f.make_plan()
    records = f.make_records(f.make_draw(plan, [f.make_enterprise() for _ in range(6)], teams=1))
    user = x.inspectors(x.section_of(records[0]))[0]
    client = signed_in(user)

    def count(name: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, at(name))
        return len(queries)

    many = [count("record_today"), count("record_list")]
    InspectionRecord.objects.exclude(pk=records[0].pk).update(state="CLOSED")
    assert [count("record_today"), count("record_list")] == many
    page(client, f"{at('record_list')}?page=junk")


def test_the_inbox(record: InspectionRecord) -> None:
    user = x.inspectors(x.section_of(record))[0]
    client = signed_in(user)
    Notice.objects.create(recipient=user, text="演示通知", at=f.NOW)
    assert "1 条未读" in page(client, at("record_me"))
    assert client.post(at("record_me")).status_code == 302
    assert "未读" not in page(client, at("record_me"))


def test_the_basis_and_the_last_result_are_folded(record: InspectionRecord) -> None:
    section = x.section_of(record)
    client = signed_in(x.inspectors(section)[0])
    shown = page(client, at("record_record", record.pk))
    assert shown.count('<details class="basis"><summary>依据</summary>') == section.findings.count() == 2
    for card in shown.split('<article class="item')[1:]:
        assert "《演示条例》第21条" in card.split("</details>")[0]
    assert "上次检查" not in shown
    PastInspection.objects.create(
        enterprise=record.selection.enterprise, department=section.department, day=dt.date(2023, 8, 15),
        result="发现问题已责令改正",
    )  # fmt: skip
    shown = page(client, at("record_record", record.pk))
    before, _, items = shown.partition('<details class="sec"')
    fold = before.rpartition("<details")[2]  # the last thing above the items, closed
    assert fold.startswith(' class="card"><summary>')
    assert "上次检查 2023年8月" in fold.partition("</summary>")[0]
    assert "2023年8月15日" in fold.partition("</summary>")[2]
    assert "发现问题已责令改正" in fold.partition("</summary>")[2]
    assert "上次检查" not in items


def test_the_rest_in_one_go_is_off_until_the_office_turns_it_on(record: InspectionRecord, settings: Any) -> None:
    client = signed_in(x.inspectors(x.section_of(record))[0])
    assert settings.REST_OK is False
    assert "其余全部符合" not in page(client, at("record_record", record.pk))
    settings.REST_OK = True
    assert "其余全部符合" in page(client, at("record_record", record.pk))


def test_paper_from_the_browser(record: InspectionRecord) -> None:
    user = x.inspectors(x.section_of(record))[0]
    client = signed_in(user)
    for address in (
        at("record_print", record.pk), f"{at('record_print', record.pk)}?blank=1",
        at("notice_print", x.section_of(record).pk), f"{at('print_batch')}?pk={record.pk}&pk=999999&pk=x",
    ):  # fmt: skip
        response = client.get(address)
        assert (response.status_code, response["Content-Type"], response.content[:5]) == (
            200,
            "application/pdf",
            b"%PDF-",
        )
    shown = page(client, at("record_list"))
    assert f'action="{at("print_batch")}"' in shown
    assert f'<input type="checkbox" name="pk" value="{record.pk}" form="print">' in shown
    assert 'name="pk"' not in page(client, at("record_today"))
    too_many = "&".join(f"pk={number}" for number in range(21))
    assert "一次最多直接打印 20 份，您选了 21 份" in page(client, f"{at('print_batch')}?{too_many}", 409)
    page(client, at("print_batch"), 409)
    stranger = signed_in(f.make_inspector(account=True).user)
    page(stranger, at("record_print", record.pk), 404)
    page(stranger, at("notice_print", x.section_of(record).pk), 404)
    page(stranger, f"{at('print_batch')}?pk={record.pk}", 404)
