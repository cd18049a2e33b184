"""Compare the confirmed record with the REST API's answers, row by row. No network, no database."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from accounts.segments import active
from backoffice.kit.formats import rupees
from backoffice.protocol.codes import ProductType, Segment, UserStatus
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.limits import CashDeposit
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.rest.api.answers import BalanceRow, LoginOthers, LoginRow, ProfileRow
from backoffice.rest.api.codes import Exchange, exchange_of

#: Products of tag 248 by the names of the API (R29).
PRODUCTS = {
    ProductType.MARGIN: "INTRADAY",
    ProductType.DELIVERY: "DELIVERY",
    ProductType.MARGIN_PLUS: "COVER",
    ProductType.MTF: "MTF",
    ProductType.PTST: "BTST",
}
#: The status of a user who may log in; no other value is known.
ACTIVE = "1"
AMO = {True: "Allowed", False: "Not allowed", None: None}
FIELDS = CreateRetailUser.fields
UNDECLARED = "Not declared, so the portal does not know it."
ABSENT = "The API does not say."


class Sight(StrEnum):
    """The result of comparing a row."""

    EQUAL = "equal"
    DIFFERENT = "different"
    NOT_VISIBLE = "not_visible"
    NOT_JUDGED = "not_judged"


@dataclass(frozen=True)
class Row:
    """One row: the confirmed text, the API's text, and the result.

    `field` is the field of the record, "" if it has none. `personal` is the kind of personal data, if any.
    """

    field: str
    label: str
    tag: int
    confirmed: str
    said: str
    sight: Sight
    note: str = ""
    personal: str = ""


@dataclass(frozen=True)
class Answers:
    """The API's answers; None for those not read. `mask` removes secrets from a text of the service."""

    login: LoginRow
    balance: BalanceRow | None
    profile: ProfileRow | None
    mask: Callable[[str], str]


def rows(known: Values, cash: Decimal | None, answers: Answers) -> list[Row]:
    """All rows. `known`: the confirmed values of the record; `cash`: the sum of its cash deposits, None for none."""
    return list(_rows(known, cash, answers))


def _rows(known: Values, cash: Decimal | None, answers: Answers) -> Iterator[Row]:
    login, mask = answers.login, answers.mask
    details = login.details or LoginOthers({})
    same_id = _text(known, "user_id").upper() == (login.user_id or "").upper()
    yield _row(known, "user_id", mask(login.user_id or ""), same_id)
    yield _row(known, "group_id", mask(details.group_id or ""))
    yield _row(known, "name", mask(login.user_name or ""))
    yield _status(known, mask(login.user_status or ""))
    yield from _segments(known, "trading_segments", login.exchanges, mask)
    yield from _segments(known, "market_data_segments", login.market_data, mask)
    yield _products(known, login.product_types, mask)
    yield _gtd(known, details.gtd_max_days)
    poa = FIELDS["poa"].words(_text(known, "poa")) if _text(known, "poa") else ""
    yield Row(
        *("poa", FIELDS["poa"].label, FIELDS["poa"].tag, poa, mask(details.poa or "")),
        sight=Sight.NOT_JUDGED if details.poa else Sight.NOT_VISIBLE,
        note="Which value of the API grants a power of attorney is not known." if details.poa else ABSENT,
    )
    yield _only_said("After-market orders", AMO[details.amo_allowed])
    yield _only_said("Password days left", _plain(details.password_days), "Set by ODIN, not by the portal.")
    yield _cash(cash, answers.balance)
    yield from _profile(known, answers)


def _row(known: Values, name: str, said: str, same: bool | None = None, personal: str = "") -> Row:
    """A single text."""
    confirmed = _text(known, name)
    field = FIELDS[name]
    if name not in known:
        sight, note = Sight.NOT_VISIBLE, UNDECLARED
    elif not said:
        sight, note = Sight.NOT_VISIBLE, ABSENT
    else:
        equal = _squeezed(confirmed) == _squeezed(said) if same is None else same
        sight, note = (Sight.EQUAL if equal else Sight.DIFFERENT), ""
    return Row(name, field.label, field.tag, confirmed, said, sight, note, personal)


def _status(known: Values, said: str) -> Row:
    confirmed = _text(known, "status")
    row = _row(known, "status", said, confirmed == UserStatus.ACTIVE)
    shown = FIELDS["status"].words(confirmed) if confirmed else ""
    if said and said != ACTIVE and "status" in known:
        note = "Only 1, active, is known of the API."
        return Row("status", row.label, row.tag, shown, said, Sight.NOT_JUDGED, note)
    return Row("status", row.label, row.tag, shown, "Active" if said else "", row.sight, row.note)


