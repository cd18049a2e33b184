"""Shared by the handlers of confirmed messages on retail users, in the transaction that stores the confirmation."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import models
from django.utils import timezone

from accounts import segments
from accounts.models import BankAccount, DematAccount, MfUcc, RetailUser, Source
from accounts.values import PARTS, USER_COLUMNS, columns, from_values, record, records, text, values_of
from backoffice.delivery.handlers import Applied
from backoffice.protocol.codes import Choice, DefaultBank, Poa, RecordAction, YesNo
from backoffice.protocol.fields import Value, Values

#: The valid values of 244. An invalid one counts as missing.
KNOWN_POA = frozenset(poa.value for poa in Poa)


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> Applied:
    """Return the values before and after that differ. Unknown previous values are missing."""
    names = [name for name in {**before, **after} if (before.get(name) or "") != (after.get(name) or "")]
    return Applied(
        {name: before[name] for name in names if name in before},
        {name: after[name] for name in names if name in after},
    )


def confirmed_user(values: Values) -> RetailUser:
    """Return the retail user of a confirmed message, locked.

    A message for an unregistered user shows that ODIN has the user, who is then stored as declared, with all
    values unknown.
    """
    key = key_of(values)
    return RetailUser.objects.select_for_update().filter(**key).first() or _unregistered(key)


def confirmed_users(several: Sequence[Values]) -> list[RetailUser]:
    """Return the retail users of messages that merely refer to them: of registered ones, only the keys."""
    keys = [key_of(values) for values in several]
    named = RetailUser.objects.select_for_update().filter(
        group_id__in={key["group_id"] for key in keys}, user_id__in={key["user_id"] for key in keys}
    )
    found = {(user.group_id, user.user_id): user for user in named.only("group_id", "user_id").order_by("pk")}
    return [found.get((key["group_id"], key["user_id"])) or _unregistered(key) for key in keys]


def _unregistered(key: Mapping[str, str]) -> RetailUser:
    unknown = [name for name in (*USER_COLUMNS, *PARTS) if name not in key]
    return RetailUser.objects.create(**key, source=Source.DECLARED, unknown_fields=unknown)


def confirm(user: RetailUser, taken: Mapping[str, Any], *, also_known: Collection[str] = ()) -> None:
    """Note that ODIN confirmed these columns of the retail user, which are known from now on."""
    for name, value in taken.items():
        setattr(user, name, value)
    user.unknown_fields = [
        name for name in user.unknown_fields if name not in taken and name not in also_known
    ]
    user.declared_fields = [
        name for name in user.declared_fields if name not in taken and name not in also_known
    ]
    user.version += 1
    user.confirmed_at = timezone.now()
    user.save()


class Declaration(NamedTuple):
    """Declared values of a retail user: `by` asked for the declaration, `source` says where they come from."""

    user: RetailUser
    values: Values
    by: Any
    source: str


def declare(several: Sequence[Declaration]) -> None:
    """Update locked records, each once, with declared values: known from now on, but not confirmed by ODIN.

    Accounts are inserted or modified, none is deleted. All users take one statement, and each with accounts
    some more.
    """
    written = {"unknown_fields", "declared_fields", "declared_by", "declared_from", "version", "updated_at"}
    for user, values, by, source in several:
        taken = from_values(values)
        names = [name for name in (*taken, *PARTS) if name in values]
        for name, value in taken.items():
            setattr(user, name, value)
        user.unknown_fields = [name for name in user.unknown_fields if name not in names]
        user.declared_fields = [*user.declared_fields, *(n for n in names if n not in user.declared_fields)]
        user.declared_by, user.declared_from = by, source
        user.version += 1
        user.updated_at = timezone.now()
        written |= taken.keys()
    RetailUser.objects.bulk_update([each.user for each in several], sorted(written))
    for each in several:
        keep_accounts(each.user, each.values)


def key_of(values: Values) -> dict[str, str]:
    """The columns that name a retail user."""
    return {"group_id": text(values, "group_id"), "user_id": text(values, "user_id")}


def apply_profile(user: RetailUser, values: Values) -> None:
    """Update the record with the values of 301 or 320. 301 has no deletions: accounts that it does not name stay.

    Inactive segments stay in the allowed sets, and are stored beside them (U19).
    """
    taken = from_values(values)
    inactive = segments.inactive_after(user.inactive_segments, values)
    if inactive != user.inactive_segments or segments.INACTIVE in values:
        taken[segments.INACTIVE] = inactive
    mf_ucc = record(values, "mf_ucc")
    if mf_ucc:
        taken["kyc"] = True  # ODIN sets it with the UCC (U12), and nothing resets it
    confirm(user, taken, also_known=("mf_ucc",) if mf_ucc else ())
    keep_accounts(user, values)


def keep_accounts(user: RetailUser, values: Values) -> None:
    """Insert, modify or delete the banks and demat accounts that the values name, and take their UCC."""
    for bank in records(values, "banks"):
        _keep(
            BankAccount,
            user,
            bank,
            key=("bank_id", "account_no"),
            default=DefaultBank.YES,
            plain=DefaultBank.NO,
        )
    for demat in records(values, "demats"):
        _keep(DematAccount, user, demat, key=("dp_id", "beneficiary_id"), default=YesNo.YES, plain=YesNo.NO)
    if mf_ucc := record(values, "mf_ucc"):
        MfUcc.objects.update_or_create(retail_user=user, defaults=columns(MfUcc, mf_ucc))


def _keep(
    model: type[BankAccount] | type[DematAccount],
    user: RetailUser,
    row: Mapping[str, str],
    *,
    key: tuple[str, str],
    default: Choice,
    plain: Choice,
) -> None:
    """Insert, modify or delete one account. A new default replaces the old one."""
    sent = dict(row)
    same: dict[str, Any] = {"retail_user": user, **{name: row[name] for name in key}}
    if sent.pop("action", "") == RecordAction.DELETE:
        model._default_manager.filter(**same).delete()
        return
    if row.get("is_default") == default:
        model._default_manager.filter(retail_user=user, is_default=default.value).update(
            is_default=plain.value
        )
    model._default_manager.update_or_create(**same, defaults=columns(model, sent))


def rows(related: models.Manager[Any]) -> list[dict[str, Value]]:
    """Return the rows of a part for an audit entry."""
    names = [
        column.name
        for column in related.model._meta.concrete_fields
        if column.name not in ("id", "retail_user")
    ]
    return [values_of(row, names) for row in related.all()]
