"""Every change of this app: publishing, correcting, exporting, answering, summarising."""

from publicity.services.exporting import (
    build_export,
    expire_exports,
    may_see_grades,
    request_export,
    request_prints,
    retry_export,
)
from publicity.services.feedback import answer_feedback, submit_feedback
from publicity.services.publishing import correct_publication, publish_records, publishable_records
from publicity.services.summary import save_summary, summarise_plan

__all__ = [
    "answer_feedback",
    "build_export",
    "correct_publication",
    "expire_exports",
    "may_see_grades",
    "publish_records",
    "publishable_records",
    "request_export",
    "request_prints",
    "retry_export",
    "save_summary",
    "submit_feedback",
    "summarise_plan",
]
