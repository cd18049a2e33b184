"""Text that cannot print itself."""

import hmac
from typing import NoReturn

MASK = "••••"


class SecretText:
    """A password or session id (U11). Shown as dots by str, repr and format; cannot be pickled.

    `reveal()` returns the text; call it only to encrypt, seal or send it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretText):
            return NotImplemented
        return hmac.compare_digest(self._text.encode("utf-8", "surrogatepass"), other._encoded())

    def __hash__(self) -> int:
        return hash((SecretText, self._text))

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not pickled.")

    def __copy__(self) -> "SecretText":
        return self

    def __deepcopy__(self, memo: object) -> "SecretText":
        return self

    def _encoded(self) -> bytes:
        return self._text.encode("utf-8", "surrogatepass")
