"""检查结果 as CSV for the public: RFC 4180, UTF-8 with BOM, and nothing a spreadsheet would run (trust.md X "Out")."""

import csv
from collections.abc import Iterable, Iterator

from publicity.exporters.rows import RESULT_HEADERS, result_row
from publicity.models import PublishedResult

DANGEROUS = tuple("=+-@\t\r\0＝＋－＠")
BOM = "\ufeff"


class _Echo:
    """A file whose write hands the line back."""

    def write(self, line: str) -> str:
        return line


def guarded(text: str) -> str:
    """``text`` with an apostrophe before what a spreadsheet would take for a formula."""
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) else text


def lines(rows: Iterable[PublishedResult]) -> Iterator[str]:
    """The file line by line."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    yield BOM + writer.writerow(RESULT_HEADERS)
    for number, row in enumerate(rows, 1):
        yield writer.writerow([guarded(str(cell)) for cell in result_row(number, row)])
