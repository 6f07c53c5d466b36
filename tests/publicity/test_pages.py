"""Pages: what the public may see, without cookies; who may open the desks; junk never breaks them."""

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inspections.models import DepartmentSection, InspectionRecord
from publicity.models import ExportJob, Feedback, Publication
from publicity.services import correct_publication, feedback, publish_records, request_export, submit_feedback
from registry.enums import Role
from registry.models import Enterprise
from registry.operations import new_key
from sampling.models import Plan
from tests.factories import make_department, make_plan, make_user
from tests.publicity.scene import PLANTED, Campaign, make_campaign, when

pytestmark = pytest.mark.django_db
LISTS = ["home", "plan_list", "draw_list", "result_list", "enterprise", "method", "accessibility", "log_head",
         "result_csv"]  # fmt: skip
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>{{7*7}}javascript:alert(3)'


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode()


def public_urls(campaign: Campaign) -> list[str]:
    uscc = campaign.enterprises[0].uscc
    return [
        *(reverse(f"publicity:{name}") for name in LISTS),
        reverse("publicity:plan_detail", args=[campaign.plan.pk]),
        reverse("publicity:draw_detail", args=[campaign.draw.roster.draw_id]),
        reverse("publicity:result_detail", args=[campaign.plan.pk, uscc]),
        reverse("publicity:enterprise") + "?q=演示",
    ]


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_public_pages_set_no_cookie_and_may_be_cached() -> None:
    campaign = make_campaign()
    for url in public_urls(campaign):
        for client in (Client(), signed_in(campaign.lead)):
            response = client.get(url)
            assert response.status_code == 200 or (response.status_code == 302 and "qiye" in url), url
            assert list(response.cookies) == [], url
            if response.status_code == 200:
                assert "public" in response["Cache-Control"], url
                assert campaign.lead.name not in text_of(response), url


