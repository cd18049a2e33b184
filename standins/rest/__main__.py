"""`python -m standins.rest`: the stand-in as a process of its own.

Its keys come from the environment, never from the command line, where others could read them: REST_API_KEY,
REST_X_API_KEY (the same where it is missing) and REST_PROFILE_KEY (no profile where it is missing).
"""

import os
import sys
from collections.abc import Sequence

from standins.process import CannotStart, options_of, serve
from standins.rest.server import RestStandIn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code; prints errors in a sentence."""
    parser = options_of(
        "standins.rest",
        "The stand-in of ODIN's REST API.",
        port=8802,
        database="var/standin-rest.sqlite3",
    )
    parser.add_argument("--odin", default="", help="address of the stand-in ODIN whose users may log in")
    options = parser.parse_args(arguments)

    def make() -> RestStandIn:
        key = os.environ.get("REST_API_KEY", "")
        if not key:
            raise CannotStart("Set REST_API_KEY in the environment before starting the stand-in.")
        return RestStandIn(
            api_key=key,
            x_api_key=os.environ.get("REST_X_API_KEY") or key,
            profile_key=os.environ.get("REST_PROFILE_KEY", ""),
            odin=options.odin,
            database=options.database,
            host=options.host,
            port=options.port,
        )

    return serve(make, options, name="rest stand-in")


if __name__ == "__main__":
    sys.exit(main())
