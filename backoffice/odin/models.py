"""The shared dealer session, in the database so that all workers use one, and questions to ODIN."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from backoffice.leases import Leased
from backoffice.protocol.message import REQUESTS, Request
from backoffice.protocol.messages.reads import FundsView, FundsViewSummary, PeriodicityList, StockView


class DealerSession(Leased):
    """The one session of the reserved dealer (row 1). Times are UTC; the session id and a changed password are sealed.

    `number` grows with each logon, so that a worker can name the session that it found invalid. The worker
    that is logging on holds `lease_token`.
    """

    class State(models.TextChoices):
        LOGGED_OFF = "logged_off", "Logged off"
        LOGGED_ON = "logged_on", "Logged on"
        WAITING = "waiting", "Waiting"
        STOPPED = "stopped", "Stopped"

    state = models.CharField(max_length=12, choices=State.choices, default=State.LOGGED_OFF)
    number = models.PositiveIntegerField(default=0)
    sealed_session_id = models.TextField(blank=True)
    sealed_password = models.TextField(blank=True, help_text="Changed at ODIN; wins over the configured one.")
    sealed_new_password = models.TextField(
        blank=True,
        help_text="Approved; goes out as tag 69 with the next logon, and takes over once ODIN confirms.",
    )
    new_password_doubtful = models.BooleanField(
        default=False, help_text="It went out and no clear answer came: a person must say which one is right."
    )
    since = models.DateTimeField(null=True)
    last_status = models.CharField(max_length=10, blank=True, help_text="Tag 70 of the last logon.")
    last_text = models.TextField(blank=True)
    days_to_expiry = models.IntegerField(null=True)
    next_try_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(
        default=0, help_text="Logons in a row that brought no session."
    )
    force_next = models.BooleanField(
        default=False, help_text="A person lets the next logon end the dealer's other session."
    )
    recent_logons = models.JSONField(default=list, help_text="When the last logons were tried, as ISO times.")

    class Meta:
        default_permissions = ("view",)
        permissions = [("operate_dealersession", "Can log the dealer off and lift a stop")]
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="dealersession_is_one"),
            models.CheckConstraint(
                condition=models.Q(state="logged_on") & ~models.Q(sealed_session_id="")
                | ~models.Q(state="logged_on") & models.Q(sealed_session_id=""),
                name="dealersession_logged_on_has_an_id",
            ),
        ]

    def __str__(self) -> str:
        return f"Dealer session {self.number} ({self.state})"


#: The messages that are questions.
READS = (FundsViewSummary, PeriodicityList, FundsView, StockView)


class Question(Leased):
    """One question to ODIN (316, 318, 326, 328), with its answer. Times are UTC.

    `values` are those of the message, `answer` is the raw reply. `words` say why a question failed. A worker
    holds the lease while it asks.
    """

    class State(models.TextChoices):
        """The state of a question."""

        ASKED = "asked", "Asked"
        UNDER_WAY = "under_way", "Under way"
        ANSWERED = "answered", "Answered"
        FAILED = "failed", "Failed"

    message_type = models.PositiveSmallIntegerField()
    lane = models.CharField(max_length=40, blank=True)
    values = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=10, blank=True)
    words = models.TextField(blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ("-id",)
        default_permissions = ("add",)
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(message_type__in=[message.type for message in READS]), name="question_is_a_read"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["lane", "message_type", "-id"], name="question_newest"),
            models.Index(fields=["id"], condition=Q(state="asked"), name="question_asked"),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.lane}".strip()

    @property
    def message(self) -> type[Request]:
        """The message that asks it."""
        return REQUESTS[self.message_type]

    @property
    def title(self) -> str:
        """The title of the question."""
        return self.message.title

    @property
    def waiting(self) -> bool:
        """Whether the answer is still to come."""
        return self.state in (self.State.ASKED, self.State.UNDER_WAY)
