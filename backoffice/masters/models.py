"""The names that an admin keeps, list by list."""

from django.db import models
from django.db.models import Q
from django.urls import reverse


class List(models.TextChoices):
    """The lists, named as the declarations name them (`names=` of a field)."""

    BANKS = "banks", "Banks"
    DPS = "dps", "Depository participants"
    PG_PRODUCTS = "pg_products", "PG products"
    GROUPS = "groups", "Groups"
    MANAGERS = "managers", "Managers"
    DEALERS = "dealers", "Dealers"
    TEMPLATES = "templates", "User templates"
    GST_TEMPLATES = "gst_templates", "General settings templates"
    QVL_TEMPLATES = "qvl_templates", "QVL templates"
    SI_TEMPLATES = "si_templates", "Single interface templates"
    MESSAGE_TEMPLATES = "message_templates", "Message category templates"
    CLIENT_TYPES = "client_types", "Client types"
    TAX_STATUSES = "tax_statuses", "Tax statuses"
    OCCUPATIONS = "occupations", "Occupations"
    PRODUCTS = "products", "Products of deposits"


class Name(models.Model):
    """One name of a list. `code` is what ODIN is sent, `label` what people call it.

    `within` narrows it: the type of a user template, the group of a dealer; "" if it belongs to all of them.
    A retired name is no longer offered; records that have it keep it.
    """

    list = models.CharField(max_length=20, choices=List.choices)
    code = models.CharField(max_length=100, help_text="As ODIN has it; this is what is sent.")
    within = models.CharField(
        max_length=20,
        blank=True,
        help_text="The type of a user template, the group of a dealer; empty for all.",
    )
    label = models.CharField(
        max_length=100, blank=True, help_text="What people call it: a bank's name, the type of a template."
    )
    active = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["list", "within", "code"]
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(fields=["list", "within", "code"], name="name_once_in_a_list"),
            models.CheckConstraint(condition=Q(list__in=List.values), name="name_list_known"),
            models.CheckConstraint(condition=~Q(code=""), name="name_has_a_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.label}" if self.label else self.code

    def get_absolute_url(self) -> str:
        return reverse("masters:edit", args=[self.pk])
