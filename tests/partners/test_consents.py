"""Consents (C40): asked for, given by the client's own click or on paper, in force, ended; and what says so."""

import re
import uuid
from decimal import Decimal

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client as Browser
from django.utils import timezone

from accounts.models import RetailUser
from backoffice.audit.models import Entry
from backoffice.audit.seals import seal_new, verify
from backoffice.changes import operations as changes
from backoffice.changes.errors import ChangeError, HasErrors, NotAllowed
from backoffice.changes.models import Change
from partners import consent_desk, consent_text, consent_visits, consents, switches, watch
from partners.errors import ConnectorProblem, NotPermitted
from partners.hashing import sha256
from partners.models import Consent, ConsentForm, Partner
from partners.models.consents import ConsentState
from tests.factories import RetailUserFactory
from tests.partners.conftest import approve
from tests.partners.consent_steps import Visitor, code_of, in_days, terms
from tests.partners.test_guards import refused

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("model_3")]

LIST_QUERIES, PAGE_QUERIES = 12, 8
PDF = b"%PDF-1.7 a signed form"


@pytest.fixture
def asked(desk, client_with_mail, maker):
    """A consent that waits for the client, and the browser that has its link."""
    consent, link = consent_desk.ask(desk, "GROWTH", client_with_mail, terms(), by=maker)
    return consent, Visitor(link)


def wrong(code):
    return f"{(int(code) + 1) % 10**6:06d}"


def in_force(client_with_mail, desk):
    return consents.in_force(client_with_mail, desk, "GROWTH")


# --- the client's own click ---------------------------------------------------------------------------------------


def test_a_client_reads_confirms_with_a_code_and_revokes(asked, client_with_mail, desk):
    consent, visitor = asked
    assert visitor.open().status == 200
    for words in (
        *(
            "Research desk",
            "INH000000000",
            "Growth ideas (GROWTH)",
            "₹\u00a01,00,000.00",
            "₹\u00a02,50,000.00",
        ),
        *("Revoke consent", "nobody promises you a profit"),
    ):
        assert words in visitor.page
    assert "<script" not in visitor.page, "every step is a plain form"
    assert "autofocus" not in visitor.page
    assert in_force(client_with_mail, desk) is None
    visitor.ask_for_code()
    assert re.search(
        r'<input id="code"[^>]* autofocus>', visitor.page
    )  # on a phone it is below the whole text
    message = mail.outbox[-1]
    assert message.to == ["asha@example.com"]
    assert "asha@" not in visitor.page
    assert "@example.com" in visitor.page
    assert code_of(message) not in visitor.page
    consent.refresh_from_db()
    assert code_of(message) not in f"{consent.__dict__}{list(Entry.objects.values())}"
    assert "In force since" in visitor.confirm().page
    consent.refresh_from_db()
    assert in_force(client_with_mail, desk) == consent
    given = Entry.objects.get(action="connector.consent_given")
    assert given.details["text_hash"] == consent.text_hash == sha256(consent.text)
    assert (given.subject, given.by_name) == ("HO/RET001", "Client HO/RET001")
    assert "Consent revoked" in visitor.revoke().page
    assert in_force(client_with_mail, desk) is None
    consent.refresh_from_db()
    assert (consent.state, consent.revoked_by) == (ConsentState.REVOKED, None)
    assert "This consent is revoked" in visitor.open().page


