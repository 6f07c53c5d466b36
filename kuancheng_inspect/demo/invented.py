"""An invented county: 3,000 enterprises and 60 inspectors as the two Excel files an office would import.

Everything follows from running numbers through SHA-256, so that every run gives the same county.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from openpyxl import Workbook
from stdnum.cn import uscc

ENTERPRISES = 3_000
AUTHORITY = "宽城满族自治县市场监督管理局"
ENTERPRISE_HEADERS = [
    "统一社会信用代码", "名称", "主体类型", "登记机关", "登记状态", "成立日期", "住所", "乡镇", "法定代表人", "行业",
    "信用风险等级", "等级日期", "联系人", "联系电话", "许可证名称", "许可证编号", "许可有效期至",
]  # fmt: skip
INSPECTOR_HEADERS = ["姓名", "部门", "执法证号", "执法证有效期至", "职务", "专业", "手机", "状态"]

WORDS = [
    "青禾",
    "松涧",
    "明溪",
    "竹苑",
    "归燕",
    "星沙",
    "白鹿",
    "北辰",
    "朝阳里",
    "锦程",
    "晓月",
    "听雨",
    "南屏",
    "石桥",
    "望川",
    "半山",
    "枫林",
    "稻香",
    "云岫",
    "清泉",
    "远帆",
    "春晓",
    "秋实",
    "长河",
    "金穗",
    "蓝湾",
    "紫藤",
    "银杏",
    "晨光",
    "暮云",
    "飞鸿",
    "鹤鸣",
    "松风",
    "梧桐",
    "向阳",
    "和顺",
    "安澜",
    "嘉禾",
    "瑞丰",
    "恒信",
]
TOWNSHIPS = ["演示镇", "示例镇", "样本乡", "测试乡", "假设镇", "虚构乡"]
STREETS = ["示例街", "样板路", "演练巷", "测试大街", "虚拟路"]
VENUES = [  # how many of each in the county, the industry column, the name's ending, the licence
    (41, "互联网上网服务营业场所", "网吧", "网络文化经营许可证"),
    (21, "歌舞娱乐场所", "歌舞厅", "娱乐经营许可证"),
    (6, "游艺娱乐场所", "游艺厅", "娱乐经营许可证"),
    (2, "歌舞娱乐场所、游艺娱乐场所", "娱乐城", "娱乐经营许可证"),
    (7, "电影放映", "影院", "电影放映经营许可证"),
    (1, "电影发行", "电影发行公司", "电影发行经营许可证"),
    (2, "点播影院", "点播影吧", "电影放映经营许可证"),
]
OTHERS = [
    "面馆",
    "小吃店",
    "五金店",
    "超市",
    "理发店",
    "服装店",
    "药店",
    "文具店",
    "早餐店",
    "农资店",
    "修车铺",
    "茶庄",
]
DEPARTMENTS = [
    ("旅文广电局", "WL"),
    ("公安局", "GA"),
    ("卫生健康局", "WS"),
    ("市场监管局", "SJ"),
    ("消防救援大队", "XF"),
]
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"


@dataclass(frozen=True)
class Venue:
    """What distinguishes one enterprise of the three industries."""

    industry: str
    ending: str
    licence: str


def pick(label: str, number: int, size: int) -> int:
    """A number below ``size`` that looks drawn but is the same in every run."""
    return int.from_bytes(hashlib.sha256(f"demo {label} {number}".encode()).digest()[:8]) % size


def credit_code(number: int, individual: bool) -> str:
    """A valid unified social credit code of region 999999, which no county has."""
    body = f"{'92' if individual else '91'}999999MA{number:07d}"
    return body + uscc.calc_check_digit(body)


def _venues() -> list[Venue]:
    return [Venue(industry, ending, licence) for count, industry, ending, licence in VENUES for _ in range(count)]


def _grade(number: int) -> str:
    """About the spread of the notice's scheme: many A and B, few D and E, some not graded."""
    place = pick("grade", number, 100)
    for limit, grade in ((30, "A"), (66, "B"), (80, "C"), (87, "D"), (90, "E")):
        if place < limit:
            return grade
    return ""


