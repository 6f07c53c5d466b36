"""Readiness: what must work (database, migrations), and what may be degraded for a while (queue, calendar, disk)."""

import datetime as dt
import functools
from dataclasses import dataclass, field
from pathlib import Path

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from redis.backoff import NoBackoff
from redis.retry import Retry

from inspections.models import Delivery
from registry import clock
from registry.enums import JobState
from registry.models import CalendarYear, Job, StoreMark
from registry.services.store_mark import store_state
from registry.stores import volume_state

CALENDAR_AHEAD = dt.timedelta(days=60)
QUEUE_AGE = dt.timedelta(minutes=10)
MARK_AGE = dt.timedelta(minutes=35)  # it moves every ten minutes


@dataclass
class Readiness:
    """``ok`` is False only when people cannot work; ``words`` says in Chinese what was found, per check."""

    ok: bool = True
    words: dict[str, str] = field(default_factory=dict)


def readiness() -> Readiness:
    """Run all checks."""
    found = Readiness()
    try:
        applied = MigrationRecorder(connection).applied_migrations()
    except DatabaseError:
        return Readiness(ok=False, words={"数据库": "连不上"})
    pending = _migrations() - set(applied)
    found.words["数据库"] = "正常"
    if pending:
        found.ok = False
        found.words["数据库结构"] = f"还有 {len(pending)} 个迁移没有执行，请运行 manage.py migrate"
        return found
    found.words["日历"] = _calendar()
    old = Job.objects.filter(state=JobState.PENDING, created_at__lt=clock.now() - QUEUE_AGE).count()
    failed = Job.objects.filter(state=JobState.FAILED).count()
    found.words["后台任务"] = f"{old} 个等待超过 10 分钟，{failed} 个失败" if old or failed else "正常"
    found.words["消息送达"] = _deliveries()
    found.words["消息队列"] = _broker()
    found.words["文件存放"] = _store()
    for name, folder in _volumes().items():
        kept, found.words[name] = volume_state(folder)
        found.ok &= kept
    return found


@functools.cache
def _migrations() -> frozenset[tuple[str, str]]:
    """All that this program brings along: read once, they do not change while it runs."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).disk_migrations)


def _volumes() -> dict[str, Path]:
    """Where something must be written: the files, and the database where it is a file of ours. A PostgreSQL has its
    own machine or volume; that it takes nothing shows in the mark that stands still, and in every change."""
    found = {"磁盘（照片和文件）": Path(settings.MEDIA_ROOT)}
    file = str(settings.DATABASES["default"]["NAME"])
    if connection.vendor == "sqlite" and "memory" not in file:
        found["磁盘（数据库）"] = Path(file).parent
    return found


def _store() -> str:
    """Database and files belong together, and both have been written to lately."""
    if wrong := store_state():
        return wrong
    mark = StoreMark.objects.order_by("pk").first()
    if mark is not None and mark.at < clock.now() - MARK_AGE:
        since = f"{mark.at.astimezone(clock.SHANGHAI):%m-%d %H:%M}"
        return f"{since} 以后没有写过标记：数据库或文件写不进去，或定时任务没有运行"
    return "正常"


def _calendar() -> str:
    ahead = clock.today() + CALENDAR_AHEAD
    if CalendarYear.objects.filter(year=ahead.year).exists():
        return "正常"
    return f"{ahead.year}年日历未录入：请在“日历”导入国务院办公厅放假通知，否则到期限会算不出来"


def _deliveries() -> str:
    failed = Delivery.objects.failed().count()
    return f"{failed} 条邮件或群机器人消息没有送达" if failed else "正常"


def _broker() -> str:
    """Redis takes a word within half a second; without it only background work waits (trust.md F13). It is written
    to, not only asked: one that is full answers all the same."""
    if not settings.REDIS_URL:
        return "本进程内（没有设置 REDIS_URL）"
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
    )
    try:
        client.set("inspect:readyz", "1", ex=60)
    except redis.ResponseError as error:
        return f"写不进去（{str(error)[:60]}）：后台任务排队等候，恢复后一分钟内补做"
    except redis.RedisError:
        return "连不上：后台任务排队等候，恢复后一分钟内补做"
    finally:
        client.close()
    return "正常"
