"""Audit entries say who, what, from where; and are written once."""

import pytest

from backoffice.audit.models import AppendOnly, Entry
from backoffice.audit.operations import record

pytestmark = pytest.mark.django_db


def test_an_entry_keeps_the_name_as_it_was_then(maker):
    entry = record("change.submitted", by=maker, subject="HO/RET001", text="Submitted.")
    maker.username = "renamed"
    maker.save()
    assert Entry.objects.get(pk=entry.pk).by_name == "maker"


def test_what_workers_do_is_done_by_system():
    assert record("delivery.applied", by=None, subject="HO/RET001", text="Applied.").by_name == "system"


def test_an_entry_is_neither_changed_nor_deleted(maker):
    entry = record("change.submitted", by=maker, subject="HO/RET001", text="Submitted.")
    entry.text = "Something else."
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()


def test_an_entry_of_a_request_carries_its_id_and_address(client, maker):
    maker.set_password("right-Pass1")
    maker.save()
    response = client.post(
        "/staff/login/", {"login": "maker", "password": "right-Pass1"}, REMOTE_ADDR="192.0.2.7"
    )
    entry = Entry.objects.get(action="staff.logged_in")
    assert entry.address == "192.0.2.7"
    assert entry.request_id == response["X-Request-ID"]


def test_a_forwarding_header_is_not_believed(client, maker):
    maker.set_password("right-Pass1")
    maker.save()
    client.post(
        "/staff/login/",
        {"login": "maker", "password": "right-Pass1"},
        REMOTE_ADDR="192.0.2.7",
        HTTP_X_FORWARDED_FOR="203.0.113.9",
    )
    assert Entry.objects.get(action="staff.logged_in").address == "192.0.2.7"


def test_the_trusted_proxy_says_where_a_request_came_from(client, settings):
    settings.BEHIND_PROXY = True
    told = {"X-Forwarded-For": "203.0.113.1, 192.0.2.9"}
    client.post("/staff/login/", {"login": "nobody", "password": "x"}, REMOTE_ADDR="192.0.2.7", headers=told)
    assert Entry.objects.get(action="staff.login_failed").address == "192.0.2.9"
