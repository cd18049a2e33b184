"""The name of a member of staff in changes, notices and the audit trail."""

from backoffice.logins.models import USER_NAME, User
from backoffice.outside import whole

PREFIX = "staff:"
#: Precedes the number of staff whose user name would no longer be allowed. No new name begins with it.
NUMBER = "#"


def subject_of(person: User) -> str:
    """Return `staff:LOGIN`, or `staff:#NUMBER` if the login would no longer be allowed, and may be too long."""
    name = person.get_username()
    return f"{PREFIX}{name}" if USER_NAME.fullmatch(name) else f"{PREFIX}{NUMBER}{person.pk}"


def person_of(subject: str) -> User | None:
    """Return the member of staff of a subject."""
    name = subject.removeprefix(PREFIX)
    if not name.startswith(NUMBER):
        return User.objects.filter(username=name).first()
    number = whole(name.removeprefix(NUMBER))
    return User.objects.filter(pk=number).first() if number is not None else None
