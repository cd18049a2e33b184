"""The global search. Each room registers its provider in its AppConfig's ready()."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backoffice.outside import whole

if TYPE_CHECKING:
    from backoffice.logins.models import User


@dataclass(frozen=True)
class Match:
    """One result: its kind, its name, its page. A single exact match opens at once."""

    kind: str
    label: str
    url: str
    note: str = ""
    exact: bool = False
    #: The key for its commands, such as `GROUP/USER`; "" if there are none.
    subject: str = ""


@dataclass(frozen=True)
class Command:
    """A command for a result. `post`: its address takes a form, such as one that makes a draft."""

    label: str
    url: str
    post: bool = False


#: Gets the text (stripped, never empty) and the person; yields results that the person may see, at most
#: `LIMIT`.
Provider = Callable[[str, "User"], Iterable[Match]]

LIMIT = 20
NUMBERED = re.compile(
    r"(?:(?:(change|delivery|batch)\s*+)?#?\s*+|([CDB])-)([0-9]{1,12})", re.IGNORECASE | re.ASCII
)
_providers: dict[str, Provider] = {}
#: Returns the commands for a subject that a person may give.
Commands = Callable[[str, "User"], list[Command]]
#: Returns the results for these subjects that a person may see, in order.
Recalled = Callable[[list[str], "User"], list[Match]]
_commands: list[Commands] = []
_recalled: list[Recalled] = []


def register(name: str, provider: Provider) -> None:
    """Add a provider, replacing one of this name."""
    _providers[name] = provider


def register_subjects(commands: Commands, recalled: Recalled) -> None:
    """Register the commands for the subjects of results. Call it from `AppConfig.ready` of their room."""
    _commands[:], _recalled[:] = [commands], [recalled]


def commands(subject: str, user: "User") -> list[Command]:
    """Return the commands for a subject that a person may give."""
    return [one for found in _commands for one in found(subject, user)]


def recalled(subjects: list[str], user: "User") -> list[Match]:
    """Return recently opened subjects that a person may see."""
    return [one for found in _recalled for one in found(subjects, user)]


def search(text: str, user: "User") -> list[Match]:
    """Return the results of all providers: exact matches first, otherwise in the order of registration."""
    text = text.strip()
    if not text:
        return []
    found = [match for provider in _providers.values() for match in list(provider(text, user))[:LIMIT]]
    return sorted(found, key=lambda match: not match.exact)


def number_of(text: str, kind: str) -> int | None:
    """Return the number of "12", "#12", "change 12" or "C-12", if `kind` is "change"; None for anything else."""
    found = NUMBERED.fullmatch(text)
    if found is None or not kind.startswith((found[1] or found[2] or "").lower()):
        return None
    return whole(found[3])
