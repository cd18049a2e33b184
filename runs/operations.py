"""Operations of staff on runs: propose, hand over links, stop, continue, end, decide on lines in no book (C40, C43).

Makers of baskets propose and hand over links, checkers of baskets approve, people who may stop the Connector
stop a run, and people who settle its findings settle a client.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import RetailUser
from accounts.retail_users import by_lane
from backoffice.changes import operations as changes
from backoffice.changes.models import Change
from backoffice.free_text import checked
from backoffice.kit.formats import indian
from backoffice.outside import visible, whole
from backoffice.protocol.fields import Values
from partners import baskets, consents, keys, proof, switches
from partners.errors import ConnectorProblem
from partners.hashing import new_secret, sha256
from partners.models import BasketVersion, Consent
from partners.models.baskets import Stage
from partners.rights import MAKE_BASKET, SETTLE, STOP, need
from partners.wording import in_words
from runs import orders
from runs.models import CLOSED, NOT_APPROVED, ClientState, Run, RunClient, RunLine, RunState, with_doubt
from runs.trail import note, note_run
from runs.visits import link_of
from trading.desk import doubt
from trading.desk.errors import DeskProblem

if TYPE_CHECKING:
    from backoffice.logins.models import User

KIND = "connector_run"
#: Clients that one run may have.
MOST_CLIENTS = 200
_NOBODY = "Name at least one client, GROUP/USER."


# --- proposing ----------------------------------------------------------------------------------------------------


def propose(
    version: BasketVersion, lanes: Iterable[str], *, by: "User", reason: str, token: uuid.UUID
) -> Run:
    """Make a run of a published version for clients who consented, and propose it to a checker.

    `lanes`: `GROUP/USER` each. `token`: of the form; sent twice, it is one run. Raises NotPermitted, ConnectorProblem,
    and what `changes.submit` raises.
    """
    need(by, MAKE_BASKET, "You may not propose runs. Ask whoever makes baskets.")
    if earlier := Run.objects.filter(change__token=token).first():
        return earlier
    version = BasketVersion.objects.select_related("basket__partner").get(pk=version.pk)
    wanted = list(dict.fromkeys(lane.strip() for lane in lanes if lane.strip()))
    if not 1 <= len(wanted) <= MOST_CLIENTS:
        raise ConnectorProblem(
            f"A run has at most {MOST_CLIENTS} clients; this one has {len(wanted)}." if wanted else _NOBODY
        )
    lines = list(version.lines.all())
    if words := obstacle(version) or orders.line_obstacle(version, lines):
        raise ConnectorProblem(words)
    clients = _clients(version, wanted)
    algo_id = version.basket.partner.algo_id(version.basket.product_code)
    try:
        with transaction.atomic():
            _void_what_was_not_approved(version, clients)
            run = Run.objects.create(
                version=version,
                algo_id=algo_id,
                content_hash=content_hash(version, algo_id, wanted),
                made_by=by,
            )
            made = RunClient.objects.bulk_create(
                [RunClient(run=run, version=version, client=client) for client in clients]
            )
            RunLine.objects.bulk_create(
                [RunLine(run_client=own, line=line) for own in made for line in lines]
            )
            change = changes.submit(KIND, values_of(run), by=by, reason=reason, token=token)
            Run.objects.filter(pk=run.pk).update(change=change)
            run.change = change
    except IntegrityError:
        raise ConnectorProblem(_twice(version, clients)) from None
    return run


def obstacle(version: BasketVersion, client: RetailUser | None = None) -> str:
    """Return why nothing of this version may be placed now for a client; "" if it may.

    Consents are checked separately.
    """
    partner, product_code = version.basket.partner, version.basket.product_code
    if version.state != Stage.PUBLISHED or version.valid_until <= timezone.now():
        return f"{version} is not published any more."
    if words := consents.forbidden(partner, product_code):
        return words
    switch = switches.holding(model=keys.MODEL, partner=partner, product_code=product_code, client=client)
    return f"A kill switch holds: {switch}." if switch else ""


def content_hash(version: BasketVersion, algo_id: str, lanes: Iterable[str]) -> str:
    """Return the SHA-256 (hex) over what a run places for whom."""
    return sha256("\n".join((str(version.pk), version.content_hash, algo_id, *sorted(lanes))))


def values_of(run: Run) -> Values:
    """A run as the change has it, in words for the checker."""
    version, clients = run.version, [own.client for own in clients_of(run)]
    lines, lanes = list(version.lines.all()), [client.lane for client in clients]
    found: QuerySet[Consent] = Consent.objects.filter(
        client__in=run.clients.values("client"),
        partner=version.basket.partner,
        product_code=version.basket.product_code,
        state="active",
    ).select_related("client")
    given = {one.client.lane: one for one in found}
    worth = sum((line.value for line in lines), Decimal(0))
    return {
        "run": str(run.pk),
        "basket": str(version),
        "partner": version.basket.partner.name,
        "product_code": version.basket.product_code,
        "algo_id": run.algo_id,
        "valid_until": f"{timezone.localtime(version.valid_until):%d-%m-%Y %H:%M}",
        "refused_line": baskets.GOES_ON if version.goes_on else baskets.STOPS,
        "lines": [in_words(line) for line in lines],
        "total": indian(worth * len(clients)),
        "clients": [
            {
                "client": client.lane,
                "name": client.name,
                "orders": indian(worth),
                **_consent_words(given.get(client.lane)),
            }
            for client in clients
        ],
        "content": content_hash(version, run.algo_id, lanes),
    }


def run_of(values: Values) -> Run | None:
    """The run that a proposal names."""
    number = whole(values.get("run"))
    own = Run.objects.select_related("version__basket__partner", "change")
    return own.filter(pk=number).first() if number else None


def clients_of(run: Run) -> QuerySet[RunClient]:
    """The clients of a run."""
    return run.clients.select_related("client").order_by("id")


def open_run(values: dict[str, Any], change: Change) -> Run:
    """Open an approved run. Called by its kind of change, in the approval's transaction. Raises ConnectorProblem."""
    run = Run.objects.select_for_update().get(pk=values["run"])
    run = Run.objects.select_related("version__basket__partner").get(pk=run.pk)
    if run.state != RunState.PROPOSED or values_of(run)["content"] != values["content"]:
        raise ConnectorProblem("The run is not the one that was submitted. Its maker proposes a new one.")
    if words := obstacle(run.version):
        raise ConnectorProblem(words)
    run.state, run.opened_at, run.change = RunState.OPEN, timezone.now(), change
    run.save(update_fields=["state", "opened_at", "change"])
    return run


