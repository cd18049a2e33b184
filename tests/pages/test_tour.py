"""The guided tour in a browser: step by step by keyboard, read by screen readers, gone permanently once it is ended."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LOOKS = (("light", 1440), ("dark", 360))


def test_a_person_walks_the_tour_by_keyboard_and_ends_it(log_in):
    page = log_in("compliance")
    said = []
    page.on("console", lambda message: said.append(message.text))
    tour = page.get_by_role("region", name="Guided tour")
    expect(tour).to_contain_text("Step 1 of 6")
    expect(tour.get_by_role("heading", level=3)).to_have_text("Start the day on Today")
    below = page.locator("#today").bounding_box()["y"]

    next_step = tour.get_by_role("button", name="Show the next step")
    next_step.focus()
    page.keyboard.press("Enter")
    trail = tour.get_by_role("heading", name="Read the trail")
    expect(trail).to_be_focused()  # so it is read out
    expect(page.locator(".nav a.is-toured")).to_have_text("Audit")
    assert page.locator("#today").bounding_box()["y"] == below
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        assert [one["id"] for one in Axe().run(page).response["violations"]] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    tour.get_by_role("link", name="Open the audit trail").click()
    page.goto("/")
    expect(trail).to_be_visible()  # where one was
    for _ in range(4):
        next_step.click()
    expect(tour).to_contain_text("Step 6 of 6")
    expect(next_step).to_be_disabled()
    tour.get_by_role("button", name="Show the previous step").click()
    expect(tour).to_contain_text("Step 5 of 6")

    tour.get_by_role("button", name="End the tour").press("Enter")
    expect(tour).to_have_count(0)
    again = log_in("compliance")
    expect(again.get_by_role("heading", name="Today", exact=True)).to_be_visible()
    expect(again.get_by_role("region", name="Guided tour")).to_have_count(0)
    assert said == []


def test_without_a_script_all_steps_are_listed(portal, chromium):
    context = chromium.new_context(base_url=portal.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("Username").fill("support")
    page.get_by_label("Password").fill(portal.passwords["support"])
    page.get_by_role("button", name="Log in").click()
    tour = page.get_by_role("region", name="Guided tour")
    expect(tour.get_by_role("heading", level=3)).to_have_count(6)
    expect(tour.get_by_role("button")).to_have_text(["End the tour"])
    context.close()
