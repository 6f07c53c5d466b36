"""What happened to a draw and when, as everybody may know it: times, counts, digests; names never (draw.md §0.4)."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from publicity.models import Publication
from sampling import services
from sampling.enums import DrawEventKind, EOutReason, IOutReason
from sampling.models import Draw, DrawRequest, LogEntry, Roster, file_words


@dataclass(frozen=True)
class Step:
    """One step: when (None: still to come), its name, what is said about it, and the digest that fixes it."""

    at: dt.datetime | None
    name: str
    words: str
    digest: str = ""


def _moment(line: LogEntry) -> dt.datetime:
    return dt.datetime.fromisoformat(line.time)


def steps_of(roster: Roster) -> list[Step]:
    """名单冻结 → 摇号 → 抽取 → 揭示 → 公示, and whatever came between, in the order of time; what is to come last."""
    found = [step for part in (_frozen, _typed, _drawn, _changed, _opened, _published) for step in part(roster)]
    return sorted(found, key=lambda step: (step.at is None, step.at or roster.frozen_at))


def _frozen(roster: Roster) -> Iterator[Step]:
    yield Step(roster.frozen_at, "名单冻结", f"{roster.total} 家企业，此后不能再改", roster.digest)


def _typed(roster: Roster) -> Iterator[Step]:
    for row in DrawRequest.objects.filter(roster=roster, withdrawn_at__isnull=False):
        yield Step(row.withdrawn_at, "撤回数字", f"录入的数字在第二人确认以前撤回：{row.withdrawn_reason}")


def _drawn(roster: Roster) -> Iterator[Step]:
    lines = {line.kind: line for line in roster.log.filter(kind__in=["ENTROPY", "RESULT"])}
    draw = getattr(roster, "draw", None)
    if draw is None:
        if not hasattr(roster, "void"):
            for what, which in services.entropy_words(roster):
                yield Step(None, "摇号", f"{what}：{which}")
        return
    if "ENTROPY" in lines:
        yield Step(_moment(lines["ENTROPY"]), "摇号", "当众掷出 40 位数字", lines["ENTROPY"].sha256)
    picked = sum(one["drawn"] for one in draw.strata)
    second = "，第二人在本人账号确认" if draw.approved_by_id else ""
    yield Step(draw.drawn_at, "抽取", f"按数字算出，抽中 {picked} 家{second}", draw.result_digest)


def _changed(roster: Roster) -> Iterator[Step]:
    void = getattr(roster, "void", None)
    if void is not None:
        yield Step(void.at, "作废", f"这次冻结作废：{void.reason}")
    draw = getattr(roster, "draw", None)
    if draw is None:
        return
    events = list(draw.events.order_by("batch", "pk"))
    for event in events:
        if event.kind == DrawEventKind.VOID:
            yield Step(event.at, "作废", f"{event.reason}结果照样公开，抽中的企业在下一次抽取中必定列入。")
    digests = {line.record: line.sha256 for line in roster.log.filter(kind__startswith="EVENTS")}
    for batch in sorted({event.batch for event in events if event.kind != DrawEventKind.VOID}):
        rows = [event for event in events if event.batch == batch and event.kind != DrawEventKind.VOID]
        said = Counter((event.kind, event.code) for event in rows)
        words = "；".join(f"{_reason(kind, code)} {count} 项" for (kind, code), count in sorted(said.items()))
        yield Step(rows[0].at, "替换", f"按候补顺序递补：{words}", digests.get(f"events-{batch:03d}", ""))


def _reason(kind: str, code: str) -> str:
    if kind == DrawEventKind.E_OUT:
        return f"企业{EOutReason(code).label}"
    return f"人员{IOutReason(code).label}"


def _opened(roster: Roster) -> Iterator[Step]:
    if not roster.sealed:
        return
    reveal = getattr(roster, "reveal", None)
    if reveal is not None:
        line = roster.log.filter(kind="NONCES").first()
        digest = line.sha256 if line else ""
        yield Step(reveal.at, "揭示", f"{reveal.get_cause_display()}，保密随机数和文件公开", digest)
    elif not hasattr(roster, "void"):
        until = f"最迟 {services.when(roster.reveal_by)}" if roster.reveal_by else "检查结果全部公示时"
        yield Step(None, "揭示", until)


def _published(roster: Roster) -> Iterator[Step]:
    first = Publication.objects.filter(record__dispatch__draw__roster=roster, version=1).order_by("published_at")
    days = list(first.values_list("published_at", flat=True))
    if days:
        yield Step(days[0], "公示", f"第一批结果公示；到现在 {len(days)} 家")
    elif Draw.objects.filter(roster=roster).exclude(events__kind=DrawEventKind.VOID).exists():
        yield Step(None, "公示", "检查结束后逐家公示结果")


@dataclass(frozen=True)
class Shown:
    """One file of a draw: whether everybody may have it now, and if not, who or when."""

    name: str
    size: int
    digest: str
    public: bool
    note: str

    @property
    def words(self) -> str:
        """What the file holds."""
        return file_words(self.name)


def files_of(roster: Roster) -> list[Shown]:
    """Every file of a draw with its digest: those public now first, then those that are fixed by their digest alone."""
    stored = roster.files.exclude(name="names").defer("content").order_by("name")
    given = services.public_digests(roster) if stored else {}
    shown = [Shown(name, size, digest, True, "") for name, (size, digest) in given.items()]
    later = "只给审计核验" if roster.revealed else "揭示时公开"
    kept = [file for file in stored if file.name not in given]
    aside = {"roster", "plan", "pool", "recuse", "exclude", "result"}
    for file in kept:
        auditor = not roster.strata_public and (file.name in aside or file.name.startswith("events-"))
        shown.append(Shown(file.name, file.size, file.sha256, False, "只给审计核验" if auditor else later))
    return shown
