"""Every change of this app: publishing, correcting, exporting, answering, summarising."""

from publicity.services.clocks import calendar_impact, published_pairs, recompute_deadlines
from publicity.services.due import DueLine, deadlines_by_day
from publicity.services.exporting import (
    build_export,
    expire_exports,
    may_see_grades,
    request_export,
    request_list,
    request_prints,
    retry_export,
)
from publicity.services.feedback import answer_feedback, receive_letter, submit_feedback
from publicity.services.publishing import correct_publication, publish_records, publishable_records
from publicity.services.summary import save_summary, summarise_plan, text_of

__all__ = [
    "DueLine",
    "answer_feedback",
    "build_export",
    "calendar_impact",
    "correct_publication",
    "deadlines_by_day",
    "expire_exports",
    "may_see_grades",
    "publish_records",
    "publishable_records",
    "published_pairs",
    "receive_letter",
    "recompute_deadlines",
    "request_export",
    "request_list",
    "request_prints",
    "retry_export",
    "save_summary",
    "submit_feedback",
    "summarise_plan",
    "text_of",
]
