"""A fresh clone needs no preparation: commands make the embedded database ready themselves."""

from django.core.management import call_command
from django.db import connection

from registry.models import CalendarYear, Enterprise, RiskScheme
from registry.services import load_reference_data


def ensure_prepared() -> None:
    """Make the tables if there are none at all, load reference data if none is there. A database that has tables is
    never migrated behind its owner's back."""
    if Enterprise._meta.db_table not in connection.introspection.table_names():
        call_command("migrate", verbosity=0, interactive=False)
    if not RiskScheme.objects.exists() or not CalendarYear.objects.exists():
        load_reference_data(actor=None)
