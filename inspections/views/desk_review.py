"""部门复核: a submitted section read with its photos, passed or returned per item; the next one opens by itself."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from inspections import services
from inspections.enums import Answer, EvidenceKind, ReviewDecision, SectionState
from inspections.forms.desk import ReviewForm, Seen
from inspections.models import DepartmentSection, ItemFinding
from inspections.pictures import early_words, moment
from inspections.public_text import public_texts
from inspections.views.cards import last_inspection
from inspections.views.desk_records import SHOWN_SECTION, sections_shown
from inspections.views.showing import Clocks, attempt
from registry import clock
from registry.models import User
from registry.permissions import DEPT_ADMIN, requires

READ = [SectionState.SUBMITTED, SectionState.APPROVED]


@requires(DEPT_ADMIN)
def review_next(request: HttpRequest) -> HttpResponse:
    """The oldest section that waits for my review; without one, the list."""
    first = DepartmentSection.objects.to_review(request.user).first()
    if first is None:
        messages.info(request, "没有待复核的检查记录。")
        return redirect("inspections:task_list")
    return redirect("inspections:task_review", first.pk)


def _mine(request: HttpRequest, pk: int) -> DepartmentSection:
    own = DepartmentSection.objects.filter(department_id=request.user.department_id)
    section: DepartmentSection = get_object_or_404(own.select_related(*SHOWN_SECTION), pk=pk)
    return section


@requires(DEPT_ADMIN, methods=("GET", "POST"))
def task_review(request: HttpRequest, pk: int) -> HttpResponse:
    """Read a submitted section with its photos; pass or return. A newer version than the one read: 409 with both."""
    section = _mine(request, pk)
    form = ReviewForm(request.POST or None, section=section)
    answer = attempt(request.user, form, f"review:{pk}", lambda: _review(request.user, section, form))
    if answer:
        messages.success(request, answer["words"])
        return redirect("inspections:review_next")
    queue = list(DepartmentSection.objects.to_review(request.user).values_list("pk", flat=True)[:200])
    shown = next(one for one in sections_shown(section.record) if one.pk == section.pk)
    seen = form.cleaned_data.get("seen") if form.is_bound and hasattr(form, "cleaned_data") else None
    changes = _changes(shown, seen)
    context = {"section": shown, "record": section.record, "form": form, "place": _place(queue, pk), "changes": changes,
               "seen": Seen.of(shown).packed, **_told(shown, form)}  # fmt: skip
    return render(request, "inspections/desk/task_review.html", context, status=409 if changes is not None else 200)


@requires(DEPT_ADMIN)
def review_version(request: HttpRequest, pk: int) -> HttpResponse:
    """Asked by the open page: nothing (204) while ``?v=`` is the newest version, else the bar to reload."""
    section = _mine(request, pk)
    if request.GET.get("v") == str(section.version) and section.state in READ:
        return HttpResponse(status=204)
    last = section.reviews.select_related("by").last()
    return render(request, "inspections/desk/_review_newer.html", {"section": section, "last": last})


def _place(queue: list[int], key: int) -> dict[str, int | None]:
    """Where a section stands in the queue: its place, the length, the one before and the one after."""
    at = queue.index(key) if key in queue else None
    before = queue[at - 1] if at else None
    after = queue[at + 1] if at is not None and at + 1 < len(queue) else None
    return {"at": None if at is None else at + 1, "of": len(queue), "before": before, "after": after}


def _told(section: DepartmentSection, form: ReviewForm) -> dict[str, Any]:
    """The findings with their opinions, the groups as shown, what a machine can check, the last inspection."""
    record, findings = section.record, list(section.findings.all())
    returns = [one for one in section.reviews.all() if one.decision == ReviewDecision.RETURN]
    for one in findings:
        one.opinion = form[f"item_{one.pk}"]
        one.history = [(row, row.item_reasons[str(one.pk)]) for row in returns if str(one.pk) in row.item_reasons]
        one.mended = _mended(one)
    asked = [one for one in findings if returns and str(one.pk) in returns[-1].item_reasons]
    photos = sum(row.kind == EvidenceKind.PHOTO for one in findings for row in one.evidence.all())
    spent = record.visit_to - record.visit_from if record.visit_from and record.visit_to else None
    return {
        "asked": asked, "bad": [one for one in section.bad if one not in asked],
        "odd": [one for one in section.odd if one not in asked], "photos": photos,
        "good": [one for one in section.good if one not in asked],
        "minutes": int(spent.total_seconds()) // 60 if spent is not None else None, "checks": _checks(section),
        "last": last_inspection(section), "public": public_texts(record, section),
        "signature": services.signature_status(record),
        "due": Clocks().due(section.publish_due_on) if section.publish_due_on else None,
    }  # fmt: skip


def _mended(finding: Any) -> str:
    """What happened to a finding since it was last returned; empty when it never was."""
    if not finding.history:
        return ""
    at = finding.history[-1][0].at
    added = sum(row.uploaded_at > at for row in finding.evidence.all())
    words = ["改过填写"] if finding.updated_at and finding.updated_at > at else []
    words += [f"补了 {added} 个文件"] if added else []
    return "，".join(words) or "没有改动"


def _changes(section: DepartmentSection, seen: Seen | None) -> list[dict[str, Any]] | None:
    """What differs from what the reviewer read, item by item; None when the version is the same."""
    if seen is None or seen.version == section.version:
        return None
    now = Seen.of(section).findings
    return [
        {"finding": one, "was": _words(seen.findings.get(one.pk)), "is": _words(now[one.pk])}
        for one in section.findings.all()
        if seen.findings.get(one.pk) != now[one.pk]
    ]


def _words(shown: tuple[str, str, bool, int] | None) -> str:
    if shown is None:
        return "没有这一项"
    answer, text, corrected, files = shown
    label = str(Answer(answer).label) if answer in Answer.values else "没有填写"
    parts = [label, text, "当场改正" if corrected else "", f"{files} 个文件" if files else ""]
    return "，".join(part for part in parts if part)


def _early(section: DepartmentSection) -> list[tuple[bool, str]]:
    """Photos that were taken before anybody was there."""
    start = section.record.visit_from
    early = [row for row in section.evidence.all() if early_words(row, start)]
    if not early:
        return []
    first = min(row.taken_at for row in early if row.taken_at)
    return [(False, f"{len(early)} 张照片的拍摄时间早于检查，最早的是 {moment(first)} 拍的，请核实")]


def _checks(section: DepartmentSection) -> list[tuple[bool, str]]:
    """What a machine can check for the reviewer: (well, words)."""
    day = section.record.visit_to.astimezone(clock.SHANGHAI).date() if section.record.visit_to else None
    present = [member.inspector for member in section.members.all() if member.present]
    total = len(section.findings.all())
    photos = all(one.evidence.all() for one in section.bad)
    valid = day is None or all(person.badge_valid_until >= day for person in present)
    return [
        (not section.blank, f"{total} 项全部填写" if not section.blank else f"还有 {len(section.blank)} 项没有填写"),
        (photos, "不符合项都有照片" if photos else "有不符合项没有照片"),
        *_early(section),
        (len(present) >= 2 or section.written_only, f"到场检查人员 {len(present)} 人"),
        (valid, "检查人员执法证在有效期内" if valid else "有检查人员的执法证在检查时已过期"),
        *[(False, f"第 {order} 项以前也不符合，属重复出现") for order in _repeated(section)],
    ]


def _repeated(section: DepartmentSection) -> list[int]:
    """Orders of the items that were 不符合 at this enterprise in an earlier record as well."""
    codes = {one.item.code: one.order for one in section.bad}
    earlier = ItemFinding.objects.filter(
        section__record__selection__enterprise=section.record.selection.enterprise_id, item__code__in=codes,
        answer=Answer.NOT_OK, section__state__in=READ, section__submitted_at__lt=section.submitted_at,
    ).exclude(section__record=section.record_id) if section.submitted_at else ItemFinding.objects.none()  # fmt: skip
    return sorted(codes[code] for code in set(earlier.values_list("item__code", flat=True)))


def _review(user: User, section: DepartmentSection, form: ReviewForm) -> dict[str, Any]:
    data = form.cleaned_data
    services.review_section(
        actor=user,
        section=section,
        decision=data["decision"],
        reason=data["reason"],
        item_reasons=form.item_reasons,
        seen=data["seen"].version,
    )
    name = section.record.selection.enterprise
    passed = data["decision"] == ReviewDecision.PASS
    return {"words": f"{name}已通过复核，可以公示。" if passed else f"{name}已退回检查人员修改。"}
