"""到场情况: what each outcome of an arrival asks, fills and allows. One table, for the server and for the phone.

What an outcome owes is said in site_rules.py (scope ``visit``) with everything else that only the site can satisfy.
Nothing here reads or writes anything.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from inspections.enums import EXCLUSIVE_RESULTS, STATUS_RESULTS, Answer, Arrival, ResultCode

# What a department notes of an arrival apart from outcome and time: fields of its section.
FACTS = (
    "attempts", "found_at", "said", "met_name", "met_post", "onlooker_name", "onlooker_unit", "no_onlooker",
)  # fmt: skip
FIELDS = ("arrival", "arrived_at", *FACTS)


@dataclass(frozen=True)
class Outcome:
    """What follows from an outcome.

    ``met``: somebody was met, so certificates were shown and rights told (and only then they are asked);
    ``fills``: items nobody answered become 未检查（outcome）; ``answers``: what an item may say; ``preset``: the result
    that is proposed; ``results``: those that may be chosen; ``signs``: the enterprise's signature is owed;
    ``asks``: the facts that are asked and printed.
    """

    hint: str
    icon: str
    met: bool
    fills: bool
    answers: Collection[str]
    preset: str
    results: Collection[str]
    signs: bool
    asks: tuple[str, ...] = ()


ALL = tuple(Answer.values)
# Nobody who stood before a locked door saw that all is well, or that anything is wrong.
UNSEEN = (Answer.NOT_CHECKED.value, Answer.NOT_APPLICABLE.value)
SEEN_RESULTS = tuple(code.value for code in ResultCode if code != ResultCode.UNREACHABLE)
UNSEEN_RESULTS = tuple(
    code.value for code in ResultCode if code in STATUS_RESULTS | {ResultCode.UNREACHABLE, ResultCode.NO_ACTIVITY}
)
REFUSED_RESULTS = tuple(code for code in SEEN_RESULTS if code != ResultCode.NO_PROBLEM)

OUTCOMES: dict[str, Outcome] = {
    Arrival.NORMAL.value: Outcome(
        hint="有人接待，可以查", icon="check-lg", met=True, fills=False, answers=ALL, preset="", results=SEEN_RESULTS,
        signs=True,
    ),
    Arrival.UNREACHABLE.value: Outcome(
        hint="门锁着，电话打不通", icon="telephone", met=False, fills=True, answers=UNSEEN,
        preset=ResultCode.UNREACHABLE.value, results=UNSEEN_RESULTS, signs=False, asks=("door", "attempts"),
    ),
    Arrival.CLOSED.value: Outcome(
        hint="不再经营，牌子已摘", icon="slash-circle", met=False, fills=True, answers=UNSEEN,
        preset=ResultCode.WOUND_UP.value, results=UNSEEN_RESULTS, signs=False, asks=("door", "attempts"),
    ),
    Arrival.MOVED.value: Outcome(
        hint="原址是别家，或知道去处", icon="arrow-right", met=False, fills=True, answers=UNSEEN,
        preset=ResultCode.MOVED_OUT.value, results=UNSEEN_RESULTS, signs=False, asks=("door", "found_at", "attempts"),
    ),
    Arrival.REFUSED.value: Outcome(
        hint="不让进，不给资料", icon="x-lg", met=True, fills=True, answers=ALL,
        preset=ResultCode.UNCOOPERATIVE.value, results=REFUSED_RESULTS, signs=False, asks=("said", "onlooker"),
    ),
    Arrival.ABSENT.value: Outcome(
        hint="有员工，可以查，签字的人不在", icon="person-x", met=True, fills=False, answers=ALL, preset="",
        results=SEEN_RESULTS, signs=True, asks=("met",),
    ),
}  # fmt: skip
NOBODY_MET = [code for code, outcome in OUTCOMES.items() if not outcome.met]


def outcome_of(code: str) -> Outcome:
    """What follows from an outcome; of none yet, what follows from a normal visit."""
    return OUTCOMES.get(code, OUTCOMES[Arrival.NORMAL.value])


def as_json() -> dict[str, Any]:
    """The table for the phone: plain data; ``alone``: its results that stand alone."""
    return {
        code: {
            "label": str(Arrival(code).label), "met": one.met, "fills": one.fills, "answers": list(one.answers),
            "preset": one.preset, "results": list(one.results), "signs": one.signs, "asks": list(one.asks),
            "alone": [result for result in one.results if result in EXCLUSIVE_RESULTS],
        }
        for code, one in OUTCOMES.items()
    }  # fmt: skip
