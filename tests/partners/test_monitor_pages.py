"""The monitor, invitations, sessions, client ids, findings, switches and registry, as staff see and use them."""

import re
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from backoffice.changes.models import Change
from backoffice.connector.client import Answer, Broker
from backoffice.protocol.fields import SecretText
from partners import findings, invitations, registry, sessions
from partners.models import (
    ConnectorFinding,
    ConnectorSession,
    InboxMessage,
    Invitation,
    KillSwitch,
    PartnerClient,
    ReportedOrder,
    ReportedTrade,
    TwoWayToken,
    UnreadableCall,
)
from partners.models.invitations import InvitationState
from partners.models.records import FindingKind
from tests.factories import RetailUserFactory
from tests.partners.conftest import TOKEN, approve, entry

pytestmark = pytest.mark.django_db


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


def reported(invitation, line, **changed):
    """An order that messages reported for a line of the basket."""
    return ReportedOrder.objects.create(
        **{
            "partner": invitation.partner,
            "vendor_partner_id": "A1B2C3",
            "exchange": "1",
            "key": f"UC{line.token}",
            "invitation": invitation,
            "version": invitation.version,
            "line": line,
            "symbol": line.symbol,
            "side": "BUY",
            "quantity": line.quantity,
            "traded": 4,
            "traded_by_trades": 4,
            "price": 10150,
            "status": "2",
            "last_at": timezone.now(),
            **changed,
        }
    )


# --- monitor ------------------------------------------------------------------------------------------------------


@pytest.fixture
def followed(invited):
    """An invitation that was served, with an order of another quantity and a trade."""
    invitation, _ = invited
    line = invitation.version.lines.first()
    order = reported(invitation, line, quantity=12, differs=["quantity"])
    ReportedTrade.objects.create(
        partner=invitation.partner, exchange="1", number="T1", side="BUY", order=order, quantity=4, price=10150,
        row_hash="x",
    )  # fmt: skip
    Invitation.objects.filter(pk=invitation.pk).update(
        state=InvitationState.SERVED, opened_at=timezone.now(), served_at=timezone.now(),
        last_message_at=timezone.now(),
    )  # fmt: skip
    InboxMessage.objects.create(
        partner=invitation.partner, source="webhook", body="{}", body_hash="x", received_at=timezone.now()
    )
    return invitation


def test_the_monitor_shows_what_was_asked_served_and_reported(followed, as_maker):
    text = page(as_maker, f"/partners/monitor/{followed.version_id}/")
    assert "₹\u00a01,565.50" in text  # 10 x 101.50 and 10 x 55.05, asked and served
    assert "₹\u00a0406.00" in text  # 4 x 101.50, traded
    assert "Another quantity than the basket&#x27;s." in text
    assert "HO/RET001" in text
    assert 'hx-trigger="every 5s"' in text
    part = as_maker.get(
        f"/partners/monitor/{followed.version_id}/", headers={"HX-Request": "true", "HX-Target": "live"}
    ).content.decode()
    assert part.lstrip().startswith('<div id="live"')
    assert followed.version.reco_id in page(as_maker, "/partners/")


def test_the_monitor_goes_out_as_a_file_with_a_row_for_each_line(followed, as_maker):
    answer = as_maker.get(f"/partners/monitor/{followed.version_id}/csv/")
    rows = b"".join(answer.streaming_content).decode().splitlines()
    assert len(rows) == 1 + followed.version.lines.count()
    assert "UC900001" in rows[1]
    assert "Another quantity" in rows[1]


def test_the_monitor_costs_the_same_however_many_clients_there_are(
    followed, as_maker, maker, django_assert_num_queries
):
    path = f"/partners/monitor/{followed.version_id}/"
    as_maker.get(path)
    with django_assert_num_queries(20):
        as_maker.get(path)
    for number in range(5):
        client = RetailUserFactory(group_id="HO", user_id=f"MANY{number}", pan="ABCPT1234A", status="A")
        other, _ = invitations.invite(followed.version, client, 1, by=maker)
        for line in followed.version.lines.all():
            reported(other, line, key=f"{number}-{line.pk}")
    with django_assert_num_queries(20):
        assert "HO/MANY4" in page(as_maker, path)


