"""`python -m tools.demonstration`: tables, staff and four weeks of work in an empty database. `make run` calls it.

The environment is that of the demonstration, pointing to the database to be filled and to a free port, on which the
stand-in ODIN is served meanwhile.
"""

import argparse
import gc
import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402

from standins.odin import StandIn  # noqa: E402
from tools.demonstration.filling import NotEmpty, fill  # noqa: E402


def main() -> int:
    """Fill the database. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Fill an empty demonstration.")
    parser.add_argument("--clients", type=int, required=True, help="about so many retail users")
    parser.add_argument("--database", required=True, help="of the stand-in ODIN")
    options = parser.parse_args()
    gc.set_threshold(100_000, 50, 50)  # a sixth of the time otherwise; the process ends soon
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous = OFF")  # what is interrupted is thrown away
    call_command("migrate", verbosity=0)
    odin = StandIn(
        database=options.database,
        port=urlsplit(settings.ODIN_SERVICE_URL).port or 0,
        dealer_id=settings.ODIN_DEALER_ID,
        password=settings.ODIN_DEALER_PASSWORD,
        key=settings.ODIN_PASSWORD_KEY,
        mode=settings.ODIN_PASSWORD_MODE,
        padding=settings.ODIN_PASSWORD_PADDING,
    )
    try:
        with odin:
            fill(odin, clients=options.clients, until=datetime.now(UTC), said=_say)
    except NotEmpty as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        connections.close_all()  # so that the file has everything, and can be moved
    return 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
