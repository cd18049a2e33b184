"""Who sees personal data, and how it is masked for others.

The protocol's declarations mark personal fields. Makers and checkers see them at once; others who may see
them give a reason for each retail user, which the audit trail keeps; the rest never see them.
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
    "mask_of",
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
#: The right to see it on every page without a reason, for people who judge messages all day.
AT_ONCE = "accounts.work_with_personal_data"

#: For how many minutes the personal data of a retail user stay revealed after a reason was given.
MINUTES = 5
SESSION_KEY = "revealed"


def mask(kind: Personal | str, text: object) -> str:
    """Mask a value of this kind except a few characters: "pan", "account", "demat", "phone" and so on."""
    return mask_of(kind)(text)


def mask_of(kind: Personal | str) -> Callable[[object], str]:
    """Return a function that does what `mask` does, for many values of this kind."""
    personal = Personal(kind)
    return lambda text: hide(personal, str(text or ""))


def sees(person: Any) -> bool:
    """Whether this person may see personal data at all: in an export, or after giving a reason."""
    return bool(person.has_perm(SEE))


def sees_at_once(person: Any) -> bool:
    """Whether this person sees personal data without giving a reason."""
    return bool(person.has_perm(AT_ONCE))


def gives_reason(person: Any) -> bool:
    """Whether this person sees personal data, but in an export only after giving a reason."""
    return sees(person) and not sees_at_once(person)


def shown(request: StaffRequest, lane: str) -> bool:
    """Whether this page shows the personal data of a retail user (GROUP/USER) to its reader."""
    if sees_at_once(request.user):
        return True
    return sees(request.user) and _now() < request.session.get(SESSION_KEY, {}).get(lane, 0)


def revealed(session: Any) -> list[tuple[str, datetime]]:
    """Return the retail users revealed in a session, and until when."""
    now = _now()
    return [
        (lane, datetime.fromtimestamp(until, UTC))
        for lane, until in session.get(SESSION_KEY, {}).items()
        if until > now
    ]


def may_reveal(request: StaffRequest, lane: str) -> bool:
    """Whether the page offers to reveal the personal data of a retail user for a reason."""
    return bool(lane) and sees(request.user) and not shown(request, lane) and known(lane, request.user)


def known(lane: str, person: Any) -> bool:
    """Whether GROUP/USER is a retail user, or a proposed one, that this person may see."""
    group_id, slash, user_id = lane.partition("/")
    return bool(group_id and slash and user_id) and any(knows(lane, person) for knows in _lanes.values())


def register_lanes(name: str, knows: Callable[[str, Any], bool]) -> None:
    """Register a room's check whether a lane is a retail user that a person may see there."""
    _lanes[name] = knows


def hide_message(text: str) -> str:
    """Return the raw text of a request, secrets masked already, with personal data masked too."""
    return wire.hide_personal(text)


def words(text: str, shows: bool) -> str:
    """Return free text of people or ODIN; masked where it may be personal, unless the page shows personal data."""
    return text if shows else hide_in_text(text)


def words_for(request: StaffRequest) -> Callable[[str, str], str]:
    """Return a function that does what `words` does, for many texts (text, GROUP/USER) of one page."""
    if sees_at_once(request.user):
        return lambda text, lane: text
    return lambda text, lane: words(text, shown(request, lane))


def hide_values(values: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return values by field name, including records, with personal ones masked."""
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
    """Return the names of all declared fields with their kind of personal data, if any."""
    found: dict[str, Personal | None] = {}
    for message in REQUESTS.values():
        for field in _with_parts(message.fields.values()):
            # A record has the two alternate addresses under these names without the number.
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
