"""What a login means: a session, or what is registered for one."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from backoffice.protocol.secret import SecretText
from backoffice.rest.api.answers import LoginRow, ValidRow
from backoffice.rest.api.call import Terms
from backoffice.rest.api.outcome import OutcomeKind, Read
from backoffice.rest.api.times import KOLKATA

#: What may be an access token: anything else could add a header.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/\-]{8,8192}=*")
GTD_DAYS = 365


@dataclass(frozen=True)
class Session:
    """A retail user's session. `ends`: after that the token is of no use, whatever the service says (R13)."""

    token: SecretText
    user_id: str
    ends: datetime
    login: LoginRow = field(repr=False)

    def terms(self, settings: Terms) -> Terms:
        """What the settings say about orders, cut to what this session allows (R12, R17)."""
        login, details = self.login, self.login.details
        days = details.gtd_max_days if details else None
        by_exchange = login.products_by_exchange or {}
        return Terms(
            second_factors=settings.second_factors,
            lots=settings.lots,
            cover_limit=settings.cover_limit,
            gtd_query=settings.gtd_query,
            # 0 days are none: the client has no GTD orders.
            gtd_max_days=int(days) if days is not None and 0 <= days <= GTD_DAYS else settings.gtd_max_days,
            amo=not (details and details.amo_allowed is False),
            exchanges=None if login.exchanges is None else frozenset(login.exchanges),
            products={name: frozenset(products) for name, products in by_exchange.items()},
        )


class BadToken(ValueError):
    """A login that says success and brings no token that can be used."""


def session_of(row: LoginRow | None, user_id: str, now: datetime) -> Session:
    """The session of a login. Raises BadToken. A register token is none (R9)."""
    token = row.access_token if row else None
    if row is None or token is None or not _TOKEN.fullmatch(token.reveal()):
        raise BadToken("The answer has no access token that can be used.")
    return Session(token, row.user_id or user_id, _end(token, now), row)


def _end(token: SecretText, now: datetime) -> datetime:
    """The token's own `exp`, at the latest the last second of the day in Kolkata."""
    midnight = now.astimezone(KOLKATA).replace(hour=23, minute=59, second=59, microsecond=0)
    exp = _claims(token).get("exp")
    if isinstance(exp, int) and not isinstance(exp, bool) and 0 < exp < 2**33:
        return min(midnight, datetime.fromtimestamp(exp, UTC).astimezone(KOLKATA))
    return midnight


def _claims(token: SecretText) -> Mapping[str, object]:
    """What a JSON web token says of itself, its signature unverified; {} for another token."""
    for part in token.reveal().split(".")[:2]:
        try:
            found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except ValueError:
            continue
        if isinstance(found, dict) and "exp" in found:
            return found
    return {}


class Validity(StrEnum):
    """What Validate says (R14). Unclear is an answer too: Balance with the same token is the session's real test."""

    VALID = "valid"
    NOT_VALID = "not valid"
    UNCLEAR = "unclear"


def validity_of(read: Read) -> Validity:
    """The three readings of Validate. The document's own sample is unclear."""
    if read.outcome.kind is OutcomeKind.SESSION_ENDED:
        return Validity.NOT_VALID
    if read.outcome.kind is not OutcomeKind.SUCCESS:
        return Validity.UNCLEAR
    row = read.row if isinstance(read.row, ValidRow) else None
    said = str(row.status if row else read.data).strip().lower()
    if said == "true" and not (row and str(row.dropped).lower() == "true"):
        return Validity.VALID
    if said == "false" and not (row and (row.message or row.dropped)):
        return Validity.NOT_VALID
    return Validity.UNCLEAR


def is_over(session: Session, now: datetime) -> bool:
    """Whether a session cannot be used any more, with a minute to spare."""
    return now >= session.ends - timedelta(minutes=1)
