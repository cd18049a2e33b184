"""Runs, their clients and lines (C40 to C43), and the pace of orders (C42)."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from backoffice.changes.models import CAME_BACK
from backoffice.changes.models import State as ChangeState
from backoffice.leases import Leased
from partners.models import BasketLine, BasketVersion
from partners.models.baskets import Stage
from partners.proof import TRIES
from trading.models import DeskOrder, OrderState
from trading.models.desk import DOUBTFUL


class RunState(models.TextChoices):
    """The state of a run. The checker's decision and the basket's end are read from change and version."""

    PROPOSED = "proposed", "Proposed"
    OPEN = "open", "Open"
    STOPPED = "stopped", "Stopped"
    REJECTED = "rejected", "Not approved"
    OVER = "over", "Over"


#: The stored states: the others are read from the change and the version.
STORED = (RunState.PROPOSED, RunState.OPEN, RunState.STOPPED)


class Runs(models.QuerySet["Run"]):
    """Runs."""

    def in_stage(self, stage: RunState) -> "Runs":
        """Those whose `stage` it is."""
        if stage in (RunState.PROPOSED, RunState.REJECTED):
            came_back = Q(change__state__in=NOT_APPROVED)
            return self.filter(
                came_back if stage == RunState.REJECTED else ~came_back, state=RunState.PROPOSED
            )
        if stage in (RunState.OPEN, RunState.OVER):
            served = Q(version__state=Stage.PUBLISHED, version__valid_until__gt=timezone.now())
            return self.filter(served if stage == RunState.OPEN else ~served, state=RunState.OPEN)
        return self.filter(state=stage)


class Run(models.Model):
    """The orders of one published version of a basket, for clients who consented. Opened by an approved change.

    `content_hash`: SHA-256 (hex) over basket, algo id and clients, which the approval is bound to.
    """

    version = models.ForeignKey(BasketVersion, on_delete=models.PROTECT, related_name="runs")
    algo_id = models.CharField(max_length=20)
    content_hash = models.CharField(max_length=64)
    state = models.CharField(
        max_length=8, choices=[(s.value, s.label) for s in STORED], default=RunState.PROPOSED
    )
    change = models.ForeignKey("changes.Change", null=True, on_delete=models.PROTECT, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    opened_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was stopped.")

    objects = Runs.as_manager()

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[s.value for s in STORED]), name="run_state_known"),
            models.CheckConstraint(
                condition=Q(state=RunState.PROPOSED, opened_at__isnull=True)
                | Q(state=RunState.OPEN, opened_at__isnull=False, change__isnull=False)
                | Q(state=RunState.STOPPED, stopped_at__isnull=False, stopped_by__isnull=False),
                name="run_opened_and_stopped_whole",
            ),
            models.CheckConstraint(condition=~Q(algo_id=""), name="run_has_an_algo_id"),
        ]

    def __str__(self) -> str:
        return f"Run {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("runs:run", args=[self.pk])

    @property
    def subject(self) -> str:
        """Its name in changes and audit entries."""
        return f"run:{self.pk}"

    @property
    def stage(self) -> RunState:
        """Its state, including those of its change and basket."""
        if self.state == RunState.PROPOSED and self.change and self.change.state in NOT_APPROVED:
            return RunState.REJECTED
        over = self.version.state != Stage.PUBLISHED or self.version.valid_until <= timezone.now()
        return RunState.OVER if self.state == RunState.OPEN and over else RunState(self.state)


#: States of a change after which its run is never opened.
NOT_APPROVED = (*CAME_BACK, ChangeState.WITHDRAWN)


class ClientState(models.TextChoices):
    """The state of a client of a run. `INTERRUPTED` is derived: in the middle, while no process places."""

    WAITING = "waiting", "Link not opened"
    OPENED = "opened", "Link opened"
    PLACING = "placing", "Placing"
    INTERRUPTED = "interrupted", "Interrupted"
    STOPPED = "stopped", "Stopped"
    DONE = "done", "Done"
    ENDED = "ended", "Ended"
    VOID = "void", "Not used"


#: The stored states.
CLIENT_STORED = tuple(one for one in ClientState if one is not ClientState.INTERRUPTED)
#: Nothing is placed after these.
CLOSED = (ClientState.DONE, ClientState.ENDED, ClientState.VOID)
#: From these states the client may place the rest.
MAY_PLACE = (ClientState.OPENED, ClientState.PLACING)


class RunClient(Leased):
    """One client of a run. Whoever holds the lease places its lines.

    `version`: the run's, so that the database keeps a client from a second run of it. `link_hash`: SHA-256 of the
    link's secret, None until a link is made. `tries_left`: wrong proofs of who the client is that remain.
    `session_token`: of the desk session that the client opened last. `why`: why it stopped, for client and staff.
    """

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="clients")
    version = models.ForeignKey(BasketVersion, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey("accounts.RetailUser", on_delete=models.PROTECT, related_name="runs")
    state = models.CharField(
        max_length=8, choices=[(s.value, s.label) for s in CLIENT_STORED], default=ClientState.WAITING
    )
    link_hash = models.CharField(max_length=64, null=True, unique=True)
    tries_left = models.PositiveSmallIntegerField(default=TRIES)
    session_token = models.UUIDField(null=True)
    why = models.CharField(max_length=500, blank=True)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    reason = models.CharField(
        max_length=500, blank=True, help_text="Why a person went on with it or ended it."
    )

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[s.value for s in CLIENT_STORED]), name="run_client_state_known"
            ),
            models.UniqueConstraint(
                fields=["version", "client"],
                condition=~Q(state=ClientState.VOID),
                name="run_client_once_a_version",
            ),
        ]
        indexes = [models.Index(fields=["run", "state"], name="run_client_by_state")]

    def __str__(self) -> str:
        return f"Client {self.pk} of run {self.run_id}"

    def get_absolute_url(self) -> str:
        return reverse("runs:client", args=[self.pk])

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is placed."""
        return self.state in CLOSED

    @property
    def is_held(self) -> bool:
        """Whether a process places for it now."""
        return self.lease_until is not None and self.lease_until > timezone.now()

    @property
    def shown_state(self) -> ClientState:
        """The state for people: in the middle without a placing process is *interrupted*."""
        if self.state == ClientState.PLACING and not self.is_held:
            return ClientState.INTERRUPTED
        return ClientState(self.state)

    @property
    def shown_as(self) -> str:
        """The state for pages, with who must act: nobody can decide anything while a line is in doubt."""
        held_up = self.state == ClientState.STOPPED or self.is_closed
        in_doubt = held_up and not self.is_held and any(line.in_doubt for line in self.lines.all())
        return IN_DOUBT if in_doubt else self.shown_state.value


