"""Mails: made from due notices, then handed to the mail server by one worker at a time.

A mail is in the database before it is sent, and marked as sent after the server accepted it. If a worker dies
between the two, the mail is sent again, under its Message-ID, until MOST_FAILURES workers in a
row were lost at it.
"""

import logging
import smtplib
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone

from backoffice import leases
from backoffice.killpoints import MailPoint, reached
from backoffice.logins.models import User
from backoffice.notices.events import Event
from backoffice.notices.models import Mail, MailState, Notice, Notices

logger = logging.getLogger(__name__)

#: A person gets at most one mail in this time; later notices go into the next.
SPACING = timedelta(minutes=1)
#: For how many people one task makes mails, and how many mails it sends.
AT_ONCE = 100
#: A task releases its worker after this many seconds, and starts no further mail: the next round continues.
WORK_SECONDS = 20.0
#: How many notices, and numbers of one event, a mail names; the page has all of them.
MOST_NOTICES, MOST_NUMBERS = 1000, 50
#: The pause between tries: doubled each time, up to the longest. After GIVE_UP there is no further try.
FIRST_PAUSE, LONGEST_PAUSE, GIVE_UP = timedelta(minutes=1), timedelta(hours=1), timedelta(days=2)
#: A call to a slow mail server ends within this many times EMAIL_TIMEOUT.
STEPS = 20

OFF = "E-mail is off: no mail server is set."
NO_ADDRESS = "You have no e-mail address here. An administrator can propose one."
GIVEN_UP = (
    f"{leases.MOST_FAILURES} workers in a row crashed or were killed at it. "
    "Ask an administrator for the worker's log."
)


@dataclass(frozen=True)
class Failure:
    """Why a mail was not accepted, without the server's own words, which may contain an address.

    `final`: it will never be accepted. `everybody`: no other mail would be accepted now.
    """

    words: str
    final: bool = False
    everybody: bool = False


def compose_due() -> int:
    """Make a mail of each person's due notices. Returns how many mails."""
    lately = Mail.objects.filter(person=OuterRef("person"), created_at__gt=timezone.now() - SPACING)
    people = _due().filter(~Exists(lately)).order_by().values_list("person", flat=True).distinct()
    return sum(_compose(person) for person in people[:AT_ONCE])


def send_due() -> int:
    """Hand the waiting mails to the mail server, as long as it takes any. Returns how many it accepted."""
    sent, end = 0, time.monotonic() + WORK_SECONDS
    for mail in _waiting().select_related("person")[:AT_ONCE]:
        taken = _waiting().filter(pk=mail.pk)
        lease = leases.take(taken, _lease(), tries=F("tries") + 1, **leases.if_lost())
        if lease is None:
            continue
        mail.refresh_from_db(fields=["tries", "failures"])
        failure = _send(mail, lease)
        sent += failure is None
        if (failure and failure.everybody) or time.monotonic() > end:
            break
    return sent


def preview(person: User) -> tuple[str, str]:
    """Return subject and text of the next mail, as it would be now; empty without a notice."""
    notices = Notice.objects.filter(person=person, mail=None, over_at=None, due_at__isnull=False)
    found = list(notices.order_by("pk")[:MOST_NOTICES])
    return written(found) if found else ("", "")


def written(notices: Iterable[Notice]) -> tuple[str, str]:
    """Return subject and text of a mail: numbers and a link. No name, no reason, no value."""
    numbers: defaultdict[str, list[str]] = defaultdict(list)
    for notice in sorted(notices, key=lambda notice: (notice.change_id or 0, notice.batch_id or 0)):
        numbers[notice.event].append(notice.number)
    count = sum(map(len, numbers.values()))
    many = f"{count} notice{'' if count == 1 else 's'}"
    lines = [f"{event.label}: {_listed(numbers[event])}" for event in Event if event in numbers]
    link = f"{settings.PORTAL_URL}/notices/"
    text = "\n".join([*lines, "", f"Open the portal: {link}", "Choose there how you are notified."])
    return f"Back office {settings.PORTAL_ENVIRONMENT}: {many}", f"{text}\n"


def _listed(numbers: Sequence[str]) -> str:
    more = len(numbers) - MOST_NUMBERS
    return ", ".join(numbers[:MOST_NUMBERS]) + (f" and {more} more" if more > 0 else "")


