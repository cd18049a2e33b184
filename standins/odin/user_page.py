"""The stand-in's page of one user: everything it holds. Every text comes from outside and is escaped."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from backoffice.protocol.fields import Field, Record, Records
from backoffice.protocol.message import REQUESTS
from standins.html import Safe, facts, section, tag
from standins.odin.html import page, table
from standins.odin.pages import MESSAGES_SHOWN, NOTICE, messages, rupees
from standins.odin.store import Document
from standins.odin.times import ist

if TYPE_CHECKING:
    from standins.odin.server import StandIn


def user(standin: "StandIn", group_id: str, user_id: str) -> str:
    """Everything held of one user; empty when there is no such user."""
    held = standin.store.user(group_id, user_id)
    if held is None:
        return ""
    create = REQUESTS[301]
    return page(
        f"{user_id} in {group_id}",
        NOTICE,
        tag("h1", held["values"].get("name", ""), " ", tag("code", f"{group_id}/{user_id}")),
        section("Details", facts(_details(held))),
        section("Bank accounts", _records(create, "banks", held["banks"])),
        section("Demat accounts", _records(create, "demats", held["demats"])),
        section("Mutual-fund UCC", _records(create, "mf_ucc", [held["mf_ucc"]] if held["mf_ucc"] else [])),
        section("Limits", *_limits(held, standin.store.limits(group_id, user_id))),
        *_settings(held),
        section("Messages", messages(standin.store.newest(MESSAGES_SHOWN, (group_id, user_id)))),
    )


def _details(held: Document) -> list[tuple[str, object]]:
    values, fields = held["values"], REQUESTS[301].fields
    found: list[tuple[str, object]] = [
        (fields[name].label, fields[name].words(value)) for name, value in values.items() if name in fields
    ]
    inactive = _field(REQUESTS[320], "inactive_segments")
    found += [(inactive.label, inactive.words(values.get("inactive_segments", [])))]
    found += [("KYC", "on" if held["kyc"] else "off"), ("Password", "set" if held["password"] else "none")]
    return [*found, ("Created", ist(held["created_at"])), ("Last changed", ist(held["updated_at"]))]


def _limits(held: Document, transactions: list[Document]) -> tuple[Safe, Safe]:
    rows = [
        (
            f"{row['type']} {REQUESTS[row['type']].title}",
            tag("code", row["reference"]),
            rupees(row["amount"]),
            rupees(row["notional"]),
            row["product_id"],
            ist(row["at"]),
        )
        for row in transactions
    ]
    totals = facts(
        (name.title(), f"₹ {rupees(held['limits'][name])}") for name in ("cash", "collateral", "notional")
    )
    columns = ("Message", "Reference", "Amount ₹", "Notional ₹", "Product", "Time")
    return totals, table(columns, rows, "No limit update.")


def _facts(type_: int, row: Mapping[str, str], prefix: str = "") -> Safe:
    """Values of a message under their labels, codes in words."""
    fields = {name: _field(REQUESTS[type_], f"{prefix}{name}") for name in row}
    return facts((fields[name].label, fields[name].words(value)) for name, value in row.items() if value)


def _settings(held: Document) -> list[Safe]:
    kind, level = _field(REQUESTS[310], "template_type"), _field(REQUESTS[310], "level")
    templates = [
        (kind.words(type_), row["template_name"], level.words(row["level"]))
        for type_, row in held["templates"].items()
    ]
    quantities = [
        (name, isin, row["qty"], row["status"])
        for name in ("edis", "pledge")
        for isin, row in held[name].items()
    ]
    addresses = [(slot.title(), _facts(346, block, f"{slot}_")) for slot, block in held["addresses"].items()]
    square_off = [(periodicity, _facts(324, row)) for periodicity, row in held["square_off"].items()]
    return [
        section(
            "Templates",
            table(("Type", "Name", "Level"), templates, "None set."),
            facts([("Single interface", held["si_template"])]),
        ),
        section("Quantity and value limits", _records(REQUESTS[312], "templates", held["qvl"])),
        section("Dealers", _records(REQUESTS[314], "mappings", held["dealers"])),
        section("Channels", _records(REQUESTS[322], "channels", held["channels"])),
        section("Auto square-off", table(("Periodicity", "Setting"), square_off, "None set.")),
        section("Approved quantities", table(("Kind", "ISIN", "Quantity", "Status"), quantities, "None.")),
        section("Participant codes", table(("Segment", "Code"), held["participants"].items(), "None.")),
        section("Alternate addresses", table(("Address", "Values"), addresses, "None.")),
    ]


def _records(message: Any, name: str, rows: list[Mapping[str, str]]) -> Safe:
    """Sub-records under their declared labels; columns that are empty in every row are left out."""
    declared: Mapping[str, Field] = cast(Records | Record, _field(message, name)).record.fields
    used = [key for key in declared if any(row.get(key) for row in rows)]
    cells = [[declared[key].words(row.get(key, "")) for key in used] for row in rows]
    return table([declared[key].label for key in used], cells, "None.")


def _field(message: Any, name: str) -> Field:
    return cast(Field, message.fields[name])
