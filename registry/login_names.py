"""Login names: one spelling for storing and for signing in, and one that a person can type for every inspector."""

import re
import unicodedata
from collections.abc import Collection

UNSEEN = {"Cf", "Cc", "Zs", "Zl", "Zp"}  # marks of width nothing, controls and blanks of every kind
TYPED = re.compile(r"[^0-9a-z]")
SHORTEST = 4


def folded_login(text: str) -> str:
    """A login name as it is stored and looked up: full and half width alike, nothing in it that nobody sees."""
    return "".join(char for char in unicodedata.normalize("NFKC", text) if unicodedata.category(char) not in UNSEEN)


def login_for(*, name: str, badge: str, taken: Collection[str]) -> str:
    """What an inspector signs in with: letters and digits of the certificate's number, else the name; numbered when
    ``taken`` (lower case) holds it."""
    plain = TYPED.sub("", folded_login(badge).lower())
    base = plain if len(plain) >= SHORTEST else folded_login(name)
    found, number = base, 1
    while found.lower() in taken:
        number += 1
        found = f"{base}-{number}"
    return found
