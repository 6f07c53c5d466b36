"""Repair screens: what was published, exported and answered is read-only here; services and new versions change it."""

from django.contrib import admin

from publicity.models import ExportJob, Feedback, PlanSummary, Publication, PublishedResult
from registry.repair import ReadOnlyAdmin


@admin.register(Publication)
class PublicationAdmin(ReadOnlyAdmin):
    """公示, every version."""

    list_display = ["name", "uscc", "plan", "version", "published_at", "published_by", "reason"]
    list_select_related = ["plan", "published_by"]
    search_fields = ["name", "uscc"]
    list_filter = ["plan"]


@admin.register(PublishedResult)
class PublishedResultAdmin(ReadOnlyAdmin):
    """The rows of 检查结果公告."""

    list_display = ["publication", "organ", "finished_on", "results", "problem"]
    list_select_related = ["publication"]
    list_filter = ["problem", "department"]


@admin.register(PlanSummary)
class PlanSummaryAdmin(ReadOnlyAdmin):
    """工作总结, every version."""

    list_display = ["plan", "version", "as_of", "written_at", "written_by"]
    list_select_related = ["plan", "written_by"]


@admin.register(ExportJob)
class ExportJobAdmin(ReadOnlyAdmin):
    """Who exported what."""

    list_display = ["pk", "kind", "plan", "state", "rows", "requested_by", "requested_at", "expires_at"]
    list_select_related = ["plan", "requested_by"]
    list_filter = ["kind", "state"]


@admin.register(Feedback)
class FeedbackAdmin(ReadOnlyAdmin):
    """来信 without its text: the lead bureau answers it in its inbox."""

    list_display = ["number", "kind", "plan", "received_at", "answered_at", "answered_by"]
    list_select_related = ["plan", "answered_by"]
    exclude = ["text", "contact"]
