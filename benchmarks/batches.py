"""Checking and storing a file of retail users, beside django-import-export and a loop over model forms.

    python benchmarks/batches.py [--rows 20000] [--more 200000] [--follow-ups]

Every way runs in a process of its own on a database of its own, on SQLite and, where TEST_POSTGRES_URL is set, on
PostgreSQL. All read the same CSV file: two banks, one demat account and mutual-fund UCC in each row.

The portal reads, checks every rule of the message, asks what is there already, looks for duplicates and stores the row
with its message and hashes. The peers check what their models say and store the same values in the tables of retail
users, banks, demat accounts and UCC: django-import-export with a dry run and an import, each with validation of the
models; the loop with a form for each record, in one transaction. Neither validates the constraints of the tables, which
would cost a query each and make them ten times slower.

On a machine that is busy otherwise, the processor time of the process says more than the clock; the work of a database
server is not in it. `--more` checks a longer file for its memory alone; `--peers` gives the peers so many rows only,
where a machine is slow. `--follow-ups` compares the check of a file with that of the same file with templates, a QVL
template, a dealer and a square-off behind each user.
"""

import argparse
import csv
import json
import multiprocessing
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shared import MB, Memory, databases, measured_apart, own_database, person

WAYS = ("portal", "import-export", "model forms")


def run_one(way: str, path: Path, rows: int) -> dict[str, Any]:
    """One way, in this process, on a database of its own."""
    with own_database():
        prepare: Callable[[Path], Callable[[], None]] = {
            "portal": portal,
            "page that writes": portal,
            "import-export": import_export,
            "model forms": model_forms,
        }[way]
        if way in WAYS[1:]:
            leave_constraints_to_the_database()
        work = prepare(path)
        waits: list[float] = []
        with Memory() as memory, writing(waits, way == "page that writes"):
            started, busy = time.perf_counter(), time.process_time()
            work()
            seconds, busy = time.perf_counter() - started, time.process_time() - busy
        check_stored(way, rows)
        return {"rate": rows / seconds, "busy": busy / rows, "memory": memory.over, "waits": waits}


def portal(path: Path) -> Callable[[], None]:
    """The portal's check of an uploaded file."""
    from backoffice.batches import operations
    from backoffice.batches.check.checking import Checking
    from backoffice.batches.models import Batch

    maker = person("maker", "maker")
    with path.open("rb") as file:
        chunks = iter(lambda: file.read(MB), b"")
        batch = operations.upload("create_retail_user", chunks, path.name, by=maker, token=uuid.uuid4()).batch
    operations.check(batch.pk, by=maker)
    token = uuid.uuid4()
    Batch.objects.filter(pk=batch.pk).update(lease_token=token)
    batch.refresh_from_db()

    def work() -> None:
        with Checking(batch, token) as run:
            while run.step():
                pass

    return work


def check_stored(way: str, rows: int) -> None:
    """Whether everything arrived, so that no way is quick by leaving something out."""
    from accounts.models import BankAccount, DematAccount, MfUcc, RetailUser
    from backoffice.batches.models import Row

    if way in ("portal", "page that writes"):
        assert Row.objects.filter(state="good").exclude(content_hash="").count() == rows
    else:
        counts = [model.objects.count() for model in (RetailUser, BankAccount, DematAccount, MfUcc)]
        assert counts == [rows, 2 * rows, rows, rows], counts


#: The columns of each table, by the beginning of the file's columns.
PARTS = ("bank_1_", "bank_2_", "demat_1_", "mf_ucc_")


