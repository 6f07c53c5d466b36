"""The client's address: one function for every limit and every line that names it.

Behind proxies the connection comes from the nearest of them, and what stands in X-Forwarded-For is believed as far from
the right as there are proxies of our own (TRUSTED_PROXY_COUNT); whatever a caller wrote stands further left.
"""

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The address of whoever sent the request, as text; IPv6 in its short form, IPv4 within IPv6 as IPv4.

    With fewer entries than proxies, or an entry that is no address, the address of the connection. Empty for a
    connection without one (a socket file).
    """
    nearest = _plain(request.META.get("REMOTE_ADDR", ""))
    count = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    if not count:
        return nearest
    entries = [entry.strip() for entry in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return (_plain(entries[-count]) if len(entries) >= count else "") or nearest


def _plain(text: str) -> str:
    """An address, with or without a port, in its usual form; empty for anything else."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ipaddress.ip_address(bare)
    except ValueError:
        return ""
    inner = getattr(found, "ipv4_mapped", None)
    return str(inner or found)
