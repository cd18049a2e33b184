"""Order and trade messages of OMEX (3.8, C33 to C35, C49): split bodies, read rows. All values are texts."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

from backoffice.connector.api.codes import side_of
from backoffice.connector.api.reading import scalar
from backoffice.outside import visible, whole
from backoffice.protocol.findings import EncodeError
from backoffice.rest.api.envelope import Unreadable, parse
from backoffice.rest.api.status import OrderStatus, StatusNumber, of_number

ORDER, TRADE = "ORD_NRML", "TRD_MSG"
ROWS = "objJSONRows"
TOKEN = "sInitiatorAppToken"  # noqa: S105  # a name
#: Limits: rows of one body, names of one row, characters of a name and of a stored value.
MOST_ROWS, MOST_NAMES, LONGEST_NAME, LONGEST = 500, 100, 60, 500
#: Highest message sequence: 64 bits with a sign.
MOST_SEQUENCE = 2**63 - 1
#: Highest number of a column of amounts.
MOST_NUMBER = 10**15


@dataclass(frozen=True)
class Row:
    """One row. Ids are "" and numbers None if they are missing or invalid. Prices are paise.

    `values`: the original texts, without the application token. `row_hash`: SHA-256 (hex) over them (C49).
    """

    values: Mapping[str, str]
    row_hash: str
    message_type: str
    sequence: int | None
    partner_id: str
    tp_user_id: str
    product_code: str
    reco_id: str
    ucc: str
    exchange: str
    token: str
    symbol: str
    side: str
    key: str
    order_number: str
    quantity: int | None
    pending: int | None
    traded: int | None
    price: int | None
    status: str
    reason: str
    modified: str
    trade_number: str
    trade_quantity: int | None
    trade_price: int | None
    trade_time: str

    @property
    def is_trade(self) -> bool:
        """Whether it reports a trade."""
        return self.message_type == TRADE


def raw_rows(body: bytes) -> list[dict[str, Any]]:
    """Return the rows of a body: one object, a list, or `objJSONRows` in it as either or as a JSON string.

    An answer of sync without news has none. A token beside the rows counts for each row without one. Raises
    Unreadable.
    """
    found = parse(body)
    outer: dict[str, Any] = {}
    if isinstance(found, dict) and (inner := _named(found, ROWS)) is not None:
        outer = {name: value for name, value in found.items() if name.lower() != ROWS.lower()}
        found = parse(inner.encode("utf-8", "replace")) if isinstance(inner, str) else inner
    rows = found if isinstance(found, list) else [found]
    if len(rows) > MOST_ROWS or not all(isinstance(row, dict) for row in rows):
        raise Unreadable(f"The body is not at most {MOST_ROWS} rows.")
    token = _named(outer, TOKEN)
    return [
        {TOKEN: token, **row} if token is not None and _named(row, TOKEN) is None else row for row in rows
    ]


def tokens(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The application token of each row, "" if it has none (C33)."""
    return [token if isinstance(token := _named(row, TOKEN), str) else "" for row in rows]


def read_row(raw: Mapping[str, Any]) -> Row:
    """A row, read. Raises Unreadable for one with nested values or too many names."""
    if len(raw) > MOST_NAMES:
        raise Unreadable("A row has too many names.")
    values = {
        visible(str(name))[:LONGEST_NAME]: visible(scalar(value))[:LONGEST]
        for name, value in raw.items()
        if str(name).lower() != TOKEN.lower()
    }
    small = {name.lower(): value.strip() for name, value in values.items()}

    def text(name: str, most: int) -> str:
        return small.get(name.lower(), "")[:most]

    def number(name: str) -> int | None:
        return whole(small.get(name.lower(), ""), MOST_NUMBER)

    unique, order_number = text("UniqueCode", 40), text("OrderNumber", 40)
    return Row(
        values=values,
        row_hash=_hash(values),
        message_type=text("MessageType", 20).upper(),
        sequence=_sequence(small.get("messagesequencenumber", "")),
        partner_id=text("sPartnerId", 6),
        tp_user_id=text("sThirdpartyUserId", 50),
        product_code=text("sThirdpartyProductCode", 50),
        reco_id=text("sThirdpartyRecoId", 10),
        ucc=text("UCC", 20),
        exchange=text("Exchange", 10),
        token=text("ScripCode", 20),
        symbol=text("Symbol", 50),
        side=side_of(text("Buy_Sell", 10)),
        key=unique or (f"N:{order_number}" if order_number else ""),
        order_number=order_number,
        quantity=number("OrderOriginalQty"),
        pending=number("PendingQty"),
        traded=number("TradedQTY"),
        price=number("OrderPrice"),
        status=text("OrderStatus", 20),
        reason=text("Reason", 255),
        modified=text("LastModifiedTime", 30),
        trade_number=text("TradeNumber", 40),
        trade_quantity=number("TradeQty"),
        trade_price=number("TradedPrice"),
        trade_time=text("TradeTime", 30),
    )


def status_of(number: str) -> OrderStatus | None:
    """Return the status of OrderStatus; None for an unlisted one, which counts as open (R25, C37)."""
    known = next((member for member in StatusNumber if member.value == number), None)
    return of_number(known) if known else None


def sync_body(template: str, values: Mapping[str, str]) -> bytes:
    """The request of sync from its template, each value as a part of a JSON text (C38). Raises EncodeError."""
    safe = {name: json.dumps(value)[1:-1] for name, value in values.items()}
    try:
        return Template(template).substitute(safe).encode()
    except (ValueError, KeyError):
        raise EncodeError("CONNECTOR_SYNC_BODY cannot be filled in.") from None


def _sequence(text: str) -> int | None:
    """A sequence of up to 64 bits, compared as a number (C35)."""
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    number = int(text)
    return number if number <= MOST_SEQUENCE else None


def _hash(values: Mapping[str, str]) -> str:
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _named(found: Mapping[str, Any], name: str) -> Any:
    wanted = name.lower()
    return next((value for key, value in found.items() if key.lower() == wanted), None)
