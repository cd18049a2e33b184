"""The pages that a client sees on a visit: choice of a broker, login, basket, the way back. Every text is escaped."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from standins.connector.constants import BUY, ORDER_TYPES, RL, SL, VALIDITIES
from standins.connector.publishers import ACTIVE, Publisher, broker_name
from standins.connector.store import Document
from standins.html import Safe, facts, join, page, section, table, tag
from standins.serving import HTML, PAGE_HEADERS, Reply

if TYPE_CHECKING:
    from standins.connector.server import ConnectorStandIn

TITLE = "Stand-in Connector"
NOTICE = "Stand-in: for demonstration, training and tests. Not the vendor's service."


def visit(standin: "ConnectorStandIn", one: Document) -> Reply:
    """The page that fits the visit's state."""
    publisher = standin.publishers.find(one.get("application", ""))
    if publisher is None:
        return _reply(None, section("Not possible", tag("p", one["words"], class_="bad")))
    match one["state"]:
        case "choose":
            body = _choose(one, publisher)
        case "held":
            words = "The check of the token is held back (fault late_token)."
            body = section(
                "Token not checked yet", tag("p", words), _form(one, "check", _button("Check now"))
            )
        case "login":
            body = _login(one)
        case "basket":
            body = _basket(one)
        case "no basket":
            body = _no_basket(one)
        case "callback":
            body = _callbacks(one)
        case "over":
            body = section("This visit is over", tag("p", one["words"]))
        case "busy":
            body = section("In progress", tag("p", "The request before this one is still being answered."))
        case _:
            body = section("Not possible", tag("p", one["words"], class_="bad"))
    return _reply(publisher, _slips("Slips of the publisher at the landing", one["slips"]), body)


def _reply(publisher: Publisher | None, *children: object) -> Reply:
    headers = dict(PAGE_HEADERS)
    if publisher is not None:
        # A browser asks this rule of a redirect after a form too, and the callback is one.
        callbacks = (publisher.basket_callback_url, publisher.login_callback_url)
        origins = sorted({_origin(url) for url in callbacks if url})
        rule = " ".join(["form-action 'self'", *origins])
        headers["Content-Security-Policy"] = headers["Content-Security-Policy"].replace(
            "form-action 'self'", rule
        )
    return Reply(200, page(TITLE, NOTICE, *children).encode(), HTML, headers)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _form(one: Document, action: str, *children: object) -> Safe:
    # data-hold: the page is not fetched again while a person types.
    return tag(
        "form", *children, method="post", action=f"/broker/{one['id']}/{action}", class_="arm", data_hold="1"
    )


def _button(words: str) -> Safe:
    return tag("button", words)


def _slips(title: str, slips: list[str]) -> Safe:
    if not slips:
        return Safe("")
    return section(title, tag("ul", *(tag("li", words) for words in slips), class_="bad"))


def _said(one: Document) -> Safe:
    return tag("p", one["words"], class_="bad", role="alert") if one["words"] else Safe("")


def _choose(one: Document, publisher: Publisher) -> Safe:
    brokers = [id_ for id_, state in publisher.partners.items() if state == ACTIVE]
    options = [tag("option", broker_name(id_), value=id_) for id_ in brokers]
    form = _form(
        one,
        "choose",
        tag("label", "Broker ", tag("select", *options, name="partner_id")),
        _button("Continue"),
    )
    return section("Choose your broker", _said(one), form)


def _login(one: Document) -> Safe:
    form = _form(
        one,
        "login",
        _input("User ", name="user_id", autocomplete="username", required="required"),
        _input("Password ", name="password", type="password", autocomplete="off", required="required"),
        _input("TOTP ", name="totp", inputmode="numeric", autocomplete="one-time-code", required="required"),
        _button("Log in"),
    )
    hint = tag("p", "Users and their codes are on the ", tag("a", "stand-in's page", href="/"), ".")
    return section(f"Log in at {broker_name(one['partner_id'])}", _said(one), form, hint)


def _input(words: str, **attributes: str) -> Safe:
    return tag("label", words, tag("input", **attributes))


def _basket(one: Document) -> Safe:
    basket = one["basket"]
    rows = [_line(place, line) for place, line in enumerate(basket["lines"], start=1)]
    columns = ("What", "Asked#", "Quantity#", "Price ₹#", "Trigger ₹#", "Type")
    form = _form(
        one,
        "submit",
        table(columns, rows, "No line can become an order.", "Basket"),
        _button(f"Place {len(rows)} orders") if rows else "",
    )
    about = facts(
        [
            ("Client", f"{one['name']} ({one['ucc']})"),
            ("Product", one["product"]),
            ("Reco ID", basket["reco_id"]),
        ]
    )
    return join(
        [
            _slips(f"Slips of the publisher ({len(basket['slips'])})", basket["slips"]),
            section(f"Basket at {broker_name(one['partner_id'])}", _said(one), about, form),
            _ways_out(one),
        ]
    )


def _line(place: int, line: Document) -> tuple[object, ...]:
    words = f"{'Buy' if line['side'] == BUY else 'Sell'} {line['symbol']}"
    kind = f"{ORDER_TYPES[line['type']]}, {VALIDITIES[line['validity']]} {line['days']}".strip()
    price: object = "market"
    if line["type"] in (RL, SL):
        price = tag(
            "input", name=f"price-{place}", value=_rupees(line["price"]), inputmode="decimal", size="9",
            required="required", aria_label=f"Price of line {place} in rupees",
        )  # fmt: skip
    quantity = tag(
        "input", name=f"quantity-{place}", value=str(line["quantity"]), inputmode="numeric", size="6",
        required="required", aria_label=f"Quantity of line {place}",
    )  # fmt: skip
    trigger = _rupees(line["trigger"]) if line["trigger"] else ""
    return join([words, tag("div", line["exchange"])]), line["asked"], quantity, price, trigger, kind


def _rupees(paise: int) -> str:
    return f"{paise // 100}.{paise % 100:02d}"


def _no_basket(one: Document) -> Safe:
    basket = one["basket"]
    said = tag("p", f"The publisher served no basket: {basket['refusal']}", class_="bad")
    return join(
        [_slips("Slips of the publisher", basket["slips"]), section("No basket", said), _ways_out(one)]
    )


def _ways_out(one: Document) -> Safe:
    reload, back = (_form(one, name, _button(words)) for name, words in WAYS_OUT)
    return tag("div", reload, back, class_="moves")


WAYS_OUT = (("reload", "Ask for the basket again"), ("return", "Return without an order"))


def _callbacks(one: Document) -> Safe:
    """One callback sends itself; of several a person presses each, all but the last in another tab."""
    several = len(one["callbacks"]) > 1
    forms = [
        _callback(callback, other_tab=place < len(one["callbacks"]), alone=not several)
        for place, callback in enumerate(one["callbacks"], start=1)
    ]
    words = "More than one callback is to be delivered (fault): press one after the other." if several else ""
    return section("Back to the publisher", tag("p", words), *forms)


def _callback(callback: Document, *, other_tab: bool, alone: bool) -> Safe:
    words = f"Deliver “{callback['words']}”"
    if callback["method"] == "GET":
        link = tag("a", words, href=callback["url"], target=other_tab and "_blank", rel="noreferrer")
        return tag("p", link, data_hold="1")
    hidden = [
        tag("input", type="hidden", name=name, value=value) for name, value in callback["fields"].items()
    ]
    return tag(
        "form", *hidden, tag("button", words), method="post", action=callback["url"], class_="arm",
        target=other_tab and "_blank", data_send=alone and "1", data_hold="1",
    )  # fmt: skip