def test_the_list_of_baskets_counts_their_clients_no_further_than_a_bound(
    followed, as_maker, maker, monkeypatch
):
    def counts():
        (row,) = as_maker.get("/partners/").context["table"].rows
        return [row.get_cell(name) for name in ("invited", "served", "returned", "heard")]

    assert counts() == ["1", "1", "0", "1"]
    monkeypatch.setattr("partners.monitor.COUNTED", 2)
    for number in range(2):
        client = RetailUserFactory(group_id="HO", user_id=f"MANY{number}", pan="ABCPT1234A", status="A")
        invitations.invite(followed.version, client, 1, by=maker)
    assert counts() == ["2+", "1+", "0+", "1+"]


def test_silence_shows_the_steps(followed, as_maker):
    findings.found(FindingKind.SILENCE, "x", "No message.", partner=followed.partner, invitation=followed)
    text = page(as_maker, f"/partners/monitor/{followed.version_id}/")
    assert "Ask the vendor whether it counts us as disconnected." in text


def typed(text):
    """What is in the field of the clients to invite."""
    return re.search(r"<textarea[^>]*>(.*?)</textarea>", text, re.DOTALL)[1].strip()


# --- invitations --------------------------------------------------------------------------------------------------


def test_a_list_is_invited_and_the_links_are_shown_once(published, client_user, as_maker):
    path = f"/partners/versions/{published.pk}/invite/"
    text = as_maker.post(
        path, {"clients": "HO/RET001\nHO/NOBODY", "model": "1"}, follow=True
    ).content.decode()
    link = text.split('data-copy="')[1].split('"')[0]
    assert link.startswith("https://connect.example/connector/i/")
    assert "HO/NOBODY is not a retail user" in text
    assert typed(text) == "HO/NOBODY", "the form keeps those that are to be corrected"
    made = Invitation.objects.get()
    assert link not in page(as_maker, path)
    assert link not in page(as_maker, f"/partners/invitations/{made.pk}/")
    again = as_maker.post(f"/partners/invitations/{made.pk}/link/", follow=True).content.decode()
    assert "https://connect.example/connector/i/" in again
    assert link not in again


def test_after_all_were_invited_the_form_is_empty_for_the_next(published, client_user, as_maker):
    path = f"/partners/versions/{published.pk}/invite/"
    text = as_maker.post(path, {"clients": "HO/RET001", "model": "2"}, follow=True).content.decode()
    assert "1 of 1 invited" in text
    assert typed(text) == ""
    assert "is-invalid" not in text
    assert "This field is required" not in text
    assert '<option value="2" selected>' in text


def test_returned_is_said_by_the_browser_and_executed_by_a_person_with_evidence(invited, as_maker):
    invitation, _ = invited
    Invitation.objects.filter(pk=invitation.pk).update(
        state=InvitationState.RETURNED_OK, returned_at=timezone.now()
    )
    path = f"/partners/invitations/{invitation.pk}/"
    assert "the client&#x27;s browser" in page(as_maker, path)
    without = as_maker.post(f"{path}close/", {"outcome": "executed", "reason": "Seen", "evidence": ""})
    assert without.status_code == 409
    as_maker.post(f"{path}close/", {"outcome": "executed", "reason": "Seen", "evidence": "Order 12"})
    invitation.refresh_from_db()
    assert (invitation.state, invitation.evidence) == (InvitationState.EXECUTED, "Order 12")
    assert "Maker Test" in page(as_maker, path)


def test_an_invitation_is_revoked_with_a_reason(invited, as_maker):
    invitation, _ = invited
    as_maker.post(f"/partners/invitations/{invitation.pk}/revoke/", {"reason": "Asked by phone"})
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.REVOKED


# --- sessions and client ids --------------------------------------------------------------------------------------


def test_a_session_shows_its_fingerprint_and_never_its_value(partner, client_user, as_maker):
    kept = sessions.keep(
        partner, client_user, SecretText("session-of-the-client"), SecretText("rest-session")
    )
    for path in ("/partners/sessions/", f"/partners/sessions/{kept.pk}/"):
        text = page(as_maker, path)
        assert kept.fingerprint in text
        for secret in ("session-of-the-client", "rest-session", kept.sealed):
            assert secret not in text
    as_maker.post(f"/partners/sessions/{kept.pk}/revoke/", {"reason": "Telephone lost"})
    assert ConnectorSession.objects.get().end == "staff"
    assert "ask the vendor" in page(as_maker, f"/partners/sessions/{kept.pk}/")


