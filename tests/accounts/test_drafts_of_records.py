"""A record that moves on while somebody edits it: its form says what moved, and proposes no old value as if wanted."""

import uuid

import pytest

from accounts.models import RetailUser
from backoffice.changes import operations
from backoffice.changes.models import Change, State
from tests.factories import BankAccountFactory, RetailUserFactory
from tests.html_forms import Page, flowed

pytestmark = pytest.mark.django_db

WHOLE = "/users/HO/RET001/change/update_retail_user/"
ADDRESS = "/users/HO/RET001/edit/address/"
NOTICE = "The record changed after you began"


@pytest.fixture
def user():
    return RetailUserFactory(
        user_id="RET001", name="Asha Old", city="Mumbai", branch="FORT", trading_segments=["1", "3"]
    )


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


def confirm(user, **columns):
    """ODIN confirms another change of the record."""
    user.refresh_from_db()
    for name, value in columns.items():
        setattr(user, name, value)
    user.version += 1
    user.save()


def opened(client, url):
    return Page(client.get(url).content.decode())


def checked(client, url, page, **typed):
    return client.post(url, page.sent(press="check", **typed))


def proposed(client, answer):
    """The values of the message that is submitted from a check page."""
    page = Page(client.get(answer.url).content.decode())
    assert client.post(answer.url, page.sent(reason="Letter 12")).status_code == 302
    return Change.objects.get(state=State.SUBMITTED).messages[0]["values"]


@pytest.mark.parametrize("url", [WHOLE, ADDRESS])
def test_a_form_opened_before_the_record_moved_proposes_nothing_old(as_maker, user, url):
    page = opened(as_maker, url)
    confirm(user, city="Pune", branch="DADAR")
    answer = checked(as_maker, url, page, address_1="7 New Lane")
    assert answer.status_code == 409
    text = flowed(answer.content.decode())
    assert NOTICE in text
    assert "Mumbai" in text  # what it was, beside what it is now
    again = Page(answer.content.decode())
    assert again.sent()["city"] == ["Pune"]
    assert again.sent()["address_1"] == ["7 New Lane"]
    values = proposed(as_maker, checked(as_maker, url, again))
    assert values["address_1"] == "7 New Lane"
    assert not {"city", "branch"} & values.keys()


def test_a_draft_opened_later_has_the_present_values_and_what_its_maker_typed(as_maker, user):
    page = opened(as_maker, WHOLE)
    saved = as_maker.post(WHOLE, page.sent(press="save", name="Asha New", city="Nashik"))
    confirm(user, city="Pune", branch="DADAR")
    text = as_maker.get(saved.url).content.decode()
    assert NOTICE in text
    assert "changes it too: check it" in flowed(text)
    shown = Page(text).sent()
    assert (shown["name"], shown["city"], shown["branch"]) == (["Asha New"], ["Nashik"], ["DADAR"])
    values = proposed(as_maker, checked(as_maker, WHOLE, Page(text)))
    assert (values["name"], values["city"]) == ("Asha New", "Nashik")
    assert "branch" not in values


def test_its_check_page_leads_back_to_the_form_that_says_what_moved(as_maker, user):
    answer = checked(as_maker, WHOLE, opened(as_maker, WHOLE), name="Asha New")
    confirm(user, branch="DADAR")
    back = as_maker.get(answer.url, follow=True)
    assert NOTICE in back.content.decode()
    assert as_maker.post(answer.url, {"reason": "Letter"}).url == back.redirect_chain[-1][0]
    assert Change.objects.get().state == State.DRAFT


def test_what_is_kept_while_typing_knows_the_record_that_the_form_was_filled_from(as_maker, user):
    page = opened(as_maker, WHOLE)
    confirm(user, branch="DADAR")
    token = page.sent()["token"][0]
    assert as_maker.post(f"{WHOLE}{token}/keep/", page.sent(name="Asha New")).status_code == 200
    text = as_maker.get(f"{WHOLE}?draft={token}").content.decode()
    assert NOTICE in text
    assert Page(text).sent()["branch"] == ["DADAR"]


def test_segments_that_were_added_meanwhile_stay_beside_those_that_were_ticked(as_maker, user):
    page = opened(as_maker, WHOLE)
    saved = as_maker.post(WHOLE, page.sent(press="save", trading_segments=["3", "2"]))  # without 1, with 2
    confirm(user, trading_segments=["1", "3", "4"])
    assert opened(as_maker, saved.url).sent()["trading_segments"] == ["2", "3", "4"]


def test_accounts_that_moved_are_shown_as_they_are_and_to_be_typed_again(as_maker, user):
    BankAccountFactory(retail_user=user, account_no="00111")
    page = opened(as_maker, WHOLE)
    saved = as_maker.post(WHOLE, page.sent(press="save", **{"banks-0-branch_name": "Typed then"}))
    BankAccountFactory(retail_user=user, account_no="00999", is_default="0")
    confirm(user)
    text = as_maker.get(saved.url).content.decode()
    assert "Enter your changes to Bank accounts again" in flowed(text)
    numbers = [
        value for name, values in Page(text).sent().items() if "account_no" in name for value in values
    ]
    assert sorted(numbers) == ["00111", "00999"]
    assert "Typed then" not in text


def test_a_change_of_the_record_that_the_form_does_not_show_is_not_talked_of(as_maker, user):
    page = opened(as_maker, WHOLE)
    confirm(user)
    assert checked(as_maker, WHOLE, page, name="Asha New").status_code == 302


def test_starting_again_says_what_moved_since(as_maker, maker, user):
    page = opened(as_maker, WHOLE)
    proposed(as_maker, checked(as_maker, WHOLE, page, name="Asha New"))
    change = Change.objects.get()
    operations.withdraw(change.pk, by=maker)
    assert NOTICE not in as_maker.get(f"{WHOLE}?again={change.pk}").content.decode()
    confirm(user, branch="DADAR")
    text = as_maker.get(f"{WHOLE}?again={change.pk}").content.decode()
    assert NOTICE in text
    assert Page(text).sent()["branch"] == ["DADAR"]


@pytest.mark.parametrize("base", ["", "nonsense", "gAAAAA"])
def test_a_form_without_a_record_of_ours_is_kept_as_filled_from_the_present_one(as_maker, user, base):
    page = opened(as_maker, WHOLE)
    token = str(uuid.uuid4())
    assert as_maker.post(WHOLE, page.sent(press="save", token=token, base=base)).status_code == 302
    assert Change.objects.get(token=token).record_version == RetailUser.objects.get().version


def test_the_page_shows_no_value_of_the_record_that_its_part_does_not_have(as_maker, user):
    assert user.pan not in as_maker.get(ADDRESS).content.decode()
