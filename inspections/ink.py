"""Drawn signatures on paper: the strokes as an SVG path, sharp at any size, cut to the ink."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from inspections.enums import SignerKind
from inspections.models import InspectionRecord, Signature

PEN = 2.6  # px of the pad, as in the picture that is kept
LEAST_INK = 40  # px of the pad; less is no signature. static/js/phone/pad.js has the same two numbers
MOST_POINTS = 6000


def length(strokes: Iterable[Sequence[Sequence[int]]]) -> float:
    """Length of all ink in pixels: what makes a signature, in one stroke or in many."""
    return sum(math.dist(a[:2], b[:2]) for stroke in strokes for a, b in pairwise(stroke))


def ink_svg(signature: Signature) -> SafeString:
    """The strokes of a signature as inline SVG; its box is that of the ink."""
    strokes = [[(int(x), int(y)) for x, y, _ in stroke] for stroke in signature.strokes if stroke]
    points = [point for stroke in strokes for point in stroke]
    if not points:
        return SafeString("")
    left, top = min(x for x, _ in points) - 3, min(y for _, y in points) - 3
    width, height = max(x for x, _ in points) + 3 - left, max(y for _, y in points) + 3 - top
    paths = " ".join("M" + "L".join(f"{x} {y}" for x, y in [*stroke, stroke[-1]]) for stroke in strokes)
    return mark_safe(  # noqa: S308 -- whole numbers only
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left} {top} {width} {height}" '
        f'width="{width}" height="{height}">'
        f'<path d="{paths}" fill="none" stroke="#000" stroke-width="{PEN}" stroke-linecap="round" '
        'stroke-linejoin="round"/></svg>'
    )


def of_enterprise(record: InspectionRecord, kind: str) -> SafeString:
    """The enterprise's or the witness's drawing that belongs to the confirmation in force; empty without one.

    An earlier drawing is not printed beside a later confirmation: the digests tell them apart.
    """
    rows = [one for one in record.signatures.all() if one.kind == kind and one.content_digest == record.signed_digest]
    name = record.signatory_name if kind == SignerKind.ENTERPRISE else record.witness_name
    rows = [one for one in rows if one.name == name]
    return ink_svg(rows[-1]) if rows else SafeString("")


def of_inspectors(record: InspectionRecord, members: Iterable[Any]) -> list[tuple[str, SafeString, bool]]:
    """(name, newest drawing, confirmed from the own login) of each inspector of a department."""
    newest = {one.member_id: one for one in record.signatures.all() if one.kind == SignerKind.INSPECTOR}
    return [
        (one.inspector.name, ink_svg(newest[one.pk]) if one.pk in newest else SafeString(""), bool(one.attended_at))
        for one in members
        if not one.replaced
    ]
