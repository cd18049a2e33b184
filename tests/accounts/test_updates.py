"""320: only what changed goes out, and with it what ODIN would reset (U1, U17); from the form to ODIN and back."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.entry import change_form
from accounts.kinds import update_retail_user
from accounts.models import RetailUser
from accounts.updates import ALWAYS, compose, placed
from backoffice.changes import operations
from backoffice.changes.models import Change, State
from backoffice.delivery.handlers import apply
from backoffice.delivery.models import Delivery
from backoffice.delivery.sending import drain
from backoffice.delivery.states import State as DeliveryState
from backoffice.protocol.examples import example
from backoffice.protocol.findings import Finding
from backoffice.protocol.message import Context, check
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser
from tests.factories import retail_user_values
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


def test_u17_a_mutual_fund_brings_the_ucc_one_demat_account_to_modify_and_the_birth_date():
    second = {**KNOWN["demats"][0], "beneficiary_id": "87654321", "is_default": "Y"}
    known = {**KNOWN, "demats": [{**KNOWN["demats"][0], "is_default": "N"}, second]}
    message = compose(known, wanted(products=[*KNOWN["products"], "32"]))
    assert message["mf_ucc"] == KNOWN["mf_ucc"]
    assert message["demats"] == [{**second, "action": "1"}]
    assert message["birth_date"] == KNOWN["birth_date"]


BANK = {**KNOWN["banks"][0], "account_no": "0011001100", "is_default": "1"}
OTHER = {**BANK, "bank_id": "OTHER", "account_no": "0022002200", "is_default": "0"}
WITH_BANKS = {**KNOWN, "banks": [BANK, OTHER]}


def actions(known, *banks):
    rows = compose(known, wanted(banks=list(banks))).get("banks", [])
    return [(row["action"], row["account_no"]) for row in rows]


def test_u5_accounts_that_did_not_change_are_not_sent():
    assert actions(WITH_BANKS, BANK, OTHER) == []


def test_u5_a_changed_account_is_modified_a_new_one_inserted_and_a_missing_one_deleted():
    assert actions(WITH_BANKS, {**BANK, "branch_city": "Pune"}, OTHER) == [("1", "0011001100")]
    assert actions(WITH_BANKS, BANK, OTHER, {**OTHER, "account_no": "33"}) == [("1", "33")]
    assert actions(WITH_BANKS, BANK) == [("2", "0022002200")]


def test_u5_a_changed_account_number_is_a_deletion_and_an_insertion_in_one_message():
    moved = {**BANK, "account_no": "0044004400"}
    assert actions(WITH_BANKS, moved, OTHER) == [("2", "0011001100"), ("1", "0044004400")]


def test_u5_a_new_default_is_sent_with_the_old_one_that_it_replaces():
    turned = ({**BANK, "is_default": "0"}, {**OTHER, "is_default": "1"})
    assert actions(WITH_BANKS, *turned) == [("1", "0011001100"), ("1", "0022002200")]


def test_u5_an_account_named_twice_and_a_second_default_go_out_so_that_the_rules_see_them():
    assert actions(WITH_BANKS, BANK, BANK) == [
        ("2", "0022002200"),
        ("1", "0011001100"),
        ("1", "0011001100"),
    ]
    assert len(actions(WITH_BANKS, BANK, {**OTHER, "is_default": "1"})) == 2


def test_of_accounts_that_nobody_declared_the_chosen_actions_go_out_as_they_are():
    known = {name: value for name, value in KNOWN.items() if name != "banks"}
    assert actions(known, {**BANK, "action": "2"}, {**OTHER, "action": "1"}) == [
        ("2", "0011001100"),
        ("1", "0022002200"),
    ]
    assert actions(known) == []


def test_findings_on_the_message_stand_at_the_cards_of_the_form():
    typed = wanted(banks=[BANK, {**OTHER, "account_no": "33"}])
    message = compose(WITH_BANKS, typed)
    found = [Finding(f"banks.{at}.account_no", "x") for at in range(2)]
    assert [finding.path for finding in placed(message, typed, [*found, Finding("city", "x")])] == [
        "banks",  # the deleted account has no card
        "banks.1.account_no",
        "city",
    ]


def test_u18_a_mutual_fund_ucc_cannot_be_emptied():
    context = Context(today=date(2026, 11, 21), known=KNOWN)
    found = check(UpdateRetailUser, compose(KNOWN, wanted(mf_ucc={})), context)
    assert ("mf_ucc", "U18") in {(finding.path, finding.rule) for finding in found}


@pytest.fixture
def user(transactional_db, odin, approved):
    approved(user_id="HAS001", group_id="HO")
    drain(5)
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
    drain(5)
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


def test_a_changed_account_number_is_deleted_and_inserted_at_odin_by_one_approval(
    user, odin, as_maker, checker
):
    old = user.banks.get(is_default="1")
    page = Page(as_maker.get(ADDRESS).content.decode())
    at = page.named("banks-0-account_no").sent == [old.account_no]
    assert at, "the first card is the default account"
    change = submitted(as_maker, **{"banks-0-account_no": "9900990099"})
    as_maker.force_login(checker)
    shown = as_maker.get(change.get_absolute_url()).content.decode()
    assert "Deletes this bank account." in shown
    assert "9900990099" in shown
    delivery = delivered(change, checker)
    assert (delivery.state, delivery.code) == (DeliveryState.APPLIED, "1")
    kept = {row["account_no"] for row in odin.store.user("HO", "HAS001")["banks"]}
    assert kept == set(user.banks.values_list("account_no", flat=True))
    assert "9900990099" in kept
    assert old.account_no not in kept


def test_a_wrong_account_is_found_at_its_card(user, as_maker):
    page = Page(as_maker.get(ADDRESS).content.decode())
    answer = as_maker.post(ADDRESS, page.sent(press="check", **{"banks-0-account_no": "99|11"}))
    shown = answer.content.decode()
    assert 'id="id_banks-0-account_no-finding-0"' in shown


def test_a_changed_ucc_goes_out_with_a_demat_account_and_the_birth_date(user, odin, as_maker, checker):
    change = submitted(as_maker, **{"mf_ucc-nominee_first_name": "Meera"})
    delivery = delivered(change, checker)
    assert (delivery.state, delivery.code) == (DeliveryState.APPLIED, "1")
    assert {"mf_ucc", "demats", "birth_date"} <= set(delivery.values)
    user.refresh_from_db()
    assert user.mf_ucc.nominee_first_name == "Meera"


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
    assert "No changes made" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "typed", "tag"),
    [
        ("global_flag", "1", "278"),
        ("orders_per_second", "7", "279"),
        ("max_broadcast_scrips", "20", "280"),
        ("max_gtd", "30", "247"),
    ],
)
def test_u1_a_setting_that_every_update_repeats_is_changed_alone(
    user, odin, as_maker, checker, name, typed, tag
):
    delivery = delivered(submitted(as_maker, **{name: typed}), checker)
    assert (delivery.state, delivery.code) == (DeliveryState.APPLIED, "1")
    assert f"|{tag}={typed}|" in delivery.attempts.get().request
    assert odin.store.user("HO", "HAS001")["values"][name] == typed


def test_what_stands_for_the_same_default_is_no_change(user, as_maker):
    RetailUser.objects.update(max_broadcast_scrips=-1)
    page = Page(as_maker.get(ADDRESS).content.decode())
    empty = page.sent(press="check", max_broadcast_scrips="")
    assert "No changes made" in as_maker.post(ADDRESS, empty).content.decode()


@pytest.mark.parametrize(("group", "tag"), [("banks", "224"), ("demats", "225")])
def test_u5_an_account_without_an_action_is_an_error_where_nobody_declared_the_accounts(
    user, as_maker, group, tag
):
    getattr(user, group).all().delete()
    RetailUser.objects.update(unknown_fields=[group])
    account = {name: value for name, value in KNOWN[group][0].items() if value}
    cards = {f"{group}-0-{name}": value for name, value in account.items()}
    page = Page(as_maker.get(ADDRESS).content.decode())
    answer = as_maker.post(ADDRESS, page.sent(press="check", **cards, **{f"{group}-0-action": ""}))
    assert answer.status_code == 200
    assert f'id="id_{group}-0-action-finding-0"' in answer.content.decode()
    change = submitted(as_maker, **cards, **{f"{group}-0-action": "2"})
    assert [row["action"] for row in change.messages[0]["values"][group]] == ["2"]


@pytest.mark.parametrize("slug", ["user_template", "dealer_mapping"])
def test_a_category_that_nobody_knows_is_left_open(user, as_maker, slug):
    RetailUser.objects.update(category="", unknown_fields=["category"])
    page = Page(as_maker.get(f"/users/HO/HAS001/change/{slug}/").content.decode())
    assert page.named("category").sent == [""]


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
    late = as_maker.post(answer.url, check.sent(reason="As asked"), follow=True).content.decode()
    assert "The record changed after you began" in late
    shown = Page(late).sent()
    assert (shown["name"], shown["city"]) == (["Asha Newname"], ["Pune"])
    assert odin.store.user("HO", "HAS001")["values"]["city"] == "Pune"


@pytest.mark.django_db
def test_what_is_ticked_to_be_sent_again_goes_out_though_it_did_not_change():
    apply(301, "HO/RET001", retail_user_values())
    form = change_form("HO", "RET001", "update_retail_user")
    unchanged, known = {**form.starting(), **form.fixed}, update_retail_user.KIND.known("HO/RET001")
    assert set(update_retail_user.KIND.compose(unchanged, known).values) == set(ALWAYS)
    ticked = {**unchanged, "send_again": ["trading_segments", "email"]}
    message = update_retail_user.KIND.compose(ticked, known).values
    assert set(message) == {*ALWAYS, "trading_segments", "email"}
    assert (message["trading_segments"], message["email"]) == (["1", "3"], "asha@example.com")
