"""工作总结: versions, and the step to SUMMARISED."""

import datetime as dt
import subprocess
from typing import Any

import pytest

from publicity.exporters import pdf
from publicity.models import PlanSummary
from publicity.services import save_summary, summarise_plan
from registry.errors import DomainError
from sampling.enums import PlanState
from sampling.models import Plan
from tests.publicity.scene import Campaign, make_campaign, when

pytestmark = pytest.mark.django_db
TEXTS = {"highlights": "一次进门", "experience": "提前公布摘要", "problems": "夜间营业", "next_steps": "晚上检查"}


def write(campaign: Campaign, **changes: Any) -> PlanSummary:
    """A summary as of 15 June."""
    with when("2024-06-19 10:00"):
        values = {"as_of": dt.date(2024, 6, 15), **TEXTS, **changes}
        return save_summary(actor=campaign.lead, plan=campaign.plan, **values)


def test_each_save_is_a_version_and_the_same_words_are_not_a_new_one() -> None:
    campaign = make_campaign()
    assert [write(campaign).version, write(campaign).version, write(campaign, problems="人手少").version] == [1, 1, 2]


def test_what_is_missing_is_named() -> None:
    campaign = make_campaign()
    with pytest.raises(DomainError, match="总结还缺：亮点、下一步打算。"):
        write(campaign, highlights=" ", next_steps="")
    with pytest.raises(DomainError, match="在今天以后"):
        write(campaign, as_of=dt.date(2024, 6, 20))
    campaign.lead = campaign.admin
    with pytest.raises(DomainError, match="牵头部门"):
        write(campaign)


def test_a_plan_is_summarised_when_complete_and_written() -> None:
    campaign = make_campaign()
    with pytest.raises(DomainError, match="还没有写工作总结"):
        summarise_plan(actor=campaign.lead, plan=campaign.plan)
    write(campaign)
    with pytest.raises(DomainError, match="全部检查完成后"):
        summarise_plan(actor=campaign.lead, plan=campaign.plan)
    Plan.objects.filter(pk=campaign.plan.pk).update(state=PlanState.COMPLETED)
    assert summarise_plan(actor=campaign.lead, plan=campaign.plan).state == PlanState.SUMMARISED
    assert Plan.objects.get(pk=campaign.plan.pk).state == PlanState.SUMMARISED


def test_the_paper_has_the_outline_the_words_and_the_numbers(tmp_path: Any) -> None:
    campaign = make_campaign()
    path = tmp_path / "summary.pdf"
    path.write_bytes(pdf.render_summary(write(campaign, highlights="<script>alert(1)</script>一次进门")))
    text = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
    flat = "".join(text.split())
    headings = "一、基本情况 二、组织实施 三、检查结果 四、问题及处置 五、亮点和经验做法 六、存在问题 七、下一步打算"
    for heading in [*headings.split(), "统计截止日期：2024年6月15日"]:
        assert heading in flat
    assert "企业20户，随机抽取4户，实际抽取比例20.0%" in flat
    assert "均已回填的2户，出动执法人员8人、12人次" in flat
    assert "<script>alert(1)</script>一次进门" in flat
