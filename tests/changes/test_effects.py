"""The effect of a change in one line, wherever it is listed and before it is approved."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.retail_users import by_lane
from backoffice.changes.effects import effect
from backoffice.kit.message_words import arrange
from backoffice.masters.models import Name
from backoffice.protocol.examples import example
from backoffice.protocol.explanation import explain
from backoffice.protocol.messages.users import CreateRetailUser, UpdateRetailUser
from limits.models import Periodicity
from tests.factories import ChangeFactory, RetailUserFactory, retail_user_values

pytestmark = pytest.mark.django_db


def change(kind, message_type, values, before=None):
    messages = [{"type": message_type, "values": values}]
    return ChangeFactory.build(kind=kind, messages=messages, before=before)


def test_an_update_says_what_changes_and_nothing_that_is_repeated():
    before = {
        "user_id": "RET001",
        "group_id": "HO",
        "address_1": "128 MG Road",
        "status": "A",
        "name": "Asha",
    }
    values = {**before, "address_1": "12-A Ring Road", "reference": "REF1"}
    changed = change("update_retail_user", 320, values, before)
    assert effect(changed, reveal=True) == "Address line 1: 128 MG Road → 12-A Ring Road"
    assert effect(changed, reveal=False) == "Address line 1: •••• → ••••"


def test_money_in_a_new_retail_user_is_named_first_however_much_else_there_is():
    values = {**example(CreateRetailUser), "reference": "", "password": ""}
    messages = [
        {"type": 301, "values": values},
        {"type": 303, "values": {"amount": "250000", "product_id": "1"}},
    ]
    made = ChangeFactory.build(kind="create_retail_user", messages=messages, before=None)
    assert effect(made, reveal=True).startswith("₹\u00a02,50,000.00 cash deposit · New retail user: ")


def test_a_set_of_codes_says_what_comes_and_what_goes():
    before = {"user_id": "RET001", "group_id": "HO", "trading_segments": ["1", "2"]}
    said = effect(
        change("update_retail_user", 320, {**before, "trading_segments": ["1", "3"]}, before), reveal=True
    )
    assert said.startswith("Trading")
    assert "+ BSE Cash" in said
    assert "– NSE Derivatives" in said
    assert "NSE Cash" not in said


@pytest.mark.parametrize(
    ("kind", "message_type", "values", "said"),
    [
        ("cash_deposit", 303, {"amount": "22500", "product_id": "1"}, "₹\u00a022,500.00 cash deposit"),
        (
            "cash_deposit",
            303,
            {"amount": "100", "notional_deposit": "1452500.5"},
            "₹\u00a0100.00 cash deposit · ₹\u00a014,52,500.50 notional deposit",
        ),
        ("manual_collateral", 330, {"amount": "500"}, "₹\u00a0500.00 manual collateral"),
        (
            "qvl_templates",
            312,
            {"templates": [{"template_name": "SMALL", "exchange": "1", "level": "0"}]},
            "QVL SMALL on NSE Equities",
        ),
        (
            "dealer_mapping",
            314,
            {"mappings": [{"action": "A", "dealer_group": "HO", "dealer_id": "DEAL1"}]},
            "Add dealer HO/DEAL1",
        ),
        (
            "channels",
            322,
            {
                "si_template": "SI1",
                "channels": [
                    {"template_name": "TRADING", "channel": "SMS", "status": "1", "action": "1"},
                    {"template_name": "NEWS", "channel": "ONLINE", "status": "1", "action": "2"},
                ],
            },
            "Single interface template SI1 · TRADING by SMS: Active · Delete NEWS by Online",
        ),
        (
            "participant_codes",
            344,
            {"participants": [{"segment": "1", "code": "PC1"}]},
            "Participant code PC1 for segment 1",
        ),
        (
            "alternate_addresses",
            346,
            {"first_type": "1", "first_address_1": "1 Hill Road", "second_city": ""},
            "Set first alternate address",
        ),
        (
            "connector_basket",
            0,
            {"basket": "3", "name": "Monsoon three", "product_code": "GROWTH", "lines": [{"side": "BUY"}]},
            "Publish Monsoon three for product GROWTH · 1 line",
        ),
        ("register_retail_user", 0, {"name": "Asha"}, "Register a user that ODIN has already"),
    ],
)
def test_kinds_say_what_they_do_in_the_words_of_the_desk(kind, message_type, values, said):
    assert effect(change(kind, message_type, values), reveal=False) == said


def test_codes_that_lists_name_are_said_by_their_names():
    Periodicity.objects.create(number=3, market_segment="NSE Cash")
    square_off = {"action": "1", "periodicity": "3", "mtm": "80.00"}
    said = effect(change("square_off", 324, square_off), reveal=False)
    assert said == "Add square-off for periodicity NSE Cash: MTM 80.00 %"
    Name.objects.create(list="gst_templates", code="MIG", label="Migrated users")
    said = effect(change("channels", 322, {"gst_template": "MIG"}), reveal=False)
    assert said == "General settings template Migrated users"


def test_a_change_with_several_messages_says_what_each_does():
    create = retail_user_values()
    several = change("create_retail_user", 301, create)
    several.messages.append(
        {"type": 312, "values": {"templates": [{"template_name": "SMALL", "exchange": "1", "level": "0"}]}}
    )
    said = effect(several, reveal=False)
    assert said.startswith("New retail user: NSE Cash")
    assert said.endswith("and 1 more")
    several.messages[0]["values"].update(banks=[], demats=[])
    assert effect(several, reveal=False).endswith(" · QVL SMALL on NSE Equities")


def test_no_secret_is_in_an_effect():
    said = effect(
        change("update_retail_user", 320, {"password": "sealed:abc"}, {"name": "Asha"}), reveal=True
    )
    assert "abc" not in said


def test_a_message_shows_what_changes_first_and_folds_the_rest():
    before = {"name": "Asha", "city": "Mumbai", "status": "A"}
    values = {"name": "Asha", "city": "Pune", "status": "A", "reference": "REF1"}
    parts = arrange(explain(UpdateRetailUser, values, before), [("Contact", ("city",))])
    assert [[line.name for line in group.lines] for group in parts.groups] == [["city"]]
    assert {line.name for line in parts.repeated} == {"name", "status"}
    assert parts.reference.value == "REF1"


def test_a_new_user_is_shown_in_the_sections_of_the_form_with_empty_fields_folded():
    lines = explain(CreateRetailUser, retail_user_values(), None)
    parts = arrange(lines, [("Identity", ("name", "user_id")), ("Contact", ("city",))])
    assert [group.title for group in parts.groups] == ["Identity", "Contact", "Other"]
    assert "telephone" in {line.name for line in parts.empty}
    shown = [line for group in parts.groups for line in group.lines]
    assert len(shown) + len(parts.repeated) + len(parts.empty) + 1 == len(lines)


def test_lists_name_the_retail_user_and_the_effect_in_a_fixed_number_of_queries(client, checker, deposit):
    def queries(number):
        for user in RetailUserFactory.create_batch(number):
            deposit("22500", user=user)
        with CaptureQueriesContext(connection) as captured:
            page = client.get(reverse("changes:inbox")).content.decode()
        return len(captured), page

    client.force_login(checker)
    few, page = queries(1)
    many, page = queries(8)
    assert many == few
    assert "₹\u00a022,500.00 cash deposit" in page
    assert by_lane("HO/" + page.partition('data-copy="HO/')[2].partition('"')[0]).name in page


def test_several_are_approved_with_names_effects_and_the_sum_on_the_page(client, checker, deposit):
    asha, ravi = RetailUserFactory(name="Asha Rao"), RetailUserFactory(name="Ravi Menon")
    numbers = [deposit("1400000", user=asha).pk, deposit("52500", user=ravi).pk]
    client.force_login(checker)
    page = client.get(reverse("changes:review"), {"change": numbers}).content.decode()
    assert all(text in page for text in ("Asha Rao", "Ravi Menon", "₹\u00a014,00,000.00 cash deposit"))
    # The larger one is flagged, and so not ticked.
    assert "1 change (₹ 52,500.00)" in " ".join(page.split())


def test_support_sees_effects_with_personal_data_hidden(client, support, maker):
    before = {"user_id": "RET001", "group_id": "HO", "address_1": "128 MG Road"}
    ChangeFactory(
        kind="update_retail_user",
        before=before,
        messages=[{"type": 320, "values": {**before, "address_1": "12-A Ring Road"}}],
    )
    client.force_login(support)
    page = client.get(reverse("changes:list")).content.decode()
    assert "Address line 1" in page
    assert "Ring Road" not in page


def test_a_deposit_is_seen_with_name_rupees_and_words_by_its_checker(client, checker, deposit):
    change = deposit("1452500", user=RetailUserFactory(name="Asha Rao"))
    client.force_login(checker)
    page = " ".join(client.get(change.get_absolute_url()).content.decode().split())
    assert all(
        text in page for text in ("Asha Rao", "₹ 14,52,500.00", "Rupees fourteen lakh fifty-two thousand")
    )
    assert "Deposits approved today" in page


def test_an_address_that_stays_is_no_effect_and_one_that_goes_is():
    before = {"first_city": "Mumbai", "second_city": "Pune"}
    cleared = change("alternate_addresses", 346, {"first_city": "Mumbai", "second_city": ""}, before)
    assert effect(cleared, reveal=True) == "Clear second alternate address"
