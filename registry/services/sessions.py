"""Ending sign-ins: what a lost password or a lost phone left open somewhere is closed with it."""

from collections.abc import Collection
from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from registry import clock
from registry.models import User

PENDING = "account_login"  # allauth: the password was right, the second factor is still asked for


def note_sign_in(user: User) -> None:
    """最近登录 by the product's clock; Django has written the machine's. No trail, as Django's has none."""
    User.objects.filter(pk=user.pk).update(last_login=clock.now())


def end_sessions(*, people: Collection[int], keep: str = "") -> int:
    """End every sign-in of these accounts, finished or waiting for its second factor; ``keep``: but this session.

    A session names its person inside its content only, so all of them are read; a reset is rare. Returns how many.
    """
    store: Any = import_module(settings.SESSION_ENGINE).SessionStore()
    wanted = {str(one) for one in people}
    ended = []
    for key, content in Session.objects.exclude(session_key=keep).values_list("session_key", "session_data").iterator():
        data = store.decode(content)
        pending = data.get(PENDING)
        persons = {str(data.get(SESSION_KEY)), str(pending.get("user_pk")) if isinstance(pending, dict) else ""}
        if persons & wanted:
            ended.append(key)
    Session.objects.filter(session_key__in=ended).delete()
    UserSession.objects.filter(user__in=people).exclude(session_key=keep).delete()
    return len(ended)
