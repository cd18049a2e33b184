"""Plainly fictional values of every message: for tests, guides and the training desk."""

import copy
from typing import Any

from backoffice.protocol import messages as _messages  # noqa: F401  (declares all messages)
from backoffice.protocol.field import Field, Values
from backoffice.protocol.message import Request
from backoffice.protocol.records import Record, Records, SubRecord
from backoffice.protocol.scalars import Secret
from backoffice.protocol.secret import SecretText

#: A second record of some lists: the values that differ from the first.
SECOND = {
    "banks": {
        "bank_id": "UTI",
        "branch_name": "Kandivali",
        "account_no": "02145214521423",
        "customer_id": "1111222",
        "account_type": "CA",
        "is_default": "0",
    },
    "templates": {"template_name": "TEST", "exchange": "2", "level": "1"},
    "mappings": {"action": "R", "dealer_id": "DEAL2"},
    "quantities": {"isin": "INE467B01029", "qty": "", "status": "success"},
    "participants": {"segment": "2", "code": "016290806IL"},
}

#: Left out of the example of an update: the mobile number would overwrite the telephone.
NOT_IN_UPDATE = ("telephone",)


def example(message: type[Request]) -> Values:
    """Return values that pass every check, new ones at each call, including records and passwords."""
    values = {name: _value(field) for name, field in message.sent.items()}
    for name in NOT_IN_UPDATE if message.partial else ():
        del values[name]
    return values


def _value(field: Field) -> Any:
    if isinstance(field, Record):
        return _record(field.record)
    if isinstance(field, Records):
        first = _record(field.record)
        return [first, {**first, **SECOND[field.name]}] if field.name in SECOND else [first]
    if isinstance(field, Secret):
        return SecretText(str(field.example)) if field.example else ""
    return copy.copy(field.example) or field.clean(None)


def _record(record: type[SubRecord]) -> dict[str, str]:
    return {name: str(field.example) for name, field in record.fields.items()}
