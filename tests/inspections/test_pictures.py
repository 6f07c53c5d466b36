"""When, by whom and where a photo was taken is kept, shown with the year, printed; an old one is pointed out."""

from __future__ import annotations

import datetime as dt
import io
import json
import uuid
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from inspections import printing
from inspections.enums import EvidenceKind
from inspections.forms.taken import read_all_taken, read_taken
from inspections.models import DepartmentSection, Evidence
from inspections.pictures import early_words, place_words, taken_words
from inspections.services.evidence import Taken, add_evidence
from registry import clock
from tests import factories as f
from tests.inspections import field as x
from tests.inspections.test_phone_views import signed_in

pytestmark = pytest.mark.django_db
OLD = dt.datetime(2023, 1, 1, 19, 4, 5, tzinfo=dt.UTC)  # 2023-01-02 03:04:05 in Shanghai


def with_exif(taken: str = "2023:01:02 03:04:05", zone: str = "", colour: str = "red") -> bytes:
    picture, exif = Image.new("RGB", (60, 40), colour), Image.Exif()
    more = exif.get_ifd(0x8769)
    more[0x9003] = taken
    if zone:
        more[0x9011] = zone
    exif.get_ifd(0x8825)[2] = (30.0, 0.0, 0.0)
    out = io.BytesIO()
    picture.save(out, "JPEG", exif=exif)
    return out.getvalue()


def upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("照片.jpg", content, content_type="image/jpeg")


@pytest.fixture
def section() -> DepartmentSection:
    f.load_calendar()
    return x.section_of(x.make_record())


@pytest.mark.parametrize(
    ("zone", "at"), [("", OLD), ("+08:00", OLD), ("+00:00", OLD + dt.timedelta(hours=8)), ("rubbish", OLD)]
)
def test_the_cameras_time_is_read_with_its_zone_and_place_in_the_file_goes(
    section: DepartmentSection, zone: str, at: dt.datetime
) -> None:
    actor, finding = x.inspectors(section)[0], section.findings.first()
    row = add_evidence(
        actor=actor, record=section.record, kind="PHOTO", upload=upload(with_exif(zone=zone)), finding=finding
    )
    row.refresh_from_db()
    assert (row.taken_at, row.taken_from, row.shot_by, row.latitude) == (at, "EXIF", actor, None)
    with Image.open(row.file) as stored:
        assert dict(stored.getexif()) == {}


def test_what_the_phone_read_goes_before_what_the_canvas_left(section: DepartmentSection) -> None:
    actor, finding = x.inspectors(section)[0], section.findings.first()
    told = Taken(OLD, "FILE", Decimal("30.1"), Decimal("104.2"), 20)
    row = add_evidence(
        actor=actor, record=section.record, kind="PHOTO", upload=x.picture(), finding=finding, taken=told
    )
    row.refresh_from_db()
    assert (row.taken_at, row.taken_from, row.accuracy) == (OLD, "FILE", 20)
    assert place_words(row) == "北纬 30.100000，东经 104.200000，误差约 20 米"
    assert taken_words(row) == "2023年1月2日 03:04（文件时间）"


def test_through_sync(section: DepartmentSection) -> None:
    user, finding = x.inspectors(section)[0], section.findings.first()
    body = {
        "key": uuid.uuid4().hex, "user": user.pk, "record": section.record_id, "finding": finding.pk, "kind": "PHOTO",
        "taken_at": "2023-01-01T19:04:05.000Z", "taken_from": "EXIF", "latitude": "30.5", "longitude": "104.06",
        "accuracy": "12", "file": x.picture(),
    }  # fmt: skip
    answer = signed_in(user).post(reverse("inspections:sync_photo"), body)
    assert answer.status_code == 201
    row = Evidence.objects.get()
    assert (row.taken_at, row.taken_from, row.shot_by) == (OLD, "EXIF", user)
    assert (row.latitude, row.longitude, row.accuracy) == (Decimal("30.5"), Decimal("104.06"), 12)


