"""Consents on paper: staff enter the signed form with its file, a second person approves it (C40)."""

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import RetailUser
from accounts.retail_users import by_lane
from backoffice.audit.models import Entry
from backoffice.audit.operations import record
from backoffice.changes import operations as changes
from backoffice.changes.models import Change
from backoffice.files import Limit
from backoffice.free_text import checked
from backoffice.outside import visible, whole
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding
from partners import consent_text, consents
from partners.consent_desk import askable
from partners.consents import Terms
from partners.errors import ConnectorProblem
from partners.hashing import sha256
from partners.models import Consent, ConsentForm, Partner
from partners.models.consents import HowGiven
from partners.rights import MAKE_BASKET, need
from partners.trail import note_consent

if TYPE_CHECKING:
    from backoffice.logins.models import User

CONSENT = "connector_consent"
#: The action of the entry about a file that was kept.
KEPT = "connector.consent_form"
DAY = "%d-%m-%Y"
EVIDENCE_LENGTH, NAME_LENGTH = 200, 100
#: Bytes of a file.
LIMIT = Limit(5 * 1024 * 1024, "The file is larger than 5 MiB. Scan it smaller.")
#: The allowed types of a scan, by their first bytes.
TYPES = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)


def end_of(day: date) -> datetime:
    """The end of a day in India: until then a consent holds."""
    return timezone.make_aware(datetime.combine(day, time(23, 59)), timezone.get_default_timezone())


@dataclass(frozen=True)
class Scan:
    """The file of a signed form, as it was uploaded."""

    name: str
    content: bytes = field(repr=False)


def enter(
    client: RetailUser,
    partner: Partner,
    product_code: str,
    terms: Terms,
    scan: Scan,
    *,
    evidence: str,
    by: "User",
    reason: str,
    token: uuid.UUID,
) -> Change:
    """Keep the scan of a signed form and propose the consent. `evidence`: where the paper is. A checker decides.

    The same token a second time (a double click) returns the first change. Raises NotPermitted, ConnectorProblem
    for a file or terms that cannot be taken, and the errors of `changes.submit`.
    """
    need(by, MAKE_BASKET, "You may not enter consents. Ask whoever makes baskets.")
    if done := Change.objects.filter(token=token, made_by=by, kind=CONSENT).first():
        return done
    evidence = checked(evidence, ConnectorProblem, "Say where the paper is kept.", most=EVIDENCE_LENGTH)
    if terms.fault:
        raise ConnectorProblem(terms.fault)
    text = _text(partner, {"product_code": product_code}, terms)
    with transaction.atomic():
        form = _keep(scan, client, by)
        values: Values = {
            "client": client.lane,
            "partner": partner.code,
            "partner_name": partner.name,
            "product_code": product_code,
            "cap_run": f"{terms.cap_run:.2f}",
            "cap_day": f"{terms.cap_day:.2f}",
            "valid_until": f"{timezone.localtime(terms.valid_until):{DAY}}",
            "evidence": evidence,
            "form": str(form.pk),
            "form_hash": form.sha256,
            "text_version": text.version,
            "content": text.hash,
        }
        return changes.submit(CONSENT, values, by=by, reason=reason, token=token)


def _keep(scan: Scan, client: RetailUser, by: "User") -> ConsentForm:
    """Keep the file: PDF, JPEG or PNG. Raises ConnectorProblem."""
    if len(scan.content) > LIMIT.most:
        raise ConnectorProblem(LIMIT.words)
    kind = next((kind for begins, kind in TYPES if scan.content.startswith(begins)), "")
    if not kind:
        raise ConnectorProblem("The file is neither PDF nor JPEG nor PNG. Scan the form again.")
    made = ConsentForm.objects.create(
        name=visible(scan.name)[:NAME_LENGTH],
        content_type=kind,
        content=scan.content,
        sha256=sha256(scan.content),
        uploaded_by=by,
    )
    record(
        KEPT,
        by=by,
        subject=client.lane,
        text=f"Signed form kept: {len(scan.content)} bytes.",
        details={"form": made.pk, "sha256": made.sha256},
    )
    return made


