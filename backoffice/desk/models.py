"""What the portal remembers of its own pages for a person."""

from django.conf import settings
from django.db import models


class EndedTour(models.Model):
    """The guided tour of Today that a person ended; it is not shown to them again."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    ended_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Tour of {self.person}"
