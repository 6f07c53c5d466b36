"""Which county this is: the one place where its name, region code, upstream platform and complaint telephone come from.

The environment says until somebody saves 本县设置; from then on the table does. A paper of the past asks for its own
moment, so that a county renamed later does not rename what was frozen or dispatched before.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError

from registry.statements import first, moment

NAMES = ("name", "region_code", "upstream_platform", "complaint_phone")
NOW = (
    "SELECT name, region_code, upstream_platform, complaint_phone FROM registry_countyprofile "
    "ORDER BY since DESC, id DESC LIMIT 1"
)
THEN = (
    "SELECT name, region_code, upstream_platform, complaint_phone FROM registry_countyprofile WHERE since <= %s "
    "ORDER BY since DESC, id DESC LIMIT 1"
)
FIRST = (
    "SELECT name, region_code, upstream_platform, complaint_phone FROM registry_countyprofile "
    "ORDER BY since, id LIMIT 1"
)


@dataclass(frozen=True)
class County:
    """What the office says of itself."""

    name: str
    region_code: str
    upstream_platform: str
    complaint_phone: str


def initial() -> County:
    """What the environment says: a fresh installation, before anybody has saved 本县设置."""
    return County(settings.COUNTY_NAME, settings.REGION_CODE, settings.UPSTREAM_PLATFORM, settings.COMPLAINT_PHONE)


def current() -> County:
    """The county as it is now. With the database away, what the environment says: an error page needs a name too."""
    try:
        row = first(NOW, [])
    except (OperationalError, InterfaceError):
        return initial()
    return County(*row) if row else initial()


def at(when: dt.datetime | None) -> County:
    """The county as it was at a moment (None: now); what came before the first row was the first row's."""
    if when is None:
        return current()
    row = first(THEN, [moment(when)]) or first(FIRST, [])
    return County(*row) if row else initial()
