"""What two administrators granted: the links with which members of staff choose a password."""

from django.conf import settings
from django.db import models

from backoffice.changes.models import Change


class PasswordLink(models.Model):
    """That a link may be made, once, by the administrator who asked for it. The link itself is kept nowhere."""

    change = models.OneToOneField(Change, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    shown_to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    granted_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(person=models.F("shown_to")), name="password_link_for_another"
            )
        ]

    def __str__(self) -> str:
        return f"Password link of change {self.change_id}"
