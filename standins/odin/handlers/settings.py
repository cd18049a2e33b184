"""Everything else that is set on a user: templates, dealers, square-off, quantities, codes, addresses."""

from standins.odin.handlers.base import ERROR, Ask, Refused, handles, remove, upsert

QUANTITY = "Quantity Updated successfully"
TEMPLATE = "User Template update successfully"


@handles(310)
def user_template(ask: Ask) -> str:
    """One template of a type; an empty level is global (0)."""
    user = ask.user()
    user["templates"][ask.text("template_type")] = {
        "template_name": ask.text("template_name"),
        "level": ask.text("level") or "0",
    }
    ask.store.save_user(user)
    return TEMPLATE


@handles(312)
def qvl_templates(ask: Ask) -> str:
    """One template for each exchange and level."""
    user = ask.user()
    for row in ask.rows("templates"):
        upsert(user["qvl"], row, ("exchange", "level"))
    ask.store.save_user(user)
    return "QVL Template update successfully"


@handles(314)
def dealers(ask: Ask) -> str:
    """A adds (again, without harm), R removes, and is refused where there is nothing to remove."""
    user = ask.user()
    key = ("dealer_group", "dealer_id")
    for row in ask.rows("mappings"):
        mapping = {name: row[name] for name in key}
        if row["action"] == "A":
            upsert(user["dealers"], mapping, key)
        elif not remove(user["dealers"], mapping, key):
            raise Refused(ERROR, "The dealer is not mapped to the user.")
    ask.store.save_user(user)
    return "Dealer to Client update successfully"


@handles(322)
def templates_and_channels(ask: Ask) -> str:
    """General settings, or single interface and channels (1 adds or updates, 2 deletes)."""
    user = ask.user()
    if ask.text("gst_template"):
        user["values"]["gst_template"] = ask.text("gst_template")
    if ask.text("si_template"):
        user["si_template"] = ask.text("si_template")
    key = ("template_name", "channel")
    for row in ask.rows("channels"):
        kept = {name: row[name] for name in (*key, "status")}
        if row["action"] == "1":
            upsert(user["channels"], kept, key)
        elif not remove(user["channels"], kept, key):
            raise Refused(ERROR, "The user has no such channel to delete.")
    ask.store.save_user(user)
    return TEMPLATE


@handles(324)
def square_off(ask: Ask) -> str:
    """A setting for one periodicity: 1 adds a new one, 2 modifies and 3 deletes an existing one."""
    user = ask.user()
    periodicity, action = ask.text("periodicity"), ask.text("action")
    exists = periodicity in user["square_off"]
    if exists == (action == "1"):
        raise Refused(ERROR, "There is such a setting already." if exists else "There is no such setting.")
    if action == "3":
        del user["square_off"][periodicity]
    else:
        apart = ("user_id", "group_id", "manager_id", "periodicity", "action", "reference")
        user["square_off"][periodicity] = {name: v for name, v in ask.values.items() if name not in apart}
    ask.store.save_user(user)
    return {"1": "Template Added successfully", "2": "Template Modified successfully"}.get(
        action, "Template Deleted successfully"
    )


@handles(338, 340)
def approved_quantities(ask: Ask) -> str:
    """EDIS (338) or pledge (340) quantity and status by ISIN; an empty one keeps what was there."""
    user = ask.user()
    held = user["edis" if ask.type == 338 else "pledge"]
    for row in ask.rows("quantities"):
        kept = held.setdefault(row["isin"], {"qty": "", "status": ""})
        kept |= {name: row[name] for name in ("qty", "status") if row.get(name)}
    ask.store.save_user(user)
    return QUANTITY


@handles(344)
def participant_codes(ask: Ask) -> str:
    """One code for each segment."""
    user = ask.user()
    for row in ask.rows("participants"):
        user["participants"][row["segment"]] = row["code"]
    ask.store.save_user(user)
    return "Participant Code created/modified successfully"


@handles(346)
def alternate_addresses(ask: Ask) -> str:
    """Both blocks replace what was there, blanks included."""
    user = ask.user()
    for slot in ("first", "second"):
        user["addresses"][slot] = {
            name.removeprefix(f"{slot}_"): value
            for name, value in ask.values.items()
            if name.startswith(f"{slot}_")
        }
    ask.store.save_user(user)
    # The document prints the words of the approved quantities here too.
    return QUANTITY
