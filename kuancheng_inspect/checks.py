"""Start-up checks: a page without an access rule stops the start; what would fail later only warns."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register
from django.core.checks import Warning as CheckWarning
from django.urls import URLPattern, URLResolver, get_resolver

OWN = ("registry", "sampling", "inspections", "publicity", "kuancheng_inspect")


def walk(resolver: URLResolver, prefix: str = "", namespace: str = "") -> list[tuple[str, str, Any]]:
    """All URL patterns as (name with namespace, route, view), the admin's left out."""
    found: list[tuple[str, str, Any]] = []
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            if entry.app_name == "admin":
                continue
            inner = ":".join(part for part in (namespace, entry.namespace or "") if part)
            found += walk(entry, route, inner)
        elif isinstance(entry, URLPattern):
            name = ":".join(part for part in (namespace, entry.name or "") if part)
            found.append((name, route, entry.callback))
    return found


@register()
def every_view_has_a_rule(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Each of our own views carries ``@requires`` and each URL a name."""
    errors = []
    for name, route, view in walk(get_resolver()):
        module = getattr(view, "__module__", "")
        if module.split(".")[0] not in OWN:
            continue
        if not hasattr(view, "access"):
            errors.append(Error(f"{route}: view {view.__qualname__} has no @requires rule", id="inspect.E001"))
        if not name or name.endswith(":"):
            errors.append(Error(f"{route}: URL without a name", id="inspect.E002"))
    return errors


@register()
def excel_is_defused(app_configs: Any, **kwargs: Any) -> list[Error]:
    """openpyxl must parse XML through defusedxml (trust.md X3)."""
    import openpyxl  # noqa: PLC0415 -- slow import, only here

    return [] if openpyxl.DEFUSEDXML else [Error("defusedxml is not in use by openpyxl", id="inspect.E003")]


@register()
def pdf_library_subsets_quickly(app_configs: Any, **kwargs: Any) -> list[Any]:
    """Without libharfbuzz-subset0 a PDF takes 15 s instead of 0.2 s (stack.md §3)."""
    try:
        from weasyprint.text.ffi import harfbuzz_subset  # noqa: PLC0415 -- needs distribution libraries
    except OSError as error:
        return [CheckWarning(f"打印库不可用：{error}", hint="安装 libpango-1.0-0 libpangoft2-1.0-0", id="inspect.W001")]
    if not harfbuzz_subset:
        return [CheckWarning("缺少 libharfbuzz-subset0，PDF 会慢 70 倍", id="inspect.W002")]
    return []


@register(deploy=True)
def production_is_not_a_demonstration(app_configs: Any, **kwargs: Any) -> list[Any]:
    """Demonstration and test switches must be off in production."""
    if settings.DEMO or settings.TESTING or settings.DEBUG:
        return [CheckWarning("DEMO、TESTING、DEBUG 都应关闭", id="inspect.W003")]
    return []
