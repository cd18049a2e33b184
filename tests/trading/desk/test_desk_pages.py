"""The pages of the order desk as a dealer walks them: forms, confirmations in words, books, the switch."""

import json
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from backoffice.audit.evidence import Scope
from backoffice.audit.models import Entry
from backoffice.changes import operations as changes
from backoffice.changes.models import Change
from backoffice.delivery.handlers import apply
from backoffice.kit import privacy
from tests.factories import retail_user_values
from tests.html_forms import Page
from tests.rest.conftest import PASSWORD
from tests.trading.conftest import place, sent, ticket
from trading.desk import asking, caps
from trading.evidence import DESK_PART
from trading.models import AskedChange, DeskOrder, DeskSession, DeskStop

pytestmark = pytest.mark.django_db
OF = "/trading/desk/of/HO/DEMO1/"
INSTRUCTION = {"instruction": "recording", "reference": "Call 17"}


@pytest.fixture
def page(client, dealer):
    client.force_login(dealer)
    return client


def order_form(**changed):
    return {
        "token": str(uuid.uuid4()),
        "kind": "regular",
        "scrip": "PEEPAL EQ NSE_EQ 900001",
        "side": "BUY",
        "product": "INTRADAY",
        "order_type": "RL",
        "quantity": "10",
        "price": "90.05",
        "validity": "DAY",
        "instruction": "recording",
        "reference": "Call 17",
        **changed,
    }


def fields(answer):
    """What the form of a page would send."""
    found = {}
    for control in Page(answer.content.decode()).controls:
        if control.sent:
            found[control.attributes["name"]] = control.sent[-1]
    return found


def confirmed(page, answer, **pressed):
    """Press a button of a confirmation."""
    text = answer.content.decode()
    if "fingerprint" in text:
        pressed["fingerprint"] = text.split('name="fingerprint" value="')[1].split('"')[0]
    return page.post(answer.wsgi_request.path, {**fields(answer), **pressed}, follow=True)


def test_the_client_logs_in_beside_the_dealer_and_no_secret_comes_back(page, standin, client_user, scrips):
    assert "Open desk" in page.get(OF).content.decode()
    form = {"token": str(uuid.uuid4()), "identified": "known", "factor": "TOTP"}
    wrong = page.post(f"{OF}open/", {**form, "client_password": "Wrong#2026", "client_code": "123456"})
    assert "There was no login" in wrong.content.decode()
    assert "Wrong#2026" not in wrong.content.decode()
    secrets = {"client_password": PASSWORD, "client_code": standin.people.keys("DEMO1").totp}
    again = page.post(f"{OF}open/", {**form, **secrets})
    assert "This form was used already" in again.content.decode()
    press = {**form, "token": str(uuid.uuid4()), **secrets}
    for _ in range(2):
        answer = page.post(f"{OF}open/", press, follow=True)
        assert answer.redirect_chain[-1][0] == f"{OF}books/orders/"
    assert sent(standin, "login") == 2
    assert DeskSession.objects.filter(state="open").count() == 1
    page.post(f"{OF}close/")
    assert sent(standin, "logout") == 1


@pytest.mark.parametrize("typed", ["HO/DEMO1", "demo1", "asha ex"])
def test_a_client_is_chosen_by_id_or_name_and_logs_in_before_the_ticket(
    page, standin, client_user, scrips, typed
):
    apply(301, "HO/DEMO10", retail_user_values(user_id="DEMO10", name="Banu Example"))
    shown = page.get("/trading/desk/").content.decode()
    assert 'data-look-up="/trading/desk/clients/"' in shown
    answer = page.get("/trading/desk/", {"client": typed})
    assert answer.url == f"{OF}open/?order=1"
    typed_in = {"client_password": PASSWORD, "client_code": standin.people.keys("DEMO1").totp}
    form = {"token": str(uuid.uuid4()), "identified": "known", "factor": "TOTP", **typed_in}
    assert page.post(answer.url, form).url == f"{OF}place/"


def test_the_client_of_an_open_desk_leads_to_its_ticket(page, desk):
    assert page.get("/trading/desk/", {"client": "HO/DEMO1"}).url == f"{OF}place/"


