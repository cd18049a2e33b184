"""The holidays of NSE and BSE: kept and uploaded by an admin, and what they close."""

import io
from datetime import date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook

from backoffice.audit.models import Entry
from backoffice.delivery import queue
from backoffice.delivery.hours import SendingTimes
from backoffice.kit.formats import INDIA
from markets import holidays
from markets.holidays import HolidayProblem
from markets.models import Holiday
from markets.trading_days import coming_holidays
from tests.factories import DeliveryFactory
from tests.html_forms import flowed

pytestmark = pytest.mark.django_db

DAY = date(2099, 1, 26)


def post(client, page, **data):
    return client.post(reverse(f"markets:{page}"), data)


def file(*lines, name="holidays.csv"):
    return SimpleUploadedFile(name, "\n".join(lines).encode())


def test_an_admin_keeps_the_list_and_everybody_sees_it(client, admin, maker):
    client.force_login(admin)
    post(client, "add_holiday", day="26-01-2099", name="Republic Day", exchanges=["NSE", "BSE"])
    post(client, "add_holiday", day="14-04-2099", name="Local day", exchanges=["BSE"])
    assert coming_holidays() == {DAY: "Republic Day"}, "a day of one exchange is a working day"
    entry = Entry.objects.filter(action="holidays.kept").earliest("id")
    assert (entry.by, entry.after) == (
        admin,
        {"26-01-2099 NSE": "Republic Day", "26-01-2099 BSE": "Republic Day"},
    )
    client.force_login(maker)
    page = client.get(reverse("markets:holidays")).content.decode()
    assert "Republic Day" in page
    assert "Add a holiday" not in page
    assert post(client, "add_holiday", day="27-01-2099", name="X", exchanges=["NSE"]).status_code == 403
    client.force_login(admin)
    one = Holiday.objects.get(day=DAY, exchange="BSE")
    client.post(reverse("markets:remove_holiday", args=[one.pk]))
    client.post(reverse("markets:remove_holiday", args=[one.pk]))
    assert coming_holidays() == {}
    assert Entry.objects.get(action="holidays.removed").before == {
        "day": "26-01-2099",
        "name": "Republic Day",
    }


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"day": "29-02-2099"}, "29-02-2099 is not a valid date. Use DD-MM-YYYY."),
        ({"day": ""}, "Give the day as DD-MM-YYYY."),
        ({"name": " "}, "Give the name of the holiday."),
        ({"name": "<b>" + "x" * 98}, "at most 100"),
        ({"exchanges": []}, "Choose the exchanges that are closed."),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_saved(client, admin, data, words):
    client.force_login(admin)
    given = {"day": "26-01-2099", "name": "Republic Day", "exchanges": ["NSE"], **data}
    answer = post(client, "add_holiday", **given)
    assert (answer.status_code, words in flowed(answer.content.decode())) == (422, True)
    assert not Holiday.objects.exists()


def test_a_list_is_taken_from_csv_and_excel_as_the_exchanges_publish_it(client, admin):
    client.force_login(admin)
    csv = file(
        "Sr. No,Date,Day,Description", "1,26-Jan-2099,Monday,Republic Day", "2,04-03-2099,Wednesday,Holi"
    )
    answer = post(client, "upload_holidays", file=csv, whose=["NSE"])
    assert answer.status_code == 302, answer.content.decode()
    book, out = Workbook(), io.BytesIO()
    book.active.append(["Holidays", "Date", "Exchange"])
    book.active.append(["Republic Day", datetime(2099, 1, 26), "BSE"])
    book.active.append(["Diwali", datetime(2099, 11, 12), "NSE, BSE"])
    book.save(out)
    excel = SimpleUploadedFile("bse.xlsx", out.getvalue())
    assert post(client, "upload_holidays", file=excel).status_code == 302
    assert coming_holidays() == {DAY: "Republic Day", date(2099, 11, 12): "Diwali"}
    assert Holiday.objects.filter(name="Holi").get().exchange == "NSE"
    assert Entry.objects.filter(action="holidays.kept").latest("id").text == (
        "File bse.xlsx: 3 holidays, 3 new or changed."
    )


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("Date,Holiday", "31-02-2099,Holi"), "Row 2: 31-02-2099 is not a valid date. Use DD-MM-YYYY."),
        (("Date,Holiday", ",Holi"), "Row 2: An empty cell is not a valid date."),
        (("Date,Holiday", "26-01-2099,"), "Row 2: The name of the holiday is missing."),
        (("Date,Holiday", "26-01-2099," + "x" * 101), "Row 2: The text has 101 characters"),
        (("Date,Holiday,Exchange", "26-01-2099,Holi,MCX"), "Row 2: MCX is not an exchange of this list."),
        (("Date,Holiday", "26-01-2099,Holi", "31-02-2099,Holi"), "Row 3: 31-02-2099"),
        (("Day,Holiday", "Monday,Holi"), "The file needs a column Date and a column Holiday."),
        (("",), "The file is empty"),
        (("Date,Holiday", *(f"26-01-2099,Day {n}" for n in range(1001))), "more than 1000 rows"),
    ],
)
def test_a_file_that_cannot_be_is_refused_whole(admin, lines, words):
    text = "\n".join(lines).encode()
    with pytest.raises(HolidayProblem, match=words.replace(".", r"\.")):
        holidays.upload([text] if text else [], "holidays.csv", ["NSE"], by=admin)
    assert not Holiday.objects.exists()


def test_a_holiday_closes_sending_where_days_are_limited_and_what_waits_follows_the_list(
    admin, settings, monkeypatch
):
    noon = datetime.combine(timezone.localdate(), datetime.min.time(), INDIA) + timedelta(hours=12)
    monkeypatch.setattr(timezone, "now", lambda: noon)
    delivery = DeliveryFactory()
    holidays.add(noon.date(), "Founder’s Day", ["NSE", "BSE"], by=admin)
    assert SendingTimes().closed(noon) == "", "sending is open on all days unless the settings limit it"
    settings.SENDING_DAYS = frozenset(range(7))
    assert SendingTimes().closed(noon) == "holiday (Founder’s Day)"
    assert queue.claim() is None
    holidays.remove(Holiday.objects.get(exchange="NSE").pk, by=admin)
    assert queue.claim().delivery.pk == delivery.pk
