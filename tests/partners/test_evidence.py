"""Evidence packs hold baskets, invitations and reported orders, no secret; the search finds baskets and Reco IDs."""

import json
import zipfile

import pytest
from django.core import mail

from backoffice.audit.evidence import Scope
from backoffice.audit.operations import record
from backoffice.compliance import evidence
from backoffice.compliance.evidence_verifier import verify
from backoffice.kit.search import search
from partners import consent_desk
from partners.models import Invitation
from tests.factories import RetailUserFactory
from tests.partners.conftest import TOKEN, ask, check
from tests.partners.consent_steps import Visitor, code_of, terms
from tests.partners.test_monitor_pages import reported

pytestmark = pytest.mark.django_db


@pytest.fixture
def pack(compliance, tmp_path):
    """Makes a pack of a retail user; gives back its parts, its page, and all of it."""

    def made(lane):
        path = tmp_path / "pack.zip"
        with path.open("wb") as file:
            evidence.make(Scope(lane), file, by=compliance, reason="The regulator asks")
        verify(path)
        with zipfile.ZipFile(path) as opened:
            names = ("connector_baskets", "connector_invitations", "connector_consents")
            parts = [json.loads(opened.read(f"{name}.json")) for name in names]
            everything = b"".join(opened.read(name) for name in opened.namelist())
            return *parts, opened.read("index.html").decode(), everything.decode("utf-8", "replace")

    return made


def test_a_pack_says_what_was_shown_served_and_reported(pack, visitor, vendor, published, client_user):
    way = visitor.click()
    assert check(way["sTwoWayToken"]).json()["success"] is True
    assert ask(way["sTpUserId"]).json()["success"] is True
    reported(Invitation.objects.get(), published.lines.first(), quantity=12, differs=["quantity"])

    shown, invited, consents, page, everything = pack(client_user.lane)
    assert consents == []
    assert [one["reco_id"] for one in shown] == [published.reco_id]
    assert shown[0]["content_hash"] == published.content_hash
    assert [line["scrip"][:6] for line in shown[0]["lines"]] == ["PEEPAL", "BANYAN", "NEEM E"]
    assert (shown[0]["made_by"], shown[0]["approved_by"]) == ("maker", "checker")
    assert invited[0]["state"] == "Basket served"
    assert [click["kind"] for click in invited[0]["clicks"]] == ["Basket, with a login"]
    assert invited[0]["orders"][0]["price"] == "101.50"
    assert invited[0]["orders"][0]["flags"] == ["Another quantity than the basket's."]
    assert "Another quantity than the basket" in page
    for secret in (TOKEN, way["sTwoWayToken"], way["oEchoBackObject"], visitor.path.split("/")[3]):
        assert secret not in everything


def test_a_pack_says_what_a_client_consented_to_and_how_it_ended(
    pack, desk, client_with_mail, maker, checker
):
    consent, link = consent_desk.ask(desk, "GROWTH", client_with_mail, terms(), by=maker)
    Visitor(link).give()
    code = code_of(mail.outbox[-1])
    consent_desk.revoke(consent, by=checker, reason="The client telephoned")
    *_, consents, page, everything = pack(client_with_mail.lane)
    consent.refresh_from_db()
    (said,) = consents
    assert (said["text"], said["text_hash"]) == (consent.text, consent.text_hash)
    assert (said["state"], said["revoked_by"], said["reason"]) == (
        *("Revoked", "checker", "The client telephoned"),
    )
    assert (said["how_given"], said["cap_run"]) == ("Client's own click", "100000.00")
    assert "nobody promises you a profit" in page
    for secret in (code, link.split("/")[5], consent.link_hash):
        assert secret not in everything


def test_a_pack_of_another_client_has_none_of_it(pack, invited):
    other = RetailUserFactory(group_id="HO", user_id="RET002")
    record("x", by=None, subject=other.lane, text="Something else.")
    shown, clients, consents, *_ = pack(other.lane)
    assert (shown, clients, consents) == ([], [], [])


def test_the_search_finds_a_reco_id_exactly_and_a_basket_by_its_name(published, maker, admin, settings):
    found = search(published.reco_id.lower(), maker)
    assert [(one.kind, one.exact) for one in found] == [("Reco ID", True)]
    assert found[0].url == f"/partners/monitor/{published.pk}/"
    assert [one.label for one in search("growth", maker)] == ["Growth five"]
    assert search("growth", admin) == []
    settings.CONNECTOR = False
    assert search("growth", maker) == []