def without_consent(run: Run) -> list[RetailUser]:
    """Return the clients of a run who may have something to place, but have no consent in force any more."""
    left = clients_of(run).exclude(state__in=CLOSED).exclude(client__in=_in_force(run).values("client"))
    return [own.client for own in left]


def _in_force(run: Run) -> QuerySet[Consent]:
    """The consents of now to the product of the run's basket."""
    basket = run.version.basket
    return consents.valid_now(basket.partner, basket.product_code)


def _clients(version: BasketVersion, lanes: Iterable[str]) -> list[RetailUser]:
    """The retail users. Raises ConnectorProblem that names all who cannot take part."""
    found, problems = [], []
    for lane in lanes:
        try:
            found.append(_client(version, lane))
        except ConnectorProblem as error:
            problems.append(error.words)
    if problems:
        raise ConnectorProblem(" ".join(problems))
    return found


def _client(version: BasketVersion, lane: str) -> RetailUser:
    """A retail user whose consent is in force. Raises ConnectorProblem."""
    client, partner = by_lane(lane), version.basket.partner
    if client is None:
        raise ConnectorProblem(f"{visible(lane)[:40]} is not a retail user. Check the spelling.")
    if not client.pan and not client.birth_date:
        raise ConnectorProblem(
            f"{client.lane} has neither PAN nor date of birth: the link could not be opened."
        )
    if consents.in_force(client, partner, version.basket.product_code) is None:
        raise ConnectorProblem(
            f"{client.lane} has no consent to {version.basket.product_code} of {partner.name} in force."
        )
    return client


