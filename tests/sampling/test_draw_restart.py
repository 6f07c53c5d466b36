"""The database stopped at once at each place inside the draw and started again (draw.md, trust.md F).

No draw or the whole draw; the server that was pressed lives on, and the next press draws once. The cluster is the
test's own: it is stopped as `pg_ctl stop -m immediate` does, which the shared one must not be.
"""

import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import migrated, servers
from tests.live_app import LiveApp, migrate, start_live_app
from tests.sampling.test_draw_kill import BEFORE, PREPARE, TABLES, count, press

pytestmark = [pytest.mark.pg, pytest.mark.race]

PLACES = [*BEFORE, "committed"]
ONE_MORE = """
from sampling.models import Plan
for _ in range(5):
    one = p.f.make_plan(departments=("WL", "GA"))
    p.services.update_plan(actor=one.created_by, plan=one, rates=p.RATES, sealed=True)
    p.freeze(Plan.objects.get(pk=one.pk), nonce=p.NONCE)
    print(one.pk)
"""
UNTOUCHED = ("bundlefile", "logentry", "openfreeze", "nonce", "noncevalue", *TABLES)


def everything(app: LiveApp) -> dict[str, Any]:
    """How many rows each table of a draw has, the heads of the log, and where every plan stands."""
    found: dict[str, Any] = {table: count(app, table) for table in UNTOUCHED}
    found["heads"] = app.rows("SELECT stream, seq, chain FROM sampling_loghead ORDER BY stream")
    found["plans"] = app.rows("SELECT id, state FROM sampling_plan ORDER BY id")
    found["trail"] = app.rows("SELECT count(*) FROM registry_auditevent WHERE action = '抽取'")
    return found


def crashed_press(app: LiveApp, database: servers.Server, hold: Path, who: tuple[str, ...]) -> int:
    """Press, wait until the draw stands at `hold`, stop and start the database, let go; the status of the press."""
    hold.touch()
    answers: list[int] = []
    pressing = threading.Thread(target=lambda: answers.append(press(app, *who)))
    pressing.start()
    deadline = time.monotonic() + 20
    while not hold.read_text():
        assert pressing.is_alive(), f"{hold.name} was not reached, the answer was {answers}\n{app.log}"
        assert time.monotonic() < deadline, f"{hold.name} was not reached\n{app.log}"
        time.sleep(0.01)
    database.crash(lambda: psycopg.connect(database.url, connect_timeout=2).close())
    hold.unlink()
    pressing.join(30)
    return answers[0]


def test_a_database_restart_at_each_of_six_places_leaves_no_draw_or_the_whole_draw(
    redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOCK_PIN", "2024-06-04T10:06:00+08:00")
    monkeypatch.setenv("FAULT_POINT", ",".join(f"draw:{place}=hold:{tmp_path / place}" for place in PLACES))
    with servers.postgres(synchronous_commit="on") as database:
        migrated.migrated(database.url, lambda: migrate(database.url))
        with start_live_app(database.url, redis_url, tmp_path) as app:
            first, *rest = app.run(PREPARE + ONE_MORE).splitlines()
            plan, cookie, csrf = first.split()
            for place, pk in zip(PLACES, [plan, *rest], strict=True):
                who = (pk, cookie, csrf, f"restart-{place}-000001")
                before = everything(app)
                assert crashed_press(app, database, tmp_path / place, who) == 503, place
                after = everything(app)
                assert (after == before) == (place != "committed"), place
                drawn = app.rows(f"SELECT id, seed, result_digest FROM sampling_draw WHERE plan_id = {pk}")
                assert press(app, *who) == 302, place
                found = app.rows(f"SELECT id, seed, result_digest FROM sampling_draw WHERE plan_id = {pk}")
                assert len(found) == 1, place
                if place == "committed":
                    assert found == drawn
                    assert everything(app) == after
            assert everything(app)["plans"] == [(int(pk), "DRAWN") for pk in [plan, *rest]]
            main = "WHERE kind = 'MAIN'"
            assert (count(app, "draw"), count(app, "selection", main), count(app, "match")) == (6, 42, 42)
            assert app.rows("SELECT seq FROM sampling_logentry ORDER BY seq") == [(n,) for n in range(1, 19)]
            assert "VERIFIED 6 次抽取，记录链 18 条" in app.manage("verify_draws").stdout
