"""`python -m standins.connector`: the stand-in as a process of its own.

Keys come from the environment, never from the command line, where others could read them: CONNECTOR_APPLICATION_TOKEN
(made at random where it is missing) and CONNECTOR_WEBHOOK_URL with its secret (set on the page where it is missing).
"""

import os
import sys
from collections.abc import Sequence

from standins.connector.publishers import BadPublisher
from standins.connector.server import ConnectorStandIn
from standins.process import CannotStart, options_of, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code; prints errors in a sentence."""
    parser = options_of(
        "standins.connector",
        "The stand-in of the ODIN Connector.",
        port=8803,
        database="var/standin-connector.sqlite3",
    )
    parser.add_argument("--portal", default="http://127.0.0.1:8000", help="address of the publisher")
    parser.add_argument("--odin", default="", help="address of the stand-in ODIN whose users may log in")
    parser.add_argument("--rest", default="http://127.0.0.1:8802", help="address of the stand-in REST API")
    options = parser.parse_args(arguments)

    def make() -> ConnectorStandIn:
        try:
            return ConnectorStandIn(
                portal=options.portal,
                application_token=os.environ.get("CONNECTOR_APPLICATION_TOKEN", ""),
                webhook_url=os.environ.get("CONNECTOR_WEBHOOK_URL", ""),
                odin=options.odin,
                rest=options.rest,
                database=options.database,
                host=options.host,
                port=options.port,
            )
        except BadPublisher as error:
            raise CannotStart(f"The stand-in cannot start: {error}") from error

    return serve(make, options, name="connector stand-in")


if __name__ == "__main__":
    sys.exit(main())
