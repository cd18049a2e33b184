"""The main job in a real browser: an operator creates a retail user, a checker approves, and ODIN has it."""

import contextlib
import json
import re
import sqlite3
import subprocess
import sys
import zipfile

import pytest
import requests
from playwright.sync_api import expect

from tests.batches.files import as_csv, example_row

pytestmark = [pytest.mark.browser, pytest.mark.slow]


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
    }.items():
        maker.locator(f"[name={name}]").fill(text)
    for name, code in {
        "group_id": "HO",
        "manager_id": "10.0.10.0",
        "gst_template": "USERMIG",
        "tax_status": "1",
        "occupation": "1",
    }.items():
        maker.locator(f"[name={name}]").select_option(code)
    maker.locator("[name=category]").select_option("4")
    maker.locator("[name=status]").select_option("A")
    maker.locator("[name=gender]").select_option("F")
    for segment in ("1", "3"):
        maker.locator(f"[name=trading_segments][value='{segment}']").check()
    for button in maker.locator("[data-copy-column]:visible").all():
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

    # The PAN is one letter short: the finding is in the summary and beside the field, and the input stays.
    maker.get_by_role("button", name="Check your answers").click()
    summary = maker.locator("#findings")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("link", name=re.compile("PAN"))).to_have_attribute("href", "#id_pan")
    expect(maker.locator("[name=banks-1-account_no]")).to_have_value("00987654321098")
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
    checker.get_by_role("button", name=re.compile("Approve")).first.click()
    outcome = checker.locator("main")
    expect(outcome).to_contain_text("User created successfully", timeout=15_000)

    # The maker's page, open all the while, shows it without a reload.
    expect(maker.locator("main")).to_contain_text("Applied")
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


LIMIT = """
import time, uuid
from accounts.models import RetailUser
from backoffice.changes import operations
from backoffice.protocol.examples import example
from backoffice.protocol.messages.limits import CashDeposit
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.logins.models import User
maker, checker = (User.objects.get(username=name) for name in ("maker", "checker"))
def propose_and_approve(slug, values, reason):
    change = operations.submit(slug, values, by=maker, reason=reason, token=uuid.uuid4())
    operations.approve(change.pk, by=checker, content_hash=change.content_hash, reason="Seen the papers")
whom = {"user_id": "TRAIL1", "group_id": "HO"}
create = {**example(CreateRetailUser), **whom, "reference": ""}
deposit = {**example(CashDeposit), **whom, "reference": "TRAIL0001", "amount": "750000", "notional_deposit": ""}
propose_and_approve("create_retail_user", create, "New client")
for _ in range(300):
    if RetailUser.objects.filter(user_id="TRAIL1").exists():
        break
    time.sleep(0.1)
propose_and_approve("cash_deposit", deposit, "Cheque 4711")
print(create["pan"])
"""


def test_a_card_that_does_not_arrive_comes_with_the_next_page(log_in):
    maker = log_in("maker")
    maker.goto("/users/new/")
    maker.locator("[name=name]").fill("Asha Example")
    maker.route("**/users/new/?card=*", lambda route: route.abort())
    with maker.expect_navigation():
        maker.locator("button[data-add][value='add:banks']").click()
    expect(maker.locator("[name=banks-0-account_no]")).to_be_visible()
    expect(maker.locator("[name=name]")).to_have_value("Asha Example")


