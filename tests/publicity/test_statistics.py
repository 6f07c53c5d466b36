"""The tables against numbers counted by hand (the campaign of scene.py), on partial data too."""

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inspections.models import DepartmentSection, InspectionRecord
from publicity import charts, statistics
from publicity.statistics import Column, Table, percent
from sampling.models import BundleFile, DrawEvent, Selection
from tests.factories import make_draw, make_enterprise, make_industry, make_plan, make_records
from tests.publicity.scene import at, make_campaign, when

pytestmark = pytest.mark.django_db


def tables(campaign: Any, day: str, *, grades: bool = True) -> dict[str, Table]:
    facts = statistics.gather(campaign.plan, dt.date.fromisoformat(day))
    return {table.code: table for table in statistics.all_tables(facts, grades=grades)}


def named(table: Table, row: int, *labels: str) -> list[Any]:
    return [table.value(row, label) for label in labels]


T1 = ("抽查基数", "抽查比例", "抽取户数", "应检", "已检", "未检", "已公示", "未公示", "完成率", "公示率", "问题户数",
      "问题发现率", "按时率")  # fmt: skip


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-06-02", [0, None, 0, 0, 0, 0, 0, 0, None, None, 0, None, None]),
        ("2024-06-03", [20, Fraction(1, 5), 4, 4, 0, 4, 0, 4, 0, None, 0, None, None]),
        ("2024-06-10", [20, Fraction(1, 5), 4, 4, 1, 3, 0, 4, 0, 0, 1, 1, None]),
        ("2024-06-17", [20, Fraction(1, 5), 4, 4, 2, 2, 0, 4, 0, 0, 1, Fraction(1, 2), 1]),
        ("2024-06-18", [20, Fraction(1, 5), 4, 4, 2, 2, 1, 3, Fraction(1, 4), Fraction(1, 2), 1, Fraction(1, 2), 1]),
    ],
)
def test_t1_by_day(day: str, expected: list[Any]) -> None:
    assert named(tables(make_campaign(), day)["T1"], 0, *T1) == expected


T2 = (
    "派发",
    "人",
    "人次",
    "应检",
    "已检",
    "已公示",
    "完成率",
    "未发现问题",
    "已责令改正",
    "责令改正",
    "完结",
    "完结率",
)


def test_t2_every_department_in_the_order_of_the_notice_and_a_total() -> None:
    campaign = make_campaign()
    table = tables(campaign, "2024-06-18")["T2"]
    assert [row[0] for row in table.rows] == ["演示县旅游和文化广电局", "演示县公安局"]
    assert named(table, 0, *T2) == [4, 4, 8, 4, 4, 1, Fraction(1, 4), 4, 0, 0, 1, 1]
    assert named(table, 1, *T2) == [4, 4, 4, 4, 2, 1, Fraction(1, 4), 1, 1, 1, 0, 0]
    labels = [column.label for column in table.columns]
    assert table.total is not None
    assert [table.total[labels.index(label)] for label in T2] == [
        8,
        8,
        12,
        8,
        6,
        2,
        Fraction(1, 4),
        5,
        1,
        1,
        1,
        Fraction(1, 2),
    ]
    assert (table.total[-2], table.total[-1]) == (6, 0)


def test_t2_counts_what_is_overdue_and_what_was_closed_by_the_day() -> None:
    campaign = make_campaign()
    before, after = (tables(campaign, day)["T2"] for day in ("2024-06-20", "2024-06-21"))
    assert (before.rows[1][-3:], after.rows[1][-3:]) == ([2, 2, 0], [4, 2, 2])
    assert [tables(campaign, day)["T1"].value(0, "按时率") for day in ("2024-06-20", "2024-06-21")] == [
        1, Fraction(3, 4),
    ]  # fmt: skip
    assert named(after, 1, "完结", "完结率") == [1, 1]


def test_t2_confirmations_in_time_late_and_still_owed() -> None:
    campaign = make_campaign()
    rows = [record.confirmations.get(department__code="GA") for record in campaign.records]
    rows[0].at = at("2024-06-06 00:10")
    rows[1].at, rows[1].decision = None, "PENDING"
    for row in rows[:2]:
        row.save()
    counted = {day: tables(campaign, day)["T2"].rows[1][1:4] for day in ("2024-06-04", "2024-06-05", "2024-06-06")}
    assert counted == {"2024-06-04": [4, 2, 0], "2024-06-05": [4, 2, 2], "2024-06-06": [4, 2, 2]}


