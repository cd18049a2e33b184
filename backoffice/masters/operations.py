"""What an admin does with master lists: keep a name, retire it, upload a whole list. Each leaves an audit entry."""

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from django.db import transaction

from backoffice.audit.operations import record
from backoffice.files import Limit
from backoffice.kit import names
from backoffice.masters.models import List, Name
from backoffice.protocol.fields import Field, Records
from backoffice.protocol.findings import errors
from backoffice.protocol.message import REQUESTS
from backoffice.protocol.other_rules import TEMPLATE_NAME_LENGTHS

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Bytes and rows of an uploaded list: more is no list of names.
LIMIT = Limit(2_000_000, "The file is larger than 2 MB. It is no list of names.")
MOST_ROWS = 20_000
#: How many faults of a file are reported; the rest are like them.
FAULTS_TOLD = 20


class Given(NamedTuple):
    """One name as it is typed or uploaded. The order is that of a file's columns."""

    code: str
    label: str = ""
    within: str = ""

    @property
    def name(self) -> str:
        """Its code, with what it belongs to."""
        return f"{self.within} {self.code}".strip()


class MastersError(Exception):
    """A name or a file that cannot be kept. `faults` say why, in the words of the person who keeps it."""

    def __init__(self, *faults: str) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


def keep(
    list_name: str, code: str, label: str, *, within: str = "", active: bool = True, by: "User | None"
) -> Name:
    """Add a name to a list, or change its label. `by` None: the demonstration. Raises MastersError.

    A name that is here is not judged again: one that ODIN takes no more can be retired.
    """
    _may(by)
    given = Given(code.strip(), label.strip(), within.strip())
    with transaction.atomic():
        before = (
            Name.objects.select_for_update()
            .filter(list=list_name, within=given.within, code=given.code)
            .first()
        )
        if faults := [*(_label_faults(given) if before else _faults(list_name, given))]:
            raise MastersError(*faults)
        if before and (before.label, before.active) == (given.label, active):
            return before
        name, _ = Name.objects.update_or_create(
            list=list_name,
            within=given.within,
            code=given.code,
            defaults={"label": given.label, "active": active},
        )
        _record(name, by, before)
    names.forget(list_name)
    return name


def upload(list_name: str, content: bytes, *, by: "User") -> int:
    """Take a whole list from a CSV file with the columns code, label and perhaps within: all of it or nothing.

    Names that the file leaves out stay as they are. Returns how many were added or changed. Raises MastersError.
    """
    _may(by)
    rows = _rows(content)
    faults = [f"Row {at}: {fault}" for at, given in rows for fault in _faults(list_name, given)]
    seen: dict[tuple[str, str], int] = {}
    for at, given in rows:
        if (first := seen.setdefault((given.within, given.code), at)) != at:
            faults.append(f"Row {at}: {given.code} is already in row {first}.")
    if faults:
        more = [f"And {len(faults) - FAULTS_TOLD} more."] if len(faults) > FAULTS_TOLD else []
        raise MastersError(*faults[:FAULTS_TOLD], *more)
    with transaction.atomic():
        known = {
            Given(name.code, name.label, name.within)
            for name in Name.objects.filter(list=list_name, active=True)
        }
        changed = [given for _, given in rows if given not in known]
        Name.objects.bulk_create(
            [
                Name(list=list_name, label=given.label, within=given.within, code=given.code)
                for given in changed
            ],
            update_conflicts=True,
            unique_fields=["list", "within", "code"],
            update_fields=["label", "active"],
        )
        record(
            "masters.uploaded",
            by=by,
            subject=list_name,
            text=f"{List(list_name).label}: a file of {len(rows)} names was taken, {len(changed)} new or changed.",
            after={given.name: given.label for given in changed},
        )
    names.forget(list_name)
    return len(changed)


def _rows(content: bytes) -> list[tuple[int, Given]]:
    if len(content) > LIMIT.most:
        raise MastersError(LIMIT.words)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise MastersError("The file is not UTF-8 text. Save it as CSV UTF-8.") from None
    if "\0" in text:
        raise MastersError("The file is no text. Save it as CSV UTF-8.")
    try:
        read = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise MastersError(f"The file is no CSV file: {error}.") from error
    header = [cell.strip().lower() for cell in read[0]] if read else []
    if header[:2] != ["code", "label"] or header[2:] not in ([], ["within"]):
        raise MastersError("The first row must name the columns: code,label or code,label,within.")
    if len(read) > MOST_ROWS:
        raise MastersError(f"The file has more than {MOST_ROWS} rows.")
    rows = [(at, [cell.strip() for cell in cells]) for at, cells in enumerate(read[1:], 2) if any(cells)]
    if wide := [at for at, cells in rows if len(cells) > len(header)]:
        raise MastersError(f"Row {wide[0]} has more cells than the first row names columns.")
    return [(at, Given(*cells)) for at, cells in rows]


def _faults(list_name: str, given: Given) -> Iterator[str]:
    """What ODIN would not take as a value, by the declaration of the field that takes the name."""
    if list_name not in List.values:
        yield "There is no such list."
        return
    field = _declared(list_name)
    beside = field.names_by
    if not given.code:
        yield "The code is missing."
    else:
        yield from (finding.text for finding in errors([*field.findings(given.code, "code")]))
    longest = TEMPLATE_NAME_LENGTHS.get(given.within) if list_name == List.TEMPLATES else None
    if longest and len(given.code) > longest:
        yield f"A template of type {given.within} has at most {longest} characters in its name."
    if given.within and beside is None:
        yield "Only user templates belong to a type, and dealers to a group."
    elif given.within and beside:
        yield from (
            f"{beside.label}: {found.text}" for found in errors([*beside.findings(given.within, "within")])
        )
    yield from _label_faults(given)


def _label_faults(given: Given) -> Iterator[str]:
    if len(given.label) > 100 or not given.label.isprintable():
        yield "The label must be at most 100 printable characters."


def _declared(list_name: str) -> Field:
    """The first field that is declared to take a name of this list."""
    for message in REQUESTS.values():
        records = (field.record.fields for field in message.fields.values() if isinstance(field, Records))
        for fields in (message.fields, *records):
            for field in fields.values():
                if field.names == list_name:
                    return field
    raise MastersError("No message takes a name of this list.")


def _may(by: "User | None") -> None:
    if by is not None and not by.has_perm("masters.change_name"):
        raise MastersError("You may not change master lists. An admin keeps them.")


def _record(name: Name, by: "User | None", before: Name | None) -> None:
    old = {"label": before.label, "active": before.active} if before else None
    verb = "is kept" if name.active else "is retired"
    record(
        "masters.kept" if name.active else "masters.retired",
        by=by,
        subject=name.list,
        text=f"{name.get_list_display()}: {name.code} {verb}.",
        before=old,
        after={"code": name.code, "within": name.within, "label": name.label, "active": name.active},
    )
