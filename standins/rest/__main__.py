"""`python -m standins.rest`: the stand-in as a process of its own.

Its keys come from the environment, never from the command line, where others could read them: REST_API_KEY,
REST_X_API_KEY (the same where it is missing) and REST_PROFILE_KEY (no profile where it is missing).
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

from standins.rest.server import RestStandIn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code; prints errors in a sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m standins.rest", description="The stand-in of ODIN's REST API."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8802, help="0: any free port, printed at the start")
    parser.add_argument("--database", default="var/standin-rest.sqlite3")
    parser.add_argument("--odin", default="", help="address of the stand-in ODIN whose users may log in")
    options = parser.parse_args(arguments)

    key = os.environ.get("REST_API_KEY", "")
    if not key:
        return _fail("Set REST_API_KEY in the environment before starting the stand-in.")
    logging.basicConfig(level=logging.INFO, format="rest stand-in %(message)s", stream=sys.stdout)
    try:
        if options.database != ":memory:":
            Path(options.database).parent.mkdir(parents=True, exist_ok=True)
        standin = RestStandIn(
            api_key=key,
            x_api_key=os.environ.get("REST_X_API_KEY") or key,
            profile_key=os.environ.get("REST_PROFILE_KEY", ""),
            odin=options.odin,
            database=options.database,
            host=options.host,
            port=options.port,
        )
    except sqlite3.Error as error:
        return _fail(f"The stand-in cannot use its database {options.database}: {error}.")
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