def _segments(
    known: Values, name: str, said: tuple[str, ...] | None, mask: Callable[[str], str]
) -> Iterator[Row]:
    """A set of segments beside a set of exchanges; segments that the API does not show have a row of their own."""
    field = FIELDS[name]
    visible: set[str] = set()
    hidden: list[str] = []
    for code in active(known, name):
        segment = next((one for one in Segment if one.value == code), None)
        try:
            visible.add(exchange_of(segment).value if segment else code)
        except LookupError:
            hidden.append(segment.label if segment else code)
    shown = mask(_exchanges(said or ()))
    if name not in known:
        yield Row(name, field.label, field.tag, "", shown, Sight.NOT_VISIBLE, UNDECLARED)
        return
    if said is None:
        yield Row(name, field.label, field.tag, _exchanges(visible), "", Sight.NOT_VISIBLE, ABSENT)
    else:
        missing, added = visible - set(said), set(said) - visible
        notes = []
        if missing:
            notes.append(f"Not allowed by the API: {_exchanges(missing)}.")
        if added:
            notes.append(mask(f"Allowed by the API only: {_exchanges(added)}."))
        sight = Sight.DIFFERENT if notes else Sight.EQUAL
        yield Row(name, field.label, field.tag, _exchanges(visible), shown, sight, " ".join(notes))
    if hidden:
        note = "The REST API has no exchange for these segments."
        label = f"{field.label}, others"
        yield Row("", label, field.tag, ", ".join(hidden), "", Sight.NOT_VISIBLE, note)


def _products(known: Values, said: tuple[str, ...] | None, mask: Callable[[str], str]) -> Row:
    field, code = FIELDS["product_type"], _text(known, "product_type")
    confirmed = field.words(code) if code else ""
    shown = mask(", ".join(said or ()))
    if "product_type" not in known or said is None or not code:
        note = UNDECLARED if "product_type" not in known else ABSENT
        if said is not None and "product_type" in known:
            note = "The portal sent no product type, and what ODIN takes then is not known."
        return Row("product_type", field.label, field.tag, confirmed, shown, Sight.NOT_VISIBLE, note)
    wanted = {name for product, name in PRODUCTS.items() if product.value == code}
    sight = Sight.EQUAL if set(said) == wanted else Sight.DIFFERENT
    note = "" if sight is Sight.EQUAL else f"The API calls it {', '.join(wanted)}."
    return Row("product_type", field.label, field.tag, confirmed, shown, sight, note)


def _gtd(known: Values, days: Decimal | None) -> Row:
    """GTD days; empty and 0 are off (U8)."""
    said = _plain(days) or ""
    row = _row(known, "max_gtd", said, (_text(known, "max_gtd") or "0") == said)
    words = {"0": "Off"}
    confirmed = _text(known, "max_gtd") or ("0" if "max_gtd" in known else "")
    return Row(
        *("max_gtd", row.label, row.tag, words.get(confirmed, confirmed), words.get(said, said)),
        sight=row.sight,
        note=row.note,
    )


def _only_said(label: str, said: str | None, note: str = "The portal sends no value for it.") -> Row:
    """Return a row for a value that only the API has."""
    if said is None:
        return Row("", label, 0, "", "", Sight.NOT_VISIBLE, ABSENT)
    return Row("", label, 0, "", said, Sight.NOT_JUDGED, note)


def _cash(deposited: Decimal | None, balance: BalanceRow | None) -> Row:
    """The confirmed cash deposits beside the cash of the equity balance."""
    equity = balance.equity if balance else None
    cash = equity.available.cash if equity and equity.available else None
    confirmed = "" if deposited is None else rupees(deposited)
    said = "" if cash is None else rupees(cash)
    if cash is None:
        sight = Sight.NOT_VISIBLE
        note = ABSENT if balance else "The balance could not be read."
    elif deposited is None:
        sight, note = Sight.NOT_JUDGED, "The portal has sent no cash deposit."
    elif cash == deposited:
        sight, note = Sight.EQUAL, ""
    else:
        sight, note = Sight.DIFFERENT, "Trades and deposits made elsewhere change it too."
    return Row("cash", "Cash after deposits", CashDeposit.fields["amount"].tag, confirmed, said, sight, note)


def _profile(known: Values, answers: Answers) -> Iterator[Row]:
    """Compare e-mail and telephone number, if the profile was read."""
    profile = answers.profile
    if profile is None:
        return
    email, mobile = answers.mask(profile.email or ""), answers.mask(profile.mobile or "")
    same = _text(known, "email").casefold() == email.casefold()
    yield _row(known, "email", email, same, "email")
    # ODIN overwrites the telephone number with the mobile number.
    numbers = {_digits(_text(known, name)) for name in ("mobile", "telephone")}
    yield _row(known, "mobile", mobile, _digits(mobile) in numbers, "phone")


def _text(known: Values, name: str) -> str:
    return str(known.get(name) or "")


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.normalize():f}"


def _squeezed(text: str) -> str:
    return " ".join(text.split()).casefold()


def _digits(text: str) -> str:
    """The last ten digits of a telephone number."""
    return "".join(character for character in text if character.isdecimal())[-10:]


def _exchanges(names: Iterable[str]) -> str:
    """Exchanges by label, in the order of the declaration; one that is not declared as it came."""
    found = set(names)
    labels: Mapping[str, str] = {one.value: one.label for one in Exchange}
    ordered = [name for name in labels if name in found] + sorted(found - labels.keys())
    return ", ".join(labels.get(name, name) for name in ordered)
