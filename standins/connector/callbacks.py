"""What a client's browser carries back to the publisher, and how armed faults change it."""

import base64
import json
import secrets
from urllib.parse import urlencode

from standins.connector.constants import DONE, FAILED
from standins.connector.faults import Faults
from standins.connector.publishers import Publisher
from standins.connector.store import Document


def basket_callbacks(
    publisher: Publisher, echo: str, status: tuple[str, str], faults: Faults
) -> list[Document] | None:
    """The callbacks of a basket, each `{words, url, method, fields}`. None: the browser is not sent back."""
    if faults.take("callback_lost"):
        return None
    if faults.take("callback_forged_echo"):
        echo = forged(echo)
    echoed = {"oEcoBackObject": echo} if echo else {}
    made = [_callback(publisher, publisher.basket_callback_url, status, echoed)]
    if faults.take("callback_twice"):
        made *= 2
    if faults.take("callback_contradicting"):
        other = (FAILED, "Order placement failed") if status[0] == DONE else (DONE, "Success")
        made.append(_callback(publisher, publisher.basket_callback_url, other, echoed))
    return made


def login_callbacks(
    publisher: Publisher, session: Document, user: Document, faults: Faults
) -> list[Document] | None:
    """The callbacks of a login to keep, without an echo object. None: the browser is not sent back."""
    if faults.take("callback_lost"):
        return None
    trading = {} if faults.take("no_trading_user") else {"sTradingUserId": user["ucc"]}
    told = {
        "sSession": session["session"],
        "sVasUserId": user["vas_id"],
        **trading,
        "sName": user["name"],
        "sEmail": user["email"],
        "sRestSession": secrets.token_urlsafe(32),
    }
    made = [_callback(publisher, publisher.login_callback_url, (DONE, "Login successful"), told)]
    return made * 2 if faults.take("callback_twice") else made


def forged(echo: str) -> str:
    """An echo object whose last value is reversed; a made-up one if there is none."""
    content = read_echo(echo) or {"v": 1}
    name = list(content)[-1]
    changed = {**content, name: str(content[name])[::-1] + "x"}
    return base64.b64encode(json.dumps(changed).encode()).decode()


def read_echo(echo: str) -> Document | None:
    """The JSON object of an echo object, padding and alphabet as they come. None if there is none."""
    text = echo.replace("-", "+").replace("_", "/").replace(" ", "+")
    try:
        content = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except ValueError:
        return None
    return content if isinstance(content, dict) and content else None


def _callback(publisher: Publisher, url: str, status: tuple[str, str], told: dict[str, str]) -> Document:
    fields = {"sStatusCode": status[0], "sStatusMessage": status[1], **told}
    method = publisher.callback_method
    if method == "GET" and url:
        url, fields = f"{url}{'&' if '?' in url else '?'}{urlencode(fields)}", {}
    return {"words": f"{status[0]}, {status[1]}", "url": url, "method": method, "fields": fields}
