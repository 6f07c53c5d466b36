"""Login names: one that a person can type for every inspector. How they are spelled says `registry.text`."""

import re
from collections.abc import Collection

from registry.text import account_name

TYPED = re.compile(r"[^0-9a-z]")
SHORTEST = 4


def login_for(*, name: str, badge: str, taken: Collection[str]) -> str:
    """What an inspector signs in with: letters and digits of the certificate's number, else the name; numbered when
    ``taken`` (lower case) holds it."""
    plain = TYPED.sub("", account_name(badge).lower())
    base = plain if len(plain) >= SHORTEST else account_name(name)
    found, number = base, 1
    while found.lower() in taken:
        number += 1
        found = f"{base}-{number}"
    return found
