"""The stand-in's own page: publishers, users, faults, visits, orders, webhooks, calls. Every text is escaped."""

from typing import TYPE_CHECKING

from standins.connector.broker_pages import NOTICE, TITLE
from standins.connector.constants import BUY, PENDING, STATUSES
from standins.connector.faults import FAULTS
from standins.connector.publishers import CHOICES, URLS, Publisher, broker_name
from standins.connector.store import Document
from standins.connector.vas import LIVE
from standins.html import Safe, facts, finder, join, page, section, table, tag
from standins.rest.people import OWN_PASSWORD, USERS_SHOWN, Person

if TYPE_CHECKING:
    from standins.connector.server import ConnectorStandIn

SHOWN = 50
MOVES = {"fill": "Fill", "fill-one": "Fill 1", "reject": "Reject", "cancel": "Cancel"}
LABELS = {
    "name": "Name",
    "token_check_url": "Token check",
    "order_details_url": "GetOrderDetails",
    "basket_callback_url": "Basket callback",
    "login_callback_url": "Login callback",
    "webhook_url": "Webhook, with its secret",
    "partners": "Partner IDs",
    "callback_method": "Callbacks come by",
    "client_code": "ClientCode is",
    "segment_ids": "mktSegId is read as",
    "webhook_shape": "Webhooks come as",
    "invalid_session": "An invalid session leads to",
    "webhook_tries": "Tries of a webhook",
    "webhook_pause": "Seconds between tries",
}


def home(standin: "ConnectorStandIn", search: str = "") -> str:
    """The whole page, with the users that `search` finds."""
    orders, visits = standin.omex.orders()[:SHOWN], standin.visits.all()[:SHOWN]
    publishers = standin.publishers.all()
    return page(
        TITLE,
        NOTICE,
        section("Publishers", *(_publisher(one) for one in publishers), _another()),
        tag(
            "div",
            section("Users of the brokers", *_users(standin, search)),
            section("Faults", _faults(standin)),
            class_="pair",
        ),
        section("Sessions given to publishers", _sessions(standin.vas.sessions()[:SHOWN])),
        section(f"Visits ({len(visits)})", _visits(visits)),
        section(f"Orders ({len(orders)})", _orders(orders)),
        section("Webhooks", _deliveries(standin.store.deliveries(SHOWN), publishers)),
        section("Calls", _calls(standin.store.calls(SHOWN))),
    )


# --- publishers -------------------------------------------------------------------------------------------------------


def _publisher(one: Publisher) -> Safe:
    state = tag("span", "connected", class_="good")
    if not one.connected:
        again = _button("/publishers/register", "Register again", application_token=one.application_token)
        state = join([tag("span", "disconnected: no webhooks", class_="bad"), again])
    about = facts(
        [
            ("Publisher", one.name),
            ("Application token", tag("code", one.application_token)),
            ("Webhooks", state),
            (
                "Brokers",
                ", ".join(f"{id_} {broker_name(id_)}: {state}" for id_, state in one.partners.items()),
            ),
        ]
    )
    settings = tag("details", tag("summary", "Addresses and settings"), _settings(one))
    return tag("div", about, settings, class_="entry")


def _settings(one: Publisher) -> Safe:
    fields = [_setting("name", one.name), *(_setting(name, getattr(one, name), size="60") for name in URLS)]
    partners = ", ".join(f"{id_} {state}" for id_, state in one.partners.items())
    fields.append(_setting("partners", partners, size="60"))
    for name, known in CHOICES.items():
        options = [
            tag("option", word, value=word, selected=word == getattr(one, name) and "selected")
            for word in known
        ]
        fields.append(tag("label", f"{LABELS[name]} ", tag("select", *options, name=name)))
    fields += [_setting(name, getattr(one, name), size="6") for name in ("webhook_tries", "webhook_pause")]
    hidden = tag("input", type="hidden", name="application_token", value=one.application_token)
    save = tag("p", tag("button", "Save settings"))
    return tag("form", hidden, *fields, save, method="post", action="/publishers", class_="arm settings")


def _setting(name: str, value: object, size: str = "30") -> Safe:
    return tag("label", f"{LABELS[name]} ", tag("input", name=name, value=str(value), size=size))


def _another() -> Safe:
    label = tag(
        "label", "Application token ", tag("input", name="application_token", size="40", required="required")
    )
    form = _arm("/publishers", label, tag("button", "Register publisher"))
    return tag("details", tag("summary", "Another publisher"), form)


# --- users, faults, sessions ------------------------------------------------------------------------------------------


def _users(standin: "ConnectorStandIn", search: str) -> list[Safe]:
    try:
        people = standin.people.found(search, USERS_SHOWN + 1)
    except OSError:
        return [tag("p", f"The stand-in ODIN at {standin.odin} does not answer.", class_="empty")]
    rows = [_user(standin, person) for person in people[:USERS_SHOWN]]
    empty = "No user yet. Create one in the portal; it may log in here as soon as ODIN has it."
    empty = f"No user fits “{search}”." if search else empty
    more = [tag("p", f"Only {USERS_SHOWN} are shown. Search for others.", class_="empty")]
    shown = table(("User", "TOTP", "Password"), rows, empty, "Users")
    return [finder(search), shown, *(more if len(people) > USERS_SHOWN else [])]