def test_a_claimed_id_is_bound_by_two_people(partner, client_user, as_maker, checker):
    names = registry.client_of(partner, client_user)
    sessions.claim(names, "VAS77")
    path = f"/partners/clients/{names.pk}/"
    assert "VAS77" in page(as_maker, path)
    for _ in range(2):
        as_maker.post(f"{path}propose/", {"reason": "The client confirmed it"})
    approve(Change.objects.get(kind=sessions.MAPPING), checker)
    assert PartnerClient.objects.get().vas_user_id == "VAS77"
    assert "Submit for approval" not in page(as_maker, path)


def test_support_sees_no_personal_data_on_any_page_of_an_invitation(
    followed, client, support, maker, client_user
):
    order = ReportedOrder.objects.get()
    ReportedOrder.objects.update(ucc="UCC7788", reason=f"No margin for {client_user.pan}")
    findings.found(FindingKind.ORPHAN, "x", "An order.", partner=order.partner, order=order)
    paths = [
        f"/partners/invitations/{followed.pk}/",
        f"/partners/monitor/{followed.version_id}/",
        f"/partners/findings/{ConnectorFinding.objects.get().pk}/",
    ]
    client.force_login(support)
    hidden = "".join(page(client, path) for path in paths)
    assert client_user.pan not in hidden
    assert "UCC7788" not in hidden
    client.force_login(maker)
    seen = "".join(page(client, path) for path in paths)
    assert client_user.pan in seen
    assert "UCC7788" in seen


def test_support_does_not_see_what_a_callback_told_of_a_client(partner, client_user, client, support):
    names = registry.client_of(partner, client_user)
    PartnerClient.objects.filter(pk=names.pk).update(callback_differs={"name": "Other Person"})
    client.force_login(support)
    assert "Other Person" not in page(client, f"/partners/clients/{names.pk}/")


def test_a_finding_is_settled_with_a_reason(partner, as_maker):
    findings.found(FindingKind.ORPHAN, "order:1", "Order 1 belongs to nothing.", partner=partner)
    one = ConnectorFinding.objects.get()
    assert "Order 1 belongs to nothing." in page(as_maker, "/partners/findings/?open=true")
    shown = page(as_maker, f"/partners/findings/{one.pk}/")
    assert "<dd>Order 1</dd>" in shown
    assert "order:1" not in shown
    as_maker.post(f"/partners/findings/{one.pk}/settle/", {"reason": ""})
    as_maker.post(f"/partners/findings/{one.pk}/settle/", {"reason": "A test of the vendor"})
    one.refresh_from_db()
    assert one.reason == "A test of the vendor"


# --- switches and calls -------------------------------------------------------------------------------------------


def test_one_person_stops_and_two_release(partner, as_maker, checker):
    text = page(as_maker, "/partners/switches/")
    assert "Baskets that a client already has open at the broker." in text
    assert "Research, 022 0000" in text
    as_maker.post("/partners/switches/throw/", {"scope": "partner", "target": "desk", "reason": "Odd orders"})
    switch = KillSwitch.objects.get()
    for _ in range(2):
        as_maker.post(f"/partners/switches/{switch.pk}/release/", {"reason": "Explained"})
    change = Change.objects.get(kind="connector_release")
    assert f"C-{change.pk}" in page(as_maker, "/partners/switches/")
    switch.refresh_from_db()
    assert switch.released_at is None
    approve(change, checker)
    switch.refresh_from_db()
    assert switch.released_at is not None


def test_a_switch_needs_a_reason_and_something_that_exists(partner, as_maker):
    as_maker.post("/partners/switches/throw/", {"scope": "all", "target": "", "reason": ""})
    as_maker.post("/partners/switches/throw/", {"scope": "client", "target": "HO/NOBODY", "reason": "Why"})
    assert not KillSwitch.objects.exists()


def test_the_last_unreadable_call_is_shown_masked(as_maker):
    UnreadableCall.objects.create(
        path="token-check", why="No token.", shape=["tkn: text of 12"], at=timezone.now()
    )
    assert "tkn: text of 12" in page(as_maker, "/partners/calls/")


# --- registry -----------------------------------------------------------------------------------------------------


