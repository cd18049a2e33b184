"""301 and 320: creating, converting and updating users, with the traps of the document."""

from typing import Any

from backoffice.protocol.fields import Values
from standins.odin.handlers.base import (
    ERROR,
    NO_SUCH_USER,
    USER_EXISTS,
    Ask,
    Refused,
    find,
    handles,
    remove,
    upsert,
)
from standins.odin.store import Document, now

BANK_KEY = ("bank_id", "account_no")
DEMAT_KEY = ("dp_id", "beneficiary_id")

#: Values that a user's document keeps outside `values`, or not at all.
APART = ("user_id", "group_id", "banks", "demats", "mf_ucc", "password", "reference")


def normalise_create(values: Values) -> Values:
    """What 301 makes of absent or odd values: an odd 244 grants the power of attorney (0), 240 falls to 0."""
    values = dict(values)
    values["odin_user_type"] = values.get("odin_user_type") or "1"
    if values.get("poa") not in ("0", "2"):
        values["poa"] = "0"
    return _defaults(values)


def normalise_update(values: Values) -> Values:
    """What 320 makes of absent values (U1): 278 falls to 0, 279 and 280 to -1, 247 is cleared, 282 stays."""
    values = dict(values)
    if values.get("poa") not in ("0", "2"):
        values.pop("poa", None)
    return _defaults(values)


def _defaults(values: Values) -> Values:
    if values.get("global_flag") not in ("0", "1"):
        values["global_flag"] = "0"
    for name in ("orders_per_second", "max_broadcast_scrips"):
        values[name] = values.get(name) or "-1"
    if values.get("max_gtd") in (None, "0"):
        values["max_gtd"] = ""
    return values


NORMALISERS = {301: normalise_create, 320: normalise_update}


def _blank(group_id: str, user_id: str) -> Document:
    return {
        "group_id": group_id,
        "user_id": user_id,
        "created_at": now(),
        "kyc": False,
        "password": "",
        "values": {},
        "banks": [],
        "demats": [],
        "mf_ucc": {},
        "templates": {},
        "qvl": [],
        "dealers": [],
        "si_template": "",
        "channels": [],
        "square_off": {},
        "participants": {},
        "addresses": {},
        "edis": {},
        "pledge": {},
        "limits": {"cash": "0.00", "collateral": "0.00", "notional": "0.00"},
    }


@handles(301)
def create(ask: Ask) -> str:
    """Create a user, or convert a non-ODIN user (U2)."""
    group_id, user_id = ask.text("group_id"), ask.text("user_id")
    user = ask.store.user(group_id, user_id)
    if user is not None and (_is_odin(user) or ask.text("odin_user_type") == "0"):
        raise Refused(USER_EXISTS)
    user = user or _blank(group_id, user_id)
    user["values"] |= {name: value for name, value in ask.values.items() if name not in APART}
    for name in ("banks", "demats"):
        if ask.rows(name):
            user[name] = ask.rows(name)
    _mutual_fund(user, ask.values.get("mf_ucc"))
    user["password"] = ask.password_hash or user["password"]
    ask.store.save_user(user)
    return "User created successfully"


@handles(320)
def update(ask: Ask) -> str:
    """Apply the tags that are there; what is not there was given its default before."""
    user = ask.store.user(ask.text("group_id"), ask.text("user_id"))
    if user is None:
        raise Refused(NO_SUCH_USER)
    if _is_odin(user) != (ask.text("odin_user_type") == "1"):
        raise Refused(ERROR, "230 is not the user's type, and 320 cannot change it.")
    user["values"] |= {name: value for name, value in ask.values.items() if name not in APART}
    if ask.text("mobile"):
        user["values"]["telephone"] = ask.text("mobile")
    _records(user["banks"], ask.rows("banks"), BANK_KEY, "is_default", "1", "0")
    _records(user["demats"], ask.rows("demats"), DEMAT_KEY, "is_default", "Y", "N")
    _mutual_fund(user, ask.values.get("mf_ucc"))
    ask.store.save_user(user)
    return "User update successfully"


def _is_odin(user: Document) -> bool:
    return bool(user["values"].get("odin_user_type", "1") == "1")


def _mutual_fund(user: Document, given: Any) -> None:
    """A mutual-fund record replaces the one before and switches the KYC flag on (U12)."""
    if given:
        user["mf_ucc"] = given
        user["kyc"] = True


def _records(
    held: list[dict[str, Any]],
    given: list[dict[str, str]],
    key: tuple[str, ...],
    flag: str,
    yes: str,
    no: str,
) -> None:
    """Action 1 inserts or modifies, 2 deletes by the key; a new default takes the flag from the others."""
    for row in given:
        action = row.get("action", "")
        kept = {name: value for name, value in row.items() if name != "action"}
        if action == "2":
            if not remove(held, kept, key):
                raise Refused(ERROR, f"There is no record {', '.join(key)} like this to delete.")
            continue
        if kept.get(flag) == yes:
            mine = find(held, kept, key)
            for place, other in enumerate(held):
                if place != mine and other.get(flag) == yes:
                    other[flag] = no
        upsert(held, kept, key)
