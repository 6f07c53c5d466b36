"""One number, one meaning: a campaign walked day by day through the services, and on every evening home, progress,
calendar, tasks, statistics and the public pages say the same."""

import datetime as dt
import re
from collections import Counter
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from inspections import services
from inspections.enums import LeadDecision, ReturnReason
from inspections.models import Confirmation, InspectionRecord
from kuancheng_inspect import desk as home
from kuancheng_inspect.desk_rows import Todo
from publicity import reads, statistics
from publicity.services import deadlines_by_day, publish_records
from publicity.services.due import DueLine
from registry import clock
from registry.enums import Role
from registry.models import User
from sampling.models import Plan
from tests import factories
from tests.inspections import field
from tests.inspections.desk import Desk, make_drawn_desk

pytestmark = pytest.mark.django_db
JUNE = (dt.date(2024, 6, 1), dt.date(2024, 6, 30))


def evening(day: int, month: int = 6) -> Any:
    return time_machine.travel(dt.datetime(2024, month, day, 17, 0, tzinfo=factories.SHANGHAI), tick=False)


class Walk:
    """The campaign: five cafés, two departments and one without items for cafés."""

    def __init__(self) -> None:
        self.desk: Desk = make_drawn_desk(10, idle="WS")
        self.ws = factories.make_user(Role.DEPT_ADMIN, department=factories.make_department("WS"))
        self.admins = {"WL": self.desk.wl, "GA": self.desk.ga, "WS": self.ws}

    def confirm(self, code: str, *places: int, note: str = "") -> None:
        rows = [Confirmation.objects.get(record=self.record(place), department__code=code) for place in places]
        services.confirm_records(actor=self.admins[code], confirmations=rows, note=note)

    def send_back(self, code: str, place: int, decision: str = "", result: str = "") -> None:
        row = Confirmation.objects.get(record=self.record(place), department__code=code)
        if not decision:
            services.return_record(
                actor=self.admins[code], confirmation=row, reason=ReturnReason.DEREGISTERED, note="已注销"
            )
            return
        services.decide_return(actor=self.desk.lead, confirmation=row, decision=decision, reason="核实")

    def record(self, place: int) -> InspectionRecord:
        return list(InspectionRecord.objects.filter(plan=self.desk.plan).order_by("pk"))[place]

    def visit(self, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
        """Both departments fill their sections today and the enterprise signs; nobody hands in yet."""
        now = clock.now()
        monkeypatch.setattr(field, "VISIT_FROM", now - dt.timedelta(hours=2))
        monkeypatch.setattr(field, "VISIT_TO", now - dt.timedelta(hours=1))
        monkeypatch.setattr(field.arrive, "__defaults__", ("NORMAL", now - dt.timedelta(hours=2)))
        for code in ("WL", "GA"):
            actor = field.fill(field.section_of(self.record(place), code))
        field.sign(self.record(place), actor)

    def hand_in(self, code: str, *places: int) -> None:
        for place in places:
            section = field.section_of(self.record(place), code)
            services.submit_section(actor=field.inspectors(section)[0], section=section)

    def review(self, code: str, place: int, decision: str = "PASS", reason: str = "") -> None:
        section = field.section_of(self.record(place), code)
        services.review_section(actor=self.admins[code], section=section, decision=decision, reason=reason)


class Pages:
    """Everything the pages say this evening."""

    def __init__(self, walk: Walk) -> None:
        self.walk, self.plan = walk, Plan.objects.get(pk=walk.desk.plan.pk)
        self.client = Client()
        self.client.force_login(walk.desk.lead)
        self.home = home.desk_of(walk.desk.lead, clock.today())
        self.homes = {walk.desk.lead.pk: self.home}
        self.matrix = self.context(reverse("inspections:plan_progress", args=[self.plan.pk]))
        [(_, self.listed)] = self.context(reverse("inspections:progress"))["rows"]
        facts = statistics.gather(self.plan, clock.today())
        self.sections = [one for record in facts.records for one in record.sections]
        self.facts, self.t1 = facts, statistics.all_tables(facts, grades=True)[0]
        self.t2 = statistics.all_tables(facts, grades=True)[1]

    def context(self, url: str) -> Any:
        return self.client.get(url).context

    def tasks(self, query: str) -> int:
        number: int = self.context(f"{reverse('inspections:task_list')}?plan={self.plan.pk}&{query}")[
            "page"
        ].paginator.count
        return number

    def answered_late(self) -> int:
        """Confirmations that came, but after their day; the statistics count them with those still owed."""
        rows = Confirmation.objects.filter(record__plan=self.plan, late=True).exclude(record__state="REPLACED")
        return rows.exclude(decision="PENDING").count()

    def t2_total(self, label: str, group: str = "") -> Any:
        places = [n for n, one in enumerate(self.t2.columns) if one.label == label and group in one.group]
        assert self.t2.total is not None
        return self.t2.total[places[0]]

    def todo(self, user: User, kind: str) -> int:
        """How many the rows of a kind name on somebody's home: the first number of each."""
        if user.pk not in self.homes:
            self.homes[user.pk] = home.desk_of(user, clock.today())
        rows: list[Todo] = [one for one in self.homes[user.pk].todos if one.about.startswith(f"{kind}:")]
        return sum(int(re.findall(r"(?:有|的|复核) (\d+) [家份]", one.title)[0]) for one in rows)


def numbers(pages: Pages) -> dict[str, list[Any]]:
    """Meaning → the same number as every page says it."""
    totals, burn, listed = pages.matrix["totals"], pages.home.burndown, pages.listed
    debts = pages.home.debt_totals
    rows = pages.context(reverse("inspections:plan_burndown", args=[pages.plan.pk]))["rows"]
    own = list(pages.walk.admins.values())
    running = burn is not None
    return {
        "pending": [totals["pending"], listed["pending"], debts["pending"], pages.tasks("stage=pending"),
                    pages.todo(pages.walk.desk.lead, "lead-confirm"), sum(pages.todo(one, "confirm") for one in own)],
        "confirmed": [totals["confirmed"], pages.tasks("stage=confirmed")],
        "returned": [totals["sent_back"], listed["returned"], pages.tasks("stage=returned")],
        "sent": [totals["sent"], pages.t2_total("派发"),
                 totals["confirmed"] + totals["pending"] + totals["sent_back"] + totals["otherwise"]],
        "all": [totals["all"], pages.tasks(""), totals["total"] + totals["no_items"] + totals["not_mine"]],
        "due": [totals["total"], listed["total"], len(pages.sections), pages.t2_total("应检"),
                *([burn["total"]] if running else []), sum(rows[0][1]) + totals["filled"] if rows else totals["total"]],
        "done": [totals["filled"], pages.tasks("stage=filled"), pages.t2_total("已检"),
                 sum(one.entered_on is not None for one in pages.sections)],
        "left": [totals["left"], totals["total"] - totals["filled"], totals["open"] + totals["confirming"],
                 *([burn["left"]] if running else []), rows[0][2] if rows else 0],
        "open": [totals["open"], pages.todo(pages.walk.desk.lead, "lead-fill"),
                 sum(pages.todo(one, "fill") for one in own)],
        "late": [totals["overdue"], listed["late"], debts["overdue"], *([burn["late"]] if running else []),
                 totals["late_confirm"] + totals["late_fill"]],
        "late fill": [totals["late_fill"], pages.tasks("overdue=on"), sum(one.overdue for one in pages.sections)],
        "late confirm": [totals["late_confirm"],
                         sum(one.late for one in pages.facts.confirmations) - pages.answered_late()],
        "to review": [totals["submitted"], debts["review"], sum(pages.todo(one, "review") for one in own)],
        "approved": [totals["approved"], listed["done"], pages.tasks("stage=approved")],
        "published": [totals["published"], pages.t2_total("已公示"), pages.tasks("stage=published")],
        "enterprises": [pages.t1.value(0, "应检"), pages.matrix["plan"].enterprises],
        "published enterprises": [
            pages.t1.value(0, "已公示"), reads.figures(2024)["published"],
            *[one.published for one in Client().get(reverse("publicity:plan_list")).context["page"]],
        ],
    }  # fmt: skip


def due_days(pages: Pages) -> dict[str, list[Any]]:
    """What is due on the days of June, as home, calendar, progress and tasks say it."""
    lines: list[DueLine] = deadlines_by_day(pages.walk.desk.lead, *JUNE)
    strip = {one.day: one.due["count"] for week in pages.home.weeks for one in week if one and one.due}
    by_day: Counter[dt.date] = Counter()
    for one in lines:
        by_day[one.day] += one.count
    months = pages.context(f"{reverse('registry:calendar')}?year=2024")["months"]
    cells = [cell for week in months[5]["weeks"] for cell in week if cell]
    year = {cell["day"]: cell["due"][1] for cell in cells if cell["due"]}
    owed = {one.day: Counter[str]() for one in lines}
    for one in lines:
        for what, word in (("confirm", "确认"), ("fill", "回填")):
            owed[one.day][what] += one.count * (word in one.what)
    matrix = {one.day: one.due for week in pages.matrix["weeks"] for one in week if one and one.due}
    in_matrix = {
        day: {name: one[name] for name in ("confirm", "fill") if one[name]} for day, one in matrix.items()
    }  # fmt: skip
    totals = {day: one["total"] for day, one in matrix.items()}
    return {
        "days": [dict(by_day), strip, year],
        "progress": [{day: dict(+count) for day, count in owed.items() if +count}, in_matrix],
        "tasks": [totals, {day: pages.tasks(f"due={day}") for day in matrix}],
    }


def test_on_every_day_of_a_campaign_every_page_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    walk = Walk()
    with evening(3):
        services.dispatch_draw(actor=walk.desk.lead, draw=walk.desk.draw)
    seen: dict[str, list[int]] = {}

    def look(day: int) -> None:
        pages = Pages(walk)
        said = numbers(pages)
        assert {name: values for name, values in said.items() if len(set(values)) > 1} == {}, day
        days = due_days(pages)
        assert {name: values for name, values in days.items() if any(one != values[0] for one in values)} == {}, day
        for name, values in said.items():
            seen.setdefault(name, []).append(values[0])

    story = {
        3: lambda: None,
        4: lambda: (walk.confirm("WL", 0, 1, 2, 3), walk.send_back("WL", 4)),
        5: lambda: walk.confirm("GA", 0, 1, 2),
        6: lambda: walk.send_back("WL", 4, LeadDecision.REPLACE),
        7: lambda: (walk.confirm("WL", 5), walk.send_back("GA", 3)),
        11: lambda: (walk.send_back("GA", 3, LeadDecision.CLOSE), walk.visit(0, monkeypatch)),
        12: lambda: (walk.hand_in("WL", 0), walk.visit(1, monkeypatch)),
        13: lambda: (walk.hand_in("GA", 0), walk.hand_in("WL", 1), walk.confirm("GA", 5, note="外出培训")),
        14: lambda: (walk.review("WL", 0), walk.review("GA", 0)),
        17: lambda: publish_records(actor=walk.desk.lead, records=[walk.record(0)]),
        18: lambda: walk.review("WL", 1, "RETURN", "照片不清"),
        19: lambda: walk.visit(5, monkeypatch),
        20: lambda: walk.review("WL", 0, "RETURN", "更正"),
        21: lambda: walk.hand_in("GA", 1),
        24: lambda: (walk.hand_in("WL", 1), walk.hand_in("WL", 5)),
    }
    for day, acts in story.items():
        with evening(day):
            acts()
            look(day)
    # the walk went through every state it claims to compare
    assert {name for name, values in seen.items() if not any(values)} == set()
    assert seen["late"][:5] == [0, 0, 0, 1, 0]
    assert seen["all"] == [15] * len(story)
