"""A change that goes out later: asked on its form, seen by its checker and on all pages, let through."""

from datetime import datetime, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from backoffice.audit.models import Entry
from backoffice.batches.decide import decisions
from backoffice.changes.models import Change
from backoffice.delivery import queue
from backoffice.kit.formats import INDIA, ist
from tests.batches.conftest import checked
from tests.factories import RetailUserFactory
from tests.html_forms import Page, flowed

__all__ = ["checked"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("swept")]


@pytest.fixture
def later():
    """Tomorrow at 15:30, to the minute."""
    return datetime.combine(timezone.localdate() + timedelta(days=1), time(15, 30), INDIA)


@pytest.fixture
def check_page(client, maker):
    """The check page of a deposit of 5,000 rupees: its address, and what its form would send."""
    RetailUserFactory(group_id="HO", user_id="RET001")
    client.force_login(maker)
    new = reverse("accounts:change", args=["HO", "RET001", "cash_deposit"])
    form = Page(client.get(new).content.decode())
    check = client.post(new, form.sent(amount="5000", product_id="1", press="check"))
    assert check.status_code == 302, [one.text for one in check.context["findings"]]
    return check.url


def submit(client, url, **typed):
    page = Page(client.get(url).content.decode())
    return client.post(url, page.sent(reason="Cheque 4711", **typed))


@pytest.mark.parametrize(
    ("day", "at", "field", "words"),
    [
        ("29-02-2027", "09:00", "not_before_day", "29-02-2027 is not a valid date. Use DD-MM-YYYY."),
        ("01-01-2020", "09:00", "not_before_day", "01-01-2020 09:00 is past."),
        ("31-12-9999", "09:00", "not_before_day", "31-12-9999 is out of range."),
        ("31-12-2099", "09:00", "not_before_day", "31-12-2099 09:00 is more than a year ahead."),
        ("soon", "09:00", "not_before_day", "soon is not a valid date."),
        ("31-12-2026", "24:30", "not_before_time", "24:30 is not a valid time. Use HH:MM"),
        ("31-12-2026", "<script>", "not_before_time", "&lt;script&gt; is not a valid time."),
        ("31-12-2026", "", "not_before_time", "Give the time too"),
        ("", "09:00", "not_before_day", "Give the day too"),
    ],
)
def test_odd_input_is_a_finding_at_its_field_and_nothing_is_submitted(
    client, check_page, day, at, field, words
):
    answer = submit(client, check_page, not_before_day=day, not_before_time=at)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert words in html[html.index(f'id="id_{field}"') :]
    assert "Cheque 4711" in html
    assert not Change.objects.exclude(state="draft").exists()


def test_a_change_sent_later_says_so_on_every_page_until_a_checker_lets_it_through(
    client, check_page, checker, later
):
    when = f"{later:%a %d-%m-%Y, %H:%M}"
    answer = submit(client, check_page, not_before_day=f"{later:%d-%m-%Y}", not_before_time="15:30")
    change = Change.objects.get(not_before=later)
    assert answer.url == change.get_absolute_url()
    assert f"not before {when}" in flowed(client.get(reverse("desk:today")).content.decode())
    client.force_login(checker)
    words = f"Goes out {when}: not before then, as its maker asked."
    assert words in flowed(client.get(change.get_absolute_url()).content.decode())
    review = client.get(reverse("changes:review"), {"change": change.pk})
    assert f"Not before {when}" in flowed(review.content.decode())
    decide = {"pk": change.pk, "action": "approve"}
    approved = client.post(
        reverse("changes:decide", kwargs=decide), {"content_hash": change.content_hash}, follow=True
    )
    assert f"Approved. {words}" in flowed(approved.content.decode())
    delivery = change.deliveries.get()
    for page in (change.get_absolute_url(), delivery.get_absolute_url(), reverse("delivery:list")):
        assert words in flowed(client.get(page).content.decode()), page
    waits = flowed(client.get(reverse("delivery:queue")).content.decode())
    assert f"1 message waits for a time of its own, the first until {when}." in waits
    assert "1 for later" in flowed(client.get(reverse("desk:today")).content.decode())
    assert queue.claim() is None

    urgent = reverse("changes:decide", kwargs={"pk": change.pk, "action": "urgent"})
    refused = client.post(urgent, {"reason": ""})
    assert (refused.status_code, "Say why it is urgent" in refused.content.decode()) == (409, True)
    let = client.post(urgent, {"reason": "The client trades today"}, follow=True)
    html = flowed(let.content.decode())
    assert "Let through. It is on its way to ODIN." in html
    entry = Entry.objects.get(action="delivery.let_through")
    assert f"{entry.who}, <span class" in html
    assert f"{ist(entry.at, 'minute')}</span>: <q>The client trades today</q>" in html
    assert words not in html
    assert queue.claim().delivery.pk == delivery.pk


def test_outside_sending_hours_pages_say_when_sending_opens(client, maker, checker, approved, settings):
    settings.SENDING_HOURS = (time(0, 0), time(0, 1))
    now = timezone.localtime()
    if now.time() < time(0, 1):  # in that one minute of the day sending is open
        settings.SENDING_HOURS = (time(12, 0), time(12, 1))
    delivery = approved()
    client.force_login(checker)
    for page in (delivery.get_absolute_url(), delivery.change.get_absolute_url(), reverse("delivery:list")):
        assert "outside sending hours (" in client.get(page).content.decode(), page
    assert "Sending is closed: outside sending hours" in flowed(
        client.get(reverse("delivery:queue")).content.decode()
    )
    assert "sending opens" in flowed(client.get(reverse("desk:today")).content.decode())


def test_a_file_sent_later_says_so_and_is_let_through(client, checked, maker, checker, later):
    batch = checked(good=2)
    client.force_login(maker)
    url = reverse("batches:submit", args=[batch.pk])
    typed = {"mode": "all", "reason": "Morning", "not_before_time": "15:30"}
    wrong = client.post(url, {**typed, "not_before_day": "31-02-2027"})
    assert (wrong.status_code, "31-02-2027 is not a valid date" in wrong.content.decode()) == (422, True)
    client.post(url, {**typed, "not_before_day": f"{later:%d-%m-%Y}"})
    batch.refresh_from_db()
    assert batch.not_before == later
    client.force_login(checker)
    words = f"Goes out {later:%a %d-%m-%Y, %H:%M}: not before then, as its maker asked."
    assert words in flowed(client.get(batch.get_absolute_url()).content.decode())
    decisions.approve(batch.pk, by=checker, content_hash=batch.content_hash)
    page = flowed(client.get(batch.get_absolute_url()).content.decode())
    assert words in page
    assert "waits for its time" in page
    urgent = reverse("batches:act", kwargs={"pk": batch.pk, "action": "urgent"})
    assert client.post(urgent, {"reason": " "}).status_code == 409
    let = flowed(client.post(urgent, {"reason": "Trading begins"}, follow=True).content.decode())
    assert "Let through: 2 messages." in let
    assert "<q>Trading begins</q>" in let
    assert len(queue.claim_some(5)) == 2


def test_what_stays_in_the_portal_is_not_asked_for_a_time(client, admin):
    client.force_login(admin)
    url = reverse("changes:rule", args=["cash_deposit"])
    form = Page(client.get(url).content.decode())
    check = client.post(url, form.sent(checkers="2", press="check"))
    assert "not_before" not in client.get(check.url).content.decode()
