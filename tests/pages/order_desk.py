"""What the browser's test of the order desk begins with: the stand-in's user DEMO1, and a scrip master."""

from backoffice.delivery.handlers import apply
from backoffice.rest.api.codes import EXCHANGES
from tests.factories import current_master, retail_user_values


def make() -> None:
    """Make both."""
    every = [segment.value for _, _, segment in EXCHANGES]
    values = retail_user_values(
        user_id="DEMO1", name="Asha Example", trading_segments=every, login_types=["16", "18"], max_gtd="365"
    )
    apply(301, "HO/DEMO1", values)
    current_master({900001: "PEEPAL", 900002: "BANYAN"})
