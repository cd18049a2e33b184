"""Retail users and their parts: what ODIN last confirmed. No call reads a user back (U15)."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.urls import reverse

from accounts.columns import (
    code,
    code_known,
    codes,
    codes_known,
    date,
    not_empty,
    number,
    number_in_range,
    text,
)
from backoffice.protocol.codes import DefaultBank, YesNo
from backoffice.protocol.messages import addresses, dealers, participants, templates, users
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser


class Source(models.TextChoices):
    """How the portal came to know a retail user."""

    CREATED = "created", "Created here"
    DECLARED = "declared", "Declared"


class RetailUser(models.Model):
    """A trading client as ODIN knows it. Columns are named as the fields of message 301 (section 4.5).

    `version` grows with each confirmed change. Integers: -1 is ODIN's default, 0 is off for `max_gtd`, null
    is not known. `unknown_fields` names what nobody declared. The password is never kept.
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
    si_template = text(templates.UpdateSimctTemplate, "si_template")
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
    unknown_fields = models.JSONField(default=list, blank=True)
    confirmed_at = models.DateTimeField("last confirmed", null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "retail user"
        ordering = ("group_id", "user_id")
        default_permissions = ("view",)
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
            models.Index(fields=["user_id"], name="retail_user_by_id"),
            models.Index(Upper("name"), name="retail_user_by_name"),
            models.Index(fields=["pan"], name="retail_user_by_pan"),
            models.Index(fields=["mobile"], name="retail_user_by_mobile"),
            models.Index(fields=["confirmed_at"], name="retail_user_by_confirmation"),
        ]

    def __str__(self) -> str:
        return f"{self.lane} {self.name}".strip()

    def get_absolute_url(self) -> str:
        return reverse("accounts:detail", args=[self.group_id, self.user_id])

    @property
    def lane(self) -> str:
        """GROUP/USER: what changes, deliveries and audit entries of this retail user are found by."""
        return f"{self.group_id}/{self.user_id}"


class BankAccount(models.Model):
    """A bank account of a retail user (section 4.5.1). At most one is the default (U5)."""

    retail_user = models.ForeignKey(RetailUser, on_delete=models.PROTECT, related_name="banks")
    bank_id = text(users.BankAccount, "bank_id")
    branch_name = text(users.BankAccount, "branch_name")
    branch_city = text(users.BankAccount, "branch_city")
    account_no = text(users.BankAccount, "account_no")
    customer_id = text(users.BankAccount, "customer_id")
    account_type = code(users.BankAccount, "account_type")
    is_default = code(users.BankAccount, "is_default")
    pg_product = text(users.BankAccount, "pg_product")

    class Meta:
        ordering = ("id",)
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["retail_user", "bank_id", "account_no"], name="bank_account_once"
            ),
            models.UniqueConstraint(
                fields=["retail_user"],
                condition=Q(is_default=DefaultBank.YES.value),
                name="bank_account_one_default",
            ),
            not_empty("bank_id", "account_no", "account_type", prefix="bank_account"),
            *codes_known(users.BankAccount, "bank_account"),
        ]
        indexes: ClassVar = [models.Index(fields=["account_no"], name="bank_account_by_number")]

    def __str__(self) -> str:
        return f"{self.bank_id} {self.account_no}"


class DematAccount(models.Model):
    """A demat account of a retail user (section 4.5.2). At most one is the default (U5)."""

    retail_user = models.ForeignKey(RetailUser, on_delete=models.PROTECT, related_name="demats")
    dp_id = text(users.DematAccount, "dp_id")
    beneficiary_id = text(users.DematAccount, "beneficiary_id")
    holding_type = code(users.DematAccount, "holding_type")
    is_default = code(users.DematAccount, "is_default")
    guardian_first_name = text(users.DematAccount, "guardian_first_name")
    guardian_last_name = text(users.DematAccount, "guardian_last_name")
    guardian_birth_date = date(users.DematAccount, "guardian_birth_date")
    guardian_pan = text(users.DematAccount, "guardian_pan")
    second_first_name = text(users.DematAccount, "second_first_name")
    second_last_name = text(users.DematAccount, "second_last_name")
    second_birth_date = date(users.DematAccount, "second_birth_date")
    second_pan = text(users.DematAccount, "second_pan")
    third_first_name = text(users.DematAccount, "third_first_name")
    third_last_name = text(users.DematAccount, "third_last_name")
    third_birth_date = date(users.DematAccount, "third_birth_date")
    third_pan = text(users.DematAccount, "third_pan")
    remarks = text(users.DematAccount, "remarks")

    class Meta:
        ordering = ("id",)
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["retail_user", "dp_id", "beneficiary_id"], name="demat_account_once"
            ),
            models.UniqueConstraint(
                fields=["retail_user"],
                condition=Q(is_default=YesNo.YES.value),
                name="demat_account_one_default",
            ),
            not_empty("dp_id", "beneficiary_id", "holding_type", prefix="demat_account"),
            *codes_known(users.DematAccount, "demat_account"),
        ]
        indexes: ClassVar = [models.Index(fields=["beneficiary_id"], name="demat_account_by_number")]

    def __str__(self) -> str:
        return f"{self.dp_id} {self.beneficiary_id}"


