"""The frame around every page, Today, search and lists: who sees what, and what it costs."""

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import RequestFactory
from django.urls import resolve, reverse
from django.utils import timezone

from backoffice.audit.operations import record
from backoffice.changes.models import Change
from backoffice.changes.visibility import waiting_for
from backoffice.delivery import gate
from backoffice.delivery.models import Delivery, Gate
from backoffice.delivery.states import State
from backoffice.desk.context import Frame, needing_a_person
from backoffice.desk.today import gather
from backoffice.kit import search as searching
from backoffice.kit.formats import ist
from backoffice.logins.models import User
from backoffice.odin.models import DealerSession
from backoffice.staff.models import PasswordLink
from tests.factories import ChangeFactory, DeliveryFactory, RetailUserFactory, StaffFactory
from tests.html_forms import flowed
from trading.models import AccessCheck, AccessResult

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def person(role, **names):
    user = StaffFactory(**names)
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def maker():
    return person("maker", username="meera")


@pytest.fixture
def checker():
    return person("checker", username="chetan")


def labels(user):
    request = RequestFactory().get("/")
    request.user, request.resolver_match = user, None
    return {item.label: item for item in Frame(request).nav}


def test_the_navigation_holds_what_the_role_may_see(maker, checker):
    assert {"Today", "Retail users", "Changes", "Deliveries"} <= set(labels(maker))
    assert "Audit" not in labels(maker)
    assert "Audit" in labels(checker)


def test_a_page_of_a_retail_user_is_marked_as_such_whichever_room_has_it(maker):
    user = RetailUserFactory()
    request = RequestFactory().get("/")
    request.user = maker
    for name, arguments, label in (
        ("limits:readings", [user.group_id, user.user_id], "Retail users"),
        ("accounts:detail", [user.group_id, user.user_id], "Retail users"),
        ("limits:square_off", [], "Limits"),
    ):
        request.resolver_match = resolve(reverse(name, args=arguments))
        assert [item.label for item in Frame(request).nav if item.current] == [label]


def test_a_checker_counts_what_others_submitted_and_never_their_own(maker, checker):
    ChangeFactory(made_by=maker)
    ChangeFactory(made_by=checker)
    assert labels(checker)["Changes"].count == 1
    assert labels(maker)["Changes"].count == 0
    assert [change.made_by for change in waiting_for(checker)] == [maker]


def test_deliveries_on_hold_and_those_marked_need_a_person(checker):
    DeliveryFactory(lane="HO/A")
    held = DeliveryFactory(lane="HO/B", state=State.ON_HOLD, needs_person=True)
    asked = DeliveryFactory(lane="HO/C", needs_person=True)
    assert set(needing_a_person()) == {held, asked}
    assert labels(checker)["Deliveries"].count == 2


@pytest.mark.parametrize("environment", ["DEMO", "UAT", "LIVE"])
def test_every_page_says_which_environment_it_is(client, maker, settings, environment):
    settings.PORTAL_ENVIRONMENT = environment
    client.force_login(maker)
    page = client.get("/").content.decode()
    assert f'class="env-{environment.lower()}"' in page
    assert f">{environment}<" in page


def test_the_login_page_speaks_of_demonstration_passwords_only_in_the_demonstration(client, settings):
    settings.PORTAL_ENVIRONMENT = "DEMO"
    assert "demo_staff --reset" in client.get(reverse("logins:login")).content.decode()
    settings.PORTAL_ENVIRONMENT = "LIVE"
    assert "demo_staff" not in client.get(reverse("logins:login")).content.decode()


def test_what_renews_today_renews_its_day_as_well(client, maker):
    client.force_login(maker)
    today = timezone.localdate()
    day = f'<span id="day">{today:%A}, {today.day} {today:%B %Y}</span>'
    assert day in client.get("/").content.decode()
    renewed = client.get("/", headers={"HX-Target": "today", "HX-Request": "true"}).content.decode()
    assert day.replace('"day"', '"day" hx-swap-oob="true"') in renewed


def test_nobody_sees_today_without_logging_in(client):
    assert client.get("/").url.startswith(reverse("logins:login"))
    assert client.get(reverse("desk:search")).url.startswith(reverse("logins:login"))


def test_the_frame_costs_five_queries(client, checker, swept, django_assert_max_num_queries):
    request = RequestFactory().get("/")
    request.user, request.resolver_match = checker, None
    checker.get_all_permissions()
    with django_assert_max_num_queries(5):
        frame = Frame(request)
        assert frame.nav
        assert frame.session
        assert frame.session_words
        assert frame.banners == []