def test_the_trail_names_the_client_who_clicked_in_list_entry_filter_and_export(asked, compliance, client):
    _, visitor = asked
    visitor.open("0000")  # nobody knows who that was
    visitor.give().revoke()
    client.force_login(compliance)
    entries = Entry.objects.filter(by_name="Client HO/RET001").order_by("id")
    assert list(entries.values_list("action", flat=True)) == [
        f"connector.consent_{what}" for what in ("opened", "code", "given", "revoked")
    ]
    for typed in ("Client HO/RET001", "ho/ret001"):
        page = client.get("/audit/", {"by_name": typed}).content.decode()
        assert set(re.findall(r'data-href="/audit/(\d+)/"', page)) == {str(one.pk) for one in entries}
        assert page.count(">Client HO/RET001<") == len(entries)
    given = client.get(entries[2].get_absolute_url()).content.decode()
    assert "by Client HO/RET001" in given
    file = b"".join(client.post("/audit/csv/?by_name=HO/RET001").streaming_content).decode()
    assert file.count("Client HO/RET001") == len(entries)
    assert "by Client HO/RET001" in client.get("/users/HO/RET001/?tab=history").content.decode()
    seal_new()
    assert not verify().fault


def test_a_page_of_an_earlier_link_revokes_nothing_of_the_later_one(asked, desk, maker):
    _, visitor = asked
    other = RetailUserFactory(group_id="HO", user_id="RET002", pan="ABCPT1235B", email="b@example.com")
    consent, link = consent_desk.ask(desk, "GROWTH", other, terms(), by=maker)
    later = Visitor(link)
    later.browser = visitor.give().browser  # two people, one telephone
    later.open("235B").ask_for_code().confirm()
    assert "another link was opened in this browser" in visitor.revoke().page
    consent.refresh_from_db()
    assert consent.state == ConsentState.ACTIVE
    assert "Consent revoked" in later.revoke().page


def test_the_link_of_a_consent_in_force_lets_its_client_revoke_later(asked, client_with_mail, desk, maker):
    consent, visitor = asked
    visitor.give()
    Partner.objects.update(state="suspended")  # whatever happened to the partner
    later = Visitor(visitor.path)
    assert "Revoke consent" in later.open().page
    later.revoke()
    consent.refresh_from_db()
    assert consent.state == ConsentState.REVOKED


def test_three_wrong_proofs_close_the_link_until_a_new_one_is_made(asked, maker):
    consent, visitor = asked
    for _ in range(3):
        assert visitor.open("0000").status == 403
    assert "three wrong answers" in visitor.open().page
    newer = Visitor(consent_desk.new_link(consent, by=maker))
    assert "Send me a code" in newer.open().page
    assert "does not work" in visitor.open().page


def test_a_new_link_ends_the_visit_with_the_old_one(asked, maker):
    consent, visitor = asked
    visitor.open().ask_for_code()
    consent_desk.new_link(consent, by=maker)
    assert visitor.browser.get("/connector/consent/").status_code == 404
    assert "does not work" in visitor.confirm().page
    consent.refresh_from_db()
    assert consent.state == ConsentState.WAITING


def test_five_wrong_codes_use_a_code_up(asked, client_with_mail, desk):
    consent, visitor = asked
    visitor.open().ask_for_code()
    code = code_of(mail.outbox[-1])
    for _ in range(4):
        assert "not the code" in visitor.confirm(wrong(code)).page
    visitor.confirm(wrong(code))
    assert "Ask for a new one" in visitor.page
    assert 'name="code"' not in visitor.page
    with pytest.raises(ConnectorProblem, match="not good any more"):
        consent_visits.confirm(consent, code, consent.text_hash)
    assert in_force(client_with_mail, desk) is None


def test_a_code_is_good_for_ten_minutes_and_only_the_newest_counts(asked, client_with_mail, desk):
    visitor = asked[1].open().ask_for_code()
    first = code_of(mail.outbox[-1])
    Consent.objects.update(code_ends_at=timezone.now())
    assert "not good any more" in visitor.confirm(first).page
    visitor.ask_for_code()
    if (second := code_of(mail.outbox[-1])) != first:
        assert "not the code" in visitor.confirm(first).page
    assert "In force since" in visitor.confirm(second).page


def test_codes_are_sent_a_minute_apart_and_five_a_link(asked):
    visitor = asked[1].open().ask_for_code()
    assert "Wait a minute" in visitor.ask_for_code().page
    for _ in range(4):
        Consent.objects.update(code_ends_at=timezone.now())
        assert "was sent to" in visitor.ask_for_code().page
    Consent.objects.update(code_ends_at=timezone.now())
    assert "5 codes were sent for this link" in visitor.ask_for_code().page
    assert len(mail.outbox) == 5


