"""How fast and how lean 20,000 enterprises are imported into PostgreSQL, against openpyxl only reading the file.

`python -m benchmarks registry_import` prints the figures. Each side runs in a process of its own, so that one's memory
and caches are not the other's; the sides take turns and the best of each counts. The file is invented.
"""

# ruff: noqa: PLC0415 -- each side of a comparison loads only what it needs, after the environment is set

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from openpyxl import Workbook, load_workbook
from stdnum.cn import uscc

from benchmarks import TINY

BASE = Path(__file__).resolve().parent.parent
ROWS = 50 if TINY else 20_000
TURNS = 1 if TINY else 3
HEADERS = [
    "统一社会信用代码", "名称", "主体类型", "登记机关", "登记状态", "成立日期", "住所", "乡镇", "法定代表人", "行业",
    "信用风险等级", "等级日期", "联系人", "联系电话", "许可证名称", "许可证编号", "许可有效期至",
]  # fmt: skip


def rows(start: str = "演示") -> Iterator[list[str | None]]:
    """Invented enterprises of region 999999, named from ``start`` on; every third holds a licence, every tenth is not
    graded."""
    for number in range(ROWS):
        body = f"91999999MA{number:07d}"
        graded, licensed = number % 10 != 0, number % 3 == 0
        yield [
            body + uscc.calc_check_digit(body),
            f"{start}{number:05d}号商店",
            "个体工商户" if number % 2 else "企业",
            "演示县市场监督管理局",
            "存续",
            f"{2005 + number % 18}-{1 + number % 12:02d}-{1 + number % 28:02d}",
            f"演示县示例镇样板街{number}号",
            f"示例{number % 18}镇",
            f"演示{number % 500}",
            "网吧" if licensed else "其他",
            "ABCDE"[number % 5] if graded else None,
            "2024-05-01" if graded else None,
            f"演示{number % 700}",
            f"139{number:08d}",
            "网络文化经营许可证" if licensed else None,
            f"演示字{number:05d}号" if licensed else None,
            "长期" if licensed else None,
        ]


def write_file(path: Path, name: str = "演示") -> None:
    """The file as openpyxl's ordinary mode writes it: texts shared, as Excel does."""
    book = Workbook()
    book.active.append(HEADERS)
    for row in rows(name):
        book.active.append(row)
    book.save(path)


def only_read(path: str) -> dict[str, float]:
    """The floor: openpyxl reads every value once."""
    start = time.perf_counter()
    book = load_workbook(path, read_only=True)
    count = sum(1 for _ in book.worksheets[0].iter_rows(values_only=True))
    seconds = time.perf_counter() - start
    assert count == ROWS + 1
    return {"seconds": seconds}


def import_file(path: str) -> dict[str, float]:
    """The product: guard, all checks, comparison, writing, one event in the trail."""
    import django

    django.setup()
    from registry.importers import read_registry_file
    from registry.models import Enterprise, RiskScheme
    from registry.services import import_rows, store_upload

    scheme = RiskScheme.objects.get(code="S1")
    start = time.perf_counter()
    reading = read_registry_file(path, kind="enterprises", scheme=scheme)
    assert reading.problems == []
    file = Path(path)
    batch = store_upload(
        actor=None, kind="enterprises", filename=file.name, content=file.read_bytes(), scheme=scheme, preview={}
    )
    import_rows(actor=None, batch=batch, rows=reading.rows)
    seconds = time.perf_counter() - start
    assert Enterprise.objects.count() == ROWS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "megabytes": peak}


def _child(side: str, path: Path, url: str, media: Path) -> dict[str, float]:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "kuancheng_inspect.settings",
        "TESTING": "1",
        "DATABASE_URL": url,
        "MEDIA_ROOT": str(media),
    }
    command = [sys.executable, "-m", "benchmarks.registry_import", side, str(path)]
    done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def run() -> dict[str, dict[str, object]]:
    """The two figures of the issue."""
    from tests import servers
    from tests.live_app import migrate

    with tempfile.TemporaryDirectory(prefix="kuancheng-bench-") as folder, servers.postgres() as server:
        path = Path(folder) / "20k.xlsx"
        write_file(path)
        template = servers.create_database(server.url, "prepared")
        migrate(template)
        _child("prepare", path, template, Path(folder))
        read, imported = [], []
        for turn in range(TURNS):
            database = servers.create_database(server.url, f"turn{turn}", template="prepared")
            read.append(_child("read", path, database, Path(folder)))
            imported.append(_child("import", path, database, Path(folder)))
    ratio = min(one["seconds"] for one in imported) / min(one["seconds"] for one in read)
    return {
        "import_20k_vs_read": {
            "value": round(ratio, 2),
            "unit": "ratio",
            "against": "openpyxl, read_only, reading the same file once",
            "limit": ["<=", 3],
        },
        "import_20k_memory": {
            "value": round(max(one["megabytes"] for one in imported)),
            "unit": "MB",
            "against": "peak of the importing process, Django included",
            "limit": ["<=", 400],
        },
    }


def prepare(path: str) -> dict[str, float]:
    """Reference data into the database that every turn copies."""
    import django

    django.setup()
    from registry.services import load_reference_data

    load_reference_data()
    return {}


if __name__ == "__main__":
    sides = {"read": only_read, "import": import_file, "prepare": prepare}
    print(json.dumps(sides[sys.argv[1]](sys.argv[2])))
