"""A plan, its frozen roster, the draw, the teams, and what one person asks and another decides."""

from sampling.models.drawn import Draw, DrawEvent, Match, Selection, TeamMember
from sampling.models.frozen import (
    BundleFile,
    FreezeVoid,
    LogEntry,
    LogHead,
    Nonce,
    NonceValue,
    OpenFreeze,
    PoolMember,
    Reveal,
    Roster,
    SealedCopy,
    file_words,
)
from sampling.models.plan import Plan, PlanAttachment, PlanDepartment, PlanRate
from sampling.models.requests import DrawRequest, EventRequest, VoidRequest

__all__ = [
    "BundleFile",
    "Draw",
    "DrawEvent",
    "DrawRequest",
    "EventRequest",
    "FreezeVoid",
    "LogEntry",
    "LogHead",
    "Match",
    "Nonce",
    "NonceValue",
    "OpenFreeze",
    "Plan",
    "PlanAttachment",
    "PlanDepartment",
    "PlanRate",
    "PoolMember",
    "Reveal",
    "Roster",
    "SealedCopy",
    "Selection",
    "TeamMember",
    "VoidRequest",
    "file_words",
]
