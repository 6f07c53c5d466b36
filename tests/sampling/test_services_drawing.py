"""The draw: once, not too early, before witnesses, from the frozen bytes alone; and what may happen to it after."""

import datetime as dt
import io
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from registry import audit
from registry.enums import RegStatus, Role
from registry.errors import DomainError
from registry.models import Enterprise, Inspector, Recusal
from sampling import bundle, services
from sampling.enums import DrawEventKind, EOutReason, IOutReason, PickKind, PlanState
from sampling.models import BundleFile, Draw, DrawEvent, LogEntry, Plan, Selection, TeamMember
from tests import factories as f
from tests.sampling.plans import (
    DIGITS,
    DRAWN_AT,
    FROZEN_AT,
    WITNESSES,
    at,
    county,
    draw,
    drawn,
    export,
    freeze,
    notice,
    salts,
)

pytestmark = pytest.mark.django_db


def picked(one: Draw, kind: str = PickKind.MAIN) -> list[Selection]:
    """Selections in drawn order."""
    return list(one.selections.filter(kind=kind).select_related("enterprise", "match").order_by("stratum", "rank"))


def lead_of(one: Draw) -> Any:
    """Who may act for the plan of a draw."""
    return one.plan.created_by


# ---------------------------------------------------------------------------------------------------- the whole road


def test_the_notice_from_preset_to_a_verified_folder(tmp_path: Path) -> None:
    lead, plan = notice()
    at(FROZEN_AT)
    roster = services.freeze_plan(actor=lead, plan=plan, salts=salts())
    at(DRAWN_AT)
    one = services.run_draw(actor=lead, plan=plan, digits=DIGITS, witnesses=WITNESSES, key="test-notice-draw-0001")
    expected = {"A": 1, "B": 1, "C": 1, "N": 1}  # ceilings of 2 %, 2 %, 6 % and 2 % of so few
    drawn_by_grade = {row["stratum"]: row["drawn"] for row in one.strata}
    sizes = {row["stratum"]: row["size"] for row in one.strata}
    assert sum(sizes.values()) == roster.total == 90
    assert drawn_by_grade == {**expected, "D": sizes["D"], "E": sizes["E"]}
    assert len(picked(one)) == sum(drawn_by_grade.values())
    assert {row.match.team for row in picked(one)} == {1, 2}
    assert one.members.filter(kind=PickKind.MAIN).count() == 5 * 2 * 2
    assert one.members.filter(kind=PickKind.RESERVE).count() == 5 * (6 - 4)
    folder = export(roster, tmp_path / "draw")
    assert bundle.verify_folder(folder).picks == len(picked(one))
    assert Plan.objects.get(pk=plan.pk).state == PlanState.DRAWN
    assert audit.verify_all() == []


def test_the_folder_is_verified_without_the_product(tmp_path: Path) -> None:
    folder = export(drawn().roster, tmp_path / "draw")
    command = [sys.executable, "-m", "sampling.bundle", "verify", str(folder)]
    done = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()[:1]) == (0, ["VERIFIED"])