def test_a_text_that_the_registry_outran_must_be_read_again(asked, client_with_mail, desk):
    visitor = asked[1].open().ask_for_code()
    Partner.objects.update(registration="INH000000999", version=7)
    assert "The text has changed" in visitor.confirm().page
    assert "INH000000999" in visitor.page
    Consent.objects.update(code_ends_at=None)
    assert "In force since" in visitor.ask_for_code().confirm().page
    assert in_force(client_with_mail, desk).text_version.endswith(".7")


def test_without_a_mail_server_the_page_says_what_else(asked, settings):
    visitor = asked[1].open()
    settings.EMAIL_HOST = ""
    page = visitor.ask_for_code().page
    assert "demonstration without a mail server" in page
    assert re.search(r"Your code is [0-9]{6}", page)
    settings.PORTAL_ENVIRONMENT = "LIVE"
    Consent.objects.update(code_ends_at=None, code_hash="")
    page = visitor.ask_for_code().page
    assert "sends no e-mail" in page
    assert "form on paper" in page
    assert "Your code is" not in page
    assert mail.outbox == []


def test_an_address_that_is_refused_or_gone_is_said(asked, settings, client_with_mail):
    visitor = asked[1].open()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert "the e-mail could not be sent" in visitor.ask_for_code().page
    RetailUser.objects.update(email="")
    assert "no e-mail address of yours" in visitor.ask_for_code().page


def test_nobody_reads_or_confirms_without_the_proof(asked):
    stranger = Browser()
    for path in ("", "code/", "confirm/", "revoke/"):
        answer = (
            stranger.get("/connector/consent/") if not path else stranger.post(f"/connector/consent/{path}")
        )
        assert (answer.status_code, b"say who you are" in answer.content) == (404, True)
    assert mail.outbox == []
    assert stranger.get("/connector/c/not-a-secret/").status_code == 404


def test_a_switch_stops_giving_but_not_revoking(asked, maker):
    consent, visitor = asked
    visitor.open().ask_for_code()
    switches.throw("model", "3", by=maker, reason="Stop")
    assert "stopped for the moment" in visitor.confirm().page
    consent.refresh_from_db()
    assert consent.state == ConsentState.WAITING


def test_lists_and_pages_ask_the_database_a_bounded_number_of_times(
    desk, maker, client, django_assert_num_queries
):
    for number in range(6):
        user = RetailUserFactory(
            group_id="HO", user_id=f"R{number}", pan=f"ABCPT123{number}A", status="A", email="a@example.com"
        )
        consent, _ = consent_desk.ask(desk, "GROWTH", user, terms(), by=maker)
    client.force_login(maker)
    client.get("/partners/consents/")
    with django_assert_num_queries(LIST_QUERIES):
        shown = client.get("/partners/consents/").content.decode()
    assert shown.count("/partners/consents/") > 6
    assert f">Consent {consent.pk}</a>" in shown
    with django_assert_num_queries(PAGE_QUERIES):
        client.get(f"/partners/consents/{consent.pk}/")


# --- asking -------------------------------------------------------------------------------------------------------


