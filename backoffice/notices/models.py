"""Notices, the mails that carry them, and each person's choice of notification."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from backoffice.changes.kinds import file_title, title
from backoffice.leases import Counted
from backoffice.notices.events import Event


class Mode(models.TextChoices):
    """How a person is notified by e-mail."""

    AT_ONCE = "at_once", "At once"
    DIGEST = "digest", "Once a day"
    NOTHING = "nothing", "Not by e-mail"


class Choice(models.Model):
    """One person's choice of notification. A person without a row is notified once a day."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.DIGEST)

    class Meta:
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(mode__in=Mode.values), name="choice_mode_known")]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_mode_display()}"


class MailState(models.TextChoices):
    """The state of a mail."""

    WAITING = "waiting", "Waiting"
    SENT = "sent", "Sent"
    FAILED = "failed", "Not sent"
    KEPT = "kept", "Shown here only"


#: The state of the mail of a notice, in words.
BY_MAIL = {
    MailState.WAITING: "Its e-mail waits",
    MailState.SENT: "E-mailed",
    MailState.FAILED: "Its e-mail was not sent",
    MailState.KEPT: "Its e-mail is shown here only",
}


class Mail(Counted):
    """One e-mail to one person, stored before it is sent. The address is looked up at sending.

    `text` has numbers of changes and files and a link, nothing personal. `problem` says why it did not go out
    yet.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    state = models.CharField(max_length=8, choices=MailState.choices, default=MailState.WAITING)
    subject = models.CharField(max_length=100)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    next_try_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(state__in=MailState.values), name="mail_state_known"),
            models.CheckConstraint(
                condition=Q(state=MailState.WAITING, ended_at__isnull=True)
                | (~Q(state=MailState.WAITING) & Q(ended_at__isnull=False)),
                name="mail_ended_at_its_end",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(state=MailState.WAITING), name="mail_waiting_by_turn"
            ),
            models.Index(fields=["person", "-id"], name="mail_by_person"),
            models.Index(fields=["created_at"], name="mail_by_age"),
        ]

    def __str__(self) -> str:
        return f"Mail {self.pk}"

    @property
    def message_id(self) -> str:
        """Equal at each try, so that a repeat is recognised."""
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
        return f"<notices-{self.pk}-{self.created_at:%Y%m%d%H%M%S}@{domain}>"


class Notices(models.QuerySet["Notice"]):
    """Return notices, and those of one person that no transaction has locked."""

    def at_rest(self) -> list[int]:
        """Lock these and return their numbers, except those that another transaction holds, since they are moving.

        A move locks the notices of its changes. Waiting for one with a person's notices locked could
        deadlock.
        """
        free = self.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
        return list(free.values_list("pk", flat=True))


class Notice(models.Model):
    """One person is notified of one event of a change or a file, once.

    `over_at`: when it was read, or the change or file moved on. `due_at`: when a mail should carry it; None: none will.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    event = models.CharField(max_length=12, choices=Event.choices)
    change = models.ForeignKey(
        "changes.Change", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    batch = models.ForeignKey(
        "batches.Batch", null=True, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(auto_now_add=True)
    over_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    mail = models.ForeignKey(Mail, null=True, on_delete=models.SET_NULL, related_name="notices")

    objects = Notices.as_manager()

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(event__in=Event.values), name="notice_event_known"),
            models.CheckConstraint(
                condition=Q(change__isnull=False, batch__isnull=True)
                | Q(change__isnull=True, batch__isnull=False),
                name="notice_of_one_thing",
            ),
            # They begin with the key of a move: the notices of one change or file.
            models.UniqueConstraint(fields=["change", "event", "person"], name="notice_of_a_change_once"),
            models.UniqueConstraint(fields=["batch", "event", "person"], name="notice_of_a_batch_once"),
        ]
        indexes = [
            # For the bell on every page.
            models.Index(
                fields=["person", "-id"], condition=Q(over_at__isnull=True), name="notice_open_by_person"
            ),
            models.Index(fields=["person", "-id"], name="notice_by_person"),
            models.Index(
                fields=["due_at", "person"],
                condition=Q(due_at__isnull=False, mail__isnull=True),
                name="notice_to_be_mailed",
            ),
            models.Index(fields=["created_at"], name="notice_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.get_event_display()}"

    def get_absolute_url(self) -> str:
        return reverse("notices:open", args=[self.pk])

    @property
    def number(self) -> str:
        """The change's or file's name for people: C-12 or B-2."""
        return f"C-{self.change_id}" if self.change_id else f"B-{self.batch_id}"

    @property
    def title(self) -> str:
        """What kind of change or file it is."""
        return title(self.change.kind) if self.change else file_title(self.batch.kind) if self.batch else ""

    @property
    def subject(self) -> str:
        """The subject of the change, as GROUP/USER for a client; for a file, its name."""
        return self.change.subject if self.change else self.batch.file_name if self.batch else ""

    @property
    def waits(self) -> bool:
        """Whether it asks for a decision; reading it does not end it."""
        return self.event == Event.SUBMITTED

    @property
    def shown_as(self) -> str:
        """Its event, or that it no longer waits."""
        return "decided" if self.waits and self.over_at else self.event

    @property
    def by_mail(self) -> str:
        """Return the outcome of its mail, in words."""
        if self.mail:
            return BY_MAIL[MailState(self.mail.state)]
        return "In your next e-mail" if self.due_at else "Not by e-mail"

    @property
    def page(self) -> str:
        """The address of the change or file."""
        if self.change_id:
            return reverse("changes:detail", args=[self.change_id])
        return reverse("batches:detail", args=[self.batch_id])
