"""Search for anything. Each room registers what it finds in its AppConfig's ready()."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backoffice.outside import whole

if TYPE_CHECKING:
    from backoffice.logins.models import User


@dataclass(frozen=True)
class Match:
    """One thing found: what kind it is, its name, its page. A single exact match is gone to at once."""

    kind: str
    label: str
    url: str
    note: str = ""
    exact: bool = False


#: Gets what was typed (stripped, never empty) and who searches; yields what they may see, at most `LIMIT`.
Provider = Callable[[str, "User"], Iterable[Match]]

LIMIT = 20
NUMBERED = re.compile(
    r"(?:(?:(change|delivery|batch)\s*+)?#?\s*+|([CDB])-)([0-9]{1,12})", re.IGNORECASE | re.ASCII
)
_providers: dict[str, Provider] = {}


def register(name: str, provider: Provider) -> None:
    """Add a provider. The same name again replaces it."""
    _providers[name] = provider


def search(text: str, user: "User") -> list[Match]:
    """What all providers find for the text: exact matches first, otherwise in the order of registration."""
    text = text.strip()
    if not text:
        return []
    found = [match for provider in _providers.values() for match in list(provider(text, user))[:LIMIT]]
    return sorted(found, key=lambda match: not match.exact)


def number_of(text: str, kind: str) -> int | None:
    """The number of "12", "#12", "change 12" or "C-12", where `kind` is "change"; None for anything else."""
    found = NUMBERED.fullmatch(text)
    if found is None or not kind.startswith((found[1] or found[2] or "").lower()):
        return None
    return whole(found[3])
