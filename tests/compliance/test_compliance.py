"""What compliance does with the trail: finds, exports, counts, verifies, holds; and what time does to it."""

import csv
import html
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from backoffice import leases
from backoffice.audit import checks
from backoffice.audit.guard import guard, unguard
from backoffice.audit.models import Check, Entry, LegalHold, Pruning
from backoffice.audit.operations import record
from backoffice.audit.retention import RetentionError, lift_hold, place_hold, prune
from backoffice.audit.seals import seal_new, verify
from backoffice.audit.tasks import verify_asked
from backoffice.compliance import statistics
from backoffice.compliance.differences import differences
from tests.factories import RetailUserFactory
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db(transaction=True)


def attempt(code="1", outcome="applied", reference="REF1", lane="HO/RET001"):
    return record(
        f"delivery.{outcome}",
        by=None,
        subject=lane,
        text=f"Attempt 1: {outcome}.",
        details={"code": code, "reference": reference, "sent": "63=FT1.0|64=320|214=9876543210"},
        before={"mobile": "9876543210"},
        after={"mobile": "9876543211"},
    )


def listed(client, **filters):
    page = client.get(reverse("compliance:list"), filters).content.decode()
    return {entry.pk for entry in Entry.objects.all() if f"/audit/{entry.pk}/" in page}


def test_entries_are_found_by_person_user_kind_outcome_code_reference_and_request(as_compliance, maker):
    one = attempt(code="0", outcome="refused", reference="REF9")
    two = record("change.submitted", by=maker, subject="HO/RET002", text="Submitted.", reason="As asked")
    login = Entry.objects.get(action="staff.logged_in")
    assert listed(as_compliance, outcome="refused") == {one.pk}
    assert listed(as_compliance, code="0") == {one.pk}
    assert listed(as_compliance, reference="REF9") == {one.pk}
    assert listed(as_compliance, by_name="maker") == {two.pk}
    assert listed(as_compliance, by_name=f"{maker.first_name} {maker.last_name}".lower()) == {two.pk}
    assert listed(as_compliance, q="HO/RET002") == {two.pk}
    assert listed(as_compliance, action="change.") == {two.pk}
    assert login.pk in listed(as_compliance, request_id=login.request_id)


def test_a_login_name_finds_the_logins_of_somebody_and_the_changes_about_them(as_compliance, maker, checker):
    login = record("staff.logged_in", by=maker, subject="maker", text="Logged in.")
    rights = record("change.approved", by=checker, subject="staff:maker", text="Approved.")
    record("change.approved", by=checker, subject="staff:maker2", text="Approved.")
    assert listed(as_compliance, q="Maker") == {login.pk, rights.pk}


def test_an_action_is_chosen_by_its_words_among_those_that_the_trail_has(as_compliance, maker):
    record("change.submitted", by=maker, subject="HO/RET002", text="Submitted.")
    record("connector.consent_given", by=maker, subject="HO/RET002", text="Given.")
    page = as_compliance.get(reverse("compliance:list"), {"action": "connector."}).content.decode()
    assert '<optgroup label="Connector">' in page
    assert '<option value="connector." selected>All of connector</option>' in page
    assert '<option value="connector.consent_given">Connector: consent given</option>' in page
    assert ">Connector: consent given</td>" in page
    assert '<option value="change.submitted">' in page
    assert "change.approved" not in page


@pytest.mark.parametrize("since", ["05-03-2026", "2026-03-05"])
def test_an_export_reads_a_day_as_the_page_does(as_compliance, monkeypatch, since):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 4, 12, tzinfo=UTC))
    early = record("change.submitted", by=None, subject="HO/RET001", text="Early.")
    monkeypatch.undo()
    late = attempt()
    assert listed(as_compliance, since=since) == {late.pk, Entry.objects.get(action="staff.logged_in").pk}
    numbers = {row[0] for row in exported(as_compliance, since=since)[1:]}
    assert str(late.pk) in numbers
    assert str(early.pk) not in numbers


@pytest.mark.parametrize(
    "query",
    [
        {"since": "31-02-2026"},
        {"until": "9999-12-31"},
        {"since": "0001-01-01"},
        {"change_id": "abc"},
        {"change_id": "9" * 30},
        {"delivery_id": "-1e5000000"},
        {"outcome": "splendid"},
        {"q": "x" * 500},
    ],
)
def test_a_filter_that_cannot_be_read_shows_no_entry_and_exports_none(as_compliance, query):
    attempt()
    assert listed(as_compliance, **query) == set()
    answer = as_compliance.post(reverse("compliance:csv", query=query), follow=True)
    assert answer.redirect_chain
    assert "Nothing was exported." in answer.content.decode()
    assert not Entry.objects.filter(action="audit.exported").exists()


