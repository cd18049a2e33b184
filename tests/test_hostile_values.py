"""Values that a database, or a library, cannot take: none of them breaks a page, on any page and in any place.

The addresses come from the URLconf, the filters from the filter classes, and what else a page reads from the page
itself: the names that it asks its query or form for. A new page is covered without being named here.
"""

import uuid
from urllib.parse import quote, unquote, urlencode

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.http import QueryDict
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.delivery import gate
from backoffice.exports.models import Export
from backoffice.kit.filters import Filters
from backoffice.logins.roles import ROLES
from tests.factories import retail_user_values
from tests.logins.test_pages_by_role import SAMPLES, pages

pytestmark = pytest.mark.django_db

#: Numbers that no database keeps or that take long to read, digits of other scripts, days at the calendar's edge, and
#: text that PostgreSQL or UTF-8 cannot hold. Percent signs stand for what an address holds.
HOSTILE = [
    "9" * 19,
    "9" * 5000,
    "-1e5000000",
    "1e6000",
    "NaN",
    "\u0967\u0968",
    "\u00b2",
    "9999-12-31",
    "0001-01-01",
    "0001-01-01T00:00:00+23:59",
    "a\x00b",
    "\x1b[2J",
    "\U0010ffff",
    "x" * 3000,
]
#: One of each sort, for what pages and forms ask for; filters get all values, in a test of their own.
WORST = ["9" * 19, "1e6000", "0001-01-01T00:00:00+23:59", "\x00"]
#: Those that a part of an address may be.
IN_PATHS = ["9" * 18, "9" * 300, "-1", "1e6000", "\u0967\u0968", "a\x00b", "\x1b[2J", "x" * 300]
#: Rooms whose pages say that there is no such page while the Connector is off; tests/runs asks them while it is on.
CONNECTOR = ("connector", "partners", "run", "runs")
#: The hostile values as bytes that are not text. What they become is decided before any page: each meets one in turn.
BROKEN = ["%ED%A0%80", "%ZZ", "%", "%FF%FE", "%C0%80"]


@pytest.fixture
def names(monkeypatch):
    """The names that pages ask a query or a form for."""
    asked = set()
    for method in ("get", "getlist", "__getitem__", "__contains__"):
        plain = getattr(QueryDict, method)

        def noting(self, name, *rest, plain=plain):
            asked.add(name)
            return plain(self, name, *rest)

        monkeypatch.setattr(QueryDict, method, noting)
    return asked


@pytest.fixture
def everybody(client, django_user_model, approved, refusals_alone):
    """A client whose person has every role, and a portal with one thing of many kinds."""
    from backoffice.delivery.handlers import apply

    gate.swept(timezone.now())  # or the page for monitoring says that nothing is swept
    apply(301, "HO/RET001", retail_user_values())
    delivery = approved(user_id="NEW001", group_id="HO")
    person = django_user_model.objects.create_user("all", password=None)
    person.groups.set(Group.objects.filter(name__in=ROLES))
    entry = record("change.submitted", by=None, subject="HO/RET001", text="Something")
    export = Export.objects.create(
        kind="audit", parameters={"filters": {}, "up_to": entry.pk}, asked_by=person
    )
    client.force_login(person)
    client.things = {
        "changes": delivery.change_id,
        "delivery": delivery.pk,
        "audit": entry.pk,
        "exports": export.pk,
    }
    return client


def ask(client, method, address, data=None):
    """What the portal answers; the database, and who is logged in, are afterwards as they were."""
    session = client.cookies["portal_session"].value
    try:
        with transaction.atomic():
            answer = getattr(client, method)(address, data)
            if answer.streaming:
                list(answer)
            transaction.set_rollback(True)
    finally:
        client.cookies["portal_session"] = session
    return answer


def breaks(client, method, address, data=None):
    """How a page broke, if it did."""
    asked = f"{method} {address[:120]} {str(data)[:60]}"
    try:
        answer = ask(client, method, address, data)
    except Exception as error:
        return f"{asked}: {type(error).__name__} {str(error)[:100]}"
    return f"{asked}: {answer.status_code}" if answer.status_code >= 500 else ""


def filled(client, route, name, parts, /, **hostile):
    """The address of a route with samples in it, and one part as given. `client.things`: the number of a thing by its
    room, or by the preceding part of the address.
    """
    room = name.partition(":")[0]
    number = client.things.get(route.partition("<pk>")[0]) or client.things.get(room, 1)
    samples = {"token": str(uuid.uuid4()), **SAMPLES, "pk": number, "number": 1}
    if room == "staff":
        samples["token"] = "set-password"
    if room == "limits":
        samples["kind"] = "funds"
    if room == "partners":
        samples["code"] = "desk"
    address = route
    for part in parts:
        address = address.replace(f"<{part}>", hostile.get(part) or quote(str(samples.get(part, 0)), safe=""))
    return address


