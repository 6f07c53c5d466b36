"""导出 Excel on every list: the same filter, the same columns, one click."""

from typing import Any

from django import template

from publicity.listings import LISTINGS
from publicity.models import ExportJob
from registry.operations import new_key

register = template.Library()


def _button(context: template.Context, name: str, query: str, words: str) -> dict[str, Any]:
    listing, roles = LISTINGS.get(name), context["request"].user.roles
    return {
        "shown": listing is not None and bool(roles & listing.roles),
        "list_name": name,
        "list_query": query,
        "list_key": new_key(),
        "words": words,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("publicity/_export_button.html", takes_context=True)
def export_again(context: template.Context, job: ExportJob) -> dict[str, Any]:
    """The same list once more, for an export whose file has expired."""
    return _button(context, job.parameters["list"], job.parameters["query"], "重新导出")


@register.inclusion_tag("publicity/_export_button.html", takes_context=True)
def export_button(context: template.Context, name: str, more: str = "") -> dict[str, Any]:
    """The button of a list (``name`` as in LISTINGS); nothing for whoever may not export it. ``more``: an address part
    that the page's own address does not hold."""
    query = "&".join(part for part in (context["request"].GET.urlencode(), more) if part)
    return _button(context, name, query, "导出 Excel")
