"""Compare a row of an export with the record of its retail user, field by field.

An empty cell means that ODIN has no value. Different spellings of one value (a mobile number with and without
+91, a set of codes in another order, an omitted default) are equal. An account is compared only in the parts
for which the file has columns. An account that a row does not name is a difference only if the row had room
for it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts import segments
from accounts.models import RetailUser
from accounts.retail_users import users_of
from accounts.updates import ACCOUNTS
from accounts.values import DEFAULTS, record, records, texts_of, values_of
from backoffice.batches.file.cells import RowRead, RowReader
from backoffice.batches.file.columns import by_name
from backoffice.protocol.field import Field
from backoffice.protocol.fields import Text, Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.user_rules import SEGMENT_SETS
from backoffice.reconciliation.exported import LANE, LAYOUT, RECORDS, SINGLE_RECORDS, ExportedUser
from backoffice.reconciliation.models import Outcome

TWICE = "Row {} is for the same retail user. Leave one of them out."
SAME_ACCOUNT = "{0} {1} is the same account as {0} {2}. Leave one of them out."
NOBODY = "The row names no retail user. Fill in group id and user id."


@dataclass(frozen=True)
class Differs:
    """A value that differs: the portal's and the file's; None if there is none."""

    field: str
    here: Any
    there: Any


@dataclass
class Compared:
    """The result for one row. `given` are its values if the portal does not have the user."""

    number: int
    outcome: Outcome
    group_id: str = ""
    user_id: str = ""
    name: str = ""
    version: int = 0
    given: Values = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    differences: list[Differs] = field(default_factory=list)


@dataclass(frozen=True)
class Read:
    """A row of the file as it was read."""

    number: int
    row: RowRead

    @property
    def lane(self) -> tuple[str, str]:
        """Group and user id, "" if the row does not have them."""
        return str(self.row.values.get("group_id", "")), str(self.row.values.get("user_id", ""))


class Comparer:
    """Compares rows of one file; `names` are its columns in order."""

    def __init__(self, names: Sequence[str]) -> None:
        known = by_name(LAYOUT)
        columns = [known[name] for name in names if name in known]
        self._reader = RowReader(LAYOUT, names)
        self.date_places = self._reader.date_places
        self._single = [
            column.name for column in columns if "." not in column.path and column.name not in LANE
        ]
        self._keys = {name: _key(ExportedUser.fields[name]) for name in self._single}
        self._part_keys = {
            name: {part: _key(field) for part, field in RECORDS[name].fields.items()} for name in ACCOUNTS
        }
        #: For each kind of account: the parts that the file has of the first one, the second and so on.
        self._parts: dict[str, list[list[str]]] = {}
        for name in RECORDS:
            paths = [column.path for column in columns if column.path.startswith(f"{name}.")]
            places = sorted(
                {path.rpartition(".")[0] for path in paths}, key=lambda place: (len(place), place)
            )
            if places:
                parts = [
                    [path.rpartition(".")[2] for path in paths if path.startswith(f"{at}.")] for at in places
                ]
                self._parts[name] = parts

    def read(self, rows: Sequence[tuple[int, Sequence[str]]]) -> list[Read]:
        """Return the values of numbered rows' cells."""
        return [Read(number, self._reader.read(cells)) for number, cells in rows]

    def compare(self, rows: Sequence[Read], seen: Mapping[tuple[str, str], int]) -> list[Compared]:
        """Return the result for each row. `seen`: the earlier rows of these users, by group and user."""
        users = users_of(["/".join(row.lane) for row in rows if all(row.lane)], *self._parts)
        firsts = dict(seen)
        compared = []
        for number, row, lane in ((one.number, one.row, one.lane) for one in rows):
            one = Compared(number, Outcome.UNREADABLE, *lane, str(row.values.get("name", ""))[:100])
            compared.append(one)
            one.findings = [found for found in row.findings if found.severity is Severity.ERROR]
            one.findings += [*_unaddressed(lane), *self._same_accounts(row.values)]
            if not one.findings and lane in firsts:
                one.findings = [Finding("user_id", TWICE.format(firsts[lane]), rule="file.twice")]
            if one.findings:
                continue
            firsts[lane] = number
            user = users.get("/".join(lane))
            if user is None:
                one.outcome, one.given = Outcome.ONLY_THERE, row.values
                continue
            one.version, one.name = user.version, user.name
            one.differences = list(self._differences(row.values, self._known(user)))
            one.outcome = Outcome.DIFFERENT if one.differences else Outcome.SAME
        return compared

    def _same_accounts(self, given: Values) -> Iterator[Finding]:
        """Return accounts that a row names twice, so that it is unclear which is meant."""
        for name in ACCOUNTS:
            firsts: dict[tuple[str, ...], int] = {}
            for place, account in enumerate(records(given, name), 1):
                first = firsts.setdefault(self._account(name, account), place)
                if first != place:
                    words = SAME_ACCOUNT.format(RECORDS[name].noun, place, first)
                    yield Finding(f"{name}.{place - 1}.{ACCOUNTS[name][-1]}", words, rule="file.twice")

    def _account(self, name: str, account: Mapping[str, str]) -> tuple[str, ...]:
        """Return the key of an account, however it is spelled."""
        return tuple(self._part_keys[name][part](account.get(part, "")) for part in ACCOUNTS[name])

    def _known(self, user: RetailUser) -> Values:
        """Return what is known of a retail user, in the fields that the file has."""
        values: Values = values_of(user, (*self._single, segments.INACTIVE))
        for name in self._parts:
            fields = RECORDS[name].fields
            if name in SINGLE_RECORDS:
                one = getattr(user, name, None)
                values[name] = texts_of(one, fields) if one else {}
            else:
                values[name] = [texts_of(one, fields) for one in getattr(user, name).all()]
        return {name: value for name, value in values.items() if name not in user.unknown_fields}

    def _differences(self, given: Values, known: Values) -> Iterator[Differs]:
        for name in self._single:
            there = given.get(name) or ExportedUser.fields[name].empty
            if name not in known:
                if there:
                    yield Differs(name, None, there)
            elif not self._same(name, known, there):
                yield Differs(name, known[name], there)
        for name in ACCOUNTS:
            if name in self._parts:
                yield from self._accounts(name, records(given, name), records(known, name))
        for name in SINGLE_RECORDS & self._parts.keys():
            there_is, here_is = record(given, name), record(known, name)
            [parts] = self._parts[name]
            merged = {**here_is, **{part: there_is.get(part, "") for part in parts}}
            if any(merged[part] != here_is.get(part, "") for part in parts):
                yield Differs(name, here_is or None, merged if there_is else None)

    def _same(self, name: str, known: Values, there: Any) -> bool:
        here: Any = known[name]
        if isinstance(there, list):
            # Inactive segments stay in the portal's sets, and an export may leave them out (U19).
            return set(there) == set(here) or (
                name in SEGMENT_SETS and set(there) == set(segments.active(known, name))
            )
        if here == there:
            return True
        default = DEFAULTS.get(name, "")
        key = self._keys[name]
        return bool(key(str(here) or default) == key(there or default))

    def _accounts(
        self, name: str, there: list[dict[str, str]], here: list[dict[str, str]]
    ) -> Iterator[Differs]:
        keys = self._part_keys[name]
        known = {self._account(name, account): account for account in here}
        for account, given in zip(there, self._parts[name], strict=False):
            mine = known.pop(self._account(name, account), None)
            if mine is None:
                yield Differs(name, None, account)
            elif any(keys[part](mine[part]) != keys[part](account[part]) for part in given):
                taken = {part: account[part] for part in given if part not in ACCOUNTS[name]}
                yield Differs(name, mine, {**mine, **taken})
        if len(there) < len(self._parts[name]):
            yield from (Differs(name, account, None) for account in known.values())


def _unaddressed(lane: tuple[str, str]) -> list[Finding]:
    """Return the findings on the name of the user itself."""
    if not all(lane):
        return [Finding("user_id", NOBODY, rule="file.nobody")]
    return [
        found
        for name, text in zip(LANE, lane, strict=True)
        for found in ExportedUser.fields[name].findings(text, name)
        if found.severity is Severity.ERROR
    ]


def _key(declared: Field) -> Any:
    """Return a form that is equal for all spellings of a value."""
    return declared.shape.key if isinstance(declared, Text) and declared.shape else str
