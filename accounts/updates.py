"""The content of a 320: changed values, and those that must always be repeated (U1, U17)."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from accounts import segments
from accounts.values import DEFAULTS, record, records, text
from backoffice.protocol.codes import DefaultBank, OdinUserType, RecordAction, YesNo
from backoffice.protocol.fields import Record, Records, Value, Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.messages.users import UpdateRetailUser
from backoffice.protocol.rules import RequiredWhen

FIELDS = UpdateRetailUser.fields
#: The fields that name the user in every 320, and those that ODIN would reset if they were left out.
ALWAYS = tuple(name for name, field in FIELDS.items() if field.required or field.always_sent)
#: The single values and sets that the form changes.
SINGLE = tuple(
    name for name, field in FIELDS.items() if not isinstance(field, Records) and name != "reference"
)
#: The banks and demat accounts, by the sub-fields of their key.
ACCOUNTS = {
    name: field.record.key
    for name, field in FIELDS.items()
    if isinstance(field, Records) and not isinstance(field, Record)
}
#: The mark of the default account: 1 for a bank, Y for a demat account.
DEFAULT = (DefaultBank.YES.value, YesNo.YES.value)


def compose(known: Values, wanted: Values, given: Collection[str] = ()) -> Values:
    """The values of a 320 that turns what is known of a user into what is wanted.

    `given`: the names whose values go out even where they are empty or as known.

    A value that is always sent, but neither known nor chosen, is left out, so that the rules ask for it (U1).
    What the changed values make mandatory comes from the confirmed values where it does not change itself (U17).
    """
    message: Values = {
        name: wanted[name]
        for name in SINGLE
        if name in wanted
        and name not in segments.NAMES
        and (name in ALWAYS or name in given or not _same(wanted[name], known.get(name, FIELDS[name].empty)))
        and (wanted[name] or name in known or name in given)
    } | segments.composed(known, wanted, given)
    if text(message, "odin_user_type") == OdinUserType.NON_ODIN:
        message.setdefault("manager_id", "")  # a non-ODIN user needs no manager, so none must be chosen (U2)
    for name in ACCOUNTS:
        if name in wanted and (rows := _accounts(known, wanted, name)):
            message[name] = rows
    if "mf_ucc" in wanted and ("mf_ucc" in given or record(wanted, "mf_ucc") != record(known, "mf_ucc")):
        message["mf_ucc"] = wanted["mf_ucc"]
    if wanted.get("reference"):
        message["reference"] = wanted["reference"]
    while missing := _missing(message) & {name for name in known if known[name]}:
        message |= {name: known[name] for name in missing}
    if message.get("mf_ucc") and not any(
        row.get("action") != RecordAction.DELETE for row in records(message, "demats")
    ):
        message["demats"] = [*records(message, "demats"), *_one_demat(known, wanted)]
    return message


def placed(message: Values, wanted: Values, findings: Iterable[Finding]) -> list[Finding]:
    """Findings on a composed message where the form shows what they speak of.

    The message carries some of the form's accounts, and deleted ones besides; a finding on one of those is
    at the whole group.
    """
    places: dict[str, str] = {}
    for name in ACCOUNTS:
        left = list(enumerate(records(wanted, name)))
        for at, row in enumerate(records(message, name)):
            same = next((one for one in left if _key(name, one[1]) == _key(name, row)), None)
            if same:
                left.remove(same)
            places[f"{name}.{at}"] = f"{name}.{same[0]}" if same else ""
    return [_at(finding, places) for finding in findings]


def _at(finding: Finding, places: dict[str, str]) -> Finding:
    name, _, rest = finding.path.partition(".")
    at, _, part = rest.partition(".")
    if f"{name}.{at}" not in places:
        return finding
    place = places[f"{name}.{at}"]
    return replace(finding, path=f"{place}.{part}".rstrip(".") if place else name)


def _key(name: str, row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row.get(part, "") for part in ACCOUNTS[name])


def _accounts(known: Values, wanted: Values, name: str) -> list[dict[str, str]]:
    """Return the accounts of a 320 that turn the known ones into the wanted ones: deletions first.

    An account whose number changed is another account: it is deleted and inserted. If actions are chosen,
    because the accounts are not known or a file names them, the accounts go out unchanged, so that the rules
    find one without action. Duplicates and several defaults go out too, so that the rules find them.
    """
    now = records(wanted, name)
    if name not in known or any(row.get("action") for row in now):
        return now
    before = {_key(name, row): row for row in records(known, name)}
    keys = [_key(name, row) for row in now]
    defaults = [row for row in now if row.get("is_default") in DEFAULT]
    deleted = [{**row, "action": RecordAction.DELETE.value} for key, row in before.items() if key not in keys]
    return deleted + [
        {**row, "action": RecordAction.PUT.value}
        for key, row in zip(keys, now, strict=True)
        if {**row, "action": ""} != {**before.get(key, {}), "action": ""}
        or keys.count(key) > 1
        or (len(defaults) > 1 and row in defaults)
    ]


def _one_demat(known: Values, wanted: Values) -> list[dict[str, str]]:
    """Return the demat account to send with a mutual-fund UCC (U17): the default one, or the first that stays."""
    stay = [
        row for row in records(wanted if "demats" in wanted else known, "demats") if not row.get("action")
    ]
    default = [row for row in stay if row.get("is_default") in DEFAULT]
    return [{**row, "action": RecordAction.PUT.value} for row in (default or stay)[:1]]


def _same(one: Value, other: Value) -> bool:
    """Whether two values are equal; the order within a set of codes is ignored."""
    return set(one) == set(other) if isinstance(one, list) and isinstance(other, list) else one == other


def _missing(message: Values) -> set[str]:
    """Return values that the message makes mandatory and does not have. Emptied values stay empty."""
    wanted = {
        rule.field
        for rule in UpdateRetailUser.rules
        if isinstance(rule, RequiredWhen) and rule.when.holds(message)
    }
    return wanted - message.keys()


def changes_nothing(message: Values, known: Values) -> bool:
    """Whether a 320 only repeats known values: a setting that ODIN would reset may be the one that changes (U1)."""
    return not changed_names(message, known)


def changed_names(message: Values, known: Values) -> list[str]:
    """Return the values of a 320 except its reference and those repeated so that ODIN does not reset them (U1)."""
    return [
        name
        for name in message
        if name != "reference" and not (name in ALWAYS and _repeats(message, known, name))
    ]


def _repeats(message: Values, known: Values, name: str) -> bool:
    """Whether the message has the known value. If none is known, only an empty one equals it."""
    return in_force(message, name) == in_force(known, name) if name in known else not message[name]


def in_force(values: Values, name: str) -> Value:
    """Return the value of this name, or ODIN's default for an empty one."""
    return values.get(name) or DEFAULTS.get(name) or FIELDS[name].empty


def user_type_kept(message: Values, known: Values) -> list[Finding]:
    """Return the user type, which a 320 repeats. Only a conversion changes it (U14)."""
    before = text(known, "odin_user_type")
    if not before or text(message, "odin_user_type") in ("", before):
        return []
    words = f"This user is known as {FIELDS['odin_user_type'].words(before)}. An update cannot change the user type"
    how = "convert the user on its page" if before == OdinUserType.NON_ODIN else "leave it as it is"
    return [Finding("odin_user_type", f"{words}; {how}.", rule="U14")]
