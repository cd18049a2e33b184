"""What pages and commands call: a login, the calls of its session, and whole books.

Every function sends each of its calls once. Nothing is repeated by the program: not a login, not an order.
Values are typed as `api.fields` says; `invalid` tells beforehand what is wrong with them.
"""

import hashlib
import logging
import secrets
import string
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils import timezone

from backoffice.protocol.findings import DecodeError, Finding
from backoffice.protocol.secret import SecretText
from backoffice.rest import http
from backoffice.rest.api import calls
from backoffice.rest.api.answers import LoginRow, ProfileRow
from backoffice.rest.api.call import Call, Effect, Request, Terms, check, clean, request
from backoffice.rest.api.masking import Mask
from backoffice.rest.api.outcome import Outcome, OutcomeKind, Read, read
from backoffice.rest.api.profile import open_profile
from backoffice.rest.api.rows import Row
from backoffice.rest.api.session import BadToken, Session, Validity, is_over, session_of, validity_of
from backoffice.rest.api.writing import to_json
from backoffice.rest.config import RestConfig, rest_config

logger = logging.getLogger(__name__)

#: Rows of a page, and pages after which reading stops (R27).
PAGE_ROWS, MOST_PAGES = 200, 100
IDENTIFIER_LENGTH = 8


@dataclass(frozen=True)
class LoginResult:
    """How a login ended. `session`: where one was opened. `register`: what REGISTER answered instead of one."""

    outcome: Outcome
    session: Session | None = None
    register: LoginRow | None = None


@dataclass(frozen=True)
class Book:
    """The rows of a book. `complete`: all of it was read; else `warning` says why not, or `outcome` does.

    `read`: how many rows were read; `rows` are those that were kept.
    """

    outcome: Outcome
    rows: tuple[Row, ...] = ()
    complete: bool = True
    warning: str = ""
    read: int = 0


#: Looks at each row of a book while it is read, and says whether the book keeps it.
Keep = Callable[[Row], bool]


def all_rows(row: Row) -> bool:
    """Keep every row."""
    return True


def new_identifier() -> str:
    """An order identifier: 8 of 0-9 and A-Z, at random (R19). The caller's database keeps it unique for the day."""
    return "".join(secrets.choice(string.digits + string.ascii_uppercase) for _ in range(IDENTIFIER_LENGTH))


def invalid(
    call: type[Call],
    values: Mapping[str, Any],
    session: Session | None = None,
    *,
    lot: int | None = None,
    tick: Decimal | None = None,
) -> list[Finding]:
    """What is wrong with a call's values, errors and warnings. The settings' own fields are filled in.

    `lot`, `tick`: of the scrip, None if the scrip master does not tell.
    """
    config = rest_config()
    terms = replace(_terms(config, session), lot=lot, tick=tick)
    return check(call, _filled(config, call, values), terms)


# --- the session --------------------------------------------------------------------------------------------------


def login(values: Mapping[str, Any]) -> LoginResult:
    """Try a login, once. The API key and the source come from the settings; `values` has the rest."""
    found = _call(calls.Login, values)
    row = found.row if isinstance(found.row, LoginRow) else None
    if found.outcome.kind is not OutcomeKind.SUCCESS:
        return LoginResult(found.outcome)
    if values.get("second_auth_type") == "REGISTER":
        if row is not None and row.register_token is not None:
            return LoginResult(found.outcome, register=row)
        return LoginResult(_unusable(found.outcome, "The answer has no register token."))
    try:
        return LoginResult(found.outcome, session_of(row, str(values["user_id"]), timezone.now()))
    except BadToken as error:
        return LoginResult(_unusable(found.outcome, str(error)))


def logout(session: Session) -> Outcome:
    """End a session. The caller forgets the token whatever came back (R15)."""
    return _call(calls.Logout, {}, session).outcome


def validate(session: Session) -> tuple[Validity, Read]:
    """Ask whether a session is valid, and how the answer is read."""
    found = _call(calls.ValidateSession, {}, session)
    return validity_of(found), found


