"""The main job in a real browser: an operator creates a retail user, a checker approves, and ODIN has it."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: Where `make screenshots` wants its pictures; without it the test takes none.
SCREENSHOTS = os.environ.get("SCREENSHOTS", "")


def picture(page, name):
    if SCREENSHOTS:
        page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png")


def fill_bank(page, index, bank_id, account_no):
    page.locator("button[data-add][value='add:banks']").click()
    page.locator(f"[name=banks-{index}-bank_id]").select_option(bank_id)
    page.locator(f"[name=banks-{index}-account_no]").fill(account_no)
    page.locator(f"[name=banks-{index}-account_type]").select_option("SB")


def test_an_operator_creates_a_retail_user_and_odin_has_it(portal, log_in):
    maker = log_in("maker")
    maker.goto("/users/")
    maker.get_by_role("link", name="New retail user").first.click()
    for name, text in {
        "user_id": "DEMO01",
        "name": "Asha Example",
        "password": "Sesame42",
        "address_1": "12 Example Street",
        "city": "Mumbai",
        "pin_code": "400001",
        "mobile": "9876543210",
        "email": "asha@example.com",
        "pan": "aaape1234",
        "birth_date": "21-01-1985",
        "tax_status": "1",
        "occupation": "1",
    }.items():
        maker.locator(f"[name={name}]").fill(text)
    for name, code in {"group_id": "HO", "manager_id": "10.0.10.0", "gst_template": "USERMIG"}.items():
        maker.locator(f"[name={name}]").select_option(code)
    maker.locator("[name=category]").select_option("4")
    maker.locator("[name=status]").select_option("A")
    maker.locator("[name=gender]").select_option("F")
    for segment in ("1", "3"):
        maker.locator(f"[name=trading_segments][value='{segment}']").check()
    for button in maker.locator("[data-copy-column]").all():
        button.click()
    maker.locator("[name=login_types][value='16']").check()
    fill_bank(maker, 0, "HDFC", "00123456789012")
    fill_bank(maker, 1, "AXIS", "00987654321098")
    maker.locator("button[data-add][value='add:demats']").click()
    maker.locator("[name=demats-0-dp_id]").select_option("IN300940")
    maker.locator("[name=demats-0-beneficiary_id]").fill("12345678")
    maker.locator("[name=demats-0-holding_type]").select_option("1")
    maker.locator("[name=products][value='2']").check()
    for name, text in {"bse_ucc": "DEMO01"}.items():
        maker.locator(f"[name=mf_ucc-{name}]").fill(text)
    for name, code in {
        "mode_allowed": "4",
        "holding_mode": "SI",
        "karvy_payment_mode": "AM",
        "other_rta_payment_mode": "AM",
    }.items():
        maker.locator(f"[name=mf_ucc-{name}]").select_option(code)

    # The PAN is one letter short: the finding stands in the summary and beside the field, and nothing typed is lost.
    maker.get_by_role("button", name="Check your answers").click()
    summary = maker.locator("#findings")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link", name=re.compile("PAN"))).to_have_attribute("href", "#id_pan")
    expect(maker.locator("[name=banks-1-account_no]")).to_have_value("00987654321098")
    picture(maker, "new-user")
    maker.locator("[name=pan]").fill("AAAPE1234C")
    maker.get_by_role("button", name="Check your answers").click()

    expect(maker.get_by_role("heading", level=1)).to_contain_text("Check")
    maker.locator("[name=reason]").fill("New client, form 4711")
    maker.get_by_role("button", name=re.compile("Submit")).click()
    expect(maker.locator("main")).to_contain_text("another person must approve")
    change_path = maker.url.removeprefix(portal.url)

    checker = log_in("checker")
    checker.goto(change_path)
    expect(checker.locator("main")).to_contain_text("NSE Cash")
    expect(checker.locator("main")).not_to_contain_text("Sesame42")
    picture(checker, "approve")
    checker.get_by_role("button", name=re.compile("Approve")).first.click()
    outcome = checker.locator("main")
    expect(outcome).to_contain_text("User created successfully", timeout=15_000)
    picture(checker, "outcome")

    # The maker's page, open all the while, shows it without a reload.
    expect(maker.locator("main")).to_contain_text("Approved")
    maker.goto("/users/HO/DEMO01/")
    expect(maker.get_by_role("heading", level=1)).to_contain_text("Asha Example")

    odin = maker.context.new_page()
    odin.goto(f"{portal.odin_url}/users/HO/DEMO01")
    expect(odin.locator("body")).to_contain_text("Asha Example")
    expect(odin.locator("body")).to_contain_text("00987654321098")

    compliance = log_in("compliance")
    compliance.goto("/audit/?q=HO/DEMO01")
    trail = compliance.locator("main")
    for words in ("submitted for approval", "approved", "ODIN confirmed it", "New client, form 4711"):
        expect(trail).to_contain_text(words)
    compliance.locator("tr", has_text="ODIN confirmed it").get_by_role("link").first.click()
    expect(compliance.locator("main")).to_contain_text("64=301")
    expect(compliance.locator("main")).to_contain_text("207=••••")


def test_no_secret_is_in_any_log(portal):
    for name in ("stand-in", "worker", "beat", "web"):
        log = portal.log(name)
        assert "Sesame42" not in log
        assert "Dealer42" not in log
        assert not re.search(r"\|4=[^•]", log)
