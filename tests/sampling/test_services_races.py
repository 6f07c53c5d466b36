"""Two at once: one freeze, one draw, one substitute; the other is told."""

import threading
from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection

from registry import audit, clock
from registry.errors import DomainError
from sampling import services
from sampling.enums import EOutReason, PickKind, PlanState
from sampling.models import BundleFile, Draw, DrawEvent, DrawRequest, LogEntry, Plan, Reveal, Roster
from tests import factories as f
from tests.sampling.plans import (
    DIGITS,
    DRAWN_AT,
    FROZEN_AT,
    WITNESSES,
    at,
    colleague,
    county,
    draw,
    drawn,
    freeze,
    salts,
    sealed,
)

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


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


def test_two_draws_at_once_are_one() -> None:
    plan = county()
    freeze(plan)
    at(DRAWN_AT)

    def act(key: str, digits: str) -> Callable[[], object]:
        own = Plan.objects.get(pk=plan.pk)
        return lambda: services.run_draw(actor=plan.created_by, plan=own, digits=digits, witnesses=WITNESSES, key=key)

    answers = together(act("race-draw-key-00001", DIGITS), act("race-draw-key-00002", DIGITS[::-1]))
    (made,) = [answer for answer in answers if isinstance(answer, Draw)]
    (refused,) = [answer for answer in answers if isinstance(answer, DomainError)]
    assert "抽取只有一次" in str(refused)
    assert [one.pk for one in Draw.objects.all()] == [made.pk]
    assert BundleFile.objects.filter(name="result").count() == 1
    assert list(LogEntry.objects.order_by("seq").values_list("kind", flat=True)) == [
        "FREEZE", "PUBLIC-PLAN", "ENTROPY", "RESULT", "PUBLIC",
    ]  # fmt: skip
    assert audit.verify_all() == []


def test_one_key_twice_at_once_is_one_draw_with_one_answer() -> None:
    plan = county()
    freeze(plan)
    at(DRAWN_AT)

    def act() -> object:
        own = Plan.objects.get(pk=plan.pk)
        return services.run_draw(
            actor=plan.created_by, plan=own, digits=DIGITS, witnesses=WITNESSES, key="race-draw-key-00001"
        )

    first, second = together(act, act)
    assert isinstance(first, Draw)
    assert first == second
    assert Draw.objects.count() == 1


def test_two_freezes_of_one_plan_are_one() -> None:
    plan = county()
    at(FROZEN_AT)
    fixed = salts()

    def act() -> object:
        own = Plan.objects.get(pk=plan.pk)
        return services.freeze_plan(actor=plan.created_by, plan=own, salts=fixed)

    answers = together(act, act)
    assert sorted(type(answer).__name__ for answer in answers) == ["DomainError", "Roster"]
    assert Roster.objects.count() == 1
    assert list(LogEntry.objects.values_list("kind", flat=True)) == ["FREEZE", "PUBLIC-PLAN"]


