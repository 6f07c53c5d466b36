"""What counts as a problem (问题户), pinned for every result code and everywhere it is counted."""

import pytest
from django.test import Client
from django.urls import reverse

from inspections.enums import ResultCode
from publicity import snapshot, statistics
from publicity.models import PublishedResult
from publicity.reads import figures
from publicity.services import publish_records
from tests.publicity.scene import Campaign, at, make_campaign, when

pytestmark = pytest.mark.django_db

# domain.md §2.2: who could not be found at the registered address, hid, or would not cooperate is a finding about the
# enterprise; who does not do that business any more, or has left the register, is not.
PROBLEM = {
    ResultCode.NO_PROBLEM: False,
    ResultCode.NOT_PUBLISHED: True,
    ResultCode.FALSE_PUBLISHED: True,
    ResultCode.UNREACHABLE: True,
    ResultCode.CORRECTED: True,
    ResultCode.UNCOOPERATIVE: True,
    ResultCode.NO_ACTIVITY: False,
    ResultCode.PENDING: True,
    ResultCode.NO_ITEMS: False,
    ResultCode.DEREGISTERED: False,
    ResultCode.REVOKED: False,
    ResultCode.ANNULLED: False,
    ResultCode.MOVED_OUT: False,
    ResultCode.SUSPENDED: False,
    ResultCode.WOUND_UP: False,
}


def test_every_code_is_judged() -> None:
    assert set(PROBLEM) == set(ResultCode)
    assert {code for code, problem in PROBLEM.items() if problem} == snapshot.PROBLEM_RESULTS


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign(2, publish=0)


@pytest.mark.parametrize("code", list(ResultCode))
def test_it_is_counted_alike_on_the_public_pages_and_in_the_tables(campaign: Campaign, code: ResultCode) -> None:
    record = campaign.records[1]
    record.sections.get(department__code="GA").results.all().delete()
    record.sections.get(department__code="GA").results.create(code=code)
    with when("2024-06-18 10:00"):
        publish_records(actor=campaign.lead, records=[record])
        rows = dict(PublishedResult.objects.values_list("organ", "problem"))
        page = Client().get(reverse("publicity:result_list")).context["counts"]
        year = figures(2024)
    facts = statistics.gather(campaign.plan, at("2024-06-18 10:00").date())
    [fact] = [one for one in facts.records if one.record.pk == record.pk]
    expected = PROBLEM[code]
    assert rows["演示县公安局"] is expected
    assert (page["problems"], year["problems"], fact.problem) == (int(expected), int(expected), expected)
