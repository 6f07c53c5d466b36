"""Repair screens: a draft may be mended with a reason; what was frozen, drawn or logged is read-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from registry.repair import ReasonForm, RepairAdmin, read_only
from sampling.enums import PlanState
from sampling.models import (
    BundleFile,
    Draw,
    DrawEvent,
    DrawRequest,
    EventRequest,
    FreezeVoid,
    LogEntry,
    Match,
    Nonce,
    Plan,
    PlanAttachment,
    PoolMember,
    Reveal,
    Roster,
    SealedCopy,
    Selection,
    TeamMember,
    VoidRequest,
)
from sampling.services.plans import field_problems
from sampling.services.states import lock_plan, must_be


class PlanForm(ReasonForm):
    """A draft keeps what the wizard asks of its plain fields."""

    def _post_clean(self) -> None:
        super()._post_clean()
        if not self.errors:
            for problem in field_problems(self.instance):
                self.add_error(None, problem)


@admin.register(Plan)
class PlanAdmin(RepairAdmin):
    """Plans: plain fields, while the plan is a draft; its state is moved by services only."""

    form = PlanForm
    list_display = ["task_code", "task_name", "lead", "state", "period_from", "period_to"]
    list_display_links = ["task_name"]
    list_filter = ["state", "year"]
    list_select_related = ["lead"]
    search_fields = ["task_code", "task_name", "plan_code"]
    readonly_fields = ["state", "rehearsal", "plan_code", "task_code", "lead", "copied_from", "cancelled_reason",
                       "created_by", "created_at", "scheme", "year"]  # fmt: skip
    exclude = ["industries", "items"]

    def stream_of(self, obj: Any) -> str:
        """Each plan has a stream of its own."""
        return f"plan:{obj.pk}"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Under the plan's lock, and only while it is still a draft."""
        must_be(lock_plan(obj), PlanState.DRAFT)
        super().save_model(request, obj, form, change)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Plans are made by the wizard."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A frozen plan is closed."""
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.state == PlanState.DRAFT)


read_only(PlanAttachment, list_display=["plan", "department", "title", "uploaded_by", "uploaded_at"])
read_only(Roster, list_display=["draw_id", "plan", "round", "total", "frozen_at", "frozen_by"])
read_only(BundleFile, list_display=["roster", "name", "size", "sha256"], search_fields=["roster__draw_id"])
read_only(PoolMember, list_display=["roster", "department", "inspector", "pid"])
read_only(LogEntry, list_display=["stream", "seq", "time", "kind", "roster", "sha256", "chain"])
# NonceValue is not here: what it keeps may not be seen before the reveal, and is in the files after it.
read_only(Nonce, list_display=["roster", "party", "name", "commitment"])
read_only(SealedCopy, list_display=["roster", "holder", "unit", "at", "actor"])
read_only(Reveal, list_display=["roster", "cause", "at", "actor"])
read_only(FreezeVoid, list_display=["roster", "at", "actor", "second"])
read_only(DrawRequest, list_display=["roster", "requested_by", "requested_at", "confirmed_by", "withdrawn_by"])
read_only(VoidRequest, list_display=["roster", "decision", "requested_by", "requested_at", "decided_by"])
read_only(EventRequest, list_display=["draw", "kind", "code", "department", "decision", "requested_at"])
read_only(Draw, list_display=["roster", "plan", "round", "drawn_at", "drawn_by", "result_digest"])
read_only(Selection, list_display=["draw", "stratum", "rank", "enterprise", "kind"], search_fields=["enterprise__name"])
read_only(TeamMember, list_display=["draw", "team", "seat", "department", "inspector", "kind"])
read_only(Match, list_display=["selection", "team"])
read_only(DrawEvent, list_display=["draw", "batch", "kind", "code", "at", "actor"])
