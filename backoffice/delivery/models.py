"""Deliveries (messages for ODIN) and attempts (each try at sending one)."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Case, Q, When
from django.urls import reverse

from backoffice.audit.search import UserId
from backoffice.delivery.states import BUSY, FINAL, RARE, State
from backoffice.kit.text_indexes import BeginningIndex
from backoffice.leases import Leased
from backoffice.protocol import messages  # noqa: F401  # declares all that REQUESTS has
from backoffice.protocol.message import REQUESTS, Repeat

#: How many lanes are in memory at a time, and in one statement.
LANES_AT_ONCE = 1000


class Priority(models.IntegerChoices):
    """Which of different retail users goes first."""

    SINGLE = 0, "One change"
    BATCH = 1, "Part of a file"


#: The types of message that add amounts under a unique reference.
REFERENCED = tuple(
    sorted(kind for kind, message in REQUESTS.items() if message.repeat is Repeat.SAME_REFERENCE)
)
#: The types of message that create a retail user.
CREATES = tuple(sorted(kind for kind, message in REQUESTS.items() if message.repeat is Repeat.CREATE))
#: Every state except the final ones, in a form that both databases match with a partial index.
STILL_OPEN = Q(finished_at__isnull=True)
#: No person, no time and no pause of its file keeps the delivery from going out.
UNHINDERED = Q(paused=False, needs_person=False, not_before__isnull=True)
#: What a claim searches: not hindered, not behind a hindered one, not held by a worker.
MAY_GO = STILL_OPEN & UNHINDERED & Q(set_aside=False, lease_token__isnull=True)


class Wording(models.Model):
    """The wording of a refusal or doubt, without the parts that differ between deliveries.

    `unlisted`: a refusal by ODIN that the table of known refusals does not have; a person reads it once.
    Times are UTC.
    """

    code = models.CharField(max_length=10, blank=True, help_text="ODIN's, where it answered.")
    text = models.CharField(max_length=500)
    unlisted = models.BooleanField(default=False)
    first_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["text", "code", "unlisted"], name="wording_once"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(unlisted=True, read_at=None), name="wording_unread"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def is_new(self) -> bool:
        """Whether a person must still read it."""
        return self.unlisted and self.read_at is None


class Settlement(models.TextChoices):
    """What a person finds out about an unknown delivery."""

    APPLIED = "applied", "It is in ODIN"
    AGAIN = "again", "Send it again"
    REFUSED = "refused", "It is not in ODIN, and is given up"


class Deliveries(models.QuerySet["Delivery"]):
    """Query set of deliveries."""

    def meeting(self, *conditions: Any, **columns: Any) -> "Deliveries":
        """Keep those that also meet these conditions, like `filter`, but never search by them.

        For the deliveries of a file or change, which are found by that. For a file newer than its statistics
        PostgreSQL expects one row, and would compare each change of the file with each delivery that meets
        the conditions.
        """
        met = Case(When(Q(*conditions, **columns), then=True), default=False, output_field=BooleanField())
        return self.filter(met)

    def with_messages(self) -> "Deliveries":
        """Load their messages, which are stored in their changes, without the rest of the change.

        One more query instead of a join: a plan made just after a large file would search all deliveries for
        each change.
        """
        columns = ("messages", "content_hash", "state", "batch", "request_id")
        lean = apps.get_model("changes", "Change").objects.only(*columns)
        return self.prefetch_related(models.Prefetch("change", lean))

    def lanes(self) -> Iterator[list[str]]:
        """Yield the lanes some at a time, in no order: those of a file are as many as its rows.

        They are read and never joined: PostgreSQL expects one lane of a new file and would compare all with all.
        """
        found = self.order_by().values_list("lane", flat=True).iterator(chunk_size=LANES_AT_ONCE)
        while some := list(islice(found, LANES_AT_ONCE)):
            yield some


class Delivery(Leased):
    """One message for ODIN. The table is the queue; Celery only wakes workers.

    `lane` is `GROUP/USER`: messages of a lane leave one at a time, in the order of their ids (A5), except
    that `ahead` goes first. `priority` orders different lanes; earlier deliveries of a lane inherit that of a
    later urgent one. The content is message number `part` of the change, or `own_values` if the portal adds a
    message to an approved change; secrets in both are sealed. `content_hash` is the hash of the approved
    content. Times are UTC.
    """

    change = models.ForeignKey(
        "changes.Change",
        on_delete=models.PROTECT,
        related_name="deliveries",
        db_constraint=False,  # the guards of changes check more, once a statement
        db_index=False,  # delivery_of_a_part_once begins with it
    )
    message_type = models.PositiveSmallIntegerField()
    lane = models.CharField(max_length=40)
    part = models.PositiveSmallIntegerField(
        default=0,
        help_text="Which of the change's messages it is, from 0; what is none of them counts on from there.",
    )
    own_values = models.JSONField(null=True, help_text="Of a message that is none of the change's.")
    content_hash = models.CharField(max_length=64)
    reference = models.CharField(max_length=50, blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.SINGLE)
    ahead = models.BooleanField(
        default=False, help_text="It belongs to a create before it, and so goes before the rest of its lane."
    )
    held_by = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,  # asked only for deliveries that wait for a person, or of one lane
        help_text="On hold: the create that did not come about. The next one of this user lets it go on.",
    )
    paused = models.BooleanField(default=False, help_text="Its file is paused: nobody claims it.")
    not_before = models.DateTimeField(
        null=True,
        help_text="Nobody claims it while this is set: the sweep empties it when the time has come.",
    )
    set_aside = models.BooleanField(
        default=False,
        db_default=False,
        help_text="It is behind one of its lane that may not go now: no claim looks at it until that one moves.",
    )
    let_through = models.BooleanField(
        default=False,
        db_default=False,
        help_text="It is urgent: a person lets it go out while sending is closed.",
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    reason = models.TextField(blank=True, help_text="Why it is on hold, unknown or cancelled, in words.")
    needs_person = models.BooleanField(default=False)
    proposed = models.CharField(
        max_length=8,
        choices=Settlement.choices,
        blank=True,
        help_text="Of money: how a first person settles it, until a second agrees.",
    )
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Who said last how it ended, of money the second of two.",
    )
    doubted = models.BooleanField(
        default=False, help_text="An attempt was unknown: a repeat may meet its own effect."
    )
    attempt_count = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    first_sent_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=10, blank=True)
    text = models.TextField(blank=True, help_text="ODIN's words.")
    wording = models.ForeignKey(
        Wording,
        null=True,
        on_delete=models.PROTECT,
        related_name="deliveries",
        db_index=False,
        help_text="How its last attempt ended, if it was not applied.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    objects = Deliveries.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        default_permissions = ("view",)
        permissions = [
            ("resolve_delivery", "Can settle a delivery that needs attention"),
            ("let_through_delivery", "Can let urgent messages go out before their time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["lane"], condition=Q(state__in=BUSY), name="delivery_one_busy_per_lane"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state=State.IN_FLIGHT, lease_token__isnull=False)
                | (~Q(state=State.IN_FLIGHT) & Q(lease_token__isnull=True)),
                name="delivery_in_flight_has_a_lease",
            ),
            models.CheckConstraint(
                condition=Q(state__in=FINAL, finished_at__isnull=False)
                | (~Q(state__in=FINAL) & Q(finished_at__isnull=True)),
                name="delivery_final_has_an_end",
            ),
            models.UniqueConstraint(
                fields=["reference"],
                condition=Q(message_type__in=REFERENCED),
                name="delivery_limit_reference_once",
            ),
            models.UniqueConstraint(fields=["change", "part"], name="delivery_of_a_part_once"),
        ]
        indexes = [
            # The indexes that a claim reads: the queue in order, its urgent part while sending is closed, and
            # the open deliveries of a lane. The first two leave out what no worker may take, so that claims
            # do not read past it.
            models.Index(fields=["priority", "id"], condition=MAY_GO, name="delivery_next"),
            models.Index(
                fields=["priority", "id"], condition=MAY_GO & Q(let_through=True), name="delivery_next_urgent"
            ),
            models.Index(fields=["lane", "id"], condition=STILL_OPEN, name="delivery_open_by_lane"),
            models.Index(
                fields=["lease_until"], condition=Q(lease_until__isnull=False), name="delivery_by_lease"
            ),
            models.Index(
                fields=["priority", "not_before"],
                condition=STILL_OPEN & Q(not_before__isnull=False),
                name="delivery_not_yet",
            ),
            models.Index(fields=["lane"], condition=Q(set_aside=True), name="delivery_set_aside"),
            # For the counts in every page's navigation and on the operators' page.
            models.Index(fields=["id"], condition=Q(needs_person=True), name="delivery_needing_person"),
            models.Index(fields=["lane", "-id"], name="delivery_by_lane"),
            # For searches and filters of the list.
            BeginningIndex(UserId("lane"), name="delivery_by_user_id"),
            models.Index(fields=["reference"], condition=~Q(reference=""), name="delivery_by_reference"),
            models.Index(fields=["message_type", "-id"], name="delivery_by_message"),
            models.Index(fields=["created_at", "-id"], name="delivery_by_time"),
            models.Index(fields=["state", "-id"], condition=Q(state__in=RARE), name="delivery_by_rare_state"),
            # For the check of each queued create by a claim.
            models.Index(fields=["lane"], condition=Q(held_by__isnull=False), name="delivery_held_by_lane"),
            models.Index(
                fields=["wording", "-id"], condition=Q(wording__isnull=False), name="delivery_by_wording"
            ),
            # Without open deliveries, so that the planner does not use it for a claim.
            models.Index(fields=["finished_at"], condition=~STILL_OPEN, name="delivery_by_end"),
        ]

    @property
    def title(self) -> str:
        """What its message is called."""
        return REQUESTS[self.message_type].title

    def __str__(self) -> str:
        return f"Delivery {self.pk} ({self.message_type} for {self.lane})"

    def get_absolute_url(self) -> str:
        return reverse("delivery:detail", args=[self.pk])

    @property
    def values(self) -> dict[str, Any]:
        """The values of its message, secrets sealed."""
        if self.own_values is not None:
            return dict(self.own_values)
        return dict(self.change.messages[self.part]["values"])

    @property
    def words(self) -> str:
        """The words of its outcome: ODIN's, otherwise the portal's."""
        return self.text or self.reason


class Gate(models.Model):
    """What may stop all sending (row 1, shared by all workers): a person's pause, the circuit breaker, the rate.

    Times are UTC. `opened_at` is set while the circuit is open; `probe_at` is when the next message may go
    out.
    """

    paused_at = models.DateTimeField(null=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    pause_reason = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Messages in a row that brought no answer.")
    last_failure = models.TextField(blank=True)
    opened_at = models.DateTimeField(null=True)
    probe_at = models.DateTimeField(null=True)
    next_turn_at = models.DateTimeField(null=True, help_text="Under a rate limit: before it nobody sends.")
    swept_at = models.DateTimeField(null=True, help_text="When a worker last did what beat asks for.")

    class Meta:
        default_permissions = ()
        permissions = [("operate_gate", "Can pause and resume all sending")]
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="gate_is_one")]

    def __str__(self) -> str:
        return "Paused" if self.paused_at else "Circuit open" if self.opened_at else "Open"


class Attempt(models.Model):
    """One try at a delivery, written before the first byte leaves and completed when the answer was read.

    `request` is the message with secrets masked; `answer` is the raw answer (M3).
    """

    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    number = models.PositiveSmallIntegerField()
    worker = models.CharField(
        max_length=100, blank=True, db_default="", help_text="The process that made it: its host and number."
    )
    started_at = models.DateTimeField(auto_now_add=True)
    duration_ms = models.PositiveIntegerField(null=True)
    request = models.TextField()
    answer = models.TextField(blank=True)
    outcome = models.CharField(max_length=12, blank=True, help_text="Empty while no outcome is known.")
    code = models.CharField(max_length=10, blank=True)
    text = models.TextField(blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["delivery_id", "number"]
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once"),
        ]
        indexes = [models.Index(fields=["started_at"], name="attempt_by_time")]

    def __str__(self) -> str:
        return f"Attempt {self.number} of delivery {self.delivery_id}"
