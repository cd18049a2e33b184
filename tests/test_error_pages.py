"""Pages about what is refused: in the frame for staff, apart for clients, and never failing themselves."""

import pytest
from django.db import OperationalError, connection
from django.test import Client

from backoffice.desk.context import Frame
from backoffice.error_pages import server_error
from backoffice.logins.sessions import SEEN

pytestmark = pytest.mark.django_db

NAVIGATION = '<nav class="rail"'


@pytest.fixture
def strict(maker):
    """A browser of a maker whose forms are checked as those of any browser are."""
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(maker)
    return browser


def read(answer, status):
    assert answer.status_code == status
    return answer.content.decode()


def test_whoever_is_logged_in_keeps_the_navigation_on_every_page_about_what_is_refused(client, maker, strict):
    client.force_login(maker)
    for page, words in (
        (read(client.get("/nothing/"), 404), "There is no such page"),
        (read(client.get("/people/"), 403), "Your role does not include it"),
        (read(client.get("/hide/"), 405), "This address only takes a form"),
        (read(client.get("/changes/?page=%00"), 400), "The portal cannot read this"),
        (read(strict.post("/hide/", {"lane": "HO/X"}), 403), "Cookies are blocked"),
        (read(strict.get("/"), 200), "Today"),  # which brings the cookie
        (read(strict.post("/hide/", {"lane": "HO/X"}), 403), "This form has expired"),
    ):
        assert words in page
        # A request that cannot be read is refused before its session is looked up.
        assert (NAVIGATION in page) == ("cannot read" not in page)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_page_that_refuses_a_method_says_so_in_the_frame_and_what_it_takes(client, maker, method):
    client.force_login(maker)
    for address, words in (
        ("/notices/", "takes no form. Nothing was done."),
        ("/hide/", "only takes a form"),
    ):
        if method == "POST" and address == "/hide/":
            continue
        answer = client.generic(method, address)
        page = read(answer, 405)
        assert words in " ".join(page.split())
        assert NAVIGATION in page
        assert answer["Allow"]


def test_a_program_that_uses_a_method_its_address_refuses_reads_one_line(client, settings):
    settings.CONNECTOR = True
    for method, address, takes in (
        ("POST", "/health/live", "GET, HEAD"),
        ("GET", "/connector/token-check/", "POST"),
        ("PUT", "/connector/order-details/", "POST"),
    ):
        answer = client.generic(method, address)
        assert read(answer, 405) == f"This address takes {takes}."
        assert (answer["Allow"], answer["Content-Type"]) == (takes, "text/plain")
    webhook = client.get("/connector/webhook/desk/secret/")
    assert (read(webhook, 405), webhook["Allow"]) == ("", "POST")


def test_whoever_is_logged_out_gets_the_page_alone_with_the_way_to_the_login(client):
    page = read(client.get("/nothing/"), 404)
    assert NAVIGATION not in page
    assert "Log in to search" in page


def test_a_page_that_is_not_there_says_what_its_view_knows(client, maker):
    client.force_login(maker)
    assert "No retail user HO/NOBODY is known here." in read(client.get("/users/HO/NOBODY/"), 404)
    assert "There is no such change." in read(client.get("/changes/999999/"), 404)
    page = read(client.get("/deliveries/999999/"), 404)
    assert "The address may be old or mistyped." in page
    assert "query" not in page


def test_a_page_that_the_role_excludes_says_whom_to_ask(client, compliance):
    client.force_login(compliance)
    page = read(client.get("/users/new/"), 403)
    assert "You may not propose this. Ask a colleague whose role includes it." in page
    assert "administrator of the portal" not in page


def test_an_error_page_is_drawn_alone_if_the_frame_cannot_be(client, maker, monkeypatch):
    def fail(frame):
        raise OperationalError("the database is away")

    client.force_login(maker)
    monkeypatch.setattr(Frame, "nav", property(fail))
    page = read(client.get("/nothing/"), 404)
    assert "There is no such page" in page
    assert NAVIGATION not in page


def test_the_page_of_an_error_of_the_portal_asks_nothing_of_the_database(rf, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert "The portal could not do this" in read(server_error(rf.get("/")), 500)
        assert "Open the link that your broker sent you" in read(server_error(rf.get("/connector/run/")), 500)


def test_a_session_that_could_not_be_stored_is_not_taken_for_a_request_that_cannot_be_read(client, maker):
    def busy(execute, sql, *rest):
        if sql.startswith("UPDATE") and "session" in sql:
            raise OperationalError("the database is locked")
        return execute(sql, *rest)

    client.force_login(maker)
    session = client.session
    session[SEEN] -= 60  # long enough ago to be stored again
    session.save()
    client.raise_request_exception = False
    with connection.execute_wrapper(busy):
        page = read(client.get("/"), 500)
    assert "it may have been done" in page


def test_clients_see_no_page_of_staff_when_something_is_refused(settings):
    settings.CONNECTOR = True
    browser = Client(enforce_csrf_checks=True)
    assert "Allow cookies for this page" in read(browser.post("/connector/run/place/"), 403)
    browser.cookies[settings.CSRF_COOKIE_NAME] = "x" * 32
    for answer, status in (
        (browser.get("/connector/nothing/"), 404),
        (browser.post("/connector/run/place/"), 403),
        (browser.get("/connector/run/place/"), 405),
        (browser.get("/connector/run/?q=%00"), 400),
    ):
        page = read(answer, status)
        assert "Open the link that your broker sent you" in page
        assert "Today" not in page
        assert "Back office" not in page


def test_a_second_tab_with_the_login_page_leads_on_after_the_login_in_the_first(strict):
    assert (
        strict.post("/staff/login/", {"login": "x", "password": "y", "next": "/changes/"}).url == "/changes/"
    )
    assert strict.post("/staff/login/", {"login": "x", "password": "y", "next": "//evil.example"}).url == "/"
