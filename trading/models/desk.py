"""The order desk: sessions of clients, confirmed orders, and requests on them.

What was confirmed is written once; the state from the book may change. The client's token is sealed while its
session is open and deleted when it ends (R13).
"""

from datetime import timedelta
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from backoffice.rest.api.codes import Exchange, OrderType, Product, Side, Validity
from backoffice.rest.api.status import read_status
from trading.models.access import SPARE_SECONDS, Identified

#: Characters of an order id; a longer one is not from the OMS.
ORDER_ID_LENGTH = 64


#: The owner of a session and its orders if no dealer opened it.
THE_CLIENT = "the client"


class SessionState(models.TextChoices):
    """The state of a desk session."""

    OPENING = "opening", "Being opened"
    OPEN = "open", "Open"
    ENDED = "ended", "Ended"
    FAILED = "failed", "No login"


#: How a client who logs in on our page was identified: by a secret link and personal details.
OWN_PAGE = "own_page"


class DeskSession(models.Model):
    """A client's own login, opened beside a dealer, or by the client on our page. Written before the login is sent.

    `dealer`: None if the client opened it. `service`: where its calls go, "" for the broker's own REST API
    (`trading.desk.services`). `allowed`: what the login says of exchanges, products, GTD days and after-market orders.
    `counts`: the login failed in a way that a lock-out may have counted. `ends_at`: after it the token is of no use.
    """

    token = models.UUIDField(unique=True)
    lane = models.CharField(max_length=80)
    user_id = models.CharField(max_length=40)
    dealer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    service = models.CharField(max_length=40, blank=True)
    identified = models.CharField(
        max_length=12, choices=[*Identified.choices, (OWN_PAGE, "On our page, by link and proof")]
    )
    factor = models.CharField(max_length=12)
    opened_at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=8, choices=SessionState.choices, default=SessionState.OPENING)
    sealed_token = models.TextField(blank=True)
    allowed = models.JSONField(default=dict)
    ends_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True, help_text="Why it ended, or why there was no login.")
    counts = models.BooleanField(default=False)

    class Meta:
        ordering = ("-id",)
        default_permissions = ()
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=SessionState.values), name="desk_session_state"),
            models.CheckConstraint(
                condition=Q(dealer__isnull=False, identified__in=Identified.values)
                | Q(dealer__isnull=True, identified=OWN_PAGE),
                name="desk_session_of_dealer_or_client",
            ),
            models.CheckConstraint(
                condition=Q(state=SessionState.OPEN) | Q(sealed_token=""), name="desk_session_forgets"
            ),
            models.UniqueConstraint(
                fields=["lane"],
                condition=Q(state__in=(SessionState.OPENING, SessionState.OPEN)),
                name="desk_session_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["lane", "-opened_at"], name="desk_session_by_lane")]

    def __str__(self) -> str:
        return f"Desk session S-{self.pk} of {self.lane}"

    def get_absolute_url(self) -> str:
        return desk_url(self.lane)

    @property
    def who(self) -> str:
        """Who works with it."""
        return str(self.dealer or THE_CLIENT)


class OrderKind(models.TextChoices):
    """Which call places it."""

    REGULAR = "regular", "Order"
    COVER = "cover", "Cover order"


class Instruction(models.TextChoices):
    """How the client gave the instruction."""

    RECORDING = "recording", "By telephone, recorded"
    EMAIL = "email", "By e-mail"
    PERSON = "person", "In person"
    OWN_CLICK = "own_click", "By the client's own click"


#: How a client can give an instruction to a dealer.
TO_A_DEALER = [(one.value, one.label) for one in Instruction if one is not Instruction.OWN_CLICK]
_TO_A_DEALER = [value for value, _ in TO_A_DEALER]


class OrderState(models.TextChoices):
    """The state of an order (R20). After `accepted`, only the book changes it."""

    SENDING = "sending", "Being sent"
    UNKNOWN = "unknown", "Unknown"
    ACCEPTED = "accepted", "Accepted by the OMS"
    WORKING = "working", "Working"
    PART = "part", "Part executed"
    EXECUTED = "executed", "Executed"
    CANCELLED = "cancelled", "Cancelled"
    REJECTED = "rejected", "Rejected"
    REFUSED = "refused", "Refused"
    NOT_SENT = "not_sent", "Not sent"
    NOT_PLACED = "not_placed", "Not placed"


#: An order that may be in the market with unknown outcome; its scrip and side are locked (R21).
DOUBTFUL = (OrderState.SENDING, OrderState.UNKNOWN)
#: Orders that are not, and will not be, in the market. They count for no cap.
NOTHING_PLACED = (OrderState.REFUSED, OrderState.NOT_SENT, OrderState.NOT_PLACED, OrderState.REJECTED)
#: States that the book may still change.
LIVE = (OrderState.ACCEPTED, OrderState.WORKING, OrderState.PART)


class DeskOrder(models.Model):
    """An order as it was confirmed, committed with its `identifier` before the first byte is sent (R19).

    `token`: the confirmation that it came from. `dealer`: None if the client placed it on our page. `value`: rupees
    for the caps. `as_of`: since when the scrip master was current. What may change: the state and what the book says of
    it, as of `read_at`.
    """

    token = models.UUIDField(unique=True)
    desk_session = models.ForeignKey(DeskSession, on_delete=models.PROTECT, related_name="orders")
    lane = models.CharField(max_length=80)
    dealer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)
    day = models.DateField(help_text="The trading day in India.")
    identifier = models.CharField(max_length=8)
    kind = models.CharField(max_length=8, choices=OrderKind.choices)
    exchange = models.CharField(max_length=10, choices=[(one.value, one.label) for one in Exchange])
    scrip_token = models.BigIntegerField()
    scrip = models.CharField(max_length=120)
    as_of = models.DateTimeField()
    side = models.CharField(max_length=4, choices=[(one.value, one.label) for one in Side])
    product = models.CharField(max_length=10, choices=[(one.value, one.label) for one in Product])
    order_type = models.CharField(max_length=8, choices=[(one.value, one.label) for one in OrderType])
    quantity = models.BigIntegerField()
    price = models.DecimalField(default=Decimal(0), max_digits=20, decimal_places=4)
    trigger_price = models.DecimalField(default=Decimal(0), max_digits=20, decimal_places=4)
    disclosed_quantity = models.BigIntegerField(default=0)
    validity = models.CharField(max_length=8, choices=[(one.value, one.label) for one in Validity])
    validity_days = models.PositiveIntegerField(default=0)
    is_amo = models.BooleanField(default=False)
    stop_price = models.DecimalField(null=True, max_digits=20, decimal_places=4)
    stop_trigger = models.DecimalField(null=True, max_digits=20, decimal_places=4)
    algo_id = models.CharField(max_length=20, blank=True)
    value = models.DecimalField(max_digits=20, decimal_places=4)
    words = models.TextField(help_text="The order as it was confirmed.")
    instruction = models.CharField(max_length=10, choices=Instruction.choices)
    reference = models.CharField(max_length=200)

    state = models.CharField(max_length=10, choices=OrderState.choices, default=OrderState.SENDING)
    order_id = models.CharField(max_length=ORDER_ID_LENGTH, blank=True)
    book_quantity = models.BigIntegerField(null=True, help_text="In all, with what was modified since.")
    book_status = models.CharField(max_length=40, blank=True)
    traded_quantity = models.BigIntegerField(default=0)
    error_reason = models.TextField(blank=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("deal", "Can deal at the order desk"),
            ("stop_desk", "Can stop all order desks"),
            ("release_desk", "Can approve that the order desks work again"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lane", "day", "identifier"], name="desk_order_identifier"),
            # One that may be in the market unseen locks its scrip and side.
            models.UniqueConstraint(
                fields=["lane", "exchange", "scrip_token", "side"],
                condition=Q(state__in=DOUBTFUL),
                name="desk_order_one_in_doubt",
            ),
            models.UniqueConstraint(
                fields=["lane", "exchange", "order_id"],
                condition=~Q(order_id=""),
                name="desk_order_found_once",
            ),
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="desk_order_state"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="desk_order_quantity"),
            models.CheckConstraint(
                condition=(
                    Q(instruction__in=_TO_A_DEALER, dealer__isnull=False)
                    | Q(instruction=Instruction.OWN_CLICK, dealer__isnull=True)
                )
                & ~Q(reference=""),
                name="desk_order_has_an_instruction",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["lane", "-id"], name="desk_order_by_lane"),
            models.Index(fields=["day", "dealer"], name="desk_order_by_day"),
            models.Index(fields=["id"], condition=Q(state__in=DOUBTFUL), name="desk_order_in_doubt"),
        ]

    def __str__(self) -> str:
        return f"O-{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("trading:order", args=[self.pk])

    @property
    def who(self) -> str:
        """Who sent it."""
        return str(self.dealer or THE_CLIENT)

    @property
    def in_doubt(self) -> bool:
        """Whether its outcome is unknown: in state unknown, or sent so long ago that its process must have died."""
        return self.state == OrderState.UNKNOWN or (
            self.state == OrderState.SENDING and timezone.now() > self.at + sending_over()
        )

    @property
    def shown_state(self) -> str:
        """The state for people: one that was being sent too long is unknown."""
        return OrderState.UNKNOWN.value if self.in_doubt else self.state

    @property
    def total(self) -> int:
        """The quantity in all: what the book said last, else what was confirmed."""
        return self.quantity if self.book_quantity is None else self.book_quantity

    @property
    def status_words(self) -> str:
        """What the book says, in words; a status that is not listed as it came."""
        status = read_status(self.book_status) if self.book_status else None
        return status.label if status else self.book_status


