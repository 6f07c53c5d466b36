"""What the walkthrough leaves in its folder, and the checks that it holds what it claims."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings

from kuancheng_inspect.demo.campaign import Campaign
from publicity.enums import ExportKind, ExportState
from publicity.models import ExportJob, Publication
from publicity.services import request_export
from registry import jobs
from registry.audit import verify_all
from registry.models import Job
from sampling.enums import PlanState
from sampling.services import bundle_files, public_files

# The program that draws, and the one written apart from it.
PROGRAMS = (("-m", "sampling.bundle", "verify"), ("static/verify/verify.py",))


class Broken(Exception):
    """A step of the walkthrough did not do what it claims."""


def must(holds: bool, words: str) -> None:
    """Stop with ``words`` unless it holds."""
    if not holds:
        raise Broken(words)


def write_draw(files: Mapping[str, bytes], folder: Path) -> int:
    """Files of the draw into an empty folder; returns their number."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / f"{name}.tsv").write_bytes(content)
    return len(files)


def verify_draw(folder: Path, code: int, verdict: str) -> str:
    """The verdict on the folder, which both stand-alone programs must give, each run as an outsider would."""
    for program in PROGRAMS:
        command = [sys.executable, *program, str(folder)]
        run = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, encoding="utf-8", check=False)
        said = run.stdout.strip().partition("\n")[0]
        must((run.returncode, said) == (code, verdict), f"抽取不能复算（{program[-1]}）：{said}{run.stderr}")
    return verdict


def export(campaign: Campaign, kind: ExportKind, target: Path) -> ExportJob:
    """An export made by its job, copied to ``target``."""
    job = request_export(actor=campaign.cast.lead, plan=campaign.plan, kind=kind)
    for row in Job.objects.filter(object_id=str(job.pk), state="PENDING", task__contains="publicity"):
        jobs.run(row.pk)
    job.refresh_from_db()
    must(job.state == ExportState.READY, f"导出“{job.get_kind_display()}”没有完成：{job.error or job.state}")
    with job.file.open("rb") as source:
        target.write_bytes(source.read())
    must(hashlib.sha256(target.read_bytes()).hexdigest() == job.sha256, f"{target.name} 与登记的摘要不符")
    return job


def write_all(campaign: Campaign, folder: Path) -> list[str]:
    """Write and check everything; returns the lines of the summary. Raises Broken."""
    roster, expected = campaign.draw.roster, campaign.draw.selections.filter(kind="MAIN").count()
    count = write_draw(bundle_files(roster), folder / "draw")
    verdict = verify_draw(folder / "draw", 0, f"VERIFIED {expected} picks")
    shown = write_draw(public_files(roster), folder / "draw-public")
    partial = verify_draw(folder / "draw-public", 2, f"PARTIAL {expected} tickets")
    lines = [f"抽取文件：{count} 个，{verdict}", f"公开的抽取文件：{shown} 个，{partial}"]
    pdf, xlsx, results = folder / "一企一表.pdf", folder / "抽查结果公示.xlsx", folder / "results.json"
    job = export(campaign, ExportKind.RECORDS_PDF, pdf)
    must(pdf.read_bytes().startswith(b"%PDF-"), "一企一表不是 PDF")
    lines.append(f"一企一表：{job.rows} 份，{pdf.stat().st_size // 1024} KB")
    job = export(campaign, ExportKind.RESULTS_XLSX, xlsx)
    lines.append(f"抽查结果公示：{job.rows} 行")
    export(campaign, ExportKind.RESULTS_JSON, results)
    rows = json.loads(results.read_text(encoding="utf-8"))
    must(len(rows) == job.rows, f"results.json 有 {len(rows)} 行，Excel 有 {job.rows} 行")
    statistics = folder / "统计表.xlsx"
    export(campaign, ExportKind.STATISTICS_XLSX, statistics)
    lines.append(f"统计表：{statistics.stat().st_size // 1024} KB")
    published = Publication.objects.filter(plan=campaign.plan).current().count()
    must(published == expected, f"抽中 {expected} 家，公示 {published} 家")
    must(campaign.plan.state == PlanState.SUMMARISED, f"计划停在“{campaign.plan.get_state_display()}”")
    faults = verify_all()
    must(not faults, "；".join(str(fault) for fault in faults))
    lines.append(f"公示 {published} 家，操作记录链完整")
    return lines
