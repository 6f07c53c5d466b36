"""App registration."""

from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    """一企一表."""

    name = "inspections"
    verbose_name = "一企一表"
