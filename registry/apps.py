"""App registration."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """一单两库."""

    name = "registry"
    verbose_name = "名录与日历"
