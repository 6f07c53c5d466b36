"""一企一表: confirmation, the record with a section per department, evidence, notices."""

from inspections.models.confirmation import Approval, Confirmation, Dispatch
from inspections.models.evidence import Evidence
from inspections.models.notice import Delivery, Mention, Notice, NoticeSetting, Reminder, ReminderRun
from inspections.models.record import (
    Assistant,
    DepartmentSection,
    FollowUp,
    InspectionRecord,
    ItemFinding,
    Review,
    SectionMember,
    SectionResult,
)
from inspections.models.signing import AttendanceCode, PhoneConfirmation, ReasonPhrase, Signature

__all__ = [
    "Approval",
    "Assistant",
    "AttendanceCode",
    "Confirmation",
    "Delivery",
    "DepartmentSection",
    "Dispatch",
    "Evidence",
    "FollowUp",
    "InspectionRecord",
    "ItemFinding",
    "Mention",
    "Notice",
    "NoticeSetting",
    "PhoneConfirmation",
    "ReasonPhrase",
    "Reminder",
    "ReminderRun",
    "Review",
    "SectionMember",
    "SectionResult",
    "Signature",
]
