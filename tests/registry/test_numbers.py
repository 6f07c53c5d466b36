"""Numbers of people are found in every spelling, and other numbers are left."""

from __future__ import annotations

import pytest

from registry.numbers import identity_numbers, personal_numbers, spelled

IDENTITY = [
    "999999199001010015",
    "999999 19900101 0015",
    "999999-19900101-0015",
    "９９９９９９１９９００１０１００１５",
    "99999919900101001X",
    "99999919900101001x",
    "99999919900101001ｘ",
    "999999.19900101.0015",
    "999999—1990—0101—0015",
    "999999　19900101　0015",
    "9 9 9 9 9 9 1 9 9 0 0 1 0 1 0 0 1 5",
    "999999\u200b199001010015",
    "⑨⑨⑨⑨⑨⑨①⑨⑨⓪⓪①⓪①⓪⓪①⑤",
    "九九九九九九一九九〇〇一〇一〇〇一五",
    "999999900101001",
    "999999 900101 001",
    "９９９９９９９００１０１００１",
    "999999(19900101)0015",
]
TELEPHONES = [
    "13812345678",
    "１３８１２３４５６７８",
    "138.1234.5678",
    "138－1234－5678",
    "1381 2345 678",
    "138—1234—5678",
    "138 12345678",
    "+8613812345678",
    "+86 138 1234 5678",
    "86-13812345678",
    "0086 13812345678",
    "（138）1234－5678",
    "138·1234·5678",
    "1 3 8 1 2 3 4 5 6 7 8",
    "①③⑧①②③④⑤⑥⑦⑧",
    "一三八一二三四五六七八",
    "幺三八幺二三四五六七八",
    "138_1234_5678",
    "138/1234/5678",
    "138\u200b12345678",
    "0314-6862000",
    "0314－6862000",
    "(0314)6862000",
    "（0314）6862000",
    "0314 686 2000",
    "03146862000",
    "0314.6862000",
    "+86-314-6862000",
    "86-0314-6862000",
    "010-88886666",
    "021 8888 6666",
]
OTHERS = [
    "130827202406031001",
    "202406031990010112",
    "91130827MA0ABCDE12",
    "130827228282",
    "2024-06-03至2024-09-30",
    "13082720240601001",
    "第13 14 15 16 17 18项",
    "冀宽市监〔2024〕12号",
    "1,380,000.00元",
    "JY11308270012345",
    "GB 15603-2022",
    "2024年6月3日10时15分",
    "010 2024-06-01",
    "400-123-4567",
    "13,812,345,678元",
    "12345",
    "12315",
    "3.14159265358979",
    "0.05毫克",
    "一三五七八",
]


@pytest.mark.parametrize("number", IDENTITY)
def test_identity_numbers(number: str) -> None:
    for before, after in (("", ""), ("身份证", "在"), ("证 ", "。")):
        text = before + number + after
        assert [text[slice(*span)] for span in identity_numbers(text)] == [number]
        assert [text[slice(*span)] for span in personal_numbers(text)] == [number]


@pytest.mark.parametrize("number", TELEPHONES)
def test_telephones(number: str) -> None:
    for before, after in (("", ""), ("电话", "。"), ("Tel", "转"), ("1、", "，张"), ("张三（", "）")):
        text = before + number + after
        assert [text[slice(*span)] for span in personal_numbers(text)] == [number]


@pytest.mark.parametrize("number", OTHERS)
def test_other_numbers(number: str) -> None:
    assert personal_numbers(f"见{number}，已核对") == []


def test_two_numbers_are_two() -> None:
    text = "13812345678，139-1234-5678 0314-6862000"
    assert [text[slice(*span)] for span in personal_numbers(text)] == ["13812345678", "139-1234-5678", "0314-6862000"]


def test_the_day_decides_and_the_check_digit_only_for_children() -> None:
    assert identity_numbers("999999199013010015") == []
    assert identity_numbers("130827202406031009") == [(0, 18)]  # fits, so it may be somebody's
    assert identity_numbers("130827202406031001") == []
    assert identity_numbers("999999199001010015", certain=True) == []
    assert identity_numbers("999999199001010016", certain=True) == [(0, 18)]


def test_registration_numbers_of_old_have_a_check_digit_of_their_own() -> None:
    numbers = [f"13082760010100{last}" for last in range(10)]
    taken = [number for number in numbers if not identity_numbers(number)]
    assert taken == ["130827600101000"]
    assert identity_numbers("110108000000016") == []


def test_a_known_number_in_any_spelling() -> None:
    assert spelled("6862000", "打686-2000或68 62 000，16862000不是") == [(1, 9), (10, 19)]
