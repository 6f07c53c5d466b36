"""本县设置: saved as a new version each time, so that papers of the past keep the name they bore."""

import datetime as dt
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F

from registry import audit, clock, county, stale
from registry.enums import Role
from registry.errors import DomainError
from registry.models import CountyProfile, Department, User
from registry.services.holding import change_registry

BEGINNING = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@transaction.atomic
def save_county(
    *,
    actor: User,
    name: str,
    region_code: str,
    upstream_platform: str,
    complaint_phone: str,
    rename_departments: bool = False,
    reason: str,
    seen: Mapping[str, str] | None = None,
) -> CountyProfile | None:
    """The county from now on; None when nothing changed. The first time what the installation came with is saved as it
    is: somebody has looked at it (the set-up list asks for it). ``rename_departments``: departments whose name begins
    with the county's old name get the new one. ``seen``: the marks of what the page showed. Raises DomainError."""
    if Role.SYSADMIN not in actor.roles:
        raise DomainError("本县设置由系统管理员修改。")
    if not reason.strip():
        raise DomainError("请写明修改的理由，例如：系统启用。")
    change_registry()  # two at once: one version after the other
    old = county.current()
    new = county.County(name.strip(), region_code.strip(), upstream_platform.strip(), complaint_phone.strip())
    confirmed = CountyProfile.objects.exclude(saved_by=None).exists()
    if new == old and confirmed:
        return None
    label, author = stale.labels_of(CountyProfile), stale.from_trail(CountyProfile(), "registry", any_row=True)
    stale.refuse_overwriting(seen, actor=actor, before=vars(old), after=vars(new), author=author, label=label)
    if not CountyProfile.objects.exists():
        CountyProfile.objects.create(**vars(county.initial()), since=BEGINNING)
    row = CountyProfile(**vars(new), since=clock.now(), saved_by=actor)
    try:
        row.full_clean()
    except ValidationError as error:
        raise DomainError(" ".join(error.messages), problems=error.messages) from None
    row.save(force_insert=True)
    names = [one for one in county.NAMES if getattr(old, one) != getattr(new, one)]
    audit.record(
        stream="registry",
        actor=actor,
        action="修改本县设置" if names else "核对本县设置",
        obj=row,
        before={one: getattr(old, one) for one in names},
        after={one: getattr(new, one) for one in names or county.NAMES},
        reason=reason.strip(),
    )
    if rename_departments and old.name != new.name:
        _rename_departments(actor, old.name, new.name, reason.strip())
    return row


def _rename_departments(actor: User, old: str, new: str, reason: str) -> None:
    for one in Department.objects.select_for_update(of=("self",)).filter(name__startswith=old).order_by(F("order")):
        before = one.name
        one.name = new + before.removeprefix(old)
        one.save(update_fields=["name"])
        audit.record(stream="registry", actor=actor, action="修改部门", obj=one, before={"name": before},
                     after={"name": one.name}, reason=reason)  # fmt: skip
