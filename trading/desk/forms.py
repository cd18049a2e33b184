"""Forms of the order desk. A client's password and second factor are not fields, since a form may be shown again."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q

from accounts.models import RetailUser
from accounts.search import matching
from backoffice.kit.forms import LookedUp, LookUp
from backoffice.kit.widgets import RupeesInput
from backoffice.outside import visible, whole
from backoffice.protocol.findings import Finding
from backoffice.rest.api.answers import OrderRow
from backoffice.rest.api.codes import Exchange, OrderType, Product, Side, Validity
from markets import search
from markets.models import Scrip
from markets.search import Masters
from trading.desk.orders import REFERENCE_LENGTH
from trading.desk.terms import NewTerms
from trading.desk.tickets import Ticket, scrip_words
from trading.models import Identified, OrderKind
from trading.models.desk import ORDER_ID_LENGTH, TO_A_DEALER
from trading.operations import factors

#: How a chosen scrip appears in its field: words, then exchange and token.
_CHOSEN = re.compile(r".*?\b(?P<exchange>[A-Z]+_[A-Z]+) (?P<token>[0-9]{1,12})", re.ASCII)
LONGEST = 120
ABOUT = "Of a market order, for a unit: the caps need it."
LOOK_UP = LookUp("trading:scrips", "A symbol, an ISIN or a token; then choose.", "Scrips")
CLIENTS = LookUp("trading:clients", "An id or a name; then choose, and press Enter.", "Clients")
#: A thousand crore units or rupees: more is a typing error.
MOST = 10**10


def scrip_value(scrip: Scrip) -> str:
    """What a scrip looks like in its field once it is chosen."""
    return f"{scrip_words(scrip)} {scrip.exchange} {scrip.token}"


def chosen(text: str, masters: Masters) -> list[Scrip]:
    """Return the scrips that a text names: the chosen one, or all that match."""
    if one := _CHOSEN.fullmatch(text.strip()):
        own, token = masters.get(one["exchange"]), whole(one["token"])
        found = search.scrips([own]).filter(token=token).first() if own and token else None
        return [found] if found else []
    return search.find(text, masters)


def _amount(label: str, *, required: bool = False, help_text: str = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        min_value=Decimal(0),
        max_value=MOST,
        decimal_places=4,
        help_text=help_text,
        widget=RupeesInput(maxlength=20),
    )


def _count(label: str, *, required: bool = False, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=required,
        min_value=0,
        max_value=MOST,
        help_text=help_text,
        widget=forms.TextInput(
            {"inputmode": "numeric", "autocomplete": "off", "class": "num", "maxlength": 11}
        ),
    )


def _code(label: str, choices: Iterable[Any], *, required: bool = True) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, choices=[(one.value, one.label) for one in choices], required=required
    )


class ClientForm(forms.Form):
    """The client to place an order for, by id, `GROUP/USER` or name."""

    client = forms.CharField(
        max_length=LONGEST,
        help_text=CLIENTS.help,
        widget=LookedUp(CLIENTS, {"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_client(self) -> RetailUser:
        """The retail user that the text names alone. Raises ValidationError."""
        text = self.cleaned_data["client"]
        fitting = matching(RetailUser.objects.all(), text)
        exact = fitting.filter(Q(id_in_capitals=text.rpartition("/")[2].strip().upper()))
        found = list(exact[:2]) or list(fitting[:2])
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(f"No client fits {visible(text)}. Type an id or a name.")
        raise forms.ValidationError(f"Several clients fit {visible(text)}. Choose one.")


class OpenForm(forms.Form):
    """How the client was identified, and which second factor the client has."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    identified = forms.ChoiceField(
        label="How was the client identified?", choices=[("", "Choose…"), *Identified.choices]
    )
    factor = forms.ChoiceField(label="Second factor", choices=factors)


class InstructionForm(forms.Form):
    """How the client gave the instruction. Mandatory for everything sent to ODIN."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    instruction = forms.ChoiceField(label="Client's instruction", choices=[("", "Choose…"), *TO_A_DEALER])
    reference = forms.CharField(
        label="Reference of the instruction",
        max_length=REFERENCE_LENGTH,
        help_text="The recording, the e-mail, or who was present.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def put(self, findings: Iterable[Finding]) -> None:
        """Place findings at their fields; those without a field on top."""
        for finding in findings:
            self.add_error(finding.path if finding.path in self.fields else None, finding.text)

    def hidden(self) -> list[tuple[str, str]]:
        """Return the form's input, to be sent again with the confirmation."""
        return [(name, self.data.get(name, "")) for name in self.fields if self.data.get(name)]