def _status(number: int) -> str:
    return {3: "注销", 17: "吊销", 29: "歇业"}.get(pick("status", number, 60), "存续")


def enterprise_rows() -> Iterator[list[str]]:
    """All enterprises as rows of the import file, those of the three industries spread among the rest."""
    venues = _venues()
    places = sorted(range(ENTERPRISES), key=lambda n: hashlib.sha256(f"demo place {n}".encode()).digest())
    venue_at = dict(zip(places, venues, strict=False))
    for number in range(ENTERPRISES):
        venue = venue_at.get(number)
        individual = pick("kind", number, 10) < 6 and venue is None
        word = WORDS[pick("word", number, len(WORDS))]
        ending = venue.ending if venue else OTHERS[pick("other", number, len(OTHERS))]
        name = f"演示{word}{ending}{number:04d}"
        year = 2012 + pick("year", number, 12) if pick("late", number, 25) else 2024
        month, day = 1 + pick("month", number, 12), 1 + pick("day", number, 28)
        if year == 2024:
            month, day = 6, 1 + pick("day", number, 2)  # after the notice's cut-off, before the import
        grade = _grade(number)
        expiry = f"{2025 + pick('expiry', number, 3)}-{month:02d}-{day:02d}" if pick("long", number, 6) else "长期"
        yield [
            credit_code(number, individual),
            name,
            "个体工商户" if individual else "企业",
            AUTHORITY if pick("authority", number, 40) else "示例市市场监督管理局",
            _status(number),
            f"{year}-{month:02d}-{day:02d}",
            f"宽城演示县{TOWNSHIPS[pick('town', number, 6)]}{STREETS[pick('street', number, 5)]}{1 + number % 199}号",
            TOWNSHIPS[pick("town", number, 6)],
            f"{SURNAMES[pick('legal', number, 16)]}某",
            venue.industry if venue else "其他",
            grade,
            "2024-05-01" if grade else "",
            f"{SURNAMES[pick('contact', number, 16)]}某某",
            f"1390000{number:04d}",
            venue.licence if venue else "",
            f"演示许字{number:04d}号" if venue else "",
            expiry if venue else "",
        ]


def inspector_rows() -> Iterator[list[str]]:
    """60 inspectors, 12 a department: of each 12 one expired, one on leave; two transferred in all."""
    for block, (short, code) in enumerate(DEPARTMENTS):
        for place in range(12):
            number = block * 12 + place + 1
            state = "在岗"
            if place == 10:
                state = "休假或借调"
            elif place == 9 and block in (1, 3):
                state = "调离或退休"
            yield [
                f"检查员{number:02d}",
                short,
                f"演示{code}{number:04d}",
                "2023-12-31" if place == 11 else f"{2026 + number % 3}-12-31",
                "科员" if place % 3 else "副科长",
                "",
                f"1380000{number:04d}",
                state,
            ]


def write_workbook(path: Path, title: str, headers: Sequence[str], rows: Iterator[list[str]]) -> None:
    """An import file as an office would keep it: a title row, headers, rows, everything as text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.append([f"{title}（演示数据，企业、代码、人员均为虚构）"])
    sheet.append(list(headers))
    for row in rows:
        sheet.append([value or None for value in row])
    book.save(path)


def write_files(folder: Path) -> tuple[Path, Path]:
    """Write both import files; returns their paths (enterprises, inspectors)."""
    enterprises, inspectors = folder / "企业名录.xlsx", folder / "执法检查人员名录.xlsx"
    write_workbook(enterprises, "企业名录", ENTERPRISE_HEADERS, enterprise_rows())
    write_workbook(inspectors, "执法检查人员名录", INSPECTOR_HEADERS, inspector_rows())
    return enterprises, inspectors