def test_a_page_that_has_not_changed_is_not_sent_again() -> None:
    make_campaign()
    first = Client().get("/")
    again = Client().get("/", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_names_are_public_only_once_published() -> None:
    campaign = make_campaign(publish=1)
    everything = "".join(text_of(Client().get(url)) for url in public_urls(campaign))
    assert campaign.enterprises[0].name in everything
    for other in campaign.enterprises[1:]:
        assert other.name not in everything
        assert other.uscc not in everything
        assert Client().get(reverse("publicity:result_detail", args=[campaign.plan.pk, other.uscc])).status_code == 404
        assert other.name not in text_of(Client().get(reverse("publicity:enterprise"), {"q": other.uscc}))


def test_no_public_page_shows_persons_or_grades() -> None:
    campaign = make_campaign(publish=2)
    people = [member.inspector.name for member in campaign.draw.members.select_related("inspector")]
    for url in public_urls(campaign):
        page = text_of(Client().get(url, follow=True))
        for secret in [*PLANTED.values(), *people, "令狐冲丙", "A级", "E级", "未评级"]:
            assert secret not in page, (url, secret)


def test_result_page_keeps_the_old_version_struck_through() -> None:
    campaign = make_campaign()
    record = campaign.records[0]
    record.sections.get(department__code="GA").results.update(code="NO_PROBLEM")
    correct_publication(actor=campaign.lead, record=record, reason="经核实当时符合要求")
    url = reverse("publicity:result_detail", args=[campaign.plan.pk, campaign.enterprises[0].uscc])
    page = text_of(Client().get(url))
    assert '<del class="del">发现问题已责令改正</del> <ins class="ins">未发现问题</ins>' in page
    assert page.count("经核实当时符合要求") == 2
    assert "第 1 版" in page


def test_plan_page_says_what_the_notice_asks() -> None:
    campaign = make_campaign()
    words = {"basis": "依据甲", "content": "内容乙", "methods": "方式丙", "duties_and_rights": "义务和权利丁"}
    Plan.objects.filter(pk=campaign.plan.pk).update(**words)
    page = text_of(Client().get(reverse("publicity:plan_detail", args=[campaign.plan.pk])))
    for word in [
        *words.values(),
        "演示县旅游和文化广电局（牵头）、演示县公安局",
        "2024年6月1日至2024年10月31日",
        "/gs/fankui/?kind=REPORT",
    ]:
        assert word in page
    assert Client().get(reverse("publicity:plan_detail", args=[make_plan().pk])).status_code == 404


JUNK = ["page=-1", "page=x", f"page={'9' * 40}", "year=abc", f"year={'9' * 30}", "q=%00", "department=%27",
        "industry=999", f"q={'x' * 5000}", "page[]=1&year[]=2", "q=%ED%A0%80", f"plan={'9' * 30}", "tab=zzz",
        "as_of=2024-99-99", "as_of=%00", "as_of=2999-01-01"]  # fmt: skip


@pytest.mark.parametrize("query", JUNK)
def test_junk_in_the_address_is_never_an_error(query: str) -> None:
    campaign = make_campaign()
    lead = signed_in(campaign.lead)
    for name in LISTS:
        assert Client().get(reverse(f"publicity:{name}") + "?" + query).status_code in (200, 302)
    for name in ("publish_list", "feedback_list", "export_list", "export_new", "stats_overview"):
        assert lead.get(reverse(f"publicity:{name}") + "?" + query).status_code in (200, 404)


UNKNOWN = ["/gs/jihua/99999999999999999999999/", "/gs/chouqu/nein/", "/gs/chouqu/%00/", "/gs/fankui/x/",
           "/gs/jieguo/1/abc/", "/gs/jieguo/99999999999999999999999/abc/"]  # fmt: skip


@pytest.mark.parametrize("path", UNKNOWN)
def test_unknown_things_are_404(path: str) -> None:
    assert Client().get(path).status_code == 404


@pytest.mark.parametrize("name", ["home", "plan_list", "draw_list", "result_list", "enterprise"])
def test_public_lists_need_the_same_queries_for_any_number_of_rows(name: str) -> None:
    counts = []
    for size in (1, 12):
        campaign = make_campaign(2)
        _more_publications(campaign, size)
        with CaptureQueriesContext(connection) as queries:
            assert (
                Client()
                .get(reverse(f"publicity:{name}"), {"q": "演示", "list": "1"} if name == "enterprise" else {})
                .status_code
                == 200
            )
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 16


def _more_publications(campaign: Campaign, size: int) -> None:
    """``size`` more campaigns' worth of published enterprises."""
    for _ in range(size):
        make_campaign(1)


@pytest.mark.parametrize("tab", ["ready", "waiting", "changed", "done"])
def test_the_desk_needs_the_same_queries_for_any_number_of_rows(tab: str) -> None:
    campaign = make_campaign(2, publish=0)
    client = signed_in(campaign.lead)
    counts = []
    for round_ in (1, 12):
        for _ in range(round_):
            one = make_campaign(3, publish=0 if tab in ("ready", "waiting") else 1)
            if tab == "changed":
                late = dt.datetime(2024, 6, 20, tzinfo=dt.UTC)
                DepartmentSection.objects.filter(record=one.records[0]).update(submitted_at=late)
        with CaptureQueriesContext(connection) as queries, when("2024-06-18 11:00"):
            response = client.get(reverse("publicity:publish_list"), {"tab": tab})
        assert len(response.context["rows"]) > 0
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", ["feedback_list", "export_list"])
def test_staff_lists_need_the_same_queries_for_any_number_of_rows(name: str) -> None:
    campaign = make_campaign()
    client = signed_in(campaign.lead)
    counts = []
    for size in (1, 15):
        for _ in range(size):
            submit_feedback(kind="REPORT", subject="x", text="y", plan=campaign.plan)
            request_export(actor=campaign.lead, plan=campaign.plan, kind="results_json")
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(f"publicity:{name}"))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_publish_from_the_desk_twice_with_one_key_has_one_effect() -> None:
    campaign = make_campaign(publish=0)
    client = signed_in(campaign.lead)
    url = reverse("publicity:publish_list")
    with when("2024-06-18 11:00"):
        page = client.get(url)
        assert [row["record"] for row in page.context["rows"]] == campaign.records[:2]
        data = {"key": page.context["key"], "pk": [record.pk for record in campaign.records[:2]]}
        for _ in range(2):
            response = client.post(url, data, follow=True)
            assert "已公示 2 家，公众现在就能看到。" in text_of(response)
        assert Publication.objects.count() == 2
        refused = client.post(url, {"key": new_key(), "pk": [campaign.records[2].pk]}, follow=True)
        assert "没有复核完" in text_of(refused)
    assert Publication.objects.count() == 2


