"""Each step of orders and requests on them, written once; and the kill switch of all order desks."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from trading.models.access import Kept
from trading.models.desk import AskedChange, DeskOrder


class Step(models.TextChoices):
    """A step of an order or of a request on it."""

    CONFIRMED = "confirmed", "Confirmed"
    ANSWERED = "answered", "Answered"
    BOOK = "book", "Seen in the book"
    ADOPTED = "adopted", "Found in the book"
    NOT_FOUND = "not_found", "Not found in the book"
    UNREAD = "unread", "The book could not be read"
    SEVERAL = "several", "Found more than once"
    DECIDED = "decided", "Decided by a person"


class OrderEvent(Kept):
    """One step, written once. `body` and `received` are request and answer, secrets masked."""

    order = models.ForeignKey(DeskOrder, null=True, on_delete=models.PROTECT, related_name="events")
    asked = models.ForeignKey(AskedChange, null=True, on_delete=models.PROTECT, related_name="events")
    step = models.CharField(max_length=10, choices=Step.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField()
    outcome = models.CharField(max_length=20, blank=True)
    body = models.TextField(blank=True)
    received = models.TextField(blank=True)
    reason = models.TextField(blank=True, help_text="Why a person decided so.")

    class Meta:
        ordering = ("id",)
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(order__isnull=False, asked__isnull=True)
                | Q(order__isnull=True, asked__isnull=False),
                name="order_event_of_one",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_step_display()}: {self.text}"


class DeskStop(models.Model):
    """The kill switch of all desks, thrown by one person; it holds until a change that releases it is approved."""

    thrown_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    thrown_at = models.DateTimeField(auto_now_add=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey("changes.Change", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-id",)
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(released_at__isnull=True) | Q(released_by__isnull=False),
                name="desk_stop_released_by_a_change",
            ),
        ]

    def __str__(self) -> str:
        return f"Stop of all order desks since {timezone.localtime(self.thrown_at):%d-%m-%Y %H:%M}"

    @property
    def subject(self) -> str:
        """Its name in changes and audit entries."""
        return f"deskstop:{self.pk}"
