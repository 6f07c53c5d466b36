"""The data files in fixtures/: counts, references between them, and the official calendars day by day."""

import json
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from registry.enums import CheckMethod, EntityType, ItemPriority, RegStatus

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "make_calendars.py"


def read(name):
    return json.loads((ROOT / "fixtures" / f"{name}.json").read_text(encoding="utf-8"))


ITEMS = read("items")["items"]
DEPARTMENTS = read("departments")["departments"]
INDUSTRIES = {entry["code"]: entry for entry in read("industries")["industries"]}
SCHEMES = read("risk_schemes")
RESULTS = read("result_codes")
FOLLOW_UPS = {entry["code"]: entry for entry in read("follow_up_codes")["follow_up_codes"]}
PLAN = read("plan_2024")["plan"]
EVERY_INDUSTRY = list(INDUSTRIES)


def item(code):
    (found,) = [entry for entry in ITEMS if entry["code"] == code]
    return found


def test_departments_stand_in_the_order_of_the_notice():
    assert [(entry["order"], entry["code"], entry["short_name"]) for entry in DEPARTMENTS] == [
        (1, "WL", "旅文广电局"),
        (2, "GA", "公安局"),
        (3, "WS", "卫生健康局"),
        (4, "SJ", "市场监管局"),
        (5, "XF", "消防救援大队"),
    ]
    assert [entry["name"].removeprefix("宽城满族自治县") for entry in DEPARTMENTS] == [
        "旅游和文化广电局",
        "公安局",
        "卫生健康局",
        "市场监督管理局",
        "消防救援大队",
    ]


def test_industries_and_the_words_that_excel_files_use():
    words = {word: code for code, entry in INDUSTRIES.items() for word in (entry["name"], *entry["aliases"])}
    assert words == {
        "互联网上网服务营业场所": "INTERNET_CAFE",
        "网吧": "INTERNET_CAFE",
        "歌舞娱乐场所": "KTV_DANCE",
        "娱乐场所": "KTV_DANCE",
        "游艺娱乐场所": "GAME_ARCADE",
        "电影放映": "CINEMA",
        "影院": "CINEMA",
        "电影发行": "FILM_DISTRIBUTOR",
        "点播影院": "VOD_CINEMA",
        "其他": "OTHER",
    }
    assert [entry["order"] for entry in INDUSTRIES.values()] == [1, 2, 3, 4, 5, 6, 7]


def test_three_risk_schemes_with_rising_risk():
    labels = {scheme["code"]: [level["label"] for level in scheme["levels"]] for scheme in SCHEMES["schemes"]}
    assert labels == {"S1": list("ABCDE"), "S2": list("ABCD"), "S3": ["A", "A-", "B+", "B", "B-", "C+", "C", "C-", "D"]}
    assert SCHEMES["default"] == "S1"
    for scheme in SCHEMES["schemes"]:
        codes = [level["code"] for level in scheme["levels"]]
        assert SCHEMES["unrated"]["group"] not in codes
        assert len(set(codes)) == len(codes)
        assert all(code.isascii() and len(code) <= 8 and "+" not in code for code in codes)
        assert [level["order"] for level in scheme["levels"]] == list(range(1, len(codes) + 1))


def test_items_are_69_of_which_53_are_verified():
    assert Counter(entry["department"] for entry in ITEMS) == {"WL": 23, "GA": 13, "WS": 8, "SJ": 13, "XF": 12}
    assert sum(entry["verified"] for entry in ITEMS) == 53
    verified = Counter(entry["department"] for entry in ITEMS if entry["verified"])
    assert verified == {"WL": 23, "GA": 13, "WS": 4, "SJ": 3, "XF": 10}


def test_items_are_numbered_without_gaps_and_known_to_the_other_files():
    expected = [
        f"{department['code']}-{number:02d}"
        for department in DEPARTMENTS
        for number in range(1, {"WL": 23, "GA": 13, "WS": 8, "SJ": 13, "XF": 12}[department["code"]] + 1)
    ]
    assert [entry["code"] for entry in ITEMS] == expected
    for entry in ITEMS:
        assert entry["department"] == entry["code"][:2]
        assert set(entry["industries"]) <= set(INDUSTRIES)
        assert entry["methods"]
        assert set(entry["methods"]) <= set(CheckMethod.values)
        assert set(entry["entity_types"]) <= set(EntityType.values)
        assert entry["priority"] in ItemPriority.values
        assert entry["effective_from"] == "2024-01-01"
        assert entry["name"] == entry["name"].strip() != ""