def split(row: dict[str, str]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """A row of the file as what the user has and what each of its parts has."""
    own = {name: cell for name, cell in row.items() if not name.startswith((*PARTS, "demat_2_"))}
    parts = [
        {name.removeprefix(prefix): cell for name, cell in row.items() if name.startswith(prefix)}
        for prefix in PARTS
    ]
    return own, parts


def models() -> tuple[Any, ...]:
    """The models of the parts, in their order."""
    from accounts.models import BankAccount, DematAccount, MfUcc

    return (BankAccount, BankAccount, DematAccount, MfUcc)


#: What is no column of a retail user's table.
NOT_THERE = ("password", "si_template", "kyc")
SETS = ("trading_segments", "market_data_segments", "login_segments", "login_types", "products")


def user_columns() -> list[str]:
    """The columns of the file that a retail user's table has."""
    from backoffice.protocol.fields import Records
    from backoffice.protocol.messages.users import CreateRetailUser

    fields = CreateRetailUser.fields.items()
    return [name for name, field in fields if name not in NOT_THERE and not isinstance(field, Records)]


def codes(text: str) -> list[str]:
    """The codes of a cell that names them."""
    from backoffice.protocol.codes import LoginType, ProductAllowed, Segment

    by_label = {
        member.label: member.value for kind in (Segment, LoginType, ProductAllowed) for member in kind
    }
    return [by_label.get(part, part) for part in text.split(";") if part]


def import_export(path: Path) -> Callable[[], None]:
    """django-import-export as its documentation has it: a resource, a dry run, an import."""
    import tablib
    from django.utils import timezone
    from import_export import fields, resources, widgets

    from accounts.models import RetailUser

    maker = person("maker", "maker")

    class Codes(widgets.Widget):
        def clean(self, value: Any, row: Any = None, **options: Any) -> list[str]:
            return codes(value)

    class Users(resources.ModelResource):
        birth_date = fields.Field("birth_date", "birth_date", widget=widgets.DateWidget("%d-%m-%Y"))
        trading_segments = fields.Field("trading_segments", "trading_segments", widget=Codes())
        market_data_segments = fields.Field("market_data_segments", "market_data_segments", widget=Codes())
        login_segments = fields.Field("login_segments", "login_segments", widget=Codes())
        login_types = fields.Field("login_types", "login_types", widget=Codes())
        products = fields.Field("products", "products", widget=Codes())

        class Meta:
            model = RetailUser
            fields = user_columns()
            import_id_fields = ("group_id", "user_id")
            clean_model_instances = True
            use_transactions = True

        def init_instance(self, row: Any = None) -> RetailUser:
            return RetailUser(confirmed_at=timezone.now(), declared_by=maker)

        def after_save_instance(self, instance: Any, row: Any, **options: Any) -> None:
            for model, part in zip(models(), split(row)[1], strict=True):
                record = model(retail_user=instance, **typed(part))
                record.full_clean()
                record.save()

    def work() -> None:
        with path.open(newline="") as file:
            data = tablib.Dataset().load(file, format="csv")
        resource = Users()
        tried = resource.import_data(data, dry_run=True)
        assert not tried.has_errors()
        assert not tried.has_validation_errors()
        assert not resource.import_data(data, dry_run=False, raise_errors=True).has_errors()

    return work


def leave_constraints_to_the_database() -> None:
    """The tables check their constraints anyway; as validation of a model each would cost a query."""
    from accounts.models import RetailUser

    for model in {RetailUser, *models()}:
        model.validate_constraints = lambda self, exclude=None: None


def typed(part: dict[str, str]) -> dict[str, Any]:
    """The cells of a part as its columns keep them."""
    return {name: (cell or None) if name.endswith("_date") else cell for name, cell in part.items()}


def model_forms(path: Path) -> Callable[[], None]:
    """A form for each record, valid or not, and a save."""
    from django import forms
    from django.db import transaction

    from accounts.models import RetailUser

    form = forms.modelform_factory(
        RetailUser,
        fields=user_columns(),
        field_classes={"birth_date": forms.DateField},
        widgets={"birth_date": forms.DateInput},
    )
    birth_date: Any = form.base_fields["birth_date"]
    birth_date.input_formats = ["%d-%m-%Y"]
    part_forms = [forms.modelform_factory(model, exclude=["retail_user"]) for model in models()]

    def work() -> None:
        with path.open(newline="") as file, transaction.atomic():
            for row in csv.DictReader(file):
                own, parts = split(row)
                data = own | {name: json.dumps(codes(own[name])) for name in SETS}
                filled = form(data)
                assert filled.is_valid(), filled.errors
                user = filled.save()
                for part_form, part in zip(part_forms, parts, strict=True):
                    record = part_form(part)
                    assert record.is_valid(), record.errors
                    record.instance.retail_user = user
                    record.save()

    return work


class writing:
    """Beside the block, another process saves drafts as a page would; `waits` gets the seconds that each save took."""

    def __init__(self, waits: list[float], wanted: bool) -> None:
        self._waits, self._wanted = waits, wanted

    def __enter__(self) -> None:
        if not self._wanted:
            return
        from django.db import connections

        self._stop = multiprocessing.Event()
        self._found: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
        connections.close_all()
        self._process = multiprocessing.Process(target=save_drafts, args=(self._stop, self._found))
        self._process.start()

    def __exit__(self, *error: object) -> None:
        if self._wanted:
            self._stop.set()
            self._waits.extend(self._found.get(timeout=30))
            self._process.join()


def save_drafts(stop: Event, found: "multiprocessing.Queue[list[float]]") -> None:
    """Save a draft every 20 ms until told to stop."""
    from backoffice.changes.operations import save_draft
    from backoffice.logins.models import User

    maker = User.objects.get(username="maker")
    waits = []
    while not stop.wait(0.02):
        started = time.perf_counter()
        save_draft("create_retail_user", {"user_id": "DRAFT"}, by=maker, token=uuid.uuid4())
        waits.append(time.perf_counter() - started)
    found.put(waits)


def measured(way: str, path: Path, rows: int, database: str) -> dict[str, Any]:
    """One way in a new process."""
    return measured_apart(__file__, "--way", way, "--file", str(path), "--rows", str(rows), database=database)


def make_file(path: Path, rows: int) -> Path:
    """The file of so many users."""
    from benchmarks.batch_approval import file

    with path.open("wb") as out:
        out.writelines(file(range(rows)))
    return path


#: Four groups of follow-ups, as columns and cells: two templates, a QVL template, a dealer and a square-off.
BEHIND = {
    "template_1_type": "1",
    "template_1_name": "ALL",
    "template_2_type": "11",
    "template_2_name": "CRP1",
    "qvl_1_name": "ALL",
    "qvl_1_exchange": "1",
    "qvl_1_level": "0",
    "dealer_1_group": "HO",
    "dealer_1_id": "DEAL1",
    "square_off_1_periodicity": "3",
    "square_off_1_mtm": "80",
    "square_off_1_mtm_trigger": "1",
}


def with_follow_ups(plain: Path) -> Path:
    """A file with four groups of follow-ups in each row."""
    path = plain.with_name("follow_ups.csv")
    header, cells = ",".join(BEHIND), ",".join(BEHIND.values())
    with plain.open() as lines, path.open("w") as out:
        for number, line in enumerate(lines):
            out.write(f"{line.rstrip()},{cells if number else header}\n")
    return path


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--more", type=int, default=0, help="rows of the longer file, for memory")
    parser.add_argument("--peers", type=int, default=0, help="rows for the peers, all of them without it")
    parser.add_argument(
        "--follow-ups", action="store_true", help="with and without four groups of them, alone"
    )
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(run_one(options.way, options.file, options.rows)))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = make_file(Path(folder) / "users.csv", options.rows)
        for name, database in databases():
            if options.follow_ups:
                print(f"{name}, {options.rows} rows")
                plain = measured("portal", path, options.rows, database)
                more = measured("portal", with_follow_ups(path), options.rows, database)
                report("without follow-ups", plain)
                report("with four groups", more)
                print(f"  {more['rate'] / plain['rate']:.2f} times the rows a second")
                continue
            compare(name, database, path, options.rows, options.peers or options.rows)
            if options.more:
                longer = make_file(Path(folder) / "more.csv", options.more)
                report(f"portal, {options.more} rows", measured("portal", longer, options.more, database))


def compare(name: str, database: str, path: Path, rows: int, peers: int) -> None:
    """All ways on one database."""
    print(f"{name}, {rows} rows of {path.stat().st_size / rows:.0f} bytes")
    shorter = path if peers == rows else make_file(path.with_name("peers.csv"), peers)
    found = {way: measured(way, shorter, peers, database) for way in WAYS[1:]}
    found = {"portal": measured("portal", path, rows, database), **found}
    for way, figures in found.items():
        report(way, figures)
    for way in WAYS[1:]:
        rate = found["portal"]["rate"] / found[way]["rate"]
        busy = found[way]["busy"] / found["portal"]["busy"]
        print(f"  {rate:.1f} times {way}; {busy:.1f} times by the processor time of the process")
    if not database:
        waits = sorted(measured("page that writes", path, rows, database)["waits"])
        p95 = waits[int(len(waits) * 0.95)]
        print(f"  a page that writes meanwhile: {len(waits)} saves, 95% within {p95 * 1000:.0f} ms")


def report(way: str, figures: dict[str, Any]) -> None:
    """One line."""
    print(
        f"  {way:24}{figures['rate']:10,.0f} rows/s {figures['busy'] * 1e6:10,.0f} us of processor time a row"
        f"  +{figures['memory']:.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
