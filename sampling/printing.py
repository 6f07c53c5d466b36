"""Papers of the draw: 冻结单, the sealed copy of the office's number, 抽取记录单 (GB/T 9704 margins, print.css)."""

from fractions import Fraction
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from registry import county
from registry.models import User
from registry.printing import qr_svg, to_pdf
from sampling import services
from sampling.enums import DrawEventKind, ExcludeReason
from sampling.models import Draw, Nonce, NonceValue, Plan, Roster
from sampling.strata import CARRIED, RECENT, grade_of, kind_of

KINDS = {"": "", CARRIED: "上次作废，必定列入", RECENT: "近期查过"}
LINES = range(4)  # for witnesses' signatures


def public_address(roster: Roster) -> str:
    """Where everybody finds this draw."""
    return f"{settings.PUBLIC_ORIGIN}{reverse('publicity:draw_detail', args=[roster.draw_id])}"


def _groups(text: str, size: int = 8) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text), size)]


def _frame(roster: Roster) -> dict[str, Any]:
    """What every paper of a draw carries. A rehearsal has no public page, hence no code to scan."""
    plan = roster.plan
    return {
        "roster": roster,
        "plan": plan,
        "county_name": county.at(roster.frozen_at).name,
        "demo": settings.DEMO,
        "rehearsal": plan.rehearsal,
        "pdf": True,
        "draft": False,
        "digest": _groups(roster.digest),
        "events": services.entropy_words(roster),
        "openness": services.openness_words(roster),
        "qr": "" if plan.rehearsal else qr_svg(public_address(roster)),
    }


def freeze_sheet_html(roster: Roster) -> str:
    """冻结单: total and exclusions, never a count per grade; every digest; the named event; room for signatures."""
    excluded = [(one.label, roster.excluded[one]) for one in ExcludeReason if roster.excluded.get(one)]
    context = _frame(roster) | {
        "excluded": excluded,
        "files": services.frozen_files(roster),
        "parties": roster.nonces.exclude(party=Nonce.OFFICE),
        "line": roster.log.order_by("seq").first(),
        "lines": LINES,
    }
    return render_to_string("print/freeze.html", context)


def freeze_sheet(roster: Roster) -> bytes:
    """冻结单 as PDF."""
    return to_pdf(freeze_sheet_html(roster))


def sealed_copy(*, actor: User, roster: Roster, holder: str, unit: str) -> bytes:
    """The office's number on paper, to be folded, sealed and kept by a witness; once. PDF.

    The paper is made first, then it is noted who keeps it, and only then it is given out: a paper that could not be
    made does not count as printed, and one that may not be printed is never seen.
    """
    value = NonceValue.objects.filter(nonce__roster=roster, nonce__party=Nonce.OFFICE).values_list("value", flat=True)
    context = _frame(roster) | {
        "holder": holder,
        "unit": unit,
        "value": _groups(value.first() or ""),
        "commitment": roster.nonces.filter(party=Nonce.OFFICE).values_list("commitment", flat=True).first(),
    }
    paper = to_pdf(render_to_string("print/sealed_copy.html", context))
    if services.print_sealed_copy(actor=actor, roster=roster, holder=holder, unit=unit) != value.first():
        raise RuntimeError(f"the number of {roster} changed while it was printed")
    return paper


# ----------------------------------------------------------------------------------------------------------- the draw


def strata_rows(plan: Plan, draw: Draw) -> list[dict[str, Any]]:
    """Per stratum: label, base, rate, exact expectation with two decimals, drawn and the share that was drawn."""
    rates = {rate.grade: rate.fraction for rate in plan.rates.all()}
    rows = []
    for one in draw.strata:
        grade, kind = grade_of(one["stratum"]), kind_of(one["stratum"])
        rate = Fraction(1) if kind == CARRIED else rates.get(grade, Fraction(0))
        classed = any(other["stratum"] == grade + RECENT for other in draw.strata) and kind != CARRIED
        # a whole grade shows its rate times its size, before rounding up; a class its own exact share of the grade
        share = Fraction(one["expected"]) if classed else rate * one["size"]
        if classed and one["size"]:
            rate = share / one["size"]
        rows.append(
            one
            | {
                "grade": "未评级" if grade == "N" else f"{grade}级",
                "note": "近期没查过" if classed and not kind else KINDS[kind],
                "rate": services.rate_text(rate),
                "share": _decimals(share),
                "actual": _decimals(Fraction(100 * one["drawn"], one["size"])) if one["size"] else "",
            }
        )
    return rows


def _decimals(number: Fraction) -> str:
    """Two decimals, rounded half up in integers."""
    hundredths = (number.numerator * 200 + number.denominator) // (2 * number.denominator)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def draw_record_html(draw: Draw, *, internal: bool) -> str:
    """抽取记录单. ``internal``: with counts per grade, for the file and the witnesses; else fit for everybody."""
    roster, plan = draw.roster, draw.plan
    lines = {line.kind: line for line in roster.log.order_by("seq")}
    context = _frame(roster) | {
        "draw": draw,
        "internal": internal,
        "picked": sum(one["drawn"] for one in draw.strata),
        "actual": _decimals(Fraction(100 * sum(one["drawn"] for one in draw.strata), roster.total or 1)),
        "strata": strata_rows(plan, draw) if internal else [],
        "forty": _groups(draw.digits, 5),
        "seed": _groups(draw.seed) if roster.revealed else [],
        "result": _groups(draw.result_digest),
        "line": lines.get("RESULT"),
        "last": roster.log.order_by("-seq").first(),
        "void": draw.events.filter(kind=DrawEventKind.VOID).first(),
        "departments": plan.departments.count(),
    }
    return render_to_string("print/draw_record.html", context)


def draw_record(draw: Draw, *, internal: bool) -> bytes:
    """抽取记录单 as PDF."""
    return to_pdf(draw_record_html(draw, internal=internal))
