"""Reveal personal data of a retail user to one person for a few minutes, for a reason in the audit trail.

The trail also has each search for a whole PAN or mobile number by a person who sees them masked, and each export that
shows personal data. All three are bounded for a person and hour: what a day's calls need, and nothing like all clients.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from backoffice.audit.models import Entry
from backoffice.audit.operations import record
from backoffice.audit.refusals import refused
from backoffice.free_text import checked
from backoffice.kit import privacy
from backoffice.logins.subjects import subject_of

if TYPE_CHECKING:
    from backoffice.logins.models import User

REVEALED, LOOKED_UP, TOO_MANY = "privacy.revealed", "privacy.looked_up", "privacy.too_many"
#: How many reveals, searches for whole values, and unmasked exports a person who gives reasons has in an hour.
MOST_AN_HOUR = 60
HOUR = timedelta(hours=1)
#: A search for the same value within so many seconds is the same search: suggestions, then the page of results.
SAME_SEARCH = 300


def hide(request: HttpRequest, lane: str) -> None:
    """End a reveal early."""
    still = request.session.get(privacy.SESSION_KEY, {})
    request.session[privacy.SESSION_KEY] = {other: until for other, until in still.items() if other != lane}


def reveal(request: HttpRequest, lane: str, reason: str) -> None:
    """Reveal the retail user's personal data to this person for `privacy.MINUTES`, and record why.

    Raises PermissionDenied for people who may never see it, ValueError for a missing or overlong reason, for a
    lane that does not exist, and after too many reveals.
    """
    if not privacy.sees(request.user):
        raise PermissionDenied
    reason = checked(reason, ValueError, "Give a reason: the audit trail keeps it.")
    if not privacy.known(lane, request.user):
        raise ValueError(
            "Nothing was shown: no retail user of this name is known here. Reveal from the retail user's own page."
        )
    if _too_many(request.user, Q(action=REVEALED), "reveals of personal data"):  # type: ignore[arg-type]  # nobody anonymous has the permission
        raise ValueError(
            f"Nothing was shown: you have revealed the data of {MOST_AN_HOUR} retail users within an hour. Wait, and "
            "ask compliance if you need more."
        )
    record(
        REVEALED,
        by=request.user,  # type: ignore[arg-type]  # nobody anonymous has the permission
        subject=lane,
        text=f"Personal data of {lane} shown for {privacy.MINUTES} minutes.",
        reason=reason,
    )
    now = timezone.now().timestamp()
    still = {
        other: until for other, until in request.session.get(privacy.SESSION_KEY, {}).items() if until > now
    }
    request.session[privacy.SESSION_KEY] = {**still, lane: now + privacy.MINUTES * 60}


def may_look_up(person: "User", text: str) -> bool:
    """Record a search for a whole PAN or mobile number. False after too many: then nothing may be searched for it."""
    key = f"looked-up/{person.pk}/{salted_hmac('looked-up', text.upper()).hexdigest()}"
    if cache.get(key):
        return True
    if _too_many(person, Q(action=LOOKED_UP), "searches for whole personal values"):
        return False
    cache.set(key, True, SAME_SEARCH)
    words = "Searched for a retail user by a whole PAN, mobile number or e-mail address."
    record(LOOKED_UP, by=person, subject=subject_of(person), text=words)
    return True


def may_export(person: "User") -> bool:
    """Whether a person may export personal data unmasked now. Whoever gives a reason for it has a limit an hour."""
    if not privacy.gives_reason(person):
        return privacy.sees(person)
    return not _too_many(person, Q(details__personal_data=True), "exports of personal data")


def _too_many(person: "User", which: Q, what: str) -> bool:
    """Whether a person has used up the hour, which is recorded for compliance. `which`: the entries that count."""
    since = timezone.now() - HOUR
    own = Entry.objects.filter(which, by_name=person.get_username(), at__gte=since)
    if own[:MOST_AN_HOUR].count() < MOST_AN_HOUR:
        return False
    name = person.get_username()
    refused(
        TOO_MANY,
        subject=name,
        text=f"{name} has had {MOST_AN_HOUR} {what} within an hour; more were refused.",
    )
    return True