def test_correction_page_shows_the_difference_and_keeps_what_was_typed() -> None:
    campaign = make_campaign()
    record = campaign.records[0]
    client, url = signed_in(campaign.lead), reverse("publicity:correct", args=[campaign.records[0].pk])
    assert "内容没有变化" in text_of(client.get(url))
    record.sections.get(department__code="GA").results.update(code="PENDING")
    assert '<ins class="ins">发现问题待后续处理</ins>' in text_of(client.get(url))
    assert client.post(url, {"reason": "", "key": new_key()}).context["form"].errors["reason"]
    assert "页面已过期" in text_of(client.post(url, {"reason": "理由写好了", "key": "short"}))
    done = client.post(url, {"reason": "复查发现", "key": new_key()}, follow=True)
    assert "已更正，现在公示的是第 2 版" in text_of(done)
    assert Publication.objects.current().get(record=record).reason == "复查发现"


STAFF = {
    "publish_list": {"lead", "auditor"},
    "feedback_list": {"lead", "auditor"},
    "stats_overview": {"lead", "auditor", "dept_admin"},
    "export_list": {"lead", "auditor", "dept_admin", "sysadmin"},
    "export_new": {"lead", "dept_admin"},
}


@pytest.mark.parametrize("name", STAFF)
def test_who_may_open_the_desks(name: str) -> None:
    make_campaign()
    url = reverse(f"publicity:{name}")
    assert Client().get(url).status_code == 302
    for role in (Role.LEAD, Role.AUDITOR, Role.DEPT_ADMIN, Role.INSPECTOR, Role.SYSADMIN):
        expected = 200 if role.value in STAFF[name] else 403
        assert signed_in(make_user(role)).get(url).status_code == expected, role


def test_strangers_get_404_and_the_auditor_changes_nothing() -> None:
    campaign = make_campaign()
    job = request_export(actor=campaign.lead, plan=campaign.plan, kind="results_json")
    letter = submit_feedback(kind="REPORT", subject="甲", text="乙", plan=campaign.plan)
    pages = [
        reverse("publicity:publish_preview", args=[campaign.records[0].pk]),
        reverse("publicity:correct", args=[campaign.records[0].pk]),
        reverse("publicity:plan_summary", args=[campaign.plan.pk]),
        reverse("publicity:stats_chart", args=[campaign.plan.pk, "bumen"]),
        reverse("publicity:feedback_answer", args=[letter.pk]),
        reverse("publicity:export_file", args=[job.pk]),
    ]
    stranger = signed_in(make_user(Role.LEAD, department=make_department("SJ")))
    assert [stranger.get(url).status_code for url in pages] == [404] * len(pages)
    auditor = signed_in(campaign.auditor)
    assert [auditor.get(url).status_code for url in pages] == [200, 200, 200, 200, 200, 409]
    writing = [*pages[:3], pages[4], reverse("publicity:publish_list"), reverse("publicity:export_new")]
    assert {auditor.post(url, {"key": new_key()}).status_code for url in writing} <= {403, 405}
    assert (Publication.objects.count(), ExportJob.objects.count()) == (1, 1)


