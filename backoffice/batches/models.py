"""Batches (uploaded files) and their rows."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse

from backoffice.batches.chip import chip
from backoffice.changes.results import Result
from backoffice.changes.risks import labels
from backoffice.kit.components import Status
from backoffice.kit.text_indexes import BeginningIndex, PartIndex
from backoffice.leases import MOST_FAILURES, Counted


class State(models.TextChoices):
    """The state of a batch by people's actions. The result of an approved one at ODIN is separate."""

    UPLOADED = "uploaded", "Uploaded"
    CHECKING = "checking", "Checking"
    CHECKED = "checked", "Checked"
    SUBMITTED = "submitted", "Submitted"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    STALE = "stale", "Stale"
    EXPIRED = "expired", "Expired"


#: States after which the uploader may upload it again. `decided_at` says when it came back.
CAME_BACK = (State.REJECTED, State.STALE, State.EXPIRED)


#: The status that people see, see `Batch.status`.
STATUSES = [*State.choices[:5], *Result.choices, *State.choices[5:]]


class Mode(models.TextChoices):
    """What is submitted if some rows are wrong."""

    ALL = "all", "All rows or none"
    VALID = "valid", "Only the rows without errors"


class RowState(models.TextChoices):
    """The state of a row after checking, maker and checker."""

    GOOD = "good", "Good"
    WARNED = "warned", "Has warnings"
    WRONG = "wrong", "Has errors"
    DONE_BEFORE = "done_before", "Applied before"
    REJECTED = "rejected", "Rejected"


class Batch(Counted):
    """One uploaded file, or one selection of retail users, from the upload to the outcome of its rows.

    `kind` names the kind of its rows (see `kinds`). `mapping` gives the field of each column of the file, in
    the order of `headers`; an empty name is a column that is not read. `next_row` is the position of the
    check: rows before it are stored. Amounts are rupees. The file is at `path` until `file_until`.
    """

    token = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="Of the upload: two clicks are one batch."
    )
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=State.choices, default=State.UPLOADED)
    mode = models.CharField(max_length=8, choices=Mode.choices, default=Mode.ALL)
    file_name = models.CharField(max_length=200)
    path = models.CharField(max_length=300, blank=True)
    file_until = models.DateTimeField(null=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    selected = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text="How the retail users of its rows were selected, in words; empty for an uploaded file.",
    )
    shape = models.JSONField(
        default=dict,
        help_text="How the file is read: encoding, separator or sheet, header row, hidden rows.",
    )
    headers = models.JSONField(default=list)
    mapping = models.JSONField(default=list)
    total_rows = models.PositiveIntegerField(default=0)
    next_row = models.PositiveIntegerField(default=0)
    good = models.PositiveIntegerField(default=0)
    warned = models.PositiveIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    done_before = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    summary = models.JSONField(
        default=dict, help_text="What the rows to be sent come to (see `check.tally`), and which to look at."
    )
    corrects = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="corrected_by",
        help_text="The file whose failed rows this one holds, corrected.",
    )
    control_total = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    unconfirmed = models.JSONField(
        default=list, help_text="What the uploader must confirm about the columns before the check, in words."
    )
    problem = models.TextField(blank=True, help_text="Why the file as a whole could not be read or checked.")
    paused = models.BooleanField(default=False)
    cleaning = models.JSONField(
        null=True, help_text="Which cleaned values are being taken, and how far that is."
    )
    content_hash = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True)
    not_before = models.DateTimeField(null=True, help_text="As in a change.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="batches_made"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    check_started_at = models.DateTimeField(null=True, help_text="Or resumed, after a pause.")
    check_started_row = models.PositiveIntegerField(default=0, help_text="`total_rows` as it was then.")
    checked_at = models.DateTimeField(null=True)
    submitted_at = models.DateTimeField(null=True)
    risky_rows = models.PositiveIntegerField(default=0, help_text="Worth a look, counted at submission.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="batches_decided"
    )
    decided_at = models.DateTimeField(null=True, help_text="Or turned out stale, or expired: by nobody then.")
    decision_reason = models.TextField(blank=True)
    outcome = models.JSONField(default=dict, help_text="How many deliveries stand in each state.")
    result = models.CharField(
        max_length=12,
        choices=Result.choices,
        blank=True,
        help_text="Of the deliveries as `outcome` counted them last; empty while all of them are queued.",
    )
    finished_at = models.DateTimeField(null=True, help_text="When the last delivery was seen settled.")

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["-id"]
        default_permissions = ("add", "view")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="batch_state_known"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("made_by")),
                name="batch_needs_four_eyes",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "result", "-id"], name="batch_by_status"),
            models.Index(fields=["made_by", "-id"], name="batch_by_maker"),
            models.Index(fields=["decided_at"], name="batch_by_decision"),  # for Today of compliance
            # For searches, filters and sorts of the list.
            BeginningIndex(F("sha256"), name="batch_sha256_begins"),
            PartIndex(Upper("file_name"), name="batch_file_name_part"),
            models.Index(fields=["kind", "-id"], name="batch_by_kind"),
            models.Index(fields=["created_at", "-id"], name="batch_by_time"),
            models.Index(fields=["file_name", "-id"], name="batch_by_file_name"),
            models.Index(fields=["total_rows", "-id"], name="batch_by_rows"),
            models.Index(fields=["wrong", "-id"], name="batch_by_errors"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.file_name})"

    def get_absolute_url(self) -> str:
        return reverse("batches:detail", args=[self.pk])

    @property
    def label(self) -> str:
        """Its name for people: B-7."""
        return f"B-{self.pk}"

    @property
    def status(self) -> str:
        """One of STATUSES: a file whose rows the portal itself has applied has no result of messages."""
        applied_here = self.state == State.APPROVED and self.finished_at is not None
        return self.result or (Result.APPLIED if applied_here else self.state)

    @property
    def status_label(self) -> str:
        """Its status in words."""
        return self.chip.word

    @property
    def chip(self) -> Status:
        """How its status looks."""
        return chip(self.status, self.outcome)

    @property
    def rows_checked(self) -> int:
        """How many rows the present check, or cleaning, has done."""
        return self.cleaning["done"] if self.cleaning else self.total_rows

    @property
    def gave_up(self) -> bool:
        """Whether so many workers were lost at it that none tries again before a person resumes it."""
        return self.failures >= MOST_FAILURES

    @property
    def sent(self) -> int:
        """How many rows are to be sent, or were sent."""
        return self.good + self.warned

    @property
    def subject(self) -> str:
        """Its name in audit entries. A retail user's has a slash, this one has none."""
        return f"batch:{self.pk}"


