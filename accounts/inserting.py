"""New retail users with their accounts, in a few statements for all of them."""

from collections.abc import Iterable
from typing import Any

from accounts.models import BankAccount, DematAccount, MfUcc, RetailUser
from accounts.values import columns, record, records
from backoffice.protocol.fields import Values


def insert(rows: Iterable[tuple[RetailUser, Values]]) -> list[RetailUser]:
    """Save new retail users, and the banks, demat accounts and UCC that their values name."""
    rows = list(rows)
    users = RetailUser.objects.bulk_create([user for user, _ in rows])
    for model, name in ((BankAccount, "banks"), (DematAccount, "demats")):
        _insert(model, ((user, part) for user, values in rows for part in records(values, name)))
    _insert(MfUcc, ((user, part) for user, values in rows if (part := record(values, "mf_ucc"))))
    return users


def _insert(model: Any, parts: Iterable[tuple[RetailUser, dict[str, str]]]) -> None:
    model.objects.bulk_create([model(retail_user=user, **columns(model, part)) for user, part in parts])
