"""Exact bytes: digests of the published vectors, and refusal of everything that is nearly right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling import bundle, canonical, freezing
from sampling.canonical import DrawFileError
from tests.sampling.draws import DICE, SEED, frozen, invented, small_files, vector

DIGESTS = {
    "roster.tsv": (604, "d3921ac1e3e8ebb0296cf5394f7f53edea8360d429609194db19f9aea21e52f3"),
    "plan.tsv": (258, "7b6fb43718f3de07d28e423a148f6e1b5a050d81b8598a63b8995062fc650bcd"),
    "pool.tsv": (714, "cf10a25604a270dbb7a7b05360895be826469546708390cfa0be3debccd71610"),
    "recuse.tsv": (181, "95978e794ac9c55491bd0e658ef137cca3e7d78d3514962e340a5efaaad27a2e"),
    "freeze.tsv": (863, "557053b99e47dd1840710eb134607fdd807676c0179d50239957ff90c9a88c24"),
    "entropy.tsv": (193, "214912869eccc16b4b9f83e856f16cec0ab4d64f0ae43e6513bc5a4b89fd97a3"),
    "nonces.tsv": (144, "b146dd563eb1580ea154e1f7058cee90153a35f821070cc94b4a4ead8e81bb40"),
    "seed_input.txt": (450, "fd8c531304a592f75db21c202a93fdfd7c102b39be2286963adc1c546e714ba6"),
    "result.tsv": (2362, "35dd6533be31debff8761f8388763d6efda944ed3426aa8dd127d6c1aa2ecef6"),
    "events.tsv": (306, "739e30713cb9bb191f72225e252b714e8d98446743c881c50153b3043823b069"),
    "big_roster.tsv": (2400030, "47115a5ae9479a30594c2377a4900ef613df69e5652d4dfd2ebd754ae22dd691"),
    "big_plan.tsv": (220, "e9e8574dcc6980cda3773a105dede35eb5d42cc931af26fbf3a27fdfc3f2958f"),
    "big_result.tsv": (500016, "be110d6cabf21b255a96dac4c8a4fda49623734d236af0693157f7b89f8d9633"),
}
ROW_FILES = ("roster", "plan", "pool", "recuse", "result", "events")
CODES = st.from_regex(r"[0-9A-Za-z._][0-9A-Za-z._-]{0,31}", fullmatch=True)
IDS = st.from_regex(r"[0-9A-Z]{1,32}", fullmatch=True)


@pytest.mark.parametrize("name", DIGESTS)
def test_vector_files_are_the_published_ones(name):
    assert (len(vector(name)), canonical.sha256_hex(vector(name))) == DIGESTS[name]


@pytest.mark.parametrize("kind", ROW_FILES)
def test_writing_what_was_parsed_gives_the_same_bytes(kind):
    data = vector(f"{kind}.tsv")
    parsed = canonical.parse(data, kind, "2026-000017")
    assert canonical.write(kind, parsed.draw_id, reversed(parsed.rows)) == data


def test_seed_and_its_input():
    files = small_files()
    values = freezing.read_entropy(files["entropy"])
    nonces = freezing.read_nonces(files["nonces"])
    assert canonical.seed_input(files["freeze"], values, nonces) == vector("seed_input.txt")
    assert canonical.seed(files["freeze"], values, nonces) == SEED


def test_seed_changes_with_every_part():
    files = small_files()
    values = freezing.read_entropy(files["entropy"])
    nonces = freezing.read_nonces(files["nonces"])
    seeds = {
        canonical.seed(files["freeze"], values, nonces),
        canonical.seed(files["freeze"] + b" ", values, nonces),
        canonical.seed(files["freeze"], values[::-1], nonces),
        canonical.seed(files["freeze"], values[:1], nonces),
        canonical.seed(files["freeze"], values, {}),
    }
    assert len(seeds) == 5


def test_nonces_are_the_demonstration_ones_and_open_their_commitments():
    freeze = freezing.read_freeze(vector("freeze.tsv"))
    demo = {party: canonical.sha256_hex(f"demo nonce {party}".encode()) for party in ("jijian", "notary")}
    assert freezing.nonces_file(demo) == vector("nonces.tsv")
    assert tuple((p, canonical.commit("2026-000017", p, demo[p])) for p in ("jijian", "notary")) == freeze.nonces


def test_freeze_is_rebuilt_from_its_parts():
    files = small_files()
    freeze = freezing.read_freeze(files["freeze"])
    names = ("plan", "pool", "recuse", "roster")
    rebuilt = bundle.freeze_file(
        "2026-000017",
        seq=17,
        prev=bundle.GENESIS,
        time="2026-04-17T09:00:00+08:00",
        files={name: files[name] for name in reversed(names)},
        nonces=dict(reversed(freeze.nonces)),
        entropy=freeze.entropy,
        not_before="2026-04-20T08:00:00+08:00",
        reveal_by="2026-06-30T18:00:00+08:00",
    )
    assert rebuilt == files["freeze"]


def test_log_chain_vector():
    lines = [
        bundle.log_line(1, "2026-04-17T09:00:00+08:00", "FREEZE", "2026-000017", vector("freeze.tsv")),
        bundle.log_line(2, "2026-04-20T10:12:00+08:00", "ENTROPY", "2026-000017", vector("entropy.tsv")),
        bundle.log_line(3, "2026-04-20T10:13:00+08:00", "RESULT", "2026-000017", vector("result.tsv")),
    ]
    assert bundle.log_chain(bundle.GENESIS, lines) == (
        "b4f2fa24607f81c88d7352b089405e1be38c8d65d71d5eec394bb2e0585b2972",
        "bd6862d40472e22d88686ab8dda7496c5242737945c184dfd64e8bebf28724d6",
        "17d3936ca1af09c630ecd68bfc65abd2f03b5238cd93129e39a2da3c844e06e0",
    )
    data = bundle.log_file("2026-000017", lines, bundle.GENESIS)
    assert [e.seq for e in bundle.read_log(data, "2026-000017", bundle.GENESIS)] == [1, 2, 3]


def test_log_keeps_ten_after_nine():
    times = "2026-04-17T09:00:00+08:00"
    lines = [bundle.log_line(n, times, "DISPUTE", "2026-000017", "0" * 64) for n in range(1, 13)]
    data = bundle.log_file("2026-000017", lines, bundle.GENESIS)
    assert [e.seq for e in bundle.read_log(data, "2026-000017", bundle.GENESIS)] == list(range(1, 13))


def test_log_refuses_a_gap_and_names_the_line():
    lines = [bundle.log_line(n, "2026-04-17T09:00:00+08:00", "DISPUTE", "2026-000017", "0" * 64) for n in (1, 2, 4)]
    with pytest.raises(DrawFileError) as error:
        bundle.read_log(bundle.log_file("2026-000017", lines, bundle.GENESIS), "2026-000017", bundle.GENESIS)
    assert (error.value.file, error.value.line) == ("log", 4)


def test_pid_is_salted_and_bound_to_the_draw():
    salt = "00112233445566778899aabbccddeeff"
    first = canonical.pid("2026-000017", "SC", "35010001", salt)
    text = f"dr1 pid\n2026-000017\nSC\n35010001\n{salt}\n"
    assert first == canonical.sha256_hex(text.encode())[:32]
    assert canonical.pid("2026-000018", "SC", "35010001", salt) != first
    for bad in ("", salt[:-1], salt.upper()):
        with pytest.raises(ValueError, match="盐值"):
            canonical.pid("2026-000017", "SC", "35010001", bad)


ROSTER = b"dr1\troster\t2026-000001\t2\nA1\tX\t-\nB2\tX\tSE\n"


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"\xef\xbb\xbf" + ROSTER, 1, "BOM"),
        (ROSTER.replace(b"\n", b"\r\n"), 1, "CR"),
        (ROSTER.replace(b"-\n", b"-\r\n"), 2, "CR"),
        (ROSTER[:-1], None, "换行"),
        (b"", None, "换行"),
        (ROSTER.replace(b"\t2\n", b"\t3\n", 1), 1, "首行写 3 行，实有 2 行"),
        (ROSTER.replace(b"\t2\n", b"\t02\n", 1), 1, "首行"),
        (ROSTER.replace(b"dr1", b"dr2"), 1, "首行"),
        (ROSTER.replace(b"roster", b"pool"), 1, "首行"),
        (ROSTER.replace(b"2026-000001", b"2026/000001"), 1, "抽取编号"),
        (b"dr1\troster\t2026-000001\t2\nB2\tX\tSE\nA1\tX\t-\n", 3, "升序"),
        (b"dr1\troster\t2026-000001\t2\nA1\tX\t-\nA1\tX\t-\n", 3, "重复"),
        (ROSTER.replace(b"A1", b"a1"), 2, "格式不符"),
        (ROSTER.replace(b"A1", b"A" * 33), 2, "格式不符"),
        (ROSTER.replace(b"\t-\n", b"\t\n"), 2, "格式不符"),
        (ROSTER.replace(b"\tX\tSE", b"\t-\tSE"), 3, "格式不符"),
        (ROSTER.replace(b"\tX\tSE", b"\tX/Y\tSE"), 3, "格式不符"),
        (ROSTER.replace(b"\tSE", b"\tSE\t-"), 3, "格式不符"),
        (ROSTER.replace(b"SE", b"SE,AA"), 3, "专业代码"),
        (ROSTER.replace(b"SE", b"SE,SE"), 3, "专业代码"),
        (ROSTER.replace(b"SE", "特".encode()), 3, "ASCII"),
    ],
)
def test_roster_reader_refuses(data, line, words):
    with pytest.raises(DrawFileError, match=words) as error:
        canonical.parse(data, "roster")
    assert (error.value.file, error.value.line) == ("roster", line)
    with pytest.raises(DrawFileError, match=words) as error:
        bundle.Roster.from_bytes(data)
    assert (error.value.file, error.value.line) == ("roster", line)


def test_both_roster_readers_refuse_one_id_in_two_strata():
    data = b"dr1\troster\t2026-000001\t2\nA1\tX\t-\nA1\tY\t-\n"
    with pytest.raises(DrawFileError, match="代码重复"):
        bundle.Roster.from_bytes(data)
    with pytest.raises(DrawFileError, match="代码重复"):
        bundle.roster_file("2026-000001", [("A1", "Y", "-"), ("A1", "X", "-")])


def test_another_draws_file_is_refused():
    with pytest.raises(DrawFileError, match="属于抽取 2026-000017，不是 2026-000018"):
        canonical.parse(vector("pool.tsv"), "pool", "2026-000018")


@given(st.lists(st.tuples(CODES, IDS), unique_by=lambda row: row[1]), st.randoms(use_true_random=False))
def test_roster_bytes_do_not_depend_on_order(cells, shuffler):
    rows = [(identifier, stratum, "-") for stratum, identifier in cells if stratum != "-"]
    data = bundle.roster_file("2026-000001", rows)
    shuffler.shuffle(rows)
    assert bundle.roster_file("2026-000001", rows) == data == canonical.write("roster", "2026-000001", rows)
    assert sorted(canonical.parse(data, "roster").rows) == sorted(rows)


@given(st.data())
def test_fast_roster_reader_agrees_with_the_slow_one(data):
    """One byte of a good roster replaced by any byte: both readers accept, or both refuse."""
    good = bytearray(b"dr1\troster\t2026-000001\t3\nA1\tX\t-\nB2\tX\tA,SE\nB3\tY.z\t-\n")
    good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.sampled_from(b"\t\n\r -,/0AZaz.\x00\xff"))
    text = bytes(good)
    verdicts = []
    for reader in (lambda: canonical.parse(text, "roster"), lambda: bundle.Roster.from_bytes(text)):
        try:
            reader()
            verdicts.append("good")
        except DrawFileError:
            verdicts.append("bad")
    assert len(set(verdicts)) == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([("dice10", DICE[:-1])], "至少 40 位"),
        ([("dice10", DICE[:-1] + "x")], "至少 40 位"),
        ([("dice10", DICE[:20] + " " + DICE[20:])], "至少 40 位"),
        ([("ssq", "2026045:01,02,03,04,05,06+07")], "128 比特"),
        ([("ssq", "2026045:02,01,03,04,05,06+07")], "升序"),
        ([("ssq", "2026045:01,02,03,04,05,34+07")], "01–33"),
        ([("ssq", "2026045:01,02,03,04,05,06+17")], "01–16"),
        ([("drand", "52db:27946612:7f83")], "drand"),
        ([("coin", "1")], "不认识"),
        ([], "128 比特"),
    ],
)
def test_entropy_is_refused(values, words):
    with pytest.raises(DrawFileError, match=words):
        bundle.entropy_file(values)


def test_entropy_follows_the_freeze():
    announced = freezing.read_freeze(vector("freeze.tsv")).entropy
    lines = [line.split(" ", 1) for line in vector("entropy.tsv").decode().splitlines()]
    dice, drand = ((kind, value) for kind, value in lines)
    assert bundle.entropy_file([dice, drand], announced) == vector("entropy.tsv")
    with pytest.raises(DrawFileError, match="依次为 dice10、drand"):
        bundle.entropy_file([drand, dice], announced)
    with pytest.raises(DrawFileError, match="依次为 dice10、drand"):
        bundle.entropy_file([dice], announced)
    with pytest.raises(DrawFileError, match="轮次"):
        bundle.entropy_file([dice, ("drand", drand[1].replace("27946612", "27946613"))], announced)


def test_six_lotteries_are_enough_and_five_are_not():
    draws = [("ssq", f"20260{n:02d}:01,02,03,04,05,06+07") for n in range(6)]
    assert bundle.entropy_file(draws).count(b"\n") == 6
    with pytest.raises(DrawFileError, match="128 比特"):
        bundle.entropy_file(draws[:5])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"seq\t31", b"seq\t32", "末尾的数字"),
        (b"alg\tdr1", b"alg\tdr2", "算法"),
        (b"time\t2026-04-17", b"time\t2026-02-30", "time 应写成"),
        (b"not-before\t2026-04-20", b"not-before\t2026-04-16", "早于冻结时间"),
        (b"dice10", b"dice6", "不认识的随机来源"),
        (b"supersedes\t-\n", b"", "缺少 supersedes 行"),
        (b"alg\tdr1\nseq\t31\n", b"seq\t31\nalg\tdr1\n", "次数或顺序"),
        (b"alg\tdr1\n", b"alg\tdr1\nalg\tdr1\n", "次数或顺序"),
        (b"entropy\t1", b"entropy\t2", "次数或顺序"),
        (b"file\tplan", b"file\tzlan", "升序"),
        (b"reveal-by\t-", b"reveal-by\t2026-04-19T08:00:00+08:00", "reveal-by 早于"),
    ],
)
def test_freeze_reader_refuses(old, new, words):
    freeze = frozen(invented([("A1", "X", "-")]))["freeze"]
    assert freeze.count(old) == 1
    with pytest.raises(DrawFileError, match=words):
        freezing.read_freeze(freeze.replace(old, new))


def test_freeze_needs_enough_announced_entropy():
    with pytest.raises(DrawFileError, match="不足 128 比特"):
        bundle.freeze_file(
            "2026-000031",
            seq=31,
            prev=bundle.GENESIS,
            time="2026-04-17T09:00:00+08:00",
            files=invented([("A1", "X", "-")]),
            nonces={},
            entropy=[("ssq", "2026045")],
            not_before="2026-04-20T08:00:00+08:00",
        )
