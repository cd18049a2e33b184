"""The guided tour of Today: six steps by role, to pages that the role may open, until the person ends it."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.html import escape

from backoffice.audit.models import Entry
from backoffice.desk.tour import TOURS, steps_for
from backoffice.logins.roles import ROLES
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def person(role):
    user = StaffFactory(username=role)
    user.groups.add(Group.objects.get(name=role))
    return user


def test_each_role_has_six_steps_of_its_own_that_lead_where_it_may_go(client, settings):
    settings.ORDER_DESK = True
    tours = set()
    for role in ROLES:
        user = person(role)
        client.force_login(user)
        steps = steps_for(user)
        assert len(steps) == 6, role
        tours.add(tuple(step.title for step in steps))
        page = client.get("/").content.decode()
        for step in steps:
            assert escape(step.title) in page
            assert len(step.text) <= 110, step.title
            if step.url:
                assert f'href="{step.url}"' in page
                assert client.get(step.url).status_code == 200, (role, step.url)
    assert len(tours) == len(ROLES) == len(TOURS)


def test_who_ended_the_tour_never_sees_it_again_and_others_do(client):
    maker, checker = person("maker"), person("checker")
    client.force_login(maker)
    for _ in range(2):  # a double click
        assert client.post(reverse("desk:end_tour")).url == reverse("desk:today")
    assert "Guided tour" not in client.get("/").content.decode()
    assert [(entry.by, entry.subject) for entry in Entry.objects.filter(action="tour.ended")] == [
        (maker, "staff:maker")
    ]
    client.force_login(checker)
    assert "Guided tour" in client.get("/").content.decode()


def test_today_refreshes_without_the_tour(client):
    client.force_login(person("maker"))
    assert (
        "Guided tour"
        not in client.get("/", headers={"HX-Request": "true", "HX-Target": "today"}).content.decode()
    )
