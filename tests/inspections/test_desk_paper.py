"""Paper at the desk: one place for printing and for the scan of what was signed by hand."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from inspections.enums import EvidenceKind
from inspections.models import Evidence
from inspections.services import add_evidence
from registry.enums import Role
from registry.errors import DomainError
from registry.operations import new_key
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_scan_of_a_signed_sheet_is_uploaded_and_stands_beside_the_record() -> None:
    record = x.make_record()
    admin = f.make_user(Role.DEPT_ADMIN, department=f.make_department("WL"))
    inspector = x.inspectors(x.section_of(record, "GA"))[0]
    upload, detail = (
        reverse("inspections:task_scan", args=[record.pk]),
        reverse("inspections:task_detail", args=[record.pk]),
    )
    for user, name in ((admin, "签字表.jpg"), (inspector, "签字表二.jpg")):
        client = signed_in(user)
        assert upload in client.get(detail).content.decode()
        sent = {"key": new_key(), "file": x.picture(name=name, colour=(10, 200, 30 * len(name)))}
        assert client.post(upload, sent).status_code == 302
        assert name in client.get(detail).content.decode()
    assert set(Evidence.objects.values_list("kind", "section")) == {(EvidenceKind.SIGNED_SCAN, None)}


def test_a_refused_scan_is_told_beside_the_form() -> None:
    record = x.make_record()
    client = signed_in(f.make_user(Role.DEPT_ADMIN, department=f.make_department("WL")))
    url = reverse("inspections:task_scan", args=[record.pk])
    assert "请选择扫描件" in client.post(url, {"key": new_key()}).content.decode()
    bad = SimpleUploadedFile("表.jpg", b"GIF89a nothing", content_type="image/jpeg")
    assert "打不开这张图片" in client.post(url, {"key": new_key(), "file": bad}).content.decode()
    assert not Evidence.objects.exists()


def test_others_upload_nothing_and_an_administrator_only_scans() -> None:
    record = x.make_record()
    url = reverse("inspections:task_scan", args=[record.pk])
    stranger = f.make_user(Role.DEPT_ADMIN, department=f.make_department("XF"))
    assert signed_in(stranger).get(url).status_code == 404
    admin = f.make_user(Role.DEPT_ADMIN, department=f.make_department("WL"))
    for actor, kind in ((stranger, "SIGNED_SCAN"), (admin, "OTHER"), (record.plan.created_by, "SIGNED_SCAN")):
        with pytest.raises(DomainError, match="只有这份一企一表被抽中的检查人员"):
            add_evidence(actor=actor, record=record, kind=kind, upload=x.picture())
    auditor = signed_in(f.make_user(Role.AUDITOR))
    assert url not in auditor.get(reverse("inspections:task_detail", args=[record.pk])).content.decode()