def test_through_the_plain_form(section: DepartmentSection) -> None:
    user = x.inspectors(section)[0]
    facts = [{"taken_at": "2023-01-01T19:04:05Z", "taken_from": "FILE"}, {}]
    files = [upload(with_exif("2024:09:01 08:00:00", colour="blue")), x.picture()]
    address = reverse("inspections:record_evidence", args=[section.record_id])
    signed_in(user).post(address, {"kind": "PHOTO", "files": files, "facts": json.dumps(facts)})
    rows = list(Evidence.objects.order_by("pk").values_list("taken_at", "taken_from"))
    assert rows == [(OLD, "FILE"), (None, "")]


NONSENSE = [
    {"taken_at": "gestern", "taken_from": "EXIF"},
    {"taken_at": "2023-01-01T19:04:05", "taken_from": "EXIF"},  # of no zone
    {"taken_at": "2023-01-01T19:04:05Z", "taken_from": "RUMOUR"},
    {"taken_at": "1980-01-01T00:00:00Z", "taken_from": "FILE"},
    {"taken_at": "2199-01-01T00:00:00Z", "taken_from": "FILE"},
    {"taken_at": 5, "taken_from": None, "latitude": "NaN", "longitude": "1"},
    {"latitude": "91", "longitude": "1", "accuracy": "3"},
    {"latitude": "1", "accuracy": "3"},
    {"latitude": "Infinity", "longitude": "Infinity"},
]


@pytest.mark.parametrize("data", NONSENSE)
def test_what_makes_no_sense_is_unknown(data: dict[str, object]) -> None:
    assert read_taken(data) == Taken()


def test_facts_that_do_not_fit_the_files_are_left_out() -> None:
    assert read_all_taken('[{"taken_at": "2023-01-01T19:04:05Z", "taken_from": "EXIF"}]', 2) == [Taken(), Taken()]
    assert read_all_taken("rubbish", 1) == [Taken()]


def test_an_old_picture_is_pointed_out_to_the_officer_and_the_reviewer(section: DepartmentSection) -> None:
    actor, finding = x.inspectors(section)[0], section.findings.first()
    record = section.record
    record.visit_from = dt.datetime(2024, 9, 24, 6, 0, tzinfo=dt.UTC)
    record.save()
    old = add_evidence(actor=actor, record=record, kind="PHOTO", upload=upload(with_exif()), finding=finding)
    page = signed_in(actor).get(reverse("inspections:record_record", args=[record.pk])).content.decode()
    assert page.count("2023年1月2日 03:04") == 1
    assert page.count("<b>比检查早 631 天</b>") == 1
    new = Evidence(
        kind=EvidenceKind.PHOTO, taken_at=record.visit_from - dt.timedelta(hours=11), uploaded_at=clock.now()
    )
    assert (early_words(new, record.visit_from), early_words(old, record.visit_from)) == ("", "比检查早 631 天")
    scan = Evidence(kind=EvidenceKind.SIGNED_SCAN, taken_at=OLD, uploaded_at=clock.now())
    assert early_words(scan, record.visit_from) == ""


def test_the_printed_sheet_lists_every_file(section: DepartmentSection) -> None:
    actor, finding = x.inspectors(section)[0], section.findings.first()
    told = Taken(OLD, "EXIF", Decimal("30.1"), Decimal("104.2"), 20)
    row = add_evidence(
        actor=actor, record=section.record, kind="PHOTO", upload=x.picture(), finding=finding, taken=told
    )
    scan = add_evidence(actor=actor, record=section.record, kind="SIGNED_SCAN", upload=upload(with_exif(colour="blue")))
    [sheet] = printing.sheets_of([section.record])
    first, second = sheet.files
    assert (first.number, first.taken, first.by, first.place, first.digest) == (
        1, "2023年1月2日 03:04", str(actor), "北纬 30.100000，东经 104.200000，误差约 20 米", row.sha256[:16].upper(),
    )  # fmt: skip
    assert first.small[:23] == "data:image/jpeg;base64,"
    assert (second.number, second.place, second.digest) == (2, "/", scan.sha256[:16].upper())
    assert printing.sheets_of([section.record], blank=True)[0].files == []
    assert printing.records_html([sheet]).count("照片和材料清单") == 1
    with_photos = printing.render_records([section.record])
    assert with_photos.count(b"/Image") > 0
