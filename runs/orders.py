"""Lines of a run as orders of the order desk: their terms, findings, and the service to send them to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from django.db.models import Exists, QuerySet, Subquery, Sum
from django.utils import timezone

from backoffice.connector.api.lines import exchange_named
from backoffice.kit.formats import rupees
from backoffice.repeating import Repeated
from backoffice.rest.api.codes import OrderType, Product, segment_of
from backoffice.rest.config import RestConfig
from markets import search
from partners import basket_lines, consents, keys, switches
from partners.belonging import Placed
from partners.errors import ConnectorProblem
from partners.models import BasketLine, BasketVersion, Partner, ReportedOrder
from partners.models.baskets import Stage
from partners.wording import plain
from runs.models import Run, RunClient, RunLine, RunState
from trading.desk import tickets
from trading.desk.errors import DeskProblem
from trading.desk.sending import LastLook
from trading.desk.services import Unavailable
from trading.desk.tickets import Judged, Ticket
from trading.models import DeskOrder
from trading.models.desk import DOUBTFUL, NOTHING_PLACED


def ticket_of(line: BasketLine, algo_id: str) -> Ticket:
    """A line as the order desk places it: for delivery, since a basket names no product type."""
    return Ticket(
        exchange=line.exchange,
        scrip_token=line.token,
        side=line.side,
        order_type=line.order_type,
        quantity=line.quantity,
        product=Product.DELIVERY.value,
        price=plain(line.price),
        trigger_price=plain(line.trigger),
        disclosed_quantity=line.disclosed,
        validity=line.validity,
        validity_days=line.days,
        algo_id=algo_id,
    )


def judged_lines(version: BasketVersion, algo_id: str, lane: str) -> list[tuple[BasketLine, Judged]]:
    """Return the lines shown to a client before the login, by the current scrip master."""
    lines = list(version.lines.all())
    judged = tickets.judge_all([ticket_of(line, algo_id) for line in lines], None, lane)
    return list(zip(lines, judged, strict=True))


def stale_words(lines: Sequence[BasketLine]) -> str:
    """Return why the current scrip masters cannot identify the lines.

    They are too old, or a token is another scrip (C22, R35).
    """
    masters = search.masters()
    for exchange in sorted({line.exchange for line in lines}):
        if (own := masters.get(exchange)) is None or own.stale:
            return (
                f"The scrip master of {exchange} is missing, or older than one trading day. Import today's."
            )
    stale = basket_lines.stale(lines)
    return (
        f"{stale[0].symbol} is another scrip in the current scrip master. Publish a new version."
        if stale
        else ""
    )


def line_obstacle(version: BasketVersion, lines: Sequence[BasketLine]) -> str:
    """Return why a line cannot be placed for any client now; "" if all can."""
    if words := stale_words(lines):
        return words
    algo_id = version.basket.partner.algo_id(version.basket.product_code)
    all_judged = tickets.judge_all([ticket_of(line, algo_id) for line in lines], None, "")
    for line, judged in zip(lines, all_judged, strict=True):
        if line.order_type == OrderType.MARKET:
            return f"Line {line.number} is a market order: the caps of consents need a price. Publish one with limits."
        if judged.errors:
            return f"Line {line.number} cannot be placed: {judged.errors[0].text}"
    return ""


class Conditions:
    """The conditions before each order of one client of a run. Their queries are built once, for all lines.

    `last_look`: checks just before the first byte. `stopped_by`: why it held an order back, "" if it did not.
    """

    def __init__(self, own: RunClient) -> None:
        self._own, self._basket = own, own.version.basket
        partner, product_code = self._basket.partner, self._basket.product_code
        self._consent = consents.Check(own.client, partner, product_code)
        self._on = cache(self._question_on)
        self._held = switches.that_hold(
            model=keys.MODEL, partner=partner, product_code=product_code, client=own.client
        )
        run = Run.objects.order_by().filter(pk=own.run_id)
        more = (Subquery(run.values("state")), Exists(self._held))
        self.last_look = LastLook(DeskOrder, more, self._look_again)
        self.stopped_by = ""

    def check(self, order: DeskOrder) -> None:
        """Check all conditions of C43, in the transaction that commits an order of the run. Raises DeskProblem.

        The run must be open and its version published, the consent in force (locked) with room under its
        caps, and no switch active.
        """
        found = self._consent.now()
        state, stage, valid_until, by_run, by_day = self._on(order.day).first() or (None,) * 5
        if state != RunState.OPEN:
            raise DeskProblem(f"{self._own.run} is stopped. Nothing was sent.")
        if stage != Stage.PUBLISHED or valid_until <= timezone.now():
            raise DeskProblem("The basket is not published any more. Nothing was sent.")
        if found.consent is None:
            raise DeskProblem(f"{found.why} Nothing was sent.")
        for words, worth, cap in (
            ("this run", by_run, found.consent.cap_run),
            ("today", by_day, found.consent.cap_day),
        ):
            if (worth or 0) + order.value > cap:
                raise DeskProblem(
                    f"The orders of {words} would be worth more than the {rupees(cap)} of the consent. "
                    "Nothing was sent."
                )

    def _look_again(self, state: str | None, is_held: bool) -> None:
        """Hold back an order that was stopped after its commit."""
        if state != RunState.OPEN:
            self.stopped_by = f"{self._own.run} is stopped. Nothing was sent."
        elif is_held and (switch := self._held.first()):
            self.stopped_by = f"A kill switch holds: {switch}. Nothing was sent."
        if self.stopped_by:
            raise DeskProblem(self.stopped_by)

    def _question_on(self, day: date) -> Repeated[tuple[Any, ...]]:
        """Return run and version, and the value of the client's orders that may be in the market.

        Those of this run, and those of the day for this product.
        """
        placed = DeskOrder.objects.exclude(state__in=NOTHING_PLACED)
        of_run = placed.filter(run_line__run_client=self._own)
        of_day = placed.filter(
            lane=self._own.client.lane,
            day=day,
            run_line__run_client__version__basket__partner=self._basket.partner,
            run_line__run_client__version__basket__product_code=self._basket.product_code,
        )
        columns = ("state", "version__state", "version__valid_until", _worth(of_run), _worth(of_day))
        return Repeated(Run.objects.filter(pk=self._own.run_id).values_list(*columns))


def _worth(placed: QuerySet[DeskOrder]) -> Subquery:
    """Return the value of one client's orders, as a subquery; null without orders."""
    return Subquery(placed.order_by().values("lane").annotate(worth=Sum("value")).values("worth"))


