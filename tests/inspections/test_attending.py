"""The second officer confirms from the own login; a code lasts ten minutes and five wrong tries."""

from __future__ import annotations

import datetime as dt

import pytest

from inspections.models import DepartmentSection
from inspections.services import attending
from registry import clock
from registry.errors import DomainError
from registry.models import AuditEvent
from tests import factories as f
from tests.inspections import field as x
from tests.inspections.test_phone_views import at, page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def section() -> DepartmentSection:
    return x.section_of(x.make_record())


def test_two_logins_confirm_that_both_were_there(section: DepartmentSection) -> None:
    one, two = x.inspectors(section)
    code = attending.issue_code(actor=one, section=section)
    assert attending.issue_code(actor=one, section=section) == code
    with pytest.raises(DomainError, match="不能自己确认自己"):
        attending.confirm_attendance(actor=one, record=section.record, code=code.code)
    attending.confirm_attendance(actor=two, record=section.record, code=code.code)
    assert [(m.present, m.attended_at is not None) for m in section.members.all()] == [(True, True), (True, True)]
    assert AuditEvent.objects.filter(action="确认两人到场", actor=two).count() == 1
    with pytest.raises(attending.WrongCode):
        attending.confirm_attendance(actor=two, record=section.record, code=code.code)


def test_a_code_ends(section: DepartmentSection) -> None:
    one, two = x.inspectors(section)
    code = attending.issue_code(actor=one, section=section)
    stranger = f.make_inspector(account=True).user
    with pytest.raises(DomainError, match="不是这份一企一表"):
        attending.confirm_attendance(actor=stranger, record=section.record, code=code.code)
    clock.pin(code.expires_at + dt.timedelta(seconds=1), running=False)
    with pytest.raises(attending.WrongCode):
        attending.confirm_attendance(actor=two, record=section.record, code=code.code)


def test_the_pages_of_both_phones(section: DepartmentSection) -> None:
    one, two = (signed_in(user) for user in x.inspectors(section))
    address = at("record_attend", section.record_id)
    shown = one.post(address, {"make": "1"}).content.decode()
    code = section.codes.get()
    assert f"{code.code[:3]} {code.code[3:]}" in shown
    assert "<svg" in shown
    scanned = two.get(at("attend_scan") + f"?b={section.record_id}&ma={code.code}")
    assert scanned["Location"] == f"{address}?ma={code.code}"
    assert f'value="{code.code}"' in page(two, scanned["Location"])
    wrong = f"{(int(code.code) + 1) % 10**6:06d}"
    for _ in range(2):
        assert "到场码不对或已过期" in two.post(address, {"code": wrong}).content.decode()
    code.refresh_from_db()
    assert code.wrong_tries == 2
    done = two.post(address, {"code": code.code})
    assert (done.status_code, done["Location"]) == (302, at("record_record", section.record_id))
    for _ in range(3):
        two.post(address, {"code": wrong})
    assert signed_in(f.make_inspector(account=True).user).get(address).status_code == 404
