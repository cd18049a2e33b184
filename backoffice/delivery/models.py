"""Deliveries (messages owed to ODIN) and attempts (each try at one)."""

from django.db import models
from django.db.models import Q
from django.urls import reverse

from backoffice.delivery.states import BUSY, FINAL, OPEN, State


class Delivery(models.Model):
    """One message owed to ODIN. The table is the queue; Celery only wakes workers.

    `lane` is `GROUP/USER`: messages of one lane leave one at a time, in the order of their ids (A5).
    `values` are the message's values with secrets sealed; `content_hash` is what the checker approved.
    Times are UTC.
    """

    change = models.ForeignKey("changes.Change", on_delete=models.PROTECT, related_name="deliveries")
    message_type = models.PositiveSmallIntegerField()
    lane = models.CharField(max_length=40)
    values = models.JSONField()
    content_hash = models.CharField(max_length=64)
    reference = models.CharField(max_length=50, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    reason = models.TextField(blank=True, help_text="Why it is on hold, unknown or cancelled, in words.")
    needs_person = models.BooleanField(default=False)
    doubted = models.BooleanField(
        default=False, help_text="An attempt was unknown: a repeat may meet its own effect."
    )
    attempt_count = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    first_sent_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=10, blank=True)
    text = models.TextField(blank=True, help_text="ODIN's words.")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [("resolve_delivery", "Can settle a delivery that needs a person")]
        constraints = [
            models.UniqueConstraint(
                fields=["lane"], condition=Q(state__in=BUSY), name="delivery_one_busy_per_lane"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state=State.IN_FLIGHT, lease_token__isnull=False)
                | (~Q(state=State.IN_FLIGHT) & Q(lease_token__isnull=True)),
                name="delivery_in_flight_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=FINAL, finished_at__isnull=False)
                | (~Q(state__in=FINAL) & Q(finished_at__isnull=True)),
                name="delivery_final_has_an_end",
            ),
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(message_type__in=(303, 330)),
                name="delivery_limit_reference_once",
            ),
        ]
        indexes = [
            models.Index(fields=["lane", "id"], condition=Q(state__in=OPEN), name="delivery_open_by_lane"),
            models.Index(fields=["state", "next_try_at", "id"], name="delivery_due"),
            models.Index(fields=["lane", "-id"], name="delivery_by_lane"),
            models.Index(fields=["finished_at"], name="delivery_by_end"),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk} ({self.message_type} for {self.lane})"

    def get_absolute_url(self) -> str:
        return reverse("delivery:detail", args=[self.pk])


class Attempt(models.Model):
    """One try at a delivery, written before the first byte leaves and finished when the answer was read.

    `request` is the message with secrets masked; `answer` is what came back, raw (M3).
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField(auto_now_add=True)
    duration_ms = models.PositiveIntegerField(null=True)
    request = models.TextField()
    answer = models.TextField(blank=True)
    outcome = models.CharField(max_length=12, blank=True, help_text="Empty while no outcome is known.")
    code = models.CharField(max_length=10, blank=True)
    text = models.TextField(blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["delivery_id", "number"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once"),
        ]
        indexes = [models.Index(fields=["started_at"], name="attempt_by_time")]

    def __str__(self) -> str:
        return f"Attempt {self.number} of delivery {self.delivery_id}"