def test_a_banner_says_that_nothing_was_swept_and_since_when(client, checker):
    client.force_login(checker)
    assert "Background work has not started." in client.get("/").content.decode()
    gate.swept(timezone.now())
    assert "Background work has" not in client.get("/").content.decode()
    ago = timezone.now() - timedelta(minutes=5)
    Gate.objects.update(swept_at=ago)
    assert f"Background work has stopped since {ist(ago, 'minute')}." in client.get("/").content.decode()
    Gate.objects.update(swept_at=timezone.now() + timedelta(minutes=10))
    assert "Background work has stopped" in client.get("/").content.decode(), "the clock was set back"


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"opened_at": timezone.now(), "last_failure": "Connection refused."}, "ODIN unreachable"),
        ({"paused_at": timezone.now(), "pause_reason": "Maintenance"}, "Sending paused"),
    ],
)
def test_the_header_does_not_say_logged_on_while_nothing_can_be_sent(client, checker, swept, columns, words):
    DealerSession.objects.update_or_create(
        pk=1, defaults={"state": DealerSession.State.LOGGED_ON, "sealed_session_id": "x"}
    )
    client.force_login(checker)
    assert "ODIN logged on" in client.get("/").content.decode()
    Gate.objects.update(**columns)
    page = client.get("/").content.decode()
    assert words in page
    assert "ODIN logged on" not in page


def test_a_part_of_a_page_costs_no_query_for_the_frame(rf, checker, django_assert_num_queries):
    request = rf.get("/")
    request.user, request.resolver_match = checker, None
    with django_assert_num_queries(0):
        Frame(request)


def test_today_costs_the_same_however_much_there_is(client, maker, checker, django_assert_max_num_queries):
    for number in range(12):
        ChangeFactory(made_by=maker, subject=f"HO/R{number}")
        DeliveryFactory(lane=f"HO/S{number}", state=State.ON_HOLD)
    client.force_login(checker)
    with django_assert_max_num_queries(24):
        assert client.get("/").status_code == 200


def test_today_shows_a_maker_their_own_work_and_a_checker_what_waits(maker, checker):
    mine = ChangeFactory(made_by=maker)
    assert [line.change for line in gather(maker).mine] == [mine]
    assert gather(maker).may_approve is False
    assert [line.change for line in gather(checker).waiting] == [mine]
    assert gather(checker).mine is None


def test_today_tells_a_maker_what_came_back_apart_from_drafts_that_expire(client, maker, settings):
    settings.DRAFTS_EXPIRE_AFTER_DAYS = 30
    drafts = [ChangeFactory(made_by=maker, state="draft") for _ in range(9)]
    expired = ChangeFactory(made_by=maker)
    Change.objects.filter(pk=expired.pk).update(state="expired")
    seen = gather(maker)
    assert [line.change for line in seen.came_back] == [expired]
    assert len(seen.drafts) == 8
    assert seen.mine == []
    client.force_login(maker)
    page = client.get("/").content.decode()
    assert f"expires {ist(drafts[-1].updated_at + timedelta(days=30), 'date')}" in page
    for name in ("accounts:new", "batches:new", "limits:deposits", "changes:drafts"):
        assert f'href="{reverse(name)}"' in page


def test_today_begins_with_the_search_for_those_who_look_users_up(client, maker):
    RetailUserFactory(group_id="HO", user_id="PAL1", name="Asha Rao", pan="ABCPS1234K")
    support = person("support")
    client.force_login(support)
    assert 'id="recent"' in client.get("/").content.decode()
    found = client.post(reverse("desk:recent"), {"recent": "HO/PAL1,HO/GONE"}).content.decode()
    assert "HO/PAL1 Asha Rao" in found
    assert "ABCPS1234K" not in found
    assert client.post(reverse("desk:recent"), {"recent": ""}).status_code == 204
    client.force_login(maker)
    assert 'id="recent"' not in client.get("/").content.decode()


def test_today_tells_an_admin_of_open_changes_sessions_and_background_work(
    client, django_assert_max_num_queries
):
    admin = person("admin")
    mine = ChangeFactory(made_by=admin, kind="approval_rule", subject="rule:cash_deposit")
    ChangeFactory()
    assert [change for _, change in gather(admin).administration.open_changes] == [mine]
    client.force_login(admin)
    page = client.get("/").content.decode()
    assert "Beat and workers have not started" in page
    assert "1 open session of staff" in flowed(page)
    for name in ("changes:rules", "exports:list", "staff:list", "odin:session"):
        assert f'href="{reverse(name)}"' in page
    gate.swept(timezone.now())
    with django_assert_max_num_queries(30):
        assert "Beat and workers run" in client.get("/").content.decode()