def test_compliance_follows_a_limit_exports_verifies_and_sees_what_was_altered(portal, log_in, tmp_path):
    pan = portal.manage("shell", "--verbosity", "0", "--command", LIMIT).strip()
    page = log_in("compliance")
    main = page.locator("main")

    # Who raised the limit, why, who approved it, what ODIN said: from the list's search to one time line.
    page.goto("/audit/")
    page.get_by_role("searchbox", name="Retail user or staff").fill("HO/TRAIL1")
    page.get_by_role("link", name="History of HO/TRAIL1").click()
    for _ in range(30):
        if main.locator("article", has_text="TRAIL0001").locator(".step-done", has_text="Applied").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    for words in (
        "Submitted",
        "Manu Maker",
        "Cheque 4711",
        "Approved",
        "Chitra Checker",
        "Seen the papers",
        "1 attempt",
    ):
        expect(main).to_contain_text(words)
    expect(main.locator("article", has_text="TRAIL0001")).to_contain_text("₹ 7,50,000.00 cash deposit")

    # A PAN, for a reason.
    page.goto("/users/HO/TRAIL1/")
    expect(main).not_to_contain_text(pan)
    page.get_by_role("button", name="Show personal data").click()
    page.get_by_label("Why do you need them?").fill("Complaint 12")
    page.get_by_role("dialog").get_by_role("button", name="Show personal data").click()
    expect(main).to_contain_text(pan)

    # What is filtered is what is exported.
    page.goto("/audit/")
    page.get_by_role("searchbox", name="Retail user or staff").fill("HO/TRAIL1")
    expect(page.locator(".chip")).to_contain_text("HO/TRAIL1")
    page.locator("summary", has_text="Download").click()
    with page.expect_download() as exported:
        page.get_by_role("button", name="Download CSV").click()
    text = exported.value.path().read_text("utf-8-sig")
    assert "Cheque 4711" in text
    assert pan not in text
    assert "staff.logged_in" not in text

    page.goto("/audit/verification/")
    page.get_by_role("button", name="Verify now").click()
    expect(main).to_contain_text("Verified: no tampering found", timeout=30_000)
    head = portal.manage("audit_verify", "--print-head").split()[-1]

    # An evidence pack, checked without the portal.
    page.goto("/audit/evidence/")
    page.get_by_label("Retail user").fill("HO/TRAIL1")
    page.get_by_label("Reason").fill("Complaint 12")
    with page.expect_download() as made:
        page.get_by_role("button", name="Make the pack").click()
    pack = tmp_path / "pack.zip"
    made.value.save_as(pack)
    with zipfile.ZipFile(pack) as archive:
        archive.extract("verify.py", tmp_path)
    check = [sys.executable, "-I", str(tmp_path / "verify.py"), str(pack), "--head", head]
    assert subprocess.run(check, capture_output=True).returncode == 0

    # Somebody with the database's file raises the amount afterwards.
    with contextlib.closing(sqlite3.connect(portal.var / "portal.sqlite3", timeout=30)) as database, database:
        found = database.execute("SELECT id, reason FROM audit_entry WHERE reason = 'Cheque 4711'").fetchone()
        triggers = database.execute(
            "SELECT sql FROM sqlite_master WHERE name = 'audit_entry_kept'"
        ).fetchone()
        database.execute("DROP TRIGGER audit_entry_kept")
        database.execute("UPDATE audit_entry SET reason = 'Cheque 9999' WHERE id = ?", found[:1])
    try:
        page.goto("/audit/verification/")
        page.get_by_role("button", name="Verify now").click()
        expect(main).to_contain_text(f"Entry {found[0]} ", timeout=30_000)
        with pytest.raises(AssertionError):
            portal.manage("audit_verify")
    finally:
        with (
            contextlib.closing(sqlite3.connect(portal.var / "portal.sqlite3", timeout=30)) as database,
            database,
        ):
            database.execute("UPDATE audit_entry SET reason = ? WHERE id = ?", (found[1], found[0]))
            database.execute(triggers[0])


