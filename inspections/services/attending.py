"""Two officers at the door (处罚法 第42条): the second one confirms from the own login that both were present."""

import datetime as dt
import secrets
from collections.abc import Iterable

from django.db import transaction

from inspections.models import AttendanceCode, DepartmentSection, InspectionRecord, SectionMember
from inspections.services.writing import begin, check_writable, lock_record, own_section, stream_of
from registry import audit, clock
from registry.errors import DomainError
from registry.models import User

VALID_FOR = dt.timedelta(minutes=10)
MAX_WRONG = 5


@transaction.atomic
def issue_code(*, actor: User, section: DepartmentSection) -> AttendanceCode:
    """The code shown on the first officer's screen: six digits, ten minutes, for one section. A valid one is kept.

    Showing it says that its maker is present. Raises DomainError.
    """
    record = lock_record(InspectionRecord(pk=section.record_id))
    stored = DepartmentSection.objects.select_related("department").get(pk=section.pk)
    check_writable(actor, stored)
    now = clock.now()
    valid = stored.codes.filter(used_at=None, expires_at__gt=now, wrong_tries__lt=MAX_WRONG, issued_by=actor).first()
    if valid is not None:
        found: AttendanceCode = valid
        return found
    row = AttendanceCode.objects.create(
        section=stored, code=f"{secrets.randbelow(10**6):06d}", issued_at=now, expires_at=now + VALID_FOR,
        issued_by=actor,
    )  # fmt: skip
    _attend(actor, stored, now)
    audit.record(
        stream=stream_of(record.pk), actor=actor, action="生成到场码", obj=row, after={"expires_at": row.expires_at}
    )
    return row


@transaction.atomic
def confirm_attendance(*, actor: User, record: InspectionRecord, code: str) -> DepartmentSection:
    """The second officer enters the first one's code: both are present from now on. Five wrong tries void a code.

    Returns the section. Raises DomainError in words; the count of wrong tries is kept also then.
    """
    lock_record(record)
    section = own_section(actor, record)
    if section is None:
        raise DomainError("您不是这份一企一表的检查人员，不能确认到场。")
    check_writable(actor, section)
    now = clock.now()
    open_codes = section.codes.filter(used_at=None, expires_at__gt=now, wrong_tries__lt=MAX_WRONG)
    if open_codes.filter(issued_by=actor).exists() and not open_codes.exclude(issued_by=actor).exists():
        raise DomainError("到场码要由另一名检查人员在自己的手机上确认，不能自己确认自己。")
    match = next((row for row in open_codes.exclude(issued_by=actor) if secrets.compare_digest(row.code, code)), None)
    if match is None:
        raise WrongCode(section.pk)
    match.used_at, match.used_by = now, actor
    match.save(update_fields=["used_at", "used_by"])
    _attend(actor, section, now)
    after = {"both": [str(row.inspector) for row in section.members.filter(attended_at__isnull=False)]}
    audit.record(stream=stream_of(record.pk), actor=actor, action="确认两人到场", obj=match, after=after)
    return section


class WrongCode(DomainError):
    """No valid code reads so. ``count_wrong_try`` notes it in a transaction of its own."""

    def __init__(self, section_id: int) -> None:
        super().__init__("到场码不对或已过期，请对方重新出示，六位数字 10 分钟内有效。")
        self.section_id = section_id


@transaction.atomic
def count_wrong_try(*, actor: User, section: DepartmentSection) -> None:
    """A wrong code counts against every code that was open for this person."""
    lock_record(InspectionRecord(pk=section.record_id))
    rows = section.codes.filter(used_at=None, expires_at__gt=clock.now()).exclude(issued_by=actor)
    for row in rows:
        row.wrong_tries += 1
        row.save(update_fields=["wrong_tries"])


def _attend(actor: User, section: DepartmentSection, now: dt.datetime) -> None:
    """Note that the person was there; the caller's trail says so."""
    member = section.members.get(inspector__user=actor, replaced=False)
    changed = [] if member.present else ["present"]
    member.present, member.attended_at = True, member.attended_at or now
    member.save(update_fields=["present", "attended_at"])
    before = section.state
    begin(section)
    if changed or section.state != before:
        section.version += bool(changed)
        section.save(update_fields=["state", "version"])


def not_attested(section: DepartmentSection, signed: Iterable[int]) -> list[SectionMember]:
    """Inspectors ticked as present who neither confirmed from their own login nor signed (``signed``: member keys)."""
    keys = set(signed)
    members = section.members.filter(present=True, replaced=False, attended_at=None).select_related("inspector")
    return [member for member in members if member.pk not in keys]
