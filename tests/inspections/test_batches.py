"""Replacement requests approved in a batch, and what that does to the records that are out."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from inspections import services
from inspections.enums import RecordState
from inspections.models import InspectionRecord, SectionMember
from registry.enums import Role
from registry.errors import DomainError
from registry.models import PastInspection
from sampling import services as sampling_services
from sampling.enums import PickKind
from sampling.models import Draw, DrawEvent, EventRequest
from tests import factories as f
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db


@pytest.fixture
def draw(settings: Any, tmp_path: Path) -> Draw:
    """Dispatched, every record waiting for its confirmations."""
    settings.MEDIA_ROOT = tmp_path / "media"
    made = p.drawn()
    services.dispatch_draw(actor=made.drawn_by, draw=made)
    return Draw.objects.select_related("plan", "roster").get(pk=made.pk)


def ask(draw: Draw, code: str, **subject: Any) -> EventRequest:
    evidence = SimpleUploadedFile("证明.pdf", b"%PDF-1.4", "application/pdf")
    department = subject["member"].department if "member" in subject else f.make_department("GA")
    admin = f.make_user(Role.DEPT_ADMIN, department=department)
    return sampling_services.request_event(
        actor=admin, draw=draw, code=code, reason="可查", evidence=evidence, **subject
    )


def test_an_approved_batch_reaches_the_records(draw: Draw) -> None:
    firm = draw.selections.filter(kind=PickKind.MAIN, stratum="A")[0]
    person = draw.members.filter(kind=PickKind.MAIN, team=1)[0]
    requests = [ask(draw, "deregistered", selection=firm), ask(draw, "sick", member=person)]
    out, swap = services.run_event_batch(actor=draw.drawn_by, draw=draw, requests=requests)
    assert InspectionRecord.objects.get(selection=firm).state == RecordState.REPLACED
    fresh = InspectionRecord.objects.get(selection=out.substitute)
    assert (fresh.state, fresh.team) == (RecordState.CONFIRMING, out.team)
    mine = SectionMember.objects.filter(section__record__plan=draw.plan, section__record__team=1, replaced=False)
    in_play = mine.exclude(section__record__state=RecordState.REPLACED)
    assert not in_play.filter(inspector=person.inspector).exists()
    assert in_play.filter(inspector=swap.substitute_member.inspector).exists()


def test_an_enterprise_whose_inspection_has_begun_is_not_replaced(draw: Draw) -> None:
    firm = draw.selections.filter(kind=PickKind.MAIN, stratum="A")[0]
    request = ask(draw, "deregistered", selection=firm)
    InspectionRecord.objects.filter(selection=firm).update(state=RecordState.OPEN)
    with pytest.raises(DomainError, match="按登记状态结案"):
        services.run_event_batch(actor=draw.drawn_by, draw=draw, requests=[request])
    assert DrawEvent.objects.count() == 0


def test_without_a_reserve_nothing_is_written(draw: Draw) -> None:
    firm = draw.selections.filter(kind=PickKind.MAIN, stratum="D")[0]  # drawn whole
    request = ask(draw, "revoked", selection=firm)
    with pytest.raises(DomainError, match="没有候补企业"):
        services.run_event_batch(actor=draw.drawn_by, draw=draw, requests=[request])
    assert (DrawEvent.objects.count(), PastInspection.objects.count()) == (0, 0)
    assert EventRequest.objects.get().decision == "PENDING"
