"""Repair screens of the inspections. What was signed, decided or dispatched is to look at only."""

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from inspections import models
from registry.repair import ReadOnlyAdmin, RepairAdmin


class LookOnly(ReadOnlyAdmin):
    """To look at only."""


class OfARecord(RepairAdmin):
    """A row that belongs to a section: its changes go to the stream of the record. New rows come from services."""

    list_select_related = ["section__record", "section__department"]
    search_fields = ["section__record__number", "section__record__selection__enterprise__name"]

    def stream_of(self, obj: Any) -> str:
        """The record's own stream."""
        return f"record:{obj.section.record_id}"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """With a reason."""
        return admin.site.has_permission(request)


@admin.register(models.Approval)
class ApprovalAdmin(OfARecord):
    """A mistyped approver or day."""

    list_display = ["section", "approver", "day", "urgent"]
    readonly_fields = ["section", "recorded_by", "recorded_at"]
    fields = [*readonly_fields, "approver", "day", "urgent", "urgent_reason", "repair_reason"]


@admin.register(models.FollowUp)
class FollowUpAdmin(OfARecord):
    """How a follow-up was closed; the measure itself is part of what was signed."""

    list_display = ["section", "measure", "deadline", "closed_on"]
    list_filter = ["measure"]
    readonly_fields = ["section", "measure", "text", "deadline", "reference", "receiving"]
    fields = [*readonly_fields, "closed_on", "closing_text", "repair_reason"]


@admin.register(models.ReasonPhrase)
class ReasonPhraseAdmin(RepairAdmin):
    """The usual reasons offered on the phone. Phrases of 不符合 are a field of the item."""

    list_display = ["text", "answer", "order", "active"]
    list_filter = ["answer", "active"]


def read_only(model: type[Model], **attributes: Any) -> None:
    """Register a model to look at only."""
    admin.site.register(model, type(f"{model.__name__}LookOnly", (LookOnly,), attributes))


read_only(models.Dispatch, list_display=["draw", "at", "by", "confirm_due_on", "calendar_version"])
read_only(
    models.InspectionRecord,
    list_display=["number", "selection", "team", "state", "signature", "version"],
    list_filter=["state", "signature"],
    list_select_related=["selection__enterprise"],
    search_fields=["number", "selection__enterprise__name", "selection__enterprise__uscc"],
)
read_only(
    models.DepartmentSection,
    list_display=["record", "department", "state", "due_on", "submitted_at", "late"],
    list_filter=["state", "department", "late"],
    list_select_related=["record", "department"],
    search_fields=["record__number"],
)
read_only(
    models.Confirmation,
    list_display=["record", "department", "decision", "due_on", "late", "lead_decision"],
    list_filter=["decision", "department", "late"],
    list_select_related=["record", "department"],
    search_fields=["record__number"],
)
read_only(models.SectionMember, list_display=["section", "inspector", "present", "replaced"])
read_only(models.ItemFinding, list_display=["section", "order", "item", "answer", "version"], list_filter=["answer"])
read_only(models.SectionResult, list_display=["section", "code"], list_filter=["code"])
read_only(models.Assistant, list_display=["section", "name", "unit", "role"])
read_only(models.Review, list_display=["section", "decision", "by", "at"], list_filter=["decision"])
read_only(models.Evidence, list_display=["record", "kind", "original_name", "size", "uploaded_by", "uploaded_at"])
read_only(models.PhoneConfirmation, list_display=["record", "section", "name", "role", "called_at", "by"])
read_only(
    models.Signature, list_display=["record", "kind", "name", "post", "at", "content_version"], list_filter=["kind"]
)
read_only(models.AttendanceCode, list_display=["section", "issued_by", "issued_at", "expires_at", "used_by", "used_at"])
read_only(models.Notice, list_display=["recipient", "text", "at", "read_at"])
read_only(models.Mention, list_display=["kind", "object_id", "plan", "day", "days_late", "manual", "caught_up"])
read_only(models.ReminderRun, list_display=["day", "finished_at", "notices", "missed_from"])
read_only(models.Delivery, list_display=["notice", "channel", "state", "tries", "next_try", "error"])
# The address of a group robot is a key to the group: its owner sees it, nobody else.
read_only(models.NoticeSetting, list_display=["user", "inbox", "mail", "webhook"], exclude=["webhook_url"])
read_only(models.Reminder, list_display=["kind", "object_id", "recipient", "day"])
