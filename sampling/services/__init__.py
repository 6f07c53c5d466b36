"""Every change of a plan and its draw. ``advance_plan`` is the only mover of ``Plan.state``."""

from sampling.services.drawing import run_draw
from sampling.services.events import call_up_reserve, effective_members, replace_inspector
from sampling.services.files import bundle_files, bundle_zip, log_head
from sampling.services.freeze import freeze_plan
from sampling.services.plans import (
    attach_document,
    copy_plan,
    create_plan,
    create_plan_from_preset,
    set_rates,
    update_plan,
)
from sampling.services.rates import parse_rate, percent_text
from sampling.services.scope import ScopeSummary, scope_enterprises, scope_summary
from sampling.services.states import advance_plan, cancel_plan, lock_plan, must_lead

__all__ = [
    "ScopeSummary",
    "advance_plan",
    "attach_document",
    "bundle_files",
    "bundle_zip",
    "call_up_reserve",
    "cancel_plan",
    "copy_plan",
    "create_plan",
    "create_plan_from_preset",
    "effective_members",
    "freeze_plan",
    "lock_plan",
    "log_head",
    "must_lead",
    "parse_rate",
    "percent_text",
    "replace_inspector",
    "run_draw",
    "scope_enterprises",
    "scope_summary",
    "set_rates",
    "update_plan",
]
