"""Fill the master lists of a demonstration with a small believable set, so that every form can be tried at once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from backoffice.masters.models import List, Name
from backoffice.masters.operations import keep
from backoffice.protocol.codes import TemplateType

#: By list: code, what people call it, and what it belongs to, where that narrows the list.
NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    List.BANKS: (
        ("HDFC", "HDFC Bank"),
        ("ICICI", "ICICI Bank"),
        ("SBI", "State Bank of India"),
        ("AXIS", "Axis Bank"),
        ("KOTAK", "Kotak Mahindra Bank"),
        ("UTI", "UTI Bank (old id)"),
    ),
    List.DPS: (
        ("IN300940", "Example Depository Services, NSDL"),
        ("IN301549", "Sample Bank DP, NSDL"),
        ("12081600", "Example Broking DP, CDSL"),
    ),
    List.PG_PRODUCTS: (("NSE EQUITIES", "Cash at NSE"), ("NSE DERIVATIVES", ""), ("MUTUAL FUND", "")),
    List.GROUPS: (("HO", "Head office"), ("MUM", "Mumbai branches"), ("DEL", "Delhi branches")),
    List.MANAGERS: (("10.0.10.0", "ODIN manager 1"), ("10.0.10.1", "ODIN manager 2")),
    List.DEALERS: (
        ("DEAL1", "Cash desk", "HO"),
        ("DEAL2", "Derivatives desk", "HO"),
        ("DEAL3", "Commodity desk", "MUM"),
        ("DEAL4", "Branch desk", "DEL"),
    ),
    List.TEMPLATES: (
        ("ALL", "Everything allowed"),
        ("CASHONLY", "Cash segment only", TemplateType.USER_PRIVILEGE),
        ("FNOLIMIT", "Derivatives with limits", TemplateType.USER_PRIVILEGE),
        ("NIFTY50", "Shares of the index", TemplateType.SCRIP_BASKET),
        ("WEBONLY", "Web without mobile", TemplateType.CLIENT_FACILITY),
        ("OTP", "One-time password", TemplateType.AUTHENTICATION),
        ("MARKETS", "News of the markets", TemplateType.NEWS_CATEGORY),
        ("CRPSTD", "The usual one", TemplateType.CRP),
        ("NOBROK", "No brokerage", TemplateType.BROKERAGE),
        ("DISCOUNT", "Half brokerage", TemplateType.BROKERAGE),
    ),
    List.GST_TEMPLATES: (("USERMIG", "Migrated users"), ("STANDARD", "New users"), ("NRI", "Non-residents")),
    List.QVL_TEMPLATES: (("ALL", "No limit"), ("TEST", "For trials"), ("SMALL", "Small orders")),
    List.SI_TEMPLATES: (("100170", "Web and mobile"), ("100171", "Web only")),
    List.MESSAGE_TEMPLATES: (("TRADING", "Orders and trades"), ("FUNDS", "Pay-in and pay-out")),
    List.CLIENT_TYPES: (("IND", "Individual"), ("HUF", "Hindu undivided family"), ("CORP", "Company")),
    List.TAX_STATUSES: (
        ("1", "Individual"),
        ("2", "On behalf of a minor"),
        ("3", "Hindu undivided family"),
        ("4", "Company"),
        ("21", "Non-resident, NRE"),
        ("24", "Non-resident, NRO"),
    ),
    List.OCCUPATIONS: (
        ("1", "Business"),
        ("2", "Service"),
        ("3", "Professional"),
        ("4", "Agriculture"),
        ("5", "Retired"),
        ("6", "Homemaker"),
        ("7", "Student"),
        ("8", "Other"),
    ),
    List.PRODUCTS: (("1", "Trading"), ("2", "Margin trading")),
}


class Command(BaseCommand):
    """Does nothing if a list holds something already: what an admin keeps stays."""

    help = "Fill empty master lists of the demonstration."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PORTAL_ENVIRONMENT != "DEMO":
            raise CommandError("Demonstration names exist only where PORTAL_ENVIRONMENT is DEMO.")
        for list_name, rows in NAMES.items():
            if not Name.objects.filter(list=list_name).exists():
                for code, label, *within in rows:
                    keep(list_name, code, label, within=str(*within), by=None)
