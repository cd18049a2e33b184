"""Kinds of request fields: how a value is typed, what is wrong with it, and what goes into the JSON.

Values are typed: str, int, bool, Decimal in rupees, SecretText, or a mapping or list of them; None or "" is absent.
What `to_json` returns holds str, int, bool, Decimal, SecretText, dicts and lists; `writing` makes the bytes.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from backoffice.protocol.codes import Choice
from backoffice.protocol.findings import EncodeError, Finding
from backoffice.protocol.secret import SecretText

#: Text that a person can read and a header or an address can carry once it is encoded.
_PRINTABLE = re.compile(r"[ -~]*")
#: Larger than any order; a number of this size is a typing error.
LARGEST = 10**12


class Field:
    """One key of a request. `required`: it must have a value. `default`: what is sent where it has none.

    `omit`: the key is left out where it has none. `from_settings`: the client fills it in, and no person types it.
    """

    def __init__(
        self,
        label: str,
        *,
        key: str = "",
        required: bool = False,
        default: Any = None,
        omit: bool = False,
        from_settings: bool = False,
        help: str = "",
    ) -> None:
        self.label = label
        self.name = ""
        self.key = key
        self.required = required
        self.default = default
        self.omit = omit
        self.from_settings = from_settings
        self.help = help

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.key = self.key or name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    def is_empty(self, value: object) -> bool:
        """Whether the value says nothing. 0 and false say something."""
        return value is None or value == "" or (isinstance(value, SecretText) and not value)

    def clean(self, raw: object) -> object:
        """A value as it came from a form, typed where it can be; `findings` says what is wrong with the rest."""
        return raw.strip(" ") if isinstance(raw, str) else raw

    def check(self, value: object, path: str) -> Iterator[Finding]:
        """What is wrong with a value or its absence."""
        if not self.is_empty(value):
            yield from self.findings(value, path)
        elif self.required:
            yield Finding(path, f"{self.label} is missing. Enter it.", rule="mandatory")

    def findings(self, value: Any, path: str) -> Iterator[Finding]:
        """What is wrong with a value that is not empty."""
        raise NotImplementedError

    def to_json(self, value: Any) -> Any:
        """The value for the JSON. Raises EncodeError, which names the field and never the value."""
        if any(self.findings(value, self.name)):
            raise EncodeError(f"{self.label} ({self.name}) has a value that cannot be sent.")
        return self.plain(value)

    def plain(self, value: Any) -> Any:
        """A sound value as the JSON has it."""
        return value


class Text(Field):
    """Printable text. `shape`: what the whole must match, `words` says so. `upper`: ODIN knows it in capitals."""

    def __init__(
        self,
        label: str,
        *,
        max_length: int,
        shape: str = "",
        words: str = "",
        upper: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(label, **options)
        self.max_length = max_length
        self.shape = re.compile(shape) if shape else None
        self.words = words
        self.upper = upper

    def clean(self, raw: object) -> object:
        """Without leading and trailing spaces, in capitals where ODIN knows it so."""
        text = super().clean(raw)
        return text.upper() if self.upper and isinstance(text, str) else text

    def findings(self, value: Any, path: str) -> Iterator[Finding]:
        """Wrong characters, wrong length, wrong shape."""
        if not isinstance(value, str):
            yield Finding(path, f"{self.label} must be one text.")
        elif not _PRINTABLE.fullmatch(value):
            yield Finding(
                path,
                f"{self.label} has a character that cannot be sent. Use plain letters, digits and signs.",
            )
        elif len(value) > self.max_length:
            yield Finding(
                path,
                f"{self.label} has {len(value)} characters; at most {self.max_length} are allowed. Shorten it.",
            )
        elif self.shape and not self.shape.fullmatch(value):
            yield Finding(path, self.words)


class PathText(Text):
    """A text that becomes a segment of the address. A lone . or .. would change which address it is."""

    def findings(self, value: Any, path: str) -> Iterator[Finding]:
        """Besides: not a dot segment."""
        yield from super().findings(value, path)
        if value in (".", ".."):
            yield Finding(path, f"{self.label} cannot be {value}.")


class Code(Field):
    """One of the codes of `choices`; `only` cuts them to those that this call takes."""

    def __init__(
        self, label: str, choices: type[Choice], *, only: Iterable[Choice] = (), **options: Any
    ) -> None:
        super().__init__(label, **options)
        self.choices = choices
        allowed = tuple(only) or tuple(choices)
        self.labels = {str(member.value): member.label for member in allowed}

    def findings(self, value: Any, path: str) -> Iterator[Finding]:
        """Whether the code is one of them."""
        if not isinstance(value, str) or value not in self.labels:
            yield Finding(path, f"{self.label} must be one of {', '.join(self.labels)}.", rule="code")

    def plain(self, value: Any) -> str:
        """The code alone; a member of the enumeration is a text of its own kind."""
        return str(value)


class Whole(Field):
    """A whole number."""

    def __init__(self, label: str, *, lowest: int = 0, highest: int = LARGEST, **options: Any) -> None:
        super().__init__(label, **options)
        self.lowest = lowest
        self.highest = highest

    def clean(self, raw: object) -> object:
        """A number in a text becomes a number; anything else stays as it came."""
        text = super().clean(raw)
        return int(text) if isinstance(text, str) and re.fullmatch(r"-?[0-9]{1,18}", text) else text

    def findings(self, value: Any, path: str) -> Iterator[Finding]:
        """Not a whole number, or out of bounds."""
        if not isinstance(value, int) or isinstance(value, bool):
            yield Finding(path, f"{self.label} must be a whole number.")
        elif not self.lowest <= value <= self.highest:
            yield Finding(path, f"{self.label} is {value}; it must be from {self.lowest} to {self.highest}.")


class Money(Field):
    """Rupees, exactly: a Decimal, never a float. At most `places` decimals (R18)."""

    def __init__(self, label: str, *, places: int = 4, **options: Any) -> None:
        super().__init__(label, **options)
        self.places = places

    def clean(self, raw: object) -> object:
        """A number in a text, and a whole number, become a Decimal; a float stays, and is refused."""
        text = super().clean(raw)
        if isinstance(text, int) and not isinstance(text, bool):
            return Decimal(text)
        if isinstance(text, str) and re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text):
            return Decimal(text)
        return text

    def findings(self, value: Any, path: str) -> Iterator[Finding]:
        """Not a Decimal, negative, too large or too fine."""
        if not isinstance(value, Decimal):
            yield Finding(path, f"{self.label} must be an amount in rupees, like 310.05.")
        elif not value.is_finite() or not 0 <= value < LARGEST:
            yield Finding(path, f"{self.label} must be 0 or more, and less than {LARGEST}.")
        elif decimals(value) > self.places:
            yield Finding(
                path, f"{self.label} is {value:f}; at most {self.places} decimals are allowed.", rule="R18"
            )


class Paise(Money):
    """An amount that is typed in rupees and sent in paise, as a whole number (R16)."""

    def __init__(self, label: str, **options: Any) -> None:
        super().__init__(label, places=2, **options)

    def plain(self, value: Any) -> int:
        """Paise."""
        return int(value.scaleb(2))


class Flag(Field):
    """True or false."""

    def findings(self, value: Any, path: str) -> Iterator[Finding]:
        """Neither true nor false."""
        if not isinstance(value, bool):
            yield Finding(path, f"{self.label} must be true or false.")


class Day(Field):
    """A date, sent as yyyy-mm-dd."""

    def clean(self, raw: object) -> object:
        """A date in a text becomes a date."""
        text = super().clean(raw)
        try:
            return date.fromisoformat(text) if isinstance(text, str) and text else text
        except ValueError:
            return text

    def findings(self, value: Any, path: str) -> Iterator[Finding]:
        """Not a date."""
        if type(value) is not date:
            yield Finding(path, f"{self.label} must be a date.")

    def plain(self, value: Any) -> str:
        """yyyy-mm-dd."""
        return str(value.isoformat())


class Secret(Field):
    """A password, code or key. Its text appears in the request's bytes and nowhere else."""

    longest = 4096

    def clean(self, raw: object) -> object:
        """Wrapped at once. Spaces stay: they may belong to a password."""
        return SecretText(raw) if isinstance(raw, str) else raw

    def findings(self, value: Any, path: str) -> Iterator[Finding]:
        """Not a secret, too long, or not to be encoded; never with its text."""
        if not isinstance(value, SecretText):
            yield Finding(path, f"{self.label} must be handed over as a secret.")
            return
        text = value.reveal()
        if len(text) > self.longest:
            yield Finding(path, f"{self.label} is too long.")
        elif any("\ud800" <= character <= "\udfff" or character < " " for character in text):
            yield Finding(path, f"{self.label} has a character that cannot be sent. Type it again.")


