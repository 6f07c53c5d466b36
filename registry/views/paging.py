"""One page of a list, and the rest of the address for its page links."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import QueryDict

PER_PAGE = 50


def page_of(rows: Any, query: QueryDict, *, size: int = PER_PAGE) -> dict[str, Any]:
    """``page`` and ``query`` for _pagination.html; a page number that is none gives the first or last page."""
    rest = query.copy()
    rest.pop("page", None)
    page: Page[Any] = Paginator(rows, size).get_page(query.get("page"))
    return {"page": page, "query": f"{rest.urlencode()}&" if rest else ""}
