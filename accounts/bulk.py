"""What the portal says about many proposed values at once: as many queries for five hundred rows as for one."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q

from accounts import comparing, lookups  # noqa: F401  # lookups registers `among`
from accounts.models import BankAccount, DematAccount, RetailUser
from accounts.values import records
from backoffice.changes.models import Change
from backoffice.changes.models import State as ChangeState
from backoffice.changes.risks import SHARED_RULE
from backoffice.delivery.models import Delivery
from backoffice.delivery.states import OPEN
from backoffice.protocol.fields import Values
from backoffice.protocol.findings import Finding, Severity
from backoffice.protocol.messages.users import CreateRetailUser
from backoffice.protocol.shapes import ACCOUNT_NO, DP_ID, MOBILE, PAN

#: The kinds of change after which a retail user is here.
CREATE_RETAIL_USER = "create_retail_user"
REGISTER_RETAIL_USER = "register_retail_user"
#: So many of the users found are named; the rest are counted.
NAMED = 3
#: So many holders of the same details are looked at: a made-up mobile number may stand with thousands.
HOLDERS = 20_000

Many = Sequence[Values]


def lane_of(values: Mapping[str, object]) -> str:
    """GROUP/USER of a message's values."""
    return f"{values.get('group_id', '')}/{values.get('user_id', '')}"


def users_of(many: Many, *parts: str) -> dict[str, RetailUser]:
    """The retail users that are here, by lane, with the rows behind these parts."""
    by_group: dict[str, set[str]] = defaultdict(set)
    for values in many:
        by_group[str(values.get("group_id", ""))].add(str(values.get("user_id", "")))
    condition = Q()
    for group_id, user_ids in by_group.items():
        condition |= Q(group_id=group_id, user_id__among=user_ids)
    users = RetailUser.objects.filter(condition).prefetch_related(*parts).order_by() if by_group else ()
    return {user.lane: user for user in users}


def existing_findings(many: Many, here: Collection[str]) -> list[list[Finding]]:
    """What speaks against messages for users that must be here already. `here` are the lanes of those that are."""
    return [[] if (lane := lane_of(values)) in here else [_not_here(lane)] for values in many]


def _not_here(lane: str) -> Finding:
    words = f"{lane} is not a retail user here. Create or register the user first."
    return Finding("user_id", words, rule="portal.exists")


def create_findings(many: Many, here: Collection[str]) -> list[list[Finding]]:
    """What speaks against creations: users exist, are being created, others have the same details, or its own do not
    fit together.
    """
    lanes = {lane_of(values) for values in many} - set(here)
    waiting = Change.objects.filter(
        lane__among=lanes, kind__in=(CREATE_RETAIL_USER, REGISTER_RETAIL_USER), state=ChangeState.SUBMITTED
    )
    under_way = Delivery.objects.filter(
        lane__among=lanes, message_type=CreateRetailUser.type, state__in=OPEN
    ).only("lane", "state")
    changes = dict(waiting.order_by("-pk").values_list("lane", "pk"))
    deliveries = {delivery.lane: delivery for delivery in under_way.order_by("-pk")}
    same = shared_findings(many)
    return [
        [
            *_addressable(values),
            *_already_there(values, here, changes, deliveries),
            *shared,
            *comparing.findings(values),
        ]
        for values, shared in zip(many, same, strict=True)
    ]


def _addressable(values: Values) -> Iterator[Finding]:
    for name, label in (("group_id", "group id"), ("user_id", "user id")):
        text = str(values.get(name, ""))
        if "/" in text or text in (".", ".."):
            words = f"{text!r} cannot be a {label} here: users are named GROUP/USER. Leave out the /."
            yield Finding(name, words, rule="portal.lane")


def _already_there(
    values: Values,
    here: Collection[str],
    changes: Mapping[str, int],
    deliveries: Mapping[str, Delivery],
) -> Iterator[Finding]:
    lane = lane_of(values)
    if not values.get("group_id") or not values.get("user_id"):
        return
    if lane in here:
        words = f"{lane} is already a retail user here. Open its page to see it, or choose another user id."
        yield Finding("user_id", words, rule="portal.exists")
        return
    if lane in changes:
        words = f"Change {changes[lane]} already proposes {lane} and waits for a checker."
        yield Finding("user_id", f"{words} Wait for it, or choose another user id.", rule="portal.pending")
    if lane in deliveries:
        delivery = deliveries[lane]
        state = delivery.get_state_display().lower()
        words = f"{lane} is being created already: delivery {delivery.pk} is {state}."
        yield Finding("user_id", f"{words} Wait for its outcome.", rule="portal.pending")


#: What two spellings of the same have in common, by the name of the column.
KEYS = {
    "pan": PAN.key,
    "mobile": MOBILE.key,
    "account_no": ACCOUNT_NO.key,
    "dp_id": DP_ID.key,
    "beneficiary_id": ACCOUNT_NO.key,
}
#: What may stand before the ten digits of a mobile number in a record.
DIALLED = ("", "0", "91", "+91", "+91 ", "+91-")

Key = tuple[str, ...]
#: The lanes that have something, by what they have.
Holders = dict[Key, list[str]]


def shared_findings(many: Many) -> list[list[Finding]]:
    """Who else has the same PAN, mobile number, bank or demat account, however it is spelled: a warning for each."""
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


def _texts(many: Many, name: str) -> set[str]:
    return {KEYS[name](str(value)) for values in many if (value := values.get(name))}


def _mobiles(many: Many) -> set[str]:
    """Mobile numbers in each spelling that the records may have."""
    return {
        before + key for key in _texts(many, "mobile") for before in (DIALLED if len(key) == 10 else ("",))
    }


def _parts(many: Many, group: str, name: str) -> set[str]:
    """Account numbers as they are given and without signs or zeros that may be missing."""
    given = {text for values in many for record in records(values, group) if (text := record.get(name, ""))}
    return given | set(map(KEYS[name], given))


def _key(names: Key, texts: Iterable[str]) -> Key:
    return tuple(KEYS[name](text) if name in KEYS else text for name, text in zip(names, texts, strict=True))


def _holders(model: Any, names: Key, wanted: set[str]) -> Holders:
    """The lanes that have one of the wanted texts in the last of these columns, by the texts of all of them."""
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
        f"{names} {verb} {words} too. Make sure it is no mistake.",
        Severity.WARNING,
        rule=SHARED_RULE,
    )
