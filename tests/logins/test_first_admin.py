"""The first administrators, and the link with which somebody chooses a password."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from backoffice.audit.models import Entry
from backoffice.logins.models import User

pytestmark = pytest.mark.django_db


def make(capsys, name):
    call_command("first_admin", name)
    return capsys.readouterr().out.split()[-1]


def test_the_first_admin_chooses_a_password_by_a_link_that_works_once(client, capsys):
    link = make(capsys, "asha")
    page = client.get(link, follow=True)
    new = "a-Long-enough-1"
    client.post(page.request["PATH_INFO"], {"new_password1": new, "new_password2": new})
    assert client.post("/staff/login/", {"login": "asha", "password": new}).url == "/"
    assert User.objects.get().groups.get().name == "admin"
    assert "no longer good" in client.get(link).content.decode()
    assert set(Entry.objects.values_list("action", flat=True)) == {
        "staff.added",
        "staff.password_changed",
        "staff.logged_in",
    }


def test_there_are_two_and_no_more(capsys):
    make(capsys, "asha")
    make(capsys, "bala")
    with pytest.raises(CommandError, match="two administrators"):
        call_command("first_admin", "chitra")
    assert User.objects.count() == 2


def test_nobody_is_made_an_admin_by_the_command(maker):
    with pytest.raises(CommandError, match="on the staff already"):
        call_command("first_admin", "maker")
    assert not maker.groups.filter(name="admin").exists()


def test_one_who_left_does_not_count(capsys):
    make(capsys, "asha")
    make(capsys, "bala")
    User.objects.filter(username="asha").update(is_active=False)
    make(capsys, "chitra")