def test_asking_a_list_says_of_each_why_not(desk, client_with_mail, maker, client):
    RetailUserFactory(group_id="HO", user_id="RET002", pan="ABCPT1234B", status="A", email="")
    RetailUserFactory(group_id="HO", user_id="RET003", pan="ABCPT1234C", status="S", email="a@example.com")
    client.force_login(maker)
    given = {
        "product": "desk/GROWTH",
        "cap_run": "1,00,000",
        "cap_day": "₹ 2,50,000.50",
        "until": f"{in_days(300):%d-%m-%Y}",
        "clients": "HO/RET001\nHO/RET002, HO/RET003 HO/NOBODY",
    }
    page = client.post("/partners/consents/ask/", given, follow=True).content.decode()
    assert "1 of 4 asked" in page
    for words in ("no e-mail address", "HO/RET003 is not active", "HO/NOBODY is not a retail user"):
        assert words in page
    made = Consent.objects.get()
    assert (made.cap_run, made.cap_day) == (Decimal("100000.00"), Decimal("250000.50"))
    assert timezone.localtime(made.valid_until).strftime("%H:%M") == "23:59"
    again = client.post(
        "/partners/consents/ask/", {**given, "clients": "HO/RET001"}, follow=True
    ).content.decode()
    assert "was asked already" in again


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cap_run": Decimal(0)}, "above 0"),
        ({"cap_run": Decimal("0.001")}, "two decimals"),
        ({"cap_day": Decimal(1)}, "smaller than that of one basket"),
        ({"valid_until": in_days(-1)}, "over already"),
        ({"valid_until": in_days(366)}, "a year at most"),
    ],
)
def test_terms_that_nobody_can_agree_to(desk, client_with_mail, maker, changed, words):
    with pytest.raises(ConnectorProblem, match=words):
        consent_desk.ask(desk, "GROWTH", client_with_mail, terms(**changed), by=maker)


def test_rights_of_asking_and_revoking(desk, client_with_mail, maker, checker, compliance):
    with pytest.raises(NotPermitted):
        consent_desk.ask(desk, "GROWTH", client_with_mail, terms(), by=checker)
    consent, _ = consent_desk.ask(desk, "GROWTH", client_with_mail, terms(), by=maker)
    with pytest.raises(NotPermitted):
        consent_desk.revoke(consent, by=compliance, reason="Asked for")
    with pytest.raises(ConnectorProblem, match="Say why"):
        consent_desk.revoke(consent, by=checker, reason=" ")
    consent_desk.revoke(consent, by=checker, reason="The client telephoned")
    consent.refresh_from_db()
    assert (consent.state, consent.revoked_by) == (ConsentState.REVOKED, checker)
    assert Entry.objects.get(action="connector.consent_revoked").reason == "The client telephoned"


# --- in force -----------------------------------------------------------------------------------------------------


#: By what the check says: what closes model 3 to a client.
CLOSINGS = {
    "suspended": lambda: Partner.objects.update(state="suspended"),
    "not allowed": lambda: Partner.objects.update(models_allowed=["1", "2"]),
    "no algo id": lambda: Partner.objects.update(products=[{"code": "GROWTH", "algo_id": ""}]),
    "no product": lambda: Partner.objects.update(products=[]),
    "is external": lambda: Partner.objects.update(kind="external"),
    "not active": lambda: RetailUser.objects.update(status="S"),
}


@pytest.mark.parametrize("why", CLOSINGS)
def test_nothing_is_placed_where_something_is_closed(asked, client_with_mail, desk, why):
    asked[1].give()
    assert in_force(client_with_mail, desk)
    CLOSINGS[why]()
    client_with_mail.refresh_from_db()
    desk.refresh_from_db()
    assert in_force(client_with_mail, desk) is None
    with transaction.atomic():
        found = consents.Check(client_with_mail, desk, "GROWTH").now()
    assert found.consent is None
    assert why in found.why


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("CONNECTOR_MODELS", ["1", "2"], "Model 3 is off"),
        ("CONNECTOR", False, "Model 3 is off"),
        ("REST_BASE_URL", "", "needs the REST API"),
    ],
)
def test_the_settings_close_model_3(asked, client_with_mail, desk, settings, name, value, words):
    asked[1].give()
    setattr(settings, name, value)
    assert in_force(client_with_mail, desk) is None
    with transaction.atomic():
        assert words in consents.Check(client_with_mail, desk, "GROWTH").now().why


