"""Many deposits typed into one grid: the users, the findings, and the batch made of them."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from itertools import zip_longest
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from accounts.models import RetailUser
from accounts.retail_users import LANE
from accounts.search import IN_CAPITALS
from backoffice.batches import at_once
from backoffice.batches.errors import BatchError, ReasonMissing
from backoffice.batches.models import Batch
from backoffice.kit.csv_files import line
from backoffice.kit.formats import ist
from backoffice.outside import quoted, rupees, visible
from backoffice.protocol.bent import plain_amount
from backoffice.protocol.findings import Finding, Severity
from limits.kinds import cash_deposit, manual_collateral

if TYPE_CHECKING:
    from backoffice.logins.models import User

#: Rows of one grid; upload a file for more.
MOST = 200
#: Characters of one cell.
LONGEST = 200
#: The kinds of deposit that a grid is for: as files call them, and their titles.
KINDS = {kind.KIND.slug: kind.KIND.title for kind in (cash_deposit, manual_collateral)}
#: The columns typed into a row, in this order.
COLUMNS = ("code", "amount", "reference", "document", "remarks")
#: The columns of the file. Those beginning with "Portal" are stored with the row and not sent.
HEADER = ("group_id", "user_id", "amount", "reference", "product_id", "document", "Portal remarks")
#: The row of the file with the first deposit.
FIRST_ROW = 2


@dataclass
class GridRow:
    """One typed row, with its retail user and its findings."""

    code: str = ""
    amount: str = ""
    reference: str = ""
    document: str = ""
    remarks: str = ""
    user: RetailUser | None = None
    findings: list[Finding] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether nothing was typed."""
        return not (self.code or self.amount or self.reference or self.document or self.remarks)

    @property
    def rupees(self) -> Decimal | None:
        """The amount; None if it is invalid."""
        return rupees(plain_amount(self.amount))

    @property
    def of_code(self) -> list[Finding]:
        """Findings on the code, or on the row as a whole."""
        return [one for one in self.findings if one.path not in ("amount", "reference", "document")]

    @property
    def of_amount(self) -> list[Finding]:
        """Findings on the amount."""
        return [one for one in self.findings if one.path == "amount"]

    @property
    def of_reference(self) -> list[Finding]:
        """Findings on the reference."""
        return [one for one in self.findings if one.path == "reference"]

    @property
    def of_document(self) -> list[Finding]:
        """Findings on the document."""
        return [one for one in self.findings if one.path == "document"]


class GridNotFine(Exception):
    """The grid cannot be submitted as it is; `words` say why. Errors of rows are in the rows.

    `warned`: its rows have nothing but warnings. `at`: the id of the field to fill in, if it is one.
    """

    def __init__(self, words: str, *, warned: bool = False, at: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.warned = warned
        self.at = at


def read(columns: Mapping[str, Sequence[str]]) -> list[GridRow]:
    """Return the typed rows without empty ones, each with its retail user. `columns`: texts by name."""
    cells = [[_text(text) for text in columns[name][:MOST]] for name in COLUMNS]
    typed = zip_longest(*cells, fillvalue="")
    rows = [
        GridRow(code, amount, reference, document, remarks)
        for code, amount, reference, document, remarks in typed
    ]
    rows = [row for row in rows if not row.empty]
    found = users_of(row.code for row in rows)
    for row in rows:
        several = found[row.code.upper()]
        row.user = several[0] if len(several) == 1 else None
    return rows


def users_of(codes: Iterable[str]) -> defaultdict[str, list[RetailUser]]:
    """Return the retail users of these codes, `CODE` or `GROUP/CODE` in any case, by the code in capitals.

    One query. A code without a group may match users in several groups.
    """
    wanted = {code.upper() for code in codes if code}
    found: defaultdict[str, list[RetailUser]] = defaultdict(list)
    if not wanted:
        return found
    by_group = [code.split("/", 1) for code in wanted if "/" in code]
    pairs = (Q(group_id__iexact=group, id_in_capitals=user) for group, user in by_group)
    fits = reduce(or_, pairs, Q(id_in_capitals__in=[code for code in wanted if "/" not in code]))
    # All of them: if a code exists in several groups, each must be found, or money would go to the wrong one.
    for user in RetailUser.objects.alias(**IN_CAPITALS).filter(fits):
        for code in {user.user_id.upper(), user.lane.upper()} & wanted:
            found[code].append(user)
    return found


def total(rows: Iterable[GridRow]) -> Decimal:
    """Return the total of the valid amounts. Rupees."""
    return sum((row.rupees or Decimal(0) for row in rows), Decimal(0))


def propose(
    kind: str,
    rows: Sequence[GridRow],
    product: str,
    *,
    by: "User",
    token: uuid.UUID,
    reason: str,
    warnings_seen: bool = False,
) -> Batch:
    """Submit the rows as one batch. Raises GridNotFine with the findings in the rows, and NotAllowed."""
    if kind not in KINDS:
        raise GridNotFine("Choose the kind of deposit.", at="id_kind")
    if not rows:
        raise GridNotFine("Type at least one deposit.")
    text = line(HEADER) + "".join(_line(row, product) for row in rows)
    try:
        return at_once.propose(
            kind,
            [text.encode()],
            f"Deposits typed {ist(timezone.now(), 'minute').replace(':', '.')}.csv",
            by=by,
            token=token,
            reason=reason,
            control_total=total(rows),
            warnings_seen=warnings_seen,
        )
    except at_once.RowsNotFine as error:
        for number, row in enumerate(rows, FIRST_ROW):
            row.findings = _found(row, error.findings.get(number, ()))
        several = (one for row in rows for one in row.findings)
        warned = all(one.severity is Severity.WARNING for one in several)
        raise GridNotFine(error.words, warned=warned) from None
    except BatchError as error:
        raise GridNotFine(error.words, at="id_reason" if isinstance(error, ReasonMissing) else "") from None


def _line(row: GridRow, product: str) -> str:
    """Return the row of the file. Without a known retail user it has no group, and so an error beside its others."""
    whose = (row.user.group_id, row.user.user_id) if row.user else ("", row.code)
    return line([*whose, plain_amount(row.amount), row.reference, product, row.document, row.remarks])


def _found(row: GridRow, findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings of the file on a row, and that of the grid on a code without a retail user."""
    placed = [_placed(one) for one in findings]
    if row.user:
        return placed
    return [*_of_code(row), *(one for one in placed if one.path not in LANE)]


def _of_code(row: GridRow) -> list[Finding]:
    if not row.code:
        return [Finding("user_id", "The user id is missing. Enter it.")]
    words = f"{quoted(row.code)} is no retail user here, or in several groups. Type GROUP/CODE."
    return [Finding("user_id", words)]


def _placed(finding: Finding) -> Finding:
    """A finding of the file, whose header is row 1, at the grid's row."""
    text = finding.text
    if finding.rule == "file.twice":
        first, _, rest = text.removeprefix("Row ").partition(" ")
        text = f"Row {int(first) - FIRST_ROW + 1} {rest}"
    return Finding(finding.path, text, finding.severity, finding.rule)


def _text(typed: str) -> str:
    return " ".join(visible(typed[:LONGEST]).split())