class Row(models.Model):
    """One row of a batch. Once submitted, it has a change with the same batch and row number.

    `cells` are the file's own texts with secrets sealed, in the order of the file's columns; `corrections`
    are the texts that replace them, by the place of the column. `values` are the meanings of the cells, with
    secrets sealed. `messages` and `content_hash` are as in a change; `owed` lists the deliveries to make,
    `[[type, reference, content hash], ...]`; `before` are the record's confirmed values. `amount` is rupees.
    `risks` are what a checker should look at, in words; `flags` are those of its change (see
    `changes.risks`).
    """

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="rows", db_index=False)
    number = models.PositiveIntegerField(help_text="Of the row in the file; the header is row 1.")
    state = models.CharField(max_length=12, choices=RowState.choices)
    lane = models.CharField(max_length=40, blank=True)
    reference = models.CharField(max_length=50, blank=True)
    cells = models.JSONField()
    corrections = models.JSONField(default=dict)
    profile = models.CharField(max_length=30, blank=True, help_text="As in a change.")
    profile_version = models.PositiveIntegerField(default=0)
    values = models.JSONField(default=dict)
    messages = models.JSONField(default=list)
    owed = models.JSONField(default=list)
    before = models.JSONField(null=True)
    findings = models.JSONField(default=list)
    risks = models.JSONField(default=list)
    flags = models.JSONField(default=list)
    amount = models.DecimalField(max_digits=20, decimal_places=2, null=True)
    record_version = models.PositiveIntegerField(default=0)
    content_hash = models.CharField(max_length=64, blank=True)
    reason = models.TextField(blank=True, help_text="Why the checker rejected this row.")

    class Meta:
        ordering = ["batch_id", "number"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["batch", "number"], name="row_number_once")]
        indexes = [models.Index(fields=["batch", "state", "number"], name="row_by_state")]

    def __str__(self) -> str:
        return f"Row {self.number} of B-{self.batch_id}"

    def get_absolute_url(self) -> str:
        return reverse("batches:row", args=[self.batch_id, self.number])

    @property
    def flag_labels(self) -> list[str]:
        """Its flags in words."""
        return labels(self.flags)


class Mapping(models.Model):
    """What a person chose as the meaning of a file's columns, remembered for the same kind and headers.

    It applies to this person's own files; others see it and confirm it first.
    """

    kind = models.CharField(max_length=40)
    headers_hash = models.CharField(max_length=64, help_text="SHA-256 over the headers as JSON.")
    names = models.JSONField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["kind", "headers_hash", "set_by"], name="mapping_once")
        ]

    def __str__(self) -> str:
        return f"Mapping of {len(self.names)} columns ({self.kind})"


class Alias(models.Model):
    """An alias of a column, in any kind of file that has it. Compared like headers: only letters and digits count."""

    alias = models.CharField(max_length=100, unique=True)
    column = models.CharField(
        max_length=100, help_text="The name of the column, as in the template: user_id."
    )

    class Meta:
        verbose_name_plural = "aliases"
        ordering = ["alias"]
        default_permissions = ("add", "change", "delete", "view")

    def __str__(self) -> str:
        return f"{self.alias} is {self.column}"
