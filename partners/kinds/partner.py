"""An entry of the registry of partners: made and changed by one person, approved by another (C3)."""

import ipaddress
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.urls import reverse

from backoffice.changes.approvals import approved_values
from backoffice.changes.examination import Known, each
from backoffice.changes.kinds import ChangeKind
from backoffice.changes.models import Change
from backoffice.delivery.handlers import Applied
from backoffice.protocol.codes import Choice
from backoffice.protocol.fields import Code, Flags, Records, Secret, SecretText, SubRecord, Text, Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Request
from partners import registry, sessions
from partners.fields import Words
from partners.hashing import sha256
from partners.models import Partner, PartnerVersion
from partners.refusals import AsRefusal
from partners.rights import APPROVE_PARTNER, PROPOSE_PARTNER

if TYPE_CHECKING:
    from backoffice.logins.models import User


_CODE = re.compile(r"[a-z][a-z0-9-]{1,19}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(?::[1-9][0-9]{0,4})?")
_PARTNER_ID = re.compile(r"[A-Za-z0-9]{1,6}")


class Token(Secret):
    """A token that the vendor gave out."""

    def findings(self, value: object, path: str) -> Iterator[Finding]:
        """A sealed text of printable signs without spaces."""
        if not isinstance(value, SecretText) or not re.fullmatch(r"[!-~]{8,500}", value.reveal()):
            words = f"{self.label} has 8 to 500 letters, digits and signs without a space. Copy it again."
            yield Finding(path, words, rule="C3")


class Kinds(Choice):
    """Kinds of partners, as `PartnerKind` has them."""

    OWN = "own", "Own research desk"
    HOSTED = "hosted", "Hosted partner"
    EXTERNAL = "external", "External partner"


class States(Choice):
    """States of partners, as `PartnerState` has them."""

    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    ENDED = "ended", "Ended"


class ModelAllowed(Choice):
    """The flows of the Connector that a partner may use."""

    REDIRECT = "1", "Model 1, redirect with a login"
    SESSION = "2", "Model 2, kept session"
    API = "3", "Model 3, API keys"


class PartnerIdRecord(SubRecord):
    """The id that names a broker in the mapping with this publisher."""

    noun = "Partner ID"
    key = ("partner_id",)
    partner_id = Text(0, "Partner ID", max_length=6, required=True)
    broker = Words(0, "Broker", max_length=60)


class ProductRecord(SubRecord):
    """A product of the publisher."""

    noun = "Product"
    key = ("code",)
    code = Text(0, "Product code", max_length=50, required=True)
    name = Words(0, "Name", max_length=60)
    algo_id = Text(0, "Algo id", max_length=30)


class PartnerEntry(Request, abstract=True):
    """An entry of the registry of partners (C3)."""

    title = "Connector partner"

    code = Text(
        0, "Short name", max_length=20, required=True, help="Small letters, digits, -. Cannot change."
    )
    name = Words(0, "Name", max_length=100, required=True)
    kind = Code(
        0,
        "Kind",
        Kinds,
        required=True,
        consequences={"external": "The portal serves nothing for it and sees none of its orders."},
    )
    state = Code(
        0,
        "State",
        States,
        required=True,
        initial="active",
        consequences={
            "suspended": "Revokes its sessions; its links and calls are refused.",
            "ended": "Revokes its sessions; its links and calls are refused.",
        },
    )
    application_token = Token(0, "Application token", help="Empty keeps the present one.")
    partner_ids = Records(0, "Partner IDs", PartnerIdRecord)
    products = Records(0, "Products", ProductRecord)
    models = Flags(0, "Models", ModelAllowed)
    basket_callback = Text(0, "Basket callback", max_length=200, help="As given to the vendor.")
    login_callback = Text(0, "Login callback", max_length=200, help="As given to the vendor.")
    webhook_networks = Text(
        0, "Networks of the webhook", max_length=300, help="With spaces between. Empty: any."
    )
    hosts = Text(0, "Hosts of key endpoints", max_length=300, help="With spaces between.")
    registration = Text(0, "SEBI registration", max_length=30)
    contact = Words(0, "Contact", max_length=200, free=True)


def subject_of(values: Values) -> str:
    return f"partner:{values['code']}" if values.get("code") else ""


def _partner(subject: str) -> Partner | None:
    return Partner.objects.filter(code=subject.partition(":")[2]).first()


def _known(subject: str) -> Known:
    partner = _partner(subject)
    return Known(partner.version, registry.values_of(partner)) if partner else Known()


