"""数据修复 as a person uses it: every screen that adds or changes, every field filled, then the draw and the papers.

The forms are read from the page. What was typed must be in the trail before and after, in words; and whatever the site
let in must not stop the next freeze, the draw or the blank form (a poisonous row would stop the whole county).
"""

import datetime as dt
import itertools
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse

from inspections import services as inspecting
from inspections.enums import Measure
from inspections.models import Approval, FollowUp, ReasonPhrase
from inspections.printing import notice_html, records_html, sheets_of
from registry.enums import Role
from registry.models import (
    AuditEvent,
    Department,
    Enterprise,
    Industry,
    InspectionItem,
    Inspector,
    LegalBasis,
    Licence,
    Recusal,
    RiskLevel,
    RiskScheme,
    Specialty,
    User,
)
from registry.repair import RepairAdmin, fields_in
from registry.views.audit_words import changes_of
from sampling import services as sampling
from sampling.models import Plan
from sampling.services.plans import grades_of
from tests import factories as f
from tests.inspections.desk import make_desk
from tests.paper_form import Control, controls, missing, offers, sent
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db
REASON = "登记机关来函更正"
ADDED = [
    Department, User, Inspector, Recusal, Enterprise, Licence, InspectionItem, LegalBasis, Industry, Specialty,
    RiskScheme, RiskLevel, ReasonPhrase,
]  # fmt: skip
CHANGED = [*ADDED, Plan, Approval, FollowUp]
SCREENS = {model: screen for model, screen in admin.site._registry.items() if isinstance(screen, RepairAdmin)}

# What only a person knows: values that have to be right, not merely filled in. (round 0 adds, round 1 changes)
KNOWN: dict[type[models.Model], dict[str, Any]] = {
    Enterprise: {
        "uscc": lambda turn: [f" {f.uscc(880000 + turn)} ".lower()], "status": lambda turn: ["ACTIVE"],
        "authority": lambda turn: ["演示县市场监督管理局"], "registered_on": lambda turn: [f"2020-01-0{turn + 1}"],
    },
    Inspector: {"status": lambda turn: ["ACTIVE"], "badge_valid_until": lambda turn: [f"2027-12-0{turn + 1}"],
                "unavailable_from": lambda turn: [f"2023-01-0{turn + 1}"],
                "unavailable_to": lambda turn: [f"2023-02-0{turn + 1}"],
                "department": lambda turn: [str(Department.objects.get(code="WL").pk)],
                "user": lambda turn: [str(User.objects.get(username=["新来的", "又一个"][turn]).pk)]},
    InspectionItem: {"effective_from": lambda turn: [f"2024-01-0{turn + 1}"],
                     "effective_to": lambda turn: [f"2030-01-0{turn + 1}"]},
    LegalBasis: {"effective_from": lambda turn: [f"2024-01-0{turn + 1}"],
                 "effective_to": lambda turn: [f"2030-01-0{turn + 1}"]},
    User: {name: (lambda turn: []) for name in ("is_lead", "is_auditor", "is_sysadmin", "is_dept_admin")},
    Plan: {
        "period_from": lambda turn: ["2024-06-02"], "period_to": lambda turn: ["2024-10-30"],
        "summary_due": lambda turn: ["2024-10-24"], "registered_before": lambda turn: ["2024-05-31"],
        "authority": lambda turn: ["演示县市场监督管理局"], "beacon": lambda turn: ["ssq"],
        "beacon_spec": lambda turn: ["2024110"], "entropy_at_0": lambda turn: ["2024-06-04"],
        "entropy_at_1": lambda turn: ["10:05:00"], "reveal_on": lambda turn: ["2024-10-01"],
        "seats": lambda turn: ["2"],
        "teams": lambda turn: ["2"], "not_before_hours": lambda turn: ["24"], "second_person": lambda turn: [],
    },
}  # fmt: skip


@pytest.fixture
def client() -> Client:
    made = Client()
    made.force_login(f.make_user(Role.SYSADMIN, username="管理员"))
    return made


@pytest.fixture
def world() -> Plan:
    """A small county: two departments, people with accounts, five cafés, something of every kind to choose from."""
    p.at(p.FROZEN_AT)
    f.load_calendar(2024)
    Specialty.objects.create(code="FIRE", name="消防")
    Specialty.objects.create(code="FOOD", name="食品")
    plan = f.make_plan()
    plan.document_number = "宽双随机办〔2024〕5号"
    for grade in "AABBC":
        f.make_enterprise(grade)
    for code in ("WL", "GA"):
        for _ in range(6):
            one = f.make_inspector(f.make_department(code), account=True)
            one.specialties.set(Specialty.objects.all())
    for name in ("新来的", "又一个"):
        f.make_user(Role.INSPECTOR, department=f.make_department("WL"), username=name)
    return plan


