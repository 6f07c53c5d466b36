"""The sweep takes what no row names and is old, and nothing else; much too much means the wrong database."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inspections.models import Evidence
from inspections.services import add_evidence
from registry import clock
from registry.faults import FaultInjected
from registry.services import leftovers
from registry.tasks import sweep_files as task
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db
DAY = 24 * 3600


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = settings.MEDIA_ROOT / "uploads"
    for name in ("evidence", "uploads"):
        (settings.MEDIA_ROOT / name).mkdir(parents=True)
    return Path(settings.MEDIA_ROOT)


def lay(path: Path, age: int) -> Path:
    path.write_bytes(b"left")
    at = clock.now().timestamp() - age
    os.utime(path, (at, at))
    return path


def photo(colour: tuple[int, int, int] = (9, 9, 9)) -> Evidence:
    section = x.section_of(x.make_record())
    actor = x.inspectors(section)[0]
    return add_evidence(
        actor=actor, record=section.record, kind="PHOTO", upload=x.picture(colour=colour), section=section
    )


def age(media: Path, seconds: int) -> None:
    at = clock.now().timestamp() - seconds
    for path in media.rglob("*"):
        os.utime(path, (at, at))


def test_a_file_whose_row_was_never_committed_goes_after_a_day(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    f.load_calendar()
    kept = photo()
    monkeypatch.setenv("FAULT_POINT", "evidence:file_written=raise")
    with pytest.raises(FaultInjected):
        photo((1, 2, 3))
    assert (Evidence.objects.count(), len(list((media / "evidence").iterdir()))) == (1, 2)
    assert leftovers.sweep_files() == []  # it might still be on its way into the database
    age(media, DAY - 60)
    assert leftovers.sweep_files() == []
    age(media, DAY + 60)
    assert len(leftovers.sweep_files()) == 1
    assert [path.name for path in (media / "evidence").iterdir()] == [Path(kept.file.name).name]
    assert leftovers.sweep_files() == []


def test_every_folder_with_a_file_field_is_swept_and_no_other(media: Path) -> None:
    folders = ["draw-evidence", "evidence", "exports", "imports", "plan-attachments", "signatures"]
    assert [folder for _, folder, _ in leftovers._folders()] == folders
    for folder in (*folders, "by-hand"):
        (media / folder).mkdir(exist_ok=True)
        lay(media / folder / "a.bin", DAY + 60)
    lay(media / "uploads" / "tmpx1.upload.jpg", DAY + 60)
    young = lay(media / "uploads" / "tmpx2.upload.jpg", DAY - 60)
    assert leftovers.sweep_files() == [*(f"{folder}/a.bin" for folder in folders), "tmpx1.upload.jpg"]
    assert sorted(path for path in media.rglob("*") if path.is_file()) == [media / "by-hand" / "a.bin", young]


def test_too_many_at_once_are_left_and_said(media: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(leftovers.MANY + 1):
        lay(media / "evidence" / f"{number}.jpg", DAY + 60)
    with pytest.raises(CommandError, match="51 个文件没有记录指向"):
        call_command("sweep_files")
    assert task() == 0
    assert "is this the right database" in caplog.text
    assert len(list((media / "evidence").iterdir())) == 51
    call_command("sweep_files", "--all")
    assert list((media / "evidence").iterdir()) == []


def test_the_command_and_the_schedule_count(
    media: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    lay(media / "evidence" / "a.jpg", DAY + 60)
    call_command("sweep_files")
    assert capsys.readouterr().out == "已清理 1 个没有记录指向的文件。\n"
    assert "removed 1 files without a row: evidence/a.jpg" in caplog.text
    lay(media / "evidence" / "b.jpg", DAY + 60)
    assert (task(), task()) == (1, 0)


def test_a_file_that_vanishes_meanwhile_is_no_error(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "_files", lambda storage, folder: ["gone.jpg"] if folder == "evidence" else [])
    assert leftovers.sweep_files() == []
