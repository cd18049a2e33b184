"""Place a run for one client, in the request that brought the client's own login (C41, C43).

Line by line: the moment of the pace, then one transaction with the row, its identifier and all checks of C43,
then the first byte, once. The holder of the client's lease places. If a process dies, the rows show how far
it came. A line with unknown outcome stops the client until the book shows it; nothing is ever sent a second
time.
"""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from backoffice import leases
from backoffice.free_text import REASON_LENGTH
from backoffice.leases import Lease
from partners import consents
from partners.errors import ConnectorProblem
from partners.visits import STOPPED
from runs import orders, pace
from runs.models import LEFT, MAY_PLACE, NEW, ClientState, RunClient, RunLine, RunState
from runs.operations import lines_of, obstacle
from runs.trail import note
from runs.visits import stopped_by
from trading.credentials import Credentials
from trading.desk import books, doubt, services, sessions, tickets
from trading.desk import orders as desk_orders
from trading.desk.errors import DeskProblem
from trading.desk.sessions import Desk
from trading.models import DeskOrder, Instruction, OrderState
from trading.models.desk import sending_over

#: Seconds after which a request starts no new line: the client continues with the next click, in this
#: session.
LONGEST = 20.0
_TOKENS = uuid.UUID("5d0f0c5e-5a0a-4b0c-9f0e-7f6f3e1b9a61")
CLOSED_NOW = "Orders of this basket cannot be placed now. Ask your broker."
HELD = "Your orders are being placed at this moment. Wait a little, then look again."
ENDED = "Nothing was sent by this click: placing ended before it. The page shows the outcome of each order."


@dataclass(frozen=True)
class Typed:
    """What the client typed for a login. `token`: of the form, which becomes the session's."""

    credentials: Credentials
    factor: str
    token: uuid.UUID


class _Ends(Exception):
    """Placing ends here for now. `state`: the client's new state; `why`: the text for client and staff."""

    def __init__(self, state: ClientState, why: str) -> None:
        super().__init__(why)
        self.state, self.why = state, why


def place(own: RunClient, typed: Typed | None) -> None:
    """Place the remaining lines, after a login, or in the session that the client opened before.

    Afterwards the client is done, stopped with the reason, or in the middle when the time of one request is
    over. Raises ConnectorProblem with words for the client if nothing could begin.
    """
    if any(line.in_doubt for line in lines_of(own)):
        raise ConnectorProblem("Look in the order book first: it is not known whether one order was placed.")
    if words := _obstacle(own):
        note("runs.refused", own, f"the client could not place: {words}", by_client=True)
        raise ConnectorProblem(CLOSED_NOW)
    with _holding(own, typed, Q(state__in=MAY_PLACE), ClientState.PLACING) as (desk, lease):
        _Placing(own, desk, lease).carry_out()


def look(own: RunClient, typed: Typed | None) -> None:
    """Look in the books for the lines in doubt, after a login, or in the session that the client opened before (R21).

    Nothing is placed. While a second look may still find something, the session stays open for it. Raises
    ConnectorProblem with words for the client.
    """
    if words := stopped_by(own):
        note("runs.refused", own, f"the client could not look: {words}", by_client=True)
        raise ConnectorProblem(STOPPED)
    state = ClientState(own.state) if own.is_closed else ClientState.STOPPED
    with _holding(own, typed, Q(), state) as (desk, _):
        trouble = books.read_orders(desk, by=None)
        doubtful = [line for line in lines_of(own) if line.in_doubt]
        _say(own, ClientState.STOPPED, _looked(doubtful, trouble))
        if any(line.order and not doubt.may_decide(line.order) for line in doubtful):
            raise _Ends(state, "")


def may_place(own: RunClient) -> bool:
    """Whether the client may place the rest, as far as is known before a login."""
    return own.state in MAY_PLACE and not own.is_held and not _obstacle(own)


def has_consent(own: RunClient) -> bool:
    """Whether the client's consent to the basket's product is in force."""
    basket = own.version.basket
    return consents.in_force(own.client, basket.partner, basket.product_code) is not None


