"""替换申请: a department asks on its page, the lead bureau decides on its own, the order says who comes in."""

from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from inspections.models import InspectionRecord, Notice, SectionMember
from registry.models import User
from registry.operations import new_key
from sampling.enums import Decision
from sampling.models import DrawEvent, EventRequest
from tests import factories as f
from tests.inspections.desk import MONDAY, Desk, make_drawn_desk

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _monday(settings: Any, tmp_path: Path) -> Any:
    settings.MEDIA_ROOT = tmp_path / "media"
    with time_machine.travel(MONDAY, tick=False):
        yield


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def url(name: str, *args: Any) -> str:
    return reverse(f"inspections:{name}", args=args)


@pytest.fixture
def desk() -> Desk:
    made = make_drawn_desk(count=8)
    f.make_item(f.make_department("WL"))
    made.plan.items.set(f.make_item(f.make_department(code)) for code in ("WL", "GA"))
    made.dispatch()
    return made


def person_out(desk: Desk) -> tuple[Any, dict[str, Any]]:
    member = desk.draw.members.filter(kind="MAIN", department__code="GA", team=1).select_related("inspector")[0]
    data = {
        "kind": "person",
        "p-key": new_key(),
        "p-member": member.pk,
        "p-code": "sick",
        "p-reason": "住院，有诊断证明",
    }
    return member, data


def test_a_department_asks_and_the_order_answers(desk: Desk) -> None:
    member, data = person_out(desk)
    ga, lead = signed_in(desk.ga), signed_in(desk.lead)
    assert ga.post(url("event_new", desk.plan.pk), data | {"p-evidence": paper()}).status_code == 302
    row = EventRequest.objects.get()
    assert (row.decision, row.department, DrawEvent.objects.count()) == (Decision.PENDING, desk.ga.department, 0)
    assert "批准 1 份替换申请" in lead.get(reverse("home")).content.decode()
    page = lead.get(url("event_list"))
    assert [one.pk for one in page.context["waiting"]] == [row.pk]
    assert b"".join(lead.get(url("event_evidence", row.pk)).streaming_content) == b"%PDF-1.4 proof"
    sent = {"key": page.context["form"]["key"].value(), "requests": [row.pk], "then": "approve", "note": ""}
    told = lead.post(url("event_list"), sent, follow=True).content.decode()
    called = DrawEvent.objects.get().substitute_member
    first = desk.draw.members.filter(kind="RESERVE", department__code="GA").order_by("seat")[0]
    assert called == first
    assert f"{member.inspector.name}退出，按候补顺序由{first.inspector.name}接替，第 1 队" in told
    seated = SectionMember.objects.filter(section__department__code="GA", section__record__team=1, replaced=False)
    assert first.inspector_id in seated.values_list("inspector", flat=True)
    assert member.inspector_id not in seated.values_list("inspector", flat=True)
    assert Notice.objects.filter(recipient=desk.ga, text__contains="已批准 1 份").exists()
    lead.post(url("event_list"), sent)
    assert DrawEvent.objects.count() == 1


def paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("证明.pdf", b"%PDF-1.4 proof", "application/pdf")


def test_an_enterprise_goes_only_with_its_evidence(desk: Desk) -> None:
    out = desk.draw.selections.filter(kind="MAIN").order_by("rank")[0]
    ga, lead = signed_in(desk.ga), signed_in(desk.lead)
    data = {"kind": "enterprise", "e-key": new_key(), "e-selection": out.pk, "e-code": "deregistered",
            "e-reason": "6月2日注销"}  # fmt: skip
    bare = ga.post(url("event_new", desk.plan.pk), data)
    assert bare.context["form"].errors == {"evidence": ["请附上证明材料，没有证明不能替换企业。"]}
    assert ga.post(url("event_new", desk.plan.pk), data | {"e-evidence": paper()}).status_code == 302
    row = EventRequest.objects.get()
    sent = {"key": new_key(), "requests": [row.pk], "then": "approve", "note": "属实"}
    lead.post(url("event_list"), sent)
    substitute = DrawEvent.objects.get().substitute
    assert InspectionRecord.objects.get(selection=out).state == "REPLACED"
    assert InspectionRecord.objects.get(selection=substitute).state == "CONFIRMING"
    assert "第 " in ga.get(url("event_new", desk.plan.pk)).context["rows"][0].outcome


def test_a_refusal_says_why_and_a_request_can_be_taken_back(desk: Desk) -> None:
    ga, lead = signed_in(desk.ga), signed_in(desk.lead)
    _, data = person_out(desk)
    ga.post(url("event_new", desk.plan.pk), data)
    row = EventRequest.objects.get()
    silent = lead.post(url("event_list"), {"key": new_key(), "requests": [row.pk], "then": "refuse", "note": ""})
    assert silent.context["form"].errors == {"note": ["请写明不同意的理由，申请部门会看到。"]}
    lead.post(url("event_list"), {"key": new_key(), "requests": [row.pk], "then": "refuse", "note": "材料不全"})
    assert "材料不全" in ga.get(url("event_new", desk.plan.pk)).content.decode()
    ga.post(url("event_new", desk.plan.pk), data | {"p-key": new_key()})
    again = EventRequest.objects.get(decision=Decision.PENDING)
    ga.post(url("event_withdraw", again.pk), {"key": new_key()})
    again.refresh_from_db()
    assert again.decision == Decision.WITHDRAWN
    assert DrawEvent.objects.count() == 0


def test_strangers_find_nothing(desk: Desk) -> None:
    _, data = person_out(desk)
    signed_in(desk.ga).post(url("event_new", desk.plan.pk), data | {"p-evidence": paper()})
    row = EventRequest.objects.get()
    assert signed_in(desk.wl).get(url("event_evidence", row.pk)).status_code == 404
    assert signed_in(desk.wl).post(url("event_withdraw", row.pk), {"key": new_key()}).status_code == 404
    stranger = f.make_user(f.Role.LEAD, department=f.make_department("GA"))
    assert signed_in(stranger).get(url("event_list")).context["waiting"] == []
    foreign = signed_in(desk.wl).post(url("event_new", desk.plan.pk), data | {"p-key": new_key()})
    assert "member" in foreign.context["form"].errors
