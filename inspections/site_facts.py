"""What the rules of site_rules.py are asked of, out of plain values; static/js/phone/rules.js makes the same ones."""

from collections.abc import Collection, Mapping
from typing import Any

from inspections.arrival import FACTS, OUTCOMES, outcome_of
from inspections.enums import (
    EXCLUSIVE_RESULTS,
    MARKET_ONLY_RESULTS,
    RESULTS_WITHOUT_NOTE,
    Answer,
    Arrival,
    Measure,
    ResultCode,
    SignatureState,
)
from inspections.site_rules import AGAINST_THE_ENTERPRISE, PROBLEM_RESULTS

Facts = Mapping[str, Any]
VISIT_HEAD = ("certificates_shown", "informed", "visit_from", "visit_to", "methods")


def visit_facts(values: Facts, *, present: int, door: int) -> dict[str, Any]:
    """``values``: VISIT_HEAD of the head, ``written_only`` and FIELDS of the section; ``door``: photos of it."""
    start, end = values["visit_from"], values["visit_to"]
    span = "" if start and end else "开始和结束" if not start and not end else "结束" if start else "开始"
    names = ("certificates_shown", "informed", "methods", "written_only", *FACTS)
    return {name: values[name] for name in names} | {
        "arrival": values["arrival"] if values["arrival"] in OUTCOMES else "", "span": span, "present": present,
        "door": door, "ways": len({row["how"] for row in values["attempts"]}),
    }  # fmt: skip


def item_facts(order: int, name: str, answer: str, text: str, *, arrival: str = "") -> dict[str, Any]:
    """An item; ``arrival``: what the officers met with, nothing of a written check."""
    return {
        "order": order, "name": name, "answer": answer, "text": text, "arrived": _arrived(arrival),
        "fits": not answer or answer in outcome_of(arrival).answers,
        "says": str(Answer(answer).label) if answer in Answer.values else "",
    }  # fmt: skip


def _arrived(arrival: str) -> str:
    return str(Arrival(arrival).label) if arrival in OUTCOMES else ""


def result_facts(
    items: Collection[tuple[int, str, bool]],
    codes: Collection[str],
    note: str,
    *,
    market: bool,
    confirmed: bool = False,
    arrival: str = "",
) -> dict[str, Any]:
    """``items``: (order, answer, put right on the spot); ``codes``: known ones only; ``arrival``: what was met with."""
    chosen = [code for code in ResultCode if code in set(codes)]
    kinds = {answer for _order, answer, _corrected in items if answer}
    still = [str(order) for order, answer, corrected in items if answer == Answer.NOT_OK and not corrected]
    # where nobody was met, photo, attempts and time say it all
    noted = [code for code in chosen if code not in RESULTS_WITHOUT_NOTE] if outcome_of(arrival).met else []
    astray = [code for code in chosen if arrival in OUTCOMES and code not in OUTCOMES[arrival].results]
    alone = [code for code in chosen if code in EXCLUSIVE_RESULTS] if len(chosen) > 1 else []
    foreign = [] if market else [code for code in chosen if code in MARKET_ONLY_RESULTS]
    return {
        "results": [code.value for code in chosen], "result_note": note, "result_confirmed": confirmed,
        "answers": sorted(kinds), "bad": sum(answer == Answer.NOT_OK for _order, answer, _corrected in items),
        "open": "、".join(still), "only_na": kinds == {Answer.NOT_APPLICABLE.value},
        "noted": str(noted[0].label) if noted else "", "alone": str(alone[0].label) if alone else "",
        "problem": next((str(code.label) for code in chosen if code in PROBLEM_RESULTS), ""),
        "foreign": str(foreign[0].label) if foreign else "", "arrived": _arrived(arrival),
        "astray": str(astray[0].label) if astray else "",
    }  # fmt: skip


def follow_facts(codes: Collection[str], measures: Collection[str]) -> dict[str, Any]:
    """Result codes and the chosen measures."""
    against = [str(one.label) for one in AGAINST_THE_ENTERPRISE if one in set(measures)]
    known = [one.value for one in Measure if one in set(measures)]
    return {"results": list(codes), "measures": known, "count": len(known), "against": "、".join(against)}


def sign_facts(values: Facts, met: Collection[str]) -> dict[str, Any]:
    """The fields of the signature, and the departments that were on the spot."""
    state = values.get("signature") or ""
    names = ("signatory_name", "opinion_text", "refusal_reason", "witness_name", "witness_unit", "no_witness_reason")
    found: dict[str, Any] = {name: values.get(name) or "" for name in names}
    roles = values.get("signatory_role") or ""
    word = SignatureState(state).label if state in SignatureState.values else ""
    return found | {
        "signature": state, "signatory_role": roles, "opinion_agrees": values.get("opinion_agrees"),
        "met": "、".join(met), "word": str(word),
    }  # fmt: skip


def same_kind(codes: Collection[str], others: Collection[str]) -> bool:
    """Whether note and follow-up of one result may stay with another: found problems are of one kind, every other
    result is a kind of its own."""
    return _kind(codes) == _kind(others)


def _kind(codes: Collection[str]) -> frozenset[str]:
    return frozenset({"problem"} if set(codes) & set(PROBLEM_RESULTS) else set(codes))
