"""The rules of the site are one table: server and phone (static/js/phone/rules.js) say the same of every case."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from inspections import site_facts, site_rules
from inspections.arrival import OUTCOMES
from inspections.enums import Answer, Measure, ResultCode, SignatureState
from inspections.rule import broken

ANSWERS = ["", *Answer.values]
ARRIVALS = ["", *OUTCOMES]
RULES_JS = Path(__file__).resolve().parents[2] / "static/js/phone/rules.js"
ITEMS = [
    [], [("", False)], [("OK", False)], [("NOT_OK", False)], [("NOT_OK", True)], [("NOT_OK", True), ("NOT_OK", False)],
    [("NOT_APPLICABLE", False)], [("NOT_CHECKED", False)], [("NOT_CHECKED", False), ("OK", False)],
    [("NOT_CHECKED", False), ("NOT_APPLICABLE", False)],
]  # fmt: skip
CODES = [[], *([code] for code in ResultCode.values), ["CORRECTED", "PENDING"], ["PENDING", "UNCOOPERATIVE"],
         ["NO_PROBLEM", "PENDING"], ["FALSE_PUBLISHED", "PENDING"], ["UNREACHABLE", "NO_ITEMS"]]  # fmt: skip
BLANK = {"signatory_name": "", "signatory_role": "", "opinion_agrees": None, "opinion_text": "", "refusal_reason": "",
         "witness_name": "", "witness_unit": "", "no_witness_reason": ""}  # fmt: skip
SIGNING = [
    BLANK | {"signature": state} | more
    for state in ["", *SignatureState.values]
    for more in (
        {}, {"signatory_name": "陈某", "signatory_role": "LEGAL_REP", "opinion_agrees": True},
        {"signatory_name": " ", "signatory_role": "OWNER", "opinion_agrees": False},
        {"opinion_text": "不认可", "opinion_agrees": False},
        {"refusal_reason": "无权签"}, {"refusal_reason": "无权签", "witness_name": "刘某"},
        {"witness_name": "刘某", "witness_unit": "社区"}, {"no_witness_reason": "夜间"},
    )
]  # fmt: skip


def cases() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for items, codes, note, market, arrival in product(ITEMS, CODES, ("", "说明"), (False, True), ARRIVALS):
        rows = [(order, answer, corrected) for order, (answer, corrected) in enumerate(items, 1)]
        facts = site_facts.result_facts(rows, codes, note, market=market, confirmed=bool(note), arrival=arrival)
        given = [{"order": o, "name": "项", "value": {"answer": a, "text": "", "corrected": c}} for o, a, c in rows]
        found += [
            {"scope": scope, "args": [given, codes, note, market, bool(note), arrival], "facts": facts}
            for scope in ("result", "confirm")
        ]
    for codes, measures in product(
        CODES, [[], *([one] for one in Measure.values), ["NONE", "OTHER"], ["OPEN_CASE", "ORDER_CORRECT"]]
    ):
        found.append({"scope": "follow", "args": [codes, measures], "facts": site_facts.follow_facts(codes, measures)})
    for measure, filled in product(Measure, (False, True)):
        row = {
            "measure": measure.value,
            "deadline": "2024-10-09" if filled else None,
            "receiving": "局" * filled,
            "text": " " + "说" * filled,
        }
        found.append({"scope": "measure", "args": [row], "facts": row | {"label": str(measure.label)}})
    for answer, text in product(ANSWERS, ("", " ", "原因")):
        row = {"order": 3, "name": "曲库", "value": {"answer": answer, "text": text}}
        for arrival in ARRIVALS:
            facts = site_facts.item_facts(3, "曲库", answer, text, arrival=arrival)
            found.append({"scope": "item", "args": [row, arrival], "facts": facts})
    found += visits()
    for values, met in product(SIGNING, ([], ["旅文广电局", "公安局"])):
        found.append({"scope": "sign", "args": [values, met], "facts": site_facts.sign_facts(values, met)})
    for flags in product((False, True), repeat=4):
        officer = dict(zip(("attested", "scan", "second_officer", "present"), flags, strict=True))
        gate = dict(zip(("written_only", "signs", "covered", "current"), flags, strict=True))
        found.append({"scope": "officer", "args": None, "facts": officer | {"written_only": False, "name": "张某"}})
        found.append({"scope": "gate", "args": None, "facts": gate})
    return found


def visits() -> list[dict[str, Any]]:
    """Every outcome with nothing said, each single fact, and everything said; on site and on paper."""
    bare: dict[str, Any] = {
        "certificates_shown": False, "informed": False, "visit_from": None, "visit_to": None, "methods": [],
        "written_only": False, "attempts": [], "found_at": "", "said": " ", "met_name": "", "met_post": "",
        "onlooker_name": "", "onlooker_unit": "", "no_onlooker": "",
    }  # fmt: skip
    tries = [{"how": "KNOCK"}, {"how": "KNOCK"}, {"how": "CALL"}]
    whole = bare | {
        "certificates_shown": True, "informed": True, "visit_from": "a", "visit_to": "b", "methods": ["ON_SITE"],
        "attempts": tries, "found_at": "东街9号", "said": "不许进", "met_name": "店员某", "onlooker_name": "刘某",
        "onlooker_unit": "社区",
    }  # fmt: skip
    several = [bare, whole, whole | {"written_only": True}, whole | {"attempts": tries[:2]}]
    several += [bare | {name: value} for name, value in whole.items()] + [whole | {name: bare[name]} for name in whole]
    found = []
    for values, arrival, present, door in product(several, ARRIVALS, (1, 2), (0, 1)):
        facts = site_facts.visit_facts(values | {"arrival": arrival}, present=present, door=door)
        section = values | {"arrival": {"outcome": arrival}, "present": [1] * present, "door": [1] * door}
        found.append({"scope": "visit", "args": [values, section], "facts": facts})
    return found


def test_server_and_phone_say_the_same_of_every_case() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    given = cases()
    script = f"""
import {{ broken, demands, followFacts, itemFacts, measureFacts, outcomeOf, resultFacts, signFacts, visitFacts }}
  from {json.dumps(RULES_JS.as_uri())};
let text = "";
for await (const part of process.stdin) text += part;
const {{ site, cases }} = JSON.parse(text);
const outcome = (code) => outcomeOf(site, {{ written_only: !code, arrival: {{ outcome: code }} }});
const result = (_, ...args) => resultFacts(site, ...args.slice(0, 5), outcome(args[5]));
const make = {{ result, confirm: result, visit: visitFacts, follow: followFacts, sign: signFacts,
  measure: (_, row) => measureFacts(site, row), item: (_, row, code) => itemFacts(site, row, outcome(code)) }};
console.log(JSON.stringify(cases.map((one) => {{
  const facts = one.args ? make[one.scope](site, ...one.args) : one.facts;
  return [broken(site, one.scope, facts).map(({{ field, text }}) => [field, text]), demands(site, one.scope, facts)];
}})));"""
    said = subprocess.run(
        [node, "--input-type=module", "-e", script], input=json.dumps({"site": site_rules.tables(), "cases": given}),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    phone = json.loads(said.stdout)
    server = []
    for one in given:
        lacking = broken(site_rules.of(one["scope"]), one["facts"])
        said_here = [[rule.field, rule.words(one["facts"])] for rule in lacking]
        server.append([said_here, site_rules.demands(one["scope"], one["facts"])])
    differing = [(one, ours, theirs) for one, ours, theirs in zip(given, server, phone, strict=True) if ours != theirs]
    assert differing == []
    assert {one["scope"] for one in given} == {rule.scope for rule in site_rules.RULES}