def _consent_words(consent: Consent | None) -> dict[str, str]:
    if consent is None:
        return {"consent": "none in force now"}
    return {
        "consent": f"{consent}, until {timezone.localtime(consent.valid_until):%d-%m-%Y}",
        "cap_run": indian(consent.cap_run),
        "cap_day": indian(consent.cap_day),
    }


def _void_what_was_not_approved(version: BasketVersion, clients: Sequence[RetailUser]) -> None:
    """Free clients of runs that no checker approved for a new one."""
    RunClient.objects.filter(
        version=version, client__in=clients, run__state=RunState.PROPOSED, run__change__state__in=NOT_APPROVED
    ).exclude(state=ClientState.VOID).update(state=ClientState.VOID, closed_at=timezone.now())


def _twice(version: BasketVersion, clients: Sequence[RetailUser]) -> str:
    own = RunClient.objects.filter(version=version, client__in=clients).exclude(state=ClientState.VOID)
    if found := own.select_related("client", "run").first():
        return f"{found.client.lane} is in {found.run} of this version already. A client is in one run of it only."
    return "The run could not be kept. Try again."


# --- links --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Handed:
    """A client's link, which is shown this once."""

    own: RunClient
    link: str


def linkable(run: Run) -> QuerySet[RunClient]:
    """The clients of a run for whom a link leads on: to lines that may be placed, or to a look for lines in doubt.

    Nothing is placed for a client whose consent has ended.
    """
    if run.stage != RunState.OPEN:
        return run.clients.filter(with_doubt())
    consenting = _in_force(run).values("client")
    return run.clients.filter(~Q(state__in=CLOSED) & Q(client__in=consenting) | with_doubt())


def new_links(run: Run, *, by: "User", only: RunClient | None = None) -> Sequence[Handed]:
    """Make a new link for each client who can do something with it, or for one; earlier links stop working (C8).

    Raises NotPermitted, and ConnectorProblem if there is no such client.
    """
    need(by, MAKE_BASKET, "You may not hand over links. Ask whoever makes baskets.")
    made = []
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).select_related("version").get(pk=run.pk)
        found = linkable(run).select_for_update(of=("self",)).select_related("client")
        for own in found.filter(pk=only.pk) if only else found:
            secret = new_secret()
            own.link_hash, own.tries_left = sha256(secret), proof.TRIES
            own.save(update_fields=["link_hash", "tries_left"])
            note("runs.new_link", own, "new link made. An earlier one stopped working.", by=by)
            made.append(Handed(own, link_of(secret)))
    if not made:
        raise ConnectorProblem(
            f"No link was made. {run} is {run.stage.label.lower()}, and there is nothing to place with a consent in "
            "force, and no order in doubt."
        )
    return made


# --- stopping and settling ----------------------------------------------------------------------------------------


