"""Registry files: raw rows → clean rows for `registry.services.import_rows`; all problems of a file at once.

The rows are cleaned by plain functions instead of a Form per row: with the same messages, and fast enough for 20,000
rows while somebody waits.
"""

from registry.enums import ImportKind
from registry.importers.enterprises import HEADERS as ENTERPRISE_HEADERS
from registry.importers.enterprises import HINTS as ENTERPRISE_HINTS
from registry.importers.enterprises import EnterpriseCleaner
from registry.importers.error_copy import error_copy
from registry.importers.inspectors import HEADERS as INSPECTOR_HEADERS
from registry.importers.inspectors import HINTS as INSPECTOR_HINTS
from registry.importers.inspectors import InspectorCleaner
from registry.importers.preview import preview_of
from registry.importers.reading import Reading, Source, read_file
from registry.models import RiskScheme
from registry.spreadsheets import template_workbook

__all__ = [
    "ENTERPRISE_HEADERS",
    "INSPECTOR_HEADERS",
    "Reading",
    "error_copy",
    "preview_of",
    "read_registry_file",
    "template",
]

MAX_ROWS = 100_000


def read_registry_file(
    file: Source, *, kind: str, scheme: RiskScheme | None = None, max_rows: int = MAX_ROWS
) -> Reading:
    """Read and clean a whole file of ``kind``; the ``scheme`` says which grades an enterprise file holds.

    Raises SpreadsheetError when the file as such cannot be used; wrong rows are in the result's ``problems``.
    """
    if kind == ImportKind.ENTERPRISES:
        if scheme is None:
            raise ValueError("an enterprise file is read with a scheme")
        return read_file(file, EnterpriseCleaner(scheme), max_rows)
    return read_file(file, InspectorCleaner(), max_rows)


def template(kind: str) -> bytes:
    """The empty .xlsx of a kind, with hints for every column."""
    if kind == ImportKind.ENTERPRISES:
        return template_workbook(ENTERPRISE_HEADERS, ENTERPRISE_HINTS)
    return template_workbook(INSPECTOR_HEADERS, INSPECTOR_HINTS)
