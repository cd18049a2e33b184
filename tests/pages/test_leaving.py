"""What a person typed survives the end of the login, and whoever waits sees it."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TYPED = "12,345"


def at_a_deposit(log_in):
    page = log_in("maker")
    page.goto("/limits/deposits/")
    amount = page.locator("[name$=amount]").first
    amount.fill(TYPED)
    amount.blur()
    return page, amount


def send(page):
    # An event, since Playwright waits for a button that is marked as disabled; a person does not.
    page.get_by_role("button", name="Submit deposits").dispatch_event("click")


def test_a_form_that_is_sent_after_the_login_ended_keeps_what_was_typed(log_in):
    page, amount = at_a_deposit(log_in)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    send(page)
    expect(page.get_by_role("dialog", name="You have been logged out")).to_be_visible()
    assert amount.input_value() == TYPED
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.context.add_cookies(cookies)
    with page.expect_request(lambda request: request.method == "POST" and "deposits" in request.url):
        send(page)


def test_a_form_is_not_sent_in_the_name_of_another_person(log_in):
    page, amount = at_a_deposit(log_in)
    other = log_in("checker")
    page.context.clear_cookies()
    page.context.add_cookies(other.context.cookies())
    send(page)
    dialog = page.get_by_role("dialog", name="Another person is logged in")
    expect(dialog).to_contain_text("Chitra Checker")
    assert amount.input_value() == TYPED


def test_whoever_waits_sees_at_the_button_that_the_portal_is_at_work(log_in):
    page, _ = at_a_deposit(log_in)
    sent = []

    def answer(route):
        """An answer without a page leaves the browser where it is, as one that does not come."""
        sent.append(route.request.method)
        route.fulfill(status=204)

    page.route("**/limits/deposits/", answer)
    send(page)
    expect(page.locator(".btn.is-waiting")).to_have_count(1)
    send(page)
    expect(page.locator("#announce")).to_have_text("Still working. Nothing needs to be pressed again.")
    assert sent == ["POST"]


def test_whoever_waits_for_a_report_sees_it_at_the_button_and_may_ask_for_another(log_in):
    page = log_in("checker")
    page.goto("/reports/")
    asked = []

    def answer(route):
        asked.append(route.request.url)
        route.fulfill(status=204)

    page.route("**/reports/?*", answer)
    page.get_by_role("button", name="Show report").click()
    expect(page.locator(".btn.is-waiting")).to_have_count(1)
    page.get_by_role("button", name="Show report").click()
    expect(page.locator(".btn.is-waiting")).to_have_count(1)
    assert len(asked) == 2
