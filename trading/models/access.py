"""Access checks: a retail user's own login at the REST API, and its comparison with the confirmed record.

Rows are written once and never changed: a check when it begins, a step after each call, the result at the
end. None of them contains a secret of R13.
"""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

#: Reads begin within this many total time limits of a call; the running one and the logout are added.
READS_BEGIN_WITHIN = 2
#: After this many total time limits, and this many seconds, a check without a result was interrupted.
OVER_AFTER, SPARE_SECONDS = READS_BEGIN_WITHIN + 2, 10


class AppendOnly(Exception):
    """An attempt to change or delete a row that is written once."""


class Identified(models.TextChoices):
    """How the client was identified."""

    DOCUMENT = "document", "Here, with an identity document"
    KNOWN = "known", "Here, known to me in person"
    CALLED_BACK = "called_back", "By telephone, called back on the registered number"
    QUESTIONS = "questions", "By telephone, with security questions"


class Verdict(models.TextChoices):
    """The verdict of a check."""

    EQUAL = "equal", "Equal"
    DIFFERENT = "different", "Different"
    INCOMPLETE = "incomplete", "Incomplete"
    NO_LOGIN = "no_login", "No login"


class Kept(models.Model):
    """A row that is written once."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("This row is written once and never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("This row is never deleted.")


class AccessCheck(Kept):
    """One check of a retail user (`lane`: GROUP/USER), written before the first call. `token`: the form it came from.

    `factor` is the type of the second factor. `record_version` is the version of the record that it compares with.
    """

    token = models.UUIDField(unique=True)
    lane = models.CharField(max_length=80)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField()
    identified = models.CharField(max_length=12, choices=Identified.choices)
    factor = models.CharField(max_length=12)
    record_version = models.PositiveIntegerField()

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("check_access", "Can check a client's access with the client's own login"),
            ("lift_accessstop", "Can let access checks go on after two failures"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(identified__in=Identified.values), name="access_check_identified"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="access_check_has_a_reason"),
        ]
        indexes: ClassVar = [models.Index(fields=["lane", "-at"], name="access_check_by_lane")]

    def __str__(self) -> str:
        return f"Access check A-{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("trading:result", args=[self.pk])

    @property
    def state(self) -> str:
        """The verdict; `running` or `interrupted` if there is none."""
        if hasattr(self, "result"):
            return self.result.verdict
        return "running" if timezone.now() < self.at + longest() else "interrupted"


class AccessStep(Kept):
    """One call of a check, written when it has ended. `words` and `received` are ODIN's, without secrets.

    `outcome` is an OutcomeKind, or `not asked`. `counts`: a failed login, which a lock-out may have counted.
    """

    access_check = models.ForeignKey(AccessCheck, on_delete=models.PROTECT, related_name="steps")
    call = models.CharField(max_length=20)
    outcome = models.CharField(max_length=20)
    words = models.TextField(blank=True)
    received = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField(default=0)
    counts = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["access_check", "call"], name="access_step_once"),
        ]

    def __str__(self) -> str:
        return f"{self.call}: {self.outcome}"


class AccessResult(Kept):
    """The result of a check. `rows` are `comparison.Row`s as JSON."""

    access_check = models.OneToOneField(AccessCheck, on_delete=models.PROTECT, related_name="result")
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    rows = models.JSONField(default=list)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="access_result_verdict"),
        ]

    def __str__(self) -> str:
        return self.get_verdict_display()


class AccessGoOn(Kept):
    """A person allows further checks of the retail user: earlier failures no longer count."""

    lane = models.CharField(max_length=80)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField()

    class Meta:
        ordering = ("-id",)
        default_permissions = ()
        indexes: ClassVar = [models.Index(fields=["lane", "-at"], name="access_go_on_by_lane")]

    def __str__(self) -> str:
        return f"Access checks of {self.lane} continue"


def longest() -> timedelta:
    """After this time a check has ended, whatever its outcome."""
    return timedelta(seconds=OVER_AFTER * settings.REST_TOTAL_TIMEOUT + SPARE_SECONDS)
