"""What the public has when strata stay inside: public.tsv, the plan without rates, PARTIAL, a noted chain head."""

import pytest

from sampling import bundle
from sampling.bundle import VerifyError
from sampling.canonical import DrawFileError
from tests.sampling.draws import SEED, frozen, identifier, invented, small_files, store, vector
from tests.sampling.test_bundle import changed_bytes, complete, log_of, run

DRAW = "2026-000017"
PUBLIC = ("freeze", "entropy", "nonces", "log", "public", "public-plan")


def partial(**changes: bytes) -> dict[str, bytes]:
    """What everybody gets of the small vector."""
    files = complete()
    picks = [(p.id, p.ticket) for p in bundle.compute(small_files()).picks]
    public = bundle.public_file(DRAW, picks[::-1], 24)
    files = {**files, "public": public, "public-plan": bundle.public_plan_file(files["plan"])}
    return {name: files[name] for name in PUBLIC} | changes


def test_public_file_is_in_the_order_of_the_tickets_and_names_no_stratum():
    lines = partial()["public"].decode().splitlines()
    assert lines[:3] == [
        "dr1\tpublic\t2026-000017\t10",
        "count\t24\t9",
        "pick\t91350100000000111B\t08c75503572c6c30514e24f849260d555fc71e9a24902af07a0396bb542fe386",
    ]
    tickets = [line.split("\t")[2] for line in lines[2:]]
    assert tickets == sorted(tickets)
    assert {len(line.split("\t")) for line in lines[1:]} == {3}
    read = bundle.read_public(partial()["public"])
    assert (read.draw_id, read.total, len(read.picks)) == (DRAW, 24, 9)
    bundle.check_tickets(read, SEED)


def test_public_plan_has_no_rate_no_group_no_stratum_and_is_not_the_frozen_plan():
    assert partial()["public-plan"] == (
        b"dr1\tpublic-plan\t2026-000017\t4\ndept\tCJ\t2\ndept\tSC\t2\nquota\tSC\tSE\t1\nteams\t3\n"
    )
    assert bundle.read_public_plan(partial()["public-plan"])[0] == ("dept", "CJ", "2")
    without_teams = bundle.public_plan_file(vector("big_plan.tsv"))
    assert without_teams == b"dr1\tpublic-plan\t2026-000018\t0\n"
    with pytest.raises(DrawFileError, match=r"plan\.tsv 第 1 行"):
        bundle.public_plan_file(partial()["public-plan"])


def test_partial_folder_on_the_command_line(tmp_path):
    done = run("verify", store(tmp_path, partial()))
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.splitlines() == [
        "PARTIAL 9 tickets",
        "已核对：冻结清单、种子、公布的 9 家的号码逐一重算相同、记录链 4 条。",
        "公开文件不能核对：名单 24 家是否完整、抽中的 9 家是否齐全（各等级的名单不公开）。",
        "这两项由审计角色用全部文件核对；记录链里还没有核对记录。",
    ]


def log_with(files, *more):
    """The log of the small vector with further (type, time, digest) lines."""
    first = [line.rsplit(b"\t", 1)[0].decode() for line in log_of(DRAW, complete()).splitlines()[1:4]]
    lines = [bundle.log_line(4 + k, time, kind, DRAW, digest) for k, (kind, time, digest) in enumerate(more)]
    return bundle.log_file(DRAW, [*first, *lines], bundle.GENESIS)


def test_audit_and_annulment_are_told(tmp_path):
    log = log_with(
        partial(), ("AUDIT", "2026-05-01T09:00:00+08:00", "a" * 64), ("VOID", "2026-05-02T09:00:00+08:00", "b" * 64)
    )
    verified = bundle.verify_folder(store(tmp_path, partial(log=log)))
    assert (verified.partial, verified.picks, verified.seed) == (True, 9, SEED)
    assert verified.notes[0] == "这次抽取已于 2026-05-02T09:00:00+08:00 作废（记录链第 5 条），结果不用于检查。"
    assert verified.notes[-1] == f"这两项已由审计角色核对：2026-05-01T09:00:00+08:00，摘要 {'a' * 64}。"