def download(form: ConsentForm, *, by: "User") -> bytes:
    """The content of a file, for somebody who takes it out of the portal. Who did is an audit entry."""
    kept = Entry.objects.filter(action=KEPT, details__form=form.pk).first()
    record(
        "connector.consent_form_downloaded",
        by=by,
        subject=kept.subject if kept else "",
        text=f"Signed form downloaded: {len(form.content)} bytes.",
        details={"form": form.pk, "sha256": form.sha256},
    )
    return bytes(form.content)


def findings(values: Values) -> list[Finding]:
    """Findings on a signed form: client, partner or terms, its file, or a text that is no longer this one."""
    client, partner = by_lane(str(values.get("client") or "")), _partner(values)
    if client is None or partner is None:
        return [Finding("client", "There is no such client, or no such partner.")]
    terms, product = terms_of(values), str(values.get("product_code") or "")
    if terms is None or terms.fault:
        return [
            Finding("cap_run", terms.fault if terms else "The terms cannot be read. Enter the form again.")
        ]
    if words := askable(partner, product, client):
        return [Finding("client", words)]
    form = form_of(values)
    if form is None or form.sha256 != values.get("form_hash"):
        return [Finding("form", "The file is not the one that was uploaded. Enter the form again.")]
    if _text(partner, values, terms).hash != values.get("content"):
        words = (
            "The registry or the broker's name has changed: the text is another than the client signed. "
            "Take a new form."
        )
        return [Finding("content", words)]
    return []


def take(values: dict[str, Any], change: Change) -> Consent:
    """Put an approved form in force. Raises ConnectorProblem."""
    if wrong := findings(values):
        raise ConnectorProblem(wrong[0].text)
    terms, client, partner = terms_of(values), by_lane(values["client"]), _partner(values)
    if terms is None or client is None or partner is None:  # `findings` has looked
        raise ConnectorProblem("The terms cannot be read. Enter the form again.")
    text = _text(partner, values, terms)
    made = Consent(
        client=client,
        partner=partner,
        product_code=values["product_code"],
        text_version=text.version,
        text=text.text,
        text_hash=text.hash,
        cap_run=terms.cap_run,
        cap_day=terms.cap_day,
        valid_until=terms.valid_until,
        how_given=HowGiven.SIGNED_FORM,
        evidence=values["evidence"],
        form=form_of(values),
        change=change,
        asked_by=change.made_by,
    )
    try:
        with transaction.atomic():
            consents.put_in_force(made)
    except IntegrityError:
        raise ConnectorProblem(
            "Another consent of this client came into force just now. Try again."
        ) from None
    note_consent("connector.consent_given", made, "Consent given on a signed form.", by=change.decided_by)
    return made


def terms_of(values: Values) -> Terms | None:
    """The terms in the values of a change; None if they cannot be read."""
    try:
        day = datetime.strptime(str(values.get("valid_until")), DAY).date()
        return Terms(Decimal(str(values.get("cap_run"))), Decimal(str(values.get("cap_day"))), end_of(day))
    except (ValueError, InvalidOperation):
        return None


def text_of(values: Values) -> consent_text.ConsentText | None:
    """The text that the client must have signed; None if the values name no partner or no terms."""
    partner, terms = _partner(values), terms_of(values)
    return _text(partner, values, terms) if partner and terms else None


def form_of(values: Values) -> ConsentForm | None:
    """The file that the values of a change name, without its content."""
    number = whole(values.get("form"))
    return ConsentForm.objects.defer("content").filter(pk=number).first() if number else None


def _partner(values: Values) -> Partner | None:
    return Partner.objects.filter(code=str(values.get("partner") or "")).first()


def _text(partner: Partner, values: Values, terms: Terms) -> consent_text.ConsentText:
    """The text in the wording that the client signed."""
    wording, _, _ = str(values.get("text_version")).partition(".")
    return consent_text.written(
        partner,
        str(values.get("product_code") or ""),
        cap_run=terms.cap_run,
        cap_day=terms.cap_day,
        valid_until=terms.valid_until,
        wording=whole(wording),
    )
