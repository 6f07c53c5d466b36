"""The sync endpoints answer as docs/sync.md says: keys, versions, conflicts, refusals, and what the trail keeps."""

from __future__ import annotations

import datetime as dt
import errno
import json
import re
import time
import uuid
from typing import Any

import pytest
import time_machine
from django.core.files.storage import FileSystemStorage
from django.db import OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inspections.enums import RecordState, SectionState
from inspections.models import DepartmentSection, InspectionRecord, ItemFinding, Notice, SectionMember, Signature
from inspections.services import entry, signing
from registry import audit, clock, limits
from registry.enums import InspectorStatus, Role
from registry.models import AuditEvent, Inspector, OperationKey, User
from sampling.enums import PlanState
from sampling.services import cancel_plan
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db
STROKES = [[[10, 10, 0], [60, 40, 20], [90, 20, 40]], [[20, 60, 300], [80, 90, 330]]]
DRAWING = {"width": 320, "height": 300, "strokes": STROKES}


class Phone:
    """A signed-in phone that speaks the protocol."""

    def __init__(self, user: User, record: int) -> None:
        self.user, self.record, self.client = user, record, Client()
        self.client.force_login(user)

    def send(self, name: str, **body: Any) -> tuple[int, dict[str, Any]]:
        body = {"key": uuid.uuid4().hex, "user": self.user.pk, "record": self.record} | body
        return self.post(name, json.dumps(body), content_type="application/json")

    def post(self, name: str, data: Any, **more: Any) -> tuple[int, dict[str, Any]]:
        response = self.client.post(
            reverse(f"inspections:{name}"), data, headers={"accept": "application/json"}, **more
        )
        answer = response.json()
        assert answer["sync"] == 1
        return response.status_code, answer

    def answer(self, item: int, answer: str, text: str = "", *, version: int = 0, **more: Any) -> Any:
        value = {"answer": answer, "text": text, "corrected": False}
        return self.send("sync_save", target="item", id=item, value=value, base_version=version, **more)

    def field(self, target: str, name: str, value: Any, version: int, **more: Any) -> Any:
        return self.send("sync_save", target=target, field=name, value=value, base_version=version, **more)


@pytest.fixture
def section() -> DepartmentSection:
    f.load_calendar()
    return x.section_of(x.make_record(items=2))


@pytest.fixture
def phones(section: DepartmentSection) -> list[Phone]:
    return [Phone(user, section.record_id) for user in x.inspectors(section)]


def item_of(section: DepartmentSection) -> ItemFinding:
    found: ItemFinding = section.findings.first()
    return found


def test_hello_says_who_is_there_and_gives_a_token(phones: list[Phone]) -> None:
    known = phones[0].client.get(reverse("inspections:sync_hello"))
    body = known.json()
    assert (known.status_code, body["marker"], body["user"]["id"]) == (200, "kuancheng-connected", phones[0].user.pk)
    assert len(body["csrf"]) > 30
    stranger = Client().get(reverse("inspections:sync_hello"))
    body = stranger.json()
    assert (stranger.status_code, body["user"], body["login"]) == (401, None, reverse("account_login"))
    assert (body["marker"], stranger["Cache-Control"]) == ("kuancheng-connected", "no-store")


def test_a_save_is_stored_once_under_its_key(section: DepartmentSection, phones: list[Phone]) -> None:
    item, key = item_of(section), uuid.uuid4().hex
    first = phones[0].answer(
        item.pk, "NOT_OK", "日志不足60日", key=key, device="a1", client_time="2024-09-24T14:32:01+08:00"
    )
    assert (first[0], first[1]["state"], first[1]["version"]) == (201, "stored", 1)
    again = phones[0].answer(item.pk, "NOT_OK", "日志不足60日", key=key)
    assert again == (200, first[1] | {"state": "dup"})
    item.refresh_from_db()
    assert (item.answer, item.text, item.version, item.updated_by) == ("NOT_OK", "日志不足60日", 1, phones[0].user)
    event = AuditEvent.objects.get(action="填写事项")
    assert event.after["client"] == {"device": "a1", "client_time": "2024-09-24T14:32:01+08:00"}
    section.refresh_from_db()
    assert section.state == SectionState.DRAFT


