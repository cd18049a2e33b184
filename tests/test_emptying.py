"""The database is emptied quickly, also after a test that changed what migrations leave."""

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from tests import emptying


@pytest.mark.django_db(transaction=True)
def test_a_test_that_changes_a_role_slows_no_later_test(monkeypatch):
    ways = []

    def djangos(test):
        ways.append(test)
        call_command("flush", interactive=False, verbosity=0)

    monkeypatch.setattr(emptying, "_djangos_way", djangos)
    maker = Group.objects.get(name="maker")
    rights = set(maker.permissions.values_list("codename", flat=True))
    maker.permissions.clear()
    emptying._empty("the test that changes it")
    emptying._empty("a later test")
    assert ways == ["the test that changes it"]
    assert set(Group.objects.get(name="maker").permissions.values_list("codename", flat=True)) == rights
