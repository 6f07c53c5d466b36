"""Every change of records, sections and confirmations. Each service writes its audit event in its own transaction."""

from inspections.services.arriving import save_arrival
from inspections.services.attending import WrongCode, confirm_attendance, count_wrong_try, issue_code
from inspections.services.batches import run_event_batch
from inspections.services.clocks import is_late, moves, recompute_deadlines
from inspections.services.confirming import (
    confirm_records,
    decide_return,
    proceed_records,
    return_record,
    standing_words,
)
from inspections.services.delivering import deliver_waiting, retry_deliveries, set_channels
from inspections.services.dispatch import dispatch_draw, preview_dispatch
from inspections.services.entry import (
    FollowUpEntry,
    StaleVersion,
    add_assistant,
    derive_results,
    fill_missing_due_dates,
    save_entry,
    save_finding,
    save_head,
    save_rest_ok,
    save_section,
)
from inspections.services.evidence import add_evidence, remove_evidence
from inspections.services.handover import accept_unsent, preview_unsent
from inspections.services.moving import check_people
from inspections.services.people import replace_on_records
from inspections.services.reminding import read_notices, remind, run_is_due, send_due_reminders
from inspections.services.replacing import approve_events, refuse_events
from inspections.services.reviewing import (
    StaleReview,
    close_follow_up,
    note_reading,
    record_approval,
    review_section,
    set_upstream,
)
from inspections.services.signing import confirm_by_phone, sign_as_inspector, sign_record, signature_status
from inspections.services.submitting import check_section, submit_section

__all__ = [
    "FollowUpEntry",
    "StaleReview",
    "StaleVersion",
    "WrongCode",
    "accept_unsent",
    "add_assistant",
    "add_evidence",
    "approve_events",
    "check_people",
    "check_section",
    "close_follow_up",
    "confirm_attendance",
    "confirm_by_phone",
    "confirm_records",
    "count_wrong_try",
    "decide_return",
    "deliver_waiting",
    "derive_results",
    "dispatch_draw",
    "fill_missing_due_dates",
    "is_late",
    "issue_code",
    "moves",
    "note_reading",
    "preview_dispatch",
    "preview_unsent",
    "proceed_records",
    "read_notices",
    "recompute_deadlines",
    "record_approval",
    "refuse_events",
    "remind",
    "remove_evidence",
    "replace_on_records",
    "retry_deliveries",
    "return_record",
    "review_section",
    "run_event_batch",
    "run_is_due",
    "save_arrival",
    "save_entry",
    "save_finding",
    "save_head",
    "save_rest_ok",
    "save_section",
    "send_due_reminders",
    "set_channels",
    "set_upstream",
    "sign_as_inspector",
    "sign_record",
    "signature_status",
    "standing_words",
    "submit_section",
]