def test_today_tells_an_admin_of_refused_logins_links_and_who_never_logged_in(client):
    admin, newcomer = person("admin"), person("maker", first_name="Nila", last_name="Neu")
    record("staff.login_failed", by=None, subject="meera", text="A login failed (name of 5 characters).")
    record("staff.locked_out", by=None, subject="", text="A login was refused: too many failed tries.")
    change = ChangeFactory.approved(kind="staff_password_link", made_by=admin, subject="staff:nila")
    PasswordLink.objects.create(
        change=change, person=newcomer, shown_to=admin, granted_at=timezone.now() - timedelta(hours=1)
    )
    client.force_login(admin)
    page = flowed(client.get("/").content.decode())
    assert "<strong>meera</strong> A login failed" in page
    assert "<strong>Unknown user name</strong> A login was refused" in page
    address = reverse("staff:detail", args=[newcomer.pk])
    assert f'<a href="{address}">Show Nila Neu the link</a>' in page
    assert "<dt>Never logged in</dt>" in page
    assert f'<a href="{address}">Nila Neu</a>' in page
    PasswordLink.objects.update(shown_at=timezone.now())
    User.objects.update(last_login=timezone.now())
    page = client.get("/").content.decode()
    assert "Show Nila Neu" not in page
    assert "Never logged in" not in page


def test_today_shows_the_last_access_checks_of_who_makes_them_and_no_other(client, settings):
    settings.REST_BASE_URL = "http://127.0.0.1:9/interactive"
    RetailUserFactory(group_id="HO", user_id="PAL1", name="Asha Rao")
    clerk, other = person("access"), person("access")
    given = {"lane": "HO/PAL1", "identified": "known", "factor": "TOTP", "record_version": 1}
    mine = AccessCheck.objects.create(token=uuid.uuid4(), by=clerk, reason="Cannot log in", **given)
    AccessResult.objects.create(access_check=mine, verdict="different")
    AccessCheck.objects.create(token=uuid.uuid4(), by=other, reason="Of somebody else", **given)
    client.force_login(clerk)
    page = flowed(client.get("/").content.decode())
    assert "Your last access checks" in page
    for words in ("Cannot log in", "Asha Rao", "Different", "Waiting for a maker: propose an update"):
        assert words in page
    assert "Of somebody else" not in page
    settings.REST_BASE_URL = ""
    assert "access checks" not in client.get("/").content.decode()


def test_today_counts_deliveries_by_state(checker):
    DeliveryFactory(lane="HO/A")
    DeliveryFactory(lane="HO/B", state=State.ON_HOLD)
    seen = gather(checker)
    assert seen.deliveries[State.QUEUED].number == 1
    assert seen.deliveries[State.ON_HOLD].number == 1
    assert seen.deliveries[State.APPLIED].number == 0
    assert seen.deliveries[State.QUEUED].oldest_at == Delivery.objects.get(lane="HO/A").created_at


def test_htmx_gets_the_inner_part_of_today_alone(client, checker):
    client.force_login(checker)
    part = client.get("/", headers={**HTMX, "HX-Target": "today"}).content.decode()
    assert part.strip().startswith('<div id="today"')
    assert "<html" not in part


def test_a_number_or_reference_that_fits_one_thing_opens_it(client, checker):
    delivery = DeliveryFactory(lane="HO/A", reference="UC0000000077")
    client.force_login(checker)
    answer = client.post(reverse("desk:search"), {"q": " UC0000000077 "})
    assert answer.url == reverse("delivery:detail", args=[delivery.pk])
    answer = client.post(reverse("desk:search"), {"q": f"change {delivery.change_id}"})
    assert answer.url == reverse("changes:detail", args=[delivery.change_id])


def test_what_fits_several_things_is_listed(checker):
    delivery = DeliveryFactory(lane="HO/A")
    Change.objects.filter(pk=delivery.change_id).update(subject="HO/A")
    found = searching.search(str(delivery.pk), checker)
    assert f"D-{delivery.pk}" in {match.label for match in found}


@pytest.mark.parametrize(
    "text", ["", "  ", "zzz", "9" * 40, "%", "<script>alert(1)</script>", "change", "\x00"]
)
def test_a_search_that_finds_nothing_says_so_and_shows_the_text_as_text(client, checker, text):
    client.force_login(checker)
    answer = client.post(reverse("desk:search"), {"q": text})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


def test_search_shows_nobody_what_their_role_may_not_see():
    DeliveryFactory(lane="HO/A", reference="UC0000000078")
    assert searching.search("UC0000000078", StaffFactory()) == []