class Part:
    """An object inside a request: fields, and rules that tie them together. Declared as a class."""

    fields: dict[str, Field] = {}
    rules: tuple[Callable[[Mapping[str, Any]], Iterator[Finding]], ...] = ()

    def __init_subclass__(cls) -> None:
        cls.fields = cls.fields | {name: f for name, f in vars(cls).items() if isinstance(f, Field)}


class Nested(Field):
    """An object of a part's fields."""

    def __init__(self, label: str, part: type[Part], **options: Any) -> None:
        super().__init__(label, **options)
        self.part = part

    def is_empty(self, value: object) -> bool:
        """Whether it has no keys at all."""
        return value is None or value == {}

    def clean(self, raw: object) -> object:
        """Each field cleaned; a key that is not declared stays and is refused."""
        if not isinstance(raw, Mapping):
            return raw
        fields = self.part.fields
        return {name: fields[name].clean(value) if name in fields else value for name, value in raw.items()}

    def findings(self, value: Any, path: str) -> Iterator[Finding]:
        """What its fields and rules find."""
        if not isinstance(value, Mapping):
            yield Finding(path, f"{self.label} must be an object.")
            return
        yield from unknown(self.part.fields, value, path)
        for name, field in self.part.fields.items():
            yield from field.check(value.get(name), f"{path}.{name}")
        for rule in self.part.rules:
            for found in rule(value):
                yield Finding(f"{path}.{found.path}", found.text, found.severity, found.rule)

    def plain(self, value: Any) -> dict[str, Any]:
        """The object with its own keys."""
        return written(self.part.fields, value)


class One(Nested):
    """A list that holds exactly one object (R24)."""

    def plain(self, value: Any) -> Any:
        """The list of the one object."""
        return [super().plain(value)]


def unknown(fields: Mapping[str, Field], values: Mapping[str, Any], path: str = "") -> Iterator[Finding]:
    """A finding for each key that is not declared."""
    for name in values:
        if name not in fields:
            place = f"{path}.{name}" if path else str(name)
            yield Finding(place, "This call cannot carry this field. Leave it out.", rule="unknown")


def written(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """The keys of an object in their declared order. Raises EncodeError for what cannot be sent."""
    out: dict[str, Any] = {}
    for name, field in fields.items():
        value = values.get(name)
        if not field.is_empty(value):
            out[field.key] = field.to_json(value)
        elif field.required:
            raise EncodeError(f"{field.label} ({name}) is missing.")
        elif field.default is not None and not field.omit:
            out[field.key] = field.default
    return out


def decimals(value: Decimal) -> int:
    """How many decimals a finite number has that are not 0 at its end."""
    try:
        exponent = value.normalize().as_tuple().exponent
    except InvalidOperation:  # more digits than the context has: too fine in any case
        return LARGEST
    return max(0, -exponent) if isinstance(exponent, int) else LARGEST