def url(model: type[models.Model], what: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


_texts = itertools.count(1)


def _filled(client: Client, model: type[models.Model], one: Control, turn: int) -> list[str]:
    """What a person puts into a control: everything ticked that can be, the first choice, or another one."""
    known = KNOWN.get(model, {})
    if one.name in known:
        return list(known[one.name](turn))
    if one.kind in {"checkbox", "multiple"}:
        return one.offered[: max(len(one.offered) - turn, 1)]
    if one.kind == "select":
        choices = offers(client, one)
        assert choices, one.name
        return [choices[turn % len(choices)]]
    classes = one.attrs.get("class", "")
    if "vDateField" in classes:
        return [f"2024-05-1{turn}"]
    if "vTimeField" in classes:
        return [f"09:0{turn}:00"]
    if one.kind == "number":
        return [str(3 + turn)]
    if one.kind == "hidden":
        return one.values
    number = next(_texts)
    if one.name == "repair_reason":
        return [REASON]
    if one.name in {"code", "username"}:
        return [f"X{number}"]
    text = f"第{turn}次填写{number}"
    return [f"{text}\n另一条{number}" if one.kind == "textarea" else text[: int(one.attrs.get("maxlength", 400))]]


def fill(client: Client, model: type[models.Model], page: str, turn: int) -> dict[str, Any]:
    """Every control of the form of the page, filled."""
    found = controls(client.get(page).content.decode(), f"{model._meta.model_name}_form")
    assert missing(found, "repair_reason") == []
    for one in found.values():
        one.values = _filled(client, model, one, turn)
    return sent(found)


def errors_of(response: Any) -> dict[str, Any]:
    if response.status_code == 302:
        return {}
    return dict(response.context["adminform"].form.errors) if response.context else {"status": response.status_code}


def downstream(plan: Plan) -> None:
    """Freeze, draw, dispatch, the blank form: with everything the registry holds by now in reach."""
    plan = Plan.objects.get(pk=plan.pk)
    lead = plan.created_by
    Plan.objects.filter(pk=plan.pk).update(sealed=False, reveal_on=None, beacon="none", beacon_spec="")
    plan = Plan.objects.get(pk=plan.pk)
    plan.items.set(InspectionItem.objects.in_force(dt.date(2024, 6, 3)).filter(department__plans__plan=plan))
    plan.industries.set(Industry.objects.all())
    plan.items.order_by("pk")[0].industries.add(*Industry.objects.all())  # somebody checks in each of them
    rates = {grade: p.RATES.get(grade, p.RATES["A"]) for grade in grades_of(plan.scheme)}
    sampling.update_plan(actor=lead, plan=plan, rates=rates)
    p.freeze(plan)
    draw = p.draw(Plan.objects.get(pk=plan.pk), key="downstream-of-repair-1")
    p.at(p.DRAWN_AT + dt.timedelta(hours=1))
    inspecting.dispatch_draw(actor=lead, draw=draw)
    records = list(plan.records.all())
    assert len(records) == draw.selections.filter(kind="MAIN").count() > 0
    paper = records_html(sheets_of(records, blank=True))
    assert [one.number for one in records if one.number not in paper] == []
    for section in records[0].sections.exclude(state="NO_ITEMS"):
        assert missing(notice_html(section), records[0].selection.enterprise.name) == []


def trail_of(obj: models.Model) -> AuditEvent:
    found = AuditEvent.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk))
    return found.order_by("-pk")[0]


def in_words(obj: models.Model, name: str) -> list[str]:
    """What the trail has to say of a link: the names of what is linked."""
    value = getattr(obj, name)
    return sorted(str(one) for one in value.all())


def test_every_screen_that_adds_or_changes_is_in_the_lists_of_this_file(client: Client) -> None:
    adding, changing = set(), set()
    for model, screen in SCREENS.items():
        request = client.get(url(model, "changelist")).wsgi_request
        if screen.has_add_permission(request):
            adding.add(model)
        if screen.has_change_permission(request):
            changing.add(model)
    assert adding == set(ADDED)
    assert changing == set(CHANGED)


