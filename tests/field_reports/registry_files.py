"""Import files of the reports that are about them."""

import io
from typing import Any

from registry.importers import preview_of, read_registry_file
from registry.models import Enterprise, RiskScheme
from registry.services import compare_rows, import_rows, store_upload
from tests.registry import files


def read(*rows: dict[str, Any], kind: str = "enterprises") -> Any:
    """The file as the importer reads it."""
    return read_registry_file(io.BytesIO(files.book(*rows)), kind=kind, scheme=_scheme())


def problems(*rows: dict[str, Any], kind: str = "enterprises") -> list[str]:
    """Everything wrong, as the page and the command say it."""
    return [str(problem) for problem in read(*rows, kind=kind).problems]


def preview(*rows: dict[str, Any]) -> dict[str, Any]:
    """What the page shows before the import."""
    reading = read(*rows)
    return preview_of(reading, compare_rows(kind="enterprises", rows=reading.rows, scheme=_scheme()))


def store(*rows: dict[str, Any], kind: str = "enterprises") -> None:
    """Read and import; nothing may be wrong."""
    reading = read(*rows, kind=kind)
    assert reading.problems == []
    batch = store_upload(actor=None, kind=kind, filename="名录.xlsx", content=files.book(*rows), scheme=_scheme())
    import_rows(actor=None, batch=batch, rows=reading.rows, wrong=0)


def stored(field: str) -> list[str]:
    """A column of all enterprises, in the order of the file."""
    return list(Enterprise.objects.order_by("pk").values_list(field, flat=True))


def _scheme() -> RiskScheme:
    return RiskScheme.objects.get(code="S1")
