"""What messages of their own set for a retail user: addresses, codes, templates, dealers, channels."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.columns import code, code_known, codes_known, not_empty, text
from accounts.models.users import RetailUser
from backoffice.protocol.messages import addresses, dealers, participants, templates


class AlternateAddress(models.Model):
    """One of the two alternate addresses of a retail user (section 4.30)."""

    retail_user = models.ForeignKey(
        RetailUser, on_delete=models.PROTECT, related_name="alternate_addresses", db_index=False
    )
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

    retail_user = models.ForeignKey(
        RetailUser, on_delete=models.PROTECT, related_name="participant_codes", db_index=False
    )
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

    retail_user = models.ForeignKey(
        RetailUser, on_delete=models.PROTECT, related_name="templates", db_index=False
    )
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

    retail_user = models.ForeignKey(
        RetailUser, on_delete=models.PROTECT, related_name="qvl_templates", db_index=False
    )
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

    retail_user = models.ForeignKey(
        RetailUser, on_delete=models.PROTECT, related_name="dealer_mappings", db_index=False
    )
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
        RetailUser, on_delete=models.PROTECT, related_name="channel_subscriptions", db_index=False
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
