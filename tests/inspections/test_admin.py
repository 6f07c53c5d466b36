"""Repair screens: a reason for every change, in the record's stream; what was decided is to look at only."""

import datetime as dt

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from inspections import models
from inspections.enums import Measure
from registry.enums import Role
from registry.models import AuditEvent
from tests import factories
from tests.inspections.desk import make_desk

pytestmark = pytest.mark.django_db
NAMES = [name for name in models.__all__ if hasattr(models, name)]


@pytest.fixture
def client() -> Client:
    made = Client()
    made.force_login(factories.make_user(Role.SYSADMIN))
    return made


@pytest.mark.parametrize("name", NAMES)
def test_every_model_has_a_screen(client: Client, name: str) -> None:
    make_desk(1).dispatch()
    model = getattr(models, name)
    assert model in admin.site._registry
    kind = model._meta.model_name
    assert client.get(reverse(f"admin:inspections_{kind}_changelist")).status_code == 200
    by_hand = 200 if name == "ReasonPhrase" else 403  # the office's own list; everything else comes from services
    assert client.get(reverse(f"admin:inspections_{kind}_add")).status_code == by_hand
    for row in model.objects.all()[:1]:
        assert client.get(reverse(f"admin:inspections_{kind}_change", args=[row.pk])).status_code == 200
        assert client.post(reverse(f"admin:inspections_{kind}_delete", args=[row.pk])).status_code == 403


def test_a_repair_needs_a_reason_and_goes_to_the_record(client: Client) -> None:
    desk = make_desk(1)
    desk.dispatch()
    section = desk.records[0].sections.first()
    row = models.FollowUp.objects.create(section=section, measure=Measure.ORDER_CORRECT, text="限期改正")
    page = reverse("admin:inspections_followup_change", args=[row.pk])
    data = {"closed_on": "2024-06-05", "closing_text": "复查合格", "measure": Measure.NONE, "text": "改过的"}
    assert "请写明修改理由" in client.post(page, data).content.decode()
    assert client.post(page, data | {"repair_reason": "经办人来函补登"}).status_code == 302
    row.refresh_from_db()
    assert (row.closed_on, row.closing_text, row.measure, row.text) == (
        dt.date(2024, 6, 5), "复查合格", Measure.ORDER_CORRECT, "限期改正",
    )  # fmt: skip
    event = AuditEvent.objects.get(action="数据修复")
    assert (event.stream, event.reason) == (f"record:{section.record_id}", "经办人来函补登")
    assert event.before == {"closed_on": None, "closing_text": ""}
