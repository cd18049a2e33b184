"""The only file that speaks HTTP to the REST API: one call, sent once, with a deadline and a limit on its answer.

No redirect is followed and nothing is repeated. Plain http goes to this machine only.
"""

import ipaddress
import logging
import os
import re
import time
from contextlib import closing
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as HTTPTimeout

from backoffice.odin.watchdog import Call as Watched
from backoffice.odin.watchdog import Watchdog, http_adapter, why_unreached
from backoffice.protocol.secret import SecretText
from backoffice.rest.api.call import Request
from backoffice.rest.api.outcome import HttpAnswer, NoAnswer

logger = logging.getLogger(__name__)

#: What a header may hold: nothing that could end it.
_HEADER = re.compile(r"[!-~]{1,8192}")
#: What requests and urllib3 raise on a broken connection or a damaged answer.
FORESEEN = (requests.RequestException, HTTPError, OSError, ValueError)

_watchdog = Watchdog()


def send(
    request: Request,
    *,
    key: SecretText | None,
    token: SecretText | None,
    connect_timeout: float,
    total_timeout: float,
    largest: int,
    service: str = "The REST API",
) -> HttpAnswer | NoAnswer:
    """Send a request once. Never raises: a call without an answer says whether its first byte may have left.

    `service`: its name in the error text if it cannot be reached.
    """
    if not is_safe(request.address):
        return NoAnswer(False, "address", "Only https addresses are called. Look at REST_BASE_URL.")
    secrets = [secret for secret in (key, token) if secret is not None]
    if not all(_HEADER.fullmatch(secret.reveal()) for secret in secrets):
        words = "The key or the token has a character that no header may have. Look at REST_X_API_KEY."
        return NoAnswer(False, "header", words)
    watched = _watchdog.begin(time.monotonic() + total_timeout)
    try:
        return _exchange(request, _headers(request, key, token), (connect_timeout, total_timeout), largest)
    except Exception as error:
        if not isinstance(error, FORESEEN):
            # Without the traceback's frames, which hold the request.
            logger.error("A call of %s failed in an unforeseen way: %s.", service, type(error).__name__)
        return _classified(error, watched, service)
    finally:
        _watchdog.end(watched)


def is_safe(address: str) -> bool:
    """Whether an address may be called: https, or plain http on this machine."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(address))
    )


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _headers(request: Request, key: SecretText | None, token: SecretText | None) -> dict[str, str]:
    headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "Content-Type": "application/json"}
    if key is not None:
        headers["x-api-key"] = key.reveal()
    if token is not None:
        headers["Authorization"] = f"Bearer {token.reveal()}"
    return headers


def _exchange(
    request: Request, headers: dict[str, str], timeouts: tuple[float, float], largest: int
) -> HttpAnswer | NoAnswer:
    prepared = requests.Request(request.method, request.address, headers=headers, data=request.body).prepare()
    if prepared.url != request.address:
        return NoAnswer(False, "address", "The address cannot be sent as it is. Look at REST_BASE_URL.")
    # A new connection: a kept one could break while an order is sent, and then nothing tells whether the
    # order was lost. Straight to the adapter: no cookies, proxies, redirects or hooks.
    with (
        closing(http_adapter(1)) as adapter,
        adapter.send(prepared, stream=True, timeout=timeouts, verify=True) as response,
    ):
        content: bytes = response.raw.read(largest + 1, decode_content=True)
        _watchdog.received(content)
        if len(content) > largest:
            words = (
                f"The answer was larger than {largest // 1024} KiB. Look at REST_ANSWER_MB and REST_BOOK_MB."
            )
            return NoAnswer(True, "too-large", words, content[:4000])
        return HttpAnswer(response.status_code, content)


def _classified(error: Exception, watched: Watched, service: str) -> NoAnswer:
    if not watched.sent:
        other = f"the request could not be made ({type(error).__name__})."
        reason = "no connection in time." if watched.overdue else why_unreached(error) or other
        return NoAnswer(False, "not-sent", f"{service} cannot be reached: {reason} Nothing was sent.")
    received = watched.received
    if watched.overdue:
        return NoAnswer(
            True, "deadline", "No complete answer came within the time that a call may take.", received
        )
    if isinstance(error, requests.Timeout | HTTPTimeout | TimeoutError):
        return NoAnswer(True, "timeout", "No answer came in time.", received)
    return NoAnswer(True, "broken", "The connection broke before a complete answer came.", received)


def _forget() -> None:
    """A forked process must not share the watchdog's thread with its parent."""
    global _watchdog
    _watchdog = Watchdog()


os.register_at_fork(after_in_child=_forget)
