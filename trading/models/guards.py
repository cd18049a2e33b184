"""The database guards on the tables of this room."""

from backoffice.guarding import Guard, Guards, append_only, never_removed

ORDERS, ASKED, SESSIONS, STOPS = (
    f"trading_{name}" for name in ("deskorder", "askedchange", "desksession", "deskstop")
)
#: Tables whose rows are written once.
APPEND_ONLY = tuple(
    f"trading_{name}" for name in ("accesscheck", "accessstep", "accessresult", "accessgoon", "orderevent")
)

#: Columns that may never change: what was confirmed or opened. Others of these tables may.
_FIXED: dict[str, tuple[str, ...]] = {
    SESSIONS: ("token", "lane", "user_id", "dealer_id", "service", "identified", "factor", "opened_at"),
    ORDERS: (
        *("token", "desk_session_id", "lane", "dealer_id", "at", "day", "identifier", "kind", "exchange"),
        *("scrip_token", "scrip", "as_of", "side", "product", "order_type", "quantity", "price"),
        *("trigger_price", "disclosed_quantity", "validity", "validity_days", "is_amo", "stop_price"),
        *("stop_trigger", "algo_id", "value", "words", "instruction", "reference"),
    ),
    ASKED: (
        *("token", "desk_session_id", "desk_order_id", "order_id", "lane", "exchange", "kind", "dealer_id"),
        *("at", "day", "added_value", "words", "instruction", "reference"),
    ),
    STOPS: ("thrown_by_id", "thrown_at"),
}
#: JSON columns that may not change either.
_FIXED_JSON = {ASKED: ("values", "before")}


def guards(vendor: str) -> Guards:
    """The guards on the tables of this room.

    Confirmed terms are never altered or deleted; an order keeps the id under which it was found.
    """
    found: dict[str, Guard] = {}
    for table in APPEND_ONLY:
        found |= append_only(table, vendor)
    for table, columns in _FIXED.items():
        changed = [f"NEW.{name} IS DISTINCT FROM OLD.{name}" for name in columns]
        for name in _FIXED_JSON.get(table, ()):
            changed.append(f'{{json}}(NEW."{name}") IS DISTINCT FROM {{json}}(OLD."{name}")')
        found[f"{table}_kept"] = Guard(
            "UPDATE", table, " OR ".join(changed), f"{table}: what was confirmed is kept."
        )
        found |= never_removed(table, vendor, "{table}: rows are never removed.")
    opened = f"(SELECT s.dealer_id FROM {SESSIONS} s WHERE s.id = NEW.desk_session_id)"  # noqa: S608  # no outside text
    found[f"{ORDERS}_of_its_session"] = Guard(
        "INSERT",
        ORDERS,
        f"NEW.dealer_id IS DISTINCT FROM {opened}",
        "An order is placed by whoever opened its session: a dealer, or the client.",
        looks_elsewhere=True,
    )
    found[f"{ORDERS}_id_kept"] = Guard(
        "UPDATE",
        ORDERS,
        "OLD.order_id <> '' AND NEW.order_id <> OLD.order_id",
        "An order keeps the id under which it was found.",
    )
    return found
