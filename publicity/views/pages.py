"""What the pages of this app share: the cookie-free public page, pages of a list, numbers from the address."""

import hashlib
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response, patch_cache_control

from publicity import reads
from registry.views.paging import conditions

PER_PAGE = 20


def public_page(request: HttpRequest, template: str, context: dict[str, Any] | None = None) -> HttpResponse:
    """A page that is the same for everybody: no session, no token, no cookie, to be kept by any cache (trust.md W14).

    A browser asks again each time (304 when nothing changed); a proxy may answer for 30 seconds.
    """
    request.user = AnonymousUser()
    same_for_all = {"csrf_token": "", "messages": [], "log_head": reads.log_head()}
    return cacheable(request, render(request, template, {**same_for_all, **(context or {})}))


def cacheable(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Mark an answer that is the same for everybody, with an ETag over its bytes."""
    request.user = AnonymousUser()
    patch_cache_control(response, public=True, max_age=0, s_maxage=30)
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


def page_of(request: HttpRequest, rows: Any, per_page: int = PER_PAGE) -> dict[str, Any]:
    """``page`` and ``query`` for templates/_pagination.html; junk in ``?page=`` gives the first or last page."""
    page: Page[Any] = Paginator(rows, per_page).get_page(request.GET.get("page"))
    return {"page": page, "query": conditions(request.GET)}


def number(text: str | None) -> int | None:
    """A key from the address; ``None`` for junk."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 12 else None