def test_a_number_beside_a_response_code_is_that_of_the_entries_behind_it(as_compliance, monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 4, 12, tzinfo=UTC))
    attempt(code="", outcome="unknown")
    monkeypatch.undo()
    attempt(code="5", outcome="unknown")
    attempt(code="", outcome="unknown")
    page = as_compliance.get(reverse("compliance:numbers")).content.decode()
    links = re.findall(r'href="([^"]*outcome=unknown[^"]*)"[^>]*>(\d+)<', page)
    assert len(links) == 2
    for link, number in links:
        answer = as_compliance.get(html.unescape(link))
        assert answer.context["table"].paginator.count == int(number) == 1


def test_rare_filters_are_folded_until_one_is_in_the_address(as_compliance):
    assert '<details class="more-filters">' in as_compliance.get(reverse("compliance:list")).content.decode()
    page = as_compliance.get(reverse("compliance:list"), {"code": "303"}).content.decode()
    assert '<details class="more-filters" open>' in page
    assert 'name="code" value="303"' in page


def test_a_day_is_a_day_in_india_and_a_retail_user_is_found_by_its_beginning(as_compliance, monkeypatch):
    late = datetime(2026, 3, 4, 18, 45, tzinfo=UTC)  # a quarter past midnight of the 5th in India
    monkeypatch.setattr(timezone, "now", lambda: late)
    one = record("change.submitted", by=None, subject="HO/RET001", text="Submitted.")
    monkeypatch.undo()
    assert one.pk in listed(as_compliance, since="2026-03-05", until="2026-03-05")
    assert one.pk not in listed(as_compliance, until="2026-03-04")
    assert one.pk not in listed(as_compliance, since="2026-03-06")
    assert listed(as_compliance, q="ho/ret0") == {one.pk}
    assert listed(as_compliance, q="RET001/HO") == set()
    assert listed(as_compliance, q="ret001") == {one.pk}
    assert listed(as_compliance, q="ret00") == set()


def test_a_day_is_whole_though_ids_do_not_grow_quite_as_the_times_do(as_compliance, monkeypatch):
    ids = []
    for day, hour in ((1, 6), (5, 6), (4, 10), (6, 1), (5, 7), (9, 6)):
        monkeypatch.setattr(timezone, "now", lambda at=datetime(2026, 3, day, hour, tzinfo=UTC): at)
        ids.append(record("change.submitted", by=None, subject="HO/RET001", text="Submitted.").pk)
    monkeypatch.undo()
    assert listed(as_compliance, since="2026-03-05", until="2026-03-05") == {ids[1], ids[4]}
    assert listed(as_compliance, q="RET001", since="2026-03-05") == {ids[1], *ids[3:]}
    assert listed(as_compliance, q="RET001", until="2026-03-05") == {*ids[:3], ids[4]}


def test_words_are_looked_for_in_the_newest_entries(as_compliance, monkeypatch):
    entries = [
        record("change.submitted", by=None, subject="HO/RET001", text=f"Same words {n}") for n in range(4)
    ]
    monkeypatch.setattr("backoffice.compliance.filters.WORDS_WITHIN", 2)
    assert listed(as_compliance, q="RET001", words="same WORDS") == {entry.pk for entry in entries[2:]}
    assert listed(as_compliance, q="RET001", words="words 0") == set()


SAID = "Client ABCPT1234A, born 21-01-1985, of 9876543210, account 00123456789, asha@example.com."
PERSONAL = ("ABCPT1234A", "21-01-1985", "9876543210", "00123456789", "asha@example.com")


def told(client, *urls):
    return [value for value in PERSONAL for url in urls if value in client.get(url).content.decode()]


def test_free_text_in_the_list_is_hidden_until_it_is_revealed_for_a_reason(as_compliance, checker):
    lane = RetailUserFactory().lane
    one = record("change.submitted", by=None, subject=lane, text=SAID, reason=SAID)
    other = record("batch.approved", by=None, subject="batch:1", text=SAID, reason=SAID)
    here = f"{reverse('compliance:list')}?q={lane}"
    pages = (reverse("compliance:list"), here, one.get_absolute_url(), other.get_absolute_url())
    assert told(as_compliance, *pages) == []
    assert "Show personal data" in as_compliance.get(here).content.decode()
    as_compliance.post(reverse("desk:reveal"), {"lane": lane, "reason": "Complaint 1", "next": here})
    assert set(told(as_compliance, here)) == set(told(as_compliance, one.get_absolute_url())) == set(PERSONAL)
    assert told(as_compliance, other.get_absolute_url()) == []
    as_compliance.force_login(checker)
    assert set(told(as_compliance, other.get_absolute_url())) == set(PERSONAL)


