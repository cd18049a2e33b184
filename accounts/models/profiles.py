"""Onboarding profiles: named sets of defaults for new retail users, in versions."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse


class OnboardingProfile(models.Model):
    """One approved version of an onboarding profile. The newest version of a name is in force.

    `values` are those of the approved change: defaults by the names of the form's fields, and the profile's
    own description. Rows are written once (see `guards`).
    """

    name = models.CharField(max_length=30)
    version = models.PositiveIntegerField()
    values = models.JSONField()
    retired = models.BooleanField(default=False)
    set_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name", "-version")
        default_permissions = ("view",)
        permissions = (
            ("propose_onboardingprofile", "Can propose onboarding profiles"),
            ("decide_onboardingprofile", "Can approve or reject onboarding profiles that others proposed"),
        )
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "version"], name="onboarding_profile_version_once"),
            models.CheckConstraint(
                condition=~Q(name="") & Q(version__gt=0), name="onboarding_profile_is_named"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, version {self.version}"

    def get_absolute_url(self) -> str:
        return reverse("onboarding:detail", args=[self.name, self.version])
