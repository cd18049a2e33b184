"""What the browser's test of the order desk begins with: the stand-in's user DEMO1, and a scrip master."""

from django.utils import timezone

from backoffice.delivery.handlers import apply
from backoffice.rest.api.codes import EXCHANGES
from markets.models import Scrip, ScripImport, State
from tests.factories import retail_user_values


def make() -> None:
    """Make both."""
    every = [segment.value for _, _, segment in EXCHANGES]
    values = retail_user_values(
        user_id="DEMO1", name="Asha Example", trading_segments=every, login_types=["16", "18"], max_gtd="365"
    )
    apply(301, "HO/DEMO1", values)
    own = ScripImport.objects.create(
        exchange="NSE_EQ", source="NSE_EQ.json", state=State.CURRENT, current_since=timezone.now()
    )
    for token, symbol in ((900001, "PEEPAL"), (900002, "BANYAN")):
        Scrip.objects.create(
            scrip_import=own,
            exchange="NSE_EQ",
            token=token,
            symbol=symbol,
            series="EQ",
            lot=1,
            tick=5,
            mark=1,
        )
