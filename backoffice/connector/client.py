"""Calls to the vendor's services, each sent once: the AuthCode check, the broker list, sync (3.1, 3.4, C38)."""

import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from backoffice.connector.api import envelope
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
#: Bytes of an answer that are read: of sync, and of the others.
MOST_SYNC, MOST = 5 * 1024 * 1024, 256 * 1024
HTTP_OK = 200
CONNECT_SECONDS = 3.0
#: Brokers of a list that are read, and characters of each text.
MOST_BROKERS, LONGEST = 1000, 100


@dataclass(frozen=True)
class AuthCheck:
    """Whether an AuthCode is good. Anything but a clear yes is no (C15). `code`, `words`: for the trail."""

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
    """What another call brought. `body`: of sync. `words`: why there is nothing, "" where there is."""

    words: str = ""
    body: bytes = b""
    brokers: tuple[Broker, ...] = ()


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
