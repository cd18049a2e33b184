"""New retail users with their accounts, in a few statements for all of them."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from accounts.models import BankAccount, DematAccount, MfUcc, RetailUser
from accounts.values import columns, record, records
from backoffice.copying import insert_all
from backoffice.protocol.fields import Values


class Inserted(NamedTuple):
    """A saved retail user with its accounts."""

    user: RetailUser
    banks: list[BankAccount]
    demats: list[DematAccount]
    mf_ucc: MfUcc | None


def insert(rows: Iterable[tuple[RetailUser, Values]]) -> list[Inserted]:
    """Save new retail users, with the banks, demat accounts and UCC in their values."""
    rows = list(rows)
    RetailUser.objects.bulk_create([user for user, _ in rows])
    inserted = [
        Inserted(
            user,
            [_of(user, BankAccount, bank) for bank in records(values, "banks")],
            [_of(user, DematAccount, demat) for demat in records(values, "demats")],
            _of(user, MfUcc, mf_ucc) if (mf_ucc := record(values, "mf_ucc")) else None,
        )
        for user, values in rows
    ]
    insert_all([bank for each in inserted for bank in each.banks])
    insert_all([demat for each in inserted for demat in each.demats])
    insert_all([each.mf_ucc for each in inserted if each.mf_ucc])
    return inserted


def _of(user: RetailUser, model: Any, part: dict[str, str]) -> Any:
    return model(retail_user=user, **columns(model, part))
