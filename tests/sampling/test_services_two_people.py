"""What takes two people: the confirmed draw, the void; and what a cancelled plan still has to show."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from registry import audit
from registry.enums import Role
from registry.errors import DomainError
from sampling import bundle, services
from sampling.enums import Decision, DrawEventKind, PlanState, RevealCause
from sampling.models import Draw, DrawEvent, DrawRequest, FreezeVoid, LogEntry, OpenFreeze, Plan, Reveal, Roster
from tests import factories as f
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db


def refused(call: Any) -> str:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value.message


def ask(plan: Plan, key: str = "draw-request-key-0001", **options: Any) -> DrawRequest:
    p.at(p.DRAWN_AT)
    return services.request_draw(
        actor=plan.created_by, plan=plan, digits=p.DIGITS, witnesses=p.WITNESSES, key=key, **options
    )


# ---------------------------------------------------------------------------------------------------- draw by two


def test_the_second_person_draws_what_the_first_typed_and_presses_twice() -> None:
    plan = p.sealed(second=True)
    p.freeze(plan, nonce=p.NONCE)
    assert "第二人确认" in refused(lambda: p.draw(plan))
    request = ask(plan)
    assert ask(plan) == request
    assert services.pending_draw(plan) == request
    assert "等待另一个牵头账号" in refused(lambda: ask(plan, key="draw-request-key-0002"))
    second = p.colleague(plan)
    assert "不能是同一人" in refused(lambda: services.confirm_draw(actor=plan.created_by, request=request))
    refused(lambda: services.confirm_draw(actor=f.make_user(Role.AUDITOR), request=request))
    refused(lambda: services.confirm_draw(actor=f.make_user(Role.SYSADMIN), request=request))
    draw = services.confirm_draw(actor=second, request=request)
    assert services.confirm_draw(actor=second, request=request) == draw
    assert (draw.drawn_by, draw.approved_by, draw.digits) == (plan.created_by, second, p.DIGITS)
    assert services.pending_draw(plan) is None
    assert "不能撤回" in refused(lambda: services.withdraw_draw_request(actor=second, request=request, reason="错"))
    assert audit.verify_all() == []


def test_a_wrong_digit_is_withdrawn_with_its_reason_and_stays_to_be_seen() -> None:
    plan = p.sealed(second=True)
    p.freeze(plan)
    first = ask(plan)
    refused(lambda: services.withdraw_draw_request(actor=plan.created_by, request=first, reason=" "))
    services.withdraw_draw_request(actor=plan.created_by, request=first, reason="第 3 组录错")
    second = p.colleague(plan)
    assert "已经撤回" in refused(lambda: services.confirm_draw(actor=second, request=first))
    again = ask(plan, key="draw-request-key-0002")
    services.confirm_draw(actor=second, request=again)
    kept = DrawRequest.objects.order_by("pk").values_list("withdrawn_reason", flat=True)
    assert list(kept) == ["第 3 组录错", ""]


def test_the_database_lets_nobody_confirm_the_own_digits_and_holds_one_request() -> None:
    plan = p.sealed(second=True)
    roster = p.freeze(plan)
    request = ask(plan)
    with pytest.raises(IntegrityError), transaction.atomic():
        DrawRequest.objects.filter(pk=request.pk).update(confirmed_by=request.requested_by)
    with pytest.raises(IntegrityError), transaction.atomic():
        DrawRequest.objects.create(
            roster=roster, digits=p.DIGITS, requested_by=plan.created_by, requested_at=p.DRAWN_AT
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        OpenFreeze.objects.create(plan=plan, roster=roster)


def test_a_plan_without_the_setting_wants_no_request() -> None:
    plan = p.county()
    p.freeze(plan)
    assert "直接抽取" in refused(lambda: ask(plan))


# ------------------------------------------------------------------------------------------------------------ void


def test_a_dispute_before_the_time_voids_the_freeze_and_the_successor_names_it() -> None:
    plan = p.sealed()
    first = p.freeze(plan, nonce=p.NONCE)
    lead = plan.created_by
    assert "理由" in refused(lambda: services.void_freeze(actor=lead, plan=plan, reason=" "))
    services.void_freeze(actor=lead, plan=plan, reason="一家企业登记机关有误")
    plan.refresh_from_db()
    assert (plan.state, OpenFreeze.objects.count(), Reveal.objects.count()) == (PlanState.DRAFT, 0, 0)
    assert list(LogEntry.objects.values_list("kind", flat=True)) == ["FREEZE", "VOID"]
    assert set(services.public_files(first)) == {"freeze", "void", "log"}
    assert plan in Plan.objects.public()
    second = p.freeze(plan)
    assert bundle.read_freeze(services.bundle_files(second)["freeze"]).supersedes == first.draw_id
    assert (second.round, second.counts == first.counts) == (2, True)
    p.draw(plan)
    assert Draw.objects.get().supersedes is None


def test_after_the_time_a_freeze_is_void_only_by_two_and_is_opened() -> None:
    plan = p.sealed()
    roster = p.freeze(plan, nonce=p.NONCE)
    lead, second = plan.created_by, p.colleague(plan)
    p.at(p.DRAWN_AT)
    assert "第二人" in refused(lambda: services.void_freeze(actor=lead, plan=plan, reason="见证人没有到"))
    request = services.request_void(actor=lead, plan=plan, reason="见证人没有到")
    assert "已经申请作废" in refused(lambda: services.request_void(actor=lead, plan=plan, reason="再一次"))
    assert "不能是同一人" in refused(lambda: services.confirm_void(actor=lead, request=request))
    services.confirm_void(actor=second, request=request)
    void = FreezeVoid.objects.get()
    assert (void.actor, void.second, Reveal.objects.get().cause) == (lead, second, RevealCause.VOID)
    assert p.NONCE in services.public_files(Roster.objects.get(pk=roster.pk))["nonces"].decode()
    refused(lambda: services.confirm_void(actor=second, request=request))


def test_once_digits_are_typed_the_freeze_must_be_drawn() -> None:
    plan = p.sealed(second=True)
    p.freeze(plan)
    request = ask(plan)
    words = refused(lambda: services.request_void(actor=plan.created_by, plan=plan, reason="不满意"))
    assert "先完成抽取" in words
    services.withdraw_draw_request(actor=plan.created_by, request=request, reason="录错")
    refused(lambda: services.request_void(actor=plan.created_by, plan=plan, reason="不满意"))


def test_a_void_draw_is_opened_and_its_enterprises_are_taken_with_certainty(tmp_path: Path) -> None:
    draw = p.sealed_draw()
    plan, roster = draw.plan, draw.roster
    lead, second = plan.created_by, p.colleague(plan)
    request = services.request_void(actor=lead, plan=plan, reason="现场录像没有录上")
    services.confirm_void(actor=second, request=request)
    event = DrawEvent.objects.get()
    assert (event.kind, event.code, event.actor, event.second) == (DrawEventKind.VOID, "office", lead, second)
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT
    fresh = Roster.objects.get(pk=roster.pk)
    assert Reveal.objects.get().cause == RevealCause.VOID
    assert {"public", "nonces", "void", "log"} <= set(services.public_files(fresh))
    assert bundle.verify_folder(p.export(fresh, tmp_path / "void")).picks == 7
    p.at(p.DRAWN_AT + dt.timedelta(hours=1))
    again = services.freeze_plan(actor=lead, plan=plan, salts=p.salts())
    carried = {stratum: n for stratum, n in again.counts.items() if stratum.endswith("-1")}
    assert sum(carried.values()) == 7
    assert bundle.read_freeze(services.bundle_files(again)["freeze"]).supersedes == roster.draw_id
    p.at(p.DRAWN_AT + dt.timedelta(days=2))
    after = services.run_draw(actor=lead, plan=plan, digits="7" * 40, witnesses=p.WITNESSES, key="draw-after-void-0001")
    assert after.supersedes == event
    picked = set(after.selections.filter(kind="MAIN").values_list("enterprise", flat=True))
    assert set(draw.selections.filter(kind="MAIN").values_list("enterprise", flat=True)) <= picked
    assert audit.verify_all() == []


def test_a_request_to_void_is_taken_back_or_refused() -> None:
    draw = p.sealed_draw()
    lead, second = draw.plan.created_by, p.colleague(draw.plan)
    one = services.request_void(actor=lead, plan=draw.plan, reason="一")
    assert services.withdraw_void(actor=lead, request=one).decision == Decision.WITHDRAWN
    two = services.request_void(actor=lead, plan=draw.plan, reason="二")
    assert services.withdraw_void(actor=second, request=two).decision == Decision.REFUSED
    assert DrawEvent.objects.count() == 0


def test_after_the_dispatch_a_draw_is_not_void() -> None:
    draw = p.sealed_draw()
    services.advance_plan(actor=draw.drawn_by, plan=draw.plan, to=PlanState.DISPATCHED)
    assert "已经派发" in refused(lambda: services.request_void(actor=draw.drawn_by, plan=draw.plan, reason="迟了"))


@pytest.mark.parametrize("drawn", [False, True])
def test_a_cancelled_plan_still_opens_what_it_had(drawn: bool) -> None:
    plan = p.sealed()
    roster = p.freeze(plan, nonce=p.NONCE)
    if drawn:
        p.draw(plan)
    services.cancel_plan(actor=plan.created_by, plan=plan, reason="机构改革")
    assert Reveal.objects.get().cause == RevealCause.CANCELLED
    assert p.NONCE in services.public_files(Roster.objects.get(pk=roster.pk))["nonces"].decode()
    kinds = list(LogEntry.objects.values_list("kind", flat=True))
    opened = ["NONCES", "PUBLIC-PLAN"]
    assert kinds == (["FREEZE", "ENTROPY", "RESULT", *opened, "PUBLIC"] if drawn else ["FREEZE", "VOID", *opened])
    assert OpenFreeze.objects.count() == 0