def test_a_text_that_names_no_single_client_says_so_at_its_field(page, client_user):
    apply(301, "HO/DEMO2", retail_user_values(user_id="DEMO2", name="Banu Example"))
    for typed, words in {
        "example": "Several clients fit example. Choose one.",
        "nobody": "No client fits nobody. Type an id or a name.",
        "": "This field is required",
    }.items():
        assert words in page.get("/trading/desk/", {"client": typed}).content.decode()
    offered = page.get("/trading/desk/clients/", {"q": "example"}).json()["securities"]
    assert [(one["value"], one["name"]) for one in offered] == [
        ("HO/DEMO1", "Asha Example"),
        ("HO/DEMO2", "Banu Example"),
    ]


def test_an_order_is_checked_said_in_words_confirmed_and_sent_once(page, desk, standin):
    wrong = page.post(f"{OF}place/", order_form(price="", quantity="10"))
    assert "Limit needs a price above 0." in wrong.content.decode()
    shown = page.post(f"{OF}place/", order_form())
    text = shown.content.decode()
    assert "Buy 10 PEEPAL EQ on NSE Equity, intraday, limit ₹\u00a090.05, valid for the day." in text
    assert "900.50" in text
    assert "Rupees nine hundred and fifty paise" in text
    assert sent(standin) == 0
    answer = confirmed(page, shown)
    made = DeskOrder.objects.get()
    assert answer.redirect_chain[-1][0] == made.get_absolute_url()
    assert "Accepted by the OMS" in answer.content.decode()
    confirmed(page, shown)
    assert (sent(standin), DeskOrder.objects.count()) == (1, 1)


def test_a_confirmation_leads_back_to_the_form_as_it_was(page, desk, standin):
    shown = page.post(f"{OF}place/", order_form())
    back = page.post(f"{OF}place/", {**fields(shown), "edit": "1"})
    assert fields(back)["price"] == "90.05"
    assert sent(standin) == 0


@pytest.mark.parametrize(
    ("typed", "words"),
    [("TREE", "No scrip fits TREE"), ("", "This field is required"), ("NSE_EQ 900009", "No scrip fits")],
)
def test_a_scrip_is_one_of_the_current_master(page, desk, typed, words):
    assert words in page.post(f"{OF}place/", order_form(scrip=typed)).content.decode()


def test_what_the_session_does_not_allow_is_refused_by_the_names_of_the_form(page, desk):
    allowed = {**desk.row.allowed, "product_types_exchange": {"NSE_EQ": ["INTRADAY", "BTST"]}}
    DeskSession.objects.filter(pk=desk.row.pk).update(allowed=allowed)
    refused = page.post(f"{OF}place/", order_form(product="DELIVERY")).content.decode()
    assert "Delivery is not allowed on NSE Equity. Allowed: Intraday; Buy today, sell tomorrow." in refused
    DeskSession.objects.filter(pk=desk.row.pk).update(allowed={**allowed, "exchanges": ["BSE_EQ", "NSE_FO"]})
    refused = page.post(f"{OF}place/", order_form()).content.decode()
    assert "This client may not trade on NSE Equity. Allowed: NSE F&amp;O; BSE Equity." in refused


def test_the_combobox_offers_scrips_with_exchange_and_token(page, desk):
    found = json.loads(page.get("/trading/desk/scrips/?q=peep").content)
    assert [one["value"] for one in found["securities"]] == ["PEEPAL EQ NSE_EQ 900001"]
    assert "NSE Equity as of" in found["as_of"]


def test_every_book_is_shown_with_what_is_ours(page, desk, standin):
    made = place(desk)
    standin.oms.move(made.order_id, "fill-one")
    for name, words in (
        ("orders", made.order_id),
        ("trades", "90.05"),
        ("positions", "PEEPAL"),
        ("holdings", "INE9Z"),
        ("gtd", "No rows"),
    ):
        text = page.get(f"{OF}books/{name}/").content.decode()
        assert words.replace(">", "&gt;").replace("<", "&lt;").replace("&?", "&amp;?") in text, name
        assert ">NSE_EQ<" not in text, name
    assert f'href="{made.get_absolute_url()}"' in page.get(f"{OF}books/orders/").content.decode()
    assert page.get(f"{OF}books/orders/?q=nothing").content.decode().count("<tr>") == 0
    assert page.get(f"{OF}books/other/", follow=True).redirect_chain[-1][0] == OF


