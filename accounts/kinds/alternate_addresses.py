"""346: the two alternate addresses (O9)."""

from dataclasses import replace

from accounts.models import AlternateAddress, RetailUser
from accounts.records import changed, confirm, confirmed_user, rows
from accounts.retail_users import LANE, assess_done, moved_on, page_of, records_with
from accounts.values import text, value_of
from backoffice.changes.entry_form import EntryForm
from backoffice.changes.examination import Asked, Known
from backoffice.changes.files import FileGroup, FileKind, Layout, Unique
from backoffice.changes.kinds import ChangeKind, MenuEntry
from backoffice.delivery.handlers import Applied
from backoffice.kit.sections import Block, Section
from backoffice.protocol.fields import Values
from backoffice.protocol.messages.addresses import SLOTS, UpdateAlternateAddress

SLUG = "alternate_addresses"
NAMES = tuple(UpdateAlternateAddress.fields)
BLOCKS = (
    (
        "first",
        "First address",
        "Both addresses are sent each time. What is left blank goes out as a blank; "
        "whether ODIN then erases what it has is not known.",
    ),
    ("second", "Second address", "Of another type than the first."),
)


def _shape(form: EntryForm, known: Values) -> EntryForm:
    """Both addresses are sent each time, so the form starts with both."""
    return replace(
        form,
        sections=tuple(
            Section(slug, title, (Block(tuple(n for n in NAMES if n.startswith(f"{slug}_"))),), text)
            for slug, title, text in BLOCKS
        ),
        starting=lambda: {name: known.get(name, "") for name in NAMES},
    )


def part_of(user: RetailUser) -> Values:
    """Return the known values of both addresses, as the message has them."""
    found: Values = {}
    for row in user.alternate_addresses.all():
        prefix = SLOTS[row.slot - 1]
        found |= {name: value_of(row, name.removeprefix(prefix)) for name in NAMES if name.startswith(prefix)}
    return found


def _of_slot(prefix: str) -> list[str]:
    return [name for name in NAMES if name.startswith(prefix)]


def with_known(values: Values, known: Values | None) -> Values:
    """Return both addresses: one that was not given stays as known, since 346 always sends both."""
    found = dict(values)
    for prefix in SLOTS:
        names = _of_slot(prefix)
        if not any(values.get(name) for name in names):
            found |= {name: known[name] for name in names if known and known.get(name)}
    return found


def of_row(values: Values, known: Known) -> Asked:
    """Return the message of a row, which may have only one address."""
    given = any(values.get(name) for name in NAMES if name not in LANE)
    return Asked(with_known(values, known.values) if given else values)


def is_so(user: RetailUser, values: Values) -> bool:
    """Whether the user has just these addresses."""
    has = part_of(user)
    sent = {name: text(values, name) for name in NAMES if name not in LANE}
    return any(sent.values()) and all(has.get(name, "") == value for name, value in sent.items())


def apply(lane: str, values: Values) -> Applied:
    """Store both alternate addresses as sent; an entirely blank one is removed (O9)."""
    user = confirmed_user(values)
    before = rows(user.alternate_addresses)
    for slot, prefix in enumerate(SLOTS, 1):
        block = {
            name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)
        }
        if any(block.values()):
            AlternateAddress.objects.update_or_create(retail_user=user, slot=slot, defaults=block)
        else:
            AlternateAddress.objects.filter(retail_user=user, slot=slot).delete()
    confirm(user, {})
    return changed({"alternate_addresses": before}, {"alternate_addresses": rows(user.alternate_addresses)})


def effect(values: Values, before: Values | None) -> list[str]:
    """Return which of the two addresses is set or cleared, compared with the previous record."""
    said = []
    for prefix in SLOTS:
        noun = f"{prefix.removesuffix('_')} alternate address"
        now, then = ([text(known, name) for name in _of_slot(prefix)] for known in (values, before or {}))
        if now != then:
            said.append(f"Set {noun}" if any(now) else f"Clear {noun}")
    return said


KIND = ChangeKind(
    slug=SLUG,
    title=UpdateAlternateAddress.title,
    message=UpdateAlternateAddress,
    page=page_of(SLUG),
    records=records_with("alternate_addresses", part=part_of),
    assess=assess_done(is_so),
    menu=MenuEntry(_shape),
    effect=effect,
    files=(
        FileKind(
            slug=SLUG,
            title="Alternate addresses",
            group=FileGroup.DETAILS,
            layout=Layout(UpdateAlternateAddress),
            unique=(Unique(LANE, "is for the same retail user. Put both addresses into one row."),),
            moved_on=moved_on,
            compose=of_row,
        ),
    ),
    apply=apply,
)