def test_only_the_items_of_other_venues_are_without_an_industry():
    assert [entry["code"] for entry in ITEMS if not entry["industries"]] == ["WS-02"]
    assert [entry["code"] for entry in ITEMS if not entry["active"]] == ["WS-02"]


@pytest.mark.parametrize(
    ("code", "industries"),
    [
        ("WL-01", ["INTERNET_CAFE"]),
        ("WL-10", ["KTV_DANCE"]),
        ("WL-13", ["GAME_ARCADE"]),
        ("WL-14", ["KTV_DANCE", "GAME_ARCADE"]),
        ("WL-18", ["CINEMA"]),
        ("GA-07", ["KTV_DANCE"]),
        ("GA-13", ["KTV_DANCE"]),
        ("WS-01", ["KTV_DANCE", "GAME_ARCADE", "CINEMA"]),
        ("WS-08", ["KTV_DANCE", "GAME_ARCADE", "CINEMA"]),
        ("SJ-01", EVERY_INDUSTRY),
        ("SJ-09", ["INTERNET_CAFE", "KTV_DANCE", "CINEMA"]),
        ("XF-01", EVERY_INDUSTRY),
        ("XF-08", ["KTV_DANCE", "GAME_ARCADE"]),
        ("XF-09", ["KTV_DANCE"]),
        ("XF-11", ["CINEMA"]),
    ],
)
def test_venues_are_mapped_to_industries(code, industries):
    assert item(code)["industries"] == industries


def test_health_has_no_item_at_internet_cafes():
    assert [
        entry["code"] for entry in ITEMS if entry["department"] == "WS" and "INTERNET_CAFE" in entry["industries"]
    ] == []


def test_items_for_companies_only():
    limited = {entry["code"]: entry["entity_types"] for entry in ITEMS if entry["entity_types"]}
    assert limited == {code: ["COMPANY"] for code in ("SJ-03", "SJ-06", "SJ-07", "SJ-08")}


def test_every_legal_basis_names_a_law_in_full_with_article_numbers():
    bases = [(entry, basis) for entry in ITEMS for basis in entry["legal_bases"]]
    assert all(entry["legal_bases"] for entry in ITEMS)
    for entry, basis in bases:
        assert set(basis) == {"law", "version", "duty", "penalty", "verified"}
        assert len(basis["law"]) >= 6
        assert all(article.rstrip(")").replace("(", "").isdigit() for article in basis["duty"] + basis["penalty"])
        if basis["verified"]:
            assert basis["duty"] or basis["penalty"], entry["code"]
    assert all(len({b["version"] for _, b in bases if b["law"] == law}) == 1 for law in {b["law"] for _, b in bases})


def test_a_basis_from_general_knowledge_is_never_shown_as_verified():
    unverified = [
        (entry["code"], basis["law"], basis["duty"])
        for entry in ITEMS
        if entry["verified"]
        for basis in entry["legal_bases"]
        if not basis["verified"]
    ]
    assert unverified == [("WS-01", "公共场所卫生管理条例实施细则", ["22"])]
    for code in ("WS-07", "WS-08", "SJ-06", "SJ-13"):
        assert not item(code)["verified"]
        assert [basis["verified"] for basis in item(code)["legal_bases"]].count(True) == 0


def test_result_codes_and_follow_ups():
    codes = RESULTS["result_codes"]
    assert [(entry["order"], entry["code"], entry["exclusive"], entry["needs_note"]) for entry in codes] == [
        (1, "NO_PROBLEM", True, False),
        (2, "NOT_PUBLISHED", False, True),
        (3, "FALSE_PUBLISHED", False, True),
        (4, "UNREACHABLE", True, True),
        (5, "CORRECTED", False, True),
        (6, "UNCOOPERATIVE", False, True),
        (7, "NO_ACTIVITY", True, True),
        (8, "PENDING", False, True),
    ]
    assert [entry["label"] for entry in RESULTS["status_reasons"]] == [
        "注销",
        "吊销",
        "撤销",
        "迁出",
        "歇业",
        "关闭停业或清算",
    ]
    assert {entry["default_follow_up"] for entry in codes} <= set(FOLLOW_UPS)
    assert list(FOLLOW_UPS) == [
        "NONE",
        "ORDER_CORRECT",
        "OPEN_CASE",
        "TRANSFER_CASE",
        "NOTIFY_DEPT",
        "ABNORMAL_LIST",
        "FEEDBACK_ROUTINE",
        "OTHER",
    ]
    assert [code for code, entry in FOLLOW_UPS.items() if entry["closes_at_once"]] == ["NONE"]


