"""The basket desk's pages: a basket from its first line to its publication, typed and uploaded."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from backoffice.changes import operations as changes
from backoffice.changes.models import Change
from backoffice.kit.formats import INDIA, price
from markets.models import Scrip
from partners import baskets
from partners.models import Basket, BasketVersion
from partners.models.baskets import Stage
from tests.partners.conftest import LINES, line

pytestmark = pytest.mark.django_db

ABOUT = {
    "risk_text": "Shares can fall.",
    "prices_as_of": "01-01-2026 10:00",
    "valid_until": "31-12-2098 15:30",
}


@pytest.fixture
def as_maker(client, maker):
    client.force_login(maker)
    return client


def grid(*lines, **more):
    """What the grid sends: each line a mapping of its cells."""
    sent = {**ABOUT, "press": "save", **more}
    for place, cells in enumerate(lines):
        plain = {"side": "BUY", "order_type": "RL", "validity": "DAY", **cells}
        sent |= {f"lines-{place}-{name}": text for name, text in plain.items()}
    return sent


@pytest.fixture
def basket(partner, as_maker):
    answer = as_maker.post("/partners/baskets/new/", {"product": "desk/GROWTH", "name": "Growth five"})
    made = Basket.objects.get()
    assert answer.url == f"/partners/baskets/{made.pk}/versions/new/"
    return made


def new_version(client, basket, *lines, **more):
    return client.post(f"/partners/baskets/{basket.pk}/versions/new/", grid(*lines, **more))


@pytest.mark.parametrize(
    ("now", "closes"),
    [
        (datetime(2026, 12, 4, 15, 29, tzinfo=INDIA), "04-12-2026 15:30"),
        (datetime(2026, 12, 3, 15, 30, tzinfo=INDIA), "04-12-2026 15:30"),
        (datetime(2026, 12, 4, 15, 30, tzinfo=INDIA), "07-12-2026 15:30"),
        (datetime(2026, 12, 5, 0, 0, tzinfo=INDIA), "07-12-2026 15:30"),
    ],
)
def test_a_new_version_is_valid_until_the_market_closes_next(
    basket, as_maker, maker, monkeypatch, now, closes
):
    monkeypatch.setattr(timezone, "now", lambda: now)
    as_maker.force_login(maker)  # the session of before has expired by then
    page = as_maker.get(f"/partners/baskets/{basket.pk}/versions/new/")
    assert f'value="{closes}"' in page.content.decode()


def test_a_basket_is_typed_submitted_and_published_by_a_checker(basket, scrips, as_maker, checker):
    answer = new_version(
        as_maker,
        basket,
        {"scrip": "PEEPAL EQ NSE_EQ 900001", "quantity": "10", "price": "1,101.50"},
        {"scrip": "banyan", "quantity": "5", "order_type": "RL-MKT"},
    )
    version = BasketVersion.objects.get()
    assert answer.url == f"/partners/versions/{version.pk}/"
    assert [(row.token, str(row.price)) for row in version.lines.all()] == [
        (900001, "1101.5000"),
        (900002, "0.0000"),
    ]
    as_maker.post(f"/partners/versions/{version.pk}/submit/", {"reason": "For clients"})
    assert as_maker.post(f"/partners/versions/{version.pk}/submit/", {"reason": "Again"}).status_code == 302
    change = Change.objects.get(kind="connector_basket")
    assert "another person must approve" in as_maker.get(answer.url).content.decode()
    as_maker.force_login(checker)
    page = as_maker.get(answer.url).content.decode()
    assert "1,101.50" in page
    assert "11,015.00" in page
    assert "Shares can fall." in page
    assert f'name="content_hash" value="{change.content_hash}"' in page
    as_maker.post(f"/changes/{change.pk}/approve/", {"content_hash": change.content_hash})
    version.refresh_from_db()
    assert version.state == Stage.PUBLISHED
    assert version.reco_id in as_maker.get(answer.url).content.decode()


def test_the_list_is_filtered_by_every_state_that_it_shows(basket, scrips, as_maker, maker, checker):
    line = {"scrip": "PEEPAL EQ NSE_EQ 900001", "quantity": "10", "price": "1101.5"}
    version = BasketVersion.objects.get(pk=new_version(as_maker, basket, line).url.split("/")[-2])

    def states():
        """The states by which the list finds the basket."""
        return [
            one for one in Stage if as_maker.get("/partners/baskets/", {"state": one}).context["table"].rows
        ]

    assert states() == [Stage.DRAFT]
    as_maker.post(f"/partners/versions/{version.pk}/submit/", {"reason": "For clients"})
    assert states() == [Stage.SUBMITTED]
    changes.reject(Change.objects.get(kind="connector_basket").pk, by=checker, reason="Too risky")
    assert states() == [Stage.REJECTED]


def test_what_cannot_be_read_or_is_found_wrong_stands_at_its_line_and_field(basket, scrips, as_maker):
    page = new_version(
        as_maker,
        basket,
        {"scrip": "NEEM", "quantity": "ten", "price": "1"},
        {"scrip": "PEEPAL", "quantity": "1", "price": "1.00001"},
        {"scrip": "NEEM", "quantity": "1", "price": "-1"},
    ).content.decode()
    assert "Line 1, quantity: ten is not a whole number" in page
    assert 'href="#id_lines-0-quantity"' in page
    assert "2 scrips fit PEEPAL" in page
    assert "1.00001 is not a price in rupees" in page
    assert "-1 is below 0" in page
    assert not BasketVersion.objects.exists()


def test_empty_lines_stay_after_an_error_below_those_that_are_filled(basket, scrips, as_maker):
    filled = {"scrip": "PEEPAL EQ NSE_EQ 900001", "quantity": "ten", "price": "1"}
    empty = {"scrip": ""}
    answer = new_version(as_maker, basket, empty, empty, filled, empty, empty, empty)
    shown = [row["cells"][0]["text"] for row in answer.context["rows"]]
    assert shown == ["PEEPAL EQ NSE_EQ 900001", "", "", "", "", ""]
    page = answer.content.decode()
    assert "Line 1, quantity: ten is not a whole number" in page
    assert 'name="lines-0-quantity" value="ten"' in page


def test_the_summary_of_errors_names_the_fields_below_the_lines(basket, scrips, as_maker):
    line = {"scrip": "NEEM EQ NSE_EQ 900005", "quantity": "1", "price": "1"}
    page = new_version(as_maker, basket, line, risk_text="", valid_until="soon").content.decode()
    assert "Risk text: This field is required." in page
    assert "Valid until: This is not a time." in page


def test_a_version_with_findings_is_kept_but_cannot_be_submitted(basket, scrips, as_maker):
    answer = new_version(as_maker, basket, {"scrip": "NEEM", "quantity": "10", "price": "10.01"})
    page = as_maker.get(answer.url).content.decode()
    assert "Line 1: " in page
    as_maker.post(f"{answer.url}submit/", {"reason": "Try"})
    assert not Change.objects.filter(kind="connector_basket").exists()


def test_lines_come_from_a_file_made_by_the_template(basket, scrips, as_maker):
    template = b"".join(as_maker.get("/partners/baskets/template.csv").streaming_content)
    file = SimpleUploadedFile("lines.csv", template)
    page = new_version(as_maker, basket, press="upload", file=file).content.decode()
    assert "1 line read from the file" in page
    assert 'value="PEEPAL NSE_EQ 900001"' in page
    assert not BasketVersion.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "not CSV in UTF-8"),
        (b"a,b\r\n1,2\r\n", "no column named scrip"),
        (b"scrip\r\n" + b"NEEM\r\n" * 51, "at most 50"),
        (b"scrip\r\n" + b"N" * 70_000, "larger than 64 KiB"),
        (b"scrip,side\r\nNEEM,Hold\r\n", "Hold is not one of: Buy, Sell"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(basket, scrips, as_maker, content, words):
    file = SimpleUploadedFile("lines.csv", content)
    assert words in new_version(as_maker, basket, press="upload", file=file).content.decode()


def test_two_versions_show_what_differs(make_version, publish, as_maker):
    first = publish(make_version())
    second = make_version([line(quantity=25), LINES[1]], basket=first.basket)
    page = as_maker.get(f"/partners/versions/{second.pk}/").content.decode()
    assert "Differences from version 1" in page
    assert "Buy 25" in page
    assert "removed" in page
    assert "BANYAN</th>" not in page.split("Differences from version 1")[1]


def test_a_new_version_starts_with_the_lines_before(published, as_maker):
    page = as_maker.get(f"/partners/baskets/{published.basket_id}/versions/new/").content.decode()
    assert 'value="PEEPAL EQ NSE_EQ 900001"' in page
    assert published.risk_text in page


def test_a_published_version_cannot_be_edited_and_is_withdrawn_with_a_reason(published, as_maker):
    path = f"/partners/versions/{published.pk}/"
    assert as_maker.post(f"{path}edit/", grid()).url == path
    as_maker.post(f"{path}withdraw/", {"reason": ""})
    published.refresh_from_db()
    assert published.state == Stage.PUBLISHED
    as_maker.post(f"{path}withdraw/", {"reason": "A mistake"})
    published.refresh_from_db()
    assert published.state == Stage.WITHDRAWN


def test_the_picker_finds_by_symbol_and_token(scrips, as_maker):
    def found(text):
        return [
            one["text"] for one in as_maker.get("/partners/baskets/scrips/", {"q": text}).json()["scrips"]
        ]

    Scrip.objects.filter(token=900002).update(expiry=date(2026, 12, 31), strike=120_050, option_type="CE")
    words = as_maker.get("/partners/baskets/scrips/", {"q": "banyan"}).json()["scrips"][0]["words"]
    assert words.startswith("NSE Equity 31-12-2026 1200.5 CE")
    assert found("neem eq") == ["NEEM EQ NSE_EQ 900003"]
    assert found("peep") == ["PEEPAL EQ BSE_EQ 500001", "PEEPAL EQ NSE_EQ 900001"]
    assert found("900003") == ["NEEM EQ NSE_EQ 900003"]


def test_the_picker_says_the_isin_without_which_a_browser_would_not_offer_what_was_found_by_it(
    scrips, as_maker
):
    isin = "INE009A01021"
    Scrip.objects.filter(token=900003).update(isin=isin)
    (found,) = as_maker.get("/partners/baskets/scrips/", {"q": isin}).json()["scrips"]
    assert isin in found["words"]


def test_only_makers_make_baskets_and_nobody_while_the_connector_is_off(
    partner, client, checker, maker, settings
):
    client.force_login(checker)
    assert client.get("/partners/baskets/new/").status_code == 403
    assert "/partners/" in client.get("/").content.decode()
    settings.CONNECTOR = False
    client.force_login(maker)
    assert client.get("/partners/baskets/new/").status_code == 404
    assert client.get("/partners/").status_code == 404
    assert 'href="/partners/"' not in client.get("/").content.decode()


def test_the_list_costs_the_same_however_many_there_are(
    make_version, partner, as_maker, maker, django_assert_num_queries
):
    make_version()
    as_maker.get("/partners/baskets/")
    with django_assert_num_queries(13):
        as_maker.get("/partners/baskets/")
    for number in range(5):
        make_version(basket=baskets.make(partner, f"Basket {number}", "GROWTH", by=maker))
    with django_assert_num_queries(13):
        page = as_maker.get("/partners/baskets/").content.decode()
    assert "Basket 4" in page


@pytest.mark.parametrize(
    ("amount", "words"), [("1101.5000", "1,101.50"), ("83.1225", "83.1225"), ("0", "0.00")]
)
def test_a_price_is_never_shown_rounded(amount, words):
    assert price(Decimal(amount)) == words
