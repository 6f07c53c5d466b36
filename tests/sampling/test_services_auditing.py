"""Tampering as the owner of the database, triggers switched off, is found and named (trust.md T1–T7)."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from registry.enums import Role
from registry.errors import DomainError
from sampling import bundle, services
from sampling.models import Draw, LogEntry, LogHead, Match, Selection, TeamMember
from tests import factories as f
from tests.engine import as_owner
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db


def owner(sql: str, *values: Any) -> None:
    with as_owner("sampling_") as cursor:
        cursor.execute(sql, values)
        assert cursor.rowcount == 1


@pytest.fixture
def draw() -> Draw:
    """A sealed draw of ten with one replacement behind it; it verifies."""
    made = p.sealed_draw()
    gone = made.selections.filter(kind="MAIN", stratum="A")[0]
    services.call_up_reserve(actor=made.drawn_by, selection=gone, code="deregistered", reason="已注销")
    assert services.verify_draws().faults == []
    return made


def faults() -> str:
    """What the command says, which must fail."""
    with pytest.raises(CommandError):
        call_command("verify_draws")
    return "\n".join(services.verify_draws().faults)


def test_all_is_well_and_the_head_that_was_noted_fits(draw: Draw, capsys: pytest.CaptureFixture[str]) -> None:
    seq, chain = services.log_head()
    call_command("verify_draws", head=[f"{seq}:{chain}", f"0:{bundle.GENESIS}"])
    assert capsys.readouterr().out == f"VERIFIED 1 次抽取，记录链 4 条，链首 {seq}:{chain}\n"
    assert services.verify_draws(heads=["x", f"9:{chain}"]).faults == [
        "留存的链首应写成 序号:链值，读到 'x'",
        "留存了第 9 条，记录链里没有这一条",
    ]


def test_one_drawn_enterprise_put_in_the_place_of_another(draw: Draw) -> None:
    friend = f.make_enterprise("A")
    row = draw.selections.filter(kind="MAIN")[0]
    owner("UPDATE sampling_selection SET enterprise_id = %s WHERE id = %s", friend.pk, row.pk)
    assert f"抽中企业多了或被改：{row.stratum} {row.rank} {friend.uscc}" in faults()


def test_a_drawn_enterprise_taken_out(draw: Draw) -> None:
    row = draw.selections.filter(kind="MAIN", out_events__isnull=True).select_related("enterprise").last()
    with as_owner("sampling_") as cursor:
        cursor.execute("DELETE FROM sampling_match WHERE selection_id = %s", [row.pk])
        cursor.execute("DELETE FROM sampling_selection WHERE id = %s", [row.pk])
    assert f"抽中企业少了或被改：{row.stratum} {row.rank} {row.enterprise.uscc}" in faults()


def test_an_enterprise_slipped_in(draw: Draw) -> None:
    enemy = f.make_enterprise("A")
    Selection.objects.create(
        draw=draw, enterprise=enemy, stratum="A", rank=99, ticket="f" * 64, kind="MAIN"
    )  # an INSERT needs no trigger switched off
    assert f"抽中企业多了或被改：A 99 {enemy.uscc}" in faults()


def test_two_teams_swapped_and_a_seat_given_to_somebody_else(draw: Draw) -> None:
    match = Match.objects.filter(selection__out_events__isnull=True, selection__kind="MAIN")[0]
    owner("UPDATE sampling_match SET team = %s WHERE id = %s", 3 - match.team, match.pk)
    assert "抽中企业" in faults()
    owner("UPDATE sampling_match SET team = %s WHERE id = %s", match.team, match.pk)
    seat = TeamMember.objects.filter(kind="MAIN")[0]
    owner("UPDATE sampling_teammember SET team = %s WHERE id = %s", 3 - seat.team, seat.pk)
    assert "检查队成员" in faults()


def test_the_substitute_exchanged_in_the_event(draw: Draw) -> None:
    owner("UPDATE sampling_drawevent SET substitute_id = NULL WHERE draw_id = %s", draw.pk)
    assert "抽取后事件少了或被改：1 E-OUT" in faults()


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("UPDATE sampling_draw SET digits = '1' || substr(digits, 2)", "登记的数字与 entropy.tsv 不符"),
        ("UPDATE sampling_draw SET seed = CASE substr(seed, 1, 1) WHEN 'f' THEN '0' ELSE 'f' END || substr(seed, 2)",
         "种子与重算不符"),
        ("UPDATE sampling_noncevalue SET value = CASE substr(value, 1, 1) WHEN 'f' THEN '0' ELSE 'f' END "
         "|| substr(value, 2)", "office 的保密随机数与承诺值不符"),
        ("UPDATE sampling_roster SET seq = 7", "冻结名单的登记与 freeze.tsv 不符"),
        ("UPDATE sampling_bundlefile SET content = replace(content, 'dice10 4', 'dice10 5') WHERE name = 'entropy'",
         "文件 entropy.tsv 与登记的摘要不符"),
        ("DELETE FROM sampling_bundlefile WHERE name = 'events-001'", "文件 events-001.tsv 不见了"),
        ("UPDATE sampling_logentry SET time = '2024-06-04T10:07:00+08:00' WHERE kind = 'RESULT'", "记录链第 3 条断开"),
        ("UPDATE sampling_logentry SET sha256 = repeat_f WHERE kind = 'RESULT'", "记录链第 3 条断开"),
        ("DELETE FROM sampling_logentry WHERE kind = 'ENTROPY'", "记录链缺第 2 条"),
    ],
)  # fmt: skip
def test_one_row_changed_is_named(draw: Draw, sql: str, words: str) -> None:
    owner(sql.replace("repeat_f", f"'{'f' * 64}'"))
    assert words in faults()


def test_a_file_changed_with_its_digest_still_breaks_the_log(draw: Draw) -> None:
    row = draw.roster.files.get(name="roster")
    content = row.content.replace("\tA\t", "\tB\t", 1)
    digest = bundle.sha256_hex(content.encode())
    owner("UPDATE sampling_bundlefile SET content = %s, sha256 = %s WHERE id = %s", content, digest, row.pk)
    assert "文件 roster.tsv 冻结后被改动" in faults()


@pytest.mark.parametrize("name", ["public", "public-plan"])
def test_what_was_made_for_the_public_is_bound_by_the_log_and_follows_from_the_files(draw: Draw, name: str) -> None:
    p.at(draw.roster.reveal_by)
    services.reveal_due()
    assert services.verify_draws().faults == []
    row = draw.roster.files.get(name=name)
    lines = row.content.splitlines(keepends=True)
    content = "".join([lines[0].replace(f"\t{len(lines) - 1}\n", f"\t{len(lines) - 2}\n"), *lines[1:-1]])
    digest = bundle.sha256_hex(content.encode())
    owner("UPDATE sampling_bundlefile SET content = %s, sha256 = %s WHERE id = %s", content, digest, row.pk)
    entry = LogEntry.objects.get(record=name)
    assert f"文件 {name}.tsv 与记录链第 {entry.seq} 条（{name.upper()}）不符" in faults()
    chain = LogEntry.objects.get(seq=entry.seq - 1).chain
    for one in LogEntry.objects.filter(seq__gte=entry.seq).order_by("seq"):
        sha256 = digest if one.pk == entry.pk else one.sha256
        line = bundle.log_line(one.seq, one.time, one.kind, draw.roster.draw_id, sha256)
        (chain,) = bundle.log_chain(chain, [line])
        owner("UPDATE sampling_logentry SET sha256 = %s, chain = %s WHERE id = %s", sha256, chain, one.pk)
    owner("UPDATE sampling_loghead SET chain = %s WHERE seq = %s", chain, services.log_head()[0])
    assert faults() == f"{draw.roster.draw_id}：文件 {name}.tsv 与全部文件不符"


def test_the_tail_cut_off_is_seen_by_the_head_kept_inside_and_by_the_one_outside(draw: Draw) -> None:
    seq, chain = services.log_head()
    owner("DELETE FROM sampling_logentry WHERE seq = %s", seq)
    assert f"链首记的是第 {seq} 条" in faults()
    shorter = LogEntry.objects.get(seq=seq - 1)
    owner("UPDATE sampling_loghead SET seq = %s, chain = %s", shorter.seq, shorter.chain)
    with as_owner("sampling_") as cursor:
        cursor.execute("DELETE FROM sampling_bundlefile WHERE name = 'events-001'")
        cursor.execute("DELETE FROM sampling_drawevent")
        reserve = "SELECT id FROM sampling_selection WHERE kind = 'RESERVE'"
        cursor.execute(f"DELETE FROM sampling_match WHERE selection_id IN ({reserve})")
    assert services.verify_draws().faults == []  # the control: nothing inside shows it any more
    assert services.verify_draws(heads=[f"{seq}:{chain}"]).faults == [f"留存了第 {seq} 条，记录链里没有这一条"]


def test_the_whole_chain_recomputed_passes_without_the_noted_head_and_fails_with_it(draw: Draw) -> None:
    seq, noted = services.log_head()
    chain, draw_id = bundle.GENESIS, draw.roster.draw_id
    for entry in LogEntry.objects.order_by("seq"):
        time = entry.time if entry.seq == 1 else entry.time.replace("T10:06", "T10:09")
        (chain,) = bundle.log_chain(chain, [bundle.log_line(entry.seq, time, entry.kind, draw_id, entry.sha256)])
        owner("UPDATE sampling_logentry SET time = %s, chain = %s WHERE id = %s", time, chain, entry.pk)
    owner("UPDATE sampling_loghead SET chain = %s", chain)
    assert LogHead.objects.get().chain == chain != noted
    assert services.verify_draws().faults == []
    with pytest.raises(CommandError):
        call_command("verify_draws", head=[f"{seq}:{noted}"])


def test_the_auditor_notes_the_check_in_the_log_once_and_only_what_is_right(draw: Draw) -> None:
    auditor = f.make_user(Role.AUDITOR)
    with pytest.raises(DomainError, match="审计账号"):
        services.audit_draw(actor=draw.drawn_by, roster=draw.roster)
    file = services.audit_draw(actor=auditor, roster=draw.roster)
    assert LogEntry.objects.get(kind="AUDIT").sha256 == file.sha256
    assert f"result\t{draw.result_digest}\n" in file.content
    with pytest.raises(DomainError, match="已经核对"):
        services.audit_draw(actor=auditor, roster=draw.roster)
    assert services.verify_draws().faults == []
    other = p.sealed()
    p.at(p.DRAWN_AT)
    roster = services.freeze_plan(actor=other.created_by, plan=other)
    with pytest.raises(DomainError, match="还没有抽取"):
        services.audit_draw(actor=auditor, roster=roster)
    owner("UPDATE sampling_draw SET seed = CASE substr(seed, 1, 1) WHEN 'f' THEN '0' ELSE 'f' END || substr(seed, 2)")
    assert "种子与重算不符" in faults()
