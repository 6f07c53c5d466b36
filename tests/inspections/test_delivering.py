"""Ways out of the house: e-mail and group robots, switched per person, tried again, shown when they fail."""

import datetime as dt
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from inspections import services, tasks
from inspections.models import Delivery, Notice, NoticeSetting
from inspections.services import people
from inspections.services.delivering import check_webhook
from kuancheng_inspect import desk, health
from registry import jobs
from registry.enums import Role
from registry.errors import DomainError
from registry.models import AuditEvent, Job, User
from tests import factories

pytestmark = pytest.mark.django_db
NINE = "2024-06-05T09:00:00+08:00"


class Robot(BaseHTTPRequestHandler):
    """A group robot that answers what the test says and keeps what it got."""

    got: list[Any] = []
    status, answer, location = 200, {"errcode": 0}, ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Robot.got.append((self.path, json.loads(body)))
        self.send_response(Robot.status)
        if Robot.location:
            self.send_header("Location", Robot.location)
        self.end_headers()
        self.wfile.write(json.dumps(Robot.answer).encode())

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def robot(settings: Any) -> Iterator[str]:
    settings.WEBHOOK_LOOPBACK = True
    Robot.got, Robot.status, Robot.answer, Robot.location = [], 200, {"errcode": 0}, ""
    server = HTTPServer(("127.0.0.1", 0), Robot)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/cgi-bin/webhook/send?key=k"
    server.shutdown()
    server.server_close()


@pytest.fixture
def mailed(settings: Any) -> None:
    settings.EMAIL_URL, settings.PUBLIC_ORIGIN = "smtp://x", "https://inspect.example"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def set_channels(user: User, **wanted: Any) -> NoticeSetting:
    base = {"inbox": True, "mail": False, "email": "", "webhook": False, "webhook_url": ""}
    return services.set_channels(actor=user, **(base | wanted))


def test_a_message_goes_out_once_by_mail_and_to_the_robot(robot: str, mailed: None) -> None:
    user = factories.make_user(Role.LEAD)
    set_channels(user, mail=True, email="a@example.org", webhook=True, webhook_url=robot)
    with time_machine.travel(NINE, tick=False):
        [notice] = people.notify([user, user], "《演示》请确认。", "/jiancha/queren/")
        assert Delivery.objects.filter(notice=notice).count() == 2
        [job] = Job.objects.all()
        assert jobs.run(job.pk)
        assert tasks.send_deliveries() == 0
    text = "《演示》请确认。\nhttps://inspect.example/jiancha/queren/"
    [sent] = mail.outbox
    assert (sent.to, sent.body) == (["a@example.org"], text)
    body = {"msgtype": "text", "text": {"content": f"{user}：{text}"}}
    assert Robot.got == [("/cgi-bin/webhook/send?key=k", body)]
    assert set(Delivery.objects.values_list("state", "tries", "error")) == {("SENT", 1, "")}


def test_without_a_choice_only_mail_where_there_is_an_address(mailed: None) -> None:
    plain, addressed = factories.make_user(Role.LEAD), factories.make_user(Role.LEAD, email="a@example.org")
    people.notify([plain, addressed], "x")
    assert list(Delivery.objects.values_list("notice__recipient", "channel")) == [(addressed.pk, "MAIL")]


def test_switched_off(mailed: None) -> None:
    user = factories.make_user(Role.LEAD, email="a@example.org")
    set_channels(user, inbox=False, email="a@example.org")
    people.notify([user], "x")
    assert (Delivery.objects.count(), Job.objects.count()) == (0, 0)
    assert (Notice.objects.count(), Notice.objects.unread().count()) == (1, 0)  # kept all the same


