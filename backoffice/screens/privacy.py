"""Who sees personal data, and how the rest see it.

The protocol's declarations say which fields are personal. Those who make or check messages see them at once;
others who may see them give a reason for each retail user, which the audit trail keeps; the rest never do.
"""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.protocol import wire
from backoffice.protocol.field import Field
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.personal import Personal, hide, hide_in_text, names_a_person
from backoffice.protocol.records import Records
from backoffice.protocol.secret import MASK

__all__ = [
    "MINUTES",
    "Personal",
    "hide_in_text",
    "hide_message",
    "hide_values",
    "mask",
    "may_reveal",
    "names_a_person",
    "reveal",
    "sees",
    "sees_at_once",
    "shown",
]

#: The right to see personal data at all: unmasked exports, and revealing with a reason.
SEE = "accounts.see_personal_data"
#: The right to see it on every page without giving a reason: for those who judge messages all day.
AT_ONCE = "accounts.work_with_personal_data"

#: So many minutes the personal data of a retail user stay revealed to somebody who gave a reason.
MINUTES = 5
SESSION_KEY = "revealed"


def mask(kind: Personal | str, text: object) -> str:
    """A value of this kind with all but a few characters hidden: "pan", "account", "demat", "phone" and so on."""
    return hide(Personal(kind), str(text or ""))


def sees(person: Any) -> bool:
    """Whether somebody may see personal data at all: in an export, or after giving a reason."""
    return bool(person.has_perm(SEE))


def sees_at_once(person: Any) -> bool:
    """Whether somebody sees personal data without giving a reason."""
    return bool(person.has_perm(AT_ONCE))


def shown(request: HttpRequest, lane: str) -> bool:
    """Whether this page shows the personal data of a retail user (GROUP/USER) to the person who asked for it."""
    if sees_at_once(request.user):
        return True
    return sees(request.user) and _now() < request.session.get(SESSION_KEY, {}).get(lane, 0)


def may_reveal(request: HttpRequest, lane: str) -> bool:
    """Whether the page offers to show the personal data of a retail user for a reason."""
    return bool(lane) and sees(request.user) and not shown(request, lane)


def reveal(request: HttpRequest, lane: str, reason: str) -> None:
    """Show this person the personal data of a retail user for `MINUTES`, and record why.

    Raises PermissionDenied for those who may not see any, ValueError without a reason.
    """
    if not sees(request.user):
        raise PermissionDenied
    if not (reason := reason.strip()):
        raise ValueError("Give a reason: the audit trail keeps it.")
    record(
        "privacy.revealed",
        by=request.user,  # type: ignore[arg-type]  # nobody anonymous has the permission
        subject=lane,
        text=f"Personal data of {lane} shown for {MINUTES} minutes.",
        reason=reason,
    )
    now = _now()
    still = {other: until for other, until in request.session.get(SESSION_KEY, {}).items() if until > now}
    request.session[SESSION_KEY] = {**still, lane: now + MINUTES * 60}


def hide_message(text: str) -> str:
    """The raw text of a request, secrets masked already, with personal data hidden too."""
    return wire.hide_personal(text)


def hide_values(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Values by field name, records among them, with personal ones hidden."""
    return {name: _hidden(name, value) for name, value in (values or {}).items()}


def _hidden(name: str, value: Any) -> Any:
    match value:
        case dict():
            return hide_values(value)
        case list():
            return [_hidden(name, item) for item in value]
        case None | bool() | int() | float():
            return value if name not in PERSONAL else MASK
    kind = PERSONAL.get(name)
    return hide(kind, str(value)) if kind else hide_in_text(str(value))


def _personal() -> dict[str, Personal]:
    """The names of all fields that hold personal data, as the messages declare them, with their kind."""
    found: dict[str, Personal] = {}
    for message in REQUESTS.values():
        for field in _with_parts(message.fields.values()):
            if field.personal:
                found[field.name] = field.personal
                # A record keeps the two alternate addresses under the same names without the number.
                found[field.name.removeprefix("first_").removeprefix("second_")] = field.personal
    return found


def _with_parts(fields: Any) -> list[Field]:
    return [
        part
        for field in fields
        for part in (field, *(field.record.fields.values() if isinstance(field, Records) else ()))
    ]


def _now() -> float:
    return timezone.now().timestamp()


PERSONAL = _personal()
