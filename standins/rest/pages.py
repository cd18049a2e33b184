"""The stand-in's own page: users with their codes, sessions, orders, faults, requests. Every text is escaped."""

from decimal import Decimal
from typing import TYPE_CHECKING

from standins.html import Safe, facts, finder, join, page, section, table, tag
from standins.rest.constants import CALLS, EXCHANGES, OPEN
from standins.rest.faults import FAULTS
from standins.rest.people import OWN_PASSWORD, USERS_SHOWN, Person
from standins.rest.store import Document

if TYPE_CHECKING:
    from standins.rest.server import RestStandIn

TITLE = "Stand-in REST API"
NOTICE = "Stand-in: for demonstration, training and tests. Not the vendor's service."
ORDERS_SHOWN = REQUESTS_SHOWN = 100


def home(standin: "RestStandIn", search: str = "") -> str:
    """The whole page, with the users that `search` finds."""
    orders = standin.store.orders()[:ORDERS_SHOWN]
    received = standin.store.received(REQUESTS_SHOWN)
    return page(
        TITLE,
        NOTICE,
        section("Users and their second factors", *_users(standin, search)),
        tag(
            "div",
            section("Sessions", _sessions(standin.store.sessions())),
            section("Faults", _faults(standin)),
            class_="pair",
        ),
        section(f"Orders ({len(orders)})", _orders(orders)),
        section(f"Requests ({len(received)})", _received(received)),
        section("Scrip masters", _masters()),
    )


def _users(standin: "RestStandIn", search: str) -> list[Safe]:
    try:
        people = standin.people.found(search, USERS_SHOWN + 1)
    except OSError:
        return [tag("p", f"The stand-in ODIN at {standin.odin} does not answer.", class_="empty")]
    rows = [(_who(person), *_codes(standin, person, search)) for person in people[:USERS_SHOWN]]
    empty = "No user yet. Create one in the portal; it may log in here as soon as ODIN has it."
    empty = f"No user fits “{search}”." if search else empty
    shown = table(("User", "TOTP", "OTP", "Other", "Segments", "Password"), rows, empty, "Users")
    more = [tag("p", f"Only {USERS_SHOWN} are shown. Search for others.", class_="empty")]
    return [finder(search), shown, *(more if len(people) > USERS_SHOWN else [])]


def _who(person: Person) -> Safe:
    marks = [] if person.active else [tag("span", " not active", class_="bad")]
    if not person.sources:
        marks.append(tag("span", " no API login", class_="bad"))
    return join([tag("code", person.user_id), tag("div", person.name), *marks])


def _codes(standin: "RestStandIn", person: Person, search: str) -> tuple[object, ...]:
    keys = standin.people.keys(person.user_id)
    more = facts(
        [
            ("TOTP secret", tag("code", keys.totp_secret)),
            ("MPIN", tag("code", keys.mpin)),
            ("UDID", tag("code", keys.udid)),
            ("SSO token", tag("code", keys.sso_token)),
        ]
    )
    own = (
        tag("code", OWN_PASSWORD)
        if not standin.odin
        else "as sent to ODIN"
        if person.has_password
        else "none"
    )
    return (
        _copy("TOTP", keys.totp),
        _copy("OTP", keys.otp),
        tag("details", tag("summary", "Show"), more),
        tag("details", tag("summary", "Show"), _segments(person, search)) if standin.odin else "all",
        own,
    )


def _segments(person: Person, search: str) -> Safe:
    """What a user may trade in, and buttons that change it at the stand-in ODIN behind the portal's back.

    They lead back to the users that `search` found.
    """
    who = {"group_id": person.group_id, "user_id": person.user_id, "search": search}
    rows = []
    for name, _, _ in EXCHANGES:
        allowed = name in person.exchanges
        words, to = (f"Stop {name}", "0") if allowed else (f"Allow {name}", "1")
        rows.append(
            (
                name,
                "allowed" if allowed else "no",
                _button("/segments", words, **who, exchange=name, allowed=to),
            )
        )
    return table(("Exchange", "Trading", "Action"), rows, "", "Segments")


