"""The stand-in's own page, the data for tests, and the control of publishers, faults, sessions and orders."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from standins.arming import BadFault
from standins.connector import pages
from standins.connector.faults import FAULTS
from standins.connector.keys import owner_of
from standins.connector.omex import ACTIONS
from standins.connector.publishers import BadPublisher
from standins.connector.store import Document
from standins.connector.vas import EXPIRED, INVALID
from standins.serving import (
    FORM,
    HTML,
    JSON,
    PAGE_HEADERS,
    SCRIPT,
    STYLE,
    BadBody,
    Reply,
    as_json,
    fields,
    plain,
)

if TYPE_CHECKING:
    from standins.connector.server import ConnectorStandIn

NOT_FOUND = "There is nothing at this address."
SESSION_ENDS = {"expire": EXPIRED, "invalidate": INVALID}


def get(standin: "ConnectorStandIn", path: str, query: str) -> Reply:
    """The page and data."""
    match path.strip("/").split("/"):
        case [""]:
            search = dict(parse_qsl(query)).get("search", "")
            return Reply(200, pages.home(standin, search).encode(), HTML, PAGE_HEADERS)
        case ["standin.css"]:
            return Reply(200, STYLE.encode(), "text/css; charset=utf-8")
        case ["standin.js"]:
            return Reply(200, SCRIPT.encode(), "text/javascript; charset=utf-8")
        case ["keys", user_id]:
            return _keys(standin, unquote(user_id))
        case ["faults"]:
            return as_json({"present": standin.faults.present(), "known": FAULTS})
        case [name] if name.endswith(".json"):
            return _data(standin, name.removesuffix(".json"))
    return plain(NOT_FOUND, 404)


def _data(standin: "ConnectorStandIn", name: str) -> Reply:
    """What the stand-in knows, the newest first."""
    known: dict[str, Any] = {
        "publishers": lambda: [asdict(one) for one in standin.publishers.all()],
        "users": standin.vas.users,
        "sessions": standin.vas.sessions,
        "visits": standin.visits.all,
        "orders": standin.omex.orders,
        "deliveries": standin.store.deliveries,
        "calls": standin.store.calls,
    }
    return as_json(known[name]()) if name in known else plain(NOT_FOUND, 404)


def _keys(standin: "ConnectorStandIn", user_id: str) -> Reply:
    """A user's TOTP, for tests and demonstrations."""
    if standin.people.find(user_id) is None:
        return plain("The stand-in has no such user.", 404)
    return as_json({"totp": standin.people.keys(user_id).totp})


def change(standin: "ConnectorStandIn", method: str, path: str, content_type: str, body: bytes) -> Reply:
    """Publishers and faults set, sessions ended, orders moved on. Forms of the page lead back to it."""
    if content_type not in (FORM, JSON) and method == "POST":
        return plain("Send JSON, with Content-Type: application/json.", 415)
    try:
        done = _change(standin, method, path, fields(content_type, body))
    except (BadBody, BadFault, BadPublisher) as error:
        return as_json({"error": str(error)}, 400)
    if done is None:
        return plain(NOT_FOUND, 404)
    return Reply(303, b"", HTML, {"Location": "/"}) if content_type == FORM else as_json(done)


def _change(standin: "ConnectorStandIn", method: str, path: str, given: Document) -> Document | None:
    match (method, *path.strip("/").split("/")):
        case ("POST", "publishers"):
            return asdict(standin.publishers.change(given))
        case ("POST", "publishers", "register"):
            token = str(given.get("application_token", ""))
            if standin.publishers.find(token) is None:
                return None
            standin.deliveries.register_again(token)
        case ("POST", "faults"):
            return {"armed": vars(standin.faults.add(**_fault(given)))}
        case ("DELETE", "faults"):
            standin.faults.remove()
        case ("POST", "faults", number, "remove") if number.isdecimal():
            standin.faults.remove(int(number))
        case ("POST", "sessions", action) if action in SESSION_ENDS:
            if not standin.vas.end_session(str(given.get("session", "")), SESSION_ENDS[action]):
                return None
        case ("POST", "orders", "told"):
            owners = {owner_of(one): one for one in standin.publishers.all()}
            publisher, order = owners.get(str(given.get("owner", ""))), given.get("order")
            if publisher is None or not isinstance(order, dict):
                return None
            standin.omex.report_rest_order(publisher, order)
        case ("POST", "orders", action) if action in ACTIONS:
            standin.omex.move(str(given.get("order", "")), action)
        case _:
            return None
    return {"done": True}


def _fault(given: Document) -> Document:
    """The options of a fault; those of a form are texts."""
    if unknown := set(given) - {"fault", "times", "seconds"}:
        raise BadFault(f"Unknown option {', '.join(sorted(unknown))}. Known: fault, times, seconds.")
    try:
        return {
            "name": str(given.get("fault", "")),
            "times": int(given.get("times", 1)),
            "seconds": float(given.get("seconds", 0)),
        }
    except (TypeError, ValueError):
        raise BadFault("times is a whole number and seconds a number.") from None
