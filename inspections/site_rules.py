"""What only the site can satisfy, as one table: the server refuses by it, and the phone says so before anybody leaves.

A rule holds where every clause of ``when`` does, and is kept by any clause of ``need`` (none: never). A clause is
[fact, test, value]. The phone gets this table as JSON and reads it with static/js/phone/rules.js; the facts of both
sides are made by site_facts.py and by that module. Nothing here reads the database.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from inspections.arrival import as_json as outcomes_as_json
from inspections.enums import (
    EXCLUSIVE_RESULTS,
    MARKET_ONLY_RESULTS,
    RESULTS_WITHOUT_NOTE,
    STATUS_RESULTS,
    Answer,
    Measure,
    ResultCode,
    SignatoryRole,
    SignatureState,
)
from inspections.rule import Clause, Facts, Rule, filled, holds
from inspections.visit_rules import ON_SITE, VISIT

PROBLEM_RESULTS = (ResultCode.CORRECTED, ResultCode.PENDING)
# What may stand when nothing was looked at: the state of the enterprise, or why it could not be inspected.
WITHOUT_CHECK = (
    ResultCode.UNREACHABLE, ResultCode.UNCOOPERATIVE, ResultCode.NO_ACTIVITY,
    *(code for code in ResultCode if code in STATUS_RESULTS),
)  # fmt: skip
# These stand alone, or with what was found wrong; the two of found problems exclude each other by a rule.
EXCLUSIVE = (*(code for code in ResultCode if code in EXCLUSIVE_RESULTS), *PROBLEM_RESULTS)
SIGNED_STATES = (SignatureState.SIGNED, SignatureState.SEALED, SignatureState.SIGNED_AND_SEALED)
TEXT_NAMES = {
    Answer.NOT_OK: "写明问题", Answer.NOT_APPLICABLE: "写明缺项的原因", Answer.NOT_CHECKED: "写明未检查的原因",
}  # fmt: skip
# What belongs to a measure (domain.md §2.3); anything else is not kept with it.
MEASURE_FIELDS: dict[str, tuple[str, ...]] = {
    Measure.NONE: (),
    Measure.ORDER_CORRECT: ("deadline", "reference", "text"),
    Measure.OPEN_CASE: ("reference", "text"),
    Measure.TRANSFER_CASE: ("receiving", "text"),
    Measure.NOTIFY_DEPT: ("receiving", "text"),
    Measure.ABNORMAL_LIST: ("text",),
    Measure.FEEDBACK_ROUTINE: ("receiving", "text"),
    Measure.OTHER: ("text",),
}
AGAINST_THE_ENTERPRISE = (Measure.ORDER_CORRECT, Measure.OPEN_CASE, Measure.TRANSFER_CASE)


# -------------------------------------------------------------------------------------------- the visit and its items

FITTING = "{order} {name}：到场情况是“{arrived}”，不能填“{says}”；没有查的改为未检查，查过的请更改到场情况。"
ITEMS = [
    Rule("item", "answer", FITTING, (("fits", "is", True),)),
    Rule("item", "answer", "{order} {name}：还没有填", filled("answer")),
    *(
        Rule("item", "text", f"{{order}} {{name}}：请{words}", filled("text"), (("answer", "is", answer.value),))
        for answer, words in TEXT_NAMES.items()
    ),
]

# ---------------------------------------------------------------------------------------- the result and what follows

CHOSEN: tuple[Clause, ...] = (("results", "filled", None),)
BAD: tuple[Clause, ...] = (("bad", "min", 1),)
ALL_GOOD: tuple[Clause, ...] = (("bad", "is", 0),)
UNCHOOSABLE_WHEN_BAD = (ResultCode.NO_PROBLEM, ResultCode.NO_ITEMS)


def _codes(*codes: str) -> list[str]:
    return [str(code) for code in codes]


BOTH = [f"“{code.label}”" for code in PROBLEM_RESULTS]
HAS_BOTH = _codes(*PROBLEM_RESULTS)
CORRECTED: tuple[Clause, ...] = (("results", "has", _codes(ResultCode.CORRECTED)),)
LOOKED: tuple[Clause, ...] = (("answers", "has", [Answer.OK.value, Answer.NOT_APPLICABLE.value]),)
LOOKED_AT = [Answer.OK.value, Answer.NOT_OK.value]
NOT_LOOKED_AT: tuple[Clause, ...] = (("answers", "has", [Answer.NOT_CHECKED.value]), ("answers", "lacks", LOOKED_AT))
ALONE = [code.value for code in ResultCode if code in EXCLUSIVE_RESULTS]
WRONG = f"有 {{bad}} 项不符合，结果应包含{BOTH[0]}或{BOTH[1]}。"
STILL = f"第 {{open}} 项填的是未改正，不能选{BOTH[0]}；已经改正的，请先在事项里选已当场改正。"
# Whatever breaks one of these is not stored, not even as a draft.
RESULT_FITS = [
    Rule(
        "result",
        "results",
        "“{alone}”只能单独选择，请取消其他结果或取消这一项。",
        (("alone", "empty", None),),
        CHOSEN,
    ),
    Rule(
        "result",
        "results",
        f"{BOTH[0]}和{BOTH[1]}只能选一项：有一项没有当场改正，就是待后续处理。",
        (("results", "lacks", _codes(ResultCode.PENDING)),),
        CORRECTED,
    ),
    Rule(
        "result",
        "results",
        "到场情况是“{arrived}”，不能选“{astray}”。",
        (("astray", "empty", None),),
        CHOSEN,
        "到场情况是“{arrived}”",
    ),
    Rule("result", "results", "“{foreign}”只能由市场监管部门选择，请取消。", (("foreign", "empty", None),), CHOSEN),
    Rule("result", "results", WRONG, (("results", "lacks", ALONE),), (*CHOSEN, *BAD), "有 {bad} 项不符合，不能选"),
    Rule("result", "results", STILL, (("open", "empty", None),), (*BAD, *CORRECTED), "第 {open} 项填的是未改正"),
]
# A draft may still lack these.
RESULT_HOLDS = [
    Rule("result", "results", WRONG, (("results", "has", HAS_BOTH),), (*CHOSEN, *BAD, ("results", "lacks", ALONE))),
    Rule(
        "result",
        "results",
        "没有不符合的事项，不能选“{problem}”；请先在事项里写明问题。",
        (("results", "has", [code.value for code in ResultCode if code in MARKET_ONLY_RESULTS]),),
        (*ALL_GOOD, *LOOKED, ("results", "has", HAS_BOTH)),
        "没有不符合的事项",
    ),
    Rule(
        "result",
        "results",
        f"没有一项是“符合”，不能选“{ResultCode.NO_PROBLEM.label}”。",
        (("answers", "has", [Answer.OK.value]),),
        (*ALL_GOOD, ("results", "has", _codes(ResultCode.NO_PROBLEM))),
        "没有一项是“符合”",
    ),
    Rule(
        "result",
        "results",
        f"只有全部事项都是合理缺项时，才能选“{ResultCode.NO_ITEMS.label}”。",
        (("only_na", "is", True),),
        (*ALL_GOOD, ("results", "has", _codes(ResultCode.NO_ITEMS))),
        "全部事项都是合理缺项时才能选",
    ),
    Rule(
        "result",
        "results",
        "没有一项实际检查过，请按企业状况选择结果（如注销、无法联系、未发现经营活动）。",
        (("results", "has", _codes(*WITHOUT_CHECK)),),
        (*CHOSEN, *NOT_LOOKED_AT, ("results", "lacks", _codes(*UNCHOOSABLE_WHEN_BAD))),
        "没有一项实际检查过",
    ),
]
RESULT = [
    Rule("result", "results", "请选择检查结果。", CHOSEN),
    *RESULT_FITS,
    *RESULT_HOLDS,
    Rule("result", "result_note", "选择“{noted}”时，请在结果说明里写清情况。", filled("result_note"), filled("noted")),
]
CONFIRMED = Rule("confirm", "results", "请核对并确认本部门的检查结果。", (("result_confirmed", "is", True),), CHOSEN)
FOLLOW_UP = [
    Rule("follow", "measures", "发现问题的，请选择后续处置。", filled("measures"), (("results", "has", HAS_BOTH),)),
    Rule(
        "follow",
        "measures",
        f"“{Measure.NONE.label}”只能单独选择，请取消其他措施或取消这一项。",
        (("count", "is", 1),),
        (("measures", "has", [Measure.NONE.value]),),
    ),
    Rule(
        "follow",
        "measures",
        f"结果是“{ResultCode.PENDING.label}”，不能选“{Measure.NONE.label}”。",
        (("measures", "lacks", [Measure.NONE.value]),),
        (("results", "has", _codes(ResultCode.PENDING)),),
    ),
    Rule(
        "follow",
        "measures",
        "结果不是发现问题，不能选“{against}”。",
        (("against", "empty", None),),
        (("results", "has", _codes(*UNCHOOSABLE_WHEN_BAD)),),
    ),
]
MEASURES = [
    Rule(
        "measure",
        "deadline",
        "“{label}”要填整改期限。",
        filled("deadline"),
        (("measure", "is", Measure.ORDER_CORRECT.value),),
    ),
    Rule(
        "measure",
        "receiving",
        "“{label}”要填接收单位。",
        filled("receiving"),
        (("measure", "in", [Measure.TRANSFER_CASE.value, Measure.NOTIFY_DEPT.value]),),
    ),
    Rule(
        "measure",
        "text",
        "选了“其他”处置，请写明怎样处置。",
        filled("text"),
        (("measure", "is", Measure.OTHER.value),),
    ),
]

# ------------------------------------------------------------------------------------------------------ the signature

HAS_SIGNED: tuple[Clause, ...] = (("signature", "in", [state.value for state in SIGNED_STATES]),)
HAS_REFUSED: tuple[Clause, ...] = (("signature", "is", SignatureState.REFUSED.value),)
COULD_NOT: tuple[Clause, ...] = (("signature", "in", [SignatureState.REFUSED.value, SignatureState.UNABLE.value]),)
SIGN = [
    Rule(
        "sign",
        "signature",
        "请选择签字情况。",
        (("signature", "in", [s.value for s in SignatureState if s != SignatureState.PENDING]),),
    ),
    Rule("sign", "signatory_name", "请填写签字人姓名。", filled("signatory_name"), HAS_SIGNED),
    Rule("sign", "signatory_role", "请选择签字人身份。", (("signatory_role", "in", SignatoryRole.values),), HAS_SIGNED),
    Rule(
        "sign",
        "opinion_agrees",
        "请选择企业意见：属实，或有异议。",
        (("opinion_agrees", "in", [True, False]),),
        HAS_SIGNED,
    ),
    Rule(
        "sign",
        "opinion_text",
        "企业有异议的，请写明异议内容。",
        filled("opinion_text"),
        (*HAS_SIGNED, ("opinion_agrees", "is", False)),
    ),
    Rule("sign", "refusal_reason", "请写明{word}的原因。", filled("refusal_reason"), COULD_NOT),
    Rule(
        "sign",
        "witness_name",
        "请填写见证人姓名和单位；没有见证人的，请写明原因。",
        (*filled("witness_name"), *filled("no_witness_reason")),
        HAS_REFUSED,
    ),
    Rule(
        "sign",
        "witness_unit",
        "请填写见证人的单位或身份。",
        filled("witness_unit"),
        (*HAS_REFUSED, *filled("witness_name")),
    ),
    Rule(
        "sign",
        "signature",
        "{met}到过现场，不能选“不适用”；企业不签字的，请登记为拒绝签字或无法签字。",
        (("met", "empty", None),),
        (("signature", "is", SignatureState.NOT_APPLICABLE.value),),
    ),
]
# Before a section is handed in: two officers vouch for themselves, and the enterprise has confirmed what stands there.
OFFICER = Rule(
    "officer",
    "inspectors",
    "{name}还没有签字，也没有用自己的账号确认到场。",
    (("attested", "is", True), ("scan", "is", True)),
    (*ON_SITE, ("second_officer", "is", True), ("present", "is", True)),
)
SIGNS: tuple[Clause, ...] = (*ON_SITE, ("signs", "is", True))
GATE = [
    Rule("gate", "sign", "请企业签字或盖章；拒绝签字的，登记原因和见证人。", (("covered", "is", True),), SIGNS),
    Rule(
        "gate",
        "resign",
        "企业确认之后内容有改动：请重新签字，或登记“已电话确认”。",
        (("current", "is", True),),
        (*SIGNS, ("covered", "is", True)),
    ),
]

RULES = [*VISIT, *ITEMS, *RESULT, CONFIRMED, *FOLLOW_UP, *MEASURES, *SIGN, OFFICER, *GATE]


def of(scope: str) -> Iterator[Rule]:
    """The rules of a scope, in the order of the form."""
    return (rule for rule in RULES if rule.scope == scope)


def demands(scope: str, facts: Facts) -> dict[str, str]:
    """Field → what its label says as things stand, filled or not: 必填, or 二选一 while neither of two is filled."""
    found: dict[str, str] = {}
    for rule in of(scope):
        if not rule.applies(facts):
            continue
        ways = [clause for clause in rule.need if clause[1] == "filled"]
        if len(ways) < 2:
            found[rule.field] = "必填"
            continue
        done = [clause[0] for clause in ways if holds(clause, facts)]
        found |= {clause[0]: "必填" if done else "二选一" for clause in ways if not done or clause[0] in done[:1]}
    return found


def as_json(scopes: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """The table for the phone, or what a page needs of it."""
    return [
        {
            "scope": rule.scope,
            "field": rule.field,
            "text": rule.text,
            "why": rule.why,
            "when": [list(clause) for clause in rule.when],
            "need": [list(clause) for clause in rule.need],
        }
        for rule in RULES
        if scopes is None or rule.scope in scopes
    ]


def tables(scopes: Iterable[str] | None = None) -> dict[str, Any]:
    """Rules and what the facts are made from, for the phone."""
    asked = {
        "rules": as_json(scopes),
        "outcomes": outcomes_as_json(),
        "answers": {str(one): str(one.label) for one in Answer},
    }
    if scopes is not None:
        return asked
    return asked | {
        "labels": {str(code): str(code.label) for code in ResultCode},
        "measures": {str(code): str(code.label) for code in Measure},
        "alone": [str(code) for code in ResultCode if code in EXCLUSIVE_RESULTS],
        "market": [str(code) for code in ResultCode if code in MARKET_ONLY_RESULTS],
        "unnoted": [str(code) for code in ResultCode if code in RESULTS_WITHOUT_NOTE],
        "single": [str(code) for code in EXCLUSIVE],
        "problem": _codes(*PROBLEM_RESULTS),
        "against": [str(code) for code in AGAINST_THE_ENTERPRISE],
        "words": {str(state): str(state.label) for state in SignatureState},
    }
