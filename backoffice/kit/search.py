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
    #: What its commands are asked by, such as `GROUP/USER`; "" where there are none.
    subject: str = ""


@dataclass(frozen=True)
class Command:
    """Something that can be begun for a thing found. `post`: its address takes a form, such as a draft to be made."""

    label: str
    url: str
    post: bool = False


#: Gets what was typed (stripped, never empty) and who searches; yields what they may see, at most `LIMIT`.
Provider = Callable[[str, "User"], Iterable[Match]]

LIMIT = 20
NUMBERED = re.compile(
    r"(?:(?:(change|delivery|batch)\s*+)?#?\s*+|([CDB])-)([0-9]{1,12})", re.IGNORECASE | re.ASCII
)
_providers: dict[str, Provider] = {}
#: The commands for a subject that somebody may give.
Commands = Callable[[str, "User"], list[Command]]
#: The things with these subjects that somebody may see, in their order.
Recalled = Callable[[list[str], "User"], list[Match]]
_commands: list[Commands] = []
_recalled: list[Recalled] = []


def register(name: str, provider: Provider) -> None:
    """Add a provider. The same name again replaces it."""
    _providers[name] = provider


def register_subjects(commands: Commands, recalled: Recalled) -> None:
    """Say what can be done with the subjects of matches. Called from `AppConfig.ready` of the room that has them."""
    _commands[:], _recalled[:] = [commands], [recalled]


def commands(subject: str, user: "User") -> list[Command]:
    """What somebody can begin for a subject."""
    return [one for found in _commands for one in found(subject, user)]


def recalled(subjects: list[str], user: "User") -> list[Match]:
    """What was opened lately, by its subject, as far as somebody may see it."""
    return [one for found in _recalled for one in found(subjects, user)]


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
