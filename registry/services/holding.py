"""The registry's own lock: whoever reads all of it at once, and whoever changes what such a reader reads.

Apart from the heads of the trail, which are locked last and only for the append (registry.audit). So an import of
100,000 rows or a freeze stops other imports, freezes and repairs, but nobody who submits: an inspection that is noted
meanwhile (``record_past_inspection``) takes no part in it, because a freeze reads that table by one statement, which
sees all of another transaction or nothing (sampling/services/draft.py).

On SQLite there is one writer at a time anyway. Order of locks: plan → registry → rows → log head → audit stream.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

KEY = 1_305_310_001  # of an advisory lock: any number, the same in every process
LONG_WAIT = 60  # seconds: longer than a page would wait, since the one before may have 100,000 rows


@contextmanager
def waiting(seconds: int) -> Iterator[None]:
    """Wait so long for the locks that are asked for inside; afterwards as before."""
    if connection.vendor != "postgresql":
        yield
        return
    names = ("lock_timeout", "statement_timeout")  # the second cuts a wait short as well
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s), current_setting(%s)", names)
        before = cursor.fetchone()
        for name in names:
            cursor.execute("SELECT set_config(%s, %s, true)", [name, f"{seconds}s"])
        yield  # a failed wait has ended the transaction, and with it these settings
        for name, value in zip(names, before, strict=True):
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])


def hold_registry() -> None:
    """Keep the registry as it is to the end of the transaction, together with others who only read it: a freeze that
    calls this before it reads sees all of an import or nothing of it."""
    with waiting(LONG_WAIT):
        _lock("pg_advisory_xact_lock_shared")


def change_registry(*, patient: bool = False) -> None:
    """To be called before the first change of what a freeze reads (enterprises, grades, items, people, recusals):
    alone to the end of the transaction. ``patient``: wait for an import or a freeze as long as those may take, not
    as long as a page does."""
    if patient:
        with waiting(LONG_WAIT):
            _lock("pg_advisory_xact_lock")
    else:
        _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("the registry is held to the end of a transaction: there is none")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {function}(%s)", [KEY])