def test_a_long_form_can_ask_whether_its_login_still_holds(client, maker):
    address = reverse("desk:logged_in")
    assert client.get(address).json()["logged_in"] is False
    client.force_login(maker)
    answer = client.get(address).json()
    assert (answer["logged_in"], answer["person"]) == (True, str(maker.pk))
    assert answer["token"]


def test_an_open_page_learns_what_stops_work_and_that_it_goes_on(client, checker, admin):
    client.force_login(checker)

    def asked_by(page):
        return re.search(r'id="state" hx-get="([^"]+)"', page)[1].replace("&amp;", "&")

    address = asked_by(client.get("/").content.decode())
    assert client.get(address).status_code == 204
    gate.pause(by=admin, reason="ODIN moves to another host")
    moved = client.get(address).content.decode()
    assert "Sending is paused since" in moved
    assert 'id="session" hx-swap-oob="true"' in moved
    address = asked_by(moved)
    assert client.get(address).status_code == 204
    gate.resume(by=admin, reason="It has moved")
    assert "Sending is paused" not in client.get(address).content.decode()


def test_a_page_whose_login_has_expired_is_left_as_it_is(client):
    assert client.get(reverse("desk:state"), {"seen": "x"}).status_code == 204


def test_a_list_stands_in_its_address_and_htmx_gets_the_list_alone(client, checker):
    for number in range(30):
        DeliveryFactory(lane=f"HO/R{number:02}")
    client.force_login(checker)
    address = reverse("delivery:list")
    page = client.get(address).content.decode()
    assert "30 deliveries" in flowed(page)
    assert page.count("<tr data-href") == 25
    part = client.get(address, {"state": "queued"}, headers={**HTMX, "HX-Target": "list"})
    assert part.content.decode().strip().startswith('<div id="list"')
    assert "HX-Target" in part["Vary"]


@pytest.mark.parametrize(
    "query",
    ["page=999", "page=-1", "page=x", "per_page=7", "per_page=1000000", "sort=none", "state=nonsense"],
)
def test_a_senseless_address_still_gives_a_list(client, checker, query):
    DeliveryFactory(lane="HO/A")
    client.force_login(checker)
    assert client.get(f"{reverse('delivery:list')}?{query}").status_code == 200


def test_a_last_day_before_the_first_is_named_as_the_reason_that_nothing_is_found(client, checker):
    DeliveryFactory(lane="HO/A")
    client.force_login(checker)
    page = client.get(f"{reverse('delivery:list')}?since=30-11-2026&until=29-11-2026").content.decode()
    assert "Approved to: The last day is before the first one. Change one of them." in page


def test_a_filter_in_force_is_a_chip_that_takes_it_away(client, checker):
    DeliveryFactory(lane="HO/A")
    client.force_login(checker)
    address = reverse("delivery:list")
    page = client.get(f"{address}?state=queued&q=HO&page=1").content.decode()
    assert f'class="chip" href="{address}?q=HO"' in page
    assert "Status: Queued" in page


def test_counting_stops_at_the_cap(monkeypatch, client, checker):
    monkeypatch.setattr("backoffice.kit.paging.COUNT_CAP", 3)
    for number in range(5):
        DeliveryFactory(lane=f"HO/R{number}")
    client.force_login(checker)
    assert "3+ deliveries" in client.get(reverse("delivery:list")).content.decode()


def test_a_list_by_number_goes_on_below_the_last_row_that_is_counted(monkeypatch, client, checker):
    monkeypatch.setattr("backoffice.kit.paging.COUNT_CAP", 3)
    numbers = sorted((DeliveryFactory(lane=f"HO/R{number}").pk for number in range(5)), reverse=True)
    client.force_login(checker)
    address = reverse("delivery:list")

    def shown(page):
        return [int(number) for number in re.findall(r'data-href="/deliveries/(\d+)/"', page)]

    first = client.get(f"{address}?state=queued").content.decode()
    assert shown(first) == numbers[:3]
    further = f"{address}?state=queued&amp;below={numbers[2]}"
    assert f'href="{further}"' in first
    second = client.get(further.replace("&amp;", "&")).content.decode()
    assert shown(second) == numbers[3:]
    assert f"Below number: {numbers[2]}" in second
    assert "Show older" not in second
    assert "Show older" not in client.get(f"{address}?sort=lane").content.decode()


