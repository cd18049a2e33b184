"""The portal's own users: staff of the broker, not trading clients."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A member of staff who logs in to the portal."""

    def __str__(self) -> str:
        return self.get_full_name() or self.get_username()
