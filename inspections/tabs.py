"""The tabs of the desk's lists: what each admits, for the page and for its export alike."""

from django.db.models import Q

from inspections import bases
from inspections.enums import Decision

CONFIRMATIONS: dict[str, tuple[str, Q]] = {
    "pending": ("待确认", bases.PENDING),
    "confirmed": ("已确认", Q(decision=Decision.CONFIRMED)),
    "returned": ("已退回", Q(decision=Decision.RETURNED)),
}
RETURNS = {"waiting": "待处理", "done": "已处理"}