def test_statistics_page_shows_grades_to_lead_and_auditor_only() -> None:
    campaign = make_campaign()
    url = reverse("publicity:stats_overview")
    pages = {user.pk: text_of(signed_in(user).get(url, {"as_of": "2024-06-18"}))
             for user in (campaign.lead, campaign.auditor, campaign.admin)}  # fmt: skip
    for user in (campaign.lead, campaign.auditor):
        assert "T3 风险等级表" in pages[user.pk]
        assert "A级" in pages[user.pk]
    assert "T3" not in pages[campaign.admin.pk]
    assert "A级" not in pages[campaign.admin.pk]
    assert "T5 检查对象明细" in pages[campaign.admin.pk]
    warned = text_of(signed_in(campaign.lead).get(url, {"as_of": "2999-01-01"}))
    assert "在今天以后，请选今天或以前的日期。" in warned


def test_chart_has_its_own_url_with_etag() -> None:
    campaign = make_campaign()
    client, url = signed_in(campaign.lead), reverse("publicity:stats_chart", args=[campaign.plan.pk, "jieduan"])
    first = client.get(url, {"as_of": "2024-06-18"})
    assert first["Content-Type"] == "image/svg+xml"
    assert client.get(url, {"as_of": "2024-06-18"}, headers={"if-none-match": first["ETag"]}).status_code == 304
    assert client.get(url.replace("jieduan", "nichts")).status_code == 404


def test_export_from_the_page_to_the_file() -> None:
    from publicity.services import build_export

    campaign = make_campaign()
    client = signed_in(campaign.lead)
    data = {"plan": campaign.plan.pk, "kind": "results_json", "key": new_key()}
    assert "已开始生成" in text_of(client.post(reverse("publicity:export_new"), data, follow=True))
    client.post(reverse("publicity:export_new"), data)
    job = ExportJob.objects.get()
    url = reverse("publicity:export_file", args=[job.pk])
    assert client.get(url).status_code == 409
    build_export(job.pk)
    response = client.get(url)
    assert text_of(response).startswith("[\n{")
    assert "filename*=utf-8''" in response["Content-Disposition"].lower()
    assert response["Cache-Control"] == "no-store"
    with when("2030-01-01 00:00"):
        assert "已经过期" in text_of(signed_in(campaign.lead).get(url))
    assert "results_json" in text_of(
        client.post(reverse("publicity:export_new"), {**data, "plan": "999999", "key": new_key()})
    )


def test_hostile_words_are_only_words_on_every_page() -> None:
    campaign = make_campaign(publish=0)
    Enterprise.objects.filter(pk=campaign.enterprises[0].pk).update(name=HOSTILE)
    Plan.objects.filter(pk=campaign.plan.pk).update(
        task_name=HOSTILE, plan_name=HOSTILE, basis=HOSTILE, cancelled_reason=HOSTILE
    )
    section = campaign.records[0].sections.first()
    DepartmentSection.objects.filter(pk=section.pk).update(result_note=HOSTILE)
    section.findings.update(answer="NOT_OK", text=HOSTILE)
    record = InspectionRecord.objects.get(pk=campaign.records[0].pk)
    with when("2024-06-18 10:00"):
        publish_records(actor=campaign.lead, records=[record])
    letter = submit_feedback(kind="REPORT", subject=HOSTILE, text=HOSTILE, contact=HOSTILE, plan=campaign.plan)
    request_export(actor=campaign.lead, plan=campaign.plan, kind="statistics_xlsx", parameters={"as_of": "2024-06-18"})
    staff = [reverse(f"publicity:{name}") for name in STAFF] + [
        reverse("publicity:publish_list") + "?tab=done",
        reverse("publicity:publish_preview", args=[record.pk]),
        reverse("publicity:correct", args=[record.pk]),
        reverse("publicity:feedback_answer", args=[letter.pk]),
        reverse("publicity:plan_summary", args=[campaign.plan.pk]),
        reverse("publicity:stats_overview") + "?as_of=2024-06-18",
    ]
    about = reverse("publicity:feedback") + f"?plan={campaign.plan.pk}"
    lead, shown = signed_in(campaign.lead), 0
    for client, urls in ((Client(), [*public_urls(campaign), about]), (lead, staff)):
        for url in urls:
            response = client.get(url, {"q": HOSTILE} if url.endswith("/qiye/") else None)
            page = text_of(response)
            if not response["Content-Type"].startswith("text/html"):
                continue
            assert "<script>alert" not in page, url
            assert "<img src=x" not in page, url
            assert "49javascript" not in page, url
            shown += "&lt;script&gt;alert(1)" in page
    assert shown >= 12


