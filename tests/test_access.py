"""Who may open which page: an independent table, held against the views in both directions and tried with requests.

A new URL needs a line here (the failing test prints it). The table is written by hand on purpose: two people who
agree are worth more than one who copies.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.exceptions import NoReverseMatch

from kuancheng_inspect.checks import OWN, walk
from registry.enums import Role
from tests.factories import make_user

LEAD, DEPT_ADMIN, INSPECTOR = Role.LEAD, Role.DEPT_ADMIN, Role.INSPECTOR
AUDITOR, SYSADMIN, PUBLIC = Role.AUDITOR, Role.SYSADMIN, Role.PUBLIC
STAFF = frozenset({LEAD, DEPT_ADMIN, INSPECTOR, AUDITOR, SYSADMIN})
GET, POST = ("GET",), ("POST",)
BOTH = ("GET", "POST")


class Rule(NamedTuple):
    """Roles that may open a page, its methods, and who may send changes (None: the same roles, the auditor never)."""

    roles: frozenset[Role]
    methods: tuple[str, ...]
    writers: frozenset[Role] | None = None


def only(*roles: Role, methods: tuple[str, ...] = GET, writers: tuple[Role, ...] | None = None) -> Rule:
    return Rule(frozenset(roles), methods, None if writers is None else frozenset(writers))


TABLE: dict[str, Rule] = {
    # ------------------------------------------------------------------------------------------------- the project
    "home": only(*STAFF),
    "healthz": only(PUBLIC),
    "readyz": only(PUBLIC),
    # -------------------------------------------------------------------------------------------------- registry
    "registry:registry_home": only(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN),
    "registry:county": only(SYSADMIN, methods=BOTH),
    "registry:department_new": only(SYSADMIN, methods=BOTH),
    "registry:department": only(SYSADMIN, methods=BOTH),
    "registry:enterprise_list": only(LEAD, DEPT_ADMIN, AUDITOR),
    "registry:enterprise": only(LEAD, DEPT_ADMIN, AUDITOR),
    "registry:import": only(LEAD, methods=BOTH),
    "registry:import_template": only(LEAD),
    "registry:import_preview": only(LEAD, AUDITOR, methods=BOTH, writers=(LEAD,)),
    "registry:import_errors": only(LEAD),
    "registry:import_done": only(LEAD, AUDITOR),
    "registry:inspector_list": only(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN),
    "registry:inspector": only(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN, methods=BOTH, writers=(DEPT_ADMIN, SYSADMIN)),
    "registry:account_list": only(SYSADMIN),
    "registry:account_new": only(SYSADMIN, methods=BOTH),
    "registry:account_inspectors": only(SYSADMIN, methods=BOTH),
    "registry:account_reset": only(SYSADMIN, methods=BOTH),
    "registry:recusal_list": only(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN),
    "registry:recusal_new": only(DEPT_ADMIN, SYSADMIN, methods=BOTH),
    "registry:recusal_decide": only(DEPT_ADMIN, SYSADMIN, methods=POST),
    "registry:item_list": only(LEAD, DEPT_ADMIN, AUDITOR),
    "registry:item": only(LEAD, DEPT_ADMIN, AUDITOR),
    "registry:calendar": only(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN),
    "registry:calendar_import": only(LEAD, SYSADMIN, methods=BOTH),
    "registry:calendar_day": only(LEAD, SYSADMIN, methods=BOTH),
    "registry:audit_log": only(AUDITOR, SYSADMIN),
    "registry:audit_verify": only(AUDITOR, SYSADMIN),
    "registry:audit_object": only(AUDITOR, SYSADMIN),
    # -------------------------------------------------------------------------------------------------- sampling
    "sampling:plan_list": only(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN),
    "sampling:plan_new": only(LEAD, methods=BOTH),
    "sampling:preset_new": only(LEAD, methods=BOTH),
    "sampling:plan_detail": only(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN),
    "sampling:plan_edit": only(LEAD, methods=BOTH),
    "sampling:plan_items": only(LEAD, methods=BOTH),
    "sampling:plan_scope": only(LEAD, methods=BOTH),
    "sampling:plan_scope_count": only(LEAD),
    "sampling:plan_people": only(LEAD, methods=BOTH),
    "sampling:plan_people_count": only(LEAD),
    "sampling:plan_check": only(LEAD),
    "sampling:plan_copy": only(LEAD, methods=BOTH),
    "sampling:plan_freeze": only(LEAD, methods=BOTH),
    "sampling:plan_preview": only(LEAD),
    "sampling:plan_roster": only(LEAD, AUDITOR),
    "sampling:plan_frozen": only(LEAD, AUDITOR),
    "sampling:freeze_sheet": only(LEAD, AUDITOR),
    "sampling:sealed_copy": only(LEAD, methods=POST),
    "sampling:draw_record": only(LEAD, AUDITOR),
    "sampling:plan_draw": only(LEAD, methods=BOTH),
    "sampling:plan_draw_confirm": only(LEAD, methods=POST),
    "sampling:plan_draw_withdraw": only(LEAD, methods=POST),
    "sampling:plan_show": only(LEAD),
    "sampling:plan_result": only(LEAD, AUDITOR),
    "sampling:plan_reveal": only(LEAD, methods=POST),
    "sampling:plan_void": only(LEAD, methods=BOTH),
    "sampling:plan_void_confirm": only(LEAD, methods=POST),
    "sampling:plan_void_withdraw": only(LEAD, methods=POST),
    "sampling:plan_cancel": only(LEAD, methods=BOTH),
    "sampling:plan_bundle": only(LEAD, AUDITOR),
    "sampling:plan_file": only(LEAD, AUDITOR),
    "sampling:plan_excluded": only(LEAD, AUDITOR),
    "sampling:plan_attach": only(LEAD, DEPT_ADMIN, methods=POST),
    "sampling:plan_attachment": only(*STAFF),
    "sampling:plan_detach": only(LEAD, DEPT_ADMIN, methods=POST),
    # ------------------------------------------------------------------------------------------------ inspections
    "inspections:plan_dispatch": only(LEAD, AUDITOR, methods=BOTH),
    "inspections:task_inbox": only(DEPT_ADMIN),
    "inspections:task_confirm": only(DEPT_ADMIN, methods=POST),
    "inspections:task_return": only(DEPT_ADMIN, methods=BOTH),
    "inspections:return_list": only(LEAD, AUDITOR),
    "inspections:return_decide": only(LEAD, AUDITOR, methods=BOTH),
    "inspections:progress": only(LEAD, AUDITOR),
    "inspections:handover": only(LEAD, methods=BOTH),
    "inspections:plan_progress": only(LEAD, AUDITOR),
    "inspections:plan_burndown": only(LEAD, AUDITOR),
    "inspections:plan_remind": only(LEAD, methods=POST),
    "inspections:plan_proceed": only(LEAD, AUDITOR, methods=BOTH),
    "inspections:approval": only(DEPT_ADMIN, methods=BOTH),
    "inspections:task_list": only(LEAD, DEPT_ADMIN, AUDITOR),
    "inspections:task_detail": only(LEAD, DEPT_ADMIN, INSPECTOR, AUDITOR),
    "inspections:task_assign": only(LEAD, DEPT_ADMIN, methods=BOTH),
    "inspections:task_scan": only(DEPT_ADMIN, INSPECTOR, methods=BOTH),
    "inspections:event_list": only(LEAD, AUDITOR, methods=BOTH),
    "inspections:event_new": only(LEAD, DEPT_ADMIN, methods=BOTH),
    "inspections:event_withdraw": only(LEAD, DEPT_ADMIN, methods=POST),
    "inspections:event_evidence": only(LEAD, DEPT_ADMIN, AUDITOR),
    "inspections:review_next": only(DEPT_ADMIN),
    "inspections:task_review": only(DEPT_ADMIN, methods=BOTH),
    "inspections:review_version": only(DEPT_ADMIN),
    "inspections:upstream": only(DEPT_ADMIN, INSPECTOR, methods=BOTH),
    "inspections:notice_list": only(*STAFF),
    "inspections:notice_settings": only(*STAFF, methods=BOTH),
    "inspections:delivery_retry": only(*STAFF, methods=POST),
    "inspections:notice_read": only(LEAD, DEPT_ADMIN, INSPECTOR, methods=POST),
    "inspections:follow_up_list": only(LEAD, DEPT_ADMIN, INSPECTOR, AUDITOR),
    "inspections:follow_up_close": only(DEPT_ADMIN, INSPECTOR, methods=BOTH),
    "inspections:record_today": only(INSPECTOR),
    "inspections:record_list": only(INSPECTOR),
    "inspections:phone_worker": only(PUBLIC),
    "inspections:phone_shell": only(PUBLIC),
    "inspections:record_queue": only(INSPECTOR),
    "inspections:record_me": only(INSPECTOR, methods=BOTH),
    "inspections:record_record": only(INSPECTOR, methods=BOTH),
    "inspections:record_check": only(INSPECTOR, methods=BOTH),
    "inspections:record_sign": only(INSPECTOR, methods=BOTH),
    "inspections:record_call": only(INSPECTOR, methods=BOTH),
    "inspections:record_submit": only(INSPECTOR, methods=POST),
    "inspections:attend_scan": only(INSPECTOR),
    "inspections:record_attend": only(INSPECTOR, methods=BOTH),
    "inspections:sync_hello": only(PUBLIC),
    "inspections:sync_save": only(INSPECTOR, methods=POST),
    "inspections:sync_photo": only(INSPECTOR, methods=POST),
    "inspections:sync_photo_delete": only(INSPECTOR, methods=POST),
    "inspections:sync_sign": only(INSPECTOR, methods=POST),
    "inspections:sync_submit": only(INSPECTOR, methods=POST),
    "inspections:sync_pull": only(INSPECTOR),
    "inspections:signature_file": only(*STAFF),
    "inspections:record_done": only(INSPECTOR),
    "inspections:record_assistant": only(INSPECTOR, methods=BOTH),
    "inspections:record_evidence": only(INSPECTOR, methods=BOTH),
    "inspections:print_batch": only(*STAFF),
    "inspections:record_print": only(*STAFF),
    "inspections:notice_print": only(*STAFF),
    "inspections:evidence_file": only(*STAFF),
    # ------------------------------------------------------------------------------------------------- publicity
    "publicity:home": only(PUBLIC),
    "publicity:plan_list": only(PUBLIC),
    "publicity:plan_detail": only(PUBLIC),
    "publicity:draw_list": only(PUBLIC),
    "publicity:draw_detail": only(PUBLIC),
    "publicity:draw_verify": only(PUBLIC),
    "publicity:draw_bundle": only(PUBLIC),
    "publicity:draw_file": only(PUBLIC),
    "publicity:verify_script": only(PUBLIC),
    "publicity:verify_offline": only(PUBLIC),
    "publicity:verify_program": only(PUBLIC),
    "publicity:result_list": only(PUBLIC),
    "publicity:result_csv": only(PUBLIC),
    "publicity:result_detail": only(PUBLIC),
    "publicity:enterprise": only(PUBLIC),
    "publicity:visit": only(PUBLIC),
    "publicity:method": only(PUBLIC),
    "publicity:accessibility": only(PUBLIC),
    "publicity:log_page": only(PUBLIC),
    "publicity:log_head": only(PUBLIC),
    "publicity:feedback": only(PUBLIC, methods=BOTH),
    "publicity:feedback_done": only(PUBLIC),
    "publicity:publish_list": only(LEAD, AUDITOR, methods=BOTH),
    "publicity:publish_preview": only(LEAD, AUDITOR),
    "publicity:correct": only(LEAD, AUDITOR, methods=BOTH),
    "publicity:feedback_list": only(LEAD, AUDITOR),
    "publicity:feedback_answer": only(LEAD, AUDITOR, methods=BOTH),
    "publicity:stats_overview": only(LEAD, DEPT_ADMIN, AUDITOR),
    "publicity:stats_chart": only(LEAD, DEPT_ADMIN, AUDITOR),
    "publicity:burndown": only(LEAD, DEPT_ADMIN, AUDITOR),
    "publicity:plan_summary": only(LEAD, AUDITOR, methods=BOTH),
    "publicity:summary_file": only(LEAD, AUDITOR),
    "publicity:export_list": only(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN),
    "publicity:export_new": only(LEAD, DEPT_ADMIN, methods=BOTH),
    "publicity:print_new": only(LEAD, DEPT_ADMIN, methods=POST),
    "publicity:export_rows": only(LEAD, DEPT_ADMIN, SYSADMIN, methods=POST),
    "publicity:export_file": only(LEAD, DEPT_ADMIN, AUDITOR, SYSADMIN),
    "publicity:export_retry": only(LEAD, DEPT_ADMIN, SYSADMIN, methods=POST),
}


def own_views() -> dict[str, tuple[frozenset[Role], tuple[str, ...]]]:
    """Every URL name of ours with the roles and methods its view states (the kit exists with DEBUG only)."""
    found = {}
    for name, _, view in walk(get_resolver()):
        if getattr(view, "__module__", "").split(".")[0] in OWN and name != "kit":
            found[name] = (frozenset(view.access[0]), tuple(view.access[1]))
    return found


def line_for(name: str, roles: frozenset[Role], methods: tuple[str, ...]) -> str:
    """The line that the table lacks, as the view has it: to be thought about, not only pasted."""
    words = ", ".join(role.name for role in Role if role in roles)
    written = {GET: "", POST: ", methods=POST", BOTH: ", methods=BOTH"}.get(methods, f", methods={methods!r}")
    return f'    "{name}": only({words}{written}),'


def test_every_url_has_a_line_and_every_line_a_url() -> None:
    views = own_views()
    missing = [line_for(name, *views[name]) for name in views if name not in TABLE]
    assert not missing, "add to TABLE in tests/test_access.py, if it is what you mean:\n" + "\n".join(missing)
    gone = sorted(set(TABLE) - set(views))
    assert not gone, f"no such URL any more, take out of TABLE: {gone}"


def test_the_table_and_the_views_agree() -> None:
    views = own_views()
    different = {
        name: {"table": sorted(rule.roles), "view": sorted(views[name][0]), "methods": views[name][1]}
        for name, rule in TABLE.items()
        if name in views and (rule.roles, frozenset(rule.methods)) != (views[name][0], frozenset(views[name][1]))
    }
    assert different == {}


def address(name: str) -> str:
    """A page of that name; objects have the number 0, which nobody has."""
    _, route, _ = next(entry for entry in walk(get_resolver()) if entry[0] == name)
    kinds = re.findall(r"<(?:(\w+):)?(\w+)>", route)
    values = {
        parameter: {"int": 0, "uuid": "00000000-0000-0000-0000-000000000000"}.get(kind, "x")
        for kind, parameter in kinds
    }
    try:
        return reverse(name, kwargs=values)
    except NoReverseMatch:
        return reverse(name, kwargs=dict.fromkeys(values, "0" * 40))


def writers_of(rule: Rule) -> frozenset[Role]:
    """Who may send changes."""
    return (rule.roles if rule.writers is None else rule.writers) - {AUDITOR}


def status(client: Client, method: str, url: str) -> int:
    return int(getattr(client, method.lower())(url).status_code)


@pytest.fixture
def people(db: Any, monkeypatch: pytest.MonkeyPatch) -> dict[Role, Client]:
    """A signed-in client per role."""
    clients = {}
    for role in STAFF:
        clients[role] = Client(raise_request_exception=False)
        clients[role].force_login(make_user(role))
    return clients


INTERNAL = sorted(name for name, rule in TABLE.items() if PUBLIC not in rule.roles)


@pytest.mark.django_db
@pytest.mark.parametrize("name", INTERNAL)
def test_strangers_are_sent_to_the_login(name: str) -> None:
    url = address(name)
    for method in TABLE[name].methods:
        answer = getattr(Client(), method.lower())(url)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))
        json = getattr(Client(), method.lower())(url, headers={"accept": "application/json"})
        assert json.status_code == 401


@pytest.mark.parametrize("name", INTERNAL)
def test_each_role_on_each_page(name: str, people: dict[Role, Client]) -> None:
    """Refused means 403; admitted means anything but 403 and 405 (an object that is not there is 404)."""
    rule, url = TABLE[name], address(name)
    for role, client in people.items():
        for method in ("GET", "POST", "PUT", "DELETE"):
            answer = status(client, method, url)
            admitted = rule.roles if method == "GET" else writers_of(rule)
            if method not in rule.methods:
                assert answer == 405, (name, role, method, answer)
            elif role in admitted:
                assert answer not in {403, 405, 500}, (name, role, method, answer)
            else:
                assert answer == 403, (name, role, method, answer)


@pytest.mark.parametrize("name", sorted(name for name, rule in TABLE.items() if "POST" in rule.methods))
def test_a_post_without_its_token_is_refused(name: str, db: Any) -> None:
    rule = TABLE[name]
    client = Client(enforce_csrf_checks=True)
    if PUBLIC not in rule.roles:
        client.force_login(make_user(sorted(writers_of(rule))[0]))
    assert status(client, "POST", address(name)) == 403


@pytest.mark.parametrize("name", INTERNAL)
def test_a_disabled_account_is_a_stranger(name: str, db: Any) -> None:
    role = sorted(TABLE[name].roles)[0]
    user, client = make_user(role), Client()
    client.force_login(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    method = TABLE[name].methods[0]
    assert status(client, method, address(name)) in {302, 403}


def test_a_missing_line_is_printed_ready_to_be_added() -> None:
    line = line_for("registry:new_page", frozenset({LEAD, AUDITOR}), BOTH)
    assert line == '    "registry:new_page": only(LEAD, AUDITOR, methods=BOTH),'
