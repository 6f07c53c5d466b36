"""Refusals of the services as the JSON answers of docs/sync.md."""

import functools
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, JsonResponse
from django.http.multipartparser import MultiPartParserError

from inspections.enums import RecordState, SectionState
from inspections.forms.sync import BadRequest, OtherUser
from inspections.services import StaleVersion
from inspections.services.evidence import TooBig
from inspections.services.sync import Incomplete
from inspections.services.writing import NotYours, SectionClosed
from registry import limits
from registry.errors import DomainError
from registry.stores import storage_trouble
from sampling.enums import PlanState

Endpoint = Callable[..., JsonResponse]
SYNC_PER_SECOND = 4.0  # in the long run, for each account and process


def refusal(status: int, code: str, error: str, **more: Any) -> JsonResponse:
    """An answer that stored nothing."""
    return JsonResponse({"sync": 1, "code": code, "error": error, **more}, status=status)


def stored(answer: dict[str, Any], now: bool) -> JsonResponse:
    """201 the first time, 200 ``dup`` for a key that was stored before; sent after the commit."""
    return JsonResponse({"sync": 1, "state": "stored" if now else "dup", **answer}, status=201 if now else 200)


def answering(view: Endpoint) -> Endpoint:
    """Turn whatever the services raise into the table of docs/sync.md."""

    @functools.wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
        if seconds := _too_fast(request):
            words = f"请求太多，{seconds} 秒后会自动再试；内容都还在本机。"
            answer = refusal(429, "busy", words, retry=True)
            answer["Retry-After"] = str(seconds)
            return answer
        try:
            return view(request, *args, **kwargs)
        except (BadRequest, TooManyFieldsSent, MultiPartParserError) as fault:
            return refusal(400, "bad_request", f"请求不完整（{fault}），请刷新页面。")
        except OtherUser:
            return refusal(403, "other_user", "现在登录的是另一个账号，没有用它保存。请用原来的账号登录。")
        except (RequestDataTooBig, TooBig) as fault:
            return refusal(413, "too_big", str(fault) if isinstance(fault, TooBig) else "内容太大，没有保存。")
        except OSError as fault:
            if not (why := storage_trouble(fault)):
                raise
            return refusal(507, "full", f"服务器{why}，照片保留在本机，请稍后再传。")
        except DomainError as fault:
            return _refused(fault)

    return answered


def _too_fast(request: HttpRequest) -> int:
    """Seconds that this account has to wait, 0 = none: a phone that empties its queue never has to, a loop does."""
    return limits.sync.wait(str(request.user.pk), burst=settings.SYNC_BURST, per_second=SYNC_PER_SECOND)


def _refused(fault: DomainError) -> JsonResponse:
    if isinstance(fault, StaleVersion):
        return refusal(
            409, "conflict", fault.message, what=fault.what, theirs=fault.theirs, mine=fault.mine, by=fault.by,
            at=fault.at, version=fault.version, value=fault.value,
        )  # fmt: skip
    if isinstance(fault, NotYours):
        return refusal(403, "not_yours", fault.message)
    if isinstance(fault, SectionClosed):
        labels = dict(SectionState.choices) | dict(RecordState.choices) | dict(PlanState.choices)
        return refusal(409, "closed", fault.message, state=fault.state, words=labels.get(fault.state, fault.state))
    problems = fault.rows if isinstance(fault, Incomplete) else fault.problems
    return refusal(422, "invalid", fault.message, problems=problems)