def exported(client, reason="", **filters):
    answer = client.post(reverse("compliance:csv", query=filters), {"reason": reason})
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def test_the_filtered_list_is_exported_and_the_export_is_an_entry(as_compliance, compliance):
    attempt()
    record("change.submitted", by=None, subject="HO/RET002", text="=HYPERLINK(1)", reason="+1")
    rows = exported(as_compliance, words="HYPERLINK")
    assert [row[5] for row in rows[1:]] == ["'=HYPERLINK(1)"]
    entry = Entry.objects.get(action="audit.exported")
    assert (entry.by, entry.details["filters"]) == (compliance, {"words": ["HYPERLINK"]})


def test_an_export_holds_personal_data_only_for_a_reason_and_for_those_who_may_see_it(as_compliance):
    from django.contrib.auth.models import Group, Permission

    attempt()
    assert "9876543210" not in str(exported(as_compliance, outcome="applied"))
    assert "9876543210" in str(exported(as_compliance, outcome="applied", reason="Complaint 12"))
    entry = Entry.objects.filter(action="audit.exported").first()
    assert (entry.reason, entry.details["personal_data"]) == ("Complaint 12", True)
    group = Group.objects.get(name="compliance")
    group.permissions.remove(Permission.objects.get(codename="see_personal_data"))
    text = str(exported(as_compliance, outcome="applied", reason="Curious"))
    assert "9876543210" not in text
    assert "9876543211" not in text


def test_nobody_else_exports_verifies_or_holds(client, checker, maker):
    client.force_login(checker)
    assert client.post(reverse("compliance:csv")).status_code == 403
    assert client.post(reverse("compliance:verify")).status_code == 403
    assert (
        client.post(reverse("compliance:place_hold"), {"subject": "HO/RET001", "reason": "x"}).status_code
        == 403
    )
    with pytest.raises(PermissionError):
        checks.ask(maker)
    with pytest.raises(RetentionError):
        place_hold("HO/RET001", by=checker, reason="x")


def test_response_codes_are_counted_by_day(as_compliance):
    attempt()
    attempt()
    attempt(code="0", outcome="refused")
    page = as_compliance.get(reverse("compliance:numbers"), {"days": "7"}).content.decode()
    assert "applied 2" in flowed(page)
    assert "refused 1" in flowed(page)
    assert as_compliance.get(reverse("compliance:numbers"), {"days": "nonsense"}).status_code == 200


def test_a_verification_is_asked_for_made_by_a_worker_and_shown(as_compliance, compliance):
    attempt()
    as_compliance.post(reverse("compliance:verify"))
    as_compliance.post(reverse("compliance:verify"))
    assert Check.objects.count() == 1
    assert "every 2s" in as_compliance.get(reverse("compliance:verification")).content.decode()
    assert verify_asked() == 1
    page = as_compliance.get(reverse("compliance:verification")).content.decode()
    assert "Verified: no tampering found" in page
    assert Check.objects.get().head in page
    assert Entry.objects.get(action="audit.verified").by == compliance


def test_a_verification_shows_what_does_not_fit(as_compliance):
    entry = attempt()
    seal_new()
    unguard(connection)
    Entry.objects.filter(pk=entry.pk).update(text="forged")
    guard(connection)
    as_compliance.post(reverse("compliance:verify"))
    verify_asked()
    page = as_compliance.get(reverse("compliance:verification")).content.decode()
    assert f"Entry {entry.pk} was altered" in page


def test_one_worker_at_a_time_verifies_and_one_at_which_every_worker_dies_ends(as_compliance, monkeypatch):
    attempt()
    as_compliance.post(reverse("compliance:verify"))
    others = []

    class Killed(BaseException):
        pass

    def die(**_):
        others.append(verify_asked())  # beat asks for it every five seconds, while this one is at work
        raise Killed

    monkeypatch.setattr(checks, "verify", die)
    for _ in range(leases.MOST_FAILURES):
        with pytest.raises(Killed):
            verify_asked()
        Check.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert others == [0] * leases.MOST_FAILURES
    assert verify_asked() == 1
    page = as_compliance.get(reverse("compliance:verification")).content.decode()
    assert "3 workers in a row crashed" in flowed(page)
    assert verify_asked() == 0


