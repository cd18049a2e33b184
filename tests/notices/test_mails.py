"""Mails to a real mail server: what they hold, and that none is lost, whatever the server or the worker does."""

import os
import signal
import socket
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from backoffice import leases
from backoffice.changes import operations as changes
from backoffice.notices import mails, operations
from backoffice.notices.models import Mail, MailState, Mode, Notice
from backoffice.notices.tasks import work_due
from tests.faults.installation import url_of_tests
from tests.notices.conftest import mail_to
from tests.portals import ROOT

pytestmark = pytest.mark.django_db


@pytest.fixture
def waiting(at_once, propose):
    """A change that waits for the checker, who wants to be notified at once."""
    return propose()


def later(**time):
    """Let so much time pass, for mails and notices."""
    passed = timedelta(**time)
    Mail.objects.update(
        created_at=F("created_at") - passed,
        next_try_at=F("next_try_at") - passed,
        lease_until=F("lease_until") - passed,
    )
    Notice.objects.update(due_at=F("due_at") - passed)


def test_a_mail_holds_numbers_and_a_link_and_is_sent_once(server, waiting, checker, maker):
    assert work_due() == 1
    assert work_due() == 0
    (to, mail) = server.mails[0]
    assert to == ["checker@broker.example"]
    assert mail["From"] == "portal@broker.example"
    assert mail["Subject"] == "Back office DEMO: 1 notice"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_payload().splitlines() == [
        f"Waiting for your decision: C-{waiting.pk}",
        "",
        "Open the portal: https://portal.example/notices/",
        "Choose there how you are notified.",
    ]
    sent = Mail.objects.get()
    assert (sent.state, sent.tries, sent.lease_token) == (MailState.SENT, 1, None)
    assert server.ids == [sent.message_id]
    assert sent.message_id.endswith("@broker.example>")
    changes.reject(waiting.pk, by=checker, reason="Asha Testwala moved away")
    assert work_due() == 1
    assert server.texts[1].startswith(f"Rejected: C-{waiting.pk}")
    for what in ("Asha", "RET001", "maker", "checker", "Cash", "retail"):
        assert what not in "".join(server.texts)


def test_what_happens_within_a_minute_comes_in_one_mail(server, waiting, propose):
    work_due()
    more = [propose(user_id=f"MORE{n}", email=f"more{n}@example.com") for n in range(3)]
    assert work_due() == 0
    later(seconds=61)
    assert work_due() == 1
    assert f"C-{more[0].pk}, C-{more[1].pk}, C-{more[2].pk}" in server.texts[1]


def test_the_digest_holds_what_is_still_true(server, waiting, checker, propose):
    operations.choose(Mode.DIGEST, by=checker)
    still = propose(user_id="STILL", email="still@example.com")
    assert work_due() == 0
    changes.reject(waiting.pk, by=checker, reason="No")
    later(days=1)
    assert work_due() == 2  # the maker's, of the rejection, was at once
    digest = next(
        text for (to, _), text in zip(server.mails, server.texts, strict=True) if "checker" in to[0]
    )
    assert f"C-{still.pk}" in digest
    assert f"C-{waiting.pk}" not in digest


def test_a_long_digest_names_some_numbers_and_how_many_more(checker):
    notices = [Notice(person=checker, event="done", change_id=number) for number in range(60)]
    subject, text = mails.written(notices)
    assert subject.endswith("60 notices")
    assert "C-49 and 10 more" in text
    assert "C-50" not in text


def test_who_wants_no_mail_and_who_is_gone_gets_none(server, waiting, checker):
    operations.choose(Mode.NOTHING, by=checker)
    assert work_due() == 0
    assert not Mail.objects.exists()
    Notice.objects.update(due_at=timezone.now())
    checker.is_active = False
    checker.save()
    assert work_due() == 0
    assert server.mails == []
    assert Mail.objects.get().state == MailState.KEPT


@pytest.mark.parametrize(
    ("step", "answer", "words"),
    [
        ("RCPT", "450 Mailbox busy", "refused the address (450)"),
        ("DATA", "451 Try again later", "refused the mail (451)"),
    ],
)
def test_a_mail_that_is_put_off_is_sent_later_as_the_same_mail(server, waiting, step, answer, words):
    server.answers[step] = [answer] * 2
    for minutes in (1, 2):
        assert work_due() == 0
        mail = Mail.objects.get()
        assert (mail.state, mail.problem) == (MailState.WAITING, f"The mail server {words}.")
        assert (
            timedelta(minutes=minutes - 1) < mail.next_try_at - timezone.now() <= timedelta(minutes=minutes)
        )
        assert work_due() == 0  # not before its time
        later(minutes=minutes)
    assert work_due() == 1
    mail = Mail.objects.get()
    assert (mail.state, mail.tries, mail.problem) == (MailState.SENT, 3, "")


@pytest.mark.parametrize(("step", "answer"), [("RCPT", "550 No such user here"), ("DATA", "554 Spam")])
def test_a_mail_that_is_refused_is_given_up_and_says_why_without_the_servers_words(
    server, waiting, caplog, step, answer
):
    server.answers[step] = [answer]
    assert work_due() == 0
    mail = Mail.objects.get()
    assert mail.state == MailState.FAILED
    assert f"({answer[:3]})" in mail.problem
    logged = [record.getMessage() for record in caplog.records if record.name.startswith("backoffice")]
    assert logged == [f"Mail {mail.pk} was not sent: {mail.problem}"]
    assert answer[4:] not in mail.problem
    assert work_due() == 0


