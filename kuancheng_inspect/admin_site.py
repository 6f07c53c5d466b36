"""The repair site: for the system administrator only, behind the ordinary sign-in."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from registry.enums import Role
from registry.models import User

# What belongs together for the person who mends it; models by label.
GROUPS = {
    "部门和账号": ["registry.Department", "registry.User"],
    "企业": [
        "registry.Enterprise", "registry.Licence", "registry.Industry", "registry.RiskScheme", "registry.RiskLevel",
    ],
    "检查人员": ["registry.Inspector", "registry.Recusal", "registry.Specialty"],
    "抽查事项": ["registry.InspectionItem", "registry.LegalBasis", "inspections.ReasonPhrase"],
    "任务和检查": ["sampling.Plan", "inspections.Approval", "inspections.FollowUp"],
    "只供查看": [
        "registry.RiskRating", "registry.PastInspection", "registry.ImportBatch", "registry.CalendarYear",
        "registry.CalendarDay", "registry.CountyProfile", "sampling.Roster", "sampling.Draw", "sampling.Selection",
        "sampling.TeamMember", "sampling.DrawEvent", "inspections.InspectionRecord", "inspections.DepartmentSection",
        "inspections.Confirmation", "inspections.Review", "inspections.Evidence", "publicity.Publication",
        "publicity.ExportJob", "publicity.Feedback",
    ],
}  # fmt: skip


class RepairSite(AdminSite):
    """Chinese repair screens; every change asks a reason and goes to the audit trail (registry.repair.RepairAdmin)."""

    site_header = "数据修复"
    site_title = "数据修复"
    index_title = "修复数据须写明理由，每次改动都会记入操作记录"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Active system administrators."""
        user = request.user
        return isinstance(user, User) and Role.SYSADMIN in user.roles

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Sign in through the ordinary page (limits, second factor); a signed-in stranger is refused."""
        if request.user.is_authenticated:
            raise PermissionDenied("数据修复只对系统管理员开放。")
        return redirect_to_login(request.get_full_path())

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """By what things are for; tables that only programs read are reached from nowhere."""
        if app_label is not None:
            return super().get_app_list(request, app_label)
        known = {
            row["model"]._meta.label: row for app in self._build_app_dict(request).values() for row in app["models"]
        }
        index = reverse("admin:index", current_app=self.name)
        return [
            {
                "name": name,
                "app_label": f"group{number}",
                "app_url": f"{index}#group{number}",
                "has_module_perms": True,
                "models": [known[label] for label in labels if label in known],
            }
            for number, (name, labels) in enumerate(GROUPS.items())
        ]
