"""Importing a scrip master, beside `json.load` and `bulk_create`; and looking scrips up among few and among many.

    python benchmarks/scrip_masters.py [--rows 300000] [--many 1000000]

An import: both forms of one file, on SQLite and, where TEST_POSTGRES_URL is set, on PostgreSQL. Every way runs in a
process of its own on a database of its own. The portal's import is the one of the worker: the file as a stream, each
cell checked, check digits of the ISINs, the segment of each row, repeated tokens, the difference from the import before
(an empty one here), slices of a transaction each. The plain way loads the file, makes an object of each row and creates
them in one transaction; it checks nothing. Memory is the most that the process has over what it had before.

Look-ups: the beginning of a symbol (two letters, which hundreds of symbols have), an ISIN and a token, as the search
does them, among 1,000 scrips and among `--many`, over four exchanges. Each number of scrips has a database and a
process of its own; they take turns. The plans among many are read: each query must be answered from an index.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from stdnum.isin import calc_check_digit

from benchmarks.shared import MB, Memory, databases, measured_apart, own_database

WAYS = ("portal", "plain")
HEADER = [
    *("nMarketSegmentId", "nToken", "sSymbol", "sSeries", "sInstrumentName", "ExpiryDate", "nStrikePrice"),
    *("sOptionType", "sISINCode", "sSecurityDesc", "cDeleteFlag", "nRegularLot", "nPriceTick"),
]
#: The exchanges of the look-ups; a file has at most 300,000 rows.
SPREAD = ("NSE_EQ", "NSE_FO", "BSE_EQ", "BSE_FO")
#: Look-ups of each kind in a round, rounds (the first two do not count), and scrips that are few.
EACH, ROUNDS, FEW = 50, 30, 1_000


def isin(number: int) -> str:
    """An ISIN of no company, with its check digit."""
    body = f"INE{number:06d}01"
    return body + str(calc_check_digit(body))


def letters(number: int) -> str:
    """A symbol of four letters or more."""
    text = ""
    while number or len(text) < 4:
        number, place = divmod(number, 26)
        text = chr(ord("A") + place) + text
    return text


def row(number: int) -> list[Any]:
    """A row of an exchange that has shares and contracts: one in ten is a share, the others are options on it."""
    share, place = divmod(number, 10)
    symbol, token = letters(share), number + 1
    if not place:
        words = f"{symbol} Industries Limited"
        return [1, token, symbol, "EQ", "EQUITIES", "", -1, "", isin(share), words, "N", 1, 5]
    option = "CE" if place % 2 else "PE"
    strike = 5_000 + 250 * place
    return [
        1,
        token,
        symbol,
        "XX",
        "OPTSTK",
        "28-01-2027",
        strike,
        option,
        "",
        f"{symbol} 28JAN2027",
        "N",
        50,
        5,
    ]


def write_file(path: Path, form: str, rows: int) -> Path:
    """A file of so many rows in this form: lists below a header, or objects with short keys."""
    keys = ("code", "sym", "ser", "inst", "expiry")
    with path.open("w") as file:
        file.write("[" + (json.dumps(HEADER) + "," if form == "lists" else ""))
        for number in range(rows):
            cells = row(number)
            one = cells if form == "lists" else dict(zip(keys, cells[1:6], strict=True))
            file.write(("," if number else "") + json.dumps(one))
        file.write("]")
    return path


def run_import(way: str, path: Path, rows: int) -> dict[str, Any]:
    """One way, in this process, on a database of its own."""
    with own_database():
        from markets.models import Scrip

        work = {"portal": portal, "plain": plain}[way](path)
        with Memory() as memory:
            started, busy = time.perf_counter(), time.process_time()
            work()
            seconds, busy = time.perf_counter() - started, time.process_time() - busy
        assert Scrip.objects.filter(scrip_import__state="current").count() == rows
        return {"seconds": seconds, "busy": busy, "memory": memory.over}


def portal(path: Path) -> Callable[[], None]:
    """The portal's import, as a worker does it; storing the upload is part of it."""
    from markets import importing, operations

    def work() -> None:
        with path.open("rb") as file:
            operations.upload("NSE_EQ", path.name, iter(lambda: file.read(MB), b""), by=None)
        assert importing.work_due() == 1

    return work


def plain(path: Path) -> Callable[[], None]:
    """The file at once, an object of each row, and all of them created in batches."""
    from django.db import transaction

    from markets.models import Scrip, ScripImport, State

    def work() -> None:
        with path.open() as file:
            rows = json.load(file)
        header = (
            rows.pop(0)
            if isinstance(rows[0], list)
            else ["nToken", "sSymbol", "sSeries", "sInstrumentName", "ExpiryDate"]
        )
        with transaction.atomic():
            made = ScripImport.objects.create(exchange="NSE_EQ", source=path.name, state=State.CURRENT)
            named = (
                dict(zip(header, one if isinstance(one, list) else one.values(), strict=True)) for one in rows
            )
            Scrip.objects.bulk_create([scrip(made, cells) for cells in named], batch_size=5_000)

    def scrip(made: ScripImport, cells: dict[str, Any]) -> Scrip:
        return Scrip(
            scrip_import=made,
            exchange="NSE_EQ",
            token=cells["nToken"],
            symbol=cells["sSymbol"],
            series=cells["sSeries"],
            instrument=cells["sInstrumentName"],
            expiry=expiry(cells["ExpiryDate"]),
            strike=max(cells.get("nStrikePrice", 0), 0),
            option_type=cells.get("sOptionType", ""),
            isin=cells.get("sISINCode", ""),
            description=cells.get("sSecurityDesc", ""),
            lot=cells.get("nRegularLot", 0),
            tick=cells.get("nPriceTick", 0),
            deleted=cells.get("cDeleteFlag", "N") != "N",
            mark=0,
        )

    def expiry(text: str) -> date | None:
        return datetime.strptime(text, "%d-%m-%Y").date() if text else None

    return work


