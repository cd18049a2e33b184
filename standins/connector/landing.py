"""Reads what a browser brings to the landing page, parameter by parameter."""

from collections.abc import Sequence

from standins.connector.callbacks import read_echo
from standins.connector.constants import LENGTHS, MANDATORY, PARAMETERS
from standins.connector.publishers import ACTIVE, Publisher, Publishers


class Refused(Exception):
    """A visit that the Connector does not let in; the words are shown."""


def read_landing(
    pairs: Sequence[tuple[str, str]], publishers: Publishers
) -> tuple[Publisher, dict[str, str], list[str]]:
    """The publisher, the parameters, and what is odd in them. Raises Refused."""
    given = dict(pairs)
    if len(given) < len(pairs):
        raise Refused("A parameter is given twice.")
    publisher = publishers.find(given.get("sAppToken", ""))
    if publisher is None:
        raise Refused("The application token is not known.")
    mandatory = MANDATORY.get(given.get("nRequestType", ""))
    if mandatory is None:
        raise Refused("nRequestType is not 1, 2 or 3.")
    if missing := [name for name in mandatory if not given.get(name)]:
        raise Refused(f"Missing for this request type: {', '.join(missing)}.")
    if long := [name for name, longest in LENGTHS.items() if len(given.get(name, "")) > longest]:
        raise Refused(f"Too long: {', '.join(long)}.")
    partner_id = given.get("sPartnerId", "")
    if partner_id:
        allow_partner(publisher, partner_id)
    slips = [f"{name} is not a parameter of the landing page." for name in sorted(set(given) - PARAMETERS)]
    echo = given.get("oEchoBackObject", "")
    if echo and read_echo(echo) is None:
        slips.append("oEchoBackObject is not base64 of a JSON object.")
    return publisher, given, slips


def allow_partner(publisher: Publisher, partner_id: str) -> None:
    """Raises Refused unless the Partner ID names an active broker of this publisher."""
    state = publisher.partners.get(partner_id)
    if state is None:
        raise Refused(f"Partner ID {partner_id} is in no mapping of this publisher.")
    if state != ACTIVE:
        raise Refused(f"Partner ID {partner_id} is suspended.")