def _user(standin: "ConnectorStandIn", person: Person) -> tuple[object, ...]:
    code = standin.people.keys(person.user_id).totp
    copy = tag("button", "Copy", type="button", data_copy=code, aria_label=f"Copy TOTP {code}")
    state = "" if person.active else tag("span", " not active", class_="bad")
    known = "as sent to ODIN" if person.has_password else "none"
    return (
        join([tag("code", person.user_id), tag("div", person.name), state]),
        join([tag("code", code), " ", copy]),
        known if standin.odin else tag("code", OWN_PASSWORD),
    )


def _faults(standin: "ConnectorStandIn") -> Safe:
    rows = [
        (
            one["fault"],
            "always" if one["times"] < 0 else one["times"],
            _button(f"/faults/{one['id']}/remove", "Remove"),
        )
        for one in standin.faults.present()
    ]
    options = [tag("option", f"{name}: {words}", value=name) for name, words in FAULTS.items()]
    form = _arm(
        "/faults",
        tag("label", "Fault ", tag("select", *options, name="fault")),
        tag("label", "Times ", tag("input", name="times", value="1", inputmode="numeric", size="3")),
        tag("label", "Seconds ", tag("input", name="seconds", value="30", inputmode="decimal", size="3")),
        tag("button", "Arm fault"),
    )
    return join([table(("Fault", "Times left", "Action"), rows, "None is armed.", "Faults"), form])


def _sessions(sessions: list[Document]) -> Safe:
    rows = [
        (
            tag("code", one["ucc"]),
            tag("code", one["vas_id"]),
            broker_name(one["partner_id"]),
            one["opened"],
            one["state"],
            _ends(one) if one["state"] == LIVE else "",
        )
        for one in sessions
    ]
    return table(
        ("User", "VAS id", "Broker", "Opened", "State", "Actions"), rows, "No session yet.", "Sessions"
    )


def _ends(one: Document) -> Safe:
    buttons = (
        _button(f"/sessions/{action}", words, session=one["session"])
        for action, words in (("expire", "Let expire"), ("invalidate", "Make invalid"))
    )
    return tag("div", *buttons, class_="moves")


# --- what happened ----------------------------------------------------------------------------------------------------


def _visits(visits: list[Document]) -> Safe:
    rows = [
        (
            tag("a", one["at"], href=f"/broker/{one['id']}"),
            one.get("type", ""),
            one.get("product", ""),
            tag("code", one.get("ucc", "")),
            one["state"],
            join([one["words"], _count(one)]),
        )
        for one in visits
    ]
    columns = ("Time (IST)", "Type", "Product", "User", "State", "Note")
    return table(columns, rows, "No visit yet. A publisher's link leads to /landing/redirect.", "Visits")


def _count(one: Document) -> Safe:
    slips = len(one["slips"]) + len(one.get("basket", {}).get("slips", []))
    return tag("span", f"slips: {slips}", class_="fault") if slips else Safe("")


def _orders(orders: list[Document]) -> Safe:
    rows = [
        (
            tag("code", order["unique_code"]),
            tag("code", order["ucc"]),
            tag("code", order["reco_id"]),
            f"{'Buy' if order['side'] == BUY else 'Sell'} {order['symbol']} ({order['exchange']})",
            f"{order['traded']} of {order['quantity']}",
            join([tag("strong", STATUSES[order["status"]]), tag("div", order["reason"])]),
            _moves(order),
        )
        for order in orders
    ]
    columns = ("Order", "User", "Reco ID", "What", "Traded#", "Status", "Actions")
    return table(columns, rows, "No order yet.", "Orders")


def _moves(order: Document) -> object:
    if order["status"] != PENDING:
        return ""
    buttons = (
        _button(f"/orders/{action}", words, order=order["unique_code"]) for action, words in MOVES.items()
    )
    return tag("div", *buttons, class_="moves")


def _deliveries(entries: list[Document], publishers: list[Publisher]) -> Safe:
    names = {one.application_token: one.name for one in publishers}
    rows = [
        (
            entry["id"],
            names[entry["application"]],
            entry["what"],
            join([entry["state"], tag("span", entry["fault"], class_="fault")]),
            entry["tries"],
            entry["status"] or "",
        )
        for entry in entries
    ]
    return table(
        ("No.#", "Publisher", "Message", "State", "Tries#", "Answer#"), rows, "No message yet.", "Webhooks"
    )


def _calls(entries: list[Document]) -> Safe:
    rows = [
        (
            entry["at"],
            "made" if entry["direction"] == "out" else "received",
            entry["call"],
            join([entry["status"] or "no answer", tag("div", entry["note"], class_="quiet")]),
            tag(
                "details",
                tag("summary", "Show"),
                facts((name, tag("code", entry[key])) for name, key in TEXTS if entry[key]),
            ),
        )
        for entry in entries
    ]
    return table(("Time (IST)", "Way", "Call", "Status", "Text"), rows, "No call yet.", "Calls")


TEXTS = (("Address", "url"), ("Body", "body"), ("Answer", "answer"))


def _arm(action: str, *children: object) -> Safe:
    return tag("form", *children, method="post", action=action, class_="arm")


def _button(action: str, words: str, **fields: str) -> Safe:
    hidden = [tag("input", type="hidden", name=name, value=value) for name, value in fields.items()]
    return tag("form", *hidden, tag("button", words), method="post", action=action)
