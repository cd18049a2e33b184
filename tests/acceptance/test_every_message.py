"""Each message once through the browser: typed, checked, approved by another, and seen in the stand-in's own page."""

import re
from unittest.mock import patch

import pytest
from playwright.sync_api import expect

from backoffice.changes.kinds import kind
from backoffice.kit.formats import in_words, rupees
from backoffice.kit.formsets import MessageForm
from backoffice.protocol.examples import example
from backoffice.protocol.message import clean
from tests.html_forms import Page, drawn
from tests.portals import log_in_as

pytestmark = [pytest.mark.browser, pytest.mark.slow]

#: For each kind: what differs from the message's example, and what the stand-in's page of the user shows afterwards.
MESSAGES = {
    "update_retail_user": ({"city": ["Nagpur"]}, "Nagpur"),
    "user_template": ({}, "Templates"),
    "qvl_templates": ({}, "Quantity and value limits"),
    "dealer_mapping": ({"mappings-1-action": ["A"]}, "DEAL2"),
    "channels": ({}, "TRADING"),
    "cash_deposit": ({"reference": ["WALK0001"], "amount": ["950000.50"]}, "WALK0001"),
    "manual_collateral": ({"reference": ["WALK0002"], "amount": ["500"]}, "WALK0002"),
    # One that ODIN lists: once its list is read, the form offers no other.
    "square_off": ({"periodicity": ["113"]}, "113"),
    "participant_codes": ({}, "016290806IL"),
    "alternate_addresses": ({}, "1 Hill Road"),
    "edis_quantity": ({}, "INE467B01029"),
    "pledge_quantity": ({}, "INE467B01029"),
}
CREATE = """
import uuid
from backoffice.changes import operations
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.logins.models import User
values = {**example(CreateRetailUser), "reference": "", "user_id": "WALK01", "group_id": "HO"}
change = operations.submit(
    "create_retail_user", values, by=User.objects.get(username="maker"), reason="Walk", token=uuid.uuid4()
)
checker = User.objects.get(username="checker")
operations.approve(change.pk, by=checker, content_hash=change.content_hash)
"""


@pytest.fixture(scope="module")
def desk(portal, chromium):
    """A maker and a checker at their browsers."""
    contexts = [chromium.new_context(base_url=portal.url) for _ in range(2)]
    pages = [context.new_page() for context in contexts]
    for page, name in zip(pages, ("maker", "checker"), strict=True):
        log_in_as(page, portal, name)
    yield pages
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def user(portal):
    """A retail user that ODIN has."""
    portal.manage("shell", "--command", CREATE)
    return "/users/HO/WALK01/"


def typed(slug, changed):
    """What is typed into the form of a kind, control by control."""
    if slug == "update_retail_user":
        return changed
    message = kind(slug).message
    with patch("backoffice.kit.forms.offered", return_value=()):  # this process has no database
        form = MessageForm(message, clean(message, example(message)))
    html = drawn(form)
    return {**Page(html).sent(), **changed}


def fill(page, values):
    """Type values into the form as a person does, adding the cards that they need."""
    for name in sorted({found[0] for name in values if (found := re.match(r"[a-z_]+-[0-9]+(?=-)", name))}):
        group, number = name.rsplit("-", 1)
        if page.locator(f"[name^='{name}-']").count() == 0:
            page.locator(f"button[data-add][value='add:{group}']").click()
            expect(page.locator(f"[name^='{group}-{number}-']").first).to_be_attached()
    for name, wanted in values.items():
        control = page.locator(f"[name='{name}']:not([type=hidden])")
        if control.count() == 0:
            continue
        first = control.first
        for folded in first.locator("xpath=ancestor::details[not(@open)]").all():
            folded.locator("summary").first.click()
        match first.evaluate("node => node.type || node.tagName.toLowerCase()"):
            case "checkbox":
                for one in wanted:
                    page.locator(f"[name='{name}'][value='{one}']").check()
            case "select-one":
                first.select_option(wanted[0])
            case _:
                first.fill(wanted[0])


@pytest.mark.parametrize("slug", MESSAGES)
def test_a_message_goes_from_the_screen_to_confirmation(portal, desk, user, slug):
    changed, shown_at_odin = MESSAGES[slug]
    maker, checker = desk
    maker.goto(user)
    expect(maker.get_by_text("ODIN last confirmed")).to_be_visible(timeout=15_000)
    maker.locator("summary", has_text="Propose a change").click()
    maker.locator(f"details[open] a[href$='/change/{slug}/']").click()
    maker.wait_for_url(
        f"**/change/{slug}/"
    )  # loaded, with its scripts: what is filled counts the cards that are there
    fill(maker, typed(slug, changed))
    if slug == "cash_deposit":
        expect(maker.locator("output[for=id_amount]")).to_have_text(
            "₹ 9,50,000.50 · Rupees nine lakh fifty thousand and fifty paise"
        )
    maker.get_by_role("button", name="Check your answers").click()
    expect(maker.get_by_role("heading", level=1)).to_contain_text("Check")
    maker.locator("[name=reason]").fill("Asked for by the client")
    maker.get_by_role("button", name=re.compile("Submit")).click()
    expect(maker.locator("main")).to_contain_text("another person must approve")

    checker.goto(maker.url)
    checker.get_by_role("button", name=re.compile("Approve")).first.click()
    expect(checker.locator("main")).to_contain_text("Applied", timeout=15_000)

    odin = maker.context.new_page()
    odin.goto(f"{portal.odin_url}/users/HO/WALK01")
    expect(odin.locator("body")).to_contain_text(shown_at_odin)
    expect(odin.locator("body")).to_contain_text(f"{kind(slug).message.type} {kind(slug).message.title}")
    odin.close()


def test_the_script_writes_amounts_as_the_server_does(desk, user):
    desk[0].goto(f"{user}change/cash_deposit/")
    amounts = [
        "0",
        "7",
        "20",
        "99",
        "100",
        "1000",
        "99999",
        "100000",
        "1234567.5",
        "10000000.05",
        "99999999999.99",
    ]
    said = desk[0].evaluate(
        "async (amounts) => { const { amountWords } = await import(document.querySelector('[src*=amounts]').src);"
        " return amounts.map(amountWords) }",
        amounts,
    )
    assert said == [f"{rupees(amount)} · {in_words(amount)}" for amount in amounts]


def test_the_templates_offered_are_those_of_the_type_chosen(desk, user):
    maker, _ = desk
    maker.goto(f"{user}change/user_template/")
    kind_of, name = maker.locator("[name=template_type]"), maker.locator("[name=template_name]")
    kind_of.select_option("8")
    shown = "groups => groups.filter(group => !group.hidden && !group.disabled).map(group => group.label)"
    assert name.locator("optgroup").evaluate_all(shown) == ["Authentication"]
    name.select_option("OTP")
    kind_of.select_option("1")
    expect(name).to_have_value("")
    name.select_option("ALL")
    kind_of.select_option("12")
    expect(name).to_have_value("ALL")
