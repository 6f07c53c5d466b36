"""Every paper of a plan cites the plan's own year: texts that will be printed or published and speak of another one."""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from registry import county
from registry.errors import DomainError
from sampling import years
from sampling.models import Plan

TEXTS = (
    "task_name", "plan_name", "document_number", "basis", "content", "methods", "duties_and_rights", "entropy_place",
)  # fmt: skip
MENDED_IN = {"plan": "sampling:plan_edit", "item": "registry:item", "document": "sampling:plan_detail"}


@dataclass(frozen=True)
class OtherYear:
    """One place: what it stands in, its words, and the page (name and key) where it is mended. ``key`` changes with
    the words, so that what was looked at is what is kept."""

    key: str
    where: str
    words: str
    page: str
    pk: int

    def __str__(self) -> str:
        return f"{self.where}：{self.words}"


def own_prefix() -> str:
    """With what the document numbers of this county's own offices begin: 宽双随机办〔2024〕3号."""
    return county.current().name[:1]


def other_years(plan: Plan) -> list[OtherYear]:
    """Every place in the plan's own texts, its items with their legal bases, and the titles of the departments' forms
    that speaks of another year than the plan's; four queries."""
    own = own_prefix()
    found: list[OtherYear] = []
    for name in TEXTS:
        field = next(field for field in Plan._meta.concrete_fields if field.name == name)
        found += _in(plan, own, getattr(plan, name), str(field.verbose_name), "plan", plan.pk)
    for item in plan.items.prefetch_related("bases").order_by("department__order", "code"):
        texts = [("名称", item.name), ("检查内容及要求", item.check_points)]
        texts += [("检查依据", f"《{basis.law}》") for basis in item.bases.all()]
        for what, text in texts:
            found += _in(plan, own, text, f"抽查事项 {item.code} 的{what}", "item", item.pk)
    for document in plan.attachments.select_related("department"):
        found += _in(plan, own, document.title, f"{document.department}的现场检查文书", "document", plan.pk)
    return found


def _in(plan: Plan, own: str, text: str, where: str, kind: str, pk: int) -> Iterable[OtherYear]:
    own_days = {day for day in (plan.registered_before, plan.period_from, plan.period_to, plan.summary_due) if day}
    years_of_period = {plan.year, plan.period_from.year, plan.period_to.year}
    for one in years.foreign(text, plan.year, own=own, days=own_days):
        if one.kind != "number" and one.year in years_of_period:
            continue
        words = years.around(text, one)
        digest = hashlib.sha256(f"{kind}:{pk}:{where}:{one.start}:{text}".encode()).hexdigest()[:20]
        yield OtherYear(digest, where, words, MENDED_IN[kind], pk)


def must_cite_own_year(plan: Plan, kept: Collection[str], reason: str) -> list[str]:
    """Refuse a plan whose papers speak of another year, unless each place was looked at and is kept with a reason.
    Returns what is kept, in words for the trail."""
    found = other_years(plan)
    open_ones = [str(one) for one in found if one.key not in kept]
    if open_ones:
        words = f"这些文字会印在文书上或公示，写的却不是 {plan.year} 年。请改正，或逐处勾选“确认无误”并写明理由。"
        raise DomainError(words, problems=open_ones)
    if found and not reason.strip():
        raise DomainError(f"请写明为什么保留不是 {plan.year} 年的文字，理由会记入操作记录。")
    return [str(one) for one in found]