@pytest.mark.parametrize(
    ("scope", "target"),
    [("all", ""), ("model", "3"), ("partner", "desk"), ("product", "desk/GROWTH"), ("client", "HO/RET001")],
)
def test_a_switch_is_seen_by_the_check_within_the_transaction(
    asked, client_with_mail, desk, maker, scope, target
):
    asked[1].give()
    with transaction.atomic():
        assert consents.Check(client_with_mail, desk, "GROWTH").now().consent == asked[0]
        switches.throw(scope, target, by=maker, reason="Stop")
        assert "A kill switch holds" in consents.Check(client_with_mail, desk, "GROWTH").now().why


def test_a_switch_on_another_model_stops_nothing_here(asked, client_with_mail, desk, maker):
    asked[1].give()
    switches.throw("model", "2", by=maker, reason="Stop")
    with transaction.atomic():
        assert consents.Check(client_with_mail, desk, "GROWTH").now().consent


def test_a_newer_consent_replaces_the_one_in_force_when_it_is_given(asked, client_with_mail, desk, maker):
    first, visitor = asked
    visitor.give()
    second, link = consent_desk.ask(desk, "GROWTH", client_with_mail, terms(cap_run=Decimal(5000)), by=maker)
    assert in_force(client_with_mail, desk) == first
    Visitor(link).give()
    assert in_force(client_with_mail, desk) == second
    first.refresh_from_db()
    assert first.state == ConsentState.REPLACED
    assert "replaced by a newer one" in visitor.open().page


def test_a_consent_that_ran_out_is_shown_as_expired_before_and_after_the_sweep(
    asked, desk, client_with_mail, maker, client, monkeypatch
):
    consent, visitor = asked
    visitor.give()
    late = in_days(31)
    monkeypatch.setattr(timezone, "now", lambda: late)
    consent.refresh_from_db()
    assert (consent.state, consent.shown_as) == (ConsentState.ACTIVE, ConsentState.ENDED)
    assert in_force(client_with_mail, desk) is None
    with transaction.atomic():
        assert "ran out" in consents.Check(client_with_mail, desk, "GROWTH").now().why
    client.force_login(maker)
    assert "HO/RET001" in client.get("/partners/consents/?state=ended").content.decode()
    assert "HO/RET001" not in client.get("/partners/consents/?state=active").content.decode()
    assert "time of this consent is over" in visitor.open().page
    assert watch.look() == 1
    consent.refresh_from_db()
    assert (consent.state, consent.ended_at is None) == (ConsentState.ENDED, False)
    assert Entry.objects.filter(action="connector.consent_ended").exists()


# --- on paper -----------------------------------------------------------------------------------------------------


def form_given(**changed):
    return {
        "token": str(uuid.uuid4()),
        "product": "desk/GROWTH",
        "client": "HO/RET001",
        "cap_run": "50000",
        "cap_day": "50000",
        "until": f"{in_days(100):%d-%m-%Y}",
        "evidence": "Folder 12, page 4",
        "reason": "Signed at the branch",
        "file": SimpleUploadedFile("form.pdf", PDF, "text/html"),
        **changed,
    }


def enter(browser, /, **changed):
    return browser.post("/partners/consents/enter/", form_given(**changed))


