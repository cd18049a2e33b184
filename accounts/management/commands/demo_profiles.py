"""Set up the onboarding profiles of a demonstration, from the names in its master lists."""

import uuid
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.kinds.onboarding_profile import SLUG
from accounts.models import OnboardingProfile
from accounts.onboarding import SetOnboardingProfile
from backoffice.changes import operations
from backoffice.logins.models import User
from backoffice.protocol.codes import LoginType, Segment, TemplateType
from backoffice.protocol.fields import Values
from backoffice.protocol.message import clean

_CASH = [Segment.NSE_CASH.value, Segment.BSE_CASH.value]
_DERIVATIVES = [Segment.NSE_DERIVATIVES.value, Segment.BSE_DERIVATIVES.value]


def _in_all(segments: list[str]) -> Values:
    return {
        "trading_segments": segments,
        "market_data_segments": segments,
        "login_segments": segments,
    }


_EVERYBODY: Values = {
    "category": "4",
    "odin_user_type": "1",
    "status": "A",
    "surveillance": "0",
    "form60": "N",
    "global_flag": "0",
    "poa": "2",
    "client_type": "IND",
    "tax_status": "1",
    "products": ["3"],
    "orders_per_second": "3",
    "channels": [{"template": "TRADING", "channel": "SMS", "status": "1"}],
}
PROFILES: tuple[Values, ...] = (
    {
        **_EVERYBODY,
        **_in_all([*_CASH, *_DERIVATIVES]),
        "profile": "Resident Mumbai",
        "for_whom": "Residents of the Mumbai branches, shares and derivatives",
        "group_id": "MUM",
        "manager_id": "10.0.10.0",
        "branch": "MUMBAI",
        "gst_template": "STANDARD",
        "si_template": "100170",
        "occupation": "1",
        "product_type": "1",
        "login_types": [LoginType.API_MOBILE.value, LoginType.HTML5_DESKTOP.value],
        "templates": [
            {"type": TemplateType.CRP.value, "name": "CRPSTD", "level": "0"},
            {"type": TemplateType.USER_PRIVILEGE.value, "name": "FNOLIMIT", "level": "0"},
        ],
        "qvl_templates": [{"name": "SMALL", "exchange": "1", "level": "0"}],
        "dealers": [{"group": "MUM", "id": "DEAL3"}],
        "square_offs": [{"periodicity": "3", "mtm": "80", "mtm_trigger": "1"}],
    },
    {
        **_EVERYBODY,
        **_in_all(_CASH),
        "profile": "Non-resident",
        "for_whom": "Non-residents, shares for delivery only",
        "group_id": "HO",
        "manager_id": "10.0.10.1",
        "branch": "NRI",
        "gst_template": "NRI",
        "si_template": "100171",
        "product_type": "2",
        "login_types": [LoginType.HTML5_DESKTOP.value],
        "templates": [{"type": TemplateType.USER_PRIVILEGE.value, "name": "CASHONLY", "level": "0"}],
        "dealers": [{"group": "HO", "id": "DEAL1"}],
    },
    {
        **_EVERYBODY,
        **_in_all([*_CASH, *_DERIVATIVES, Segment.NSE_CURRENCY.value]),
        "profile": "Active trader",
        "for_whom": "Traders of the head office: derivatives, currency, half brokerage",
        "group_id": "HO",
        "manager_id": "10.0.10.0",
        "branch": "HO",
        "gst_template": "STANDARD",
        "si_template": "100170",
        "product_type": "1",
        "orders_per_second": "10",
        "login_types": [
            LoginType.DIET.value,
            LoginType.API_MOBILE.value,
            LoginType.HTML5_DESKTOP.value,
        ],
        "templates": [{"type": TemplateType.BROKERAGE.value, "name": "DISCOUNT", "level": "0"}],
        "qvl_templates": [{"name": "ALL", "exchange": "1", "level": "0"}],
        "dealers": [{"group": "HO", "id": "DEAL2"}],
        "square_offs": [{"periodicity": "3", "mtm": "90", "mtm_trigger": "1"}],
    },
)


class Command(BaseCommand):
    """Proposed by one of its admins and approved by the other. Existing profiles stay unchanged."""

    help = "Set up the onboarding profiles of the demonstration."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PORTAL_ENVIRONMENT != "DEMO":
            raise CommandError("Demonstration profiles exist only where PORTAL_ENVIRONMENT is DEMO.")
        admin, other = (User.objects.get(username=name) for name in ("admin", "admin2"))
        for values in PROFILES:
            if OnboardingProfile.objects.filter(name=values["profile"]).exists():
                continue
            change = operations.submit(
                SLUG,
                clean(SetOnboardingProfile, values),
                by=admin,
                reason="Demonstration",
                token=uuid.uuid4(),
                typed=True,
            )
            operations.approve(change.pk, by=other, content_hash=change.content_hash)
