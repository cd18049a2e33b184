"""An import is whole or not at all, is made current at once, and says how it differs (R34, R35)."""

import io
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from backoffice import leases
from backoffice.audit.models import Entry
from backoffice.files import Limit
from markets import importing, operations, search
from markets.models import Holiday, Scrip, ScripImport, State
from tests.markets.files import CONTRACT, SHARES, changed, v1, v2

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def imported(content=None, exchange="NSE_EQ"):
    asked = operations.upload(exchange, "NSE_EQ.json", [v2() if content is None else content], by=None)
    importing.work_due()
    asked.refresh_from_db()
    return asked


def current():
    return {name: one.current for name, one in search.masters().items()}


def many(count):
    return [changed(SHARES[0], nToken=100 + number, sSymbol=f"SYM{number:04}") for number in range(count)]


def test_the_first_import_is_current_with_all_that_the_file_says():
    done = imported()
    assert (done.state, done.rows, done.added, done.gone, done.changed) == (State.CURRENT, 3, 3, 0, 0)
    scrip = Scrip.objects.get(token=900001)
    assert (scrip.symbol, scrip.exchange, scrip.lot, scrip.tick) == ("PEEPAL", "NSE_EQ", 1, 5)
    assert [entry.action for entry in Entry.objects.order_by("id")] == ["scrips.asked", "scrips.imported"]
    assert not importing.FILES.path_of(done.path).exists()


def test_the_next_import_replaces_it_and_says_what_is_added_gone_and_changed():
    first = imported()
    second = imported(
        v2([changed(SHARES[0], sSecurityDesc="Peepal Mills"), SHARES[1], changed(SHARES[2], nToken=5)])
    )
    first.refresh_from_db()
    assert (first.state, second.state) == (State.REPLACED, State.CURRENT)
    assert (second.added, second.gone, second.changed, second.compared_with) == (1, 1, 1, first)
    assert [one.token for one in search.find("NIFTY", search.masters())] == [5]


@pytest.mark.parametrize(
    "content", [b"<html>", v2()[:-30], v2([*SHARES, changed(SHARES[0], nMarketSegmentId=2)])]
)
def test_a_file_that_cannot_be_read_changes_nothing(content):
    first = imported()
    refused = imported(content)
    assert refused.state == State.REFUSED
    assert refused.problem
    assert current() == {"NSE_EQ": first}
    assert set(Scrip.objects.values_list("scrip_import", flat=True)) == {first.pk}
    assert Entry.objects.filter(action="scrips.refused").count() == 1


def test_an_import_that_lost_many_scrips_waits_for_a_person(admin, maker):
    first = imported(v2(many(100)))
    held = imported(v2(many(69)))
    assert (held.state, held.gone) == (State.HELD, 31)
    assert current() == {"NSE_EQ": first}
    with pytest.raises(operations.ImportProblem, match="under way"):
        imported(v2(many(100)))
    with pytest.raises(PermissionError):
        operations.accept(held, by=maker, reason="Right")
    with pytest.raises(operations.ImportProblem, match="reason"):
        operations.accept(held, by=admin, reason=" ")
    operations.accept(held, by=admin, reason="The exchange dropped a series")
    held.refresh_from_db()
    assert (held.state, held.decided_by) == (State.CURRENT, admin)
    assert current() == {"NSE_EQ": held}
    with pytest.raises(operations.ImportProblem, match="already"):
        operations.accept(held, by=admin, reason="Again")


def test_seventy_of_a_hundred_are_enough():
    imported(v2(many(100)))
    assert imported(v2(many(70))).state == State.CURRENT


def test_a_held_import_can_be_discarded(admin):
    imported(v2(many(100)))
    held = imported(v2(many(5)))
    operations.discard(held, by=admin, reason="Half a file")
    held.refresh_from_db()
    assert held.state == State.DISCARDED
    assert not Scrip.objects.filter(scrip_import=held).exists()
    assert imported(v2(many(100))).state == State.CURRENT


