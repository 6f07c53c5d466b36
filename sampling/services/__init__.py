"""Every change of plans and draws. Each service writes its audit event in its own transaction."""

from sampling.services.attaching import attach_document, detach_document
from sampling.services.auditing import audit_draw, verify_draws
from sampling.services.batching import refuse_event, request_event, run_batch, withdraw_event
from sampling.services.checking import draw_fault, log_fault, must_be_whole
from sampling.services.confirming import confirm_draw, pending_draw, request_draw, withdraw_draw_request
from sampling.services.copying import (
    copy_plan,
    create_plan_from_preset,
    preset_on,
    proposed_copy,
    proposed_preset,
)
from sampling.services.drawing import run_draw
from sampling.services.files import bundle_files, bundle_zip, frozen_files, log_head, zipped
from sampling.services.freezing import Party, freeze_plan, next_draw_id, print_sealed_copy, void_freeze
from sampling.services.in_words import dice_words, digest, entropy_words, names_of, openness_words, when
from sampling.services.own_year import OtherYear, other_years
from sampling.services.plans import create_plan, snapshot, update_plan
from sampling.services.rates import parse_rate, rate_text
from sampling.services.readiness import departments_without_items, freeze_problems, items_per_department
from sampling.services.replacing import Seated, call_up_reserve, effective_team, effective_teams, replace_inspector
from sampling.services.revealing import (
    files_for,
    files_zip,
    public_digests,
    public_files,
    reveal_draw,
    reveal_due,
    reveal_problem,
    reveal_published,
)
from sampling.services.scope import ScopeSpec, ScopeSummary, scope_summary, spec_of
from sampling.services.states import advance_plan
from sampling.services.voiding import cancel_plan, confirm_void, request_void, withdraw_void

__all__ = [
    "OtherYear",
    "Party",
    "ScopeSpec",
    "ScopeSummary",
    "Seated",
    "advance_plan",
    "attach_document",
    "audit_draw",
    "bundle_files",
    "bundle_zip",
    "call_up_reserve",
    "cancel_plan",
    "confirm_draw",
    "confirm_void",
    "copy_plan",
    "create_plan",
    "create_plan_from_preset",
    "departments_without_items",
    "detach_document",
    "dice_words",
    "digest",
    "draw_fault",
    "effective_team",
    "effective_teams",
    "entropy_words",
    "files_for",
    "files_zip",
    "freeze_plan",
    "freeze_problems",
    "frozen_files",
    "items_per_department",
    "log_fault",
    "log_head",
    "must_be_whole",
    "names_of",
    "next_draw_id",
    "openness_words",
    "other_years",
    "parse_rate",
    "pending_draw",
    "preset_on",
    "print_sealed_copy",
    "proposed_copy",
    "proposed_preset",
    "public_digests",
    "public_files",
    "rate_text",
    "refuse_event",
    "replace_inspector",
    "request_draw",
    "request_event",
    "request_void",
    "reveal_draw",
    "reveal_due",
    "reveal_problem",
    "reveal_published",
    "run_batch",
    "run_draw",
    "scope_summary",
    "snapshot",
    "spec_of",
    "update_plan",
    "verify_draws",
    "void_freeze",
    "when",
    "withdraw_draw_request",
    "withdraw_event",
    "withdraw_void",
    "zipped",
]
