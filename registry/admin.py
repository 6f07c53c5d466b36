"""Repair screens: Chinese, a required reason for every change, each change in the audit trail.

``RepairAdmin`` is the base of every editable screen, ``ReadOnlyAdmin`` of everything that is append-only or moved by
services only.
"""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models, transaction
from django.forms import ModelForm
from django.http import HttpRequest

from registry import audit
from registry.models import (
    AuditEvent,
    AuditHead,
    CalendarDay,
    CalendarYear,
    Department,
    Enterprise,
    ImportBatch,
    Industry,
    InspectionItem,
    Inspector,
    Job,
    LegalBasis,
    Licence,
    OperationKey,
    PastInspection,
    Recusal,
    RiskLevel,
    RiskRating,
    RiskScheme,
    Specialty,
    User,
)
from registry.services import create_account, set_roles


class ReasonForm(ModelForm):
    """A model form that asks why."""

    repair_reason = forms.CharField(
        label="修改理由",
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="必填。写明依据什么改、谁提出的；理由与修改前后的内容一起记入操作记录，不能删除。",
        error_messages={"required": "请写明修改理由，例如：登记机关 6 月 3 日来函更正住所。"},
    )


class SiteOpened:
    """The site admits system administrators only (RepairSite); Django's own permission rows are not used."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Listed for whoever the site admits."""
        return admin.site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Open to whoever the site admits."""
        return admin.site.has_permission(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for reading; narrower where rows come from services."""
        return admin.site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As for reading; narrower where services move the row."""
        return admin.site.has_permission(request)


class RepairAdmin(SiteOpened, admin.ModelAdmin):
    """Editable with a reason. Rows are never deleted here; ``stream`` names the audit stream of the change."""

    form = ReasonForm
    stream = "registry"
    list_per_page = 50
    show_full_result_count = False
    actions = None

    def stream_of(self, obj: models.Model) -> str:
        """The audit stream a change of ``obj`` belongs to."""
        return self.stream

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is deleted by hand."""
        return False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """The reason stands last, in a box of its own."""
        names = [name for name in self.get_fields(request, obj) if name != "repair_reason"]
        return [(None, {"fields": names}), ("为什么修改", {"fields": ["repair_reason"]})]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save and write the trail in one transaction."""
        names = [name for name in form.changed_data if name != "repair_reason" and hasattr(obj, name)]
        plain_names = [name for name in names if not self._is_many(obj, name)]
        with transaction.atomic():
            before = {}
            if change:
                old = type(obj)._default_manager.get(pk=obj.pk)
                before = audit.fields_of(old, plain_names)
            obj.save()
            audit.record(
                stream=self.stream_of(obj),
                actor=request.user,
                action="数据修复" if change else "数据补录",
                obj=obj,
                before=before,
                after={name: audit.plain(form.cleaned_data.get(name)) for name in names if name in form.cleaned_data},
                reason=form.cleaned_data["repair_reason"],
            )

    @staticmethod
    def _is_many(obj: models.Model, name: str) -> bool:
        return any(field.name == name for field in obj._meta.many_to_many)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit trail replaces Django's own admin log."""

    log_change = log_addition


