"""Audit entries: one line each, written in the transaction that they record, and never changed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from backoffice.audit.search import Group, UserId
from backoffice.leases import Counted

#: The trail's name for workers, and what people read.
SYSTEM, PORTAL = "system", "the portal"

#: A longer subject, such as an old user name, is found by its beginning.
SUBJECT_LENGTH = 80
#: Operators of an index over a text, a time and an id.
BEGINNINGS = ("varchar_pattern_ops", "timestamptz_ops", "int8_ops")


class AppendOnly(Exception):
    """An attempt to change or delete an audit entry."""


class Entry(models.Model):
    """One audit entry: who did what to what, when, from where and why.

    `subject` is what a person would search for: `GROUP/USER` for a retail user, a login name for staff. `at`
    is UTC. `before` and `after` are values with secrets already masked.
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=150, help_text="The name as it was then; 'system' for workers.")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=SUBJECT_LENGTH, blank=True)
    change_id = models.BigIntegerField(null=True)
    delivery_id = models.BigIntegerField(null=True)
    text = models.TextField()
    reason = models.TextField(blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    details = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    code = models.CharField(max_length=10, blank=True, help_text="ODIN's response code, of an attempt.")
    reference = models.CharField(max_length=50, blank=True, help_text="Tag 252 or 227, of an attempt.")

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [
            ("verify_entry", "Can verify the audit trail and place legal holds"),
        ]
        indexes = [
            # All end with the time, so that each serves a list of some days too; ids do not always grow with
            # it. These operators let PostgreSQL search by the beginning of a text.
            models.Index(fields=["subject", "-at", "-id"], opclasses=BEGINNINGS, name="audit_by_subject"),
            models.Index(UserId("subject"), F("at").desc(), F("id").desc(), name="audit_by_user"),
            models.Index(fields=["action", "-at", "-id"], name="audit_by_action"),
            models.Index(Group("action"), F("at").desc(), F("id").desc(), name="audit_by_group"),
            models.Index(fields=["by_name", "-at", "-id"], name="audit_by_person"),
            models.Index(fields=["code", "-at", "-id"], name="audit_by_code"),
            models.Index(fields=["change_id"], name="audit_by_change"),
            models.Index(fields=["delivery_id"], name="audit_by_delivery"),
            # Includes empty ones: SQLite would not see that a search for a text never needs those.
            models.Index(fields=["request_id"], name="audit_by_request"),
            models.Index(fields=["reference"], name="audit_by_reference"),
        ]
        # Seals cover ids from 1 on.
        constraints = [models.CheckConstraint(condition=Q(id__gte=1), name="audit_entry_id_from_one")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.by_name}: {self.text}"

    @property
    def who(self) -> str:
        """The actor, as pages name people."""
        if self.by:
            return str(self.by)
        return self.name

    @property
    def name(self) -> str:
        """The name under which the actor is recorded, as people read it."""
        return PORTAL if self.by_name == SYSTEM else self.by_name

    @property
    def label(self) -> str:
        """Its name for people: Entry 1234."""
        return f"Entry {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("compliance:detail", args=[self.pk])

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("An audit entry is written once and never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("An audit entry is never deleted.")


class Refusal(models.Model):
    """Refusals of one kind within one minute (its start, UTC), from one address or network (`caller`).

    The first has an entry of its own. `noted`: an entry says how many followed (`backoffice.audit.refusals`).
    """

    action = models.CharField(max_length=40)
    subject = models.CharField(max_length=SUBJECT_LENGTH, blank=True)
    text = models.CharField(max_length=500)
    caller = models.CharField(max_length=50)
    minute = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    noted = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["minute", "caller", "action", "subject", "text"], name="audit_refusal_once"
            ),
        ]
        indexes = [models.Index(fields=["id"], condition=Q(noted=False), name="audit_refusal_to_note")]

    def __str__(self) -> str:
        return f"{self.times} times {self.action} from {self.caller}"


class Check(Counted):
    """One verification of the chain that a person requested on a page. A worker holds the lease meanwhile."""

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    entries = models.PositiveBigIntegerField(default=0)
    unsealed = models.PositiveBigIntegerField(default=0)
    head = models.CharField(max_length=80, blank=True)
    fault = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Verification {self.pk}"


class LegalHold(models.Model):
    """A legal hold: entries of a retail user (`GROUP/USER`) are kept beyond their time until it is lifted."""

    subject = models.CharField(max_length=80)
    reason = models.TextField()
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField(auto_now_add=True)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["subject"], condition=Q(lifted_at__isnull=True), name="legal_hold_once"
            ),
        ]

    def __str__(self) -> str:
        return f"Legal hold on {self.subject}"


class Pruning(models.Model):
    """A deletion of expired entries: all up to a seal, except those under a legal hold.

    The seals stay, so that the chain can still be verified. The database deletes an entry only if a pruning
    covers it and it is old enough by law (see `guard`).
    """

    at = models.DateTimeField(auto_now_add=True)
    seal_number = models.PositiveIntegerField()
    up_to_id = models.BigIntegerField()
    deleted = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"Pruning up to seal {self.seal_number}"


class Seal(models.Model):
    """A link of the chain over the entries: those written since the previous seal, and that seal's hash.

    `ids` are the entries that it covers, as ranges `1-500,503`. `digests` are 16 bytes an entry, in the order
    of their ids, so that verification can name a mismatch. `waiting` are ids below the newest without an
    entry, which a transaction may still be writing (`[first, last, "since when"]`). `void` are those that
    were not written in time.
    """

    number = models.PositiveIntegerField(unique=True)
    at = models.DateTimeField()
    ids = models.TextField()
    last_id = models.BigIntegerField()
    count = models.PositiveIntegerField()
    digests = models.BinaryField()
    waiting = models.JSONField(default=list)
    void = models.TextField(blank=True)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["number"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"Seal {self.number}: {self.count} entries, {self.hash[:12]}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("A seal is written once and never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("A seal is never deleted.")
