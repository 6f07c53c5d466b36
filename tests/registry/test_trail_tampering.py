"""Every way of bending the operation trail, tried as the owner of the tables, and the exact sentence for each.

The triggers are out of the way here: what is tried is the chain (trust.md T). A stream rewritten together with its head
is not among them; only a head noted elsewhere shows that one.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from registry import audit
from registry.enums import Role
from registry.models import AuditEvent, AuditHead
from registry.services import set_roles
from tests.engine import as_owner
from tests.factories import make_user

pytestmark = pytest.mark.django_db

EVENTS = 4
TABLE = "registry_auditevent"


@pytest.fixture
def trail() -> list[AuditEvent]:
    """The stream of the accounts with four events, whole; every field of every event holds something."""
    admin, user = make_user(Role.SYSADMIN, name="管理员乙"), make_user(Role.LEAD)
    for number in range(EVENTS):
        names = {"name": f"改名{number}", "reason": f"理由{number}"}
        set_roles(actor=admin, user=user, roles=[Role.LEAD], department=user.department, **names)
    with as_owner("registry_") as cursor:  # as a request leaves it
        cursor.execute(f"UPDATE {TABLE} SET request_id = 'F57F89DE' WHERE stream = 'accounts'")
    _chain_anew(head=True)
    assert audit.verify_all() == []
    return _events()


def _events() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(stream="accounts").order_by("seq"))


def _execute(*statements: tuple[str, list[Any]]) -> None:
    with as_owner("registry_") as cursor:
        for sql, values in statements:
            cursor.execute(sql.replace("{T}", TABLE), values)


def _set(seq: int, **values: Any) -> None:
    """Overwrite columns of one event, as the owner of the database can."""
    columns = ", ".join(f"{name} = %s" for name in values)
    _execute((f"UPDATE {{T}} SET {columns} WHERE stream = 'accounts' AND seq = %s", [*values.values(), seq]))


def _chain_anew(*, head: bool) -> None:
    """Recompute every link, as somebody who knows the recipe would; with ``head`` the end of the stream too."""
    prev = audit.ZERO
    for event in _events():
        value = audit.link(prev, event)
        _set(event.seq, prev_hash=prev, hash=value)
        prev = value
    if head:
        AuditHead.objects.filter(pk="accounts").update(seq=event.seq, head=prev)


def _said() -> str:
    """The one sentence about the stream, which the command prints too, and fails by."""
    [fault] = audit.verify_all()
    printed = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", stdout=printed)
    assert ended.value.code == 1
    lines = [line for line in printed.getvalue().splitlines() if line.startswith("记录流 ")]
    assert lines == [str(fault)]
    return str(fault)


CHANGED = "记录流 accounts 第 2 条：内容被改动过（修改账号，改名1）"
OTHERS: dict[str, Callable[[AuditEvent], Any]] = {
    "at": lambda event: event.at.replace(microsecond=(event.at.microsecond + 1) % 1_000_000),
    "actor_id": lambda event: event.before["id"] if "id" in event.before else make_user(Role.SYSADMIN).pk,
    "actor_name": lambda event: event.actor_name + "X",
    "object_type": lambda event: "registry.inspector",
    "object_id": lambda event: event.object_id + "1",
    "before": lambda event: json.dumps(event.before | {"name": "别的"}),
    "after": lambda event: json.dumps(event.after | {"name": "别的"}),
    "reason": lambda event: "",
    "request_id": lambda event: "00000000",
    "hash": lambda event: "f" * 64,
}


@pytest.mark.parametrize("field", OTHERS)
def test_an_edited_field_is_found(trail: list[AuditEvent], field: str) -> None:
    _set(2, **{field: OTHERS[field](trail[1])})
    assert _said() == CHANGED


def test_what_the_sentence_names_is_what_stands_there_now(trail: list[AuditEvent]) -> None:
    _set(2, action="登记检查", object_text="别人")
    assert _said() == "记录流 accounts 第 2 条：内容被改动过（登记检查，别人）"


def test_every_field_of_an_event_is_tried() -> None:
    """A field added to the model is added here, or this fails: the chain must cover it."""
    named = {*OTHERS, "action", "object_text"}
    positions = {"id", "stream", "seq", "prev_hash"}  # the tests below
    assert named | positions == {field.attname for field in AuditEvent._meta.concrete_fields}


def test_a_link_that_leads_elsewhere(trail: list[AuditEvent]) -> None:
    _set(3, prev_hash="0" * 64)
    assert _said() == "记录流 accounts 第 3 条：与前一条接不上"


@pytest.mark.parametrize(("seq", "next_one"), [(1, 2), (2, 3), (3, 4)])
def test_a_deleted_event(trail: list[AuditEvent], seq: int, next_one: int) -> None:
    _execute(("DELETE FROM {T} WHERE stream = 'accounts' AND seq = %s", [seq]))
    assert _said() == f"记录流 accounts 第 {seq} 条：缺少这一条（下一条是第 {next_one} 条）"


def test_a_deleted_event_with_the_numbers_closed_up(trail: list[AuditEvent]) -> None:
    down = "UPDATE {T} SET seq = seq - 1 WHERE stream = 'accounts' AND seq = %s"
    _execute(("DELETE FROM {T} WHERE stream = 'accounts' AND seq = 2", []), (down, [3]), (down, [4]))
    assert _said() == "记录流 accounts 第 2 条：与前一条接不上"


def test_two_events_swapped(trail: list[AuditEvent]) -> None:
    move = "UPDATE {T} SET seq = %s WHERE stream = 'accounts' AND seq = %s"
    _execute((move, [99, 2]), (move, [2, 3]), (move, [3, 99]))
    assert _said() == "记录流 accounts 第 2 条：与前一条接不上"


def test_the_contents_of_two_events_swapped_and_their_links_left(trail: list[AuditEvent]) -> None:
    _set(2, after=json.dumps(trail[2].after), reason=trail[2].reason)
    _set(3, after=json.dumps(trail[1].after), reason=trail[1].reason)
    assert _said() == CHANGED


def test_an_event_moved_into_another_stream(trail: list[AuditEvent]) -> None:
    _execute(("UPDATE {T} SET stream = 'publication' WHERE stream = 'accounts' AND seq = 4", []))
    assert [str(fault) for fault in audit.verify_all()] == [
        "记录流 accounts 第 3 条：链首与最后一条不符，末尾可能被删去",
        "记录流 publication 第 1 条：缺少这一条（下一条是第 4 条）",
    ]


def test_an_event_slipped_in_between(trail: list[AuditEvent]) -> None:
    up = "UPDATE {T} SET seq = seq + 1 WHERE stream = 'accounts' AND seq = %s"
    _execute((up, [4]), (up, [3]))
    forged = trail[1]
    forged.pk, forged.seq, forged.reason, forged.prev_hash = None, 3, "伪造", trail[1].hash
    forged.hash = audit.link(forged.prev_hash, forged)
    forged.save(force_insert=True)
    assert _said() == "记录流 accounts 第 4 条：与前一条接不上"


def test_an_event_put_at_the_end_without_its_head(trail: list[AuditEvent]) -> None:
    forged = trail[-1]
    forged.pk, forged.seq, forged.prev_hash = None, EVENTS + 1, trail[-1].hash
    forged.hash = audit.link(forged.prev_hash, forged)
    forged.save(force_insert=True)  # needs no trigger out of the way
    assert _said() == "记录流 accounts 第 5 条：链首与最后一条不符，末尾可能被删去"


@pytest.mark.parametrize("left", [3, 1, 0])
def test_the_end_cut_off(trail: list[AuditEvent], left: int) -> None:
    _execute(("DELETE FROM {T} WHERE stream = 'accounts' AND seq > %s", [left]))
    assert _said() == f"记录流 accounts 第 {left} 条：链首与最后一条不符，末尾可能被删去"


def test_a_lost_head(trail: list[AuditEvent]) -> None:
    AuditHead.objects.filter(pk="accounts").delete()
    assert _said() == "记录流 accounts 第 4 条：链首与最后一条不符，末尾可能被删去"


def test_a_chain_recomputed_without_its_head(trail: list[AuditEvent]) -> None:
    _set(2, reason="改过的理由")
    _chain_anew(head=False)
    assert _said() == "记录流 accounts 第 4 条：链首与最后一条不符，末尾可能被删去"
