"""A client's steps with the link of a consent: proof of identity, reading, confirmation by code, revoking (C40)."""

import hmac
import logging
import secrets
import smtplib
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from backoffice.kit import privacy
from partners import consent_text, consents, proof, switches
from partners.consents import forbidden_for
from partners.errors import ConnectorProblem
from partners.hashing import sha256
from partners.keys import MODEL
from partners.models import Consent
from partners.models.consents import ConsentState
from partners.trail import note_consent
from partners.visits import NOT_FOUND, STOPPED

logger = logging.getLogger(__name__)

#: A one-time code: its digits, how long it is good, wrong answers it takes, and how many one link sends.
CODE_DIGITS, CODE_LIVES, CODE_TRIES, MOST_CODES = 6, timedelta(minutes=10), 5, 5
#: Between two codes.
CODE_PAUSE = timedelta(minutes=1)
NO_MAIL = "No code can be sent to you: {why} Ask your broker for the form on paper, or to correct your e-mail address."
NEW_CODE = "This code is not good any more. Ask for a new one."
_CLOSED = {
    ConsentState.REVOKED: "This consent is revoked.",
    ConsentState.REPLACED: "This consent was replaced by a newer one.",
    ConsentState.ENDED: "The time of this consent is over.",
}


@dataclass(frozen=True)
class Sent:
    """What happened to a code. `to`: the address, masked but recognisable.

    `mail`: subject and text of the mail, in a demonstration without a mail server.
    """

    to: str
    mail: tuple[str, str] = ("", "")


def by_secret(secret: str) -> Consent:
    """The consent of a link. Raises ConnectorProblem with words for the client."""
    return _opened(_whole().filter(link_hash=sha256(secret)).first())


def by_pk(pk: int) -> Consent:
    """The consent of a visit that is under way. Raises ConnectorProblem with words for the client."""
    return _opened(_whole().filter(pk=pk).first())


def prove(consent: Consent, said: str) -> None:
    """Check the client's answer: the last four of the PAN, or the date of birth as DD-MM-YYYY.

    Three wrong answers close the link until staff make a new one. Raises ConnectorProblem with words for the
    client.
    """
    with transaction.atomic():
        own = Consent.objects.filter(pk=consent.pk)
        if not proof.take_try(own):
            raise ConnectorProblem(proof.USED_UP)
        right = proof.fits(consent.client, said)
        if right:
            own.update(tries_left=proof.TRIES)
            own.filter(opened_at=None).update(opened_at=timezone.now())
        words = "Link of the consent opened." if right else "Wrong answer on the page of the link."
        action = "connector.consent_opened" if right else "connector.consent_refused"
        note_consent(action, consent, words, by_client=right)
    if not right:
        raise ConnectorProblem(proof.wrong(own))


def read(consent: Consent) -> Consent:
    """The consent with the text that the client is to read now.

    While it waits for the client, a text that the registry has outrun since is written again.
    """
    with transaction.atomic():
        own = _locked(consent)
        text = _text_now(own)
        if own.state == ConsentState.WAITING and text.text != own.text:
            own.text_version, own.text, own.text_hash = text.version, text.text, text.hash
            own.code_hash = ""
            own.save()
            note_consent(
                "connector.consent_text",
                own,
                "Text written again: its wording, the registry or the broker's name has changed.",
            )
    return own


def closed_because(consent: Consent) -> str:
    """Why a consent cannot be given now, in words for the client; "" if it can."""
    if forbidden_for(consent.client, consent.partner, consent.product_code) or switches.holding(
        model=MODEL, partner=consent.partner, product_code=consent.product_code, client=consent.client
    ):
        return STOPPED
    return ""


def send_code(consent: Consent) -> Sent:
    """Send a one-time code to the e-mail address of the client's record; it replaces the previous one.

    The code is in this process's memory and in the mail, its hash in the database. Raises ConnectorProblem
    with words for the client, if no code may or can be sent.
    """
    shown_only = settings.PORTAL_ENVIRONMENT == "DEMO" and not settings.EMAIL_HOST
    if not settings.EMAIL_HOST and not shown_only:
        raise ConnectorProblem(NO_MAIL.format(why="your broker's portal sends no e-mail."))
    address = consent.client.email or ""
    if not address:
        raise ConnectorProblem(NO_MAIL.format(why="your broker has no e-mail address of yours."))
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    with transaction.atomic():
        own = _locked(consent)
        _may_send(own)
        own.code_hash, own.code_ends_at = _code_hash(own, code), timezone.now() + CODE_LIVES
        own.code_tries_left, own.codes_sent = CODE_TRIES, own.codes_sent + 1
        own.save()
        note_consent("connector.consent_code", own, "One-time code made.", by_client=True)
    subject, text = _mail(own, code)
    to = privacy.mask("email", address)
    if shown_only:
        return Sent(to, (subject, text))
    if words := _hand_over(subject, text, address):
        raise ConnectorProblem(NO_MAIL.format(why=words))
    return Sent(to)