def test_sealed_before_its_reveal_and_frozen_before_its_draw(tmp_path):
    files = partial()
    early = {"freeze": files["freeze"], "log": files["log"], "public-plan": files["public-plan"]}
    verified = bundle.verify_folder(store(tmp_path / "sealed", early))
    assert (verified.partial, verified.picks, verified.seed, verified.log_lines) == (True, 0, "", 4)
    assert verified.notes[0] == (
        "这次抽取结果封存，还没有揭示，最迟 2026-06-30T18:00:00+08:00。公开以后可以核对种子和每一个号码。"
    )
    done = run("verify", tmp_path / "sealed")
    assert (done.returncode, done.stdout.splitlines()[0]) == (2, "PARTIAL 0 tickets")
    line = bundle.log_line(1, "2026-04-17T09:00:00+08:00", "FREEZE", DRAW, files["freeze"])
    early["log"] = bundle.log_file(DRAW, [line], bundle.GENESIS)
    verified = bundle.verify_folder(store(tmp_path / "frozen", early))
    assert verified.notes[0] == "名单已冻结，还没有抽取（最早 2026-04-20T08:00:00+08:00）。"


@pytest.mark.parametrize("name", PUBLIC)
def test_one_byte_changed_is_found_and_named(tmp_path, name):
    """public-plan.tsv is bound by its own line of the log (nothing else knows its digest)."""
    digest = bundle.sha256_hex(partial()["public-plan"])
    files = partial(log=log_with(partial(), ("PUBLIC-PLAN", "2026-07-01T09:00:00+08:00", digest)))
    for changed in changed_bytes(files[name]):
        with pytest.raises(VerifyError) as error:
            bundle.verify_folder(store(tmp_path, {**files, name: changed}))
        assert error.value.step == f"{name}.tsv"


def bound() -> dict[str, bytes]:
    """`partial` as the system publishes it: both files that were made for the public have their lines in the log."""
    lines = [(name.upper(), "2026-07-01T09:00:00+08:00", partial()[name]) for name in ("public-plan", "public")]
    return partial(log=log_with(partial(), *((kind, time, bundle.sha256_hex(data)) for kind, time, data in lines)))


def rewritten_public() -> list[dict[str, bytes]]:
    """`bound` with a file written anew in good order: a drawn enterprise kept back, a team more, a seat less."""
    files = bound()
    public = bundle.read_public(files["public"])
    plan = files["public-plan"]
    return [
        {**files, "public": bundle.public_file(DRAW, public.picks[:-1], public.total)},
        {**files, "public-plan": plan.replace(b"teams\t3", b"teams\t4")},
        {**files, "public-plan": plan.replace(b"dept\tCJ\t2", b"dept\tCJ\t1")},
    ]


def test_a_public_file_written_anew_is_found_by_its_line_of_the_log_and_by_nothing_else(tmp_path):
    assert bundle.verify_folder(store(tmp_path / "good", bound())).picks == 9
    for number, files in enumerate(rewritten_public()):
        with pytest.raises(VerifyError, match=r"摘要与记录链第 [45] 条（PUBLIC"):
            bundle.verify_folder(store(tmp_path / f"bound{number}", files))
        free = {**files, "log": partial()["log"]}  # the control: without the line it passes
        assert bundle.verify_folder(store(tmp_path / f"free{number}", free)).partial


@pytest.mark.parametrize("name", ["freeze", "entropy", "nonces", "log"])
def test_a_missing_file_is_named(tmp_path, name):
    files = partial()
    del files[name]
    with pytest.raises(VerifyError, match="缺少这个文件") as error:
        bundle.verify_folder(store(tmp_path, files))
    assert error.value.step == f"{name}.tsv"


