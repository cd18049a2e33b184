"""How changes, notices and the audit trail name a member of staff whom they are about."""

from backoffice.logins.models import USER_NAME, User
from backoffice.outside import whole

PREFIX = "staff:"
#: Before the number of somebody whose user name is none that anybody would get now. No new name begins with it.
NUMBER = "#"


def subject_of(person: User) -> str:
    """`staff:LOGIN`; `staff:#NUMBER` where the login is none that anybody would get now, and may not fit."""
    name = person.get_username()
    return f"{PREFIX}{name}" if USER_NAME.fullmatch(name) else f"{PREFIX}{NUMBER}{person.pk}"


def person_of(subject: str) -> User | None:
    """The member of staff whom something is about."""
    name = subject.removeprefix(PREFIX)
    if not name.startswith(NUMBER):
        return User.objects.filter(username=name).first()
    number = whole(name.removeprefix(NUMBER))
    return User.objects.filter(pk=number).first() if number is not None else None
