"""The start page of people who check accesses: their last checks and results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from backoffice.kit.subjects import names_of
from trading.models import AccessCheck

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: How many checks are named.
SHOWN = 8


@dataclass(frozen=True)
class Access:
    """The panel. `names`: of the clients, by GROUP/USER."""

    checks: Sequence[AccessCheck]
    names: Mapping[str, str]


def access(person: "User") -> Access:
    """Return the panel of this person's last checks. Two queries."""
    checks = list(AccessCheck.objects.filter(by=person).select_related("result")[:SHOWN])
    return Access(checks, names_of({check.lane for check in checks}))