class MfUcc(models.Model):
    """The mutual-fund unique client codes of a retail user (section 4.5.4)."""

    retail_user = models.OneToOneField(RetailUser, on_delete=models.PROTECT, related_name="mf_ucc")
    bse_ucc = text(users.MfUcc, "bse_ucc")
    nse_ucc_1 = text(users.MfUcc, "nse_ucc_1")
    nse_ucc_2 = text(users.MfUcc, "nse_ucc_2")
    nse_ucc_3 = text(users.MfUcc, "nse_ucc_3")
    mode_allowed = code(users.MfUcc, "mode_allowed")
    bse_transaction_mode = code(users.MfUcc, "bse_transaction_mode")
    bse_ucc_mode = text(users.MfUcc, "bse_ucc_mode")
    holding_mode = code(users.MfUcc, "holding_mode")
    second_first_name = text(users.MfUcc, "second_first_name")
    second_last_name = text(users.MfUcc, "second_last_name")
    second_pan = text(users.MfUcc, "second_pan")
    second_form60 = code(users.MfUcc, "second_form60")
    third_first_name = text(users.MfUcc, "third_first_name")
    third_last_name = text(users.MfUcc, "third_last_name")
    third_pan = text(users.MfUcc, "third_pan")
    third_form60 = code(users.MfUcc, "third_form60")
    guardian_first_name = text(users.MfUcc, "guardian_first_name")
    guardian_last_name = text(users.MfUcc, "guardian_last_name")
    guardian_pan = text(users.MfUcc, "guardian_pan")
    guardian_birth_date = date(users.MfUcc, "guardian_birth_date")
    guardian_form60 = code(users.MfUcc, "guardian_form60")
    guardian_address = text(users.MfUcc, "guardian_address")
    nominee_first_name = text(users.MfUcc, "nominee_first_name")
    nominee_last_name = text(users.MfUcc, "nominee_last_name")
    nominee_birth_date = date(users.MfUcc, "nominee_birth_date")
    nominee_relation = text(users.MfUcc, "nominee_relation")
    nominee_address = text(users.MfUcc, "nominee_address")
    karvy_payment_mode = code(users.MfUcc, "karvy_payment_mode")
    karvy_payment_code = text(users.MfUcc, "karvy_payment_code")
    other_rta_payment_mode = code(users.MfUcc, "other_rta_payment_mode")

    class Meta:
        verbose_name = "mutual-fund UCC"
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(bse_ucc="", nse_ucc_1=""), name="mf_ucc_has_a_code"),
            not_empty("mode_allowed", "holding_mode", prefix="mf_ucc"),
            *codes_known(users.MfUcc, "mf_ucc"),
        ]

    def __str__(self) -> str:
        return self.bse_ucc or self.nse_ucc_1


class AlternateAddress(models.Model):
    """One of the two alternate addresses of a retail user (section 4.30)."""

    retail_user = models.ForeignKey(RetailUser, on_delete=models.PROTECT, related_name="alternate_addresses")
    slot = models.PositiveSmallIntegerField()
    type = code(addresses.UpdateAlternateAddress, "first_type")
    address_1 = text(addresses.UpdateAlternateAddress, "first_address_1")
    address_2 = text(addresses.UpdateAlternateAddress, "first_address_2")
    city = text(addresses.UpdateAlternateAddress, "first_city")
    state = text(addresses.UpdateAlternateAddress, "first_state")
    country = text(addresses.UpdateAlternateAddress, "first_country")
    pin_code = text(addresses.UpdateAlternateAddress, "first_pin_code")
    fax = text(addresses.UpdateAlternateAddress, "first_fax")
    telephone = text(addresses.UpdateAlternateAddress, "first_telephone")
    mobile = text(addresses.UpdateAlternateAddress, "first_mobile")
    email = text(addresses.UpdateAlternateAddress, "first_email")

    class Meta:
        ordering = ("slot",)
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["retail_user", "slot"], name="alternate_address_once_a_slot"),
            models.CheckConstraint(condition=Q(slot__in=(1, 2)), name="alternate_address_slot_known"),
            code_known(addresses.UpdateAlternateAddress, "first_type", "alternate_address", column="type"),
            not_empty("type", prefix="alternate_address"),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()}: {self.city}"


