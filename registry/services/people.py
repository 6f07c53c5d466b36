"""Inspectors and recusals."""

import datetime as dt
from collections.abc import Mapping

from django.db import IntegrityError, transaction

from registry import audit, clock, stale
from registry.enums import InspectorStatus, Role
from registry.errors import DomainError
from registry.models import Enterprise, Inspector, Recusal, User
from registry.services.holding import change_registry


def _may_manage(actor: User, inspector: Inspector) -> None:
    own = Role.DEPT_ADMIN in actor.roles and actor.department_id == inspector.department_id
    if not own and Role.SYSADMIN not in actor.roles:
        raise DomainError(f"{inspector.name}属于{inspector.department}，由该部门管理员维护。")


@transaction.atomic
def set_inspector_status(
    *,
    actor: User,
    inspector: Inspector,
    status: str,
    unavailable_from: dt.date | None = None,
    unavailable_to: dt.date | None = None,
    badge_valid_until: dt.date | None = None,
    seen: Mapping[str, str] | None = None,
) -> Inspector:
    """Change whether an inspector can be drawn (leave, transfer, certificate renewed). Drawn teams stay as they are.

    ``seen``: the marks of what the page showed.
    """
    change_registry()
    inspector = Inspector.objects.select_for_update(of=("self",)).select_related("department").get(pk=inspector.pk)
    _may_manage(actor, inspector)
    if status == InspectorStatus.UNAVAILABLE and unavailable_from is None:
        raise DomainError("休假或借调请写明从哪一天开始。")
    if unavailable_from and unavailable_to and unavailable_to < unavailable_from:
        raise DomainError("“不在岗至”早于“不在岗自”，请核对两个日期。")
    names = ["status", "unavailable_from", "unavailable_to", "badge_valid_until"]
    before = audit.fields_of(inspector, names)
    inspector.status = status
    inspector.unavailable_from, inspector.unavailable_to = unavailable_from, unavailable_to
    inspector.badge_valid_until = badge_valid_until or inspector.badge_valid_until
    after, label = audit.fields_of(inspector, names), stale.labels_of(Inspector)
    author = stale.from_trail(inspector, "registry")
    stale.refuse_overwriting(seen, actor=actor, before=before, after=after, author=author, label=label)
    inspector.save(update_fields=names)
    audit.record(
        stream="registry",
        actor=actor,
        action="人员状态",
        obj=inspector,
        before=before,
        after=after,
    )
    return inspector


@transaction.atomic
def declare_recusal(*, actor: User, inspector: Inspector, enterprise: Enterprise, reason: str) -> Recusal:
    """Declare that an inspector must not inspect an enterprise; honoured at once, until the organ decides otherwise.

    By the inspector, the department admin or the system administrator (行政处罚法 第43条).
    """
    himself = actor.pk == inspector.user_id
    if not himself:
        _may_manage(actor, inspector)
    if not reason.strip():
        raise DomainError("请写明回避理由，例如：与该企业负责人是近亲属。")
    change_registry()
    try:
        with transaction.atomic():
            recusal = Recusal.objects.create(
                inspector=inspector,
                enterprise=enterprise,
                reason=reason.strip(),
                declared_by=actor,
                declared_at=clock.now(),
            )
    except IntegrityError:
        raise DomainError(f"{inspector.name}对{enterprise}的回避已经登记过了。") from None
    audit.record(stream="registry", actor=actor, action="申报回避", obj=recusal, after={"reason": recusal.reason})
    return recusal


@transaction.atomic
def decide_recusal(*, actor: User, recusal: Recusal, accepted: bool) -> Recusal:
    """The head of the organ decides; recorded by the department admin. Once."""
    change_registry()
    recusal = Recusal.objects.select_for_update(of=("self",)).select_related("inspector__department").get(pk=recusal.pk)
    _may_manage(actor, recusal.inspector)
    if recusal.accepted is not None:
        raise DomainError("这条回避已经决定过了，不能再改；如有新的理由，请重新申报。")
    recusal.accepted, recusal.decided_by, recusal.decided_at = accepted, actor, clock.now()
    recusal.save(update_fields=["accepted", "decided_by", "decided_at"])
    audit.record(stream="registry", actor=actor, action="决定回避", obj=recusal, after={"accepted": accepted})
    return recusal
