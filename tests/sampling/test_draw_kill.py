"""A server killed at each place inside the draw (trust.md F): no draw or the whole draw, the next press finds it."""

import http.client
import urllib.parse
from typing import Any

import pytest

from tests.live_app import LiveApp

pytestmark = [pytest.mark.pg, pytest.mark.race]

BEFORE = ["locked", "computed", "recorded", "logged", "finished"]
TABLES = ("draw", "selection", "match", "teammember", "drawevent")
PREPARE = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from tests.sampling import plans as p
plan = p.sealed()
p.freeze(plan, nonce=p.NONCE)
user = plan.created_by
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session.create()
print(plan.pk, settings.SESSION_COOKIE_NAME + "=" + session.session_key, settings.CSRF_COOKIE_NAME)
"""


def press(app: LiveApp, plan: str, cookie: str, csrf: str, key: str = "kill-draw-key-000001") -> int:
    """One press of the button; the status, 0 when the server died over it."""
    token = "a" * 32
    form = {"csrfmiddlewaretoken": token, "key": key}
    form |= {"witness_name_1": "见证人甲", "witness_unit_1": "演示县公证处"}
    form |= {f"group_{n}": str(48390 + n) for n in range(1, 9)}
    headers = {
        "Cookie": f"{cookie}; {csrf}={token}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Referer": f"{app.url}/",
    }
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
    try:
        connection.request("POST", f"/jihua/{plan}/chouqu/", urllib.parse.urlencode(form), headers)
        return connection.getresponse().status
    except (ConnectionError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def count(app: LiveApp, table: str, where: str = "") -> Any:
    return app.rows(f"SELECT count(*) FROM sampling_{table} {where}")[0][0]


def test_killed_at_each_of_six_places_there_is_no_draw_or_the_whole_draw(new_live_app: LiveApp) -> None:
    app = new_live_app
    plan, cookie, csrf = app.run(PREPARE).split()
    app.environment["CLOCK_PIN"] = "2024-06-04T10:06:00+08:00"
    files = count(app, "bundlefile")
    for place in BEFORE:
        app.environment["FAULT_POINT"] = f"draw:{place}=exit"
        app.restart()
        assert press(app, plan, cookie, csrf) == 0, place
        assert [count(app, table) for table in TABLES] == [0] * len(TABLES), place
        assert (count(app, "bundlefile"), count(app, "logentry"), count(app, "openfreeze")) == (files, 1, 1), place
        assert app.rows("SELECT state FROM sampling_plan") == [("FROZEN",)], place
    app.environment["FAULT_POINT"] = "draw:committed=exit"
    app.restart()
    assert press(app, plan, cookie, csrf) == 0
    del app.environment["FAULT_POINT"]
    app.restart()
    drawn = app.rows("SELECT id, seed, result_digest FROM sampling_draw")
    assert len(drawn) == 1
    assert press(app, plan, cookie, csrf) == 302  # who presses again finds the stored draw
    assert app.rows("SELECT id, seed, result_digest FROM sampling_draw") == drawn
    assert (count(app, "selection", "WHERE kind = 'MAIN'"), count(app, "match")) == (7, 7)
    assert [row[0] for row in app.rows("SELECT kind FROM sampling_logentry ORDER BY seq")] == [
        "FREEZE", "ENTROPY", "RESULT",
    ]  # fmt: skip
    assert app.rows("SELECT state FROM sampling_plan") == [("DRAWN",)]
    assert "VERIFIED 1 次抽取" in app.manage("verify_draws").stdout