def test_a_partner_is_proposed_on_the_form_and_its_token_never_comes_back(as_maker, checker):
    sent = {
        "token": str(uuid.uuid4()), "press": "check", "code": "desk", "name": "Research desk", "kind": "own",
        "state": "active", "application_token": TOKEN, "models": ["1"],
        "partner_ids-0-partner_id": "A1B2C3", "partner_ids-0-broker": "Sample Broking",
        "products-0-code": "GROWTH", "products-0-name": "Growth",
    }  # fmt: skip
    answer = as_maker.post("/partners/registry/new/", sent)
    assert answer.status_code == 302, answer.content.decode()
    check = page(as_maker, answer.url)
    assert TOKEN not in check
    seen = check.split('name="seen" value="')[1].split('"')[0]
    as_maker.post(answer.url, {"seen": seen, "reason": "New desk"})
    change = Change.objects.get()
    approve(change, checker)
    for path in ("/partners/registry/", "/partners/partner/desk/", "/partners/partner/desk/change/"):
        text = page(as_maker, path)
        assert "Research desk" in text
        assert TOKEN not in text


def test_versions_say_what_changed(partner, as_maker, maker, checker):
    values = entry(contact="New desk, 022 1111", application_token="")
    approve(registry.propose(values, by=maker, reason="Moved", token=uuid.uuid4()), checker)
    assert "Changed: contact<" in page(as_maker, "/partners/partner/desk/")


def test_an_external_partner_says_what_the_portal_does_not_see(as_maker, maker, checker):
    approve(registry.propose(entry(kind="external"), by=maker, reason="New", token=uuid.uuid4()), checker)
    text = page(as_maker, "/partners/partner/desk/")
    assert "sees none of this partner's orders" in text
    assert "Make webhook address" not in text


def test_the_broker_list_is_laid_beside_the_registry(partner, as_maker, monkeypatch):
    asked = []

    def answer(application_token, two_way_token):
        asked.append(application_token.reveal())
        return Answer(brokers=(Broker("A1B2C3", "Other Broking"), Broker("D4E5F6", "Third Broking")))

    monkeypatch.setattr("partners.brokers.client.broker_list", answer)
    text = as_maker.post("/partners/partner/desk/brokers/").content.decode()
    assert asked == [TOKEN]
    assert "Another name" in text
    assert "Not in the registry" in text
    assert TwoWayToken.objects.get().purpose == "broker_list"
    partner.refresh_from_db()
    assert len(partner.partner_ids) == 1


def test_a_webhook_address_is_shown_once(partner, as_maker):
    text = as_maker.post("/partners/partner/desk/webhook/", follow=True).content.decode()
    assert "https://connect.example/connector/webhook/desk/" in text
    assert "connector/webhook/desk/" not in page(as_maker, "/partners/partner/desk/")


def test_sync_is_asked_for_once(partner, as_maker):
    as_maker.post("/partners/partner/desk/sync/")
    partner.refresh_from_db()
    assert timezone.now() - partner.sync_asked_at < timedelta(minutes=1)


# --- lists --------------------------------------------------------------------------------------------------------

LISTS = ("", "baskets/", "invitations/", "findings/", "sessions/", "clients/", "registry/")


@pytest.mark.parametrize("name", LISTS)
def test_each_list_has_its_rows_and_none_for_what_cannot_be_read(name, followed, as_maker):
    sessions.keep(followed.partner, followed.client, SecretText("a-session"), SecretText(""))
    findings.found(FindingKind.ORPHAN, "x", "Order 1 belongs to nothing.", partner=followed.partner)
    assert "data-href" in page(as_maker, f"/partners/{name}")
    narrowed = "kind=own" if name == "registry/" else "partner=desk"
    assert "data-href" in page(as_maker, f"/partners/{name}?{narrowed}")
    wrong = "kind=nothing" if name == "registry/" else "partner=nobody"
    text = page(as_maker, f"/partners/{name}?{wrong}")
    assert "data-href" not in text
    assert "is not among its choices" in text


@pytest.mark.parametrize("name", ["invitations/", "sessions/", "clients/"])
def test_clients_are_found_by_their_id(name, followed, as_maker):
    sessions.keep(followed.partner, followed.client, SecretText("a-session"), SecretText(""))
    assert "data-href" in page(as_maker, f"/partners/{name}?q=RET001")
    assert "data-href" not in page(as_maker, f"/partners/{name}?q=RET002")


def test_a_reco_id_finds_its_basket_everywhere(followed, as_maker):
    for name in ("", "baskets/", "invitations/"):
        assert "data-href" in page(as_maker, f"/partners/{name}?q={followed.version.reco_id.lower()}")


def test_a_filter_that_nobody_set_says_any(as_maker):
    text = page(as_maker, "/partners/findings/")
    assert '<option value="">Any</option>' in " ".join(
        text.split('name="open"')[1].split("</select>")[0].split()
    ).replace(" selected", "")