def test_a_retry_after_a_colleagues_change_has_no_second_effect(
    section: DepartmentSection, phones: list[Phone]
) -> None:
    """What the key is for: without it the late retry would put the first answer back."""
    item, key = item_of(section), uuid.uuid4().hex
    phones[0].answer(item.pk, "NOT_OK", "甲", key=key)
    phones[1].answer(item.pk, "OK", version=1)
    assert phones[0].answer(item.pk, "NOT_OK", "甲", version=2, key=key)[0] == 200
    assert ItemFinding.objects.get(pk=item.pk).answer == "OK"


def test_the_same_item_changed_elsewhere_is_a_conflict_with_both_values(
    section: DepartmentSection, phones: list[Phone]
) -> None:
    item = item_of(section)
    phones[1].answer(item.pk, "OK")
    status, body = phones[0].answer(item.pk, "NOT_OK", "入口未见标志", key=(key := uuid.uuid4().hex))
    assert (status, body["code"], body["theirs"], body["mine"]) == (409, "conflict", "符合", "不符合：入口未见标志")
    assert (body["by"], body["version"]) == (str(phones[1].user), 1)
    assert body["value"] == {"answer": "OK", "text": "", "corrected": False}
    assert ItemFinding.objects.get(pk=item.pk).answer == "OK"
    assert phones[0].answer(item.pk, "NOT_OK", "入口未见标志", version=1, key=key)[0] == 201  # 用我的


def test_fields_of_the_head_collide_only_with_themselves(section: DepartmentSection, phones: list[Phone]) -> None:
    one, two = phones
    assert one.field("head", "overall", "正常营业", 1, base_value="")[0] == 201
    status, body = two.field("head", "place", "二楼", 1, base_value="")
    assert (status, body["version"]) == (201, 3)
    status, body = two.field("head", "overall", "停业", 1, base_value="")
    assert (status, body["theirs"], body["value"]) == (409, "正常营业", "正常营业")
    assert two.field("head", "overall", "停业", 1)[0] == 409  # without base_value the version alone decides
    assert two.field("head", "overall", "停业", 1, base_value="正常营业")[0] == 201
    assert one.field("head", "recorder", "DSJ-0312", 4, base_value="")[0] == 201
    assert one.field("head", "recorder", "长" * 101, 5, base_value="DSJ-0312")[0] == 422
    assert one.field("head", "visit_from", "2024-09-24T14:05:00+08:00", 5, base_value=None)[0] == 201
    record = InspectionRecord.objects.get(pk=section.record_id)
    assert (record.visit_from, record.recorder) == (x.VISIT_FROM, "DSJ-0312")


def test_fields_of_the_section(section: DepartmentSection, phones: list[Phone]) -> None:
    keys = [member.pk for member in section.members.all()]
    assert phones[0].field("section", "present", keys, 1, base_value=[])[0] == 201
    assert phones[1].field("section", "other_body", "演示检测所", 1, base_value="")[0] == 201
    status, body = phones[1].field("section", "present", keys[:1], 1, base_value=[])
    assert (status, body["code"]) == (409, "conflict")
    conclusion = {
        "results": ["NO_PROBLEM"],
        "result_note": "",
        "result_confirmed": False,
        "follow_ups": [{"measure": "NONE"}],
    }
    assert phones[0].field("section", "conclusion", conclusion, 3)[0] == 201
    assert [row.code for row in section.results.all()] == ["NO_PROBLEM"]
    stranger = x.section_of(section.record, "GA").members.first()
    assert phones[0].field("section", "present", [stranger.pk], 4)[0] == 422