def test_a_modification_that_moved_brings_the_form_back_with_the_new_values(page, desk, standin):
    made = place(desk)
    where = {"exchange": "NSE_EQ", "order_id": made.order_id}
    form = fields(page.get(f"{OF}modify/", where))
    form |= {"quantity": "20", "instruction": "email", "reference": "Mail 4"}
    standin.oms.move(made.order_id, "fill-one")
    moved = page.post(f"{OF}modify/", form)
    assert "traded was 0 and is 1" in moved.content.decode()
    assert "PEEPAL EQ on NSE Equity at ₹\u00a0" in moved.content.decode()
    assert fields(moved)["reference"] == "Mail 4"
    shown = page.post(f"{OF}modify/", {**fields(moved), "quantity": "20"})
    assert "to 20 in all, limit ₹\u00a090.05" in shown.content.decode()
    assert sent(standin, "modify") == 0
    confirmed(page, shown, confirm="1")
    assert (sent(standin, "modify"), AskedChange.objects.get().state) == (1, "asked")


def test_a_cancellation_needs_the_instruction_and_is_asked_for(page, desk, standin):
    made = place(desk)
    where = {"exchange": "NSE_EQ", "order_id": made.order_id}
    form = fields(page.get(f"{OF}cancel/", where))
    assert "This field is required" in page.post(f"{OF}cancel/", form).content.decode()
    given = {**form, "instruction": "recording", "reference": "Call 18"}
    answer = page.post(f"{OF}cancel/", given, follow=True)
    assert "Asked for" in answer.content.decode()
    standin.oms.move(made.order_id, "fill")
    assert "too late" in page.get(f"{OF}cancel/", where, follow=True).content.decode()


def test_an_order_in_doubt_is_looked_for_from_its_page(page, desk, standin, settings, monkeypatch):
    settings.DESK_LOOK_SECONDS = 0
    type(desk.row.dealer).objects.update(first_name="Dora", last_name="Dealer")
    standin.faults.add("reset_before", call="place")
    made = place(desk)
    assert "Outcome unknown" in page.get("/trading/desk/").content.decode()
    assert "Look in the order book" in page.get(made.get_absolute_url()).content.decode()
    for _ in range(2):
        page.post(reverse("trading:look", args=[made.pk]))
    text = page.get(made.get_absolute_url()).content.decode()
    assert "It was not placed" in text
    assert "contract note" not in text
    tomorrow = made.day + timedelta(days=1)
    with monkeypatch.context() as patch:
        patch.setattr(caps, "today", lambda: tomorrow)
        text = page.get(made.get_absolute_url()).content.decode()
    assert f"Check the contract note of {made.day:%d-%m-%Y}" in text
    page.post(reverse("trading:decide", args=[made.pk]), {"reason": "Not there, says 98200 12345"})
    assert DeskOrder.objects.get().state == "not_placed"
    assert (made.events.last().reason, made.events.last().received) == ("Not there, says 98200 12345", "")
    text = page.get(made.get_absolute_url()).content.decode()
    assert "Not there" in text
    assert "98200 12345" not in text
    assert "by Dora Dealer" in text
    assert "Show personal data" not in text
    app, name = privacy.SEE.split(".")
    seer = Permission.objects.get(content_type__app_label=app, codename=name)
    desk.row.dealer.user_permissions.add(seer)
    assert "Show personal data" in page.get(made.get_absolute_url()).content.decode()
    assert Entry.objects.get(action="desk.order_decided").reason == "Not there, says 98200 12345"


def test_one_click_stops_all_desks_and_two_people_release_them(client, dealer, checker, desk, standin):
    client.force_login(dealer)
    assert "Restarting needs a second person" in client.get("/trading/desk/").content.decode()
    client.post("/trading/desk/stop/")
    assert "All order desks are stopped" in client.get("/trading/desk/").content.decode()
    client.post("/trading/desk/release/", {"reason": "The fault is found"})
    change = Change.objects.get()
    with pytest.raises(Exception, match="You"):
        changes.approve(change.pk, by=dealer, content_hash=change.content_hash)
    changes.approve(change.pk, by=checker, content_hash=change.content_hash)
    assert DeskStop.objects.get().released_at
    place(desk)


def test_there_is_no_desk_while_it_is_off_and_none_without_the_right(
    client, dealer, maker, settings, client_user
):
    client.force_login(maker)
    assert client.get("/trading/desk/").status_code == 200
    assert client.get(f"{OF}open/").status_code == 403
    client.force_login(dealer)
    settings.ORDER_DESK = False
    assert client.get("/trading/desk/").status_code == 404
    assert client.get(f"{OF}place/").status_code == 404