def test_a_signed_form_is_in_force_after_a_second_person_approved_it(
    desk, client_with_mail, maker, checker, compliance, client
):
    client.force_login(maker)
    given = form_given()
    page = client.post("/partners/consents/enter/", given)
    change = Change.objects.get(kind="connector_consent")
    assert page.url == change.get_absolute_url()
    again = client.post("/partners/consents/enter/", {**given, "file": SimpleUploadedFile("form.pdf", PDF)})
    assert (again.url, ConsentForm.objects.count()) == (page.url, 1)  # a double click
    assert in_force(client_with_mail, desk) is None
    with pytest.raises(NotAllowed):
        approve(change, maker)
    client.force_login(checker)
    page = client.get(change.get_absolute_url()).content.decode()
    scan = ConsentForm.objects.get()
    for words in (
        "Folder 12, page 4",
        scan.sha256,
        "The text that the client must have signed",
        "₹\u00a050,000.00",
    ):
        assert words in page
    file = client.get(f"/partners/consents/files/{scan.pk}/")
    assert (file.content, file["Content-Type"]) == (PDF, "application/pdf")
    assert file["Content-Disposition"].startswith("attachment")
    taken = Entry.objects.get(action="connector.consent_form_downloaded")
    assert (taken.by, taken.subject, taken.details["form"]) == (checker, change.subject, scan.pk)
    client.force_login(compliance)
    page = client.get(change.get_absolute_url()).content.decode()
    assert "The signed form is hidden" in page
    assert f"/files/{scan.pk}/" not in page
    approve(change, checker)
    made = in_force(client_with_mail, desk)
    assert (made.how_given, made.form, made.change, made.evidence) == (
        "signed_form",
        scan,
        change,
        "Folder 12, page 4",
    )
    assert made.text_hash == sha256(made.text) == change.messages[0]["values"]["content"]
    page = client.get(f"/partners/consents/{made.pk}/").content.decode()
    assert "Signed form" in page
    link = consent_desk.new_link(made, by=maker)  # to revoke it
    Visitor(link).open().revoke()
    assert in_force(client_with_mail, desk) is None


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (
            {"file": SimpleUploadedFile("form.pdf", b"<script>alert(1)</script>")},
            "neither PDF nor JPEG nor PNG",
        ),
        ({"file": SimpleUploadedFile("form.pdf", PDF + b" " * 5 * 1024 * 1024)}, "larger than 5 MiB"),
        ({"file": ""}, "Choose a file"),
        ({"evidence": ""}, "This field is required"),
        ({"client": "HO/NOBODY"}, "is not a retail user"),
        ({"until": "01-01-2020"}, "over already"),
    ],
)
def test_a_form_without_its_evidence_is_not_taken(desk, client_with_mail, maker, client, changed, words):
    client.force_login(maker)
    assert words in enter(client, **changed).content.decode()
    assert (ConsentForm.objects.count(), Change.objects.count()) == (0, 1)  # that of the registry


def test_the_text_to_sign_is_shown_before_there_is_a_file(desk, client_with_mail, maker, client):
    client.force_login(maker)
    page = enter(client, file="", evidence="", reason="", show="1").content.decode()
    assert "at most ₹\u00a050,000.00 for the orders of one basket" in page
    assert not Consent.objects.exists()


def test_a_form_whose_text_the_registry_outran_is_refused(desk, client_with_mail, maker, checker, client):
    client.force_login(maker)
    enter(client)
    Partner.objects.update(registration="INH000000999")
    with pytest.raises(ChangeError, match="Take a new form"):
        approve(Change.objects.get(kind="connector_consent"), checker)
    assert not Consent.objects.exists()


def test_the_token_of_a_draft_of_another_kind_is_not_taken(desk, client_with_mail, maker, client):
    """A checker would decide on a consent as on a new retail user."""
    draft = changes.save_draft("create_retail_user", {}, by=maker, token=uuid.uuid4())
    client.force_login(maker)
    page = enter(client, token=str(draft.token))
    assert "of another kind of change" in page.content.decode()
    draft.refresh_from_db()
    assert (draft.state, ConsentForm.objects.count()) == ("draft", 0)


def test_a_scan_is_for_those_who_see_personal_data(desk, client_with_mail, maker, compliance, client):
    client.force_login(maker)
    enter(client)
    scan = ConsentForm.objects.get()
    client.force_login(compliance)
    assert client.get(f"/partners/consents/files/{scan.pk}/").status_code == 403


def test_nobody_proposes_a_form_past_its_findings(desk, client_with_mail, maker):
    values = {
        "client": "HO/RET001", "partner": "desk", "partner_name": "Research desk", "product_code": "GROWTH",
        "cap_run": "1.00", "cap_day": "1.00", "valid_until": f"{in_days(9):%d-%m-%Y}", "evidence": "Folder",
        "form": "1", "form_hash": "0" * 64, "text_version": "1.1", "content": "0" * 64,
    }  # fmt: skip
    with pytest.raises(HasErrors) as wrong:
        changes.submit("connector_consent", values, by=maker, reason="x", token=uuid.uuid4())
    assert [one.path for one in wrong.value.findings] == ["form"]