class ReadOnlyAdmin(SiteOpened, admin.ModelAdmin):
    """To look at only."""

    list_per_page = 50
    show_full_result_count = False
    actions = None

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """A stored file by its name: the stores have no address of their own, files go out through checked views."""
        stored = self._stored()
        return ["stored_file" if name == stored else name for name in super().get_fields(request, obj)]

    def _stored(self) -> str:
        """The name of the model's file field; empty without one."""
        return next((one.name for one in self.model._meta.fields if isinstance(one, models.FileField)), "")

    @admin.display(description="文件")
    def stored_file(self, obj: Any) -> str:
        """The name in the store."""
        return str(getattr(obj, self._stored()).name or "—")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows come from services."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never edited."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never deleted."""
        return False


def read_only(*models_: type[models.Model], **attributes: Any) -> None:
    """Register models to look at only."""
    for model in models_:
        admin.site.register(model, type(f"{model.__name__}ReadOnly", (ReadOnlyAdmin,), attributes))


@admin.register(Department)
class DepartmentAdmin(RepairAdmin):
    """Departments."""

    list_display = ["order", "code", "name", "short_name", "active"]
    list_display_links = ["name"]


class UserForm(ReasonForm):
    """An account: everything goes through the account services."""

    class Meta:
        model = User
        fields = [
            "username", "name", "department", "is_lead", "is_dept_admin", "is_inspector", "is_auditor", "is_sysadmin",
            "is_active",
        ]  # fmt: skip


@admin.register(User)
class UserAdmin(RepairAdmin):
    """Accounts are made with a one-time password, shown once after saving."""

    form = UserForm
    stream = "accounts"
    list_display = ["username", "name", "department", "role_names", "is_active", "last_login"]
    list_filter = ["department", "is_active", "is_lead", "is_dept_admin", "is_inspector", "is_auditor", "is_sysadmin"]
    search_fields = ["username", "name"]
    list_select_related = ["department"]

    @admin.display(description="权限")
    def role_names(self, obj: User) -> str:
        """Roles in words."""
        return "、".join(role.label for role in obj.roles) or "—"

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Through the services, so that powers stay separate and the trail is complete."""
        from registry.services.accounts import FLAGS  # noqa: PLC0415 -- the table of the service, not of this page

        data = form.cleaned_data
        roles = [role for role, flag in FLAGS.items() if data[flag]]
        if change:
            set_roles(
                actor=request.user,
                user=obj,
                roles=roles,
                department=data["department"],
                active=data["is_active"],
                name=data["name"],
                reason=data["repair_reason"],
            )
            return
        made, password = create_account(
            actor=request.user,
            username=data["username"],
            name=data["name"],
            department=data["department"],
            roles=roles,
        )
        obj.pk = made.pk
        words = f"账号“{made.username}”已开设，一次性密码：{password}（只显示这一次，请当面交给本人）。"
        self.message_user(request, words)


@admin.register(Inspector)
class InspectorAdmin(RepairAdmin):
    """Inspectors."""

    list_display = ["name", "department", "badge", "badge_valid_until", "status"]
    list_filter = ["department", "status"]
    search_fields = ["name", "badge"]
    list_select_related = ["department"]
    autocomplete_fields = ["user"]


@admin.register(Recusal)
class RecusalAdmin(RepairAdmin):
    """Recusals."""

    list_display = ["inspector", "enterprise", "reason", "accepted", "declared_at"]
    list_select_related = ["inspector", "enterprise"]
    autocomplete_fields = ["inspector", "enterprise", "declared_by", "decided_by"]


class LicenceInline(admin.TabularInline):
    """Licences of an enterprise, to look at beside it."""

    model = Licence
    extra = 0
    can_delete = False
    max_num = 0


@admin.register(Enterprise)
class EnterpriseAdmin(RepairAdmin):
    """Enterprises."""

    list_display = ["uscc", "name", "status", "authority", "registered_on"]
    list_filter = ["status", "entity_type", "industries"]
    search_fields = ["uscc", "name"]
    readonly_fields = ["uscc"]
    inlines = [LicenceInline]


@admin.register(Licence)
class LicenceAdmin(RepairAdmin):
    """Licences."""

    list_display = ["enterprise", "name", "number", "valid_until"]
    search_fields = ["number", "enterprise__name"]
    list_select_related = ["enterprise"]
    autocomplete_fields = ["enterprise"]


@admin.register(InspectionItem)
class InspectionItemAdmin(RepairAdmin):
    """Inspection items."""

    list_display = ["code", "name", "department", "priority", "effective_from", "active"]
    list_filter = ["department", "priority", "active"]
    search_fields = ["code", "name"]
    list_select_related = ["department"]


@admin.register(LegalBasis)
class LegalBasisAdmin(RepairAdmin):
    """Legal bases."""

    list_display = ["item", "law", "duty_articles", "penalty_articles", "version", "verified"]
    list_filter = ["verified"]
    search_fields = ["law", "item__code", "item__name"]
    list_select_related = ["item"]
    autocomplete_fields = ["item"]


for plain_model in (Industry, Specialty, RiskScheme, RiskLevel):
    admin.site.register(plain_model, RepairAdmin)

read_only(RiskRating, list_display=["enterprise", "scheme", "level", "as_of", "is_current"])
read_only(PastInspection, list_display=["enterprise", "department", "day", "source", "result"])
read_only(AuditEvent, list_display=["stream", "seq", "at", "actor_name", "action", "object_text", "reason"])
read_only(AuditHead, list_display=["stream", "seq", "head"])
read_only(Job, list_display=["task", "object_id", "state", "attempts", "created_at", "error"])
read_only(OperationKey, list_display=["key", "action", "user", "at"])
read_only(ImportBatch, list_display=["kind", "filename", "state", "uploaded_by", "uploaded_at"])
read_only(CalendarYear, list_display=["year", "notice", "version", "loaded_at"])
read_only(CalendarDay, list_display=["day", "kind", "name"])