@pytest.mark.parametrize(
    ("status", "answer", "location", "error"),
    [
        (500, {}, "", "群机器人没有收下：HTTP 500"),
        (200, {"errcode": 93000}, "", "群机器人没有收下：错误码 93000"),
        (302, {}, "http://127.0.0.1:1/", "群机器人没有收下：HTTP 302"),
    ],
)
def test_a_failed_one_waits_longer_each_time_and_is_given_up(
    robot: str, status: int, answer: Any, location: str, error: str
) -> None:
    user = factories.make_user(Role.DEPT_ADMIN)
    set_channels(user, webhook=True, webhook_url=robot)
    Robot.status, Robot.answer, Robot.location = status, answer, location
    at, waits = dt.datetime.fromisoformat(NINE), []
    with time_machine.travel(at, tick=False) as travel:
        people.notify([user], "x")
        while (row := Delivery.objects.get()).state == "WAITING":
            travel.move_to(row.next_try)
            waits.append(int((row.next_try - at).total_seconds() // 60))
            assert tasks.send_deliveries() == 0
    assert waits == [0, 1, 6, 21, 81, 321]
    assert (row.state, row.tries, row.error, len(Robot.got)) == ("FAILED", 6, error, 6)
    assert health.readiness().words["消息送达"] == "1 条邮件或群机器人消息没有送达"
    root = factories.make_user(Role.SYSADMIN)
    assert "1 条邮件或群机器人消息没有送达" in [todo.title for todo in desk.desk_of(root, at.date()).todos]
    Robot.status, Robot.answer, Robot.location = 200, {"errcode": 0}, ""
    assert services.retry_deliveries(actor=factories.make_user(Role.DEPT_ADMIN)) == 0  # somebody else's
    assert services.retry_deliveries(actor=user) == 1
    assert tasks.send_deliveries() == 1


def test_a_robot_that_is_not_there(robot: str) -> None:
    user = factories.make_user(Role.LEAD)
    set_channels(user, webhook=True, webhook_url="http://127.0.0.1:1/x")
    people.notify([user], "x")
    assert tasks.send_deliveries() == 0
    assert Delivery.objects.get().error == "群机器人没有应答：ConnectionRefusedError"


def test_a_claimed_message_is_left_alone_until_its_lease_is_over(mailed: None) -> None:
    user = factories.make_user(Role.LEAD, email="a@example.org")
    with time_machine.travel(NINE, tick=False) as travel:
        people.notify([user], "x")
        now = dt.datetime.fromisoformat(NINE)
        Delivery.objects.update(next_try=now + dt.timedelta(minutes=5), tries=1)  # a worker took it and died
        assert tasks.send_deliveries() == 0
        travel.shift(dt.timedelta(minutes=5))
        assert tasks.send_deliveries() == 1


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://qyapi.weixin.qq.com/x", "https://"),
        ("https://evil.example/x", "只能发到"),
        ("https://qyapi.weixin.qq.com.evil.example/x", "只能发到"),
        ("https://user@qyapi.weixin.qq.com/x", "https://"),
        ("https://169.254.169.254/latest", "只能发到"),
        ("http://127.0.0.1:8000/", "https://"),
        ("http://localhost/", "https://"),
        ("https://[::1", "不对"),
        ("https://qyapi.weixin.qq.com:99999/x", "不对"),
    ],
)
def test_where_a_robot_may_be(url: str, words: str) -> None:
    with pytest.raises(DomainError, match=words):
        check_webhook(url)
    check_webhook("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1")


def test_the_page(client: Client) -> None:
    user = factories.make_user(Role.INSPECTOR)
    client.force_login(user)
    url = reverse("inspections:notice_settings")
    key = str(client.get(url).context["form"]["key"].value())
    wrong = {"key": key, "webhook": "on", "webhook_url": "https://evil.example/", "inbox": "on"}
    page = client.post(url, wrong)
    assert (page.status_code, "只能发到" in page.content.decode()) == (422, True)
    assert (
        "邮件地址不对" in client.post(url, wrong | {"email": "x", "webhook_url": ""} | {"webhook": ""}).content.decode()
    )
    right = {"key": key, "inbox": "on", "mail": "on", "email": "a@example.org"}
    assert client.post(url, right).status_code == 302
    user.refresh_from_db()
    assert (user.email, user.notice_setting.mail, user.notice_setting.webhook) == ("a@example.org", True, False)
    [event] = AuditEvent.objects.filter(action="修改通知方式")
    assert "a@example.org" not in str(event.after)
    assert client.post(reverse("inspections:delivery_retry")).status_code == 302