def test_a_legal_hold_is_placed_and_lifted_with_reasons(as_compliance, compliance):
    attempt()
    as_compliance.post(reverse("compliance:place_hold"), {"subject": "HO/RET001", "reason": "Court order 12"})
    hold = LegalHold.objects.get()
    assert "Court order 12" in as_compliance.get(reverse("compliance:holds")).content.decode()
    with pytest.raises(RetentionError, match="already"):
        place_hold("HO/RET001", by=compliance, reason="Again")
    with pytest.raises(RetentionError, match="no entry"):
        place_hold("HO/NOBODY", by=compliance, reason="x")
    as_compliance.post(reverse("compliance:lift_hold", args=[hold.pk]), {"reason": ""})
    hold.refresh_from_db()
    assert hold.lifted_at is None
    as_compliance.post(reverse("compliance:lift_hold", args=[hold.pk]), {"reason": "Case closed"})
    with pytest.raises(RetentionError, match="lifted already"):
        lift_hold(hold.pk, by=compliance, reason="x")
    assert {"audit.held", "audit.released"} <= set(Entry.objects.values_list("action", flat=True))


@pytest.fixture
def aged():
    """Move everything that was written so far into the past."""

    def age(years):
        past = timezone.now() - timedelta(days=366 * years)
        unguard(connection)
        Entry.objects.update(at=past)
        guard(connection)
        seal_new()
        unguard(connection)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE audit_seal SET at = %s", [past])
        from backoffice.audit.models import Seal
        from backoffice.audit.seals import seal_hash

        for seal in Seal.objects.all():
            Seal.objects.filter(pk=seal.pk).update(hash=seal_hash(seal))
        guard(connection)

    return age


def test_entries_go_after_their_time_and_the_chain_still_fits(settings, aged):
    attempt(lane="HO/OLD001")
    attempt(lane="HO/HELD01")
    LegalHold.objects.create(subject="HO/HELD01", reason="Court", placed_by_id=_somebody().pk)
    aged(9)
    young = attempt(lane="HO/NEW001")
    assert prune() == 1
    assert set(Entry.objects.values_list("subject", flat=True)) == {"HO/HELD01", "HO/NEW001", ""}
    assert Entry.objects.get(action="audit.pruned").details["years"] == 8
    seal_new()
    assert verify().fault == ""
    assert prune() == 0
    assert Entry.objects.filter(pk=young.pk).exists()


def test_what_is_left_of_a_pruned_seal_is_still_compared(aged):
    attempt(lane="HO/OLD001")
    held = attempt(lane="HO/HELD01")
    LegalHold.objects.create(subject="HO/HELD01", reason="Court", placed_by_id=_somebody().pk)
    aged(9)
    prune()
    unguard(connection)
    Entry.objects.filter(pk=held.pk).update(text="forged")
    guard(connection)
    assert verify().fault.startswith(f"Entry {held.pk} was altered")


def test_nothing_goes_before_its_time(aged):
    attempt()
    aged(7)
    assert prune() == 0
    assert not Pruning.objects.exists()


def test_what_a_legal_hold_keeps_is_not_deleted_past_the_portal_either(aged):
    held = attempt(lane="HO/HELD01")
    LegalHold.objects.create(subject="HO/HELD01", reason="Court", placed_by_id=_somebody().pk)
    aged(9)
    prune()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Entry.objects.filter(pk=held.pk)._raw_delete("default")


def test_a_pruning_is_sealed_at_once_and_so_counts_at_once(aged):
    attempt(lane="HO/OLD001")
    aged(9)
    assert prune() == 1
    found = verify()
    assert (found.fault, found.deleted.seal_number, found.unsealed) == ("", 1, 0)


def _somebody():
    from django.contrib.auth import get_user_model

    return get_user_model().objects.create_user("holder")


def test_every_outcome_has_a_colour_of_its_own_in_the_chart():
    css = finders.find("css/portal.css")
    tones = [tone for _, tone in statistics.OUTCOMES]
    assert len(set(tones)) == len(tones)
    assert [tone for tone in tones if f".bar-{tone} " not in Path(css).read_text()] == []


def test_records_within_the_values_of_an_entry_are_told_one_by_one(as_compliance):
    entry = record(
        "delivery.applied",
        by=None,
        subject="HO/RET001",
        text="Applied.",
        before={
            "city": "Pune",
            "segments": ["1"],
            "banks": [{"bank_id": "HDFC", "account_no": "00123456789"}],
        },
        after={
            "city": "Pune",
            "segments": ["1", "3"],
            "banks": [
                {"bank_id": "HDFC", "account_no": "00999996789"},
                {"bank_id": "AXIS", "account_no": ""},
            ],
        },
    )
    hidden = [
        ("Segments", "1", "1, 3"),
        ("Banks 1: account no", "••••6789", "••••6789"),
        ("Banks 2: bank id", "", "AXIS"),
    ]
    assert sorted(differences(entry, False)) == sorted(hidden)
    assert ("Banks 1: account no", "00123456789", "00999996789") in differences(entry, True)
