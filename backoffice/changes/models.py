"""Changes: proposals with the new values, the values before, who asked and why."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse


class State(models.TextChoices):
    """Where a change stands. What became of an approved one is said by its deliveries."""

    DRAFT = "draft", "Draft"
    SUBMITTED = "submitted", "Submitted"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"
    WITHDRAWN = "withdrawn", "Withdrawn"
    STALE = "stale", "Stale"


DECIDED = (State.APPROVED, State.REJECTED)


class Change(models.Model):
    """One proposal of a maker.

    `kind` names what is proposed (see `kinds`). `values` are the proposed values with secrets sealed; `before` are the
    record's confirmed values at submission; `messages` are the messages that will go out,
    `[{"type": 301, "values": {...}}]`, and `content_hash` binds the approval to exactly these.
    `record_version` is the version of the record that the proposal was made on. A draft may hold anything typed.
    """

    token = models.UUIDField(
        default=uuid.uuid4, unique=True, help_text="Of the form: two clicks are one change."
    )
    kind = models.CharField(max_length=40)
    lane = models.CharField(max_length=40, blank=True, help_text="GROUP/USER of the retail user.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    values = models.JSONField(default=dict)
    before = models.JSONField(null=True)
    messages = models.JSONField(default=list)
    findings = models.JSONField(default=list, help_text="The warnings that the maker saw.")
    content_hash = models.CharField(max_length=64, blank=True)
    record_version = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="changes_made"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    submitted_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="changes_decided"
    )
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        default_permissions = ("add", "view")
        permissions = [("approve_change", "Can approve or reject the changes of others")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="change_state_known"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("made_by")),
                name="change_needs_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=DECIDED) | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="change_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state=State.DRAFT)
                | (Q(submitted_at__isnull=False) & ~Q(lane="") & ~Q(content_hash="")),
                name="change_submitted_is_whole",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.REJECTED) | ~Q(decision_reason=""),
                name="change_rejected_with_a_reason",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "-id"], name="change_by_state"),
            models.Index(fields=["lane", "-id"], name="change_by_lane"),
            models.Index(fields=["made_by", "-id"], name="change_by_maker"),
        ]

    def __str__(self) -> str:
        return f"Change {self.pk} ({self.kind} for {self.lane or 'nobody yet'})"

    def get_absolute_url(self) -> str:
        return reverse("changes:detail", args=[self.pk])
