"""Hostile and broken files (trust.md §I), and who gets a stored one."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from inspections.models import DepartmentSection, Evidence
from inspections.services import evidence
from registry.enums import Role
from registry.errors import DomainError
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db

BROKEN = "打不开这张图片：请改用 JPG、PNG 或 WEBP；传输中断的请重新拍照上传。"


@pytest.fixture
def section() -> DepartmentSection:
    return x.section_of(x.make_record())


def add(section: DepartmentSection, upload: Any, kind: str = "PHOTO", **place: Any) -> Evidence:
    return evidence.add_evidence(
        actor=x.inspectors(section)[0], record=section.record, kind=kind, upload=upload, section=section, **place
    )


def file(content: bytes, name: str = "现场.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="image/jpeg")


def stored(row: Evidence) -> Image.Image:
    picture = Image.open(io.BytesIO(row.file.open("rb").read()))
    picture.load()
    return picture


def bomb(width: int, height: int) -> bytes:
    """A small PNG that says it is huge."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    lines = zlib.compress(bytes((width // 8 + 1) * 8))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def test_i1_large_pictures_are_scaled_huge_ones_refused(section: DepartmentSection) -> None:
    assert stored(add(section, x.picture((4000, 2000)))).size == (1600, 800)
    with pytest.raises(DomainError, match="照片有 9 MB，不能超过 8 MB"):
        add(section, file(b"\xff\xd8" + bytes(9 << 20)))
    with pytest.raises(DomainError, match="文件有 25 MB，太大了"):
        add(section, file(bytes(25 << 20)))
    with pytest.raises(DomainError, match="照片有 7000×6000 像素"):
        add(section, file(bomb(7000, 6000)))
    for size in ((12000, 9000), (30000, 30000)):
        with pytest.raises(DomainError, match="不能超过 4000 万像素"):
            add(section, file(bomb(*size)))


def test_i2_no_exif_is_stored_upright_and_the_time_is_kept(section: DepartmentSection) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees
    exif[0x010F] = "相机厂"
    exif.get_ifd(0x8769)[0x9003] = "2024:09:24 14:21:00"
    exif.get_ifd(0x8825)[1] = "N"
    row = add(section, x.picture((60, 40), exif=exif))
    picture = stored(row)
    assert picture.size == (40, 60)
    assert dict(picture.getexif()) == {}
    assert {"exif", "icc_profile", "comment", "photoshop", "xmp"} & set(picture.info) == set()
    assert b"2024:09:24" not in row.file.open("rb").read()
    assert str(row.taken_at) == "2024-09-24 14:21:00+08:00"


def test_i3_nothing_of_a_polyglot_is_stored(section: DepartmentSection) -> None:
    content = x.picture().read() + b"<script>alert(1)</script>PK\x03\x04<?php"
    data = add(section, file(content)).file.open("rb").read()
    assert [mark for mark in (b"<script", b"PK\x03\x04", b"<?php") if mark in data] == []


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"MZ\x90\x00" + bytes(200),
        b"8BPS" + bytes(200),
        b"SIMPLE  =                    T" + bytes(200),
        b"\x00\x00\x00\x18ftypheic" + bytes(200),
        b"%!PS-Adobe-3.0 EPSF-3.0" + bytes(200),
    ],
)
def test_i4_i5_refused_by_content_whatever_the_name(section: DepartmentSection, content: bytes) -> None:
    with pytest.raises(DomainError, match="^" + BROKEN):
        add(section, file(content))
    assert Evidence.objects.count() == 0


@pytest.mark.parametrize("kind", ["TIFF", "GIF", "BMP"])
def test_i5_other_formats_that_pillow_knows(section: DepartmentSection, kind: str) -> None:
    with pytest.raises(DomainError, match=BROKEN):
        add(section, x.picture(kind=kind))


