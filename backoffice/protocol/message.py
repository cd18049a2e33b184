"""Messages: declared once as classes, collected in two registries, checked as a whole.

A request is declared as a class with its fields in wire order:

    class CashDeposit(Request):
        '''Adds cash to a retail user's limit (section 4.7).'''

        type = 303
        title = "Cash deposit"
        operation = "UpdatePGLimits"
        reply = 304
        repeat = Repeat.SAME_REFERENCE

        user_id = Text(201, "User id", max_length=10, required=True)

The header tags 63, 64, 67, 4 and the checksum 999 belong to the codec and are not declared.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

from backoffice.protocol.context import Context
from backoffice.protocol.field import Field, Value, Values
from backoffice.protocol.findings import DeclarationError, Finding
from backoffice.protocol.records import Record, Records
from backoffice.protocol.rules import Rule

__all__ = [
    "REQUESTS",
    "RESPONSES",
    "Context",
    "Repeat",
    "Request",
    "Response",
    "Values",
    "check",
    "clean",
    "initial",
    "wants",
]

HEADER_TAGS = frozenset({63, 64, 67, 4, 999})

#: Failed requests are answered with this type, whatever was asked (M2).
FAILURE_REPLY = 302


class Repeat(StrEnum):
    """What happens if a message is sent again (A3)."""

    SAME_REFERENCE = "same reference"
    CREATE = "create"
    SETS_STATE = "sets state"
    READ = "read"
    SESSION = "session"


#: An alias, because a request has an attribute named `type`.
RequestClass: TypeAlias = "type[Request]"


class Request:
    """A message to ODIN. `partial`: only given fields are sent, and those marked `always_sent`.

    `restates`: it also sends values of the record that it does not change, which ODIN would lose otherwise.
    `sent` are the fields that have a tag; those without stay in the portal, and are approved and kept with the message.
    `replies` are all types that answer it, except the generic failure. `session`: it carries tag 4.
    `checksum`: it carries tag 999. `json`: its answer has JSON in tag 19 (M6). `slug`: its name in addresses.
    """

    type: ClassVar[int] = 0
    title: ClassVar[str] = ""
    operation: ClassVar[str] = ""
    reply: ClassVar[int] = 0
    also_replies: ClassVar[tuple[int, ...]] = ()
    repeat: ClassVar[Repeat | None] = None
    partial: ClassVar[bool] = False
    restates: ClassVar[bool] = False
    session: ClassVar[bool] = True
    checksum: ClassVar[bool] = True
    json: ClassVar[bool] = False
    rules: ClassVar[tuple[Rule, ...]] = ()
    slug: ClassVar[str] = ""
    section: ClassVar[str] = ""
    fields: ClassVar[dict[str, Field]] = {}
    sent: ClassVar[dict[str, Field]] = {}
    replies: ClassVar[frozenset[int]] = frozenset()

    def __init_subclass__(
        cls, like: "RequestClass | None" = None, without: Iterable[str] = (), abstract: bool = False
    ) -> None:
        """Collect, validate and register. `like`: take the fields of another request, `without` some of them.

        Fields declared again replace the taken ones in their place; a new one comes before the next one that
        is declared again. A partial message takes fields as optional. `abstract`: a base of messages, not one
        itself.
        """
        own = {name: field for name, field in vars(cls).items() if isinstance(field, Field)}
        taken = {
            name: field.again(required=field.required and not cls.partial)
            for name, field in (like.fields if like else cls.fields).items()
            if name not in without
        }
        cls.fields = _merged(taken, own)
        cls.sent = {name: field for name, field in cls.fields.items() if field.tag}
        if abstract:
            return
        cls.slug = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        cls.replies = frozenset({cls.reply, *cls.also_replies})
        match = re.search(r"\(section\s+([0-9.]+)\)\.?$", (cls.__doc__ or "").strip())
        cls.section = match[1] if match else ""
        _validate(cls)
        REQUESTS[cls.type] = cls


def _merged(taken: dict[str, Field], own: dict[str, Field]) -> dict[str, Field]:
    """Return taken fields in order; own ones replace them, new ones come before the next taken own one."""
    before: dict[str, list[str]] = {}
    waiting: list[str] = []
    for name in own:
        if name in taken:
            before[name], waiting = waiting, []
        else:
            waiting.append(name)
    order: list[str] = []
    for name in taken:
        order += [*before.get(name, ()), name]
    return {name: own[name] if name in own else taken[name] for name in [*order, *waiting]}


class Response:
    """An answer of ODIN. Its fields are only for reading; success is tag 18, or 70 for a logon."""

    type: ClassVar[int] = 0
    fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls) -> None:
        own = {name: field for name, field in vars(cls).items() if isinstance(field, Field)}
        cls.fields = own
        _unique_tags(cls.__name__, own)
        if not cls.type or cls.type in RESPONSES:
            raise DeclarationError(f"{cls.__name__}: type {cls.type} is missing or declared already.")
        RESPONSES[cls.type] = cls


REQUESTS: dict[int, type[Request]] = {}
RESPONSES: dict[int, type[Response]] = {}


def _validate(message: type[Request]) -> None:
    where = message.__name__
    for name in ("type", "title", "operation", "reply", "repeat"):
        if not getattr(message, name):
            raise DeclarationError(f"{where}: {name} is missing.")
    if not message.section:
        raise DeclarationError(f"{where}: its docstring must end with its section, like `(section 4.5)`.")
    if message.type in REQUESTS:
        raise DeclarationError(f"{where}: type {message.type} is declared already.")
    _unique_tags(where, message.sent)
    for field in message.fields.values():
        _validate_field(f"{where}.{field.name}", field, partial=message.partial)
    for rule in message.rules:
        if unknown := [name for name in rule.fields if name not in message.fields]:
            raise DeclarationError(f"{where}: rule {rule.rule} names the unknown field {unknown[0]}.")


def _validate_field(where: str, field: Field, *, partial: bool) -> None:
    if field.tag in HEADER_TAGS or field.tag < 0:
        raise DeclarationError(f"{where}: tag {field.tag} is not a field's.")
    if field.always_sent and not partial:
        raise DeclarationError(f"{where}: only a partial message has fields that are always sent.")
    if isinstance(field, Records) and not field.record.fields:
        raise DeclarationError(f"{where}: its record has no sub-fields.")


def _unique_tags(where: str, fields: Mapping[str, Field]) -> None:
    tags = [field.tag for field in fields.values()]
    if repeated := [tag for tag in tags if tags.count(tag) > 1]:
        raise DeclarationError(f"{where}: tag {repeated[0]} is declared twice.")


def clean(message: type[Request], raw: Mapping[str, object]) -> Values:
    """Return typed values stripped, with every field (in a partial message: every given one)."""
    return {
        name: field.clean(raw.get(name))
        for name, field in message.fields.items()
        if not message.partial or name in raw
    }


def initial(message: type[Request]) -> dict[str, Value]:
    """Return the initial values of a form (U7, U8)."""
    return {name: field.initial or field.clean(None) for name, field in message.fields.items()}


def wants(message: type[Request], name: str) -> bool:
    """Whether a partial message must carry a field even if it did not change (U1)."""
    field = message.fields[name]
    return field.required or field.always_sent


def check(message: type[Request], values: Mapping[str, object], context: Context) -> list[Finding]:
    """Return all findings on values: each field, mandatory ones, the rules between fields."""
    found = [
        Finding(name, f"{message.title} cannot carry this field. Leave it out.", rule="F3")
        for name in values
        if name not in message.fields
    ]
    for name, field, sound, expected, ruled in _plan(message):
        value = values.get(name)
        if value:
            try:
                passes = sound(value)
            except (TypeError, AttributeError):  # not a valid value: its findings say what it should be
                passes = False
            if not passes:
                found += _of_value(field, name, value)
            if ruled:
                found += _record_rules(ruled, name, value, context)
        elif expected:
            found += _of_absence(field, name, values)
    for rule in message.rules:
        found += rule.findings(values, context)
    return found


#: Name, field, quick check, whether absence may be a finding, and the field again if its records have rules.
Look = tuple[str, Field, Callable[[Any], object], bool, Records | None]
_PLANS: dict[type[Request], list[Look]] = {}


def _plan(message: type[Request]) -> list[Look]:
    """Return the checks of the message's values, made once."""
    plan = _PLANS.get(message)
    if plan is None:
        plan = _PLANS[message] = [
            (
                name,
                field,
                field.sound,
                field.required or field.always_sent,
                field if isinstance(field, Records) and field.record.rules else None,
            )
            for name, field in message.fields.items()
        ]
    return plan


def _of_value(field: Field, name: str, value: object) -> Iterable[Finding]:
    return _of_absence(field, name, {name: value}) if field.is_empty(value) else field.findings(value, name)


def _of_absence(field: Field, name: str, values: Mapping[str, object]) -> Iterator[Finding]:
    if field.required:
        yield Finding(name, f"{field.label} is missing. Enter it.", rule="mandatory")
    elif field.always_sent and name not in values:
        words = f"Choose {field.label}: ODIN resets it when it is left out of an update."
        yield Finding(name, words, rule="U1")


def _record_rules(field: Records, name: str, value: object, context: Context) -> Iterator[Finding]:
    """Return the findings of rules inside records, with paths from the message."""
    if field.is_empty(value):
        return
    items = [(name, value)] if isinstance(field, Record) else []
    if not items and isinstance(value, list):
        items = [(f"{name}.{place}", item) for place, item in enumerate(value)]
    for path, item in items:
        if isinstance(item, Mapping):
            for rule in field.record.rules:
                for found in rule.findings(item, context):
                    yield Finding(
                        f"{path}.{found.path}", found.text, found.severity, found.rule, found.cleaned
                    )
