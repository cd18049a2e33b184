"""A piece of an export is read from its position on, not from the beginning of the list."""

import json

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.exports import keyset
from tests.factories import RetailUserFactory

ROWS = 600


@pytest.mark.django_db
@pytest.mark.only_on("postgresql")
@pytest.mark.parametrize(
    "order",
    [
        *[("group_id", "user_id"), ("-group_id", "-user_id")],
        *[("name", "-pk"), ("-name", "pk"), ("confirmed_at", "-pk"), ("-confirmed_at", "pk")],
    ],
    ids=", ".join,
)
def test_rows_before_the_position_are_not_read_though_all_share_the_first_value(order):
    same = {"group_id": "HO", "name": "Asha Example", "confirmed_at": timezone.now()}
    RetailUserFactory.create_batch(ROWS, **same)
    rows, by = keyset.ordered(RetailUser.objects.order_by(*order))
    middle = keyset.place(list(rows.values_list(*(name.lstrip("-") for name in by)))[ROWS // 2])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_retailuser")
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    plans = [
        stretch[:10].explain(analyze=True, format="json") for stretch in keyset.stretches(rows, by, middle)
    ]
    assert sum(left_out(json.loads(plan)[0]["Plan"]) for plan in plans) == 0


def left_out(plan):
    """The rows that were read and not returned."""
    return plan.get("Rows Removed by Filter", 0) + sum(map(left_out, plan.get("Plans", ())))
