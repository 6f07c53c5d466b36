"""Every address as every role over a whole campaign's data: no fault, no change, no dead link (trust.md W12, W14, A6).

Two kinds of addresses: every URL name that answers a GET, with keys of objects that exist; and what the pages
themselves offer, one of each shape (URL name and names of its parameters) per role.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from inspections.models import Confirmation, DepartmentSection, Evidence, FollowUp, InspectionRecord, Signature
from publicity.models import ExportJob, Feedback, Publication
from registry.models import AuditEvent, Department, Enterprise, ImportBatch, InspectionItem, Inspector, User
from sampling.models import EventRequest, Plan, PlanAttachment, Roster, TeamMember
from tests.county import County, make_county
from tests.policies import CSP, HEADERS, SANDBOX, headers
from tests.test_access import PUBLIC, TABLE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# Sign-ins, their limits, and the auditor's reading of personal data, which is itself recorded (decisions.md).
UNWATCHED = {"django_session", "usersessions_usersession", "django_cache", "registry_auditevent", "registry_audithead"}
READING = {"查看一企一表"}
# Pictures and charts keep their copy in the reader's own browser, never in a shared cache (trust.md I9).
OWN_CACHE = {"inspections:evidence_file", "inspections:signature_file", "publicity:stats_chart", "publicity:burndown"}
# A form of the public carries a token against forgery; nothing else of the public's sets a cookie.
WITH_TOKEN = {"publicity:feedback"}


def pks(rows: Any, count: int = 2) -> list[dict[str, Any]]:
    """The first and last keys of some rows."""
    keys = list(rows.order_by("pk").values_list("pk", flat=True))
    return [{"pk": key} for key in dict.fromkeys((*keys[: count - 1], *keys[-1:]))]


def of_published(county: County) -> list[dict[str, Any]]:
    row = Publication.objects.select_related("record__selection__enterprise").order_by("pk")[0]
    return [{"plan": row.plan_id, "uscc": row.record.selection.enterprise.uscc}]


def published(county: County) -> list[Roster]:
    return list(Roster.objects.filter(plan__in=Plan.objects.public()).order_by("pk"))


# Where the keys of an address come from, by the beginning of its name; the first that fits.
KEYS: dict[str, Callable[[County], list[dict[str, Any]]]] = {
    "registry:department": lambda county: pks(Department.objects),
    "registry:enterprise": lambda county: pks(Enterprise.objects),
    "registry:import_template": lambda county: [{"kind": "enterprises"}, {"kind": "inspectors"}],
    "registry:import_": lambda county: pks(ImportBatch.objects, 3),
    "registry:inspector": lambda county: pks(Inspector.objects),
    "registry:item": lambda county: pks(InspectionItem.objects),
    "registry:audit_object": lambda county: [
        {"object_type": row.object_type, "object_id": row.object_id}
        for row in AuditEvent.objects.filter(action__in=["抽取", "派发", "公示"]).order_by("pk")[:3]
    ],
    "sampling:plan_file": lambda county: [
        {"pk": county.plan.pk, "name": "roster"}
    ],
    "sampling:plan_attachment": lambda county: pks(PlanAttachment.objects),
    "sampling:freeze_sheet": lambda county: [{"pk": county.plan.pk}],
    "sampling:draw_record": lambda county: [{"pk": county.plan.pk}, {"pk": county.running.pk}],
    "sampling:plan_": lambda county: pks(Plan.objects, 3),
    "inspections:plan_": lambda county: pks(Plan.objects, 3),
    "inspections:task_return": lambda county: pks(Confirmation.objects),
    "inspections:return_decide": lambda county: pks(Confirmation.objects.filter(decision="RETURNED")),
    "inspections:task_assign": lambda county: pks(TeamMember.objects),
    "inspections:task_review": lambda county: pks(DepartmentSection.objects.filter(state="SUBMITTED")),
    "inspections:review_version": lambda county: pks(DepartmentSection.objects.filter(state="SUBMITTED")),
    "inspections:task_scan": lambda county: pks(InspectionRecord.objects),
    "inspections:upstream": lambda county: pks(DepartmentSection.objects.filter(state="APPROVED")),
    "inspections:follow_up_close": lambda county: pks(FollowUp.objects),
    "inspections:notice_print": lambda county: pks(DepartmentSection.objects.exclude(approval=None), 1),
    "inspections:evidence_file": lambda county: pks(Evidence.objects),
    "inspections:event_evidence": lambda county: pks(EventRequest.objects.exclude(evidence="")),
    "inspections:event_new": lambda county: [{"pk": county.running.pk}],
    "inspections:signature_file": lambda county: pks(Signature.objects, 1),
    "inspections:record_print": lambda county: pks(InspectionRecord.objects, 1),
    "inspections:record_": lambda county: [*pks(InspectionRecord.objects), {"pk": county.draft.pk}],
    "inspections:task_detail": lambda county: pks(InspectionRecord.objects),
    "publicity:visit": lambda county: [{"token": row.token} for row in InspectionRecord.objects.order_by("pk")[:2]],
    "publicity:plan_detail": lambda county: pks(Plan.objects, 3),
    "publicity:draw_file": lambda county: [{"draw_id": row.draw_id, "name": "freeze"} for row in published(county)],
    "publicity:draw_bundle": lambda county: [{"draw_id": row.draw_id} for row in published(county)],
    "publicity:draw_verify": lambda county: [{"draw_id": row.draw_id} for row in published(county)],
    "publicity:draw_detail": lambda county: [{"draw_id": row.draw_id} for row in Roster.objects.all()],
    "publicity:result_detail": of_published,
    "publicity:feedback_done": lambda county: [{"number": Feedback.objects.order_by("pk")[0].number}],
    "publicity:feedback_answer": lambda county: pks(Feedback.objects),
    "publicity:publish_preview": lambda county: pks(InspectionRecord.objects, 3),
    "publicity:correct": lambda county: pks(InspectionRecord.objects, 3),
    "publicity:stats_chart": lambda county: [
        {"pk": county.plan.pk, "name": "burndown"}, {"pk": county.plan.pk, "name": "departments"}
    ],
    "publicity:burndown": lambda county: [
        {"pk": county.plan.pk, "department": key} for key in (0, county.plan.departments.first().department_id)
    ],
    "publicity:plan_summary": lambda county: pks(Plan.objects, 3),
    "publicity:summary_file": lambda county: [{"pk": county.plan.pk}],
    "publicity:export_file": lambda county: pks(ExportJob.objects),
}  # fmt: skip


def addresses(county: County) -> Iterator[tuple[str, str]]:
    """(URL name, address) of everything that answers a GET."""
    for name, rule in sorted(TABLE.items()):
        if "GET" not in rule.methods:
            continue
        keys = [{}]
        if needs(name):
            make = next((make for start, make in KEYS.items() if name.startswith(start)), None)
            assert make is not None, f"{name}: say in KEYS where its keys come from"
            keys = make(county)
        assert keys, f"{name}: no object of its kind in the county (tests/county.py)"
        for kwargs in keys:
            yield name, reverse(name, kwargs=kwargs)


def pages_by_role(county: County) -> dict[str, dict[str, Any]]:
    """For the browser: who signs in and what they open. Each kind of page once, for the first role that is shown it;
    the home page for everybody."""
    found: dict[str, dict[str, Any]] = {}
    shown: set[str] = {"home"}
    for who, user in people(county).items():
        client, urls = Client(raise_request_exception=False), ["/daiban/"] if user else ["/account/login/"]
        if user is not None:
            client.force_login(user)
        for name, url in addresses(county):
            if name in shown:
                continue
            answer = client.get(url)
            if answer.status_code == 200:
                shown.add(name)
                saved = answer.get("Content-Disposition", "").startswith("attachment")
                if answer["Content-Type"].startswith("text/html") and not saved and b"</html>" in answer.content:
                    urls.append(url)
        found[who] = {"user": user and user.username, "urls": urls}
    return found


def needs(name: str) -> bool:
    """Whether an address of that name has keys in it."""
    from tests.test_access import address

    return resolve(address(name)).kwargs != {}


class Links(HTMLParser):
    """What a page offers: addresses of links, pictures and things loaded later by GET."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        names = {"a": "href", "img": "src", "object": "data"}
        for value in (values.get(names.get(tag, "")), values.get("hx-get")):
            if value:
                self.found.append(value)


