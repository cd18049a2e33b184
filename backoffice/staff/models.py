"""The portal's own users: staff of the broker, not trading clients."""

from typing import Any, ClassVar, NoReturn

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse


class StaffManager(UserManager["User"]):
    """Makes staff. There are no superusers: rights come from roles alone."""

    def create_superuser(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: somebody who may do everything would pass by makers and checkers."""
        raise ValueError(
            "There are no superusers here. `manage.py first_admin` makes the first administrator."
        )


class User(AbstractUser):
    """A member of staff who logs in to the portal. The e-mail address is what single sign-on finds them by."""

    #: Grows with each change of rights, so that a proposal made on older ones is stale.
    rights_version = models.PositiveIntegerField(default=1)

    objects: ClassVar[StaffManager] = StaffManager()

    class Meta:
        verbose_name = "member of staff"
        verbose_name_plural = "staff"
        ordering = ("username",)
        default_permissions = ("view",)
        permissions = (
            ("propose_rights", "Can propose who is on the staff and which rights they have"),
            ("approve_rights", "Can approve the rights of staff that others propose"),
        )
        constraints = (
            models.CheckConstraint(
                condition=Q(is_superuser=False),
                name="staff_no_superusers",
                violation_error_message="Nobody is a superuser: rights come from roles.",
            ),
            models.UniqueConstraint(Lower("email"), condition=~Q(email=""), name="staff_email_once"),
        )

    def get_absolute_url(self) -> str:
        return reverse("people:detail", args=[self.get_username()])

    def __str__(self) -> str:
        return self.get_full_name() or self.get_username()
