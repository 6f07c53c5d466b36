"""Columns that are computed from another one whenever a row is written: by ``save`` and by ``bulk_create`` alike."""

from collections.abc import Callable
from typing import Any

from django.db import models


class KeyField(models.CharField):
    """``by(the value of the field named of)``, cut to ``max_length``. Not written by ``update()``: see
    tests/registry/test_keys.py. For migrations it is an ordinary column."""

    def __init__(self, *args: Any, of: str = "", by: Callable[[str], str] | None = None, **kwargs: Any) -> None:
        kwargs.update(blank=True, editable=False)
        super().__init__(*args, **kwargs)
        self.of, self.by = of, by

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """As the plain column that it is in the database."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Compute it anew, whatever the object says."""
        assert self.by is not None  # noqa: S101 -- only the states of migrations lack it, and they are plain columns
        value = self.by(getattr(model_instance, self.of))[: self.max_length]
        setattr(model_instance, self.attname, value)
        return value


class Keyed(models.Model):
    """A row with such columns: ``save(update_fields=…)`` writes the key with what it is made of."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        """With the keys of what is written."""
        if update_fields is not None:
            keys = [field for field in self._meta.concrete_fields if isinstance(field, KeyField)]
            update_fields = {*update_fields, *(field.name for field in keys if field.of in update_fields)}
        super().save(*args, update_fields=update_fields, **kwargs)
