"""What the lead bureau decides on replacements, and that the departments are told."""

from collections.abc import Iterable

from django.db import transaction

from inspections.services import people
from inspections.services.batches import run_event_batch
from registry.models import User
from sampling import services as sampling_services
from sampling.models import Draw, DrawEvent, EventRequest, Plan


def _tell(plan: Plan, departments: Iterable[int], text: str) -> None:
    people.notify(people.administrators(set(departments)), text, people.link("event_new", plan.pk))


@transaction.atomic
def approve_events(*, actor: User, draw: Draw, requests: Iterable[EventRequest], note: str = "") -> list[DrawEvent]:
    """Approve requests together as one batch (`run_event_batch`) and tell who asked. Raises DomainError, and nothing
    happens, for whatever the batch refuses."""
    rows = list(requests)
    events = run_event_batch(actor=actor, draw=draw, requests=rows, note=note)
    text = f"《{draw.plan}》的替换申请已批准 {len(rows)} 份，由谁接替见替换申请页。"
    _tell(draw.plan, (row.department_id for row in rows), text)
    return events


@transaction.atomic
def refuse_events(*, actor: User, requests: Iterable[EventRequest], reason: str) -> list[EventRequest]:
    """Refuse requests, with the reason, and tell who asked."""
    done = [sampling_services.refuse_event(actor=actor, request=row, reason=reason) for row in requests]
    for row in done:
        _tell(row.draw.plan, [row.department_id], f"替换申请没有同意：{reason}")
    return done
