"""Exports: asked for in a request, built by a job, kept for seven days, and it stays known who took what."""

import datetime as dt
import hashlib
import logging
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.core.files.storage import default_storage
from django.db import transaction
from django.http import QueryDict

from inspections.enums import RecordState
from inspections.models import InspectionRecord
from publicity import statistics
from publicity.enums import ExportKind, ExportState
from publicity.exporters import as_json, xlsx
from publicity.listings import LISTINGS, plan_of
from publicity.models import ExportJob, PublishedResult
from registry import audit, clock, jobs
from registry.enums import Role
from registry.errors import DomainError
from registry.faults import fault_point
from registry.models import User
from registry.stores import storage_trouble
from sampling.models import Plan

log = logging.getLogger(__name__)

LIFETIME = dt.timedelta(days=7)
STREAM = "export"  # of the trail: who asks for a file must not wait for a batch of publications
MAX_RECORDS = 200
MAX_QUERY = 1000
MAX_ROWS = 1_000_000
OPEN_STATES = [ExportState.WAITING, ExportState.RUNNING, ExportState.FAILED]
SUFFIX = {
    ExportKind.RESULTS_XLSX: ".xlsx",
    ExportKind.RESULTS_JSON: ".json",
    ExportKind.STATISTICS_XLSX: ".xlsx",
    ExportKind.RECORDS_PDF: ".pdf",
    ExportKind.BLANK_RECORDS_PDF: ".pdf",
    ExportKind.LIST_XLSX: ".xlsx",
}
FILE_NAMES = {
    ExportKind.RESULTS_XLSX: "抽查结果公示",
    ExportKind.RESULTS_JSON: "抽查结果",
    ExportKind.STATISTICS_XLSX: "统计表",
    ExportKind.RECORDS_PDF: "一企一表",
    ExportKind.BLANK_RECORDS_PDF: "空白一企一表",
}
FAILED_WORDS = "生成时出错，没有留下半个文件。请点“重试”；仍不行的，请把导出编号告诉系统管理员。"
TASK = "publicity.tasks.build_export_job"


def may_see_grades(user: User) -> bool:
    """Grade statistics are for lead bureau and auditor (decisions.md)."""
    return bool(user.roles & {Role.LEAD, Role.AUDITOR})


def _clean_parameters(actor: User, kind: ExportKind, parameters: dict[str, Any]) -> dict[str, Any]:
    if kind == ExportKind.STATISTICS_XLSX:
        text = str(parameters.get("as_of") or statistics.default_as_of())
        try:
            as_of = dt.date.fromisoformat(text)
        except ValueError:
            raise DomainError(f"统计截止日期“{text[:20]}”看不懂，请按 2024-10-24 的格式填写。") from None
        if as_of > clock.today():
            raise DomainError(f"统计截止日期 {as_of:%Y-%m-%d} 在今天以后，请选今天或以前的日期。")
        return {"as_of": as_of.isoformat(), "grades": may_see_grades(actor)}
    if kind in (ExportKind.RECORDS_PDF, ExportKind.BLANK_RECORDS_PDF):
        try:
            return {"records": sorted({int(pk) for pk in parameters.get("records") or []})}
        except (TypeError, ValueError):
            raise DomainError("勾选的企业看不懂，请返回列表重新勾选。") from None
    return {}


def visible_records(user: User, plan: Plan | None, chosen: list[int]) -> Any:
    """The records this user may print: of a plan all or the chosen ones, without a plan the chosen ones."""
    visible = InspectionRecord.objects.visible_to(user).exclude(state=RecordState.REPLACED)
    if plan is not None:
        visible = visible.filter(plan=plan)
    return visible.filter(pk__in=chosen) if chosen or plan is None else visible


def _refuse_too_many(count: int) -> None:
    if not count:
        raise DomainError("没有可打印的一企一表：任务派发以后才有。")
    if count > MAX_RECORDS:
        raise DomainError(f"一次最多打印 {MAX_RECORDS} 份，现在有 {count} 份，请分几次勾选。")


