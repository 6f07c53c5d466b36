"""Operation keys: a change that a client sends twice has one effect and one answer (trust.md G5)."""

import re
import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction

from registry import clock
from registry.errors import DomainError
from registry.models import OperationKey, User
from registry.statements import changed, document, moment

KEY = re.compile(r"^[0-9A-Za-z-]{16,64}$")


def new_key() -> str:
    """A fresh key for a form, 128 random bits."""
    return secrets.token_hex(16)


def once(
    *,
    key: str,
    user: User | None,
    action: str,
    effect: Callable[[], dict[str, Any]],
    expected: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], bool]:
    """Run ``effect`` unless ``key`` has been used; return its (stored) answer and whether it ran now.

    The key is inserted first, in the same transaction as the effect: of two at once one waits for the other and then
    finds its answer. ``expected``: the answer as it will most likely be, which spares the second write. Raises
    DomainError for a malformed key or one that was used for something else.
    """
    if not KEY.match(key):
        raise DomainError("页面已过期，请刷新后再提交一次。")
    with transaction.atomic():
        if not _insert(key, user, action, expected or {}):
            return _stored(key, user, action), False
        answer = effect()
        if answer != (expected or {}):
            OperationKey.objects.filter(key=key).update(answer=answer)
        return answer, True


INSERT = (
    "INSERT INTO registry_operationkey (key, user_id, action, answer, at) VALUES (%s, %s, %s, %s, %s) "
    "ON CONFLICT (key) DO NOTHING"
)


def _insert(key: str, user: User | None, action: str, answer: dict[str, Any]) -> bool:
    """Insert the key; False when it is there. Waits while another transaction holds it undecided."""
    if not settings.OPERATION_KEYS:
        key = f"{key[:31]}-{new_key()}"
    row = [key, user.pk if user else None, action, document(answer), moment(clock.now())]
    return bool(changed(INSERT, row))


def _stored(key: str, user: User | None, action: str) -> dict[str, Any]:
    row = OperationKey.objects.get(key=key)
    if (row.action, row.user_id) != (action, user.pk if user else None):
        raise DomainError("这次提交的编号已被别的操作用过，请刷新页面再试。")
    answer: dict[str, Any] = row.answer
    return answer
