"""Forms of the basket desk and of invitations, and the grid of lines: typed, or read from a CSV file."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from backoffice.connector.api.codes import Validity
from backoffice.connector.api.lines import MOST_LINES, Line
from backoffice.files import Limit
from backoffice.kit.csv_files import unmarked
from backoffice.outside import FIRST_YEAR, LAST_YEAR, visible, whole
from backoffice.protocol.bent import is_negative, plain_amount
from backoffice.protocol.codes import Choice
from backoffice.protocol.findings import Finding
from backoffice.rest.api.codes import Exchange, OrderType, Side
from markets import search
from markets.models import Scrip
from markets.search import Masters
from markets.trading_days import is_trading_day
from partners.basket_lines import look_at
from partners.baskets import NAME_LENGTH, RISK_LENGTH
from partners.invitations import EVIDENCE_LENGTH, MOST_CLIENTS
from partners.models import Partner
from partners.models.baskets import BasketLine
from partners.models.invitations import InvitationState
from partners.models.registry import PartnerKind, PartnerState
from partners.wording import plain

#: Characters of a cell, and the size of an uploaded file of lines.
LONGEST = 120
LIMIT = Limit(64 * 1024, f"The file is larger than 64 KiB. A basket has {MOST_LINES} lines at most.")
#: Rupees with up to four decimals, as ticks of currency need.
_RUPEES = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,4})?", re.ASCII)
#: How a chosen scrip appears in its field: words, then exchange and token.
_CHOSEN = re.compile(r"(?P<words>.*?)\s*\b(?P<exchange>[A-Z]+_[A-Z]+) (?P<token>[0-9]{1,12})", re.ASCII)
TIME = "%d-%m-%Y %H:%M"


@dataclass(frozen=True)
class TypedLine:
    """A line of the grid as it was typed: texts, nothing judged yet. The names are those of the CSV columns."""

    scrip: str = ""
    side: str = "BUY"
    order_type: str = "RL"
    quantity: str = ""
    price: str = ""
    trigger: str = ""
    disclosed: str = ""
    validity: str = "DAY"
    days: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return not any((self.scrip, self.quantity, self.price, self.trigger, self.disclosed))


COLUMNS = tuple(one.name for one in fields(TypedLine))
LABELS = {
    "scrip": "Scrip",
    "side": "Side",
    "order_type": "Order type",
    "quantity": "Quantity",
    "price": "Price ₹",
    "trigger": "Trigger ₹",
    "disclosed": "Disclosed",
    "validity": "Validity",
    "days": "Days",
}
CHOICES: Mapping[str, type[Choice]] = {"side": Side, "order_type": OrderType, "validity": Validity}


class CannotRead(Exception):
    """A file of lines cannot be read; the text says why."""


# --- reading ------------------------------------------------------------------------------------------------------


def typed_lines(data: Mapping[str, Any]) -> list[TypedLine]:
    """The lines of a grid that was sent, in the order of their numbers; those that are empty come last."""
    named = re.compile(r"lines-([0-9]{1,4})-scrip", re.ASCII)
    numbers = sorted({int(found[1]) for key in data if (found := named.fullmatch(key))})
    lines = [
        TypedLine(**{name: _cell(str(data.get(f"lines-{number}-{name}", ""))) for name in COLUMNS})
        for number in numbers[: MOST_LINES + 1]
    ]
    return sorted(lines, key=lambda line: line.empty)


def file_lines(content: bytes) -> list[TypedLine]:
    """The lines of a CSV file whose first row names the columns of the template. Raises CannotRead."""
    if len(content) > LIMIT.most:
        raise CannotRead(LIMIT.words)
    try:
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise CannotRead("The file is not CSV in UTF-8. Save it again from the template.") from None
    if not rows or "scrip" not in rows[0]:
        raise CannotRead("The file has no column named scrip. Start from the template.")
    lines = [
        TypedLine(
            **{
                name: _coded(name, _cell(unmarked(str(row[name]))))
                for name in COLUMNS
                if row.get(name) not in (None, "")
            }
        )
        for row in rows
    ]
    found = [line for line in lines if not line.empty]
    if len(found) > MOST_LINES:
        raise CannotRead(f"The file has {len(found)} lines. A basket has at most {MOST_LINES}.")
    return found


def line_typed(line: BasketLine) -> TypedLine:
    """A stored line as the grid shows it."""
    return TypedLine(
        scrip=f"{' '.join(part for part in (line.symbol, line.series) if part)} {line.exchange} {line.token}",
        side=line.side,
        order_type=line.order_type,
        quantity=str(line.quantity),
        price=f"{plain(line.price):f}" if line.price else "",
        trigger=f"{plain(line.trigger):f}" if line.trigger else "",
        disclosed=str(line.disclosed or ""),
        validity=line.validity,
        days=str(line.days or ""),
    )


def chosen(scrip: Scrip) -> str:
    """Return the text of a chosen scrip for its field."""
    return f"{scrip} {scrip.exchange} {scrip.token}"


def _cell(text: str) -> str:
    return visible(text.strip())[:LONGEST]


def _coded(name: str, text: str) -> str:
    """Return the code for a file's text: the code itself, or its label, in any case."""
    choices = CHOICES.get(name)
    if choices is None:
        return text
    names = {key.casefold(): one.value for one in choices for key in (one.value, one.label)}
    return names.get(text.casefold(), text)