class Controls(HTMLParser):
    """The controls of each form of a page by (name, value): what one tap chooses must not stand in a second place,
    where it stays chosen. Options count within their own list; two submit buttons may say the same."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: Counter[tuple[str, str, str]] = Counter()
        self.form, self.forms, self.select = "", 0, ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms += 1
            self.form = values.get("id") or f"form {self.forms}"
        name = values.get("name", "")
        if tag == "select":
            self.select = name
        elif tag == "option":
            self._count(values, self.select, values.get("value", ""))
        elif tag == "textarea" or (tag == "input" and values.get("type") not in {"submit", "button", "image", "reset"}):
            ticked = values.get("type") in {"checkbox", "radio", "hidden"}
            self._count(values, name, values.get("value", "on") if ticked else "")

    def _count(self, values: dict[str, str], name: str, value: str) -> None:
        if name:
            self.seen[values.get("form") or self.form, name, value] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = ""

    @property
    def twice(self) -> list[str]:
        """What stands twice in one form."""
        return [f"{name}={value}" for (form, name, value), number in self.seen.items() if form and number > 1]


def test_a_control_that_stands_twice_is_seen() -> None:
    once = (
        "<input type=checkbox name=results value=CORRECTED><input type=radio name=a value=1><input type=radio name=a>"
    )
    assert Controls(f"<form>{once}</form><form>{once}</form>").twice == []
    assert Controls(f"<form>{once}<details>{once}</details></form>").twice == ["results=CORRECTED", "a=1", "a=on"]


@dataclass
class Crawler:
    """One person (or nobody) walking through the product."""

    who: str
    client: Client
    problems: list[str]
    served: set[str]
    seen: set[str] = field(default_factory=set)
    shapes: set[tuple[Any, ...]] = field(default_factory=set)

    def visit(self, name: str, url: str, *, offered_by: str = "") -> None:
        """GET, judge, and follow what the page offers in shapes not seen yet."""
        if url in self.seen:
            return
        self.seen.add(url)
        answer = self.client.get(url)
        self._judge(name, url, answer, offered_by)
        if answer.status_code < 400:
            self.served.add(name)
        if answer.status_code == 200 and answer.get("Content-Type", "").startswith("text/html"):
            text = answer.content.decode()
            self.problems += [f"{self.who} {url}: {line} stands twice in a form" for line in Controls(text).twice]
            for link in Links(text).found:
                self._follow(urldefrag(urljoin(url, link)).url, url)

    def _follow(self, url: str, offered_by: str) -> None:
        parts = urlsplit(url)
        if parts.netloc or parts.scheme or parts.path.startswith(("/static/", "/account/logout/")):
            return
        try:
            match = resolve(parts.path)
        except Resolver404:
            self.problems.append(f"{self.who}: {offered_by} offers {url}, which is no address")
            return
        asked = () if match.namespace == "admin" else sorted(part.partition("=")[0] for part in parts.query.split("&"))
        shape = (match.view_name, *asked)
        if shape not in self.shapes:
            self.shapes.add(shape)
            self.visit(match.view_name, url, offered_by=offered_by)

    def _judge(self, name: str, url: str, answer: HttpResponse, offered_by: str) -> None:
        status, cache = answer.status_code, answer.get("Cache-Control", "")
        said = f"{self.who}: {url} ({name}) answered {status}"
        if status >= 500:
            self.problems.append(said)
        if offered_by and status >= 400:
            self.problems.append(f"{said}, offered by {offered_by}")
        if headers(answer.headers) not in (HEADERS, {**HEADERS, CSP: SANDBOX}):
            self.problems.append(f"{said} with the policy {headers(answer.headers)}")
        if status != 200 or name not in TABLE:
            return
        public = PUBLIC in TABLE[name].roles
        wanted = "private" if name in OWN_CACHE else "no-store"
        if not public and wanted not in cache:
            self.problems.append(f"{said} with Cache-Control {cache!r}")
        if public and self.who == "nobody" and answer.cookies and name not in WITH_TOKEN:
            self.problems.append(f"{said} with cookies {list(answer.cookies)}")


def watched_state() -> dict[str, str]:
    """A digest of every table, without who is signed in and when somebody last signed in."""
    digests = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table in UNWATCHED:
                continue
            cursor.execute(f'SELECT * FROM "{table}" LIMIT 0')  # Django's own description stumbles over SQLite's checks
            columns = [one[0] for one in cursor.description]
            kept = ", ".join(f'"{column}"' for column in columns if column != "last_login")
            cursor.execute(f'SELECT {kept} FROM "{table}" ORDER BY {kept}')
            digests[table] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
    return digests


def people(county: County) -> dict[str, User | None]:
    """One of each role, and nobody."""
    cast = county.cast
    return {
        "nobody": None, "lead": cast.lead, "admin": cast.admins["XF"], "inspector": county.inspector,
        "auditor": cast.auditor, "sysadmin": cast.sysadmin,
    }  # fmt: skip


def test_no_get_fails_or_changes_anything_for_anybody(tmp_path: Path, settings: Any, caplog: Any) -> None:
    caplog.set_level("CRITICAL", logger="django.request")  # hundreds of refusals are what is expected
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.DEMO = True
    county = make_county(tmp_path)
    pages = list(addresses(county))
    clients = {who: Client(raise_request_exception=False) for who in people(county)}
    for who, user in people(county).items():
        if user is not None:
            clients[who].force_login(user)
    before, last = watched_state(), AuditEvent.objects.order_by("-pk")[0].pk
    files = sorted(path for path in (tmp_path / "media").rglob("*"))

    problems: list[str] = []
    served: set[str] = set()
    for who, client in clients.items():
        crawler = Crawler(who, client, problems, served)
        for name, url in pages:
            crawler.visit(name, url)

    assert "\n".join(problems) == ""
    assert {name for name, _ in pages} - served == set(), "nobody was ever shown these"
    changed = {table for table, digest in watched_state().items() if before[table] != digest}
    assert changed == set()
    assert set(AuditEvent.objects.filter(pk__gt=last).values_list("action", flat=True)) <= READING
    assert sorted(path for path in (tmp_path / "media").rglob("*")) == files
