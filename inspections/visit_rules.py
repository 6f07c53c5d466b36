"""What a visit owes, by what the officers met with (inspections/arrival.py). Part of the table of site_rules.py."""

from inspections.arrival import OUTCOMES
from inspections.enums import Arrival
from inspections.rule import Clause, Rule, filled

ON_SITE: tuple[Clause, ...] = (("written_only", "is", False),)
PRESENT = 2  # 处罚法 第42条; notice 六(二)2


def _after(*outcomes: Arrival) -> tuple[Clause, ...]:
    return (*ON_SITE, ("arrival", "in", [one.value for one in outcomes]))


# Before the question is answered a section owes what a normal visit owes, and the answer.
MET: tuple[Clause, ...] = (*ON_SITE, ("arrival", "in", ["", *(one for one in OUTCOMES if OUTCOMES[one].met)]))
CHECKED: tuple[Clause, ...] = (*ON_SITE, ("arrival", "in", ["", *(one for one in OUTCOMES if not OUTCOMES[one].fills)]))
DOOR = _after(Arrival.UNREACHABLE, Arrival.CLOSED, Arrival.MOVED)
VISIT = [
    Rule(
        "visit",
        "present",
        "到场的检查人员只有 {present} 人，不少于 2 人才能提交（通知第六部分（二）2）。",
        (("present", "min", PRESENT),),
        ON_SITE,
    ),
    Rule("visit", "arrival", "请先选现场是什么情况。", filled("arrival"), ON_SITE),
    Rule("visit", "certificates", "请确认已出示执法证件。", (("certificates_shown", "is", True),), MET),
    Rule("visit", "informed", "请确认已告知检查事由、依据、权利义务和申请回避权。", (("informed", "is", True),), MET),
    Rule("visit", "visit", "请填写检查{span}时间。", (("span", "empty", None),), MET),
    Rule("visit", "methods", "请选择检查方式。", filled("methods"), CHECKED),
    Rule("visit", "door", "请拍一张门口的照片。", (("door", "min", 1),), DOOR),
    Rule(
        "visit",
        "attempts",
        "请记下怎样联系过，至少两种办法。",
        (("ways", "min", 2),),
        _after(Arrival.UNREACHABLE),
    ),
    Rule(
        "visit",
        "found_at",
        "请填写现在的地址；不知道的，写“去向不明”。",
        filled("found_at"),
        _after(Arrival.MOVED),
    ),
    Rule("visit", "said", "请照原话写下对方怎样说。", filled("said"), _after(Arrival.REFUSED)),
    Rule(
        "visit",
        "onlooker",
        "请填写见证人姓名和单位；没有见证人的，请写明原因。",
        (*filled("onlooker_name"), *filled("no_onlooker")),
        _after(Arrival.REFUSED),
    ),
    Rule(
        "visit",
        "onlooker",
        "请填写见证人的单位或身份。",
        filled("onlooker_unit"),
        (*_after(Arrival.REFUSED), *filled("onlooker_name")),
    ),
    Rule("visit", "met", "请填写接待人的姓名。", filled("met_name"), _after(Arrival.ABSENT)),
]
