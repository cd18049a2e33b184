"""What the portal remembers for a person about its own pages."""

from django.conf import settings
from django.db import models

#: Characters of the name and query of a saved view.
NAME_LENGTH, QUERY_LENGTH = 60, 2000


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


class ListChoice(models.Model):
    """The columns and the rows a page that a person last chose for a list, as addresses name them."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    list = models.CharField(max_length=60, help_text="The name of the list's address.")
    columns = models.CharField(max_length=500, blank=True)
    per_page = models.CharField(max_length=5, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["person", "list"], name="list_choice_once")]

    def __str__(self) -> str:
        return f"{self.list} as {self.person} has it"


class SavedView(models.Model):
    """A list with its filters, order, columns and rows a page, saved under a name. Only its owner changes it.

    `query` is that of the list's address, without personal data. `shared`: everybody who may open the list
    can choose it. `opens_first`: its owner gets it if the address has no parameters.
    """

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    list = models.CharField(max_length=60, help_text="The name of the list's address.")
    name = models.CharField(max_length=NAME_LENGTH)
    query = models.CharField(max_length=QUERY_LENGTH)
    shared = models.BooleanField(default=False)
    opens_first = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["owner", "list", "name"], name="saved_view_once"),
            models.UniqueConstraint(
                fields=["owner", "list"],
                condition=models.Q(opens_first=True),
                name="saved_view_one_opens_first",
            ),
        ]
        indexes = [
            models.Index(fields=["list", "name"], condition=models.Q(shared=True), name="saved_view_shared"),
        ]

    def __str__(self) -> str:
        return f"View {self.name} of {self.list}"
