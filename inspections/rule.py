"""What a rule of the site is: a demand that applies where its clauses say, and is kept by any of its needs.

The tables are visit_rules.py and site_rules.py; static/js/phone/rules.js reads them in the same way.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Clause = tuple[str, str, Any]
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """One demand. ``field``: the control it stands beside and is called 必填 by; ``why``: in short, beside a choice."""

    scope: str
    field: str
    text: str
    need: tuple[Clause, ...] = ()
    when: tuple[Clause, ...] = ()
    why: str = ""

    def applies(self, facts: Facts) -> bool:
        """Whether it is asked at all."""
        return all(holds(clause, facts) for clause in self.when)

    def kept(self, facts: Facts) -> bool:
        """Whether what it asks is there."""
        return any(holds(clause, facts) for clause in self.need)

    def words(self, facts: Facts) -> str:
        """The sentence, with the facts in it."""
        return self.text.format_map(facts)


def holds(clause: Clause, facts: Facts) -> bool:
    """Whether a clause is true of the facts."""
    name, test, value = clause
    fact = facts[name]
    if test == "filled":
        return bool(fact.strip() if isinstance(fact, str) else fact)
    if test == "empty":
        return not (fact.strip() if isinstance(fact, str) else fact)
    if test == "is":
        return bool(fact == value)
    if test == "in":
        return fact in value
    if test == "min":
        return bool(fact >= value)
    among = bool(set(fact) & set(value))
    return among if test == "has" else not among


def filled(name: str) -> tuple[Clause, ...]:
    """Asked for as such."""
    return ((name, "filled", None),)


def broken(rules: Iterable[Rule], facts: Facts) -> list[Rule]:
    """Those that apply and are not kept."""
    return [rule for rule in rules if rule.applies(facts) and not rule.kept(facts)]