def serve_look_ups(scrips: int) -> None:
    """Fill a database of its own; for each line that comes, tell how long each kind of look-up took (seconds)."""
    with own_database():
        from django.db import connection

        from markets import search

        fill(scrips)
        asked = {
            "beginning": [letters(number)[:2] for number in chosen(scrips)],
            "isin": [isin(number) for number in chosen(scrips)],
            "token": [str(10 * number + 1) for number in chosen(scrips)],
        }
        known = search.masters()
        plans = {}
        for name, texts in asked.items() if scrips > FEW else ():
            plans[name] = plan(connection, partial(search.find, texts[0], known))
        print(json.dumps(plans), flush=True)
        for _ in sys.stdin:
            took = {}
            for name, texts in asked.items():
                started = time.perf_counter()
                assert all(search.find(text, known) for text in texts)
                took[name] = (time.perf_counter() - started) / len(texts)
            print(json.dumps(took), flush=True)


def chosen(scrips: int) -> range:
    """Shares that are looked up, spread over all."""
    return range(0, scrips // 10, max(1, scrips // 10 // EACH))


def fill(scrips: int) -> None:
    """Current masters of four exchanges with so many scrips: shares on two of them, contracts on the others."""
    from django.db import connection
    from django.utils import timezone

    from backoffice.copying import insert_rows
    from markets.importing import COLUMNS
    from markets.models import Scrip, ScripImport, State

    made = [
        ScripImport.objects.create(
            exchange=name, source="", state=State.CURRENT, current_since=timezone.now()
        ).pk
        for name in SPREAD
    ]

    def rows() -> Iterator[tuple[Any, ...]]:
        for number in range(scrips):
            _, token, symbol, series, instrument, expiry, strike, option, code, words, _, lot, tick = row(
                number
            )
            place = 2 * bool(number % 10) + number // 10 % 2
            day = "2027-01-28" if expiry else None
            own = (series, instrument, day, max(strike, 0), option, code, words, lot, tick)
            yield (made[place], SPREAD[place], token, symbol, *own, False, True, number)

    insert_rows(Scrip, COLUMNS, rows())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def plan(connection: Any, work: Callable[[], object]) -> str:
    """The indexes that answer the queries of a piece of work; raises AssertionError where one reads a table."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        work()
    explain = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
    found = set()
    for sql, params in asked:
        with connection.cursor() as cursor:
            cursor.execute(explain + sql, params)
            text = " ".join(str(line[-1]) for line in cursor.fetchall())
        assert "Seq Scan" not in text, text
        assert "SCAN markets_scrip" not in text, text
        found |= set(re.findall(r"scrip_by_\w+", text))
        if "Sort" in text or "TEMP B-TREE" in text:
            found.add("sorts")
    return ", ".join(sorted(found))


def look_up(many: int, database: str) -> None:
    """The look-ups among few and among many, in turns."""
    environment = {**os.environ, "TEST_DATABASE_URL": database}
    servers = [
        subprocess.Popen(
            [sys.executable, __file__, "--way", "look-ups", "--rows", str(scrips)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for scrips in (FEW, many)
    ]  # fmt: skip
    _, plans = (json.loads(answer(server)) for server in servers)
    took: list[list[dict[str, float]]] = [[], []]
    for _ in range(ROUNDS):
        for server, times in zip(servers, took, strict=True):
            server.stdin.write("go\n")  # type: ignore[union-attr]  # it has a pipe
            server.stdin.flush()  # type: ignore[union-attr]
            times.append(json.loads(answer(server)))
    for server in servers:
        server.stdin.close()  # type: ignore[union-attr]
        server.wait()
    for name in plans:
        few, more = (statistics.median(one[name] for one in times[2:]) for times in took)
        print(
            f"  {name:10} {few * 1000:6.2f} ms among {FEW}, {more * 1000:6.2f} ms among {many}: {more / few:.2f} times"
            f"  ({plans[name]})",
            flush=True,
        )


def answer(server: "subprocess.Popen[str]") -> str:
    """The next line that a process prints."""
    assert server.stdout
    if not (line := server.stdout.readline()):
        raise SystemExit("A process of the look-ups ended.")
    return line


def compare(path: Path, rows: int, database: str) -> None:
    """Both ways with one file."""
    found = {}
    for way in WAYS:
        arguments = ("--way", way, "--file", str(path), "--rows", str(rows))
        found[way] = measured_apart(__file__, *arguments, database=database)
        print(
            f"  {path.stem:8} {way:8} {found[way]['seconds']:6.1f} s, {found[way]['busy']:6.1f} s of processor time,"
            f" +{found[way]['memory']:.0f} MB",
            flush=True,
        )
    print(
        f"  {path.stem:8} {found['plain']['seconds'] / found['portal']['seconds']:.1f} times as fast as plain"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("imports", "look-ups"))
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way == "look-ups":
        serve_look_ups(options.rows)
        return
    if options.way:
        print(json.dumps(run_import(options.way, options.file, options.rows)))
        return
    with tempfile.TemporaryDirectory() as folder:
        files = [
            write_file(Path(folder) / f"{form}.json", form, options.rows) for form in ("lists", "objects")
        ]
        for name, database in databases():
            print(f"{name}, {options.rows} rows")
            for path in files if options.only != "look-ups" else ():
                compare(path, options.rows, database)
            if options.only != "imports":
                look_up(options.many, database)


if __name__ == "__main__":
    main()
