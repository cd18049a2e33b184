"""The pages of scrip masters: import by upload and by fetch, progress, the search, a scrip."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from markets import importing, operations
from markets.models import ScripImport, State
from tests.markets.files import SHARES, changed, v2

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def upload(client, content, exchange="NSE_EQ"):
    file = SimpleUploadedFile("NSE_EQ.json", content)
    return client.post("/markets/upload/", {"exchange": exchange, "file": file})


def test_an_administrator_uploads_a_master_and_everybody_finds_its_scrips(as_admin, maker):
    answer = upload(as_admin, v2())
    asked = ScripImport.objects.get()
    assert answer.url == asked.get_absolute_url()
    page = as_admin.get(answer.url).content.decode()
    assert "Reading the file" in page
    assert 'hx-trigger="every 1s"' in page
    importing.work_due()
    refreshed = as_admin.get(answer.url, headers={"HX-Request": "true", "HX-Target": "progress"})
    assert refreshed.headers["HX-Refresh"] == "true"
    assert "no earlier import" in as_admin.get(answer.url).content.decode()
    as_admin.force_login(maker)
    found = as_admin.get("/markets/scrips/", {"q": "peep"}).content.decode()
    assert "Peepal Textiles" in found
    assert "Peepal Textiles" in as_admin.get("/markets/scrips/", {"q": "peepal eq"}).content.decode()
    assert "Peepal Textiles" not in as_admin.get("/markets/scrips/", {"q": "peepal be"}).content.decode()
    scrip = as_admin.get("/markets/scrips/NSE_EQ/900001/").content.decode()
    assert SHARES[0][8] in scrip
    assert "₹\u00a00.05" in scrip


def test_the_search_on_top_finds_scrips_beside_everything_else(as_admin, maker):
    upload(as_admin, v2())
    importing.work_due()
    as_admin.force_login(maker)
    assert "PEEPAL EQ on NSE Equity" in as_admin.post("/search/", {"q": "peepal"}).content.decode()


def test_only_who_may_import_uploads_fetches_or_decides(client, maker, admin):
    client.force_login(maker)
    assert upload(client, v2()).status_code == 403
    assert client.post("/markets/fetch/", {"exchange": "NSE_EQ"}).status_code == 403
    assert "Import a file" not in client.get("/markets/").content.decode()
    held = operations.upload("NSE_EQ", "x", [v2()], by=admin)
    assert client.post(f"/markets/imports/{held.pk}/discard/", {"reason": "x"}).status_code == 403


def test_a_refused_file_says_why_on_its_page_and_on_the_overview(as_admin):
    upload(as_admin, b"<html>")
    importing.work_due()
    refused = ScripImport.objects.get()
    for address in (refused.get_absolute_url(), "/markets/"):
        assert "This is a web page and not a scrip master" in as_admin.get(address).content.decode()


def test_a_held_import_is_made_current_on_its_page_for_a_reason(as_admin):
    rows = [changed(SHARES[0], nToken=100 + number, sSymbol=f"SYM{number}") for number in range(10)]
    for content in (v2(rows), v2(rows[:3])):
        upload(as_admin, content)
        importing.work_due()
    held = ScripImport.objects.first()
    page = as_admin.get(held.get_absolute_url()).content.decode()
    assert "7 scrips would be gone" in page
    as_admin.post(f"/markets/imports/{held.pk}/accept/", {"reason": ""})
    held.refresh_from_db()
    assert held.state == State.HELD
    as_admin.post(f"/markets/imports/{held.pk}/accept/", {"reason": "A series ended"})
    held.refresh_from_db()
    assert held.state == State.CURRENT


def test_a_fetch_without_an_address_says_what_to_do(as_admin):
    answer = as_admin.post("/markets/fetch/", {"exchange": "NSE_EQ"}, follow=True)
    assert "Upload the file instead" in answer.content.decode()


@pytest.mark.parametrize("exchange", ["", "NSE_OTS", "NYSE", "../x", "\x00"])
def test_an_exchange_that_publishes_nothing_is_refused(as_admin, exchange):
    upload(as_admin, v2(), exchange)
    as_admin.post("/markets/fetch/", {"exchange": exchange})
    assert not ScripImport.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["/markets/scrips/NSE_EQ/5/", "/markets/scrips/NSE_EQ/999999999999/", "/markets/imports/99999999/"],
)
def test_what_is_not_there_is_a_page_that_says_so(as_admin, address):
    assert as_admin.get(address).status_code == 404


def test_a_scrip_whose_name_holds_markup_shows_it_as_text(as_admin):
    upload(as_admin, v2([changed(SHARES[0], sSecurityDesc="<script>alert(1)</script>")]))
    importing.work_due()
    for address in ("/markets/scrips/?q=PEEPAL", reverse("markets:scrip", args=["NSE_EQ", 900001])):
        page = as_admin.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_the_pages_need_a_number_of_queries_that_does_not_grow(as_admin, django_assert_max_num_queries):
    upload(as_admin, v2())
    importing.work_due()
    with django_assert_max_num_queries(14):
        as_admin.get("/markets/")
    with django_assert_max_num_queries(14):
        as_admin.get("/markets/scrips/?q=PE")


def test_a_failed_fetch_keeps_the_old_master_and_says_so_wherever_a_look_up_is_shown(
    as_admin, maker, settings
):
    upload(as_admin, v2())
    importing.work_due()
    scrip = reverse("markets:scrip", args=["NSE_EQ", 900001])
    pages = ("/markets/scrips/?q=PEEPAL", scrip)
    for address in pages:
        page = as_admin.get(address).content.decode()
        assert "NSE Equity as of " in page
        assert "failed" not in page
    settings.SCRIP_MASTER_URL = "http://127.0.0.1:9/v2"
    as_admin.post("/markets/fetch/", {"exchange": "NSE_EQ"})
    importing.work_due()
    assert ScripImport.objects.first().state == State.REFUSED
    overview = as_admin.get("/markets/").content.decode()
    assert "Out of date" in overview
    assert "Nothing answered" in overview
    as_admin.force_login(maker)
    for address in pages:
        page = as_admin.get(address).content.decode()
        assert "Peepal Textiles" in page
        assert "Check these scrips: NSE Equity as of " in page
        assert "failed" in page
    assert "failed" in as_admin.post("/search/", {"q": "peepal"}).content.decode()


def test_the_next_good_import_ends_the_warning(as_admin):
    for content in (v2(), b"<html>", v2()):
        upload(as_admin, content)
        importing.work_due()
    assert "failed" not in as_admin.get("/markets/scrips/?q=PEEPAL").content.decode()


def test_a_search_that_finds_nothing_says_as_of_when_too(as_admin):
    upload(as_admin, v2())
    importing.work_due()
    assert "NSE Equity as of " in as_admin.get("/markets/scrips/?q=NOTHING").content.decode()


def test_repeated_tokens_are_counted_on_the_page_and_some_named(as_admin):
    upload(as_admin, v2([*SHARES, *[SHARES[0]] * 60]))
    importing.work_due()
    page = as_admin.get(ScripImport.objects.get().get_absolute_url()).content.decode()
    assert "60 rows with a token that the file has already" in page
    assert "Some of them:" in page
    assert "900001 PEEPAL" in page