def test_refusals_have_their_own_status(section: DepartmentSection, phones: list[Phone]) -> None:
    item, phone = item_of(section), phones[0]
    assert phone.answer(item.pk, "PERHAPS")[0] == 422
    assert phone.answer(item.pk, "OK", "长" * 2001)[0] == 422
    other = x.section_of(section.record, "GA")
    assert phone.answer(item_of(other).pk, "OK")[1]["code"] == "not_yours"
    assert phone.answer(0, "OK")[1]["code"] == "not_yours"
    assert Phone(phone.user, 0).answer(item.pk, "OK")[1]["code"] == "not_yours"
    stranger = f.make_inspector(f.make_department("WL"), account=True).user
    assert Phone(stranger, section.record_id).answer(item.pk, "OK")[:1] == (403,)
    assert phone.answer(item.pk, "OK", user=phones[1].user.pk)[1]["code"] == "other_user"
    section.state, section.submitted_at = SectionState.SUBMITTED, f.NOW
    section.save()
    status, body = phone.answer(item.pk, "OK")
    assert (status, body["code"], body["state"], body["words"]) == (409, "closed", "SUBMITTED", "待复核")
    InspectionRecord.objects.update(state=RecordState.REPLACED)
    assert phone.answer(item.pk, "OK")[1]["state"] == "REPLACED"
    assert Phone(stranger, section.record_id).answer(item.pk, "OK")[1]["code"] == "not_yours"
    SectionMember.objects.filter(inspector__user=phone.user).update(replaced=True)
    assert phone.answer(item.pk, "OK")[1]["code"] == "not_yours"
    assert OperationKey.objects.count() == 0


START = b'{"key": "0000000000000000", "user": %d, "record": 1, "base_version": 0, "target": '


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{", b"\xff", b'{"key": 1}', b'{"key": "0000000000000000", "user": "x"}', b"[" * 100_000,
        b'{"key": "0000000000000000", "user": %d, "record": true}',
        b'{"key": "0000000000000000", "user": %d, "record": 1, "target": "item", "base_version": -1}',
        START + b'"item", "id": 1, "value": []}',
        START + b'"head", "field": "state", "value": "OPEN"}',
        START + b'"head", "field": "visit_to", "value": "2024"}',
        START + b'"head", "field": "visit_to", "value": "2024-09-24T14:05:00"}',
    ],
)  # fmt: skip
def test_what_is_no_change_is_a_bad_request(phones: list[Phone], body: bytes) -> None:
    body = body.replace(b"%d", str(phones[0].user.pk).encode())
    assert phones[0].post("sync_save", body, content_type="application/json")[0] == 400


