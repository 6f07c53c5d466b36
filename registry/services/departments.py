"""Departments: another county has others, under other names; who took part in a draw keeps its code."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from registry import audit, stale
from registry.enums import Role
from registry.errors import DomainError
from registry.models import Department, User
from registry.services.holding import change_registry
from registry.services.leaning import leans_on

FIELDS = ("code", "name", "short_name", "order", "kind", "phone", "active")
PLANNED = ("Plan", "PlanDepartment")  # a draft writes no file yet


def was_frozen(department: Department) -> bool:
    """Whether the department's code stands in the files of a frozen list."""
    return leans_on(department, ["sampling"], leave=PLANNED)


@transaction.atomic
def save_department(
    *, actor: User, department: Department | None, reason: str, seen: Mapping[str, str] | None = None, **fields: Any
) -> Department:
    """Add a department (None) or change one; ``fields``: names in FIELDS. Raises DomainError in words.

    A department is not taken away: it is put out of use, so that what it did keeps its name. ``seen``: the marks of
    what the page showed.
    """
    if Role.SYSADMIN not in actor.roles:
        raise DomainError("部门由系统管理员维护。")
    if not reason.strip():
        raise DomainError("请写明修改的理由，例如：机构改革后更名。")
    change_registry()
    before: dict[str, Any] = {}
    if department is None:
        row = Department()
    else:
        row = Department.objects.select_for_update(of=("self",)).get(pk=department.pk)
        before = audit.fields_of(row, FIELDS)
    for name in FIELDS:
        if name in fields:
            setattr(row, name, fields[name].strip() if isinstance(fields[name], str) else fields[name])
    if before:
        author, label = stale.from_trail(row, "registry"), stale.labels_of(Department)
        after = audit.fields_of(row, FIELDS)
        stale.refuse_overwriting(seen, actor=actor, before=before, after=after, author=author, label=label)
    if before and row.code != before["code"] and was_frozen(row):
        raise DomainError(f"{before['short_name']}参加过抽取，代码 {before['code']} 已写进抽取文件，不能再改。")
    try:
        row.full_clean()
        with transaction.atomic():
            row.save()
    except ValidationError as error:
        raise DomainError(" ".join(error.messages), problems=error.messages) from None
    except IntegrityError:
        raise DomainError("代码、名称或简称与另一个部门相同，请换一个。") from None
    after = audit.fields_of(row, FIELDS)
    names = [name for name in FIELDS if not before or before[name] != after[name]]
    if names:
        audit.record(
            stream="registry",
            actor=actor,
            action="修改部门" if before else "增加部门",
            obj=row,
            before={name: before[name] for name in names} if before else {},
            after={name: after[name] for name in names},
            reason=reason.strip(),
        )
    return row
