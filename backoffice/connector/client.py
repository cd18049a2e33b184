"""Calls to the vendor's services, each sent once: AuthCode check, broker list, sync, API keys (3.1, 3.4, 3.9, C38)."""

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from backoffice.connector.api import envelope, keys
from backoffice.connector.api.keys import GivenKey
from backoffice.connector.api.webhook import sync_body
from backoffice.connector.config import connector_config
from backoffice.protocol.secret import SecretText
from backoffice.rest import http
from backoffice.rest.api.call import Request
from backoffice.rest.api.envelope import Unreadable
from backoffice.rest.api.outcome import HttpAnswer, NoAnswer

logger = logging.getLogger(__name__)

VAS_AUTH = "/loginservice/vas-auth"
BROKER_LIST = "/vasprodmgmt/odinConnectorBrokerList"
SYNC = "/omexorderandtraderesponse/sync"
API_KEYS = "/loginservice/apiKeys"
#: Limits of an answer in bytes: of sync, and of the others.
MOST_SYNC, MOST = 5 * 1024 * 1024, 256 * 1024
HTTP_OK = 200
SERVER_FAULT = 500
CONNECT_SECONDS = 3.0
#: Seconds that the call for keys may take, whatever CONNECTOR_TOTAL_TIMEOUT says (C39).
KEYS_SECONDS = 10.0
#: Brokers of a list that are read, and characters of each text.
MOST_BROKERS, LONGEST = 1000, 100


@dataclass(frozen=True)
class AuthCheck:
    """The result of an AuthCode check. Anything but a clear yes is no (C15). `code`, `words`: for the trail."""

    good: bool
    code: str
    words: str


@dataclass(frozen=True)
class Broker:
    """One row of the broker list, read by guessed names (3.1)."""

    partner_id: str
    name: str


@dataclass(frozen=True)
class Answer:
    """The result of another call. `body`: of sync. `words`: why there is nothing, "" if there is."""

    words: str = ""
    body: bytes = b""
    brokers: tuple[Broker, ...] = ()


class KeysOutcome(StrEnum):
    """How a call for keys ended. Unknown: keys may have been made, and the old ones may have ended."""

    GIVEN = "given"
    REFUSED = "refused"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class KeysAnswer:
    """The result of a call for keys. `words`: why there are none, "" if there are."""

    outcome: KeysOutcome
    words: str = ""
    keys: Sequence[GivenKey] = ()


def check_auth_code(code: SecretText, user_ref: str, application_token: SecretText) -> AuthCheck:
    """Ask VAS whether an AuthCode is good (3.4). Never raises; no answer in time is no."""
    config = connector_config()
    body = {"token": code.reveal(), "userRefId": user_ref, "applicationToken": application_token.reveal()}
    answer = _post("vas-auth", config.vas_url + VAS_AUTH, _json(body), config.vas_seconds, MOST)
    if isinstance(answer, NoAnswer):
        return AuthCheck(False, answer.kind, answer.words)
    try:
        read = envelope.read(answer.body)
    except Unreadable:
        return AuthCheck(False, "unreadable", "The answer cannot be read.")
    good = answer.status == HTTP_OK and read.success and read.code == envelope.AUTH_CODE_GOOD
    return AuthCheck(good, read.code[:20], "" if good else f"VAS says {read.code or answer.status}.")


def broker_list(application_token: SecretText, two_way_token: SecretText) -> Answer:
    """The brokers of a publisher, with the Partner ID of each (3.1). The vendor checks the token meanwhile."""
    config = connector_config()
    if not config.brokers_url:
        return Answer("No address is set to fetch from (CONNECTOR_BROKERS_URL).")
    body = {"sApplicationToken": application_token.reveal(), "sTwoWayToken": two_way_token.reveal()}
    answer = _post("broker list", config.brokers_url + BROKER_LIST, _json(body), config.total_seconds, MOST)
    if isinstance(answer, NoAnswer):
        return Answer(answer.words)
    try:
        read = envelope.read(answer.body)
    except Unreadable:
        return Answer("The broker list cannot be read.")
    if not read.success or not isinstance(read.data, list):
        return Answer(f"The vendor gave no broker list ({read.code[:20] or answer.status}).")
    rows = [row for row in read.data[:MOST_BROKERS] if isinstance(row, dict)]
    return Answer(brokers=tuple(_broker(row) for row in rows))