def _copy(what: str, code: str) -> Safe:
    return join(
        [
            tag("code", code),
            " ",
            tag("button", "Copy", type="button", data_copy=code, aria_label=f"Copy {what} {code}"),
        ]
    )


def _sessions(sessions: list[Document]) -> Safe:
    rows = [(tag("code", one["user_id"]), one["opened"], one["ended"] or "open") for one in sessions]
    shown = table(("User", "Opened", "State"), rows, "No session yet.", "Sessions")
    end = tag("form", tag("button", "End all sessions"), method="post", action="/sessions/end")
    return join([shown, end]) if any(not one["ended"] for one in sessions) else shown


def _faults(standin: "RestStandIn") -> Safe:
    rows = [
        (
            one["fault"],
            one["call"] or "every call",
            "always" if one["times"] < 0 else one["times"],
            _button(f"/faults/{one['id']}/remove", "Remove"),
        )
        for one in standin.faults.present()
    ]
    options = [tag("option", f"{name}: {f.words}", value=name) for name, f in FAULTS.items()]
    calls = [tag("option", "every call", value=""), *(tag("option", name, value=name) for name in CALLS)]
    form = tag(
        "form",
        tag("label", "Fault ", tag("select", *options, name="fault")),
        tag("label", "Call ", tag("select", *calls, name="call")),
        tag("label", "Times ", tag("input", name="times", value="1", inputmode="numeric", size="3")),
        tag("label", "Seconds ", tag("input", name="seconds", value="30", inputmode="decimal", size="3")),
        tag("button", "Arm fault"),
        method="post",
        action="/faults",
        class_="arm",
    )
    return join([table(("Fault", "Strikes", "Times left", "Action"), rows, "None is armed.", "Faults"), form])


def _button(action: str, words: str, **fields: str) -> Safe:
    hidden = [tag("input", type="hidden", name=name, value=value) for name, value in fields.items()]
    return tag("form", *hidden, tag("button", words), method="post", action=action)


def _orders(orders: list[Document]) -> Safe:
    rows = [
        (
            tag("code", order["order_id"]),
            tag("code", order["user_id"]),
            f"{order['transaction_type']} {order['symbol']} ({order['exchange']})",
            f"{order['traded_quantity']} of {order['total_quantity']}",
            order["order_price"] if Decimal(order["order_price"]) else "market",
            _status(order),
            order["order_identifier"],
            _moves(order),
        )
        for order in orders
    ]
    columns = ("Order", "User", "What", "Traded#", "Price ₹#", "Status", "Identifier", "Actions")
    return table(columns, rows, "No order yet.", "Orders")


def _status(order: Document) -> Safe:
    return join([tag("strong", order["status"]), tag("div", order["error_reason"])])


def _moves(order: Document) -> object:
    if order["status"] not in OPEN:
        return ""
    names = {"fill": "Fill", "fill-one": "Fill 1", "reject": "Reject", "cancel": "Cancel"}
    buttons = (
        _button(f"/orders/{action}", words, order_id=order["order_id"]) for action, words in names.items()
    )
    return tag("div", *buttons, class_="moves")


def _received(entries: list[Document]) -> Safe:
    rows = [
        (
            entry["at"],
            entry["call"] or "no such path",
            tag("code", entry["user_id"]),
            join([entry["status"] or "no answer", tag("span", entry["fault"], class_="fault")]),
            tag(
                "details",
                tag("summary", "Show"),
                facts(
                    [
                        ("Request", tag("code", f"{entry['method']} {entry['path']}")),
                        ("Body", tag("code", entry["body"]) if entry["body"] else ""),
                        ("Answer", tag("code", entry["answer"]) if entry["answer"] else ""),
                    ]
                ),
            ),
        )
        for entry in entries
    ]
    return table(("Time (IST)", "Call", "User", "Status", "Text"), rows, "No request yet.", "Requests")


def _masters() -> Safe:
    words = "Made-up files of eleven exchanges, for example "
    links = [tag("a", path, href=path) for path in ("/scripfiles/NSE_EQ.json", "/scripfiles/v2/NSE_EQ.json")]
    return tag("p", words, links[0], " and ", links[1], ".")
