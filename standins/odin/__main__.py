"""`python -m standins.odin`: the stand-in as a process of its own.

The dealer and the secrets come from the environment, never from the command line, where others could read
them: ODIN_DEALER_ID (RESERVEDPG), ODIN_DEALER_PASSWORD, ODIN_PASSWORD_KEY, ODIN_PASSWORD_MODE (CBC),
ODIN_NEW_LIMIT_STRUCTURE (true).
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

from standins.odin.server import StandIn
from standins.odin.wsdl import SHAPES


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code; prints errors in a sentence."""
    parser = argparse.ArgumentParser(prog="python -m standins.odin", description="The stand-in ODIN.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8801, help="0: any free port, printed at the start")
    parser.add_argument("--database", default="var/standin.sqlite3")
    parser.add_argument("--wsdl-shape", choices=sorted(SHAPES), default="wcf")
    parser.add_argument("--quiet", action="store_true", help="do not print a line for each message")
    options = parser.parse_args(arguments)

    missing = [name for name in ("ODIN_DEALER_PASSWORD", "ODIN_PASSWORD_KEY") if not os.environ.get(name)]
    if missing:
        return _fail(f"Set {' and '.join(missing)} in the environment before starting the stand-in.")
    logging.basicConfig(
        level=logging.WARNING if options.quiet else logging.INFO,
        format="stand-in %(message)s",
        stream=sys.stdout,
    )
    try:
        if options.database != ":memory:":
            Path(options.database).parent.mkdir(parents=True, exist_ok=True)
        standin = StandIn(
            database=options.database,
            host=options.host,
            port=options.port,
            dealer_id=os.environ.get("ODIN_DEALER_ID") or "RESERVEDPG",
            password=os.environ["ODIN_DEALER_PASSWORD"],
            key=os.environ["ODIN_PASSWORD_KEY"],
            mode=os.environ.get("ODIN_PASSWORD_MODE") or "CBC",
            new_limit_structure=os.environ.get("ODIN_NEW_LIMIT_STRUCTURE", "true").lower()
            in ("1", "true", "on", "yes"),
            wsdl_shape=options.wsdl_shape,
        )
    except ValueError as error:
        return _fail(f"ODIN_PASSWORD_KEY or ODIN_PASSWORD_MODE is not usable: {error}")
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
