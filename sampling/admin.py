"""Repair screens: a draft may be mended with a reason; what was frozen, drawn or logged is read-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from registry.admin import RepairAdmin, read_only
from sampling.enums import PlanState
from sampling.models import (
    BundleFile,
    Draw,
    DrawEvent,
    LogEntry,
    Match,
    Plan,
    PlanAttachment,
    PoolMember,
    Roster,
    Selection,
    TeamMember,
)


@admin.register(Plan)
class PlanAdmin(RepairAdmin):
    """Plans: plain fields, while the plan is a draft; its state is moved by services only."""

    list_display = ["task_code", "task_name", "lead", "state", "period_from", "period_to"]
    list_display_links = ["task_name"]
    list_filter = ["state", "year"]
    list_select_related = ["lead"]
    search_fields = ["task_code", "task_name", "plan_code"]
    readonly_fields = ["state", "plan_code", "task_code", "lead", "copied_from", "cancelled_reason", "created_by",
                       "created_at"]  # fmt: skip
    exclude = ["industries", "items"]

    def stream_of(self, obj: Any) -> str:
        """Each plan has a stream of its own."""
        return f"plan:{obj.pk}"

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
read_only(LogEntry, list_display=["seq", "time", "kind", "roster", "sha256", "chain"])
read_only(Draw, list_display=["roster", "plan", "round", "drawn_at", "drawn_by", "result_digest"])
read_only(Selection, list_display=["draw", "stratum", "rank", "enterprise", "kind"], search_fields=["enterprise__name"])
read_only(TeamMember, list_display=["draw", "team", "seat", "department", "inspector", "kind"])
read_only(Match, list_display=["selection", "team"])
read_only(DrawEvent, list_display=["draw", "batch", "kind", "code", "at", "actor"])
