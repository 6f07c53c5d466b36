"""本单位抽查事项现场检查文书: what a department hands out with every record (通知六(一)2)."""

import hashlib
from pathlib import PurePath

from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from registry import audit, clock
from registry.enums import Role
from registry.errors import DomainError
from registry.models import Department, User
from sampling import years
from sampling.enums import PlanState
from sampling.models import Plan, PlanAttachment
from sampling.services import own_year
from sampling.services.states import lock_plan

MAX_BYTES = 10 << 20
CLOSED = (PlanState.CANCELLED, PlanState.ARCHIVED)
# suffix → how such a file begins
SIGNATURES = {
    ".pdf": b"%PDF-",
    ".docx": b"PK\x03\x04",
    ".xlsx": b"PK\x03\x04",
    ".doc": b"\xd0\xcf\x11\xe0",
    ".wps": b"\xd0\xcf\x11\xe0",
    ".jpg": b"\xff\xd8\xff",
    ".png": b"\x89PNG\r\n\x1a\n",
}


def checked_upload(upload: UploadedFile) -> tuple[bytes, str]:
    """The bytes and the suffix of an acceptable file. Raises DomainError saying what to do."""
    suffix = PurePath(upload.name or "").suffix.lower()
    if suffix == ".jpeg":
        suffix = ".jpg"
    if suffix not in SIGNATURES:
        raise DomainError("只收 PDF、Word（.docx、.doc、.wps）、Excel（.xlsx）和图片（.jpg、.png），请另存后再上传。")
    if (upload.size or 0) > MAX_BYTES:
        raise DomainError("文件超过 10 MB，请压缩后再上传。")
    content = upload.read()
    if not content.startswith(SIGNATURES[suffix]):
        raise DomainError(f"这个文件的内容不是 {suffix[1:]} 格式，可能改过扩展名或已损坏，请重新保存后再上传。")
    return content, suffix


@transaction.atomic
def attach_document(
    *, actor: User, plan: Plan, department: Department, title: str, upload: UploadedFile
) -> PlanAttachment:
    """Attach a document of a participating department to a plan that is still going on.

    The lead bureau attaches for any department of its plan, a department's administrator for the own one. Raises
    DomainError for a file of another kind, damaged or too large.
    """
    locked = lock_plan(plan)
    lead = Role.LEAD in actor.roles and actor.department_id == locked.lead_id
    own = Role.DEPT_ADMIN in actor.roles and actor.department_id == department.pk
    if not lead and not own:
        raise DomainError(f"{department}的现场检查文书由该部门的管理员或牵头部门上传。")
    if not locked.departments.filter(department=department).exists():
        raise DomainError(f"{department}没有参加这次抽查。")
    if locked.state in CLOSED:
        raise DomainError(f"“{locked}”{locked.get_state_display()}，不能再附加文书。")
    if not title.strip():
        raise DomainError("请填写文书名称。")
    if locked.state != PlanState.DRAFT and years.foreign(title, locked.year, own=own_year.own_prefix()):
        raise DomainError(f"文书名称写着别的年份，这项任务是 {locked.year} 年的，请改正名称，或不写年份。")
    content, suffix = checked_upload(upload)
    digest = hashlib.sha256(content).hexdigest()
    if locked.attachments.filter(department=department, sha256=digest).exists():
        raise DomainError("这个文件已经附上，不用重复上传。")
    row = PlanAttachment(
        plan=locked, department=department, title=title.strip(), sha256=digest, uploaded_by=actor,
        uploaded_at=clock.now(),
    )  # fmt: skip
    row.file.save(f"{locked.pk}-{digest[:24]}{suffix}", ContentFile(content), save=False)
    row.save()
    audit.record(
        stream=f"plan:{locked.pk}",
        actor=actor,
        action="附加现场检查文书",
        obj=row,
        after={"department": department, "title": row.title, "sha256": digest},
    )
    return row


@transaction.atomic
def detach_document(*, actor: User, attachment: PlanAttachment, reason: str) -> None:
    """Take a document back while its plan goes on: by whoever attached it, or the lead bureau. The trail keeps title,
    digest and reason, the file goes (ADR 0004). Raises DomainError without a reason, or for anybody else."""
    locked = lock_plan(attachment.plan)
    stored = locked.attachments.select_related("department").filter(pk=attachment.pk).first()
    if stored is None:
        return
    if locked.state in CLOSED:
        raise DomainError(f"“{locked}”{locked.get_state_display()}，文书不能再撤下。")
    lead = Role.LEAD in actor.roles and actor.department_id == locked.lead_id
    if not lead and stored.uploaded_by_id != actor.pk:
        raise DomainError(f"这份文书由{stored.uploaded_by}上传，只能由上传人或牵头部门撤下。")
    if not reason.strip():
        raise DomainError("请写明撤下的理由，例如：传错了版本。")
    audit.record(
        stream=f"plan:{locked.pk}",
        actor=actor,
        action="撤下现场检查文书",
        obj=stored,
        before={"department": stored.department, "title": stored.title, "sha256": stored.sha256},
        reason=reason.strip(),
    )
    file = stored.file
    stored.delete()
    transaction.on_commit(lambda: file.delete(save=False), robust=True)
