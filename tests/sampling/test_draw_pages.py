"""Pages and papers around the draw: sealed copy, second person, record, reveal, void, tampering, rehearsal."""

import datetime as dt
import io
import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from registry.models import PastInspection
from registry.operations import new_key
from registry.printing import to_pdf
from sampling import bundle, printing, services
from sampling.enums import PlanState
from sampling.models import BundleFile, Draw, DrawRequest, NonceValue, Plan, Roster, SealedCopy
from tests import factories as f
from tests.sampling import plans as p
from tests.sampling.test_views import ceremony, signed_in, text, url

pytestmark = pytest.mark.django_db
GRADES = ("A级", "B级", "C级", "D级", "E级", "未评级")


def words(html: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", html))


# ---------------------------------------------------------------------------------------------------------- the freeze


def test_the_preview_shows_this_years_inspections_and_who_is_near_the_cap() -> None:
    plan = p.county(grades="AAA")
    once, twice, never = f.Enterprise.objects.order_by("uscc")
    for enterprise, days in ((once, [1]), (twice, [1, 2])):
        for day in days:
            for code in ("WL", "GA"):  # a joint visit of one day counts once
                PastInspection.objects.create(enterprise=enterprise, department=f.make_department(code),
                                              day=dt.date(2024, 4, day), source="导入")  # fmt: skip
    services.update_plan(actor=plan.created_by, plan=plan, caps={"A": 2}, cap_reason="上级专项部署")
    page = signed_in(plan.created_by).get(url("plan_preview", plan.pk))
    shown = {row.uscc: (row.checks, row.cap, len(row.this_year)) for row in page.context["page"]}
    assert shown == {once.uscc: (1, 2, 2), twice.uscc: (2, 2, 4), never.uscc: (0, 2, 0)}
    said = text(page)
    assert ("再查 1 次到上限" in said, "已到上限，按理由列入" in said) == (True, True)
    services.update_plan(actor=plan.created_by, plan=plan, cap_reason="")
    page = signed_in(plan.created_by).get(url("plan_preview", plan.pk))
    assert twice.uscc not in [row.uscc for row in page.context["page"]]


def test_the_list_can_be_taken_away_before_and_after_the_freeze() -> None:
    plan = p.county()
    lead = signed_in(plan.created_by)
    before = lead.get(url("plan_roster", plan.pk)).content.decode("utf-8-sig").splitlines()
    p.freeze(plan)
    after = lead.get(url("plan_roster", plan.pk)).content.decode("utf-8-sig").splitlines()
    assert [row.split(",")[:3] for row in before[1:]] == [row.split(",") for row in after[1:]]
    assert len(after) == 11


def test_the_frozen_page_has_the_digest_in_groups_and_the_time_left() -> None:
    plan = p.county()
    roster = p.freeze(plan)
    page = signed_in(plan.created_by).get(url("plan_frozen", plan.pk))
    assert "".join(page.context["digest"]) == roster.digest
    assert page.context["left"] == 24 * 3600
    assert "第 1 条" in text(page)


def test_the_sealed_copy_is_printed_once_and_says_who_keeps_it() -> None:
    plan = p.sealed()
    roster = p.freeze(plan, nonce=p.NONCE)
    lead = signed_in(plan.created_by)
    holder = {"holder": "见证人甲", "unit": "演示县纪委监委派驻组"}
    paper = lead.post(url("sealed_copy", plan.pk), holder)
    assert (paper["Content-Type"], paper["Cache-Control"]) == ("application/pdf", "no-store")
    assert paper.content.startswith(b"%PDF")
    again = lead.post(url("sealed_copy", plan.pk), holder)
    assert "封存纸件已打印一次" in text(again)
    assert SealedCopy.objects.get().holder == "见证人甲"
    assert NonceValue.objects.get().value not in lead.get(url("plan_frozen", plan.pk)).content.decode()
    assert roster.sealed


def test_a_paper_that_cannot_be_made_does_not_count_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = p.sealed()
    roster = p.freeze(plan, nonce=p.NONCE)

    def broken(html: str) -> bytes:
        assert p.NONCE[:8] in html
        raise OSError("no fonts")

    monkeypatch.setattr(printing, "to_pdf", broken)
    with pytest.raises(OSError, match="no fonts"):
        printing.sealed_copy(actor=plan.created_by, roster=roster, holder="甲", unit="乙")
    assert SealedCopy.objects.count() == 0


def test_a_freeze_sheet_printed_after_the_draw_lists_what_was_frozen_and_no_more() -> None:
    plan = p.county()
    roster = p.freeze(plan)
    files = services.bundle_files(roster)
    before = printing.freeze_sheet_html(roster)
    p.draw(plan)
    assert printing.freeze_sheet_html(Roster.objects.get(pk=roster.pk)) == before
    for name in ("exclude", "plan", "pool", "recuse", "roster"):
        assert bundle.sha256_hex(files[name]) in before
    assert [one.name for one in services.frozen_files(roster)] == ["exclude", "plan", "pool", "recuse", "roster"]


def test_the_freeze_sheet_has_every_digest_and_no_count_per_grade() -> None:
    plan = p.county()
    roster = p.freeze(plan)
    said = words(printing.freeze_sheet_html(roster))
    for file in roster.files.exclude(name__in=["names", "freeze", "public-plan"]):
        assert file.sha256 in said
    assert roster.digest in said.replace(" ", "")
    assert [one for one in GRADES if one in said] == []
    assert to_pdf(printing.freeze_sheet_html(roster)).startswith(b"%PDF")


# -------------------------------------------------------------------------------------------------------- the ceremony


def test_two_people_draw_from_their_own_logins() -> None:
    plan = p.sealed(second=True)
    p.freeze(plan, nonce=p.NONCE)
    p.at(p.DRAWN_AT)
    first, second = signed_in(plan.created_by), signed_in(p.colleague(plan))
    assert first.post(url("plan_draw", plan.pk), ceremony()).url == url("plan_draw", plan.pk)
    assert Draw.objects.count() == 0
    assert first.get(url("plan_draw", plan.pk))["Refresh"] == "5"
    assert "Refresh" not in first.get(url("plan_draw", plan.pk), {"chehui": "1"})
    assert first.post(url("plan_draw_confirm", plan.pk), follow=True).status_code == 200
    assert Draw.objects.count() == 0
    page = second.get(url("plan_draw", plan.pk))
    assert (page.context["own"], "".join(page.context["digits"])) == (False, p.DIGITS)
    assert second.post(url("plan_draw_confirm", plan.pk)).url == url("plan_show", plan.pk)
    draw = Draw.objects.get()
    assert (draw.drawn_by, draw.approved_by.pk) == (plan.created_by, draw.approved_by_id)
    assert draw.approved_by != draw.drawn_by
    assert second.post(url("plan_draw_confirm", plan.pk), follow=True).status_code == 200
    assert Draw.objects.count() == 1


def test_digits_are_taken_back_with_a_reason_and_stay_to_be_seen() -> None:
    plan = p.sealed(second=True)
    p.freeze(plan, nonce=p.NONCE)
    p.at(p.DRAWN_AT)
    first = signed_in(plan.created_by)
    first.post(url("plan_draw", plan.pk), ceremony())
    refused = first.post(url("plan_draw_withdraw", plan.pk), {"key": new_key(), "reason": ""})
    assert refused.context["form"].errors == {"reason": ["请填写撤回的理由。"]}
    first.post(url("plan_draw_withdraw", plan.pk), {"key": new_key(), "reason": "第 3 组记错"})
    assert DrawRequest.objects.get().withdrawn_reason == "第 3 组记错"
    assert "data-ceremony" in first.get(url("plan_draw", plan.pk)).content.decode()
    public = Client().get(reverse("publicity:draw_detail", args=[Roster.objects.get().draw_id]))
    assert "第 3 组记错" in text(public)


def test_the_beacon_of_the_freeze_is_asked_for_and_kept() -> None:
    plan = p.county()
    services.update_plan(actor=plan.created_by, plan=plan, beacon="ssq", beacon_spec="2024064")
    plan.refresh_from_db()
    p.freeze(plan)
    p.at(p.DRAWN_AT)
    lead = signed_in(plan.created_by)
    assert [name for name, _ in lead.get(url("plan_draw", plan.pk)).context["steps"]][3] == "beacon"
    refused = lead.post(url("plan_draw", plan.pk), ceremony())
    assert (refused.context["start"], list(refused.context["form"].errors)) == ("beacon", ["beacon"])
    assert lead.post(url("plan_draw", plan.pk), ceremony() | {"beacon": "01,05,12,18,27,33+09"}).status_code == 302
    assert Draw.objects.get().beacon == "2024064:01,05,12,18,27,33+09"


def test_a_sealed_draw_is_shown_without_names_in_an_order_nobody_knows() -> None:
    draw = p.sealed_draw()
    page = signed_in(draw.plan.created_by).get(url("plan_show", draw.plan_id))
    html = page.content.decode()
    assert html.count("data-order=") == draw.selections.filter(kind="MAIN").count()
    names = [row.enterprise.name for row in draw.selections.select_related("enterprise")]
    assert [name for name in names if name in html] == []
    codes = [row.enterprise.uscc for row in draw.selections.filter(kind="MAIN").order_by("ticket")]
    listed = sorted(services.names_of(draw.roster))
    by_code = [listed.index(code) for code in codes]
    places = [index for index, dot in enumerate(page.context["dots"].dots) if dot.order]
    assert sorted(by_code) != places


def test_the_open_draw_lights_up_in_the_order_of_tickets(monkeypatch: pytest.MonkeyPatch) -> None:
    draw = p.drawn()
    lead = signed_in(draw.plan.created_by)
    dots = lead.get(url("plan_show", draw.plan_id)).context["dots"].dots
    shown = [dot.name for dot in sorted(dots, key=lambda dot: dot.order) if dot.order]
    picks = draw.selections.filter(kind="MAIN").select_related("enterprise").order_by("ticket")
    assert shown == [row.enterprise.name for row in picks]
    monkeypatch.setattr("sampling.views.dots.MOST", 4)  # ten enterprises on four dots at most: three a dot
    page = lead.get(url("plan_show", draw.plan_id))
    assert (page.context["dots"].per, len(page.context["dots"].dots)) == (3, 4)
    assert "一个点代表相邻的 3 家企业" in text(page)


# ------------------------------------------------------------------------------------------------ the record and after


def test_the_record_has_grades_for_the_file_and_none_for_the_public() -> None:
    draw = p.drawn()
    draw.roster.plan = draw.plan
    inside, outside = (words(printing.draw_record_html(draw, internal=one)) for one in (True, False))
    assert [one for one in GRADES if one in inside] == list(GRADES)
    assert [one for one in GRADES if one in outside] == []
    for said in (inside, outside):
        assert (draw.digits in said, draw.result_digest in said, "见证人甲，演示县公证处" in said) == (True, True, True)
    lead = signed_in(draw.plan.created_by)
    for query, name in (("", "内部"), ("?gongkai=1", "公开")):
        answer = lead.get(url("draw_record", draw.plan_id) + query)
        assert answer.content.startswith(b"%PDF")
        assert name in unquote(answer["Content-Disposition"])


def test_a_sealed_draw_is_revealed_when_due_and_not_before() -> None:
    plan = p.sealed()
    services.update_plan(actor=plan.created_by, plan=plan, reveal_on=plan.period_to)
    p.freeze(Plan.objects.get(pk=plan.pk), nonce=p.NONCE)
    draw = p.draw(plan)
    lead = signed_in(plan.created_by)
    page = lead.get(url("plan_result", plan.pk))
    assert (draw.seed in page.content.decode(), "现在揭示" in text(page)) == (False, False)
    early = lead.post(url("plan_reveal", plan.pk), {"key": new_key()}, follow=True)
    assert "还没有到揭示时间" in text(early)
    p.at(dt.datetime.combine(plan.period_to, dt.time(9), f.SHANGHAI))
    assert "现在揭示" in text(lead.get(url("plan_result", plan.pk)))
    done = lead.post(url("plan_reveal", plan.pk), {"key": new_key()}, follow=True)
    assert draw.seed in done.content.decode()
    assert Roster.objects.get().revealed


def test_a_draw_is_void_only_by_two_and_its_plan_is_a_draft_again() -> None:
    draw = p.drawn()
    plan = draw.plan
    first, second = signed_in(plan.created_by), signed_in(p.colleague(plan))
    first.post(url("plan_void", plan.pk), {"key": new_key(), "reason": "名单有误"})
    first.post(url("plan_void_confirm", plan.pk), {"key": new_key()})
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAWN
    assert second.get(url("plan_void", plan.pk)).context["own"] is False
    second.post(url("plan_void_confirm", plan.pk), {"key": new_key()})
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT
    result = text(first.get(url("plan_result", plan.pk)))
    assert "抽取已作废" in result
    assert "名单有误" in text(Client().get(reverse("publicity:draw_detail", args=[draw.roster.draw_id])))


def test_a_freeze_is_void_by_one_before_its_time() -> None:
    plan = p.county()
    p.freeze(plan)
    lead = signed_in(plan.created_by)
    assert lead.get(url("plan_void", plan.pk)).context["alone"] is True
    assert lead.post(url("plan_void", plan.pk), {"key": new_key(), "reason": "异议成立"}).url == url(
        "plan_detail", plan.pk
    )
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT


def test_a_changed_file_locks_the_dispatch_with_a_red_banner() -> None:
    draw = p.drawn()
    lead = signed_in(draw.plan.created_by)
    assert lead.get(url("plan_result", draw.plan_id)).context["dispatch"] != ""
    with connection.cursor() as cursor:  # as the owner of the database, past the triggers
        table = BundleFile._meta.db_table
        if connection.vendor == "sqlite":
            cursor.execute(f'DROP TRIGGER "appendonly_{table}_update"')
        else:
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(f"UPDATE {table} SET content = REPLACE(content, 'A', 'B') WHERE name = 'roster'")
    page = lead.get(url("plan_result", draw.plan_id))
    assert page.context["fault"] == "roster.tsv 的内容与它的摘要不符"
    assert page.context["dispatch"] == ""
    assert "已锁定派发" in text(page)


# --------------------------------------------------------------------------------------------------------- a rehearsal


def rehearsed() -> Draw:
    plan = p.county()
    copy = p.copied(plan, rehearsal=True)
    p.freeze(copy)
    return p.draw(copy)


def test_a_rehearsal_says_so_on_every_page_paper_and_file() -> None:
    draw = rehearsed()
    lead = signed_in(draw.plan.created_by)
    for name in ("plan_detail", "plan_frozen", "plan_result", "plan_show"):
        html = lead.get(url(name, draw.plan_id)).content.decode()
        assert (name, "rehearsal-banner" in html or "pj-rehearsal" in html) == (name, True)
    for html in (printing.freeze_sheet_html(draw.roster), printing.draw_record_html(draw, internal=True)):
        assert '<div class="watermark" aria-hidden="true">演练</div>' in html
        assert "<svg" not in html  # nothing to scan: it is not public
    for name in ("plan_bundle", "plan_roster", "plan_excluded", "freeze_sheet", "draw_record"):
        assert "%E6%BC%94%E7%BB%83-" in lead.get(url(name, draw.plan_id))["Content-Disposition"]
    rows = lead.get(url("plan_roster", draw.plan_id)).content.decode("utf-8-sig").splitlines()
    assert rows[0].startswith("演练：")
    assert Client().get(reverse("publicity:draw_detail", args=[draw.roster.draw_id])).status_code == 404


def test_an_ordinary_plan_does_not_say_it() -> None:
    draw = p.drawn()
    lead = signed_in(draw.plan.created_by)
    pages: list[Any] = [lead.get(url(name, draw.plan_id)) for name in ("plan_detail", "plan_result", "plan_show")]
    assert [page for page in pages if "rehearsal" in page.content.decode()] == []
    assert "watermark" not in printing.draw_record_html(draw, internal=True)
    assert io.BytesIO(lead.get(url("plan_bundle", draw.plan_id)).content).read(2) == b"PK"