@transaction.atomic
def request_export(*, actor: User, plan: Plan, kind: str, parameters: dict[str, Any] | None = None) -> ExportJob:
    """Ask for an export of a plan the actor may see. ``parameters``: ``as_of`` for statistics, ``records`` (keys) for
    forms. The file is made by a job. Raises DomainError in words."""
    if not actor.roles & {Role.LEAD, Role.DEPT_ADMIN} or not Plan.objects.visible_to(actor).filter(pk=plan.pk).exists():
        raise DomainError("只有牵头部门和参与部门的管理员能导出本部门参与的任务。")
    if kind not in ExportKind.values or kind == ExportKind.LIST_XLSX:
        raise DomainError("请选择要导出的内容。")
    cleaned = _clean_parameters(actor, ExportKind(kind), parameters or {})
    if "records" in cleaned:
        _refuse_too_many(visible_records(actor, plan, cleaned["records"]).distinct().count())
    personal = kind in (ExportKind.RECORDS_PDF, ExportKind.STATISTICS_XLSX)  # names of people are in both
    return _ask(actor=actor, kind=kind, plan=plan, parameters=cleaned, personal=personal)


def _ask(*, actor: User, kind: str, **fields: Any) -> ExportJob:
    """The row, its audit event, and the job that makes the file."""
    job = ExportJob.objects.create(kind=kind, requested_by=actor, requested_at=clock.now(), **fields)
    after = {"kind": job.name, "scope": job.scope, "personal": job.personal, **job.parameters}
    audit.record(stream=STREAM, actor=actor, action="导出", obj=job, after=after)
    jobs.enqueue(TASK, job.pk)
    return job


@transaction.atomic
def request_prints(*, actor: User, records: list[str], blank: bool = False) -> list[ExportJob]:
    """Ask for the chosen records (keys) on paper: one file of at most 200 forms, also of several tasks. A rehearsal is
    never in one file with what counts. Raises DomainError."""
    keys = {int(key) for key in records if key.isascii() and key.isdigit() and len(key) < 18}
    files: dict[int, dict[Plan, list[int]]] = {}
    rows = InspectionRecord.objects.visible_to(actor).filter(pk__in=keys).select_related("plan")
    for row in rows.order_by("plan_id", "pk"):
        file = files.setdefault(row.plan_id if row.plan.rehearsal else 0, {})
        file.setdefault(row.plan, []).append(row.pk)
    if not files:
        raise DomainError("请先勾选要打印的企业，再点打印。")
    kind = ExportKind.BLANK_RECORDS_PDF if blank else ExportKind.RECORDS_PDF
    return [_request_file(actor, kind, plans) for plans in files.values()]


def _request_file(actor: User, kind: ExportKind, plans: dict[Plan, list[int]]) -> ExportJob:
    """One file of the chosen records of one task or of several."""
    chosen = [key for keys in plans.values() for key in keys]
    if len(plans) == 1:
        return request_export(actor=actor, plan=next(iter(plans)), kind=kind, parameters={"records": chosen})
    if not actor.roles & {Role.LEAD, Role.DEPT_ADMIN}:
        raise DomainError("只有牵头部门和参与部门的管理员能导出本部门参与的任务。")
    cleaned = _clean_parameters(actor, kind, {"records": chosen})
    _refuse_too_many(visible_records(actor, None, cleaned["records"]).distinct().count())
    scope = "、".join(plan.task_name for plan in plans)
    return _ask(
        actor=actor, kind=kind, scope=scope[:300], parameters=cleaned, personal=kind == ExportKind.RECORDS_PDF
    )  # fmt: skip


@transaction.atomic
def request_list(*, actor: User, name: str, query: str) -> ExportJob:
    """Ask for a list of the desk as Excel: ``name`` a key of `publicity.listings.LISTINGS`, ``query`` the address part
    that filtered the page. The rows are read when the file is made. Raises DomainError in words."""
    listing = LISTINGS.get(name)
    if listing is None or not actor.roles & listing.roles:
        raise DomainError("这个列表不能导出，请从列表页上的“导出 Excel”进入。")
    params = QueryDict(query[:MAX_QUERY])
    scope = "，".join(listing.words(actor, params)) or "全部"
    return _ask(
        actor=actor, kind=ExportKind.LIST_XLSX, plan=plan_of(actor, params), title=listing.title, scope=scope[:300],
        personal=listing.personal, parameters={"list": name, "query": params.urlencode()},
    )  # fmt: skip