@pytest.mark.parametrize("model", ADDED, ids=lambda model: model.__name__)
def test_a_person_adds_with_every_field_filled_then_changes_every_field_and_the_county_goes_on(
    client: Client, world: Plan, model: type[models.Model]
) -> None:
    before = set(model._default_manager.values_list("pk", flat=True))
    data = fill(client, model, url(model, "add"), 0)
    response = client.post(url(model, "add"), data)
    assert errors_of(response) == {}
    (made,) = model._default_manager.exclude(pk__in=before)
    event = trail_of(made)
    assert event.before == {}
    assert event.action == ("开设账号" if model is User else "数据补录")
    if model is not User:
        assert event.reason == REASON
        assert set(event.after) == set(fields_of_screen(client, made, adding=True))
        _check_words(event, made)
    _many_are_set(made)

    data = fill(client, model, url(model, "change", made.pk), 1)
    response = client.post(url(model, "change", made.pk), data)
    assert errors_of(response) == {}
    assert model._default_manager.exclude(pk__in=before).count() == 1
    made = model._default_manager.get(pk=made.pk)
    event = trail_of(made)
    assert event.reason == REASON
    assert set(event.before) == set(event.after) != set()
    if model is not User:
        _check_words(event, made)
        unchanged = {name for name in event.after if event.before[name] == event.after[name]}
        assert unchanged == set()
    downstream(world)


def fields_of_screen(client: Client, obj: models.Model, *, adding: bool = False) -> list[str]:
    screen = SCREENS[type(obj)]
    request = client.get(url(type(obj), "changelist")).wsgi_request
    form = screen.get_form(request, None if adding else obj)
    return fields_in(form())


def _many_are_set(obj: models.Model) -> None:
    for field in obj._meta.many_to_many:
        if field.name not in {"groups", "user_permissions"}:
            assert getattr(obj, field.name).count() > 0, field.name


def _check_words(event: AuditEvent, obj: models.Model) -> None:
    """Names, not ids and not reprs: in what is kept, and in what the page of the trail shows."""
    shown = {label: after for label, _, after in changes_of(event)}
    for field in obj._meta.many_to_many:
        if field.name in event.after:
            assert shown[field.verbose_name] == "、".join(
                text for _, text in sorted((f"{one.pk} {one}", str(one)) for one in getattr(obj, field.name).all())
            )
    for field in obj._meta.concrete_fields:
        if field.name in event.after and field.is_relation:
            assert shown[field.verbose_name] == str(getattr(obj, field.name))
        elif field.name in event.after and isinstance(field, models.JSONField):
            assert not any(code in shown[field.verbose_name] for code in ("ON_SITE", "COMPANY", "[", "'"))
    everything = f"{event.before}{event.after}{shown}"
    assert [mark for mark in ("QuerySet", "object at", "<", "Manager") if mark in everything] == []


def test_what_services_made_is_changed_with_every_field_filled(client: Client) -> None:
    desk = make_desk(1)
    desk.dispatch()
    section = desk.records[0].sections.first()
    rows = [
        FollowUp.objects.create(section=section, measure=Measure.ORDER_CORRECT, text="限期改正"),
        Approval.objects.create(section=section, approver="局长", day=dt.date(2024, 6, 3), recorded_by=desk.wl,
                                recorded_at=f.NOW),
    ]  # fmt: skip
    for row in rows:
        page = url(type(row), "change", row.pk)
        assert errors_of(client.post(page, fill(client, type(row), page, 1))) == {}
        event = trail_of(row)
        assert set(event.before) == set(event.after) == set(fields_of_screen(client, row))


def test_a_draft_plan_is_changed_with_every_field_filled_and_then_frozen(client: Client, world: Plan) -> None:
    page = url(Plan, "change", world.pk)
    p.at(p.FROZEN_AT - dt.timedelta(days=1))
    assert errors_of(client.post(page, fill(client, Plan, page, 1))) == {}
    event = trail_of(world)
    assert event.stream == f"plan:{world.pk}"
    assert event.after["task_name"] != event.before["task_name"]
    downstream(world)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("beacon_spec", "任意", "没有选择公共信标，请清空信标期次。"),
        ("teams", "501", "检查队数应在 1 到 500 之间。"),
        ("not_before_hours", "0", "正式任务冻结后至少 24 小时才能抽取，供各方核对名单；想马上试抽的，请建演练任务。"),
    ],
)
def test_a_draft_is_held_to_what_the_wizard_asks(
    client: Client, world: Plan, field: str, value: str, said: str
) -> None:
    page = url(Plan, "change", world.pk)
    found = controls(client.get(page).content.decode(), "plan_form")
    found["repair_reason"].values = [REASON]
    found[field].values = [value]
    response = client.post(page, sent(found))
    assert response.status_code == 200
    assert [said] == response.context["adminform"].form.non_field_errors()