def findings(values: Values) -> list[Finding]:
    """Findings on an entry: its short name, tokens and ids of others, addresses and networks."""
    partner = _partner(subject_of(values))
    others = Partner.objects.exclude(code=values.get("code", ""))
    found = []
    if not _CODE.fullmatch(str(values.get("code", ""))):
        words = "The short name has 2 to 20 small letters, digits or -, and begins with a letter."
        found.append(Finding("code", words))
    token = values.get("application_token")
    if not token and partner is None:
        found.append(Finding("application_token", "A new partner needs its application token."))
    if (
        isinstance(token, SecretText)
        and others.filter(application_token_hash=sha256(token.reveal())).exists()
    ):
        found.append(Finding("application_token", "Another partner has this application token."))
    found += _record_findings(values)
    for name in ("basket_callback", "login_callback"):
        if (text := str(values.get(name) or "")) and not _is_https(text):
            found.append(Finding(name, f"{text} is not an https address without a query."))
    for host in str(values.get("hosts") or "").split():
        if not _HOST.fullmatch(host):
            found.append(Finding("hosts", f"{host} is not a host such as keys.example or keys.example:8443."))
    found += _model_3_findings(values)
    for network in str(values.get("webhook_networks") or "").split():
        try:
            ipaddress.ip_network(network)
        except ValueError:
            found.append(Finding("webhook_networks", f"{network} is not a network such as 203.0.113.0/24."))
    return found


def _record_findings(values: Values) -> Iterator[Finding]:
    ids: Any = values.get("partner_ids") or []
    taken = {
        record["partner_id"]
        for partner in Partner.objects.exclude(code=values.get("code", ""))
        for record in partner.partner_ids
    }
    for place, row in enumerate(ids):
        if row.get("partner_id") in taken:
            yield Finding(f"partner_ids.{place}.partner_id", f"Another partner has {row['partner_id']}.")
    for name, key in (("partner_ids", "partner_id"), ("products", "code")):
        rows: Any = values.get(name) or []
        given = [row.get(key, "") for row in rows]
        for place, text in enumerate(given):
            if text in given[:place]:
                yield Finding(f"{name}.{place}.{key}", f"{text} is in the list twice. Leave one.")
            elif key == "partner_id" and not _PARTNER_ID.fullmatch(text):
                yield Finding(f"{name}.{place}.{key}", f"{text} is not a Partner ID: 6 letters and digits.")


def _model_3_findings(values: Values) -> Iterator[Finding]:
    """Check the requirements of model 3: products with an algo id each, and the allowed hosts of keys (C39, C42)."""
    models: Any = values.get("models") or []
    if ModelAllowed.API not in models:
        return
    products: Any = values.get("products") or []
    if not products:
        yield Finding("products", "Model 3 needs a product with an algo id. Add one, or leave model 3 out.")
    for place, row in enumerate(products):
        if not row.get("algo_id"):
            words = f"Model 3 needs an algo id for {row.get('code', '')}. Give one, or leave model 3 out."
            yield Finding(f"products.{place}.algo_id", words, rule="C42")
    if not str(values.get("hosts") or "").split():
        yield Finding("hosts", "Model 3 needs the hosts that keys may be for. List them as the vendor says.")


def _is_https(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme == "https" and bool(parts.hostname) and not (parts.query or parts.fragment)


def apply_here(change: Change, by: "User") -> Applied:
    values = approved_values(change)
    before = _known(change.subject).values or {}
    with AsRefusal():
        partner = registry.put(values)
    PartnerVersion.objects.create(
        partner=partner,
        number=partner.version,
        values=change.messages[0]["values"],
        content_hash=change.content_hash,
        change=change,
    )
    sessions.end_of_partner(partner)
    return Applied(dict(before), dict(registry.values_of(partner)))


def records(subjects: Sequence[str]) -> list[Known]:
    """Return the registry's entries of partners."""
    return [_known(subject) for subject in subjects]


def page(subject: str) -> str:
    """Return the form for a partner; that for a new one if the registry has none with this name."""
    partner = _partner(subject)
    return (
        reverse("partners:partner_change", args=[partner.code])
        if partner
        else reverse("partners:partner_new")
    )


KIND = ChangeKind(
    slug=registry.PARTNER,
    title=PartnerEntry.title,
    message=PartnerEntry,
    page=page,
    records=records,
    assess=each(findings),
    subject=subject_of,
    propose=PROPOSE_PARTNER,
    decide=APPROVE_PARTNER,
    apply_here=apply_here,
)
