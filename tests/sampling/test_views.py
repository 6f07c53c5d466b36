"""Pages of plans: who sees what, what is kept, what a double click does."""

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.enums import Role
from registry.errors import DomainError
from registry.models import AuditEvent, User
from registry.operations import new_key
from sampling import bundle, services
from sampling.enums import PlanState
from sampling.models import Draw, Plan, PlanAttachment, Roster
from tests import factories as f
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db
LEAD_PAGES = ("plan_edit", "plan_items", "plan_scope", "plan_people", "plan_check", "plan_freeze", "plan_cancel")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(name: str, *args: Any) -> str:
    return reverse(f"sampling:{name}", args=args)


def text(answer: Any) -> str:
    """The words of a page, tags and runs of blanks taken out."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())).strip()


@pytest.fixture
def plan() -> Plan:
    return p.county()


@pytest.fixture
def lead(plan: Plan) -> Client:
    return signed_in(plan.created_by)


def ceremony(key: str = "", digits: str = p.DIGITS) -> dict[str, str]:
    """What the page of the draw sends."""
    data = {f"group_{n + 1}": digits[n * 5 : n * 5 + 5] for n in range(8)}
    return data | {"key": key or new_key(), "witness_name_1": "见证人甲", "witness_unit_1": "演示县公证处"}


def test_the_empty_list_explains_the_five_steps() -> None:
    answer = signed_in(f.make_user(Role.LEAD)).get(url("plan_list"))
    assert "还没有抽查计划" in text(answer)
    assert re.findall(r"<b>(\d\. \S+)</b>", answer.content.decode()) == [
        "1. 名称和时间", "2. 检查事项", "3. 范围和比例", "4. 检查人员", "5. 核对并冻结",
    ]  # fmt: skip


def test_every_page_of_a_draft_opens_for_its_lead_bureau(plan: Plan, lead: Client) -> None:
    for name in (*LEAD_PAGES, "plan_detail"):
        assert (name, lead.get(url(name, plan.pk)).status_code) == (name, 200)


def test_another_lead_bureau_finds_nothing(plan: Plan) -> None:
    stranger = signed_in(f.make_user(Role.LEAD, department=f.make_department("GA")))
    for name in (*LEAD_PAGES, "plan_detail", "plan_draw", "plan_result", "plan_bundle", "plan_excluded"):
        assert (name, stranger.get(url(name, plan.pk)).status_code) == (name, 404)
    for name in ("plan_freeze", "plan_draw", "plan_cancel", "plan_copy", "plan_attach"):
        assert (name, stranger.post(url(name, plan.pk), {"key": new_key()}).status_code) == (name, 404)
    assert stranger.get(url("plan_list")).context["any"] is False


def test_the_auditor_reads_and_changes_nothing(plan: Plan) -> None:
    p.freeze(plan)
    p.draw(plan)
    auditor = signed_in(f.make_user(Role.AUDITOR))
    for name in ("plan_detail", "plan_result", "plan_bundle", "plan_excluded"):
        assert (name, auditor.get(url(name, plan.pk)).status_code) == (name, 200)
    for name in ("plan_freeze", "plan_draw", "plan_cancel", "plan_copy", "plan_attach"):
        assert (name, auditor.post(url(name, plan.pk), {"key": new_key()}).status_code) == (name, 403)


def test_a_department_sees_the_plan_from_its_dispatch_and_never_the_files(plan: Plan) -> None:
    admin = signed_in(f.make_user(Role.DEPT_ADMIN, department=f.make_department("GA")))
    assert admin.get(url("plan_detail", plan.pk)).status_code == 404
    p.freeze(plan)
    p.draw(plan)
    assert admin.get(url("plan_detail", plan.pk)).status_code == 404
    services.advance_plan(actor=plan.created_by, plan=plan, to=PlanState.DISPATCHED)
    page = admin.get(url("plan_detail", plan.pk))
    assert page.status_code == 200
    assert "抽取文件" not in text(page)
    assert [admin.get(url(name, plan.pk)).status_code for name in ("plan_result", "plan_bundle")] == [403, 403]


def test_the_list_asks_the_same_number_of_questions_for_1_and_50_plans() -> None:
    lead = f.make_user(Role.LEAD)
    client = signed_in(lead)
    f.make_plan(created_by=lead)
    client.get(url("plan_list"))
    with CaptureQueriesContext(
        connection,
    ) as one:
        client.get(url("plan_list"))
    for _ in range(49):
        f.make_plan(created_by=lead)
    with CaptureQueriesContext(connection) as fifty:
        answer = client.get(url("plan_list"))
    assert answer.context["page"].paginator.count == 50
    assert len(fifty) == len(one)


@pytest.mark.parametrize("page", ["0", "-1", "zz", "99999999999999999999", "２"])
def test_page_numbers_that_are_none_never_break_the_list(lead: Client, page: str) -> None:
    assert lead.get(url("plan_list"), {"page": page, "year": page, "state": page}).status_code == 200


# ---------------------------------------------------------------------------------------------------------- the wizard


def name_fields(**changes: Any) -> dict[str, Any]:
    data = {
        "key": new_key(), "task_name": "演示抽查", "plan_name": "", "document_number": "", "draw_type": "DIRECTED",
        "platform_plan_code": "", "platform_task_code": "HB-1", "period_from": "2024-06-10", "period_to": "2024-08-31",
        "summary_due": "", "not_before_hours": "24", "confirm_days": "2", "backfill_days": "5", "publish_days": "20",
        "sealed": "True", "basis": "依据", "content": "", "methods": "", "duties_and_rights": "",
    }  # fmt: skip
    return data | changes


def test_five_steps_from_nothing_to_a_frozen_list() -> None:
    p.at(p.FROZEN_AT)
    f.load_calendar(2024)
    lead = f.make_user(Role.LEAD)
    client = signed_in(lead)
    for _ in range(10):
        f.make_enterprise("A")
    item = f.make_item(f.make_department("WL"))
    for _ in range(5):
        f.make_inspector(f.make_department("WL"))
    answer = client.post(url("plan_new"), name_fields())
    plan = Plan.objects.get()
    assert answer.url == url("plan_items", plan.pk)
    assert (plan.plan_code, plan.task_code) == ("13082720241001", "130827202406031001")
    assert (plan.platform_task_code, plan.authority) == ("HB-1", "演示县市场监督管理局")
    step2 = {"key": new_key(), "departments": [plan.lead_id], "items": [item.pk]}
    assert client.post(url("plan_items", plan.pk), step2).url == url("plan_scope", plan.pk)
    rates = {f"rate_{grade}": "0" for grade in "BCDEN"} | {"rate_A": "１/3"}
    step3 = {"key": new_key(), "industries": ["INTERNET_CAFE"], "authority": plan.authority, "scheme": plan.scheme_id}
    assert client.post(url("plan_scope", plan.pk), step3 | rates).url == url("plan_people", plan.pk)
    step4 = {"key": new_key(), "seats": "2", "teams": "2"}
    assert client.post(url("plan_people", plan.pk), step4).url == url("plan_check", plan.pk)
    check = client.get(url("plan_check", plan.pk))
    assert (check.context["problems"], check.context["summary"].picks) == ([], 4)
    freeze = client.get(url("plan_freeze", plan.pk)).context["form"]
    data = {"key": freeze["key"].value(), "seen": freeze["seen"].value(), "checked": "on"}
    assert client.post(url("plan_freeze", plan.pk), data).url == url("plan_frozen", plan.pk)
    roster = Roster.objects.get()
    assert (roster.total, roster.counts) == (10, {"A": 10})
    page = client.get(url("plan_detail", plan.pk))
    assert roster.files.get(name="roster").sha256 in page.content.decode()


def test_what_was_typed_is_kept_beside_the_error(plan: Plan, lead: Client) -> None:
    answer = lead.post(url("plan_edit", plan.pk), name_fields(task_name="新名称", period_to="2024-06-01"))
    assert answer.status_code == 200
    assert answer.context["form"].errors == {"period_to": ["抽查时间的结束日期早于开始日期，请核对。"]}
    assert 'value="新名称"' in answer.content.decode()
    assert Plan.objects.get(pk=plan.pk).task_name != "新名称"


def test_a_start_in_the_past_is_refused_for_a_new_plan(lead: Client) -> None:
    answer = lead.post(url("plan_new"), name_fields(period_from="2024-06-02"))
    assert answer.context["form"].non_field_errors() == ["抽查开始日期已经过去，请改为今天或以后。"]
    assert Plan.objects.count() == 1


def test_a_double_click_makes_one_plan(lead: Client) -> None:
    data = name_fields()
    first, second = lead.post(url("plan_new"), data), lead.post(url("plan_new"), data)
    assert first.url == second.url
    assert Plan.objects.count() == 2


def scope_fields(plan: Plan, rate: str = "50", **changes: Any) -> dict[str, Any]:
    data = {"key": new_key(), "industries": ["INTERNET_CAFE"], "authority": plan.authority, "scheme": plan.scheme_id,
            "registered_before": "2024-06-01"}  # fmt: skip
    return data | {f"rate_{grade}": rate for grade in "ABCDEN"} | changes


def test_the_live_count_counts_what_is_typed_and_saves_nothing(plan: Plan, lead: Client) -> None:
    before = AuditEvent.objects.count()
    part = lead.get(url("plan_scope_count", plan.pk), scope_fields(plan, "100"))
    assert part.context["summary"].picks == 10
    page = lead.post(url("plan_scope", plan.pk), scope_fields(plan, "100", then="count"))
    assert (page.status_code, page.context["summary"].picks) == (200, 10)
    assert lead.get(url("plan_scope", plan.pk)).context["summary"].picks == 7
    assert AuditEvent.objects.count() == before


def test_the_live_count_survives_junk(plan: Plan, lead: Client) -> None:
    for data in ({}, {"rate_A": "x"}, {"scheme": "zz", "industries": ["无"], "registered_before": "昨天"}):
        assert lead.get(url("plan_scope_count", plan.pk), data).status_code == 200
        assert lead.get(url("plan_people_count", plan.pk), data | {"seats": "-1", "teams": "0"}).status_code == 200


def test_a_wrong_rate_is_named_with_its_grade(plan: Plan, lead: Client) -> None:
    answer = lead.post(url("plan_scope", plan.pk), scope_fields(plan, rate_C="一半", rate_D="101", rate_E=""))
    assert answer.context["form"].errors == {
        "rate_C": ["比例请写百分数，如 2、2.5；或写分数，如 1/3；不抽取写 0。"],
        "rate_D": ["比例不能超过 100%。"],
        "rate_E": ["请填写E级的比例；不抽取写 0。"],
    }


def test_a_directed_plan_names_its_industries(plan: Plan, lead: Client) -> None:
    answer = lead.post(url("plan_scope", plan.pk), scope_fields(plan, industries=[]))
    assert answer.context["form"].errors == {"industries": ["定向抽查至少要勾选 1 个行业。"]}
    assert plan.industries.count() == 1


def test_too_few_people_are_told_in_words(plan: Plan, lead: Client) -> None:
    page = lead.post(url("plan_people", plan.pk), {"key": new_key(), "seats": "2", "teams": "3", "then": "count"})
    assert page.context["summary"].problems == [
        "旅文广电局只有 5 名可抽取人员，每队 2 人、3 队需要 6 人",
        "公安局只有 5 名可抽取人员，每队 2 人、3 队需要 6 人",
    ]


# ----------------------------------------------------------------------------------------------- freeze, draw, result


def test_a_registry_that_changed_since_the_look_is_shown_again(plan: Plan, lead: Client) -> None:
    form = lead.get(url("plan_freeze", plan.pk)).context["form"]
    data = {"key": form["key"].value(), "seen": form["seen"].value(), "checked": "on"}
    f.make_enterprise("A")
    answer = lead.post(url("plan_freeze", plan.pk), data)
    assert answer.context["form"].non_field_errors() == [
        "名录在您核对之后有变化，下面是现在的数字，请重新核对后再冻结。"
    ]
    assert Roster.objects.count() == 0
    again = answer.context["form"]
    data = {"key": again["key"].value(), "seen": again["seen"].value(), "checked": "on"}
    assert lead.post(url("plan_freeze", plan.pk), data).status_code == 302
    assert Roster.objects.get().total == 11


def test_freezing_without_the_tick_is_refused(plan: Plan, lead: Client) -> None:
    answer = lead.post(url("plan_freeze", plan.pk), {"key": new_key(), "seen": "x"})
    assert answer.context["form"].errors == {"checked": ["请核对后勾选“我已核对”。"]}
    assert Roster.objects.count() == 0


def test_the_draw_by_its_page_once(plan: Plan, lead: Client) -> None:
    p.freeze(plan)
    p.at(p.DRAWN_AT)
    assert lead.get(url("plan_draw", plan.pk)).status_code == 200
    data = ceremony()
    first, second = lead.post(url("plan_draw", plan.pk), data), lead.post(url("plan_draw", plan.pk), data)
    assert (first.url, second.url) == (url("plan_show", plan.pk),) * 2
    draw = Draw.objects.get()
    assert (draw.digits, draw.witnesses) == (p.DIGITS, [{"name": "见证人甲", "unit": "演示县公证处"}])
    later = lead.get(url("plan_draw", plan.pk), follow=True)
    assert later.redirect_chain == [(url("plan_result", plan.pk), 302)]
    assert f"该计划已于 2024年6月4日（周二）10:06:00 由 {plan.created_by} 抽取，结果如下。" in text(later)


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"group_3": "1234"}, {"group_3": ["第 3 组要 5 位数字（0 到 9）。"]}),
        ({"group_8": "12３45"}, {"group_8": ["第 8 组要 5 位数字（0 到 9）。"]}),
        ({"witness_name_1": "", "witness_unit_1": ""}, {"witness_name_1": ["至少要有 1 名见证人，请填写姓名和单位。"]}),
        ({"witness_name_2": "乙"}, {"witness_unit_2": ["见证人的姓名和单位都要填写。"]}),
    ],
)
def test_the_page_of_the_draw_refuses(
    plan: Plan, lead: Client, changes: dict[str, str], errors: dict[str, list[str]]
) -> None:
    p.freeze(plan)
    p.at(p.DRAWN_AT)
    answer = lead.post(url("plan_draw", plan.pk), ceremony() | changes)
    assert answer.context["form"].errors == errors
    assert Draw.objects.count() == 0


def test_a_draw_before_its_time_says_when(plan: Plan, lead: Client) -> None:
    p.freeze(plan)
    p.at(p.FROZEN_AT + dt.timedelta(hours=23, minutes=59))
    answer = lead.post(url("plan_draw", plan.pk), ceremony())
    assert answer.context["form"].non_field_errors() == [
        "冻结后至少 24 小时才能抽取，供各方核对名单；最早 2024-06-04 10:00 可以抽取。"
    ]


def test_get_draws_nothing(plan: Plan, lead: Client) -> None:
    p.freeze(plan)
    p.at(p.DRAWN_AT)
    lead.get(url("plan_draw", plan.pk), ceremony())
    assert Draw.objects.count() == 0


def test_the_result_shows_picks_in_drawn_order_with_their_teams(plan: Plan, lead: Client) -> None:
    p.freeze(plan)
    draw = p.draw(plan)
    page = lead.get(url("plan_result", plan.pk))
    shown = [(row.enterprise.uscc, row.rank, row.match.team) for one in page.context["strata"] for row in one["main"]]
    lines = bundle.parse(services.bundle_files(draw.roster)["result"], "result").rows
    picks = [(row[3], int(row[2]), int(row[5])) for row in lines if row[0] == "pick"]
    assert shown == picks
    assert page.context["dots"].drawn == len(picks)
    assert page.content.decode().count('class="dot on"') == len(picks)
    assert draw.result_digest in page.content.decode()


def test_who_took_a_seat_or_dropped_out_stands_by_no_longer(plan: Plan, lead: Client) -> None:
    p.freeze(plan)
    draw = p.draw(plan)
    seated = draw.members.filter(kind="MAIN", department__code="GA")[0]
    event = services.replace_inspector(actor=plan.created_by, member=seated, code="sick", reason="病假条")
    waiting = draw.members.get(kind="RESERVE", department__code="WL")
    before = lead.get(url("plan_result", plan.pk)).context["teams"][-1]["standby"]
    assert event.substitute_member is not None
    assert before == [waiting]
    services.replace_inspector(actor=plan.created_by, member=waiting, code="leave", reason="请假")
    assert lead.get(url("plan_result", plan.pk)).context["teams"][-1]["standby"] == []


def test_single_files_are_those_of_the_bundle(plan: Plan, lead: Client) -> None:
    p.freeze(plan)
    draw = p.draw(plan)
    auditor = signed_in(f.make_user(Role.AUDITOR))
    everything = services.bundle_files(draw.roster)
    assert {"roster", "names", "log"} <= set(everything)
    for client, files in ((auditor, everything), (lead, {k: v for k, v in everything.items() if k != "names"})):
        page = client.get(url("plan_detail", plan.pk)).content.decode()
        listed = re.findall(rf'href="{url("plan_detail", plan.pk)}wenjian/([a-z0-9-]+)\.tsv\?lun=1"', page)
        assert sorted(listed) == sorted(files)
        for name, content in files.items():
            answer = client.get(url("plan_file", plan.pk, name))
            assert (answer.content, answer["Cache-Control"]) == (content, "no-store")
            assert answer["Content-Disposition"] == f'attachment; filename="{draw.roster.draw_id}-{name}.tsv"'
    assert lead.get(url("plan_file", plan.pk, "names")).status_code == 404  # draw.md §2.2: the auditor's alone
    assert lead.get(url("plan_file", plan.pk, "secret")).status_code == 404


def test_a_sealed_number_is_no_file_for_anybody_before_the_reveal() -> None:
    draw = p.sealed_draw()
    plan, roster = draw.plan, draw.roster
    readers = (signed_in(plan.created_by), signed_in(f.make_user(Role.AUDITOR)))
    for client in readers:
        assert client.get(url("plan_file", plan.pk, "nonces")).status_code == 404
        assert client.get(url("plan_file", plan.pk, "result")).status_code == 200
    p.at(roster.reveal_by)
    services.reveal_due()
    for client in readers:
        assert client.get(url("plan_file", plan.pk, "nonces")).content == services.bundle_files(roster)["nonces"]


def test_the_downloaded_bundle_verifies(plan: Plan, lead: Client, tmp_path: Path) -> None:
    p.freeze(plan)
    draw = p.draw(plan)
    answer = lead.get(url("plan_bundle", plan.pk))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / draw.roster.draw_id
    assert bundle.verify_folder(folder).picks == draw.selections.filter(kind="MAIN").count()
    assert not (folder / "names.tsv").exists()  # draw.md §2.2: the auditor's alone


def test_a_file_is_chosen_in_chinese_whatever_the_browser_speaks(plan: Plan, lead: Client) -> None:
    page = lead.get(url("plan_detail", plan.pk)).content.decode()
    zone = re.search(r'<div class="dropzone">.*?</div>', page, re.S)[0]
    assert "选择文件 ，或把文件拖到这里" in re.sub(r"(<[^>]+>\s*)+", " ", zone)
    assert re.search(r'<span data-chosen>[^<]*</span></span>\s*<input type="file" name="upload"', zone)


def test_the_list_of_exclusions_is_harmless_in_a_spreadsheet(plan: Plan, lead: Client) -> None:
    f.make_enterprise("A", name="=cmd()", industries=("CINEMA",))
    rows = lead.get(url("plan_excluded", plan.pk)).content.decode("utf-8-sig").splitlines()
    assert rows[0] == "统一社会信用代码,名称,未列入的原因"
    assert [row.split(",")[1:] for row in rows[1:]] == [["'=cmd()", "行业不在范围"]]
    p.freeze(plan)
    assert lead.get(url("plan_excluded", plan.pk)).content.decode("utf-8-sig").splitlines() == rows


# -------------------------------------------------------------------------------------- preset, copy, cancel, documents


DAYS = {"period_from": "2024-07-01", "period_to": "2024-08-30"}


def test_the_preset_asks_for_its_days_and_makes_one_draft() -> None:
    lead, plan = p.notice(people=0)
    client = signed_in(lead)
    page = client.get(url("preset_new"))
    assert page.context["form"]["task_name"].value() == f"{plan.task_name}（第 2 批）"
    assert [page.context["form"][name].value() for name in DAYS] == [None, None]
    data = {"key": new_key(), "task_name": "第三季度抽查", **DAYS}
    assert client.post(url("preset_new"), {"key": new_key(), "task_name": "x"}).context["form"].errors == {
        "period_from": ["请填写抽查开始日期。"], "period_to": ["请填写抽查结束日期。"],
    }  # fmt: skip
    assert client.post(url("preset_new"), data).url == client.post(url("preset_new"), data).url
    assert Plan.objects.count() == 2
    newest = Plan.objects.order_by("-pk")[0]
    assert (newest.task_name, newest.period_to, newest.items.count()) == (
        "第三季度抽查", dt.date(2024, 8, 30), plan.items.count(),
    )  # fmt: skip
    assert client.get(url("plan_check", newest.pk)).status_code == 200


def test_a_copy_asks_for_its_days_first(plan: Plan, lead: Client) -> None:
    page = lead.get(url("plan_copy", plan.pk))
    assert (Plan.objects.count(), page.context["form"]["period_from"].value()) == (1, None)
    name = page.context["form"]["task_name"].value()
    past = {"key": new_key(), "task_name": name, "period_from": "2024-06-01", "period_to": "2024-08-30"}
    assert lead.post(url("plan_copy", plan.pk), past).context["form"].non_field_errors() == [
        "抽查开始日期已经过去，请改为今天或以后。",
    ]  # fmt: skip
    assert Plan.objects.count() == 1


def test_a_copy_has_fresh_numbers_and_the_same_scope(plan: Plan, lead: Client) -> None:
    answer = lead.post(url("plan_copy", plan.pk), {"key": new_key(), "task_name": "另一个任务", **DAYS})
    copy = Plan.objects.get(copied_from=plan)
    assert answer.url == url("plan_edit", copy.pk)
    assert copy.task_code != plan.task_code
    assert {row.grade: row.fraction for row in copy.rates.all()} == p.RATES
    assert list(copy.items.all()) == list(plan.items.all())


def test_cancelling_asks_why(plan: Plan, lead: Client) -> None:
    assert lead.post(url("plan_cancel", plan.pk), {"key": new_key()}).context["form"].errors == {
        "reason": ["请填写取消的理由。"]
    }
    lead.post(url("plan_cancel", plan.pk), {"key": new_key(), "reason": "重复立项"})
    plan.refresh_from_db()
    assert (plan.state, plan.cancelled_reason) == (PlanState.CANCELLED, "重复立项")
    assert "重复立项" in text(lead.get(url("plan_detail", plan.pk)))
    assert lead.get(url("plan_edit", plan.pk)).url == url("plan_detail", plan.pk)


def upload(content: bytes = b"%PDF-1.7 x", name: str = "文书.pdf") -> Callable[[Plan], dict[str, Any]]:
    def data(plan: Plan) -> dict[str, Any]:
        return {"key": new_key(), "department": plan.lead_id, "title": "检查记录",
                "upload": SimpleUploadedFile(name, content)}  # fmt: skip

    return data


def test_a_document_is_taken_back_with_a_reason(plan: Plan, lead: Client) -> None:
    lead.post(url("plan_attach", plan.pk), upload()(plan))
    row = PlanAttachment.objects.get()
    path = Path(row.file.path)
    other = f.make_user(Role.DEPT_ADMIN, department=row.department)
    assert signed_in(other).post(url("plan_detach", row.pk), {"reason": "错了"}).status_code == 404  # a draft
    with pytest.raises(DomainError, match="只能由上传人或牵头部门撤下"):
        services.detach_document(actor=other, attachment=row, reason="错了")
    assert lead.post(url("plan_detach", row.pk), {"reason": " "}).status_code == 409
    assert (PlanAttachment.objects.count(), path.exists()) == (1, True)
    with TestCase.captureOnCommitCallbacks(execute=True):
        assert lead.post(url("plan_detach", row.pk), {"reason": "传错了版本"}).status_code == 302
    assert (PlanAttachment.objects.count(), path.exists()) == (0, False)
    event = AuditEvent.objects.get(action="撤下现场检查文书")
    assert (event.reason, event.before["sha256"], event.object_id) == ("传错了版本", row.sha256, str(row.pk))
    assert lead.post(url("plan_detach", row.pk), {"reason": "再点一次"}).status_code == 404


def test_a_document_is_attached_and_handed_to_readers_only(plan: Plan, lead: Client) -> None:
    assert lead.post(url("plan_attach", plan.pk), upload()(plan)).status_code == 302
    row = PlanAttachment.objects.get()
    answer = lead.get(url("plan_attachment", row.pk))
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 x"
    assert answer["Content-Disposition"].startswith("attachment")
    stranger = signed_in(f.make_user(Role.LEAD, department=f.make_department("GA")))
    assert stranger.get(url("plan_attachment", row.pk)).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "error"),
    [
        (b"MZ", "a.exe", "只收 PDF、Word（.docx、.doc、.wps）、Excel（.xlsx）和图片（.jpg、.png），请另存后再上传。"),
        (b"MZ", "a.pdf", "这个文件的内容不是 pdf 格式，可能改过扩展名或已损坏，请重新保存后再上传。"),
    ],
)
def test_other_documents_are_refused(plan: Plan, lead: Client, content: bytes, name: str, error: str) -> None:
    answer = lead.post(url("plan_attach", plan.pk), upload(content, name)(plan))
    assert answer.context["attach"].non_field_errors() == [error]
    assert PlanAttachment.objects.count() == 0


# ---------------------------------------------------------------------------------------------------------------- admin


def test_a_draft_is_mended_with_a_reason_and_a_frozen_plan_is_closed(plan: Plan) -> None:
    admin = signed_in(f.make_user(Role.SYSADMIN, is_staff=True, is_superuser=True))
    page = f"/xiufu/sampling/plan/{plan.pk}/change/"
    assert 'name="repair_reason"' in admin.get(page).content.decode()
    p.freeze(plan)
    closed = admin.get(page)
    assert (closed.status_code, 'name="_save"' in closed.content.decode()) == (200, False)
    roster = Roster.objects.get()
    assert admin.post(f"/xiufu/sampling/roster/{roster.pk}/change/", {"total": 1}).status_code == 403
