"""Retail users: what ODIN last confirmed. No call reads a user back (U15)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse

from accounts.columns import code, codes, codes_known, date, not_empty, number, number_in_range, text
from backoffice.kit.text_indexes import BeginningIndex, PartIndex
from backoffice.protocol.messages.templates import UpdateSimctTemplate
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser


class Source(models.TextChoices):
    """How the portal came to know a retail user."""

    CREATED = "created", "Created here"
    DECLARED = "declared", "Declared"


class RetailUser(models.Model):
    """A trading client as ODIN knows it. Columns are named as the fields of message 301 (section 4.5).

    `version` grows with each confirmed change. Integers: -1 is ODIN's default, 0 is off for `max_gtd`, null
    is not known. `unknown_fields` names undeclared fields; `declared_by` asked for the declaration, and
    `declared_from` says where its values came from. `declared_fields` names the declared values of a user who was here
    already, as long as ODIN has not confirmed them. The password is never kept.
    """

    user_id = text(CreateRetailUser, "user_id")
    group_id = text(CreateRetailUser, "group_id")
    manager_id = text(CreateRetailUser, "manager_id")
    family_id = text(CreateRetailUser, "family_id")
    parent_id = text(CreateRetailUser, "parent_id")
    group_admin_id = text(CreateRetailUser, "group_admin_id")
    reference = text(CreateRetailUser, "reference")
    odin_user_type = code(CreateRetailUser, "odin_user_type")
    category = code(CreateRetailUser, "category")
    status = code(CreateRetailUser, "status")
    name = text(CreateRetailUser, "name")
    gender = code(CreateRetailUser, "gender")
    birth_date = date(CreateRetailUser, "birth_date")
    incorporation = code(CreateRetailUser, "incorporation")
    father_or_husband = text(CreateRetailUser, "father_or_husband")
    pan = text(CreateRetailUser, "pan")
    form60 = code(CreateRetailUser, "form60")
    client_type = text(CreateRetailUser, "client_type")
    tax_status = text(CreateRetailUser, "tax_status")
    occupation = text(CreateRetailUser, "occupation")
    address_1 = text(CreateRetailUser, "address_1")
    address_2 = text(CreateRetailUser, "address_2")
    city = text(CreateRetailUser, "city")
    pin_code = text(CreateRetailUser, "pin_code")
    telephone = text(CreateRetailUser, "telephone")
    mobile = text(CreateRetailUser, "mobile")
    fax = text(CreateRetailUser, "fax")
    email = text(CreateRetailUser, "email")
    trading_segments = codes(CreateRetailUser, "trading_segments")
    market_data_segments = codes(CreateRetailUser, "market_data_segments")
    login_segments = codes(CreateRetailUser, "login_segments")
    inactive_segments = codes(UpdateRetailUser, "inactive_segments")
    login_types = codes(CreateRetailUser, "login_types")
    products = codes(CreateRetailUser, "products")
    surveillance = code(CreateRetailUser, "surveillance")
    gst_template = text(CreateRetailUser, "gst_template")
    si_template = text(UpdateSimctTemplate, "si_template")
    global_flag = code(CreateRetailUser, "global_flag")
    orders_per_second = number(CreateRetailUser, "orders_per_second")
    max_broadcast_scrips = number(CreateRetailUser, "max_broadcast_scrips")
    max_gtd = number(CreateRetailUser, "max_gtd")
    branch = text(CreateRetailUser, "branch")
    poa = code(CreateRetailUser, "poa")
    product_type = code(CreateRetailUser, "product_type")
    kyc = models.BooleanField(
        "KYC", default=False, help_text="Switched on by ODIN when mutual-fund UCC is supplied."
    )

    version = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=8, choices=Source.choices, default=Source.DECLARED)
    declared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    declared_from = models.CharField("declared from", max_length=80, blank=True, default="")
    unknown_fields = models.JSONField(default=list, blank=True)
    declared_fields = models.JSONField(default=list, blank=True)
    confirmed_at = models.DateTimeField("last confirmed", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "retail user"
        ordering = ("group_id", "user_id")
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("see_personal_data", "Can see personal data, in exports and after giving a reason"),
            ("work_with_personal_data", "Can see personal data on every page without giving a reason"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["group_id", "user_id"], name="retail_user_once_in_a_group"),
            not_empty("group_id", "user_id", prefix="retail_user"),
            models.CheckConstraint(condition=Q(version__gte=1), name="retail_user_version_from_one"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="retail_user_source_known"),
            models.CheckConstraint(
                condition=~Q(source=Source.CREATED)
                | (~Q(name="") & ~Q(status="") & ~Q(odin_user_type="") & Q(confirmed_at__isnull=False)),
                name="retail_user_created_is_confirmed",
            ),
            *codes_known(CreateRetailUser, "retail_user"),
            number_in_range(CreateRetailUser, "orders_per_second", "retail_user"),
            number_in_range(CreateRetailUser, "max_broadcast_scrips", "retail_user"),
            number_in_range(CreateRetailUser, "max_gtd", "retail_user"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["user_id", "-id"], name="retail_user_by_id"),
            models.Index(fields=["confirmed_at", "-id"], name="retail_user_by_confirmation"),
            models.Index(fields=["name", "-id"], name="retail_user_by_name"),
            # For searches.
            BeginningIndex(Upper("user_id"), name="retail_user_id_begins"),
            PartIndex(Upper("name"), name="retail_user_name_part"),
            BeginningIndex(F("pan"), name="retail_user_by_pan"),
            PartIndex(F("mobile"), name="retail_user_mobile_part"),
            # For files, which ask for many at once.
            models.Index(fields=["mobile"], name="retail_user_by_mobile"),
            # For filters. The users of a group or manager are read in the order of the list: they may all come last.
            models.Index(
                Upper("group_id"), "group_id", "user_id", F("id").desc(), name="retail_user_in_group_order"
            ),
            models.Index(
                Upper("manager_id"), "group_id", "user_id", F("id").desc(), name="retail_user_manager_order"
            ),
            models.Index(fields=["status", "-id"], name="retail_user_by_status"),
            models.Index(fields=["odin_user_type", "-id"], name="retail_user_by_type"),
            models.Index(fields=["source", "-id"], name="retail_user_by_source"),
        ]

    def __str__(self) -> str:
        return f"{self.lane} {self.name}".strip()

    def get_absolute_url(self) -> str:
        return reverse("accounts:detail", args=[self.group_id, self.user_id])

    @property
    def lane(self) -> str:
        """GROUP/USER: the key of this retail user in changes, deliveries and audit entries."""
        return f"{self.group_id}/{self.user_id}"
