"""How long it takes to turn a registry of a million enterprises into the frozen files, against the bare sorted COPY.

The peer is what PostgreSQL alone needs to hand out the same rows: `COPY (the same SELECT, ordered by code) TO STDOUT`,
thrown away. Ours reads them through the product (grades as of the day, exclusions with their reasons), writes roster,
exclusions, plan, pool and recusals, checks them strictly and takes their digests. `python -m benchmarks freeze`.
"""

# ruff: noqa: PLC0415 -- the settings read the environment that run() prepares

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import TINY

BASE = Path(__file__).resolve().parent.parent
ROWS = int(os.environ.get("BENCH_FREEZE_ROWS", "1000" if TINY else "1000000"))
DEPARTMENTS = ("WL", "GA", "WS", "SJ", "XF")
ENTERPRISES = """
INSERT INTO registry_enterprise (uscc, name, name_sort, search_key, entity_type, authority, status, registered_on,
  address, township, legal_rep, contact_name, contact_phone, updated_at)
SELECT '91999999MA' || lpad(i::text, 7, '0') || 'X', '演示' || i || '号商店', i::text, '演示' || i || '号商店',
  'ENTERPRISE', %s, 'ACTIVE', DATE '2010-01-01' + i %% 4000, '演示县示例镇样板街' || i || '号', '', '', '', '', now()
FROM generate_series(1, %s) AS i ORDER BY md5(i::text)
"""
RATINGS = """
INSERT INTO registry_riskrating (enterprise_id, scheme_id, level_id, as_of, source, is_current)
SELECT e.id, %s, (%s::bigint[])[1 + e.id %% %s], DATE '2024-05-01', '', true FROM registry_enterprise e
WHERE e.id %% 10 <> 0
"""
INDUSTRIES = """
INSERT INTO registry_enterprise_industries (enterprise_id, industry_id) SELECT id, %s FROM registry_enterprise
"""


def fill() -> int:
    """An invented province: every tenth not graded, one industry; the key of a plan for it."""
    from django.db import connection

    from registry.models import RiskLevel
    from registry.services import load_reference_data
    from tests import factories as f

    load_reference_data()
    plan = f.make_plan(departments=DEPARTMENTS)
    for code in DEPARTMENTS:
        for number in range(plan.seats * plan.teams + 2):
            f.make_inspector(f.make_department(code), name=f"演示{number}")
    industry = plan.industries.first().pk
    levels = list(RiskLevel.objects.filter(scheme=plan.scheme).order_by("order").values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(ENTERPRISES, [plan.authority, ROWS])
        cursor.execute(RATINGS, [plan.scheme_id, levels, len(levels)])
        cursor.execute(INDUSTRIES, [industry])
        cursor.execute("ANALYZE")
    return plan.pk


def frozen(plan_pk: int, day: dt.date) -> tuple[int, float]:
    """Rows and seconds of the product."""
    from sampling import services
    from sampling.models import Plan
    from sampling.services.draft import Draft

    plan = Plan.objects.get(pk=plan_pk)
    start = time.perf_counter()
    draft = Draft("2024-000001", plan, services.spec_of(plan), day, None, frozenset())
    files = draft.files()
    return files["roster"].count(b"\n") + files["exclude"].count(b"\n") - 2, time.perf_counter() - start


def copied(plan_pk: int, day: dt.date) -> tuple[int, float]:
    """Rows and seconds of the bare COPY of the same rows."""
    import psycopg
    from django.db import connection
    from django.db.models.functions import Collate

    from sampling import services
    from sampling.models import Plan
    from sampling.services.scope import scope_rows

    rows = scope_rows(services.spec_of(Plan.objects.get(pk=plan_pk)), day)
    wanted = rows.order_by(Collate("uscc", "C")).values_list("uscc", "why_out", "group")
    text, parameters = wanted.query.sql_with_params()
    connection.ensure_connection()
    statement = psycopg.ClientCursor(connection.connection).mogrify(text, parameters)
    start = time.perf_counter()
    count = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT") as copy:
        for block in copy:
            count += bytes(block).count(b"\n")
    return count, time.perf_counter() - start


def measure() -> dict[str, float]:
    """Both, in turn, twice; the best of each."""
    import django

    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    plan, day = fill(), dt.date(2024, 6, 3)
    ours, theirs = [], []
    for _ in range(2):
        for times, job in ((theirs, copied), (ours, frozen)):
            rows, seconds = job(plan, day)
            assert rows >= ROWS
            times.append(seconds)
    return {"ours": min(ours), "theirs": min(theirs)}


def run() -> dict[str, dict[str, object]]:
    """freeze_1m_vs_copy."""
    from tests import servers
    from tests.live_app import migrate

    with tempfile.TemporaryDirectory(prefix="kuancheng-bench-") as folder, servers.postgres() as server:
        url = servers.create_database(server.url, "freeze")
        migrate(url)
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "kuancheng_inspect.settings", "TESTING": "1", "DATABASE_URL": url,
            "MEDIA_ROOT": folder,
        }  # fmt: skip
        command = [sys.executable, "-m", "benchmarks.freeze"]
        done = subprocess.run(command, cwd=BASE, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found = json.loads(done.stdout.splitlines()[-1])
    against = f"COPY（同一查询，按代码排序）丢弃输出，{ROWS // 10_000} 万户；COPY 用 {found['theirs']:.1f} 秒"
    return {
        "freeze_1m_vs_copy": {
            "value": round(found["ours"] / found["theirs"], 2),
            "unit": "ratio",
            "against": against,
            "limit": ["<=", 2],
        }
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
