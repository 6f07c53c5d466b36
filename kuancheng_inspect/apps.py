"""The project's own app configs."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class ProjectConfig(AppConfig):
    """Registers the start-up checks; has no models."""

    name = "kuancheng_inspect"
    verbose_name = "双随机联合抽查"

    def ready(self) -> None:
        from kuancheng_inspect import checks  # noqa: F401, PLC0415 -- registers the checks


class AdminConfig(DjangoAdminConfig):
    """Our repair site instead of the default admin site."""

    default_site = "kuancheng_inspect.admin_site.RepairSite"
