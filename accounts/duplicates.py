"""Find other users with the same PAN, mobile number, bank or demat account.

500 proposals take as many queries as one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from accounts.models import BankAccount, DematAccount, RetailUser
from accounts.retail_users import lane_of
from accounts.values import records
from backoffice.changes.models import Change, State
from backoffice.changes.risks import SHARED_RULE
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.shapes import ACCOUNT_NO, DP_ID, MOBILE, PAN

#: Values that two proposals of new users should not share.
SINGLES = {"pan": "the PAN", "mobile": "the mobile number"}
#: How many of the users found are named; the rest are counted.
NAMED = 3
#: How many holders of equal details are read: thousands may have a made-up mobile number.
HOLDERS = 20_000

Many = Sequence[Values]

#: How to make spellings equal, by the name of the column.
KEYS = {
    "pan": PAN.key,
    "mobile": MOBILE.key,
    "account_no": ACCOUNT_NO.key,
    "dp_id": DP_ID.key,
    "beneficiary_id": ACCOUNT_NO.key,
}
#: How many of the newest proposals of new users that wait for a checker are read.
WAITING = 200
#: What may precede the ten digits of a mobile number in a record.
DIALLED = ("", "0", "91", "+91", "+91 ", "+91-")

Key = tuple[str, ...]
#: Lanes by the value that they have.
Holders = dict[Key, list[str]]


def shared_findings(many: Many) -> list[list[Finding]]:
    """Return a warning for each other user with the same PAN, mobile number, bank or demat account, in any spelling."""
    singles = {
        "pan": ("the PAN", _holders(RetailUser, ("pan",), _texts(many, "pan"))),
        "mobile": ("the mobile number", _holders(RetailUser, ("mobile",), _mobiles(many))),
    }
    accounts = {
        "banks": (
            ("bank_id", "account_no"),
            "the bank account",
            _holders(BankAccount, ("bank_id", "account_no"), _parts(many, "banks", "account_no")),
        ),
        "demats": (
            ("dp_id", "beneficiary_id"),
            "the demat account",
            _holders(DematAccount, ("dp_id", "beneficiary_id"), _parts(many, "demats", "beneficiary_id")),
        ),
    }
    found = []
    for values in many:
        own = lane_of(values)
        mine = [
            finding
            for name, (words, holders) in singles.items()
            if holders and (value := values.get(name))
            for finding in _shared(name, words, own, holders.get((KEYS[name](str(value)),), ()))
        ]
        for group, (names, words, holders) in accounts.items():
            for place, record in enumerate(records(values, group) if holders else ()):
                key = _key(names, [record.get(name, "") for name in names])
                mine += _shared(f"{group}.{place}.{names[-1]}", words, own, holders.get(key, ()))
        found.append(mine)
    return found


def waiting_findings(many: Many, kinds: Iterable[str]) -> list[list[Finding]]:
    """Return a warning for each waiting proposal of a new user with the same PAN or mobile number."""
    holders: Holders = defaultdict(list)
    proposed = Change.objects.filter(kind__in=kinds, state=State.SUBMITTED, batch=None).order_by("-pk")
    for lane, messages in proposed.values_list("subject", "messages")[:WAITING]:
        values = messages[0]["values"] if messages else {}
        for name in SINGLES:
            if text := values.get(name):
                holders[name, KEYS[name](str(text))].append(lane)
    return [
        [
            finding
            for name, words in SINGLES.items()
            if (value := values.get(name))
            for finding in _shared(
                name,
                f"{words} in a waiting change,",
                lane_of(values),
                holders.get((name, KEYS[name](str(value))), ()),
            )
        ]
        for values in many
    ]


def singles(values: Values) -> list[str]:
    """Return the PAN and the mobile number, for which `waiting_findings` looks, as names of their turns."""
    return [f"{name}:{KEYS[name](str(value))}" for name in SINGLES if (value := values.get(name))]


def _texts(many: Many, name: str) -> set[str]:
    return {KEYS[name](str(value)) for values in many if (value := values.get(name))}


def _mobiles(many: Many) -> set[str]:
    """Return mobile numbers in each spelling that records may have."""
    return {
        before + key for key in _texts(many, "mobile") for before in (DIALLED if len(key) == 10 else ("",))
    }


def _parts(many: Many, group: str, name: str) -> set[str]:
    """Return account numbers as given, and without signs or zeros that may be missing."""
    given = {text for values in many for record in records(values, group) if (text := record.get(name, ""))}
    return given | set(map(KEYS[name], given))


def _key(names: Key, texts: Iterable[str]) -> Key:
    return tuple(KEYS[name](text) if name in KEYS else text for name, text in zip(names, texts, strict=True))


def _holders(model: Any, names: Key, wanted: set[str]) -> Holders:
    """Return the lanes that have one of the wanted texts in the last of these columns, by the texts of all of them."""
    if not wanted:
        return {}
    owner = "" if model is RetailUser else "retail_user__"
    key = (f"{owner}group_id", f"{owner}user_id")
    rows = model.objects.filter(**{f"{names[-1]}__among": wanted}).order_by(*key).values_list(*names, *key)
    holders: Holders = defaultdict(list)
    for *texts, group_id, user_id in rows[:HOLDERS]:
        holders[_key(names, texts)].append(f"{group_id}/{user_id}")
    return dict(holders)


def _shared(path: str, words: str, own: str, holders: Iterable[str]) -> Iterator[Finding]:
    lanes = [lane for lane in holders if lane != own]
    if not lanes:
        return
    names = ", ".join(lanes[:NAMED])
    if len(lanes) > NAMED:
        names += f" and {len(lanes) - NAMED} more"
    verb = "has" if len(lanes) == 1 else "have"
    yield Finding(
        path,
        f"{names} {verb} {words} too. Check for a duplicate.",
        Severity.WARNING,
        rule=SHARED_RULE,
    )
