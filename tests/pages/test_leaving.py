"""What a person typed survives the end of the login and a lost network, and whoever waits sees it."""

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


def test_a_form_that_is_sent_without_a_network_keeps_what_was_typed(log_in):
    page, amount = at_a_deposit(log_in)
    page.context.set_offline(True)
    send(page)
    dialog = page.get_by_role("dialog", name="The portal does not answer")
    expect(dialog).to_contain_text("Nothing was submitted.")
    assert amount.input_value() == TYPED
    dialog.get_by_role("button", name="Close").click()
    page.context.set_offline(False)
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/deposits/")):
        send(page)


def at_a_comment(log_in, files):
    """A page that renews itself, with a comment that is half typed."""
    page = log_in("checker")
    page.clock.install()
    page.goto(f"/batches/{files['under-way']}/")
    comment = page.get_by_label("Comment")
    comment.fill("Half a")
    return page, comment


def test_a_page_that_renews_itself_leaves_a_half_typed_comment(log_in, files):
    page, comment = at_a_comment(log_in, files)
    page.route("**/progress/**", lambda route: route.fulfill(headers={"HX-Refresh": "true"}))
    changed = page.get_by_text("This page has changed.")
    page.clock.run_for(6000)
    expect(changed).to_have_count(1)
    page.unroute("**/progress/**")
    page.context.clear_cookies()
    page.clock.run_for(6000)
    expect(comment).to_have_value("Half a")


def test_a_part_that_is_renewed_does_not_free_a_form_that_is_being_sent(log_in, files):
    page, _ = at_a_comment(log_in, files)
    sent, renewed = [], []
    button = page.get_by_role("button", name="Comment")

    def answer(route):
        sent.append(route)
        route.fulfill(status=204)

    def renew(route):
        renewed.append(route)
        route.fulfill(content_type="text/html", body='<div id="progress"></div>')

    page.route("**/comment/", answer)
    page.route("**/progress/**", renew)
    button.click()
    expect(button).to_have_attribute("aria-disabled", "true")
    page.clock.run_for(12_000)
    expect(page.locator("#progress[data-poll]")).to_have_count(0)
    assert renewed
    expect(button).to_have_attribute("aria-disabled", "true")
    assert len(sent) == 1


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
