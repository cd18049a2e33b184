"""Runs for staff: the pages, and the guards in the database."""

import csv
import io
import json
import re
import uuid

import pytest
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError
from django.test import Client as Browser
from django.utils import timezone

from backoffice.audit.evidence import Scope
from backoffice.audit.models import Entry
from backoffice.changes import operations as changes
from backoffice.changes.models import Change
from partners import baskets, consent_desk, findings, inbox, watch
from partners.models import ConnectorFinding, Consent, ReportedOrder
from runs import evidence, operations
from runs.models import ClientState, Run, RunClient, RunLine, RunState
from tests.partners.conftest import TOKEN, approve
from tests.runs.conftest import Visitor, text_of
from trading.desk import sessions
from trading.desk.errors import DeskProblem
from trading.models import DeskOrder, DeskSession, OrderState

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_person():
    """A browser of a member of staff."""

    def browser(person):
        made = Browser()
        made.force_login(person)
        return made

    return browser


def words(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200, path
    return text_of(answer.content.decode())


def test_the_list_is_filtered_by_every_state_that_it_shows(as_person, clients, publish, maker, checker):
    version = publish()
    browser = as_person(maker)
    form = {"clients": "HO/DEMO1", "reason": "Ideas", "token": "5d0f0c5e-0000-4000-8000-000000000002"}
    browser.post(f"/runs/new/{version.pk}/", form)
    run = Run.objects.get()

    def states():
        """The states by which the list finds the run."""
        return [one for one in RunState if browser.get("/runs/", {"state": one}).context["table"].rows]

    assert states() == [RunState.PROPOSED]
    approve(run.change, checker)
    assert states() == [RunState.OPEN]
    baskets.withdraw(version, by=maker, reason="Over")
    assert states() == [RunState.OVER]


def test_a_run_goes_from_the_basket_to_its_monitor(as_person, clients, publish, maker, checker, standin):
    version = publish()
    desk, other = as_person(maker), as_person(checker)
    assert "Propose a run" in words(desk, f"/partners/versions/{version.pk}/")
    form = {
        "clients": "HO/DEMO1\nHO/DEMO2",
        "reason": "Monsoon ideas",
        "token": "5d0f0c5e-0000-4000-8000-000000000001",
    }
    for _ in range(2):
        desk.post(f"/runs/new/{version.pk}/", form)
    run = Run.objects.get()
    assert "Proposed" in words(desk, f"/runs/{run.pk}/")
    assert not operations.Run.objects.exclude(state=RunState.PROPOSED).exists()
    change = Change.objects.get(kind="connector_run")
    shown = words(other, change.get_absolute_url())
    assert "HO/DEMO2" in shown
    html = other.get(change.get_absolute_url()).content.decode()
    assert html.count('<th scope="row">Line ') == 3
    assert html.count('<th scope="row">Client ') == 2
    assert '<td class="num" data-label="Price ₹">1,000.00</td>' in html
    assert html.count('<td data-label="Name">Client DEMO') == 2
    assert (
        html.count('<td class="num" data-label="Orders ₹">2,300.70</td>') == 2
    )  # 10 x 90.05, 2 x 200.10, 1,000
    assert "Orders of all clients, ₹ 4,601.40" in shown
    assert "each by their own click · orders of ₹ 4,601.40 in all" in words(other, "/changes/")
    assert "ALGO0001" in shown
    approve(change, checker)
    page = desk.post(f"/runs/{run.pk}/links/", follow=True).content.decode()
    assert page.count("https://connect.example/connector/r/") >= 2
    again = desk.get(f"/runs/{run.pk}/").content.decode()
    assert "connector/r/" not in again
    assert "The links that these clients have stop working at once." in again
    handed = operations.new_links(run, by=maker)
    first = Visitor(handed[0], standin)
    first.open()
    first.place()
    standin.oms.move(DeskOrder.objects.get(scrip_token=900001).order_id, "fill")

    # The book is read by the client's next visit of a desk; the message comes first (C44).
    order = DeskOrder.objects.get(scrip_token=900001)
    message = {
        "MessageType": "ORD_NRML",
        "sPartnerId": "A1B2C3",
        "sInitiatorAppToken": TOKEN,
        "UCC": "DEMO1",
        "UniqueCode": order.order_id,
        "Exchange": "1",
        "ScripCode": "900001",
        "Symbol": "PEEPAL",
        "Buy_Sell": "1",
        "OrderOriginalQty": "10",
        "TradedQTY": "10",
        "OrderPrice": "9005",
        "OrderStatus": "7",
        "MessageSequenceNumber": "1",
    }
    inbox.receive(version.basket.partner, json.dumps(message).encode())
    inbox.read_due()
    reported = ReportedOrder.objects.get()
    assert (reported.orphan, reported.line, reported.differs) == (False, version.lines.first(), [])
    shown = words(desk, f"/runs/{run.pk}/")
    for text in (str(run), order.order_id, "Executed", "not read yet", "Done"):
        assert text in shown
    assert "The book says" not in shown
    DeskOrder.objects.filter(order_id=order.order_id).update(read_at=timezone.now())
    assert "The book says 0 traded; messages say 10." in words(desk, f"/runs/{run.pk}/")
    assert "every 5s" in desk.get(f"/runs/{run.pk}/").content.decode()
    live = desk.get(f"/runs/{run.pk}/", headers={"HX-Target": "live"}).content.decode()
    assert "<html" not in live
    rows = list(csv.reader(io.StringIO(b"".join(desk.get(f"/runs/{run.pk}/csv/")).decode("utf-8-sig"))))
    assert len(rows) == 1 + 6
    assert Entry.objects.filter(action="runs.exported").count() == 1
    packed = list(evidence.runs(Scope(subject="HO/DEMO1")))
    assert [len(one["clients"]) for one in packed] == [1]
    assert words(desk, "/runs/").count("Run ") >= 1
    assert words(desk, f"/runs/client/{first.own.pk}/").count(order.identifier) <= 1


def test_an_order_that_is_being_sent_is_unknown_only_once_its_call_must_have_ended(
    as_person, visitor, standin, checker, settings
):
    standin.faults.add("reset_before", call="place")
    visitor.place()
    browser, run = as_person(checker), visitor.own.run

    def said():
        """The tiles about the outcome, and whether the client's page asks for a look in the order book."""
        page = browser.get(f"/runs/{run.pk}/").content.decode()
        tiles = re.findall(r'label">(Being sent|Unknown)</dt>\s*<dd class="tile-value">(\d+)<', page)
        return tiles, "Outcome unknown" in words(browser, f"/runs/client/{visitor.own.pk}/")

    assert said() == ([("Unknown", "1")], True)
    DeskOrder.objects.filter(state=OrderState.UNKNOWN).update(state=OrderState.SENDING)
    assert said() == ([("Being sent", "1"), ("Unknown", "0")], False)
    settings.REST_TOTAL_TIMEOUT = -3600
    assert said() == ([("Unknown", "1")], True)


def test_a_message_that_comes_before_the_order_id_is_known_finds_its_line_later(
    visitor, standin, as_person, maker
):
    standin.faults.add("reset_after", call="place")
    visitor.place()
    (order_id,) = [one["order_id"] for one in standin.store.orders("DEMO1")]
    message = {
        "MessageType": "ORD_NRML",
        "sPartnerId": "A1B2C3",
        "sInitiatorAppToken": TOKEN,
        "UCC": "DEMO1",
        "UniqueCode": order_id,
        "Exchange": "1",
        "ScripCode": "900001",
        "Symbol": "PEEPAL",
        "Buy_Sell": "1",
        "OrderOriginalQty": "10",
        "OrderPrice": "9005",
        "OrderStatus": "5",
        "TradedQTY": "0",
        "MessageSequenceNumber": "1",
    }
    inbox.receive(visitor.own.version.basket.partner, json.dumps(message).encode())
    inbox.read_due()
    watch.look()
    assert ReportedOrder.objects.get().orphan
    assert not ConnectorFinding.objects.exists()  # the run shows it as unknown: nobody looks for it twice
    visitor.look()
    said = words(as_person(maker), visitor.own.run.get_absolute_url())
    assert "0 traded" in said
    assert "Belongs to no basket" not in said
    watch.look()
    reported = ReportedOrder.objects.get()
    assert (reported.orphan, reported.line.number, reported.differs) == (False, 1, [])
    assert not ConnectorFinding.objects.filter(settled_at=None).exists()


def test_a_message_of_an_order_that_was_decided_not_to_be_ours_is_a_finding_once(
    visitor, standin, settings, checker
):
    settings.DESK_LOOK_SECONDS = 0
    standin.faults.add("reset_before", call="place")
    visitor.place()
    partner = visitor.own.version.basket.partner
    (line,) = [one for one in operations.lines_of(visitor.own) if one.in_doubt]
    message = {
        "MessageType": "ORD_NRML",
        "sPartnerId": "A1B2C3",
        "sInitiatorAppToken": TOKEN,
        "UCC": "DEMO1",
        "UniqueCode": "OTHER>1",
        "Exchange": "1",
        "ScripCode": "900001",
        "Buy_Sell": "1",
        "OrderStatus": "5",
        "MessageSequenceNumber": "1",
    }
    inbox.receive(partner, json.dumps(message).encode())
    inbox.read_due()
    watch.look()
    assert not ConnectorFinding.objects.exists()
    visitor.look()
    visitor.look()
    operations.not_placed(line, by=checker, reason="In no book")
    watch.look()
    finding = ConnectorFinding.objects.get()
    assert (finding.kind, finding.settled_at) == ("orphan", None)
    findings.settle(finding, by=checker, reason="The client placed it alone")
    watch.look()
    assert ConnectorFinding.objects.count() == 1


@pytest.mark.parametrize("came", ["withdrawn", "expired"])
def test_clients_of_a_run_that_nobody_approved_take_part_in_another(clients, publish, maker, settings, came):
    version = publish()
    run = operations.propose(version, ["HO/DEMO1"], by=maker, reason="Ideas", token=uuid.uuid4())
    if came == "withdrawn":
        changes.withdraw(run.change.pk, by=maker)
    else:
        settings.CHANGES_EXPIRE_AFTER_DAYS = 1e-9
        assert changes.expire_old() == 1
    assert Run.objects.get(pk=run.pk).stage == RunState.REJECTED
    assert operations.propose(version, ["HO/DEMO1"], by=maker, reason="Ideas", token=uuid.uuid4())


def test_a_run_that_is_stopped_while_a_client_logs_in_stays_ended_for_the_client(
    visitor, standin, monkeypatch, checker
):
    def stopped_meanwhile(*_, **__):
        operations.stop(visitor.own.run, by=checker, reason="Wrong basket")
        raise DeskProblem("There was no login.")

    visitor.open()
    monkeypatch.setattr(sessions, "open_own", stopped_meanwhile)
    visitor.place()
    assert visitor.fresh().state == ClientState.VOID


def test_one_person_stops_a_run_with_a_reason_and_nothing_opens_it_again(
    as_person, visitors, maker, checker, standin
):
    first, second = visitors()
    first.open()
    first.place()
    run = first.own.run
    stopper = as_person(checker)
    assert "Stop this run" in words(stopper, f"/runs/{run.pk}/")
    stopper.post(f"/runs/{run.pk}/stop/", {"reason": ""})
    run.refresh_from_db()
    assert run.state == RunState.OPEN
    stopper.post(f"/runs/{run.pk}/stop/", {"reason": "Wrong basket"})
    run.refresh_from_db()
    assert (run.state, run.reason) == (RunState.STOPPED, "Wrong basket")
    assert (first.fresh().state, second.fresh().state) == (ClientState.DONE, ClientState.VOID)
    assert second.open().status_code == 404
    assert "Stopped" in words(stopper, f"/runs/{run.pk}/")
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.filter(pk=run.pk).update(state=RunState.OPEN)


def test_a_line_in_doubt_after_the_end_of_its_run_stays_on_today_and_gets_a_new_link(
    as_person, visitor, standin, maker, checker
):
    standin.faults.add("reset_after", call="place")
    visitor.place()
    operations.stop(visitor.own.run, by=checker, reason="Wrong basket")
    assert visitor.fresh().state == ClientState.ENDED
    own = visitor.own.get_absolute_url()
    assert own in as_person(checker).get("/").content.decode()
    browser = as_person(maker)
    assert "Make a new link" in words(browser, own)
    browser.post(f"/runs/client/{visitor.own.pk}/link/")
    link = re.search(r"https://connect\.example(/connector/r/[^/]+/)", browser.get(own).content.decode())[1]
    visitor.browser.post(link, {"proof": visitor.own.client.pan[-4:]})
    assert "Place" not in visitor.page()
    visitor.look()
    assert visitor.states()[0] == OrderState.WORKING
    assert own not in as_person(checker).get("/").content.decode()
    assert "Make a new link" not in words(as_person(maker), own)


def test_nobody_is_in_two_runs_of_a_version_unless_nothing_was_placed(
    open_run, visitors, publish, maker, checker
):
    version = publish()
    run = open_run(version)
    with pytest.raises(Exception, match="A client is in one run of it only"):
        open_run(version)
    operations.stop(run, by=checker, reason="Mistake")
    again = open_run(version)
    first, _ = visitors(again)
    first.open()
    first.place()
    operations.stop(again, by=checker, reason="Enough")
    with pytest.raises(Exception, match="A client is in one run of it only"):
        open_run(version, ["HO/DEMO1"])
    assert open_run(version, ["HO/DEMO2"])


@pytest.mark.parametrize(
    ("lanes", "said"),
    [
        ([], "at least one client"),
        (["HO/NOBODY"], "not a retail user"),
        (["HO/DEMO1"] * 2 + ["HO/OTHER"], "not a retail"),
        (["HO/OTHER", "HO/ANOTHER"], "HO/OTHER is not a retail .* HO/ANOTHER is not a retail"),
    ],
)
def test_only_clients_who_consented_are_in_a_run(clients, publish, maker, lanes, said):
    with pytest.raises(Exception, match=said):
        operations.propose(publish(), lanes, by=maker, reason="Ideas", token=None)


def test_a_proposal_that_changed_is_not_opened(clients, publish, maker, checker):
    run = operations.propose(publish(), ["HO/DEMO1"], by=maker, reason="Ideas", token=uuid.uuid4())
    for act in (
        lambda: Run.objects.filter(pk=run.pk).update(state="open", opened_at=run.created_at),
        lambda: RunClient.objects.filter(run=run).update(client=clients[1]),
        lambda: RunClient.objects.filter(run=run).delete(),
        lambda: RunLine.objects.filter(run_client__run=run).update(line=run.version.lines.last()),
    ):
        with pytest.raises((IntegrityError, ProtectedError)), transaction.atomic():
            act()
    approve(run.change, checker)
    with pytest.raises(IntegrityError), transaction.atomic():
        RunClient.objects.create(run=run, version=run.version, client=clients[1])


def test_the_database_keeps_a_line_from_a_second_order(visitor, checker):
    visitor.place()
    first, second, _ = operations.lines_of(visitor.own)
    free = second.order
    with pytest.raises(IntegrityError), transaction.atomic():
        RunLine.objects.filter(pk=second.pk).update(order=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        RunLine.objects.filter(pk=first.pk).update(order=free)


def test_own_orders_are_of_own_sessions_only(visitor, checker):
    visitor.place()
    order = DeskOrder.objects.first()
    for changed in ({"dealer": checker}, {"instruction": "email"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            DeskOrder.objects.filter(pk=order.pk).update(**changed)
    order.pk, order.token, order.identifier, order.order_id = (
        None,
        "5d0f0c5e-0000-4000-8000-000000000009",
        "ZZZZZZZZ",
        "",
    )
    order.dealer, order.instruction, order.state = checker, "email", OrderState.NOT_SENT
    order._state.adding = True
    with pytest.raises(IntegrityError), transaction.atomic():
        order.save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        DeskSession.objects.create(
            token="5d0f0c5e-0000-4000-8000-000000000008",
            lane="HO/DEMO1",
            user_id="DEMO1",
            identified="known",
            factor="TOTP",
        )


def test_who_has_no_right_moves_nothing(as_person, visitors, django_user_model):
    first, _ = visitors()
    nobody = as_person(django_user_model.objects.create_user("nobody"))
    for path in (f"/runs/{first.own.run_id}/", f"/runs/client/{first.own.pk}/"):
        assert nobody.get(path).status_code == 403
    for path in ("stop", "links"):
        assert nobody.post(f"/runs/{first.own.run_id}/{path}/", {"reason": "x"}).status_code == 403
    for act in (operations.go_on, operations.end):
        with pytest.raises(Exception, match="may not"):
            act(first.own, by=django_user_model.objects.get(username="nobody"), reason="x")


def test_a_consent_that_ends_before_the_approval_is_said_wherever_the_run_is_looked_at(
    as_person, clients, publish, maker, checker, standin
):
    run = operations.propose(
        publish(), ["HO/DEMO1", "HO/DEMO2"], by=maker, reason="Ideas", token=uuid.uuid4()
    )
    desk, other = as_person(maker), as_person(checker)
    assert "No consent in force" not in words(other, run.change.get_absolute_url())
    consent_desk.revoke(Consent.objects.get(client=clients[0]), by=checker, reason="The client called")
    said = words(other, run.change.get_absolute_url())
    assert "No consent in force any more: HO/DEMO1 Client DEMO1. Nothing is placed for this client" in said
    approve(run.change, checker)
    assert "No consent in force any more" not in words(other, run.change.get_absolute_url())
    assert words(desk, f"/runs/{run.pk}/").count("No consent in force") == 1
    first, second = run.clients.order_by("pk")
    assert "No consent in force any more" in words(desk, first.get_absolute_url())
    assert "No consent in force" not in words(desk, second.get_absolute_url())
    # No link is made for the first one, and that of the second one leads on as long as the consent lasts.
    assert "Make a new link" not in words(desk, first.get_absolute_url())
    said = desk.post(f"/runs/client/{first.pk}/link/", follow=True).content.decode()
    assert "is open, and there is nothing to place with a consent in force, and no order in doubt." in said
    (handed,) = operations.new_links(Run.objects.get(), by=maker)
    assert handed.own == second
    visitor = Visitor(handed, standin)
    visitor.open()
    assert "Place 3 orders" in text_of(visitor.page())
    assert "Make new links" in words(desk, f"/runs/{run.pk}/")
    consent_desk.revoke(Consent.objects.get(client=clients[1]), by=checker, reason="The client called")
    assert "your consent to Research desk is not in force" in text_of(visitor.page())
    assert "Make new links" not in words(desk, f"/runs/{run.pk}/")


def test_a_locked_link_is_said_beside_its_client(as_person, open_run, maker, standin):
    run = open_run()
    visitor = Visitor(operations.new_links(run, by=maker)[0], standin)
    desk = as_person(maker)
    assert "locked" not in words(desk, f"/runs/{run.pk}/")
    for _ in range(3):
        visitor.open("0000")
    assert "<form" not in visitor.browser.get(visitor.path).content.decode()
    assert words(desk, f"/runs/{run.pk}/").count("Link locked") == 1
    assert "The link is locked" in words(desk, visitor.own.get_absolute_url())
