"""替换申请 approved: the batch in the draw, and what it means for the records that are out already."""

from collections.abc import Iterable

from django.db import transaction

from inspections.enums import RecordState
from inspections.models import InspectionRecord
from inspections.services import people
from inspections.services.confirming import replace_record
from registry.errors import DomainError
from registry.models import User
from sampling import services as sampling_services
from sampling.enums import DrawEventKind
from sampling.models import Draw, DrawEvent, EventRequest


@transaction.atomic
def run_event_batch(*, actor: User, draw: Draw, requests: Iterable[EventRequest], note: str = "") -> list[DrawEvent]:
    """Approve requests as one batch (`sampling.services.run_batch`) and carry its events over to the records.

    An enterprise whose record waits for confirmation is replaced and the substitute dispatched; an inspector's
    substitute joins the sections still to be visited. Raises DomainError, and nothing happens, for an enterprise whose
    inspection has begun (it is closed by its status instead) or without reserve.
    """
    wanted = list(requests)
    plan = people.lock_plans([draw.plan_id])[draw.plan_id]
    leaving = [one.selection_id for one in wanted if one.selection_id is not None]
    found = InspectionRecord.objects.filter(selection__in=leaving).values_list("pk", flat=True)
    records = people.lock_records(found)
    begun = next((record for record in records.values() if record.state != RecordState.CONFIRMING), None)
    if begun is not None:
        state = begun.get_state_display()
        raise DomainError(f"{begun.selection.enterprise}的一企一表{state}，不能再替换；情况属实的请按登记状态结案。")
    events = sampling_services.run_batch(actor=actor, draw=draw, requests=wanted, note=note)
    of_selection = {record.selection_id: record for record in records.values()}
    for event in events:
        if event.kind == DrawEventKind.I_OUT and event.substitute_member is not None:
            people.replace_on_records(actor=actor, event=event)
        elif event.selection_id in of_selection:
            replace_record(actor, of_selection[event.selection_id], plan, event)
    return events