def _obstacle(own: RunClient) -> str:
    """Return why nothing may be placed for this client now; "" if something may."""
    if own.run.state != RunState.OPEN:
        return f"{own.run} is stopped."
    if words := obstacle(own.version, own.client) or orders.stale_words([one.line for one in _left(own)]):
        return words
    if not has_consent(own):
        return "There is no consent in force."
    return ""


def _looked(doubtful: list[RunLine], trouble: str) -> str:
    if trouble:
        return f"The order book could not be read whole. {trouble}"
    if not doubtful:
        return "The order book says what was placed. The broker decides whether the rest is placed."
    return f"{doubtful[0]}: the order book does not show it."


def _left(own: RunClient) -> list[RunLine]:
    return [line for line in lines_of(own) if line.is_left]


def _open_desk(own: RunClient) -> Desk | None:
    if own.session_token is None:
        return None
    try:
        return sessions.use_own(own.client.lane, own.session_token)
    except DeskProblem:
        return None


# --- holding the client -------------------------------------------------------------------------------------------


def _length() -> timedelta:
    """Return the duration of a lease, which each line extends: one sending, and the wait for the next moment."""
    return timedelta(seconds=pace.LONGEST) + sending_over()


@contextmanager
def _holding(
    own: RunClient, typed: Typed | None, which: Q, state: ClientState
) -> Iterator[tuple[Desk, Lease]]:
    """Hold a client and its session. Afterwards the client is logged out, unless placing or looking continues soon.

    `which`: a condition on the client. Raises ConnectorProblem with words for the client.
    """
    before, why = own.state, own.why
    rows = RunClient.objects.filter(leases.free(), which, pk=own.pk)
    lease = leases.take(rows, _length(), state=state)
    if lease is None:
        own.refresh_from_db()
        raise ConnectorProblem(HELD if own.is_held else ENDED)
    mine = RunClient.objects.filter(pk=own.pk)
    as_taken = mine.filter(lease_token=lease.token, state=state)  # not so where somebody stopped it meanwhile
    try:
        with services.calls_to(own.version.basket.partner.code):
            desk = _desk(own, typed)
            if desk is None:
                as_taken.update(state=before)
                raise ConnectorProblem("Your login has ended. Log in again.")
            try:
                yield desk, lease
            except _Ends as ends:
                goes_on = ends.state == state
                if not goes_on:
                    _say(own, ends.state, ends.why)
            else:
                goes_on = False
            if not goes_on:
                sessions.end(desk.row, "The client's visit is over.", by=None)
    except (DeskProblem, services.Unavailable) as error:
        as_taken.update(state=before, why=why)
        note("runs.refused", own, f"nothing could begin: {error}", by_client=True)
        raise ConnectorProblem(str(error)) from None
    finally:
        leases.release(mine, lease.token)


def _desk(own: RunClient, typed: Typed | None) -> Desk | None:
    """Return the session of the client's login, or the one opened before. Raises DeskProblem."""
    if typed is None:
        return _open_desk(own)
    partner = own.version.basket.partner
    row = sessions.open_own(
        own.client, typed.credentials, factor=typed.factor, service=partner.code, token=typed.token
    )
    RunClient.objects.filter(pk=own.pk).update(session_token=typed.token)
    own.session_token = typed.token
    return sessions.use_own(row.lane, typed.token)


def _say(own: RunClient, state: ClientState, why: str) -> None:
    """Store the client's state and reason, with an audit entry. A run that was stopped meanwhile stays ended."""
    with transaction.atomic():
        kept = RunClient.objects.select_for_update(of=("self",)).get(pk=own.pk)
        if kept.is_closed:
            return
        kept.state, kept.why = state, why[:REASON_LENGTH]
        kept.closed_at = timezone.now() if state == ClientState.DONE else None
        kept.save(update_fields=["state", "why", "closed_at"])
        note(f"runs.{state.value}", own, f"{state.label.lower()}. {why}".strip())


