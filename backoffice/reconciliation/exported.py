"""A row of an export: any column of a declaration is optional, except the user's own name."""

from accounts.kinds.register_retail_user import RegisterRetailUser
from accounts.updates import ACCOUNTS
from backoffice.batches.file import columns, matching
from backoffice.changes.files import Layout
from backoffice.protocol.fields import Record, Records
from backoffice.protocol.message import Request

#: The key for remembered meanings of columns.
KIND = "reconciliation"
#: The fields that name a retail user.
LANE = ("group_id", "user_id")


class ExportedUser(Request, like=RegisterRetailUser, without=("declared_from",), abstract=True):
    """A retail user as an export of ODIN's administration has it."""

    title = "Reconciliation"
    partial = True

    user_id = RegisterRetailUser.user_id.again()
    group_id = RegisterRetailUser.group_id.again()


LAYOUT = Layout(ExportedUser)
#: The fields of a list of accounts, and the single record of an MF UCC.
RECORDS = {name: field.record for name, field in ExportedUser.fields.items() if isinstance(field, Records)}
SINGLE_RECORDS = {name for name, field in ExportedUser.fields.items() if isinstance(field, Record)}


def label(name: str) -> str:
    """Return the label of a field; for a list of accounts, that of one account."""
    return RECORDS[name].noun if name in RECORDS else ExportedUser.fields[name].label


def problems(headers: list[str], names: list[str]) -> list[str]:
    """Return why a file cannot be compared with these meanings of its columns, in words."""
    known = columns.by_name(LAYOUT)
    found = matching.problems(LAYOUT, headers, names)
    compared = {known[name].path for name in names if name in known}
    if not compared - set(LANE):
        found.append("No column is compared. Say what at least one column beside the user's means.")
    for name, key in ACCOUNTS.items():
        numbers = {path.split(".")[1] for path in compared if path.startswith(f"{name}.")}
        for number in sorted(numbers, key=int):
            if missing := [part for part in key if f"{name}.{number}.{part}" not in compared]:
                noun, parts = RECORDS[name].noun, RECORDS[name].fields
                wanted = " and ".join(parts[part].label for part in missing)
                found.append(
                    f"{noun} {int(number) + 1} cannot be identified without {wanted}. Add that column."
                )
    return found
