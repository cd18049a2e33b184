"""Secrets at rest: sealed with Fernet under the keys of PORTAL_SEAL_KEYS, newest first.

What is sealed: the shared dealer session, a changed dealer password, and the passwords of retail users that
wait in a change or a delivery. Old keys stay in the list until everything sealed with them is gone.
"""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from backoffice.protocol.fields import SecretText, Value, Values

SEALED = "sealed"


class SealError(Exception):
    """A sealed text cannot be opened with any of the configured keys."""


@lru_cache(maxsize=4)
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def _current_box() -> MultiFernet:
    return _box(tuple(settings.PORTAL_SEAL_KEYS))


def seal(secret: SecretText) -> str:
    """The secret as a token that may be stored."""
    return _current_box().encrypt(secret.reveal().encode()).decode("ascii")


def unseal(token: str) -> SecretText:
    """The secret in a token made by `seal`. Raises SealError when no configured key fits."""
    try:
        return SecretText(_current_box().decrypt(token.encode("ascii")).decode())
    except (InvalidToken, UnicodeEncodeError) as error:
        raise SealError(
            "A stored secret cannot be opened: PORTAL_SEAL_KEYS lacks the key it was sealed with."
        ) from error


def seal_values(values: Values) -> dict[str, object]:
    """A message's values as JSON can hold them: each secret becomes `{"sealed": token}`."""
    return {
        name: {SEALED: seal(value)} if isinstance(value, SecretText) else value
        for name, value in values.items()
    }


def unseal_values(stored: dict[str, object]) -> Values:
    """The values that `seal_values` stored, with their secrets as SecretText again."""
    return {name: _open(value) for name, value in stored.items()}


def _open(value: object) -> Value:
    if isinstance(value, dict) and set(value) == {SEALED}:
        return unseal(value[SEALED])
    return value  # type: ignore[return-value]  # JSON that seal_values wrote
