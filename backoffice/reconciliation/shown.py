"""Results in words: values for people, masked for those who may not see personal data."""

from collections.abc import Callable, Mapping
from typing import Any

from accounts.updates import ACCOUNTS
from backoffice.kit import privacy
from backoffice.protocol.field import Field
from backoffice.reconciliation.exported import RECORDS, ExportedUser
from backoffice.reconciliation.models import Difference, Line

NOTHING, UNKNOWN = "–", "not known"


def sides(found: Difference, shows: bool) -> tuple[str, str]:
    """Return the portal's value and the file's, in words. For an account: its key and what differs."""
    if found.field not in RECORDS:
        words = _words(ExportedUser.fields[found.field], shows)
        return (
            UNKNOWN if found.here is None else words(found.here) or NOTHING,
            words(found.there) or NOTHING,
        )
    here, there = found.here or {}, found.there or {}
    key = ACCOUNTS.get(found.field, ())
    parts = [
        name
        for name in RECORDS[found.field].fields
        if name in key or ((here.get(name) or there.get(name)) and here.get(name) != there.get(name))
    ]
    return _record(found.field, here, parts, shows), _record(found.field, there, parts, shows)


def words(line: Line, shows: bool) -> str:
    """Return why a row is not readable."""
    return privacy.words(" ".join(str(found["text"]) for found in line.findings), shows)


def _record(name: str, record: Mapping[str, str], parts: list[str], shows: bool) -> str:
    fields = RECORDS[name].fields
    told = [
        f"{fields[part].label} {_words(fields[part], shows)(record[part]) or NOTHING}"
        for part in parts
        if record.get(part)
    ]
    return ", ".join(told) or NOTHING


def _words(field: Field, shows: bool) -> Callable[[Any], str]:
    return field.words if shows else field.masked
