"""Change of mind: what belonged to an answer, a result or a signature that was left stands on no record any more."""

from __future__ import annotations

import datetime as dt
import json
import os
import uuid
from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from inspections import printing
from inspections.enums import Answer, ResultCode
from inspections.models import DepartmentSection, Evidence, InspectionRecord, ItemFinding, PhoneConfirmation
from inspections.services import entry, evidence, results, signing, submitting, sync, unsent_lines
from inspections.services.writing import Trail
from registry.errors import DomainError
from registry.services.leftovers import sweep_files
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db

ACCUSED = "曲库有禁止内容"
TEXTS = {"": "", "OK": "", "NOT_OK": ACCUSED, "NOT_APPLICABLE": "没有这项设备", "NOT_CHECKED": "设备停用"}
ANSWERS = ["", *Answer.values]
RESIGN = "企业确认之后内容有改动：请重新签字，或登记“已电话确认”。"


@pytest.fixture
def section() -> DepartmentSection:
    f.load_calendar()
    return x.section_of(x.make_record("WL", items=2))


def fresh(section: DepartmentSection) -> DepartmentSection:
    return DepartmentSection.objects.select_related("department", "record__plan").get(pk=section.pk)


def first(section: DepartmentSection) -> ItemFinding:
    found: ItemFinding = section.findings.order_by("order")[0]
    return found


def value_of(answer: str) -> dict[str, Any]:
    return {"answer": answer, "text": TEXTS[answer], "corrected": answer == "NOT_OK"}


def by_service(section: DepartmentSection, value: dict[str, Any]) -> None:
    row = first(section)
    entry.save_finding(actor=x.inspectors(section)[0], finding=row, version=row.version, **value)


def by_sync(section: DepartmentSection, value: dict[str, Any], **more: Any) -> Any:
    row, user = first(section), x.inspectors(section)[0]
    client = Client()
    client.force_login(user)
    body = {
        "key": uuid.uuid4().hex, "user": user.pk, "record": section.record_id, "target": "item", "id": row.pk,
        "value": value, "base_version": row.version, **more,
    }  # fmt: skip
    answer = client.post(reverse("inspections:sync_save"), json.dumps(body), content_type="application/json")
    assert answer.status_code == 201, answer.content.decode()
    return answer.json()


def by_form(section: DepartmentSection, value: dict[str, Any]) -> None:
    """Without script every text box of the page is sent, also those of the answers that were left."""
    from tests.inspections.test_phone_views import inputs

    client, row = Client(), first(section)
    client.force_login(x.inspectors(section)[0])
    address = reverse("inspections:record_record", args=[section.record_id])
    data = inputs(client.get(address).content.decode())
    data[f"item-{row.pk}-answer"] = [value["answer"]]
    boxes = {"NOT_OK": "text_bad", "NOT_APPLICABLE": "text_na", "NOT_CHECKED": "text_skip"}
    if value["answer"] in boxes:
        data[f"item-{row.pk}-{boxes[value['answer']]}"] = [value["text"]]
    if value["corrected"]:
        data[f"item-{row.pk}-corrected"] = ["1"]
    assert client.post(address, data).status_code == 302


def by_hand_over(section: DepartmentSection, value: dict[str, Any]) -> None:
    row = first(section)
    unsent_lines._write_answer(x.inspectors(section)[0], row.pk, unsent_lines._answer(value), Trail("接收未送达的内容"))


WAYS: list[Callable[..., Any]] = [by_service, by_sync, by_form, by_hand_over]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("left", "taken"), list(permutations(ANSWERS, 2)))
def test_every_answer_to_every_other_leaves_nothing_behind(
    section: DepartmentSection, left: str, taken: str, way: Callable[..., Any]
) -> None:
    actor = x.inspectors(section)[0]
    if left:
        by_service(section, value_of(left))
    photo = None
    if left == "NOT_OK":
        photo = evidence.add_evidence(
            actor=actor, record=section.record, kind="PHOTO", upload=x.picture(), finding=first(section)
        )
    way(section, value_of(taken))
    row = first(section)
    assert (row.answer, row.text, row.corrected) == (taken, TEXTS[taken], taken == "NOT_OK")
    assert list(row.evidence.all()) == ([photo] if taken == "NOT_OK" and photo else [])
    html = printing.records_html(printing.sheets_of([section.record]))
    said = [text for answer, text in TEXTS.items() if text and answer != taken and text in html]
    assert (said, "已当场改正" in html, "证据材料 0 件" in html) == ([], taken == "NOT_OK", True)


