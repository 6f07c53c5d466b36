"""Files that belong to a record. Pictures are decoded and written anew: what a client sent is never served as it came.

Limits and refusals: trust.md §I. Only JPEG, PNG and WEBP are opened at all (Pillow parses over forty formats).
"""

import contextlib
import datetime as dt
import hashlib
import io
import unicodedata
import uuid
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from PIL import ExifTags, Image, ImageOps

from inspections.enums import Answer, EvidenceKind, TakenFrom
from inspections.models import DepartmentSection, Evidence, InspectionRecord, ItemFinding
from inspections.pictures import SHOT
from inspections.services.leaving import bring_back
from inspections.services.writing import NotYours, Trail, check_writable, lock_record, own_section, stream_of
from registry import audit, clock
from registry.enums import Role
from registry.errors import DomainError
from registry.faults import fault_point
from registry.models import User

MAX_IMAGE_BYTES = 8 << 20
MAX_PDF_BYTES = 20 << 20
MAX_PIXELS = 40_000_000
MAX_EDGE = 1600
SMALL_EDGE = 320
PER_ITEM = 9
PER_RECORD = 60
FORMATS = ["JPEG", "PNG", "WEBP"]
QUALITY = 80
WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Taken:
    """When and where a picture was taken, as the phone read it before the canvas dropped it."""

    taken_at: dt.datetime | None = None
    taken_from: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    accuracy: int | None = None


class TooBig(DomainError):
    """More bytes or pixels than are accepted."""


@transaction.atomic
def add_evidence(
    *,
    actor: User,
    record: InspectionRecord,
    kind: str,
    upload: UploadedFile,
    section: DepartmentSection | None = None,
    finding: ItemFinding | None = None,
    taken: Taken | None = None,
) -> Evidence:
    """Store a file of a record (``section``, ``finding``: what it belongs to); the same picture again is kept once.

    Pictures: JPEG/PNG/WEBP of at most 8 MB and 40 megapixels, stored as JPEG of at most 1600 px without EXIF. Scans:
    PDF of at most 20 MB, not for photos. At most 9 files an item and 60 a record. Raises DomainError.
    """
    stored = lock_record(record)
    if finding is not None:
        section = finding.section
    _check_place(actor, stored, section, kind)
    return write_evidence(
        actor=actor, stored=stored, kind=kind, upload=upload, section=section, finding=finding, trail=Trail("上传材料"),
        taken=taken,
    )  # fmt: skip


def write_evidence(
    *,
    actor: User,
    stored: InspectionRecord,
    kind: str,
    upload: UploadedFile,
    section: DepartmentSection | None,
    finding: ItemFinding | None,
    trail: Trail,
    taken: Taken | None = None,
    shot_by: int | None = None,
) -> Evidence:
    """``add_evidence`` on a record that is locked, for whoever was found to be allowed to.

    ``shot_by``: the person who took it, where somebody else hands it in.
    """
    content, content_type, read = read_upload(upload, allow_pdf=kind != EvidenceKind.PHOTO)
    digest = hashlib.sha256(content).hexdigest()
    left = _left_at(finding) if finding is not None else None
    everything = Evidence.everything.filter(record=stored)
    same = everything.filter(section=section, finding=finding, sha256=digest).first()
    if same is not None:
        if left is None and same.withdrawn_at:
            bring_back(actor, same)
        return same
    if stored.evidence.count() >= PER_RECORD:
        raise DomainError(f"每份一企一表最多 {PER_RECORD} 个文件，已经满了。")
    if finding is not None and finding.evidence.count() >= PER_ITEM:
        raise DomainError(f"每个事项最多 {PER_ITEM} 张照片，已经满了。")
    suffix = "pdf" if content_type == "application/pdf" else "jpg"
    row = Evidence(
        record=stored, section=section, finding=finding, kind=kind, original_name=clean_name(upload.name or ""),
        content_type=content_type, sha256=digest, size=len(content), uploaded_at=clock.now(),
        uploaded_by=actor, withdrawn_at=left, withdrawn_by=actor if left else None,
    )  # fmt: skip
    told = taken if taken and (taken.taken_at or read.taken_at is None) else read
    facts = asdict(told) | ({} if taken is None else _place(taken))
    for name, value in facts.items():
        setattr(row, name, value)
    if kind in SHOT:
        row.shot_by_id = shot_by or actor.pk
    row.file.save(f"{uuid.uuid4().hex}.{suffix}", ContentFile(content), save=False)
    fault_point("evidence:file_written")
    row.save(force_insert=True)
    after: dict[str, object] = {
        "kind": kind, "sha256": digest, "name": row.original_name, "section": section, "finding": finding,
    }  # fmt: skip
    after |= {name: str(value) for name, value in facts.items() if value is not None and value != ""}
    after |= {"shot_by": row.shot_by_id} if shot_by else {}
    after |= {"withdrawn_at": left} if left else {}
    audit.record(
        stream=stream_of(stored.pk), actor=actor, action=trail.action, obj=row, after=after | trail.more,
        reason=trail.reason,
    )  # fmt: skip
    return row


def _left_at(finding: ItemFinding) -> dt.datetime | None:
    """Since when a photo that arrives now belongs no more to what the item says: one taken of a problem that was taken
    back meanwhile is kept as withdrawn. None: it belongs."""
    answer, changed = ItemFinding.objects.values_list("answer", "updated_at").get(pk=finding.pk)
    return None if answer in {"", Answer.NOT_OK} else changed or clock.now()


