"""New retail users who are not here yet: the changes that propose them, as lists of retail users show them."""

from typing import Any

from backoffice.changes.models import Change
from backoffice.protocol.messages.users import CreateRetailUser


class NewUser(Change):
    """A change that proposes a retail user. It has what is proposed under the names that a retail user has it."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "new retail user"

    #: Nothing of it is confirmed.
    confirmed_at = None

    def __getattr__(self, name: str) -> Any:
        field = CreateRetailUser.fields.get(name)
        if field is None:
            raise AttributeError(name)
        return self.values.get(name) or field.empty

    @property
    def lane(self) -> str:
        """GROUP/USER, as that of a retail user."""
        return self.subject
