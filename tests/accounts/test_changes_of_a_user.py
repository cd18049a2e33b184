"""Each kind of change that a retail user's page offers, from the form to ODIN and back, over real SOAP."""

import re

import pytest
from django.urls import reverse

from accounts.models import RetailUser
from backoffice.changes import operations
from backoffice.changes.kinds import KINDS as ALL
from backoffice.changes.kinds import kind
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Delivery
from backoffice.delivery.sending import drain
from backoffice.delivery.states import State as DeliveryState
from backoffice.kit.formsets import MessageForm
from backoffice.protocol.examples import example
from backoffice.protocol.fields import Records
from backoffice.protocol.message import clean
from limits.models import LimitUpdate
from tests.html_forms import Page, drawn

pytestmark = pytest.mark.django_db(transaction=True)

KINDS = (
    "user_template",
    "qvl_templates",
    "dealer_mapping",
    "channels",
    "participant_codes",
    "alternate_addresses",
    "cash_deposit",
    "manual_collateral",
    "square_off",
    "edis_quantity",
    "pledge_quantity",
)


#: Where the example removes something that this user never had, what is typed instead.
EFFECTIVE = {"dealer_mapping": {"mappings-1-action": ["A"]}}


@pytest.fixture
def user(odin, approved):
    """A retail user that ODIN has."""
    delivery = approved(user_id="HAS001", group_id="HO")
    drain(5)
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.APPLIED
    return RetailUser.objects.get(user_id="HAS001")


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


def address(slug):
    return reverse("accounts:change", args=["HO", "HAS001", slug])


def typed(page, slug, **changed):
    """What a browser sends of this page when the example's values are typed in."""
    message = kind(slug).message
    form = MessageForm(message, clean(message, example(message)))
    html = drawn(form)
    filled = Page(html).sent()
    own = {control.attributes["name"]: control.sent for control in page.controls}
    return {**filled, "token": own["token"], "press": ["check"], **EFFECTIVE.get(slug, {}), **changed}


def proposed(client, slug, **changed):
    """Go through form and check page; gives back the submitted change."""
    page = Page(client.get(address(slug)).content.decode())
    answer = client.post(address(slug), typed(page, slug, **changed))
    assert answer.status_code == 302, re.findall(
        r"finding-error.*?<span>(.*?)</span>", answer.content.decode()
    )
    check = Page(client.get(answer.url).content.decode())
    answer = client.post(answer.url, check.sent(reason="Asked for by the client"))
    assert answer.status_code == 302
    return Change.objects.get(kind=slug, state=State.SUBMITTED)


def test_every_kind_that_is_offered_is_tried_here_or_in_a_module_of_its_own():
    assert {slug for slug, kind in ALL.items() if kind.menu} == {
        *KINDS,
        "update_retail_user",
        "convert_retail_user",
        "declare_values",
        "package",
    }


@pytest.mark.parametrize("slug", KINDS)
def test_a_change_goes_from_the_form_to_odin_and_back(slug, user, odin, as_maker, checker):
    change = proposed(as_maker, slug)
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    drain(5)
    delivery = Delivery.objects.get(change=change)
    assert (delivery.state, delivery.code) == (DeliveryState.APPLIED, "1")
    assert [line.applied for line in odin.store.ledger() if line.type == kind(slug).message.type] == [True]
    for tab in ("profile", "limits", "templates", "history"):
        page = as_maker.get(reverse("accounts:detail", args=["HO", "HAS001"]), {"tab": tab})
        assert page.status_code == 200
    as_maker.force_login(checker)
    assert as_maker.get(change.get_absolute_url()).status_code == 200


#: A template of each of 27 exchanges on both levels, sixty dealers, eighty participant codes.
MANY = {
    "qvl_templates": [
        {"template_name": "ALL", "exchange": exchange, "level": level}
        for exchange in kind("qvl_templates").message.fields["templates"].record.fields["exchange"].labels
        for level in ("0", "1")
    ],
    "dealer_mapping": [
        {"action": "A", "dealer_group": "HO", "dealer_id": f"DEALER{number:02}"} for number in range(60)
    ],
    "participant_codes": [{"segment": f"{number}", "code": f"CODE{number}"} for number in range(1, 81)],
}


@pytest.mark.parametrize("slug", MANY)
def test_all_records_that_were_typed_reach_odin_and_the_checker_sees_each(
    slug, user, odin, as_maker, checker
):
    name = next(name for name, field in kind(slug).message.fields.items() if isinstance(field, Records))
    cards = {
        f"{name}-{place}-{part}": [text] for place, row in enumerate(MANY[slug]) for part, text in row.items()
    }
    change = proposed(as_maker, slug, **cards)
    as_maker.force_login(checker)
    shown = as_maker.get(change.get_absolute_url()).content.decode()
    told = [text for row in MANY[slug] for text in row.values() if len(text) > 4]
    assert [text for text in told if text not in shown] == []
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    page = as_maker.get(reverse("accounts:detail", args=["HO", "HAS001"])).content.decode()
    assert all(delivery.get_absolute_url() in page for delivery in change.deliveries.all())
    for _ in change.deliveries.all():  # one each at least, however slow the machine is
        drain(5)
    deliveries = Delivery.objects.filter(change=change)
    assert {(delivery.state, delivery.code) for delivery in deliveries} == {(DeliveryState.APPLIED, "1")}
    sent = [row for delivery in deliveries.order_by("id") for row in delivery.values[name]]
    assert sent == MANY[slug]


