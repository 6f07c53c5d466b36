"""Two people at once: one effect, the other is told."""

import threading
from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.db import connection

from inspections import services
from inspections.enums import Decision, RecordState, ReturnReason
from inspections.models import Confirmation, Dispatch, InspectionRecord
from registry import audit
from registry.enums import Role
from registry.errors import DomainError
from registry.models import AuditEvent
from tests import factories
from tests.inspections.desk import MONDAY, make_desk

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _monday() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=True):
        yield


def together(*acts: Callable[[], object]) -> list[object]:
    """Run all acts at once, each on its own connection; what each returned, or the refusal it got."""
    answers: list[object] = [None] * len(acts)
    gate = threading.Barrier(len(acts))

    def play(number: int, act: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            answers[number] = act()
        except DomainError as refusal:
            answers[number] = refusal
        finally:
            connection.close()

    threads = [threading.Thread(target=play, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return answers


def test_two_administrators_confirm_the_same_batch() -> None:
    desk = make_desk(5)
    desk.dispatch()
    other = factories.make_user(Role.DEPT_ADMIN, department=desk.wl.department)
    rows = desk.confirmations("WL")
    first, second = together(
        lambda: services.confirm_records(actor=desk.wl, confirmations=rows),
        lambda: services.confirm_records(actor=other, confirmations=list(reversed(rows))),
    )
    assert sorted([len(first), len(second)]) == [0, 5]
    assert AuditEvent.objects.filter(action__in=["确认", "逾期确认"]).count() == 5
    assert {row.decision for row in desk.confirmations("WL")} == {Decision.CONFIRMED}
    assert audit.verify_all() == []


def test_the_last_two_departments_confirm_at_once_and_the_record_opens_once() -> None:
    desk = make_desk(4)
    desk.dispatch()
    together(
        lambda: services.confirm_records(actor=desk.wl, confirmations=desk.confirmations("WL")),
        lambda: services.confirm_records(actor=desk.ga, confirmations=desk.confirmations("GA")),
    )
    assert {record.state for record in desk.records} == {RecordState.OPEN}
    assert AuditEvent.objects.filter(action="开始检查").count() == 4
    assert audit.verify_all() == []


def test_confirm_against_return_the_first_wins() -> None:
    desk = make_desk(1)
    desk.dispatch()
    other = factories.make_user(Role.DEPT_ADMIN, department=desk.wl.department)
    [row] = desk.confirmations("WL")
    confirmed, returned = together(
        lambda: services.confirm_records(actor=desk.wl, confirmations=[row]),
        lambda: services.return_record(actor=other, confirmation=row, reason=ReturnReason.REVOKED, note=""),
    )
    stored = Confirmation.objects.get(pk=row.pk)
    if isinstance(returned, DomainError):
        assert (stored.decision, stored.by, len(confirmed)) == (Decision.CONFIRMED, desk.wl, 1)
    else:
        assert (stored.decision, stored.by, confirmed) == (Decision.RETURNED, other, [])


def test_two_dispatches_make_one() -> None:
    desk = make_desk(3)
    answers = together(
        lambda: services.dispatch_draw(actor=desk.lead, draw=desk.draw),
        lambda: services.dispatch_draw(actor=desk.lead, draw=desk.draw),
    )
    assert sorted(isinstance(answer, DomainError) for answer in answers) == [False, True]
    assert (Dispatch.objects.count(), InspectionRecord.objects.count()) == (1, 3)
