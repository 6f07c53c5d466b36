"""The project's own app configs."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class ProjectConfig(AppConfig):
    """Registers the start-up checks; has no models."""

    name = "kuancheng_inspect"
    verbose_name = "双随机联合抽查"

    def ready(self) -> None:
        from kuancheng_inspect import checks  # noqa: F401, PLC0415 -- registers the checks


class AdminConfig(DjangoAdminConfig):
    """Our repair site instead of the default admin site."""

    default_site = "kuancheng_inspect.admin_site.RepairSite"


class StaticConfig(StaticFilesConfig):
    """Leaves out what no page loads: extensions of htmx import a file their package does not hold."""

    ignore_patterns = [*StaticFilesConfig.ignore_patterns, "ext"]
