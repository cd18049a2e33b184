"""The bell in the frame, and the page of one's own notices."""

import pytest
from django.contrib.auth.models import Group
from django.test import RequestFactory
from django.urls import reverse

from backoffice.changes import operations as changes
from backoffice.desk.context import Bell, Frame
from backoffice.notices import operations
from backoffice.notices.models import Mode, Notice
from backoffice.notices.tasks import work_due
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from tests.factories import ChangeFactory
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def bell(person):
    request = RequestFactory().get("/")
    request.user, request.resolver_match = person, None
    return Frame(request).bell


def page_of(client, person):
    client.force_login(person)
    return flowed(client.get(reverse("notices:list")).content.decode())


def test_the_bell_counts_what_waits_and_what_came_back_until_it_is_read(client, propose, maker, checker):
    change = propose()
    assert bell(checker) == Bell(1, 0)
    assert bell(maker) == Bell(0, 0)
    changes.reject(change.pk, by=checker, reason="Wrong branch")
    assert bell(checker) == Bell(0, 0)
    assert bell(maker) == Bell(0, 1)
    page = page_of(client, maker)
    assert 'aria-label="Notices: 1 came back"' in page
    notice = Notice.objects.get(person=maker)
    answer = client.get(notice.get_absolute_url())
    assert answer.url == reverse("changes:detail", args=[change.pk])
    assert bell(maker) == Bell(0, 0)
    assert 'aria-label="Notices: nothing new"' in page_of(client, maker)


def test_all_that_came_back_is_read_at_once_and_what_waits_waits_on(client, propose, maker, checker):
    own = ChangeFactory(made_by=checker)
    Notice.objects.create(person=checker, event="refused", change=own)
    waiting = propose()
    client.force_login(checker)
    client.get(Notice.objects.get(person=checker, event="submitted").get_absolute_url())
    client.post(reverse("notices:read_all"))
    assert bell(checker) == Bell(1, 0)
    assert Notice.objects.get(change=waiting, person=checker).over_at is None


def test_the_bell_counts_no_further_than_its_two_digits(maker, monkeypatch):
    for _ in range(3):
        Notice.objects.create(person=maker, event="done", change=ChangeFactory(made_by=maker))
    assert bell(maker).count == "3"
    monkeypatch.setattr(operations, "SHOWN", 2)
    assert bell(maker) == Bell(0, 2)
    assert bell(maker).count == "99+"
    assert Bell(1, 2).words == "Notices: 1 waits for you, 2 came back"


def test_an_open_page_is_given_another_bell_when_something_came_back(client, propose, maker, checker, swept):
    change = propose()
    client.force_login(maker)
    seen = client.get("/").context["frame"].seen
    state = reverse("desk:state")
    assert client.get(state, {"seen": seen}, headers=HTMX).status_code == 204
    changes.reject(change.pk, by=checker, reason="Wrong branch")
    moved = client.get(state, {"seen": seen}, headers=HTMX).content.decode()
    assert 'id="bell" hx-swap-oob="true"' in flowed(moved)
    assert "1 came back" in moved


def test_the_page_costs_the_same_however_much_there_is(
    client, propose, checker, django_assert_max_num_queries
):
    for number in range(12):
        propose(user_id=f"MANY{number}", email=f"many{number}@example.com")
    client.force_login(checker)
    client.get(reverse("notices:list"))
    with django_assert_max_num_queries(16):
        page = client.get(reverse("notices:list")).content.decode()
    assert "12 wait for your decision" in flowed(page)
    assert "Create retail user" in page
    assert (
        f'{example(CreateRetailUser)["name"]} <span class="small"><span class="mono">HO/MANY11</span>'
        in flowed(page)
    )


def test_the_page_shows_what_would_be_sent_and_the_choice_holds(client, propose, maker, checker, settings):
    change = propose()
    page = page_of(client, checker)
    assert "E-mail is off in this installation" in page
    assert "Your next e-mail" in page
    assert f"Waiting for your decision: C-{change.pk}" in page
    assert 'value="digest" checked' in page
    answer = client.post(reverse("notices:choose"), {"mode": Mode.AT_ONCE}, follow=True).content.decode()
    assert "Your choice is saved." in answer
    work_due()
    page = page_of(client, checker)
    assert "Shown here only" in page
    assert "Your next e-mail" not in page
    assert 'value="at_once" checked' in page
    answer = client.post(reverse("notices:choose"), {"mode": "weekly"}, follow=True).content.decode()
    assert "Choose one of the three." in answer
    settings.EMAIL_HOST = "smtp.example"
    assert "You have no e-mail address here." in page_of(client, checker)


def test_notices_are_their_persons_alone(client, propose, checker, other_checker):
    propose()
    client.force_login(other_checker)
    theirs = Notice.objects.get(person=checker)
    assert client.get(theirs.get_absolute_url()).status_code == 404
    assert client.get(reverse("notices:read_all")).status_code == 405


def test_a_checker_who_became_one_later_has_what_waits_in_the_bell(propose, support):
    propose()
    support.groups.add(Group.objects.get(name="checker"))
    assert bell(type(support).objects.get(pk=support.pk)) == Bell(1, 0)
