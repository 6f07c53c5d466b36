"""企业名录: the columns of the import file and how each is cleaned."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from registry import clock
from registry.enums import EntityType, RegStatus
from registry.importers.reading import (
    EMPTY,
    Cleaner,
    Wrong,
    choice,
    normal_word,
    past_day,
    phone,
    refuse_identity,
    remembered,
    text,
    unknown_word,
)
from registry.models import Industry, RiskLevel, RiskScheme
from registry.services import EnterpriseRow
from registry.spreadsheets import Header, Kind, SpreadsheetError
from registry.uscc import UsccError, clean_uscc

LICENCE_COLUMNS = ("许可证名称", "许可证编号", "许可有效期至")
ENDLESS = "长期"

HEADERS = [
    Header("统一社会信用代码", Kind.CODE),
    Header("名称", aliases=("企业名称",)),
    Header("主体类型"),
    Header("登记机关"),
    Header("登记状态"),
    Header("成立日期", Kind.DATE),
    Header("住所"),
    Header("乡镇", required=False),
    Header("法定代表人", required=False),
    Header("行业"),
    Header("信用风险等级", aliases=("信用风险级别",)),
    Header("等级日期", Kind.DATE),
    Header("联系人", required=False),
    Header("联系电话", Kind.PHONE, required=False),
    Header("许可证名称", required=False),
    Header("许可证编号", Kind.CODE, required=False),
    Header("许可有效期至", Kind.DATES, required=False, aliases=("许可证有效期至",), words=(ENDLESS,)),
]
HINTS = {
    "统一社会信用代码": "18位，照营业执照填写；单元格须为文本格式，否则 Excel 会丢掉末几位。",
    "名称": "营业执照上的全称。",
    "主体类型": "企业、个体工商户、农民专业合作社、外国企业代表机构之一。",
    "登记机关": "照营业执照填写，写全称。",
    "登记状态": "存续、歇业、注销、吊销、撤销、迁出之一；在营、开业、在册视为存续。",
    "成立日期": "年月日，如 2024-06-01。",
    "住所": "营业执照上的住所或经营场所。",
    "乡镇": "可不填。",
    "法定代表人": "个体工商户填经营者。不要填身份证号。",
    "行业": "几个行业用“、”隔开；不属于列出的行业填“其他”。网吧、影院、娱乐场所等写法也认。",
    "信用风险等级": "如 A、B、C、D、E；未评级的留空。",
    "等级日期": "评定的那一天；填了等级就必须填。",
    "联系人": "可不填。",
    "联系电话": "手机号，或带区号的座机号；几个号码用“、”隔开。",
    "许可证名称": "几个许可证用“、”隔开，编号和有效期按同样顺序。",
    "许可证编号": "与许可证名称一一对应，用“、”隔开。",
    "许可有效期至": "年月日或“长期”，与许可证名称一一对应，用“、”隔开。",
}
ENTITY_WORDS = {
    "公司": EntityType.COMPANY,
    "个体": EntityType.INDIVIDUAL,
    "个体户": EntityType.INDIVIDUAL,
    "合作社": EntityType.COOPERATIVE,
    "农民专业合作社(联合社)": EntityType.COOPERATIVE,
    "外企代表机构": EntityType.FOREIGN_OFFICE,
    "外国(地区)企业代表机构": EntityType.FOREIGN_OFFICE,
}
STATUS_WORDS = {
    "在营": RegStatus.ACTIVE,
    "开业": RegStatus.ACTIVE,
    "在册": RegStatus.ACTIVE,
    "在业": RegStatus.ACTIVE,
    "正常": RegStatus.ACTIVE,
    "存续(在营、开业、在册)": RegStatus.ACTIVE,
    "停业": RegStatus.SUSPENDED,
    "已歇业": RegStatus.SUSPENDED,
    "已注销": RegStatus.DEREGISTERED,
    "已吊销": RegStatus.REVOKED,
    "吊销,未注销": RegStatus.REVOKED,
    "吊销未注销": RegStatus.REVOKED,
    "已撤销": RegStatus.ANNULLED,
    "已迁出": RegStatus.MOVED_OUT,
}
UNGRADED = frozenset({"未评级", "未定级", "未评", "无"})
FIELDS = {
    "统一社会信用代码": "uscc",
    "名称": "name",
    "主体类型": "entity_type",
    "登记机关": "authority",
    "登记状态": "status",
    "成立日期": "registered_on",
    "住所": "address",
    "乡镇": "township",
    "法定代表人": "legal_rep",
    "联系人": "contact_name",
    "联系电话": "contact_phone",
}


class EnterpriseCleaner(Cleaner):
    """Cleans an enterprise file whose grades belong to ``scheme``."""

    headers = HEADERS
    key = "统一社会信用代码"
    title = "名称"

    def __init__(self, scheme: RiskScheme) -> None:
        today = clock.today()
        entity = {normal_word(label): value for value, label in EntityType.choices} | ENTITY_WORDS
        status = {normal_word(label): value for value, label in RegStatus.choices} | STATUS_WORDS
        self.columns: dict[str, Callable[[Any], Any]] = {
            "统一社会信用代码": _code,
            "名称": text(200, required=True, named=True),
            "主体类型": choice(entity, EntityType.labels, "主体类型"),
            "登记机关": text(100, required=True),
            "登记状态": choice(status, RegStatus.labels, "登记状态"),
            "成立日期": partial(past_day, today=today, required=True),
            "住所": text(300, required=True),
            "乡镇": text(50),
            "法定代表人": text(100, named=True),
            "行业": _industries(),
            "信用风险等级": _grade(scheme),
            "等级日期": partial(past_day, today=today, required=False),
            "联系人": text(50, named=True),
            "联系电话": phone(30),
            "许可证名称": _parts,
            "许可证编号": _numbers,
            "许可有效期至": lambda value: value or (),
        }

    def check_columns(self, found: Sequence[str]) -> None:
        """The three licence columns come together or not at all."""
        missing = [name for name in LICENCE_COLUMNS if name not in found]
        if 0 < len(missing) < len(LICENCE_COLUMNS):
            raise SpreadsheetError(f"许可证的三列要一起有，缺少：{'、'.join(missing)}。请下载模板，照模板的表头补上")

    def build(
        self, number: int, cells: dict[str, Any], wrong: set[str], report: Callable[[str, str], None]
    ) -> EnterpriseRow:
        """The clean row; checks what several columns say together."""
        values = {field: cells[column] for column, field in FIELDS.items() if column in cells}
        level, as_of = cells.get("信用风险等级"), cells.get("等级日期")
        if level is not None and as_of is None and not wrong & {"等级日期", "信用风险等级"}:
            report("等级日期", "填了等级就要填等级日期，请补上")
        licences = None
        if LICENCE_COLUMNS[0] in cells and not wrong & set(LICENCE_COLUMNS):
            licences = _licences(*(cells[name] for name in LICENCE_COLUMNS), report)
        return EnterpriseRow(number, values, cells.get("行业", ()), level, as_of, licences)


def _code(value: str | None) -> str:
    if not value:
        raise Wrong(EMPTY)
    try:
        return clean_uscc(value)
    except UsccError as error:
        raise Wrong(str(error)) from None


def _industries() -> Callable[[str | None], tuple[str, ...]]:
    words: dict[str, str] = {}
    shown = []
    for industry in Industry.objects.all():
        shown.append(industry.name)
        for word in (industry.name, *industry.aliases, industry.code):
            words.setdefault(normal_word(word), industry.code)

    def clean(value: str | None) -> tuple[str, ...]:
        if not value:
            raise Wrong(f"{EMPTY}，不属于列出的行业请填“其他”")
        codes = []
        for part in value.replace("，", "、").replace(",", "、").split("、"):
            code = words.get(normal_word(part))
            if code is None:
                raise Wrong(
                    unknown_word(part.strip(), shown, "行业表") if part.strip() else "两个“、”之间是空的，请改正"
                )
            if code not in codes:
                codes.append(code)
        return tuple(codes)

    return remembered(clean)


def _grade(scheme: RiskScheme) -> Callable[[str | None], int | None]:
    words: dict[str, int] = {}
    shown = []
    for level in RiskLevel.objects.filter(scheme=scheme):
        sign = level.code.replace(".plus", "+")  # draw files take letters, digits and . _ - only
        shown.append(sign)
        for word in (level.code, sign, f"{sign}级", level.name):
            words.setdefault(normal_word(word), level.pk)

    def clean(value: str | None) -> int | None:
        if not value or normal_word(value) in UNGRADED:
            return None
        found = words.get(normal_word(value))
        if found is None:
            raise Wrong(f"“{value[:30]}”不在{'、'.join(shown)}、未评级之内，请核对（分级办法：{scheme.name}）")
        return found

    return remembered(clean)


def _parts(value: str | None) -> tuple[str, ...]:
    if not value:
        return ()
    parts = tuple(part.strip() for part in value.split("、"))
    if "" in parts:
        raise Wrong("两个“、”之间是空的，请改正")
    if longest := next((part for part in parts if len(part) > 100), None):
        raise Wrong(f"“{longest[:20]}…”有{len(longest)}个字，最多100个字，请缩短")
    return parts


def _numbers(value: str | None) -> tuple[str, ...]:
    refuse_identity(value or "")
    return _parts(value)


def _licences(
    names: tuple[str, ...],
    numbers: tuple[str, ...],
    days: tuple[dt.date | str, ...],
    report: Callable[[str, str], None],
) -> tuple[tuple[str, str, dt.date | None], ...] | None:
    most = max(len(names), len(numbers), len(days))
    for column, found in zip(LICENCE_COLUMNS, (names, numbers, days), strict=True):
        if len(found) != most:
            what = EMPTY if not found else f"有{len(found)}个，另一列有{most}个"
            advice = "，长期有效请填“长期”" if not found and column == LICENCE_COLUMNS[2] else ""
            report(column, f"{what}{advice or '，请按同样的顺序补全，用“、”隔开'}")
            return None
    return tuple(
        (name, number, day if isinstance(day, dt.date) else None)
        for name, number, day in zip(names, numbers, days, strict=True)
    )
