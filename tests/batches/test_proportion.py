"""What is done with a whole file costs in proportion to its rows, also where PostgreSQL expects one row of it.

That is what its statistics say of a file that came after they were made. Work is counted, not timed: the rows that the
nodes of a plan read, pass on or leave out.
"""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils import timezone

from backoffice.batches import pausing
from backoffice.batches.check import summary
from backoffice.batches.decide import completion, decisions
from backoffice.batches.models import Batch, Row
from backoffice.batches.pages import result, timing
from backoffice.changes.models import Change
from backoffice.delivery import urgent
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State
from tests.looked_at import rows_looked_at

pytestmark = [pytest.mark.django_db, pytest.mark.only_on("postgresql")]

ROWS = 300
#: Deliveries that wait in blocked lanes. Few, so that a join of them with all pairs of others ends.
SET_ASIDE = 100
#: Rows that plans may look at for each row of a file. To compare each with each other would take ROWS of them.
EACH = 60
TABLES = [model._meta.db_table for model in (Row, Change, Delivery)]


@pytest.fixture
def file(checked, submitted, maker, checker):
    """A submitted file that statistics do not know, beside much else that they do not know."""
    checker.user_permissions.set(Permission.objects.all())
    before = submitted(ROWS)
    decisions.approve(before.pk, by=checker, content_hash=before.content_hash)
    Delivery.objects.update(state=State.REFUSED, finished_at=timezone.now() - timedelta(days=1))
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")  # its lock keeps autovacuum from these tables
    creates = list(Delivery.objects.order_by("pk"))
    Delivery.objects.bulk_create(_behind(create) for create in creates)
    Delivery.objects.bulk_create(
        _elsewhere(create, set_aside=number < SET_ASIDE) for number, create in enumerate(creates)
    )
    later = timezone.now() + timedelta(hours=1)
    return decisions.submit(checked(ROWS).pk, by=maker, mode="valid", reason="New clients", not_before=later)


def _behind(create):
    """A message of the same retail user that waits for somebody, since the user was not created."""
    return Delivery(
        change_id=create.change_id,
        part=1,
        lane=create.lane,
        message_type=310,
        own_values={},
        state=State.ON_HOLD,
        needs_person=True,
        held_by=create,
    )


def _elsewhere(create, **columns):
    """A message of another retail user that is queued."""
    return Delivery(
        change_id=create.change_id,
        part=2,
        lane=f"{create.lane}B",
        message_type=310,
        own_values={},
        **columns,
    )


def test_what_is_done_with_a_whole_file_looks_at_each_of_its_rows_a_few_times(file, maker, checker):
    found = {}

    def do(name, operation):
        with rows_looked_at(found, name, TABLES):
            operation()

    do("approve", lambda: decisions.approve(file.pk, by=checker, content_hash=file.content_hash))
    file = Batch.objects.get(pk=file.pk)
    assert Delivery.objects.filter(change__batch=file).count() == ROWS
    do("when it goes out", lambda: timing.goes_out(file, summary.deliveries(file)))
    do("let through", lambda: urgent.let_batch_through(file.pk, by=checker, reason="Trading begins"))
    do("pause", lambda: pausing.pause(file.pk, by=maker))
    do("resume", lambda: pausing.resume(file.pk, by=maker))
    do("counts", lambda: summary.sending(file, summary.deliveries(file)))
    do("cancel", lambda: completion.cancel_unsent(file.pk, by=checker, reason="Wrong branch"))
    do("outcome", completion.note_outcomes)
    do("counts at its end", lambda: summary.sending(file, summary.deliveries(file)))
    do("result", lambda: list(result.lines(file)))
    do("failed rows", lambda: list(result.lines(file, failed_only=True)))
    assert found
    assert not {name: each for name, each in found.items() if each[0] > EACH * ROWS}
