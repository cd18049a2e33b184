"""What a 320 carries: only what changed, and with it what must always be repeated (U1, U17)."""

from collections.abc import Collection
from dataclasses import replace

from accounts.forms import SECTIONS
from accounts.values import records
from backoffice.protocol.fields import Records, Value, Values
from backoffice.protocol.findings import Finding
from backoffice.protocol.messages.users import UpdateRetailUser
from backoffice.protocol.rules import RequiredWhen
from backoffice.screens.sections import Block, Section

FIELDS = UpdateRetailUser.fields
#: What names the user in every 320, and what ODIN would reset if it were left out.
ALWAYS = tuple(name for name, field in FIELDS.items() if field.required or field.always_sent)
#: The single values and sets that the form changes. Banks, demat accounts and the mutual-fund UCC are records.
SINGLE = tuple(
    name for name, field in FIELDS.items() if not isinstance(field, Records) and name != "reference"
)


def compose(known: Values, wanted: Values) -> Values:
    """The values of a 320 that turns what is known of a user into what is wanted.

    Of what is always sent, a value that nobody knows and nobody chose stays out, so that the rules ask for it (U1).
    What the changed values make mandatory comes from the confirmed values where it does not change itself (U17).
    """
    message: Values = {
        name: wanted[name]
        for name in SINGLE
        if name in wanted
        and (name in ALWAYS or not _same(wanted[name], known.get(name, FIELDS[name].empty)))
        and (wanted[name] or name in known)
    }
    while missing := _missing(message) & {name for name in known if known[name]}:
        message |= {name: _repeated(known, name) for name in missing}
    return message


def _same(one: Value, other: Value) -> bool:
    """Whether two values are the same; the order within a set of codes says nothing."""
    return set(one) == set(other) if isinstance(one, list) and isinstance(other, list) else one == other


def _missing(message: Values) -> set[str]:
    """What the message's own values make mandatory and it does not carry. What it empties stays emptied."""
    wanted = {
        rule.field
        for rule in UpdateRetailUser.rules
        if isinstance(rule, RequiredWhen) and rule.when.holds(message)
    }
    if message.get("mf_ucc"):
        wanted |= {"demats", "birth_date"}
    return wanted - message.keys()


def _repeated(known: Values, name: str) -> Value:
    """A confirmed value as a 320 repeats it: records with the action that inserts or modifies."""
    if name in ("banks", "demats"):
        return [{"action": "1", **row} for row in records(known, name)]
    return known[name]


def nothing_changed(values: Values) -> list[Finding]:
    """A 320 that only repeats what is confirmed has no purpose."""
    if set(values) - set(ALWAYS) - {"reference"}:
        return []
    return [Finding("", "Nothing is changed yet. Change at least one value.", rule="portal.nothing")]


def sections(hidden: Collection[str]) -> tuple[Section, ...]:
    """The form of an update: the sections of the new user's form with what a 320 can change of them."""
    shown = []
    for section in SECTIONS:
        if section.record:
            continue
        blocks = tuple(
            replace(block, names=names)
            for block in section.blocks
            if (names := tuple(name for name in block.names if name in SINGLE and name not in hidden))
        )
        if blocks:
            shown.append(replace(section, blocks=blocks))
        if section.slug == "segments":
            inactive = Block(("inactive_segments",))
            shown.append(Section("inactive", "Segments to make inactive", (inactive,)))
    return tuple(shown)