def test_i4_a_pdf_is_a_scan_but_never_a_photo(section: DepartmentSection) -> None:
    content = b"%PDF-1.7\n" + bytes(100)
    with pytest.raises(DomainError, match="PDF 请作为扫描件上传"):
        add(section, file(content))
    row = add(section, file(content, "签字表.pdf"), kind="DEPARTMENT_FORM")
    assert (row.content_type, row.file.name.endswith(".pdf")) == ("application/pdf", True)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("..%2f..%2fetc.jpg", "..%2f..%2fetc.jpg"),
        ("C:\\照片\\现场.jpg", "现场.jpg"),
        ("照\u202egpj.exe", "照gpj.exe"),
        ("a\x00b.jpg", "ab.jpg"),
        ("长" * 300 + ".jpg", "长" * 196 + ".jpg"),
        ("", "未命名"),
    ],
)
def test_i4_names_are_only_shown(section: DepartmentSection, name: str, shown: str) -> None:
    assert evidence.clean_name(name) == shown
    row = add(section, x.picture())
    assert len(row.file.name.split("/")[-1]) == len("0" * 32 + ".jpg")


@pytest.mark.parametrize("cut", [0, 1, 3, 200])
def test_i6_truncated(section: DepartmentSection, cut: int) -> None:
    content = x.picture((400, 300)).read()[:cut]
    with pytest.raises(DomainError, match="文件是空的" if cut == 0 else BROKEN):
        add(section, file(content))


@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        ("CMYK", "JPEG", {}),
        ("L", "PNG", {}),
        ("I;16", "PNG", {"colour": 40000}),
        ("P", "PNG", {"transparency": 0}),
        ("RGBA", "PNG", {"colour": (0, 0, 0, 0)}),
        ("RGB", "JPEG", {"icc_profile": b"broken profile"}),
        ("RGB", "WEBP", {}),
        ("LA", "PNG", {"colour": (9, 9)}),
    ],
)
def test_i6_odd_pictures_are_normalised(
    section: DepartmentSection, mode: str, kind: str, options: dict[str, Any]
) -> None:
    picture = stored(add(section, x.picture(mode=mode, kind=kind, **options)))
    assert (picture.format, picture.mode) == ("JPEG", "RGB")
    if mode == "RGBA":
        assert picture.getpixel((5, 5)) == (255, 255, 255)
    if mode == "I;16":
        assert abs(picture.getpixel((5, 5))[0] - 156) <= 2


def test_i6_only_the_first_frame_of_an_animation(section: DepartmentSection) -> None:
    out = io.BytesIO()
    frames = [Image.new("RGB", (50, 50), colour) for colour in ((255, 0, 0), (0, 0, 255))]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    red, _, blue = stored(add(section, file(out.getvalue()))).getpixel((5, 5))
    assert (red > 200, blue < 60) == (True, True)


def test_i7_the_same_photo_twice_is_kept_once_for_each_place(section: DepartmentSection) -> None:
    finding = section.findings.get()
    first = add(section, x.picture())
    assert add(section, x.picture(name="另一个名字.jpg")) == first
    assert add(section, x.picture(), finding=finding) != first
    assert Evidence.objects.count() == 2


def test_i8_limits(section: DepartmentSection) -> None:
    finding = section.findings.get()
    for number in range(evidence.PER_ITEM):
        add(section, x.picture((8, 8), colour=(number * 20, 0, 0)), finding=finding)
    with pytest.raises(DomainError, match="每个事项最多 9 张照片"):
        add(section, x.picture((8, 8), colour=(0, 255, 0)), finding=finding)
    row = Evidence.objects.first()
    Evidence.objects.bulk_create(
        Evidence(
            record=section.record, kind="PHOTO", file=row.file.name, original_name="x", content_type="image/jpeg",
            sha256=f"{number:064x}", size=1, uploaded_at=f.NOW, uploaded_by=row.uploaded_by,
        )
        for number in range(evidence.PER_RECORD - evidence.PER_ITEM)
    )  # fmt: skip
    with pytest.raises(DomainError, match="每份一企一表最多 60 个文件"):
        add(section, x.picture((8, 8), colour=(0, 0, 255)))


