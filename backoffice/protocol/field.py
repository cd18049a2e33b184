"""The base of every kind of field: declaration, to wire, from wire, findings, words."""

import copy
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Self

from backoffice.protocol.findings import Finding
from backoffice.protocol.personal import Personal, hide
from backoffice.protocol.secret import SecretText

#: A value of a field. Scalars are texts, "" if absent.
Value = str | SecretText | list[str] | list[dict[str, str]] | dict[str, str]
#: The values of a message by field name.
Values = dict[str, Value]


class Field:
    """The declaration of one tag, of one sub-field (tag 0), or of what stays in the portal (tag 0 in a message).

    `initial`: the form's initial value. `always_sent`: a partial message sends it each time (U1). `omit_empty`:
    the tag is left out while it is empty. `personal`: hidden from those who may not see it. `overwrites`: the
    field that ODIN sets to this value as well, which is news if it has another. `consequences`:
    a value's effect at ODIN, in words, by value ("*": any value, "": an empty one in a partial
    message). `key`: the name in JSON. `names`: the list of names kept outside the protocol that it takes one of;
    `names_by`: the field beside it whose value narrows that list.
    """

    empty: Value = ""
    max_length: int | None = None

    def __init__(
        self,
        tag: int,
        label: str,
        *,
        required: bool = False,
        max_length: int | None = None,
        help: str = "",
        example: Value = "",
        personal: Personal | None = None,
        initial: Value = "",
        always_sent: bool = False,
        omit_empty: bool = False,
        key: str = "",
        names: str = "",
        names_by: "Field | None" = None,
        consequences: Mapping[str, str] | None = None,
    ) -> None:
        self.tag = tag
        self.label = label
        self.name = ""
        self.required = required
        self.max_length = max_length if max_length is not None else self.max_length
        self.help = help
        self.example = example
        self.personal = personal
        self.initial = initial
        self.always_sent = always_sent
        self.omit_empty = omit_empty
        self.key = key
        self.names = names
        self.names_by = names_by
        self.consequences = dict(consequences or {})
        self.overwrites = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.tag or 'sub-field'} {self.name}>"

    def again(self, **changed: Any) -> Self:
        """Return this declaration for another message, with some attributes changed."""
        twin = copy.copy(self)
        for name, value in changed.items():
            if not hasattr(twin, name):
                raise AttributeError(f"A field has no {name}.")
            setattr(twin, name, value)
        for derived in ("fits", "sound"):
            vars(twin).pop(derived, None)
        return twin

    def is_empty(self, value: object) -> bool:
        """Whether the value is empty."""
        return not value

    def clean(self, raw: object) -> Value:
        """Return a typed value without leading and trailing spaces."""
        return str(raw).strip(" ") if raw is not None else ""

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """Return the findings on a non-empty value."""
        raise NotImplementedError

    @cached_property
    def sound(self) -> Callable[[Any], object]:
        """Check quickly: True only for values without findings. It may raise TypeError for values of a wrong type.

        Nearly all values pass it, and each row of a file has a hundred of them.
        """
        return lambda value: False

    def to_wire(self, value: Any) -> str:
        """Return the value for the wire.

        Raises EncodeError for anything that could start a new tag, record or sub-field.
        """
        raise NotImplementedError

    def from_wire(self, text: str) -> Value:
        """Return the value of a received text, even a faulty one.

        Raises DecodeError if it cannot be split.
        """
        return text

    def words(self, value: object) -> str:
        """Return the meaning of the value."""
        return str(value) if value else ""

    def masked(self, value: object) -> str:
        """Return the value in words, masked if it is personal."""
        return hide(self.personal, str(value or "")) if self.personal else self.words(value)
