"""A client's link to a run: the client, and the proof (C8, C41). `placing` has what follows."""

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backoffice.protocol.codes import UserStatus
from partners import keys, proof, switches
from partners.errors import ConnectorProblem
from partners.hashing import sha256
from partners.models.registry import PartnerState
from partners.visits import NOT_FOUND, STOPPED
from runs.models import ClientState, RunClient, RunState
from runs.trail import note

NOTHING_PLACED = "Your broker ended this. Nothing was placed with this link."


def link_of(secret: str) -> str:
    """The address that a client opens."""
    return f"{settings.CONNECTOR_PUBLIC_URL}/connector/r/{secret}/"


def by_secret(secret: str) -> RunClient:
    """Return the client of a link. Raises ConnectorProblem with words for the client."""
    return _opened(_whole().filter(link_hash=sha256(secret)).first())


def by_pk(pk: int) -> RunClient:
    """Return the client of an open visit. Raises ConnectorProblem with words for the client."""
    return _opened(_whole().filter(pk=pk).first())


def prove(own: RunClient, said: str) -> None:
    """Check what the client says: the last four of the PAN, or the date of birth as DD-MM-YYYY.

    Three wrong answers close the link until staff make a new one. Raises ConnectorProblem with words for the client.
    """
    with transaction.atomic():
        mine = RunClient.objects.filter(pk=own.pk)
        if not proof.take_try(mine):
            raise ConnectorProblem(proof.USED_UP)
        right = proof.fits(own.client, said)
        if right:
            mine.update(tries_left=proof.TRIES)
            mine.filter(state=ClientState.WAITING).update(state=ClientState.OPENED, opened_at=timezone.now())
        words = "link opened." if right else "wrong answer on the page of a link."
        note("runs.link_opened" if right else "runs.link_refused", own, words, by_client=right)
    if not right:
        raise ConnectorProblem(proof.wrong(mine))


def _opened(own: RunClient | None) -> RunClient:
    """Return the client, unless nothing is shown any more.

    Placed lines are shown after the run, and whatever stops the client.
    """
    if own is None or own.run.state == RunState.PROPOSED:
        raise ConnectorProblem(NOT_FOUND)
    if own.state == ClientState.VOID:
        raise ConnectorProblem(NOTHING_PLACED)
    if stopped_by(own) and not own.lines.exclude(order=None, problem="").exists():
        raise ConnectorProblem(STOPPED)
    return own


def stopped_by(own: RunClient) -> str:
    """Return what keeps this client from logging in and placing, in words for staff; "" if nothing does."""
    basket, client = own.version.basket, own.client
    if basket.partner.state != PartnerState.ACTIVE:
        return f"{basket.partner.name} is {basket.partner.get_state_display().lower()}."
    if client.status != UserStatus.ACTIVE:
        return f"{client.lane} is not active."
    switch = switches.holding(
        model=keys.MODEL, partner=basket.partner, product_code=basket.product_code, client=client
    )
    return f"A kill switch holds: {switch}." if switch else ""


def _whole() -> QuerySet[RunClient]:
    return RunClient.objects.select_related("client", "run", "version__basket__partner")
