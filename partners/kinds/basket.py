"""The publication of one version of a basket (C5, C6): its lines cannot change after the approval."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.urls import reverse

from backoffice.changes.approvals import approved_values
from backoffice.changes.errors import NotAllowed
from backoffice.changes.examination import Known, each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.protocol.fields import Records, SubRecord, Text, Values
from backoffice.protocol.findings import Finding, errors
from backoffice.protocol.message import Request
from partners import basket_lines, baskets
from partners.fields import Words
from partners.refusals import AsRefusal
from partners.rights import APPROVE_BASKET, MAKE_BASKET

if TYPE_CHECKING:
    from backoffice.logins.models import User


class BasketLineRecord(SubRecord):
    """A line as the checker reads it."""

    noun = "Line"
    key = ("scrip", "side")
    scrip = Words(0, "Scrip", max_length=120)
    side = Text(0, "Side", max_length=10)
    order_type = Text(0, "Order type", max_length=30)
    quantity = Text(0, "Quantity", max_length=20)
    price = Words(0, "Price ₹", max_length=25)
    trigger = Words(0, "Trigger ₹", max_length=25)
    validity = Words(0, "Validity", max_length=40)


class BasketPublication(Request, abstract=True):
    """Publishing one version of a basket. Its lines cannot change after the approval."""

    title = "Connector basket"

    basket = Text(0, "Basket number", max_length=18, required=True)
    version = Text(0, "Number of the version in the portal", max_length=18, required=True)
    name = Words(0, "Name", max_length=80, required=True)
    product_code = Text(0, "Product code", max_length=50, required=True)
    valid_until = Text(0, "Valid until", max_length=30, required=True)
    risk_text = Words(0, "Risk text", max_length=1000, free=True)
    refused_line = Text(0, "After a refused line of a run", max_length=30)
    lines = Records(0, "Lines", BasketLineRecord)
    content = Text(0, "SHA-256 of the content", max_length=64, required=True)


def subject_of(values: Values) -> str:
    """`basket:NUMBER`."""
    return f"basket:{values['basket']}" if values.get("basket") else ""


def _known(subject: str) -> Known:
    published = baskets.published(subject)
    return Known(published.number, baskets.values_of(published)) if published else Known()


def findings(values: Values) -> list[Finding]:
    version = baskets.version_of(values)
    if version is None:
        return [Finding("version", "There is no such version of a basket.")]
    if baskets.current_hash(version) != values.get("content"):
        return [Finding("content", "The basket is not the one that was submitted. Submit it again.")]
    return basket_lines.look(version)


def effect(values: Values, before: Values | None) -> list[str]:
    """Which basket is published, for which product, and how many orders it is."""
    given = values.get("lines")
    lines = len(given) if isinstance(given, list) else 0
    return [
        f"Publish {values.get('name', '')} for product {values.get('product_code', '')}",
        f"{lines} line{'' if lines == 1 else 's'}",
    ]


def apply_here(change: Change, by: "User") -> Applied:
    values = approved_values(change)
    if wrong := errors(findings(values)):
        raise NotAllowed(wrong[0].text)
    with AsRefusal():
        version = baskets.publish(values, change)
    return Applied({}, {"reco_id": version.reco_id, "content": version.content_hash})


def records(subjects: Sequence[str]) -> list[Known]:
    """Return the published state of baskets."""
    return [_known(subject) for subject in subjects]


KIND = ChangeKind(
    slug=baskets.BASKET,
    title=BasketPublication.title,
    message=BasketPublication,
    page=lambda subject: reverse("partners:basket", args=[subject.partition(":")[2]]),
    records=records,
    assess=each(findings),
    subject=subject_of,
    effect=effect,
    propose=MAKE_BASKET,
    decide=APPROVE_BASKET,
    apply_here=apply_here,
)
