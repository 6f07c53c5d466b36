"""Every change of records, sections and confirmations. Each service writes its audit event in its own transaction."""

from inspections.services.confirming import (
    confirm_records,
    decide_return,
    proceed_records,
    return_record,
    standing_words,
)
from inspections.services.dispatch import dispatch_draw, preview_dispatch
from inspections.services.people import change_inspector, replace_on_records
from inspections.services.reminding import countdown, mail_notice, read_notices, remind, send_due_reminders
from inspections.services.reviewing import (
    close_follow_up,
    note_reading,
    record_approval,
    review_section,
    set_upstream,
)

__all__ = [
    "change_inspector",
    "close_follow_up",
    "confirm_records",
    "countdown",
    "decide_return",
    "dispatch_draw",
    "mail_notice",
    "note_reading",
    "preview_dispatch",
    "proceed_records",
    "read_notices",
    "record_approval",
    "remind",
    "replace_on_records",
    "return_record",
    "review_section",
    "send_due_reminders",
    "set_upstream",
    "standing_words",
]