# --- judging ------------------------------------------------------------------------------------------------------


@dataclass
class Judged:
    """The content of a grid: its readable lines, and all findings at `lines.N.FIELD`."""

    lines: list[Line] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    readable: bool = True


def judge(typed: Sequence[TypedLine]) -> Judged:
    """Read a grid, whose empty lines come last. The rules check the lines once all can be read."""
    masters = search.masters()
    judged = Judged()
    for place, line in enumerate(line for line in typed if not line.empty):
        before = len(judged.findings)
        values = _values(line, f"lines.{place}", masters, judged.findings)
        if len(judged.findings) == before:
            judged.lines.append(Line(**values))
    judged.readable = not judged.findings
    if judged.readable:
        judged.findings = look_at(judged.lines)
    return judged


def _values(line: TypedLine, path: str, masters: Masters, found: list[Finding]) -> dict[str, Any]:
    exchange, token, symbol = _scrip(line.scrip, masters, path, found)
    for name, choices in CHOICES.items():
        text = getattr(line, name)
        if text not in set(choices):
            labels = ", ".join(one.label for one in choices)
            found.append(Finding(f"{path}.{name}", f"{text or 'Nothing'} is not one of: {labels}."))
    return {
        "exchange": exchange,
        "token": token,
        "symbol": symbol,
        "side": line.side,
        "order_type": line.order_type,
        "validity": line.validity,
        "quantity": _number(line.quantity, f"{path}.quantity", found, needed=True),
        "disclosed": _number(line.disclosed, f"{path}.disclosed", found),
        "days": _number(line.days, f"{path}.days", found, most=9999),
        "price": _rupees(line.price, f"{path}.price", found),
        "trigger": _rupees(line.trigger, f"{path}.trigger", found),
    }


def _scrip(text: str, masters: Masters, path: str, found: list[Finding]) -> tuple[str, int, str]:
    """Return exchange, token and symbol of the choice from the list, or of a text that only one scrip matches."""
    one = _CHOSEN.fullmatch(text)
    if one and one["exchange"] in set(Exchange):
        words = one["words"].split(" ")[0]
        return one["exchange"], int(one["token"]), words
    fitting = search.find(text, masters) if text else []
    exact = [scrip for scrip in fitting if scrip.symbol == text.upper()] or fitting
    if len(exact) == 1:
        return exact[0].exchange, exact[0].token, exact[0].symbol
    if not text:
        words = "Choose a scrip."
    elif exact:
        words = f"{len(exact)} scrips fit {text}. Choose one from the list."
    else:
        words = f"No scrip fits {text}. Type a symbol, an ISIN or a token."
    found.append(Finding(f"{path}.scrip", words))
    return "", 0, ""


