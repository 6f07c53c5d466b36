"""The sweep takes what no row names and is old, and nothing else; much too much means the wrong database."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from inspections.models import Evidence
from inspections.services import add_evidence
from kuancheng_inspect import health
from registry import audit, clock
from registry.faults import FaultInjected
from registry.models import AuditEvent, StoreMark
from registry.services import leftovers, store_mark
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


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the sweep and the mark said in the log."""
    return [one.getMessage() for one in caplog.records if one.name.startswith("registry.services")]


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
    assert [folder.name for folder in leftovers._folders()] == folders
    for folder in (*folders, "by-hand"):
        (media / folder).mkdir(exist_ok=True)
        lay(media / folder / "a.bin", DAY + 60)
    lay(media / "uploads" / "tmpx1.upload.jpg", DAY + 60)
    young = lay(media / "uploads" / "tmpx2.upload.jpg", DAY - 60)
    assert leftovers.sweep_files() == [*(f"{folder}/a.bin" for folder in folders), "tmpx1.upload.jpg"]
    trash = media / "trash" / clock.today().isoformat()
    assert sorted(path for path in media.rglob("*") if path.is_file()) == sorted([
        media / "by-hand" / "a.bin", media / "store-mark.json", young, *(trash / name / "a.bin" for name in folders),
    ])  # fmt: skip