def test_a_token_twice_for_one_scrip_is_noted_and_the_first_counts():
    done = imported(v2([*SHARES, changed(SHARES[0], sSecurityDesc="Second")]))
    assert (done.state, done.rows, done.repeated) == (State.CURRENT, 3, [[900001, "PEEPAL"]])
    assert Scrip.objects.get(token=900001).description == "Peepal Textiles"


def test_all_repeated_tokens_are_counted_and_some_are_named():
    done = imported(v2([*many(1_200), *many(1_200), SHARES[0], *[SHARES[0]] * 3]))
    assert (done.state, done.rows, done.repeated_count) == (State.CURRENT, 1_201, 1_203)
    assert done.repeated == [[100 + number, f"SYM{number:04}"] for number in range(importing.LISTED)]
    assert Scrip.objects.count() == 1_201


def test_a_token_for_two_scrips_is_seen_behind_many_repeated_ones():
    done = imported(v2([*many(1_200), *many(1_200), SHARES[0], changed(SHARES[1], nToken=900001)]))
    assert done.state == State.REFUSED


def test_a_token_for_two_scrips_refuses_the_whole_file():
    done = imported(v2([*SHARES, changed(SHARES[1], nToken=900001)]))
    assert done.state == State.REFUSED
    assert "PEEPAL EQ and for BANYAN EQ" in done.problem
    assert not Scrip.objects.exists()


def test_faulty_isins_are_listed():
    done = imported(v2([changed(SHARES[0], sISINCode="INE000A01010"), SHARES[1]]))
    assert (done.bad_isin_count, done.bad_isins) == (1, [[900001, "PEEPAL", "INE000A01010"]])


def test_the_last_five_imports_keep_their_scrips():
    done = [imported(v2(many(10))) for _ in range(7)]
    assert set(Scrip.objects.values_list("scrip_import", flat=True)) == {one.pk for one in done[2:]}
    assert ScripImport.objects.count() == 7