@pytest.mark.parametrize("way", WAYS)
def test_the_remark_of_what_is_in_order_never_inherits_the_accusation(
    section: DepartmentSection, way: Callable[..., Any]
) -> None:
    by_service(section, value_of("NOT_OK"))
    way(section, {"answer": "OK", "text": ACCUSED, "corrected": True})
    row = first(section)
    assert (row.answer, row.text, row.corrected) == ("OK", "", False)


def test_photos_are_withdrawn_kept_and_brought_back_by_undo(section: DepartmentSection) -> None:
    actor = x.inspectors(section)[0]
    by_service(section, value_of("NOT_OK"))
    keys = [
        evidence.add_evidence(
            actor=actor,
            record=section.record,
            kind="PHOTO",
            upload=x.picture(size=(60 + n, 40)),
            finding=first(section),
        ).pk
        for n in range(2)
    ]
    by_sync(section, value_of("OK"))
    assert list(Evidence.objects.all()) == []
    assert [row.withdrawn_by for row in Evidence.everything.all()] == [actor, actor]
    late = evidence.add_evidence(  # was on its way while the mind was changed
        actor=actor, record=section.record, kind="PHOTO", upload=x.picture(size=(90, 40)), finding=first(section)
    )
    assert (late.withdrawn_at is not None, Evidence.objects.count()) == (True, 0)
    old = (timezone.now() - dt.timedelta(days=3)).timestamp()
    for row in Evidence.everything.all():
        os.utime(row.file.path, (old, old))
    assert sweep_files() == []
    client = Client()
    client.force_login(actor)
    assert client.get(reverse("inspections:evidence_file", args=[keys[0]])).status_code == 200
    by_sync(section, value_of("NOT_OK"), restore=True)
    assert sorted(row.pk for row in first(section).evidence.all()) == [*keys, late.pk]
    by_sync(section, value_of("OK"))
    by_sync(section, value_of("NOT_OK"))  # another accusation, not an undo
    assert list(first(section).evidence.all()) == []


# ------------------------------------------------------------------------------------------------------------- results


def conclude(section: DepartmentSection, *codes: str, note: str = "", confirmed: bool = False, **more: Any) -> Any:
    return entry.save_section(
        actor=x.inspectors(section)[0], section=section, version=fresh(section).version, results=codes,
        result_note=note, result_confirmed=confirmed, **more,
    )  # fmt: skip


ALONE = [code.value for code in ResultCode if code not in {"NOT_PUBLISHED", "FALSE_PUBLISHED", "CORRECTED"}]


@pytest.mark.parametrize(("left", "taken"), list(permutations(ALONE, 2)))
def test_every_result_to_every_other_leaves_note_and_measures(
    section: DepartmentSection, left: str, taken: str
) -> None:
    measures = [
        entry.FollowUpEntry("NOTIFY_DEPT", receiving="市场监管局"),
        entry.FollowUpEntry("FEEDBACK_ROUTINE", text="旧的"),
    ]
    section.results.create(code=left)
    conclude(section, left, note="旧的说明", follow_ups=measures)
    section.findings.update(answer="NOT_CHECKED")
    if taken in {"NO_PROBLEM", "PENDING"}:
        section.findings.update(answer="OK" if taken == "NO_PROBLEM" else "NOT_OK")
    conclude(section, taken, note="旧的说明", follow_ups=measures)
    stored = fresh(section)
    assert results.codes_of(stored) == [taken]
    assert (stored.result_note, list(stored.follow_ups.all())) == ("", [])


