"""What the scripts of a page take from the server: what names a person, and who is of age."""

from datetime import date

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("text", ["abcpt1234a", "+91 9800000001", "asha@example.com"])
def test_a_list_is_not_asked_for_with_a_person_s_identifier_in_the_address(log_in, text):
    page = log_in("maker")
    page.goto("/changes/")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("#filters [name=q]").fill(text)
    expect(page.get_by_text("A list is not searched by PAN").first).to_be_attached()
    assert [url for url in asked if "q=" in url] == []
    with page.expect_request("**/changes/?*q=Asha*"):
        page.locator("#filters [name=q]").fill("Asha")


def test_the_guardian_of_a_minor_is_asked_for_while_the_date_is_typed(log_in):
    page = log_in("maker")
    page.goto("/users/new/")
    born, guardian = page.locator("[name=birth_date]"), page.locator("[data-how=minor]").first
    for years, state in ((17, "on"), (18, "off")):
        today = date.today()
        born.fill(f"01-01-{today.year - years}")
        expect(guardian).to_have_attribute("data-state", state)