def methods(client, address):
    """With which methods a page may be asked."""
    return [method for method in ("get", "post") if ask(client, method, address).status_code != 405]


def has_a_page(address):
    """Whether any route has this address."""
    try:
        resolve(unquote(address))
    except Resolver404:
        return False
    return True


def pages_of(*, connector):
    """The pages of the Connector and of runs, or all others."""
    return [found for found in pages() if (found[1].partition(":")[0] in CONNECTOR) is connector]


def test_no_part_of_an_address_breaks_a_page(everybody):
    assert broken_by_addresses(everybody, pages_of(connector=False)) == ""


def test_no_query_and_no_form_breaks_a_page(everybody, names):
    assert broken_by_what_is_sent(everybody, names, pages_of(connector=False)) == ""


def broken_by_addresses(client, found):
    """Which of the pages break where a part of their address is hostile, a line each."""
    broken = []
    for turn, (route, name, parts) in enumerate(found):
        taken = methods(client, filled(client, route, name, parts)) if parts else []
        for part in parts:
            for value in [*map(quote, IN_PATHS), BROKEN[turn % len(BROKEN)]]:
                address = filled(client, route, name, parts, **{part: value})
                # An address without a page is refused before its method is read.
                asked = taken if has_a_page(address) else taken[:1]
                broken += [breaks(client, method, address) for method in asked]
    return "\n".join(filter(None, broken))


def broken_by_what_is_sent(client, names, found):
    """Which of the pages break where what they ask a query or a form for is hostile, a line each."""
    broken = []
    for turn, (route, name, parts) in enumerate(found):
        address = filled(client, route, name, parts)
        for method in methods(client, address):
            names.clear()
            ask(client, method, address)
            asked = set(names)
            if not asked:
                continue  # nothing that is sent would be read
            data = [dict.fromkeys(asked, value) for value in WORST]
            if len(asked) < 15:
                # Many pages share their names: each name meets every value on some of them.
                data += [
                    {**dict.fromkeys(asked, "1"), one: WORST[(turn + place) % len(WORST)]}
                    for place, one in enumerate(sorted(asked))
                ]
            broken += [breaks(client, method, address, sent) for sent in data]
            if method == "post":
                query = [urlencode(dict.fromkeys(asked, value)) for value in WORST]
                broken += [breaks(client, method, f"{address}?{sent}") for sent in query]
            value = BROKEN[turn % len(BROKEN)]
            broken.append(breaks(client, method, f"{address}?{'&'.join(f'{one}={value}' for one in asked)}"))
    return "\n".join(filter(None, broken))


def lists():
    """The list pages with their filters, and the names of those that an earlier list has not."""
    from django.urls import get_resolver

    def views(resolver, namespace=""):
        for entry in resolver.url_patterns:
            if hasattr(entry, "url_patterns"):
                yield from views(entry, ":".join(filter(None, (namespace, entry.namespace))))
            elif (view := getattr(entry.callback, "view_class", None)) and hasattr(view, "filterset_class"):
                yield f"{namespace}:{entry.name}", entry.pattern.regex.groupindex, view.filterset_class

    found, earlier = [], []
    for name, parts, filters in views(get_resolver()):
        new = [one for one, declared in filters.base_filters.items() if declared not in earlier]
        earlier += filters.base_filters.values()
        found.append((name, parts, filters, new))
    return found


@pytest.mark.parametrize(("name", "parts", "filters", "new"), lists(), ids=lambda found: str(found)[:40])
def test_what_a_filter_cannot_read_chooses_nothing(everybody, name, parts, filters, new):
    assert issubclass(filters, Filters)
    address = reverse(name, kwargs=dict.fromkeys(parts, 1))
    broken = []
    for turn, one in enumerate(filters.base_filters):
        for value in HOSTILE if one in new else [WORST[turn % len(WORST)]]:
            answer = None
            with transaction.atomic():
                answer = everybody.get(address, {one: value})
                transaction.set_rollback(True)
            if answer.status_code >= 500:
                broken.append((one, value[:20]))
            elif answer.status_code == 200 and not answer.context["filter"].is_valid():
                assert answer.context["table"].paginator.count == 0
    assert broken == []


@pytest.mark.parametrize(
    "number", ["\u0663", "9" * 25, "9" * 3000], ids=["another script", "long", "very long"]
)
@pytest.mark.parametrize("act", ["deliveries/{}/applied", "changes/{}/approve", "batches/{}/approve"])
def test_an_act_on_a_number_that_is_none_finds_nothing(client, checker, act, number):
    client.force_login(checker)
    assert client.post(f"/{act.format(number)}/", {"reason": "Looked"}).status_code == 404