def test_feedback_from_the_form_to_the_answer() -> None:
    campaign = make_campaign()
    publication = campaign.publications[0]
    url = reverse("publicity:feedback")
    page = Client().get(url, {"result": publication.pk, "kind": "OBJECTION"})
    key = page.context["form"].initial["key"]
    assert page.context["form"].initial == {"subject": publication.name, "kind": "OBJECTION", "key": key}
    public = Client()
    data = {
        "kind": "OBJECTION",
        "subject": publication.name,
        "text": "当时灭火器有效",
        "contact": "13900001111",
        "key": key,
    }
    done = public.post(f"{url}?result={publication.pk}", data, follow=True)
    letter = Feedback.objects.get()
    assert (letter.plan, letter.publication) == (campaign.plan, publication)
    assert letter.number in text_of(done)
    assert "当时灭火器有效" not in text_of(done)
    assert "13900001111" not in text_of(done)
    lead, answer = signed_in(campaign.lead), reverse("publicity:feedback_answer", args=[letter.pk])
    assert "已答复" in text_of(lead.post(answer, {"answer": "已核实更正", "key": new_key()}, follow=True))
    assert "已核实更正" in text_of(Client().get(reverse("publicity:feedback_done", args=[letter.number])))
    assert "已经答复过" in text_of(lead.post(answer, {"answer": "再答一次", "key": new_key()}))


def test_feedback_is_limited_in_length_and_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "PER_HOUR", 5)
    url, client = reverse("publicity:feedback"), Client()
    data = {"kind": "QUESTION", "subject": "咨询", "text": "怎样申请回避", "key": new_key()}
    too_long = client.post(url, {**data, "text": "字" * 2001})
    assert too_long.context["form"].errors["text"] == ["最多 2000 字，现在有 2001 字，多了 1 字，请删减后再提交。"]
    assert client.post(url, {**data, "kind": "X", "subject": ""}).context["form"].errors.keys() == {"kind", "subject"}
    assert [client.post(url, {**data, "key": new_key()}).status_code for _ in range(5)] == [302] * 5
    refused = client.post(url, {**data, "key": new_key()})
    assert refused.context["form"].non_field_errors() == [
        "这个网络地址一小时内已经来信 5 次，这一封没有收下，请稍后再提交，或现在拨打 12345。"
    ]
    assert refused.context["form"]["text"].value() == "怎样申请回避"
    assert Feedback.objects.count() == 5
    assert client.post(url, {**data, "key": new_key()}, REMOTE_ADDR="127.0.0.9").status_code == 302


def test_log_head_is_what_anyone_can_note_down() -> None:
    make_campaign()
    heads = Client().get(reverse("publicity:log_head")).json()
    assert heads["draw_log"] == {"seq": 0, "time": "", "chain": "0" * 64}
    (publication,) = [row for row in heads["audit"] if row["stream"] == "publication"]
    assert publication["seq"] == 1
    assert len(publication["head"]) == 64
