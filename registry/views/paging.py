"""One page of a list, and the rest of the address for its page links."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict

PER_PAGE = 50


def conditions(query: QueryDict) -> str:
    """What was asked for, ``&``-terminated for page links: neither the page nor what was left blank in the form, so
    that it is empty exactly when no condition was set."""
    rest = query.copy()
    rest.pop("page", None)
    for name in list(rest):
        rest.setlist(name, [value for value in rest.getlist(name) if value.strip()])
        if not rest.getlist(name):
            del rest[name]
    return f"{rest.urlencode()}&" if rest else ""


def page_of(rows: Any, query: QueryDict, *, size: int = PER_PAGE) -> dict[str, Any]:
    """``page`` and ``query`` for _pagination.html; a page number that is none gives the first or last page."""
    page: Page[Any] = Paginator(rows, size).get_page(query.get("page"))
    return {"page": page, "query": conditions(query)}
