"""A part of a retail user edited alone: an update whose form has the fields of that part, and all else stays."""

import re

import pytest
from django.urls import reverse

from accounts.entry import change_form
from accounts.models import RetailUser
from accounts.parts import PARTS
from accounts.updates import ALWAYS
from backoffice.changes import operations
from backoffice.changes.again import next_step
from backoffice.changes.models import Change, State
from backoffice.delivery.handlers import apply
from backoffice.delivery.models import Delivery
from backoffice.delivery.sending import drain
from backoffice.protocol.message import clean
from tests.factories import RetailUserFactory, retail_user_values
from tests.html_forms import Page, flowed

pytestmark = pytest.mark.django_db

WHOLE = "/users/HO/RET001/change/update_retail_user/"


def address(part):
    return f"/users/HO/RET001/edit/{part}/"


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


@pytest.fixture
def user():
    apply(301, "HO/RET001", retail_user_values())
    return RetailUser.objects.get()


def opened(client, url):
    answer = client.get(url)
    assert answer.status_code == 200
    return Page(answer.content.decode())


@pytest.mark.parametrize("slug", ["update_retail_user", "declare_values", "package"])
def test_the_subtitle_of_a_form_fits_on_a_line_and_what_always_holds_is_behind_the_i(as_maker, user, slug):
    form = change_form("HO", "RET001", slug)
    html = as_maker.get(form.new_url).content.decode()
    subtitle = re.search(r'<p class="page-sub">(.*?)</p>', html, re.DOTALL)[1]
    said = " ".join(re.sub(r"<[^>]+>", " ", subtitle).split())
    assert len(said) <= 90 + len(user.name)
    assert form.facts not in said or not form.facts
    assert form.facts in html
    assert ('popovertarget="facts"' in subtitle) is bool(form.facts)


def names(page):
    return {re.split("-", control.attributes["name"])[0] for control in page.controls}


def sent(client, part, press="check", **typed):
    url = address(part)
    return client.post(url, opened(client, url).sent(press=press, **typed))


def draft():
    return operations.draft_values(Change.objects.get(state=State.DRAFT))


def test_each_field_of_an_update_is_in_one_part(user):
    asked = change_form("HO", "RET001", "update_retail_user")
    on_the_form = [name for section in asked.sections for name in section.names]
    in_parts = [name for part in PARTS.values() for name in part.names]
    assert len(in_parts) == len(set(in_parts))
    assert set(on_the_form) - set(in_parts) == {"send_again", "reference"} & set(on_the_form)


@pytest.mark.parametrize("part", PARTS)
def test_the_form_of_a_part_has_its_fields_alone(part, user, as_maker):
    shown = names(opened(as_maker, address(part)))
    assert shown & set(PARTS[part].names)
    others = {name for slug, one in PARTS.items() if slug != part for name in one.names}
    assert not shown & others


def test_there_is_no_other_part(user, as_maker):
    assert as_maker.get(address("password")).status_code == 404


def test_what_the_form_does_not_show_stays_as_it_is(user, as_maker):
    assert sent(as_maker, "address", city="Pune").status_code == 302
    form = change_form("HO", "RET001", "update_retail_user")
    before = clean(form.message, form.starting())
    kept = draft()
    assert {name: kept[name] for name in before} == {**before, "city": "Pune"}


def test_what_odin_confirmed_while_the_form_was_open_is_not_undone(user, as_maker):
    page = opened(as_maker, address("address"))
    RetailUser.objects.update(email="later@example.com")
    as_maker.post(address("address"), page.sent(press="check", city="Pune"))
    assert (draft()["email"], draft()["city"]) == ("later@example.com", "Pune")


def test_the_whole_form_goes_on_with_the_draft_of_a_part_and_back(user, as_maker):
    answer = sent(as_maker, "address", press="whole", city="Pune")
    assert answer.url.startswith(f"{WHOLE}?draft=")
    page = opened(as_maker, answer.url)
    assert page.named("city").sent == ["Pune"]
    token = page.named("token").sent[0]
    as_maker.post(WHOLE, page.sent(press="save", email="whole@example.com"))
    back = opened(as_maker, f"{address('address')}?draft={token}")
    as_maker.post(address("address"), back.sent(press="save", pin_code="411001"))
    kept = draft()
    assert (kept["city"], kept["email"], kept["pin_code"]) == ("Pune", "whole@example.com", "411001")