def confirm(consent: Consent, code: str, agreed_to: str) -> None:
    """Put the consent in force, if the code is right. `agreed_to`: the hash of the text on the page.

    Five wrong answers use a code up. Raises ConnectorProblem with words for the client.
    """
    with transaction.atomic():
        own = _locked(consent)
        words = _refusal(own, code, agreed_to)
        if words:
            note_consent("connector.consent_code_refused", own, "One-time code refused.", by_client=True)
        else:
            consents.put_in_force(own)
            text = "Consent given by the client's own click."
            note_consent("connector.consent_given", own, text, by_client=True)
    if words:  # raised out here, so that the try that was taken is kept
        raise ConnectorProblem(words)


def revoke(consent: Consent) -> None:
    """Revoke the consent for the client, at once. Raises ConnectorProblem with words for the client."""
    with transaction.atomic():
        own = _locked(consent)
        consents.end(own, ConsentState.REVOKED)
        note_consent("connector.consent_revoked", own, "Consent revoked by the client.", by_client=True)


def _refusal(own: Consent, code: str, agreed_to: str) -> str:
    """Why a code is refused; "" if it is right. A wrong one takes a try."""
    if own.state != ConsentState.WAITING:
        return "This consent is in force already."
    if words := closed_because(own):
        return words
    if _text_now(own).hash != own.text_hash or agreed_to != own.text_hash:
        return "The text has changed since you read it. Read it again, and ask for a new code."
    if not own.code_hash or own.code_ends_at is None or own.code_ends_at <= timezone.now():
        return NEW_CODE
    if constant_time_compare(_code_hash(own, code.strip()), own.code_hash):
        return ""
    own.code_tries_left -= 1
    if own.code_tries_left <= 0:
        own.code_tries_left, own.code_hash = 0, ""
    own.save()
    return "That is not the code of the last e-mail. Check it, and try again." if own.code_hash else NEW_CODE


def _may_send(own: Consent) -> None:
    """Raise ConnectorProblem if no code may be sent now."""
    if own.state != ConsentState.WAITING:
        raise ConnectorProblem("This consent is in force already.")
    if words := closed_because(own):
        raise ConnectorProblem(words)
    if own.codes_sent >= MOST_CODES:
        raise ConnectorProblem(f"{MOST_CODES} codes were sent for this link. Ask your broker for a new link.")
    if own.code_hash and own.code_ends_at and own.code_ends_at - CODE_LIVES + CODE_PAUSE > timezone.now():
        raise ConnectorProblem("A code was sent a moment ago. Wait a minute before you ask for another.")


def _code_hash(consent: Consent, code: str) -> str:
    """The hash of a code, for this consent and text alone. Keyed, since six digits are soon tried."""
    key = sha256(f"connector.consent {settings.SECRET_KEY}").encode()
    return hmac.new(key, f"{consent.pk} {consent.text_hash} {code}".encode(), "sha256").hexdigest()


def _mail(consent: Consent, code: str) -> tuple[str, str]:
    """Subject and text of the mail with a code. No link: the client has the page open."""
    broker = settings.CONNECTOR_BROKER_NAME
    lines = [
        f"Your code is {code}.",
        "",
        f"It confirms your consent to orders after recommendations of {consent.partner.name}, on the page that you "
        f"have open. It is good for {CODE_LIVES.seconds // 60} minutes.",
        "",
        "If you did not ask for it, do not share it, and tell your broker.",
        "",
        *([broker, ""] if broker else []),
    ]
    return f"Your code from {broker}" if broker else "Your code", "\n".join(lines)


def _hand_over(subject: str, text: str, address: str) -> str:
    """Give a mail to the mail server. Returns why it was not accepted, without the address; "" if it was."""
    message = EmailMessage(subject, text, to=[address], headers={"Auto-Submitted": "auto-generated"})
    try:
        message.send()
    except (smtplib.SMTPRecipientsRefused, ValueError):
        return "your e-mail address was refused."
    except (smtplib.SMTPException, OSError) as error:
        logger.warning("A one-time code was not sent (%s).", type(error).__name__)
        return "the e-mail could not be sent."
    return ""


def _text_now(consent: Consent) -> consent_text.ConsentText:
    return consent_text.written(
        consent.partner,
        consent.product_code,
        cap_run=consent.cap_run,
        cap_day=consent.cap_day,
        valid_until=consent.valid_until,
    )


def _opened(found: Consent | None) -> Consent:
    """Return the consent, if its page shows anything. Raises ConnectorProblem with words for the client."""
    if found is None:
        raise ConnectorProblem(NOT_FOUND)
    if not found.is_open:
        raise ConnectorProblem(_CLOSED[ConsentState(found.shown_as)])
    return found


def _locked(consent: Consent) -> Consent:
    return _opened(_whole().select_for_update(of=("self",)).get(pk=consent.pk))


def _whole() -> QuerySet[Consent]:
    return Consent.objects.select_related("partner", "client")