class RunLine(models.Model):
    """One line of the basket for one client. It has at most one order that may be in the market, ever.

    `tries`: orders that were committed for it; all but the last were never sent. `problem`: why no order was made of
    it. The database keeps the order, unless that was not sent (`guards`).
    """

    run_client = models.ForeignKey(RunClient, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(BasketLine, on_delete=models.PROTECT, related_name="+")
    order = models.OneToOneField(DeskOrder, null=True, on_delete=models.PROTECT, related_name="run_line")
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["line__number"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["run_client", "line"], name="run_line_once_a_client"),
            models.CheckConstraint(
                condition=Q(problem="") | Q(order__isnull=True), name="run_line_order_or_problem"
            ),
        ]

    def __str__(self) -> str:
        return f"Line {self.line.number}"

    @property
    def in_doubt(self) -> bool:
        """Whether its order may be in the market with unknown outcome."""
        return self.order is not None and self.order.state in DOUBTFUL

    @property
    def is_left(self) -> bool:
        """Whether it may still be placed: it has no order, or one that never left."""
        if self.order is None:
            return not self.problem
        return self.order.state == OrderState.NOT_SENT


def with_doubt() -> Q:
    """Clients with a line whose order may be in the market with unknown outcome."""
    return Q(Exists(RunLine.objects.filter(run_client=OuterRef("pk"), order__state__in=DOUBTFUL)))


#: Lines without an order.
NEW = Q(order=None, problem="")
#: How pages show a client who is stopped until the order book says what happened to a line.
IN_DOUBT = "in_doubt"
#: Lines that may still be placed, as `RunLine.is_left` says of one.
LEFT = NEW | Exists(DeskOrder.objects.filter(pk=OuterRef("order"), state=OrderState.NOT_SENT))


class Pace(models.Model):
    """When the next order of a run may leave, over all processes (C42). One row."""

    name = models.CharField(max_length=20, unique=True)
    next_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
