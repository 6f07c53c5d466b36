"""What several reports stand on."""

import datetime as dt

import pytest


@pytest.fixture
def registry_data(db: None) -> None:
    """Departments, industries and schemes, on a day of June 2024."""
    from registry import clock
    from registry.services import reference
    from tests.factories import SHANGHAI

    clock.pin(dt.datetime(2024, 6, 3, 9, 0, tzinfo=SHANGHAI), running=False)
    for load in (reference._departments, reference._industries, reference._schemes):
        load()
