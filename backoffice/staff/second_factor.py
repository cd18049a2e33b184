"""For whom a second factor is demanded."""

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.conf import settings

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from backoffice.staff.models import User

#: Who may do one of these needs a second factor: approving messages, and administering staff, lists or sessions.
DANGEROUS = (
    "changes.approve_change",
    "delivery.resolve_delivery",
    "odin.operate_dealersession",
    "masters.change_name",
    "staff.propose_rights",
    "staff.approve_rights",
)


def enforced() -> bool:
    """Whether anybody must have a second factor: everywhere but in a demonstration."""
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
