"""The past of the demonstration: made by the portal's own operations, and everything in it agrees."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from accounts.models import BankAccount, DematAccount, RetailUser
from backoffice.audit.models import Entry, Seal
from backoffice.audit.seals import verify
from backoffice.batches.models import Batch
from backoffice.changes.models import Change
from backoffice.delivery.models import Attempt, Delivery
from backoffice.logins.models import User
from backoffice.notices.models import Notice
from backoffice.odin.models import Question
from limits.models import LimitUpdate
from partners.management.commands.demo_connector import INVITED
from tools.demonstration.filling import NotEmpty, fill

# The demonstration runs on SQLite alone.
pytestmark = [pytest.mark.django_db, pytest.mark.only_on("sqlite")]

CLIENTS = 30


def silent(line):
    """Replaces the terminal."""


def count(rows, column):
    return Counter(rows.order_by().values_list(column, flat=True))


def in_odin(odin):
    return {f"{user['group_id']}/{user['user_id']}": user for user in odin.store.users(10_000)}


def test_four_weeks_of_work_agree_with_the_stand_in_and_with_the_trail(odin, settings):
    settings.PORTAL_ENVIRONMENT = "DEMO"
    settings.DELIVERY_HOLD_SECONDS = 30
    begun = datetime.now(UTC)
    fill(odin, clients=CLIENTS, until=begun, said=silent)
    assert abs(timezone.now() - datetime.now(UTC)) < timedelta(seconds=5)  # the real clock is back

    # Every state there is, and two people for money above the limit.
    statuses = Counter(change.status for change in Change.objects.all())
    assert {
        *("draft", "submitted", "rejected", "withdrawn", "stale", "expired", "applied", "refused"),
        *("unknown", "on_hold"),
    } <= statuses.keys()
    assert {"applied", "refused", "unknown", "on_hold"} == set(count(Delivery.objects.all(), "state"))
    assert Change.objects.filter(corrects__isnull=False).count() >= 2
    assert {change.approvals.count() for change in Change.objects.filter(amount__gt=1_000_000)} == {1, 2}
    assert Change.objects.exclude(profile="").exists()
    being_fixed, delivered = Batch.objects.order_by("-id")
    assert (being_fixed.state, delivered.status) == ("checked", "refused")
    assert being_fixed.wrong == 2
    assert being_fixed.rows.exclude(corrections={}).count() == 2
    assert set(count(Question.objects.all(), "state")) == {"answered"}
    assert Notice.objects.filter(over_at=None, person__username="maker").exists()
    assert Notice.objects.filter(over_at=None, person__username="checker").exists()

    # No two clients are alike, and one of them can be invited to a basket.
    for model, columns in (
        (RetailUser, ("name", "pan", "mobile", "email")),
        (BankAccount, ("account_no",)),
        (DematAccount, ("beneficiary_id",)),
    ):
        for column in columns:
            assert max(count(model.objects.all(), column).values()) == 1, column
    assert RetailUser.objects.filter(pan__startswith="ZZZP", mobile__startswith="9000").count() > CLIENTS - 5
    guest = RetailUser.objects.get(user_id=INVITED.partition("/")[2])
    assert "1" in guest.trading_segments
    assert LimitUpdate.objects.filter(retail_user=guest, amount=250_000).exists()

    # The stand-in has the same users with the same values, and the same money.
    users = in_odin(odin)
    assert users.keys() == {user.lane for user in RetailUser.objects.all()}
    for user in RetailUser.objects.all():
        held = users[user.lane]["values"]
        for name in ("name", "pan", "address_1", "mobile", "email", "status", "branch"):
            assert held.get(name, "") == getattr(user, name), (user.lane, name)
    unknown = Delivery.objects.filter(state="unknown").values_list("reference", flat=True)
    references = {one["reference"] for one in odin.store.all_limits(0, 10_000)}
    assert references - set(unknown) == set(LimitUpdate.objects.values_list("reference", flat=True))
    assert Attempt.objects.count() == odin.store.count("ledger") - _not_deliveries(odin)

    # The trail is whole, sealed as it grew, and neither it nor the stand-in has a time that is out of order.
    found = verify()
    assert (found.fault, found.unsealed) == ("", 0)
    times = list(Entry.objects.order_by("id").values_list("at", flat=True))
    assert times == sorted(times)
    assert times[0] < begun - timedelta(days=24)
    assert times[-1] <= timezone.now()
    assert Seal.objects.count() > 15
    received = [datetime.fromisoformat(entry.received) for entry in odin.store.ledger(limit=100_000)]
    # Calls come side by side, so entries of a moment may change places.
    assert all(later > earlier - timedelta(seconds=5) for earlier, later in pairwise(received))
    assert received[0] < begun - timedelta(days=24)

    with pytest.raises(NotEmpty, match="holds something already"):
        fill(odin, clients=CLIENTS, until=begun, said=silent)


def _not_deliveries(odin):
    """Messages of the ledger that no delivery sent: logons, logoffs and reads."""
    return sum(entry.type in (101, 108, 316, 318, 326, 328) for entry in odin.store.ledger(limit=100_000))


def test_no_past_is_made_outside_of_a_demonstration(odin, settings):
    settings.PORTAL_ENVIRONMENT = "LIVE"
    with pytest.raises(NotEmpty, match="PORTAL_ENVIRONMENT must be DEMO"):
        fill(odin, clients=CLIENTS, until=timezone.now(), said=silent)
    assert not User.objects.exists()
    assert not Entry.objects.exists()