def open_service(name: str) -> RestConfig:
    """The REST API with the interactive key of the partner of this short name. Raises Unavailable."""
    partner = Partner.objects.filter(code=name).first()
    if partner is None:
        raise Unavailable(f"There is no partner {name}.")
    try:
        return keys.interactive(partner)
    except ConnectorProblem as error:
        raise Unavailable(str(error)) from None


def placed_lines(partner: Partner, ids: Collection[str]) -> Mapping[str, Placed]:
    """The lines whose orders have these ids at the OMS (C44)."""
    found = RunLine.objects.filter(
        order__order_id__in=ids, line__version__basket__partner=partner
    ).select_related("order", "line__version", "run_client__client")
    return {one.order.order_id: Placed(one.line, one.run_client.client.user_id) for one in found if one.order}


def may_be_in_doubt(order: ReportedOrder) -> bool:
    """Whether an order of a run whose outcome nobody knows has the client, scrip and side of a reported one."""
    doubtful = RunLine.objects.filter(
        order__state__in=DOUBTFUL,
        line__version__basket__partner=order.partner_id,
        run_client__client__user_id=order.ucc,
    )
    return any(
        (segment_of(exchange_named(one.line.exchange)).value, str(one.line.token), one.line.side)
        == (order.exchange, order.token, order.side)
        for one in doubtful.select_related("line")
    )
