"""An order book of 20,000 rows, read whole from a server over HTTP and shown as the order desk shows it.

    python benchmarks/order_book.py [--rows 20000]

The page is rendered through its template, 200 rows of it, once for the first page and once for the last. Beside it: the
whole book kept as rows, as `client.order_book` gives it to who asks for all. Memory is the most that the process has
over what it had before, each way in a process of its own; the server is another.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

WAYS = ("desk", "whole")


def row(number: int) -> dict[str, object]:
    """A row with all that a book has."""
    return {
        "order_id": f"NWSYF{number:05d}>3",
        "exchange": "NSE_EQ",
        "scrip_token": str(900001 + number % 500),
        "exchange_order_no": f"11000000{number:08d}",
        "status": "PENDING" if number % 3 else "EXECUTED",
        "error_reason": "",
        "transaction_type": "BUY" if number % 2 else "SELL",
        "product_type": "INTRADAY",
        "order_type": "RL",
        "total_quantity": 100,
        "pending_quantity": 60,
        "traded_quantity": 40,
        "disclosed_quantity": 0,
        "order_price": "101.55",
        "trigger_price": "0",
        "validity": "DAY",
        "validity_days": 0,
        "symbol": f"SYMBOL{number % 500}",
        "series": "EQ",
        "instrument": "EQUITIES",
        "expiry_date": "",
        "strike_price": 0,
        "option_type": "",
        "market_lot": 1,
        "order_timestamp": "2026-07-01 10:15:00",
        "exchange_timestamp": "2026-07-01 10:15:01",
        "order_identifier": f"{number:08X}",
        "is_amo_order": False,
        "initiated_by": "DEMO1",
        "modified_by": "",
        "client_id": "DEMO1",
    }


def serve(rows: int) -> None:
    """A book of so many rows, page by page, until it is killed."""

    class Book(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            page, size = int(query["offset"][0]), int(query["limit"][0])
            data = [row(number) for number in range((page - 1) * size, min(page * size, rows))]
            envelope = {"status": "success", "data": data, "metadata": {"total_records": rows}}
            body = json.dumps(envelope).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Book)
    print(server.server_port, flush=True)
    server.serve_forever()


def measure(way: str, base: str, rows: int) -> None:
    """Read and show the book one way; print seconds and megabytes."""
    os.environ |= {"REST_BASE_URL": base, "REST_API_KEY": "k" * 16, "ORDER_DESK": "on", "LOG_LEVEL": "ERROR"}
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import logging

    import django

    django.setup()
    logging.disable(logging.CRITICAL)
    from datetime import timedelta
    from types import SimpleNamespace

    from django.template.loader import render_to_string
    from django.utils import timezone

    from backoffice.protocol.secret import SecretText
    from backoffice.rest import client
    from backoffice.rest.api.answers import LoginRow
    from backoffice.rest.api.session import Session
    from benchmarks.shared import Memory
    from trading.desk.books import _Window

    session = Session(SecretText("t" * 16), "DEMO1", timezone.now() + timedelta(hours=1), LoginRow({}))
    render_to_string("trading/desk/_book_orders.html", {"rows": []})  # loaded before memory is looked at
    memory, started = Memory(), time.perf_counter()
    with memory:
        if way == "whole":
            book = client.order_book(session)
            assert len(book.rows) == rows
        else:
            last = -(-rows // 200)
            for page in (1, last):
                window = _Window(page, "", only_open=False, look=lambda one: None)
                book = client.order_book(session, window.keep)
                assert (book.read, book.complete, window.matching) == (rows, True, rows)
                lines = [SimpleNamespace(row=one, status="Pending", own=None) for one in book.rows]
                text = render_to_string("trading/desk/_book_orders.html", {"rows": lines})
                assert text.count("<tr>") == len(lines) + 1
    took = (time.perf_counter() - started) / (1 if way == "whole" else 2)
    print(f"{way}: {rows:,} rows in {took:.1f} s a reading, {memory.over:.0f} MB over what there was")


def main() -> None:
    """Each way in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--base", default="")
    options = parser.parse_args()
    if options.serve:
        return serve(options.rows)
    if options.way:
        return measure(options.way, options.base, options.rows)
    here = [sys.executable, __file__, "--rows", str(options.rows)]
    with subprocess.Popen([*here, "--serve"], stdout=subprocess.PIPE, text=True) as server:
        try:
            port = int(server.stdout.readline()) if server.stdout else 0
            for way in WAYS:
                subprocess.run(
                    [*here, "--way", way, "--base", f"http://127.0.0.1:{port}/interactive"], check=True
                )
        finally:
            server.kill()


if __name__ == "__main__":
    main()
