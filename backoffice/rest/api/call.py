"""Calls: declared once as classes, collected in a registry.

    class CancelOrder(Call):
        '''Cancel a pending order (section Cancel Order).'''

        title = "Cancel order"
        method = "DELETE"
        path = "/transactional/v1/orders/regular/{exchange}/{order_id}"
        effect = Effect.ORDER

        exchange = Code("Exchange", Exchange, required=True)
        order_id = PathText("Order id", max_length=64, required=True)

A field that the path names goes there; others go into the query of GET and DELETE, and into the body of POST and PUT.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from backoffice.protocol.findings import DeclarationError, EncodeError, Finding, errors
from backoffice.rest.api import writing
from backoffice.rest.api.fields import Field, unknown, written
from backoffice.rest.api.rows import Row

#: Query and path values are these; nothing else has one text.
_SCALARS = (str, int)
#: Methods that carry their values in the body.
WITH_BODY = ("POST", "PUT")
_PATH = re.compile(r"(/([A-Za-z0-9_\-][A-Za-z0-9_.~\-]*|\{[a-z_]+\}))+")


class Effect(StrEnum):
    """What a call does, and so what a lost answer means (R7)."""

    READ = "read"
    LOGIN = "login"
    ORDER = "order"


@dataclass(frozen=True)
class Terms:
    """What the broker's settings, the client's session and the scrip master say about a call.

    `exchanges`, `products`: allowed by the session; None if it did not say. `lot`, `tick`: of the scrip; None if
    the scrip master does not have them.
    """

    second_factors: frozenset[str] = frozenset({"OTP", "TOTP"})
    lots: frozenset[str] = frozenset()
    cover_limit: bool = False
    gtd_query: bool = True
    gtd_max_days: int = 365
    amo: bool = True
    exchanges: frozenset[str] | None = None
    products: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lot: int | None = None
    tick: Decimal | None = None


Rule = Callable[[Mapping[str, Any], Terms], Iterator[Finding]]


class Call:
    """A call of the REST API. `row`: what its answer holds. `book`: the answer is a list, and may be long.

    `session`: it carries the access token. `paged`: it is read page by page.
    """

    title: ClassVar[str] = ""
    method: ClassVar[str] = ""
    path: ClassVar[str] = ""
    effect: ClassVar[Effect] = Effect.READ
    session: ClassVar[bool] = True
    book: ClassVar[bool] = False
    paged: ClassVar[bool] = False
    row: ClassVar[type[Row] | None] = None
    rules: ClassVar[tuple[Rule, ...]] = ()
    name: ClassVar[str] = ""
    section: ClassVar[str] = ""
    fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls, abstract: bool = False) -> None:
        """Collect the fields, validate, register."""
        cls.fields = cls.fields | {name: f for name, f in vars(cls).items() if isinstance(f, Field)}
        if abstract:
            return
        cls.name = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()
        match = re.search(r"\(section ([^)]+)\)", cls.__doc__ or "")
        cls.section = match[1] if match else ""
        _validate(cls)
        CALLS[cls.name] = cls


CALLS: dict[str, type[Call]] = {}


def _validate(call: type[Call]) -> None:
    if not (call.title and call.section) or call.method not in ("GET", "POST", "PUT", "DELETE"):
        raise DeclarationError(f"{call.__name__}: title, method, or section in the docstring is missing.")
    if call.name in CALLS:
        raise DeclarationError(f"{call.__name__} is declared already.")
    if fault := path_fault(call, call.method, call.path):
        raise DeclarationError(f"{call.__name__}: {fault}")
    for name in placeholders(call.path):
        if name not in call.fields or not call.fields[name].required or call.fields[name].key != name:
            raise DeclarationError(f"{call.__name__}: {{{name}}} needs a mandatory field of its name.")


def placeholders(path: str) -> list[str]:
    """The names in braces."""
    return re.findall(r"\{([a-z_]+)\}", path)


def path_fault(call: type[Call], method: str, path: str) -> str:
    """Why a call cannot be made at this method and path, "" if it can."""
    if method not in ("GET", "POST", "PUT", "DELETE"):
        return f"{method} is not a method; use GET, POST, PUT or DELETE."
    if not _PATH.fullmatch(path):
        return f"{path} is not a path; write segments of letters and digits, like {call.path}."
    wanted = placeholders(call.path)
    if sorted(wanted) != sorted(placeholders(path)):
        names = ", ".join(f"{{{name}}}" for name in wanted) or "no placeholder"
        return f"{path} must have {names}."
    if call_has_parameters(call) and (method in WITH_BODY) != (call.method in WITH_BODY):
        return f"{method} would carry its values elsewhere than {call.method} does."
    return ""


def clean(call: type[Call], raw: Mapping[str, object]) -> dict[str, Any]:
    """Values as a form gives them, typed where they can be."""
    return {
        name: call.fields[name].clean(value) if name in call.fields else value for name, value in raw.items()
    }


def check(call: type[Call], values: Mapping[str, Any], terms: Terms) -> list[Finding]:
    """All that is wrong with values: each field, then the rules that tie them together, once the fields are sound."""
    found = list(unknown(call.fields, values))
    for name, one in call.fields.items():
        found += one.check(values.get(name), name)
    if not errors(found):
        given = {
            name: None if one.is_empty(values.get(name)) else values[name]
            for name, one in call.fields.items()
        }
        for rule in call.rules:
            found += rule(given, terms)
    return found


@dataclass(frozen=True)
class Request:
    """A call, ready to be sent. Its body holds secrets and does not print itself."""

    method: str
    address: str
    body: bytes | None = field(repr=False)


def request(
    call: type[Call], values: Mapping[str, Any], terms: Terms, *, base: str, at: tuple[str, str] | None = None
) -> Request:
    """Write a call. `at`: its method and path where the broker's differ from the declared ones.

    Raises EncodeError for values with an error; its text names fields, never values.
    """
    if wrong := errors(check(call, values, terms)):
        places = ", ".join(dict.fromkeys(finding.path or "values" for finding in wrong))
        raise EncodeError(f"{call.title} cannot be sent: look at {places}.")
    method, path = at or (call.method, call.path)
    data = written(call.fields, values)
    address = base + re.sub(r"\{([a-z_]+)\}", lambda found: writing.segment(str(data.pop(found[1]))), path)
    if method in WITH_BODY:
        body = writing.to_json(data).encode("ascii") if call_has_parameters(call) else None
        return Request(method, address, body)
    if any(not isinstance(value, _SCALARS) or isinstance(value, bool) for value in data.values()):
        raise EncodeError(f"{call.title} cannot be sent by {method}: it has more than an address can carry.")
    tail = writing.query((key, str(value)) for key, value in data.items())
    return Request(method, f"{address}?{tail}" if tail else address, None)


def call_has_parameters(call: type[Call]) -> bool:
    """Whether a field of the call is not part of its path."""
    return any(name not in placeholders(call.path) for name in call.fields)
