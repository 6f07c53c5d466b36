"""The rows of a hand-over: what one change of a phone's file would do to a record that is locked, and doing it."""

import base64
import hashlib
import io
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from inspections.enums import Answer, EvidenceKind
from inspections.models import DepartmentSection, InspectionRecord, ItemFinding, SectionMember
from inspections.services.arriving import write_arrival
from inspections.services.content import FINDING
from inspections.services.entry import answer_words, write_head
from inspections.services.evidence import FORMATS, Taken, thumbnail, write_evidence
from inspections.services.findings import keep
from inspections.services.leaving import after_answer
from inspections.services.section_entry import content_words, section_content, write_section
from inspections.services.sync import Change, arrival_answer, photo_facts, section_arguments, section_terms
from inspections.services.writing import Trail, check_open, stream_of, value_words
from inspections.site_rules import TEXT_NAMES
from registry import audit
from registry.errors import DomainError
from registry.models import User

PARTS = {"present", "results", "follow_ups"}
SHOWN_PIXELS = 4_000_000  # of a picture that is decoded for the preview
LABELS = {
    "present": "到场人员", "results": "检查结果", "result_note": "结果说明", "result_confirmed": "结果已确认",
    "follow_ups": "后续处置", "arrival": "到场情况", "arrived_at": "到达时间",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One change of a file: of a text (``change``), or a picture (``photo``), or not to be taken over (``unfit``)."""

    key: str
    record: int
    name: str
    what: str
    at: str
    change: Change | None = None
    photo: bytes | None = None
    kind: str = EvidenceKind.PHOTO.value
    file_name: str = ""
    finding: int | None = None
    taken: Taken | None = None
    user: int | None = None
    unfit: str = ""


@dataclass
class Line:
    """One row of the preview. ``state``: new, conflict, same, done, refused, left (not taken over)."""

    piece: Piece
    what: str
    now: str = ""
    brings: str = ""
    state: str = "new"
    why: str = ""
    tick: str = ""
    small: str = ""
    store: Callable[[User, Trail], dict[str, Any]] | None = None
    section: DepartmentSection | None = None


def line_of(
    record: InspectionRecord, sections: list[DepartmentSection], piece: Piece, before: list[Piece], *, later: bool,
    used: Collection[str],
) -> Line:  # fmt: skip
    """One row; what cannot be looked at is refused in words."""
    if piece.unfit:
        return Line(piece, piece.what, state="left", why=piece.unfit)
    if piece.key in used:
        return Line(piece, piece.what, state="done", why="这一项已经收到过，不会重复保存。")
    if later:
        return Line(piece, piece.what, state="same", why="手机上后来又改过，以后面的为准。")
    try:
        if piece.change is None:
            return _photo_line(record, sections, piece)
        look = {"item": _item_line, "rest_ok": _rest_line, "head": _head_line, "section": _section_line}
        return look[piece.change.target](sections, piece, piece.change, before)
    except DomainError as refusal:
        return Line(piece, piece.what, state="refused", why=refusal.message)
    except ValueError:  # a code that none of our lists has
        return Line(piece, piece.what, state="refused", why="内容里有本系统没有的代码，不能接收。")


def _judged(line: Line, now: Any, brings: Any, *, based: bool, before: list[Any]) -> Line:
    """new, same or conflict: ``based``: whether what stands there is what the phone had seen; ``before``: what the
    phone itself may have sent earlier."""
    mark = hashlib.sha256(json.dumps(audit.plain(now), sort_keys=True).encode()).hexdigest()[:16]
    line.tick = f"{line.piece.key}:{mark}"
    if now == brings:
        line.state, line.store, line.why = "same", None, "与现在的内容相同。"
    elif not based and now not in before:
        line.state = "conflict"
    return line


def _finding(sections: list[DepartmentSection], key: int | None) -> ItemFinding:
    rows = ItemFinding.objects.select_related("item", "section__department").filter(section__in=sections)
    row: ItemFinding | None = rows.filter(pk=key or 0).first()
    if row is None:
        raise DomainError("这个事项不在此人被抽中的部门里，不能接收。")
    check_open(row.section)
    return row


def _answer(value: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as it is stored (as ``store_finding`` would)."""
    answer = value["answer"]
    if answer:
        Answer(answer)
    corrected = bool(value["corrected"] and answer == Answer.NOT_OK)
    return {"answer": answer, "text": value["text"].strip() if answer in TEXT_NAMES else "", "corrected": corrected}


def _words(value: Mapping[str, Any]) -> str:
    return answer_words(value["answer"], value["text"]) + ("（已当场改正）" if value["corrected"] else "")


def _item_line(sections: list[DepartmentSection], piece: Piece, change: Change, before: list[Piece]) -> Line:
    row = _finding(sections, change.item)
    now, brings = audit.fields_of(row, FINDING), _answer(change.value)
    line = Line(piece, f"{row.order} {row.item.name}", _words(now), _words(brings), section=row.section)
    line.store = lambda actor, trail: {"version": _write_answer(actor, row.pk, brings, trail)}
    earlier = [_answer(one.change.value) for one in before if one.change]
    return _judged(line, now, brings, based=row.version in {0, change.version}, before=earlier)


def _write_answer(actor: User, key: int, value: Mapping[str, Any], trail: Trail) -> int:
    """The answer to one item of a record that is locked; its version afterwards."""
    row = ItemFinding.objects.select_related("item", "section__department").get(pk=key)
    before = audit.fields_of(row, FINDING)
    row.answer, row.text, row.corrected, row.outcome = value["answer"], value["text"], value["corrected"], ""
    keep(row, actor)
    audit.record(
        stream=stream_of(row.section.record_id), actor=actor, action=trail.action, obj=row, before=before,
        after=audit.fields_of(row, FINDING) | trail.more, reason=trail.reason,
    )  # fmt: skip
    after_answer(actor=actor, finding=row, before=before)
    return row.version


def _rest_line(sections: list[DepartmentSection], piece: Piece, change: Change, _before: list[Piece]) -> Line:
    """其余全部符合: what is still unanswered of the named items."""
    if not settings.REST_OK:
        raise DomainError("本地没有开放“其余全部符合”，不能接收。")
    rows = [_finding(sections, key) for key in change.value]
    empty = [row for row in rows if not row.answer]
    line = Line(piece, "其余全部符合", f"{len(empty)} 项未填", "、".join(str(row.order) for row in empty) + " 填为符合")
    if not empty:
        return Line(piece, "其余全部符合", state="same", why="这些事项都已填过。")
    line.section, value = empty[0].section, {"answer": Answer.OK.value, "text": "", "corrected": False}

    def store(actor: User, trail: Trail) -> dict[str, Any]:
        still = ItemFinding.objects.filter(pk__in=[row.pk for row in empty], answer="").order_by("order")
        return {"versions": {str(row.pk): _write_answer(actor, row.pk, value, trail) for row in still}}

    line.store = store
    return line


def _head_line(sections: list[DepartmentSection], piece: Piece, change: Change, before: list[Piece]) -> Line:
    section, name = sections[0], change.field
    check_open(section)
    record = section.record
    now, brings = getattr(record, name), change.value
    label = str(InspectionRecord._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    line = Line(piece, label, value_words(name, now), value_words(name, brings), section=section)

    def store(actor: User, trail: Trail) -> dict[str, Any]:
        warnings = write_head(
            actor=actor, stored=record, section=section, version=record.version, base=None, fields={name: brings},
            trail=trail,
        )  # fmt: skip
        return {"version": record.version, "warnings": warnings}

    line.store = store
    based = now == change.base if change.has_base else record.version == change.version
    return _judged(line, now, brings, based=based, before=[one.change.value for one in before if one.change])


def _section_line(sections: list[DepartmentSection], piece: Piece, change: Change, before: list[Piece]) -> Line:
    section, name = sections[0], change.field
    check_open(section)
    members = {row.pk: row for row in section.members.select_related("inspector")}
    arguments = section_arguments(name, change.value, members)
    content = section_content(section)

    def terms(value: Any) -> dict[str, Any]:
        return _in_order(section_terms(name, value, members))

    brings = terms(change.value)
    now = _in_order({part: content[part] for part in brings})
    label = LABELS.get(name) or ("检查结果和处置" if name == "conclusion" else _label(name))
    line = Line(piece, label, _section_words(now, members), _section_words(brings, members), section=section)

    def store(actor: User, trail: Trail) -> dict[str, Any]:
        fresh = DepartmentSection.objects.select_related("department").get(pk=section.pk)
        if name == "arrival":
            told = write_arrival(
                actor=actor, record=section.record, stored=fresh, version=fresh.version, base=None, trail=trail,
                **change.value,
            )  # fmt: skip
            return arrival_answer(told)
        values = {part: value for part, value in arguments.items() if part not in PARTS}
        parts = {part: value for part, value in arguments.items() if part in PARTS}
        stored = write_section(
            actor=actor, stored=fresh, version=fresh.version, base=None, values=values, parts=parts, trail=trail
        )  # fmt: skip
        return {"version": stored.version}

    line.store = store
    base = terms(change.base) if change.has_base else None
    based = section.version == change.version if base is None else all(now[key] == base.get(key) for key in now)
    return _judged(line, now, brings, based=based, before=[terms(one.change.value) for one in before if one.change])


def _in_order(content: dict[str, Any]) -> dict[str, Any]:
    """Parts that are sets, in an order of their own."""
    found = dict(content)
    if "results" in found:
        found["results"] = sorted(found["results"])
    if "present" in found:
        found["present"] = sorted(found["present"])
    if "follow_ups" in found:
        found["follow_ups"] = sorted(found["follow_ups"], key=lambda row: row["measure"])
    return found


def _label(name: str) -> str:
    return str(DepartmentSection._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _section_words(content: Mapping[str, Any], members: Mapping[int, SectionMember]) -> str:
    """A field of the section as people read it; the conclusion has several parts."""
    if "present" in content:
        names = [row.inspector.name for row in members.values() if row.inspector_id in content["present"]]
        return "、".join(names) or "无人"
    if len(content) == 1:
        return content_words(*next(iter(content.items())))
    return "；".join(f"{LABELS[name]}：{content_words(name, value)}" for name, value in content.items())


# ------------------------------------------------------------------------------------------------------------- photos


def _photo_line(record: InspectionRecord, sections: list[DepartmentSection], piece: Piece) -> Line:
    """A picture of an item, or of the section."""
    row = _finding(sections, piece.finding) if piece.finding else None
    section = row.section if row else sections[0]
    check_open(section)
    data = piece.photo or b""
    plain = str(EvidenceKind(piece.kind).label)
    line = Line(piece, f"照片：{row.order} {row.item.name}" if row else plain, section=section)
    line.brings = f"{piece.file_name or '照片'}（{max(len(data) >> 10, 1)} KB）"

    def store(actor: User, trail: Trail) -> dict[str, Any]:
        upload = SimpleUploadedFile(piece.file_name or "照片.jpg", data)
        made = write_evidence(
            actor=actor, stored=record, kind=piece.kind, upload=upload, section=section, finding=row,
            trail=trail, taken=piece.taken, shot_by=piece.user,
        )  # fmt: skip
        return photo_facts(made)

    line.store = store
    return line


def small_picture(data: bytes) -> str:
    """A small picture as an address of its own; empty for what is too big to be decoded twice or no picture."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as source:
            width, height = source.size
        if width * height > SHOWN_PIXELS:
            return ""
        return "data:image/jpeg;base64," + base64.b64encode(thumbnail(data)).decode()
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        return ""