@pytest.mark.parametrize("name", ["roster", "pool", "entropy", "result", "log", "exclude"])
def test_a_changed_file_is_found(tmp_path: Path, name: str) -> None:
    folder = export(drawn().roster, tmp_path / "draw")
    path = folder / f"{name}.tsv"
    content = bytearray(path.read_bytes())
    content[-2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(bundle.VerifyError):
        bundle.verify_folder(folder)


def test_digits_and_salts_handed_in_twice_give_the_same_bundle() -> None:
    plan = county()

    def run() -> dict[str, bytes]:
        with transaction.atomic():
            roster = freeze(Plan.objects.get(pk=plan.pk))
            draw(Plan.objects.get(pk=plan.pk))
            made = services.bundle_files(roster)
            transaction.set_rollback(True)
        return made

    first, second = run(), run()
    assert first == second
    assert {"result", "entropy", "log", "names"} <= set(first)


def test_other_digits_draw_others() -> None:
    plan, found = county("A" * 40), []
    for digits in (DIGITS, DIGITS[::-1]):
        with transaction.atomic():
            freeze(Plan.objects.get(pk=plan.pk))
            one = draw(Plan.objects.get(pk=plan.pk), digits=digits)
            found.append({row.enterprise.uscc for row in picked(one)})
            transaction.set_rollback(True)
    assert [len(rows) for rows in found] == [20, 20]
    assert found[0] != found[1]


def test_the_tables_say_what_the_result_file_says() -> None:
    one = drawn()
    outcome = bundle.compute(services.bundle_files(one.roster))
    rows = [(row.stratum, row.rank, row.enterprise.uscc, row.ticket, row.match.team) for row in picked(one)]
    assert rows == [tuple(pick) for pick in outcome.picks]
    seats = {(m.team, m.seat, m.pid) for m in one.members.filter(kind=PickKind.MAIN)}
    assert seats == {(seat.team, seat.seat, seat.pid) for seat in outcome.teams}
    assert one.result_digest == one.roster.files.get(name="result").sha256
    assert one.seed == outcome.seed


def test_the_registry_of_today_does_not_change_the_draw() -> None:
    plan = county("A" * 10)
    roster = freeze(plan)
    Enterprise.objects.update(status=RegStatus.DEREGISTERED)
    Inspector.objects.update(status="UNAVAILABLE")
    f.make_enterprise("A")
    one = draw(plan)
    assert sum(row["size"] for row in one.strata) == roster.total == 10
    assert len(picked(one)) == 5


def recuse(plan: Plan, count: int) -> Inspector:
    """Somebody of GA recused from the first ``count`` enterprises; GA has nobody to spare, so the person is seated."""
    inspector = Inspector.objects.filter(department__code="GA").order_by("badge")[0]
    for enterprise in Enterprise.objects.order_by("uscc")[:count]:
        Recusal.objects.create(
            inspector=inspector, enterprise=enterprise, reason="近亲属", declared_by=plan.created_by,
            declared_at=FROZEN_AT,
        )  # fmt: skip
    return inspector


def test_recused_people_do_not_meet_the_enterprise() -> None:
    plan = county("A" * 12, people=4)
    plan.rates.filter(grade="A").update(numerator=1, denominator=1)
    person = recuse(plan, 5)
    freeze(plan)
    one = draw(plan)
    avoided = set(Recusal.objects.values_list("enterprise", flat=True))
    met = [row.match.team for row in picked(one) if row.enterprise_id in avoided]
    assert met == [3 - one.members.get(inspector=person).team] * 5


def test_a_draw_that_cannot_be_matched_is_void_and_its_picks_are_drawn_again() -> None:
    plan = county("A" * 12, people=4)
    recuse(plan, 12)  # all six picks would have to go to the other team; the protocol allows three
    freeze(plan)
    one = draw(plan)
    event = one.events.get()
    assert (event.kind, event.code) == (DrawEventKind.VOID, "infeasible")
    assert list(one.roster.log.order_by("seq").values_list("kind", flat=True)) == [
        "FREEZE", "PUBLIC-PLAN", "ENTROPY", "RESULT", "PUBLIC", "VOID",
    ]  # fmt: skip
    assert (len(picked(one)), Selection.objects.filter(match__isnull=False).count()) == (6, 0)
    plan.refresh_from_db()
    assert plan.state == PlanState.DRAFT
    with pytest.raises(DomainError):
        services.call_up_reserve(actor=lead_of(one), selection=picked(one)[0], code=EOutReason.MOVED_OUT, reason="迁出")
    Recusal.objects.update(accepted=False)
    at(DRAWN_AT)
    roster = services.freeze_plan(actor=lead_of(one), plan=plan, salts=salts())
    at(DRAWN_AT + dt.timedelta(days=1))
    second = services.run_draw(
        actor=lead_of(one), plan=plan, digits=DIGITS[::-1], witnesses=WITNESSES, key="test-second-round-1"
    )
    assert (roster.round, second.round, second.supersedes) == (2, 2, event)
    assert {row["stratum"]: row["drawn"] for row in second.strata if row["size"]} == {"A": 3, "A-1": 6}
    assert {row.enterprise_id for row in picked(one)} <= {row.enterprise_id for row in picked(second)}
    assert Plan.objects.get(pk=plan.pk).state == PlanState.DRAWN


# --------------------------------------------------------------------------------------------------------- refusals


def test_not_a_second_too_early() -> None:
    plan = county()
    roster = freeze(plan)
    at(roster.not_before - dt.timedelta(seconds=1))
    with pytest.raises(DomainError, match="最早 2024-06-04 10:00 可以抽取"):
        services.run_draw(actor=plan.created_by, plan=plan, digits=DIGITS, witnesses=WITNESSES, key="k" * 20)
    assert Draw.objects.count() == 0
    at(roster.not_before)
    services.run_draw(actor=plan.created_by, plan=plan, digits=DIGITS, witnesses=WITNESSES, key="k" * 20)
    assert Draw.objects.count() == 1


def test_the_same_key_gives_the_stored_draw_and_a_second_one_who_drew_when() -> None:
    one = drawn()
    assert draw(Plan.objects.get(pk=one.plan_id)).pk == one.pk
    with pytest.raises(DomainError) as refused:
        draw(Plan.objects.get(pk=one.plan_id), key="another-key-000002")
    assert "2024-06-04 10:06" in str(refused.value)
    assert str(one.drawn_by) in str(refused.value)
    assert Draw.objects.count() == 1
    assert BundleFile.objects.filter(name="result").count() == 1


@pytest.mark.parametrize(
    ("digits", "words"),
    [("", "0 到 9"), ("1" * 39, "39 位"), ("1" * 101, "101 位"), ("a" * 40, "0 到 9"), ("٣" * 40, "0 到 9"),
     ("-" + "1" * 39, "0 到 9")],
)  # fmt: skip
def test_wrong_digits_are_refused(digits: str, words: str) -> None:
    plan = county()
    freeze(plan)
    with pytest.raises(DomainError, match=words):
        draw(plan, digits=digits)
    assert Draw.objects.count() == 0
    plan.refresh_from_db()
    assert plan.state == PlanState.FROZEN


def test_digits_are_taken_as_they_are_read_aloud() -> None:
    plan = county()
    freeze(plan)
    spaced = " ".join(DIGITS[place : place + 5] for place in range(0, 40, 5))
    assert draw(plan, digits=f"  {spaced}\n").digits == DIGITS


@pytest.mark.parametrize(
    ("witnesses", "words"),
    [([], "1 名见证人"), ([{"name": " ", "unit": ""}], "1 名见证人"), ([{"name": "甲", "unit": " "}], "姓名和单位")],
)
def test_a_draw_needs_witnesses(witnesses: list[dict[str, str]], words: str) -> None:
    plan = county()
    freeze(plan)
    at(DRAWN_AT)
    with pytest.raises(DomainError, match=words):
        services.run_draw(actor=plan.created_by, plan=plan, digits=DIGITS, witnesses=witnesses, key="k" * 20)
    assert Draw.objects.count() == 0


def test_nothing_is_drawn_before_the_freeze_or_after_a_cancellation() -> None:
    plan = county()
    with pytest.raises(DomainError, match="名单已冻结"):
        draw(plan)
    freeze(plan)
    services.cancel_plan(actor=plan.created_by, plan=plan, reason="机构改革")
    with pytest.raises(DomainError):
        draw(Plan.objects.get(pk=plan.pk))
    assert Draw.objects.count() == 0


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.DEPT_ADMIN, Role.LEAD])
def test_only_the_lead_bureau_of_the_plan_draws(role: Role) -> None:
    plan = county()
    freeze(plan)
    at(DRAWN_AT)
    stranger = f.make_user(role, department=f.make_department("GA"))
    with pytest.raises(DomainError, match="牵头"):
        services.run_draw(actor=stranger, plan=plan, digits=DIGITS, witnesses=WITNESSES, key="k" * 20)
    assert Draw.objects.count() == 0