def test_two_plans_frozen_at_once_get_consecutive_numbers_in_one_chain() -> None:
    first = county()
    second = f.make_plan(departments=("WL", "GA"), created_by=first.created_by)
    at(FROZEN_AT)
    fixed = salts()
    acts = [
        lambda plan=plan: services.freeze_plan(actor=first.created_by, plan=Plan.objects.get(pk=plan.pk), salts=fixed)
        for plan in (first, second)
    ]
    together(*acts)
    rosters = list(Roster.objects.order_by("seq"))
    assert [one.seq for one in rosters] == [1, 2]
    entries = list(LogEntry.objects.order_by("seq"))
    assert [(entry.seq, entry.roster_id) for entry in entries] == [
        (number, rosters[(number - 1) // 2].pk) for number in (1, 2, 3, 4)
    ]
    assert rosters[1].prev == entries[1].chain
    assert services.log_head()[1] == entries[3].chain


def test_two_who_call_up_for_one_enterprise_use_one_reserve() -> None:
    one = drawn(grades="A" * 10)
    gone = one.selections.filter(kind=PickKind.MAIN).select_related("enterprise", "draw__plan", "draw__roster")[0]

    def act() -> object:
        return services.call_up_reserve(
            actor=one.plan.created_by, selection=gone, code=EOutReason.REVOKED, reason="吊销"
        )

    answers = together(act, act)
    assert sorted(type(answer).__name__ for answer in answers) == ["DomainError", "DrawEvent"]
    assert DrawEvent.objects.count() == 1
    assert Plan.objects.get(pk=one.plan_id).state == PlanState.DRAWN
    assert clock.is_pinned()


def test_two_who_confirm_at_once_get_one_draw() -> None:
    plan = sealed(second=True)
    freeze(plan)
    at(DRAWN_AT)
    request = services.request_draw(
        actor=plan.created_by, plan=plan, digits=DIGITS, witnesses=WITNESSES, key="race-request-key-01"
    )
    seconds = [colleague(plan), colleague(plan)]
    acts = [lambda who=who: services.confirm_draw(actor=who, request=request) for who in seconds]
    first, second = together(*acts)
    assert isinstance(first, Draw)
    assert first == second
    assert Draw.objects.get().approved_by in seconds
    assert audit.verify_all() == []


def test_a_confirmation_and_a_withdrawal_at_once_are_one_of_both() -> None:
    plan = sealed(second=True)
    freeze(plan)
    at(DRAWN_AT)
    request = services.request_draw(
        actor=plan.created_by, plan=plan, digits=DIGITS, witnesses=WITNESSES, key="race-request-key-01"
    )
    second = colleague(plan)
    answers = together(
        lambda: services.confirm_draw(actor=second, request=request),
        lambda: services.withdraw_draw_request(actor=plan.created_by, request=request, reason="录错"),
    )
    assert [isinstance(one, DomainError) for one in answers].count(True) == 1
    request.refresh_from_db()
    assert (request.confirmed_at is None) == (request.withdrawn_at is not None)
    assert Draw.objects.count() == (0 if request.confirmed_at is None else 1)


def test_a_reveal_a_void_and_a_reveal_by_the_clock_at_once_open_the_draw_once() -> None:
    plan = sealed()
    roster = freeze(plan)
    one = draw(plan)
    request = services.request_void(actor=plan.created_by, plan=plan, reason="录像没有录上")
    second = colleague(plan)
    at(roster.reveal_by)
    together(
        lambda: services.reveal_draw(actor=plan.created_by, roster=one.roster),
        lambda: services.confirm_void(actor=second, request=request),
        services.reveal_due,
    )
    assert Reveal.objects.count() == BundleFile.objects.filter(name="nonces").count() == 1
    assert LogEntry.objects.filter(kind="NONCES").count() == 1
    assert services.verify_draws().faults == []


def test_without_the_lock_of_the_plan_two_confirmations_reach_the_constraint(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the row lock of the request and the unique draw of a roster are what is left, and they hold."""
    plan = sealed(second=True)
    freeze(plan)
    at(DRAWN_AT)
    request = services.request_draw(
        actor=plan.created_by, plan=plan, digits=DIGITS, witnesses=WITNESSES, key="race-request-key-01"
    )
    monkeypatch.setattr("sampling.services.confirming.lock_plan", lambda row: Plan.objects.get(pk=row.pk))
    both = threading.Barrier(2)

    def read_by_both(row: DrawRequest) -> DrawRequest:
        found = DrawRequest.objects.select_related("roster__plan", "requested_by").get(pk=row.pk)
        both.wait(10)
        return found

    monkeypatch.setattr("sampling.services.confirming._fresh", read_by_both)

    def act() -> object:
        try:
            return services.confirm_draw(actor=colleague(plan), request=request)
        except DatabaseError as error:
            return error

    answers = together(act, act)
    assert sorted(isinstance(one, DatabaseError) for one in answers) == [False, True]
    assert Draw.objects.count() == 1
