"""Audit entries: one line each, written in the transaction of what they record, and never changed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.urls import reverse


class AppendOnly(Exception):
    """Somebody tried to change or delete an audit entry."""


class Entry(models.Model):
    """One audit entry: who did what to what, when, from where and why.

    `subject` is what a person would search by: `GROUP/USER` for a retail user, a login name for staff.
    `at` is UTC. `before` and `after` hold values with secrets already masked.
    """

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=150, help_text="The name as it was then; 'system' for workers.")
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, blank=True)
    change_id = models.BigIntegerField(null=True)
    delivery_id = models.BigIntegerField(null=True)
    text = models.TextField()
    reason = models.TextField(blank=True)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    details = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        ordering = ["-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["subject", "-id"], name="audit_by_subject"),
            models.Index(fields=["action", "-id"], name="audit_by_action"),
            models.Index(fields=["change_id"], name="audit_by_change"),
            models.Index(fields=["delivery_id"], name="audit_by_delivery"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.by_name}: {self.text}"

    def get_absolute_url(self) -> str:
        return reverse("audit:detail", args=[self.pk])

    def differences(self) -> list[tuple[str, object, object]]:
        """Each value that this entry says changed: its name, before and after."""
        before, after = self.before or {}, self.after or {}
        return [(_spaced(name), before.get(name, ""), after.get(name, "")) for name in {**before, **after}]

    def facts(self) -> list[tuple[str, object]]:
        """The details as labels and values, without the message's text, which is shown by itself."""
        return [(_spaced(name), value) for name, value in self.details.items() if name != "sent"]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("An audit entry is written once and never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnly("An audit entry is never deleted.")


def _spaced(name: str) -> str:
    return name.replace("_", " ").capitalize()