@pytest.mark.parametrize("slug", KINDS)
def test_the_retail_user_is_the_record_s_and_cannot_be_typed(slug, user, as_maker):
    page = Page(as_maker.get(address(slug)).content.decode())
    assert not {"user_id", "group_id"} & {control.attributes["name"] for control in page.controls}
    change = proposed(as_maker, slug, user_id=["OTHER"], group_id=["XX"])
    assert change.subject == "HO/HAS001"


def test_a_user_that_is_not_here_has_no_such_form(as_maker):
    assert as_maker.get(address("cash_deposit")).status_code == 404


def test_no_label_of_an_alternate_address_repeats_the_heading_above_it(user, as_maker):
    page = as_maker.get(address("alternate_addresses")).content.decode()
    labels = [text for text, _ in re.findall(r'<label class="field-label"[^>]*><span>([^<]*)(<|$)', page)]
    assert [text.strip() for text in labels][:3] == ["Type", "Line 1", "Line 2"]
    assert not [text for text in labels if "address:" in text]


def test_o9_the_form_of_the_alternate_addresses_starts_with_both_and_the_checker_sees_the_blanks(
    user, as_maker, checker
):
    change = proposed(as_maker, "alternate_addresses", first_fax=["0222222222"])
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    drain(5)
    page = Page(as_maker.get(address("alternate_addresses")).content.decode())
    assert page.named("first_city").sent == ["Mumbai"]
    answer = as_maker.post(address("alternate_addresses"), page.sent(press="check", first_fax=""))
    as_maker.post(answer.url, Page(as_maker.get(answer.url).content.decode()).sent(reason="No fax any more"))
    again = Change.objects.get(kind="alternate_addresses", state=State.SUBMITTED)
    as_maker.force_login(checker)
    shown = as_maker.get(again.get_absolute_url()).content.decode()
    assert "0222222222" in shown
    assert "Sends a blank over a known value" in shown


def test_what_a_mapping_replaces_is_shown_beside_it(user, as_maker, checker):
    change = proposed(as_maker, "qvl_templates")
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    drain(5)
    first = change.messages[0]["values"]["templates"][0]["template_name"]
    again = proposed(as_maker, "qvl_templates", **{"templates-0-template_name": ["NEWQVL"]})
    as_maker.force_login(checker)
    shown = as_maker.get(again.get_absolute_url()).content.decode()
    assert first in shown
    assert "NEWQVL" in shown


def test_o1_a_reference_is_used_once_for_ever(user, as_maker, checker):
    change = proposed(as_maker, "cash_deposit", reference=["ONCE0001"])
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    page = Page(as_maker.get(address("manual_collateral")).content.decode())
    answer = as_maker.post(
        address("manual_collateral"), typed(page, "manual_collateral", reference=["ONCE0001"])
    )
    assert "was used before" in answer.content.decode()


def test_a_reference_is_offered_and_never_the_same(user, as_maker):
    offered = {
        Page(as_maker.get(address("cash_deposit")).content.decode()).named("reference").sent[0]
        for _ in range(5)
    }
    assert len(offered) == 5


def test_the_same_amount_on_the_same_day_is_a_warning_for_maker_and_checker(user, as_maker, checker):
    first = proposed(as_maker, "cash_deposit", reference=["ONCE0001"])
    operations.approve(first.pk, by=checker, content_hash=first.content_hash)
    second = proposed(as_maker, "cash_deposit", reference=["ONCE0002"])
    assert [finding["rule"] for finding in second.findings] == ["portal.same_day"]


def test_a_lost_answer_to_a_deposit_counts_once(user, odin, as_maker, checker):
    odin.faults.add("drop_after", match={"type": 303})
    change = proposed(as_maker, "cash_deposit", reference=["ONCE0001"])
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    drain(5)
    assert Delivery.objects.get(change=change).state == DeliveryState.APPLIED
    assert LimitUpdate.objects.count() == 1
    assert len(odin.store.limits("HO", "HAS001")) == 1


def test_the_page_offers_changes_to_makers_only(user, as_maker, checker):
    page = reverse("accounts:detail", args=["HO", "HAS001"])
    assert address("cash_deposit") in as_maker.get(page).content.decode()
    as_maker.force_login(checker)
    assert address("cash_deposit") not in as_maker.get(page).content.decode()
    assert as_maker.get(address("cash_deposit")).status_code == 403


def test_somebody_who_is_not_logged_in_learns_nothing_of_who_is_here(user, client):
    here = client.get(address("cash_deposit"))
    nowhere = client.get(reverse("accounts:change", args=["HO", "NOBODY", "cash_deposit"]))
    assert here.status_code == nowhere.status_code == 302
