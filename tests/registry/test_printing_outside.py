"""No PDF is made while a transaction stands open: PostgreSQL ends one that says nothing for half a minute."""

import pytest
from django.db import connection, transaction

from registry import printing
from sampling import printing as papers
from sampling.models import SealedCopy
from tests.sampling.plans import freeze, sealed

pytestmark = pytest.mark.django_db


def test_printing_inside_a_transaction_is_refused() -> None:
    assert printing.to_pdf("<p>纸</p>").startswith(b"%PDF")  # the transaction of the test itself is none
    for inside in (lambda: printing.to_pdf("<p>纸</p>"), lambda: printing.write([], [])):
        with transaction.atomic(), pytest.raises(RuntimeError, match="inside a transaction"):
            inside()


def test_in_production_it_is_printed_and_logged(settings: object, caplog: pytest.LogCaptureFixture) -> None:
    settings.TESTING = False
    with transaction.atomic():
        assert printing.to_pdf("<p>纸</p>").startswith(b"%PDF")
    assert {one.getMessage() for one in caplog.records} == {"a PDF is made inside a transaction"}


def test_a_sealed_copy_that_cannot_be_printed_is_not_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = sealed()
    roster = freeze(plan)

    def broken(html: str) -> bytes:
        raise OSError("no paper")

    keeper = {"actor": plan.created_by, "roster": roster, "holder": "见证人甲", "unit": "演示单位"}
    with monkeypatch.context() as patch:
        patch.setattr(papers, "to_pdf", broken)
        with pytest.raises(OSError, match="no paper"):
            papers.sealed_copy(**keeper)
    assert SealedCopy.objects.count() == 0
    assert papers.sealed_copy(**keeper).startswith(b"%PDF")
    assert SealedCopy.objects.get().holder == "见证人甲"


@pytest.mark.pg
def test_the_transaction_of_a_test_may_be_silent() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        assert cursor.fetchone() == ("0",)