def test_pages_take_a_bounded_number_of_queries(page, desk, django_assert_max_num_queries):
    for _ in range(4):
        place(desk)
    for where, most in (("/trading/desk/", 30), (OF, 40), (f"{OF}books/orders/", 60)):
        with django_assert_max_num_queries(most):
            page.get(where)


def test_hostile_text_of_the_oms_is_shown_as_text(page, desk, standin):
    made = place(desk)
    with standin.store.transaction():
        order = standin.store.order(made.order_id)
        order["status"], order["error_reason"] = "<b>ODD</b>", "<script>alert(1)</script>"
        standin.store.save_order(order)
    text = page.get(f"{OF}books/orders/").content.decode()
    assert "<script>alert" not in text
    assert "&lt;b&gt;ODD" in text
    made.refresh_from_db()
    assert made.state == "working"
    assert "<script>alert" not in page.get(made.get_absolute_url()).content.decode()


def test_long_lists_have_pages_and_prices_are_grouped(page, desk, standin, monkeypatch):
    monkeypatch.setattr("trading.desk.views.LISTED", 1)
    first = place(desk)
    asking.cancel(desk, "NSE_EQ", first.order_id, **INSTRUCTION, token=uuid.uuid4(), by=desk.row.dealer)
    for side in ("BUY", "SELL"):
        standin.faults.add("reset_before", call="place")
        last = place(desk, ticket(side=side, scrip_token=900002))
    for where in ("/trading/desk/", OF):
        text = page.get(where).content.decode()
        assert f">{last}<" in text
        assert f">{first}<" not in text
        assert "?page=2" in text
        assert f">{first}<" in page.get(where, {"page": 9}).content.decode()
    assert "Only the newest 1 are listed" in page.get("/trading/desk/").content.decode()
    with standin.store.transaction():
        order = standin.store.order(first.order_id)
        standin.store.save_order({**order, "order_price": "123456.1225", "total_quantity": 1000000})
    text = page.get(f"{OF}books/orders/").content.decode()
    assert "1,23,456.1225" in text
    assert "10,00,000" in text


def test_an_evidence_pack_has_every_order_with_its_steps(desk, dealer):
    made = place(desk)
    (row,) = DESK_PART.rows(Scope(subject="HO/DEMO1"))
    assert (row["identifier"], row["order_id"]) == (made.identifier, made.order_id)
    assert [one["step"] for one in row["steps"]] == ["Confirmed", "Answered"]
    assert list(DESK_PART.rows(Scope(subject="HO/OTHER"))) == []


def test_a_form_that_was_used_leads_to_its_order_and_becomes_no_other(page, desk, standin):
    shown = page.post(f"{OF}place/", order_form())
    confirmed(page, shown)
    made = DeskOrder.objects.get()
    for again in ({}, {"fingerprint": "0" * 64}):
        answer = page.post(f"{OF}place/", {**fields(shown), **again})
        assert answer.url == made.get_absolute_url()
    other = page.post(f"{OF}place/", {**fields(shown), "quantity": "11", "fingerprint": "0" * 64})
    assert "This form became O-" in other.content.decode()
    assert sent(standin) == 1


def test_a_second_press_leads_to_what_the_first_one_asked(page, desk, standin):
    made = place(desk)
    where = {"exchange": "NSE_EQ", "order_id": made.order_id}
    form = {**fields(page.get(f"{OF}modify/", where)), "quantity": "20"}
    form |= {"instruction": "email", "reference": "Mail 4"}
    shown = page.post(f"{OF}modify/", form)
    press = {**fields(shown), "confirm": "1"}
    first = page.post(f"{OF}modify/", press)
    standin.oms.move(made.order_id, "fill-one")
    assert page.post(f"{OF}modify/", press).url == first.url == AskedChange.objects.get().get_absolute_url()
    other = page.post(f"{OF}modify/", {**press, "quantity": "21"}, follow=True)
    assert "This form became Modification R-" in other.content.decode()
    press = {**fields(page.get(f"{OF}cancel/", where)), "instruction": "recording", "reference": "Call 18"}
    first = page.post(f"{OF}cancel/", press)
    assert page.post(f"{OF}cancel/", press).url == first.url
    assert (sent(standin, "modify"), sent(standin, "cancel")) == (1, 1)
