"""The portal's own users: staff of the broker, not trading clients."""

import re
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

#: The shape of a new user name: it is typed at each login, and part of audit entries.
USER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,29}")
USER_NAME_WORDS = (
    "Use at most 30 letters, digits and . _ - @, and begin with a letter or a digit, as in asha or asha.rao."
)


class StaffManager(UserManager["User"]):
    """Creates staff. There are no superusers: rights come only from roles."""

    def create_superuser(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: a superuser could bypass makers and checkers."""
        raise ValueError(
            "There are no superusers here. `manage.py first_admin` makes the first administrator."
        )


class User(AbstractUser):
    """A member of staff who logs in to the portal. The e-mail address is what single sign-on finds them by."""

    #: Grows with each change of rights, so that older proposals become stale.
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
        return reverse("staff:detail", args=[self.pk])

    def __str__(self) -> str:
        return self.get_full_name() or self.get_username()


class Session(AbstractBaseSession):
    """One browser's session. The table alone does not let anybody use or read it: see `backoffice.logins.sessions`."""

    session_key = models.CharField("hash of the key in the cookie", max_length=64, primary_key=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta(AbstractBaseSession.Meta):
        default_permissions = ()

    @classmethod
    def get_session_store_class(cls) -> Any:
        from backoffice.logins.sessions import SessionStore

        return SessionStore


class Throttle(models.Model):
    """A count of failed logins: an entry of the cache of django-allauth (see `backoffice.logins.throttles`)."""

    key = models.CharField(max_length=250, primary_key=True)
    value = models.JSONField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key
