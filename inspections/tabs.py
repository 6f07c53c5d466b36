"""The tabs of the desk's lists: what each admits, for the page and for its export alike."""

from typing import Any

from inspections.enums import Decision, RecordState

CONFIRMATIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "pending": ("待确认", {"decision": Decision.PENDING, "record__state": RecordState.CONFIRMING}),
    "confirmed": ("已确认", {"decision": Decision.CONFIRMED}),
    "returned": ("已退回", {"decision": Decision.RETURNED}),
}
RETURNS = {"waiting": "待处理", "done": "已处理"}
