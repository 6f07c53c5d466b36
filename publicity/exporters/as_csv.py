"""检查结果 as CSV for the public: RFC 4180, UTF-8 with BOM, and nothing a spreadsheet would run (trust.md X "Out")."""

import csv
from collections.abc import Iterable, Iterator

from publicity.exporters.rows import RESULT_HEADERS, result_row
from publicity.models import PublishedResult
from registry.formulas import csv_cell

BOM = "\ufeff"


class _Echo:
    """A file whose write hands the line back."""

    def write(self, line: str) -> str:
        return line


def lines(rows: Iterable[PublishedResult]) -> Iterator[str]:
    """The file line by line."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    yield BOM + writer.writerow(RESULT_HEADERS)
    for number, row in enumerate(rows, 1):
        yield writer.writerow([csv_cell(cell) for cell in result_row(number, row)])
