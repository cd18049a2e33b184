"""The shared dealer session, in the database so that all workers use one."""

from django.db import models


class DealerSession(models.Model):
    """The one session of the reserved dealer (row 1). Times are UTC; the session id and a changed password are sealed.

    `number` grows with each logon, so that a worker that meets an invalid session can say which one it means.
    `lease_token` is held by the worker that is logging on.
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
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

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
