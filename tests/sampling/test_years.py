"""Every paper cites its own year: what is found in texts, what is left alone, and what a freeze asks."""

import datetime as dt

import pytest
from django.test import Client

from registry.errors import DomainError
from registry.models import AuditEvent, InspectionItem
from registry.operations import new_key
from sampling import services, years
from sampling.enums import PlanState
from sampling.models import Plan
from tests.county import photo
from tests.sampling import plans as p
from tests.sampling.test_views import url


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2024年度全县跨部门抽查计划", [2024]),
        ("２０２４年抽查", [2024]),
        ("二〇二四年度计划、二○二五 年度计划", [2024, 2025]),
        ("根据宽双随机办〔2024〕3号", [2024]),
        ("宽双随机办[2024]  号", [2024]),
        ("承双随机办（2024）3号", [2024]),
        ("2024 年 6 月至 10 月", [2024]),
        ("2024年6月1日前登记的企业", [2024]),
        ("2024-07-01 前登记", [2024]),
        ("2024跨部门抽查", [2024]),
        ("2023—2025年行动计划", [2023, 2025]),
        ("河北省2024年随机抽查工作方案", [2024]),
        ("《2025年度检查计划》", [2025]),
        # laws, numbers of the state and the provinces, standards, days of force, spans with the plan's own year
        ("国办发〔2024〕54号、按照国市监信〔2019〕38号、冀市监〔2024〕12号", []),
        ("《条例》（2019年修订）、（2018修正）、2024年12月6日修订，自2025年1月20日起施行", []),
        ("总局令2019年第3号；GB 50016-2014；GB/T 2260—2007；《规范》（2023版）", []),
        ("2023—2026年行动计划；2026年度计划；2026-06-01", []),
        ("电话0314-20241234，任务13082720241001，2024户，2024元", []),
        ("2026年6月1日前登记、2024年6月1日前登记", [2024]),
    ],
)
def test_other_years_are_found_and_laws_left_alone(text: str, found: list[int]) -> None:
    assert [one.year for one in years.foreign(text, 2026, own="宽")] == found


def test_the_plans_own_days_are_right_whatever_their_year() -> None:
    text = "2025年12月1日前登记的企业"
    assert years.foreign(text, 2026, days={dt.date(2025, 12, 1)}) == []
    assert [one.year for one in years.foreign(text, 2026, days={dt.date(2025, 12, 2)})] == [2025]


def test_a_county_called_like_a_ministry_is_still_a_county() -> None:
    assert [one.year for one in years.foreign("文双随机办〔2024〕3号", 2026, own="文")] == [2024]
    assert years.foreign("文市发〔2024〕3号", 2026, own="宽") == []


def test_a_text_moves_on_in_every_spelling_and_laws_stay() -> None:
    text = (
        "2024年度计划、２０２４年度、二〇二四年；《条例》（2024年修订）；国办发〔2024〕54号；2024年6月1日前；2023年度"
    )
    assert years.carried(text, 2024, 2026) == (
        "2026年度计划、2026年度、2026年；《条例》（2024年修订）；国办发〔2024〕54号；2024年6月1日前；2023年度"
    )


@pytest.fixture
def plan(db: None) -> Plan:
    made = p.county()
    item = InspectionItem.objects.filter(plans=made).order_by("code")[0]
    InspectionItem.objects.filter(pk=item.pk).update(check_points="按2022年清单检查")
    services.update_plan(
        actor=made.created_by, plan=made, basis="2023年度全县跨部门抽查计划；《条例》（2019年修订）",
        document_number="宽双随机办〔2023〕3号",
    )  # fmt: skip
    services.attach_document(
        actor=made.created_by, plan=made, department=made.lead, title="2023年检查表", upload=photo()
    )
    return Plan.objects.get(pk=made.pk)


def test_a_freeze_asks_for_each_place_and_keeps_the_answer(plan: Plan) -> None:
    places = services.other_years(plan)
    assert [one.where.split(" ")[0] for one in places] == ["文号", "抽查依据", "抽查事项", "旅文广电局的现场检查文书"]
    with pytest.raises(DomainError, match="写的却不是 2024 年") as refused:
        p.freeze(plan)
    assert refused.value.problems == [str(one) for one in places]
    keys = [one.key for one in places]
    with pytest.raises(DomainError) as refused:
        p.freeze(plan, kept_years=keys[1:], years_reason="是去年的")
    assert refused.value.problems == [str(places[0])]
    with pytest.raises(DomainError, match="请写明为什么保留"):
        p.freeze(plan, kept_years=keys, years_reason=" ")
    services.update_plan(actor=plan.created_by, plan=plan, basis="2023年度全县抽查计划")  # looked at in other words
    with pytest.raises(DomainError):
        p.freeze(Plan.objects.get(pk=plan.pk), kept_years=keys, years_reason="是去年的")
    plan = Plan.objects.get(pk=plan.pk)
    places = services.other_years(plan)
    p.freeze(plan, kept_years=[one.key for one in places], years_reason="沿用去年的通知")
    event = AuditEvent.objects.get(action="冻结名单")
    assert (event.reason, event.after["other_years"]) == ("沿用去年的通知", [str(one) for one in places])
    with pytest.raises(DomainError, match="文书名称写着别的年份，这项任务是 2024 年的"):
        services.attach_document(
            actor=plan.created_by, plan=plan, department=plan.lead, title="2023年另一张表", upload=photo()
        )


def test_the_page_of_the_freeze_lists_each_place_with_where_to_mend_it(plan: Plan) -> None:
    client = Client()
    client.force_login(plan.created_by)
    page = client.get(url("plan_freeze", plan.pk))
    form = page.context["form"]
    text = page.content.decode()
    assert [text.count(words) for words in ("4 处写的不是 2024 年", "确认无误", "去改正")] == [1, 4, 4]
    data = {"key": form["key"].value(), "seen": form["seen"].value(), "checked": "on",
            "kept_years": [one.key for one in form.other_years[1:]], "years_reason": "沿用去年的通知"}  # fmt: skip
    refused = client.post(url("plan_freeze", plan.pk), data)
    again = refused.content.decode()
    assert [again.count(words) for words in (" checked> 确认无误", 'value="沿用去年的通知"', "写的却不是 2024 年")] == [
        3,
        1,
        1,
    ]
    data |= {"key": new_key(), "seen": refused.context["form"]["seen"].value(),
             "kept_years": [one.key for one in form.other_years]}  # fmt: skip
    assert client.post(url("plan_freeze", plan.pk), data).status_code == 302
    plan.refresh_from_db()
    assert plan.state == PlanState.FROZEN