class AskedKind(models.TextChoices):
    """The kind of request on an order in the book."""

    MODIFY = "modify", "Modification"
    CANCEL = "cancel", "Cancellation"


class AskedState(models.TextChoices):
    """The state of a request: *asked for* until the book shows it (R20)."""

    SENDING = "sending", "Being sent"
    UNKNOWN = "unknown", "Unknown"
    ASKED = "asked", "Asked for"
    DONE = "done", "Done"
    NOT_DONE = "not_done", "Not done"
    REFUSED = "refused", "Refused"
    NOT_SENT = "not_sent", "Not sent"


#: While one of these is open, no other request on its order is sent.
ASKED_DOUBTFUL = (AskedState.SENDING, AskedState.UNKNOWN)
ASKED_OPEN = (*ASKED_DOUBTFUL, AskedState.ASKED)


class AskedChange(models.Model):
    """A modification or cancellation of an order in the client's book, committed before the first byte is sent.

    `desk_order`: where the desk placed it; clients' own orders have none. `values`: what is asked, `before`: what the
    book said then. `added_value`: rupees that it adds to the caps.
    """

    token = models.UUIDField(unique=True)
    desk_session = models.ForeignKey(DeskSession, on_delete=models.PROTECT, related_name="asked")
    desk_order = models.ForeignKey(DeskOrder, null=True, on_delete=models.PROTECT, related_name="asked")
    lane = models.CharField(max_length=80)
    exchange = models.CharField(max_length=10)
    order_id = models.CharField(max_length=ORDER_ID_LENGTH)
    kind = models.CharField(max_length=8, choices=AskedKind.choices)
    dealer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    day = models.DateField()
    values = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    added_value = models.DecimalField(default=Decimal(0), max_digits=20, decimal_places=4)
    words = models.TextField()
    instruction = models.CharField(max_length=10, choices=TO_A_DEALER)
    reference = models.CharField(max_length=200)

    state = models.CharField(max_length=10, choices=AskedState.choices, default=AskedState.SENDING)
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        default_permissions = ()
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["lane", "exchange", "order_id"],
                condition=Q(state__in=ASKED_DOUBTFUL),
                name="asked_change_one_in_doubt",
            ),
            models.CheckConstraint(condition=Q(state__in=AskedState.values), name="asked_change_state"),
            models.CheckConstraint(
                condition=Q(instruction__in=_TO_A_DEALER) & ~Q(reference=""),
                name="asked_change_has_an_instruction",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["lane", "-id"], name="asked_change_by_lane"),
            models.Index(fields=["day", "dealer"], name="asked_change_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} R-{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("trading:asked", args=[self.pk])

    @property
    def who(self) -> str:
        """Who asked for it."""
        return str(self.dealer)

    @property
    def in_doubt(self) -> bool:
        """Whether its outcome is unknown."""
        return self.state == AskedState.UNKNOWN or (
            self.state == AskedState.SENDING and timezone.now() > self.at + sending_over()
        )

    @property
    def shown_state(self) -> str:
        """The state for people: one that was being sent too long is unknown."""
        return AskedState.UNKNOWN.value if self.in_doubt else self.state


def desk_url(lane: str) -> str:
    """The desk of a client."""
    return reverse("trading:client", args=lane.split("/", 1))


def sending_over() -> timedelta:
    """After this time a call has ended, whatever its outcome; one without an outcome was interrupted."""
    return timedelta(seconds=settings.REST_TOTAL_TIMEOUT + SPARE_SECONDS)
