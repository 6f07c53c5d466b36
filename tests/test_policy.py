"""The whole Content-Security-Policy of every kind of page, compared by equality: a weaker one is another text.

The crawl (test_crawl.py) holds every address of the product to the same two; here stand the pages it cannot reach:
refusals, faults, and what answers without a page.
"""

from typing import Any

import pytest
from django.test import Client, override_settings
from django.urls import path, reverse

from kuancheng_inspect import urls
from registry.enums import Role
from tests.factories import make_user
from tests.policies import HEADERS, POLICY, SANDBOX, headers

pytestmark = pytest.mark.django_db


def _broken(request: Any) -> Any:
    raise RuntimeError("on purpose")


urlpatterns = [path("broken/", _broken), *urls.urlpatterns]
for handler in ("handler400", "handler403", "handler404", "handler500"):
    globals()[handler] = getattr(urls, handler)


def client(*roles: Role) -> Client:
    made = Client(raise_request_exception=False)
    if roles:
        made.force_login(make_user(*roles))
    return made


def test_the_policies_are_these() -> None:
    """Word for word: who wants another one changes it here, and says why in the commit."""
    assert POLICY == (
        "base-uri 'none'; default-src 'self'; form-action 'self'; frame-ancestors 'none'; "
        "img-src 'self' blob: data:; object-src 'none'"
    )
    assert SANDBOX == "default-src 'none'; sandbox"


@pytest.mark.parametrize(
    ("address", "role", "status"),
    [
        ("/", None, 200),
        ("/account/login/", None, 200),
        ("/gs/chouqu/", None, 200),
        ("/gs/tousu/", None, 404),
        ("/readyz", None, 200),
        ("/healthz", None, 200),
        ("/daiban/", Role.LEAD, 200),
        ("/daiban/", Role.INSPECTOR, 302),
        ("/jiancha/phone/", Role.INSPECTOR, 200),
        ("/jihua/", Role.INSPECTOR, 403),
        ("/xiufu/", Role.SYSADMIN, 200),
        ("/no/such/page/", Role.LEAD, 404),
    ],
)
def test_pages_and_refusals(address: str, role: Role | None, status: int) -> None:
    answer = client(*[role] if role else []).get(address)
    assert answer.status_code == status
    assert headers(answer.headers) == HEADERS


@override_settings(ROOT_URLCONF=__name__)
@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_fault(accept: str, caplog: Any) -> None:
    caplog.set_level("CRITICAL")
    answer = client().get("/broken/", headers={"accept": accept})
    assert answer.status_code == 500
    assert headers(answer.headers) == HEADERS


def test_a_forged_form() -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(reverse("account_login"), {"login": "x"})
    assert answer.status_code == 403
    assert headers(answer.headers) == HEADERS