def sync(application_token: SecretText, two_way_token: SecretText, partner_id: str, sequence: int) -> Answer:
    """Ask for the order messages after a sequence (C38). The body goes through the inbox like any other."""
    config = connector_config()
    if not config.sync_url or not config.sync_body:
        return Answer("Sync is not set up (CONNECTOR_SYNC_URL, CONNECTOR_SYNC_BODY).")
    values = {
        "token": application_token.reveal(),
        "two_way_token": two_way_token.reveal(),
        "partner_id": partner_id,
        "sequence": str(sequence),
    }
    body = sync_body(config.sync_body, values)
    answer = _post("sync", config.sync_url + SYNC, body, config.total_seconds, MOST_SYNC)
    if isinstance(answer, NoAnswer):
        return Answer(answer.words)
    if answer.status != HTTP_OK:
        return Answer(f"Sync was answered with HTTP {answer.status}.")
    return Answer(body=answer.body)


def api_keys(application_token: SecretText, two_way_token: SecretText, partner_id: str) -> KeysAnswer:
    """Ask for a publisher's API keys (3.9). The vendor checks the token while this waits, 10 s at most (C39).

    `partner_id`: of the broker; CONNECTOR_PARTNER_APP_ID is sent in its place where it is set. Never raises.
    """
    config = connector_config()
    if not config.keys_url:
        return KeysAnswer(KeysOutcome.NOT_SENT, "No address is set to fetch from (CONNECTOR_KEYS_URL).")
    body = {
        "sApplicationToken": application_token.reveal(),
        "sPartnerAppId": config.partner_app_id or partner_id,
        "sTwoWayToken": two_way_token.reveal(),
    }
    seconds = min(config.total_seconds, KEYS_SECONDS)
    answer = _post("API keys", config.keys_url + API_KEYS, _json(body), seconds, MOST)
    if isinstance(answer, NoAnswer):
        return KeysAnswer(KeysOutcome.UNKNOWN if answer.sent else KeysOutcome.NOT_SENT, answer.words)
    try:
        read = envelope.read(answer.body)
    except Unreadable:
        return KeysAnswer(KeysOutcome.UNKNOWN, f"The answer cannot be read (HTTP {answer.status}).")
    if answer.status >= SERVER_FAULT or (read.success and answer.status != HTTP_OK):
        return KeysAnswer(KeysOutcome.UNKNOWN, f"The vendor answered with HTTP {answer.status}.")
    if not read.success:
        words = f"The vendor gave no keys ({read.code[:20] or answer.status})."
        return KeysAnswer(KeysOutcome.REFUSED, words)
    try:
        return KeysAnswer(KeysOutcome.GIVEN, keys=keys.read(read.data))
    except Unreadable as error:
        return KeysAnswer(KeysOutcome.REFUSED, str(error))


def _post(name: str, address: str, body: bytes, seconds: float, largest: int) -> HttpAnswer | NoAnswer:
    started = time.monotonic()
    answer = http.send(
        Request("POST", address, body),
        key=None,
        token=None,
        connect_timeout=min(CONNECT_SECONDS, seconds),
        total_timeout=seconds,
        largest=largest,
        service="The Connector",
    )
    took = int((time.monotonic() - started) * 1000)
    said = answer.kind if isinstance(answer, NoAnswer) else f"HTTP {answer.status}"
    logger.info("Connector %s: %s after %d ms.", name, said, took)
    return answer


def _json(values: dict[str, str]) -> bytes:
    return json.dumps(values, ensure_ascii=True).encode("ascii")


def _broker(row: dict[str, Any]) -> Broker:
    def text(*names: str) -> str:
        found = next((row[name] for name in row if name.lower() in names), "")
        return str(found)[:LONGEST]

    return Broker(text("spartnerid", "partnerid"), text("sbrokername", "brokername", "name"))
