"""替换申请: asked with evidence by a department, decided by the lead bureau, processed as a set."""

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from registry import audit
from registry.enums import Role
from registry.errors import DomainError
from sampling import bundle, services
from sampling.enums import Decision, PickKind
from sampling.models import Draw, DrawEvent, EventRequest, LogEntry, Roster
from tests import factories as f
from tests.sampling import plans as p

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


def refused(call: Any) -> str:
    with pytest.raises(DomainError) as caught:
        call()
    return caught.value.message


def paper(content: bytes = b"%PDF-1.4 evidence") -> SimpleUploadedFile:
    return SimpleUploadedFile("查询结果.pdf", content, "application/pdf")


def ask(draw: Draw, code: str = "", **subject: Any) -> EventRequest:
    """A request by an administrator of the GA department."""
    member = subject.get("member")
    department = member.department if member else f.make_department("GA")
    subject.setdefault("evidence", None if member else paper())
    return services.request_event(
        actor=f.make_user(Role.DEPT_ADMIN, department=department),
        draw=draw,
        code=code or ("sick" if member else "deregistered"),
        reason="登记机关系统可查",
        **subject,
    )


def test_what_was_approved_together_is_one_batch_in_byte_order(tmp_path: Path) -> None:
    draw = p.sealed_draw()
    lead = draw.plan.created_by
    firms = list(draw.selections.filter(kind=PickKind.MAIN, stratum="A").select_related("enterprise").order_by("-rank"))
    requests = [ask(draw, selection=firm) for firm in firms]
    requests.append(ask(draw, member=draw.members.get(kind=PickKind.MAIN, team=1, seat=1)))
    events = services.run_batch(actor=lead, draw=draw, requests=requests, note="同意")
    assert [event.request.pk for event in events] == [one.pk for one in requests]
    assert {event.batch for event in events} == {1}
    lines = services.bundle_files(draw.roster)["events-001"].decode().splitlines()[1:]
    assert [line.split("\t")[0] for line in lines] == ["E-OUT", "E-OUT", "I-OUT"]
    by_code = sorted(firms, key=lambda one: one.enterprise.uscc)
    called = [DrawEvent.objects.get(selection=one).substitute.rank for one in by_code]
    assert called == [3, 4]  # in byte order of those who left, whatever the order of the requests
    assert {event.evidence_sha256 for event in events[:2]} == {bundle.sha256_hex(b"%PDF-1.4 evidence")}
    assert all(event.second == one.requested_by for event, one in zip(events, requests, strict=True))
    decided = EventRequest.objects.values_list("decision", "decided_by", "decision_reason").distinct().get()
    assert decided == (Decision.APPROVED, lead.pk, "同意")
    p.at(draw.roster.reveal_by)
    services.reveal_due()
    assert bundle.verify_folder(p.export(Roster.objects.get(pk=draw.roster_id), tmp_path / "x")).batches == 1
    assert audit.verify_all() == []


def test_who_may_ask_for_whom_and_with_what() -> None:
    draw = p.drawn()
    firm = draw.selections.filter(kind=PickKind.MAIN)[0]
    member = draw.members.get(kind=PickKind.MAIN, team=1, seat=1)
    stranger = f.make_user(Role.DEPT_ADMIN, department=f.make_department("XF"))
    other = f.make_user(Role.DEPT_ADMIN, department=f.make_department("GA" if member.department.code == "WL" else "WL"))

    def by(actor: Any, code: str, **subject: Any) -> str:
        return refused(lambda: services.request_event(actor=actor, draw=draw, code=code, reason="可查", **subject))

    assert "部门管理员" in by(stranger, "deregistered", selection=firm, evidence=paper())
    assert "部门管理员" in by(f.make_user(Role.INSPECTOR), "deregistered", selection=firm, evidence=paper())
    assert "请由该部门申请" in by(other, "sick", member=member)
    assert "证明材料" in by(other, "deregistered", selection=firm)
    assert "不是 pdf 格式" in by(other, "deregistered", selection=firm, evidence=paper(b"MZ"))
    assert "理由只能是" in by(other, "inconvenient", selection=firm, evidence=paper())
    assert "一家企业或一名" in by(other, "sick")
    asked = ask(draw, selection=firm)
    assert "已经有一份替换申请" in by(other, "deregistered", selection=firm, evidence=paper())
    with pytest.raises(IntegrityError), transaction.atomic():
        EventRequest.objects.create(
            draw=draw, kind="E-OUT", selection=firm, code="duplicate", reason="x", department=asked.department,
            requested_by=asked.requested_by, requested_at=asked.requested_at,
        )  # fmt: skip


def test_nobody_decides_the_own_request_and_nothing_is_decided_twice() -> None:
    draw = p.drawn()
    lead, firm = draw.plan.created_by, draw.selections.filter(kind=PickKind.MAIN)[0]
    own = services.request_event(
        actor=lead, draw=draw, code="moved-out", reason="已迁出", selection=firm, evidence=paper()
    )
    assert "另一个牵头账号" in refused(lambda: services.run_batch(actor=lead, draw=draw, requests=[own]))
    admin = f.make_user(Role.DEPT_ADMIN, department=f.make_department("GA"))
    refused(lambda: services.run_batch(actor=admin, draw=draw, requests=[own]))
    refused(lambda: services.run_batch(actor=lead, draw=draw, requests=[]))
    services.run_batch(actor=p.colleague(draw.plan), draw=draw, requests=[own])
    assert "已同意" in refused(lambda: services.run_batch(actor=lead, draw=draw, requests=[own]))
    assert LogEntry.objects.filter(kind__startswith="EVENTS").count() == 1


def test_a_refusal_and_a_withdrawal_leave_the_draw_alone() -> None:
    draw = p.drawn()
    lead = draw.plan.created_by
    firms = list(draw.selections.filter(kind=PickKind.MAIN))
    one, two = ask(draw, selection=firms[0]), ask(draw, selection=firms[1])
    refused(lambda: services.refuse_event(actor=lead, request=one, reason=" "))
    assert services.refuse_event(actor=lead, request=one, reason="没有注销").decision == Decision.REFUSED
    refused(lambda: services.withdraw_event(actor=f.make_user(Role.DEPT_ADMIN), request=two))
    assert services.withdraw_event(actor=two.requested_by, request=two).decision == Decision.WITHDRAWN
    assert (DrawEvent.objects.count(), LogEntry.objects.count()) == (0, 5)
    ask(draw, selection=firms[0])


def test_a_batch_that_cannot_be_filled_changes_nothing() -> None:
    draw = p.drawn(people=4)
    member = draw.members.get(kind=PickKind.MAIN, team=1, seat=1)
    firm = draw.selections.filter(kind=PickKind.MAIN)[0]
    requests = [ask(draw, selection=firm), ask(draw, member=member)]
    words = refused(lambda: services.run_batch(actor=draw.plan.created_by, draw=draw, requests=requests))
    assert "没有可以接替" in words
    assert EventRequest.objects.filter(decision=Decision.PENDING).count() == 2
    assert DrawEvent.objects.count() == 0
