"""Shared by both deposits: 303 and 330 add to a limit, each under its own reference (O1)."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils import timezone

from accounts.records import confirmed_users
from accounts.retail_users import LANE, existing_findings, lane_of
from accounts.values import columns, text, values_of
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.examination import Asked, Assess, Assessed, Known
from backoffice.changes.files import Unique
from backoffice.changes.kinds import MenuEntry
from backoffice.changes.references import new_reference
from backoffice.copying import insert_all
from backoffice.delivery.handlers import Applied
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State
from backoffice.kit.formats import midnight, rupees
from backoffice.kit.sections import Block, Section
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.messages.limits import CashDeposit, ManualCollateral
from limits.models import LimitUpdate
from limits.numbers import is_number

TYPES = (CashDeposit.type, ManualCollateral.type)
#: A deposit adds to the limit: the same deposit sent twice doubles the money.
ONCE = (
    Unique(("reference",), "has the same reference. A reference can be used only once."),
    Unique(
        (*LANE, "product_id", "notional_deposit", "amount"),
        "adds the same amount for the same user. Check that it is not the same deposit.",
        severity=Severity.WARNING,
    ),
)

#: User, kind, the two amounts, product.
Deposit = tuple[str, int, Decimal | None, Decimal | None, int | None]

#: What an update keeps of its message, beside the reference.
KEPT = ("amount", "notional_deposit", "product_id", "document")

#: In the order of typing; a notional deposit is rare.
BLOCKS = (
    Block(("amount", "product_id", "reference", "document")),
    Block(("notional_deposit",), "Notional deposit", folded=True),
)


def _shape(form: EntryForm, known: Values) -> EntryForm:
    """The form of a deposit begins with the amount, and has a new reference."""
    return replace(
        form,
        sections=(Section("values", form.message.title, BLOCKS),),
        starting=lambda: {**form.starting(), "reference": new_reference()},
    )


MENU = MenuEntry(_shape)


def amount(values: Values) -> Decimal:
    """Return the rupees that a deposit adds, including notional ones."""
    return sum((Decimal(str(values.get(name) or 0)) for name in ("amount", "notional_deposit")), Decimal(0))


def effect(noun: str) -> Callable[[Values, Values | None], list[str]]:
    """Return the effect of a deposit in words: the rupees, notional ones separately."""

    def said(values: Values, before: Values | None) -> list[str]:
        nouns = {"amount": noun, "notional_deposit": "notional deposit"}
        return [f"{rupees(text(values, name))} {what}" for name, what in nouns.items() if values.get(name)]

    return said


def assess(kind: LimitUpdate.Kind) -> Assess:
    """The assessment of deposits. One is done if ODIN confirmed its reference for exactly this deposit."""

    def assess_many(many: Sequence[Asked], known: Sequence[Known]) -> list[Assessed]:
        proposed = [asked.values for asked in many]
        references = {str(values["reference"]) for values in proposed if values.get("reference")}
        confirmed = _confirmed(references)
        used = {*confirmed, *_sent(references)}
        today = {
            (delivery.lane, text(delivery.values, "amount"))
            for delivery in of_today({lane_of(values) for values in proposed})
        }
        return [
            Assessed(
                [*existing_findings(asked, record), *_used(asked.values, used), *_twice(asked.values, today)],
                _is_deposit(asked.values, kind, confirmed.get(text(asked.values, "reference"))),
            )
            for asked, record in zip(many, known, strict=True)
        ]

    return assess_many


def _confirmed(references: set[str]) -> dict[str, Deposit]:
    found = LimitUpdate.objects.filter(reference__among=references).select_related("retail_user")
    return {
        update.reference: (
            update.retail_user.lane,
            update.kind,
            update.amount,
            update.notional_deposit,
            update.product_id,
        )
        for update in found
    }


def _sent(references: set[str]) -> set[str]:
    sent = Delivery.objects.filter(message_type__in=TYPES, reference__among=references)
    return set(sent.values_list("reference", flat=True))


def of_today(lanes: Collection[str]) -> list[Delivery]:
    """Return deposits approved today for these users, also in other changes, except refused and cancelled ones."""
    today = Delivery.objects.filter(
        lane__in=lanes, message_type__in=TYPES, created_at__gte=midnight(timezone.localdate())
    ).exclude(state__in=(State.REFUSED, State.CANCELLED))
    return list(today.with_messages())


def _used(values: Values, used: set[str]) -> list[Finding]:
    reference = values.get("reference")
    if reference not in used:
        return []
    words = f"The reference {reference} was used before. A reference can be used only once."
    return [Finding("reference", words, rule="O1")]


def _twice(values: Values, today: set[tuple[str, str]]) -> list[Finding]:
    given = values.get("amount")
    if not given or (lane_of(values), given) not in today:
        return []
    words = "The same amount was already approved for this user today. Check that it is not the same deposit."
    return [Finding("amount", words, Severity.WARNING, rule="portal.same_day")]


def _is_deposit(values: Values, kind: LimitUpdate.Kind, deposit: Deposit | None) -> bool:
    if deposit is None:
        return False
    lane, confirmed_kind, amount, notional, product_id = deposit
    return (
        (lane, confirmed_kind) == (lane_of(values), kind)
        and is_number(text(values, "amount"), amount)
        and is_number(text(values, "notional_deposit"), notional)
        and is_number(text(values, "product_id"), product_id)
    )


def apply_many(kind: LimitUpdate.Kind, confirmed: Sequence[tuple[str, Values]]) -> list[Applied]:
    """Store deposits of different users. References are unique: a confirmation read twice counts once.

    The version of the retail user does not change: a deposit does not make another pending change stale.
    """
    several = [values for _, values in confirmed]
    users = confirmed_users(several)  # locked: no other process stores a deposit of these users meanwhile
    references = [text(values, "reference") for values in several]
    known = set(LimitUpdate.objects.filter(reference__in=references).values_list("reference", flat=True))
    made, applied = [], []
    for user, reference, values in zip(users, references, several, strict=True):
        if reference in known:
            applied.append(Applied())
            continue
        names = [name for name in KEPT if values.get(name)]
        sent = columns(LimitUpdate, {name: values[name] for name in names})
        made.append(LimitUpdate(reference=reference, retail_user=user, kind=kind, **sent))
        applied.append(Applied({}, {"reference": reference, **values_of(made[-1], names)}))
    insert_all(made)
    return applied