# ------------------------------------------------------------------------------------------------------- afterwards


def standing(one: Draw) -> bundle.Standing:
    """Who is in play by the published files alone."""
    return bundle.replay(services.bundle_files(one.roster))


def in_play(one: Draw) -> dict[str, int]:
    """Enterprise → team from 1, by the tables."""
    out = set(one.events.filter(kind=DrawEventKind.E_OUT).values_list("selection", flat=True))
    rows = one.selections.filter(match__isnull=False).select_related("enterprise", "match")
    return {row.enterprise.uscc: row.match.team for row in rows if row.pk not in out}


def by_files(one: Draw) -> dict[str, int]:
    """The same by the files."""
    return {uscc: team + 1 for uscc, team in standing(one).team_of.items() if team is not None}


def test_the_next_of_the_stratum_is_called_up_with_a_team() -> None:
    one = drawn(grades="A" * 10)
    gone, reserve = picked(one)[0], picked(one, PickKind.RESERVE)
    event = services.call_up_reserve(
        actor=lead_of(one), selection=gone, code=EOutReason.DEREGISTERED, reason="6月5日注销"
    )
    assert event.substitute == reserve[0]
    assert (event.batch, event.code, event.team) == (1, "deregistered", event.substitute.match.team)
    assert in_play(one) == by_files(one)
    assert len(in_play(one)) == 5