def test_the_plan_of_the_notice():
    assert {entry["group"]: Fraction(entry["numerator"], entry["denominator"]) for entry in PLAN["rates"]} == {
        "A": Fraction(2, 100),
        "B": Fraction(2, 100),
        "C": Fraction(6, 100),
        "D": Fraction(1),
        "E": Fraction(1),
        "N": Fraction(2, 100),
    }
    for rate in PLAN["rates"]:
        lowest = Fraction(rate["numerator"], rate["denominator"])
        assert (lowest.numerator, lowest.denominator) == (rate["numerator"], rate["denominator"])
    assert {entry["text"]: entry["codes"] for entry in PLAN["industries"]} == {
        "互联网上网服务营业场所": ["INTERNET_CAFE"],
        "娱乐场所": ["KTV_DANCE", "GAME_ARCADE"],
        "电影发行放映": ["CINEMA", "FILM_DISTRIBUTOR", "VOD_CINEMA"],
    }
    assert PLAN["departments"] == [entry["code"] for entry in DEPARTMENTS]
    assert PLAN["lead_department"] == "WL"
    assert (PLAN["registered_before"], PLAN["period_start"], PLAN["period_end"], PLAN["summary_due"]) == (
        "2024-06-01",
        "2024-06-01",
        "2024-10-31",
        "2024-10-25",
    )
    numbers = ("teams", "inspectors_per_department", "confirm_days", "backfill_days", "publish_days")
    assert [PLAN[name] for name in numbers] == [2, 2, 2, 5, 20]
    assert PLAN["statuses"] == [RegStatus.ACTIVE.value]
    assert PLAN["risk_scheme"] == SCHEMES["default"]
    assert PLAN["authority"] == DEPARTMENTS[3]["name"]


def days(text):
    """'02-10..02-17 06-10' → set of (month, day) pairs, ranges included."""
    found = set()
    for part in text.split():
        first, _, last = part.partition("..")
        month, day = map(int, first.split("-"))
        end = date(2025, *map(int, (last or first).split("-")))
        start = date(2025, month, day)
        found |= {
            ((start + timedelta(days=i)).month, (start + timedelta(days=i)).day) for i in range((end - start).days + 1)
        }
    return found


OFFICIAL = {
    2024: (
        "2023-10-25",
        251,
        "01-01 02-10..02-17 04-04..04-06 05-01..05-05 06-10 09-15..09-17 10-01..10-07",
        "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
    ),
    2025: (
        "2024-11-12",
        248,
        "01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08",
        "01-26 02-08 04-27 09-28 10-11",
    ),
    2026: (
        "2025-11-04",
        248,
        "01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07",
        "01-04 02-14 02-28 05-09 09-20 10-10",
    ),
}


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_calendars_equal_the_official_schedules(year):
    (entry,) = [entry for entry in read("calendars")["years"] if entry["year"] == year]
    notice, working_days, off, working = OFFICIAL[year]
    loaded_off = {date.fromisoformat(day["date"]) for day in entry["off"]}
    loaded_working = {date.fromisoformat(day["date"]) for day in entry["working"]}
    assert entry["notice_date"] == notice
    assert {(day.month, day.day) for day in loaded_off} == days(off)
    assert {(day.month, day.day) for day in loaded_working} == days(working)
    assert all(day.weekday() >= 5 for day in loaded_working)
    every = [date(year, 1, 1) + timedelta(days=i) for i in range(366 if year == 2024 else 365)]
    assert every[-1] == date(year, 12, 31)
    assert sum((day.weekday() < 5 and day not in loaded_off) or day in loaded_working for day in every) == working_days


def test_the_calendar_file_is_what_the_script_writes():
    done = subprocess.run([sys.executable, SCRIPT, "--check"], check=False)
    assert done.returncode == 0