def test_a_worker_that_died_leaves_an_import_that_the_next_one_begins_again(monkeypatch):
    rows = [*many(29), changed(SHARES[1], sISINCode="INE000A01010")]
    asked = operations.upload("NSE_EQ", "NSE_EQ.json", [v2(rows)], by=None)
    monkeypatch.setattr(importing, "SLICE", 10)

    class Killed(BaseException):
        pass

    with monkeypatch.context() as patch:
        patch.setattr(importing, "_drop_repeated", lambda scrips: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            importing.work_due()
    assert Scrip.objects.count() == 30
    assert current() == {}, "nobody sees an import that is not whole"
    assert importing.work_due() == 0, "its lease is still held"
    ScripImport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    importing.work_due()
    asked.refresh_from_db()
    assert (asked.state, asked.rows, Scrip.objects.count()) == (State.CURRENT, 30, 30)
    assert (asked.bad_isin_count, len(asked.bad_isins)) == (1, 1)


def test_an_import_at_which_every_worker_dies_ends_and_says_so(monkeypatch):
    """Otherwise it would cost a worker each half minute, and no other master of the exchange could be imported."""
    asked = operations.upload("NSE_EQ", "NSE_EQ.json", [v2(many(30))], by=None)

    class Killed(BaseException):
        pass

    with monkeypatch.context() as patch:
        patch.setattr(importing, "_drop_repeated", lambda scrips: (_ for _ in ()).throw(Killed))
        for _ in range(leases.MOST_FAILURES):
            with pytest.raises(Killed):
                importing.work_due()
            ScripImport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert importing.work_due() == 1
    asked.refresh_from_db()
    assert (asked.state, asked.lease_token, Scrip.objects.count()) == (State.REFUSED, None, 0)
    assert "3 workers in a row crashed" in asked.problem
    assert Entry.objects.filter(action="scrips.refused").count() == 1
    assert importing.work_due() == 0
    assert imported(v2(many(30))).state == State.CURRENT


def test_who_lost_the_lease_makes_nothing_current(monkeypatch):
    asked = operations.upload("NSE_EQ", "NSE_EQ.json", [v2()], by=None)
    drop = importing._drop_repeated

    def taken_over(scrips):
        ScripImport.objects.update(lease_token=None)
        return drop(scrips)

    monkeypatch.setattr(importing, "_drop_repeated", taken_over)
    importing.work_due()
    asked.refresh_from_db()
    assert asked.state == State.READING


def test_128_mib_are_read_and_refused_and_a_byte_more_is_not_kept(tmp_path):
    block = b"[" + b" " * (operations.LIMIT.most // 128 - 1)
    asked = operations.upload("NSE_EQ", "NSE_EQ.json", [block] * 128, by=None)
    importing.work_due()
    asked.refresh_from_db()
    assert (asked.state, asked.size) == (State.REFUSED, 128 * 1024 * 1024)
    assert "longer or deeper" in asked.problem
    with pytest.raises(operations.ImportProblem, match="larger than 128 MiB"):
        operations.upload("NSE_EQ", "NSE_EQ.json", [*[block] * 128, b"]"], by=None)
    assert not list((tmp_path / "scrips").glob("*"))


def test_a_file_that_is_too_large_is_not_kept(monkeypatch):
    monkeypatch.setattr(operations, "LIMIT", Limit(100, "The file is larger than that."))
    with pytest.raises(operations.ImportProblem, match="larger than"):
        operations.upload("NSE_EQ", "NSE_EQ.json", [b"x" * 60, b"x" * 60], by=None)
    assert not ScripImport.objects.exists()
    assert not list(importing.FILES.path_of("").glob("*"))


class TestSearch:
    @pytest.fixture(autouse=True)
    def _masters(self):
        imported()
        bse = [changed(row, nMarketSegmentId=8, nToken=row[1] - 100_000, sSeries="A") for row in SHARES[:2]]
        imported(v2(bse), "BSE_EQ")
        imported(v2([CONTRACT]), "NSE_FO")

    def found(self, text):
        return [(one.exchange, one.token) for one in search.find(text, search.masters())]

    def test_by_symbol_shares_come_before_contracts(self):
        everywhere = [("BSE_EQ", 800001), ("NSE_EQ", 900001), ("NSE_FO", 35001)]
        assert self.found("peepal") == self.found("PE") == everywhere

    def test_by_isin_and_by_token(self):
        assert self.found(SHARES[0][8].lower()) == [("BSE_EQ", 800001), ("NSE_EQ", 900001)]
        assert self.found("35001") == [("NSE_FO", 35001)]

    @pytest.mark.parametrize(
        "text", ["P", "", " ", "%", "_EEPAL", "P%L", "9" * 40, "१२३", "PEEPAL'--", "\x00PE"]
    )
    def test_what_fits_nothing_finds_nothing(self, text):
        assert self.found(text) == []

    def test_a_test_symbol_and_a_deleted_scrip_are_not_offered(self):
        imported(
            v2([changed(SHARES[0], sSymbol="011NSETEST"), changed(SHARES[1], cDeleteFlag="Y"), SHARES[2]])
        )
        assert self.found("011NSETEST") == []
        assert ("NSE_EQ", 900002) not in self.found("BANYAN")

    def test_a_security_has_its_listings_on_all_exchanges(self):
        own = search.listings(SHARES[0][8], search.masters())
        assert [one.exchange for one in own] == ["BSE_EQ", "NSE_EQ"]


@pytest.mark.parametrize(
    ("since", "now", "stale"),
    [
        ("2026-12-24T08:00", "2026-12-28T06:00", False),
        ("2026-12-23T08:00", "2026-12-28T06:00", True),  # Christmas is no trading day
        ("2026-11-27T08:00", "2026-11-27T18:00", False),
        ("2026-11-27T08:00", "2026-11-30T06:00", False),  # Friday's on Monday morning
        ("2026-11-26T08:00", "2026-11-30T06:00", True),
        ("2026-11-25T08:00", "2026-11-27T06:00", True),
    ],
)
@pytest.mark.django_db
def test_a_master_is_stale_when_it_is_older_than_one_trading_day(monkeypatch, since, now, stale):
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    Holiday.objects.bulk_create(
        Holiday(day=date(2026, 12, 25), exchange=exchange, name="Christmas") for exchange in ("NSE", "BSE")
    )
    Holiday.objects.create(day=date(2026, 11, 27), exchange="BSE", name="Of one exchange")
    kolkata = ZoneInfo("Asia/Kolkata")
    own = ScripImport(exchange="NSE_EQ", current_since=datetime.fromisoformat(since).replace(tzinfo=kolkata))
    monkeypatch.setattr(timezone, "now", lambda: datetime.fromisoformat(now).replace(tzinfo=kolkata))
    assert search.AsOf(own).stale is stale
    assert ("older than one trading day" in search.AsOf(own).trouble) is stale


class Store(BaseHTTPRequestHandler):
    """Answers each path as the test says."""

    answers: dict = {}

    def do_GET(self):
        status, headers, body = self.answers.get(self.path, (403, {}, b"<Error/>"))
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def store(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.SCRIP_MASTER_URL = f"http://127.0.0.1:{server.server_port}/v2"
    Store.answers = {}
    yield Store.answers
    server.shutdown()
    server.server_close()


def fetched():
    asked = operations.ask_fetch("NSE_EQ", by=None)
    importing.work_due()
    asked.refresh_from_db()
    return asked


def test_a_master_is_fetched_and_imported(store):
    store["/v2/NSE_EQ.json"] = (200, {"Content-Type": "application/octet-stream"}, v2())
    done = fetched()
    assert (done.state, done.rows, done.source.endswith("/v2/NSE_EQ.json")) == (State.CURRENT, 3, True)
    assert len(done.sha256) == 64


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "has no such file (status 403)"),
        ((404, {}, b""), "has no such file (status 404)"),
        ((302, {"Location": "https://elsewhere.example/"}, b""), "points elsewhere"),
        ((500, {}, b""), "answered with status 500"),
        ((200, {"Content-Length": "1000"}, b"[["), "broke off"),
        ((200, {"Content-Encoding": "gzip"}, b"no gzip at all"), "broke off"),
        ((200, {}, b"<html>maintenance</html>"), "web page"),
    ],
)
def test_a_fetch_that_fails_leaves_the_old_master_current_and_says_why(store, answer, words):
    first = imported()
    if answer:
        store["/v2/NSE_EQ.json"] = answer
    failed = fetched()
    assert failed.state == State.REFUSED
    assert words in failed.problem
    assert current() == {"NSE_EQ": first}


