"""A bare Django view that does the five statements of a save and nothing else: no session, no middleware, no chain.

The peer of benchmarks/save.py: key → record row → answer → version → trail, in one transaction, by plain SQL.
"""

from __future__ import annotations

import json
import os
from typing import Any

import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpRequest, JsonResponse
from django.urls import path

if not settings.configured:
    settings.configure(
        DATABASES={"default": environ.Env().db_url_config(os.environ["BARE_URL"]) | {"CONN_MAX_AGE": 60}},
        ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], MIDDLEWARE=[], SECRET_KEY="for a benchmark only", USE_TZ=True,
    )  # fmt: skip


def save(request: HttpRequest) -> JsonResponse:
    """One save."""
    data: dict[str, Any] = json.loads(request.body)
    record, item, value = data["record"], data["item"], json.dumps(data["value"])
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO bare_key VALUES (%s, %s) ON CONFLICT DO NOTHING", [data["key"], "ok"])
        if not cursor.rowcount:
            return _json({"state": "dup"}, 200)
        cursor.execute("SELECT version FROM bare_record WHERE id = %s FOR UPDATE", [record])
        version = cursor.fetchone()[0] + 1
        cursor.execute(
            "INSERT INTO bare_answer VALUES (%s, %s, %s) "
            "ON CONFLICT (record, item) DO UPDATE SET value = excluded.value",
            [record, item, value],
        )
        cursor.execute("UPDATE bare_record SET version = %s WHERE id = %s", [version, record])
        cursor.execute("INSERT INTO bare_audit (record, body) VALUES (%s, %s)", [record, value])
    return _json({"state": "stored", "version": version}, 201)


def _json(body: dict[str, Any], status: int) -> JsonResponse:
    """With its length, or the server would send it in chunks."""
    response = JsonResponse(body, status=status)
    response["Content-Length"] = len(response.content)
    return response


def ready(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


urlpatterns = [path("save/", save), path("healthz", ready)]
application = get_wsgi_application()
