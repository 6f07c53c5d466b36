"""Every change of the registry. Each service writes its audit event in its own transaction."""

from registry.services.accounts import create_account, reset_password, set_roles
from registry.services.calendars import current_calendar, load_calendar_year
from registry.services.history import record_past_inspection
from registry.services.people import decide_recusal, declare_recusal, set_inspector_status
from registry.services.reference import load_reference_data, read_fixture

__all__ = [
    "create_account",
    "current_calendar",
    "decide_recusal",
    "declare_recusal",
    "load_calendar_year",
    "load_reference_data",
    "read_fixture",
    "record_past_inspection",
    "reset_password",
    "set_inspector_status",
    "set_roles",
]
