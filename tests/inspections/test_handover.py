"""接收未送达的内容 (trust.md F22): what a phone could not send is taken over from its file, once, and on the record."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from inspections.models import DepartmentSection, Evidence, InspectionRecord, ItemFinding, Notice
from inspections.services import entry, unsent_lines
from registry.enums import Role
from registry.models import AuditEvent, Inspector, OperationKey, User
from sampling.services import cancel_plan
from tests import factories as f
from tests.inspections import field as x
from tests.inspections.test_evidence import bomb
from tests.inspections.test_sync import Phone

pytestmark = pytest.mark.django_db
MADE = "2024-09-24T08:00:00.000Z"
REASON = "检查人员已调离，手机里的内容送不出来"


@pytest.fixture
def section() -> DepartmentSection:
    f.load_calendar()
    return x.section_of(x.make_record("WL", "GA", items=3))


@pytest.fixture
def person(section: DepartmentSection) -> User:
    """An inspector of the section who was moved to another department while offline."""
    user = x.inspectors(section)[0]
    Inspector.objects.filter(user=user).update(department=f.make_department("XF"))
    return user


@pytest.fixture
def lead(section: DepartmentSection) -> Client:
    client = Client()
    client.force_login(make_lead(section))
    return client


def make_lead(section: DepartmentSection) -> User:
    plan = section.record.plan
    found = User.objects.filter(is_lead=True, department_id=plan.lead_id).first()
    return found or f.make_user(Role.LEAD, department=plan.lead)


def op(user: User, section: DepartmentSection, name: str, **body: Any) -> dict[str, Any]:
    """A change as static/js/phone/export.js writes it."""
    more = {key: body.pop(key) for key in ("photo", "type", "unreadable") if key in body}
    key = uuid.uuid4().hex
    body = {"key": key, "user": user.pk, "record": section.record_id} | body
    return {
        "key": key, "name": name, "record": body["record"], "place": "某店", "what": name, "at": MADE, "url": "/x/",
        "state": "refused", "tries": 2, "error": "…", "body": body,
    } | more  # fmt: skip


def answer(user: User, section: DepartmentSection, row: ItemFinding, value: str, text: str = "", base: int = 0) -> Any:
    given = {"answer": value, "text": text, "corrected": False}
    return op(user, section, f"item-{row.pk}", target="item", id=row.pk, value=given, base_version=base)


def head(user: User, section: DepartmentSection, name: str, value: Any, base: Any, version: int = 1) -> Any:
    return op(
        user, section, f"head-{name}", target="head", field=name, value=value, base_version=version, base_value=base
    )


def photo(user: User, section: DepartmentSection, row: ItemFinding, data: bytes) -> dict[str, Any]:
    text = base64.b64encode(data).decode()
    return op(
        user, section, f"photo-{uuid.uuid4().hex}", finding=str(row.pk), kind="PHOTO", device="a",
        file_name="门口.jpg", photo=text, type="image/jpeg",
    )  # fmt: skip


def content(user: User, /, *changes: Any, **more: Any) -> bytes:
    data = {"format": "kuancheng-unsent-1", "words": "…", "user": user.pk, "made": MADE, "changes": list(changes)}
    return json.dumps(data | more).encode()


def send(client: Client, data: bytes, **fields: Any) -> Any:
    upload = SimpleUploadedFile("待同步.json", data, content_type="application/json")
    return client.post(reverse("inspections:handover"), {"file": upload} | fields)


def take(client: Client, data: bytes, reason: str = REASON, **fields: Any) -> Any:
    digest = send(client, data, preview="1").context["parcel"].digest
    return send(client, data, accept="1", digest=digest, reason=reason, **fields)


def items(section: DepartmentSection) -> list[ItemFinding]:
    return list(section.findings.order_by("order"))


def states(response: Any) -> list[str]:
    return [line.state for sheet in response.context["sheets"] for line in sheet.lines]


def test_the_phone_is_refused_and_told_where_to_go(section: DepartmentSection, person: User) -> None:
    phone = Phone(person, section.record_id)
    status, body = phone.answer(items(section)[0].pk, "OK")
    assert (status, body["code"]) == (403, "not_yours")
    assert f"交给牵头部门{section.record.plan.lead}" in body["error"]


def test_what_the_phone_held_is_looked_at_and_taken_over(
    section: DepartmentSection, person: User, lead: Client
) -> None:
    one, two, _ = items(section)
    data = content(
        person, answer(person, section, one, "NOT_OK", "日志不足60日"),
        head(person, section, "overall", "正常营业", ""),
        photo(person, section, two, x.picture().read()),
    )  # fmt: skip
    before = OperationKey.objects.count()
    looked = send(lead, data, preview="1")
    assert states(looked) == ["new", "new", "new"]
    assert "不符合：日志不足60日" in looked.content.decode()
    assert "data:image/jpeg;base64," in looked.content.decode()
    assert (ItemFinding.objects.get(pk=one.pk).answer, Evidence.objects.count()) == ("", 0)
    assert OperationKey.objects.count() == before

    assert take(lead, data).status_code == 302
    stored = ItemFinding.objects.get(pk=one.pk)
    assert (stored.answer, stored.text, stored.version) == ("NOT_OK", "日志不足60日", 1)
    assert InspectionRecord.objects.get(pk=section.record_id).overall == "正常营业"
    assert Evidence.objects.get().finding_id == two.pk
    events = AuditEvent.objects.filter(action="接收未送达的内容")
    actor = make_lead(section)
    parcel = looked.context["parcel"]
    assert {(row.actor, row.reason) for row in events} == {(actor, REASON)}
    assert [row.after["handover"]["file"] for row in events] == [parcel.digest] * 3
    assert {row.after["handover"]["account"] for row in events} == {person.username}
    assert Notice.objects.filter(text__contains="手机里未送达的 3 项").count() >= 1


def test_the_same_file_twice_changes_nothing_and_the_phones_own_retry_is_a_dup(
    section: DepartmentSection, person: User, lead: Client
) -> None:
    row = items(section)[0]
    change, picture = answer(person, section, row, "NOT_OK", "甲"), photo(person, section, row, x.picture().read())
    data = content(person, change, picture)
    take(lead, data)
    events = AuditEvent.objects.count()
    assert states(send(lead, data, preview="1")) == ["done", "done"]
    take(lead, data)
    assert (AuditEvent.objects.count(), Evidence.objects.count()) == (events, 1)
    Inspector.objects.filter(user=person).update(department=section.department)  # back again
    phone = Phone(person, section.record_id)
    status, body = phone.send("sync_save", **change["body"])
    assert (status, body["state"], body["version"]) == (200, "dup", 1)


def test_what_changed_meanwhile_is_kept_unless_ticked(section: DepartmentSection, person: User, lead: Client) -> None:
    one, two, _ = items(section)
    colleague = x.inspectors(section)[1]
    entry.save_finding(actor=colleague, finding=one, answer="OK", text="", corrected=False, version=0)
    entry.save_head(actor=colleague, record=section.record, version=1, place="二楼")
    data = content(
        person, answer(person, section, one, "NOT_OK", "甲"), answer(person, section, two, "OK"),
        head(person, section, "place", "一楼", ""),
    )  # fmt: skip
    looked = send(lead, data, preview="1")
    lines = looked.context["sheets"][0].lines
    assert [(line.state, line.now, line.brings) for line in lines] == [
        ("conflict", "符合", "不符合：甲"), ("new", "未填", "符合"), ("conflict", "二楼", "一楼"),
    ]  # fmt: skip
    take(lead, data)
    assert [row.answer for row in items(section)] == ["OK", "OK", ""]
    entry.save_head(actor=colleague, record=InspectionRecord.objects.get(), version=2, place="三楼")
    take(lead, data, tick=[lines[0].tick, lines[2].tick])  # the tick for 二楼 says nothing about 三楼
    assert ItemFinding.objects.get(pk=one.pk).text == "甲"
    assert InspectionRecord.objects.get().place == "三楼"


def test_only_the_last_of_several_changes_of_one_thing_counts(
    section: DepartmentSection, person: User, lead: Client
) -> None:
    """The first may have been received without the phone knowing: then it is no conflict either."""
    row = items(section)[0]
    entry.save_finding(
        actor=x.inspectors(section)[1], finding=row, answer="NOT_OK", text="甲", corrected=False, version=0
    )
    data = content(
        person, answer(person, section, row, "NOT_OK", "甲"), answer(person, section, row, "NOT_OK", "甲乙")
    )  # fmt: skip
    assert states(send(lead, data, preview="1")) == ["same", "new"]
    take(lead, data)
    assert ItemFinding.objects.get(pk=row.pk).text == "甲乙"


def test_the_sections_own_fields(section: DepartmentSection, person: User, lead: Client) -> None:
    member = section.members.get(inspector__user=person)
    conclusion = {"results": ["NO_PROBLEM"], "result_note": "", "result_confirmed": False, "follow_ups": []}

    def own(name: str, value: Any, base: Any) -> Any:
        return op(
            person, section, f"section-{name}", target="section", field=name, value=value, base_version=1,
            base_value=base,
        )  # fmt: skip

    data = content(person, own("present", [member.pk], []), own("conclusion", conclusion, conclusion | {"results": []}))
    assert states(send(lead, data, preview="1")) == ["new", "new"]
    take(lead, data)
    section.refresh_from_db()
    assert [row.pk for row in section.members.filter(present=True)] == [member.pk]
    assert [row.code for row in section.results.all()] == ["NO_PROBLEM"]
    assert section.version == 3
    section.members.filter(pk=member.pk).update(replaced=True)
    take(lead, content(person, own("present", [], [member.pk]), own("other_body", "演示检测所", "")))
    assert DepartmentSection.objects.get(pk=section.pk).other_body == "演示检测所"


def test_what_was_met_with_and_the_door(section: DepartmentSection, person: User, lead: Client) -> None:
    """The outcome fills the items of the record it is taken into, as it does from the phone itself."""
    told = {"outcome": "CLOSED", "at": "2024-09-24T06:05:00+00:00"}
    change = op(
        person, section, "section-arrival", target="section", field="arrival", value=told, base_version=1,
        base_value={"outcome": "", "at": None},
    )  # fmt: skip
    door = op(
        person, section, f"photo-{uuid.uuid4().hex}", finding="", kind="DOOR", device="a", file_name="门口.jpg",
        photo=base64.b64encode(x.picture().read()).decode(), type="image/jpeg",
    )  # fmt: skip
    data = content(person, change, door)
    assert states(send(lead, data, preview="1")) == ["new", "new"]
    take(lead, data)
    section.refresh_from_db()
    assert (section.arrival, [row.kind for row in section.evidence.all()]) == ("CLOSED", ["DOOR"])
    assert {(row.answer, row.outcome) for row in items(section)} == {("NOT_CHECKED", "CLOSED")}
    assert states(send(lead, data, preview="1")) == ["done", "done"]


def test_the_rest_that_complies(section: DepartmentSection, person: User, lead: Client, settings: Any) -> None:
    rows = items(section)
    rest = op(person, section, "rest_ok", target="rest_ok", ids=[row.pk for row in rows[1:]])
    data = content(person, rest, answer(person, section, rows[2], "NOT_OK", "后来改了", base=1))
    settings.REST_OK = False
    assert states(send(lead, data, preview="1")) == ["refused", "new"]
    settings.REST_OK = True
    take(lead, data)
    assert [row.answer for row in items(section)] == ["", "OK", "NOT_OK"]


def test_signatures_submissions_and_deletions_are_not_taken_over(
    section: DepartmentSection, person: User, lead: Client
) -> None:
    data = content(
        person, op(person, section, "sign-enterprise", kind="enterprise", seen=1, fields={}),
        op(person, section, "submit"), op(person, section, "delete-7", id=7),
        op(person, section, "photo-1", kind="PHOTO", finding="", unreadable=True),
    )  # fmt: skip
    looked = send(lead, data, preview="1")
    assert states(looked) == ["left"] * 4
    assert "签字只能由在场的人本人签" in looked.content.decode()
    take(lead, data)
    assert not AuditEvent.objects.filter(action="接收未送达的内容").exists()


def test_closed_records_and_sections_are_refused_in_words(
    section: DepartmentSection, person: User, lead: Client
) -> None:
    data = content(person, answer(person, section, items(section)[0], "OK"))
    DepartmentSection.objects.filter(pk=section.pk).update(state="SUBMITTED", submitted_at=x.VISIT_TO)
    looked = send(lead, data, preview="1")
    assert states(looked) == ["refused"]
    assert "已锁定" in looked.context["sheets"][0].lines[0].why
    DepartmentSection.objects.filter(pk=section.pk).update(state="DRAFT", submitted_at=None)
    cancel_plan(actor=make_lead(section), plan=section.record.plan, reason="停办")
    assert "该任务已取消" in send(lead, data, preview="1").context["sheets"][0].refusal
    take(lead, data)
    assert ItemFinding.objects.get(pk=items(section)[0].pk).answer == ""


def test_others_records_items_and_strangers_are_refused(section: DepartmentSection, person: User, lead: Client) -> None:
    other = x.section_of(section.record, "GA")
    stranger = x.inspectors(other)[0]
    foreign = answer(person, section, items(other)[0], "OK")
    missing = answer(person, section, items(section)[0], "OK")
    missing["record"] = missing["body"]["record"] = 99999
    sheets = send(lead, content(person, foreign, missing), preview="1").context["sheets"]
    assert [line.why for line in sheets[0].lines] == ["这个事项不在此人被抽中的部门里，不能接收。"]
    assert "不属于本部门牵头的任务" in sheets[1].refusal
    section.members.filter(inspector__user=person).delete()
    data = content(person, answer(person, section, items(section)[0], "OK"))
    assert "从未被抽到" in send(lead, data, preview="1").context["sheets"][0].refusal
    take(lead, data)
    own = content(stranger, answer(stranger, section, items(section)[0], "OK"))
    take(lead, own)
    assert [row.answer for row in ItemFinding.objects.all()] == [""] * 6


def test_another_bureaus_clerk_sees_nothing(section: DepartmentSection, person: User) -> None:
    client = Client()
    client.force_login(f.make_user(Role.LEAD, department=f.make_department("SJ")))
    data = content(person, answer(person, section, items(section)[0], "OK"))
    looked = send(client, data, preview="1")
    assert looked.context["sheets"][0].record is None
    assert section.record.selection.enterprise.name not in looked.content.decode()
    take(client, data)
    assert ItemFinding.objects.get(pk=items(section)[0].pk).answer == ""


def test_a_replaced_inspectors_work_is_taken_over(section: DepartmentSection, lead: Client) -> None:
    user = x.inspectors(section)[0]
    section.members.filter(inspector__user=user).update(replaced=True)
    take(lead, content(user, answer(user, section, items(section)[0], "OK")))
    assert ItemFinding.objects.get(pk=items(section)[0].pk).answer == "OK"


def test_hostile_files_are_refused_in_words_and_leave_nothing(
    section: DepartmentSection, person: User, lead: Client
) -> None:
    row = items(section)[0]
    good = answer(person, section, row, "OK")

    def bad(**body: Any) -> bytes:
        return content(person, good | {"body": good["body"] | body})

    files = [
        b"\xff\xfe", b"[]", b"{}", b"[" * 100_000, content(person), content(person, good, format="x"),
        content(person, good, user="x"), content(person, good, user=2**80), content(person, good, user=999_999),
        content(person, "x"), content(person, good, good), content(person, *[good] * 2001),
        content(person, good | {"record": 3}), content(person, good | {"name": 7}), bad(user=person.pk + 1),
        bad(value=[1]), bad(target="plan"), bad(id=-1), bad(key="x" * 300), bad(base_version="1.5"),
        content(person, photo(person, section, row, b"x") | {"photo": "***"}),
        content(person, photo(person, section, row, b"x") | {"photo": 5}),
    ]  # fmt: skip
    for data in files:
        answered = send(lead, data, preview="1")
        assert (answered.status_code, answered.context["sheets"]) == (200, []), data[:80]
        assert answered.context["form"].errors["file"], data[:80]
    huge = content(person, good) + b" " * (24 << 20)
    assert "超过 24 MB" in send(lead, huge, preview="1").context["form"].errors["file"][0]
    assert OperationKey.objects.count() == 0


def test_texts_and_pictures_that_are_too_much_stop_only_themselves(
    section: DepartmentSection, person: User, lead: Client
) -> None:
    one, two, three = items(section)
    data = content(
        person, answer(person, section, one, "NOT_OK", "长" * 2001), photo(person, section, two, bomb(30_000, 30_000)),
        photo(person, section, two, b"GIF89a"), photo(person, section, two, b"x" * ((8 << 20) + 3)),
        head(person, section, "methods", ["<b>"], []), answer(person, section, three, "MAYBE"),
        answer(person, section, two, "OK"),
    )  # fmt: skip
    looked = send(lead, data, preview="1")
    assert states(looked) == ["left", "new", "new", "left", "refused", "refused", "new"]
    take(lead, data)
    assert [row.answer for row in items(section)] == ["", "OK", ""]
    assert Evidence.objects.count() == 0


def test_a_reason_and_the_looked_at_file_are_needed(section: DepartmentSection, person: User, lead: Client) -> None:
    row = items(section)[0]
    data = content(person, answer(person, section, row, "OK"))
    refused = take(lead, data, reason="  ")
    assert refused.status_code == 200
    assert "请写明为什么" in str(refused.context["form"].errors)
    other = send(lead, data, accept="1", digest="0" * 64, reason=REASON)
    assert "不是刚才预览的那个文件" in str(other.context["form"].errors)
    assert ItemFinding.objects.get(pk=row.pk).answer == ""


def test_one_record_that_fails_does_not_undo_another(
    section: DepartmentSection, person: User, lead: Client, monkeypatch: Any
) -> None:
    """Each record is a transaction of its own: a fault in the middle of one leaves it as it was."""
    one, two, _ = items(section)
    data = content(person, answer(person, section, one, "OK"), answer(person, section, two, "OK"))
    real = unsent_lines._write_answer

    def broken(actor: User, key: int, value: Any, trail: Any) -> int:
        if key == two.pk:
            raise RuntimeError("cut")
        return real(actor, key, value, trail)

    monkeypatch.setattr(unsent_lines, "_write_answer", broken)
    with pytest.raises(RuntimeError, match="cut"):
        take(lead, data)
    assert [row.answer for row in items(section)] == ["", "", ""]
    assert OperationKey.objects.count() == 0