#: A second user's creation meets these at ODIN, and a refusal in words that repeat what was sent.
FAULTS = ("soap_fault", "drop_after", "http_500_before", "wrong_type")
TROUBLE = """
import time, uuid
from django.contrib.auth import get_user_model
from backoffice.changes import operations
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import FINAL
from backoffice.protocol.examples import example
from backoffice.protocol.fields import SecretText
from backoffice.protocol.messages.users import CreateRetailUser
people = get_user_model().objects
for user_id in ("LOGS1", "LOGS2"):
    values = {**example(CreateRetailUser), "user_id": user_id, "reference": "", **%r}
    values["password"] = SecretText(values["password"])
    change = operations.submit(
        "create_retail_user", values, by=people.get(username="maker"), reason="Logs", token=uuid.uuid4()
    )
    operations.approve(change.pk, by=people.get(username="checker"), content_hash=change.content_hash)
end = time.monotonic() + 60
while Delivery.objects.filter(lane__startswith="HO/LOGS").exclude(state__in=FINAL, needs_person=False).exclude(
    needs_person=True
).exists() and time.monotonic() < end:
    time.sleep(0.5)
"""
PERSON = {
    "name": "Meera Logwala",
    "password": "Logs4242",
    "address_1": "77 Log Lane",
    "mobile": "9123456780",
    "email": "meera@logs.example",
    "pan": "AAAPL4321C",
    "birth_date": "13-02-1979",
}
#: What `test_an_operator_creates_a_retail_user_and_odin_has_it` typed.
TYPED = (
    *("Asha Example", "Sesame42", "12 Example Street", "9876543210", "asha@example.com", "AAAPE1234C"),
    *("aaape1234", "21-01-1985", "00123456789012", "00987654321098", "12345678"),
)


def test_the_logs_are_lines_of_json_that_hold_nothing_secret_or_personal(portal):
    """The whole run of this portal, to which a failed login, a file, and an ODIN that fails in many ways are added."""
    repeating = f"PAN {PERSON['pan']} of\n{PERSON['name']} is taken"
    odin = requests.Session()
    for fault in FAULTS:
        odin.post(f"{portal.odin_url}/faults", json={"fault": fault, "match": {"user_id": "LOGS1"}})
    refusal = {"fault": "refuse_before", "match": {"user_id": "LOGS2"}, "text": repeating}
    assert odin.post(f"{portal.odin_url}/faults", json=refusal).ok
    wrong_password = "not-the-password-4711"
    browser = requests.Session()
    login = f"{portal.url}/staff/login/"
    for password in (wrong_password, portal.passwords["maker"]):
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(login).text)[1]
        form = {"login": "maker", "password": password, "csrfmiddlewaretoken": token}
        answer = browser.post(login, form, headers={"Referer": login})
    assert "Log out" in answer.text
    upload = f"{portal.url}/batches/new/create_retail_user/"
    page = browser.get(upload).text
    form = dict(re.findall(r'name="(csrfmiddlewaretoken|token)" value="([^"]+)"', page))
    row = example_row("create_retail_user", user_id="LOGS3", **{**PERSON, "pan": "AAAPL432"})
    browser.post(upload, form, files={"file": ("clients.csv", as_csv(row))}, headers={"Referer": upload})
    portal.manage("shell", "-c", TROUBLE % PERSON)

    session = "from backoffice.odin import session; print(session.current().id.reveal())"
    session_id = portal.manage("shell", "-v", "0", "-c", session).strip()
    assert len(session_id) > 5
    hidden = {wrong_password, session_id, *portal.passwords.values(), *PERSON.values(), "AAAPL432", *TYPED}
    names = ("SECRET_KEY", "PORTAL_SEAL_KEYS", "ODIN_DEALER_PASSWORD", "ODIN_PASSWORD_KEY")
    hidden |= {portal.environment[name] for name in names}
    for name in ("stand-in", "worker", "beat", "web"):
        found = [value for value in hidden if value in portal.log(name)]
        assert not found, f"{name} logged {found}"
    web = [json.loads(line) for line in portal.log("web").splitlines()]
    # Celery prints a warning of its own where it is run as root.
    worker = [json.loads(line) for line in portal.log("worker").splitlines() if line.startswith("{")]
    assert any(line["event"] == "Request answered." and line["status"] == 200 for line in web)
    approved = {line["request_id"] for line in web if line.get("method") == "POST" and line.get("change_id")}
    delivered = [line for line in worker if line.get("delivery_id")]
    assert approved & {line.get("request_id") for line in delivered}, (
        "an approval's id is in its delivery's lines"
    )
    assert all(line["time"].endswith("Z") and line["worker"] for line in [*web, *delivered])
    outcomes = {line["event"].rpartition(" ")[2] for line in delivered if line["event"].startswith("Attempt")}
    assert outcomes >= {"applied.", "unknown.", "refused."}
