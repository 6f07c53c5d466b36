"""提醒: who owes something hears of it, once a day and in one message, however often the job runs; later, those above.

The row of the day in ReminderRun is the lock: of two runs at once one finds it taken and leaves. The constraints of
Reminder (person) and Mention (deadline) are what holds "once" whatever happens to the lock.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from inspections import deadlines
from inspections.models import Confirmation, DepartmentSection, Mention, Notice, Reminder, ReminderRun
from inspections.services import owing, people
from inspections.services.delivering import shortened, store_notices
from inspections.services.owing import Owed, People
from registry import audit, clock
from registry.errors import DomainError
from registry.models import Department, User
from registry.services import current_calendar
from registry.workdays import Calendar
from sampling.models import Plan

MANUAL = "MANUAL"
FROM = dt.time(8, 30)
LINES = 6  # of one message; more are counted
Key = tuple[int, str, int | None]  # plan, kind, department (None: one's own work)


@dataclass
class Line:
    """One sentence of a message: how many of a kind, the earliest due day, how many were due before a day."""

    count: int = 0
    days: Counter[dt.date] = field(default_factory=Counter)

    def add(self, due: dt.date | None) -> None:
        """One more."""
        self.count += 1
        self.days.update([due] if due else [])

    @property
    def earliest(self) -> dt.date | None:
        """The first day on which something is due."""
        return min(self.days, default=None)

    def before(self, day: dt.date) -> int:
        """How many were due before ``day``."""
        return sum(number for due, number in self.days.items() if due < day)


@dataclass
class Letter:
    """What one person is told in one message."""

    lines: dict[Key, Line] = field(default_factory=lambda: defaultdict(Line))
    caught_up: bool = False

    def text(self, who: People, day: dt.date, calendar: Calendar, missed: dt.date | None) -> str:
        """The message, the latest first; marked 补发 when an outage swallowed an earlier one."""
        ordered = sorted(self.lines.items(), key=lambda pair: (pair[1].earliest or dt.date.max, pair[0][0], pair[0][1]))
        said = [_sentence(who, key, line, day, calendar) for key, line in ordered[:LINES]]
        if len(ordered) > LINES:
            said.append(f"另有 {sum(line.count for _, line in ordered[LINES:])} 件，请到待办查看。")
        before = f"补发（{missed.month}月{missed.day}日起的提醒没有发出）：" if missed and self.caught_up else ""
        return shortened(before + "".join(said))

    def url(self) -> str:
        """Where it is done: the page of the one kind that is owed, else the list of everything."""
        kinds = {kind if department is None else "" for _plan, kind, department in self.lines}
        page = owing.PAGES.get(next(iter(kinds))) if len(kinds) == 1 else None
        return people.link(page) if page else reverse("home")


def _sentence(who: People, key: Key, line: Line, day: dt.date, calendar: Calendar) -> str:
    plan, kind, department = key
    unit, state = owing.WHAT[kind]
    whose = "您" if department is None else who.departments[department]
    text = f"《{who.plans[plan]}》{whose}有 {line.count} {unit}{state}"
    if line.earliest:
        due, first_open = line.earliest, clock.first_open_day()
        late = line.before(first_open)
        text += f"，其中 {late} {unit[0]}已逾期" if 0 < late < line.count else ""
        year = f"{due.year}年" if due.year != day.year else ""
        standing = deadlines.countdown(due, day, calendar, first_open)
        text += f"，最早一份 {year}{due.month}月{due.day}日到期，{standing.text}"
    return text + "。"


def send_due_reminders(*, day: dt.date) -> int:
    """Remind everybody of what is due on the next working day, today, or overdue on ``day``; number of messages.

    To the person whose work it is; after one working day late also to the department's administrators, after two to
    the lead bureau. One message per person. Days on which no run finished are caught up with, marked 补发. Another
    run of the same day sends nothing twice; while one is under way a second one leaves at once.
    """
    ReminderRun.objects.get_or_create(day=day)
    return _run_of(day)


@transaction.atomic
def _run_of(day: dt.date) -> int:
    run = ReminderRun.objects.select_for_update(of=("self",), skip_locked=True).filter(day=day).first()
    if run is None:
        return 0
    calendar, _version = current_calendar()
    before = ReminderRun.objects.filter(day__lt=day, finished_at__isnull=False).order_by("-day").first()
    missed = before.day + dt.timedelta(days=1) if before and before.day + dt.timedelta(days=1) < day else None
    rows = owing.owed_until(deadlines.reminded_by(day, calendar))
    sent = _send(rows, day, calendar, missed)
    run.finished_at, run.missed_from = clock.now(), run.missed_from or missed
    run.notices += sent
    run.save(update_fields=["finished_at", "missed_from", "notices"])
    return sent


def run_is_due(now: dt.datetime) -> bool:
    """Whether today's run is still to be made: past half past eight in Shanghai, and none has finished today."""
    at = now.astimezone(clock.SHANGHAI)
    done = ReminderRun.objects.filter(day=at.date(), finished_at__isnull=False)
    return at.time() >= FROM and not done.exists()


