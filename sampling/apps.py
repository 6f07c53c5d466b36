"""App registration."""

from django.apps import AppConfig


class SamplingConfig(AppConfig):
    """计划与抽取."""

    name = "sampling"
    verbose_name = "计划与抽取"
