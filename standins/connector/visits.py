"""A client's visit: from the landing page through login and basket back to the publisher.

A visit's state says which page it shows: choose (a broker), held (the token's check), login, basket, no basket,
callback, over, refused; busy while a request is being answered.
"""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

from standins.connector.callbacks import basket_callbacks, login_callbacks
from standins.connector.calls import Calls
from standins.connector.constants import (
    BASKET_WITH_SESSION,
    CANCELLED,
    DONE,
    FAILED,
    KOLKATA,
    LOGIN_TO_KEEP,
    OMS_REJECT,
    RL,
    SESSION_INVALID,
    SL,
)
from standins.connector.faults import Faults
from standins.connector.judge import judge
from standins.connector.landing import Refused, allow_partner, read_landing
from standins.connector.omex import Omex, Owner
from standins.connector.publishers import SUSPENDED, Publisher, Publishers
from standins.connector.store import Document, Store
from standins.connector.tokens import Tokens
from standins.connector.vas import LIVE, Vas
from standins.rest.people import People, Person

MOST_TRIES = 5
UNKNOWN_PARTNER = "FFFFFF"


class Visits:
    """All visits. A step takes a visit's id and returns the visit in its next state, None if it does not fit."""

    def __init__(
        self,
        store: Store,
        publishers: Publishers,
        people: People,
        vas: Vas,
        omex: Omex,
        tokens: Tokens,
        calls: Calls,
        faults: Faults,
        now: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._publishers = publishers
        self._people = people
        self._vas = vas
        self._omex = omex
        self._tokens = tokens
        self._calls = calls
        self._faults = faults
        self._now = now

    def find(self, id_: str) -> Document | None:
        """The visit with this id."""
        return self._store.find("visit", id_)

    def all(self) -> list[Document]:
        """All visits, the newest first."""
        return self._store.all("visit")[::-1]

    # --- the landing ----------------------------------------------------------------------------------------------

    def begin(self, pairs: Sequence[tuple[str, str]]) -> Document:
        """A browser at the landing page, with these parameters."""
        visit: Document = {
            "id": secrets.token_urlsafe(16),
            "at": f"{self._now().astimezone(KOLKATA):%d-%m-%Y %H:%M:%S}",
            "words": "",
            "slips": [],
            "orders": [],
            "callbacks": [],
            "tries": 0,
            "state": "refused",
        }
        try:
            publisher, given, slips = read_landing(pairs, self._publishers)
        except Refused as refused:
            return self._keep(visit, words=str(refused))
        visit |= {
            "application": publisher.application_token,
            "type": given["nRequestType"],
            "product": given.get("sProductCode", ""),
            "tp_user_id": given.get("sTpUserId", ""),
            "partner_id": given.get("sPartnerId", ""),
            "session": given.get("sSession", ""),
            "echo": given.get("oEchoBackObject", ""),
            "token": given["sTwoWayToken"],
            "slips": slips,
        }
        if self._faults.take("late_token"):
            return self._keep(visit, state="held")
        return self._check_token(visit)

    def check_now(self, id_: str) -> Document | None:
        """Check the token that was held back."""
        visit = self._claim(id_, "held")
        return visit and self._check_token(visit)

    def choose(self, id_: str, partner_id: str) -> Document | None:
        """Take the broker that the client chose."""
        visit = self._claim(id_, "choose")
        if visit is None:
            return None
        try:
            allow_partner(self._publisher(visit), partner_id)
        except Refused as refused:
            return self._keep(visit, state="choose", words=str(refused))
        return self._keep(visit, state="login", partner_id=partner_id, words="")

    def _check_token(self, visit: Document) -> Document:
        checked = self._tokens.check(self._publisher(visit), visit.pop("token"), visit["tp_user_id"])
        visit["slips"] += checked.slips
        if not checked.good:
            return self._keep(
                visit, state="refused", words=f"The publisher refused the token: {checked.words}"
            )
        if not visit["partner_id"]:
            return self._keep(visit, state="choose")
        if visit["type"] == BASKET_WITH_SESSION:
            return self._bypass(visit)
        return self._keep(visit, state="login")

    def _bypass(self, visit: Document) -> Document:
        """Skip the login with a live session; otherwise show the login page or send the browser back."""
        publisher = self._publisher(visit)
        state, session = self._vas.session(visit.pop("session"), visit["application"], visit["partner_id"])
        person = self._person(session["ucc"]) if state == LIVE and session else None
        if person is not None:
            return self._open_basket(visit, person)
        words = f"The session is {state}."
        if publisher.invalid_session == "callback":
            return self._send_back(visit, (SESSION_INVALID, words))
        return self._keep(visit, state="login", words=f"{words} Log in again.")

    # --- the broker's pages ---------------------------------------------------------------------------------------

    def login(self, id_: str, user_id: str, password: str, totp: str) -> Document | None:
        """The client's login at the broker."""
        visit = self._claim(id_, "login")
        if visit is None:
            return None
        try:
            found = self._people.find(user_id, password)
        except OSError:
            return self._keep(visit, state="login", words="The stand-in ODIN does not answer. Try again.")
        person, right = found or (None, False)
        if person is None or not right or not self._people.keys(person.user_id).fits("TOTP", totp):
            return self._wrong(visit)
        if not person.active:
            return self._keep(visit, state="login", words="This user is not active.")
        if visit["type"] == LOGIN_TO_KEEP:
            return self._give_session(visit, person)
        return self._open_basket(visit, person)

    def _wrong(self, visit: Document) -> Document:
        tries = visit["tries"] + 1
        if tries >= MOST_TRIES:
            return self._keep(visit, state="refused", tries=tries, words="Too many wrong logins.")
        return self._keep(visit, state="login", tries=tries, words="User, password or TOTP is wrong.")

    def _give_session(self, visit: Document, person: Person) -> Document:
        publisher = self._publisher(visit)
        visit["ucc"] = person.user_id
        user = self._user(visit["partner_id"], person)
        if self._faults.take("session_of_another"):
            user = self._user(visit["partner_id"], self._another(person))
        session = self._vas.open_session(publisher.application_token, user)
        return self._callback(visit, login_callbacks(publisher, session, user, self._faults))

    def _user(self, partner_id: str, person: Person) -> Document:
        email = person.profile.get("email_id") or f"{person.user_id.lower()}@example.com"
        return self._vas.user(partner_id, person.user_id, person.name, email)

    def _another(self, person: Person) -> Person:
        try:
            others = [one for one in self._people.found("", 2) if one.user_id != person.user_id]
        except OSError:
            others = []
        return others[0] if others else Person("NOBODY1", "Nobody Example")

    # --- the basket -----------------------------------------------------------------------------------------------

    def _open_basket(self, visit: Document, person: Person) -> Document:
        publisher = self._publisher(visit)
        user = self._user(visit["partner_id"], person)
        ids = {"sTpUserId": visit["tp_user_id"], "sVasUserId": user["vas_id"], "UCC": person.user_id}
        client_code = ids.get(publisher.client_code, "") or visit["tp_user_id"] or user["vas_id"]
        visit |= {"ucc": person.user_id, "name": person.name, "client_code": client_code}
        visit["auth_code"] = self._vas.make_auth_code(publisher.application_token, client_code)
        if self._faults.take("wrong_auth_code"):
            visit["auth_code"] = secrets.token_urlsafe(24)
        return self._ask(visit)

    def reload(self, id_: str) -> Document | None:
        """Ask for the basket again with the same AuthCode, as a browser's reload does."""
        visit = self._claim(id_, "basket", "no basket")
        if visit is None:
            return None
        before = visit.get("basket", {}).get("data", "")
        visit = self._ask(visit)
        if before and visit["basket"]["data"] not in ("", before):
            visit["basket"]["slips"].append("The same AuthCode was answered with another basket.")
            self._keep(visit)
        return visit

    def _ask(self, visit: Document) -> Document:
        publisher = self._publisher(visit)
        partner_id = visit["partner_id"]
        if self._faults.take("unknown_partner"):
            partner_id = UNKNOWN_PARTNER
        if self._faults.take("suspended_partner"):
            suspended = [id_ for id_, state in publisher.partners.items() if state == SUSPENDED]
            partner_id = suspended[0] if suspended else UNKNOWN_PARTNER
        asked = {
            "ClientCode": visit["client_code"],
            "ProductCode": visit["product"],
            "AuthCode": visit["auth_code"],
            "PartnerId": partner_id,
        }
        # While this waits, the publisher has the AuthCode checked here: no transaction may be open.
        answer = self._calls.post("GetOrderDetails", publisher.order_details_url, asked)
        basket = vars(judge(answer, asked, publisher.segment_ids))
        return self._keep(
            visit, state="no basket" if basket["refusal"] else "basket", words="", basket=basket
        )

    def submit(self, id_: str, given: Mapping[str, str]) -> Document | None:
        """Place the lines as the client left them. `given`: quantity-N, and price-N in rupees."""
        visit = self._claim(id_, "basket")
        if visit is None:
            return None
        try:
            lines = [
                _edited(line, place, given) for place, line in enumerate(visit["basket"]["lines"], start=1)
            ]
        except Refused as refused:
            return self._keep(visit, state="basket", words=str(refused))
        lines = [line for line in lines if line["quantity"]]
        if not lines:
            return self._keep(visit, state="basket", words="All quantities are 0: nothing to place.")
        person = self._person(visit["ucc"])
        if person is None:
            return self._keep(visit, state="refused", words="The user no longer exists.")
        owner = Owner(
            *(visit["application"], visit["partner_id"], visit["tp_user_id"], visit["product"]),
            visit["basket"]["reco_id"],
        )
        orders = []
        for place, line in enumerate(lines):
            if place == 1 and (armed := self._faults.take("pause_between_lines")):
                time.sleep(armed.seconds)
            orders.append(self._omex.place(owner, person, line))
            self._keep(visit, orders=[order["unique_code"] for order in orders])
        rejected = sum(order["status"] == OMS_REJECT for order in orders)
        if rejected == len(orders):
            return self._send_back(visit, (FAILED, "All orders were rejected"))
        return self._send_back(visit, (DONE, f"{len(orders) - rejected} of {len(orders)} orders placed"))

    def turn_back(self, id_: str) -> Document | None:
        """Return to the publisher without an order: the client cancels, or no basket was served."""
        visit = self._claim(id_, "basket", "no basket")
        if visit is None:
            return None
        refused = visit["basket"]["refusal"]
        return self._send_back(
            visit, (FAILED, "No basket") if refused else (CANCELLED, "Cancelled by the client")
        )

    def sent_back(self, id_: str) -> None:
        """Note that the browser is on its way to the publisher."""
        visit = self._claim(id_, "callback")
        if visit is not None:
            self._keep(visit, state="over", words="The browser was sent back to the publisher.")

    # --- inside ---------------------------------------------------------------------------------------------------

    def _send_back(self, visit: Document, status: tuple[str, str]) -> Document:
        made = basket_callbacks(self._publisher(visit), visit["echo"], status, self._faults)
        return self._callback(visit, made)

    def _callback(self, visit: Document, made: list[Document] | None) -> Document:
        if made is None:
            return self._keep(
                visit, state="over", words="The callback is lost: the browser is not sent back."
            )
        if not all(callback["url"] for callback in made):
            return self._keep(visit, state="over", words="No address of this callback is set.")
        return self._keep(visit, state="callback", words="", callbacks=made)

    def _publisher(self, visit: Document) -> Publisher:
        publisher = self._publishers.find(visit["application"])
        assert publisher is not None  # noqa: S101  # publishers are never deleted
        return publisher

    def _person(self, user_id: str) -> Person | None:
        """A user by the id alone. None if the user is gone or the stand-in ODIN does not answer."""
        try:
            found = self._people.find(user_id)
        except OSError:
            return None
        return found[0] if found else None

    def _claim(self, id_: str, *states: str) -> Document | None:
        """The visit, where it is in one of these states; two requests at a time get it once."""
        with self._store.transaction():
            visit = self.find(id_)
            if visit is None or visit["state"] not in states:
                return None
            self._keep(visit, state="busy")
        return visit

    def _keep(self, visit: Document, **changed: object) -> Document:
        visit |= changed
        self._store.keep("visit", visit["id"], visit)
        return visit


def _edited(line: Document, place: int, given: Mapping[str, str]) -> Document:
    """A line with the client's quantity and price. Raises Refused."""
    quantity = given.get(f"quantity-{place}", str(line["quantity"])).strip()
    if not (quantity.isascii() and quantity.isdigit() and len(quantity) < 10):
        raise Refused(f"Line {place}: the quantity is not a whole number.")
    edited = {**line, "quantity": int(quantity)}
    if line["type"] in (RL, SL) and f"price-{place}" in given:
        try:
            paise = Decimal(given[f"price-{place}"].strip()) * 100
        except InvalidOperation:
            paise = Decimal(0)
        if not paise.is_finite() or not 0 < paise < 10**12 or paise != int(paise):
            raise Refused(f"Line {place}: the price is not an amount in rupees and paise.")
        edited["price"] = int(paise)
    return edited
