"""340: quantities approved for pledge (O7)."""

from accounts.retail_users import PLAIN, page_of
from backoffice.changes.kinds import ChangeKind
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.approvals import UpdatePledgeQuantity
from limits import quantities
from limits.models import ApprovedQuantity

SLUG = "pledge_quantity"


def apply(lane: str, values: Values) -> Applied:
    """Keep the quantities that ODIN confirmed."""
    return quantities.apply(ApprovedQuantity.Kind.PLEDGE, values)


KIND = ChangeKind(
    slug=SLUG,
    title=UpdatePledgeQuantity.title,
    message=UpdatePledgeQuantity,
    page=page_of(SLUG),
    records=quantities.records,
    assess=quantities.assess(ApprovedQuantity.Kind.PLEDGE),
    menu=PLAIN,
    files=quantities.files(SLUG, "Pledge quantities", UpdatePledgeQuantity),
    money=True,
    apply=apply,
)