def test_too_much_is_413_and_a_stale_token_says_so(phones: list[Phone]) -> None:
    big = b'{"key": "' + b"x" * (2 << 20) + b'"}'
    assert phones[0].post("sync_save", big, content_type="application/json")[0] == 413
    client = Client(enforce_csrf_checks=True)
    client.force_login(phones[0].user)
    answer = client.post(
        reverse("inspections:sync_save"), "{}", "application/json", headers={"accept": "application/json"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf")


def test_a_one_time_password_comes_first(phones: list[Phone]) -> None:
    User.objects.filter(pk=phones[0].user.pk).update(must_change_password=True)
    status, body = phones[0].send("sync_submit")
    assert (status, body["code"], body["url"]) == (403, "account", reverse("account_change_password"))


def test_a_save_costs_few_statements(section: DepartmentSection, phones: list[Phone]) -> None:
    """Session and account, then five in the transaction: as many as the bare view of benchmarks/save.py."""
    item, other = section.findings.all()
    phones[0].answer(other.pk, "OK")
    with CaptureQueriesContext(connection) as queries:
        assert phones[0].answer(item.pk, "OK")[0] == 201
    found = [query["sql"].split() for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    tables = [word for words in found for word in words if re.match("(registry|inspections|django)_[a-z]+$", word)]
    assert [words[0] for words in found] == ["SELECT", "SELECT", "INSERT", "SELECT", "UPDATE", "UPDATE", "INSERT"]
    assert list(dict.fromkeys(tables)) == [
        "django_session", "registry_user", "registry_operationkey", "inspections_inspectionrecord",
        "inspections_departmentsection", "inspections_itemfinding", "registry_inspectionitem",
        "inspections_sectionmember", "registry_inspector", "registry_audithead", "registry_auditevent",
    ]  # fmt: skip
    assert audit.verify_stream(f"record:{section.record_id}") is None


def test_an_item_of_another_record_is_not_saved_under_the_own_ones_lock(
    section: DepartmentSection, phones: list[Phone]
) -> None:
    twin = x.section_of(x.make_record())
    other = SectionMember.objects.get(section=twin, order=1)
    SectionMember.objects.filter(pk=other.pk).update(inspector=section.members.first().inspector)
    item = item_of(twin)
    assert phones[0].answer(item.pk, "OK")[1]["code"] == "not_yours"
    assert Phone(phones[0].user, twin.record_id).answer(item.pk, "OK")[0] == 201


def test_the_account_is_looked_at_anew_for_every_change(section: DepartmentSection, phones: list[Phone]) -> None:
    item, phone = item_of(section), phones[0]
    assert phone.answer(item.pk, "OK")[0] == 201
    User.objects.filter(pk=phone.user.pk).update(is_inspector=False)
    assert phone.answer(item.pk, "", version=1)[0] == 403
    User.objects.filter(pk=phone.user.pk).update(is_inspector=True, is_active=False)
    assert phone.answer(item.pk, "", version=1)[:1] == (401,)
    User.objects.filter(pk=phone.user.pk).update(is_active=True)
    assert phone.answer(item.pk, "", version=1)[0] == 201
    changed = User.objects.get(pk=phone.user.pk)
    changed.set_password("another password")
    changed.save()
    assert phone.answer(item.pk, "OK", version=2)[:1] == (401,)
    late = Phone(phones[1].user, section.record_id)
    with time_machine.travel(clock.machine() + dt.timedelta(hours=13)):
        assert late.answer(item.pk, "OK", version=2)[:1] == (401,)  # the session is over


def test_the_rest_is_fine_only_where_the_office_allows_it(
    section: DepartmentSection, phones: list[Phone], settings: Any
) -> None:
    one, two = section.findings.all()
    assert phones[0].send("sync_save", target="rest_ok", ids=[two.pk])[0] == 422
    settings.REST_OK = True
    assert phones[0].send("sync_save", target="rest_ok", ids=[two.pk])[0] == 422  # nothing answered yet
    phones[0].answer(one.pk, "NOT_OK", "甲")
    status, body = phones[0].send("sync_save", target="rest_ok", ids=[one.pk, two.pk])
    assert (status, body["versions"]) == (201, {str(two.pk): 1})
    assert [row.answer for row in section.findings.all()] == ["NOT_OK", "OK"]
    assert AuditEvent.objects.filter(action="批量填写符合").count() == 1


def test_photos_are_stored_once_and_taken_back(section: DepartmentSection, phones: list[Phone]) -> None:
    item, key = item_of(section), uuid.uuid4().hex
    fields = {"user": phones[0].user.pk, "record": section.record_id, "finding": item.pk}

    def send(key: str, **picture: Any) -> tuple[int, dict[str, Any]]:
        return phones[0].post("sync_photo", fields | {"key": key, "file": x.picture(**picture)})

    first = send(key)
    assert (first[0], item.evidence.count()) == (201, 1)
    assert send(key) == (200, first[1] | {"state": "dup"})
    assert send(uuid.uuid4().hex)[1]["id"] == first[1]["id"]  # the same picture
    small = phones[0].client.get(first[1]["small"])
    assert (small["Content-Type"], small["Content-Security-Policy"]) == ("image/jpeg", "sandbox; default-src 'none'")
    assert send(uuid.uuid4().hex, size=(9000, 5000))[0] == 413
    assert phones[0].post("sync_photo", fields | {"key": uuid.uuid4().hex})[0] == 400
    stored = item.evidence.get().file
    for _ in range(2):
        assert phones[1].send("sync_photo_delete", id=first[1]["id"])[0] == 201
    assert item.evidence.count() == 0
    assert AuditEvent.objects.filter(action="删除材料").count() == 1
    assert stored.name


def test_a_full_disk_keeps_the_answers_and_says_so(
    section: DepartmentSection, phones: list[Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F16: 507, no row; the answers are untouched."""

    def full(*_args: Any, **_kwargs: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    item = item_of(section)
    phones[0].answer(item.pk, "OK")
    monkeypatch.setattr(FileSystemStorage, "_save", full)
    fields = {"user": phones[0].user.pk, "record": section.record_id, "finding": item.pk, "key": uuid.uuid4().hex}
    status, body = phones[0].post("sync_photo", fields | {"file": x.picture()})
    assert (status, body["code"], item.evidence.count()) == (507, "full", 0)
    assert ItemFinding.objects.get(pk=item.pk).answer == "OK"


def test_the_picture_of_a_signature_is_made_from_its_strokes(section: DepartmentSection, phones: list[Phone]) -> None:
    x.fill(section)
    fields = {
        "signature": "SIGNED", "signatory_name": "张某", "signatory_role": "SITE_MANAGER", "signatory_post": "值班经理",
        "opinion_agrees": True,
    }  # fmt: skip
    few = DRAWING | {"strokes": [[[10, 10, 0]], [[10, 10, 50], [48, 10, 60]]]}
    tiny = DRAWING | {"strokes": [[[1, 1, 0], [9, 9, 1]], [[1, 9, 2], [9, 1, 3]]]}
    for bad in (few, tiny, {}, {"strokes": [[["1", 2, 3]]]}, DRAWING | {"strokes": STROKES * 101}):
        assert phones[0].send("sync_sign", kind="enterprise", seen=1, fields=fields, drawing=bad)[0] == 422
    status, body = phones[0].send("sync_sign", kind="enterprise", seen=1, fields=fields, drawing=DRAWING)
    assert (status, body["changed"]) == (201, True)
    row = Signature.objects.get()
    assert (row.name, row.post, row.strokes, row.content_digest) == ("张某", "值班经理", STROKES, body["digest"])
    picture = phones[1].client.get(reverse("inspections:signature_file", args=[row.pk]))
    assert (picture["Content-Type"], b"".join(picture.streaming_content)[:4]) == ("image/png", b"\x89PNG")
    assert AuditEvent.objects.get(action="企业签字确认").after["drawn"] == [row.sha256]
    stranger = Phone(f.make_user(Role.LEAD, department=f.make_department("XF")), 0)
    assert stranger.client.get(reverse("inspections:signature_file", args=[row.pk])).status_code == 404


def test_a_signature_without_a_network_covers_the_own_section(section: DepartmentSection, phones: list[Phone]) -> None:
    """What a colleague filled in meanwhile was on no screen when the enterprise signed."""
    x.fill(section)
    late = x.section_of(section.record, "GA")
    entry.save_finding(
        actor=x.inspectors(late)[0], finding=late.findings.first(), answer="OK", text="", corrected=False, version=0
    )
    fields = {"signature": "SIGNED", "signatory_name": "张某", "signatory_role": "SITE_MANAGER", "opinion_agrees": True}
    sent = {"kind": "enterprise", "seen": 1, "fields": fields, "drawing": DRAWING}
    assert phones[0].send("sync_sign", own_only="yes", **sent)[0] == 400
    assert phones[0].send("sync_sign", own_only=True, **sent)[0] == 201
    status = signing.signature_status(InspectionRecord.objects.get(pk=section.record_id))
    assert status is not None
    assert status.words == "签字时未出示：公安局"
    assert phones[0].send("sync_sign", **sent)[0] == 201
    status = signing.signature_status(InspectionRecord.objects.get(pk=section.record_id))
    assert (status and status.words) == ""


def test_both_inspectors_sign_and_the_record_is_submitted_once(
    section: DepartmentSection, phones: list[Phone], settings: Any
) -> None:
    settings.REQUIRE_SECOND_OFFICER = True
    x.fill(section)
    x.sign(section.record, phones[0].user)
    status, body = phones[0].send("sync_submit")
    assert (status, [row["page"] for row in body["problems"]]) == (422, ["sign", "sign"])
    for member in section.members.all():
        answer = phones[0].send("sync_sign", kind="inspector", member=member.pk, seen=1, drawing=DRAWING)
        assert answer[0] == 201
    assert phones[0].send("sync_sign", kind="inspector", member=0, seen=1, drawing=DRAWING)[1]["code"] == "not_yours"
    key = uuid.uuid4().hex
    status, body = phones[0].send("sync_submit", key=key)
    assert (status, body["done"], body["late"]) == (
        201,
        reverse("inspections:record_done", args=[section.record_id]),
        True,
    )
    assert phones[0].send("sync_submit", key=key) == (200, body | {"state": "dup"})
    assert phones[1].send("sync_submit")[1]["code"] == "closed"
    assert DepartmentSection.objects.get(pk=section.pk).sealed_digest != ""


def test_a_submission_whose_answer_was_lost_is_told_on_the_retry(
    section: DepartmentSection, phones: list[Phone], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F7: it fails after the commit; the retry finds the answer, one submission, one message to the administrator."""
    f.make_user(Role.DEPT_ADMIN, department=section.department)
    x.fill(section)
    x.sign(section.record, phones[0].user)
    phones[0].client.raise_request_exception = False
    body = {"key": uuid.uuid4().hex, "user": phones[0].user.pk, "record": section.record_id}
    address = reverse("inspections:sync_submit")
    monkeypatch.setenv("FAULT_POINT", "sync_submit:committed=raise")
    assert phones[0].client.post(address, json.dumps(body), "application/json").status_code == 500
    monkeypatch.delenv("FAULT_POINT")
    status, answer = phones[0].send("sync_submit", **body)
    assert (status, answer["state"], answer["number"]) == (200, "dup", section.record.number)
    assert AuditEvent.objects.filter(action="提交").count() == 1
    assert Notice.objects.count() == 1


def test_a_pack_holds_the_form_the_values_and_their_versions(section: DepartmentSection, phones: list[Phone]) -> None:
    item = item_of(section)
    phones[0].answer(item.pk, "NOT_OK", "日志不足60日")
    packs = phones[0].client.get(reverse("inspections:sync_pull")).json()
    [pack] = packs["records"]
    assert (pack["id"], pack["section"]["state"], len(pack["section"]["items"])) == (section.record_id, "DRAFT", 2)
    shown = pack["section"]["items"][0]
    assert (shown["id"], shown["version"], shown["value"]["text"]) == (item.pk, 1, "日志不足60日")
    assert packs["reasons"]["NOT_APPLICABLE"][0] == "检查时未营业"
    one = phones[0].client.get(reverse("inspections:sync_pull") + f"?record={section.record_id}").json()
    assert one["records"] == packs["records"]
    assert (
        Phone(f.make_inspector(account=True).user, 0).client.get(reverse("inspections:sync_pull")).json()["records"]
        == []
    )


def test_a_queue_of_500_is_not_held_back_and_a_loop_is(
    section: DepartmentSection, phones: list[Phone], settings: Any
) -> None:
    """429 for the account that loops, in words and with the time to wait; nobody else notices, nothing was stored."""
    assert settings.SYNC_BURST >= 500
    limiter, now = limits.Limiter(), time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits.time, "monotonic", lambda: now)
        answers = [limiter.wait(7, burst=settings.SYNC_BURST, per_second=4) for _ in range(settings.SYNC_BURST + 2)]
        assert (answers[:-2], answers[-2:]) == ([0] * settings.SYNC_BURST, [5, 5])
        now += 5
        assert [limiter.wait(7, burst=settings.SYNC_BURST, per_second=4) for _ in range(21)] == [0] * 20 + [5]
        assert limiter.wait(8, burst=settings.SYNC_BURST, per_second=4) == 0

    settings.SYNC_BURST, item = 3, item_of(section)
    for version in range(3):
        assert phones[0].answer(item.pk, "NOT_OK", f"第{version}次", version=version)[0] == 201
    with CaptureQueriesContext(connection) as queries:
        response = phones[0].client.post(reverse("inspections:sync_save"), "{}", "application/json")
    assert (response.status_code, response["Retry-After"], response.json()["code"]) == (429, "1", "busy")
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}  # who it is, and no more
    assert phones[1].answer(item.pk, "OK", version=3)[0] == 201
    assert phones[0].client.get(reverse("inspections:sync_hello")).status_code == 200


def test_a_lock_not_had_in_time_is_busy(phones: list[Phone], monkeypatch: pytest.MonkeyPatch) -> None:
    """In SQLite's words; PostgreSQL's real ones are met in test_sync_line.py."""

    def locked(**_: Any) -> Any:
        raise OperationalError("database is locked")

    monkeypatch.setattr("inspections.views.sync.services.store_change", locked)
    body = {
        "key": uuid.uuid4().hex, "user": phones[0].user.pk, "record": 1, "target": "item", "id": 1, "base_version": 0,
        "value": {"answer": "OK"},
    }  # fmt: skip
    response = phones[0].client.post(
        reverse("inspections:sync_save"), json.dumps(body), "application/json", headers={"accept": "application/json"}
    )
    answer = response.json()
    assert (response.status_code, response["Retry-After"], answer["sync"], answer["code"]) == (503, "2", 1, "busy")


def test_a_cancelled_plan_closes_its_records_and_keeps_what_was_filled(
    section: DepartmentSection, phones: list[Phone]
) -> None:
    """F23: 409 in words for every kind of change, the draft readable, nothing owed to it any more."""
    phone, item, plan = phones[0], item_of(section), section.record.plan
    phone.answer(item.pk, "NOT_OK", "日志不足60日")
    plan.state = PlanState.INSPECTING
    plan.save(update_fields=["state"])
    cancel_plan(actor=plan.created_by, plan=plan, reason="专项行动合并")
    photo = {"user": phone.user.pk, "record": section.record_id, "finding": item.pk, "key": uuid.uuid4().hex}
    for status, body in (
        phone.answer(item.pk, "OK", version=1),
        phone.field("head", "overall", "正常营业", 1, base_value=""),
        phone.field("section", "written_only", True, 1, base_value=False),
        phone.post("sync_photo", photo | {"file": x.picture()}),
        phone.send("sync_sign", kind="enterprise", seen=1, fields={"signature": "SIGNED"}),
        phone.send("sync_submit"),
    ):
        assert (status, body["code"], body["state"], body["words"]) == (409, "closed", "CANCELLED", "已取消")
        assert "该任务已取消" in body["error"]
    assert phone.client.get(reverse("inspections:sync_pull")).json()["records"] == []
    page = phone.client.get(reverse("inspections:record_record", args=[section.record_id])).content.decode()
    assert "任务已取消" in page
    assert "专项行动合并" in page
    assert "日志不足60日" in page
    assert 'name="then" value="check"' not in page
    link = reverse("inspections:record_record", args=[section.record_id])
    assert link in phone.client.get(reverse("inspections:record_list")).content.decode()
    assert link not in phone.client.get(reverse("inspections:record_today")).content.decode()
    assert not DepartmentSection.objects.owed().exists()


def replaced(user: User) -> None:
    SectionMember.objects.filter(inspector__user=user).update(replaced=True)


def moved(user: User) -> None:
    Inspector.objects.filter(user=user).update(department=f.make_department("XF"))


def left(user: User) -> None:
    Inspector.objects.filter(user=user).update(status=InspectorStatus.LEFT)


@pytest.mark.parametrize(
    ("change", "words"), [(replaced, "已按候补顺序换人"), (moved, "您已调到"), (left, "“调离或退休”")]
)
def test_who_is_no_longer_an_inspector_here_is_told_why(
    section: DepartmentSection, phones: list[Phone], change: Any, words: str
) -> None:
    """F22: the phone's queue is answered 403 with the reason, whatever it holds; nothing is stored."""
    phone, item = phones[0], item_of(section)
    phone.answer(item.pk, "OK")
    change(phone.user)
    photo = {"user": phone.user.pk, "record": section.record_id, "finding": item.pk, "key": uuid.uuid4().hex}
    fields = {"signature": "SIGNED", "signatory_name": "张某", "signatory_role": "LEGAL_REP"}
    for status, body in (
        phone.answer(item.pk, "NOT_OK", "甲", version=1),
        phone.field("head", "overall", "正常营业", 1, base_value=""),
        phone.field("section", "written_only", True, 2, base_value=False),
        phone.post("sync_photo", photo | {"file": x.picture()}),
        phone.send("sync_photo_delete", id=1),
        phone.send("sync_sign", kind="enterprise", seen=1, fields=fields),
        phone.send("sync_submit"),
    ):
        assert (status, body["code"]) == (403, "not_yours")
        assert words in body["error"]
        assert "还在本机" in body["error"]
    assert phone.client.get(reverse("inspections:sync_pull")).json()["records"] == []
    item.refresh_from_db()
    assert (item.answer, item.version, OperationKey.objects.count()) == ("OK", 1, 1)
    assert phones[1].answer(item.pk, "NOT_OK", "乙", version=1)[0] == 201


def test_a_disabled_account_is_signed_out_and_stores_nothing(section: DepartmentSection, phones: list[Phone]) -> None:
    """F22: 401 as after any end of a session; the work stays on the phone."""
    User.objects.filter(pk=phones[0].user.pk).update(is_active=False)
    status, body = phones[0].answer(item_of(section).pk, "OK")
    assert (status, body["code"], OperationKey.objects.count()) == (401, "login", 0)
    assert phones[0].client.get(reverse("inspections:sync_hello")).json()["user"] is None