# --- what the database holds --------------------------------------------------------------------------------------


def test_the_database_keeps_a_given_consent_as_it_is(asked, desk, client_with_mail, maker):
    consent, visitor = asked
    visitor.give()
    own = Consent.objects.filter(pk=consent.pk)
    for changed in (
        {"cap_day": Decimal(10**9)},
        {"valid_until": in_days(900)},
        {"text": "Anything"},
        {"text_hash": "0" * 64},
        {"product_code": "OTHER"},
        {"state": "waiting"},
        {"given_at": None},
    ):
        refused(lambda changed=changed: own.update(**changed))
    refused(lambda: own._raw_delete(connection.alias))
    own.update(state="revoked", ended_at=timezone.now())
    refused(lambda: own.update(state="active", ended_at=None))


def test_the_database_takes_no_consent_in_force_that_nobody_gave(asked, desk, client_with_mail, maker):
    made = Consent.objects.values().get()
    made.pop("id")
    given = {**made, "link_hash": None, "state": "active", "given_at": timezone.now()}
    refused(lambda: Consent.objects.create(**given))
    form = ConsentForm.objects.create(name="x", content_type="x", content=b"x", sha256="x", uploaded_by=maker)
    paper = {"how_given": "signed_form", "evidence": "x", "change_id": Change.objects.get().pk}
    refused(lambda: Consent.objects.create(**{**given, **paper, "form_id": form.pk}))


def test_one_consent_is_in_force_for_a_client_partner_and_product(asked, desk, client_with_mail, maker):
    asked[1].give()
    second, _ = consent_desk.ask(desk, "GROWTH", client_with_mail, terms(), by=maker)
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.filter(pk=second.pk).update(state="active", given_at=timezone.now())


def test_a_text_that_did_not_name_the_broker_stays_valid_under_its_version(
    asked, desk, client_with_mail, maker, checker, client, settings, monkeypatch
):
    monkeypatch.setattr(consent_text, "WORDING", 1)
    client.force_login(maker)
    enter(client)
    waiting = Change.objects.get(kind="connector_consent")
    asked[1].give()
    given = in_force(client_with_mail, desk)
    monkeypatch.setattr(consent_text, "WORDING", 2)
    settings.CONNECTOR_BROKER_NAME = "Example Securities"
    # A consent in force stays, and a form that was signed before is approved as it was signed.
    assert in_force(client_with_mail, desk).text == given.text
    approve(waiting, checker)
    made = in_force(client_with_mail, desk)
    assert (made.how_given, made.text_version[:2]) == ("signed_form", "1.")
    assert "Example Securities" not in made.text
    # A new one names the broker.
    new, _ = consent_desk.ask(desk, "GROWTH", client_with_mail, terms(), by=maker)
    assert new.text_version[:2] == "2."
    assert new.text.count("your broker Example Securities") == 2


def test_a_text_with_another_name_of_the_broker_must_be_read_again(asked, settings):
    visitor = asked[1].open().ask_for_code()
    settings.CONNECTOR_BROKER_NAME = "Example Securities"
    assert "The text has changed" in visitor.confirm().page


def test_pages_and_mails_of_a_client_name_the_broker(asked, settings):
    settings.CONNECTOR_BROKER_NAME = "Example Securities"
    _, visitor = asked
    visitor.open()
    assert visitor.page.count("Example Securities") == 4, "in the title, on the page, and twice in the text"
    assert "your broker Example Securities may prepare its orders" in visitor.page
    visitor.ask_for_code()
    message = mail.outbox[-1]
    assert message.subject == "Your code from Example Securities"
    assert message.body.endswith("Example Securities\n")