def _number(text: str, path: str, found: list[Finding], *, needed: bool = False, most: int = 10**15) -> int:
    number = whole(text, most) if text else None
    if number is None and (text or needed):
        words = f"{text} is not a whole number. Use digits only." if text else "Type a whole number."
        found.append(Finding(path, words))
    return number or 0


def _rupees(text: str, path: str, found: list[Finding]) -> Decimal:
    plain = plain_amount(text)
    if plain and not _RUPEES.fullmatch(plain):
        words = (
            "is below 0. Type a price that is not."
            if is_negative(text)
            else "is not a price in rupees. Use digits and at most four decimals."
        )
        found.append(Finding(path, f"{text} {words}"))
        return Decimal(0)
    return Decimal(plain or 0)


# --- forms --------------------------------------------------------------------------------------------------------


class MomentField(forms.DateTimeField):
    """A time in India, DD-MM-YYYY HH:MM."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput({"autocomplete": "off", "placeholder": "DD-MM-YYYY HH:MM"}, format=TIME)
        super().__init__(input_formats=[TIME], widget=widget, **options)
        self.error_messages["invalid"] = "This is not a time. Use DD-MM-YYYY HH:MM."

    def to_python(self, value: Any) -> datetime | None:
        """The time. Raises ValidationError."""
        found = super().to_python(str(value or "")[:LONGEST].strip())
        if found is not None and not FIRST_YEAR <= found.year <= LAST_YEAR:
            raise forms.ValidationError(f"Use a year from {FIRST_YEAR} to {LAST_YEAR}.")
        return found


class BasketForm(forms.Form):
    """A new basket: whose, for which product, and its name."""

    product = forms.ChoiceField(label="Partner and product")
    name = forms.CharField(max_length=NAME_LENGTH, help_text="Clients see it.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partners = Partner.objects.filter(state=PartnerState.ACTIVE).exclude(kind=PartnerKind.EXTERNAL)
        self.fields["product"].choices = [  # type: ignore[attr-defined]  # a choice field
            (f"{one.code}/{row['code']}", f"{one.name}: {row.get('name') or row['code']}")
            for one in partners
            for row in one.products
        ]


class VersionForm(forms.Form):
    """The fields of a version besides its lines."""

    risk_text = forms.CharField(
        label="Risk text",
        max_length=RISK_LENGTH,
        widget=forms.Textarea({"rows": 3}),
        help_text="Clients read it below the lines.",
    )
    prices_as_of = MomentField(label="Prices as of")
    valid_until = MomentField(label="Valid until", help_text="Nothing is served after it.")
    goes_on = forms.BooleanField(
        label="Continue after a refused line",
        required=False,
        help_text="Of runs only. Otherwise a run stops for that client.",
    )

    @staticmethod
    def starting() -> dict[str, Any]:
        """A new version: current prices, valid until the market closes next."""
        now = timezone.localtime()
        closes = now.replace(hour=15, minute=30, second=0, microsecond=0)
        while closes <= now or not is_trading_day(closes.date()):
            closes += timedelta(days=1)
        return {"prices_as_of": now, "valid_until": closes}


class InviteForm(forms.Form):
    """Whom to invite, and by which model."""

    clients = forms.CharField(
        widget=forms.Textarea({"rows": 4, "spellcheck": "false", "class": "mono"}),
        max_length=MOST_CLIENTS * 45,
        help_text=f"GROUP/USER, one a line, {MOST_CLIENTS:,} at most.",
    )
    model = forms.TypedChoiceField(
        choices=[("1", "1, with a login each time"), ("2", "2, with a kept session")], coerce=int
    )

    def lanes(self) -> Iterable[str]:
        """The retail users that were typed."""
        return re.split(r"[\s,;]+", self.cleaned_data["clients"])


class CloseForm(forms.Form):
    """How an invitation ended, said by a person."""

    outcome = forms.ChoiceField(
        choices=[
            (one.value, one.label)
            for one in (InvitationState.EXECUTED, InvitationState.PART, InvitationState.NOT_EXECUTED)
        ]
    )
    evidence = forms.CharField(max_length=EVIDENCE_LENGTH, help_text="Where it can be seen: an order number.")
    reason = forms.CharField(max_length=500, widget=forms.Textarea({"rows": 2}))
