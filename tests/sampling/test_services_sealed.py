"""Sealed draws: nonces, who may see what when, the reveal; beacons and outside parties."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.enums import Role
from registry.errors import DomainError
from registry.models import AuditEvent
from sampling import beacons, bundle, services
from sampling.enums import Beacon, PlanState, RevealCause
from sampling.models import BundleFile, LogEntry, NonceValue, Plan, Reveal, Roster, SealedCopy
from sampling.services.drawing import clean_beacon
from tests import factories as f
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db


def refused(call: Any) -> str:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value.message


def write(folder: Path, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.tsv").write_bytes(content)
    return folder


def test_a_sealed_freeze_commits_to_a_number_that_is_nowhere_to_be_read() -> None:
    draw = p.sealed_draw()
    freeze = bundle.read_freeze(services.bundle_files(draw.roster)["freeze"])
    assert freeze.nonces == (("office", bundle.commit(draw.roster.draw_id, "office", p.NONCE)),)
    stored = [*BundleFile.objects.values_list("content", flat=True), *map(json.dumps, _trail())]
    assert not any(p.NONCE in text or draw.seed in text for text in stored)
    assert NonceValue.objects.get().value == p.NONCE
    assert p.NONCE not in repr(NonceValue.objects.get())


def _trail() -> list[Any]:
    return list(AuditEvent.objects.values_list("after", flat=True))


def test_two_freezes_get_different_numbers_and_an_open_plan_none() -> None:
    plan = p.sealed()
    other = p.copied(plan)
    for one in (plan, other):
        p.freeze(one)
    first, second = NonceValue.objects.values_list("value", flat=True)
    assert len(first) == len(second) == 64
    assert first != second
    opened = p.freeze(services.update_plan(actor=plan.created_by, plan=p.copied(plan), sealed=False))  # fmt: skip
    assert bundle.read_freeze(services.bundle_files(opened)["freeze"]).nonces == ()


def test_before_the_reveal_the_public_has_freeze_and_log_and_nobody_the_number(tmp_path: Path) -> None:
    draw = p.sealed_draw()
    roster = draw.roster
    auditor = f.make_user(Role.AUDITOR)
    assert set(services.public_files(roster)) == {"freeze", "log"}
    assert set(services.files_for(f.make_user(Role.SYSADMIN), roster)) == {"freeze", "log"}
    lead = services.files_for(draw.plan.created_by, roster)
    everything = services.files_for(auditor, roster)
    assert "names" not in lead
    assert set(everything) - set(lead) == {"names"}
    assert "result" in lead
    assert "nonces" not in everything
    seen = bundle.verify_folder(write(tmp_path, services.public_files(roster)))
    assert (seen.partial, seen.seed) == (True, "")
    with pytest.raises(bundle.DrawFileError, match="nonces"):
        bundle.compute(everything)


def test_the_reveal_comes_with_its_date_and_opens_everything_but_the_grades(tmp_path: Path) -> None:
    draw = p.sealed_draw()
    roster = draw.roster
    lead = draw.plan.created_by
    assert "还没有到揭示时间" in refused(lambda: services.reveal_draw(actor=lead, roster=roster))
    assert services.reveal_due() == 0
    p.at(roster.reveal_by)
    call_command("reveal_draws")
    call_command("reveal_draws")
    fresh = Roster.objects.get(pk=roster.pk)
    reveal = Reveal.objects.get()
    assert (reveal.cause, reveal.actor, fresh.revealed) == (RevealCause.DATE, None, True)
    assert list(LogEntry.objects.values_list("kind", flat=True)) == [
        "FREEZE", "ENTROPY", "RESULT", "NONCES", "PUBLIC-PLAN", "PUBLIC",
    ]  # fmt: skip
    files = services.public_files(fresh)
    assert set(files) == {"freeze", "public-plan", "entropy", "nonces", "log", "public"}
    partial = bundle.verify_folder(write(tmp_path / "public", files))
    assert (partial.partial, partial.picks, partial.seed) == (True, 7, draw.seed)
    whole = bundle.verify_folder(write(tmp_path / "auditor", services.files_for(f.make_user(Role.AUDITOR), fresh)))
    assert (whole.partial, whole.picks) == (False, 7)
    assert "已经揭示" in refused(lambda: services.reveal_draw(actor=lead, roster=roster))


def test_public_strata_open_all_files_but_the_names(tmp_path: Path) -> None:
    plan = p.county()
    services.update_plan(actor=plan.created_by, plan=plan, strata_public=True)
    p.freeze(Plan.objects.get(pk=plan.pk))
    draw = p.draw(plan)
    files = services.public_files(draw.roster)
    assert {"roster", "plan", "pool", "recuse", "exclude", "result"} <= set(files)
    assert "names" not in files
    assert bundle.verify_folder(write(tmp_path, files)).partial is False


def test_a_reveal_date_is_kept_and_another_bureau_does_not_reveal() -> None:
    plan = p.sealed()
    services.update_plan(actor=plan.created_by, plan=plan, reveal_on=dt.date(2024, 7, 1))
    roster = p.freeze(Plan.objects.get(pk=plan.pk), nonce=p.NONCE)
    assert roster.reveal_by == dt.datetime(2024, 7, 1, 18, tzinfo=f.SHANGHAI)
    assert "还没有抽取" in refused(lambda: services.reveal_draw(actor=plan.created_by, roster=roster))
    p.draw(plan)
    assert services.reveal_published(actor=None, plan=plan) is None
    p.at(dt.datetime(2024, 7, 1, 0, 0, tzinfo=f.SHANGHAI))
    stranger = f.make_user(Role.LEAD, department=f.make_department("XF"))
    refused(lambda: services.reveal_draw(actor=stranger, roster=roster))
    assert services.reveal_draw(actor=plan.created_by, roster=roster).actor == plan.created_by


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sealed": False, "reveal_on": dt.date(2024, 7, 1)}, "公开抽取不用揭示日期"),
        ({"reveal_on": dt.date(2024, 1, 1)}, "揭示日期早于"),
        ({"beacon": Beacon.DRAND, "beacon_spec": "abc:1"}, "drand 的期次"),
        ({"beacon": Beacon.SSQ, "beacon_spec": "2026"}, "双色球的期次"),
        ({"beacon_spec": "2026110"}, "没有选择公共信标"),
        ({"weight_recent": 0}, "权重"),
        ({"caps": {"A": 0}}, "上限应在"),
        ({"classes": ["Z"]}, "没有等级 Z"),
    ],
)
def test_settings_that_do_not_fit_are_refused(changes: dict[str, Any], words: str) -> None:
    plan = p.sealed()
    assert words in refused(lambda: services.update_plan(actor=plan.created_by, plan=plan, **changes))


def test_the_sealed_copy_is_printed_once_for_somebody_who_is_named() -> None:
    plan = p.sealed()
    roster = p.freeze(plan, nonce=p.NONCE)
    lead = plan.created_by
    refused(lambda: services.print_sealed_copy(actor=lead, roster=roster, holder="", unit="纪委监委"))
    assert services.print_sealed_copy(actor=lead, roster=roster, holder="甲", unit="纪委监委") == p.NONCE
    assert "纪委监委甲" in refused(
        lambda: services.print_sealed_copy(actor=lead, roster=roster, holder="乙", unit="公证处")
    )
    assert SealedCopy.objects.get().holder == "甲"
    assert not any(p.NONCE in json.dumps(after) for after in _trail())
    opened = p.freeze(p.county())
    refused(lambda: services.print_sealed_copy(actor=opened.frozen_by, roster=opened, holder="甲", unit="公证处"))


def test_the_sealed_copy_is_not_to_be_had_after_the_draw() -> None:
    draw = p.sealed_draw()
    words = refused(
        lambda: services.print_sealed_copy(actor=draw.drawn_by, roster=draw.roster, holder="甲", unit="公证处")
    )
    assert "已经抽取" in words


def test_an_outside_party_commits_before_and_hands_over_at_the_draw(tmp_path: Path) -> None:
    plan = p.sealed()
    number, theirs = services.next_draw_id(plan), "ab" * 32
    party = services.Party("jijian", "演示县纪委监委", bundle.commit(number, "jijian", theirs))
    assert "重新计算承诺值" in refused(lambda: p.freeze(plan, parties=[party], draw_id="2024-000009"))
    roster = p.freeze(plan, nonce=p.NONCE, parties=[party], draw_id=number)
    assert [one.party for one in roster.nonces.all()] == ["jijian", "office"]
    assert "还缺演示县纪委监委" in refused(lambda: p.draw(plan))
    assert "承诺值不符" in refused(lambda: p.draw(plan, nonces={"jijian": "cd" * 32}))
    assert "没有登记持有方 notary" in refused(lambda: p.draw(plan, nonces={"jijian": theirs, "notary": theirs}))
    draw = p.draw(plan, nonces={"jijian": theirs})
    p.at(roster.reveal_by)
    services.reveal_due()
    verified = bundle.verify_folder(p.export(Roster.objects.get(pk=roster.pk), tmp_path))
    assert verified.seed == draw.seed
    assert not Roster.objects.get(pk=roster.pk).files.filter(name="nonces", content__contains="cd" * 32).exists()


def test_a_beacon_is_named_before_and_its_value_belongs_to_that_round(tmp_path: Path) -> None:
    plan = p.county()
    due = p.DRAWN_AT - dt.timedelta(minutes=5)
    spec = beacons.drand_round(int(due.timestamp()))
    assert beacons.drand_due(spec) == due.timestamp()
    early = beacons.drand_round(int(p.FROZEN_AT.timestamp()))
    services.update_plan(actor=plan.created_by, plan=plan, beacon=Beacon.DRAND, beacon_spec=early)
    assert "就已公布" in refused(lambda: p.freeze(Plan.objects.get(pk=plan.pk)))
    services.update_plan(actor=plan.created_by, plan=plan, beacon_spec=spec)
    roster = p.freeze(Plan.objects.get(pk=plan.pk))
    assert bundle.read_freeze(services.bundle_files(roster)["freeze"]).entropy[1] == ("drand", spec)
    assert "不能不用" in refused(lambda: p.draw(plan))
    other = f"{beacons.QUICKNET}:1:{'0' * 64}"
    assert "不合规" in refused(lambda: p.draw(plan, beacon=other))
    draw = p.draw(plan, beacon="5a" * 32)
    assert draw.beacon == f"{spec}:{'5a' * 32}"
    assert services.bundle_files(roster)["entropy"].decode().splitlines()[1] == f"drand {draw.beacon}"
    assert bundle.verify_folder(p.export(draw.roster, tmp_path)).seed == draw.seed
    plain = p.freeze(p.county())
    assert "没有指定公共信标" in refused(lambda: clean_beacon(plain, "5a" * 32))


def test_the_exact_time_of_rolling_is_frozen_and_held() -> None:
    plan = p.county()
    lead = plan.created_by
    services.update_plan(actor=lead, plan=plan, entropy_at=p.FROZEN_AT + dt.timedelta(hours=3))
    assert "早于冻结后 24 小时" in refused(lambda: p.freeze(Plan.objects.get(pk=plan.pk)))
    agreed = p.DRAWN_AT + dt.timedelta(days=2)
    services.update_plan(actor=lead, plan=Plan.objects.get(pk=plan.pk), entropy_at=agreed)
    roster = p.freeze(Plan.objects.get(pk=plan.pk))
    ((kind, spec),) = bundle.read_freeze(services.bundle_files(roster)["freeze"]).entropy
    assert (kind, spec.endswith("at 2024-06-06T10:06:00+08:00")) == ("dice10", True)
    assert roster.not_before == agreed
    refused(lambda: p.draw(plan))


def test_a_rehearsal_has_numbers_a_log_and_a_first_line_of_its_own() -> None:
    real = p.county()
    plan = p.copied(real, rehearsal=True)
    services.update_plan(actor=plan.created_by, plan=plan, not_before_hours=0)
    p.freeze(real)
    roster = p.freeze(Plan.objects.get(pk=plan.pk))
    assert (roster.draw_id, roster.seq, roster.prev) == ("YL2024-000001", 1, bundle.GENESIS)
    assert plan.task_code.startswith("YL")
    assert services.bundle_files(roster)["roster"].startswith(b"dr1\troster\tYL2024-000001\t")
    assert list(LogEntry.objects.values_list("stream", "seq")) == [
        ("main", 1), ("main", 2), ("rehearsal", 1), ("rehearsal", 2),
    ]  # fmt: skip
    assert services.log_head("rehearsal")[0] == services.log_head()[0] == 2
    assert plan not in Plan.objects.public()
    assert real in Plan.objects.public()
    again = p.copied(plan)
    assert (again.rehearsal, again.task_code.startswith("YL")) == (False, False)
    assert Plan.objects.get(pk=plan.pk).state == PlanState.FROZEN


def test_the_digests_of_what_is_public_are_those_of_the_files() -> None:
    plan, opened = p.sealed(), p.county()
    services.update_plan(actor=opened.created_by, plan=opened, strata_public=True)
    p.freeze(plan, nonce=p.NONCE)
    p.freeze(opened := Plan.objects.get(pk=opened.pk))
    sealed, drawn = p.draw(plan), p.draw(opened, key="test-draw-key-000002").roster

    def same(roster: Roster) -> set[str]:
        files = services.public_files(roster)
        expected = [(name, (len(data), bundle.sha256_hex(data))) for name, data in sorted(files.items())]
        assert list(services.public_digests(roster).items()) == expected
        return set(files)

    assert same(sealed.roster) == {"freeze", "log"}
    assert {"roster", "result", "pool"} <= same(drawn)
    p.at(sealed.roster.reveal_by)
    services.reveal_due()
    fresh = Roster.objects.select_related("reveal").get(pk=sealed.roster.pk)
    assert {"public", "public-plan"} <= same(fresh)
    with CaptureQueriesContext(connection) as asked:
        services.public_digests(drawn)
    assert not [one["sql"] for one in asked.captured_queries if '"content"' in one["sql"]]  # no file is read