def test_a_mail_that_nobody_takes_for_two_days_is_given_up(server, waiting):
    server.answers["RCPT"] = ["450 Busy"] * 2
    work_due()
    later(days=2, minutes=1)
    work_due()
    assert Mail.objects.get().state == MailState.FAILED


def test_a_server_that_does_not_answer_keeps_every_mail(settings, waiting, checker, propose):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mail_to(settings, silent.getsockname()[1])
        settings.EMAIL_TIMEOUT = 0.2
        assert work_due() == 0
    mail = Mail.objects.get()
    assert (mail.state, mail.tries) == (MailState.WAITING, 1)
    assert mail.problem.startswith("The mail server gave no proper answer")
    changes.reject(waiting.pk, by=checker, reason="No")
    later(hours=1)
    assert work_due() == 0  # refused: nothing listens there any more; the second mail is not even tried
    assert sorted(Mail.objects.values_list("state", "tries")) == [("waiting", 0), ("waiting", 2)]


def test_a_server_that_refuses_the_portal_gets_the_mail_once_that_is_mended(server, waiting):
    server.answers["MAIL"] = ["550 Sender unknown"]
    assert work_due() == 0
    mail = Mail.objects.get()
    assert (mail.state, mail.problem) == (MailState.WAITING, "The mail server refused the portal (550).")
    later(minutes=1)
    assert work_due() == 1


def test_a_mail_that_another_worker_holds_is_left_alone(server, waiting):
    mails.compose_due()
    lease_until = timezone.now() + timedelta(minutes=1)
    Mail.objects.update(lease_token="7" * 32, lease_until=lease_until)
    assert work_due() == 0
    assert server.mails == []


@pytest.mark.django_db(transaction=True)
def test_workers_that_start_together_make_one_mail_and_send_it_once(server, waiting):
    together = threading.Barrier(3)

    def work():
        together.wait()
        try:
            work_due()
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    work_due()
    assert len(server.mails) == Mail.objects.count() == 1


def test_while_e_mail_is_off_a_mail_is_only_shown_and_never_sent_later(waiting, settings, request):
    assert work_due() == 0
    mail = Mail.objects.get()
    assert (mail.state, mail.problem) == (MailState.KEPT, mails.OFF)
    server = request.getfixturevalue("server")
    later(days=1)
    assert work_due() == 0
    assert server.mails == []


KILLED = """
import os, signal, django
django.setup()
from backoffice import killpoints
from backoffice.notices.tasks import work_due
killpoints.hook = lambda point: os.kill(os.getpid(), signal.SIGKILL)
work_due()
"""


@pytest.fixture
def kill_a_worker(server, settings):
    """Return a call that starts a worker, which is killed after the mail server accepted its mail."""
    environment = os.environ | {
        "DATABASE_URL": url_of_tests(),
        "EMAIL_HOST": settings.EMAIL_HOST,
        "EMAIL_PORT": str(settings.EMAIL_PORT),
        "EMAIL_SECURITY": "none",
        "EMAIL_FROM": settings.DEFAULT_FROM_EMAIL,
        "PORTAL_URL": settings.PORTAL_URL,
    }

    def kill():
        killed = subprocess.run([sys.executable, "-c", KILLED], cwd=ROOT, env=environment)
        assert killed.returncode == -signal.SIGKILL

    return kill


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_after_acceptance_leaves_a_mail_that_is_repeated_under_the_same_id(
    server, waiting, kill_a_worker
):
    kill_a_worker()
    assert len(server.mails) == 1
    assert Mail.objects.get().state == MailState.WAITING
    assert work_due() == 0  # its lease holds: that worker may be slow and not dead
    Mail.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert work_due() == 1
    assert len(set(server.ids)) == 1
    assert len(server.ids) == 2
    assert Mail.objects.get().state == MailState.SENT


@pytest.mark.django_db(transaction=True)
def test_a_mail_at_which_every_worker_is_killed_ends_and_says_why(
    server, waiting, checker, client, kill_a_worker
):
    for _ in range(leases.MOST_FAILURES):
        kill_a_worker()
        later(hours=1)
    assert work_due() == 0
    assert len(server.mails) == leases.MOST_FAILURES
    mail = Mail.objects.get()
    assert (mail.state, mail.lease_token) == (MailState.FAILED, None)
    client.force_login(checker)
    assert "3 workers in a row crashed or were killed at it." in client.get("/notices/").content.decode()
    later(days=1)
    assert work_due() == 0


@pytest.mark.django_db(transaction=True)
def test_only_workers_that_are_lost_in_a_row_end_a_mail(server, waiting, kill_a_worker):
    for _ in range(leases.MOST_FAILURES - 1):
        kill_a_worker()
        later(hours=1)
    server.answers["RCPT"] = ["450 Busy"]
    assert work_due() == 0
    later(hours=1)
    kill_a_worker()
    later(hours=1)
    assert work_due() == 1
