"""What is not the API: the page, the data for tests, and the control of faults, sessions and orders."""

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode

from standins.arming import BadFault
from standins.rest import pages
from standins.rest.faults import FAULTS
from standins.rest.keys import BadKey
from standins.serving import FORM, HTML, PAGE_HEADERS, SCRIPT, STYLE, BadBody, Reply, as_json, fields, plain

if TYPE_CHECKING:
    from standins.rest.server import RestStandIn

ACTIONS = ("fill", "fill-one", "reject", "cancel")
NOT_FOUND = "There is nothing at this address."


def get(standin: "RestStandIn", path: str, query: str) -> Reply:
    """The page and data."""
    match path.strip("/").split("/"):
        case [""]:
            search = dict(parse_qsl(query)).get("search", "")
            return Reply(200, pages.home(standin, search).encode(), HTML, PAGE_HEADERS)
        case ["standin.css"]:
            return Reply(200, STYLE.encode(), "text/css; charset=utf-8")
        case ["standin.js"]:
            return Reply(200, SCRIPT.encode(), "text/javascript; charset=utf-8")
        case ["received.json"]:
            return as_json(standin.store.received(1000))
        case ["keys.json"]:
            return as_json({"owners": list(standin.store.issued())})
        case ["orders.json"]:
            return as_json(standin.store.orders())
        case ["keys", user_id]:
            return _keys(standin, unquote(user_id))
        case ["faults"]:
            known = {name: {"words": f.words, "applies": f.applies} for name, f in FAULTS.items()}
            return as_json({"present": standin.faults.present(), "known": known})
    return plain(NOT_FOUND, 404)


def _keys(standin: "RestStandIn", user_id: str) -> Reply:
    """A user's second factors, for tests and demonstrations."""
    if standin.people.find(user_id) is None:
        return plain("The stand-in has no such user.", 404)
    keys = standin.people.keys(user_id)
    return as_json(
        {"totp": keys.totp, "otp": keys.otp, "mpin": keys.mpin, "udid": keys.udid, "sso": keys.sso_token}
    )


def change(standin: "RestStandIn", method: str, path: str, content_type: str, body: bytes) -> Reply:
    """Faults armed and removed, sessions ended, orders moved on. Forms of the page lead back to it."""
    if content_type not in (FORM, "application/json") and method == "POST":
        return plain("Send JSON, with Content-Type: application/json.", 415)
    try:
        given = fields(content_type, body)
        done = _change(standin, method, path, given)
    except (BadBody, BadFault, BadKey) as error:
        return as_json({"error": str(error)}, 400)
    if done is None:
        return plain(NOT_FOUND, 404)
    if content_type != FORM:
        return as_json(done)
    search = str(given.get("search", ""))
    return Reply(303, b"", HTML, {"Location": f"/?{urlencode({'search': search})}" if search else "/"})


def _change(standin: "RestStandIn", method: str, path: str, given: dict[str, Any]) -> dict[str, Any] | None:
    match (method, *path.strip("/").split("/")):
        case ("POST", "faults"):
            return {"armed": vars(standin.faults.add(**_fault(given)))}
        case ("DELETE", "faults"):
            standin.faults.remove()
        case ("POST", "faults", number, "remove") if number.isdecimal():
            standin.faults.remove(int(number))
        case ("POST", "segments") if standin.odin:
            try:
                standin.people.set_segment(
                    str(given.get("group_id", "")),
                    str(given.get("user_id", "")),
                    str(given.get("exchange", "")),
                    allowed=str(given.get("allowed", "")) == "1",
                )
            except OSError:
                raise BadFault(f"The stand-in ODIN at {standin.odin} does not answer.") from None
        case ("POST", "keys"):
            standin.keys.hand_over(*(str(given.get(name, "")) for name in ("owner", "key", "orders")))
        case ("POST", "sessions", "end"):
            standin.store.end_sessions("ended on the stand-in's page")
        case ("POST", "orders", action) if action in ACTIONS:
            standin.oms.move(str(given.get("order_id", "")), action)
        case _:
            return None
    return {"done": True}


def _fault(given: dict[str, Any]) -> dict[str, Any]:
    """The options of a fault; those of a form are texts."""
    if unknown := set(given) - {"fault", "call", "times", "seconds"}:
        raise BadFault(f"Unknown option {', '.join(sorted(unknown))}. Known: fault, call, times, seconds.")
    try:
        return {
            "name": str(given.get("fault", "")),
            "call": str(given.get("call", "")),
            "times": int(given.get("times", 1)),
            "seconds": float(given.get("seconds", 0)),
        }
    except (TypeError, ValueError):
        raise BadFault("times is a whole number and seconds a number.") from None