# --- line by line -------------------------------------------------------------------------------------------------


class _Placing:
    """The lines of one request."""

    def __init__(self, own: RunClient, desk: Desk, lease: Lease) -> None:
        self.own, self.desk, self.lease = own, desk, lease
        self.held = RunClient.objects.filter(pk=own.pk, state=ClientState.PLACING)
        self.conditions = orders.Conditions(own)
        self.until = time.monotonic() + LONGEST

    def carry_out(self) -> None:
        """Place the rest. Raises _Ends."""
        words = "the client confirmed what is left, and logged in."
        note("runs.confirmed", self.own, words, by_client=True)
        left, algo_id = _left(self.own), self.own.run.algo_id
        judged = tickets.judge_all(
            [orders.ticket_of(one.line, algo_id) for one in left], self.desk.session, ""
        )
        for line, what in zip(left, judged, strict=True):
            if time.monotonic() > self.until:
                raise _Ends(ClientState.PLACING, "")
            if what.errors:
                self._refused(line, what)
                self._after(line, OrderState.REFUSED)
            else:
                self._after(line, OrderState(self._placed(line, what).state))
        raise _Ends(ClientState.DONE, "")

    def _refused(self, line: RunLine, judged: tickets.Judged) -> None:
        line.problem = f"Refused before it was sent: {judged.errors[0].text}"[:REASON_LENGTH]
        with transaction.atomic():
            RunLine.objects.filter(pk=line.pk, order=None).update(problem=line.problem)
            note("runs.line_refused", self.own, f"{line}: {line.problem}")

    def _placed(self, line: RunLine, judged: tickets.Judged) -> DeskOrder:
        """Wait for the pace, commit the order, and send it, once. Raises _Ends if nothing was sent."""
        try:
            pace.wait()
            order, new = desk_orders.confirm(
                self.desk,
                judged,
                token=uuid.uuid5(_TOKENS, f"{line.pk} {line.tries}"),
                instruction=Instruction.OWN_CLICK.value,
                reference=f"{self.own.run}, {line}",
                by=None,
                also=lambda made: self._allow(line, made),
            )
            if not new:
                raise DeskProblem(f"It became {order} already. Nothing was sent.")
        except pace.TooBusy as error:
            raise _Ends(ClientState.PLACING, str(error)) from None
        except DeskProblem as error:
            raise _Ends(ClientState.STOPPED, f"{line}: {error}") from None
        # The next commit, of an order or of the end, waits for the disk for both.
        outcome = desk_orders.send(order, self.desk.session, last_look=self.conditions.last_look, waits=False)
        sessions.ended_by_odin(self.desk, outcome)
        if self.conditions.stopped_by:
            raise _Ends(ClientState.STOPPED, f"{line}: {self.conditions.stopped_by}")
        return order

    def _allow(self, line: RunLine, order: DeskOrder) -> None:
        """Check everything again and bind the order to its line, in the transaction that commits it."""
        self._extend()
        self.conditions.check(order)
        left = RunLine.objects.filter(LEFT if line.order else NEW, pk=line.pk, tries=line.tries)
        if not left.update(order=order, tries=line.tries + 1):
            raise DeskProblem(f"{line} was placed already. Nothing was sent.")

    def _extend(self) -> None:
        if not leases.extend(self.held, self.lease.token, _length()):
            raise DeskProblem("It was stopped, or continues in another window. Nothing was sent.")

    def _after(self, line: RunLine, state: OrderState) -> None:
        """Continue with the next line, or raise _Ends."""
        if state == OrderState.UNKNOWN:
            raise _Ends(ClientState.STOPPED, f"{line}: it is not known whether it was placed.")
        if state == OrderState.NOT_SENT:
            raise _Ends(ClientState.OPENED, f"{line} was not sent. You can place what is left.")
        if state == OrderState.REFUSED and not self.own.version.goes_on:
            raise _Ends(ClientState.STOPPED, f"{line} was refused.")
