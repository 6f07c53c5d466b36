"""A task number of 18 digits became 1.30827E+17 in Excel; quotes do not help."""

from __future__ import annotations

import csv
import io

import pytest

from publicity.exporters import as_csv
from publicity.models import PublishedResult
from registry.formulas import csv_cell
from sampling.models import Plan
from tests.publicity.scene import make_campaign


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("130827202406031001", "130827202406031001\t"),
        ("911308271234567890", "911308271234567890\t"),
        ("130827228282", "130827228282\t"),
        ("00827001", "00827001\t"),
        ("130827E12", "130827E12\t"),
        ("13812345678", "13812345678"),  # eleven digits are shown and kept
        ("2024-06-03", "2024-06-03"),
        ("91130827MA0ABCDE12", "91130827MA0ABCDE12"),
        ("0", "0"),
        (130827202406031001, "130827202406031001"),
        ("", ""),
    ],
)
def test_numbers_that_excel_would_round_stay_text(value: object, cell: str) -> None:
    assert csv_cell(value) == cell


@pytest.mark.django_db
def test_the_public_file() -> None:
    campaign = make_campaign()
    Plan.objects.filter(pk=campaign.plan.pk).update(task_code="130827202406031001")
    publication = PublishedResult.objects.current().first().publication
    publication.snapshot["task_code"] = "130827202406031001"
    row = PublishedResult(publication=publication, organ="甲局", results="未发现问题")
    table = list(csv.reader(io.StringIO("".join(as_csv.lines([row]))[1:])))
    assert dict(zip(table[0], table[1], strict=True))["抽查任务编号"] == "130827202406031001\t"
    assert [cell.strip() for cell in table[1]][3] == "130827202406031001"  # what a program reads
