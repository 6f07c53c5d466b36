"""Every change of the registry. Each service writes its audit event in its own transaction."""

from registry.services.accounts import NewAccount, accounts_for, create_account, create_accounts, set_roles
from registry.services.calendars import (
    YearChange,
    close_day,
    current_calendar,
    load_calendar_year,
    preview_calendar_year,
    reopen_day,
)
from registry.services.comparison import Comparison
from registry.services.counties import save_county
from registry.services.departments import save_department, was_frozen
from registry.services.enterprise_import import EnterpriseRow, sort_key
from registry.services.history import record_past_inspection
from registry.services.holding import LONG_WAIT, change_registry, hold_registry, waiting
from registry.services.importing import (
    compare_rows,
    discard_upload,
    earlier_import,
    import_rows,
    store_upload,
)
from registry.services.inspector_import import InspectorRow
from registry.services.passwords import (
    Slip,
    change_password,
    reset_access,
    reset_password,
    reset_second_factor,
    why_not_password,
)
from registry.services.people import decide_recusal, declare_recusal, set_inspector_status
from registry.services.reference import load_reference_data, read_fixture
from registry.services.sessions import note_sign_in
from registry.services.signin import Caller, note_failure, note_success, seconds_to_wait

__all__ = [
    "LONG_WAIT",
    "Caller",
    "Comparison",
    "EnterpriseRow",
    "InspectorRow",
    "NewAccount",
    "Slip",
    "YearChange",
    "accounts_for",
    "change_password",
    "change_registry",
    "close_day",
    "compare_rows",
    "create_account",
    "create_accounts",
    "current_calendar",
    "decide_recusal",
    "declare_recusal",
    "discard_upload",
    "earlier_import",
    "hold_registry",
    "import_rows",
    "load_calendar_year",
    "load_reference_data",
    "note_failure",
    "note_sign_in",
    "note_success",
    "preview_calendar_year",
    "read_fixture",
    "record_past_inspection",
    "reopen_day",
    "reset_access",
    "reset_password",
    "reset_second_factor",
    "save_county",
    "save_department",
    "seconds_to_wait",
    "set_inspector_status",
    "set_roles",
    "sort_key",
    "store_upload",
    "waiting",
    "was_frozen",
    "why_not_password",
]
