"""What everybody may have of a draw whose strata stay inside: public.tsv and public-plan.tsv (draw.md §0.6).

    public.tsv        dr1 public ID rows        count N n (first row) · pick id ticket, ascending by ticket
    public-plan.tsv   dr1 public-plan ID rows   dept D seats · quota D category k · teams T   (no group, no stratum)

public.tsv keeps the order of its tickets, which is no order of grades; public-plan.tsv has a kind and name of its own,
so that nobody takes it for the frozen plan.tsv, whose digest stands in freeze.tsv (ADR 0005).

Public: `PublicDraw`, `public_file`, `read_public`, `check_tickets`, `public_plan_file`, `read_public_plan`.
Standard library only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from sampling.canonical import DrawFileError, parse, write
from sampling.quotas import read_plan

_SHOWN = ("dept", "quota", "teams")


@dataclass(frozen=True, slots=True)
class PublicDraw:
    """public.tsv as read: `total` = N enterprises in the frozen roster, `picks` = (id, ticket) by ticket."""

    draw_id: str
    total: int
    picks: tuple[tuple[str, str], ...]


def public_file(draw_id: str, rows: Iterable[tuple[str, str]], total: int) -> bytes:
    """public.tsv from (id, ticket) of the drawn enterprises, in any order, and N, the size of the frozen roster.

    Raises DrawFileError.
    """
    picks = sorted(rows, key=lambda row: (row[1], row[0]))
    count = ("count", str(total), str(len(picks)))
    data = write("public", draw_id, [count, *(("pick", identifier, ticket) for identifier, ticket in picks)])
    read_public(data, draw_id)
    return data


def read_public(data: bytes, draw_id: str | None = None) -> PublicDraw:
    """public.tsv, strictly: the count first and right, then picks ascending by ticket. Raises DrawFileError."""
    parsed = parse(data, "public", draw_id)
    if not parsed.rows or parsed.rows[0][0] != "count":
        raise DrawFileError("public", 2, "第一行数据应为 count、名单户数、抽中户数")
    _, total, drawn = parsed.rows[0]
    picks: list[tuple[str, str]] = []
    seen: set[str] = set()
    for line, row in enumerate(parsed.rows[1:], start=3):
        if row[0] != "pick":
            raise DrawFileError("public", line, "count 行只能有一行")
        _, identifier, ticket = row
        if picks and (ticket, identifier) <= (picks[-1][1], picks[-1][0]):
            raise DrawFileError("public", line, "没有按号码升序排列，或与上一行重复")
        if identifier in seen:
            raise DrawFileError("public", line, f"{identifier} 出现了两次")
        seen.add(identifier)
        picks.append((identifier, ticket))
    if int(drawn) != len(picks) or len(picks) > int(total):
        raise DrawFileError("public", 2, f"count 写抽中 {drawn} 家、名单 {total} 家，实有 {len(picks)} 家抽中")
    return PublicDraw(parsed.draw_id, int(total), tuple(picks))


def check_tickets(public: PublicDraw, seed: str) -> None:
    """Every published ticket is the one that the seed gives. Raises DrawFileError with the line of the first other."""
    start = f"{seed}/E/".encode("ascii")
    for line, (identifier, ticket) in enumerate(public.picks, start=3):
        expected = sha256(start + identifier.encode("ascii")).hexdigest()
        if ticket != expected:
            raise DrawFileError(
                "public",
                line,
                f"{identifier} 的号码与重算结果不符，应为 {expected}。"
                "不是这个文件被改，就是种子的来源（freeze.tsv、entropy.tsv、nonces.tsv）被改",
            )


def public_plan_file(plan: bytes) -> bytes:
    """public-plan.tsv from the frozen plan.tsv: departments, seats, quotas and teams as they are; no rate, no stratum,
    no weight. Raises DrawFileError.
    """
    draw_id = read_plan(plan).draw_id
    return write("public-plan", draw_id, (row for row in parse(plan, "plan").rows if row[0] in _SHOWN))


def read_public_plan(data: bytes, draw_id: str | None = None) -> tuple[tuple[str, ...], ...]:
    """The rows of public-plan.tsv. Raises DrawFileError."""
    rows = parse(data, "public-plan", draw_id).rows
    if sum(row[0] == "teams" for row in rows) > 1:
        raise DrawFileError("public-plan", None, "队数（teams）写了两次")
    return rows