def test_a_ticket_of_another_seed_is_named_with_its_line(tmp_path):
    swapped = partial()["public"].replace(b"08c755", b"08c754")
    with pytest.raises(VerifyError, match=r"public\.tsv 第 3 行：91350100000000111B 的号码与重算结果不符，应为 08c755"):
        bundle.verify_folder(store(tmp_path, partial(public=swapped)))


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["pick\tA\t" + "0" * 64, "count\t2\t1"], "第 2 行：第一行数据应为 count"),
        (["count\t2\t1", "count\t2\t1"], "第 3 行：count 行只能有一行"),
        (["count\t2\t2", "pick\tA\t" + "1" * 64, "pick\tB\t" + "0" * 64], "第 4 行：没有按号码升序排列"),
        (["count\t2\t2", "pick\tA\t" + "0" * 64, "pick\tA\t" + "1" * 64], "第 4 行：A 出现了两次"),
        (["count\t2\t2", "pick\tA\t" + "0" * 64], "第 2 行：count 写抽中 2 家"),
        (["count\t0\t1", "pick\tA\t" + "0" * 64], "第 2 行：count 写抽中 1 家、名单 0 家"),
    ],
)
def test_public_file_is_read_strictly(rows, words):
    data = f"dr1\tpublic\tX-1\t{len(rows)}\n" + "".join(f"{row}\n" for row in rows)
    with pytest.raises(DrawFileError, match=words):
        bundle.read_public(data.encode())


def test_public_files_beside_the_whole_ones_must_agree(tmp_path):
    files = {**complete(), **partial()}
    assert bundle.verify_folder(store(tmp_path / "good", files)).picks == 9
    one_less = bundle.public_file(DRAW, bundle.read_public(files["public"]).picks[1:], 24)
    with pytest.raises(VerifyError, match=r"public\.tsv 第 1 行：与重算结果不符"):
        bundle.verify_folder(store(tmp_path / "bad", {**files, "public": one_less}))


def rewritten():
    """(the honest draw, a whole draw with other dice, whose chain was recomputed from end to end)."""
    base = invented([(identifier(n), "A", "-") for n in range(30)], rates={"A": (1, 3)})
    draws = []
    for dice in ("4839201756603914857720194638572019463857", "4839201756603914857720194638572019463858"):
        files = frozen(base, dice=dice)
        files["result"] = bundle.compute(files).result_tsv
        draws.append({**files, "log": log_of("2026-000031", files)})
    return draws


def test_a_chain_recomputed_from_end_to_end_passes_without_the_anchor_and_fails_with_it(tmp_path):
    honest, forged = rewritten()
    head = honest["log"].decode().splitlines()[-1].split("\t")
    anchor = f"{head[0]}:{head[-1]}"
    folder = store(tmp_path / "forged", forged)
    assert run("verify", folder).stdout == "VERIFIED 10 picks\n"
    held = run("verify", folder, "--head", anchor)
    assert held.returncode == 1
    assert held.stdout.startswith("FAILED log.tsv：第 3 条的链值与留存的链首不符")
    assert run("verify", store(tmp_path / "honest", honest), "--head", anchor).stdout == "VERIFIED 10 picks\n"


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("3:abc", "应写成 序号:链值"),
        (f"9:{'0' * 64}", "只有第 1 到第 4 条，无法与留存的第 9 条对照"),
        (f"2:{'0' * 64}", "第 2 条的链值与留存的链首不符"),
    ],
)
def test_an_anchor_that_does_not_hold(tmp_path, head, words):
    folder = store(tmp_path, partial())
    with pytest.raises(VerifyError, match=words):
        bundle.verify_folder(folder, head)


def test_the_head_before_the_draw_is_an_anchor_too(tmp_path):
    assert bundle.verify_folder(store(tmp_path, partial()), f"0:{bundle.GENESIS}").picks == 9
    files = partial()
    del files["log"], files["public"]
    with pytest.raises(VerifyError, match="缺少这个文件"):
        bundle.verify_folder(store(tmp_path / "no-log", files), f"0:{bundle.GENESIS}")
