"""New retail users who do not exist yet: the changes that propose them, as lists of retail users show them."""

from typing import Any

from backoffice.changes.models import Change
from backoffice.protocol.messages.users import CreateRetailUser


class NewUser(Change):
    """A change that proposes a retail user, with the proposed values under a retail user's names."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "new retail user"

    #: Nothing in it is confirmed.
    confirmed_at = None

    def __getattr__(self, name: str) -> Any:
        field = CreateRetailUser.fields.get(name)
        if field is None:
            raise AttributeError(name)
        return self.values.get(name) or field.empty

    @property
    def lane(self) -> str:
        """GROUP/USER, like a retail user's."""
        return self.subject
