"""What confirmed messages do to retail users, in the transaction that stores the confirmation."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db import models
from django.utils import timezone

from accounts import segments
from accounts.inserting import insert
from accounts.models import (
    AlternateAddress,
    BankAccount,
    ChannelSubscription,
    DealerMapping,
    DematAccount,
    MfUcc,
    ParticipantCode,
    QvlTemplate,
    RetailUser,
    Source,
    UserTemplate,
)
from accounts.values import (
    DEFAULTS,
    PARTS,
    USER_COLUMNS,
    columns,
    confirmed_values,
    from_values,
    record,
    records,
    text,
    to_values,
    values_of,
)
from backoffice.delivery.handlers import Applied, applies, applies_together
from backoffice.protocol.codes import Choice, DefaultBank, Level, MappingAction, Poa, RecordAction, YesNo
from backoffice.protocol.fields import Value, Values

#: 320 resets these to their defaults when it leaves them out (U1).
RESET_BY_OMISSION = ("global_flag", "orders_per_second", "max_broadcast_scrips", "max_gtd")

KNOWN_POA = {poa.value for poa in Poa}


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> Applied:
    """Before and after of what differs. A value that was not known before is absent there."""
    names = [name for name in {**before, **after} if (before.get(name) or "") != (after.get(name) or "")]
    return Applied(
        {name: before[name] for name in names if name in before},
        {name: after[name] for name in names if name in after},
    )


def confirmed_user(values: Values) -> RetailUser:
    """The retail user of a confirmed message, locked.

    A message for one that nobody registered shows that ODIN has it: it is kept as declared, all unknown.
    """
    key = _key(values)
    return RetailUser.objects.select_for_update().filter(**key).first() or _unregistered(key)


def confirmed_users(several: Sequence[Values]) -> list[RetailUser]:
    """The same for messages that merely refer to different retail users: of those registered, the keys only."""
    keys = [_key(values) for values in several]
    named = RetailUser.objects.select_for_update().filter(
        group_id__in={key["group_id"] for key in keys}, user_id__in={key["user_id"] for key in keys}
    )
    found = {(user.group_id, user.user_id): user for user in named.only("group_id", "user_id").order_by("pk")}
    return [found.get((key["group_id"], key["user_id"])) or _unregistered(key) for key in keys]


def _unregistered(key: Mapping[str, str]) -> RetailUser:
    unknown = [name for name in (*USER_COLUMNS, *PARTS) if name not in key]
    return RetailUser.objects.create(**key, source=Source.DECLARED, unknown_fields=unknown)


def confirm(user: RetailUser, taken: Mapping[str, Any], *, also_known: Collection[str] = ()) -> None:
    """Note that ODIN confirmed something of this retail user; take these columns, known from now on."""
    for name, value in taken.items():
        setattr(user, name, value)
    user.unknown_fields = [
        name for name in user.unknown_fields if name not in taken and name not in also_known
    ]
    user.version += 1
    user.confirmed_at = timezone.now()
    user.save()


@applies(301)
def take_create(lane: str, values: Values) -> Applied:
    """301: a new retail user, or a non-ODIN user converted (U2). All values are known from now on."""
    values = _in_force(values)
    key = _key(values)
    user = RetailUser.objects.select_for_update().filter(**key).first()
    before = to_values(user) if user else {}
    user = user or RetailUser(**key, version=0)
    user.source = Source.CREATED
    user.unknown_fields = []
    _take(user, values)
    return changed(before, _after(user))


@applies_together(301)
def take_creates(confirmed: Sequence[tuple[str, Values]]) -> list[Applied]:
    """The same for several: those that nobody knew yet, in a few statements."""
    named = RetailUser.objects.filter(user_id__in=[text(values, "user_id") for _, values in confirmed])
    known = {user.lane for user in named.only("group_id", "user_id")}
    new = [_in_force(values) for lane, values in confirmed if lane not in known]
    made = insert((_created(values), values) for values in new)
    after = {each.user.lane: changed({}, confirmed_values(*each)) for each in made}
    return [after.get(lane) or take_create(lane, values) for lane, values in confirmed]


@applies(320)
def take_update(lane: str, values: Values) -> Applied:
    """320: the values that it carries, and the defaults of those that ODIN resets by omission (U1)."""
    user = confirmed_user(values)
    before = to_values(user)
    taken = {**values, **{name: DEFAULTS[name] for name in RESET_BY_OMISSION if not values.get(name)}}
    if "poa" in taken and taken["poa"] not in KNOWN_POA:
        del taken["poa"]  # an odd value leaves it as it was (section 4.16)
    if taken.get("mobile"):
        taken["telephone"] = taken["mobile"]  # ODIN puts the mobile number there as well (U12)
    _take(user, taken)
    return changed(before, _after(user))


@applies(310)
def take_user_template(lane: str, values: Values) -> Applied:
    """310: the user's template of one type. An empty level is global (O2)."""
    user = confirmed_user(values)
    before = _rows(user.templates)
    UserTemplate.objects.update_or_create(
        retail_user=user,
        template_type=text(values, "template_type"),
        defaults={
            "template_name": text(values, "template_name"),
            "level": text(values, "level") or Level.GLOBAL.value,
        },
    )
    confirm(user, {})
    return changed({"templates": before}, {"templates": _rows(user.templates)})


