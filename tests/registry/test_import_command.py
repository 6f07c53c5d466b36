"""The commands of the registry: words, exit codes, nothing half done; a fresh clone needs no preparation."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from registry import clock
from registry.models import AuditEvent, Enterprise, ImportBatch, RiskRating, User
from tests.factories import SHANGHAI, load_calendar, uscc
from tests.registry import files

BASE = Path(__file__).resolve().parent.parent.parent


def run(capsys: pytest.CaptureFixture[str], *words: Any, **options: Any) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of a command."""
    code = 0
    try:
        call_command(*words, **options)
    except SystemExit as stop:
        code = int(stop.code or 0)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def write(folder: Path, *rows: dict[str, Any], name: str = "名录.xlsx") -> str:
    path = folder / name
    path.write_bytes(files.book(*rows))
    return str(path)


@pytest.fixture
def _today() -> None:
    clock.pin(dt.datetime(2024, 6, 3, 9, 0, tzinfo=SHANGHAI), running=False)


@pytest.mark.django_db
@pytest.mark.usefixtures("_today")
class TestImport:
    def test_counts(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = write(tmp_path, files.enterprise(1), files.enterprise(2))
        assert run(capsys, "import_registry", path, "--kind", "enterprises", "--dry-run")[:2] == (
            0,
            "共 2 行：新增 2，更新 0，不变 0，跳过 0（只检查，没有写入）\n",
        )
        assert (Enterprise.objects.count(), ImportBatch.objects.count()) == (0, 0)
        found = run(capsys, "import_registry", path, "--kind", "enterprises")
        assert found == (0, "共 2 行：新增 2，更新 0，不变 0，跳过 0\n", "")
        batch = ImportBatch.objects.get()
        assert (batch.filename, batch.state, batch.uploaded_by) == ("名录.xlsx", "IMPORTED", None)
        assert batch.file.read() == Path(path).read_bytes()

    def test_problems_one_a_line_and_nothing_imported(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        path = write(tmp_path, files.enterprise(1), files.enterprise(2, 名称="", 住所=""), files.enterprise(1))
        code, out, err = run(capsys, "import_registry", path, "--kind", "enterprises")
        assert (code, out.splitlines()) == (
            1,
            ["第3行 名称: 没有填写", "第3行 住所: 没有填写", "第4行 统一社会信用代码: 与第2行重复，请删去一行"],
        )
        assert err == "共 3 行，2 行有错，没有导入。改好后再导入，或加 --skip-bad 跳过有错的行。\n"
        assert (Enterprise.objects.count(), ImportBatch.objects.count()) == (0, 0)
        code, out, _ = run(capsys, "import_registry", path, "--kind", "enterprises", "--skip-bad")
        assert (code, out.splitlines()[-1]) == (0, "共 3 行：新增 1，更新 0，不变 0，跳过 2")
        assert Enterprise.objects.get().uscc == uscc(900_001)

    def test_inspectors_and_schemes(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        people = write(tmp_path, files.inspector(1))
        assert run(capsys, "import_registry", people, "--kind", "inspectors")[0] == 0
        path = write(tmp_path, files.enterprise(1, 信用风险等级="D"))
        assert run(capsys, "import_registry", path, "--kind", "enterprises", "--scheme", "S2")[0] == 0
        assert RiskRating.objects.get().scheme.code == "S2"
        code, _, err = run(capsys, "import_registry", path, "--kind", "enterprises", "--scheme", "S9")
        assert (code, err) == (2, "没有代码为“S9”的分级办法，现有：S1、S2、S3。\n")

    def test_refusals_are_chinese_sentences(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        text = tmp_path / "名录.xlsx"
        text.write_text("a,b")
        code, out, _ = run(capsys, "import_registry", str(text), "--kind", "enterprises")
        assert code == 1
        assert out.startswith("名录.xlsx: 这是 CSV 或文本文件，不是 .xlsx")
        assert run(capsys, "import_registry", str(text), "--kind", "ships")[0] == 2
        assert run(capsys, "import_registry", "--kind", "enterprises")[2] == (
            "没有找到文件“”，请写明要导入的 .xlsx 文件的路径。\n"
        )
        only_wrong = write(tmp_path, files.enterprise(1, 名称=""))
        code, _, err = run(capsys, "import_registry", only_wrong, "--kind", "enterprises", "--skip-bad")
        assert (code, err) == (1, "没有可以导入的行，请把文件改好后重新上传。\n")
        assert ImportBatch.objects.count() == 0


@pytest.mark.django_db
class TestOthers:
    def test_add_workdays(self, capsys: pytest.CaptureFixture[str]) -> None:
        load_calendar(2024, 2025, 2026)
        for words, answer in {
            ("2024-06-06", "2"): "2024-06-11",
            ("2024年9月30日", "1"): "2024-10-08",
            ("2025-12-31", "1"): "2026-01-04",
        }.items():
            assert run(capsys, "add_workdays", *words) == (0, f"{answer}\n", "")
        code, out, err = run(capsys, "add_workdays", "2026-12-31", "1")
        assert (code, out) == (1, "")
        assert err == "2027年日历未录入：请在“设置 › 日历”导入国务院办公厅放假通知后再计算\n"

    @pytest.mark.parametrize("words", [(), ("2024-06-06",), ("明天", "2"), ("2024-06-06", "两"), ("2024-06-06", "0")])
    def test_add_workdays_refuses_in_words(self, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = run(capsys, "add_workdays", *words)
        assert (code, out) == (2, "")
        assert "add_workdays 2024-06-06 2" in err

    def test_verify_audit(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(capsys, "verify_audit") == (0, "共 0 个记录流，0 个有错\n", "")
        call_command("create_account", "管理员", "--name", "张三")
        head = AuditEvent.objects.get(stream="accounts").hash
        capsys.readouterr()
        assert run(capsys, "verify_audit", "--head")[:2] == (
            0,
            f"accounts: 1 条 完好 {head}\n" + LOADED.format(**_registry_head()) + "共 2 个记录流，0 个有错\n",
        )

    def test_verify_audit_finds_a_lost_head(self, capsys: pytest.CaptureFixture[str]) -> None:
        from registry.models import AuditHead

        call_command("create_account", "管理员", "--name", "张三")
        AuditHead.objects.filter(pk="accounts").update(head="1" * 64)
        capsys.readouterr()
        code, out, _ = run(capsys, "verify_audit")
        assert code == 1
        assert "记录流 accounts 第 1 条：链首与最后一条不符，末尾可能被删去" in out.splitlines()
        assert out.splitlines()[-1] == "共 2 个记录流，1 个有错"

    def test_create_account(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = run(capsys, "create_account", "管理员", "--name", "张三")
        user = User.objects.get()
        assert (code, user.is_sysadmin, user.must_change_password, user.name) == (0, True, True, "张三")
        password = out.split("一次性密码 ")[1].split("（")[0]
        assert user.check_password(password)
        assert run(capsys, "create_account", "管理员")[0] == 1
        assert run(capsys, "create_account")[0] == 2
        assert run(capsys, "create_account", "乙", "--role", "king")[0] == 2
        assert run(capsys, "create_account", "乙", "--role", "lead", "--department", "QQ")[0] == 2
        assert run(capsys, "create_account", "乙", "--role", "lead", "--department", "WL")[0] == 0


def test_a_fresh_clone_is_prepared_by_the_command_itself(tmp_path: Path) -> None:
    path = write(tmp_path, files.enterprise(1))
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'fresh.sqlite3'}",
        "MEDIA_ROOT": str(tmp_path),
        "TESTING": "1",
    }
    for words, answer in (
        (["import_registry", "--kind", "enterprises", path], "共 1 行：新增 1，更新 0，不变 0，跳过 0\n"),
        (["add_workdays", "2024-06-06", "2"], "2024-06-11\n"),
    ):
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=BASE, env=environment, capture_output=True, text=True
        )
        assert (done.returncode, done.stdout) == (0, answer), done.stderr


LOADED = "registry: {seq} 条 完好 {head}\n"


def _registry_head() -> dict[str, Any]:
    from registry.models import AuditHead

    return AuditHead.objects.filter(pk="registry").values("seq", "head").get()
