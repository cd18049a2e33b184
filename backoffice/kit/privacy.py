"""Who sees personal data, and how the rest see it.

The protocol's declarations say which fields are personal. Those who make or check messages see them at once;
others who may see them give a reason for each retail user, which the audit trail keeps; the rest never do.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from backoffice.access import StaffRequest
from backoffice.protocol import wire
from backoffice.protocol.field import Field
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.personal import Personal, hide, hide_in_text, hide_in_value, names_a_person
from backoffice.protocol.records import Records
from backoffice.protocol.secret import MASK

__all__ = [
    "MINUTES",
    "Personal",
    "hide_in_text",
    "hide_message",
    "hide_values",
    "known",
    "mask",
    "may_reveal",
    "names_a_person",
    "register_lanes",
    "revealed",
    "sees",
    "sees_at_once",
    "shown",
    "words",
    "words_for",
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


def gives_reason(person: Any) -> bool:
    """Whether somebody sees personal data, but in an export only after giving a reason."""
    return sees(person) and not sees_at_once(person)


def shown(request: StaffRequest, lane: str) -> bool:
    """Whether this page shows the personal data of a retail user (GROUP/USER) to the person who asked for it."""
    if sees_at_once(request.user):
        return True
    return sees(request.user) and _now() < request.session.get(SESSION_KEY, {}).get(lane, 0)


def revealed(session: Any) -> list[tuple[str, datetime]]:
    """The retail users whose personal data a session shows for a reason, and until when."""
    now = _now()
    return [
        (lane, datetime.fromtimestamp(until, UTC))
        for lane, until in session.get(SESSION_KEY, {}).items()
        if until > now
    ]


def may_reveal(request: StaffRequest, lane: str) -> bool:
    """Whether the page offers to show the personal data of a retail user for a reason."""
    return bool(lane) and sees(request.user) and not shown(request, lane) and known(lane, request.user)


def known(lane: str, person: Any) -> bool:
    """Whether GROUP/USER names a retail user, or a proposed one, that somebody may see."""
    group_id, slash, user_id = lane.partition("/")
    return bool(group_id and slash and user_id) and any(knows(lane, person) for knows in _lanes.values())


def register_lanes(name: str, knows: Callable[[str, Any], bool]) -> None:
    """Add a room that knows retail users: whether it has this lane, and this person may see it there."""
    _lanes[name] = knows


def hide_message(text: str) -> str:
    """The raw text of a request, secrets masked already, with personal data hidden too."""
    return wire.hide_personal(text)


def words(text: str, shows: bool) -> str:
    """Free text of people or of ODIN; where the page does not show personal data, with what may be such hidden."""
    return text if shows else hide_in_text(text)


def words_for(request: StaffRequest) -> Callable[[str, str], str]:
    """What gives free text about a retail user (its text, GROUP/USER) as `words` does, for many texts of one page."""
    if sees_at_once(request.user):
        return lambda text, lane: text
    return lambda text, lane: words(text, shown(request, lane))


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
    if kind:
        return hide(kind, str(value))
    return hide_in_value(str(value)) if name in DECLARED else hide_in_text(str(value))


def _declared() -> dict[str, Personal | None]:
    """The names of all fields as the messages declare them, with the kind of personal data they hold, if any."""
    found: dict[str, Personal | None] = {}
    for message in REQUESTS.values():
        for field in _with_parts(message.fields.values()):
            # A record keeps the two alternate addresses under the same names without the number.
            for name in (field.name, field.name.removeprefix("first_").removeprefix("second_")):
                found[name] = found.get(name) or field.personal
    return found


def _with_parts(fields: Any) -> list[Field]:
    return [
        part
        for field in fields
        for part in (field, *(field.record.fields.values() if isinstance(field, Records) else ()))
    ]


def _now() -> float:
    return timezone.now().timestamp()


_lanes: dict[str, Callable[[str, Any], bool]] = {}

DECLARED = _declared()
PERSONAL = {name: kind for name, kind in DECLARED.items() if kind}
