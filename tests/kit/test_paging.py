"""Pages of a list: an order that leaves none open."""

import pytest
from django.db.models import Count

from backoffice.kit.paging import by_number, settled
from backoffice.logins.models import User
from runs.models import Run


def order(rows):
    return list(settled(rows).query.order_by)


def test_rows_that_are_alike_come_in_the_order_of_their_numbers():
    assert order(User.objects.order_by("last_name")) == ["last_name", "-pk"]
    assert order(User.objects.order_by("-last_name")) == ["-last_name", "pk"]
    assert order(User.objects.order_by("last_name", "-id")) == ["last_name", "-id"]


def test_rows_without_an_order_keep_none():
    assert order(Run.objects.order_by()) == []


@pytest.mark.django_db
def test_rows_that_are_counted_with_what_belongs_to_them_keep_the_order_of_their_model():
    counted = Run.objects.annotate(places=Count("clients"))
    assert "ORDER BY" not in str(counted.query)  # Django leaves it out
    assert order(counted) == ["-id"]
    assert by_number(counted)
    assert "ORDER BY" in str(settled(counted).query)
