"""What a form gets: the sent data, also when it is empty, or nothing on GET."""

from typing import Any

from django.http import HttpRequest


def sent(http: HttpRequest) -> tuple[Any, Any]:
    """(data, files) of a POST, (None, None) otherwise. An empty POST is an incomplete form, not a fresh one."""
    return (http.POST, http.FILES) if http.method == "POST" else (None, None)