def test_problems_found_are_of_one_kind_and_measures_keep_only_what_is_theirs(section: DepartmentSection) -> None:
    by_service(section, value_of("NOT_OK"))
    order = entry.FollowUpEntry("ORDER_CORRECT", deadline=dt.date(2024, 10, 9), receiving="公安局", text="责令")
    conclude(section, "PENDING", note="甲", follow_ups=[order])
    conclude(section, "CORRECTED", note="甲", follow_ups=[order])
    [row] = fresh(section).follow_ups.all()
    assert (fresh(section).result_note, row.deadline, row.text, row.receiving) == (
        "甲",
        dt.date(2024, 10, 9),
        "责令",
        "",
    )


@pytest.mark.parametrize(
    ("answer", "corrected", "codes"),
    [
        ("NOT_OK", False, ["CORRECTED"]), ("NOT_OK", True, ["CORRECTED", "PENDING"]), ("NOT_OK", False, ["NO_PROBLEM"]),
        ("NOT_OK", False, ["UNREACHABLE"]), ("OK", False, ["NO_PROBLEM", "NO_ACTIVITY"]),
        ("OK", False, ["NOT_PUBLISHED"]),
    ],
)  # fmt: skip
def test_what_contradicts_is_not_stored_even_as_a_draft(
    section: DepartmentSection, answer: str, corrected: bool, codes: list[str]
) -> None:
    by_service(section, {"answer": answer, "text": TEXTS[answer], "corrected": corrected})
    with pytest.raises(DomainError):
        conclude(section, *codes, note="说明")
    assert results.codes_of(fresh(section)) == []


def test_a_result_that_no_answer_carries_any_more_goes(section: DepartmentSection) -> None:
    by_service(section, {"answer": "NOT_OK", "text": ACCUSED, "corrected": False})
    row = first(section)
    note = results.note_of(section.findings.select_related("item"))
    assert note == f"{row.order} {row.item.name}：{ACCUSED}"
    order = entry.FollowUpEntry("ORDER_CORRECT", deadline=dt.date(2024, 10, 9))
    conclude(section, "PENDING", note=note, confirmed=True, follow_ups=[order])
    by_service(section, {"answer": "NOT_OK", "text": "曲库缺台账", "corrected": False})
    stored = fresh(section)
    assert stored.result_note == f"{row.order} {row.item.name}：曲库缺台账"
    assert not stored.result_confirmed
    by_service(section, value_of("OK"))
    stored = fresh(section)
    assert (results.codes_of(stored), stored.result_note, stored.follow_ups.count()) == ([], "", 0)
    html = printing.records_html(printing.sheets_of([section.record]))
    assert [word for word in (ACCUSED, "曲库缺台账", "责令限期改正", "2024年10月9日") if word in html] == []


# ------------------------------------------------------------------------------------------------- after the signature


def signed(section: DepartmentSection) -> Any:
    actor = x.fill(section)
    x.sign(InspectionRecord.objects.get(pk=section.record_id), actor)
    return actor


def words(section: DepartmentSection) -> list[str]:
    return [problem.text for problem in submitting.check_section(fresh(section))]


def reopen(section: DepartmentSection) -> None:
    """One item more is in order for another reason than the enterprise saw."""
    by_service(section, value_of("NOT_APPLICABLE"))
    conclude(section, "NO_PROBLEM", confirmed=True)


def call(section: DepartmentSection, **fields: Any) -> PhoneConfirmation:
    given = {"name": "陈某", "role": "LEGAL_REP", "phone": "13800001234", "called_at": timezone.now()} | fields
    return signing.confirm_by_phone(actor=x.inspectors(section)[0], section=section, **given)