@applies(312)
def take_qvl_templates(lane: str, values: Values) -> Applied:
    """312: one template for each exchange and level that the message names (O3)."""
    user = confirmed_user(values)
    before = _rows(user.qvl_templates)
    for row in records(values, "templates"):
        QvlTemplate.objects.update_or_create(
            retail_user=user,
            exchange=row["exchange"],
            level=row["level"],
            defaults={"template_name": row["template_name"]},
        )
    confirm(user, {})
    return changed({"qvl_templates": before}, {"qvl_templates": _rows(user.qvl_templates)})


@applies(314)
def take_dealers(lane: str, values: Values) -> Applied:
    """314: dealers added and removed (O4)."""
    user = confirmed_user(values)
    before = _rows(user.dealer_mappings)
    for row in records(values, "mappings"):
        dealer: dict[str, Any] = {"dealer_group": row["dealer_group"], "dealer_id": row["dealer_id"]}
        if row["action"] == MappingAction.ADD:
            DealerMapping.objects.get_or_create(retail_user=user, **dealer)
        else:
            DealerMapping.objects.filter(retail_user=user, **dealer).delete()
    confirm(user, {})
    return changed({"dealer_mappings": before}, {"dealer_mappings": _rows(user.dealer_mappings)})


@applies(322)
def take_channels(lane: str, values: Values) -> Applied:
    """322: the general settings template, or the other template and channels (O5). Blanks change nothing."""
    user = confirmed_user(values)
    names = {name: values[name] for name in ("gst_template", "si_template") if values.get(name)}
    before = values_of(user, names) | {"channels": _rows(user.channel_subscriptions)}
    for row in records(values, "channels"):
        key: dict[str, Any] = {"template_name": row["template_name"], "channel": row["channel"]}
        if row["action"] == RecordAction.DELETE:
            ChannelSubscription.objects.filter(retail_user=user, **key).delete()
        else:
            ChannelSubscription.objects.update_or_create(
                retail_user=user, **key, defaults={"status": row["status"]}
            )
    confirm(user, names)
    return changed(before, {**names, "channels": _rows(user.channel_subscriptions)})


@applies(344)
def take_participant_codes(lane: str, values: Values) -> Applied:
    """344: the participant code of each segment that the message names (O8)."""
    user = confirmed_user(values)
    before = _rows(user.participant_codes)
    for row in records(values, "participants"):
        ParticipantCode.objects.update_or_create(
            retail_user=user, segment=int(row["segment"]), defaults={"code": row["code"]}
        )
    confirm(user, {})
    return changed({"participant_codes": before}, {"participant_codes": _rows(user.participant_codes)})


@applies(346)
def take_alternate_addresses(lane: str, values: Values) -> Applied:
    """346: both alternate addresses as sent; one that is blank throughout is gone (O9)."""
    user = confirmed_user(values)
    before = _rows(user.alternate_addresses)
    for slot, prefix in ((1, "first_"), (2, "second_")):
        block = {
            name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)
        }
        if any(block.values()):
            AlternateAddress.objects.update_or_create(retail_user=user, slot=slot, defaults=block)
        else:
            AlternateAddress.objects.filter(retail_user=user, slot=slot).delete()
    confirm(user, {})
    return changed({"alternate_addresses": before}, {"alternate_addresses": _rows(user.alternate_addresses)})


def _in_force(values: Values) -> Values:
    """The values of a 301 with what is in force at ODIN where it leaves something out."""
    values = {**values, **{name: default for name, default in DEFAULTS.items() if not values.get(name)}}
    if values.get("poa") not in KNOWN_POA:
        values["poa"] = Poa.GRANTED.value  # an absent or odd 244 grants it (U8)
    return values


def _created(values: Values) -> RetailUser:
    """The record of a user that nobody knew, not saved yet."""
    return RetailUser(
        **from_values(values),
        source=Source.CREATED,
        unknown_fields=[],
        kyc=bool(record(values, "mf_ucc")),  # ODIN switches it on with the UCC (U12)
        confirmed_at=timezone.now(),
    )


def _key(values: Values) -> dict[str, str]:
    return {"group_id": text(values, "group_id"), "user_id": text(values, "user_id")}


def _take(user: RetailUser, values: Values) -> None:
    """Take the values of 301 or 320. 301 knows no deletion: accounts that it does not name stay.

    What becomes inactive stays among the segments that are allowed, and is kept beside them (U19).
    """
    taken = from_values(values)
    inactive = segments.inactive_after(user.inactive_segments, values)
    if inactive != user.inactive_segments or segments.INACTIVE in values:
        taken[segments.INACTIVE] = inactive
    mf_ucc = record(values, "mf_ucc")
    if mf_ucc:
        taken["kyc"] = True  # ODIN switches it on with the UCC (U12), and nothing switches it off
    confirm(user, taken, also_known=("mf_ucc",) if mf_ucc else ())
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
    if mf_ucc:
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
    """Insert, modify or delete one account. A new default takes the place of the old one."""
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


def _after(user: RetailUser) -> Values:
    return to_values(RetailUser.objects.get(pk=user.pk))


def _rows(related: models.Manager[Any]) -> list[dict[str, Value]]:
    """The rows of a part as an audit entry shows them."""
    names = [
        column.name
        for column in related.model._meta.concrete_fields
        if column.name not in ("id", "retail_user")
    ]
    return [values_of(row, names) for row in related.all()]
