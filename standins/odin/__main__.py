"""`python -m standins.odin`: the stand-in as a process of its own.

The dealer and the secrets come from the environment, never from the command line, where others could read
them: ODIN_DEALER_ID (RESERVEDPG), ODIN_DEALER_PASSWORD, ODIN_PASSWORD_KEY, ODIN_PASSWORD_MODE (CBC),
ODIN_PASSWORD_PADDING (PKCS7), ODIN_NEW_LIMIT_STRUCTURE (true).
"""

import logging
import os
import sys
from collections.abc import Sequence

from standins.odin.server import StandIn
from standins.odin.wsdl import SHAPES
from standins.process import CannotStart, options_of, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code; prints errors in a sentence."""
    parser = options_of("standins.odin", "The stand-in ODIN.", port=8801, database="var/standin.sqlite3")
    parser.add_argument("--wsdl-shape", choices=sorted(SHAPES), default="wcf")
    parser.add_argument("--quiet", action="store_true", help="do not print a line for each message")
    options = parser.parse_args(arguments)

    def make() -> StandIn:
        missing = [name for name in ("ODIN_DEALER_PASSWORD", "ODIN_PASSWORD_KEY") if not os.environ.get(name)]
        if missing:
            raise CannotStart(f"Set {' and '.join(missing)} in the environment before starting the stand-in.")
        try:
            return StandIn(
                database=options.database,
                host=options.host,
                port=options.port,
                dealer_id=os.environ.get("ODIN_DEALER_ID") or "RESERVEDPG",
                password=os.environ["ODIN_DEALER_PASSWORD"],
                key=os.environ["ODIN_PASSWORD_KEY"],
                mode=os.environ.get("ODIN_PASSWORD_MODE") or "CBC",
                padding=os.environ.get("ODIN_PASSWORD_PADDING") or "PKCS7",
                new_limit_structure=os.environ.get("ODIN_NEW_LIMIT_STRUCTURE", "true").lower()
                in ("1", "true", "on", "yes"),
                wsdl_shape=options.wsdl_shape,
            )
        except ValueError as error:
            raise CannotStart(
                f"ODIN_PASSWORD_KEY, ODIN_PASSWORD_MODE or ODIN_PASSWORD_PADDING is not usable: {error}"
            ) from error

    return serve(make, options, name="stand-in", level=logging.WARNING if options.quiet else logging.INFO)


if __name__ == "__main__":
    sys.exit(main())
