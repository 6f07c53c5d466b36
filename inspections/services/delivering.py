"""Messages and their ways out: the inbox at once, e-mail and group robots later, each tried again when it fails."""

import datetime as dt
import http.client
import ipaddress
import json
import logging
import smtplib
from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F

from inspections.enums import Channel, DeliveryState
from inspections.models import Delivery, Notice, NoticeSetting
from registry import audit, clock, jobs
from registry.errors import DomainError
from registry.models import User

log = logging.getLogger(__name__)

LONGEST = 600
WAITS = [dt.timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240)]  # after the first, second … failure
LEASE = dt.timedelta(minutes=5)  # a worker that died holds a message no longer than this
TIMEOUT = 3.0
AT_ONCE = 200
DELIVER = "inspections.tasks.deliver_waiting"


class NotDelivered(Exception):
    """A message did not get out; `str()` says why, in Chinese."""


def shortened(text: str) -> str:
    """At most what an inbox line holds."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


@transaction.atomic
def store_notices(notices: Iterable[Notice]) -> list[Notice]:
    """Save messages, with a delivery for every way out their recipients have switched on. Three queries and a job."""
    rows = list(notices)
    names = ("pk", "email", "notice_setting__inbox", "notice_setting__mail", "notice_setting__webhook")
    found = User.objects.filter(pk__in={row.recipient_id for row in rows}).values_list(*names)
    ways = {pk: (email, inbox, mail, webhook) for pk, email, inbox, mail, webhook in found}
    for row in rows:
        if ways[row.recipient_id][1] is False:
            row.read_at = row.at  # kept, but not shown as new
    stored = Notice.objects.bulk_create(rows, batch_size=500)
    waiting = []
    for row in stored:
        email, _inbox, mail, webhook = ways[row.recipient_id]
        if settings.EMAIL_URL and email and mail is not False:
            waiting.append(Delivery(notice=row, channel=Channel.MAIL, next_try=row.at))
        if webhook:
            waiting.append(Delivery(notice=row, channel=Channel.WEBHOOK, next_try=row.at))
    if waiting:
        Delivery.objects.bulk_create(waiting, batch_size=500)
        jobs.enqueue(DELIVER, "now")
    return stored


def deliver_waiting() -> int:
    """Try what is due, at most 200 messages; number sent. Two at once never send the same one: each message is claimed
    by a conditional UPDATE. A worker killed between sending and noting it sends once more after five minutes."""
    sent, now = 0, clock.now()
    for key in list(Delivery.objects.due(now).values_list("pk", flat=True)[:AT_ONCE]):
        claimed = Delivery.objects.filter(pk=key).due(now).update(next_try=now + LEASE, tries=F("tries") + 1)
        if claimed:
            sent += _try(Delivery.objects.select_related("notice__recipient").get(pk=key))
    return sent


def _try(row: Delivery) -> bool:
    try:
        {Channel.MAIL: _mail, Channel.WEBHOOK: _webhook}[Channel(row.channel)](row.notice)
    except NotDelivered as error:
        over = row.tries > len(WAITS)
        state = DeliveryState.FAILED if over else DeliveryState.WAITING
        wait = WAITS[min(row.tries, len(WAITS)) - 1]
        Delivery.objects.filter(pk=row.pk).update(state=state, next_try=clock.now() + wait, error=str(error)[:300])
        log.warning("delivery %s failed (%s tries)", row.pk, row.tries)
        return False
    Delivery.objects.filter(pk=row.pk).update(state=DeliveryState.SENT, sent_at=clock.now(), error="")
    return True


def _text(notice: Notice) -> str:
    return f"{notice.text}\n{settings.PUBLIC_ORIGIN}{notice.url}" if notice.url else notice.text


def _mail(notice: Notice) -> None:
    if not (settings.EMAIL_URL and notice.recipient.email):
        raise NotDelivered("没有邮件服务器或邮件地址")
    try:
        send_mail(f"【{settings.BRAND_NAME}】待办提醒", _text(notice), None, [notice.recipient.email])
    except (OSError, smtplib.SMTPException) as error:
        raise NotDelivered(f"邮件服务器没有收下：{type(error).__name__}") from error


def _webhook(notice: Notice) -> None:
    setting = NoticeSetting.objects.filter(user=notice.recipient, webhook=True).first()
    if setting is None:
        raise NotDelivered("群机器人已关闭")
    try:
        check_webhook(setting.webhook_url)
    except DomainError as error:
        raise NotDelivered(error.message) from None
    body = {"msgtype": "text", "text": {"content": f"{notice.recipient}：{_text(notice)}"}}
    _post(setting.webhook_url, json.dumps(body, ensure_ascii=False).encode())


def check_webhook(url: str) -> None:
    """Refuse an address that is not one of the allowed hosts over https. Raises DomainError.

    ``WEBHOOK_HOSTS`` names them, so that a person cannot make the server call into the house;
    ``WEBHOOK_LOOPBACK`` admits this machine over http, for a gateway of one's own.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise DomainError("群机器人地址不对，请从群设置里整个复制过来。") from None
    if settings.WEBHOOK_LOOPBACK and _is_loopback(host) and parts.scheme in {"http", "https"}:
        return
    if parts.scheme != "https" or not host or parts.username is not None:
        raise DomainError("群机器人地址必须以 https:// 开头，请从群设置里整个复制过来。")
    if host not in settings.WEBHOOK_HOSTS:
        allowed = "、".join(settings.WEBHOOK_HOSTS)
        raise DomainError(f"只能发到 {allowed}；要用别的地址，请系统管理员加入 WEBHOOK_HOSTS。")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _post(url: str, body: bytes) -> None:
    """One POST, three seconds, no redirect followed; the robot's own error code counts as a failure."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=TIMEOUT)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, {"Content-Type": "application/json; charset=utf-8"})
        answer = connection.getresponse()
        text = answer.read(4096)
    except (OSError, http.client.HTTPException) as error:
        raise NotDelivered(f"群机器人没有应答：{type(error).__name__}") from error
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        raise NotDelivered(f"群机器人没有收下：HTTP {answer.status}")
    try:
        code = json.loads(text).get("errcode", 0)
    except (ValueError, AttributeError):
        code = 0
    if code:
        raise NotDelivered(f"群机器人没有收下：错误码 {code}")


@transaction.atomic
def set_channels(*, actor: User, inbox: bool, mail: bool, email: str, webhook: bool, webhook_url: str) -> NoticeSetting:
    """How a person wants to be told. Raises DomainError for an address that cannot work."""
    email, webhook_url = email.strip(), webhook_url.strip()
    if email:
        try:
            validate_email(email)
        except ValidationError:
            raise DomainError("邮件地址不对，请核对。") from None
    if webhook and not webhook_url:
        raise DomainError("要发到群机器人，请填写它的地址。")
    if webhook_url:
        check_webhook(webhook_url)
    wanted = {"inbox": inbox, "mail": mail, "webhook": webhook, "webhook_url": webhook_url}
    row, _made = NoticeSetting.objects.update_or_create(user=actor, defaults=wanted)
    User.objects.filter(pk=actor.pk).update(email=email)
    after = {"inbox": inbox, "mail": mail, "webhook": webhook, "email": bool(email)}  # the addresses stay out of it
    audit.record(stream="accounts", actor=actor, action="修改通知方式", obj=actor, after=after)
    return row


@transaction.atomic
def retry_deliveries(*, actor: User) -> int:
    """Try again, from the beginning, what was given up: one's own, or all as system administrator; number."""
    failed = Delivery.objects.visible_to(actor).failed()
    number: int = failed.update(state=DeliveryState.WAITING, tries=0, next_try=clock.now())
    if number:
        audit.record(stream="accounts", actor=actor, action="重发消息", obj=actor, after={"deliveries": number})
        jobs.enqueue(DELIVER, "now")
    return number
