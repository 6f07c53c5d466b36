"""The third implementation: the statements of docs/draw-in-sql.md, run as they stand there."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import connection

from sampling import bundle
from tests.sampling.draws import BIG_SEED, SEED, vector

pytestmark = [pytest.mark.pg, pytest.mark.django_db]

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "draw-in-sql.md"
STATEMENTS = re.findall(r"```sql\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
TABLES, ROSTER_DIGEST, SEED_OF, DIFFERENCES, SIZES = STATEMENTS


def ask(statement: str, **parameters: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def load(roster: bytes, result: bytes) -> None:
    """Both files into the tables of the document."""
    rows = [line.split("\t") for line in result.decode().split("\n")[1:-1]]
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        with cursor.copy("COPY roster FROM STDIN") as copy:
            copy.write(roster[roster.index(b"\n") + 1 :])
        cursor.executemany("INSERT INTO strat VALUES (%s, %s, %s)", [row[1:4] for row in rows if row[0] == "strat"])
        cursor.executemany("INSERT INTO pick VALUES (%s, %s, %s, %s)", [row[1:5] for row in rows if row[0] == "pick"])


def test_the_small_draw_is_the_same_in_sql():
    load(vector("roster.tsv"), vector("result.tsv"))
    assert ask(ROSTER_DIGEST, draw_id="2026-000017") == [(sha256(vector("roster.tsv")).hexdigest(),)]
    lines = vector("entropy.tsv").decode().splitlines()
    nonces = [" ".join(line.split("\t")) for line in vector("nonces.tsv").decode().splitlines()]
    found = ask(SEED_OF, freeze_digest=sha256(vector("freeze.tsv")).hexdigest(), entropy=lines, nonces=nonces)
    assert found == [(SEED,)]
    assert ask(DIFFERENCES, seed=SEED) == []
    assert ask(SIZES) == []


def test_a_hundred_thousand_are_drawn_alike():
    load(vector("big_roster.tsv"), vector("big_result.tsv"))
    assert ask("SELECT count(*) FROM pick") == [(5100,)]
    assert ask(DIFFERENCES, seed=BIG_SEED) == []
    assert ask(SIZES) == []


def test_what_was_changed_is_shown():
    load(vector("roster.tsv"), vector("result.tsv"))
    first = next(iter(bundle.parse(vector("result.tsv"), "result").rows))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pick SET ticket = repeat('0', 64) WHERE id = %s", [first[3]])
    assert [row[0] for row in ask(DIFFERENCES, seed=SEED)] == ["重算有、公布无", "公布有、重算无"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE roster SET stratum = 'Z' WHERE id = %s", [first[3]])
    assert len(ask(SIZES)) == 2
    assert ask(ROSTER_DIGEST, draw_id="2026-000017") != [(sha256(vector("roster.tsv")).hexdigest(),)]


def test_another_seed_gives_other_picks():
    load(vector("roster.tsv"), vector("result.tsv"))
    assert len(ask(DIFFERENCES, seed="0" * 64)) > 2
