"""公示文字: whoever types and whoever reviews reads what the public will read, and that is what is published."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from inspections.models import DepartmentSection, InspectionRecord
from inspections.public_text import PublicText, public_texts
from publicity.snapshot import department_snapshot, persons_of
from registry.enums import Role
from registry.models import Enterprise
from tests import factories as f
from tests.inspections import field as x

pytestmark = pytest.mark.django_db
TYPED = "负责人李　四称 138－1234－5678 不通，暂无台账"
PUBLIC = "负责人**称 ** 不通，暂无台账"


@pytest.fixture
def section() -> DepartmentSection:
    f.load_calendar()
    made = x.section_of(x.make_record("WL", items=3, grade="E"))
    enterprise = made.record.selection.enterprise
    Enterprise.objects.filter(pk=enterprise.pk).update(legal_rep="李 四（经营者）", contact_name="暂无")
    with time_machine.travel("2024-09-24T16:00:00+08:00", tick=False):
        x.fill(made)
    first = made.findings.first()
    made.findings.filter(pk=first.pk).update(answer="NOT_OK", text=TYPED, corrected=True)
    DepartmentSection.objects.filter(pk=made.pk).update(result_note=f"说明：{TYPED}")
    return DepartmentSection.objects.get(pk=made.pk)


def shown(page: str) -> list[str]:
    """The words of the box 公示文字."""
    box = re.search(r'<section[^>]*aria-labelledby="h-public">.*?</section>', page, re.S)
    assert box
    text = re.sub(r"\s*(<[^>]+>\s*)+", "|", box[0])
    return [part for part in text.split("|") if part]


def test_the_preview_is_what_is_published(section: DepartmentSection) -> None:
    item = section.findings.first().item.name
    rows = public_texts(section.record, section)
    assert rows == [PublicText(item, f"{PUBLIC}（已当场改正）", True), PublicText("备注", f"说明：{PUBLIC}", True)]
    published = department_snapshot(section.record, section, persons_of(section.record))
    assert (published["items"][0], published["remark"]) == ({"item": item, "result": rows[0].text}, rows[1].text)


@time_machine.travel("2024-09-24T16:00:00+08:00", tick=False)
def test_the_inspector_sees_it_on_the_check_page(section: DepartmentSection) -> None:
    client = Client()
    client.force_login(section.members.first().inspector.user)
    page = client.get(reverse("inspections:record_check", args=[section.record_id])).content.decode()
    words = shown(page)
    assert words[0] == "公示文字"
    assert [one for one in words if "**称" in one] == [f"{PUBLIC}（已当场改正）", f"说明：{PUBLIC}"]
    assert "李" not in "".join(words)


@time_machine.travel("2024-09-24T16:00:00+08:00", tick=False)
def test_the_reviewer_sees_it_beside_the_result(section: DepartmentSection) -> None:
    DepartmentSection.objects.filter(pk=section.pk).update(state="SUBMITTED", submitted_at=f.NOW)
    client = Client()
    client.force_login(f.make_user(Role.DEPT_ADMIN, department=section.department))
    page = client.get(reverse("inspections:task_review", args=[section.pk])).content.decode()
    words = shown(page)
    assert [one for one in words if "**称" in one] == [f"{PUBLIC}（已当场改正）", f"说明：{PUBLIC}"]
    assert words.count("已隐去个人信息") == 2


def test_everybody_whom_a_record_knows_is_masked(section: DepartmentSection) -> None:
    record = section.record
    InspectionRecord.objects.filter(pk=record.pk).update(signatory_name="赵签字", witness_name="钱见证", place="店内")
    member = section.members.first()
    member.inspector.name = "孙检查"
    member.inspector.save(update_fields=["name"])
    by = {"added_by": member.inspector.user, "added_at": f.NOW}
    section.assistants.create(name="周协助", unit="x", role="x", reason="x", **by)
    call = {"role": "CHARGE", "phone": "6862000", "called_at": f.NOW, "head": "", "sections": {}, "content_version": 1}
    record.phone_calls.create(section=section, name="吴来电", at=f.NOW, by=member.inspector.user, **call)
    record = InspectionRecord.objects.get(pk=record.pk)
    said = "店内赵签字、钱见证、孙检查、周协助在，吴来电 686-2000"
    DepartmentSection.objects.filter(pk=section.pk).update(result_note=said)
    fresh = DepartmentSection.objects.get(pk=section.pk)
    assert public_texts(record, fresh)[-1].text == "店内**、**、**、**在，** **"
