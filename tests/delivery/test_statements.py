"""How many statements a delivery takes from its claim until it is settled: each is a trip to the database."""

from collections import Counter

import pytest
from django.db import connection

from backoffice import copying
from backoffice.delivery import queue, sending
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import State
from backoffice.odin import session
from backoffice.protocol.examples import example
from backoffice.protocol.messages.limits import CashDeposit
from standins.odin.handlers.users import _blank
from tests.factories import DeliveryFactory, RetailUserFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.only_on("postgresql")]


@pytest.fixture
def statements(monkeypatch):
    """Count what is sent to PostgreSQL: statements, and the rows that are copied into a table as one."""
    counted = Counter()

    def count(execute, sql, *rest):
        counted[sql.split(" WHERE ")[0]] += 1
        return execute(sql, *rest)

    plain = copying.insert_rows

    def copied(model, *rest):
        counted[f"COPY {model._meta.db_table}"] += 1
        return plain(model, *rest)

    monkeypatch.setattr(copying, "insert_rows", copied)
    with connection.execute_wrapper(count):
        yield counted


def deposits(odin, count):
    """Make this many queued deposits of different retail users, and a session to send them in."""
    for number in range(count):
        user = RetailUserFactory(user_id=f"R{number:05}")
        odin.store.save_user(_blank(user.group_id, user.user_id))
        values = {**example(CashDeposit), "group_id": user.group_id, "user_id": user.user_id}
        values["reference"] = f"STATEMENTS{number:05}"
        DeliveryFactory(
            lane=f"{user.group_id}/{user.user_id}",
            message_type=CashDeposit.type,
            own_values=values,
            reference=values["reference"],
        )
    session.current()


#: To claim, to begin, to tell the gate and to settle: statements, without those that begin and end the transactions.
CLAIM, BEGIN, REPORT, SETTLE = 7, 3, 1, 13


@pytest.mark.parametrize("count", [1, 8])
def test_deliveries_take_no_more_statements_than_they_need_and_several_no_more_than_one(
    odin, statements, count
):
    deposits(odin, count)

    def taken(step):
        statements.clear()
        return step(), statements.total()

    claims, claiming = taken(lambda: queue.claim_some(count))
    calls, beginning = taken(lambda: sending.begin(claims))
    results, calling = taken(lambda: [sending.send(call) for call in calls])
    _, reporting = taken(lambda: sending.report(results))
    _, settling = taken(lambda: sending.settle(results))
    found = (claiming, beginning, calling, reporting, settling)
    assert found == (CLAIM, BEGIN, 0, REPORT, SETTLE), dict(statements)
    assert Delivery.objects.filter(state=State.APPLIED).count() == count