@transaction.atomic
def retry_export(*, actor: User, export: ExportJob) -> ExportJob:
    """Try a failed export again. Raises DomainError for one that did not fail, or is somebody else's."""
    export = ExportJob.objects.select_for_update(of=("self",)).get(pk=export.pk)
    if export.requested_by_id != actor.pk:
        raise DomainError("这是别人申请的导出，请自己新建一个。")
    if export.state != ExportState.FAILED:
        raise DomainError(f"这个导出现在是“{export.get_state_display()}”，不需要重试。")
    export.state, export.error = ExportState.WAITING, ""
    export.save(update_fields=["state", "error"])
    audit.record(stream=STREAM, actor=actor, action="重试导出", obj=export)
    jobs.enqueue(TASK, export.pk)
    return export


def counted(export: ExportJob, rows: Iterable[Any], total: int) -> Iterator[Any]:
    """The rows one by one, with how many are done written down every 200 rows for whoever watches."""
    ours = ExportJob.objects.filter(pk=export.pk, state=ExportState.RUNNING)
    ours.update(total=total, rows=0)
    for number, row in enumerate(rows):
        if number and number % 200 == 0:
            ours.update(rows=number, progress=min(99, 100 * number // max(total, 1)))
        if number == total // 2:
            fault_point("export:half")
        yield row


def _write_list(export: ExportJob, target: BinaryIO) -> int:
    """A list as its page would show it to whoever asked, now."""
    user, name = export.requested_by, export.parameters["list"]
    listing = LISTINGS[name]
    if not user.roles & listing.roles:
        raise DomainError("申请人已没有查看这个列表的权限，没有生成文件。")
    found, columns = listing.rows(user, QueryDict(export.parameters["query"])), listing.columns(user)
    total = len(found) if isinstance(found, list) else found.count()
    if total > MAX_ROWS:
        raise DomainError(f"有 {total} 行，一个 Excel 表最多放 {MAX_ROWS} 行，请按日期等条件分几次导出。")
    rows = found if isinstance(found, list) else found.iterator(chunk_size=500)
    cells = ([cell(row) for _, _, cell in columns] for row in counted(export, rows, total))
    return xlsx.write_list(listing.title, [(head, width) for head, width, _ in columns], cells, target)


def write_export(export: ExportJob, target: BinaryIO) -> int:
    """Write what ``export`` asks for; how many rows or forms. Raises DomainError when there is nothing to write."""
    kind, parameters = ExportKind(export.kind), export.parameters
    plan = export.plan
    if kind == ExportKind.LIST_XLSX:
        return _write_list(export, target)
    if kind in (ExportKind.RECORDS_PDF, ExportKind.BLANK_RECORDS_PDF):
        return _write_forms(export, target)
    if plan is None:
        raise DomainError("这个导出没有写明任务，请重新新建一个。")
    if kind == ExportKind.STATISTICS_XLSX:
        facts = statistics.gather(plan, dt.date.fromisoformat(parameters["as_of"]))
        return xlsx.write_statistics(facts, target, grades=parameters["grades"], filled_on=clock.today())
    rows = PublishedResult.objects.filter(publication__plan=plan).current().in_notice_order()
    write: Callable[..., int] = xlsx.write_results if kind == ExportKind.RESULTS_XLSX else as_json.write_results
    return write(counted(export, rows.iterator(chunk_size=500), rows.count()), target)


def _write_forms(export: ExportJob, target: BinaryIO) -> int:
    """一企一表 of a task, or the chosen ones, in the order of their numbers."""
    from inspections.printing import render_records  # noqa: PLC0415 -- loads the PDF library

    chosen = export.parameters["records"]
    records = list(visible_records(export.requested_by, export.plan, chosen).order_by("plan_id", "number"))
    if not records:
        raise DomainError("勾选的一企一表已不在这个任务里，请返回列表重新勾选。")
    blank = export.kind == ExportKind.BLANK_RECORDS_PDF
    target.write(render_records(records, blank=blank, progress=lambda done: _tell(export, done, len(records))))
    return len(records)


def _tell(export: ExportJob, done: int, total: int) -> None:
    """How far a job is, in per cent; the last tenth is the writing of the file."""
    ExportJob.objects.filter(pk=export.pk, state=ExportState.RUNNING).update(progress=done * 90 // total)


def _finish(export: ExportJob, name: str, path: Path, rows: int) -> bool:
    """Make the finished file the export's one file; ``False`` when another worker was first."""
    now = clock.now()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    label = export.title or FILE_NAMES[ExportKind(export.kind)]
    if export.plan and export.plan.rehearsal:
        label = f"演练-{label}"
    about = f"_{export.plan.task_code}" if export.plan else ""
    return bool(
        ExportJob.objects.filter(pk=export.pk, state__in=OPEN_STATES).update(
            state=ExportState.READY, progress=100, rows=rows, file=name, size=path.stat().st_size, sha256=digest,
            total=rows, filename=f"{label}{about}_{clock.today():%Y%m%d}{path.suffix}", error="",
            finished_at=now, expires_at=now + LIFETIME,
        )
    )  # fmt: skip


def build_export(export_id: int | str) -> ExportJob:
    """Build an export once: temporary file, fsync, rename, then the row. Run again it changes nothing.

    Killed half-way it leaves the row unfinished for the next try, and no file under the final name.
    """
    export = ExportJob.objects.select_related("plan__lead", "plan__scheme", "requested_by").get(pk=export_id)
    if not ExportJob.objects.filter(pk=export.pk, state__in=OPEN_STATES).update(state=ExportState.RUNNING):
        return export
    name = f"exports/{export.pk}-{secrets.token_hex(8)}{SUFFIX[ExportKind(export.kind)]}"
    final = Path(default_storage.path(name))
    final.parent.mkdir(parents=True, exist_ok=True)
    partial = final.with_suffix(final.suffix + ".part")
    try:
        with partial.open("xb") as target:
            rows = write_export(export, target)
            fault_point("export:half_written")
            target.flush()
            os.fsync(target.fileno())
        partial.rename(final)
        if not _finish(export, name, final, rows):
            final.unlink(missing_ok=True)
    except Exception as error:
        partial.unlink(missing_ok=True)
        refusal = isinstance(error, DomainError)
        words = str(error) if refusal else _failed_words(error)
        ExportJob.objects.filter(pk=export.pk, state__in=OPEN_STATES).update(
            state=ExportState.FAILED, error=words, finished_at=clock.now()
        )
        if not refusal:
            log.exception("export %s failed", export.pk)
            raise
    export.refresh_from_db()
    return export


def _failed_words(error: Exception) -> str:
    """What whoever asked reads: the storage by name, since trying again helps only when it is put right."""
    why = storage_trouble(error)
    return f"服务器{why}，没有留下半个文件。请告诉系统管理员处理，然后点“重试”。" if why else FAILED_WORDS


def expire_exports() -> int:
    """Take the files of exports past their seven days away, and what a killed worker left; how many expired."""
    now, count = clock.now(), 0
    for export in ExportJob.objects.filter(state=ExportState.READY, expires_at__lte=now):
        name = export.file.name
        if ExportJob.objects.filter(pk=export.pk, state=ExportState.READY).update(state=ExportState.EXPIRED, file=""):
            if name:
                default_storage.delete(name)
            count += 1
    folder = Path(default_storage.path("exports"))
    oldest = (now - dt.timedelta(days=1)).timestamp()
    for left in folder.glob("*.part") if folder.is_dir() else []:
        if left.stat().st_mtime < oldest:
            left.unlink(missing_ok=True)
    return count