def test_only_the_sections_inspectors_and_only_while_open(section: DepartmentSection) -> None:
    other = x.section_of(section.record, "GA")
    stranger = f.make_inspector(account=True).user
    for actor, place in ((x.inspectors(other)[0], section), (stranger, None)):
        with pytest.raises(DomainError, match="被抽中的检查人员"):
            evidence.add_evidence(actor=actor, record=section.record, kind="PHOTO", upload=x.picture(), section=place)
    section.state, section.submitted_at = "SUBMITTED", f.NOW
    section.save()
    with pytest.raises(DomainError, match="已锁定"):
        add(section, x.picture())
    late = evidence.add_evidence(
        actor=x.inspectors(section)[0], record=section.record, kind="SIGNED_SCAN", upload=file(b"%PDF-1.4\nx", "a.pdf")
    )
    assert late.section is None


def test_a_file_is_taken_back_without_script(section: DepartmentSection) -> None:
    row = add(section, x.picture(), kind="DEPARTMENT_FORM")
    client = Client()
    client.force_login(x.inspectors(section)[0])
    address = reverse("inspections:record_evidence", args=[section.record_id])
    for _ in range(2):
        assert client.post(address, {"remove": str(row.pk)}).status_code == 302
    assert section.evidence.count() == 0


def test_i9_served_only_to_who_may_see_the_record(section: DepartmentSection) -> None:
    photo = add(section, x.picture(name='现场 1"<b>.jpg'))
    scan = add(section, file(b"%PDF-1.4\nx", "表.pdf"), kind="DEPARTMENT_FORM")
    address = reverse("inspections:evidence_file", args=[photo.pk])

    def get(user: Any, where: str = address) -> Any:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client.get(where)

    mate = x.inspectors(x.section_of(section.record, "GA"))[0]
    response = get(mate)
    assert response.status_code == 200
    assert b"".join(response.streaming_content)[:3] == b"\xff\xd8\xff"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert response["Cache-Control"] == "private, max-age=3600"
    assert response["Content-Disposition"] == "inline; filename*=UTF-8''%E7%8E%B0%E5%9C%BA%201%22%3Cb%3E.jpg"
    paper = get(mate, reverse("inspections:evidence_file", args=[scan.pk]))
    assert paper["Content-Disposition"].startswith("attachment; ")
    b"".join(paper.streaming_content)

    strangers = [f.make_inspector(account=True).user, f.make_user(Role.DEPT_ADMIN, department=f.make_department("XF"))]
    assert [get(user).status_code for user in strangers] == [404, 404]
    assert get(None).status_code == 302
    photo.file.storage.delete(photo.file.name)
    assert get(mate).status_code == 404


def test_i9_neither_submission_nor_deletion_opens_a_file(section: DepartmentSection) -> None:
    photo = add(section, x.picture())
    address = reverse("inspections:evidence_file", args=[photo.pk])
    stranger, mate = Client(), Client()
    stranger.force_login(f.make_inspector(account=True).user)
    mate.force_login(x.inspectors(section)[0])
    past = {"state": "APPROVED", "submitted_at": f.NOW, "submitted_by": x.inspectors(section)[0]}
    for fields in (past, {"state": "DRAFT", "submitted_at": None, "submitted_by": None}):
        section.record.sections.update(**fields)
        statuses = [client.get(address).status_code for client in (Client(), stranger, mate)]
        assert statuses == [302, 404, 200]  # nobody signed in: to the sign-in page, whatever the number
    assert Client().get(reverse("inspections:evidence_file", args=[photo.pk + 999])).status_code == 302
    evidence.remove_evidence(actor=x.inspectors(section)[0], evidence=photo)
    assert mate.get(address).status_code == 404
