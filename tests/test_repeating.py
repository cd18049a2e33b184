"""A query that is asked again and again: its SQL is written once, its answer is the database's of that moment."""

import pytest
from django.db.models.sql.compiler import SQLCompiler

from accounts.models import RetailUser
from backoffice.repeating import GIVEN, Repeated
from tests.factories import RetailUserFactory

pytestmark = pytest.mark.django_db


def test_each_answer_is_of_the_database_as_it_is_then():
    own = RetailUserFactory()
    rows = RetailUser.objects.filter(pk=own.pk)
    record, values = Repeated(rows), Repeated(rows.values_list("name", "created_at"))
    assert values.first() == (own.name, own.created_at)
    rows.update(name="Another name")
    assert (record.first().name, values.first()[0]) == ("Another name", "Another name")
    rows.update(user_id="AWAY01")
    assert record.first().user_id == "AWAY01"
    assert Repeated(RetailUser.objects.filter(pk=own.pk + 1)).first() is None


def test_its_sql_is_written_once_and_the_query_it_was_made_of_stays_as_it_is(monkeypatch):
    written, plain = [], SQLCompiler.as_sql
    monkeypatch.setattr(
        SQLCompiler,
        "as_sql",
        lambda own, *args, **options: written.append(own) or plain(own, *args, **options),
    )
    own = RetailUserFactory()
    rows = RetailUser.objects.filter(pk=own.pk)
    repeated = Repeated(rows)
    written.clear()
    assert [repeated.first() for _ in range(3)] == [own] * 3
    assert len(written) == 1
    assert rows.exclude(user_id=own.user_id).first() is None


def test_what_is_given_is_another_value_each_time_and_never_a_part_of_the_sql():
    one, two = RetailUserFactory(), RetailUserFactory()
    rows = RetailUser.objects.order_by()
    number, name = Repeated(rows.filter(pk=GIVEN)), Repeated(rows.filter(name=GIVEN).values_list("pk"))
    assert [number.get(each.pk) for each in (one, two, one)] == [one, two, one]
    RetailUser.objects.filter(pk=two.pk).update(name="' OR TRUE --")
    assert name.first("' OR TRUE --") == (two.pk,)
    assert name.first("' OR FALSE --") is None
    with pytest.raises(ValueError, match="not enough"):
        number.get(two.pk + 1)
