"""People on the move: who counts as away, what stands under the name, who is told, and who takes over."""

import datetime as dt

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from inspections.absences import absences, expiring, why_away
from inspections.models import DepartmentSection, Notice, SectionMember
from inspections.services import approve_events, check_people
from registry.models import Inspector, User
from registry.operations import new_key
from sampling.models import EventRequest
from tests import factories
from tests.inspections.desk import Desk, make_drawn_desk

pytestmark = pytest.mark.django_db
DAY = dt.date(2024, 6, 4)


@pytest.fixture
def desk() -> Desk:
    made = make_drawn_desk()
    made.dispatch()
    made.confirm_all()
    return made


def busy(desk: Desk, code: str = "GA") -> Inspector:
    """An inspector with open records."""
    return SectionMember.objects.filter(section__department__code=code, replaced=False).first().inspector


FROM_11, TO_14 = dt.date(2024, 6, 11), dt.date(2024, 6, 14)
CASES = [
    ({"status": "LEFT"}, "transferred", "已调离或退休"),
    ({"status": "DISABLED"}, "", "已停用"),
    ({"badge_valid_until": dt.date(2024, 6, 3)}, "certificate", "执法证6月3日到期"),
    ({"status": "UNAVAILABLE", "unavailable_from": DAY, "unavailable_to": TO_14}, "leave", "请假至6月14日"),
    ({"unavailable_from": FROM_11, "unavailable_to": TO_14}, "leave", "6月11日起请假至6月14日"),
    ({"status": "UNAVAILABLE", "unavailable_from": dt.date(2024, 6, 3)}, "leave", "6月3日起请假"),
    ({"unavailable_from": dt.date(2024, 6, 12)}, "", ""),  # more than a week ahead
    ({"status": "UNAVAILABLE", "unavailable_from": dt.date(2024, 5, 1), "unavailable_to": dt.date(2024, 6, 3)}, "", ""),
    ({"badge_valid_until": DAY}, "", ""),  # valid to the end of the day
    ({}, "", ""),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "words"), CASES)
def test_the_condition_and_the_words_agree(desk: Desk, changes, code, words):
    person = busy(desk)
    Inspector.objects.filter(pk=person.pk).update(**changes)
    person.refresh_from_db()
    assert why_away(person, DAY) == (code, words)
    found = absences(DAY, section__department__code="GA")
    assert [(one.inspector, one.words) for one in found] == ([(person, words)] if words else [])


def test_a_disabled_account_counts_and_nothing_owed_does_not(desk: Desk):
    person = busy(desk)
    User.objects.filter(pk=person.user_id).update(is_active=False)
    owed = SectionMember.objects.filter(inspector=person, section__state="NOT_STARTED").count()
    assert [(one.words, one.count) for one in absences(DAY)] == [("账号已停用", owed)]
    DepartmentSection.objects.filter(members__inspector=person).update(state="SUBMITTED", submitted_at=factories.NOW)
    assert absences(DAY) == []


@time_machine.travel("2024-06-04T10:00:00+08:00", tick=False)
def test_the_home_row_leads_to_the_drawn_standby_and_nobody_chooses(desk: Desk):
    person = busy(desk)
    Inspector.objects.filter(pk=person.pk).update(status="UNAVAILABLE", unavailable_from=DAY)
    client = Client()
    client.force_login(desk.ga)
    (row,) = absences(DAY)
    page = client.get(reverse("home")).content.decode()
    assert f"{person.name}6月4日起请假，名下还有 {row.count} 份记录" in page
    address = reverse("inspections:task_assign", args=[row.member])
    assert address in page
    form = client.get(address).context["form"]
    assert (form.initial["code"], form.initial["reason"]) == ("leave", "6月4日起请假")
    standby = desk.draw.members.filter(department__code="GA", kind="RESERVE").order_by("seat").first()
    answer = client.post(address, {"key": new_key(), "code": "leave", "reason": "6月4日起请假"})
    assert answer.status_code == 302
    assert "替换申请等牵头部门办理" in client.get(reverse("home")).content.decode()
    approve_events(actor=desk.lead, draw=desk.draw, requests=EventRequest.objects.all())
    assert absences(DAY) == []
    taken = SectionMember.objects.filter(inspector=standby.inspector, replaced=False).count()
    assert taken == row.count


def test_the_daily_check_tells_once_a_day_and_of_a_certificate_once(desk: Desk):
    away, soon = busy(desk), busy(desk, "WL")
    Inspector.objects.filter(pk=away.pk).update(status="LEFT")
    Inspector.objects.exclude(pk=soon.pk).update(badge_valid_until=dt.date(2030, 1, 1))
    Inspector.objects.filter(pk=soon.pk).update(badge_valid_until=dt.date(2024, 8, 3))
    assert list(expiring(DAY)) == [soon]
    assert list(expiring(DAY - dt.timedelta(days=1))) == []
    Notice.objects.all().delete()
    assert check_people(day=DAY) == 3  # the admin of GA; the admin of WL and the person
    assert [check_people(day=DAY), check_people(day=DAY + dt.timedelta(days=1))] == [0, 1]
    told = {(notice.recipient, notice.text.split("，")[0]) for notice in Notice.objects.all()}
    ending = f"{soon.name}的执法证2024年8月3日到期"
    assert told == {(desk.ga, f"{away.name}已调离或退休"), (desk.wl, ending), (soon.user, ending)}


@time_machine.travel("2024-06-04T08:20:00+08:00", tick=False)
def test_without_an_administrator_the_lead_bureau_hears_of_it(desk: Desk, capsys):
    Inspector.objects.filter(pk=busy(desk).pk).update(status="LEFT")
    User.objects.filter(pk=desk.ga.pk).update(is_active=False)
    Notice.objects.all().delete()
    call_command("check_people")
    assert "已发出 1 条通知。" in capsys.readouterr().out
    assert [notice.recipient for notice in Notice.objects.all()] == [desk.lead]
