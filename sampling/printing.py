"""Paper of the draw: 冻结单 for the witnesses to sign (GB/T 9704 margins, print.css)."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from registry.printing import qr_svg, to_pdf
from sampling import services
from sampling.enums import ExcludeReason
from sampling.models import Roster

LINES = range(4)  # for witnesses' signatures


def public_address(roster: Roster) -> str:
    """Where everybody finds this draw."""
    return f"{settings.PUBLIC_ORIGIN}{reverse('publicity:draw_detail', args=[roster.draw_id])}"


def _groups(digest: str) -> list[str]:
    return [digest[start : start + 8] for start in range(0, len(digest), 8)]


def _frame(roster: Roster) -> dict[str, Any]:
    """What every paper of a draw carries. A rehearsal has no public page, hence no code to scan."""
    plan = roster.plan
    return {
        "roster": roster,
        "plan": plan,
        "county_name": settings.COUNTY_NAME,
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
        "files": roster.files.exclude(name__in=["names", "freeze"]).defer("content").order_by("name"),
        "line": roster.log.order_by("seq").first(),
        "lines": LINES,
    }
    return render_to_string("print/freeze.html", context)


def freeze_sheet(roster: Roster) -> bytes:
    """冻结单 as PDF."""
    return to_pdf(freeze_sheet_html(roster))
