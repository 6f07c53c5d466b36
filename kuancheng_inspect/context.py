"""What every page needs around its content: navigation by role, brand, demo badge, clock, chain head."""

import functools
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject

import kuancheng_inspect
from registry import clock, county
from registry.enums import Role
from registry.models import User

DESK: dict[Role, list[tuple[str, str, str]]] = {
    Role.LEAD: [
        ("待办", "home", ""),
        ("计划", "sampling:plan_list", "/jihua/"),
        ("名录", "registry:enterprise_list", "/mingku/"),
        ("进度", "inspections:progress", "/jiancha/jindu/"),
        ("公示", "publicity:publish_list", "/gongshi/"),
        ("统计", "publicity:stats_overview", "/tongji/"),
        ("日历", "registry:calendar", "/mingku/rili/"),
    ],
    Role.DEPT_ADMIN: [
        ("待办", "home", ""),
        ("待确认", "inspections:task_inbox", "/jiancha/queren/"),
        ("任务", "inspections:task_list", "/jiancha/renwu/"),
        ("人员", "registry:inspector_list", "/mingku/renyuan/"),
        ("统计", "publicity:stats_overview", "/tongji/"),
        ("导出", "publicity:export_list", "/daochu/"),
    ],
    Role.AUDITOR: [
        ("待办", "home", ""),
        ("计划", "sampling:plan_list", "/jihua/"),
        ("检查", "inspections:task_list", "/jiancha/"),
        ("操作记录", "registry:audit_log", "/mingku/jilu/"),
        ("统计", "publicity:stats_overview", "/tongji/"),
        ("导出", "publicity:export_list", "/daochu/"),
    ],
    Role.SYSADMIN: [
        ("待办", "home", ""),
        ("账号", "registry:account_list", "/mingku/zhanghao/"),
        ("本县", "registry:county", "/mingku/benxian/"),
        ("人员", "registry:inspector_list", "/mingku/renyuan/"),
        ("日历", "registry:calendar", "/mingku/rili/"),
        ("操作记录", "registry:audit_log", "/mingku/jilu/"),
        ("数据修复", "admin:index", "/xiufu/"),
    ],
    Role.INSPECTOR: [
        ("今日", "inspections:record_today", "/jiancha/phone/"),
        ("任务", "inspections:record_list", "/jiancha/phone/renwu/"),
        ("待同步", "inspections:record_queue", "/jiancha/phone/daitongbu/"),
        ("我的", "inspections:record_me", "/jiancha/phone/wode/"),
    ],
}
PUBLIC_NAV = [
    ("首页", "publicity:home", ""),
    ("抽查计划", "publicity:plan_list", "/gs/jihua/"),
    ("抽取公示", "publicity:draw_list", "/gs/chouqu/"),
    ("检查结果", "publicity:result_list", "/gs/jieguo/"),
    ("查企业", "publicity:enterprise", "/gs/qiye/"),
    ("说明", "publicity:method", "/gs/shuoming/"),
]


@dataclass(frozen=True)
class Entry:
    """One entry of the navigation bar."""

    label: str
    url: str
    active: bool
    icon: str = ""
    badge: int = 0


def _entries(items: list[tuple[str, str, str]], path: str) -> list[Entry]:
    found: list[tuple[str, str, str]] = []
    for label, name, prefix in items:
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        found.append((label, url, prefix or url))
    matching = [prefix for _, url, prefix in found if path == url or (prefix != "/" and path.startswith(prefix))]
    best = max(matching, key=len, default="")
    return [Entry(label, url, prefix == best and bool(best)) for label, url, prefix in found]


def main_role(user: User) -> Role | None:
    """The role whose desk a person sees first."""
    order = [Role.LEAD, Role.DEPT_ADMIN, Role.AUDITOR, Role.SYSADMIN, Role.INSPECTOR]
    return next((role for role in order if role in user.roles), None)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The variables base.html, base_public.html and base_phone.html use (docs/ui.md)."""
    user = getattr(request, "user", None)
    role = main_role(user) if isinstance(user, User) else None
    mine = functools.cache(county.current)  # one look for a page, and none for a page that names nothing of it
    return {
        "nav": _entries(DESK[role], request.path) if role else [],
        "public_nav": _entries(PUBLIC_NAV, request.path),
        "phone_nav": _entries(DESK[Role.INSPECTOR], request.path),
        "phone_offline": settings.PHONE_OFFLINE,
        "main_role": role,
        "brand_name": settings.BRAND_NAME,
        "county_name": SimpleLazyObject(lambda: mine().name),
        "complaint_phone": SimpleLazyObject(lambda: mine().complaint_phone),
        "demo": settings.DEMO,
        "clock_banner": clock.now() if clock.is_pinned() else None,
        "today": clock.today(),
        "version": kuancheng_inspect.__version__,
        "request_id": getattr(request, "request_id", ""),
    }
