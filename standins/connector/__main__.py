"""`python -m standins.connector`: the stand-in as a process of its own.

Keys come from the environment, never from the command line, where others could read them: CONNECTOR_APPLICATION_TOKEN
(made at random where it is missing) and CONNECTOR_WEBHOOK_URL with its secret (set on the page where it is missing).
"""

import argparse
import logging
import os
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from standins.connector.publishers import BadPublisher
from standins.connector.server import ConnectorStandIn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code; prints errors in a sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m standins.connector", description="The stand-in of the ODIN Connector."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8803, help="0: any free port, printed at the start")
    parser.add_argument("--database", default="var/standin-connector.sqlite3")
    parser.add_argument("--portal", default="http://127.0.0.1:8000", help="address of the publisher")
    parser.add_argument("--odin", default="", help="address of the stand-in ODIN whose users may log in")
    parser.add_argument("--rest", default="http://127.0.0.1:8802", help="address of the stand-in REST API")
    options = parser.parse_args(arguments)

    logging.basicConfig(level=logging.INFO, format="connector stand-in %(message)s", stream=sys.stdout)
    try:
        if options.database != ":memory:":
            Path(options.database).parent.mkdir(parents=True, exist_ok=True)
        standin = ConnectorStandIn(
            portal=options.portal,
            application_token=os.environ.get("CONNECTOR_APPLICATION_TOKEN", ""),
            webhook_url=os.environ.get("CONNECTOR_WEBHOOK_URL", ""),
            odin=options.odin,
            rest=options.rest,
            database=options.database,
            host=options.host,
            port=options.port,
        )
    except sqlite3.Error as error:
        return _fail(f"The stand-in cannot use its database {options.database}: {error}.")
    except BadPublisher as error:
        return _fail(f"The stand-in cannot start: {error}")
    except OSError as error:
        return _fail(
            f"The stand-in cannot start on {options.host}:{options.port}: {error.strerror or error}."
        )

    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with standin:
        print(f"listening on {standin.host}:{standin.port}", flush=True)
        stop.wait()
    return 0


def _fail(words: str) -> int:
    print(words, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
