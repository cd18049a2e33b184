"""A desk session that ended while its login was under way is not opened by the answer that comes then."""

import pytest
from django.contrib.auth.models import Group

from backoffice.audit.models import Entry
from backoffice.rest import client
from tests.trading.conftest import open_desk, sent
from trading.desk import sessions
from trading.desk.errors import DeskProblem
from trading.models import DeskSession, SessionState

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("password", [None, "Wrong#2026"])
def test_a_login_that_ended_meanwhile_opens_nothing_and_is_logged_out(
    client_user, dealer, standin, scrips, monkeypatch, password
):
    login = client.login

    def login_while_it_ends(values):
        found = login(values)
        sessions.end(DeskSession.objects.get(), "The login was interrupted.", by=None)
        return found

    monkeypatch.setattr(client, "login", login_while_it_ends)
    with pytest.raises(DeskProblem, match="log in again" if password is None else "no login"):
        open_desk(client_user, dealer, standin, **({"password": password} if password else {}))
    row = DeskSession.objects.get()
    assert (row.state, row.sealed_token, row.words) == (SessionState.FAILED, "", "The login was interrupted.")
    assert sent(standin, "logout") == (1 if password is None else 0)
    assert not Entry.objects.filter(action__in=("desk.opened", "desk.no_login")).exists()


def test_a_desk_is_closed_by_its_own_dealer_only(desk, dealer, standin):
    other = type(dealer).objects.create_user("dealer2")
    other.groups.add(Group.objects.get(name="dealer"))
    assert not sessions.close("HO/DEMO1", by=other)
    assert DeskSession.objects.get().state == SessionState.OPEN
    assert sessions.close("HO/DEMO1", by=dealer)
    assert not sessions.close("HO/DEMO1", by=dealer)
    assert (DeskSession.objects.get().state, sent(standin, "logout")) == (SessionState.ENDED, 1)