def test_a_whole_reserve_is_used_up_in_its_order_and_then_nobody(tmp_path: Path) -> None:
    one = drawn(grades="A" * 6)
    waiting = [row.enterprise.uscc for row in picked(one, PickKind.RESERVE)]
    called = []
    for row in [*picked(one), *picked(one, PickKind.RESERVE)][:4]:
        event = services.call_up_reserve(actor=lead_of(one), selection=row, code=EOutReason.MOVED_OUT, reason="已迁出")
        called.append(event.substitute.enterprise.uscc if event.substitute else None)
    assert called == [*waiting, None]
    assert in_play(one) == by_files(one)
    assert bundle.verify_folder(export(one.roster, tmp_path / "draw")).picks == 3


def test_a_reserve_below_the_stored_ones_is_called_with_its_own_ticket() -> None:
    plan = county("A" * 30)
    plan.rates.filter(grade="A").update(numerator=1, denominator=30)
    freeze(plan)
    one = draw(plan)
    stored = one.selections.filter(kind=PickKind.RESERVE).count()
    assert stored == 20
    selection = picked(one)[0]
    for _ in range(stored + 1):
        event = services.call_up_reserve(
            actor=lead_of(one), selection=selection, code=EOutReason.DUPLICATE, reason="重复"
        )
        assert event.substitute is not None
        selection = Selection.objects.select_related("enterprise", "draw").get(pk=event.substitute.pk)
    assert selection.rank == 22
    assert selection.ticket == bundle.compute(services.bundle_files(one.roster)).reserve["A"][20].ticket
    assert in_play(one) == by_files(one)


def test_an_enterprise_leaves_once_and_with_a_reason() -> None:
    one = drawn(grades="A" * 10)
    gone, lead = picked(one)[0], lead_of(one)
    for code, reason in (("because", "不想去"), (EOutReason.REVOKED, "  ")):
        with pytest.raises(DomainError, match="理由"):
            services.call_up_reserve(actor=lead, selection=gone, code=code, reason=reason)
    services.call_up_reserve(actor=lead, selection=gone, code=EOutReason.REVOKED, reason="吊销")
    with pytest.raises(DomainError, match="已经退出"):
        services.call_up_reserve(actor=lead, selection=gone, code=EOutReason.REVOKED, reason="吊销")
    with pytest.raises(DomainError, match="牵头"):
        services.call_up_reserve(
            actor=f.make_user(Role.AUDITOR), selection=picked(one)[1], code=EOutReason.REVOKED, reason="吊销"
        )
    assert DrawEvent.objects.count() == 1
    assert LogEntry.objects.filter(kind="EVENTS-001").count() == 1
    assert audit.verify_all() == []


