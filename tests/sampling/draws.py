"""Helpers for tests of the draw: the vectors, and small invented draws built through the public functions."""

from hashlib import sha256
from pathlib import Path

from sampling import bundle
from sampling.quotas import CategoryQuota, Department, Group, Stratum

VECTORS = Path(__file__).resolve().parents[1] / "vectors"
SMALL = ("freeze", "plan", "pool", "recuse", "roster", "entropy", "nonces")
SEED = "fd8c531304a592f75db21c202a93fdfd7c102b39be2286963adc1c546e714ba6"
BIG_SEED = sha256(b"dr1 large vector").hexdigest()
DICE = "4839201756603914857720194638572019463857"


def vector(name: str) -> bytes:
    """One vector file by name with suffix."""
    return (VECTORS / name).read_bytes()


def small_files() -> dict[str, bytes]:
    """The files of draw 2026-000017 that exist before it is drawn, with nonces."""
    return {name: vector(f"{name}.tsv") for name in SMALL}


def identifier(number: int, letter: str = "A") -> str:
    """An invented 18-character id."""
    return f"9135{number:013d}{letter}"


def person(dept: str, number: int) -> str:
    """An invented pid."""
    return sha256(f"{dept} {number}".encode()).hexdigest()[:32]


def invented(
    rows: list[tuple[str, str, str]],
    *,
    teams: int | None = 2,
    people: int = 6,
    recused: tuple[tuple[str, str], ...] = (),
    rates: dict[str, tuple[int, int]] | None = None,
    categories: dict[int, str] | None = None,
    quotas: tuple[CategoryQuota, ...] = (),
    seats: int = 2,
    draw_id: str = "2026-000031",
) -> dict[str, bytes]:
    """plan, pool, recuse and roster of an open draw with one department GA; a stratum is its own group."""
    strata = sorted({row[1] for row in rows})
    return {
        "plan": bundle.plan_file(
            draw_id,
            groups=[Group(code, rate=(rates or {}).get(code, (1, 1))) for code in strata],
            strata=[Stratum(code, code) for code in strata],
            depts=[Department("GA", seats)] if teams else [],
            quotas=quotas,
            teams=teams,
        ),
        "pool": bundle.pool_file(
            draw_id, [("GA", person("GA", n), (categories or {}).get(n, "-")) for n in range(people)] if teams else []
        ),
        "recuse": bundle.recuse_file(draw_id, recused),
        "roster": bundle.roster_file(draw_id, rows),
    }


def frozen(files: dict[str, bytes], draw_id: str = "2026-000031", dice: str = DICE) -> dict[str, bytes]:
    """`files` with an open freeze and its entropy."""
    freeze = bundle.freeze_file(
        draw_id,
        seq=int(draw_id[-6:]),
        prev=bundle.GENESIS,
        time="2026-04-17T09:00:00+08:00",
        files=files,
        nonces={},
        entropy=[("dice10", "40 digits, rolled at 2026-04-20T10:00:00+08:00")],
        not_before="2026-04-20T08:00:00+08:00",
    )
    return {**files, "freeze": freeze, "entropy": bundle.entropy_file([("dice10", dice)])}


def store(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files as NAME.tsv."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}.tsv").write_bytes(data)
    return folder
