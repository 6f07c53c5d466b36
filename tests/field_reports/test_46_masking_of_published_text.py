"""Published text masked people's data only in the plain spelling, and a placeholder held as a name masked words."""

from __future__ import annotations

import pytest

from publicity.snapshot import neutral
from registry.masking import masked, names_in
from tests.registry.test_numbers import IDENTITY, OTHERS, TELEPHONES

REPORTED = [
    ("负责人李四在场", ["李四"], "负责人**在场"),
    ("负责人李四在场", ["李 四"], "负责人**在场"),
    ("负责人李四在场", ["李四（经营者）"], "负责人**在场"),
    ("负责人阿不都·热西提在场", ["阿不都•热西提"], "负责人**在场"),
    ("负责人马试甲在场", ["\u2ee2试甲"], "负责人**在场"),
    ("身份证999999199001010015", [], "身份证**"),
    ("身份证 999999 19900101 0015", [], "身份证 **"),
    ("身份证999999-19900101-0015", [], "身份证**"),
    ("身份证９９９９９９１９９００１０１００１５", [], "身份证**"),
    ("电话13812345678", [], "电话**"),
    ("电话１３８１２３４５６７８", [], "电话**"),
    ("电话138.1234.5678", [], "电话**"),
    ("电话138－1234－5678", [], "电话**"),
    ("电话1381 2345 678", [], "电话**"),
    ("Tel13812345678", [], "Tel**"),
    ("电话0314－6862000", [], "电话**"),
    ("电话(0314)6862000", [], "电话**"),
    ("暂无问题", ["暂无"], "暂无问题"),
]


@pytest.mark.parametrize(("text", "persons", "expected"), REPORTED)
def test_every_line_of_the_report(text: str, persons: list[str], expected: str) -> None:
    assert neutral(text, persons) == expected


@pytest.mark.parametrize("number", [*IDENTITY, *TELEPHONES])
def test_numbers_in_every_spelling(number: str) -> None:
    assert neutral(f"请打{number}。", []) == "请打**。"


@pytest.mark.parametrize("number", OTHERS)
def test_other_numbers_stay(number: str) -> None:
    assert neutral(f"见{number}，已核对", []) == f"见{number}，已核对"


@pytest.mark.parametrize(
    "held",
    [
        "李四",
        "李 四",
        "李　四",
        "李四（经营者）",
        "李四(法人)",
        "李四 13812345678",
        "法定代表人：李四",
        "李四经理",
        "李四、王五",
        "李\u200b四",
        "李四；王五",
        "王五/李四",
        "李四 王五",
    ],
)
@pytest.mark.parametrize("typed", ["李四", "李 四", "李　四", "李\u200b四", "李·四", "李-四", "李\ufe0f四"])
def test_one_name_in_every_spelling(held: str, typed: str) -> None:
    assert neutral(f"负责人{typed}在场", [held]) == "负责人**在场"


@pytest.mark.parametrize(
    "held",
    [
        "无",
        "暂无",
        "—",
        "-",
        "/",
        "不详",
        "未知",
        "待定",
        "无联系人",
        "同上",
        "本人",
        "法定代表人",
        "负责人",
        "***",
        "某某",
        "李某某"[1:],
        "N/A",
        "前台",
        "",
        " ",
        "李",
        "甲甲",
    ],
)
def test_a_placeholder_masks_nothing(held: str) -> None:
    text = "暂无问题，无证经营，前台公示不详，负责人未知情，李四路/本人签收 - 待定同上。"
    assert neutral(text, [held]) == text


@pytest.mark.parametrize(
    ("text", "persons", "expected"),
    [
        ("李老板说李总不在，李经理签字", ["李四"], "**说**不在，**签字"),
        ("李总共有三台设备", ["李四"], "李总共有三台设备"),
        ("王经理到场", ["李四"], "王经理到场"),
        ("欧阳先生在", ["欧阳锋"], "**在"),
        ("安全出口堵塞，文明经营", ["安全", "文明"], "安全出口堵塞，文明经营"),
        ("负责人安全在场", ["安全"], "负责人**在场"),
        ("店内卫生差", [], "店内卫生差"),
        ("JOHN  SMITH在，johnsmithson不在", ["John Smith"], "**在，johnsmithson不在"),
        ("执法证 H-0 1 0001", ["H010001"], "执法证 **"),
        ("联系人：王五，负责人赵六", [], "联系人：**，负责人赵六"),
        ("经营者高度重视，负责人为高级厨师", [], "经营者高度重视，负责人为高级厨师"),
        ("王五（男）在", [], "**（男）在"),
        ("电话6862000", [], "电话**"),
        ("打686-2000", ["0314-6862000、6862000"], "打**"),
        ("微信号abc_1234，邮箱 a.b@c.com", [], "微信号**，邮箱 **"),
        ("护照E12345678", [], "护照**"),
        ("注册号130827600123456", [], "注册号130827600123456"),
        ("身份证号130827600123456", [], "身份证号**"),
        ("在宽城县板城镇 街12号检查", ["宽城县板城镇街12号"], "在**检查"),
    ],
)
def test_what_else_people_write(text: str, persons: list[str], expected: str) -> None:
    assert neutral(text, persons) == expected


def test_the_official_name_stays_and_the_person_does_not() -> None:
    text = "宽城李四餐馆后厨不洁，李四餐馆已告知，李四在场，宽城李四、李四餐"
    assert masked(text, ["李 四"], ["宽城李四餐馆"]) == "宽城李四餐馆后厨不洁，李四餐馆已告知，**在场，宽城**、**餐"


def test_names_of_a_cell() -> None:
    assert names_in("张三、李 四（经营者）13812345678") == {"张三", "李四"}
    assert names_in("阿不都•热西提") == {"阿不都·热西提"}
    assert names_in("暂无") == set()
