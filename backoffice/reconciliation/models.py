"""Reconciliations (one export each), the outcome of each row and record, and each value that differs."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from backoffice.batches.models import Batch
from backoffice.leases import Measured


class State(models.TextChoices):
    """The state of a reconciliation."""

    UPLOADED = "uploaded", "Uploaded"
    COMPARING = "comparing", "Comparing"
    COMPARED = "compared", "Compared"
    DISCARDED = "discarded", "Discarded"


class Outcome(models.TextChoices):
    """The outcome of a row of the file, or of a record of the portal."""

    SAME = "same", "The same"
    DIFFERENT = "different", "Different"
    ONLY_THERE = "only_there", "Only in the file"
    ONLY_HERE = "only_here", "Only in the portal"
    UNREADABLE = "unreadable", "Not readable"


class Reconciliation(Measured):
    """One uploaded export and its comparison with the records of retail users.

    File, `shape`, `headers` and `mapping` are as in a batch. First the rows of the file are compared, up to
    `next_row`; `rows_done` says that all are. Then the `users` that existed when the comparison began are
    looked up among the rows: `looked` of them so far, up to the key `next_user`. Times are UTC.
    """

    token = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="Of the upload: two clicks are one reconciliation."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    file_name = models.CharField(max_length=200)
    path = models.CharField(max_length=300, blank=True)
    file_until = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    shape = models.JSONField(default=dict)
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=list)
    unconfirmed = models.JSONField(
        default=list,
        help_text="What the uploader must confirm about the columns before the comparison, in words.",
    )
    problem = models.TextField(blank=True, help_text="Why the file as a whole could not be compared.")
    next_row = models.PositiveIntegerField(default=0)
    rows_done = models.BooleanField(default=False)
    next_user = models.PositiveBigIntegerField(default=0)
    looked = models.PositiveIntegerField(default=0)
    users = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    different = models.PositiveIntegerField(default=0)
    only_there = models.PositiveIntegerField(default=0)
    only_here = models.PositiveIntegerField(default=0)
    unreadable = models.PositiveIntegerField(default=0)
    differences = models.PositiveIntegerField(
        default=0, help_text="Values that differ, of all users together."
    )
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    compared_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ("add", "view")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="reconciliation_state_known"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state=State.COMPARING), name="reconciliation_under_way"),
            models.Index(fields=["file_until"], name="reconciliation_by_file_end"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.file_name})"

    @property
    def label(self) -> str:
        """Its name for people: Reconciliation 4."""
        return f"Reconciliation {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("reconciliation:detail", args=[self.pk])

    @property
    def subject(self) -> str:
        """Its name in audit entries."""
        return f"reconciliation:{self.pk}"


class Line(models.Model):
    """One row of the file, or a record that no row names (`number` is null then).

    `version` is that of the record when it was compared, 0 if there is none. `given` are the values of a row
    whose user the portal does not have, `findings` why a row is unreadable. `batch` is the file in which it
    was proposed.
    """

    reconciliation = models.ForeignKey(
        Reconciliation, on_delete=models.PROTECT, related_name="lines", db_index=False
    )
    number = models.PositiveIntegerField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    group_id = models.CharField(max_length=40, blank=True)
    user_id = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=100, blank=True)
    version = models.PositiveIntegerField(default=0)
    given = models.JSONField(default=dict)
    findings = models.JSONField(default=list)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="reconciled_outcome_known"),
            models.UniqueConstraint(
                fields=["reconciliation", "group_id", "user_id"],
                condition=~Q(outcome=Outcome.UNREADABLE),
                name="reconciled_user_once",
            ),
        ]
        indexes = [
            models.Index(fields=["reconciliation", "outcome", "id"], name="reconciled_by_outcome"),
            models.Index(fields=["reconciliation", "user_id"], name="reconciled_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.lane}: {self.get_outcome_display()}"

    @property
    def lane(self) -> str:
        """GROUP/USER; "" if the row does not name its user."""
        return f"{self.group_id}/{self.user_id}" if self.user_id else ""


class Difference(models.Model):
    """One value that differs between portal and file.

    `field` is that of the retail user; for a list of accounts it is one account, with `here` and `there` as
    the whole account. Null: not known here, or not there. `version` is that of the record when it was
    compared.
    """

    reconciliation = models.ForeignKey(
        Reconciliation, on_delete=models.PROTECT, related_name="found", db_index=False
    )
    number = models.PositiveIntegerField()
    group_id = models.CharField(max_length=40)
    user_id = models.CharField(max_length=40)
    name = models.CharField(max_length=100, blank=True)
    version = models.PositiveIntegerField()
    field = models.CharField(max_length=40)
    here = models.JSONField(null=True)
    there = models.JSONField(null=True)
    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        indexes = [
            models.Index(fields=["reconciliation", "id"], name="difference_by_order"),
            models.Index(fields=["reconciliation", "field", "id"], name="difference_by_field"),
            models.Index(fields=["reconciliation", "user_id"], name="difference_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.lane}: {self.field}"

    @property
    def lane(self) -> str:
        """GROUP/USER."""
        return f"{self.group_id}/{self.user_id}"
