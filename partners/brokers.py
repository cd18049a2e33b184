"""The broker list of the vendor, compared with the registry (3.1, step 0 of the flows)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from backoffice.audit.operations import record
from backoffice.connector import client
from partners import registry, tokens
from partners.errors import ConnectorProblem
from partners.models import Partner
from partners.models.invitations import Purpose
from partners.rights import MONITOR, need

if TYPE_CHECKING:
    from backoffice.logins.models import User


@dataclass(frozen=True)
class Compared:
    """One Partner ID: the broker's name at the vendor and in the registry, "" if it is not there."""

    partner_id: str
    at_vendor: str
    in_registry: str

    @property
    def differs(self) -> bool:
        """Whether only one of the two has it, or they name different brokers."""
        return self.at_vendor.strip().lower() != self.in_registry.strip().lower()


def compare(partner: Partner, *, by: "User") -> list[Compared]:
    """Fetch the vendor's broker list and compare it with the registry. Call it outside a transaction.

    The vendor checks our token meanwhile: a web server with one worker would wait for itself (C39). Raises
    NotPermitted, and ConnectorProblem with the vendor's words.
    """
    need(by, MONITOR, "You may not look at partners.")
    token = tokens.mint(Purpose.BROKER_LIST, partner)
    answer = client.broker_list(registry.application_token(partner), token)
    record(
        "connector.broker_list",
        by=by,
        subject=partner.subject,
        text=answer.words or f"Broker list fetched: {len(answer.brokers)} brokers.",
    )
    if answer.words:
        raise ConnectorProblem(answer.words)
    vendor = {broker.partner_id: broker.name for broker in answer.brokers}
    ours = {row["partner_id"]: row.get("broker", "") for row in partner.partner_ids}
    return [Compared(one, vendor.get(one, ""), ours.get(one, "")) for one in sorted({*vendor, *ours})]
