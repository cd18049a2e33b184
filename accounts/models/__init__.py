"""Retail users and their parts."""

from accounts.models.holdings import BankAccount, DematAccount, MfUcc
from accounts.models.new_users import NewUser
from accounts.models.profiles import OnboardingProfile
from accounts.models.settings import (
    AlternateAddress,
    ChannelSubscription,
    DealerMapping,
    ParticipantCode,
    QvlTemplate,
    UserTemplate,
)
from accounts.models.users import RetailUser, Source

__all__ = [
    "AlternateAddress",
    "BankAccount",
    "ChannelSubscription",
    "DealerMapping",
    "DematAccount",
    "MfUcc",
    "NewUser",
    "OnboardingProfile",
    "ParticipantCode",
    "QvlTemplate",
    "RetailUser",
    "Source",
    "UserTemplate",
]