@pytest.mark.parametrize("sort", ["", "lane", "-lane"])
def test_a_page_far_into_a_list_is_found_by_its_ids_and_shows_the_same_rows(
    monkeypatch, client, checker, sort, django_assert_max_num_queries
):
    numbers = [DeliveryFactory(lane=f"HO/R{number % 7}").pk for number in range(60)]
    client.force_login(checker)
    address = f"{reverse('delivery:list')}?sort={sort}&page="

    def shown(number):
        with django_assert_max_num_queries(18) as seen:
            page = client.get(f"{address}{number}").content.decode()
        first = 25 * (number - 1)
        assert f"{first + 1}–{min(first + 25, 60)}" in page
        skipped = [sql["sql"] for sql in seen.captured_queries if f"OFFSET {first}" in sql["sql"]]
        wide = any('"state"' in sql for sql in skipped)
        return re.findall(r'data-href="/deliveries/(\d+)/"', page), wide

    near = {number: shown(number)[0] for number in (1, 2, 3)}
    assert sorted(int(one) for page in near.values() for one in page) == sorted(numbers)
    assert shown(2)[1]
    monkeypatch.setattr("backoffice.kit.paging.DEEP", 25)
    for number, rows in near.items():
        assert shown(number) == (rows, False), number


@pytest.mark.parametrize("walked", [True, False])
def test_pages_of_filtered_rows_follow_one_another_whether_many_are_left_or_few(
    client, checker, monkeypatch, walked
):
    if walked:
        monkeypatch.setattr("backoffice.kit.paging.CappedPaginator._few", None)
    refused = [DeliveryFactory.settled("refused", lane=f"HO/R{number % 7}").pk for number in range(60)]
    DeliveryFactory.settled("applied", lane="HO/R1")
    client.force_login(checker)
    shown = []
    for number in (1, 2, 3):
        page = client.get(f"{reverse('delivery:list')}?state=refused&sort=lane&page={number}").text
        assert f"{25 * number - 24}–{min(25 * number, 60)}" in page
        shown += [int(one) for one in re.findall(r'data-href="/deliveries/(\d+)/"', page)]
    assert shown == sorted(sorted(refused, reverse=True), key=lambda pk: (pk - refused[0]) % 7)


def test_a_list_that_the_role_may_not_see_is_forbidden_and_says_what_to_do(client):
    client.force_login(StaffFactory())
    answer = client.get(reverse("delivery:list"))
    assert answer.status_code == 403
    assert "Your role does not include it" in answer.content.decode()


def test_a_page_that_does_not_exist_offers_a_next_step(client, checker):
    client.force_login(checker)
    answer = client.get("/nothing/")
    assert answer.status_code == 404
    assert "There is no such page" in answer.content.decode()


def test_a_list_is_counted_once_and_no_further_than_the_cap(client, checker, django_assert_max_num_queries):
    for number in range(30):
        DeliveryFactory(lane=f"HO/R{number:02}")
    client.force_login(checker)
    with django_assert_max_num_queries(12) as seen:
        client.get(reverse("delivery:list"), headers={**HTMX, "HX-Target": "list"})
    counts = [query["sql"] for query in seen.captured_queries if "COUNT(" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 10001" in counts[0]


def test_an_empty_list_says_what_belongs_there_and_a_filtered_one_offers_the_way_back(client, checker):
    client.force_login(checker)
    address = reverse("delivery:list")
    assert 'class="empty"' in client.get(address).content.decode()
    page = client.get(address, {"q": "nobody"}).content.decode()
    assert "Nothing fits these filters" in page
    assert f'href="{address}"' in page


def test_the_search_offers_while_one_types_what_the_person_may_see_and_begin(client, maker):
    RetailUserFactory(group_id="HO", user_id="PAL1", name="Asha Rao")
    change = ChangeFactory()
    offered = reverse("desk:palette")

    def answer(person, **asked):
        client.force_login(person)
        return client.post(offered, asked).content.decode()

    shown = answer(maker, q="asha")
    order = [shown.index(text) for text in ("HO/PAL1 Asha Rao", "Deposit…", "Edit contact…", "Suspend…")]
    assert order == sorted(order)
    assert "Deposit…" not in answer(maker, q="pal1 susp")
    assert "Suspend…" in answer(maker, q="pal1 susp")
    assert f"C-{change.pk}" in answer(maker, q=f"c-{change.pk}")
    assert reverse("delivery:list") in answer(maker, q="deliv")
    assert "HO/PAL1 Asha Rao" in answer(maker, recent="HO/PAL1,HO/GONE,nonsense")
    assert "Nothing found" in answer(maker, q="zzzz zz")
    assert "Deposit…" not in answer(person("compliance"), q="pal1")
    stranger = StaffFactory()
    assert "PAL1" not in answer(stranger, q="pal1") + answer(stranger, recent="HO/PAL1")
