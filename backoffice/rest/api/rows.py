"""What answers hold: rows of fields, each read from any of its spellings, absent where the broker leaves it out.

    class TradeRow(Row):
        quantity = Number("trade_quantity", "traded_quantity")

`row.quantity` is a Decimal, or None: absent, or not a number. `row.raw["quantity"]` is what came in its place.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Generic, Self, TypeVar, overload

from backoffice.protocol.secret import SecretText
from backoffice.rest.api.masking import Mask, is_secret_key
from backoffice.rest.api.times import read_time

T = TypeVar("T")
#: Digits of a number that is an amount or a quantity; any other is shown as it came.
MOST_DIGITS = 18
_NUMBER = re.compile(r"-?\d{1,18}(\.\d{1,18})?")


def plain_key(key: str) -> str:
    """A key without what its spellings differ in: case, underscores, hyphens, spaces."""
    return re.sub(r"[_\- ]", "", key).lower()


class Column(Generic[T]):
    """One field of a row. The first spelling that is there counts; case and underscores do not matter."""

    def __init__(self, *spellings: str) -> None:
        self.spellings = spellings
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.spellings = self.spellings or (name,)

    @overload
    def __get__(self, row: None, owner: type) -> Self: ...
    @overload
    def __get__(self, row: "Row", owner: type) -> T | None: ...
    def __get__(self, row: "Row | None", owner: type) -> Self | T | None:
        return self if row is None else row._values.get(self.name)

    def read(self, value: Any) -> T | None:
        """The value of what came; None if it is not one of this kind."""
        raise NotImplementedError


class Words(Column[str]):
    """Text. A number is a text too: ids come as either."""

    def read(self, value: Any) -> str | None:
        """The text."""
        if isinstance(value, str):
            return value
        return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


class Number(Column[Decimal]):
    """A number, or a number in a text: a quantity, or rupees."""

    def read(self, value: Any) -> Decimal | None:
        """The number, exactly."""
        if isinstance(value, bool):
            return None
        if isinstance(value, int):
            value = Decimal(value)
        if isinstance(value, Decimal):
            # A number of a million digits would hold whoever writes it out.
            return value if value.is_finite() and -MOST_DIGITS <= value.adjusted() < MOST_DIGITS else None
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
            return Decimal(value.strip())
        return None


class InPaise(Number):
    """Paise in the answer, rupees in the row."""

    def read(self, value: Any) -> Decimal | None:
        """Rupees."""
        paise = super().read(value)
        return None if paise is None else paise / 100


class Switch(Column[bool]):
    """Yes or no, in the ways in which JSON of this service says it."""

    _WORDS = {"true": True, "false": False, "1": True, "0": False, "y": True, "n": False}

    def read(self, value: Any) -> bool | None:
        """Yes or no."""
        return self._WORDS.get(str(value).strip().lower())


class Moment(Column[datetime]):
    """A time."""

    def read(self, value: Any) -> datetime | None:
        """The time, of Asia/Kolkata."""
        return read_time(value) if isinstance(value, str) else None


class Hidden(Column[SecretText]):
    """A token: it does not print itself."""

    def read(self, value: Any) -> SecretText | None:
        """The token; an empty one is none."""
        return SecretText(value) if isinstance(value, str) and value else None


class Names(Column[tuple[str, ...]]):
    """A list of texts."""

    def read(self, value: Any) -> tuple[str, ...] | None:
        """The texts."""
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        return None


class NamesBy(Column[dict[str, tuple[str, ...]]]):
    """Lists of texts by a name."""

    def read(self, value: Any) -> dict[str, tuple[str, ...]] | None:
        """The lists."""
        if not isinstance(value, Mapping):
            return None
        lists = {str(name): Names.read(Names(), item) for name, item in value.items()}
        return {name: texts for name, texts in lists.items() if texts is not None}


class Rest(Column[dict[str, Any]]):
    """An object with no declared fields."""

    def read(self, value: Any) -> dict[str, Any] | None:
        """The object."""
        return dict(value) if isinstance(value, Mapping) else None


R = TypeVar("R", bound="Row")


class Inner(Column[R]):
    """An object inside a row."""

    def __init__(self, row: type[R], *spellings: str) -> None:
        super().__init__(*spellings)
        self.row = row

    def read(self, value: Any) -> R | None:
        """The inner row."""
        return self.row(value) if isinstance(value, Mapping) else None


class Inners(Column[tuple[R, ...]]):
    """A list of objects inside a row; one object is a list of one."""

    def __init__(self, row: type[R], *spellings: str) -> None:
        super().__init__(*spellings)
        self.row = row

    def read(self, value: Any) -> tuple[R, ...] | None:
        """The inner rows."""
        items = [value] if isinstance(value, Mapping) else value
        if isinstance(items, list) and all(isinstance(item, Mapping) for item in items):
            return tuple(self.row(item) for item in items)
        return None


class Row:
    """An object of an answer. Secrets in it do not print themselves."""

    columns: dict[str, Column[Any]] = {}

    def __init_subclass__(cls) -> None:
        cls.columns = cls.columns | {
            n: column for n, column in vars(cls).items() if isinstance(column, Column)
        }

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._values: dict[str, Any] = {}
        self._unread: dict[str, Any] = {}
        keys = {plain_key(key): key for key in reversed(list(given))}
        used: set[str] = set()
        for name, column in self.columns.items():
            for spelling in column.spellings:
                key = spelling if spelling in given else keys.get(plain_key(spelling))
                if key is None or key in used:
                    continue
                used.add(key)
                value = given[key]
                self._values[name] = column.read(value)
                if self._values[name] is None and value not in (None, ""):
                    self._unread[name] = "" if is_secret_key(key) else value
                break
        self._others = {key: value for key, value in given.items() if key not in used}

    @property
    def raw(self) -> dict[str, Any]:
        """What came, by our name, where it was not of the declared kind. Without secrets."""
        return dict(Mask().value(self._unread))

    @property
    def others(self) -> dict[str, Any]:
        """What came and is not declared. Without secrets."""
        return dict(Mask().value(self._others))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(sorted(self._values))}>"

    def present(self) -> dict[str, Any]:
        """The values that are there, by our names."""
        return {name: value for name, value in self._values.items() if value is not None}
