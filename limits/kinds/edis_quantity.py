"""338: quantities approved for EDIS (O7)."""

from accounts.retail_users import PLAIN, page_of
from backoffice.changes.kinds import ChangeKind
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.approvals import UpdateEdisQuantity
from limits import quantities
from limits.models import ApprovedQuantity

SLUG = "edis_quantity"


def apply(lane: str, values: Values) -> Applied:
    """Keep the quantities that ODIN confirmed."""
    return quantities.apply(ApprovedQuantity.Kind.EDIS, values)


KIND = ChangeKind(
    slug=SLUG,
    title=UpdateEdisQuantity.title,
    message=UpdateEdisQuantity,
    page=page_of(SLUG),
    records=quantities.records,
    assess=quantities.assess(ApprovedQuantity.Kind.EDIS),
    menu=PLAIN,
    files=quantities.files(SLUG, "EDIS quantities", UpdateEdisQuantity),
    money=True,
    apply=apply,
)
