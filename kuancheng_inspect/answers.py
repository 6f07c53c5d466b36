"""Answers for when things break: in words, and out of nothing that may be broken itself.

No session, no user, no database, no context processor: a page that needs what has just failed shows the reader the
web server's own English instead. A phone gets the same as JSON (docs/sync.md).
"""

from collections.abc import Iterator

from django.db import DatabaseError, InterfaceError, InternalError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from registry.stores import storage_trouble

BUSY = "系统正忙，请稍后再试。您刚才的提交没有生效，可以再提交一次。"
AWAY = "暂时连不上数据库，刚才的提交是否生效还不知道。请过一会儿打开原来的页面看一看，没有生效的再提交一次。"
AWAY_READING = "暂时连不上数据库，这一页现在打不开。已经保存的内容都在，请过一两分钟再刷新。"
BROKEN = (
    "已保存的内容都在。这一次提交是否生效还不知道，问题已记下。请打开原来的页面看一看，没有生效的再提交一次；"
    "反复出现，请把编号告诉系统管理员。"
)


def wants_json(request: HttpRequest) -> bool:
    """A phone's script asks, not a person."""
    return request.headers.get("accept", "").startswith("application/json")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen = 0
    while error is not None and seen < 10:
        yield error
        error, seen = error.__cause__, seen + 1


def for_fault(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """The answer to a database that is busy or away and to storage that takes nothing; None for any other fault."""
    for one in _causes(error):
        if isinstance(one, DatabaseError | InterfaceError) and "lock timeout" in str(one):
            return busy(request)
        ended = isinstance(one, InternalError) and "terminating connection" in str(one)
        if isinstance(one, OperationalError | InterfaceError) or ended:
            return full(request, "数据库的存储空间已满") if _is_full(one) else away(request)
        if why := storage_trouble(one):
            return full(request, why)
    return None


def _is_full(error: BaseException) -> bool:
    words = str(error).lower()
    return any(one in words for one in ("no space left", "database or disk is full", "readonly database", "disk full"))


def busy(request: HttpRequest) -> HttpResponse:
    """503: a lock was not had, so nothing was written."""
    return plain(request, 503, "系统正忙，内容没有改动", BUSY, code="busy", retry=2)


def away(request: HttpRequest) -> HttpResponse:
    """503: a database that went away may have committed before."""
    return plain(request, 503, "没有得到答复", AWAY_READING if _reading(request) else AWAY, code="busy", retry=2)


def full(request: HttpRequest, why: str) -> HttpResponse:
    """507: there is no room, or nothing may be written."""
    if _reading(request):
        words = f"{why}，这一页现在打不开。请告诉系统管理员清理或检查服务器的存储；已保存的内容都在。"
        return plain(request, 507, "打不开", words, code="full")
    words = f"{why}，这一次没有保存。请告诉系统管理员清理或检查服务器的存储，然后再提交一次；已保存的内容都在。"
    return plain(request, 507, "没有保存", words, code="full")


def _reading(request: HttpRequest) -> bool:
    return request.method in {"GET", "HEAD"} and not wants_json(request)


def broken(request: HttpRequest) -> HttpResponse:
    """500: nobody knows."""
    return plain(request, 500, "系统出了问题", BROKEN, code="error")


def plain(request: HttpRequest, status: int, heading: str, message: str, *, code: str, retry: int = 0) -> HttpResponse:
    """One page or one JSON answer. ``retry``: after so many seconds it may be sent again."""
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": str(retry)} if retry else {})
    if wants_json(request):
        body = {"sync": 1, "code": code, "error": message, "problems": [], "retry": bool(retry)}
        return JsonResponse(body, status=status, headers=headers)
    number = getattr(request, "request_id", "")
    page = render_to_string("500.html", {"heading": heading, "message": message, "request_id": number})
    return HttpResponse(page, status=status, headers=headers)
