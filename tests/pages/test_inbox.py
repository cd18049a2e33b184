"""The checker's inbox by keyboard alone, in a real browser."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SUBMIT = """
import uuid
from django.contrib.auth import get_user_model
from backoffice.changes import operations
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
maker = get_user_model().objects.get(username="maker")
for user_id in ("KEYS1", "KEYS2", "KEYS3"):
    # Nothing that another user of this portal has too: what stands out is not chosen on its own.
    alone = {"pan": "", "mobile": "", "banks": [], "demats": [], "mf_ucc": {}, "products": []}
    values = {**example(CreateRetailUser), "user_id": user_id, "reference": "", **alone}
    operations.submit("create_retail_user", values, by=maker, reason="Keys", token=uuid.uuid4())
"""


def test_two_of_three_are_approved_without_a_mouse(portal, log_in):
    portal.manage("shell", "-c", SUBMIT)
    page = log_in("checker")
    page.goto("/changes/inbox/?q=KEYS&sort=id")
    for key in ("j", "x", "j", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("[data-picks]")).to_have_text("(2)")
    page.keyboard.press("d")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 changes to decide")
    page.wait_for_load_state()  # the keys are there with the scripts
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 of 2 approved", timeout=15_000)
    page.goto("/changes/inbox/?q=KEYS")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("KEYS2")
    # A filter that is chosen narrows the list on its own.
    page.goto("/changes/?q=KEYS")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.locator("#filters select[name=kind]").select_option("cash_deposit")
    expect(page.locator("tbody tr")).to_have_count(0)