# ------------------------------------------------------------------------------------------------ codes and poison


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "这个字段是必填项。"),
        ("91130827", "只有8位，应为18位。"),
        (f.uscc(1)[:17] + "@", "第18位是“@”，代码里只有数字和大写字母。"),
        ("①" * 18, "第1位是“1”"),
    ],
)
def test_an_enterprise_without_a_sound_code_is_not_taken(client: Client, world: Plan, typed: str, said: str) -> None:
    data = fill(client, Enterprise, url(Enterprise, "add"), 0) | {"uscc": typed}
    count = Enterprise.objects.count()
    response = client.post(url(Enterprise, "add"), data)
    errors = errors_of(response)
    assert set(errors) == {"uscc"}
    if not typed.startswith("①"):
        assert errors["uscc"] == [said]
    assert Enterprise.objects.count() == count


def test_a_mistyped_code_is_mended_until_the_enterprise_is_drawn(client: Client, world: Plan) -> None:
    one = Enterprise.objects.order_by("pk")[0]
    page = url(Enterprise, "change", one.pk)
    found = controls(client.get(page).content.decode(), "enterprise_form")
    found["uscc"].values, found["repair_reason"].values = [f.uscc(990001)], [REASON]
    assert errors_of(client.post(page, sent(found))) == {}
    one.refresh_from_db()
    assert one.uscc == f.uscc(990001)
    downstream(world)
    drawn = Enterprise.objects.filter(selections__isnull=False).distinct()[0]
    page = client.get(url(Enterprise, "change", drawn.pk)).content.decode()
    assert "uscc" not in controls(page, "enterprise_form")


def test_no_form_of_the_product_asks_anybody_to_write_json(client: Client) -> None:
    request = client.get(reverse("admin:index")).wsgi_request
    found = []
    for model, screen in SCREENS.items():
        found += [
            f"{model.__name__}.{name}"
            for name, field in screen.get_form(request, None)().fields.items()
            if isinstance(field, forms.JSONField)
        ]
    assert found == []


def test_what_a_new_row_needs_can_be_filled_in(client: Client) -> None:
    """A field that is read-only on adding stays empty for good (the code of an enterprise once did)."""
    request = client.get(reverse("admin:index")).wsgi_request
    missing = []
    for model in ADDED:
        screen = SCREENS[model]
        asked = set(screen.get_form(request, None)().fields)
        derived = set(screen.derive(model(name="甲"))) if model is Enterprise else set()
        for field in model._meta.concrete_fields:
            needed = not (field.null or field.blank or field.has_default() or field.auto_created)
            if needed and field.name not in asked | derived and not (model is User and field.name == "password"):
                missing.append(f"{model.__name__}.{field.name}")
    assert missing == []


def test_rows_shown_beside_another_cannot_be_changed_past_the_trail(client: Client, world: Plan) -> None:
    one = Enterprise.objects.order_by("pk")[0]
    licence = Licence.objects.create(enterprise=one, name="网络文化经营许可证", number="1")
    page = url(Enterprise, "change", one.pk)
    html = client.get(page).content.decode()
    assert missing(html, "网络文化经营许可证") == []
    found = controls(html, "enterprise_form")
    assert [name for name in found if name in {"licences-0-name", "licences-0-number", "licences-0-valid_until"}] == []
    found["repair_reason"].values = [REASON]
    client.post(page, sent(found) | {
        "licences-TOTAL_FORMS": "1", "licences-INITIAL_FORMS": "1", "licences-0-id": licence.pk,
        "licences-0-enterprise": one.pk, "licences-0-number": "改过", "licences-0-name": "改过",
    })  # fmt: skip
    licence.refresh_from_db()
    assert licence.number == "1"


def test_a_change_writes_only_what_was_changed(client: Client, world: Plan) -> None:
    """The form is opened, somebody else changes another field, the form is sent: the other's change stays."""
    one = Inspector.objects.order_by("pk")[0]
    page = url(Inspector, "change", one.pk)
    found = controls(client.get(page).content.decode(), "inspector_form")
    found["position"].values, found["repair_reason"].values = ["科长"], [REASON]
    assert errors_of(client.post(page, sent(found))) == {}
    event = trail_of(one)
    assert (event.before, event.after) == ({"position": ""}, {"position": "科长"})


def test_saving_without_a_change_writes_no_event(client: Client, world: Plan) -> None:
    one = Industry.objects.order_by("pk")[0]
    page = url(Industry, "change", one.pk)
    found = controls(client.get(page).content.decode(), "industry_form")
    found["repair_reason"].values = [REASON]
    client.post(page, sent(found))
    assert AuditEvent.objects.filter(object_type="registry.industry").count() == 0


