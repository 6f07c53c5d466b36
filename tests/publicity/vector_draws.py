"""Puts draws of the vectors into a database as if they had been frozen and drawn here, to be looked at by the public.

Used inside the tested process and, as code, in the process of a live server.
"""

import datetime as dt
from typing import Any

from sampling import bundle
from sampling.models import LogEntry, LogHead, Plan, Roster
from sampling.services.files import store_file
from sampling.services.revealing import keep_public
from tests.sampling.test_bundle import complete


def show_draw(plan: Plan, files: dict[str, bytes], *, sealed: bool = False, strata_public: bool = False) -> Roster:
    """A roster of `plan` with these files; its log lines are those of `files["log"]`."""
    freeze = bundle.read_freeze(files["freeze"])
    at = dt.datetime.fromisoformat
    rounds = Roster.objects.filter(plan=plan).count()
    roster = Roster.objects.create(
        plan=plan, round=rounds + 1, seq=freeze.seq, draw_id=freeze.draw_id, prev=freeze.prev,
        digest=bundle.sha256_hex(files["freeze"]), total=files["roster"].count(b"\n") - 1, stream=f"s{rounds}",
        not_before=at(freeze.not_before), frozen_at=at(freeze.time), frozen_by=plan.created_by, sealed=sealed,
        strata_public=strata_public,
    )  # fmt: skip
    for name, content in files.items():
        if name != "log":
            store_file(roster, name, content)
    for entry in bundle.read_log(files["log"], freeze.draw_id, freeze.prev):
        LogEntry.objects.create(
            stream=roster.stream, seq=entry.seq, time=entry.time, kind=entry.type, roster=roster,
            record=entry.type.lower(), sha256=entry.digest, chain=entry.chain,
        )  # fmt: skip
    head = LogHead.objects.create(stream=roster.stream, seq=entry.seq, chain=entry.chain, time=entry.time)
    keep_public(roster, head, entry.time)
    return roster


def renamed(files: dict[str, bytes], draw_id: str) -> dict[str, bytes]:
    """The small vector under another number: drawn anew, since the number is part of every file."""
    old = b"2026-000017"
    new = draw_id.encode()
    made = {name: files[name].replace(old, new) for name in ("plan", "pool", "recuse", "roster")}
    made["freeze"] = bundle.freeze_file(
        draw_id, seq=int(draw_id[-6:]), prev=bundle.GENESIS, time="2026-04-17T09:00:00+08:00", files=made, nonces={},
        entropy=[("dice10", "40 digits")], not_before="2026-04-20T08:00:00+08:00",
    )  # fmt: skip
    made["entropy"] = bundle.entropy_file([("dice10", "4839201756603914857720194638572019463857")])
    made["result"] = bundle.compute(made).result_tsv
    lines = [
        bundle.log_line(number, f"2026-04-2{number}T10:00:00+08:00", kind, draw_id, made[kind.lower()])
        for number, kind in enumerate(("FREEZE", "ENTROPY", "RESULT"), start=1)
    ]
    made["log"] = bundle.log_file(draw_id, lines, bundle.GENESIS)
    return made


def show_all(plan: Plan) -> dict[str, str]:
    """Every kind of draw: whole and open, without strata, sealed, and void; kind -> draw id."""
    files = complete()
    void = renamed(files, "2026-000903")
    last = void["log"].decode().splitlines()
    void["void"] = b"dr1\tvoid\t2026-000903\nreason\twrong-scope\n"
    lines = [line.rsplit("\t", 1)[0] for line in last[1:]]
    lines.append(bundle.log_line(4, "2026-04-29T10:00:00+08:00", "VOID", "2026-000903", void["void"]))
    void["log"] = bundle.log_file("2026-000903", lines, bundle.GENESIS)
    kinds: dict[str, Any] = {
        "open": show_draw(plan, files, strata_public=True),
        "inside": show_draw(plan, renamed(files, "2026-000901")),
        "sealed": show_draw(plan, renamed(files, "2026-000902"), sealed=True),
        "void": show_draw(plan, void, strata_public=True),
    }
    Plan.objects.filter(pk=plan.pk).update(state="DRAWN")
    return {kind: roster.draw_id for kind, roster in kinds.items()}
