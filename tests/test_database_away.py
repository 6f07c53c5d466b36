"""What a person reads when the database could not answer: never that nothing was written when that is not known, and
never in the web server's English."""

import contextlib
import http.client
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from kuancheng_inspect.middleware import DomainErrorMiddleware
from tests import servers
from tests.live_app import LiveApp, migrate

NOTHING = "您刚才的提交没有生效"
UNKNOWN = "刚才的提交是否生效还不知道"


def answer(error: Exception, **headers: str) -> HttpResponse:
    request: HttpRequest = RequestFactory().post("/jihua/1/chouqu/", headers=headers)
    response = DomainErrorMiddleware(lambda _: HttpResponse()).process_exception(request, error)
    assert response is not None
    assert response.status_code == 503
    return response


@pytest.mark.parametrize(
    ("error", "said", "unsaid"),
    [
        (DatabaseError("canceling statement due to lock timeout"), NOTHING, UNKNOWN),
        (OperationalError("canceling statement due to lock timeout"), NOTHING, UNKNOWN),
        (OperationalError("server closed the connection unexpectedly"), UNKNOWN, NOTHING),
        (InterfaceError("connection already closed"), UNKNOWN, NOTHING),
        (InternalError("terminating connection due to idle-in-transaction timeout"), UNKNOWN, NOTHING),
    ],
)
def test_only_a_lock_that_was_not_had_says_that_nothing_was_written(error: Exception, said: str, unsaid: str) -> None:
    page = answer(error).content.decode()
    assert (said in page, unsaid in page, "内容没有改动" in page) == (True, False, said == NOTHING)


def test_a_phone_is_told_to_send_it_again() -> None:
    response = answer(OperationalError("server closed the connection unexpectedly"), accept="application/json")
    body = json.loads(response.content)
    assert (body["code"], body["retry"], response["Retry-After"]) == ("busy", True, "2")
    assert UNKNOWN in body["error"]


def test_a_fault_of_ours_is_no_fault_of_the_database() -> None:
    request: HttpRequest = RequestFactory().post("/")
    middleware = DomainErrorMiddleware(lambda _: HttpResponse())
    for error in (ValueError("x"), InternalError("cannot do that"), DatabaseError("x"), FileNotFoundError(2, "x")):
        assert middleware.process_exception(request, error) is None


# ------------------------------------------------------------------------------------- a server without its database

SIGNED_IN = """
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from kuancheng_inspect.sessions import SessionStore
from registry.enums import Role
from tests import factories as f
for roles in ((Role.LEAD,), (Role.SYSADMIN,), (Role.INSPECTOR,)):
    user = f.make_user(*roles, department=f.make_department("WL"))
    session = SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(user.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    print(session.session_key)
"""
AWAY = "暂时连不上数据库"
CSRF = "c" * 32


@contextlib.contextmanager
def office(folder: Path) -> Iterator[tuple[LiveApp, servers.Server, dict[str, str]]]:
    """A server on a cluster of its own, and the sessions of a lead, an administrator and an inspector."""
    with servers.postgres() as database:
        migrate(database.url)
        port = servers.free_port()
        environment = os.environ | {
            "DATABASE_URL": database.url, "MEDIA_ROOT": str(folder / "media"), "REDIS_URL": "",
        }  # fmt: skip
        app = LiveApp(f"http://127.0.0.1:{port}", port, database.url, folder, environment)
        sessions = dict(zip(("lead", "admin", "inspector"), app.run(SIGNED_IN).split(), strict=True))
        app.start()
        try:
            yield app, database, sessions
        finally:
            app.stop()


def asked(app: LiveApp, path: str, session: str = "", *, method: str = "GET", json_: bool = False) -> tuple[int, str]:
    """Status and body, within five seconds."""
    headers = {"Cookie": f"sessionid={session}; csrftoken={CSRF}"} if session else {}
    headers |= {"Accept": "application/json" if json_ else "text/html", "X-CSRFToken": CSRF}
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
    began = time.monotonic()
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
    finally:
        connection.close()
    assert time.monotonic() - began < 5, path
    return answer.status, body


PAGES = [
    ("/", ""), ("/gs/jieguo/", ""), ("/daiban/", "lead"),
    ("/jihua/", "lead"), ("/mingku/", "lead"), ("/tongji/", "lead"),
    ("/gs/jieguo/", "lead"), ("/daiban/", "admin"), ("/xiufu/", "admin"), ("/xiufu/registry/enterprise/", "admin"),
    ("/jiancha/phone/", "inspector"), ("/account/password/change/", "lead"), ("/no/such/page/", "lead"),
]  # fmt: skip


@pytest.mark.pg
def test_without_the_database_every_page_says_so_and_afterwards_works_again(tmp_path: Path) -> None:
    with office(tmp_path) as (app, database, sessions):
        before = {(path, who): asked(app, path, sessions.get(who, ""))[0] for path, who in PAGES}
        assert set(before.values()) <= {200, 302, 404}
        database.process.kill()
        database.process.wait(10)
        for path, who in PAGES:
            status, page = asked(app, path, sessions.get(who, ""))
            assert (path, who, status, AWAY in page, '<html lang="zh-CN">' in page) == (path, who, 503, True, True)
        status, page = asked(app, "/jihua/xinjian/", sessions["lead"], method="POST")
        assert (status, UNKNOWN in page) == (503, True)
        for path, method in (("/jiancha/phone/tongbu/baocun/", "POST"), ("/jiancha/phone/tongbu/xiazai/", "GET")):
            status, body = asked(app, path, sessions["inspector"], method=method, json_=True)
            said = json.loads(body)
            assert (status, said["code"], said["retry"], said["error"].startswith(AWAY)) == (503, "busy", True, True)
        assert json.loads(asked(app, "/readyz")[1])["checks"] == {"数据库": "连不上"}
        assert asked(app, "/readyz")[0] == 503
        assert (asked(app, "/healthz")[0], asked(app, "/static/css/theme.css")[0]) == (200, 200)
        assert database.start is not None
        database.process = database.start()
        servers._wait(database, lambda: servers.connect(database.url))
        assert {(path, who): asked(app, path, sessions.get(who, ""))[0] for path, who in PAGES} == before