def seats(one: Draw) -> set[tuple[int, str]]:
    """(team, pid) of everybody who sits somewhere now, by the tables."""
    return {(team, seat.member.pid) for team, rows in services.effective_teams(one).items() for seat in rows}


def seats_by_files(one: Draw) -> set[tuple[int, str]]:
    """The same by the files."""
    return {(seat.team, seat.pid) for seat in standing(one).crews.seats}


def test_the_first_on_standby_takes_the_seat() -> None:
    one = drawn()
    member = one.members.filter(kind=PickKind.MAIN, department__code="GA", team=1)[0]
    first = one.members.filter(kind=PickKind.RESERVE, department__code="GA").order_by("seat")[0]
    event = services.replace_inspector(actor=lead_of(one), member=member, code=IOutReason.SICK, reason="病假一个月")
    assert (event.substitute_member, event.team, event.seat) == (first, member.team, member.seat)
    assert seats(one) == seats_by_files(one)
    (changed,) = [seat for seat in services.effective_team(one, 1) if seat.replaced]
    assert (changed.drawn, changed.member) == (member, first)


def test_a_substitute_is_replaced_in_turn_until_nobody_is_left(tmp_path: Path) -> None:
    one = drawn(people=6)
    member = one.members.filter(kind=PickKind.MAIN, department__code="WL", team=2)[0]
    for _ in range(2):
        event = services.replace_inspector(actor=lead_of(one), member=member, code=IOutReason.LEAVE, reason="请假")
        member = TeamMember.objects.get(pk=event.substitute_member_id)
        assert seats(one) == seats_by_files(one)
    with pytest.raises(DomainError, match="没有可以接替"):
        services.replace_inspector(actor=lead_of(one), member=member, code=IOutReason.LEAVE, reason="请假")
    assert one.events.count() == 2
    assert bundle.verify_folder(export(one.roster, tmp_path / "draw")).picks == len(picked(one))


def test_the_own_department_may_replace_and_no_other() -> None:
    one = drawn()
    member = one.members.filter(kind=PickKind.MAIN, department__code="GA", team=1)[0]
    stranger = f.make_user(Role.DEPT_ADMIN, department=f.make_department("WL"))
    own = f.make_user(Role.DEPT_ADMIN, department=f.make_department("GA"))
    with pytest.raises(DomainError, match="牵头"):
        services.replace_inspector(actor=stranger, member=member, code=IOutReason.SICK, reason="病假")
    services.replace_inspector(actor=own, member=member, code=IOutReason.SICK, reason="病假")
    with pytest.raises(DomainError, match="已经退出"):
        services.replace_inspector(actor=own, member=member, code=IOutReason.SICK, reason="病假")
    assert one.events.count() == 1


def test_replacements_and_substitutions_mixed_stay_what_the_files_say(tmp_path: Path) -> None:
    one = drawn(grades="A" * 12, people=6)
    lead = lead_of(one)
    services.call_up_reserve(actor=lead, selection=picked(one)[0], code=EOutReason.MOVED_OUT, reason="迁出")
    member = one.members.filter(kind=PickKind.MAIN, department__code="GA", team=2)[0]
    services.replace_inspector(actor=lead, member=member, code=IOutReason.RECUSED, reason="回避")
    services.call_up_reserve(actor=lead, selection=picked(one)[3], code=EOutReason.ANNULLED, reason="撤销")
    assert [event.batch for event in one.events.order_by("pk")] == [1, 2, 3]
    assert in_play(one) == by_files(one)
    assert seats(one) == seats_by_files(one)
    assert bundle.verify_folder(export(one.roster, tmp_path / "draw")).picks == 6


def test_the_names_for_the_auditor_are_complete_and_the_zip_is_the_files() -> None:
    one = drawn()
    files = services.bundle_files(one.roster)
    names = files["names"].decode()
    assert all(name in names for name in Enterprise.objects.values_list("name", flat=True))
    assert all(badge in names for badge in Inspector.objects.values_list("badge", flat=True))
    with zipfile.ZipFile(io.BytesIO(services.bundle_zip(one.roster))) as archive:
        assert sorted(archive.read(name) for name in archive.namelist()) == sorted(files.values())
