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

Deposit = tuple[str, Decimal | None, Decimal | None]


def deposits(many: Sequence[Values]) -> list[Looked]:
    """Rows that add to a limit. One whose reference ODIN confirmed for the same user and amounts is done."""
    users = users_of(many)
    references = {str(values["reference"]) for values in many if values.get("reference")}
    confirmed = {
        update.reference: (update.retail_user.lane, update.amount, update.notional_deposit)
        for update in LimitUpdate.objects.filter(reference__in=references).select_related("retail_user")
    }
    looked = []
    for values, findings in zip(many, deposit_findings(many), strict=True):
        done = confirmed.get(text(values, "reference")) == _deposit(values)
        known = HERE if lane_of(values) in users else Known()
        looked.append(Looked(values, known, [] if done else findings, done))
    return looked


def _deposit(values: Values) -> Deposit:
    return lane_of(values), number(values, "amount"), number(values, "notional_deposit")


def square_off(many: Sequence[Values]) -> list[Looked]:
    """Rows that add, modify or delete the setting of a periodicity. A deletion goes out in any case."""
    users = users_of(many, "square_off_settings")
    looked = []
    for values, absent in zip(many, existing_findings(many, users), strict=True):
        user = users.get(lane_of(values))
        if user is None:
            looked.append(Looked(values, Known(), absent))
            continue
        message = {**values, "manager_id": values.get("manager_id") or user.manager_id}
        done = values.get("action") != SettingAction.DELETE and any(
            _same(setting, values) for setting in user.square_off_settings.all()
        )
        looked.append(Looked(message, HERE, absent, done))
    return looked


def _same(setting: SquareOffSetting, values: Values) -> bool:
    if text(values, "periodicity") != str(setting.periodicity):
        return False
    for name in SQUARE_OFF_COLUMNS:
        kept = getattr(setting, name)
        given = number(values, name) if isinstance(kept, Decimal | None) else text(values, name)
        if given != kept:
            return False
    return True