def _due() -> Notices:
    found: Notices = Notice.objects.filter(mail=None, over_at=None, due_at__lte=timezone.now())
    return found


@transaction.atomic
def _compose(person: int) -> bool:
    """Make the mail of one person. False if another worker is making it, or nothing is due any more."""
    numbers = _due().filter(person=person).at_rest()[:MOST_NOTICES]
    if not numbers:
        return False
    taken = Notice.objects.filter(pk__in=numbers)
    addressed = User.objects.filter(pk=person, is_active=True).exclude(email="").exists()
    problem = OFF if not settings.EMAIL_HOST else "" if addressed else NO_ADDRESS
    subject, text = written(taken)
    now = timezone.now()
    mail = Mail.objects.create(
        person_id=person,
        subject=subject,
        text=text,
        next_try_at=now,
        problem=problem,
        state=MailState.KEPT if problem else MailState.WAITING,
        ended_at=now if problem else None,
    )
    taken.update(mail=mail)
    return True


def _waiting() -> QuerySet[Mail]:
    due = Mail.objects.filter(leases.free(), state=MailState.WAITING, next_try_at__lte=timezone.now())
    return due.order_by("next_try_at", "pk")


def _lease() -> timedelta:
    return timedelta(seconds=STEPS * settings.EMAIL_TIMEOUT)


def _send(mail: Mail, lease: leases.Lease) -> Failure | None:
    """Send one mail that this worker holds, and record the outcome. Outside any transaction."""
    connection = get_connection()
    try:
        failure = _hand_over(mail, connection)
        _note(mail, lease, failure)
    finally:  # only now: an unanswered QUIT must not delay the mark after acceptance
        with suppress(smtplib.SMTPException, OSError):
            connection.close()
    return failure


def _hand_over(mail: Mail, connection: BaseEmailBackend) -> Failure | None:
    person = mail.person
    if mail.failures >= leases.MOST_FAILURES:
        return Failure(GIVEN_UP, final=True)
    if not settings.EMAIL_HOST:
        return Failure(OFF, final=True)
    if not (person.is_active and person.email):
        return Failure(NO_ADDRESS, final=True)
    headers = {"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"}
    message = EmailMessage(mail.subject, mail.text, to=[person.email], headers=headers)
    try:
        connection.open()  # by hand, so that it is not closed with the sending
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as refusal:
        codes: Iterable[int] = [code for code, _ in refusal.recipients.values()]
        return _refused("refused the address", min(codes))
    except smtplib.SMTPDataError as refusal:
        return _refused("refused the mail", refusal.smtp_code)
    except (
        smtplib.SMTPResponseException
    ) as refusal:  # a fault of sender or login, which an administrator can fix
        return Failure(f"The mail server refused the portal ({refusal.smtp_code}).", everybody=True)
    except (smtplib.SMTPException, OSError) as error:
        return Failure(f"The mail server gave no proper answer ({type(error).__name__}).", everybody=True)
    except ValueError:
        return Failure("The address cannot be written to.", final=True)
    reached(MailPoint.ACCEPTED)
    return None


def _refused(what: str, code: int) -> Failure:
    return Failure(f"The mail server {what} ({code}).", final=code >= 500)


def _note(mail: Mail, lease: leases.Lease, failure: Failure | None) -> None:
    row, now = Mail.objects.filter(pk=mail.pk, state=MailState.WAITING), timezone.now()
    if failure is None:
        kept = leases.release(row, lease.token, state=MailState.SENT, problem="", ended_at=now)
    elif failure.final or now - mail.created_at > GIVE_UP:
        kept = leases.release(row, lease.token, state=MailState.FAILED, problem=failure.words, ended_at=now)
    else:
        again = now + min(FIRST_PAUSE * 2 ** min(mail.tries - 1, 10), LONGEST_PAUSE)
        kept = leases.release(row, lease.token, problem=failure.words, next_try_at=again, failures=0)
    if failure:
        logger.warning("Mail %d was not sent: %s", mail.pk, failure.words)
    if not kept:
        logger.warning("Mail %d took longer than its lease; it may go out twice.", mail.pk)
