"""A consent on paper: entered by one person with the signed form, approved by another (C40)."""

from typing import TYPE_CHECKING

from django.urls import reverse

from backoffice.changes.approvals import approved_values
from backoffice.changes.examination import Known, each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.kit.components import Beside
from backoffice.kit.formats import rupees
from backoffice.protocol.fields import Amount, Text, Values
from backoffice.protocol.message import Request
from partners import signed_forms
from partners.fields import Words
from partners.refusals import AsRefusal
from partners.rights import APPROVE_BASKET, MAKE_BASKET

if TYPE_CHECKING:
    from backoffice.logins.models import User


class SignedConsent(Request, abstract=True):
    """A client's consent to orders after the baskets of one product, on a signed form."""

    title = "Consent of a client"

    client = Text(
        0,
        "Retail user",
        max_length=40,
        required=True,
        consequences={"*": "Orders may be prepared for the client, who confirms each run."},
    )
    partner = Text(0, "Short name", max_length=20, required=True)
    partner_name = Words(0, "Partner", max_length=100)
    product_code = Text(0, "Product code", max_length=50, required=True)
    cap_run = Amount(0, "Cap of one basket, ₹", required=True)
    cap_day = Amount(0, "Cap of a day, ₹", required=True)
    valid_until = Text(0, "Valid until the end of", max_length=10, required=True)
    evidence = Words(0, "Where the paper is", max_length=200, required=True, free=True)
    form = Text(0, "File number", max_length=18, required=True)
    form_hash = Text(0, "SHA-256 of the file", max_length=64, required=True)
    text_version = Text(0, "Text version", max_length=20, required=True)
    content = Text(0, "SHA-256 of the text", max_length=64, required=True)


def subject_of(values: Values) -> str:
    """`GROUP/USER` of the client."""
    return str(values.get("client") or "")


def beside(change: Change) -> Beside:
    """The file, and the text that the client must have signed."""
    values = approved_values(change)
    context = {"form": signed_forms.form_of(values), "text": signed_forms.text_of(values), "values": values}
    return Beside("partners/_signed_form.html", context)


def effect(values: Values, before: Values | None) -> list[str]:
    """The product, and the caps."""
    run, day = (rupees(str(values.get(name) or "")) for name in ("cap_run", "cap_day"))
    caps = f"at most {run} a basket and {day} a day"
    return [f"Consent to {values.get('product_code')} of {values.get('partner_name')}: {caps}"]


def apply_here(change: Change, by: "User") -> Applied:
    with AsRefusal():
        made = signed_forms.take(approved_values(change), change)
    return Applied({}, {"consent": made.pk, "text_hash": made.text_hash})


KIND = ChangeKind(
    slug=signed_forms.CONSENT,
    title=SignedConsent.title,
    message=SignedConsent,
    page=lambda subject: reverse("partners:consent_enter"),
    # Each is a new consent, so there is no record that could move on.
    records=lambda subjects: [Known() for _ in subjects],
    assess=each(signed_forms.findings),
    subject=subject_of,
    beside=beside,
    effect=effect,
    propose=MAKE_BASKET,
    decide=APPROVE_BASKET,
    apply_here=apply_here,
)
