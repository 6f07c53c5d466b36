"""The seven checks of a draw, and wrong draws that they must catch.

D draws of 6 of 40 and 12 of 40 share one seed each; seeds are fixed, so nothing flickers; a check rejects at
p < 1e-6 (|z| > 4.9). Three mutations are perfectly uniform: only the digest of 1 000 draws sees them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from hashlib import sha256
from itertools import combinations, pairwise
from random import Random
from statistics import NormalDist

import pytest

from sampling import bundle, draw
from tests.sampling.draws import identifier

SIZE, DRAWN = 40, (6, 12)
IDS = {code: [identifier(i, code) for i in range(SIZE)] for code in "AB"}
LIMIT = -NormalDist().inv_cdf(1e-6 / 2)
GOLDEN = "b30c1f955df4"

Sample = tuple[list[int], list[int]]
Method = Callable[[str, Sequence[str], int], list[int]]


def seed_of(number: int) -> str:
    return sha256(f"stat{number}".encode()).hexdigest()


@cache
def product(draws: int) -> list[Sample]:
    """Positions drawn by the product."""
    rows = [(i, code, "-") for code in "AB" for i in IDS[code]]
    roster = bundle.Roster.from_bytes(bundle.roster_file("2026-000001", rows))
    place = {i: n for code in "AB" for n, i in enumerate(IDS[code])}
    samples = []
    for number in range(draws):
        chosen = draw.select(roster, seed_of(number), dict(zip("AB", DRAWN, strict=True)))
        first, second = (sorted(place[ranked.id] for ranked in chosen[code]) for code in "AB")
        samples.append((first, second))
    return samples


def samples_of(method: Method, draws: int) -> list[Sample]:
    """The same with another way of drawing."""
    samples = []
    for number in range(draws):
        first, second = (sorted(method(seed_of(number), IDS[c], n)) for c, n in zip("AB", DRAWN, strict=True))
        samples.append((first, second))
    return samples


def chi_square_z(value: float, freedom: int) -> float:
    """Wilson-Hilferty: chi-square as a normal deviate."""
    spread = 2 / (9 * freedom)
    return ((value / freedom) ** (1 / 3) - (1 - spread)) / spread**0.5


def z_of_counts(counts: Sequence[int], draws: int, probability: float) -> list[float]:
    deviation = (draws * probability * (1 - probability)) ** 0.5
    return [(count - draws * probability) / deviation for count in counts]


def bonferroni(zs: Sequence[float]) -> float:
    """The largest |z| among many, as one deviate (two-sided p times the number of tests)."""
    p = min(1.0, 2 * NormalDist().cdf(-max(map(abs, zs))) * len(zs))
    return LIMIT + 1 if p < 1e-15 else -NormalDist().inv_cdf(p / 2)


def overlap_z(pairs: Sequence[tuple[list[int], list[int]]]) -> float:
    """Common members of pairs of samples, hypergeometric."""
    first, second = len(pairs[0][0]), len(pairs[0][1])
    share = second / SIZE
    mean = first * share
    variance = first * share * (1 - share) * (SIZE - first) / (SIZE - 1)
    total = sum(len(set(a) & set(b)) for a, b in pairs)
    return (total - len(pairs) * mean) / (len(pairs) * variance) ** 0.5


def checks(samples: list[Sample]) -> dict[str, float]:
    """The deviate of every check; a repeat of a whole draw counts as infinite."""
    draws = len(samples)
    worst: dict[str, float] = {}
    incl, maxz, pairs, lag = [], [], [], []
    for stratum, n in enumerate(DRAWN):
        probability = n / SIZE
        single = Counter(i for sample in samples for i in sample[stratum])
        zs = z_of_counts([single[i] for i in range(SIZE)], draws, probability)
        incl.append(chi_square_z((SIZE - 1) / SIZE * sum(z * z for z in zs), SIZE - 1))
        maxz.append(bonferroni(zs))
        double = Counter(pair for sample in samples for pair in combinations(sample[stratum], 2))
        both = n * (n - 1) / (SIZE * (SIZE - 1))
        counts = [double[pair] for pair in combinations(range(SIZE), 2)]
        pairs.append(bonferroni(z_of_counts(counts, draws, both)))
        lag.append(overlap_z([(a[stratum], b[stratum]) for a, b in pairwise(samples)]))
    worst["incl"], worst["maxz"], worst["pairs"] = max(incl), max(maxz), max(pairs)
    worst["lag1"] = max(map(abs, lag))
    worst["strata"] = abs(overlap_z(samples))
    worst["repeat"] = float("inf") if len({repr(sample) for sample in samples}) < draws else 0.0
    return worst


def golden(samples: list[Sample]) -> str:
    digest = sha256()
    for first, second in samples[:1000]:
        digest.update(repr([first, second]).encode())
    return digest.hexdigest()[:12]


def lowest(tickets: Sequence[object], n: int) -> list[int]:
    """Positions of the n lowest tickets, ties by position (= by id)."""
    return sorted(range(len(tickets)), key=lambda i: (tickets[i], i))[:n]


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def seed_ignored(seed, ids, n):
    return lowest([hashed(f"0/E/{i}") for i in ids], n)


def row_number_hashed(seed, ids, n):
    return lowest([hashed(f"{seed}/E/{row}") for row in range(len(ids))], n)


def id_cut(seed, ids, n):
    return lowest([hashed(f"{seed}/E/{i[:16]}") for i in ids], n)


def eight_bit_modulo(seed, ids, n):
    stream = bytes.fromhex("".join(hashed(f"{seed}/{ids[0][-1]}/{block}") for block in range(4)))
    return list(dict.fromkeys(byte % len(ids) for byte in stream))[:n]


def biased_shuffle(seed, ids, n):
    order, generator = list(range(len(ids))), Random(f"{seed}{ids[0]}")
    for i in range(len(order)):
        j = generator.randrange(len(order))
        order[i], order[j] = order[j], order[i]
    return order[:n]


def sixteen_bit_seed(seed, ids, n):
    return Random(int(seed[:4], 16)).sample(range(len(ids)), n)


def never_drawn(seed, ids, n):
    return lowest([hashed(f"{seed}/E/{i}") if row != 7 else "g" for row, i in enumerate(ids)], n)


def half_as_likely(seed, ids, n):
    friend = "g" if int(hashed(f"{seed}/friend"), 16) % 2 else hashed(f"{seed}/E/{ids[7]}")
    return lowest([hashed(f"{seed}/E/{i}") if row != 7 else friend for row, i in enumerate(ids)], n)


def weekday(seed, ids, n):
    return lowest([hashed(f"{int(seed, 16) % 7}/E/{i}") for i in ids], n)


def from_the_second_rank(seed, ids, n):
    return lowest([hashed(f"{seed}/E/{i}") for i in ids], n + 1)[1:]


def decimal_strings(seed, ids, n):
    return lowest([str(int(hashed(f"{seed}/E/{i}"), 16)) for i in ids], n)


def id_before_seed(seed, ids, n):
    return lowest([hashed(f"{i}{seed}") for i in ids], n)


CAUGHT_BY = {
    seed_ignored: {"incl", "maxz", "pairs", "strata", "lag1", "repeat"},
    row_number_hashed: {"strata"},
    id_cut: {"incl", "maxz", "pairs", "strata", "lag1", "repeat"},
    eight_bit_modulo: {"incl"},
    biased_shuffle: {"incl", "maxz"},
    sixteen_bit_seed: {"strata", "repeat"},
    never_drawn: {"incl", "maxz", "pairs"},
    half_as_likely: {"incl", "maxz"},
    weekday: {"incl", "maxz", "pairs", "strata", "lag1", "repeat"},
    from_the_second_rank: set(),
    decimal_strings: set(),
    id_before_seed: set(),
}


def test_the_product_passes_every_check():
    found = checks(product(4000))
    assert set(found) == {"incl", "maxz", "pairs", "strata", "lag1", "repeat"}
    assert {name: z for name, z in found.items() if z > LIMIT} == {}
    assert golden(product(4000)) == GOLDEN


@pytest.mark.parametrize("mutation", CAUGHT_BY, ids=lambda method: method.__name__)
def test_each_wrong_draw_is_caught(mutation):
    samples = samples_of(mutation, 4000)
    caught = {name for name, z in checks(samples).items() if z > LIMIT}
    assert caught >= CAUGHT_BY[mutation]
    if not CAUGHT_BY[mutation]:
        assert caught == set()  # perfectly uniform: the reason why vectors are kept
    assert golden(samples) != GOLDEN


def trend_z(method: Method, draws: int = 400, size: int = 2000, n: int = 20) -> float:
    """Whether early rows are preferred: mean position of the drawn."""
    ids = [identifier(i) for i in range(size)]
    total = sum(sum(method(seed_of(number), ids, n)) for number in range(draws))
    mean = n * (size - 1) / 2
    variance = n * (size + 1) * (size - n) / 12
    return (total - draws * mean) / (draws * variance) ** 0.5


def test_short_tickets_with_ties_by_id_show_a_trend():
    roster = bundle.Roster.from_bytes(
        bundle.roster_file("2026-000001", [(identifier(i), "A", "-") for i in range(2000)])
    )

    def drawn(seed, ids, n):
        return [int(ranked.id[4:-1]) for ranked in draw.select(roster, seed, {"A": n})["A"]]

    assert abs(trend_z(drawn)) < LIMIT
    assert trend_z(lambda seed, ids, n: lowest([hashed(f"{seed}/E/{i}")[:2] for i in ids], n)) < -LIMIT


def test_five_of_fifty_are_uniform():
    """20 000 draws of 5 from 50: chi-square of single and pair frequencies."""
    ids = [identifier(i) for i in range(50)]
    roster = bundle.Roster.from_bytes(bundle.roster_file("2026-000001", [(i, "A", "-") for i in ids]))
    draws = 20_000
    single: Counter[int] = Counter()
    double: Counter[tuple[int, int]] = Counter()
    for number in range(draws):
        rows = sorted(int(ranked.id[4:-1]) for ranked in draw.select(roster, f"{number:064x}", {"A": 5})["A"])
        single.update(rows)
        double.update(combinations(rows, 2))
    expected = draws * 5 / 50
    chi = 49 / 50 * sum((single[i] - expected) ** 2 for i in range(50)) / (expected * 0.9)
    assert abs(chi_square_z(chi, 49)) < 3.1
    pair = draws * 5 * 4 / (50 * 49)
    chi = sum((double[c] - pair) ** 2 / pair for c in combinations(range(50), 2))
    assert abs(chi_square_z(chi, 1224)) < 3.3