class TicketForm(InstructionForm):
    """An order."""

    kind = forms.ChoiceField(choices=OrderKind.choices, widget=forms.HiddenInput)
    scrip = forms.CharField(
        max_length=LONGEST,
        help_text=LOOK_UP.help,
        widget=LookedUp(LOOK_UP, {"autocomplete": "off", "spellcheck": "false"}),
    )
    side = _code("Side", Side)
    product = _code("Product", (Product.INTRADAY, Product.DELIVERY, Product.BTST, Product.MTF))
    order_type = _code("Order type", OrderType)
    quantity = _count("Quantity", required=True)
    price = _amount("Price", help_text="Of a limit and a stop loss limit.")
    trigger_price = _amount("Trigger price", help_text="Of a stop loss.")
    about_price = _amount("Expected price", help_text=ABOUT)
    validity = _code("Validity", Validity)
    validity_days = _count("Days", help_text="Of a GTD order.")
    disclosed_quantity = _count("Disclosed quantity")
    is_amo = forms.BooleanField(label="After-market order", required=False)
    stop_trigger = _amount("Stop loss trigger", required=True)
    stop_price = _amount("Stop loss price", help_text="Empty: at market.")

    #: Fields that one of the two kinds lacks.
    _ONLY: Mapping[str, tuple[str, ...]] = {
        OrderKind.REGULAR: ("stop_trigger", "stop_price"),
        OrderKind.COVER: (
            *("product", "trigger_price", "validity", "validity_days", "disclosed_quantity", "is_amo"),
        ),
    }

    def __init__(self, data: Any = None, *, kind: str, cover_limit: bool, amo: bool, **options: Any) -> None:
        super().__init__(data, **options)
        for name in self._ONLY[kind]:
            del self.fields[name]
        self.initial["kind"] = kind
        if not amo:
            self.fields.pop("is_amo", None)
        if kind == OrderKind.COVER:
            offered = [OrderType.MARKET, *([OrderType.LIMIT] if cover_limit else [])]
            self.fields["order_type"].choices = [(one.value, one.label) for one in offered]  # type: ignore[attr-defined]

    def ticket(self, masters: Masters) -> Ticket | None:
        """Return the typed order. None, with an error at its field, if the text names no single scrip."""
        data = self.cleaned_data
        fitting = chosen(data["scrip"], masters)
        exact = [one for one in fitting if one.symbol == data["scrip"].upper()] or fitting
        if len(exact) != 1:
            text = visible(data["scrip"])
            words = f"{len(exact)} scrips fit {text}. Choose one." if exact else f"No scrip fits {text}."
            self.add_error("scrip", words)
            return None
        return Ticket(
            exchange=exact[0].exchange,
            scrip_token=exact[0].token,
            kind=data["kind"],
            side=data["side"],
            product=data.get("product") or Product.INTRADAY.value,
            order_type=data["order_type"],
            quantity=data["quantity"],
            price=data.get("price") or Decimal(0),
            trigger_price=data.get("trigger_price") or Decimal(0),
            about_price=data.get("about_price") or Decimal(0),
            disclosed_quantity=data.get("disclosed_quantity") or 0,
            validity=data.get("validity") or Validity.DAY.value,
            validity_days=data.get("validity_days") or 0,
            is_amo=bool(data.get("is_amo")),
            stop_price=data.get("stop_price"),
            stop_trigger=data.get("stop_trigger"),
        )


class ModifyForm(InstructionForm):
    """New terms of an order of the book. Exchange, scrip, side and product cannot change."""

    order_type = _code("Order type", OrderType)
    quantity = _count("Total quantity", required=True, help_text="Includes what is traded already.")
    price = _amount("Price")
    trigger_price = _amount("Trigger price")
    about_price = _amount("Expected price", help_text=ABOUT)
    disclosed_quantity = _count("Disclosed quantity")
    validity = _code("Validity", Validity)
    validity_days = _count("Days")
    stop_trigger = _amount("Stop loss trigger", required=True)
    stop_price = _amount("Stop loss price", help_text="Empty: at market.")

    def __init__(self, data: Any = None, *, cover: bool, **options: Any) -> None:
        super().__init__(data, **options)
        regular = ("trigger_price", "disclosed_quantity", "validity", "validity_days")
        for name in regular if cover else ("stop_trigger", "stop_price"):
            del self.fields[name]

    @staticmethod
    def of(row: OrderRow) -> dict[str, Any]:
        """Return the book's present values. Absent ones are empty, never 0."""
        leg = _leg(row.bracket_details or {})
        said = {
            "order_type": row.order_type,
            "quantity": row.total_quantity,
            "price": row.order_price,
            "trigger_price": row.trigger_price,
            "disclosed_quantity": row.disclosed_quantity,
            "validity": row.validity,
            "validity_days": row.validity_days,
            "stop_trigger": leg.get("trigger_price"),
            "stop_price": leg.get("price"),
        }
        return {
            name: f"{value.normalize():f}" if isinstance(value, Decimal) else value
            for name, value in said.items()
        }

    def terms(self) -> NewTerms:
        """What was typed."""
        data = self.cleaned_data
        return NewTerms(
            order_type=data["order_type"],
            quantity=data["quantity"],
            price=data.get("price") or Decimal(0),
            trigger_price=data.get("trigger_price") or Decimal(0),
            disclosed_quantity=data.get("disclosed_quantity") or 0,
            validity=data.get("validity") or Validity.DAY.value,
            validity_days=data.get("validity_days") or 0,
            stop_price=data.get("stop_price"),
            stop_trigger=data.get("stop_trigger"),
            about_price=data.get("about_price") or Decimal(0),
        )


class BookForm(forms.Form):
    """What of a book is shown."""

    q = forms.CharField(required=False, max_length=LONGEST)
    open = forms.BooleanField(required=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=10_000)


class PlaceForm(forms.Form):
    """The order's exchange and id in the book."""

    exchange = forms.ChoiceField(choices=[(one.value, one.label) for one in Exchange])
    order_id = forms.CharField(max_length=ORDER_ID_LENGTH, strip=False)


def _leg(details: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the stop loss of a cover order in the book, if its shape is known."""
    legs = details.get("legs")
    if isinstance(legs, list) and len(legs) == 1 and isinstance(legs[0], Mapping):
        return legs[0]
    return details