def _send(rows: list[Owed], day: dt.date, calendar: Calendar, missed: dt.date | None) -> int:
    """Messages, and what shows afterwards that they were given."""
    who = People(rows)
    had = set(Reminder.objects.filter(day=day).values_list("kind", "object_id", "recipient_id"))
    mentioned = set(Mention.objects.filter(day=day, manual=False).values_list("kind", "object_id"))
    yesterday = deadlines.reminded_by(day - dt.timedelta(days=1), calendar) if missed else None
    late: dict[dt.date, int] = {}
    letters: dict[int, Letter] = defaultdict(Letter)
    mentions: list[Mention] = []
    now = clock.now()
    for row in rows:
        assert row.due is not None  # noqa: S101 -- owed_until asks for due days
        if row.due not in late:
            late[row.due] = deadlines.days_late(row.due, day, calendar)
        own, above = who.own(row), who.above(row, late[row.due])
        told = [user for user in (*own, *above) if (row.kind, f"plan:{row.plan}", user) not in had]
        if not told or (row.kind, row.pk) in mentioned:
            continue
        caught_up = yesterday is not None and row.due <= yesterday
        for user in told:
            letter = letters[user]
            letter.caught_up |= caught_up
            letter.lines[row.plan, row.kind, row.department if user in above else None].add(row.due)
        mentions.append(
            Mention(
                kind=row.kind, object_id=row.pk, plan_id=row.plan, day=day, caught_up=caught_up,
                days_late=late[row.due], told=told, at=now,
            )
        )  # fmt: skip
    Mention.objects.bulk_create(mentions, batch_size=2000)
    return _give(letters, day, lambda letter: letter.text(who, day, calendar, missed))


def _give(letters: dict[int, Letter], day: dt.date, text: Callable[[Letter], str], *, manual: bool = False) -> int:
    now = clock.now()
    notices = {
        user: Notice(recipient_id=user, text=text(letter), url=letter.url(), at=now)
        for user, letter in sorted(letters.items())
    }
    store_notices(notices.values())
    Reminder.objects.bulk_create(
        [
            Reminder(
                kind=MANUAL if manual else kind, object_id=f"plan:{plan}", recipient_id=user, day=day,
                notice=notices[user],
            )
            for user, letter in sorted(letters.items())
            for plan, kind in sorted({(plan, MANUAL if manual else kind) for plan, kind, _department in letter.lines})
        ],
        batch_size=2000,
    )  # fmt: skip
    return len(notices)


@transaction.atomic
def remind(
    *,
    actor: User,
    plan: Plan,
    departments: Iterable[Department] = (),
    confirmations: Iterable[Confirmation] = (),
    sections: Iterable[DepartmentSection] = (),
) -> int:
    """Remind by hand, from the progress page: all that some departments owe, or single late ones; number of people.

    Each person once a day by hand for a plan, in one message; whom somebody reminded today is left alone. Raises
    DomainError when nothing is chosen or nobody owes anything.
    """
    plan = people.lock_plans([plan.pk])[plan.pk]
    people.must_lead(actor, plan)
    chosen = list(departments)
    waiting = Confirmation.objects.pending().filter(record__plan=plan)
    owed = DepartmentSection.objects.owed().filter(record__plan=plan)
    single = ([row.pk for row in confirmations], [row.pk for row in sections])
    if not chosen and not any(single):
        raise DomainError("请先勾选要提醒的部门或企业。")
    rows = [
        *owing.owed_confirmations(_of(waiting, chosen, single[0])),
        *owing.owed_sections(_of(owed, chosen, single[1])),
    ]
    if not rows:
        raise DomainError("所选的没有欠办的事，不用提醒。")
    told = _remind(plan, rows)
    after = {"departments": [str(department) for department in chosen], "people": told, "deadlines": len(rows)}
    audit.record(stream=f"plan:{plan.pk}", actor=actor, action="提醒", obj=plan, after=after)
    return told


def _of(rows: QuerySet, departments: list[Department], keys: list[int]) -> QuerySet:
    own = rows.filter(department__in=[department.pk for department in departments])
    return own | rows.filter(pk__in=keys)


def _remind(plan: Plan, rows: list[Owed]) -> int:
    today, (calendar, _version) = clock.today(), current_calendar()
    who = People(rows)
    had = set(
        Reminder.objects.filter(day=today, kind=MANUAL, object_id=f"plan:{plan.pk}").values_list("recipient", flat=True)
    )
    mentioned = set(Mention.objects.filter(day=today, plan=plan, manual=True).values_list("kind", "object_id"))
    letters: dict[int, Letter] = defaultdict(Letter)
    mentions = []
    for row in rows:
        told = [user for user in who.own(row) if user not in had]
        for user in told:
            letters[user].lines[row.plan, row.kind, None].add(row.due)
        if told and (row.kind, row.pk) not in mentioned:
            days = deadlines.days_late(row.due, today, calendar) if row.due else 0
            mentions.append(
                Mention(kind=row.kind, object_id=row.pk, plan=plan, day=today, manual=True, days_late=days, told=told,
                        at=clock.now())
            )  # fmt: skip
    Mention.objects.bulk_create(mentions, batch_size=2000)

    def text(letter: Letter) -> str:
        return shortened(f"牵头部门提醒：{letter.text(who, today, calendar, None)}")

    return _give(letters, today, text, manual=True)


@transaction.atomic
def read_notices(*, actor: User, notices: Iterable[Notice]) -> int:
    """Mark a person's own notices as read; number changed."""
    keys = [notice.pk for notice in notices]
    return Notice.objects.filter(pk__in=keys, recipient=actor, read_at=None).update(read_at=clock.now())
