"""Sealed and open: who may have which file when (draw.md §0.4, §0.6), and the reveal."""

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Q

from registry import audit, clock
from registry.enums import Role
from registry.errors import DomainError
from registry.models import User
from sampling import bundle
from sampling.enums import DrawEventKind, RevealCause
from sampling.models import BundleFile, Draw, LogHead, Plan, Reveal, Roster
from sampling.services import files as storage
from sampling.services.files import NONCES
from sampling.services.states import lock_plan, must_lead

# What the public has of a sealed draw: that it was frozen, how, and every line of its log.
EARLY = ("freeze", "void", "log")
# What the public has where grades are not public: the last two stand for plan and result (`keep_public`).
PUBLIC_PLAN, PUBLIC = "public-plan", "public"
WITHOUT_STRATA = ("freeze", "entropy", NONCES, "void", "audit", "log", PUBLIC_PLAN, PUBLIC)


def _open(roster: Roster, names: Iterable[str]) -> list[str]:
    """Which of the files in ``names`` everybody may have now, just as they are kept."""
    if not roster.revealed:
        return [name for name in names if name in EARLY]
    if roster.strata_public:
        return [name for name in names if name != storage.NAMES]
    return [name for name in names if name in WITHOUT_STRATA]


def public_parts(roster: Roster, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What stands for plan and result where grades are not public: plan without rates, and public.tsv."""
    made: dict[str, bytes] = {}
    if roster.strata_public:
        return made
    if "plan" in files:
        made[PUBLIC_PLAN] = bundle.public_plan_file(files["plan"])
    if "result" in files:
        rows = [row for row in bundle.parse(files["result"], "result").rows if row[0] == "pick"]
        made[PUBLIC] = bundle.public_file(roster.draw_id, ((row[3], row[4]) for row in rows), roster.total)
    return made


def keep_public(roster: Roster, head: LogHead, time: str) -> None:
    """Keep `public_parts` from the moment on that everybody may have them, each bound by its line of the log.

    An open list: the plan at the freeze, the picks at the draw; a sealed one: both at the reveal. Harmless when
    repeated. ``head``: the locked head of the log.
    """
    if not roster.revealed:
        return
    kept = BundleFile.objects.filter(roster=roster)
    names = set(kept.values_list("name", flat=True))
    rows = kept.filter(name__in=["plan", "result"]).values_list("name", "content")
    for name, content in public_parts(roster, {name: text.encode() for name, text in rows}).items():
        if name not in names:
            storage.store_file(roster, name, content)
            storage.append_log(head, roster, name.upper(), name, content, time)


def public_files(roster: Roster) -> dict[str, bytes]:
    """Exactly what everybody may have of a draw now, name without suffix → bytes.

    Sealed: freeze and log until the reveal. Strata not public: then freeze, plan without rates, entropy, nonces, log
    and public.tsv. Strata public: everything but the file of names.
    """
    files = storage.bundle_files(roster)
    return {name: files[name] for name in _open(roster, files)}


def public_digests(roster: Roster) -> dict[str, tuple[int, str]]:
    """`public_files` as (bytes, SHA-256 hex) each, by name in order, without reading the files."""
    rows = BundleFile.objects.filter(roster=roster).values_list("name", "size", "sha256")
    kept = {name: (size, sha256) for name, size, sha256 in rows}
    log = storage.log_tsv(roster)
    shown = {name: kept[name] for name in _open(roster, kept)} | {"log": (len(log), bundle.sha256_hex(log))}
    return dict(sorted(shown.items()))


def files_for(user: User, roster: Roster) -> dict[str, bytes]:
    """The files of a draw that ``user`` may have: auditor all; lead bureau of the plan all but the names; others what
    everybody has. A nonce that is not revealed yet nobody gets: it keeps the room from ranking all venues.
    """
    files = storage.bundle_files(roster)
    if Role.AUDITOR in user.roles:
        return files
    if Role.LEAD in user.roles and user.department_id == roster.plan.lead_id:
        files.pop(storage.NAMES, None)
        return files
    return public_files(roster)


def files_zip(user: User, roster: Roster) -> bytes:
    """`files_for` as one ZIP."""
    return storage.zipped(roster, files_for(user, roster))


def _is_void(roster: Roster) -> bool:
    drawn = Draw.objects.filter(roster=roster, events__kind=DrawEventKind.VOID)
    return hasattr(roster, "void") or drawn.exists()


def reveal_problem(roster: Roster, now: dt.datetime) -> str:
    """Why a sealed draw cannot be revealed by date now, in words; empty when it can."""
    if not roster.sealed:
        return "这是公开抽取，文件从一开始就公开，不用揭示。"
    if hasattr(roster, "reveal"):
        return "这次抽取已经揭示。"
    if not hasattr(roster, "draw"):
        return "这次冻结还没有抽取，没有可揭示的结果。"
    on = roster.plan.reveal_on
    if on is not None and now.astimezone(clock.SHANGHAI).date() >= on:
        return ""
    if roster.reveal_by is not None and now >= roster.reveal_by:
        return ""
    until = on or (roster.reveal_by.astimezone(clock.SHANGHAI).date() if roster.reveal_by else None)
    early = "；检查结果全部公示后也会自动揭示" if on is None else ""
    return f"还没有到揭示时间（{until}），提前揭示会惊动被检查的企业{early}。"


@transaction.atomic
def reveal_draw(*, actor: User | None, roster: Roster) -> Reveal:
    """Open a sealed draw on its reveal date, or at its reveal-by at the latest. ``actor`` None is the system.

    Raises DomainError when it is not sealed, open already, not drawn, or too early.
    """
    plan = lock_plan(roster.plan)
    if actor is not None:
        must_lead(actor, plan)
    fresh = Roster.objects.select_related("plan").get(pk=roster.pk)
    if problem := reveal_problem(fresh, clock.now()):
        raise DomainError(problem)
    return _reveal(actor, fresh, RevealCause.DATE, storage.lock_log(fresh.stream))


@transaction.atomic
def reveal_published(*, actor: User | None, plan: Plan) -> Reveal | None:
    """Open the sealed draw of a plan whose results are all published; later apps call this when they are.

    Nothing happens (None) for an open plan, one with a reveal date, or one that is revealed.
    """
    locked = lock_plan(plan)
    draw = locked.draws.exclude(events__kind=DrawEventKind.VOID).select_related("roster").order_by("-round").first()
    if draw is None or locked.reveal_on is not None or draw.roster.revealed:
        return None
    return _reveal(actor, draw.roster, RevealCause.PUBLISHED, storage.lock_log(draw.roster.stream))


def open_now(*, actor: User | None, roster: Roster, head: LogHead, cause: RevealCause = RevealCause.VOID) -> None:
    """Open a draw that is void or cancelled, inside the transaction that made it so; nothing for an open one."""
    if roster.sealed and not hasattr(roster, "reveal"):
        _reveal(actor, roster, cause, head)


def _reveal(actor: User | None, roster: Roster, cause: RevealCause, head: LogHead) -> Reveal:
    """Write nonces.tsv, what stands for plan and result, and their log lines: from here on the files are public.

    A freeze that was never drawn opens what it holds: numbers that outside parties never handed over stay with them.
    """
    content = storage.nonces_tsv(roster)
    storage.store_file(roster, NONCES, content)
    time = storage.log_time(head)
    storage.append_log(head, roster, NONCES.upper(), NONCES, content, time)
    reveal = Reveal.objects.create(roster=roster, cause=cause, at=clock.now(), actor=actor)
    keep_public(roster, head, time)
    audit.record(
        stream=f"plan:{roster.plan_id}",
        actor=actor,
        action="揭示抽取",
        obj=roster,
        after={"cause": cause.value, "nonces": bundle.sha256_hex(content), "chain": head.chain},
    )
    return reveal


def due_rosters() -> list[Roster]:
    """Sealed draws whose reveal date or reveal-by has come."""
    now = clock.now()
    today = now.astimezone(clock.SHANGHAI).date()
    come = Q(plan__reveal_on__lte=today) | Q(reveal_by__lte=now)
    rows = Roster.objects.filter(come, sealed=True, reveal__isnull=True, draw__isnull=False)
    return list(rows.select_related("plan").order_by("pk"))


def reveal_due() -> int:
    """Open every sealed draw that is due; returns how many. Safe to run twice."""
    done = 0
    for roster in due_rosters():
        try:
            reveal_draw(actor=None, roster=roster)
        except DomainError:
            continue  # somebody opened it in the meantime
        done += 1
    return done
