"""A signature drawn with a finger: strokes in, checked and thinned; the picture is made here from the strokes alone."""

import hashlib
import io
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from inspections import ink
from inspections.models import InspectionRecord, SectionMember, Signature
from registry import clock
from registry.errors import DomainError
from registry.models import User

MAX_STROKES = 200
MAX_EDGE = 4000
MINUTES = 60 * 60 * 1000
PICTURE_WIDTH = 800
INK = 20
AGAIN = "签字太短，看不清，请重新签一次。"

Stroke = list[list[int]]


@dataclass(frozen=True)
class Drawing:
    """Strokes of ``[x, y, milliseconds]`` on a pad of ``width`` × ``height`` CSS pixels."""

    width: int
    height: int
    strokes: list[Stroke]

    @property
    def length(self) -> float:
        """Length of all ink in pixels."""
        return ink.length(self.strokes)


def read_drawing(data: Any) -> Drawing:
    """A drawing from what a phone sent; DomainError when it is no drawing, too big, or too little to be a signature."""
    broken = DomainError("没有收到签字笔迹，请重新签一次。")
    if not isinstance(data, Mapping) or not isinstance(data.get("strokes"), list):
        raise broken
    width, height, strokes = data.get("width", 0), data.get("height", 0), data["strokes"]
    if not _whole(width, 50, MAX_EDGE) or not _whole(height, 50, MAX_EDGE):
        raise broken
    if len(strokes) > MAX_STROKES or sum(len(one) for one in strokes if isinstance(one, list)) > ink.MOST_POINTS:
        raise DomainError("签字笔画太多，请重写，只签姓名。")
    if not all(isinstance(one, list) and one and all(_is_point(point) for point in one) for one in strokes):
        raise broken
    drawing = Drawing(width, height, strokes)
    if drawing.length < ink.LEAST_INK:
        raise DomainError(AGAIN)
    return drawing


def _whole(value: Any, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_point(point: Any) -> bool:
    if not isinstance(point, list) or len(point) != 3:
        return False
    x, y, at = point
    return _whole(x, -MAX_EDGE, MAX_EDGE) and _whole(y, -MAX_EDGE, MAX_EDGE) and _whole(at, 0, 24 * MINUTES)


def render(drawing: Drawing) -> bytes:
    """The drawing as a grey PNG of 800 px width, drawn at twice the size and scaled down for smooth edges."""
    scale = 2 * PICTURE_WIDTH / drawing.width
    size = (2 * PICTURE_WIDTH, min(round(drawing.height * scale), 4 * PICTURE_WIDTH))
    picture = Image.new("L", size, 255)
    pen = ImageDraw.Draw(picture)
    width = max(4, round(ink.PEN * scale))
    for stroke in drawing.strokes:
        points = [(x * scale, y * scale) for x, y, _ in stroke]
        if len(points) > 1:
            pen.line(points, fill=INK, width=width, joint="curve")
        for x, y in (points[0], points[-1]):
            pen.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=INK)
    out = io.BytesIO()
    picture.resize((size[0] // 2, size[1] // 2), Image.Resampling.LANCZOS).save(out, "PNG", optimize=True)
    return out.getvalue()


def keep_signature(
    *,
    actor: User,
    record: InspectionRecord,
    kind: str,
    name: str,
    drawing: Drawing,
    version: int,
    digest: str,
    post: str = "",
    member: SectionMember | None = None,
) -> Signature:
    """Store a drawing with its picture and the content it was put under; the caller's transaction and trail."""
    content = render(drawing)
    row = Signature(
        record=record, kind=kind, name=name, post=post, member=member, strokes=drawing.strokes, width=drawing.width,
        height=drawing.height, sha256=hashlib.sha256(content).hexdigest(), content_version=version,
        content_digest=digest, at=clock.now(), by=actor,
    )  # fmt: skip
    row.file.save(f"{uuid.uuid4().hex}.png", ContentFile(content), save=False)
    row.save(force_insert=True)
    return row
