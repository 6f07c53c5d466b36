"""A disk that is full or may not be written: a sentence that says so, nothing half written, and /readyz knows."""

from __future__ import annotations

import errno
import io
import json
import os
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inspections.models import Evidence
from kuancheng_inspect import health
from publicity.enums import ExportKind
from publicity.models import ExportJob
from publicity.services import build_export, request_export
from registry import clock, stores
from registry.enums import Role
from registry.models import ImportBatch, RiskScheme, StoreMark
from registry.services import load_reference_data, store_mark
from tests import factories as f
from tests.inspections import field as x
from tests.publicity.scene import make_campaign
from tests.registry import files

pytestmark = pytest.mark.django_db
ROOM = 4096


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = settings.MEDIA_ROOT / "uploads"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir(parents=True)
    return Path(settings.MEDIA_ROOT)


@contextmanager
def full() -> Iterator[None]:
    """The kernel itself lets no file of this process grow beyond 4 KB (the database is in memory or elsewhere)."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def kept(media: Path) -> list[str]:
    """The files that are there."""
    return sorted(path.relative_to(media).as_posix() for path in media.rglob("*") if path.is_file())


def noise(size: int) -> bytes:
    return os.urandom(size)


def test_a_file_is_there_whole_or_not_at_all(media: Path) -> None:
    with full(), pytest.raises(OSError, match="large"):
        default_storage.save("evidence/a.bin", ContentFile(noise(2 * ROOM)))
    assert kept(media) == []
    content = noise(2 * ROOM)
    first = default_storage.save("evidence/a.bin", ContentFile(content))
    second = default_storage.save("evidence/a.bin", ContentFile(b"2"))
    assert (first, kept(media)) == ("evidence/a.bin", sorted([first, second]))
    assert (media / first).read_bytes() == content


def test_a_photo_that_does_not_fit_stays_on_the_phone(media: Path) -> None:
    f.load_calendar()
    section = x.section_of(x.make_record())
    client, actor = Client(), x.inspectors(section)[0]
    client.force_login(actor)
    picture = _photo()
    with full():
        answer = client.post(
            reverse("inspections:sync_photo"),
            {"key": "k" * 32, "user": actor.pk, "record": section.record_id, "kind": "PHOTO", "file": picture},
            headers={"accept": "application/json"},
        )
    assert (answer.status_code, json.loads(answer.content)["code"]) == (507, "full")
    assert json.loads(answer.content)["error"] == "服务器存储空间已满，照片保留在本机，请稍后再传。"
    assert (Evidence.objects.count(), kept(media)) == (0, [])


def _photo() -> SimpleUploadedFile:
    """A picture that no coder makes small."""
    from PIL import Image

    target = io.BytesIO()
    Image.frombytes("RGB", (200, 200), noise(200 * 200 * 3)).save(target, "JPEG", quality=90)
    return SimpleUploadedFile("现场.jpg", target.getvalue(), content_type="image/jpeg")


def test_an_import_that_does_not_fit_says_so(media: Path) -> None:
    clock.pin(f.NOW, running=False)
    load_reference_data()
    client = Client()
    client.force_login(f.make_user(Role.LEAD, department=f.make_department("WL")))
    book = files.book(*(files.enterprise(n) for n in range(60)))
    assert len(book) > ROOM
    upload = SimpleUploadedFile("名录.xlsx", book)
    form = {"kind": "enterprises", "scheme": RiskScheme.objects.get(code="S1").pk, "file": upload}
    with full():
        page = client.post(reverse("registry:import"), form)
    text = page.content.decode()
    assert (page.status_code, "存储空间已满，这一次没有保存" in text, "系统出了问题" in text) == (507, True, False)
    assert (ImportBatch.objects.count(), kept(media)) == (0, [])


@pytest.mark.parametrize("kind", [ExportKind.RESULTS_XLSX, ExportKind.BLANK_RECORDS_PDF])
def test_an_export_that_does_not_fit_is_failed_in_words(media: Path, kind: str) -> None:
    county = make_campaign(2, publish=2)
    export = request_export(actor=county.lead, plan=county.plan, kind=kind)
    with full(), pytest.raises(OSError, match="large"):
        build_export(export.pk)
    export.refresh_from_db()
    assert (export.state, export.file.name) == ("FAILED", "")
    assert export.error == "服务器存储空间已满，没有留下半个文件。请告诉系统管理员处理，然后点“重试”。"
    assert [name for name in kept(media) if name.startswith("exports/")] == []
    assert ExportJob.objects.count() == 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.ENOSPC, "存储空间已满"),
        (errno.EROFS, "存储只能读、不能写"),
        (errno.EACCES, "没有权限读写存储"),
        (errno.ENOENT, ""),
    ],
)
def test_what_is_wrong_with_the_storage_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, media: Path, code: int, said: str
) -> None:
    assert stores.storage_trouble(OSError(code, "x")) == said

    def refuse(**_: Any) -> None:
        raise OSError(code, "x")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    found = health.readiness()
    assert found.ok is False
    assert found.words["磁盘（照片和文件）"].startswith(f"写不进去（{said or 'x'}）")
    assert Client().get("/readyz").status_code == 503


@pytest.mark.parametrize(
    ("free", "ok", "said"),
    [(20 << 30, True, "正常"), (5 << 30, True, "剩余不足 10%（5 GB），请清理"), (255 << 20, False, "只剩 255 MB")],
)
def test_readyz_looks_at_the_volume_of_the_files(
    monkeypatch: pytest.MonkeyPatch, media: Path, free: int, ok: bool, said: str
) -> None:
    asked = []

    def usage(folder: Path) -> Any:
        asked.append(folder)
        return type("Usage", (), {"free": free, "total": 100 << 30})

    monkeypatch.setattr(stores.shutil, "disk_usage", usage)
    answer = Client().get("/readyz")
    assert (answer.json()["checks"]["磁盘（照片和文件）"].startswith(said), answer.status_code) == (
        True, 200 if ok else 503,
    )  # fmt: skip
    assert asked == [media]


def test_a_mark_that_stands_still_is_seen(media: Path) -> None:
    assert health.readiness().words["文件存放"] == "正常"
    store_mark.move_mark()
    assert health.readiness().words["文件存放"] == "正常"
    StoreMark.objects.update(at=timezone.now() - health.MARK_AGE * 1.1)
    assert health.readiness().words["文件存放"].endswith("数据库或文件写不进去，或定时任务没有运行")


def test_readyz_reads_the_migrations_from_disk_once(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    health.readiness()
    monkeypatch.setattr(health, "MigrationLoader", None)
    with django_assert_max_num_queries(9):
        assert "数据库结构" not in health.readiness().words
    monkeypatch.setattr(health, "_migrations", lambda: frozenset({("registry", "0999_later")}))
    found = health.readiness()
    assert (found.ok, found.words["数据库结构"]) == (False, "还有 1 个迁移没有执行，请运行 manage.py migrate")