def test_an_error_outside_the_part_leads_to_its_field_on_the_whole_form(as_maker):
    RetailUserFactory(group_id="HO", user_id="RET001", unknown_fields=["max_gtd"], max_gtd=None)
    answer = sent(as_maker, "address", city="Pune")
    html = flowed(answer.content.decode())
    assert "1 more in other sections" in html
    link = re.search(r'href="([^"]*)#id_max_gtd"', html)[1].replace("&amp;", "&")
    page = opened(as_maker, link)
    assert page.named("city").sent == ["Pune"]
    assert "id_max_gtd-finding-0" in page.ids


def test_a_wrong_value_of_the_part_is_found_beside_it(user, as_maker):
    answer = sent(as_maker, "address", city="Pu|ne")
    assert "id_city-finding-0" in Page(answer.content.decode()).ids


def test_a_button_of_a_group_works_without_a_script(user, as_maker):
    answer = sent(as_maker, "banks", press="add:banks")
    page = Page(answer.content.decode())
    shown = [page.named(f"banks-{number}-account_no").sent[0] for number in range(user.banks.count() + 1)]
    assert shown == [*user.banks.values_list("account_no", flat=True), ""]


def test_what_was_typed_after_the_login_ended_comes_back(user, as_maker):
    page = opened(as_maker, address("address"))
    as_maker.logout()
    answer = as_maker.post(address("address"), page.sent(press="check", city="Pune"))
    assert answer.status_code == 401
    html = answer.content.decode()
    assert Page(html).named("city").sent == ["Pune"]
    assert user.name not in html


def test_start_again_brings_what_the_part_changed(user, as_maker, maker, checker):
    answer = sent(as_maker, "address", city="Pune")
    as_maker.post(answer.url, opened(as_maker, answer.url).sent(reason="As asked"))
    change = Change.objects.get(state=State.SUBMITTED)
    operations.reject(change.pk, by=checker, reason="Which city?")
    assert opened(as_maker, f"{WHOLE}?again={change.pk}").named("city").sent == ["Pune"]
    step = next_step(Change.objects.get(pk=change.pk), maker)
    assert step.url == f"{address('address')}?again={change.pk}"
    page = opened(as_maker, step.url)
    assert page.named("city").sent == ["Pune"]
    as_maker.post(address("address"), page.sent(press="save", city="Thane"))
    again = Change.objects.get(state=State.DRAFT)
    assert (again.corrects_id, draft()["city"], draft()["email"]) == (change.pk, "Thane", user.email)


def test_a_draft_goes_on_where_its_changes_are(user, as_maker, maker):
    def goes_on():
        return next_step(Change.objects.get(state=State.DRAFT), maker).url.partition("?")[0]

    answer = sent(as_maker, "address", press="save", city="Pune")
    assert goes_on() == address("address")
    page = opened(as_maker, answer.url.replace(address("address"), WHOLE))
    as_maker.post(WHOLE, page.sent(press="save", email="whole@example.com"))
    assert goes_on() == WHOLE


@pytest.mark.django_db(transaction=True)
def test_a_typo_in_an_address_goes_to_odin_alone_and_the_checker_sees_it_first(
    odin, approved, as_maker, checker
):
    approved(user_id="RET001", group_id="HO")
    drain(5)
    before = odin.store.user("HO", "RET001")["values"]
    answer = sent(as_maker, "address", address_1="12-A Ring Road")
    as_maker.post(answer.url, opened(as_maker, answer.url).sent(reason="Typo"))
    change = Change.objects.get(state=State.SUBMITTED)
    as_maker.force_login(checker)
    shown = as_maker.get(change.get_absolute_url()).content.decode()
    rows = re.findall(r'<tr class="[^"]*is-(changed|repeated|new)', shown)
    assert rows[0] == "changed"
    assert rows.count("changed") == 1
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    drain(5)
    delivery = Delivery.objects.get(change=change)
    assert set(delivery.values) == {*ALWAYS, "address_1", "reference"}
    after = odin.store.user("HO", "RET001")["values"]
    assert after == {**before, "address_1": "12-A Ring Road"} | {
        name: after[name] for name in ("reference",) if name in after
    }


def test_the_pencils_are_there_for_those_who_may_propose(user, as_maker, client, checker):
    overview = reverse("accounts:detail", args=["HO", "RET001"])
    assert f'href="{address("address")}"' in as_maker.get(overview).content.decode()
    client.force_login(checker)
    assert "/edit/" not in client.get(overview).content.decode()
