"""Who may try a password now: a brake for whoever guesses, which never becomes a lock for the owner (ADR 0008).

Three measures, each of a place or of an account, never of both people at once:

- one place at one account: from the fifth wrong password on it waits, 1, 2, 4, 8, 15 minutes;
- one address at all accounts: 50 wrong passwords in a quarter of an hour (a sprayer), unless the browser is known;
- one account from all places that are not known to it: 100 wrong passwords in an hour (ASVS 4.0 2.2.1), unless a
  one-time password is out, which nobody guesses.

A browser in which the account signed in before is known: strangers' failures do not touch it.
"""

import datetime as dt
import hashlib
import hmac
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from registry import clock
from registry.models import SignInFailure, User

FREE = 5
WAITS = (1, 2, 4, 8, 15)  # minutes
SPRAY, SPRAY_SPAN = 50, dt.timedelta(minutes=15)
GUESSES, GUESS_SPAN = 100, dt.timedelta(hours=1)
KEPT = dt.timedelta(days=7)


@dataclass(frozen=True)
class Caller:
    """Who asks to sign in: the name typed, the address, and the accounts that this browser signed in before."""

    login: str
    address: str
    known: frozenset[int]

    @property
    def name(self) -> str:
        """The login name as failures are counted under."""
        return self.login.lower()[:150]


def _hashed(what: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), what.encode(), hashlib.sha256).hexdigest()


def _account(caller: Caller) -> User | None:
    return User.objects.filter(username__iexact=caller.login).first()


def _is_known(caller: Caller, account: User | None) -> bool:
    return account is not None and account.pk in caller.known


def _place(caller: Caller, account: User | None) -> str:
    known = _is_known(caller, account)
    return _hashed(f"browser/{account.pk}" if known and account else f"address/{caller.address}")


def seconds_to_wait(caller: Caller) -> int:
    """0 when a password may be tried now, else in how many seconds. The same for a name that nobody has."""
    now, account = clock.now(), _account(caller)
    own = SignInFailure.objects.filter(login=caller.name, place=_place(caller, account)).first()
    waits = [0]
    if own is not None and own.failures >= FREE:
        minutes = WAITS[min(own.failures - FREE, len(WAITS) - 1)]
        waits.append(_left(own.last_at + dt.timedelta(minutes=minutes), now))
    if not _is_known(caller, account):
        waits.append(_spread(_hashed(f"address/{caller.address}"), now))
        if account is None or not account.must_change_password:
            waits.append(_guessed(caller.name, now))
    return max(waits)


def _left(until: dt.datetime, now: dt.datetime) -> int:
    return max(0, -int((now - until) // dt.timedelta(seconds=1)))


def _spread(place: str, now: dt.datetime) -> int:
    """An address that tries many names."""
    rows = SignInFailure.objects.filter(place=place, last_at__gt=now - SPRAY_SPAN)
    count = rows.aggregate(sum=Sum("failures"))["sum"] or 0
    return _left(rows.latest("last_at").last_at + SPRAY_SPAN, now) if count >= SPRAY else 0


def _guessed(name: str, now: dt.datetime) -> int:
    """An account that is tried from many places."""
    rows = SignInFailure.objects.filter(login=name, last_at__gt=now - GUESS_SPAN)
    count = rows.aggregate(sum=Sum("failures"))["sum"] or 0
    return _left(rows.earliest("last_at").last_at + GUESS_SPAN, now) if count >= GUESSES else 0


@transaction.atomic
def note_failure(caller: Caller) -> None:
    """One more wrong password from this place; what is older than a week goes."""
    now, key = clock.now(), {"login": caller.name, "place": _place(caller, _account(caller))}
    SignInFailure.objects.filter(last_at__lt=now - KEPT).delete()
    row, made = SignInFailure.objects.get_or_create(**key, defaults={"failures": 1, "last_at": now})
    if not made:
        SignInFailure.objects.filter(pk=row.pk).update(failures=F("failures") + 1, last_at=now, told=False)


@transaction.atomic
def note_success(caller: Caller) -> int:
    """The right password: the place starts anew. How many wrong ones came from elsewhere since the owner was told."""
    account = _account(caller)
    rows = SignInFailure.objects.filter(login=caller.name)
    rows.filter(place=_place(caller, account)).delete()
    elsewhere = rows.filter(told=False)
    count: int = elsewhere.aggregate(sum=Sum("failures"))["sum"] or 0
    elsewhere.update(told=True)
    return count


def forgive(user: User) -> None:
    """Nothing is held against this account any more: the administrator has handed out its access anew."""
    SignInFailure.objects.filter(login=user.username.lower()[:150]).delete()
