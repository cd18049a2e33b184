"""The stand-in's own page: what it holds and what it got. Every text comes from outside and is escaped."""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from backoffice.protocol.formatted import grouped
from backoffice.protocol.message import REQUESTS
from standins.html import Safe, facts, finder, join, section, tag
from standins.odin.faults import FAULTS
from standins.odin.handlers.money import amount
from standins.odin.html import page, table
from standins.odin.store import Document, LedgerEntry
from standins.odin.times import ist, ist_seconds

if TYPE_CHECKING:
    from standins.odin.server import StandIn

NOTICE = "Stand-in: for demonstration, training and tests. Not the vendor's ODIN."
USERS_SHOWN = 100
MESSAGES_SHOWN = 100


def home(standin: "StandIn", search: str = "") -> str:
    """The users that `search` finds, the messages, the session, the faults."""
    store = standin.store
    users = store.users(USERS_SHOWN, search=search)
    user_count, message_count = store.count("users"), store.count("ledger")
    return page(
        "Stand-in ODIN",
        NOTICE,
        tag(
            "div",
            section("Dealer session", _session(standin)),
            section("Faults", _faults(standin)),
            class_="pair",
        ),
        section(
            f"Users ({f'{len(users)} found' if search else _shown(len(users), user_count)})",
            *([finder(search)] if user_count else []),
            _users(users, search),
        ),
        section(
            f"Messages ({_shown(min(message_count, MESSAGES_SHOWN), message_count)})",
            messages(store.newest(MESSAGES_SHOWN)),
        ),
    )


def _shown(shown: int, count: int) -> str:
    return str(count) if shown == count else f"newest {shown} of {count}"


def _session(standin: "StandIn") -> Safe:
    dealer, session = standin.dealer.document(), standin.dealer.session()
    days = dealer["days_to_expiry"]
    return facts(
        [
            ("Dealer", tag("code", dealer["dealer_id"])),
            (
                "Session",
                f"number {session['number']}, since {ist_seconds(session['opened'])}" if session else "none",
            ),
            ("Last used", ist_seconds(session["used"]) if session else ""),
            ("Wrong passwords", dealer["attempts"] or ""),
            ("Account", tag("strong", "locked", class_="bad") if dealer["locked"] else "open"),
            ("Password", "expired" if days < 0 else f"{days} days to expiry"),
        ]
    )


def _faults(standin: "StandIn") -> Safe:
    rows = [
        (
            tag("span", fault["fault"], title=fault["words"]),
            ", ".join(f"{name} {value}" for name, value in fault["match"].items()) or "every message",
            "until removed" if fault["times"] < 0 else fault["times"],
            fault["struck"],
            tag("form", tag("button", "Remove"), method="post", action=f"/faults/{fault['id']}/remove"),
        )
        for fault in standin.faults.present()
    ]
    columns = ("Fault", "Strikes", "Times left", "Struck", "")
    return join([table(columns, rows, "None is armed."), _arm()])


def _arm() -> Safe:
    faults = [tag("option", f"{name}: {fault.words}", value=name) for name, fault in FAULTS.items()]
    types = [tag("option", f"{number} {message.title}", value=number) for number, message in REQUESTS.items()]
    return tag(
        "form",
        tag("label", "Fault ", tag("select", *faults, name="fault")),
        tag(
            "label", "Message ", tag("select", tag("option", "every message", value=""), *types, name="type")
        ),
        tag("label", "User id ", tag("input", name="user_id", size="10", placeholder="every user")),
        tag("label", "Times ", tag("input", name="times", value="1", inputmode="numeric", size="3")),
        tag("label", "Seconds ", tag("input", name="seconds", value="0", inputmode="decimal", size="3")),
        tag("button", "Arm fault"),
        method="post",
        action="/faults",
        class_="arm",
    )


def _users(users: list[Document], search: str) -> Safe:
    columns = [*("User", "Group", "Name", "Type", "Status", "Banks", "Demat", "KYC")]
    columns += [*("Cash ₹", "Collateral ₹", "Notional ₹")]
    rows = [
        (
            _link(user["group_id"], user["user_id"]),
            tag("code", user["group_id"]),
            user["values"].get("name", ""),
            "ODIN" if user["values"].get("odin_user_type") == "1" else "non-ODIN",
            _status(user["values"].get("status", "")),
            len(user["banks"]),
            len(user["demats"]),
            "on" if user["kyc"] else "off",
            *(rupees(user["limits"][name]) for name in ("cash", "collateral", "notional")),
        )
        for user in users
    ]
    empty = "No user yet. The first message 301 that is applied creates one."
    return table(columns, rows, f"No user fits “{search}”." if search else empty)


def messages(entries: list[LedgerEntry]) -> Safe:
    """A table of messages received."""
    columns = ("Time (IST)", "Message", "User", "Outcome", "Took", "Text")
    rows = [
        (
            tag("span", ist(entry.received, date=False), title=ist(entry.received)),
            _title(entry),
            _link(entry.group_id, entry.user_id),
            _outcome(entry),
            f"{entry.milliseconds:.0f} ms",
            _texts(entry),
        )
        for entry in entries
    ]
    return table(columns, rows, "No message yet.")


def _title(entry: LedgerEntry) -> str:
    declared = REQUESTS.get(entry.type)
    return f"{entry.type} {declared.title}" if declared else f"{entry.operation}: no known message"


def _outcome(entry: LedgerEntry) -> Safe:
    bad = "refused" if entry.code else "not applied"
    mark = tag("strong", f"✕ {bad}", class_="bad")
    if entry.applied:
        mark = tag("strong", "✓ applied", class_="good")
    words = entry.words if not entry.words.startswith("{") else "answered"
    parts: list[object] = [mark, f" {entry.code} {words}" if entry.code else " no answer"]
    if entry.fault:
        parts.append(tag("span", f"fault: {entry.fault}", class_="fault"))
    return join(parts)


def _texts(entry: LedgerEntry) -> Safe:
    inner = facts(
        [
            ("Reason", entry.reason),
            ("Reference", entry.reference),
            ("Received", tag("code", entry.text)),
            ("Answered", tag("code", entry.answer) if entry.answer else "nothing"),
        ]
    )
    return tag("details", tag("summary", "text"), inner, id=f"m{entry.id}")


def _status(value: Any) -> str:
    return REQUESTS[301].fields["status"].words(value)


def _link(group_id: str, user_id: str) -> Safe:
    address = f"/users/{quote(group_id, safe='')}/{quote(user_id, safe='')}"
    return tag("a", tag("code", user_id), href=address) if user_id else Safe()


def rupees(value: str) -> str:
    """An amount with Indian grouping: 12,34,567.00."""
    return grouped(f"{amount(value):.2f}")
