"""Repair screens of the registry; the base is registry/repair.py."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from registry import clock
from registry import webforms as forms
from registry.enums import CheckMethod, EntityType, Role
from registry.models import (
    AuditEvent,
    AuditHead,
    CalendarDay,
    CalendarYear,
    CountyProfile,
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
from registry.repair import LinesField, LookBeside, ReasonForm, RepairAdmin, read_only
from registry.services import create_account, set_roles
from registry.services.departments import was_frozen
from registry.services.leaning import leans_on
from registry.uscc import UsccError, clean_uscc


@admin.register(Department)
class DepartmentAdmin(RepairAdmin):
    """Departments."""

    list_display = ["order", "code", "name", "short_name", "active"]
    list_display_links = ["name"]
    settled = ("code",)

    def is_settled(self, obj: Department) -> bool:
        """The code stands in the files of every draw the department took part in."""
        return was_frozen(obj)


class UserForm(ReasonForm):
    """An account: everything goes through the account services."""

    class Meta:
        model = User
        fields = [
            "username", "name", "department", "is_lead", "is_dept_admin", "is_inspector", "is_auditor", "is_sysadmin",
            "is_active",
        ]  # fmt: skip
        labels = {"is_active": "可以登录"}
        help_texts = {"is_active": "不再使用的账号取消勾选；账号不删除，做过的事都还记在名下。"}


@admin.register(User)
class UserAdmin(RepairAdmin):
    """Accounts are made with a one-time password, shown once after saving."""

    form = UserForm
    stream = "accounts"
    settled = ("username",)
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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """An account has no links, and its services have written the trail."""


class InspectorForm(ReasonForm):
    """A person and, when there is one, the account that belongs to this person."""

    def clean(self) -> dict[str, Any]:
        """An account of another department, or without the role, would leave this person without work on the phone."""
        data = super().clean() or {}
        user, department = data.get("user"), data.get("department")
        if user and Role.INSPECTOR not in user.roles:
            self.add_error("user", f"账号“{user.username}”没有执法检查人员的权限，请先在账号里勾选。")
        elif user and department and user.department_id != department.pk:
            self.add_error("user", f"账号“{user.username}”属于{user.department}，与人员的部门不一致，请核对。")
        away = ("unavailable_from", "unavailable_to")
        if data.get(away[1]) and not data.get(away[0]):
            self.add_error(away[0], "填了“不在岗至”，请也写明从哪一天开始。")
        return data


@admin.register(Inspector)
class InspectorAdmin(RepairAdmin):
    """Inspectors."""

    form = InspectorForm
    list_display = ["name", "department", "badge", "badge_valid_until", "status"]
    list_filter = ["department", "status"]
    search_fields = ["name", "badge"]
    list_select_related = ["department"]
    autocomplete_fields = ["user"]
    deletable = True


@admin.register(Recusal)
class RecusalAdmin(RepairAdmin):
    """Recusals."""

    list_display = ["inspector", "enterprise", "reason", "accepted", "declared_at"]
    list_select_related = ["inspector", "enterprise"]
    autocomplete_fields = ["inspector", "enterprise", "declared_by", "decided_by"]


class LicenceInline(LookBeside):
    """Licences of an enterprise, to look at beside it."""

    model = Licence


class EnterpriseForm(ReasonForm):
    """The code may be typed as it stands on the paper; it is kept in its normal form."""

    uscc = forms.CharField(
        label="统一社会信用代码", max_length=40, help_text="18 位，照营业执照填写；抽取过的企业不能再改代码。"
    )

    def clean_uscc(self) -> str:
        """The normal form, or what is wrong with it."""
        try:
            return clean_uscc(self.cleaned_data["uscc"])
        except UsccError as error:
            raise ValidationError(f"{error}。") from None


@admin.register(Enterprise)
class EnterpriseAdmin(RepairAdmin):
    """Enterprises."""

    form = EnterpriseForm
    list_display = ["uscc", "name", "status", "authority", "registered_on"]
    list_display_links = ["uscc", "name"]
    list_filter = ["status", "entity_type", "industries"]
    search_fields = ["uscc", "name"]
    exclude = ["updated_at"]
    inlines = [LicenceInline]
    settled = ("uscc",)
    deletable = True

    def is_settled(self, obj: Enterprise) -> bool:
        """The code stands in the files of the draw that picked it."""
        return leans_on(obj, ["sampling"])

    def derive(self, obj: Enterprise) -> list[str]:
        """That the row is new."""
        obj.updated_at = clock.now()
        return ["updated_at"]


@admin.register(Licence)
class LicenceAdmin(RepairAdmin):
    """Licences."""

    list_display = ["enterprise", "name", "number", "valid_until"]
    list_display_links = ["name", "number"]
    search_fields = ["number", "enterprise__name"]
    list_select_related = ["enterprise"]
    autocomplete_fields = ["enterprise"]
    deletable = True


class ItemForm(ReasonForm):
    """检查内容及要求 is kept as one text with ； between the points; it is typed one a line."""

    check_points = LinesField(joined="；", label="检查内容及要求", required=False)


@admin.register(InspectionItem)
class InspectionItemAdmin(RepairAdmin):
    """Inspection items."""

    form = ItemForm
    list_display = ["code", "name", "department", "priority", "effective_from", "active"]
    list_display_links = ["code", "name"]
    list_filter = ["department", "priority", "active"]
    search_fields = ["code", "name"]
    list_select_related = ["department"]
    choice_lists = {"methods": CheckMethod.choices, "entity_types": EntityType.choices}
    deletable = True


class BasisForm(ReasonForm):
    """A legal basis; pages put 《》 around the law themselves."""

    def clean_law(self) -> str:
        """The law without its brackets."""
        return str(self.cleaned_data["law"]).strip("《》 ")


@admin.register(LegalBasis)
class LegalBasisAdmin(RepairAdmin):
    """Legal bases."""

    form = BasisForm
    list_display = ["item", "law", "duty_articles", "penalty_articles", "version", "verified"]
    list_display_links = ["law"]
    list_filter = ["verified"]
    search_fields = ["law", "item__code", "item__name"]
    list_select_related = ["item"]
    autocomplete_fields = ["item"]
    deletable = True


class IndustryForm(ReasonForm):
    """An industry; a word of the tables means one industry only."""

    def clean_aliases(self) -> list[str]:
        """Words that already mean another industry are refused by name."""
        words: list[str] = self.cleaned_data["aliases"]
        for other in Industry.objects.exclude(pk=self.instance.pk):
            if taken := {other.name, *other.aliases} & set(words):
                raise ValidationError(f"“{'、'.join(sorted(taken))}”已经表示“{other.name}”，一种写法只能表示一个行业。")
        return words


@admin.register(Industry)
class IndustryAdmin(RepairAdmin):
    """Industries; the code is what links an industry to everything."""

    form = IndustryForm
    list_display = ["order", "code", "name"]
    list_display_links = ["code", "name"]
    settled = ("code",)
    deletable = True


@admin.register(Specialty)
class SpecialtyAdmin(RepairAdmin):
    """Specialties."""

    list_display = ["code", "name"]
    list_display_links = ["code", "name"]
    deletable = True


@admin.register(RiskScheme)
class RiskSchemeAdmin(RepairAdmin):
    """Grading schemes."""

    list_display = ["order", "code", "name", "source"]
    list_display_links = ["code", "name"]
    deletable = True


@admin.register(RiskLevel)
class RiskLevelAdmin(RepairAdmin):
    """Levels of a scheme; plans set their rates by the code."""

    list_display = ["scheme", "code", "name", "order"]
    list_display_links = ["code", "name"]
    list_select_related = ["scheme"]
    settled = ("scheme", "code")
    deletable = True

    def is_settled(self, obj: RiskLevel) -> bool:
        """Enterprises are graded by it, or plans use the scheme."""
        return leans_on(obj, ["registry"]) or leans_on(obj.scheme, ["sampling"])


read_only(RiskRating, list_display=["enterprise", "scheme", "level", "as_of", "is_current"])
read_only(PastInspection, list_display=["enterprise", "department", "day", "source", "result"])
read_only(AuditEvent, list_display=["stream", "seq", "at", "actor_name", "action", "object_text", "reason"])
read_only(AuditHead, list_display=["stream", "seq", "head"])
read_only(Job, list_display=["task", "object_id", "state", "attempts", "created_at", "error"])
read_only(OperationKey, list_display=["key", "action", "user", "at"])
read_only(ImportBatch, list_display=["kind", "filename", "state", "uploaded_by", "uploaded_at"])
read_only(CountyProfile, list_display=["name", "region_code", "complaint_phone", "since", "saved_by"])
read_only(CalendarYear, list_display=["year", "notice", "version", "loaded_at"])
read_only(CalendarDay, list_display=["day", "kind", "name"])
