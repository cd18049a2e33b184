"""What one onboarding and one limit update cost in bytes, by table and index, on PostgreSQL.

Retail users are proposed, approved and created at a stand-in, then as many deposits, by the operations that
pages call. What each table and each index grew by is divided by their number. Both are packed before and after (VACUUM
FULL): what stays for years is counted, without room that PostgreSQL uses again.

Run: `python benchmarks/bytes.py`; fewer: `--number 200`; indexes beside tables: `--indexes`.
"""

import argparse
import os
import signal
import sys
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.delivery import environment
from tests.faults.installation import Installation
from tests.faults.servers import Postgres, Redis, free_port

NUMBER = 1000
#: Bytes of each table, with what is stored out of line, and of each of its indexes.
SIZES = """
    SELECT c.relname, i.relname, pg_relation_size(i.oid) FROM pg_class c
    JOIN pg_index x ON x.indrelid = c.oid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT relname, '', pg_table_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
#: What is deleted after 90 days (`notices.operations.KEPT`).
PASSING = "notices_notice"
Sizes = dict[tuple[str, str], int]
#: Of an onboarding, and of a limit update.
Cost = tuple[float, float]


def main() -> None:
    """Fill, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=NUMBER)
    parser.add_argument("--indexes", action="store_true", help="a line for each index")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-")))
        database, broker = stack.enter_context(Postgres()), stack.enter_context(Redis())
        odin_port = free_port()
        installation = stack.enter_context(
            Installation(var, environment(database.url, broker.url, odin_port))
        )
        installation.start_standin(odin_port)
        os.environ.update(installation.environment)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        onboarding, update = measured(options.number)
        print_costs(onboarding, update, options.number, indexes=options.indexes)


def measured(number: int) -> tuple[Sizes, Sizes]:
    """What so many onboardings add, and then so many deposits."""
    from django.contrib.auth.models import Group

    from backoffice.logins.models import User
    from backoffice.protocol.examples import example
    from backoffice.protocol.messages.limits import CashDeposit
    from backoffice.protocol.messages.users import CreateRetailUser

    people = [User.objects.create_user(role) for role in ("maker", "checker")]
    for person in people:
        person.groups.add(Group.objects.get(name=person.username))
    creation, deposit = example(CreateRetailUser), example(CashDeposit)
    users = [f"R{n:06}" for n in range(number + 1)]

    def onboard(n: int) -> dict[str, Any]:
        own = {"user_id": users[n], "pan": f"ABCPS{n % 10_000:04}K", "mobile": f"9{n:09}", "reference": ""}
        return {**creation, "group_id": "HO", **own}

    def pay_in(n: int) -> dict[str, Any]:
        return {**deposit, "group_id": "HO", "user_id": users[n], "reference": f"BENCH{n:010}"}

    kinds = (("create_retail_user", onboard), ("cash_deposit", pay_in))
    for slug, values in kinds:  # so that every table and index has its first page
        _done(slug, [values(number)], *people)
    found = []
    for slug, values in kinds:
        before = _sizes()
        _done(slug, [values(n) for n in range(number)], *people)
        after = _sizes()
        found.append({name: size - before.get(name, 0) for name, size in after.items()})
    return found[0], found[1]


def _done(slug: str, all_values: list[dict[str, Any]], maker: Any, checker: Any) -> None:
    """Propose, approve and deliver. Raises RuntimeError if ODIN did not take all."""
    from backoffice.audit.seals import seal_new
    from backoffice.changes import operations
    from backoffice.delivery.models import Delivery
    from backoffice.delivery.sending import drain
    from backoffice.delivery.states import State

    for values in all_values:
        change = operations.submit(slug, values, by=maker, reason="Form of the client", token=uuid.uuid4())
        operations.approve(change.pk, by=checker, content_hash=change.content_hash)
    drain(600)
    seal_new()
    if other := Delivery.objects.exclude(state=State.APPLIED).first():
        raise RuntimeError(f"{other} is {other.state}: {other.words}")


def _sizes() -> Sizes:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM FULL")
        cursor.execute(SIZES)
        return {(table, index): size for table, index, size in cursor.fetchall()}


def print_costs(onboarding: Sizes, update: Sizes, number: int, *, indexes: bool) -> None:
    """Print bytes of each, the largest first: a line for each table, and one for its indexes or for each of them."""
    both = {name: (onboarding[name] / number, update[name] / number) for name in onboarding}
    print("| table or index | an onboarding, bytes | a limit update, bytes |\n| --- | --- | --- |")
    tables = sorted({table for table, _ in both}, key=lambda table: -sum(_of(both, table)[0]))
    for table in tables:
        whole, own = _of(both, table)
        if not any(whole):
            continue
        rest = [cost for (of, index), cost in both.items() if of == table and index]
        _line(table, own)
        if indexes:
            for (of, index), cost in sorted(both.items(), key=lambda pair: -sum(pair[1])):
                if of == table and index:
                    _line(f"– {index}", cost)
        else:
            _line(f"– its {len(rest)} indexes", (sum(c for c, _ in rest), sum(c for _, c in rest)))
    everything = (sum(c for c, _ in both.values()), sum(c for _, c in both.values()))
    passing, _ = _of(both, PASSING)
    _line("**all**", everything)
    _line("**all but notices**", (everything[0] - passing[0], everything[1] - passing[1]))


def _of(both: dict[tuple[str, str], Cost], table: str) -> tuple[Cost, Cost]:
    """What a table costs with its indexes, and without them."""
    costs = [cost for (of, _), cost in both.items() if of == table]
    return (sum(c for c, _ in costs), sum(c for _, c in costs)), both.get((table, ""), (0.0, 0.0))


def _line(name: str, cost: Cost) -> None:
    print(f"| {name} | {cost[0]:,.0f} | {cost[1]:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