def balance(session: Session) -> Read:
    """The balance; `row` is a BalanceRow."""
    return _call(calls.Balance, {}, session)


def profile(session: Session) -> tuple[Outcome, ProfileRow | None]:
    """The profile, opened with REST_PROFILE_KEY. Needs that key."""
    config = rest_config()
    found = _call(calls.Profile, {}, session)
    if found.outcome.kind is not OutcomeKind.SUCCESS:
        return found.outcome, None
    if isinstance(found.row, ProfileRow):
        return found.outcome, found.row
    try:
        return found.outcome, open_profile(found.data, config.profile_key)
    except DecodeError as error:
        return replace(_unusable(found.outcome, str(error)), setting="REST_PROFILE_KEY"), None


# --- orders -------------------------------------------------------------------------------------------------------


def place(session: Session, values: Mapping[str, Any]) -> Read:
    """Place an order. The caller has committed its `order_identifier` before (R19)."""
    return _call(calls.PlaceOrder, values, session)


def modify(session: Session, values: Mapping[str, Any]) -> Read:
    """Change a pending order, all values from the book just read (R22)."""
    return _call(calls.ModifyOrder, values, session)


def cancel(session: Session, exchange: str, order_id: str, gtd_days: int | None = None) -> Read:
    """Cancel a pending order. `gtd_days`: of a GTD order, those that it was placed with (R40)."""
    values: dict[str, Any] = {"exchange": exchange, "order_id": order_id}
    if gtd_days is not None and rest_config().terms.gtd_query:
        values |= {"validity": "GTD", "validity_days": gtd_days}
    return _call(calls.CancelOrder, values, session)


def place_cover(session: Session, values: Mapping[str, Any]) -> Read:
    """Place a cover order."""
    return _call(calls.PlaceCover, values, session)


def modify_cover(session: Session, values: Mapping[str, Any]) -> Read:
    """Change a pending cover order."""
    return _call(calls.ModifyCover, values, session)


def cancel_cover(session: Session, exchange: str, order_id: str) -> Read:
    """Cancel a pending cover order."""
    return _call(calls.CancelCover, {"exchange": exchange, "order_id": order_id}, session)


# --- books --------------------------------------------------------------------------------------------------------


def order_book(session: Session, keep: Keep = all_rows) -> Book:
    """All orders of the day; rows are OrderRow."""
    return _whole(calls.OrderBook, {}, session, keep)


def gtd_book(session: Session, keep: Keep = all_rows) -> Book:
    """All orders that are valid for several days; rows are OrderRow."""
    return _whole(calls.GtdBook, {}, session, keep)


def trades(session: Session, order_id: str = "", keep: Keep = all_rows) -> Book:
    """All trades of the day, or of one order; rows are TradeRow."""
    return _whole(calls.TradeBook, {"order_id": order_id} if order_id else {}, session, keep)


def history(session: Session, order_id: str) -> Book:
    """The steps of one order; rows are OrderRow."""
    return _at_once(calls.OrderHistory, {"order_id": order_id}, session, all_rows)


def positions(
    session: Session, period: str = "all", *, combined: bool = False, keep: Keep = all_rows
) -> Book:
    """Positions; rows are PositionRow."""
    return _at_once(calls.Positions, {"period": period, "combined": int(combined)}, session, keep)


def holdings(session: Session, keep: Keep = all_rows) -> Book:
    """Holdings; rows are HoldingRow."""
    return _at_once(calls.Holdings, {}, session, keep)


def _at_once(call: type[Call], values: Mapping[str, Any], session: Session, keep: Keep) -> Book:
    found = _call(call, values, session)
    kept = tuple(row for row in found.rows if keep(row))
    complete = found.outcome.kind is OutcomeKind.SUCCESS
    return Book(found.outcome, kept, complete, read=len(found.rows))


