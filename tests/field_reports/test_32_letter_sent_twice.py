"""Report 32: Back and 提交 once more, or two requests at once, made two letters with two numbers."""

import threading

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from publicity.models import Feedback
from publicity.services import receive_letter
from registry.operations import new_key

LETTER = {"kind": "QUESTION", "subject": "咨询", "text": "怎样申请回避"}


@pytest.mark.django_db
def test_sent_again_it_is_the_same_letter() -> None:
    url, client = reverse("publicity:feedback"), Client()
    key = client.get(url).context["form"].initial["key"]
    places = {client.post(url, LETTER | {"key": key})["Location"] for _ in range(3)}
    letter = Feedback.objects.get()
    assert places == {reverse("publicity:feedback_done", args=[letter.number])}


@pytest.mark.django_db
def test_another_text_from_the_same_page_is_another_letter() -> None:
    url, client, key = reverse("publicity:feedback"), Client(), new_key()
    for text in ("甲处噪声", "乙处噪声"):
        assert client.post(url, LETTER | {"key": key, "text": text}).status_code == 302
    assert sorted(Feedback.objects.values_list("text", flat=True)) == ["乙处噪声", "甲处噪声"]


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "short", "'; --"])
def test_a_page_without_its_key_says_so(key: str) -> None:
    answer = Client().post(reverse("publicity:feedback"), LETTER | {"key": key})
    assert answer.status_code == 200
    assert Feedback.objects.count() == 0


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_one_letter() -> None:
    key, numbers, start = new_key(), list[str](), threading.Barrier(4)

    def send() -> None:
        start.wait()
        numbers.append(receive_letter(key=key, **LETTER))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(numbers), len(set(numbers)), Feedback.objects.count()) == (4, 1, 1)
