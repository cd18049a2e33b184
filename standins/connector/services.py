"""The services that publishers call: broker list, API keys, check of an AuthCode, sync."""

import secrets
import time
from collections.abc import Mapping
from typing import Any

from standins.connector.calls import read_json
from standins.connector.constants import (
    API_KEYS,
    AUTH_BAD,
    AUTH_GOOD,
    BROKER_LIST,
    BROKERS_GIVEN,
    KEYS_GIVEN,
    OMEX_SYNC,
    REQUEST_REFUSED,
    SYNC,
    SYNC_REQUEST,
    TOKEN_REFUSED,
    VAS_AUTH,
)
from standins.connector.faults import Faults
from standins.connector.keys import Keys
from standins.connector.landing import Refused, allow_partner
from standins.connector.omex import Omex
from standins.connector.publishers import ACTIVE, Publisher, Publishers, broker_name
from standins.connector.store import Document
from standins.connector.tokens import Tokens
from standins.connector.vas import Vas
from standins.serving import Reply, as_json

CALLS = {
    BROKER_LIST: "broker list",
    API_KEYS: "apiKeys",
    VAS_AUTH: "vas-auth",
    SYNC: "sync",
    OMEX_SYNC: "sync",
}
FOREIGN_ENDPOINT = "https://keys.example.com/interactive"
#: The body of sync is not public: spellings that are read, the first of each being the one that is documented.
SYNC_NAMES = {
    "application": ("sInitiatorAppToken", "sApplicationToken", "applicationToken", "sAppToken"),
    "partner": ("sPartnerId", "sPartnerAppId", "PartnerId"),
    "after": ("jEntrySequenceNumber", "MessageSequenceNumber", "nSequenceNumber"),
    "request": ("jRequestID", "sRequestId"),
    "type": ("jMessageType",),
}


class Services:
    """Answers one call each. The words of a refusal are the second part, for the note only."""

    def __init__(
        self, publishers: Publishers, tokens: Tokens, vas: Vas, omex: Omex, faults: Faults, keys: Keys
    ) -> None:
        self._publishers = publishers
        self._tokens = tokens
        self._vas = vas
        self._omex = omex
        self._faults = faults
        self._keys = keys

    def answer(self, path: str, body: bytes) -> tuple[Reply, str]:
        """The reply to a POST, and a note for the page."""
        try:
            given = read_json(body)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            return _envelope(False, REQUEST_REFUSED, "Send one JSON object.", status=400), ""
        if path in (SYNC, OMEX_SYNC):
            return self._sync(given, "objJSONRows" if path == SYNC else "jOrderMessage")
        return {BROKER_LIST: self._brokers, API_KEYS: self._api_keys, VAS_AUTH: self._auth}[path](given)

    def _brokers(self, given: Document) -> tuple[Reply, str]:
        publisher, words = self._identified(given, {"sApplicationToken", "sTwoWayToken"})
        if publisher is None:
            return _envelope(False, TOKEN_REFUSED, "Invalid token"), words
        rows = [
            {"sBrokerName": broker_name(id_), "sPartnerId": id_, "sLogoUrl": ""}
            for id_, state in publisher.partners.items()
            if state == ACTIVE
        ]
        return _envelope(True, BROKERS_GIVEN, "Success", rows), words

    def _api_keys(self, given: Document) -> tuple[Reply, str]:
        publisher, words = self._identified(given, {"sApplicationToken", "sPartnerAppId", "sTwoWayToken"})
        if publisher is None:
            return _envelope(False, TOKEN_REFUSED, "Invalid token"), words
        try:
            allow_partner(publisher, str(given.get("sPartnerAppId", "")))
        except Refused as refused:
            return _envelope(False, REQUEST_REFUSED, "Invalid partner"), str(refused)
        if armed := self._faults.take("keys_slow"):
            time.sleep(armed.seconds)
        if self._faults.take("keys_garbage"):
            return Reply(200, b"<html><body>Welcome</body></html>", "text/html"), "keys_garbage"
        if self._faults.take("keys_refused"):
            return _envelope(False, REQUEST_REFUSED, "Not available"), "keys_refused"
        rows, more = self._keys.issue(publisher)
        if self._faults.take("keys_foreign_endpoint"):
            rows[0]["endpoint"] = FOREIGN_ENDPOINT
        return _envelope(True, KEYS_GIVEN, "Success", rows), " ".join([words, more]).strip()

    def _identified(self, given: Document, names: set[str]) -> tuple[Publisher | None, str]:
        """The publisher whose application token this is and which accepts the two-way token; words for the note."""
        if odd := sorted(set(given) - names):
            return None, f"Not a field of this call: {', '.join(odd)}."
        publisher = self._publishers.find(given.get("sApplicationToken", ""))
        if publisher is None:
            return None, "The application token is not known."
        checked = self._tokens.check(publisher, str(given.get("sTwoWayToken", "")))
        return (publisher if checked.good else None), " ".join([checked.words, *checked.slips]).strip()

    def _auth(self, given: Document) -> tuple[Reply, str]:
        if armed := self._faults.take("vas_auth_slow"):
            time.sleep(armed.seconds)
        if self._faults.take("vas_auth_down"):
            return Reply(503, b"<html><body>Service Unavailable</body></html>", "text/html"), "vas_auth_down"
        names = ("token", "applicationToken", "userRefId")
        if set(given) != set(names) or not all(isinstance(given[name], str) for name in names):
            return _envelope(
                False, AUTH_BAD, "Invalid token"
            ), f"The body must hold {', '.join(names)}, all texts."
        words = self._vas.check_auth_code(*(given[name] for name in names))
        if words:
            return _envelope(False, AUTH_BAD, "Invalid token"), words
        return _envelope(True, AUTH_GOOD, "Token is valid"), ""

    def _sync(self, given: Document, rows_name: str) -> tuple[Reply, str]:
        read = {name: next((given[n] for n in names if n in given), "") for name, names in SYNC_NAMES.items()}
        publisher = self._publishers.find(read["application"])
        after = str(read["after"] or "0")
        words = ""
        if publisher is None:
            words = "The application token is not known."
        elif read["partner"] and read["partner"] not in publisher.partners:
            words = "The Partner ID is in no mapping of this publisher."
        elif not (after.isascii() and after.isdigit() and len(after) < 20):
            words = "The sequence number is not a number."
        elif read["type"] not in ("", SYNC_REQUEST):
            words = f"jMessageType is not {SYNC_REQUEST}."
        if publisher is None or words:
            return _envelope(False, REQUEST_REFUSED, words, status=400), words
        rows = self._omex.sync(publisher.application_token, min(int(after), 2**63 - 1))
        answer = {
            "jRequestID": read["request"],
            "jLastSyncedPacket": rows[-1]["MessageSequenceNumber"] if rows else after,
            "jNoOfRecords": str(len(rows)),
            rows_name: rows,
        }
        return as_json(answer), ""


def _envelope(success: bool, code: str, message: str, data: Any = None, status: int = 200) -> Reply:
    answer: Mapping[str, Any] = {
        "success": success,
        "statusCode": code,
        "data": data,
        "message": message,
        "traceId": secrets.token_hex(8),
    }
    return as_json(answer, status)
