"""What the processes of the stand-ins share: their options, how they start and end, and how they say what failed."""

import argparse
import logging
import signal
import sqlite3
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from standins.serving import Served


class CannotStart(Exception):
    """The stand-in cannot start; the words are a whole sentence."""


def options_of(prog: str, description: str, *, port: int, database: str) -> argparse.ArgumentParser:
    """A parser of the options that every stand-in has. `port`, `database`: the defaults."""
    parser = argparse.ArgumentParser(prog=f"python -m {prog}", description=description)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=port, help="0: any free port, printed at the start")
    parser.add_argument("--database", default=database)
    return parser


def serve(
    make: Callable[[], Served], options: argparse.Namespace, *, name: str, level: int = logging.INFO
) -> int:
    """Make a stand-in and run it until SIGINT or SIGTERM. Returns the exit code; prints errors in a sentence.

    `make` may raise CannotStart. `name`: what lines of the log begin with.
    """
    logging.basicConfig(level=level, format=f"{name} %(message)s", stream=sys.stdout)
    try:
        if options.database != ":memory:":
            Path(options.database).parent.mkdir(parents=True, exist_ok=True)
        standin = make()
    except CannotStart as error:
        return _fail(str(error))
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
