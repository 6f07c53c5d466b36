"""Operation keys: a change that a client sends twice has one effect and one answer (trust.md G5)."""

import re
import secrets
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, transaction

from registry import clock
from registry.errors import DomainError
from registry.models import OperationKey, User

KEY = re.compile(r"^[0-9A-Za-z-]{16,64}$")


def new_key() -> str:
    """A fresh key for a form, 128 random bits."""
    return secrets.token_hex(16)


def once(
    *, key: str, user: User | None, action: str, effect: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """Run ``effect`` unless ``key`` has been used; return its (stored) answer and whether it ran now.

    The key is inserted first, in the same transaction as the effect: of two at once one waits for the other and then
    finds its answer. Raises DomainError for a malformed key or one that was used for something else.
    """
    if not KEY.match(key):
        raise DomainError("页面已过期，请刷新后再提交一次。")
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = OperationKey.objects.create(key=key, user=user, action=action, at=clock.now())
        except IntegrityError:
            row = OperationKey.objects.select_for_update().get(key=key)
            if (row.action, row.user_id) != (action, user.pk if user else None):
                raise DomainError("这次提交的编号已被别的操作用过，请刷新页面再试。") from None
            return row.answer, False
        row.answer = effect()
        row.save(update_fields=["answer"])
        return row.answer, True
