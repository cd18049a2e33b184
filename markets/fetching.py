"""Fetch a scrip master from the vendor's store: no key, no login (R30, R35)."""

import time
from collections.abc import Iterator

import requests
from django.conf import settings
from urllib3.exceptions import HTTPError

from backoffice.odin.watchdog import Watchdog, http_session
from markets.operations import ImportProblem

BLOCK = 1 << 18

_watchdog = Watchdog()


def blocks(address: str) -> Iterator[bytes]:
    """Return the file at an address, piece by piece.

    Raises ImportProblem if it is missing, unreachable or truncated.
    """
    call = _watchdog.begin(time.monotonic() + settings.SCRIP_FETCH_SECONDS)
    try:
        yield from _answer(address)
    except (requests.RequestException, HTTPError, OSError) as error:
        late = call.overdue or isinstance(error, requests.Timeout)
        words = (
            "It did not come whole within its time." if late else "Nothing answered, or the answer broke off."
        )
        raise ImportProblem(
            f"{address} could not be fetched. {words} Fetch it again, or upload the file."
        ) from None
    finally:
        _watchdog.end(call)


def _answer(address: str) -> Iterator[bytes]:
    with http_session(1) as session:
        request = requests.Request("GET", address, headers={"Accept-Encoding": "gzip"}).prepare()
        adapter = session.get_adapter(address)
        with adapter.send(request, stream=True, timeout=(5, 30), verify=True) as answer:
            if answer.status_code != 200:
                raise ImportProblem(_refusal(address, answer.status_code))
            yield from answer.raw.stream(BLOCK, decode_content=True)


def _refusal(address: str, status: int) -> str:
    if status in (400, 403, 404):
        return f"{address} has no such file (status {status}). Check SCRIP_MASTER_URL, or upload the file."
    if 300 <= status < 400:
        return f"{address} points elsewhere (status {status}), which is not followed. Check SCRIP_MASTER_URL."
    return f"{address} answered with status {status}. Fetch it again later, or upload the file."