@transaction.atomic
def remove_evidence(*, actor: User, evidence: Evidence) -> None:
    """Take a file back while what it belongs to is open for entry; its digest stays in the trail, the file goes."""
    record = lock_record(InspectionRecord(pk=evidence.record_id))
    stored = Evidence.objects.select_for_update().filter(pk=evidence.pk).first()
    if stored is None:
        return
    _check_place(actor, record, stored.section, stored.kind)
    before = {
        "kind": stored.kind, "sha256": stored.sha256, "name": stored.original_name, "section": stored.section,
        "finding": stored.finding,
    }  # fmt: skip
    audit.record(stream=stream_of(record.pk), actor=actor, action="删除材料", obj=stored, before=before)
    file = stored.file
    stored.delete()
    transaction.on_commit(lambda: file.delete(save=False), robust=True)


def thumbnail(data: bytes) -> bytes:
    """A stored picture as JPEG of at most 320 px, for lists."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as source:
        source.draft("RGB", (SMALL_EDGE, SMALL_EDGE))
        picture = source.convert("RGB")
    picture.thumbnail((SMALL_EDGE, SMALL_EDGE))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70)
    return out.getvalue()


def _check_place(actor: User, record: InspectionRecord, section: DepartmentSection | None, kind: str) -> None:
    """A section's file is part of its content, so it needs an open section; a scan of the record may come later."""
    if kind not in EvidenceKind.values:
        raise DomainError("请选择材料的种类。")
    if section is None:
        scan = kind == EvidenceKind.SIGNED_SCAN
        if own_section(actor, record) is None and not (scan and _administers(actor, record)):
            raise NotYours("只有这份一企一表被抽中的检查人员可以上传材料。")
        return
    if section.record_id != record.pk:
        raise DomainError("这个事项不属于这份一企一表，请刷新页面再试。")
    check_writable(actor, DepartmentSection.objects.select_related("department").get(pk=section.pk))


def _administers(actor: User, record: InspectionRecord) -> bool:
    """Whether the person runs a department of this record: the paper may come back to the office to be scanned."""
    own = actor.department
    return own is not None and Role.DEPT_ADMIN in actor.roles and record.sections.filter(department=own).exists()


def read_upload(upload: UploadedFile, *, allow_pdf: bool) -> tuple[bytes, str, Taken]:
    """(bytes to store, content type, when the picture was taken) of an upload, judged by its content alone."""
    size = upload.size or 0
    if size == 0:
        raise DomainError("文件是空的，请重新选择。")
    if size > MAX_PDF_BYTES:
        raise TooBig(f"文件有 {size >> 20} MB，太大了：照片不超过 8 MB，PDF 不超过 20 MB。")
    upload.seek(0)
    start = upload.read(5)
    upload.seek(0)
    if start == b"%PDF-":
        if not allow_pdf:
            raise DomainError("照片请用 JPG、PNG 或 WEBP；PDF 请作为扫描件上传。")
        return upload.read(), "application/pdf", Taken()
    if size > MAX_IMAGE_BYTES:
        raise TooBig(f"照片有 {size >> 20} MB，不能超过 8 MB。请在相机设置里调低分辨率后重拍。")
    content, taken = redraw(upload.read())
    return content, "image/jpeg", taken


def redraw(data: bytes) -> tuple[bytes, Taken]:
    """A picture encoded anew as JPEG of at most 1600 px, upright, without metadata; and when it was taken."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as source:
            width, height = source.size
            if width * height > MAX_PIXELS:
                raise TooBig(f"照片有 {width}×{height} 像素，太大了，不能超过 4000 万像素。")
            taken = _taken(source)
            source.draft("RGB", (MAX_EDGE, MAX_EDGE))
            upright = ImageOps.exif_transpose(source)
            picture = _as_rgb(upright)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooBig("照片的像素太多，不能超过 4000 万像素。") from None
    except (OSError, SyntaxError, ValueError, EOFError):
        raise DomainError("打不开这张图片：请改用 JPG、PNG 或 WEBP；传输中断的请重新拍照上传。") from None
    picture.thumbnail((MAX_EDGE, MAX_EDGE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue(), taken


def _as_rgb(picture: Image.Image) -> Image.Image:
    """Any mode as RGB: 16-bit greys scaled, transparency on white."""
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point([value / 256 for value in range(65536)], "L")
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        paper = Image.new("RGBA", picture.size, (*WHITE, 255))
        picture = Image.alpha_composite(paper, picture)
    plain = picture.convert("RGB")
    plain.info.clear()
    return plain


def _taken(picture: Image.Image) -> Taken:
    """The camera's time (EXIF), with its own zone where it names one, else read as Shanghai time."""
    with contextlib.suppress(ValueError, TypeError, OSError, SyntaxError, OverflowError):
        exif = picture.getexif()
        more = exif.get_ifd(ExifTags.IFD.Exif)
        text = more.get(ExifTags.Base.DateTimeOriginal) or exif.get(ExifTags.Base.DateTime)
        zone = more.get(ExifTags.Base.OffsetTimeOriginal)
        if isinstance(text, str):
            naive = dt.datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 -- zone follows
            return Taken(naive.replace(tzinfo=_zone(zone)), TakenFrom.EXIF)
    return Taken()


def _zone(text: Any) -> dt.tzinfo:
    with contextlib.suppress(ValueError):
        if isinstance(text, str):
            found = dt.datetime.strptime(text.strip("\0 "), "%z").tzinfo
            return found or clock.SHANGHAI
    return clock.SHANGHAI


def _place(taken: Taken) -> dict[str, Any]:
    return {name: getattr(taken, name) for name in ("latitude", "longitude", "accuracy")}


def clean_name(name: str) -> str:
    """A file name fit to be shown: last part only, no control or direction characters, at most 200 characters."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(char for char in last if not unicodedata.category(char).startswith("C")).strip()
    return shown[-200:] or "未命名"