def _whole(call: type[Call], values: Mapping[str, Any], session: Session, keep: Keep) -> Book:
    """All pages of a book (R27). A row that a later page repeats, since the book grew in between, counts once.

    Of what was read only digests stay beside the rows that are kept, so that a long book needs little memory.
    """
    rows: list[Row] = []
    seen: set[bytes] = set()
    pages: set[bytes] = set()
    total: int | None = None
    number = 0
    while True:
        number += 1
        found = _call(call, {**values, "offset": number, "limit": PAGE_ROWS}, session)
        if found.outcome.kind is not OutcomeKind.SUCCESS:
            return Book(found.outcome, tuple(rows), complete=False, read=len(seen))
        total = found.total if found.total is not None else total
        page = [_digest(to_json(item)) for item in found.items]
        whole_page = _digest(b"".join(page).hex())
        if not page or whole_page in pages:
            break
        pages.add(whole_page)
        for digest, row in zip(page, found.rows, strict=True):
            if digest not in seen:
                seen.add(digest)
                if keep(row):
                    rows.append(row)
        if total is not None and len(seen) >= total:
            break
        if number >= MOST_PAGES:
            words = f"The book has more than {MOST_PAGES} pages: only {len(seen)} rows were read."
            return Book(found.outcome, tuple(rows), complete=False, warning=words, read=len(seen))
    missing = total is not None and len(seen) < total
    words = f"The book says {total} rows and has {len(seen)}. Read it again." if missing else ""
    return Book(found.outcome, tuple(rows), complete=not missing, warning=words, read=len(seen))


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


# --- one call -----------------------------------------------------------------------------------------------------


def _call(call: type[Call], values: Mapping[str, Any], session: Session | None = None) -> Read:
    """Check, write, send once and read. Raises EncodeError for values with an error: `invalid` says which."""
    config = rest_config()
    if session is not None and is_over(session, timezone.now()):
        return Read(Outcome(OutcomeKind.SESSION_ENDED, "session", "The session has ended: log in again."))
    filled = _filled(config, call, values)
    ready = request(call, filled, _terms(config, session), base=config.base_url, at=config.at(call))
    token = session.token if session else None
    started = time.monotonic()
    answer = http.send(
        ready,
        key=config.x_api_key,
        token=token,
        connect_timeout=config.connect_timeout,
        total_timeout=config.total_timeout,
        largest=config.largest(call),
    )
    mask = Mask([config.api_key, config.x_api_key, token, *_secrets(filled)])
    found = read(call, answer, mask)
    if call.effect is Effect.ORDER:
        received = found.outcome.received
        if found.outcome.kind is OutcomeKind.SUCCESS:
            received = to_json(mask.value(found.data))
        found = replace(found, sent=mask.text(_as_text(ready, config.base_url)), received=received)
    took = int((time.monotonic() - started) * 1000)
    # What was sent and what came back is no matter of the log.
    level = logging.INFO if found.outcome.kind is OutcomeKind.SUCCESS else logging.WARNING
    logger.log(
        level,
        "REST %s: %s (%s) after %d ms.",
        call.name,
        found.outcome.kind.value,
        found.outcome.detail,
        took,
    )
    return found


def _as_text(ready: Request, base: str) -> str:
    """What was sent, for the record of an order."""
    line = f"{ready.method} {ready.address.removeprefix(base)}"
    return f"{line}\n{ready.body.decode('ascii')}" if ready.body else line


def _filled(config: RestConfig, call: type[Call], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, typed, with what the settings add."""
    settings = {"api_key": config.api_key, "source": config.source}
    added = {name: settings[name] for name, field in call.fields.items() if field.from_settings}
    return clean(call, {**values, **added})


def _terms(config: RestConfig, session: Session | None) -> Terms:
    return session.terms(config.terms) if session else config.terms


def _secrets(values: Any) -> Iterator[SecretText]:
    if isinstance(values, SecretText):
        yield values
    elif isinstance(values, Mapping):
        for value in values.values():
            yield from _secrets(value)


def _unusable(outcome: Outcome, words: str) -> Outcome:
    return replace(outcome, kind=OutcomeKind.UNKNOWN, detail="unreadable", reason=words)
