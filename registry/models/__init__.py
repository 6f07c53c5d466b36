"""一单两库: who is inspected, by whom, on which items, on which days; and what was done by whom."""

from registry.models.audit import AuditEvent, AuditHead, Job, OperationKey, StoreMark
from registry.models.calendar import CalendarDay, CalendarYear
from registry.models.county import CountyProfile
from registry.models.enterprises import (
    Enterprise,
    ImportBatch,
    Industry,
    Licence,
    PastInspection,
    RiskLevel,
    RiskRating,
    RiskScheme,
)
from registry.models.items import InspectionItem, LegalBasis, Specialty
from registry.models.people import Department, Inspector, Recusal, User
from registry.models.signin import SignInFailure

__all__ = [
    "AuditEvent",
    "AuditHead",
    "CalendarDay",
    "CalendarYear",
    "CountyProfile",
    "Department",
    "Enterprise",
    "ImportBatch",
    "Industry",
    "InspectionItem",
    "Inspector",
    "Job",
    "LegalBasis",
    "Licence",
    "OperationKey",
    "PastInspection",
    "Recusal",
    "RiskLevel",
    "RiskRating",
    "RiskScheme",
    "SignInFailure",
    "Specialty",
    "StoreMark",
    "User",
]
