"""Between a message's values (texts, as the protocol has them) and the columns of a record."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import models

from accounts.models import RetailUser
from backoffice.protocol.fields import Records, Value, Values
from backoffice.protocol.message import Request
from backoffice.protocol.messages import users
from backoffice.protocol.messages.users import CreateRetailUser

DATE_FORMAT = "%d-%m-%Y"

#: Fields of 301 that are separate records, and the secret, which is not stored.
PARTS = ("banks", "demats", "mf_ucc")
NOT_COLUMNS = (*PARTS, "password")

#: The columns of 301 and 320 on the retail user itself.
USER_COLUMNS = (*(name for name in CreateRetailUser.fields if name not in NOT_COLUMNS), "inactive_segments")

#: ODIN's value if the field is absent or empty (U1, U2, U8).
DEFAULTS = {
    "odin_user_type": "1",
    "global_flag": "0",
    "orders_per_second": "-1",
    "max_broadcast_scrips": "-1",
    "max_gtd": "0",
}


def text(values: Mapping[str, object], name: str) -> str:
    """A scalar among the values; "" if it is absent."""
    return str(values.get(name) or "")


def records(values: Mapping[str, object], name: str) -> list[dict[str, str]]:
    """Return the records of a list among the values; none if it is absent.

    Anything that is not a record is left out.
    """
    found = values.get(name)
    return [record for record in found if isinstance(record, dict)] if isinstance(found, list) else []


def record(values: Mapping[str, object], name: str) -> dict[str, str]:
    """Return the record of this name among the values; {} if it is absent."""
    found = values.get(name)
    return found if isinstance(found, dict) else {}


def column_value(model: type[models.Model], name: str, value: Value) -> Any:
    """Return a value as its column stores it. Raises ValueError for an invalid text."""
    column = model._meta.get_field(name)
    match column:
        case models.JSONField():
            return list(value) if isinstance(value, list) else []
        case models.DateField():
            return datetime.strptime(str(value), DATE_FORMAT).date() if value else None
        case models.DecimalField():
            return Decimal(str(value)) if value else None
        case models.IntegerField():
            return int(str(value)) if value else None
        case _:
            return str(value)


def columns(model: type[models.Model], values: Mapping[str, Value]) -> dict[str, Any]:
    """Values as columns of a record, by name."""
    return {name: column_value(model, name, value) for name, value in values.items()}


def value_of(row: models.Model, name: str) -> Value:
    """Return the column of a record as a message has it."""
    kept = getattr(row, name)
    match kept:
        case None:
            return ""
        case list():
            return list(kept)
        case date():
            return kept.strftime(DATE_FORMAT)
        case Decimal():
            return f"{kept:f}"
        case _:
            return str(kept)


def values_of(row: models.Model, names: Iterable[str]) -> dict[str, Value]:
    """The named columns of a record as a message has them."""
    return {name: value_of(row, name) for name in names}


def texts_of(row: models.Model, names: Iterable[str]) -> dict[str, str]:
    """The named columns of a part of a record, all of them scalars."""
    return {name: str(value_of(row, name)) for name in names}


def from_values(values: Values) -> dict[str, Any]:
    """Return the columns of a retail user in these values of 301 or 320."""
    return columns(RetailUser, {name: value for name, value in values.items() if name in USER_COLUMNS})


def part(message: type[Request], name: str, rows: Iterable[models.Model]) -> Values:
    """Return the rows of a part of the record (templates, dealers ...), as the list of their message."""
    field = message.fields[name]
    names = [sub for sub in field.record.fields if sub != "action"] if isinstance(field, Records) else []
    return {name: [texts_of(row, names) for row in rows]}


def to_values(user: RetailUser) -> Values:
    """Return the confirmed values of a retail user, named as in 301 and 320, without unknown ones."""
    return confirmed_values(user, user.banks.all(), user.demats.all(), getattr(user, "mf_ucc", None))


def confirmed_values(
    user: RetailUser,
    banks: Iterable[models.Model],
    demats: Iterable[models.Model],
    mf_ucc: models.Model | None,
) -> Values:
    """Return the values of a retail user whose accounts are loaded."""
    values: Values = {
        **values_of(user, USER_COLUMNS),
        "banks": [texts_of(bank, users.BankAccount.fields) for bank in banks],
        "demats": [texts_of(demat, users.DematAccount.fields) for demat in demats],
        "mf_ucc": texts_of(mf_ucc, users.MfUcc.fields) if mf_ucc else {},
    }
    return {name: value for name, value in values.items() if name not in user.unknown_fields}
