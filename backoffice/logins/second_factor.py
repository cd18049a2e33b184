"""Who needs a second factor, and which of its codes are valid."""

from typing import TYPE_CHECKING, Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.db import transaction

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from backoffice.logins.models import User

#: People with one of these permissions need a second factor: approving messages, dealing for clients, and
#: administering staff, lists or sessions.
DANGEROUS = (
    "changes.approve_change",
    "delivery.resolve_delivery",
    "odin.operate_dealersession",
    "masters.change_name",
    "logins.propose_rights",
    "logins.approve_rights",
    "trading.deal",
)

#: In the data of an authenticator app: the half minute, counted from 1970, of the last code used.
LAST_USED = "last_used"


def enforced() -> bool:
    """Whether second factors are required: everywhere except in a demonstration."""
    return bool(settings.PORTAL_ENVIRONMENT != "DEMO")


def demanded(person: "User | AnonymousUser | Any") -> bool:
    """Whether this person must have a second factor here."""
    return enforced() and any(person.has_perm(permission) for permission in DANGEROUS)


def present(person: "User | AnonymousUser | Any") -> bool:
    """Whether this person has an authenticator app set up."""
    return bool(Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.TOTP).exists())


def missing(person: "User | AnonymousUser | Any") -> bool:
    """Whether this person must set up a second factor before anything else."""
    return demanded(person) and not present(person)


@transaction.atomic
def takes(factor: Authenticator, code: str) -> bool:
    """Whether this code is valid and unused; it counts as used from then on.

    An authenticator app's code belongs to a half minute and is accepted a while before and after. The app's
    record keeps the last half minute in which a code was used, and only a later code is valid (RFC 6238,
    section 5.2).
    """
    if factor.type != Authenticator.Type.TOTP:
        return bool(factor.wrap().validate_code(code))
    app = Authenticator.objects.select_for_update().get(pk=factor.pk)
    secret, last = decrypt(app.data["secret"]), app.data.get(LAST_USED, 0)
    for moment in yield_hotp_counters_from_time():
        expected = format_hotp_value(hotp_value(secret, moment))
        if moment > last and compare_user_code(actual=code, expected=expected):
            app.data[LAST_USED] = moment
            app.save(update_fields=["data"])
            return True
    return False
