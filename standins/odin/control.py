"""What is not SOAP: the pages, the data for tests, and the control of faults, session and dealer."""

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, parse_qsl, unquote

from backoffice.protocol.messages.users import CreateRetailUser
from standins.arming import BadFault
from standins.odin import pages, user_page
from standins.odin.faults import FAULTS
from standins.odin.reply import as_json
from standins.odin.store import matches
from standins.serving import FORM, HTML, PAGE_HEADERS, SCRIPT, STYLE, Reply, plain

if TYPE_CHECKING:
    from standins.odin.server import StandIn

HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9A-Fa-f:]+\](:\d{1,5})?")
NOT_FOUND = "There is nothing at this address."


def get(standin: "StandIn", path: str, query: str) -> Reply:
    """Pages and data."""
    match path.strip("/").split("/"):
        case [""]:
            return _page(pages.home(standin, _text(query, "search")))
        case ["users", group_id, user_id]:
            text = user_page.user(standin, unquote(group_id), unquote(user_id))
            return _page(text) if text else plain("The stand-in has no such user.", 404)
        case ["standin.css"]:
            return Reply(200, STYLE.encode(), "text/css; charset=utf-8")
        case ["standin.js"]:
            return Reply(200, SCRIPT.encode(), "text/javascript; charset=utf-8")
        case ["ledger.json"]:
            after, limit = _number(query, "after", 0), _number(query, "limit", 1000)
            return as_json([asdict(entry) for entry in standin.store.ledger(after=after, limit=limit)])
        case ["users.json"]:
            offset, limit = _number(query, "offset", 0), _number(query, "limit", 1000)
            found = standin.store.users(limit, offset, _text(query, "search"))
            return as_json([_public(user) for user in found])
        case ["limits.json"]:
            return as_json(
                standin.store.all_limits(_number(query, "offset", 0), _number(query, "limit", 1000))
            )
        case ["session.json"]:
            return as_json({"dealer": standin.dealer.document(), "session": standin.dealer.session()})
        case ["faults"]:
            known = {name: {"words": f.words, "applies": f.applies} for name, f in FAULTS.items()}
            return as_json({"present": standin.faults.present(), "known": known})
    return plain(NOT_FOUND, 404)


def change(standin: "StandIn", method: str, path: str, content_type: str, body: bytes) -> Reply:
    """Faults armed and removed, the dealer's condition set."""
    match (method, *path.strip("/").split("/")):
        case ("DELETE", "faults"):
            return as_json({"removed": standin.faults.remove()})
        case ("DELETE", "faults", number) if number.isdecimal():
            return as_json({"removed": standin.faults.remove(int(number))})
        case ("POST", "faults", number, "remove") if number.isdecimal():
            standin.faults.remove(int(number))
            return Reply(303, b"", HTML, {"Location": "/"})
        case ("POST", "faults") if content_type == FORM:
            return _arm_by_form(standin, dict(parse_qsl(body.decode(errors="replace"))))
        case ("POST", ("faults" | "session") as name) | ("POST", "users", ("check" | "segments") as name):
            # But for the form of the page only JSON: a web page elsewhere cannot send that without asking the browser.
            if content_type != "application/json":
                return plain("Send JSON, with Content-Type: application/json.", 415)
            try:
                given = json.loads(body)
                if not isinstance(given, dict):
                    raise BadFault("Send one JSON object.")
                return CONTROLS[name](standin, given)
            except json.JSONDecodeError:
                return as_json({"error": "That is no JSON."}, 400)
            except (BadFault, TypeError) as error:
                return as_json({"error": str(error)}, 400)
    return plain(NOT_FOUND, 404)


def _arm(standin: "StandIn", given: dict[str, object]) -> Reply:
    options = dict(given)
    fault, match = options.pop("fault", ""), options.pop("match", None) or {}
    if not isinstance(fault, str) or not isinstance(match, dict):
        raise BadFault("fault is a name and match an object.")
    return as_json(asdict(standin.faults.add(fault, match=match, **options)), 201)


def _arm_by_form(standin: "StandIn", given: dict[str, str]) -> Reply:
    """Arm what the form of the page asks for: its empty fields match everything."""
    match = {name: value for name in ("type", "user_id") if (value := given.pop(name, "").strip())}
    try:
        standin.faults.add(given.pop("fault", ""), match=match, **given)
    except BadFault as error:
        return plain(str(error), 400)
    return Reply(303, b"", HTML, {"Location": "/"})


def _set_session(standin: "StandIn", given: dict[str, object]) -> Reply:
    days = given.get("days_to_expiry")
    if set(given) - {"end", "unlock", "days_to_expiry"} or not (days is None or isinstance(days, int)):
        raise BadFault("Known: end (true), unlock (true), days_to_expiry (whole number; below 0: expired).")
    with standin.store.transaction():
        if given.get("end"):
            standin.dealer.end()
        standin.dealer.set(unlock=bool(given.get("unlock")), days_to_expiry=days)
    return as_json({"dealer": standin.dealer.document(), "session": standin.dealer.session()})


def _check_user(standin: "StandIn", given: dict[str, object]) -> Reply:
    """The users of an id, in any group, each with whether a password is theirs: other stand-ins log them in."""
    user_id, password = str(given.get("user_id", "")), str(given.get("password", ""))
    found = standin.store.users_of(user_id)
    return as_json([{**_public(u), "password_is_right": matches(password, u["password"])} for u in found])


def _set_segments(standin: "StandIn", given: dict[str, object]) -> Reply:
    """The segments that a user may trade in, changed behind the back of whoever sends messages."""
    segments = given.get("trading_segments")
    known = set(CreateRetailUser.trading_segments.labels)
    if not isinstance(segments, list) or not known.issuperset(segments):
        raise BadFault("trading_segments is a list of segment ids as texts.")
    with standin.store.transaction():
        user = standin.store.user(str(given.get("group_id", "")), str(given.get("user_id", "")))
        if user is None:
            return as_json({"error": "The stand-in has no such user."}, 404)
        user["values"]["trading_segments"] = segments
        standin.store.save_user(user)
    return as_json(_public(user))


CONTROLS = {"faults": _arm, "session": _set_session, "check": _check_user, "segments": _set_segments}


def _page(text: str) -> Reply:
    return Reply(200, text.encode(), HTML, PAGE_HEADERS)


def _public(user: dict[str, object]) -> dict[str, object]:
    """A user without the hash of the password, only whether there is one."""
    return {**user, "password": bool(user["password"])}


def _text(query: str, name: str) -> str:
    return parse_qs(query).get(name, [""])[0]


def _number(query: str, name: str, default: int) -> int:
    given = _text(query, name)
    return min(int(given), 2**62) if given.isascii() and given.isdigit() else default
