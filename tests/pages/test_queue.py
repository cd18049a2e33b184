"""The operators' pages in a browser: several deliveries settled by keyboard, new words read, a page that renews."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HELD = """
import uuid
from django.contrib.auth import get_user_model
from django.utils import timezone
from backoffice.changes import operations
from backoffice.delivery import wordings
from backoffice.delivery.models import Delivery
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
people = get_user_model().objects
values = {**example(CreateRetailUser), "user_id": "OTHER9", "reference": "", "pan": "", "mobile": ""}
change = operations.submit(
    "create_retail_user", values, by=people.get(username="maker"), reason="Held", token=uuid.uuid4()
)
operations.approve(change.pk, by=people.get(username="checker"), content_hash=change.content_hash)
words = wordings.kept(code="0", text="Moon in wrong phase", unlisted=True)
common = {"change": change, "message_type": 301, "own_values": {}}
for part in (1, 2, 3):
    Delivery.objects.create(lane=f"HO/HELD{part}", part=part, state="on_hold", needs_person=True, **common)
Delivery.objects.create(
    lane="HO/MOON", part=4, state="refused", finished_at=timezone.now(), wording=words,
    text="Moon in wrong phase", **common
)
"""
ONE_MORE = """
from backoffice.delivery.models import Delivery
held = Delivery.objects.get(lane="HO/HELD2")
Delivery.objects.create(
    change=held.change, message_type=301, part=5, own_values={}, lane="HO/HELD4", state="on_hold", needs_person=True
)
"""

SENDING = """
from django.contrib.auth import get_user_model
from backoffice.delivery import gate
gate.{verb}(by=get_user_model().objects.get(username="admin"), reason="ODIN moves to another host")
"""


def test_operators_settle_several_read_new_words_and_see_the_queue_move(portal, log_in):
    portal.manage("shell", "-c", HELD)
    page = log_in("checker")
    page.goto("/deliveries/?q=HELD&sort=id")
    for key in ("j", "x", "j", "j", "x", "d", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", level=1)).to_have_text("2 deliveries to settle")
    page.get_by_label("Reason").fill("The form was withdrawn")
    page.get_by_role("button", name="Cancel them (2)").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 of 2 cancelled")
    page.get_by_role("link", name="The queue").click()
    words = page.get_by_label("Refusals in new words").get_by_role("row", name="Moon in wrong phase")
    words.get_by_role("button", name="Mark as read").click()
    expect(words).to_have_count(0)
    expect(page.locator("#tile-on-hold .tile-value")).to_have_text("1")
    portal.manage("shell", "-c", ONE_MORE)
    expect(page.locator("#tile-on-hold .tile-value")).to_have_text("2", timeout=15_000)
    page.locator("#tile-on-hold").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_every_open_page_says_by_itself_what_stops_work(portal, log_in):
    page = log_in("maker")
    page.goto("/users/new/")
    page.locator("[name=name]").fill("Half typed")
    banner = page.locator("#state .banner")
    expect(banner).to_have_count(0)
    portal.manage("shell", "-c", SENDING.format(verb="pause"))
    expect(banner).to_contain_text("Sending is paused", timeout=15_000)
    portal.manage("shell", "-c", SENDING.format(verb="resume"))
    expect(banner).to_have_count(0, timeout=15_000)
    assert page.locator("[name=name]").input_value() == "Half typed"


def test_a_link_that_was_followed_wins_over_a_page_that_renews_itself_meanwhile(portal, log_in):
    page = log_in("checker")
    page.goto("/deliveries/queue/")
    asked, followed = [], []
    page.route("**/deliveries/queue/", lambda route: asked.append(route))
    page.route("**/users/", lambda route: followed.append(route))
    until(page, asked)
    page.locator(".rail a[href='/users/']").evaluate("link => link.click()")
    until(page, followed)
    asked[0].fulfill(headers={"HX-Refresh": "true"})
    page.wait_for_timeout(300)  # for the page to do what it must not do
    followed[0].continue_()
    expect(page).to_have_url(f"{portal.url}/users/")


def until(page, happened):
    for _ in range(100):
        if happened:
            return
        page.wait_for_timeout(100)
    raise AssertionError("The page did not ask.")
