"""Exports that take too long to make during a request."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from backoffice.exports.kinds import KINDS, LIST
from backoffice.leases import Measured


class State(models.TextChoices):
    """The state of an export."""

    WRITING = "writing", "Being written"
    READY = "ready", "Ready"
    FAILED = "failed", "Not made"
    EXPIRED = "expired", "Deleted"


class Format(models.TextChoices):
    """The format of the file."""

    CSV = "csv", "CSV"
    EXCEL = "xlsx", "Excel"


class Export(Measured):
    """One export of a list: its content, its progress, and the file, which only its asker may download.

    `path` is the file's name in the folder of exports; `position` the position of the last row in it, `size`
    its length in bytes and `sha256` their digest then. A workbook is made from the complete CSV file. A
    worker holds the lease while it writes. Times are UTC.
    """

    kind = models.CharField(max_length=40)
    parameters = models.JSONField(default=dict)
    file_format = models.CharField(
        max_length=4, choices=Format.choices, default=Format.CSV, db_default=Format.CSV
    )
    reason = models.TextField(blank=True)
    whole = models.BooleanField(default=False, help_text="Personal data is not hidden.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WRITING)
    total = models.PositiveBigIntegerField(null=True)
    done = models.PositiveBigIntegerField(default=0)
    position = models.JSONField(null=True)
    path = models.CharField(max_length=40, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    problem = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    file_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="export_state_known"),
            models.CheckConstraint(
                condition=~Q(state=State.READY) | (~Q(path="") & ~Q(sha256="") & Q(file_until__isnull=False)),
                name="export_ready_has_a_file",
            ),
        ]
        indexes = [
            models.Index(fields=["asked_by", "-id"], name="export_by_asker"),
            models.Index(fields=["id"], condition=Q(state=State.WRITING), name="export_being_written"),
            models.Index(fields=["file_until"], condition=Q(state=State.READY), name="export_by_end"),
        ]

    def __str__(self) -> str:
        return f"Export {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("exports:detail", args=[self.pk])

    @property
    def title(self) -> str:
        """The list that it exports."""
        return str(self.parameters["title"]) if self.kind == LIST else KINDS[self.kind].title