class ParticipantCode(models.Model):
    """The participant code of a retail user in one market segment (section 4.32)."""

    retail_user = models.ForeignKey(RetailUser, on_delete=models.PROTECT, related_name="participant_codes")
    segment = models.PositiveIntegerField()
    code = text(participants.ParticipantCode, "code")

    class Meta:
        ordering = ("segment",)
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["retail_user", "segment"], name="participant_code_once_a_segment"
            ),
            models.CheckConstraint(condition=Q(segment__gte=1), name="participant_code_segment_positive"),
            not_empty("code", prefix="participant_code"),
        ]

    def __str__(self) -> str:
        return f"{self.segment}: {self.code}"


class UserTemplate(models.Model):
    """The template of one type that a retail user has (section 4.9)."""

    retail_user = models.ForeignKey(RetailUser, on_delete=models.PROTECT, related_name="templates")
    template_type = code(templates.UpdateUserTemplate, "template_type")
    template_name = text(templates.UpdateUserTemplate, "template_name")
    level = code(templates.UpdateUserTemplate, "level")

    class Meta:
        ordering = ("template_type",)
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["retail_user", "template_type"], name="user_template_once_a_type"
            ),
            not_empty("template_type", "template_name", prefix="user_template"),
            code_known(templates.UpdateUserTemplate, "template_type", "user_template"),
            code_known(templates.UpdateUserTemplate, "level", "user_template"),
        ]

    def __str__(self) -> str:
        return f"{self.get_template_type_display()}: {self.template_name}"


class QvlTemplate(models.Model):
    """The quantity and value limit template of a retail user for an exchange and level (section 4.10)."""

    retail_user = models.ForeignKey(RetailUser, on_delete=models.PROTECT, related_name="qvl_templates")
    template_name = text(templates.QvlTemplate, "template_name")
    exchange = code(templates.QvlTemplate, "exchange")
    level = code(templates.QvlTemplate, "level")

    class Meta:
        verbose_name = "QVL template"
        ordering = ("exchange", "level")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["retail_user", "exchange", "level"], name="qvl_template_once"),
            not_empty("template_name", "exchange", "level", prefix="qvl_template"),
            *codes_known(templates.QvlTemplate, "qvl_template"),
        ]

    def __str__(self) -> str:
        return f"{self.get_exchange_display()}: {self.template_name}"


class DealerMapping(models.Model):
    """A dealer who may act for a retail user (section 4.11)."""

    retail_user = models.ForeignKey(RetailUser, on_delete=models.PROTECT, related_name="dealer_mappings")
    dealer_group = text(dealers.DealerMapping, "dealer_group")
    dealer_id = text(dealers.DealerMapping, "dealer_id")

    class Meta:
        ordering = ("dealer_group", "dealer_id")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["retail_user", "dealer_group", "dealer_id"], name="dealer_mapping_once"
            ),
            not_empty("dealer_group", "dealer_id", prefix="dealer_mapping"),
        ]

    def __str__(self) -> str:
        return f"{self.dealer_group}/{self.dealer_id}"


class ChannelSubscription(models.Model):
    """A message category that reaches a retail user by one channel (section 4.18.1)."""

    retail_user = models.ForeignKey(
        RetailUser, on_delete=models.PROTECT, related_name="channel_subscriptions"
    )
    template_name = text(templates.Channel, "template_name")
    channel = code(templates.Channel, "channel")
    status = code(templates.Channel, "status")

    class Meta:
        ordering = ("template_name", "channel")
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["retail_user", "template_name", "channel"], name="channel_once"),
            not_empty("template_name", "channel", "status", prefix="channel"),
            code_known(templates.Channel, "channel", "channel"),
            code_known(templates.Channel, "status", "channel"),
        ]

    def __str__(self) -> str:
        return f"{self.template_name} by {self.get_channel_display()}"