def test_t3_every_grade_with_set_and_actual_rate() -> None:
    campaign = make_campaign()
    campaign.plan.rates.filter(grade="B").update(numerator=1, denominator=50)
    table = tables(campaign, "2024-06-18")["T3"]
    assert table.rows == [
        ["A级", 10, 1, 1, Fraction(1, 10), 0, 0, 1, 1, 1, 1],
        ["B级", 5, 0, Fraction(1, 50), 0, 0, 0, 0, 0, 0, None],
        ["C级", 0, 0, 1, None, 0, 0, 0, 0, 0, None],
        ["D级", 0, 0, 1, None, 0, 0, 0, 0, 0, None],
        ["E级", 1, 1, 1, 1, 0, 0, 1, 1, 0, 0],
        ["未评级", 4, 2, 1, Fraction(1, 2), 0, 0, 2, 0, 0, None],
    ]
    assert table.total == ["合计", 20, 4, None, Fraction(1, 5), 0, 0, 4, 2, 1, Fraction(1, 2)]


def test_t4_every_industry_with_the_frozen_list_as_its_base() -> None:
    campaign = make_campaign()
    campaign.plan.industries.add(make_industry("CINEMA"))
    content = "".join(f"{one.uscc}\tA\t-\n" for one in campaign.enterprises[:3])
    BundleFile.objects.create(roster=campaign.draw.roster, name="roster", content=content, sha256="0" * 64, size=1)
    table = tables(campaign, "2024-06-18")["T4"]
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows == {
        "互联网上网服务营业场所": [3, 4, Fraction(4, 3), 0, 0, 4, 2, 1, Fraction(1, 2)],
        "电影放映": [0, 0, None, 0, 0, 0, 0, 0, None],
    }


def test_t5_names_grade_only_for_those_who_may_see_it() -> None:
    campaign = make_campaign()
    full, plain = (tables(campaign, "2024-06-18", grades=grades) for grades in (True, False))
    assert named(full["T5"], 0, "序号", "名称", "等级", "检查日期", "公示日期", "签字情况") == [
        1, campaign.enterprises[0].name, "A级", "2024-06-10", "2024-06-18", "签字",
    ]  # fmt: skip
    assert full["T5"].value(0, "各部门结果") == "旅文广电局：未发现问题\n公安局：发现问题已责令改正"
    assert full["T5"].value(2, "等级") == "未评级"
    assert "等级" not in [column.label for column in plain["T5"].columns]
    assert list(plain) == ["T1", "T2", "T4", "T5", "T8"]
    assert list(full) == ["T1", "T2", "T3", "T4", "T5", "T8"]


def test_t8_the_draw_with_its_witnesses() -> None:
    campaign = make_campaign()
    table = tables(campaign, "2024-06-18")["T8"]
    assert named(table, 0, "抽取编号", "时间", "见证人", "库总数", "补抽和替换") == [
        campaign.draw.roster.draw_id, "2024-06-03 09:00:00", "见证人甲（演示单位）", 20, "无",
    ]  # fmt: skip
    assert tables(campaign, "2024-06-02")["T8"].rows == []


def test_replaced_enterprises_leave_on_the_day_of_the_event() -> None:
    from sampling.models import DrawEvent

    campaign = make_campaign()
    record = campaign.records[3]
    DrawEvent.objects.create(
        draw=campaign.draw, batch=1, kind="E-OUT", selection=record.selection, code="deregistered", reason="注销",
        at=at("2024-06-05 10:00"), actor=campaign.lead,
    )  # fmt: skip
    type(record).objects.filter(pk=record.pk).update(state="REPLACED")
    assert [tables(campaign, day)["T1"].value(0, "应检") for day in ("2024-06-04", "2024-06-05")] == [4, 3]
    assert tables(campaign, "2024-06-05")["T8"].value(0, "补抽和替换") == "2024-06-05 10:00 企业递补（注销）"


def test_the_day_it_is_due_is_not_over_yet() -> None:
    campaign = make_campaign()
    DepartmentSection.objects.filter(due_on=dt.date(2024, 6, 17)).update(due_on=dt.date(2024, 6, 25))
    with when("2024-06-21 10:00"):
        today = tables(campaign, "2024-06-21")
    with when("2024-06-22 10:00"):
        over = tables(campaign, "2024-06-21")
    assert [today["T1"].value(0, "按时率"), over["T1"].value(0, "按时率")] == [None, 0]
    assert [one["T2"].rows[1][-3:] for one in (today, over)] == [[0, 0, 0], [2, 0, 2]]


