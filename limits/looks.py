"""What this room says of the rows of a file: the message that each becomes, and what is there already."""

from collections.abc import Sequence
from decimal import Decimal

from accounts.bulk import existing_findings, lane_of, users_of
from accounts.values import text
from backoffice.batches.kinds import Looked
from backoffice.changes.kinds import Known
from backoffice.protocol.codes import SettingAction
from backoffice.protocol.fields import Values
from backoffice.protocol.rules import number
from limits.bulk import deposit_findings
from limits.models import LimitUpdate, SquareOffSetting
from limits.records import SQUARE_OFF_COLUMNS

#: A deposit adds, whatever the profile says: its record has one version.
HERE = Known(1, None)

#: Whose it is, of which kind, the two amounts, the product.
Deposit = tuple[str, int, Decimal | None, Decimal | None, int | None]


def deposits(kind: LimitUpdate.Kind, many: Sequence[Values]) -> list[Looked]:
    """Rows that add to a limit. One whose reference ODIN confirmed for exactly this deposit is done."""
    users = users_of(many)
    references = {str(values["reference"]) for values in many if values.get("reference")}
    confirmed: dict[str, Deposit] = {
        update.reference: (
            update.retail_user.lane,
            update.kind,
            update.amount,
            update.notional_deposit,
            update.product_id,
        )
        for update in LimitUpdate.objects.filter(reference__in=references).select_related("retail_user")
    }
    looked = []
    for values, findings in zip(many, deposit_findings(many), strict=True):
        before = confirmed.get(text(values, "reference"))
        done = before is not None and _is_deposit(values, kind, before)
        known = HERE if lane_of(values) in users else Known()
        looked.append(Looked(values, known, [] if done else findings, done))
    return looked


def _is_deposit(values: Values, kind: LimitUpdate.Kind, deposit: Deposit) -> bool:
    lane, confirmed_kind, amount, notional, product_id = deposit
    return (
        (lane, confirmed_kind) == (lane_of(values), kind)
        and _is_number(text(values, "amount"), amount)
        and _is_number(text(values, "notional_deposit"), notional)
        and _is_number(text(values, "product_id"), product_id)
    )


def _is_number(given: str, kept: Decimal | int | None) -> bool:
    """Whether a cell gives the kept number; an empty one gives none. A text that is no number is never it."""
    return kept is None if not given else kept is not None and number({"": given}, "") == kept


def square_off(many: Sequence[Values]) -> list[Looked]:
    """Rows that add, modify or delete the setting of a periodicity. A deletion goes out in any case."""
    users = users_of(many, "square_off_settings")
    looked = []
    for values, absent in zip(many, existing_findings(many, users), strict=True):
        user = users.get(lane_of(values))
        if user is None:
            looked.append(Looked(values, Known(), absent))
            continue
        manager_id = values.get("manager_id") or user.manager_id
        done = (
            values.get("action") in (SettingAction.ADD, SettingAction.MODIFY)
            and manager_id == user.manager_id
            and any(_same(setting, values) for setting in user.square_off_settings.all())
        )
        looked.append(Looked({**values, "manager_id": manager_id}, HERE, absent, done))
    return looked


def _same(setting: SquareOffSetting, values: Values) -> bool:
    if text(values, "periodicity") != str(setting.periodicity):
        return False
    for name in SQUARE_OFF_COLUMNS:
        kept, given = getattr(setting, name), text(values, name)
        if not (_is_number(given, kept) if isinstance(kept, Decimal | None) else given == kept):
            return False
    return True