@pytest.mark.parametrize(("hour", "asked"), [(7, 0), (8, 11), (23, 11)])
def test_each_morning_every_master_is_asked_for_once(settings, monkeypatch, hour, asked):
    settings.SCRIP_MASTER_URL = "http://127.0.0.1:9/v2"
    now = timezone.localtime().replace(hour=hour, minute=0)
    monkeypatch.setattr(timezone, "now", lambda: now)
    assert operations.ask_due_fetches() == asked
    ScripImport.objects.update(state=State.REFUSED, created_at=now)
    assert operations.ask_due_fetches() == 0, "beat may start again and ask as often as it likes"


def test_a_store_that_is_away_is_said_in_words(settings):
    settings.SCRIP_MASTER_URL = "http://127.0.0.1:9/v2"
    assert "Nothing answered" in fetched().problem


def test_the_command_imports_a_file_and_says_what_came_of_it(tmp_path):
    file = tmp_path / "NSE_EQ.json"
    file.write_bytes(v1())
    out = io.StringIO()
    call_command("scrip_import", "NSE_EQ", str(file), stdout=out)
    assert "1 scrips, 1 added" in out.getvalue()
    file.write_bytes(b"<html>")
    with pytest.raises(CommandError, match="web page"):
        call_command("scrip_import", "NSE_EQ", str(file), stdout=out)
