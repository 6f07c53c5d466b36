"""Importing a registry file: kept as uploaded, compared, written whole or not at all, one event in the trail."""

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import PurePath
from typing import Any

from django.core.files.base import ContentFile
from django.db import connection, transaction

from registry import audit, clock
from registry.enums import ImportKind, ImportState, Role
from registry.errors import DomainError
from registry.models import ImportBatch, RiskScheme, User
from registry.services.comparison import Comparison
from registry.services.enterprise_import import compare_enterprises, write_enterprises
from registry.services.holding import change_registry
from registry.services.inspector_import import compare_inspectors, write_inspectors

MANY_ROWS = 5000  # from here on the planner's old statistics of the tables make slow plans until autovacuum comes by
TABLES = {
    ImportKind.ENTERPRISES: ("registry_enterprise", "registry_enterprise_industries", "registry_riskrating"),
    ImportKind.INSPECTORS: ("registry_inspector",),
}


def compare_rows(*, kind: str, rows: Sequence[Any], scheme: RiskScheme | None) -> Comparison:
    """What importing ``rows`` (EnterpriseRow or InspectorRow) would change now. Reads only."""
    if kind == ImportKind.ENTERPRISES:
        if scheme is None:
            raise ValueError("enterprises are graded by a scheme")
        return compare_enterprises(rows, scheme, clock.today())
    return compare_inspectors(rows)


def earlier_import(*, kind: str, digest: str) -> ImportBatch | None:
    """The last import of a file with the same bytes."""
    found = ImportBatch.objects.filter(kind=kind, sha256=digest, state=ImportState.IMPORTED)
    return found.select_related("uploaded_by").order_by("-imported_at").first()


@transaction.atomic
def store_upload(
    *,
    actor: User | None,
    kind: str,
    filename: str,
    content: bytes,
    scheme: RiskScheme | None = None,
    preview: dict[str, Any] | None = None,
) -> ImportBatch:
    """Keep an uploaded file until it is confirmed; ``preview`` is what the page shows of it. ``actor`` None is the
    installation itself (command line)."""
    _may_import(actor)
    digest = hashlib.sha256(content).hexdigest()
    batch = ImportBatch(
        kind=kind,
        filename=PurePath(filename).name[-255:],
        sha256=digest,
        scheme=scheme,
        counts=preview or {},
        uploaded_by=actor,
        uploaded_at=clock.now(),
    )
    batch.file.save(f"{digest[:16]}.xlsx", ContentFile(content), save=False)
    batch.save()
    return batch


@transaction.atomic
def discard_upload(*, actor: User, batch: ImportBatch) -> ImportBatch:
    """Choose another file instead; an imported file stays."""
    _may_import(actor)
    batch = ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    if batch.state == ImportState.IMPORTED:
        raise DomainError("这个文件已经导入，不能再放弃；要更正请导入改好的文件。")
    batch.state = ImportState.DISCARDED
    batch.save(update_fields=["state"])
    return batch


@transaction.atomic
def import_rows(*, actor: User | None, batch: ImportBatch, rows: Sequence[Any], wrong: int = 0) -> ImportBatch:
    """Write all ``rows`` of an uploaded file in one transaction; ``wrong`` rows of it were left out on request.

    Raises DomainError when the file was imported or discarded meanwhile, or has no row that can be imported.
    """
    _may_import(actor)
    change_registry(patient=True)
    batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("scheme").get(pk=batch.pk)
    if batch.state != ImportState.PREVIEW:
        raise DomainError(f"文件“{batch.filename}”{batch.get_state_display()}，不能再导入一次；需要时请重新上传。")
    if not rows:
        raise DomainError("没有可以导入的行，请把文件改好后重新上传。")
    comparison = compare_rows(kind=batch.kind, rows=rows, scheme=batch.scheme)
    if batch.kind == ImportKind.ENTERPRISES and batch.scheme is not None:
        source = f"导入 {batch.filename}"[:200]
        write_enterprises(comparison, scheme=batch.scheme, source=source, now=clock.now(), today=clock.today())
    else:
        write_inspectors(comparison)
    counts = {"rows": len(rows) + wrong, **comparison.counts(), "skipped": wrong}
    batch.state, batch.imported_at = ImportState.IMPORTED, clock.now()
    batch.counts = {**batch.counts, **counts, "summary": comparison.summary(), "same_names": comparison.notices}
    batch.save(update_fields=["state", "imported_at", "counts"])
    audit.record(
        stream="registry",
        actor=actor,
        action=f"导入{batch.get_kind_display()}",
        obj=batch,
        after={"sha256": batch.sha256, "scheme": batch.scheme, **counts, **comparison.for_the_trail()},
    )
    if connection.vendor == "postgresql" and len(rows) >= MANY_ROWS:
        transaction.on_commit(partial(_take_statistics, batch.kind), robust=True)
    return batch


def _take_statistics(kind: str) -> None:
    """Tell PostgreSQL how large the tables are now, after the commit: what is asked next gets the right plan."""
    with connection.cursor() as cursor:
        for table in TABLES[ImportKind(kind)]:
            cursor.execute(f"ANALYZE {table}")


def _may_import(actor: User | None) -> None:
    if actor is not None and not actor.roles & {Role.LEAD, Role.SYSADMIN}:
        raise DomainError("名录由牵头部门导入，请联系牵头部门。")
