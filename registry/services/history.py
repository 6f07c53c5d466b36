"""What earlier apps may know of the past: who inspected whom, when."""

import datetime as dt

from django.db import transaction

from registry import audit
from registry.models import Department, Enterprise, PastInspection, User


@transaction.atomic
def record_past_inspection(
    *, actor: User | None, enterprise: Enterprise, department: Department, day: dt.date, source: str, result: str = ""
) -> PastInspection:
    """Note that ``department`` inspected ``enterprise`` on ``day``; once per department and day."""
    row, made = PastInspection.objects.get_or_create(
        enterprise=enterprise, department=department, day=day, defaults={"source": source, "result": result}
    )
    if made:
        after = {"department": department, "day": day, "source": source, "result": result}
        audit.record(stream="registry", actor=actor, action="登记检查", obj=enterprise, after=after)
    elif row.result != result and result:
        before = {"department": department, "day": day, "result": row.result}
        row.result = result
        row.save(update_fields=["result"])
        after = {"department": department, "day": day, "result": result}
        audit.record(stream="registry", actor=actor, action="更正检查登记", obj=enterprise, before=before, after=after)
    return row
