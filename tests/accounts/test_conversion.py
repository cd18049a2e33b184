"""U14: a non-ODIN user becomes an ODIN user by a second 301, which is an action of its own."""

import pytest
from django.urls import reverse

from accounts.models import RetailUser
from backoffice.changes import operations
from backoffice.changes.models import Change, State
from backoffice.delivery.models import Delivery
from backoffice.delivery.sending import drain
from backoffice.delivery.states import State as DeliveryState
from backoffice.protocol.examples import example
from backoffice.protocol.messages.users import CreateRetailUser
from tests.html_forms import Page

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = reverse("accounts:change", args=["HO", "NON001", "convert_retail_user"])
DETAIL = reverse("accounts:detail", args=["HO", "NON001"])
SEGMENTS = ("trading_segments", "market_data_segments", "login_segments")
NEEDED = (*SEGMENTS, "login_types")


@pytest.fixture
def non_odin(odin, approved):
    approved(user_id="NON001", group_id="HO", odin_user_type="0", **{name: [] for name in NEEDED})
    drain(5)
    return RetailUser.objects.get(user_id="NON001")


def test_the_form_starts_with_what_is_known_and_asks_for_what_an_odin_user_needs(non_odin, client, maker):
    client.force_login(maker)
    page = Page(client.get(ADDRESS).content.decode())
    assert page.named("name").sent == [non_odin.name]
    assert "odin_user_type" not in {control.attributes["name"] for control in page.controls}
    answer = client.post(ADDRESS, page.sent(press="check")).content.decode()
    for name in NEEDED:
        assert f'id="id_{name}-finding-0"' in answer


@pytest.mark.parametrize("name", ["category", "status", "global_flag", "poa"])
def test_what_nobody_knows_of_the_user_is_left_open_and_asked_for(non_odin, client, maker, name):
    RetailUser.objects.update(**{name: ""}, unknown_fields=[name], source="declared")
    client.force_login(maker)
    page = Page(client.get(ADDRESS).content.decode())
    assert page.named(name).sent == [""]
    answer = client.post(ADDRESS, page.sent(press="check")).content.decode()
    assert f'id="id_{name}-finding-0"' in answer


def test_u14_a_conversion_goes_out_as_a_301_and_makes_an_odin_user(non_odin, odin, client, maker, checker):
    client.force_login(maker)
    wanted = {name: example(CreateRetailUser)[name] for name in NEEDED}
    page = Page(client.get(ADDRESS).content.decode())
    answer = client.post(ADDRESS, page.sent(press="check", password="Secret12", **wanted))
    assert answer.status_code == 302, answer.content.decode()
    client.post(answer.url, Page(client.get(answer.url).content.decode()).sent(reason="Wants to trade"))
    change = Change.objects.get(kind="convert_retail_user", state=State.SUBMITTED)
    operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    drain(5)
    delivery = Delivery.objects.get(change=change)
    assert (delivery.message_type, delivery.state) == (301, DeliveryState.APPLIED), delivery.text
    assert odin.store.user("HO", "NON001")["values"]["odin_user_type"] == "1"
    non_odin.refresh_from_db()
    assert non_odin.odin_user_type == "1"
    assert non_odin.trading_segments == wanted["trading_segments"]


def test_the_action_is_offered_for_non_odin_users_only(non_odin, client, maker):
    client.force_login(maker)
    assert ADDRESS in client.get(DETAIL).content.decode()
    RetailUser.objects.update(odin_user_type="1")
    assert ADDRESS not in client.get(DETAIL).content.decode()
    assert client.get(ADDRESS).status_code == 404


def test_an_odin_user_is_not_converted_again(non_odin):
    values = {**example(CreateRetailUser), "user_id": "NON001", "group_id": "HO"}
    RetailUser.objects.update(odin_user_type="1")
    assert "U14" in {finding.rule for finding in operations.examine("convert_retail_user", values).findings}