def test_too_many_at_once_are_left_and_said(media: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(leftovers.MANY + 1):
        lay(media / "evidence" / f"{number}.jpg", DAY + 60)
    with pytest.raises(CommandError, match="51 个文件没有记录指向"):
        call_command("sweep_files")
    assert task() == 0
    assert logged(caplog) == ["51 of 51 files have no row; nothing moved, is this the right database?"] * 2
    assert len(list((media / "evidence").iterdir())) == 51
    call_command("sweep_files", "--all")
    assert list((media / "evidence").iterdir()) == []
    assert len(list((media / "trash").rglob("*.jpg"))) == 51


def test_the_command_and_the_schedule_count(
    media: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    lay(media / "evidence" / "a.jpg", DAY + 60)
    call_command("sweep_files")
    assert capsys.readouterr().out == "已清理 1 个没有记录指向的文件。\n"
    assert logged(caplog) == [f"no row names evidence/a.jpg: moved to trash/{clock.today()}"]
    event = AuditEvent.objects.get(stream="store")
    assert (event.action, event.after["files"], event.after["names"]) == (
        "没有记录的文件移入回收处", 1, ["evidence/a.jpg"],
    )  # fmt: skip
    lay(media / "evidence" / "b.jpg", DAY + 60)
    assert (task(), task()) == (1, 0)


def test_a_file_that_vanishes_meanwhile_is_no_error(media: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "_files", lambda storage, folder: ["gone.jpg"] if folder == "evidence" else [])
    assert leftovers.sweep_files() == []


# ------------------------------------------------------------------------------------------------ trash and restores


def test_what_lay_in_the_trash_for_ninety_days_goes_and_each_is_named(
    media: Path, caplog: pytest.LogCaptureFixture
) -> None:
    lay(media / "evidence" / "a.jpg", DAY + 60)
    leftovers.sweep_files()
    (old,) = (media / "trash").iterdir()
    for age, there in ((90, True), (91, False)):
        aged = old.rename(old.with_name((clock.today() - dt.timedelta(days=age)).isoformat()))
        leftovers.sweep_files()
        assert aged.exists() == there
        old = aged
    assert logged(caplog)[1:] == [f"deleted from the trash after 90 days: {old.name}/evidence/a.jpg"]


def stepped(media: Path) -> StoreMark:
    """Database and files at step 20 of one store."""
    for _ in range(20):
        assert store_mark.move_mark() == ""
    assert store_mark.store_state() == ""
    return StoreMark.objects.get()


def rewind(mark: StoreMark, seq: int) -> None:
    StoreMark.objects.filter(pk=mark.pk).update(seq=seq)


@pytest.mark.parametrize(
    ("restored", "said"),
    [
        (lambda media, mark: rewind(mark, 19), "数据库比文件旧，像是恢复过较早的备份"),
        (lambda media, mark: StoreMark.objects.all().delete(), "数据库与文件目录不是一套"),
        (lambda media, mark: StoreMark.objects.update(store="f" * 32), "数据库与文件目录不是一套"),
        (lambda media, mark: (media / store_mark.NAME).unlink(), "文件目录里没有标记"),
        (lambda media, mark: (media / store_mark.NAME).write_text("{"), "数据库与文件目录不是一套"),
        (lambda media, mark: rewind(mark, 24), "文件比数据库旧，像是恢复过较早的文件"),
    ],
)
def test_after_a_restore_nothing_is_swept_until_somebody_says_so(
    media: Path, caplog: pytest.LogCaptureFixture, restored: Any, said: str
) -> None:
    restored(media, stepped(media))
    lay(media / "evidence" / "a.jpg", DAY + 60)
    with pytest.raises(CommandError, match=said):
        call_command("sweep_files")
    with pytest.raises(CommandError, match=said):
        call_command("sweep_files", "--all")
    assert task() == 0
    assert logged(caplog) == [f"the mark of the stored files stays: {store_mark.store_state()}"] * 3
    assert (media / "evidence" / "a.jpg").exists()
    words = health.readiness().words["文件存放"]
    assert words == store_mark.store_state()
    assert words.startswith(said)

    with pytest.raises(CommandError, match="请写明理由"):
        call_command("sweep_files", "--restored", " ")
    call_command("sweep_files", "--restored", "恢复了昨天的备份")
    assert (store_mark.store_state(), health.readiness().words["文件存放"]) == ("", "正常")
    assert AuditEvent.objects.get(stream="store").reason == "恢复了昨天的备份"
    assert (media / "evidence" / "a.jpg").exists()
    assert leftovers.sweep_files() == ["evidence/a.jpg"]
    assert audit.verify_stream("store") is None


def test_a_step_that_was_not_written_beside_the_files_is_no_restore(media: Path) -> None:
    mark = stepped(media)
    rewind(mark, 20 + store_mark.BEHIND)  # killed between the commit and the file, more than once
    assert store_mark.move_mark() == ""
    with pytest.raises(CommandError, match="没有不一致"):
        call_command("sweep_files", "--restored", "没有事")


# ------------------------------------------------------------------------------------------------------ verify_files


def verified(capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Exit code and lines of the command."""
    capsys.readouterr()
    code = 0
    try:
        call_command("verify_files")
    except SystemExit as end:
        code = int(end.code or 0)
    return code, capsys.readouterr().out.splitlines()


def test_every_stored_file_is_compared_with_its_digest(media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    f.load_calendar()
    rows = [photo((1, 1, number)) for number in range(4)]
    store_mark.move_mark()
    assert verified(capsys) == (0, ["已核对 4 个文件，0 个不符。"])
    gone, cut, swapped, whole = (media / row.file.name for row in rows)
    content = whole.read_bytes()
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-1])
    swapped.write_bytes(content)
    lay(media / "evidence" / "left.jpg", DAY + 60)
    lay(media / "evidence" / "young.jpg", DAY - 60)
    code, lines = verified(capsys)
    assert code == 1
    assert sorted(line.partition("（")[0] for line in lines[:-1]) == sorted([
        f"{rows[0].file.name}：文件不见了", f"{rows[1].file.name}：内容与登记的摘要不符",
        f"{rows[2].file.name}：内容与登记的摘要不符", "evidence/left.jpg：没有记录指向这个文件",
    ])  # fmt: skip
    assert lines[-1] == "已核对 4 个文件，4 个不符。"


def test_every_field_that_names_a_file_has_its_digest_in_a_column() -> None:
    without = [
        f"{field.model.__name__}.{field.name}"
        for folder in leftovers._folders()
        for field in folder.fields
        if leftovers.digest_column(field) is None
    ]
    assert without == []
