"""Messages derived from another: the rest of a value too long for one tag (F7), and updates that confirm a create."""

from collections.abc import Callable
from typing import Any

from backoffice.protocol.codes import OdinUserType, RecordAction
from backoffice.protocol.field import Values
from backoffice.protocol.message import Request, wants
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser
from backoffice.protocol.records import Records
from backoffice.protocol.user_rules import NEVER_EMPTY, ODIN_NEVER_EMPTY

Message = tuple[type[Request], Values]
Row = dict[str, str]


def split_message(message: type[Request], values: Values) -> list[Message]:
    """Return the messages for these values, in the order of sending; mostly one.

    301: the rest goes out as 320s with Action 1, with the default record in the 301. 320: the rest of the
    banks and demat accounts in further 320s. 312, 314, 322: only the mapping is repeated.
    """
    chunked = {
        name: chunks
        for name, field in message.fields.items()
        if isinstance(field, Records) and field.splits and len(chunks := _chunks(message, field, values)) > 1
    }
    if not chunked:
        return [(message, values)]
    first = {**values, **{name: chunks[0] for name, chunks in chunked.items()}}
    follow = _FOLLOW.get(message.type, _follow_mapping)
    rest = [follow(message, values, name, chunk) for name, chunks in chunked.items() for chunk in chunks[1:]]
    return [(message, first), *rest]


def confirming(values: Values) -> list[Message]:
    """Return the updates (320) with all values of a create (301) that they can set, in order.

    Empty values are sent too, since they clear values of another system, except in fields that cannot be
    emptied (U18). ODIN overwrites the telephone with the mobile number (U12), so the telephone follows in a
    message of its own.
    """
    odin = values.get("odin_user_type") != OdinUserType.NON_ODIN
    kept_when_empty = (*NEVER_EMPTY, *(ODIN_NEVER_EMPTY if odin else ()))
    update = {name: values.get(name) or "" for name in UpdateRetailUser.fields if _confirmable(name)}
    update["odin_user_type"] = update["odin_user_type"] or OdinUserType.ODIN.value
    for name in kept_when_empty:
        if not update.get(name) and not wants(UpdateRetailUser, name):
            update.pop(name, None)
    for name in ("banks", "demats"):
        rows: Any = update.pop(name)
        if rows:
            update[name] = [{"action": RecordAction.PUT.value, **row} for row in rows]
    if not update["mobile"] or update["mobile"] == update["telephone"]:
        return split_message(UpdateRetailUser, update)
    telephone = {name: update[name] for name in update if wants(UpdateRetailUser, name)}
    telephone["telephone"] = update.pop("telephone")
    return [*split_message(UpdateRetailUser, update), (UpdateRetailUser, telephone)]


def _confirmable(name: str) -> bool:
    return name in CreateRetailUser.fields and name != "reference"


def _chunks(message: type[Request], field: Records, values: Values) -> list[list[Row]]:
    """Return records in groups that fit, in order; on creation the default record comes first."""
    given: Any = values.get(field.name) or []
    rows: list[Row] = list(given)
    if field.max_length is None or _length(field, rows) <= field.max_length:
        return [rows]
    if message is CreateRetailUser:
        rows.sort(key=lambda row: row.get("is_default") not in ("1", "Y"))
    follower = UpdateRetailUser.fields.get(field.name) if message is CreateRetailUser else field
    chunks: list[list[Row]] = [[]]
    for row in rows:
        # Records that follow a 301 are longer by their Action.
        measure = field if len(chunks) == 1 or not isinstance(follower, Records) else follower
        fits = measure.max_length is None or _length(measure, [*chunks[-1], row]) <= measure.max_length
        if chunks[-1] and not fits:
            chunks.append([])
        chunks[-1].append(row)
    return chunks


def _length(field: Records, rows: list[Row]) -> int:
    """Return the characters of the joined records, including an Action that is still to be added."""
    names = field.record.fields
    if "action" in names:
        rows = [{"action": "1", **row} for row in rows]
    return field.length(rows)


def _follow_create(message: type[Request], values: Values, name: str, chunk: list[Row]) -> Message:
    update: dict[str, Any] = {
        key: values.get(key, "") for key in UpdateRetailUser.fields if wants(UpdateRetailUser, key)
    }
    update["odin_user_type"] = update["odin_user_type"] or "1"
    return _with_records(update, values, name, [{"action": "1", **row} for row in chunk])


def _follow_update(message: type[Request], values: Values, name: str, chunk: list[Row]) -> Message:
    update = {
        key: values[key] for key in UpdateRetailUser.fields if wants(UpdateRetailUser, key) and key in values
    }
    return _with_records(update, values, name, chunk)


def _with_records(update: Values, values: Values, name: str, chunk: list[Row]) -> Message:
    if name == "demats":
        update["birth_date"] = values.get("birth_date", "")  # U4
    return UpdateRetailUser, {**update, name: chunk}


def _follow_mapping(message: type[Request], values: Values, name: str, chunk: list[Row]) -> Message:
    """A further message with the rest of its mapping; in 322 the single interface template is not sent
    again.
    """
    rest = {key: value for key, value in values.items() if key != "si_template"}
    if "si_template" in values:
        rest["si_template"] = ""
    return message, {**rest, name: chunk}


_FOLLOW: dict[int, Callable[[type[Request], Values, str, list[Row]], Message]] = {
    CreateRetailUser.type: _follow_create,
    UpdateRetailUser.type: _follow_update,
}
