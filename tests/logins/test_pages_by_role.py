"""Every page as every role and as nobody: what the portal answers must be what docs/roles.md says."""

import re
import uuid
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from backoffice.delivery import gate
from backoffice.delivery.handlers import apply
from backoffice.logins.models import User
from backoffice.logins.roles import ROLES
from backoffice.masters.models import List
from tests.factories import retail_user_values

pytestmark = pytest.mark.django_db

DOCUMENT = Path(__file__).parents[2] / "docs" / "roles.md"
PEOPLE = (*ROLES, "nobody")
YES, NO, LOGIN = "yes", "no", "log in"
#: Samples for parts of addresses. Numbers and tokens name nothing: who may see a page is decided before it
#: is looked for.
SAMPLES = {
    "group_id": "HO",
    "user_id": "RET001",
    "username": "maker",
    "provider_id": "sso",
    "uidb64": "MQ",
    "code": "S",
    "slug": "create_retail_user",
    "kind": "create_retail_user",
    "part": "address",
    "list": List.values[0],
    "action": "approve",
}
#: Samples for the addresses of one room or page.
OF_ROOM = {
    "accounts": {"slug": "update_retail_user"},
    "limits": {"kind": "funds"},
    "delivery": {"action": "cancel"},
    "logins": {"token": "set-password"},
}


def pages(resolver=None, prefix="/", namespace=""):
    """Every address of the portal: its pattern for readers, its name, and what it takes."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = ":".join(part for part in (namespace, entry.namespace) if part)
            yield from pages(entry, route, inner)
        elif isinstance(entry, URLPattern):
            yield (
                readable(route),
                f"{namespace}:{entry.name}".removeprefix(":"),
                entry.pattern.regex.groupindex,
            )


def readable(route):
    """A pattern with the names of its parts alone."""
    names_only = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", route)
    return re.sub(r"<\w+:(\w+)>", r"<\1>", names_only).replace("^", "").replace("$", "").replace("\\", "")


def address(name, parts, role):
    """An address of this pattern for a role, with samples in it. A token is another for each, as drafts are."""
    samples = {"token": uuid.uuid5(uuid.NAMESPACE_URL, f"{name} {role}"), **SAMPLES}
    samples |= OF_ROOM.get(name.partition(":")[0], {})
    return reverse(name, kwargs={part: samples.get(part, 0) for part in parts})


def answer(client, where):
    """What the portal says to somebody who asks for a page, or posts nothing to it where it is only posted to."""
    response = client.get(where)
    if response.status_code == 405:
        response = client.post(where)
    assert response.status_code < 500, where
    if response.status_code == 302 and response.url.startswith("/staff/login/"):
        return LOGIN
    if response.status_code == 401 and response["Content-Type"] == "application/json":
        return LOGIN
    return NO if response.status_code == 403 else YES


@pytest.fixture
def people():
    apply(301, "HO/RET001", retail_user_values())
    found = {}
    for role in ROLES:
        person = User.objects.create_user(role, password="a-Long-enough-1")
        person.groups.add(Group.objects.get(name=role))
        found[role] = person
    return found


def client_of(people, role):
    client = Client()
    if role != "nobody":
        client.force_login(people[role])
    return client


def table():
    """The table of the document: a pattern, then what each role gets."""
    rows = {}
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if (found := re.fullmatch(r"`(/[^`]*)`", cells[0])) and len(cells) > len(PEOPLE):
            rows[found[1]] = dict(zip(PEOPLE, cells[1:], strict=True))
    return rows


def answers(people):
    """What each role gets of each page."""
    clients = {role: client_of(people, role) for role in PEOPLE}
    found = {}
    for route, name, parts in pages():
        found[route] = {role: answer(clients[role], address(name, parts, role)) for role in PEOPLE}
    return found


def test_every_page_answers_every_role_as_the_document_says(people, refusals_alone):
    gate.swept(timezone.now())  # or the page for monitoring says that nothing is swept
    said, found = table(), answers(people)
    wrong = [
        f"{route}: {role} gets {got!r}, the document says {said.get(route, {}).get(role)!r}"
        for route, row in found.items()
        for role, got in row.items()
        if said.get(route, {}).get(role) != got
    ]
    assert wrong == []
    assert sorted(said.keys() - found.keys()) == []
