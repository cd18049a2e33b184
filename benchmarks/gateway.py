"""Calls a second through the gateway, beside zeep as shipped, zeep with a tuned session, and bare requests.

All speak to the same service of zero latency in a process of its own. The gateway does all that a worker does: encode,
call with deadlines, mask for the record, read the outcome. Rounds are interleaved and the best of each peer counts,
since machines are noisy; read the ratios. Run: `python benchmarks/gateway.py`.
"""

import argparse
import logging
import multiprocessing
import os
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import requests
import zeep

from backoffice.config import OdinConfig
from backoffice.logs import Lines
from backoffice.odin.gateway import Gateway
from backoffice.odin.outcome import OutcomeKind, read
from backoffice.protocol.examples import example
from backoffice.protocol.fields import SecretText
from backoffice.protocol.messages.limits import CashDeposit
from backoffice.protocol.wire import Header, encode, mask
from standins.odin import StandIn

THREADS = (1, 8, 32)
VALUES = example(CashDeposit)
REFERENCE = str(VALUES["reference"])
HEADER = Header("RESERVEDPG", SecretText("session"))
ANSWER = f"63=FT1.0|64=304|18=1|252={REFERENCE}|19=PG Limit updated successfully"
ENVELOPE = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<UpdatePGLimitsResponse xmlns="http://tempuri.org/"><UpdatePGLimitsResult>'
    f"{ANSWER}</UpdatePGLimitsResult></UpdatePGLimitsResponse></s:Body></s:Envelope>"
).encode()


def serve(ready: "multiprocessing.Queue[int]", wsdl: bytes) -> None:
    """Answer every POST with the same envelope and every GET with the WSDL, as fast as Python can: one event loop."""
    import asyncio

    def response(body: bytes) -> bytes:
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    answers = {b"GET": response(wsdl), b"POS": response(ENVELOPE)}

    class Service(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport, self.buffer = transport, b""
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def data_received(self, data: bytes) -> None:
            self.buffer += data
            while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
                head = self.buffer[:end].lower()
                at = head.find(b"content-length:")
                size = int(head[at + 15 :].split(b"\r\n")[0]) if at >= 0 else 0
                if len(self.buffer) < end + 4 + size:
                    return
                answer = answers[self.buffer[:3]]
                self.buffer = self.buffer[end + 4 + size :]
                self.transport.write(answer)  # type: ignore[attr-defined]

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Service, "127.0.0.1", 0)
        ready.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def through_gateway(endpoint: str, wsdl: str) -> Callable[[], None]:
    """The work of a worker for each delivery, without the database."""
    gateway = Gateway(
        OdinConfig(
            service_url=endpoint,
            wsdl_url=wsdl,
            dealer_id="RESERVEDPG",
            dealer_password=SecretText("Dealer42"),
            password_key=SecretText("0123456789abcdef"),
            password_mode="CBC",
            password_padding="PKCS7",
            operations={},
        )
    )

    def call() -> None:
        text = encode(CashDeposit, VALUES, HEADER)
        mask(text)
        answer = gateway.call(CashDeposit.type, text)
        mask(answer)
        if read(CashDeposit, answer, reference=REFERENCE).kind is not OutcomeKind.APPLIED:
            raise RuntimeError("The answer was not read as applied.")

    return call


def through_zeep(endpoint: str, wsdl: str, threads: int, *, tuned: bool) -> Callable[[], None]:
    """zeep with its own session, or with one that reads no proxy variables and keeps a connection a thread."""
    session = requests.Session()
    if tuned:
        session.trust_env = False
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=threads, max_retries=0)
        session.mount("http://", adapter)
    client = zeep.Client(wsdl, transport=zeep.Transport(session=session))
    binding = next(iter(client.wsdl.bindings))
    operation = client.create_service(binding, endpoint)["UpdatePGLimits"]
    text = encode(CashDeposit, VALUES, HEADER)

    def call() -> None:
        if operation(text) != ANSWER:
            raise RuntimeError("zeep gave another answer.")

    return call


def through_requests(endpoint: str, threads: int) -> Callable[[], None]:
    """The envelope posted as bytes, the answer not even parsed."""
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=threads))
    text = encode(CashDeposit, VALUES, HEADER)
    envelope = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        f'<UpdatePGLimits xmlns="http://tempuri.org/"><UserData>{text}</UserData></UpdatePGLimits>'
        "</s:Body></s:Envelope>"
    )
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '"x"'}

    def call() -> None:
        if session.post(endpoint, data=envelope, headers=headers, timeout=5).content != ENVELOPE:
            raise RuntimeError("The service gave another answer.")

    return call


def rate(call: Callable[[], None], threads: int, calls: int) -> float:
    """Calls a second with so many threads."""
    each = max(1, calls // threads)

    def work() -> None:
        for _ in range(each):
            call()

    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()
        return each * threads / (time.perf_counter() - started)


def main() -> None:
    """Print a table of calls a second and the gateway's ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=1500, help="a round")
    parser.add_argument("--rounds", type=int, default=4)
    options = parser.parse_args()
    # The log lines are written as the portal writes them, to nowhere.
    handler = logging.StreamHandler(open(os.devnull, "w"))  # noqa: SIM115  # for as long as the process runs
    handler.setFormatter(Lines("json"))
    logging.getLogger("backoffice.odin.gateway").addHandler(handler)
    logging.getLogger("backoffice.odin.gateway").setLevel(logging.INFO)
    with StandIn(password="Dealer42", key="0123456789abcdef") as standin:
        wsdl_text = requests.get(f"{standin.url}?singleWsdl", timeout=5).content
    ready: multiprocessing.Queue[int] = multiprocessing.Queue()
    service = multiprocessing.Process(target=serve, args=(ready, wsdl_text), daemon=True)
    service.start()
    try:
        base = f"http://127.0.0.1:{ready.get(timeout=10)}/UserCreation.svc"
        print(f"{'threads':>8} {'gateway':>9} {'zeep':>9} {'tuned':>9} {'requests':>9}   to zeep  to tuned")
        for threads in THREADS:
            peers = {
                "gateway": through_gateway(f"{base}/soap", f"{base}?singleWsdl"),
                "zeep": through_zeep(f"{base}/soap", f"{base}?singleWsdl", threads, tuned=False),
                "tuned": through_zeep(f"{base}/soap", f"{base}?singleWsdl", threads, tuned=True),
                "requests": through_requests(f"{base}/soap", threads),
            }
            best = dict.fromkeys(peers, 0.0)
            for call in peers.values():  # connections, caches
                rate(call, threads, threads * 5)
            for _ in range(options.rounds):
                for name, call in peers.items():
                    best[name] = max(best[name], rate(call, threads, options.calls))
            row = " ".join(f"{best[name]:9.0f}" for name in peers)
            print(
                f"{threads:>8} {row}   {best['gateway'] / best['zeep']:7.2f}  {best['gateway'] / best['tuned']:8.2f}"
            )
    finally:
        service.kill()


if __name__ == "__main__":
    main()
