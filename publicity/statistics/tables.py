"""The tables as rows. Rates are exact fractions until they are written; zero rows stay (domain.md §6.1)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from inspections.enums import STATUS_RESULTS, Measure, ResultCode, SignatureState
from publicity.snapshot import JOINER
from publicity.statistics.facts import UNGRADED, Facts, RecordFact, SectionFact
from registry import clock
from sampling.enums import DrawEventKind, EOutReason, IOutReason

Cell = str | int | Fraction | None
CLASSES = [code for code in ResultCode if code not in STATUS_RESULTS and code != ResultCode.NO_ITEMS]
SHORT = {
    ResultCode.NOT_PUBLISHED: "未按规定公示",
    ResultCode.FALSE_PUBLISHED: "隐瞒、弄虚作假",
    ResultCode.UNREACHABLE: "无法联系",
    ResultCode.CORRECTED: "已责令改正",
    ResultCode.UNCOOPERATIVE: "不配合检查",
    ResultCode.NO_ACTIVITY: "未开展相关活动",
    ResultCode.PENDING: "待后续处理",
}
MEASURES = {
    Measure.ORDER_CORRECT: "责令改正",
    Measure.OPEN_CASE: "立案",
    Measure.TRANSFER_CASE: "移送",
    Measure.NOTIFY_DEPT: "抄告",
    Measure.ABNORMAL_LIST: "列入异常名录",
}


@dataclass(frozen=True)
class Column:
    """A column: its heading, and whether it holds text, whole numbers or rates. ``group`` stands above several."""

    label: str
    kind: str = "int"
    group: str = ""


@dataclass
class Table:
    """A table: rows of cells by ``columns``; ``total`` is the last row, or ``None``."""

    code: str
    title: str
    columns: list[Column]
    rows: list[list[Cell]]
    total: list[Cell] | None = None
    notes: list[str] = field(default_factory=list)

    def value(self, row: int, label: str) -> Cell:
        """The cell of a row under a heading (the first of that name)."""
        return self.rows[row][[column.label for column in self.columns].index(label)]


def rate(part: int, whole: int) -> Fraction | None:
    """part ÷ whole; ``None`` where there is nothing to divide by."""
    return Fraction(part, whole) if whole else None


def percent(value: Cell) -> str:
    """A rate as text, one decimal, half up; ``—`` for none."""
    if not isinstance(value, Fraction):
        return "—"
    tenths = (value * 1000 * 2 + 1) // 2
    return f"{tenths // 10}.{tenths % 10}%"


def shown(cell: Cell, column: Column) -> str:
    """A cell as text for pages and paper."""
    if column.kind == "rate":
        return percent(cell)
    return "—" if cell is None else str(cell)


def _count(items: Iterable[Any], test: Callable[[Any], Any]) -> int:
    return sum(1 for one in items if test(one))


def _ints(*labels: str, group: str = "") -> list[Column]:
    return [Column(label, group=group) for label in labels]


def _scope(facts: Facts) -> str:
    plan = facts.plan
    before = f"{plan.registered_before:%Y年%-m月%-d日}前" if plan.registered_before else ""
    names = "、".join(industry.name for industry in facts.industries)
    return f"{before}在{plan.authority}登记的{names}"


def t1(facts: Facts) -> Table:
    """T1 任务总表: the plan in one row."""
    records = facts.records
    sections = [section for record in records for section in record.sections]
    due, checked = len(records), _count(records, lambda one: one.checked)
    published, problems = _count(records, lambda one: one.published_on), _count(records, lambda one: one.problem)
    done = _count(records, lambda one: one.checked and one.published_on)
    expired, on_time = _count(sections, lambda one: one.due_passed), _count(sections, lambda one: one.on_time)
    plan = facts.plan
    columns = [
        *(Column(label, "text") for label in ("任务", "抽查领域", "类型", "对象范围")),
        Column("抽查基数"), Column("抽查比例", "rate"),
        *_ints("抽取户数", "应检", "已检", "未检", "已公示", "未公示"),
        Column("完成率", "rate"), Column("公示率", "rate"), Column("问题户数"), Column("问题发现率", "rate"),
        Column("按时率", "rate"),
    ]  # fmt: skip
    row: list[Cell] = [
        plan.task_name, "、".join(industry.name for industry in facts.industries), plan.get_draw_type_display(),
        _scope(facts), facts.base, rate(facts.picks, facts.base), facts.picks, due, checked, due - checked,
        published, due - published, rate(published, due), rate(done, checked),
        problems, rate(problems, checked), rate(on_time, expired),
    ]  # fmt: skip
    notes = [
        "按户统计。应检＝已派发并未被递补的企业；已检＝各部门均已回填的企业；完成率＝已公示÷应检；公示率＝已检中已公示的÷已检；",
        "问题发现率＝问题户数÷已检；按时率＝到期且按时回填的部门户次÷已到期的部门户次，没有到期的不计；退回修改中的不计入已检。",
    ]
    return Table("T1", "任务总表", columns, [row], notes=notes)


def _department_row(facts: Facts, department_id: int | None) -> list[Cell]:
    """The numbers of one department, or of all when ``department_id`` is ``None``."""
    wanted = (lambda one: True) if department_id is None else (lambda one: one.department_id == department_id)
    confirmations = [one for one in facts.confirmations if wanted(one)]
    sections: list[SectionFact] = [one for record in facts.records for one in record.sections if wanted(one)]
    entered = [one for one in sections if one.entered_on]
    published = [one for one in sections if one.published_on]
    closed = _count(published, lambda one: one.entered_on and all(_closed(row, facts) for row in one.follow_ups))
    late = _count(sections, lambda one: one.late or one.overdue)
    return [
        len(confirmations),
        _count(confirmations, lambda one: one.in_time),
        _count(confirmations, lambda one: one.late),
        len({person for one in entered for person in one.people}),
        sum(len(one.people) for one in entered),
        len(sections),
        len(entered),
        len(published),
        rate(len(published), len(sections)),
        *(_count(entered, lambda one, code=code: code in one.codes) for code in CLASSES),
        _count(entered, lambda one: STATUS_RESULTS & set(one.codes)),
        *(_measures(entered, measure) for measure in MEASURES),
        closed,
        rate(closed, len(published)),
        _count(sections, lambda one: one.due_passed),
        _count(sections, lambda one: one.on_time),
        late,
    ]


def _closed(row: Any, facts: Facts) -> bool:
    return row.measure == Measure.NONE or bool(row.closed_on and row.closed_on <= facts.as_of)


def _measures(sections: list[SectionFact], measure: Measure) -> int:
    return sum(_count(section.follow_ups, lambda row: row.measure == measure) for section in sections)


def t2(facts: Facts) -> Table:
    """T2 部门情况表: every department of the plan, in the order of the notice."""
    columns = [
        Column("部门", "text"),
        *_ints("派发", "按时", "超期", group="派发确认（户）"),
        *_ints("人", "人次", group="执法人员"),
        *_ints("应检", "已检", "已公示", group="检查（户）"), Column("完成率", "rate", "检查（户）"),
        *(Column(SHORT.get(code, code.label), group="检查结果（户）") for code in CLASSES),
        Column("注销等状态", group="检查结果（户）"),
        *(Column(label, group="后续处置（件）") for label in MEASURES.values()),
        Column("完结", group="后续处置（件）"), Column("完结率", "rate", "后续处置（件）"),
        *_ints("到期", "按时", "超期", group="5日内回填（户）"),
    ]  # fmt: skip
    rows: list[list[Cell]] = [[one.name, *_department_row(facts, one.pk)] for one in facts.departments]
    notes = [
        "按部门户次统计，一户由多个部门检查的分别计入；一户有几项检查结果的，各项分别计入。",
        "完成率＝已公示÷应检；完结＝已公示且后续处置全部办结的户数，完结率＝完结÷已公示。",
        "5日内回填：检查结束之日起 5 个工作日；到期＝按时＋超期，没有到期的不计，超期含到期仍未回填的。",
    ]
    return Table("T2", "部门情况表", columns, rows, ["合计", *_department_row(facts, None)], notes)


Group = tuple[str, Cell, int, int, int, list[RecordFact]]
REPLACED_NOTE = "派发以后：应检＝抽取数－递补换出＋递补换入；候补企业可能属于另一个行业，所以一行的已检可以多于抽取数。"


def _split(facts: Facts, label: str, groups: list[Group], total: list[Cell],
           code: str, title: str, *, rates: list[Cell] | None = None) -> Table:  # fmt: skip
    """A table of 基数, 抽取数, 实际比例, 递补, 应检, 已检, 问题户数, 问题发现率 per group."""
    columns = [
        Column(label, "text"), Column("抽查基数"), Column("抽取数"),
        *([Column("设定比例", "rate")] if rates is not None else []),
        Column("实际比例", "rate"), *_ints("递补换出", "递补换入", "应检", "已检", "问题户数"),
        Column("问题发现率", "rate"),
    ]  # fmt: skip
    rows: list[list[Cell]] = []
    for index, (name, base, picks, went, came, records) in enumerate(groups):
        checked, problems = _count(records, lambda one: one.checked), _count(records, lambda one: one.problem)
        actual = rate(picks, base) if isinstance(base, int) else None
        preset = [rates[index]] if rates is not None else []
        rows.append([name, base, picks, *preset, actual, went, came, len(records), checked, problems,
                     rate(problems, checked)])  # fmt: skip
    return Table(code, title, columns, rows, total, [REPLACED_NOTE])


def _total(facts: Facts, *, preset: bool) -> list[Cell]:
    checked = _count(facts.records, lambda one: one.checked)
    problems = _count(facts.records, lambda one: one.problem)
    middle: list[Cell] = [None] if preset else []
    return ["合计", facts.base, facts.picks, *middle, rate(facts.picks, facts.base), len(facts.went), len(facts.came),
            len(facts.records), checked, problems, rate(problems, checked)]  # fmt: skip


def t3(facts: Facts) -> Table:
    """T3 风险等级表: every level of the scheme and 未评级, drawn against set. For lead bureau and auditor only."""
    groups: list[Group] = [
        (
            "未评级" if grade == UNGRADED else f"{grade}级",
            facts.base_by_grade.get(grade, 0),
            facts.picks_by_grade[grade],
            _count(facts.went, lambda one, grade=grade: one.grade == grade),
            _count(facts.came, lambda one, grade=grade: one.grade == grade),
            [one for one in facts.records if one.grade == grade],
        )
        for grade in facts.grades
    ]
    rates: list[Cell] = [facts.rates.get(grade, Fraction(0)) for grade in facts.grades]
    table = _split(facts, "等级", groups, _total(facts, preset=True), "T3", "风险等级表", rates=rates)
    table.notes += ["每级抽取数按设定比例向上取整，小数目的等级实际比例因此高于设定。"]
    return table


def t4(facts: Facts) -> Table:
    """T4 行业表: every industry of the plan."""
    bases = facts.base_by_industry
    groups: list[Group] = [
        (
            industry.name,
            bases[industry.pk] if bases is not None else None,
            facts.picks_by_industry[industry.pk],
            _count(facts.went, lambda one, code=industry.pk: code in one.industries),
            _count(facts.came, lambda one, code=industry.pk: code in one.industries),
            [one for one in facts.records if industry.pk in one.industries],
        )
        for industry in facts.industries
    ]
    table = _split(facts, "行业", groups, _total(facts, preset=False), "T4", "行业表")
    table.notes += ["一户有几个行业的分别计入，合计按户计，因此可能小于各行之和；行业按现在的名录。"]
    return table


def t5(facts: Facts, *, grades: bool) -> Table:
    """T5 检查对象明细（台账）: every enterprise. ``grades`` False leaves the grade out."""
    names = {one.pk: one.short_name for one in facts.departments}
    industry_names = {one.pk: one.name for one in facts.industries}
    labels = ["名称", "代码", *(["等级"] if grades else []), "行业", "检查日期", "检查人员", "各部门结果", "后续处置",
              "公示日期", "签字情况"]  # fmt: skip
    rows: list[list[Cell]] = []
    for number, one in enumerate(facts.records, 1):
        entered = [section for section in one.sections if section.entered_on]
        results = [f"{names.get(section.department_id, '')}：{JOINER.join(code.label for code in section.codes)}"
                   for section in entered if section.codes]  # fmt: skip
        measures = [f"{names.get(section.department_id, '')}：{row.get_measure_display()}"
                    for section in entered for row in section.follow_ups if row.measure != Measure.NONE]  # fmt: skip
        people = dict.fromkeys(name for section in entered for name, present in section.inspectors if present)
        visit = one.record.visit_to
        day = visit.astimezone(clock.SHANGHAI).date() if visit else None
        signature = SignatureState(one.record.signature).label if entered else SignatureState.PENDING.label
        rows.append([
            number, one.enterprise.name, one.enterprise.uscc,
            *(["未评级" if one.grade == UNGRADED else f"{one.grade}级"] if grades else []),
            "、".join(industry_names.get(code, code) for code in one.industries),
            day.isoformat() if day and day <= facts.as_of else "", "、".join(people), "\n".join(results),
            "\n".join(measures), one.published_on.isoformat() if one.published_on else "", signature,
        ])  # fmt: skip
    return Table("T5", "检查对象明细（台账）", [Column("序号"), *(Column(label, "text") for label in labels)], rows)


def _event(event: Any) -> str:
    codes = {**dict(EOutReason.choices), **dict(IOutReason.choices)}
    day = event.at.astimezone(clock.SHANGHAI)
    return f"{day:%Y-%m-%d %H:%M} {DrawEventKind(event.kind).label}（{codes.get(event.code, event.code)}）"


def t8(facts: Facts) -> Table:
    """T8 抽取情况表: every draw with its witnesses, digests and what happened afterwards."""
    rows: list[list[Cell]] = []
    for number, draw in enumerate(facts.draws, 1):
        witnesses = [f"{one.get('name', '')}（{one.get('unit', '')}）" for one in draw.witnesses]
        events = [_event(event) for event in facts.events if event.draw_id == draw.pk]
        rows.append([
            number, draw.roster.draw_id, f"{draw.drawn_at.astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M:%S}",
            str(draw.drawn_by), "、".join(witnesses), draw.roster.total, _scope(facts), draw.seed,
            draw.roster.digest, draw.result_digest, "\n".join(events) or "无",
        ])  # fmt: skip
    labels = ["抽取编号", "时间", "操作人", "见证人"]
    behind = ["条件", "种子", "名单摘要", "结果摘要", "补抽和替换"]
    columns = [Column("序号"), *(Column(label, "text") for label in labels), Column("库总数"),
               *(Column(label, "text") for label in behind)]  # fmt: skip
    return Table("T8", "抽取情况表", columns, rows)


def all_tables(facts: Facts, *, grades: bool) -> list[Table]:
    """T1–T5 and T8 in order. ``grades``: with T3 and the grade column (lead bureau and auditor only)."""
    third = [t3(facts)] if grades else []
    return [t1(facts), t2(facts), *third, t4(facts), t5(facts, grades=grades), t8(facts)]
