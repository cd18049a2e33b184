"""`among`: many values in one parameter."""

import pytest

from accounts.models import RetailUser
from tests.factories import RetailUserFactory

HOSTILE = ['A"B', "A\\B", "A,B", "{A}", "A'B", "A%sB", "NULL", "अशा"]

pytestmark = pytest.mark.django_db


def test_texts_are_found_whatever_they_contain():
    for name in (*HOSTILE, "A", "B"):
        RetailUserFactory(name=name)
    found = RetailUser.objects.filter(name__among=HOSTILE)
    assert sorted(found.values_list("name", flat=True)) == sorted(HOSTILE)


def test_numbers_are_found():
    first, _, last = (RetailUserFactory() for _ in range(3))
    assert set(RetailUser.objects.filter(pk__among=[last.pk, first.pk])) == {first, last}
    assert set(RetailUser.objects.filter(pk__among={first.pk: "a key"})) == {first}


def test_nothing_is_found_among_nothing():
    RetailUserFactory()
    assert not RetailUser.objects.filter(pk__among=[]).exists()
    assert not RetailUser.objects.filter(name__among=[]).exists()