def test_an_industry_keeps_its_code_and_a_word_means_one_industry(client: Client, world: Plan) -> None:
    cafe = Industry.objects.get(code="INTERNET_CAFE")
    Industry.objects.create(code="KTV", name="歌舞娱乐场所", aliases=["KTV"])
    page = url(Industry, "change", cafe.pk)
    found = controls(client.get(page).content.decode(), "industry_form")
    assert "code" not in found
    found["aliases"].values, found["repair_reason"].values = ["网吧\nKTV\n网吧\n"], [REASON]
    errors = errors_of(client.post(page, sent(found)))
    assert errors == {"aliases": ["“KTV”已经表示“歌舞娱乐场所”，一种写法只能表示一个行业。"]}
    found["aliases"].values = ["网吧\n网络会所\n网吧\n"]
    assert errors_of(client.post(page, sent(found))) == {}
    cafe.refresh_from_db()
    assert cafe.aliases == ["网吧", "网络会所"]


# ------------------------------------------------------------------------------------------------------- deleting


def test_what_nothing_refers_to_is_deleted_with_a_reason_and_stays_in_the_trail(client: Client, world: Plan) -> None:
    item = InspectionItem.objects.order_by("pk")[0]
    basis = LegalBasis.objects.create(item=item, law="错录的条例", effective_from=dt.date(2024, 1, 1))
    page = url(LegalBasis, "delete", basis.pk)
    assert missing(controls(client.get(page).content.decode(), "delete_form"), "repair_reason") == []
    client.post(page, {"post": "yes"})
    assert LegalBasis.objects.filter(pk=basis.pk).exists()
    client.post(page, {"post": "yes", "repair_reason": REASON})
    assert not LegalBasis.objects.filter(pk=basis.pk).exists()
    event = AuditEvent.objects.get(action="数据删除")
    assert (event.before["law"], event.before["item"], event.after, event.reason) == (
        "错录的条例", f"{item.pk} {item}", {}, REASON,
    )  # fmt: skip


def test_what_is_in_use_is_not_deleted(client: Client, world: Plan) -> None:
    one = Enterprise.objects.order_by("pk")[0]
    page = url(Enterprise, "delete", one.pk)
    assert missing(client.get(page).content.decode(), "信用风险评级") == []
    client.post(page, {"post": "yes", "repair_reason": REASON})
    assert Enterprise.objects.filter(pk=one.pk).exists()


@pytest.mark.parametrize("model", [Department, User, Plan, Recusal, FollowUp, Approval], ids=lambda m: m.__name__)
def test_what_others_remember_is_never_deleted(client: Client, world: Plan, model: type[models.Model]) -> None:
    request = client.get(reverse("admin:index")).wsgi_request
    assert SCREENS[model].has_delete_permission(request) is False


# --------------------------------------------------------------------------------------------------- how it looks


def test_titles_say_it_in_chinese_order(client: Client, world: Plan) -> None:
    pages = {
        url(Enterprise, "changelist"): "企业",
        url(Enterprise, "add"): "新增企业",
        url(Enterprise, "change", Enterprise.objects.order_by("pk")[0].pk): "修改企业",
        url(User, "add"): "新增用户",
    }
    assert {page: client.get(page).context["title"] for page in pages} == pages
    for page in pages:
        words = client.get(page).content.decode()
        assert [bad for bad in ("选择 ", "来修改", "增加 ", "欢迎， ", "查看站点") if bad in words] == []
        assert missing(words, f'href="{reverse("home")}"') == []


def test_the_index_groups_what_belongs_together_and_leaves_out_what_nobody_mends(client: Client) -> None:
    groups = client.get(reverse("admin:index")).context["app_list"]
    named = {group["name"]: [model["name"] for model in group["models"]] for group in groups}
    assert list(named) == ["部门和账号", "企业", "检查人员", "抽查事项", "任务和检查", "只供查看"]
    assert named["部门和账号"] == ["部门", "用户"]
    assert named["企业"] == ["企业", "许可证", "行业", "信用风险分级办法", "信用风险等级"]
    listed = {name for names in named.values() for name in names}
    assert listed & {"操作键", "保密随机数", "记录链首", "后台任务"} == set()
    editable = {str(model._meta.verbose_name_plural) for model in CHANGED}
    looking = set(named["只供查看"])
    assert editable & looking == set()
    assert editable <= listed
