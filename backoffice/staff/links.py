"""The link with which another person chooses a password: granted by two administrators, shown once to the first."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.changes.errors import NotAllowed
from backoffice.changes.models import Change
from backoffice.logins.models import User
from backoffice.logins.passwords import link_path
from backoffice.staff.models import PasswordLink

#: For so long after the approval the link may be asked for.
SHOWN_WITHIN = timedelta(hours=24)


def grant(change: Change, person: User) -> None:
    """Let whoever proposed this change see one link of this person. Raises NotAllowed for a link of one's own."""
    if change.made_by_id == person.pk:
        raise NotAllowed("You cannot ask for a link for yourself. Another administrator must ask for it.")
    PasswordLink.objects.create(
        change=change, person=person, shown_to=change.made_by, granted_at=timezone.now()
    )


def waiting(person: User, *, by: User) -> PasswordLink | None:
    """The newest link of this person that `by` may still see."""
    return all_waiting(by).filter(person=person).first()


def all_waiting(by: User) -> QuerySet[PasswordLink]:
    """The links that this person may still see, the newest first, with whom they are for."""
    since = timezone.now() - SHOWN_WITHIN
    granted = PasswordLink.objects.filter(shown_to=by.pk, shown_at=None, granted_at__gt=since)
    return granted.select_related("person").order_by("-granted_at", "-pk")


def show(person: User, *, by: User) -> str:
    """The path of the link, this once. It is good for PASSWORD_LINK_MINUTES and for one password.

    Raises NotAllowed if nothing was granted to `by`, where it was shown already, or where it is too old.
    """
    with transaction.atomic():
        found = waiting(person, by=by) if person.is_active else None
        shown = found and PasswordLink.objects.filter(pk=found.pk, shown_at=None).update(
            shown_at=timezone.now()
        )
        if not found or not shown:
            raise NotAllowed(
                "There is no link for you to see: none was approved, it was shown already, or a day has passed. "
                "Ask for a new one."
            )
        name = person.get_username()
        text = f"Was shown the link with which {name} chooses a password."
        record("staff.password_link_shown", by=by, subject=name, text=text, change_id=found.change_id)
    return link_path(person)
