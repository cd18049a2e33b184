"""What a confirmed message does to limits. Handlers run in the transaction that stores the confirmation.

The version of the retail user stays as it is: a deposit does not make a pending change of an address stale.
"""

from collections.abc import Sequence
from typing import Any

from accounts.records import changed, confirmed_user, confirmed_users
from accounts.values import columns, records, text, values_of
from backoffice.copying import insert_all
from backoffice.delivery.handlers import Applied, applies, applies_together
from backoffice.protocol.codes import SettingAction
from backoffice.protocol.fields import Values
from limits.models import ApprovedQuantity, LimitUpdate, SquareOffSetting

SQUARE_OFF_COLUMNS = (
    "mtm_pre",
    "mtm",
    "mtm_trigger",
    "mtm_inactivate",
    "margin_pre",
    "margin",
    "margin_trigger",
    "margin_inactivate",
)


def take_limit_updates(kind: int, several: Sequence[Values]) -> list[Applied]:
    """303 or 330: deposits of different users. References are unique: a confirmation read twice counts once."""
    users = confirmed_users(several)  # locked: nobody else takes a deposit of these users meanwhile
    references = [text(values, "reference") for values in several]
    known = set(LimitUpdate.objects.filter(reference__in=references).values_list("reference", flat=True))
    made, applied = [], []
    for user, reference, values in zip(users, references, several, strict=True):
        if reference in known:
            applied.append(Applied())
            continue
        names = [name for name in ("amount", "notional_deposit", "product_id") if values.get(name)]
        sent = columns(LimitUpdate, {name: values[name] for name in names})
        made.append(LimitUpdate(reference=reference, retail_user=user, kind=kind, **sent))
        applied.append(Applied({}, {"reference": reference, **values_of(made[-1], names)}))
    insert_all(made)
    return applied


@applies(303)
def take_cash_deposit(lane: str, values: Values) -> Applied:
    """303: a cash deposit, a notional one, or both (O1)."""
    return take_cash_deposits([(lane, values)])[0]


@applies_together(303)
def take_cash_deposits(confirmed: Sequence[tuple[str, Values]]) -> list[Applied]:
    """The same for several retail users."""
    return take_limit_updates(LimitUpdate.Kind.CASH, [values for _, values in confirmed])


@applies(330)
def take_manual_collateral(lane: str, values: Values) -> Applied:
    """330: manual collateral (O1)."""
    return take_manual_collaterals([(lane, values)])[0]


@applies_together(330)
def take_manual_collaterals(confirmed: Sequence[tuple[str, Values]]) -> list[Applied]:
    """The same for several retail users."""
    return take_limit_updates(LimitUpdate.Kind.COLLATERAL, [values for _, values in confirmed])


@applies(324)
def take_square_off(lane: str, values: Values) -> Applied:
    """324: the setting for one periodicity, added, modified or deleted (O6)."""
    key: dict[str, Any] = {
        "retail_user": confirmed_user(values),
        "periodicity": int(text(values, "periodicity")),
    }
    kept = SquareOffSetting.objects.filter(**key).first()
    before = values_of(kept, ("periodicity", *SQUARE_OFF_COLUMNS)) if kept else {}
    if values["action"] == SettingAction.DELETE:
        SquareOffSetting.objects.filter(**key).delete()
        return changed(before, {})
    sent = {name: values.get(name, "") for name in SQUARE_OFF_COLUMNS}
    SquareOffSetting.objects.update_or_create(**key, defaults=columns(SquareOffSetting, sent))
    after = values_of(SquareOffSetting.objects.get(**key), ("periodicity", *SQUARE_OFF_COLUMNS))
    return changed(before, after)


def take_quantities(kind: str, values: Values) -> Applied:
    """338 or 340: quantity and status by security. What is sent empty leaves as it was (O7)."""
    user = confirmed_user(values)
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    for row in records(values, "quantities"):
        key: dict[str, Any] = {"retail_user": user, "kind": kind, "isin": row["isin"]}
        kept = ApprovedQuantity.objects.filter(**key).first()
        sent: dict[str, Any] = {}
        if row.get("qty"):
            sent["quantity"] = int(row["qty"])
        if row.get("status"):
            sent["status"] = row["status"]
        now, _ = ApprovedQuantity.objects.update_or_create(**key, defaults=sent)
        before[row["isin"]] = values_of(kept, ("quantity", "status")) if kept else ""
        after[row["isin"]] = values_of(now, ("quantity", "status"))
    return changed(before, after)


@applies(338)
def take_edis(lane: str, values: Values) -> Applied:
    """338: quantities approved for EDIS."""
    return take_quantities(ApprovedQuantity.Kind.EDIS, values)


@applies(340)
def take_pledge(lane: str, values: Values) -> Applied:
    """340: quantities approved for pledge."""
    return take_quantities(ApprovedQuantity.Kind.PLEDGE, values)
