"""Who leans on a row: what must not change any more because something later was built on it."""

from collections.abc import Iterable

from django.db import models


def leans_on(obj: models.Model, apps: Iterable[str], leave: Iterable[str] = ()) -> bool:
    """Whether rows of these apps refer to ``obj``; ``leave``: models that do not count."""
    wanted, spared = set(apps), set(leave)
    for relation in obj._meta.related_objects:
        model = relation.related_model
        if model._meta.app_label not in wanted or model.__name__ in spared:
            continue
        if model._default_manager.filter(**{relation.field.name: obj.pk}).exists():
            return True
    return False