def test_a_reserve_of_another_trade_is_explained_where_it_is_counted() -> None:
    """An internet café was replaced by a cinema: both rows say so, and rows and sum add up."""
    campaign = make_campaign()
    campaign.plan.industries.add(make_industry("CINEMA"))
    gone = campaign.records[3]
    cinema = make_enterprise("", industries=("CINEMA",))
    seat = Selection.objects.create(
        draw=campaign.draw, enterprise=cinema, stratum="N", rank=9, ticket="9" * 64, kind="RESERVE"
    )
    DrawEvent.objects.create(
        draw=campaign.draw, batch=1, kind="E-OUT", selection=gone.selection, substitute=seat, code="deregistered",
        reason="注销", at=at("2024-06-05 10:00"), actor=campaign.lead,
    )  # fmt: skip
    InspectionRecord.objects.filter(pk=gone.pk).update(state="REPLACED")
    InspectionRecord.objects.create(
        selection=seat, dispatch=gone.dispatch, plan=campaign.plan, team=1, number="演示-递补", state="OPEN"
    )
    labels = ("抽取数", "递补换出", "递补换入", "应检")
    found = {day: tables(campaign, day) for day in ("2024-06-04", "2024-06-18")}
    rows = {(day, row[0][:2]): named(one["T4"], index, *labels)
            for day, one in found.items() for index, row in enumerate(one["T4"].rows)}  # fmt: skip
    assert rows == {
        ("2024-06-04", "互联"): [4, 0, 0, 4], ("2024-06-04", "电影"): [0, 0, 0, 0],
        ("2024-06-18", "互联"): [4, 1, 0, 3], ("2024-06-18", "电影"): [0, 0, 1, 1],
    }  # fmt: skip
    for code in ("T3", "T4"):
        table = found["2024-06-18"][code]
        places = [[column.label for column in table.columns].index(label) for label in labels]
        assert [table.total[place] for place in places] == [4, 1, 1, 4]
        assert [sum(row[place] for row in table.rows) for place in places] == [4, 1, 1, 4]
    assert found["2024-06-18"]["T1"].value(0, "应检") == 4


def test_statistics_open_on_a_plan_with_numbers_and_count_until_now() -> None:
    campaign = make_campaign()
    newer = make_plan(created_by=campaign.lead)
    make_records(make_draw(newer, [make_enterprise()]))
    client = Client()
    client.force_login(campaign.lead)
    with when("2024-06-18 12:00"):
        context = client.get(reverse("publicity:stats_overview")).context
        assert (context["plan"], context["as_of"]) == (campaign.plan, dt.date(2024, 6, 18))
        assert client.get(f"{reverse('publicity:stats_overview')}?plan={newer.pk}").context["plan"] == newer


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries: Any) -> None:
    from django.db import connection

    counts = []
    for size in (1, 6):
        campaign = make_campaign(size)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tables(campaign, "2024-06-18")
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[0] <= 25


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (Fraction(0), "0.0%"), (Fraction(1), "100.0%"), (Fraction(2, 3), "66.7%"), (Fraction(1, 16), "6.3%")],
)
def test_percent(value: Fraction | None, text: str) -> None:
    assert percent(value) == text


def test_total_and_rows_have_a_cell_per_column() -> None:
    for table in tables(make_campaign(), "2024-06-18").values():
        assert {len(row) for row in [*table.rows, table.total or table.rows[0]]} == {len(table.columns)}
        assert all(isinstance(column, Column) for column in table.columns)


@pytest.mark.parametrize("name", charts.NAMES)
@pytest.mark.parametrize("day", ["2024-06-02", "2024-06-18"])
def test_charts_are_small_and_carry_nothing_a_strict_page_refuses(name: str, day: str) -> None:
    facts = statistics.gather(make_campaign().plan, dt.date.fromisoformat(day))
    svg = charts.chart(facts, name)
    assert svg == charts.chart(facts, name)
    assert len(svg) <= charts.MAX_BYTES
    text = svg.decode()
    for word in ("<script", "<style", "style=", "class=", "id=", "href", "onload"):
        assert word not in text
    assert ("公安局：未发现问题1，已责令改正1" in text) == (name == "bumen" and day == "2024-06-18")
    if day == "2024-06-18":
        assert 'fill="#12436D"' in text
