"""Every change of plans and draws. Each service writes its audit event in its own transaction."""

from sampling.services.attaching import attach_document
from sampling.services.drawing import run_draw
from sampling.services.files import bundle_files, bundle_zip, log_head
from sampling.services.freezing import freeze_plan
from sampling.services.in_words import dice_words, entropy_words, names_of, openness_words
from sampling.services.plans import copy_plan, create_plan, create_plan_from_preset, update_plan
from sampling.services.rates import parse_rate, rate_text
from sampling.services.readiness import departments_without_items, freeze_problems, items_per_department
from sampling.services.replacing import Seated, call_up_reserve, effective_team, effective_teams, replace_inspector
from sampling.services.scope import ScopeSpec, ScopeSummary, scope_summary, spec_of
from sampling.services.states import advance_plan, cancel_plan

__all__ = [
    "ScopeSpec",
    "ScopeSummary",
    "Seated",
    "advance_plan",
    "attach_document",
    "bundle_files",
    "bundle_zip",
    "call_up_reserve",
    "cancel_plan",
    "copy_plan",
    "create_plan",
    "create_plan_from_preset",
    "departments_without_items",
    "dice_words",
    "effective_team",
    "effective_teams",
    "entropy_words",
    "freeze_plan",
    "freeze_problems",
    "items_per_department",
    "log_head",
    "names_of",
    "openness_words",
    "parse_rate",
    "rate_text",
    "replace_inspector",
    "run_draw",
    "scope_summary",
    "spec_of",
    "update_plan",
]
