"""A freeze and an import exclude each other; a submission goes through beside either, at once."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from inspections.models import DepartmentSection, InspectionRecord
from inspections.services import submit_section
from registry import audit
from registry.importers import read_registry_file
from registry.models import Enterprise, PastInspection, RiskScheme
from registry.services import declare_recusal, hold_registry, import_rows, load_reference_data, store_upload
from registry.services import importing as importing_module
from sampling import services
from sampling.models import Plan, Roster
from sampling.services.draft import Draft
from tests import factories as f
from tests.inspections import field as x
from tests.registry import files
from tests.sampling.plans import county, salts

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
AT_ONCE = 0.5
ROWS = 30


class Held:
    """Work in a thread of its own, held at one call of its inside until it is let go."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.inside, self.go = threading.Event(), threading.Event()
        self.answer: object = None
        self.thread = threading.Thread(target=self._run, args=(work,))

    def _run(self, work: Callable[[], object]) -> None:
        try:
            self.answer = work()
        except Exception as error:
            self.answer = error
        finally:
            connection.close()

    def stop(self) -> None:
        """Called from inside the work."""
        self.inside.set()
        assert self.go.wait(30)


@contextmanager
def held(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, work: Callable[[], object]) -> Iterator[Held]:
    """``work`` stands right after ``place.name``, which it calls inside its transaction."""
    one, original = Held(work), getattr(place, name)

    def holding(*args: Any, **kwargs: Any) -> Any:
        answer = original(*args, **kwargs)
        if threading.current_thread() is one.thread:
            one.stop()
        return answer

    monkeypatch.setattr(place, name, holding)
    one.thread.start()
    try:
        assert one.inside.wait(30), one.answer
        yield one
    finally:
        one.go.set()
        one.thread.join(60)


def freezing(plan: Plan) -> Callable[[], object]:
    fixed = salts()
    return lambda: services.freeze_plan(actor=plan.created_by, plan=Plan.objects.get(pk=plan.pk), salts=fixed)


def importing() -> Callable[[], object]:
    scheme, content = RiskScheme.objects.get(code="S1"), files.book(*(files.enterprise(n) for n in range(ROWS)))
    reading = read_registry_file(io.BytesIO(content), kind="enterprises", scheme=scheme)
    assert reading.problems == []
    batch = store_upload(actor=None, kind="enterprises", filename="a.xlsx", content=content, scheme=scheme)
    return lambda: import_rows(actor=None, batch=batch, rows=reading.rows)


@pytest.fixture(autouse=True)
def _prepared() -> None:
    load_reference_data(actor=None)
    reverse("home")  # loads all views: a server has done that long before


def ready() -> DepartmentSection:
    """A section that may be submitted."""
    f.load_calendar(2024)
    section = x.section_of(x.make_record())
    actor = x.fill(section)
    x.sign(InspectionRecord.objects.get(pk=section.record_id), actor)
    return DepartmentSection.objects.get(pk=section.pk)


def submitted(section: DepartmentSection) -> float:
    """How long its submission took."""
    began = time.monotonic()
    submit_section(actor=x.inspectors(section)[0], section=section)
    return time.monotonic() - began


def test_a_submission_goes_through_while_a_plan_is_frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    section, plan = ready(), county()
    before = Roster.objects.count()
    with held(monkeypatch, Draft, "files", freezing(plan)) as freeze:
        assert submitted(section) < AT_ONCE
        assert PastInspection.objects.count() == 1
        assert Roster.objects.count() == before
    assert isinstance(freeze.answer, Roster)
    assert audit.verify_all() == []


def test_a_submission_goes_through_while_a_file_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    section, work = ready(), importing()
    before = Enterprise.objects.count()
    with held(monkeypatch, importing_module, "write_enterprises", work):
        assert submitted(section) < AT_ONCE
        assert Enterprise.objects.count() == before
    assert Enterprise.objects.count() == before + ROWS
    assert audit.verify_all() == []


def test_an_import_waits_for_a_freeze(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, work = county(), importing()
    before = Enterprise.objects.count()
    with held(monkeypatch, Draft, "files", freezing(plan)):
        second = Held(work).thread
        second.start()
        second.join(1)
        assert second.is_alive()
        assert Enterprise.objects.count() == before
    second.join(60)
    assert Enterprise.objects.count() == before + ROWS
    assert Roster.objects.get(plan=plan).total + sum(Roster.objects.get(plan=plan).excluded.values()) == before


def test_a_freeze_waits_for_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    plan, work = county(), importing()
    with held(monkeypatch, importing_module, "write_enterprises", work):
        second = Held(freezing(plan)).thread
        second.start()
        second.join(1)
        assert second.is_alive()
        assert Roster.objects.count() == 0
    second.join(60)
    roster = Roster.objects.get(plan=plan)
    assert roster.total + sum(roster.excluded.values()) == Enterprise.objects.count()


def test_who_changes_what_a_freeze_reads_waits_for_it_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = county()
    person, enterprise = f.make_inspector(account=True), Enterprise.objects.order_by("pk")[0]
    with held(monkeypatch, Draft, "files", freezing(plan)):
        began = time.monotonic()
        with pytest.raises(DatabaseError, match="lock timeout"):
            declare_recusal(actor=person.user, inspector=person, enterprise=enterprise, reason="近亲属")
        assert time.monotonic() - began < 5
    declare_recusal(actor=person.user, inspector=person, enterprise=enterprise, reason="近亲属")


def test_two_who_only_read_hold_it_together_and_wait_no_longer_afterwards() -> None:
    def limits() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            return list(cursor.fetchone())

    def read() -> object:
        with transaction.atomic():
            hold_registry()
            return limits()

    with transaction.atomic():
        before = limits()
        hold_registry()
        other = Held(read)
        other.thread.start()
        other.thread.join(5)
        assert other.answer == before == limits() == ["3s", "15s"]


def test_the_registry_is_held_inside_a_transaction_only() -> None:
    with pytest.raises(RuntimeError, match="there is none"):
        hold_registry()
