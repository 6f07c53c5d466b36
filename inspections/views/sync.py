"""The sync endpoints of the phone (docs/sync.md)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse

from inspections.forms.sync import (
    BadRequest,
    flag,
    read_change,
    read_json,
    read_sender,
    read_shown,
    read_signing,
    whole,
)
from inspections.forms.taken import read_taken
from inspections.services import sync as services
from inspections.views.answering import answering, stored
from inspections.views.packs import packs_of
from registry import clock
from registry.faults import fault_point
from registry.models import User
from registry.permissions import INSPECTOR, PUBLIC, requires

MARKER = "kuancheng-connected"


@requires(PUBLIC)
def sync_hello(request: HttpRequest) -> JsonResponse:
    """Whether this is our server, who is signed in, what time it is, and a fresh token; 401 when nobody is."""
    user: Any = request.user
    known = isinstance(user, User) and user.is_active
    body = {
        "sync": 1, "marker": MARKER, "csrf": get_token(request), "time": clock.now(),
        "offline": settings.PHONE_OFFLINE, "user": {"id": user.pk, "name": str(user)} if known else None,
    }  # fmt: skip
    if not known:
        body |= {"code": "login", "error": "登录已失效，请重新登录。", "login": reverse("account_login")}
    response = JsonResponse(body, status=200 if known else 401)
    response["Cache-Control"] = "no-store"
    return response


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 -- @requires admitted it
    return request.user


@requires(INSPECTOR, methods=("POST",))
@answering
def sync_save(request: HttpRequest) -> JsonResponse:
    """One change of an item, of the head, of the own section."""
    user = _user(request)
    answer, now = services.store_change(actor=user, change=read_change(read_json(request.body), user.pk))
    fault_point("sync_save:committed")
    return stored(answer, now)


@requires(INSPECTOR, methods=("POST",))
@answering
def sync_photo(request: HttpRequest) -> JsonResponse:
    """One picture or scan."""
    user = _user(request)
    data = request.POST.dict()
    sender = read_sender(data, user.pk)
    upload = request.FILES.get("file")
    if upload is None:
        raise BadRequest("file")
    finding = whole(data, "finding") if data.get("finding") else None
    answer, now = services.store_photo(
        actor=user,
        sender=sender,
        kind=data.get("kind", "PHOTO"),
        finding=finding,
        upload=upload,
        taken=read_taken(data),
    )
    fault_point("sync_photo:committed")
    return stored(answer, now)


@requires(INSPECTOR, methods=("POST",))
@answering
def sync_photo_delete(request: HttpRequest) -> JsonResponse:
    """Take a picture back."""
    user, data = _user(request), read_json(request.body)
    answer, now = services.remove_photo(actor=user, sender=read_sender(data, user.pk), evidence=whole(data, "id"))
    return stored(answer, now)


@requires(INSPECTOR, methods=("POST",))
@answering
def sync_sign(request: HttpRequest) -> JsonResponse:
    """The enterprise's signature or refusal, or an inspector's signature."""
    user, data = _user(request), read_json(request.body)
    sender, seen = read_sender(data, user.pk), whole(data, "seen")
    if data.get("kind") == "inspector":
        answer, now = services.store_inspector_signature(
            actor=user, sender=sender, seen=seen, member=whole(data, "member"), drawing=data.get("drawing")
        )
    elif data.get("kind") == "enterprise":
        drawings = {name: data.get(name) for name in ("drawing", "witness_drawing")}
        answer, now = services.store_signing(
            actor=user, sender=sender, seen=seen, fields=read_signing(data), drawings=drawings,
            own_only=flag(data, "own_only"), shown=read_shown(data),
        )  # fmt: skip
    else:
        raise BadRequest("kind")
    return stored(answer, now)


@requires(INSPECTOR, methods=("POST",))
@answering
def sync_submit(request: HttpRequest) -> JsonResponse:
    """Check, lock, hand to review."""
    user, data = _user(request), read_json(request.body)
    answer, now = services.store_submission(actor=user, sender=read_sender(data, user.pk))
    fault_point("sync_submit:committed")
    return stored(answer, now)


@requires(INSPECTOR)
@answering
def sync_pull(request: HttpRequest) -> JsonResponse:
    """The pack of one's own open records, or of one with ``?record=``."""
    only = whole(request.GET, "record") if "record" in request.GET else None
    return JsonResponse({"sync": 1, "time": clock.now(), **packs_of(_user(request), only)})
