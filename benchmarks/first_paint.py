"""First paint, layout shift and bytes of the main pages of the demonstration that runs, beside a static page.

Each round asks for every page in a warm browser, with the static page between them: a document of the portal's own size
with the portal's stylesheet, served from memory. Read the ratio to it; the milliseconds are this machine's.

Run: `make run` in one terminal, then `python benchmarks/first_paint.py --port 8000`. The demonstration's staff get new
passwords. Ends with 1 where a page shifts or its HTML is not compressed.
"""

import argparse
import sys
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Page

from tools.browser import chromium, log_in, new_passwords

#: Person -> pages. A page after ">" is that of the first row of the list before it.
PAGES = {
    "maker": (
        "/",
        "/users/new/",
        "/users/HO/TRY001/change/update_retail_user/",
        "/changes/mine/",
        "/batches/",
        "/batches/>",
    ),
    "checker": (
        *(
            "/",
            "/users/",
            "/users/HO/TRY001/",
            "/users/HO/TRY001/?tab=history",
            "/changes/",
            "/changes/inbox/",
        ),
        *("/changes/>", "/deliveries/", "/deliveries/?state=unknown>", "/deliveries/queue/", "/limits/"),
    ),
    "compliance": ("/audit/", "/audit/numbers/", "/reports/"),
}
#: A page must not shift by more. On a busy machine columns move a little while the table still arrives.
MOST_SHIFT = 0.1
MEASURE = """() => {
    const page = performance.getEntriesByType("navigation")[0];
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    return {
        paint: paint ? paint.startTime : null,
        first_byte: page.responseStart,
        sent: page.encodedBodySize,
        whole: page.decodedBodySize,
        shift: window.shifted,
    };
}"""
WATCH = """window.shifted = 0;
new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
}).observe({ type: "layout-shift", buffered: true });"""
#: How long after its load a page is watched, in milliseconds: content that htmx swaps in may move it.
SETTLED = 400


@dataclass
class Measured:
    """What the rounds found of a page: milliseconds to the first byte and paint, shift, bytes sent and whole."""

    paints: list[float] = field(default_factory=list)
    first_bytes: list[float] = field(default_factory=list)
    shift: float = 0.0
    sent: int = 0
    whole: int = 0

    def add(self, found: dict[str, Any]) -> None:
        """Take in one visit."""
        if found["paint"] is not None:
            self.paints.append(found["paint"])
        self.first_bytes.append(found["first_byte"])
        self.shift = max(self.shift, found["shift"])
        self.sent, self.whole = found["sent"], found["whole"]


def main() -> int:
    """Measure and print a line a page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=8000, help="of the portal that runs")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    url, passwords = f"http://127.0.0.1:{options.port}", new_passwords()
    static, server = Measured(), _serve(_static_page())
    found: dict[str, Measured] = {}
    with chromium() as browser:
        for person, paths in PAGES.items():
            page = log_in(browser, url, person, passwords[person], viewport={"width": 1440, "height": 900})
            page.add_init_script(WATCH)
            addresses = [(f"{person} {path}", _address(page, path)) for path in paths]
            for number in range(options.rounds + 1):
                for name, address in addresses:
                    seen, beside = _visit(page, f"{url}{address}"), _visit(page, server)
                    if number:  # the first round fills the caches
                        found.setdefault(name, Measured()).add(seen)
                        static.add(beside)
    _print(found, static)
    faults = [name for name, one in found.items() if one.shift > MOST_SHIFT or one.sent >= one.whole]
    if faults:
        print(f"Shifts, or is not compressed: {', '.join(faults)}")
    return int(bool(faults))


def _print(found: dict[str, Measured], static: Measured) -> None:
    beside = median(static.paints)
    print(f"{'page':44} {'first byte':>10} {'paint ms':>9} {'ratio':>6} {'shift':>6} {'KB':>6} {'of KB':>6}")
    for name, one in found.items():
        paint = median(one.paints)
        print(
            f"{name:44} {median(one.first_bytes):10.0f} {paint:9.0f} {paint / beside:6.1f} {one.shift:6.3f} "
            f"{one.sent / 1000:6.1f} {one.whole / 1000:6.1f}"
        )
    paints = [median(one.paints) for one in found.values()]
    print(
        f"static page: {beside:.0f} ms. Portal: median {median(paints):.0f} ms, longest {max(paints):.0f} ms."
    )


def _visit(page: Page, address: str) -> dict[str, Any]:
    page.goto(address, wait_until="load")
    page.wait_for_timeout(SETTLED)
    found: dict[str, Any] = page.evaluate(MEASURE)
    return found


def _address(page: Page, path: str) -> str:
    """The path, or that of the first row of the list before ">"."""
    if not path.endswith(">"):
        return path
    page.goto(path[:-1])
    return page.locator("tr[data-href]").first.get_attribute("data-href") or path[:-1]


def _static_page() -> bytes:
    style = (ROOT / "static" / "css" / "portal.css").read_text()
    rows = "".join(f"<tr><td>{number}</td><td>A client</td><td>₹ 1,000.00</td></tr>" for number in range(400))
    head = f'<!doctype html><html lang="en"><head><title>Static</title><style>{style}</style></head>'
    body = f'<body><main class="main"><h1>Static</h1><table class="table">{rows}</table></main></body></html>'
    return f"{head}{body}".encode()


def _serve(content: bytes) -> str:
    """The address of a server in this process that answers everything with this page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


if __name__ == "__main__":
    sys.exit(main())
