"""320: only what changed goes out, and with it what ODIN would reset (U1, U17); from the form to ODIN and back."""

import pytest
from django.urls import reverse

from accounts.models import RetailUser
from accounts.updates import ALWAYS, compose
from backoffice.changes import operations
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Delivery
from backoffice.delivery.sending import drain
from backoffice.delivery.states import State as DeliveryState
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from tests.html_forms import Page

KNOWN = {
    **example(CreateRetailUser),
    "global_flag": "0",
    "orders_per_second": "5",
    "max_broadcast_scrips": "-1",
    "max_gtd": "10",
}
IDENTITY = {name: KNOWN[name] for name in ("user_id", "group_id", "manager_id", "odin_user_type")}
REPEATED = {
    name: KNOWN[name] for name in ("global_flag", "orders_per_second", "max_broadcast_scrips", "max_gtd")
}


def wanted(**changed):
    return {**IDENTITY, **REPEATED, **changed}


def test_u1_what_odin_would_reset_is_always_repeated():
    assert set(IDENTITY) | set(REPEATED) == set(ALWAYS)
    assert compose(KNOWN, wanted(city="Pune")) == {**IDENTITY, **REPEATED, "city": "Pune"}


def test_u1_what_nobody_knows_and_nobody_chose_stays_out_so_that_the_rules_ask_for_it():
    known = {name: value for name, value in KNOWN.items() if name != "max_gtd"}
    assert "max_gtd" not in compose(known, wanted(city="Pune", max_gtd=""))
    assert compose(known, wanted(city="Pune", max_gtd="30"))["max_gtd"] == "30"


def test_what_did_not_change_is_not_sent():
    same = {name: KNOWN[name] for name in ("name", "city", "pan", "trading_segments", "status")}
    assert set(compose(KNOWN, wanted(**same))) == set(ALWAYS)


def test_the_order_within_a_set_of_segments_is_no_change():
    turned = list(reversed(KNOWN["trading_segments"]))
    assert "trading_segments" not in compose(KNOWN, wanted(trading_segments=turned))


def test_u18_an_emptied_text_is_sent_empty():
    assert compose(KNOWN, wanted(city=""))["city"] == ""


def test_u17_products_bring_what_they_make_mandatory_from_the_confirmed_values():
    known = {**KNOWN, "products": ["3"], "client_type": "IND", "tax_status": "1", "occupation": "1"}
    message = compose(known, wanted(products=["3", "4"]))
    assert (message["client_type"], message["tax_status"], message["occupation"]) == ("IND", "1", "1")


def test_u17_a_mutual_fund_brings_the_ucc_a_demat_account_to_modify_and_the_birth_date():
    message = compose(KNOWN, wanted(products=[*KNOWN["products"], "32"]))
    assert message["mf_ucc"] == KNOWN["mf_ucc"]
    assert {row["action"] for row in message["demats"]} == {"1"}
    assert message["birth_date"] == KNOWN["birth_date"]


@pytest.fixture
def user(transactional_db, odin, approved):
    approved(user_id="HAS001", group_id="HO")
    drain(0.2)
    return RetailUser.objects.get(user_id="HAS001")


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


ADDRESS = "/users/HO/HAS001/change/update_retail_user/"


def submitted(client, **changed):
    page = Page(client.get(ADDRESS).content.decode())
    answer = client.post(ADDRESS, page.sent(press="check", **changed))
    assert answer.status_code == 302, answer.content.decode()
    answer = client.post(answer.url, Page(client.get(answer.url).content.decode()).sent(reason="As asked"))
    return Change.objects.get(kind="update_retail_user", state=State.SUBMITTED)


def delivered(change, checker):
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    drain(0.2)
    return Delivery.objects.get(change=change)


def test_the_form_starts_with_what_odin_confirmed(user, as_maker):
    page = Page(as_maker.get(ADDRESS).content.decode())
    assert page.named("name").sent == [user.name]
    assert page.named("pan").sent == [user.pan]
    names = {control.attributes["name"] for control in page.controls}
    assert not names & {"family_id", "parent_id", "password", "category", "group_admin_id", "user_id"}


def test_a_changed_city_goes_to_odin_and_nothing_else_is_reset(user, odin, as_maker, checker):
    before = odin.store.user("HO", "HAS001")["values"]
    delivery = delivered(submitted(as_maker, city="Pune"), checker)
    assert (delivery.state, delivery.code) == (DeliveryState.APPLIED, "1")
    assert set(delivery.values) == {*ALWAYS, "city", "reference"}
    after = odin.store.user("HO", "HAS001")["values"]
    assert after["city"] == "Pune"
    for name in ("global_flag", "max_gtd", "trading_segments", "pan", "poa"):
        assert after[name] == before[name], name
    user.refresh_from_db()
    assert (user.city, user.version) == ("Pune", 2)


def test_an_update_of_a_record_that_moved_on_is_stale(user, as_maker, checker):
    first, second = submitted(as_maker, city="Pune"), None
    delivered(first, checker)
    second = submitted(as_maker, city="Nagpur")
    RetailUser.objects.filter(pk=user.pk).update(version=9)
    with pytest.raises(operations.Stale):
        operations.approve(second.pk, by=checker, content_hash=second.content_hash)


def test_nothing_changed_is_said_and_not_submitted(user, as_maker):
    page = Page(as_maker.get(ADDRESS).content.decode())
    answer = as_maker.post(ADDRESS, page.sent(press="check"))
    assert answer.status_code == 200
    assert "Nothing is changed yet" in answer.content.decode()


@pytest.mark.parametrize(("status", "shown"), [("S", "Suspends the user"), ("I", "Makes the user inactive")])
def test_one_click_suspends_or_inactivates_after_a_reason_and_an_approval(
    user, odin, as_maker, checker, status, shown
):
    answer = as_maker.post(reverse("accounts:status", args=["HO", "HAS001", status]))
    check = as_maker.get(answer.url).content.decode()
    assert shown in check
    as_maker.post(answer.url, Page(check).sent(reason="Asked for by the client"))
    delivery = delivered(Change.objects.get(kind="update_retail_user"), checker)
    assert delivery.state == DeliveryState.APPLIED
    assert odin.store.user("HO", "HAS001")["values"]["status"] == status
    user.refresh_from_db()
    assert user.status == status


def test_a_checker_sees_old_and_new_and_what_is_repeated(user, as_maker, checker):
    change = submitted(as_maker, city="Pune")
    as_maker.force_login(checker)
    page = as_maker.get(change.get_absolute_url()).content.decode()
    assert "Pune" in page
    assert user.city in page
    assert "repeated" in page


def test_status_is_not_changed_by_somebody_who_may_not_propose(user, client, checker):
    client.force_login(checker)
    assert client.post(reverse("accounts:status", args=["HO", "HAS001", "S"])).status_code == 403


def test_a_form_that_was_opened_before_another_change_does_not_undo_it(user, odin, as_maker, checker):
    page = Page(as_maker.get(ADDRESS).content.decode())
    answer = as_maker.post(ADDRESS, page.sent(press="check", name="Asha Newname"))
    check = Page(as_maker.get(answer.url).content.decode())
    delivered(submitted(as_maker, city="Pune"), checker)
    late = as_maker.post(answer.url, check.sent(reason="As asked"))
    assert late.status_code == 409
    assert "after you began" in late.content.decode()
    assert odin.store.user("HO", "HAS001")["values"]["city"] == "Pune"
