"""App registration."""

from django.apps import AppConfig


class PublicityConfig(AppConfig):
    """公示与统计."""

    name = "publicity"
    verbose_name = "公示与统计"
