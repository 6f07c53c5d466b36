"""Reference data from fixtures/: departments, industries, grading schemes, items with legal bases, calendars.

Loading is idempotent and never overwrites what an office has edited since: a row that exists stays as it is.
"""

import datetime as dt
import json
from typing import Any

from django.conf import settings
from django.db import transaction

from registry import audit, county
from registry.models import (
    CalendarYear,
    Department,
    Industry,
    InspectionItem,
    LegalBasis,
    RiskLevel,
    RiskScheme,
    User,
)
from registry.services.calendars import load_calendar_year
from registry.services.holding import change_registry


def read_fixture(name: str) -> dict[str, Any]:
    """The content of ``fixtures/name.json``."""
    path = settings.BASE_DIR / "fixtures" / f"{name}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@transaction.atomic
def load_reference_data(*, actor: User | None = None) -> dict[str, int]:
    """Load what is missing; returns how many rows of each kind were added."""
    change_registry(patient=True)
    counts = {
        "departments": _departments(),
        "industries": _industries(),
        "schemes": _schemes(),
        "items": _items(),
        "years": _years(actor),
    }
    first = Department.objects.order_by("order").first()
    if first is not None and any(counts.values()):
        audit.record(stream="registry", actor=actor, action="载入基础数据", obj=first, after=counts)
    return counts


def _departments() -> int:
    """Into an empty table only: another county has renamed them, or has others. The county's own name before each."""
    if Department.objects.exists():
        return 0
    fixture, own = read_fixture("departments"), county.current().name
    rows = [
        Department(**row | {"name": own + row["name"].removeprefix(fixture["county"])})
        for row in fixture["departments"]
    ]
    return len(Department.objects.bulk_create(rows))


def _industries() -> int:
    added = 0
    for row in read_fixture("industries")["industries"]:
        defaults = {key: row[key] for key in ("name", "aliases", "order")}
        added += Industry.objects.get_or_create(code=row["code"], defaults=defaults)[1]
    return added


def _schemes() -> int:
    added = 0
    for row in read_fixture("risk_schemes")["schemes"]:
        defaults = {key: row[key] for key in ("name", "source", "order")}
        scheme, made = RiskScheme.objects.get_or_create(code=row["code"], defaults=defaults)
        added += made
        for level in row["levels"]:
            defaults = {"name": level["name"], "order": level["order"]}
            RiskLevel.objects.get_or_create(scheme=scheme, code=level["code"], defaults=defaults)
    return added


def _items() -> int:
    added = 0
    departments = {one.code: one for one in Department.objects.all()}
    for row in read_fixture("items")["items"]:
        start = dt.date.fromisoformat(row["effective_from"])
        if row["department"] not in departments or InspectionItem.objects.filter(code=row["code"]).exists():
            continue  # a department that this county does not have, or has under another code, brings its own
        item = InspectionItem.objects.create(
            code=row["code"],
            effective_from=start,
            department=departments[row["department"]],
            name=row["name"],
            category=row["category"],
            priority=row["priority"],
            check_points="；".join(row["check_points"]),
            methods=row["methods"],
            venues=row["venues"],
            entity_types=row["entity_types"],
            phrases=row.get("phrases", []),
            active=row["active"],
        )
        item.industries.set(Industry.objects.filter(code__in=row["industries"]))
        LegalBasis.objects.bulk_create(
            LegalBasis(
                item=item,
                law=basis["law"],
                duty_articles="、".join(basis["duty"]),
                penalty_articles="、".join(basis["penalty"]),
                version=basis.get("version") or "",
                effective_from=start,
                verified=basis["verified"],
            )
            for basis in row["legal_bases"]
        )
        added += 1
    return added


def _years(actor: User | None) -> int:
    added = 0
    for row in read_fixture("calendars")["years"]:
        if CalendarYear.objects.filter(year=row["year"]).exists():
            continue
        days = [
            (dt.date.fromisoformat(one["date"]), kind, one["name"])
            for key, kind in (("off", "OFF"), ("working", "WORK"))
            for one in row[key]
        ]
        notice = f"{row['notice_title']}（{row['notice_date']} 公布）"
        load_calendar_year(
            actor=actor, year=row["year"], notice=notice, number=row["notice_number"], days=days
        )  # fmt: skip
        added += 1
    return added