def stop(run: Run, *, by: "User", reason: str) -> None:
    """Stop a run permanently: nothing more is placed. Raises NotPermitted and ConnectorProblem."""
    need(by, STOP, "You may not stop runs. Call a colleague who may.")
    reason = checked(reason, ConnectorProblem, "Say why you stop it: the trail needs it.")
    with transaction.atomic():
        own = Run.objects.select_for_update().get(pk=run.pk)
        if own.state == RunState.STOPPED:
            raise ConnectorProblem(f"{own} is stopped already.")
        now = timezone.now()
        own.state, own.stopped_at, own.stopped_by, own.reason = RunState.STOPPED, now, by, reason
        own.save(update_fields=["state", "stopped_at", "stopped_by", "reason"])
        ordered = RunLine.objects.filter(run_client=OuterRef("pk"), order__isnull=False)
        clients = own.clients.exclude(state__in=CLOSED)
        list(clients.select_for_update().values_list("pk", flat=True))  # what is being committed is seen then
        closed = {"closed_at": now, "closed_by": by, "reason": reason}
        void = clients.filter(~Exists(ordered)).update(state=ClientState.VOID, **closed)
        ended = clients.update(state=ClientState.ENDED, **closed)
        words = f"stopped. {ended} clients were in the middle, {void} had placed nothing."
        note_run("runs.stopped", own, words, by=by, reason=reason)


def go_on(own: RunClient, *, by: "User", reason: str) -> None:
    """Let a client place the rest after a stop, once no line is in doubt. Raises NotPermitted, ConnectorProblem."""
    need(by, SETTLE, "You may not let runs continue. Ask whoever settles the Connector's findings.")
    reason = checked(reason, ConnectorProblem, "Say why it may continue: the trail needs it.")
    with transaction.atomic():
        kept = _held_still(own)
        if kept.state != ClientState.STOPPED or kept.run.state != RunState.OPEN:
            raise ConnectorProblem("Only a client who is stopped, in an open run, can continue.")
        if doubtful := next((line for line in lines_of(kept) if line.in_doubt), None):
            raise ConnectorProblem(
                f"{doubtful} is in doubt. The client logs in from the link, so that the book is read."
            )
        kept.state, kept.why, kept.reason = ClientState.OPENED, "", reason
        kept.save(update_fields=["state", "why", "reason"])
        note("runs.goes_on", kept, "the client may place what is left.", by=by, reason=reason)


def end(own: RunClient, *, by: "User", reason: str) -> None:
    """End a run for one client; a line in doubt stays so until the book or a person settles it.

    Raises NotPermitted and ConnectorProblem.
    """
    need(by, SETTLE, "You may not end runs of clients. Ask whoever settles the Connector's findings.")
    reason = checked(reason, ConnectorProblem, "Say why you end it: the trail needs it.")
    with transaction.atomic():
        kept = _held_still(own)
        if kept.is_closed:
            raise ConnectorProblem(f"It is {kept.get_state_display().lower()} already.")
        placed = any(line.order for line in lines_of(kept))
        kept.state = ClientState.ENDED if placed else ClientState.VOID
        kept.closed_at, kept.closed_by, kept.reason = timezone.now(), by, reason
        kept.save(update_fields=["state", "closed_at", "closed_by", "reason"])
        note("runs.ended", kept, "ended for this client by a person.", by=by, reason=reason)


def not_placed(line: RunLine, *, by: "User", reason: str) -> None:
    """Decide that a line in doubt was not placed, after two looks in the books (R21). It is not placed again.

    Raises NotPermitted and ConnectorProblem.
    """
    need(by, SETTLE, "You may not decide that. Ask whoever settles the Connector's findings.")
    if line.order is None:
        raise ConnectorProblem(f"{line} has no order.")
    try:
        doubt.decide_not_placed(line.order, reason=reason, by=by)
    except DeskProblem as error:
        raise ConnectorProblem(str(error)) from None


def lines_of(own: RunClient) -> QuerySet[RunLine]:
    """The lines of a client with their orders, in the basket's order."""
    return own.lines.select_related("line", "order").order_by("line__number")


def _held_still(own: RunClient) -> RunClient:
    """Lock a client while no process places for it. Raises ConnectorProblem."""
    kept = RunClient.objects.select_for_update(of=("self",)).select_related("client", "run").get(pk=own.pk)
    if kept.is_held:
        raise ConnectorProblem("Orders are being placed at this moment. Stop the run, or wait a minute.")
    return kept
