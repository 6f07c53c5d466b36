"""The repair site: for the system administrator only, behind the ordinary sign-in."""

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from registry.enums import Role
from registry.models import User


class RepairSite(AdminSite):
    """Chinese repair screens; every change asks a reason and goes to the audit trail (registry.admin.RepairAdmin)."""

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
