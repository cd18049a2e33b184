"""Every page marks in the frame where it belongs: in the navigation, or in the header if it is reached from there."""

import re

import pytest
from django.contrib.auth.models import Group

from backoffice.logins.models import User
from tests.factories import RetailUserFactory

pytestmark = pytest.mark.django_db

#: By role: addresses, and the entry that each marks.
PAGES = {
    "maker": {
        "/": "Today",
        "/users/": "Retail users",
        "/users/HO/RET001/": "Retail users",
        "/batches/new/": "Batches",
        "/changes/drafts/": "Changes",
        "/exports/": "Exports",
        "/notices/": "bell",
        "/staff/second-factor/": "login",
        "/staff/sessions/": "login",
    },
    "admin": {
        "/onboarding/": "Retail users",
        "/markets/": "Scrips",
        "/markets/holidays/": "Scrips",
        "/odin/session/": "session",
        "/dealer/password/": "session",
        "/people/": "Staff",
        "/masters/": "Master lists",
        "/batches/aliases/": "Column aliases",
        "/deliveries/queue/": "Deliveries",
    },
    "compliance": {
        "/audit/": "Audit",
        "/audit/verification/": "Audit",
        "/reports/": "Reports",
        "/limits/": "Limits",
    },
}
#: An element of the frame that is marked: its classes if it is of the header, and its words.
MARKED = re.compile(r'<a (?=[^>]*aria-current="page")([^>]*)>(.*?)</a>', re.DOTALL)
IN_HEADER = ("bell", "session", "who")


def marked(page):
    """The marked entry of the navigation, or the marked part of the header."""
    header, _, rest = page.partition('<nav class="rail"')
    rail = rest.partition("</nav>")[0].partition("rail-login")[0]
    words = [
        re.sub(r"<span.*|<[^>]+>", "", inner, flags=re.DOTALL).strip() for _, inner in MARKED.findall(rail)
    ]
    parts = [
        part for attrs, _ in MARKED.findall(header) for part in IN_HEADER if re.search(rf"\b{part}\b", attrs)
    ]
    return words + ["login" if part == "who" else part for part in parts]


@pytest.mark.parametrize("role", PAGES)
def test_each_page_marks_where_it_belongs(client, role):
    RetailUserFactory(group_id="HO", user_id="RET001")
    person = User.objects.create_user(role)
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    found = {}
    for address in PAGES[role]:
        answer = client.get(address)
        assert answer.status_code == 200, address
        found[address] = marked(answer.content.decode())
    assert found == {address: [entry] for address, entry in PAGES[role].items()}


def test_the_header_keeps_its_mark_while_the_page_refreshes_it(client, maker):
    client.force_login(maker)
    asked_by = {"HX-Request": "true", "HX-Current-URL": "http://testserver/notices/?page=2"}
    assert 'aria-current="page"' in client.get("/state/", headers=asked_by).content.decode()
    asked_by["HX-Current-URL"] = "http://testserver/changes/"
    assert 'aria-current="page"' not in client.get("/state/", headers=asked_by).content.decode()
