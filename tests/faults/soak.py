"""`python -m tests.faults.soak`: messages of all kinds through a portal to which everything happens.

Real processes: a private PostgreSQL (or SQLite) and Redis (or RabbitMQ, or the filesystem broker), workers, two beats,
the stand-in.
Meanwhile `mishaps` happen, by a seed. In the end all faults are repaired, a person settles what waits for one, and
`ledger` judges what ODIN received against what was approved. Prints the seed and the figures; the exit code is 1 where
anything is wrong. The seed gives the same traffic, and the same mishaps in between; what these meet depends on the
machine.
"""

import argparse
import base64
import os
import shutil
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from random import SystemRandom

from tests.faults.installation import TIMES, Installation
from tests.faults.options import MUTANTS, PLAIN_WORKER, Options
from tests.faults.servers import Postgres, RabbitMQ, Redis, free_port
from tests.migrated import copy_to, restore_to

BROKERS = {"redis": Redis, "rabbitmq": RabbitMQ}


def main(arguments: list[str] | None = None) -> int:
    """Run, print, and return the exit code."""
    options = _options(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    if options.broker in BROKERS and BROKERS[options.broker].program() is None:
        print(
            f"Nothing was tried: the programs of {options.broker} are missing (Debian: {options.broker}-server)."
        )
        return 0
    print(f"seed {options.seed}: {options}", flush=True)
    with ExitStack() as stack:
        var = Path(tempfile.mkdtemp(prefix="portal-soak-"))
        database = stack.enter_context(Postgres()) if options.database == "postgres" else None
        broker = stack.enter_context(BROKERS[options.broker]()) if options.broker in BROKERS else None
        odin_port = free_port()
        if database:
            url = database.url
            restore_to(url, Postgres.programs())
        else:
            url = f"sqlite:///{var / 'portal.sqlite3'}"
            copy_to(var / "portal.sqlite3")
        environment = _environment(url, broker.url if broker else "filesystem://localhost", odin_port)
        installation = stack.enter_context(Installation(var, environment))
        os.environ.update(installation.environment)
        # Only now: the settings read the environment when they are imported.
        import django

        django.setup()
        from tests.faults.campaign import Campaign

        right = Campaign(options, installation, odin_port, database, broker).run()
    if not right:
        print(f"Logs are in {var}.")
        return 1
    shutil.rmtree(var)
    return 0


def _options(arguments: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**6))
    parser.add_argument("--users", type=int, default=Options.users)
    parser.add_argument("--messages", type=int, default=Options.messages)
    parser.add_argument("--pace", type=float, default=Options.pace, help="messages approved a second")
    parser.add_argument("--every", type=float, default=Options.every, help="seconds between two mishaps")
    parser.add_argument("--database", choices=("postgres", "sqlite"), default=Options.database)
    parser.add_argument("--broker", choices=(*BROKERS, "filesystem"), default=Options.broker)
    parser.add_argument("--only", default=Options.only, help="only these mishaps, with commas between")
    parser.add_argument("--workers", default=Options.workers, help="only these of them, with commas between")
    parser.add_argument("--worker", choices=(PLAIN_WORKER, *MUTANTS), default=Options.worker)
    return Options(**vars(parser.parse_args(arguments)))


def _environment(database: str, broker: str, odin_port: int) -> dict[str, str]:
    odin = f"http://127.0.0.1:{odin_port}/UserCreation.svc"
    return {
        **TIMES,
        "DJANGO_SETTINGS_MODULE": "backoffice.settings",
        "SECRET_KEY": "only-for-tests-" + "x" * 40,
        "PORTAL_SEAL_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
        "PORTAL_ENVIRONMENT": "DEMO",
        "DEBUG": "false",
        "LOG_LEVEL": "WARNING",
        "DATABASE_URL": database,
        "CELERY_BROKER_URL": broker,
        "ODIN_SERVICE_URL": f"{odin}/soap",
        "ODIN_WSDL_URL": f"{odin}?singleWsdl",
        "ODIN_DEALER_ID": "RESERVEDPG",
        "ODIN_DEALER_PASSWORD": "Dealer42",
        "ODIN_PASSWORD_KEY": "0123456789abcdef",
        "ODIN_PASSWORD_MODE": "CBC",
    }


if __name__ == "__main__":
    sys.exit(main())
