"""What a person reads when the database could not answer: never that nothing was written when that is not known."""

import json

import pytest
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from kuancheng_inspect.middleware import DomainErrorMiddleware

NOTHING = "您刚才的提交没有生效"
UNKNOWN = "刚才的提交是否生效还不知道"


def answer(error: Exception, **headers: str) -> HttpResponse:
    request: HttpRequest = RequestFactory().post("/jihua/1/chouqu/", headers=headers)
    response = DomainErrorMiddleware(lambda _: HttpResponse()).process_exception(request, error)
    assert response is not None
    assert response.status_code == 503
    return response


@pytest.mark.parametrize(
    ("error", "said", "unsaid"),
    [
        (DatabaseError("canceling statement due to lock timeout"), NOTHING, UNKNOWN),
        (OperationalError("canceling statement due to lock timeout"), NOTHING, UNKNOWN),
        (OperationalError("server closed the connection unexpectedly"), UNKNOWN, NOTHING),
    ],
)
def test_only_a_lock_that_was_not_had_says_that_nothing_was_written(error: Exception, said: str, unsaid: str) -> None:
    page = answer(error).content.decode()
    assert (said in page, unsaid in page, "内容没有改动" in page) == (True, False, said == NOTHING)


def test_a_phone_is_told_to_send_it_again() -> None:
    response = answer(OperationalError("server closed the connection unexpectedly"), accept="application/json")
    body = json.loads(response.content)
    assert (body["code"], body["retry"], response["Retry-After"]) == ("busy", True, "2")
    assert UNKNOWN in body["error"]
