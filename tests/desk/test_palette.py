"""The search on top offers every page that a person may open without naming a record."""

import pytest
from django.test import RequestFactory
from django.urls import reverse

from backoffice.desk.context import Frame
from backoffice.desk.palette import offer, pages_of
from backoffice.logins.roles import ROLES
from tests.logins.test_pages_by_role import client_of, pages, people

__all__ = ["people"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("swept")]

#: The search itself, pages that need a choice made on another one, and steps of the login.
NOT_OFFERED = {
    "desk:search",
    "accounts:several",
    "changes:review",
    "delivery:several",
    "reconciliation:settle",
    "logins:login",
    "logins:logout",
    "logins:password",
    "logins:kept",
}
STEPS = ("account_log", "account_set", "account_inactive", "account_reauthenticate", "mfa_", "socialaccount_")


def offered(person):
    request = RequestFactory().get("/")
    request.user = person
    request.resolver_match = None
    return pages_of(person, Frame(request).nav)


@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_a_role_may_open_is_offered(people, role):
    client, found = client_of(people, role), {item.url for item in offered(people[role])}
    missing, closed = [], []
    for _, name, parts in pages():
        if parts or name in NOT_OFFERED or (name.startswith(STEPS) and name != "mfa_index"):
            continue
        answer = client.get(reverse(name))
        is_page = answer.status_code == 200 and b"<h1" in getattr(
            answer, "content", b""
        )  # a file is streamed
        if is_page and answer.request["PATH_INFO"] not in found:
            missing.append(name)
        if not is_page and answer.request["PATH_INFO"] in found:
            closed.append(name)
    assert not missing, "they are not offered"
    assert not closed, "they are offered, and refused"


def test_onboarding_profiles_are_found_by_their_name(people):
    person = people["maker"]
    found = offer("onb", "", person, offered(person))
    assert found.pages == [("Onboarding profiles", reverse("onboarding:list"))]