def test_changed_after_signing_needs_one_of_two(section: DepartmentSection) -> None:
    actor = signed(section)
    assert words(section) == []
    with pytest.raises(DomainError) as early:
        call(section, name="", phone="12", role="", called_at=None)
    assert len(early.value.problems) == 4
    reopen(section)
    assert words(section) == [RESIGN]
    with pytest.raises(DomainError):
        submitting.submit_section(actor=actor, section=fresh(section))
    row = call(section)
    assert words(section) == []
    html = printing.records_html(printing.sheets_of([InspectionRecord.objects.get(pk=section.record_id)]))
    at = row.called_at.astimezone(f.SHANGHAI)
    said = f"第 {row.content_version} 版已由{actor}于{at.year}年{at.month}月{at.day}日{at:%H:%M}电话向"
    said += "陈某（法定代表人，138****1234）确认"
    assert (html.count(said), html.count("13800001234")) == (1, 0)
    desk = Client()
    desk.force_login(actor)
    assert desk.get(reverse("inspections:task_detail", args=[section.record_id])).content.decode().count(said) == 1
    by_service(section, value_of("NOT_CHECKED"))  # and changed once more: the call was about something else
    assert words(section) == [RESIGN]
    x.sign(InspectionRecord.objects.get(pk=section.record_id), actor)
    assert words(section) == []
    assert submitting.submit_section(actor=actor, section=fresh(section)).state == "SUBMITTED"


def test_the_page_of_the_call_and_the_choice_on_the_check_page(section: DepartmentSection) -> None:
    signed(section)
    reopen(section)
    client = Client()
    client.force_login(x.inspectors(section)[0])
    check = client.get(reverse("inspections:record_check", args=[section.record_id])).content.decode()
    address = reverse("inspections:record_call", args=[section.record_id])
    assert (check.count('id="resign"'), check.count(f'href="{address}"')) == (1, 1)
    page = client.get(address).content.decode()
    key = page.split('name="key" value="')[1].split('"')[0]
    data = {"key": key, "name": "陈某", "role": "PRINCIPAL", "phone": "0415-8120000"}
    assert client.post(address, data).status_code == 200
    data["called_at"] = f"{timezone.now().astimezone(f.SHANGHAI):%Y-%m-%dT%H:%M}"
    assert client.post(address, data)["Location"] == reverse("inspections:record_check", args=[section.record_id])
    assert words(section) == []


def test_a_signature_is_under_what_was_shown(section: DepartmentSection) -> None:
    """The text above the pad, not what is stored by the time the signature arrives."""
    actor = x.fill(section)
    record = InspectionRecord.objects.get(pk=section.record_id)
    seen = signing.shown_digests(record, signing.complete(record.sections.all()))
    items = {str(one.pk): [one.answer, one.text, one.corrected] for one in section.findings.all()}
    told = {"items": items, "results": ["NO_PROBLEM"], "result_note": ""}
    reopen(section)
    for shown in (seen, told):
        fields = {
            "signature": "SIGNED",
            "signatory_name": "陈某",
            "signatory_role": "LEGAL_REP",
            "opinion_agrees": True,
        }
        sender = sync.Sender(uuid.uuid4().hex, record.pk)
        answer, _ = sync.store_signing(actor=actor, sender=sender, seen=1, fields=fields, drawings={}, shown=shown)
        assert (answer["current"], words(section)) == (False, [RESIGN])
    now = signing.shown_digests(record, signing.complete(fresh(section).record.sections.all()))
    sender = sync.Sender(uuid.uuid4().hex, record.pk)
    answer, _ = sync.store_signing(actor=actor, sender=sender, seen=1, fields=fields, drawings={}, shown=now)
    assert (answer["current"], words(section)) == (True, [])


def test_not_applicable_lapses_once_somebody_was_met(section: DepartmentSection) -> None:
    actor = x.fill(section)
    section.findings.update(answer="NOT_CHECKED", text="无人")
    x.arrive(section, "UNREACHABLE")
    x.look_for_somebody(section)
    conclude(section, "UNREACHABLE", note="门锁着", confirmed=True)
    x.sign(section.record, actor, signature="NOT_APPLICABLE", signatory_name="", signatory_role="", opinion_agrees=None)
    assert words(section) == []
    x.arrive(section, "NORMAL")
    record = InspectionRecord.objects.get(pk=section.record_id)
    entry.save_head(
        actor=actor, record=record, version=record.version, visit_to=x.VISIT_TO, certificates_shown=True, informed=True
    )
    section.findings.update(answer="OK", text="")
    conclude(section, "NO_PROBLEM", confirmed=True)
    assert words(section) == ["请企业签字或盖章；拒绝签字的，登记原因和见证人。"]
