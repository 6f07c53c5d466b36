"""The client's address, behind none, one and two proxies of our own, and with callers who write their own lists."""

from typing import Any

import pytest
from django.test import RequestFactory

from registry.addresses import client_address

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "client"),
    [
        (0, "203.0.113.5", None, "203.0.113.5"),
        (0, "203.0.113.5", "198.51.100.1", "203.0.113.5"),  # nobody is believed
        (1, PROXY, "203.0.113.5", "203.0.113.5"),
        (1, PROXY, "198.51.100.1, 203.0.113.5", "203.0.113.5"),  # the caller's own entry stands further left
        (1, PROXY, "203.0.113.5,198.51.100.7", "198.51.100.7"),
        (1, PROXY, None, PROXY),
        (1, PROXY, "", PROXY),
        (1, PROXY, "nonsense", PROXY),
        (1, PROXY, "203.0.113.5, <script>", PROXY),
        (2, PROXY, "203.0.113.5, 10.0.0.2", "203.0.113.5"),
        (2, PROXY, "198.51.100.1, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        (2, PROXY, "10.0.0.2", PROXY),  # went round the gateway
        (1, PROXY, "203.0.113.5:51234", "203.0.113.5"),
        (1, PROXY, "[2001:DB8::1]:443", "2001:db8::1"),
        (1, PROXY, "2001:0db8:0:0::1", "2001:db8::1"),
        (1, "::ffff:10.0.0.1", "::ffff:203.0.113.5", "203.0.113.5"),
        (0, "", None, ""),
    ],
)
def test_the_address(settings: Any, proxies: int, remote: str, forwarded: str | None, client: str) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    meta = {"REMOTE_ADDR": remote} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})
    assert client_address(RequestFactory().get("/", **meta)) == client
